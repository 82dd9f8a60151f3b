/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* Maps with names: use what is there or make it, and what becomes of one that is not what is wanted. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <skep/bpffs.h>
#include <skep/bpffs_pin.h>
#include <skep/kabi.h>
#include <skep/map.h>
#include <skep/map_dump.h>
#include <skep/map_pin.h>

#include "bpf_fixture.h"

static struct skep_bpffs *open_bpffs(void)
{
	const struct skep_bpffs_opts opts = { .sz = sizeof(opts), .root = fixture_bpffs() };
	struct skep_bpffs *bpffs = NULL;
	struct skep_error err = { 0 };

	assert_done(skep_bpffs_open(&opts, &bpffs, &err), &err);
	return bpffs;
}

static struct skep_map_spec hash_of(uint64_t max_entries)
{
	return (struct skep_map_spec){
		.sz = sizeof(struct skep_map_spec),
		.name = "counters",
		.type = SKEP_MAP_TYPE_HASH,
		.key_size = 4,
		.value_size = 4,
		.max_entries = max_entries,
	};
}

#define PATH "tc/globals/counters"

/* Opens or creates, which has to succeed. Return: what that returned. */
static int ensure(struct skep_bpffs *bpffs, const struct skep_map_spec *spec, uint64_t mismatch,
		  struct skep_map **ret_map)
{
	const struct skep_map_pin_opts opts = { .sz = sizeof(opts), .mismatch = mismatch };
	struct skep_error err = { 0 };

	return assert_done(skep_map_open_or_create(bpffs, PATH, spec, &opts, ret_map, &err), &err);
}

static uint32_t pinned_id(struct skep_bpffs *bpffs)
{
	struct skep_map *map = NULL;
	struct skep_error err = { 0 };
	uint32_t id;

	assert_done(skep_map_open_pinned(bpffs, PATH, 0, &map, &err), &err);
	id = skep_map_id(map);
	skep_map_close(map);
	return id;
}

static void put(struct skep_map *map, uint32_t key, uint32_t value)
{
	assert_int_equal(SKEP_MAP_UPDATE(map, &key, &value, 0), 0);
}

static void open_or_create__makes_it_once_inside(void)
{
	struct skep_bpffs *bpffs = open_bpffs();
	const struct skep_map_spec spec = hash_of(10);
	struct skep_map *first = NULL, *second = NULL;

	assert_int_equal(ensure(bpffs, &spec, SKEP_MAP_MISMATCH_FAIL, &first), 1);
	assert_int_equal(ensure(bpffs, &spec, SKEP_MAP_MISMATCH_FAIL, &second), 0);
	assert_int_equal(skep_map_id(first), skep_map_id(second));
	assert_string_equal(skep_map_path(second), PATH);
	assert_null(skep_map_old(second));
	skep_map_close(first);
	skep_map_close(second);
	skep_bpffs_close(bpffs);
}
IN_BPFFS(open_or_create__makes_it_once)

static void mismatch__tells_each_difference_and_leaves_the_map_inside(void)
{
	struct skep_bpffs *bpffs = open_bpffs();
	struct skep_map_spec spec = hash_of(10);
	struct skep_map *first = NULL, *second = NULL;
	struct skep_error err = { 0 };

	ensure(bpffs, &spec, SKEP_MAP_MISMATCH_FAIL, &first);
	spec.max_entries = 20;
	spec.value_size = 8;
	assert_int_equal(skep_map_open_or_create(bpffs, PATH, &spec, NULL, &second, &err),
			 -EMEDIUMTYPE);
	assert_told(&err, SKEP_ERR_CONFLICT, "value_size 4, not 8; max_entries 10, not 20");
	assert_null(second);
	assert_int_equal(pinned_id(bpffs), skep_map_id(first));
	skep_map_close(first);
	skep_bpffs_close(bpffs);
}
IN_BPFFS(mismatch__tells_each_difference_and_leaves_the_map)

static void mismatch__replace_takes_the_name_and_keeps_the_old_inside(void)
{
	struct skep_bpffs *bpffs = open_bpffs();
	const struct skep_map_spec small = hash_of(10), big = hash_of(20);
	struct skep_map *first = NULL, *second = NULL;
	struct skep_error err = { 0 };
	uint32_t key = 1, value = 0, old_id;

	ensure(bpffs, &small, SKEP_MAP_MISMATCH_FAIL, &first);
	old_id = skep_map_id(first);
	put(first, 1, 11);
	skep_map_close(first);
	assert_int_equal(ensure(bpffs, &big, SKEP_MAP_MISMATCH_REPLACE, &second), 1);
	assert_int_equal(pinned_id(bpffs), skep_map_id(second));
	assert_int_equal(skep_map_id(skep_map_old(second)), old_id);
	assert_int_equal(SKEP_MAP_LOOKUP(skep_map_old(second), &key, &value), 0);
	assert_int_equal(value, 11);
	assert_int_equal(SKEP_MAP_LOOKUP(second, &key, &value), -ENOENT);
	assert_int_equal(skep_map_restore(second, &err), 1);
	assert_int_equal(pinned_id(bpffs), old_id);
	assert_string_equal(skep_map_path(second), "");
	skep_map_close(second);
	skep_bpffs_close(bpffs);
}
IN_BPFFS(mismatch__replace_takes_the_name_and_keeps_the_old)

static void mismatch__stage_waits_for_the_commit_inside(void)
{
	struct skep_bpffs *bpffs = open_bpffs();
	const struct skep_map_spec small = hash_of(10), big = hash_of(20);
	struct skep_map *first = NULL, *second = NULL;
	struct skep_error err = { 0 };

	ensure(bpffs, &small, SKEP_MAP_MISMATCH_FAIL, &first);
	assert_int_equal(ensure(bpffs, &big, SKEP_MAP_MISMATCH_STAGE, &second), 1);
	assert_int_equal(pinned_id(bpffs), skep_map_id(first));
	assert_string_equal(skep_map_path(second), "");
	assert_int_equal(skep_map_commit(second, &err), 1);
	assert_int_equal(skep_map_commit(second, &err), 0);
	assert_int_equal(pinned_id(bpffs), skep_map_id(second));
	skep_map_close(first);
	skep_map_close(second);
	skep_bpffs_close(bpffs);
}
IN_BPFFS(mismatch__stage_waits_for_the_commit)

/* Values become twice as wide and ten times as large; key 3 is left out, key 4 is a reason to give up. */
static int widen(const void *old_key, const void *old_value, void *key, void *value, void *userdata)
{
	uint32_t number, narrow;
	uint64_t wide;

	memcpy(&number, old_key, sizeof(number));
	memcpy(&narrow, old_value, sizeof(narrow));
	if (number == 3)
		return 1;
	if (number == 4)
		return *(int *)userdata;
	wide = narrow * 10ull;
	memcpy(key, &number, sizeof(number));
	memcpy(value, &wide, sizeof(wide));
	return 0;
}

static void mismatch__convert_brings_the_elements_over_or_changes_nothing_inside(void)
{
	struct skep_bpffs *bpffs = open_bpffs();
	struct skep_map_spec spec = hash_of(10);
	struct skep_map *first = NULL, *second = NULL;
	int verdict = -ERANGE;
	const struct skep_map_pin_opts opts = { .sz = sizeof(opts),
						.mismatch = SKEP_MAP_MISMATCH_CONVERT,
						.convert_fn = widen,
						.convert_userdata = &verdict };
	struct skep_error err = { 0 };
	uint64_t wide = 0, count = 0;
	uint32_t key;

	ensure(bpffs, &spec, SKEP_MAP_MISMATCH_FAIL, &first);
	for (key = 1; key <= 4; key++)
		put(first, key, key);
	spec.value_size = 8;
	assert_int_equal(skep_map_open_or_create(bpffs, PATH, &spec, &opts, &second, &err),
			 -ERANGE);
	assert_told(&err, SKEP_ERR_CONFLICT, "cannot be converted");
	assert_int_equal(pinned_id(bpffs), skep_map_id(first));
	verdict = 1;
	assert_int_equal(skep_map_open_or_create(bpffs, PATH, &spec, &opts, &second, &err), 1);
	assert_int_equal(pinned_id(bpffs), skep_map_id(second));
	assert_done(skep_map_count(second, &count, &err), &err);
	assert_int_equal(count, 2);
	key = 2;
	assert_int_equal(SKEP_MAP_LOOKUP(second, &key, &wide), 0);
	assert_int_equal(wide, 20);
	skep_map_close(first);
	skep_map_close(second);
	skep_bpffs_close(bpffs);
}
IN_BPFFS(mismatch__convert_brings_the_elements_over_or_changes_nothing)

static void mismatch__keep_accepts_all_but_other_sizes_inside(void)
{
	struct skep_bpffs *bpffs = open_bpffs();
	struct skep_map_spec spec = hash_of(10);
	struct skep_map *first = NULL, *second = NULL;
	const struct skep_map_pin_opts keep = { .sz = sizeof(keep),
						.mismatch = SKEP_MAP_MISMATCH_KEEP };
	struct skep_error err = { 0 };

	ensure(bpffs, &spec, SKEP_MAP_MISMATCH_FAIL, &first);
	spec.max_entries = 20;
	assert_int_equal(ensure(bpffs, &spec, SKEP_MAP_MISMATCH_KEEP, &second), 0);
	assert_int_equal(skep_map_max_entries(second), 10);
	skep_map_close(second);
	spec.key_size = 8;
	assert_int_equal(skep_map_open_or_create(bpffs, PATH, &spec, &keep, &second, &err),
			 -EMEDIUMTYPE);
	skep_map_close(first);
	skep_bpffs_close(bpffs);
}
IN_BPFFS(mismatch__keep_accepts_all_but_other_sizes)

/* What the kernel rounds or adds by itself is no difference: a restart would destroy the map each time. */
static void normalisation__finds_its_own_maps_again_inside(void)
{
	static const struct {
		uint64_t type, key_size, value_size, max_entries, flags;
	} specs[] = {
		{ SKEP_MAP_TYPE_LRU_HASH, 4, 4, 101, SKEP_MAP_FLAG_NO_COMMON_LRU },
		{ SKEP_MAP_TYPE_DEVMAP, 0, 4, 4, 0 },
		{ SKEP_MAP_TYPE_DEVMAP_HASH, 4, 4, 4, 0 },
		{ SKEP_MAP_TYPE_RINGBUF, 0, 0, 5000, 0 },
		{ SKEP_MAP_TYPE_PERF_EVENT_ARRAY, 0, 0, 0, 0 },
		{ SKEP_MAP_TYPE_LPM_TRIE, 8, 4, 4, 0 },
		{ SKEP_MAP_TYPE_QUEUE, 0, 4, 4, 0 },
		{ SKEP_MAP_TYPE_PROG_ARRAY, 0, 0, 4, 0 },
		{ SKEP_MAP_TYPE_ARRAY, 4, 4, 4, SKEP_MAP_FLAG_RDONLY },
	};
	struct skep_bpffs *bpffs = open_bpffs();
	size_t i;

	for (i = 0; i < sizeof(specs) / sizeof(specs[0]); i++) {
		const struct skep_map_spec spec = { .sz = sizeof(spec),
						    .name = "longer_than_fifteen_letters",
						    .type = specs[i].type,
						    .key_size = specs[i].key_size,
						    .value_size = specs[i].value_size,
						    .max_entries = specs[i].max_entries,
						    .flags = specs[i].flags };
		struct skep_map *first = NULL, *second = NULL;
		struct skep_error err = { 0 };

		assert_int_equal(ensure(bpffs, &spec, SKEP_MAP_MISMATCH_FAIL, &first), 1);
		assert_int_equal(ensure(bpffs, &spec, SKEP_MAP_MISMATCH_FAIL, &second), 0);
		assert_int_equal(skep_map_unpin(second, &err), 1);
		assert_int_equal(skep_map_unpin(second, &err), 0);
		skep_map_close(first);
		skep_map_close(second);
	}
	skep_bpffs_close(bpffs);
}
IN_BPFFS(normalisation__finds_its_own_maps_again)

static void unpin__leaves_the_name_of_another_map_inside(void)
{
	struct skep_bpffs *bpffs = open_bpffs();
	const struct skep_map_spec small = hash_of(10), big = hash_of(20);
	struct skep_map *first = NULL, *second = NULL;
	struct skep_error err = { 0 };

	ensure(bpffs, &small, SKEP_MAP_MISMATCH_FAIL, &first);
	ensure(bpffs, &big, SKEP_MAP_MISMATCH_REPLACE, &second);
	assert_int_equal(skep_map_unpin(first, &err), -ESTALE);
	assert_int_equal(pinned_id(bpffs), skep_map_id(second));
	skep_map_forget(second);
	assert_null(skep_map_old(second));
	skep_map_close(first);
	skep_map_close(second);
	skep_bpffs_close(bpffs);
}
IN_BPFFS(unpin__leaves_the_name_of_another_map)

static void prog_array__is_not_emptied_by_its_replacement_inside(void)
{
	struct skep_bpffs *bpffs = open_bpffs();
	struct skep_map_spec spec = { .sz = sizeof(spec),
				      .type = SKEP_MAP_TYPE_PROG_ARRAY,
				      .max_entries = 4 };
	int prog = fixture_prog_pass(SKEP_PROG_TYPE_SCHED_CLS, 0);
	struct skep_map *first = NULL, *second = NULL;
	struct skep_error err = { 0 };
	uint64_t count = 0;
	uint32_t key = 2;

	ensure(bpffs, &spec, SKEP_MAP_MISMATCH_FAIL, &first);
	assert_int_equal(skep_map_update(first, &key, &prog, 0), 0);
	skep_map_close(first);
	spec.max_entries = 8;
	ensure(bpffs, &spec, SKEP_MAP_MISMATCH_REPLACE, &second);
	assert_done(skep_map_count(skep_map_old(second), &count, &err), &err);
	assert_int_equal(count, 1);
	close(prog);
	skep_map_close(second);
	skep_bpffs_close(bpffs);
}
IN_BPFFS(prog_array__is_not_emptied_by_its_replacement)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(open_or_create__makes_it_once),
		cmocka_unit_test(mismatch__tells_each_difference_and_leaves_the_map),
		cmocka_unit_test(mismatch__replace_takes_the_name_and_keeps_the_old),
		cmocka_unit_test(mismatch__stage_waits_for_the_commit),
		cmocka_unit_test(mismatch__convert_brings_the_elements_over_or_changes_nothing),
		cmocka_unit_test(mismatch__keep_accepts_all_but_other_sizes),
		cmocka_unit_test(normalisation__finds_its_own_maps_again),
		cmocka_unit_test(unpin__leaves_the_name_of_another_map),
		cmocka_unit_test(prog_array__is_not_emptied_by_its_replacement),
	};

	return cmocka_run_group_tests_name("map_pin", tests, NULL, NULL);
}
