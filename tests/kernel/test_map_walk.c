/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* Walks over all elements, by batches and key by key, while others write. */
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <skep/kabi.h>
#include <skep/map.h>
#include <skep/map_dump.h>
#include <skep/sys.h>

#include "bpf_fixture.h"
#include "lab/load.h"

#define COUNT 256u
#define CHURNED 4u /* keys below this come and go */

struct visits {
	uint8_t seen[COUNT];
	unsigned total;
	unsigned stop_at;
	struct skep_map *delete_from;
	bool churned;
};

static struct skep_map *make(uint64_t type, uint64_t key_size, uint64_t max_entries)
{
	const struct skep_map_spec spec = {
		.sz = sizeof(spec),
		.name = "walked",
		.type = type,
		.key_size = key_size,
		.value_size = type == SKEP_MAP_TYPE_PROG_ARRAY ? 4 : 8,
		.max_entries = max_entries,
	};
	struct skep_map *map = NULL;
	struct skep_error err = { 0 };

	assert_done(skep_map_create(&spec, &map, &err), &err);
	return map;
}

/* A key is its number in the last bytes; of an LPM trie it follows the bits of the prefix. */
static void set_key(const struct skep_map *map, uint32_t number, void *key)
{
	uint32_t words[2] = { 32, __builtin_bswap32(number) };

	memset(key, 0, 8);
	if (skep_map_type(map) == SKEP_MAP_TYPE_LPM_TRIE)
		memcpy(key, words, sizeof(words));
	else
		memcpy(key, &number, sizeof(number));
}

static uint32_t get_key(const struct skep_map *map, const void *key)
{
	uint32_t words[2];

	memcpy(words, key, skep_map_key_size(map));
	return skep_map_type(map) == SKEP_MAP_TYPE_LPM_TRIE ? __builtin_bswap32(words[1])
							    : words[0];
}

static int put(const struct skep_map *map, uint32_t number)
{
	uint64_t key, values[64];
	size_t i;

	set_key(map, number, &key);
	for (i = 0; i < 64; i++)
		values[i] = number * 10ull;
	assert_true(skep_map_value_bytes(map) <= sizeof(values));
	return skep_map_update(map, &key, values, 0);
}

static void fill(const struct skep_map *map)
{
	uint32_t i;

	for (i = 0; i < COUNT; i++)
		assert_int_equal(put(map, i), 0);
}

static struct skep_map *walked; /* for the callbacks */

static int count_visit(const void *key, const void *value, void *userdata)
{
	struct visits *v = userdata;
	uint32_t number = get_key(walked, key);
	uint64_t got;

	memcpy(&got, value, sizeof(got));
	assert_true(number < COUNT);
	if (number >= CHURNED || !v->churned) /* else the kernel may have used its memory again */
		assert_int_equal(got, number * 10ull);
	v->seen[number]++;
	v->total++;
	if (v->delete_from)
		assert_int_equal(skep_map_delete(v->delete_from, key), 0);
	return v->stop_at && v->total == v->stop_at ? 77 : 0;
}

static int dump(struct skep_map *map, uint64_t flags, struct visits *v,
		struct skep_map_dump_stats *stats, struct skep_error *err)
{
	const struct skep_map_dump_opts opts = { .sz = sizeof(opts), .flags = flags };

	walked = map;
	return skep_map_dump(map, &opts, count_visit, v, stats, err);
}

static void assert_each(const struct visits *v, uint32_t from, unsigned least, unsigned most)
{
	uint32_t i;

	for (i = from; i < COUNT; i++)
		if (v->seen[i] < least || v->seen[i] > most)
			fail_msg("key %u was visited %u times", i, v->seen[i]);
}

static const struct {
	uint64_t type, key_size, flags;
} cases[] = {
	{ SKEP_MAP_TYPE_HASH, 4, 0 },
	{ SKEP_MAP_TYPE_HASH, 4, SKEP_MAP_DUMP_KEY_BY_KEY },
	{ SKEP_MAP_TYPE_LRU_HASH, 4, 0 },
	{ SKEP_MAP_TYPE_PERCPU_HASH, 4, 0 },
	{ SKEP_MAP_TYPE_PERCPU_HASH, 4, SKEP_MAP_DUMP_KEY_BY_KEY | SKEP_MAP_DUMP_ONCE },
	{ SKEP_MAP_TYPE_ARRAY, 4, 0 },
	{ SKEP_MAP_TYPE_ARRAY, 4, SKEP_MAP_DUMP_KEY_BY_KEY },
	{ SKEP_MAP_TYPE_PERCPU_ARRAY, 4, 0 },
	{ SKEP_MAP_TYPE_LPM_TRIE, 8, 0 },
};

static void dump__visits_each_element_once(void **state)
{
	struct skep_map_dump_stats stats;
	struct skep_error err;
	uint64_t count;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct skep_map *map = make(cases[i].type, cases[i].key_size, COUNT);
		struct visits v = { 0 };

		fill(map);
		assert_done(dump(map, cases[i].flags, &v, &stats, &err), &err);
		assert_each(&v, 0, 1, 1);
		assert_int_equal(stats.visited, COUNT);
		assert_int_equal(stats.completed, 1);
		assert_true(stats.finished_ns >= stats.started_ns);
		assert_done(skep_map_count(map, &count, &err), &err);
		assert_int_equal(count, COUNT);
		skep_map_close(map);
	}
}

static void dump__of_an_empty_map_visits_nothing(void **state)
{
	struct skep_map_dump_stats stats;
	struct skep_error err;
	struct visits v = { 0 };
	size_t i;

	(void)state;
	for (i = 0; i < 3; i++) {
		struct skep_map *map = make(cases[i].type, cases[i].key_size, COUNT);

		assert_done(dump(map, cases[i].flags, &v, &stats, &err), &err);
		assert_int_equal(v.total, 0);
		assert_int_equal(stats.completed, 1);
		skep_map_close(map);
	}
}

static void dump__lets_the_callback_remove_what_it_sees(void **state)
{
	struct skep_error err;
	uint64_t count = 1;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct skep_map *map;
		struct visits v = { 0 };

		if (cases[i].type == SKEP_MAP_TYPE_ARRAY ||
		    cases[i].type == SKEP_MAP_TYPE_PERCPU_ARRAY)
			continue;
		map = make(cases[i].type, cases[i].key_size, COUNT);
		fill(map);
		v.delete_from = map;
		assert_done(dump(map, cases[i].flags, &v, NULL, &err), &err);
		assert_each(&v, 0, 1, 1);
		assert_done(skep_map_count(map, &count, &err), &err);
		assert_int_equal(count, 0);
		skep_map_close(map);
	}
}

static void dump__ends_when_the_callback_says_so(void **state)
{
	struct skep_map *map = make(SKEP_MAP_TYPE_HASH, 4, COUNT);
	struct visits v = { .stop_at = 3 };
	struct skep_map_dump_stats stats;
	struct skep_error err = { 0 };

	(void)state;
	fill(map);
	assert_int_equal(dump(map, 0, &v, &stats, &err), 77);
	assert_int_equal(v.total, 3);
	assert_int_equal(stats.completed, 0);
	skep_map_close(map);
}

struct churn {
	struct skep_map *map;
	atomic_int stop;
	atomic_uint turns;
};

static void *churn(void *userdata)
{
	struct churn *c = userdata;
	uint64_t key;
	uint32_t i;

	while (!c->stop) {
		for (i = 0; i < CHURNED; i++)
			put(c->map, i);
		for (i = 0; i < CHURNED; i++) {
			set_key(c->map, i, &key);
			skep_map_delete(c->map, &key);
		}
		c->turns++;
	}
	return NULL;
}

/* Elements that stay and were not visited. One visited more often than @most fails the test. */
static unsigned count_missed(const struct visits *v, unsigned most)
{
	unsigned missed = 0;
	uint32_t i;

	for (i = CHURNED; i < COUNT; i++) {
		if (v->seen[i] > most)
			fail_msg("key %u was visited %u times", i, v->seen[i]);
		missed += !v->seen[i];
	}
	return missed;
}

/* Of a thousand elements that stay, how many walks may miss, and how often they may visit each. */
static void dump_under_churn(uint64_t type, uint64_t key_size, uint64_t flags, unsigned per_mille,
			     unsigned most)
{
	struct churn c = { .map = make(type, key_size, COUNT) };
	unsigned completed = 0, missed = 0, i;
	struct skep_error err;
	pthread_t thread;

	fill(c.map);
	assert_int_equal(pthread_create(&thread, NULL, churn, &c), 0);
	for (i = 0; i < lab_load(200) || c.turns < 3; i++) {
		struct visits v = { .churned = true };
		int r = dump(c.map, flags, &v, NULL, &err);

		if (r == -ELOOP)
			continue;
		assert_done(r, &err);
		missed += count_missed(&v, most);
		completed++;
	}
	c.stop = 1;
	pthread_join(thread, NULL);
	if (missed)
		print_message("# %u walks missed %u elements\n", completed, missed);
	assert_true(completed > 0 || per_mille);
	assert_true(missed * 1000ull <= (uint64_t)completed * (COUNT - CHURNED) * per_mille);
	skep_map_close(c.map);
}

static void dump__by_batches_sees_what_stays_once_under_churn(void **state)
{
	(void)state;
	dump_under_churn(SKEP_MAP_TYPE_HASH, 4, 0, 0, 1);
	dump_under_churn(SKEP_MAP_TYPE_PERCPU_HASH, 4, 0, 0, 1);
}

static void dump__key_by_key_misses_little_under_churn(void **state)
{
	(void)state;
	dump_under_churn(SKEP_MAP_TYPE_HASH, 4, SKEP_MAP_DUMP_KEY_BY_KEY, 50, 200);
	dump_under_churn(SKEP_MAP_TYPE_LPM_TRIE, 8, 0, 100, 200);
}

static void dump__once_is_never_twice_under_churn(void **state)
{
	(void)state;
	dump_under_churn(SKEP_MAP_TYPE_HASH, 4, SKEP_MAP_DUMP_KEY_BY_KEY | SKEP_MAP_DUMP_ONCE, 50,
			 1);
	dump_under_churn(SKEP_MAP_TYPE_LPM_TRIE, 8, SKEP_MAP_DUMP_ONCE, 100, 1);
}

static void dump__gives_up_after_as_many_lookups_as_are_allowed(void **state)
{
	const struct skep_map_dump_opts opts = { .sz = sizeof(opts),
						 .flags = SKEP_MAP_DUMP_KEY_BY_KEY,
						 .max_lookups = 10 };
	struct skep_map *map = make(SKEP_MAP_TYPE_HASH, 4, COUNT);
	struct skep_map_dump_stats stats;
	struct skep_error err = { 0 };
	struct visits v = { 0 };

	(void)state;
	fill(map);
	walked = map;
	assert_int_equal(skep_map_dump(map, &opts, count_visit, &v, &stats, &err), -ELOOP);
	assert_told(&err, SKEP_ERR_PARTIAL, "not all were visited");
	assert_int_equal(v.total, 10);
	assert_int_equal(stats.completed, 0);
	skep_map_close(map);
}

static void dump__tells_only_the_places_that_are_filled(void **state)
{
	struct skep_map *map = make(SKEP_MAP_TYPE_PROG_ARRAY, 4, 8);
	int prog = fixture_prog_pass(SKEP_PROG_TYPE_SCHED_CLS, 0);
	uint64_t count = 0;
	uint32_t key = 5;
	struct skep_error err = { 0 };

	(void)state;
	assert_int_equal(skep_map_update(map, &key, &prog, 0), 0);
	assert_done(skep_map_count(map, &count, &err), &err);
	assert_int_equal(count, 1);
	close(prog);
	skep_map_close(map);
}

static void dump__says_what_cannot_be_walked(void **state)
{
	static const uint64_t types[] = { SKEP_MAP_TYPE_QUEUE, SKEP_MAP_TYPE_PERF_EVENT_ARRAY };
	struct skep_error err;
	struct skep_map *map;
	uint64_t count;
	size_t i;

	(void)state;
	for (i = 0; i < 2; i++) {
		const struct skep_map_spec spec = { .sz = sizeof(spec),
						    .type = types[i],
						    .value_size = i ? 0 : 8,
						    .max_entries = 4 };

		memset(&err, 0, sizeof(err));
		assert_done(skep_map_create(&spec, &map, &err), &err);
		assert_int_equal(skep_map_count(map, &count, &err), -EOPNOTSUPP);
		assert_told(&err, SKEP_ERR_UNSUPPORTED, "walk map ''");
		skep_map_close(map);
	}
}

static int ignore(const void *key, const void *value, void *userdata)
{
	(void)key;
	(void)value;
	(void)userdata;
	return 0;
}

/* Four look-ups for each element that there is room for are more than 32 bits hold. */
static void dump__of_a_map_with_room_for_a_billion_has_a_limit(void **state)
{
	const struct skep_map_spec spec = { .sz = sizeof(spec),
					    .type = SKEP_MAP_TYPE_LPM_TRIE,
					    .key_size = 8,
					    .value_size = 4,
					    .max_entries = 1u << 30 };
	const struct skep_map_dump_opts opts = { .sz = sizeof(opts),
						 .flags = SKEP_MAP_DUMP_KEY_BY_KEY };
	struct skep_map_dump_stats stats = { 0 };
	struct skep_map *map = NULL;
	struct skep_error err = { 0 };
	uint32_t key[2] = { 32, 1 }, value = 1;
	int r = skep_map_create(&spec, &map, &err);

	(void)state;
	if (r == -E2BIG) {
		print_message(
			"no map of this size: before 5.11 its memory is counted beforehand\n");
		skip();
	}
	assert_done(r, &err);
	for (; key[1] <= 8; key[1]++)
		assert_int_equal(skep_map_update(map, key, &value, 0), 0);
	assert_done(skep_map_dump(map, &opts, ignore, NULL, &stats, &err), &err);
	assert_int_equal(stats.visited, 8);
	assert_int_equal(stats.completed, 1);
	skep_map_close(map);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(dump__visits_each_element_once),
		cmocka_unit_test(dump__of_an_empty_map_visits_nothing),
		cmocka_unit_test(dump__lets_the_callback_remove_what_it_sees),
		cmocka_unit_test(dump__ends_when_the_callback_says_so),
		cmocka_unit_test(dump__by_batches_sees_what_stays_once_under_churn),
		cmocka_unit_test(dump__key_by_key_misses_little_under_churn),
		cmocka_unit_test(dump__once_is_never_twice_under_churn),
		cmocka_unit_test(dump__gives_up_after_as_many_lookups_as_are_allowed),
		cmocka_unit_test(dump__tells_only_the_places_that_are_filled),
		cmocka_unit_test(dump__of_a_map_with_room_for_a_billion_has_a_limit),
		cmocka_unit_test(dump__says_what_cannot_be_walked),
	};

	return cmocka_run_group_tests_name("map_walk", tests, NULL, NULL);
}
