/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* Handles: how they are got, what they tell, and their elements. */
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <skep/kabi.h>
#include <skep/map.h>
#include <skep/map_bulk.h>
#include <skep/map_dump.h>

#include "bpf_fixture.h"

static struct skep_map *make(uint32_t type, uint64_t key_size, uint64_t value_size,
			     uint64_t max_entries, uint64_t flags)
{
	const struct skep_map_spec spec = { .sz = sizeof(spec),
					    .name = "handled",
					    .type = type,
					    .key_size = key_size,
					    .value_size = value_size,
					    .max_entries = max_entries,
					    .flags = flags };
	struct skep_map *map = NULL;
	struct skep_error err = { 0 };

	assert_done(skep_map_create(&spec, &map, &err), &err);
	return map;
}

static struct skep_map *make_hash(uint64_t max_entries)
{
	return make(SKEP_MAP_TYPE_HASH, 4, 4, max_entries, 0);
}

static void getters__tell_what_the_kernel_has(void **state)
{
	struct skep_map *map = make(SKEP_MAP_TYPE_PERCPU_HASH, 6, 12, 7, SKEP_MAP_FLAG_NO_PREALLOC);

	(void)state;
	assert_int_equal(skep_map_type(map), SKEP_MAP_TYPE_PERCPU_HASH);
	assert_int_equal(skep_map_flags(map), SKEP_MAP_FLAG_NO_PREALLOC);
	assert_int_equal(skep_map_key_size(map), 6);
	assert_int_equal(skep_map_value_size(map), 12);
	assert_int_equal(skep_map_value_stride(map), 16);
	assert_int_equal(skep_map_value_bytes(map) % 16, 0);
	assert_true(skep_map_value_bytes(map) >= 16 * (size_t)sysconf(_SC_NPROCESSORS_ONLN));
	assert_int_equal(skep_map_max_entries(map), 7);
	assert_string_equal(skep_map_name(map), "handled");
	assert_true(skep_map_id(map) > 0);
	skep_map_close(map);
}

static void handle__is_got_by_id_by_fd_and_from_a_process(void **state)
{
	struct skep_map *map = make_hash(4), *by_id = NULL, *by_fd = NULL, *from_child = NULL;
	struct skep_error err = { 0 };
	int gate[2], status;
	pid_t child;
	char byte;

	(void)state;
	assert_done(skep_map_open_id(skep_map_id(map), 0, &by_id, &err), &err);
	assert_done(skep_map_open_fd(skep_map_fd(map), &by_fd, &err), &err);
	assert_int_equal(pipe(gate), 0);
	child = fork();
	assert_true(child >= 0);
	if (child == 0) { /* it has the fd until the pipe is closed */
		close(gate[1]);
		_exit(read(gate[0], &byte, 1) != 0);
	}
	close(gate[0]);
	assert_done(skep_map_open_process(child, skep_map_fd(map), &from_child, &err), &err);
	assert_int_equal(skep_map_id(by_id), skep_map_id(map));
	assert_int_equal(skep_map_id(by_fd), skep_map_id(map));
	assert_int_equal(skep_map_id(from_child), skep_map_id(map));
	assert_int_equal(skep_map_open_process(child, 9999, &by_id, &err), -EBADF);
	assert_int_equal(skep_map_open_process(child, gate[0], &by_id, &err), -EINVAL);
	close(gate[1]);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	assert_int_equal(skep_map_open_process(child, 3, &by_fd, &err), -ESRCH);
	assert_int_equal(skep_map_open_fd(9999, &by_fd, &err), -EBADF);
	assert_int_equal(skep_map_open_fd(STDERR_FILENO, &by_fd, &err), -EINVAL);
	assert_told(&err, SKEP_ERR_INVALID, "of another kind");
	assert_int_equal(skep_map_open_id(UINT32_MAX, 0, &by_fd, &err), -ENOENT);
	skep_map_close(from_child);
	skep_map_close(by_fd);
	skep_map_close(by_id);
	skep_map_close(map);
}

/* The last reference goes, and with it the map: its id is free. */
static void handle__is_the_map_until_its_last_reference(void **state)
{
	struct skep_map *map = make_hash(4), *second = skep_map_ref(map), *gone = NULL;
	const uint32_t id = skep_map_id(map);
	uint32_t key = 1;
	int i, r = 0;

	(void)state;
	assert_null(skep_map_close(map));
	assert_int_equal(SKEP_MAP_UPDATE(second, &key, &key, 0), 0);
	assert_null(skep_map_close(second));
	for (i = 0; i < 200 && r == 0; i++) { /* the kernel frees it a little later */
		r = skep_map_open_id(id, 0, &gone, NULL);
		gone = skep_map_close(gone);
		usleep(5000);
	}
	assert_int_equal(r, -ENOENT);
	assert_null(skep_map_close(NULL));
}

static void deleting_if_exists__tells_which_it_was(void **state)
{
	struct skep_map *map = make_hash(4);
	uint32_t key = 1;

	(void)state;
	assert_int_equal(SKEP_MAP_UPDATE(map, &key, &key, 0), 0);
	assert_int_equal(skep_map_delete_if_exists(map, &key), 1);
	assert_int_equal(skep_map_delete_if_exists(map, &key), 0);
	assert_int_equal(skep_map_delete(map, &key), -ENOENT);
	skep_map_close(map);
	map = make(SKEP_MAP_TYPE_ARRAY, 4, 4, 4, 0);
	assert_int_equal(skep_map_delete_if_exists(map, &key), -EINVAL);
	skep_map_close(map);
}

static void next_key__leads_from_the_first_to_the_end(void **state)
{
	struct skep_map *map = make_hash(8);
	uint32_t key, seen = 0;
	int r;

	(void)state;
	assert_int_equal(skep_map_next_key(map, NULL, &key), -ENOENT);
	for (key = 0; key < 8; key++)
		assert_int_equal(SKEP_MAP_UPDATE(map, &key, &key, 0), 0);
	for (r = skep_map_next_key(map, NULL, &key); r == 0; r = skep_map_next_key(map, &key, &key))
		seen |= 1u << key;
	assert_int_equal(r, -ENOENT);
	assert_int_equal(seen, 0xff);
	key = 4711; /* not there: the first follows */
	assert_int_equal(skep_map_next_key(map, &key, &key), 0);
	skep_map_close(map);
}

static void update__heeds_its_flags(void **state)
{
	struct skep_map *map = make_hash(8);
	uint32_t key = 1, value = 2;

	(void)state;
	assert_int_equal(SKEP_MAP_UPDATE(map, &key, &value, SKEP_UPDATE_FLAG_EXIST), -ENOENT);
	assert_int_equal(SKEP_MAP_UPDATE(map, &key, &value, SKEP_UPDATE_FLAG_NOEXIST), 0);
	assert_int_equal(SKEP_MAP_UPDATE(map, &key, &value, SKEP_UPDATE_FLAG_NOEXIST), -EEXIST);
	value = 3;
	assert_int_equal(SKEP_MAP_UPDATE(map, &key, &value, SKEP_UPDATE_FLAG_EXIST), 0);
	value = 0;
	assert_int_equal(SKEP_MAP_LOOKUP(map, &key, &value), 0);
	assert_int_equal(value, 3);
	skep_map_close(map);
}

/* Keys and values of zeros are elements as any others. */
static void zeros__are_elements(void **state)
{
	struct skep_map *map = make_hash(8);
	struct skep_error err = { 0 };
	uint32_t zero = 0, value = 4711;
	uint64_t count = 0;

	(void)state;
	assert_int_equal(SKEP_MAP_UPDATE(map, &zero, &zero, 0), 0);
	assert_int_equal(SKEP_MAP_LOOKUP(map, &zero, &value), 0);
	assert_int_equal(value, 0);
	assert_done(skep_map_count(map, &count, &err), &err);
	assert_int_equal(count, 1);
	assert_done(skep_map_delete_all(map, NULL, &err), &err);
	assert_int_equal(SKEP_MAP_LOOKUP(map, &zero, &value), -ENOENT);
	skep_map_close(map);
}

struct race {
	struct skep_map *map;
	atomic_int ended;
	atomic_int failed;
};

static int ignore(const void *key, const void *value, void *userdata)
{
	(void)key;
	(void)value;
	(void)userdata;
	return 0;
}

static void *dump_until_ended(void *userdata)
{
	struct race *race = userdata;

	while (!atomic_load(&race->ended)) {
		struct skep_map *map = skep_map_ref(race->map);

		if (skep_map_dump(map, NULL, ignore, NULL, NULL, NULL) < 0)
			atomic_store(&race->failed, 1);
		skep_map_close(map);
	}
	skep_map_close(race->map);
	return NULL;
}

/* Others give their references up while a thread dumps: that one has its own. */
static void dumping__outlives_the_references_of_others(void **state)
{
	struct race race = { .map = make_hash(256) };
	struct skep_map *mine = skep_map_ref(race.map);
	pthread_t thread;
	uint32_t key;
	int round;

	(void)state;
	assert_int_equal(pthread_create(&thread, NULL, dump_until_ended, &race), 0);
	for (round = 0; round < 50; round++)
		for (key = 0; key < 256; key++) {
			struct skep_map *brief = skep_map_ref(mine);

			if (SKEP_MAP_UPDATE(brief, &key, &key, 0) < 0)
				atomic_store(&race.failed, 1);
			skep_map_close(brief);
		}
	skep_map_close(mine);
	atomic_store(&race.ended, 1);
	pthread_join(thread, NULL);
	assert_false(atomic_load(&race.failed));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(getters__tell_what_the_kernel_has),
		cmocka_unit_test(handle__is_got_by_id_by_fd_and_from_a_process),
		cmocka_unit_test(handle__is_the_map_until_its_last_reference),
		cmocka_unit_test(deleting_if_exists__tells_which_it_was),
		cmocka_unit_test(next_key__leads_from_the_first_to_the_end),
		cmocka_unit_test(update__heeds_its_flags),
		cmocka_unit_test(zeros__are_elements),
		cmocka_unit_test(dumping__outlives_the_references_of_others),
	};

	return cmocka_run_group_tests_name("map_handle", tests, NULL, NULL);
}
