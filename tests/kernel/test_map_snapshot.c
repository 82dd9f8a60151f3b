/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* The content of a map at a moment, and in what two of them differ. */
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include <skep/kabi.h>
#include <skep/map.h>
#include <skep/map_bulk.h>
#include <skep/map_snapshot.h>

#include "bpf_fixture.h"

#define MANY 5000u

static struct skep_map *make(uint64_t type, uint64_t key_size, uint64_t max_entries)
{
	const struct skep_map_spec spec = {
		.sz = sizeof(spec),
		.name = "snapshot",
		.type = type,
		.key_size = key_size,
		.value_size = 8,
		.max_entries = max_entries,
		.flags = type == SKEP_MAP_TYPE_LPM_TRIE ? SKEP_MAP_FLAG_NO_PREALLOC : 0,
	};
	struct skep_map *map = NULL;
	struct skep_error err = { 0 };

	assert_done(skep_map_create(&spec, &map, &err), &err);
	return map;
}

static struct skep_map_snapshot *take(struct skep_map *map)
{
	struct skep_map_snapshot *s = NULL;
	struct skep_error err = { 0 };

	assert_done(skep_map_snapshot_new(map, &s, &err), &err);
	return s;
}

static void set(struct skep_map *map, uint32_t key, uint64_t value)
{
	unsigned char k[20] = { 0 };

	memcpy(k, &key, sizeof(key));
	assert_int_equal(skep_map_update(map, k, &value, 0), 0);
}

static void snapshot__has_all_elements_in_the_order_of_keys(void **state)
{
	struct skep_map *map = make(SKEP_MAP_TYPE_HASH, 20, MANY);
	struct skep_map_snapshot *s;
	const void *key, *value, *last = NULL;
	unsigned char wanted[20] = { 0 };
	uint32_t i, number;
	uint64_t v;

	(void)state;
	for (i = 0; i < MANY; i++)
		set(map, i * 2654435761u, i);
	s = take(map);
	assert_int_equal(skep_map_snapshot_count(s), MANY);
	for (i = 0; i < MANY; i++) {
		assert_int_equal(skep_map_snapshot_at(s, i, &key, &value), 0);
		if (last)
			assert_true(memcmp(last, key, 20) < 0);
		last = key;
	}
	assert_int_equal(skep_map_snapshot_at(s, MANY, &key, &value), -ENOENT);
	for (i = 0; i < MANY; i++) {
		number = i * 2654435761u;
		memcpy(wanted, &number, sizeof(number));
		assert_int_equal(skep_map_snapshot_find(s, wanted, &value), 1);
		memcpy(&v, value, sizeof(v));
		assert_int_equal(v, i);
	}
	wanted[19] = 1;
	assert_int_equal(skep_map_snapshot_find(s, wanted, &value), 0);
	skep_map_snapshot_free(s);
	skep_map_close(map);
}

static void snapshot__of_an_array_is_in_the_order_of_indexes(void **state)
{
	struct skep_map *map = make(SKEP_MAP_TYPE_ARRAY, 4, 300);
	struct skep_map_snapshot *s = take(map);
	const void *key, *value;
	uint32_t i, k;

	(void)state;
	assert_int_equal(skep_map_snapshot_count(s), 300);
	for (i = 0; i < 300; i++) {
		assert_int_equal(skep_map_snapshot_at(s, i, &key, &value), 0);
		memcpy(&k, key, sizeof(k));
		assert_int_equal(k, i);
	}
	skep_map_snapshot_free(s);
	skep_map_close(map);
}

struct told {
	struct skep_map_change changes[16];
	size_t count;
	int stop;
};

static int note(const struct skep_map_change *change, void *userdata)
{
	struct told *t = userdata;

	if (t->count < 16)
		t->changes[t->count++] = *change;
	return t->stop;
}

static uint64_t number(const void *value)
{
	uint64_t v = 0;

	assert_non_null(value);
	memcpy(&v, value, sizeof(v));
	return v;
}

static void compare__tells_what_came_went_and_changed(void **state)
{
	struct skep_map *map = make(SKEP_MAP_TYPE_HASH, 4, 16);
	struct skep_map_snapshot *from, *to;
	struct told told = { .count = 0 };
	struct skep_error err = { 0 };
	uint32_t gone = 2;

	(void)state;
	set(map, 1, 10);
	set(map, 2, 20);
	set(map, 3, 30);
	from = take(map);
	assert_int_equal(skep_map_delete(map, &gone), 0);
	set(map, 3, 31);
	set(map, 4, 40);
	to = take(map);
	assert_int_equal(skep_map_snapshot_compare(from, to, note, &told, &err), 0);
	assert_int_equal(told.count, 3);
	assert_int_equal(told.changes[0].kind, SKEP_MAP_CHANGE_REMOVED);
	assert_int_equal(number(told.changes[0].old_value), 20);
	assert_null(told.changes[0].new_value);
	assert_int_equal(told.changes[1].kind, SKEP_MAP_CHANGE_CHANGED);
	assert_int_equal(number(told.changes[1].old_value), 30);
	assert_int_equal(number(told.changes[1].new_value), 31);
	assert_int_equal(told.changes[2].kind, SKEP_MAP_CHANGE_ADDED);
	assert_int_equal(number(told.changes[2].new_value), 40);
	assert_null(told.changes[2].old_value);
	told = (struct told){ .count = 0 };
	assert_int_equal(skep_map_snapshot_compare(to, to, note, &told, &err), 0);
	assert_int_equal(told.count, 0);
	told = (struct told){ .stop = 7 };
	assert_int_equal(skep_map_snapshot_compare(to, from, note, &told, &err), 7);
	assert_int_equal(told.count, 1);
	skep_map_snapshot_free(from);
	skep_map_snapshot_free(to);
	skep_map_close(map);
}

/* Bits behind the prefix tell no keys apart. */
static void prefixes__are_compared_as_the_trie_does(void **state)
{
	static const unsigned char loose[] = { 8, 0, 0, 0, 10, 1, 2, 3 },
				   tight[] = { 8, 0, 0, 0, 10, 0, 0, 0 };
	struct skep_map *map = make(SKEP_MAP_TYPE_LPM_TRIE, 8, 4);
	struct skep_map *other = make(SKEP_MAP_TYPE_LPM_TRIE, 8, 4);
	struct skep_map_snapshot *from, *to;
	struct told told = { .count = 0 };
	const void *key, *value;
	uint64_t one = 1, two = 2;

	(void)state;
	assert_int_equal(skep_map_update(map, loose, &one, 0), 0);
	assert_int_equal(skep_map_update(other, tight, &two, 0), 0);
	from = take(map);
	to = take(other);
	assert_int_equal(skep_map_snapshot_at(from, 0, &key, &value), 0);
	assert_memory_equal(key, tight, sizeof(tight));
	assert_int_equal(skep_map_snapshot_find(to, loose, &value), 1);
	assert_int_equal(number(value), 2);
	assert_int_equal(skep_map_snapshot_compare(from, to, note, &told, NULL), 0);
	assert_int_equal(told.count, 1);
	assert_int_equal(told.changes[0].kind, SKEP_MAP_CHANGE_CHANGED);
	skep_map_snapshot_free(from);
	skep_map_snapshot_free(to);
	skep_map_close(map);
	skep_map_close(other);
}

static void compare__with_nothing_tells_everything(void **state)
{
	struct skep_map *map = make(SKEP_MAP_TYPE_HASH, 4, 16);
	struct skep_map_snapshot *from = take(map), *to;
	struct told told = { .count = 0 };
	struct skep_error err = { 0 };

	(void)state;
	assert_int_equal(skep_map_snapshot_count(from), 0);
	set(map, 1, 10);
	to = take(map);
	assert_int_equal(skep_map_snapshot_compare(from, to, note, &told, &err), 0);
	assert_int_equal(told.count, 1);
	assert_int_equal(told.changes[0].kind, SKEP_MAP_CHANGE_ADDED);
	told = (struct told){ .count = 0 };
	assert_int_equal(skep_map_snapshot_compare(to, from, note, &told, &err), 0);
	assert_int_equal(told.count, 1);
	assert_int_equal(told.changes[0].kind, SKEP_MAP_CHANGE_REMOVED);
	skep_map_snapshot_free(from);
	skep_map_snapshot_free(to);
	skep_map_close(map);
}

static void compare__refuses_maps_of_different_sizes(void **state)
{
	struct skep_map *a = make(SKEP_MAP_TYPE_HASH, 4, 4), *b = make(SKEP_MAP_TYPE_HASH, 8, 4);
	struct skep_map_snapshot *x = take(a), *y = take(b);
	struct skep_error err = { 0 };

	(void)state;
	assert_int_equal(skep_map_snapshot_compare(x, y, note, NULL, &err), -EMEDIUMTYPE);
	assert_told(&err, SKEP_ERR_INVALID, "keys of 4 and 8 bytes");
	skep_map_snapshot_free(x);
	skep_map_snapshot_free(y);
	skep_map_close(a);
	skep_map_close(b);
}

static void snapshot__says_what_cannot_be_walked(void **state)
{
	struct skep_map *map = make(SKEP_MAP_TYPE_QUEUE, 0, 4);
	struct skep_map_snapshot *s = NULL;
	struct skep_error err = { 0 };

	(void)state;
	assert_int_equal(skep_map_snapshot_new(map, &s, &err), -EOPNOTSUPP);
	assert_told(&err, SKEP_ERR_UNSUPPORTED, "queue");
	assert_null(s);
	skep_map_close(map);
}

struct churn {
	struct skep_map *map;
	atomic_int stop;
};

static void *churn(void *userdata)
{
	struct churn *c = userdata;
	uint32_t key = MANY;

	while (!c->stop) {
		uint64_t value = key;
		uint32_t k = MANY + key++ % 500;

		skep_map_update(c->map, &k, &value, 0);
		k = MANY + key % 500;
		skep_map_delete(c->map, &k);
	}
	return NULL;
}

static void snapshot__has_no_key_twice_under_churn(void **state)
{
	struct churn c = { .map = make(SKEP_MAP_TYPE_HASH, 4, 2 * MANY) };
	const void *key, *value, *last;
	pthread_t thread;
	uint32_t i, round;
	uint64_t n, stable;

	(void)state;
	for (i = 0; i < MANY; i++)
		set(c.map, i, i);
	assert_int_equal(pthread_create(&thread, NULL, churn, &c), 0);
	for (round = 0; round < 10; round++) {
		struct skep_map_snapshot *s = take(c.map);

		stable = 0;
		last = NULL;
		for (n = 0; n < skep_map_snapshot_count(s); n++) {
			assert_int_equal(skep_map_snapshot_at(s, n, &key, &value), 0);
			if (last)
				assert_true(memcmp(last, key, 4) < 0);
			last = key;
			memcpy(&i, key, sizeof(i));
			stable += i < MANY;
		}
		assert_int_equal(stable, MANY);
		skep_map_snapshot_free(s);
	}
	c.stop = 1;
	pthread_join(thread, NULL);
	skep_map_close(c.map);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(snapshot__has_all_elements_in_the_order_of_keys),
		cmocka_unit_test(snapshot__of_an_array_is_in_the_order_of_indexes),
		cmocka_unit_test(compare__tells_what_came_went_and_changed),
		cmocka_unit_test(prefixes__are_compared_as_the_trie_does),
		cmocka_unit_test(compare__with_nothing_tells_everything),
		cmocka_unit_test(compare__refuses_maps_of_different_sizes),
		cmocka_unit_test(snapshot__says_what_cannot_be_walked),
		cmocka_unit_test(snapshot__has_no_key_twice_under_churn),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
