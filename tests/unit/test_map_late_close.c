/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "check.h"

#include <fcntl.h>
#include <unistd.h>

#include <skep/kabi.h>

#include "map/late_close.h"

static int some_fd(void)
{
	int fd = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 100);

	assert_true(fd >= 100);
	return fd;
}

static int is_open(int fd)
{
	return fcntl(fd, F_GETFD) >= 0;
}

static void fds_of_prog_arrays_alone__are_closed_late(void **state)
{
	struct map_late_close late = { .count = 0 };
	int array = some_fd(), hash = some_fd();

	(void)state;
	map_late_close(&late, array, SKEP_MAP_TYPE_PROG_ARRAY);
	map_late_close(&late, hash, SKEP_MAP_TYPE_HASH);
	assert_true(is_open(array));
	assert_false(is_open(hash));
	map_late_close_all(&late);
	assert_false(is_open(array));
	assert_int_equal(late.count, 0);
}

static void no_more_of_them__are_open_than_there_is_room_for(void **state)
{
	struct map_late_close late = { .count = 0 };
	int i, last = -1, first = some_fd();

	(void)state;
	map_late_close(&late, first, SKEP_MAP_TYPE_PROG_ARRAY);
	for (i = 1; i < MAP_LATE_CLOSE_MAX; i++)
		map_late_close(&late, last = some_fd(), SKEP_MAP_TYPE_PROG_ARRAY);
	assert_true(is_open(first) && is_open(last));
	map_late_close(&late, last = some_fd(), SKEP_MAP_TYPE_PROG_ARRAY);
	assert_false(is_open(first) && last != first);
	assert_int_equal(late.count, 1);
	map_late_close_all(&late);
	assert_false(is_open(last));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fds_of_prog_arrays_alone__are_closed_late),
		cmocka_unit_test(no_more_of_them__are_open_than_there_is_room_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
