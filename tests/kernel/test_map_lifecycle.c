/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* What becomes of a map and its name: opened, made anew, opened again, compared, mirrored, unpinned, gone. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <skep/bpffs.h>
#include <skep/bpffs_pin.h>
#include <skep/kabi.h>
#include <skep/map.h>
#include <skep/map_dump.h>
#include <skep/map_pin.h>
#include <skep/sys.h>

#include "bpf_fixture.h"

#define PATH "tc/globals/test_map"

static struct skep_bpffs *open_bpffs(void)
{
	const struct skep_bpffs_opts opts = { .sz = sizeof(opts), .root = fixture_bpffs() };
	struct skep_bpffs *bpffs = NULL;
	struct skep_error err = { 0 };

	assert_done(skep_bpffs_open(&opts, &bpffs, &err), &err);
	return bpffs;
}

static struct skep_map_spec hash(uint64_t max_entries, uint64_t flags)
{
	return (struct skep_map_spec){ .sz = sizeof(struct skep_map_spec),
				       .name = "test_map",
				       .type = SKEP_MAP_TYPE_HASH,
				       .key_size = 4,
				       .value_size = 4,
				       .max_entries = max_entries,
				       .flags = flags };
}

/* Opens or creates, which has to return @want. */
static struct skep_map *ensure(struct skep_bpffs *bpffs, const struct skep_map_spec *spec,
			       uint64_t flags, uint64_t mismatch, uint64_t ignored_flags, int want)
{
	const struct skep_map_pin_opts opts = { .sz = sizeof(opts),
						.flags = flags,
						.mismatch = mismatch,
						.ignored_flags = ignored_flags };
	struct skep_map *map = NULL;
	struct skep_error err = { 0 };

	assert_int_equal(
		assert_done(skep_map_open_or_create(bpffs, PATH, spec, &opts, &map, &err), &err),
		want);
	return map;
}

static struct skep_map *make_anew(struct skep_bpffs *bpffs, const struct skep_map_spec *spec)
{
	return ensure(bpffs, spec, SKEP_MAP_ALWAYS_NEW, SKEP_MAP_MISMATCH_REPLACE, 0, 1);
}

static void put(struct skep_map *map, uint32_t key, uint32_t value)
{
	assert_int_equal(SKEP_MAP_UPDATE(map, &key, &value, 0), 0);
}

/* Checks what is in a map under a key; 0: nothing. */
static void check_value(struct skep_map *map, uint32_t key, uint32_t want)
{
	uint32_t value = 0;

	assert_int_equal(SKEP_MAP_LOOKUP(map, &key, &value), want ? 0 : -ENOENT);
	assert_int_equal(value, want);
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

static void opening__of_what_is_not_there_names_it_inside(void)
{
	struct skep_bpffs *bpffs = open_bpffs();
	struct skep_map *map = NULL;
	struct skep_error err = { 0 };

	assert_int_equal(skep_map_open_pinned(bpffs, PATH, 0, &map, &err), -ENOENT);
	assert_told(&err, SKEP_ERR_NO_PIN, "test_map");
	assert_int_equal(skep_map_open_pinned(NULL, "/no/such/place/test_map", 0, &map, &err),
			 -ENOENT);
	assert_null(map);
	skep_bpffs_close(bpffs);
}
IN_BPFFS(opening__of_what_is_not_there_names_it)

/* Cilium's Recreate, its non-persistent maps, and the beginning of its parallel mode. */
static void making_anew__leaves_two_maps_that_know_nothing_of_each_other_inside(void)
{
	struct skep_bpffs *bpffs = open_bpffs();
	const struct skep_map_spec spec = hash(16, 0);
	struct skep_map *first = ensure(bpffs, &spec, 0, 0, 0, 1), *second, *third;

	put(first, 1, 11);
	second = make_anew(bpffs, &spec);
	check_value(second, 1, 0);
	put(second, 2, 22);
	put(first, 3, 33);
	check_value(first, 2, 0);
	check_value(second, 3, 0);
	assert_int_equal(pinned_id(bpffs), skep_map_id(second));
	third = make_anew(bpffs, &spec); /* each time */
	check_value(third, 2, 0);
	skep_map_close(first);
	skep_map_close(second);
	skep_map_close(third);
	skep_bpffs_close(bpffs);
}
IN_BPFFS(making_anew__leaves_two_maps_that_know_nothing_of_each_other)

static void parallel__the_old_map_is_readable_until_it_is_forgotten_inside(void)
{
	struct skep_bpffs *bpffs = open_bpffs();
	const struct skep_map_spec spec = hash(16, 0);
	struct skep_map *map = ensure(bpffs, &spec, 0, 0, 0, 1);
	const uint32_t old_id = skep_map_id(map);

	put(map, 1, 11);
	skep_map_close(map); /* nobody holds the old one but its name */
	map = make_anew(bpffs, &spec);
	assert_int_equal(skep_map_id(skep_map_old(map)), old_id);
	check_value(skep_map_old(map), 1, 11);
	put(map, 1, 12);
	check_value(skep_map_old(map), 1, 11);
	skep_map_forget(map);
	assert_null(skep_map_old(map));
	check_value(map, 1, 12);
	skep_map_close(map);
	skep_bpffs_close(bpffs);
}
IN_BPFFS(parallel__the_old_map_is_readable_until_it_is_forgotten)

/* The name is never lost, whatever goes wrong with the new map. */
static void parallel__a_failure_leaves_the_name_to_the_old_map_inside(void)
{
	struct skep_bpffs *bpffs = open_bpffs();
	struct skep_map_spec spec = hash(16, 0);
	const struct skep_map_pin_opts opts = { .sz = sizeof(opts),
						.flags = SKEP_MAP_ALWAYS_NEW,
						.mismatch = SKEP_MAP_MISMATCH_REPLACE };
	struct skep_map *map = ensure(bpffs, &spec, 0, 0, 0, 1), *new = NULL;
	struct skep_error err = { 0 };

	put(map, 1, 11);
	spec.flags = SKEP_MAP_FLAG_NO_COMMON_LRU; /* no hash has that */
	assert_true(skep_map_open_or_create(bpffs, PATH, &spec, &opts, &new, &err) < 0);
	assert_null(new);
	assert_int_equal(pinned_id(bpffs), skep_map_id(map));
	check_value(map, 1, 11);
	skep_map_close(map);
	skep_bpffs_close(bpffs);
}
IN_BPFFS(parallel__a_failure_leaves_the_name_to_the_old_map)

static void mirror__writes_to_the_old_map_until_it_is_forgotten_inside(void)
{
	struct skep_bpffs *bpffs = open_bpffs();
	const struct skep_map_spec small = hash(1, 0), spec = hash(16, 0);
	struct skep_map_spec wide = hash(16, 0);
	struct skep_map *map = ensure(bpffs, &small, 0, 0, 0, 1), *old;
	uint32_t key = 1, value = 11;

	assert_int_equal(skep_map_mirror_update(map, &key, &value, 0), 0); /* there is no old one */
	old = map;
	map = ensure(bpffs, &spec, 0, SKEP_MAP_MISMATCH_STAGE, 0, 1);
	value = 12;
	assert_int_equal(skep_map_mirror_update(map, &key, &value, SKEP_UPDATE_FLAG_NOEXIST), 0);
	check_value(old, 1, 12);
	check_value(map, 1, 12);
	assert_int_equal(skep_map_mirror_update(map, &key, &value, SKEP_UPDATE_FLAG_NOEXIST),
			 -EEXIST);
	key = 2;
	assert_int_equal(skep_map_mirror_update(map, &key, &value, 0), 1); /* the old one is full */
	check_value(old, 2, 0);
	check_value(map, 2, 12);
	assert_int_equal(skep_map_mirror_delete(map, &key), 0);
	key = 1;
	assert_int_equal(skep_map_delete(map, &key), 0);
	assert_int_equal(skep_map_mirror_delete(map, &key), -ENOENT);
	check_value(old, 1, 0);
	skep_map_close(old);
	skep_map_forget(map);
	assert_int_equal(skep_map_mirror_update(map, &key, &value, 0), 0);
	assert_int_equal(skep_map_commit(map, NULL), 1);
	skep_map_forget(map);
	old = map;
	wide.value_size = 8;
	map = ensure(bpffs, &wide, 0, SKEP_MAP_MISMATCH_REPLACE, 0, 1);
	assert_int_equal(skep_map_mirror_update(map, &key, &value, 0), -EINVAL);
	assert_int_equal(skep_map_mirror_delete(map, &key), -EINVAL);
	check_value(old, 1, 12);
	skep_map_close(old);
	skep_map_close(map);
	skep_bpffs_close(bpffs);
}
IN_BPFFS(mirror__writes_to_the_old_map_until_it_is_forgotten)

static void reopening__is_the_same_map_or_the_one_that_has_its_name_inside(void)
{
	struct skep_bpffs *bpffs = open_bpffs();
	const struct skep_map_spec spec = hash(16, 0);
	struct skep_map *map = ensure(bpffs, &spec, 0, 0, 0, 1), *again = NULL, *other;
	struct skep_error err = { 0 };

	assert_int_equal(skep_map_reopen(map, &again, &err), 0);
	assert_ptr_equal(again, map);
	skep_map_close(again);
	other = make_anew(bpffs, &spec);
	again = NULL;
	assert_int_equal(skep_map_reopen(map, &again, &err), 1);
	assert_int_equal(skep_map_id(again), skep_map_id(other));
	assert_string_equal(skep_map_path(again), PATH);
	skep_map_close(again);
	again = NULL;
	assert_int_equal(skep_map_unpin(other, &err), 1);
	assert_int_equal(skep_map_reopen(map, &again, &err), -ENOENT);
	skep_map_close(other);
	skep_map_close(map);
	assert_done(skep_map_create(&spec, &map, &err), &err);
	assert_int_equal(skep_map_reopen(map, &again, &err), -ENOENT);
	assert_told(&err, SKEP_ERR_NOT_FOUND, "no name");
	assert_null(again);
	skep_map_close(map);
	skep_bpffs_close(bpffs);
}
IN_BPFFS(reopening__is_the_same_map_or_the_one_that_has_its_name)

static void unpinning__may_be_done_again_and_leaves_the_map_in_use_inside(void)
{
	struct skep_bpffs *bpffs = open_bpffs();
	const struct skep_map_spec spec = hash(16, 0);
	struct skep_map *map = ensure(bpffs, &spec, 0, 0, 0, 1), *next;
	struct skep_error err = { 0 };

	assert_int_equal(skep_map_unpin(map, &err), 1);
	assert_int_equal(skep_map_unpin(map, &err), 0);
	assert_int_equal(skep_map_unpin(map, &err), 0);
	assert_int_equal(skep_bpffs_exists(bpffs, PATH), 0);
	put(map, 1, 11);
	check_value(map, 1, 11);
	next = ensure(bpffs, &spec, 0, 0, 0, 1); /* what has no name cannot be found */
	check_value(next, 1, 0);
	assert_int_equal(skep_map_unpin(next, &err), 1);
	skep_map_close(next);
	skep_map_close(map);
	assert_done(skep_map_create(&spec, &map, &err), &err); /* CreateUnpinned */
	assert_int_equal(skep_bpffs_exists(bpffs, PATH), 0);
	assert_string_equal(skep_map_path(map), "");
	put(map, 1, 11);
	skep_map_close(map);
	skep_bpffs_close(bpffs);
}
IN_BPFFS(unpinning__may_be_done_again_and_leaves_the_map_in_use)

/* Cilium's CheckAndUpgrade: what differs, and then the name for a new map; the open one stays what it is. */
static void upgrade__of_the_preallocation_is_told_and_made_inside(void)
{
	struct skep_bpffs *bpffs = open_bpffs();
	const struct skep_map_spec spec = hash(16, 0);
	const struct skep_map_spec other = hash(16, SKEP_MAP_FLAG_NO_PREALLOC);
	struct skep_map *map = ensure(bpffs, &spec, 0, 0, 0, 1), *next;
	struct skep_map_difference d[SKEP_MAP_DIFFERENCES];
	struct skep_error err = { 0 };

	assert_int_equal(skep_map_compare(map, &spec, 0, d, &err), 0);
	assert_int_equal(skep_map_compare(map, &other, 0, d, &err), 1);
	assert_string_equal(d[0].property, "flags");
	assert_int_equal(d[0].found, 0);
	assert_int_equal(d[0].wanted, SKEP_MAP_FLAG_NO_PREALLOC);
	/* looking changes nothing, nor does whoever does not mind */
	assert_int_equal(pinned_id(bpffs), skep_map_id(map));
	assert_int_equal(skep_map_compare(map, &other, SKEP_MAP_FLAG_NO_PREALLOC, NULL, &err), 0);
	next = ensure(bpffs, &other, 0, SKEP_MAP_MISMATCH_REPLACE, SKEP_MAP_FLAG_NO_PREALLOC, 0);
	assert_int_equal(skep_map_id(next), skep_map_id(map));
	skep_map_close(next);
	put(map, 1, 11);
	next = ensure(bpffs, &other, 0, SKEP_MAP_MISMATCH_REPLACE, 0, 1);
	assert_int_equal(pinned_id(bpffs), skep_map_id(next));
	check_value(map, 1, 11);
	check_value(next, 1, 0);
	skep_map_close(next);
	skep_map_close(map);
	skep_bpffs_close(bpffs);
}
IN_BPFFS(upgrade__of_the_preallocation_is_told_and_made)

static void mismatch__tells_all_properties_inside(void)
{
	static const char want[] =
		"it has type 1, not 9; key_size 4, not 8; value_size 4, not 16; max_entries 16, not "
		"32; flags 0, not 2";
	struct skep_bpffs *bpffs = open_bpffs();
	const struct skep_map_spec spec = hash(16, 0);
	struct skep_map_spec other = { .sz = sizeof(other),
				       .type = SKEP_MAP_TYPE_LRU_HASH,
				       .key_size = 8,
				       .value_size = 16,
				       .max_entries = 32,
				       .flags = SKEP_MAP_FLAG_NO_COMMON_LRU };
	struct skep_map *map = ensure(bpffs, &spec, 0, 0, 0, 1), *next = NULL;
	struct skep_map_difference d[SKEP_MAP_DIFFERENCES];
	struct skep_error err = { 0 };

	/* a multiple of any number of CPUs that is tested with */
	assert_int_equal(skep_map_spec_normalise(&other, &other, &err), 0);
	if (other.max_entries == 32) {
		assert_int_equal(skep_map_open_or_create(bpffs, PATH, &other, NULL, &next, &err),
				 -EMEDIUMTYPE);
		assert_told(&err, SKEP_ERR_CONFLICT, want);
	}
	assert_int_equal(skep_map_compare(map, &other, 0, d, &err), 5);
	skep_map_close(map);
	skep_bpffs_close(bpffs);
}
IN_BPFFS(mismatch__tells_all_properties)

static void bloom_filters__are_compared_by_their_hash_functions_inside(void)
{
	struct skep_bpffs *bpffs = open_bpffs();
	struct skep_map_spec spec = { .sz = sizeof(spec),
				      .type = SKEP_MAP_TYPE_BLOOM_FILTER,
				      .value_size = 4,
				      .max_entries = 16,
				      .map_extra = 3 };
	struct skep_map *map, *next = NULL;
	struct skep_error err = { 0 };

	if (fixture_kernel_has("BPF_MAP_TYPE_BLOOM_FILTER")) {
		map = ensure(bpffs, &spec, 0, 0, 0, 1);
		skep_map_close(ensure(bpffs, &spec, 0, 0, 0, 0));
		spec.map_extra = 4;
		assert_int_equal(skep_map_open_or_create(bpffs, PATH, &spec, NULL, &next, &err),
				 -EMEDIUMTYPE);
		assert_told(&err, SKEP_ERR_CONFLICT, "it has map_extra 3, not 4");
		skep_map_close(map);
	}
	skep_bpffs_close(bpffs);
}
IN_BPFFS(bloom_filters__are_compared_by_their_hash_functions)

static void inner_maps__are_compared_as_the_kernel_does_inside(void)
{
	static const struct {
		uint32_t type, value_size, max_entries, flags;
		const char *told; /* NULL: no difference */
	} wanted[] = {
		{ SKEP_MAP_TYPE_HASH, 4, 16, 0, NULL },
		{ SKEP_MAP_TYPE_HASH, 4, 32, 0, NULL }, /* of a hash, that does not matter */
		{ SKEP_MAP_TYPE_HASH, 8, 16, 0, "it has inner_value_size 4, not 8" },
		{ SKEP_MAP_TYPE_HASH, 4, 16, SKEP_MAP_FLAG_NO_PREALLOC,
		  "it has inner_flags 0, not 1" },
		{ SKEP_MAP_TYPE_ARRAY, 4, 16, 0, "it has inner_type 1, not 2; inner_max_entries" },
	};
	struct skep_bpffs *bpffs = open_bpffs();
	struct skep_map_spec inner = hash(16, 0), told = { 0 };
	const struct skep_map_spec spec = { .sz = sizeof(spec),
					    .type = SKEP_MAP_TYPE_ARRAY_OF_MAPS,
					    .key_size = 4,
					    .max_entries = 4,
					    .inner = &inner };
	struct skep_map *map = ensure(bpffs, &spec, 0, 0, 0, 1), *next, *plain = NULL;
	struct skep_error err = { 0 };
	size_t i;
	int r;

	inner.max_entries = 16;
	assert_done(skep_map_inner_spec(map, &told, &err), &err);
	assert_int_equal(told.type, SKEP_MAP_TYPE_HASH);
	assert_int_equal(told.key_size, 4);
	assert_int_equal(told.value_size, 4);
	assert_int_equal(told.max_entries, 16);
	for (i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
		inner.type = wanted[i].type;
		inner.value_size = wanted[i].value_size;
		inner.max_entries = wanted[i].max_entries;
		inner.flags = wanted[i].flags;
		next = NULL;
		r = skep_map_open_or_create(bpffs, PATH, &spec, NULL, &next, &err);
		assert_int_equal(r, wanted[i].told ? -EMEDIUMTYPE : 0);
		if (wanted[i].told && i < 4)
			assert_told(&err, SKEP_ERR_CONFLICT, wanted[i].told);
		skep_map_close(next);
	}
	assert_done(skep_map_create(&inner, &plain, &err), &err);
	assert_int_equal(skep_map_inner_spec(plain, &told, &err), -EINVAL);
	assert_told(&err, SKEP_ERR_INVALID, "type array");
	skep_map_close(plain);
	skep_map_close(map);
	skep_bpffs_close(bpffs);
}
IN_BPFFS(inner_maps__are_compared_as_the_kernel_does)

/* Its name, its creator and its id gone: the handle still has the map. */
static void handle__keeps_a_map_that_everybody_else_has_left_inside(void)
{
	struct skep_bpffs *bpffs = open_bpffs();
	const struct skep_map_spec spec = hash(16, 0);
	struct skep_map *maker = ensure(bpffs, &spec, 0, 0, 0, 1), *map = NULL;
	struct skep_error err = { 0 };
	uint64_t count = 0;
	uint32_t id;

	assert_done(skep_map_open_pinned(bpffs, PATH, 0, &map, &err), &err);
	id = skep_map_id(map);
	assert_int_equal(skep_map_unpin(maker, &err), 1);
	skep_map_close(maker);
	put(map, 1, 11);
	check_value(map, 1, 11);
	assert_done(skep_map_count(map, &count, &err), &err);
	assert_int_equal(count, 1);
	assert_int_equal(skep_map_id(map), id);
	skep_map_close(map);
	skep_bpffs_close(bpffs);
}
IN_BPFFS(handle__keeps_a_map_that_everybody_else_has_left)

/* Where standard input is closed, the kernel gives its number to the next fd: that is an fd as any other. */
static void handle__never_has_a_standard_fd_inside(void)
{
	const struct skep_map_spec spec = hash(16, 0);
	struct skep_map *map = NULL, *again = NULL;
	struct skep_error err = { 0 };

	close(STDIN_FILENO);
	assert_done(skep_map_create(&spec, &map, &err), &err);
	assert_true(skep_map_fd(map) > STDERR_FILENO);
	assert_done(skep_map_open_fd(skep_map_fd(map), &again, &err), &err);
	assert_true(skep_map_fd(again) > STDERR_FILENO);
	put(map, 1, 11);
	check_value(again, 1, 11);
	skep_map_close(again);
	skep_map_close(map);
}
IN_BPFFS(handle__never_has_a_standard_fd)

static void full_map__is_called_full_with_its_size_inside(void)
{
	const struct skep_map_spec spec = hash(2, SKEP_MAP_FLAG_NO_PREALLOC);
	struct skep_map *map = NULL;
	struct skep_error err = { 0 };
	uint32_t key;
	int r = 0;

	assert_done(skep_map_create(&spec, &map, &err), &err);
	for (key = 0; key < 3; key++)
		r = SKEP_MAP_UPDATE(map, &key, &key, 0);
	assert_true(r < 0);
	assert_int_equal(skep_map_fail(&err, map, "update", r), r);
	assert_told(&err, SKEP_ERR_NO_SPACE,
		    "update map 'test_map': the map is full (max_entries 2)");
	check_value(map, 1, 1);
	skep_map_close(map);
}
IN_BPFFS(full_map__is_called_full_with_its_size)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(opening__of_what_is_not_there_names_it),
		cmocka_unit_test(making_anew__leaves_two_maps_that_know_nothing_of_each_other),
		cmocka_unit_test(parallel__the_old_map_is_readable_until_it_is_forgotten),
		cmocka_unit_test(parallel__a_failure_leaves_the_name_to_the_old_map),
		cmocka_unit_test(mirror__writes_to_the_old_map_until_it_is_forgotten),
		cmocka_unit_test(reopening__is_the_same_map_or_the_one_that_has_its_name),
		cmocka_unit_test(unpinning__may_be_done_again_and_leaves_the_map_in_use),
		cmocka_unit_test(upgrade__of_the_preallocation_is_told_and_made),
		cmocka_unit_test(mismatch__tells_all_properties),
		cmocka_unit_test(bloom_filters__are_compared_by_their_hash_functions),
		cmocka_unit_test(inner_maps__are_compared_as_the_kernel_does),
		cmocka_unit_test(handle__keeps_a_map_that_everybody_else_has_left),
		cmocka_unit_test(handle__never_has_a_standard_fd),
		cmocka_unit_test(full_map__is_called_full_with_its_size),
	};

	return cmocka_run_group_tests_name("map_lifecycle", tests, NULL, NULL);
}
