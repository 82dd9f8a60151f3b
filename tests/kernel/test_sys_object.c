/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* Pins, ids and info of what bpf(2) makes. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <skep/kabi.h>
#include <skep/sys.h>

#include "bpf_fixture.h"

static uint32_t map_id(int fd)
{
	struct skep_map_info info = { 0 };

	assert_true(skep_sys_map_info(fd, &info, sizeof(info)) > 0);
	return info.id;
}

static const char *below(const char *name)
{
	static char path[256];

	snprintf(path, sizeof(path), "%s/%s", fixture_bpffs(), name);
	return path;
}

static void pin__is_found_again_inside(void)
{
	int map = fixture_map(SKEP_MAP_TYPE_ARRAY, 4, 4, 1, 0), again;
	struct skep_error err = { 0 };

	assert_done(skep_sys_obj_pin(map, -1, below("a:map"), &err), &err);
	assert_int_equal(skep_sys_obj_pin(map, -1, below("a:map"), &err), -EEXIST);
	assert_told(&err, SKEP_ERR_CONFLICT, "pin '/run/a:map'");
	again = assert_done(skep_sys_obj_get(-1, below("a:map"), 0, &err), &err);
	assert_int_equal(map_id(again), map_id(map));
	close(again);
	close(map);
}
IN_BPFFS(pin__is_found_again)

static void pin__relative_to_a_directory_needs_a_kernel_that_can_inside(void)
{
	int map = fixture_map(SKEP_MAP_TYPE_ARRAY, 4, 4, 1, 0), dir, fd, r;
	struct skep_error err = { 0 };

	assert_int_equal(mkdir(below("dir"), 0700), 0);
	dir = open(below("dir"), O_PATH | O_DIRECTORY | O_CLOEXEC);
	assert_true(dir >= 0);
	r = skep_sys_obj_pin(map, dir, "m", &err);
	if (r == 0) {
		fd = assert_done(skep_sys_obj_get(dir, "m", 0, &err), &err);
		assert_int_equal(map_id(fd), map_id(map));
		close(fd);
		assert_int_equal(access(below("dir/m"), F_OK), 0);
	} else {
		assert_int_equal(r, -EOPNOTSUPP);
		assert_false(fixture_kernel_has("BPF_F_PATH_FD"));
	}
	close(dir);
	close(map);
}
IN_BPFFS(pin__relative_to_a_directory_needs_a_kernel_that_can)

static void pin__errors_name_the_reason_inside(void)
{
	int map = fixture_map(SKEP_MAP_TYPE_ARRAY, 4, 4, 1, 0);
	struct skep_error err = { 0 };

	assert_int_equal(skep_sys_obj_pin(map, -1, below("dotted.name"), &err), -EPERM);
	assert_told(&err, SKEP_ERR_INVALID, "names on a bpffs have no dots");
	assert_int_equal(skep_sys_obj_get(-1, below(".rodata"), 0, &err), -EPERM);
	assert_told(&err, SKEP_ERR_INVALID, ".rodata': names on a bpffs have no dots");
	assert_int_equal(skep_sys_obj_pin(map, -1, "/tmp/skep-no-bpffs", &err), -EPERM);
	assert_told(&err, SKEP_ERR_INVALID, "not on a bpffs");
	assert_int_equal(skep_sys_obj_pin(map, -1, below("no/dir"), &err), -ENOENT);
	assert_told(&err, SKEP_ERR_NOT_FOUND, "no/dir");
	assert_true(skep_sys_obj_pin(-1, -1, below("x"), &err) < 0);
	assert_told(&err, SKEP_ERR_INVALID, "fd -1 is no map, program or link");
	assert_int_equal(skep_sys_obj_pin(map, -1, "", &err), -EINVAL);
	assert_told(&err, SKEP_ERR_INVALID, "the path is empty");
	assert_int_equal(skep_sys_obj_get(-1, below("nothing"), 0, &err), -ENOENT);
	assert_told(&err, SKEP_ERR_NO_PIN, "open pin");
	assert_int_equal(skep_sys_obj_get(-1, fixture_bpffs(), 0, &err), -EACCES);
	assert_told(&err, SKEP_ERR_INVALID, "it is a directory");
	close(map);
}
IN_BPFFS(pin__errors_name_the_reason)

static void kind__is_told_of_any_fd(void **state)
{
	int map = fixture_map(SKEP_MAP_TYPE_ARRAY, 4, 4, 1, 0);
	int prog = fixture_prog_pass(SKEP_PROG_TYPE_RAW_TRACEPOINT, 0);
	struct skep_prog_info info = { 0 };
	struct skep_map_info wrong = { 0 };
	struct skep_error err = { 0 };
	int link = assert_done(skep_sys_raw_tracepoint_open(prog, "sched_switch", 0, &err), &err);
	int file = open("/dev/null", O_RDONLY | O_CLOEXEC);

	(void)state;
	assert_int_equal(skep_sys_obj_kind(map), SKEP_OBJECT_MAP);
	assert_int_equal(skep_sys_obj_kind(prog), SKEP_OBJECT_PROG);
	assert_int_equal(skep_sys_obj_kind(link), SKEP_OBJECT_LINK);
	assert_int_equal(skep_sys_obj_kind(file), -EINVAL);
	assert_int_equal(skep_sys_obj_kind(-1), -EBADF);
	assert_string_equal(skep_object_kind_name(SKEP_OBJECT_BTF), "btf");
	assert_int_equal(skep_sys_map_info(prog, &wrong, sizeof(wrong)), -EINVAL);
	assert_int_equal(wrong.id, 0);
	assert_int_equal(skep_sys_prog_info(map, &info, sizeof(info)), -EINVAL);
	assert_int_equal(skep_sys_map_info(-1, &wrong, sizeof(wrong)), -EBADF);
	close(file);
	close(link);
	close(prog);
	close(map);
}

/* Return: whether the walk over all ids of a kind meets @id. */
static bool walk_meets(uint32_t kind, uint32_t id)
{
	uint32_t at = 0;
	int r;

	while ((r = skep_sys_next_id(kind, at, &at)) == 0)
		if (at == id)
			return true;
	assert_int_equal(r, -ENOENT);
	return false;
}

static void ids__lead_to_the_object(void **state)
{
	int map = fixture_map(SKEP_MAP_TYPE_ARRAY, 4, 4, 1, 0), fd;
	uint32_t id = map_id(map), key = 0, value = 1;

	(void)state;
	assert_true(walk_meets(SKEP_OBJECT_MAP, id));
	assert_false(walk_meets(SKEP_OBJECT_PROG, UINT32_MAX));
	fd = skep_sys_fd_by_id(SKEP_OBJECT_MAP, id, SKEP_MAP_FLAG_RDONLY);
	assert_true(fd >= 3);
	assert_int_equal(map_id(fd), id);
	assert_int_equal(skep_sys_map_update(fd, &key, &value, 0), -EPERM);
	assert_int_equal(skep_sys_map_update(map, &key, &value, 0), 0);
	close(fd);
	assert_int_equal(skep_sys_fd_by_id(SKEP_OBJECT_MAP, UINT32_MAX, 0), -ENOENT);
	assert_int_equal(skep_sys_fd_by_id(17, id, 0), -EINVAL);
	close(map);
}

static void bare_call__tells_not_supported_by_one_code(void **state)
{
	/* an LRU hash is always preallocated: the kernel says 524 */
	struct skep_attr_map_create attr = {
		.map_type = SKEP_MAP_TYPE_LRU_HASH,
		.key_size = 4,
		.value_size = 4,
		.max_entries = 4,
		.map_flags = SKEP_MAP_FLAG_NO_PREALLOC,
	};

	(void)state;
	assert_int_equal(skep_sys_bpf(SKEP_COMMAND_MAP_CREATE, &attr, sizeof(attr)), -EOPNOTSUPP);
	assert_int_equal(skep_sys_bpf(4095, &attr, sizeof(attr)), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pin__is_found_again),
		cmocka_unit_test(pin__relative_to_a_directory_needs_a_kernel_that_can),
		cmocka_unit_test(pin__errors_name_the_reason),
		cmocka_unit_test(kind__is_told_of_any_fd),
		cmocka_unit_test(ids__lead_to_the_object),
		cmocka_unit_test(bare_call__tells_not_supported_by_one_code),
	};

	return cmocka_run_group_tests_name("sys_object", tests, NULL, NULL);
}
