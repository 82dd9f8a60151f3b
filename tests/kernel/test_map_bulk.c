/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* Many elements at once. */
#include <errno.h>
#include <string.h>

#include <skep/kabi.h>
#include <skep/map.h>
#include <skep/map_bulk.h>
#include <skep/map_dump.h>

#include "bpf_fixture.h"

#define MANY 3000u

static uint32_t keys[MANY];
static uint64_t values[MANY];

static struct skep_map *make(uint64_t type, uint64_t max_entries)
{
	const struct skep_map_spec spec = {
		.sz = sizeof(spec),
		.name = "bulk",
		.type = type,
		.key_size = type == SKEP_MAP_TYPE_LPM_TRIE ? 8 : 4,
		.value_size = 8,
		.max_entries = max_entries,
	};
	struct skep_map *map = NULL;
	struct skep_error err = { 0 };
	uint32_t i;

	assert_done(skep_map_create(&spec, &map, &err), &err);
	for (i = 0; i < MANY; i++) {
		keys[i] = i;
		values[i] = i + 1ull;
	}
	return map;
}

static uint64_t count_of(struct skep_map *map)
{
	struct skep_error err = { 0 };
	uint64_t count = 0;

	assert_done(skep_map_count(map, &count, &err), &err);
	return count;
}

static void update_many__sets_all_in_a_few_calls(void **state)
{
	struct skep_map *map = make(SKEP_MAP_TYPE_HASH, MANY);
	struct skep_map_bulk_result result;
	struct skep_error err = { 0 };

	(void)state;
	assert_done(skep_map_update_many(map, keys, values, MANY, 0, &result, &err), &err);
	assert_int_equal(result.done, MANY);
	assert_int_equal(result.failed, 0);
	assert_int_equal(result.calls, 3);
	assert_int_equal(count_of(map), MANY);
	skep_map_close(map);
}

static void update_many__goes_on_behind_one_that_fails(void **state)
{
	struct skep_map *map = make(SKEP_MAP_TYPE_HASH, MANY);
	struct skep_map_bulk_result result;
	struct skep_error err = { 0 };
	uint32_t there[] = { 5, 6, 1500 };
	size_t i;

	(void)state;
	for (i = 0; i < 3; i++)
		assert_int_equal(SKEP_MAP_UPDATE(map, &there[i], &values[0], 0), 0);
	assert_int_equal(skep_map_update_many(map, keys, values, MANY, SKEP_UPDATE_FLAG_NOEXIST,
					      &result, &err),
			 -EEXIST);
	assert_told(&err, SKEP_ERR_CONFLICT, "the key is there already");
	assert_int_equal(result.done, MANY - 3);
	assert_int_equal(result.failed, 3);
	assert_int_equal(count_of(map), MANY);
	skep_map_close(map);
}

static void update_many__says_that_the_map_is_full(void **state)
{
	struct skep_map *map = make(SKEP_MAP_TYPE_HASH, 100);
	struct skep_map_bulk_result result;
	struct skep_error err = { 0 };

	(void)state;
	assert_int_equal(skep_map_update_many(map, keys, values, 200, 0, &result, &err), -E2BIG);
	assert_told(&err, SKEP_ERR_NO_SPACE, "the map is full (max_entries 100)");
	assert_int_equal(result.done, 100);
	assert_int_equal(result.failed, 100);
	skep_map_close(map);
}

static void delete_many__does_not_mind_what_is_absent(void **state)
{
	struct skep_map *map = make(SKEP_MAP_TYPE_HASH, MANY);
	struct skep_map_bulk_result result;
	struct skep_error err = { 0 };
	uint32_t absent[] = { 0, 77, 2999 };
	size_t i;

	(void)state;
	assert_done(skep_map_update_many(map, keys, values, MANY, 0, NULL, &err), &err);
	for (i = 0; i < 3; i++)
		assert_int_equal(SKEP_MAP_DELETE(map, &absent[i]), 0);
	assert_done(skep_map_delete_many(map, keys, MANY, &result, &err), &err);
	assert_int_equal(result.done, MANY - 3);
	assert_int_equal(result.absent, 3);
	assert_int_equal(count_of(map), 0);
	skep_map_close(map);
}

static void delete_all__empties_a_map_of_any_type_that_can_be(void **state)
{
	static const uint64_t types[] = { SKEP_MAP_TYPE_HASH, SKEP_MAP_TYPE_LRU_HASH,
					  SKEP_MAP_TYPE_LPM_TRIE };
	struct skep_map_bulk_result result;
	struct skep_error err = { 0 };
	size_t i;
	uint32_t k;

	(void)state;
	for (i = 0; i < 3; i++) {
		struct skep_map *map = make(types[i], 500);

		for (k = 0; k < 200; k++) {
			uint32_t lpm[2] = { 32, __builtin_bswap32(k) };

			assert_int_equal(skep_map_update(map, i == 2 ? lpm : &k, &values[k], 0), 0);
		}
		assert_done(skep_map_delete_all(map, &result, &err), &err);
		assert_int_equal(result.done, 200);
		assert_int_equal(count_of(map), 0);
		assert_done(skep_map_delete_all(map, &result, &err), &err);
		assert_int_equal(result.done, 0);
		skep_map_close(map);
	}
}

static void delete_all__of_an_array_is_refused_and_clear_all_is_not(void **state)
{
	struct skep_map *map = make(SKEP_MAP_TYPE_ARRAY, 10);
	struct skep_map_bulk_result result;
	struct skep_error err = { 0 };
	uint64_t value = 1;
	uint32_t key = 3;

	(void)state;
	assert_int_equal(SKEP_MAP_UPDATE(map, &key, &value, 0), 0);
	assert_int_equal(skep_map_delete_all(map, NULL, &err), -EOPNOTSUPP);
	assert_told(&err, SKEP_ERR_UNSUPPORTED, "cannot be removed");
	assert_done(skep_map_clear_all(map, &result, &err), &err);
	assert_int_equal(result.done, 10);
	assert_int_equal(SKEP_MAP_LOOKUP(map, &key, &value), 0);
	assert_int_equal(value, 0);
	skep_map_close(map);
}

static void sized_access__refuses_other_sizes(void **state)
{
	struct skep_map *map = make(SKEP_MAP_TYPE_HASH, 10);
	uint32_t narrow = 0, key = 1;
	uint64_t wide = 1;

	(void)state;
	assert_int_equal(SKEP_MAP_UPDATE(map, &key, &narrow, 0), -EINVAL);
	assert_int_equal(SKEP_MAP_UPDATE(map, &wide, &wide, 0), -EINVAL);
	assert_int_equal(SKEP_MAP_UPDATE(map, &key, &wide, 0), 0);
	assert_int_equal(SKEP_MAP_LOOKUP(map, &key, &narrow), -EINVAL);
	assert_int_equal(SKEP_MAP_DELETE(map, &wide), -EINVAL);
	assert_int_equal(SKEP_MAP_DELETE(map, &key), 0);
	skep_map_close(map);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(update_many__sets_all_in_a_few_calls),
		cmocka_unit_test(update_many__goes_on_behind_one_that_fails),
		cmocka_unit_test(update_many__says_that_the_map_is_full),
		cmocka_unit_test(delete_many__does_not_mind_what_is_absent),
		cmocka_unit_test(delete_all__empties_a_map_of_any_type_that_can_be),
		cmocka_unit_test(delete_all__of_an_array_is_refused_and_clear_all_is_not),
		cmocka_unit_test(sized_access__refuses_other_sizes),
	};

	return cmocka_run_group_tests_name("map_bulk", tests, NULL, NULL);
}
