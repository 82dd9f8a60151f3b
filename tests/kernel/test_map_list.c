/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* The maps of the host, and what keeps them. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <skep/bpffs.h>
#include <skep/bpffs_pin.h>
#include <skep/kabi.h>
#include <skep/map.h>
#include <skep/map_dump.h>
#include <skep/map_list.h>
#include <skep/sys.h>

#include "bpf_fixture.h"

#define MANY 300u

static uint32_t id_of(int fd)
{
	struct skep_map_info info = { 0 };

	assert_true(skep_sys_map_info(fd, &info, sizeof(info)) > 0);
	return info.id;
}

static struct skep_map_list *list_with(uint64_t flags, uint64_t id, uint64_t count_bytes)
{
	const struct skep_map_list_opts opts = {
		.sz = sizeof(opts), .flags = flags, .id = id, .count_bytes = count_bytes
	};
	struct skep_map_list *list = NULL;
	struct skep_error err = { 0 };

	assert_done(skep_map_list_new(&opts, &list, &err), &err);
	return list;
}

/* A program that has a map in its instructions. */
static int program_with(int map_fd)
{
	const struct insn insns[] = {
		{ 0x18, 1 | 1 << 4, 0, map_fd }, { 0, 0, 0, 0 }, INSN_MOV_IMM(0, 0), INSN_EXIT
	};

	return fixture_prog(SKEP_PROG_TYPE_SOCKET_FILTER, 0, insns, 4);
}

static void list__tells_what_a_map_is(void **state)
{
	int fd = fixture_map(SKEP_MAP_TYPE_HASH, 4, 8, 1000, SKEP_MAP_FLAG_NO_PREALLOC);
	struct skep_map_list *list = list_with(0, 0, 0);
	const struct skep_map_list_entry *e = skep_map_list_find(list, id_of(fd));

	(void)state;
	assert_non_null(e);
	assert_int_equal(e->info.type, SKEP_MAP_TYPE_HASH);
	assert_int_equal(e->info.key_size, 4);
	assert_int_equal(e->info.value_size, 8);
	assert_int_equal(e->info.max_entries, 1000);
	assert_string_equal(e->info.name, "fixture");
	assert_true(e->memory_bytes > 0);
	assert_int_equal(e->frozen, 0);
	assert_int_equal(e->count, -ENODATA);
	skep_map_list_free(list);
	close(fd);
}

static void list__is_in_the_order_of_ids(void **state)
{
	struct skep_map_list *list;
	const struct skep_map_list_entry *e;
	int fds[8];
	size_t count, i;

	(void)state;
	for (i = 0; i < 8; i++)
		fds[i] = fixture_map(SKEP_MAP_TYPE_ARRAY, 4, 4, 1, 0);
	list = list_with(0, 0, 0);
	e = skep_map_list_entries(list, &count);
	assert_true(count >= 8);
	for (i = 1; i < count; i++)
		assert_true(e[i - 1].info.id < e[i].info.id);
	assert_null(skep_map_list_find(list, UINT32_MAX));
	assert_null(skep_map_list_find(list, 0));
	skep_map_list_free(list);
	for (i = 0; i < 8; i++)
		close(fds[i]);
}

static void list__tells_who_holds_a_map_once(void **state)
{
	int fd = fixture_map(SKEP_MAP_TYPE_ARRAY, 4, 4, 1, 0), again = dup(fd), to[2];
	struct skep_map_list *list;
	const struct skep_map_list_entry *e;
	pid_t child;
	char byte;

	(void)state;
	assert_int_equal(pipe(to), 0);
	child = fork();
	if (!child) {
		close(to[1]);
		_exit(read(to[0], &byte, 1) != 0); /* until the parent closes its end */
	}
	list = list_with(0, id_of(fd), 0);
	e = skep_map_list_find(list, id_of(fd));
	assert_non_null(e);
	assert_int_equal(e->holder_count, 2);
	assert_int_equal(e->holders[0].pid, getpid());
	assert_int_equal(e->holders[0].fd, fd);
	assert_int_equal(e->holders[0].fd_count, 2);
	assert_int_equal(e->holders[1].pid, child);
	assert_string_equal(e->holders[0].name, e->holders[1].name);
	assert_true(*e->holders[0].name != '\0');
	skep_map_list_free(list);
	close(to[0]);
	close(to[1]);
	assert_int_equal(waitpid(child, NULL, 0), child);
	close(again);
	close(fd);
}

static void list__tells_the_programs_that_use_a_map(void **state)
{
	int map = fixture_map(SKEP_MAP_TYPE_ARRAY, 4, 4, 1, 0), prog = program_with(map);
	struct skep_map_list *list = list_with(0, 0, 0);
	const struct skep_map_list_entry *e = skep_map_list_find(list, id_of(map));
	struct skep_prog_info info = { 0 };

	(void)state;
	assert_true(skep_sys_prog_info(prog, &info, sizeof(info)) > 0);
	assert_int_equal(e->user_count, 1);
	assert_int_equal(e->users[0].prog_id, info.id);
	assert_int_equal(e->users[0].prog_type, SKEP_PROG_TYPE_SOCKET_FILTER);
	assert_string_equal(e->users[0].name, "fixture");
	skep_map_list_free(list);
	close(prog);
	close(map);
}

static void list__tells_all_pins_inside(void)
{
	int map = fixture_map(SKEP_MAP_TYPE_ARRAY, 4, 4, 1, 0);
	const struct skep_bpffs_opts opts = { .sz = sizeof(opts), .root = fixture_bpffs() };
	_cleanup_(skep_bpffs_closep) struct skep_bpffs *ctx = NULL;
	struct skep_error err = { 0 };
	const struct skep_map_list_entry *e;
	struct skep_map_list *list;
	char path[256];

	assert_done(skep_bpffs_open(&opts, &ctx, &err), &err);
	assert_done(skep_bpffs_mkdir(ctx, "a/b", &err), &err);
	assert_done(skep_bpffs_pin(ctx, map, "z", &err), &err);
	assert_done(skep_bpffs_pin(ctx, map, "a/b/c", &err), &err);
	list = list_with(0, 0, 0);
	e = skep_map_list_find(list, id_of(map));
	assert_int_equal(e->pin_count, 2);
	snprintf(path, sizeof(path), "%s/a/b/c", fixture_bpffs());
	assert_string_equal(e->pins[0].path, path);
	snprintf(path, sizeof(path), "%s/z", fixture_bpffs());
	assert_string_equal(e->pins[1].path, path);
	skep_map_list_free(list);
	list = list_with(SKEP_MAP_LIST_NO_PINS | SKEP_MAP_LIST_NO_HOLDERS, id_of(map), 0);
	e = skep_map_list_find(list, id_of(map));
	assert_int_equal(e->pin_count, 0);
	assert_int_equal(e->holder_count, 0);
	skep_map_list_free(list);
	assert_done(skep_bpffs_remove(ctx, "a", SKEP_BPFFS_RECURSE, NULL, NULL, &err), &err);
	assert_done(skep_bpffs_unpin(ctx, "z", &err), &err);
	close(map);
}

IN_BPFFS(list__tells_all_pins)

static void list__counts_what_is_small_enough(void **state)
{
	int fd = fixture_map(SKEP_MAP_TYPE_HASH, 4, 4, 100, 0), ring = -1;
	const uint32_t key = 1, value = 2;
	struct skep_map_list *list;

	(void)state;
	assert_int_equal(skep_sys_map_update(fd, &key, &value, 0), 0);
	list = list_with(0, id_of(fd), 799);
	assert_int_equal(skep_map_list_find(list, id_of(fd))->count, -ENODATA);
	skep_map_list_free(list);
	list = list_with(0, id_of(fd), 800);
	assert_int_equal(skep_map_list_find(list, id_of(fd))->count, 1);
	skep_map_list_free(list);
	close(fd);
	ring = fixture_map(SKEP_MAP_TYPE_QUEUE, 0, 4, 4, 0);
	list = list_with(0, id_of(ring), UINT64_MAX);
	assert_int_equal(skep_map_list_find(list, id_of(ring))->count, -EOPNOTSUPP);
	skep_map_list_free(list);
	close(ring);
}

static void list__of_one_id_has_one_map_or_fails(void **state)
{
	int fd = fixture_map(SKEP_MAP_TYPE_ARRAY, 4, 4, 1, 0);
	int other = fixture_map(SKEP_MAP_TYPE_ARRAY, 4, 4, 1, 0);
	struct skep_map_list *list = list_with(0, id_of(fd), 0);
	struct skep_map_list_opts opts = { .sz = sizeof(opts), .id = UINT32_MAX };
	struct skep_error err = { 0 };
	size_t count;

	(void)state;
	assert_int_equal(skep_map_list_entries(list, &count)->info.id, id_of(fd));
	assert_int_equal(count, 1);
	list = skep_map_list_free(list);
	assert_int_equal(skep_map_list_new(&opts, &list, &err), -ENOENT);
	assert_told(&err, SKEP_ERR_NOT_FOUND, "there is no map 4294967295");
	opts.id = 1ull << 32;
	assert_int_equal(skep_map_list_new(&opts, &list, &err), -EINVAL);
	opts = (struct skep_map_list_opts){ .sz = sizeof(opts), .flags = 1u << 31 };
	assert_int_equal(skep_map_list_new(&opts, &list, &err), -EINVAL);
	assert_null(list);
	close(other);
	close(fd);
}

static void list__holds_few_fds_however_many_maps_there_are(void **state)
{
	int fds[MANY], before, after;
	struct skep_map_list *list;
	size_t count, i;

	(void)state;
	for (i = 0; i < MANY; i++)
		fds[i] = fixture_map(SKEP_MAP_TYPE_ARRAY, 4, 4, 1, 0);
	before = dup(0);
	close(before);
	list = list_with(0, 0, UINT64_MAX);
	after = dup(0); /* the lowest that is free */
	close(after);
	assert_int_equal(before, after);
	skep_map_list_entries(list, &count);
	assert_true(count >= MANY);
	skep_map_list_free(list);
	for (i = 0; i < MANY; i++)
		close(fds[i]);
}

static void list__says_that_a_map_is_frozen(void **state)
{
	int fd = fixture_map(SKEP_MAP_TYPE_ARRAY, 4, 4, 1, 0);
	const uint32_t key = 0, value = 0;
	struct skep_map_list *list;
	struct skep_error err = { 0 };
	int r;

	(void)state;
	assert_done(skep_sys_map_freeze(fd, &err), &err);
	list = list_with(0, id_of(fd), 0);
	assert_int_equal(skep_map_list_find(list, id_of(fd))->frozen, 1);
	skep_map_list_free(list);
	r = skep_sys_map_update(fd, &key, &value, 0);
	assert_int_equal(r, -EPERM);
	assert_int_equal(skep_sys_map_fail(&err, fd, "update", r), r);
	assert_told(&err, SKEP_ERR_CONFLICT, "it is frozen");
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(list__tells_what_a_map_is),
		cmocka_unit_test(list__is_in_the_order_of_ids),
		cmocka_unit_test(list__tells_who_holds_a_map_once),
		cmocka_unit_test(list__tells_the_programs_that_use_a_map),
		cmocka_unit_test(list__tells_all_pins),
		cmocka_unit_test(list__counts_what_is_small_enough),
		cmocka_unit_test(list__of_one_id_has_one_map_or_fails),
		cmocka_unit_test(list__holds_few_fds_however_many_maps_there_are),
		cmocka_unit_test(list__says_that_a_map_is_frozen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
