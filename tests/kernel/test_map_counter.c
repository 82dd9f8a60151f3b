/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* How many elements a map has and how full it is: three ways to count, and the metrics of them. */
#include <bpf/btf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <skep/kabi.h>
#include <skep/map.h>
#include <skep/map_bulk.h>
#include <skep/map_cache.h>
#include <skep/map_counter.h>
#include <skep/map_metrics.h>
#include <skep/map_pressure.h>
#include <skep/map_resync.h>
#include <skep/map_totals.h>
#include <skep/metrics.h>
#include <skep/sys.h>

#include "bpf_fixture.h"
#include "lab/load.h"

#define MILLION 1000000u

static struct skep_map *hash_of(uint32_t type, uint64_t flags, uint64_t max_entries)
{
	const struct skep_map_spec spec = { .sz = sizeof(spec),
					    .name = "skep_counted",
					    .type = type,
					    .key_size = 4,
					    .value_size = 4,
					    .max_entries = max_entries,
					    .flags = flags };
	struct skep_map *map = NULL;
	struct skep_error err = { 0 };

	assert_done(skep_map_create(&spec, &map, &err), &err);
	return map;
}

/* Puts the keys from @first on into a map. */
static void fill(struct skep_map *map, uint32_t first, uint32_t count)
{
	const size_t bytes = skep_map_value_bytes(map);
	uint32_t *keys = calloc(count, sizeof(*keys)), i;
	void *values = calloc(count, bytes);
	struct skep_error err = { 0 };

	assert_non_null(keys);
	assert_non_null(values);
	for (i = 0; i < count; i++)
		keys[i] = first + i;
	assert_done(skep_map_update_many(map, keys, values, count, 0, NULL, &err), &err);
	free(keys);
	free(values);
}

/* Return: the count; the source has to be the one that was asked for. */
static uint64_t count_by(struct skep_map *map, uint64_t source)
{
	struct skep_map_counter *counter = NULL;
	struct skep_error err = { 0 };
	uint64_t count = UINT64_MAX;

	assert_done(skep_map_counter_open(map, source, &counter, &err), &err);
	assert_int_equal(assert_done(skep_map_counter_read(counter, &count, &err), &err), source);
	skep_map_counter_close(counter);
	return count;
}

static bool kernel_counts(void)
{
	static int known = -1;
	struct btf *btf;

	if (known < 0) {
		btf = btf__load_vmlinux_btf();
		assert_non_null(btf);
		known = btf__find_by_name_kind(btf, "bpf_map_sum_elem_count", BTF_KIND_FUNC) > 0;
		btf__free(btf);
	}
	return known;
}

static void check_counts(struct skep_map *map, uint64_t want)
{
	assert_int_equal(count_by(map, SKEP_MAP_COUNT_WALK), want);
	assert_int_equal(count_by(map, SKEP_MAP_COUNT_SAMPLE), want);
	if (kernel_counts())
		assert_int_equal(count_by(map, SKEP_MAP_COUNT_KERNEL), want);
}

static void counts__agree_while_elements_come_and_go(void **state)
{
	static const struct {
		uint32_t type, flags;
	} kinds[] = {
		{ SKEP_MAP_TYPE_HASH, 0 },
		{ SKEP_MAP_TYPE_HASH, SKEP_MAP_FLAG_NO_PREALLOC },
		{ SKEP_MAP_TYPE_PERCPU_HASH, 0 },
		{ SKEP_MAP_TYPE_LRU_HASH, 0 },
		{ SKEP_MAP_TYPE_LRU_PERCPU_HASH, 0 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		struct skep_map *map = hash_of(kinds[i].type, kinds[i].flags, 4096);
		uint32_t key;

		check_counts(map, 0);
		fill(map, 0, 300);
		fill(map, 0, 300); /* again: no new ones */
		check_counts(map, 300);
		for (key = 0; key < 100; key++)
			assert_int_equal(skep_map_delete(map, &key), 0);
		check_counts(map, 200);
		assert_int_equal(skep_map_delete_all(map, NULL, NULL), 0);
		check_counts(map, 0);
		skep_map_close(map);
	}
}

/* The kernel removes elements by itself: nobody but it knows how many are left. */
static void lru__is_counted_after_evictions(void **state)
{
	struct skep_map *map = hash_of(SKEP_MAP_TYPE_LRU_HASH, 0, 1024);
	uint64_t walked;

	(void)state;
	fill(map, 0, 20000);
	walked = count_by(map, SKEP_MAP_COUNT_WALK);
	assert_in_range(walked, 1, 1024);
	if (kernel_counts())
		assert_int_equal(count_by(map, SKEP_MAP_COUNT_KERNEL), walked);
	skep_map_close(map);
}

static void sample__of_a_million_is_near(void **state)
{
	const uint32_t all = (uint32_t)lab_load(MILLION);
	struct skep_map *map = hash_of(SKEP_MAP_TYPE_HASH, 0, all);
	uint64_t sampled;

	(void)state;
	fill(map, 0, all);
	assert_int_equal(count_by(map, SKEP_MAP_COUNT_WALK), all);
	if (kernel_counts())
		assert_int_equal(count_by(map, SKEP_MAP_COUNT_KERNEL), all);
	sampled = count_by(map, SKEP_MAP_COUNT_SAMPLE);
	/* 16,384 of them: five times the deviation is 4 % */
	assert_in_range(sampled, all * 96ull / 100, all * 104ull / 100);
	skep_map_close(map);
}

static void best__is_the_kernels_count_or_a_walk(void **state)
{
	static const struct {
		uint32_t type, key_size, flags;
		int walks;
	} kinds[] = {
		{ SKEP_MAP_TYPE_HASH, 4, 0, 0 },
		{ SKEP_MAP_TYPE_LPM_TRIE, 8, SKEP_MAP_FLAG_NO_PREALLOC, 1 },
		{ SKEP_MAP_TYPE_ARRAY, 4, 0, 1 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		const struct skep_map_spec spec = { .sz = sizeof(spec),
						    .type = kinds[i].type,
						    .key_size = kinds[i].key_size,
						    .value_size = 4,
						    .max_entries = 8,
						    .flags = kinds[i].flags };
		struct skep_map_counter *counter = NULL;
		struct skep_map *map = NULL;
		struct skep_error err = { 0 };
		uint64_t count = 0;
		int walks = kinds[i].walks || !kernel_counts();

		assert_done(skep_map_create(&spec, &map, &err), &err);
		assert_done(skep_map_counter_open(map, SKEP_MAP_COUNT_BEST, &counter, &err), &err);
		assert_int_equal(skep_map_counter_read(counter, &count, &err),
				 walks ? SKEP_MAP_COUNT_WALK : SKEP_MAP_COUNT_KERNEL);
		assert_int_equal(count, kinds[i].type == SKEP_MAP_TYPE_ARRAY ? 8 : 0);
		skep_map_close(map); /* the counter holds it */
		assert_done(skep_map_counter_read(counter, &count, &err), &err);
		skep_map_counter_close(counter);
	}
}

static void counter__says_what_cannot_be_counted(void **state)
{
	const struct skep_map_spec queue = {
		.sz = sizeof(queue), .type = SKEP_MAP_TYPE_QUEUE, .value_size = 4, .max_entries = 8
	};
	const struct skep_map_spec lpm = { .sz = sizeof(lpm),
					   .type = SKEP_MAP_TYPE_LPM_TRIE,
					   .key_size = 8,
					   .value_size = 4,
					   .max_entries = 8 };
	struct skep_map *map = NULL, *trie = NULL;
	struct skep_map_counter *counter = NULL;
	struct skep_error err = { 0 };
	uint64_t source;

	(void)state;
	assert_done(skep_map_create(&queue, &map, &err), &err);
	for (source = SKEP_MAP_COUNT_BEST; source <= SKEP_MAP_COUNT_SAMPLE; source++) {
		assert_int_equal(skep_map_counter_open(map, source, &counter, &err), -EOPNOTSUPP);
		assert_told(&err, SKEP_ERR_UNSUPPORTED, "type queue");
	}
	assert_int_equal(skep_map_counter_open(map, SKEP_MAP_COUNT_GIVEN, &counter, &err), -EINVAL);
	assert_done(skep_map_create(&lpm, &trie, &err), &err);
	assert_int_equal(skep_map_counter_open(trie, SKEP_MAP_COUNT_KERNEL, &counter, &err),
			 -EOPNOTSUPP);
	assert_int_equal(skep_map_counter_open(trie, SKEP_MAP_COUNT_SAMPLE, &counter, &err),
			 -EOPNOTSUPP);
	assert_null(counter);
	assert_null(skep_map_counter_close(NULL));
	skep_map_close(map);
	skep_map_close(trie);
}

/* Metrics as text. */

struct text {
	char bytes[16384];
	size_t len;
};

static int take(const char *bytes, size_t len, void *userdata)
{
	struct text *t = userdata;

	assert_true(t->len + len < sizeof(t->bytes));
	memcpy(t->bytes + t->len, bytes, len);
	t->len += len;
	t->bytes[t->len] = '\0';
	return 0;
}

static const char *print(struct skep_metrics *m)
{
	static struct text t;
	struct skep_error err = { 0 };

	t.len = 0;
	t.bytes[0] = '\0';
	assert_done(skep_metrics_print(m, SKEP_METRICS_PROMETHEUS, take, &t, &err), &err);
	return t.bytes;
}

static void check_told(struct skep_metrics *m, const char *line)
{
	const char *text = print(m);

	if (!strstr(text, line))
		fail_msg("'%s' is not in:\n%s", line, text);
}

static void check_untold(struct skep_metrics *m, const char *words)
{
	const char *text = print(m);

	if (strstr(text, words))
		fail_msg("'%s' is in:\n%s", words, text);
}

static struct skep_map_pressure *watch(struct skep_map *map,
				       const struct skep_map_pressure_opts *opts)
{
	struct skep_map_pressure *p = NULL;
	struct skep_error err = { 0 };

	assert_done(skep_map_pressure_open(map, opts, &p, &err), &err);
	return p;
}

static void remove_keys(struct skep_map *map, uint32_t first, uint32_t count)
{
	uint32_t key;

	for (key = first; key < first + count; key++)
		assert_int_equal(skep_map_delete(map, &key), 0);
}

/* It follows deletes as well as updates, of LRU maps too, and needs nobody to tell it. */
static void pressure__is_told_while_above_the_threshold(void **state)
{
	static const uint32_t types[] = { SKEP_MAP_TYPE_HASH, SKEP_MAP_TYPE_LRU_HASH };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		struct skep_map *map = hash_of(types[i], 0, 1000);
		struct skep_metrics *m = NULL;
		struct skep_map_pressure_opts opts = { .sz = sizeof(opts),
						       .threshold = 0.1,
						       .prefix = "skep_" };
		struct skep_map_pressure_value value;
		struct skep_map_pressure *p;
		struct skep_error err = { 0 };

		assert_done(skep_metrics_new("cilium", &m, &err), &err);
		opts.metrics = m;
		p = watch(map, &opts);
		assert_int_equal(skep_map_pressure_get(p, &value), 0);
		check_untold(m, "pressure");
		fill(map, 0, 100); /* at the threshold: not above */
		check_untold(m, "pressure");
		assert_int_equal(skep_map_pressure_get(p, &value), 1);
		assert_int_equal(value.count, 100);
		assert_int_equal(value.max_entries, 1000);
		assert_true(value.pressure == 0.1);
		fill(map, 100, 150);
		check_told(m, "cilium_bpf_map_pressure{map_name=\"counted\"} 0.25\n");
		remove_keys(map, 0, 50);
		check_told(m, "cilium_bpf_map_pressure{map_name=\"counted\"} 0.2\n");
		remove_keys(map, 50, 150);
		check_untold(m, "pressure{");
		skep_map_pressure_close(p);
		check_untold(m, "bpf");
		skep_metrics_free(m);
		skep_map_close(map);
	}
}

static void pressure__default_threshold_is_that_of_an_empty_map(void **state)
{
	struct skep_map *map = hash_of(SKEP_MAP_TYPE_HASH, 0, 4);
	struct skep_map_pressure_opts opts = { .sz = sizeof(opts) };
	struct skep_map_pressure *p, *always;
	struct skep_error err = { 0 };

	(void)state;
	assert_done(skep_metrics_new(NULL, &opts.metrics, &err), &err);
	p = watch(map, &opts);
	check_untold(opts.metrics, "pressure");
	fill(map, 0, 1);
	check_told(opts.metrics, "skep_bpf_map_pressure{map_name=\"skep_counted\"} 0.25\n");
	remove_keys(map, 0, 1);
	check_untold(opts.metrics, "pressure");
	opts.threshold = -1;
	opts.name = "always";
	always = watch(map, &opts);
	check_told(opts.metrics, "skep_bpf_map_pressure{map_name=\"always\"} 0\n");
	skep_map_pressure_close(p);
	skep_map_pressure_close(always);
	skep_metrics_free(opts.metrics);
	skep_map_close(map);
}

/* A cache counts what did not fit, too: required by configured size, which may be above 1. */
static void pressure__may_be_given_and_be_above_one(void **state)
{
	struct skep_map *map = hash_of(SKEP_MAP_TYPE_HASH, 0, 4);
	struct skep_map_pressure_opts opts = { .sz = sizeof(opts), .source = SKEP_MAP_COUNT_GIVEN };
	struct skep_map_pressure_value value;
	struct skep_map_pressure *p;
	struct skep_error err = { 0 };

	(void)state;
	assert_done(skep_metrics_new(NULL, &opts.metrics, &err), &err);
	p = watch(map, &opts);
	assert_int_equal(skep_map_pressure_refresh(p, &err), -EOPNOTSUPP);
	check_untold(opts.metrics, "bpf");
	skep_map_pressure_give(p, 6, 2);
	check_told(opts.metrics, "skep_bpf_map_pressure{map_name=\"skep_counted\"} 1.5\n");
	check_told(opts.metrics, "skep_bpf_map_pending{map_name=\"skep_counted\"} 2\n");
	assert_int_equal(skep_map_pressure_get(p, &value), 1);
	assert_int_equal(value.source, SKEP_MAP_COUNT_GIVEN);
	assert_int_equal(value.pending, 2);
	skep_map_pressure_close(p);
	skep_metrics_free(opts.metrics);
	skep_map_close(map);
}

/* What a cache wants in the map, and what it has counted: no call of ours is in its way. */
static void cache__is_told_with_what_it_wants_and_counts(void **state)
{
	struct skep_map *map = hash_of(SKEP_MAP_TYPE_HASH, SKEP_MAP_FLAG_NO_PREALLOC, 2);
	struct skep_map_pressure_opts opts = { .sz = sizeof(opts), .source = SKEP_MAP_COUNT_CACHE };
	struct skep_map_metrics_opts counts = { .sz = sizeof(counts), .prefix = "skep_" };
	struct skep_map *other = hash_of(SKEP_MAP_TYPE_HASH, 0, 2);
	struct skep_map_metrics *metrics = NULL;
	struct skep_map_pressure_value value;
	struct skep_map_cache *cache = NULL;
	struct skep_map_pressure *p = NULL;
	struct skep_error err = { 0 };
	uint32_t key;

	(void)state;
	assert_int_equal(skep_map_pressure_open(map, &opts, &p, &err), -EINVAL);
	assert_done(skep_map_cache_open(map, NULL, &cache, &err), &err);
	opts.cache = cache;
	counts.cache = cache;
	assert_int_equal(skep_map_pressure_open(other, &opts, &p, &err), -EINVAL);
	assert_done(skep_metrics_new(NULL, &opts.metrics, &err), &err);
	p = watch(map, &opts);
	assert_done(skep_map_metrics_new(opts.metrics, "skep_policy_7", &counts, &metrics, &err),
		    &err);
	for (key = 0; key < 3; key++)
		SKEP_MAP_CACHE_UPDATE(cache, &key, &key); /* the third does not fit */
	check_told(opts.metrics, "skep_bpf_map_pressure{map_name=\"skep_counted\"} 1.5\n");
	check_told(opts.metrics, "skep_bpf_map_pending{map_name=\"skep_counted\"} 1\n");
	check_told(opts.metrics, "skep_bpf_map_ops_total{map_name=\"policy\",operation=\"update\","
				 "outcome=\"success\"} 2\n");
	check_told(opts.metrics, "skep_bpf_map_ops_total{map_name=\"policy\",operation=\"update\","
				 "outcome=\"fail\"} 1\n");
	assert_true(skep_map_cache_resync(cache, 0, NULL) < 0);
	check_told(opts.metrics, "skep_bpf_map_sync_errors_total{map_name=\"policy\"} 1\n");
	key = 0;
	assert_int_equal(SKEP_MAP_CACHE_DELETE(cache, &key), 0);
	assert_int_equal(skep_map_cache_resync(cache, 0, NULL), 0);
	check_told(opts.metrics, "skep_bpf_map_pressure{map_name=\"skep_counted\"} 1\n");
	check_told(opts.metrics, "skep_bpf_map_pending{map_name=\"skep_counted\"} 0\n");
	check_told(opts.metrics, "skep_bpf_map_ops_total{map_name=\"policy\",operation=\"delete\","
				 "outcome=\"success\"} 1\n");
	assert_int_equal(skep_map_pressure_get(p, &value), 1);
	assert_int_equal(value.source, SKEP_MAP_COUNT_CACHE);
	skep_map_cache_close(cache); /* both hold it */
	check_told(opts.metrics, "skep_bpf_map_pressure{map_name=\"skep_counted\"} 1\n");
	skep_map_metrics_free(metrics);
	skep_map_pressure_close(p);
	check_untold(opts.metrics, "bpf");
	skep_metrics_free(opts.metrics);
	skep_map_close(map);
	skep_map_close(other);
}

static void pressure__of_two_maps_of_one_name_is_the_fullest(void **state)
{
	struct skep_map *a = hash_of(SKEP_MAP_TYPE_HASH, 0, 4);
	struct skep_map *b = hash_of(SKEP_MAP_TYPE_HASH, 0, 4);
	struct skep_map_pressure_opts opts = { .sz = sizeof(opts) };
	struct skep_map_pressure *pa, *pb;
	struct skep_error err = { 0 };

	(void)state;
	assert_done(skep_metrics_new(NULL, &opts.metrics, &err), &err);
	pa = watch(a, &opts);
	pb = watch(b, &opts);
	fill(a, 0, 1);
	fill(b, 0, 3);
	check_told(opts.metrics, "gauge\nskep_bpf_map_pressure{map_name=\"skep_counted\"} 0.75\n#");
	skep_map_pressure_close(pb);
	check_told(opts.metrics, "gauge\nskep_bpf_map_pressure{map_name=\"skep_counted\"} 0.25\n");
	skep_map_pressure_close(pa);
	skep_metrics_free(opts.metrics);
	skep_map_close(a);
	skep_map_close(b);
}

static void pressure__young_counts_are_not_repeated(void **state)
{
	struct skep_map *map = hash_of(SKEP_MAP_TYPE_HASH, 0, 4);
	struct skep_map_pressure_opts opts = { .sz = sizeof(opts), .interval_ns = UINT64_MAX };
	struct skep_map_pressure *p;
	struct skep_error err = { 0 };

	(void)state;
	assert_done(skep_metrics_new(NULL, &opts.metrics, &err), &err);
	p = watch(map, &opts);
	fill(map, 0, 1);
	check_told(opts.metrics, "} 0.25\n");
	fill(map, 1, 1);
	check_told(opts.metrics, "} 0.25\n");
	assert_done(skep_map_pressure_refresh(p, &err), &err);
	check_told(opts.metrics, "} 0.5\n");
	skep_map_pressure_close(p);
	skep_metrics_free(opts.metrics);
	skep_map_close(map);
}

static void capacity__is_told_by_group_unless_it_is_the_usual_one(void **state)
{
	static const struct {
		const char *group;
		uint32_t max_entries;
	} maps[] = { { "small", 16 }, { "usual", 65536 }, { "small", 32 }, { NULL, 64 } };
	struct skep_map_pressure_opts opts = { .sz = sizeof(opts) };
	struct skep_map_pressure *p[4];
	struct skep_map *map[4];
	struct skep_error err = { 0 };
	size_t i;

	(void)state;
	assert_done(skep_metrics_new("cilium", &opts.metrics, &err), &err);
	for (i = 0; i < 4; i++) {
		map[i] =
			hash_of(SKEP_MAP_TYPE_HASH, SKEP_MAP_FLAG_NO_PREALLOC, maps[i].max_entries);
		opts.group = maps[i].group;
		p[i] = watch(map[i], &opts);
	}
	check_told(opts.metrics, "gauge\ncilium_bpf_map_capacity{map_group=\"default\"} 65536\n"
				 "cilium_bpf_map_capacity{map_group=\"small\"} 32\n#");
	for (i = 0; i < 4; i++) {
		skep_map_pressure_close(p[i]);
		skep_map_close(map[i]);
	}
	skep_metrics_free(opts.metrics);
}

static void pressure__of_an_array_is_refused(void **state)
{
	struct skep_map *map = hash_of(SKEP_MAP_TYPE_ARRAY, 0, 4);
	struct skep_map_pressure_opts opts = { .sz = sizeof(opts), .threshold = 0.0 };
	struct skep_map_pressure *p = NULL;
	struct skep_error err = { 0 };

	(void)state;
	assert_int_equal(skep_map_pressure_open(map, NULL, &p, &err), -EOPNOTSUPP);
	assert_told(&err, SKEP_ERR_UNSUPPORTED, "array is always full");
	opts.threshold = opts.threshold / opts.threshold;
	assert_int_equal(skep_map_pressure_open(map, &opts, &p, &err), -EINVAL);
	assert_null(p);
	skep_map_close(map);
}

/* The type that storage of sockets wants its maps to tell: int. */
static int load_int(void)
{
	static const struct {
		uint16_t magic;
		uint8_t version, flags;
		uint32_t header_bytes, types_at, types_bytes, strings_at, strings_bytes;
		uint32_t name, kind, size, encoding;
		char strings[8];
	} btf = { 0xeb9f, 1, 0, 24, 0, 16, 16, 8, 1, 1u << 24, 4, 1u << 24 | 32, "\0int" };
	struct skep_attr_btf_load attr = { .btf = SKEP_ATTR_POINTER(&btf),
					   .btf_size = sizeof(btf) };
	struct skep_error err = { 0 };

	return assert_done(skep_sys_btf_load(&attr, sizeof(attr), &err), &err);
}

/* Storage of sockets has no max_entries: there is a count, but no quotient. */
static void pressure__without_max_entries_is_not_told(void **state)
{
	struct skep_map_pressure_opts opts = { .sz = sizeof(opts),
					       .source = SKEP_MAP_COUNT_GIVEN,
					       .threshold = -1,
					       .group = "storage" };
	int btf = load_int();
	const struct skep_map_spec spec = { .sz = sizeof(spec),
					    .name = "storage",
					    .type = SKEP_MAP_TYPE_SK_STORAGE,
					    .value_size = 4,
					    .flags = SKEP_MAP_FLAG_NO_PREALLOC,
					    .btf_fd = (uint64_t)btf,
					    .btf_key_type_id = 1,
					    .btf_value_type_id = 1 };
	struct skep_map_pressure_value value;
	struct skep_map_pressure *p;
	struct skep_map *map = NULL;
	struct skep_error err = { 0 };

	(void)state;
	assert_done(skep_map_create(&spec, &map, &err), &err);
	assert_int_equal(skep_map_max_entries(map), 0);
	assert_done(skep_metrics_new(NULL, &opts.metrics, &err), &err);
	p = watch(map, &opts);
	skep_map_pressure_give(p, 5, 0);
	assert_int_equal(skep_map_pressure_get(p, &value), 1);
	assert_int_equal(value.count, 5);
	assert_true(value.pressure == 0);
	check_untold(opts.metrics, "pressure");
	check_untold(opts.metrics, "map_group=\"storage\"");
	skep_map_pressure_close(p);
	skep_metrics_free(opts.metrics);
	skep_map_close(map);
	close(btf);
}

static int prog_with_map(const char *name, int map_fd)
{
	const struct insn insns[] = {
		{ 0x18, 1 | 1 << 4, 0, map_fd }, { 0, 0, 0, 0 }, INSN_MOV_IMM(0, 0), INSN_EXIT
	};
	struct skep_attr_prog_load attr = { .prog_type = SKEP_PROG_TYPE_SOCKET_FILTER,
					    .insns = SKEP_ATTR_POINTER(insns),
					    .insn_cnt = 4,
					    .license = SKEP_ATTR_POINTER("GPL") };
	struct skep_error err = { 0 };

	snprintf(attr.prog_name, sizeof(attr.prog_name), "%s", name);
	return assert_done(skep_sys_prog_load(&attr, sizeof(attr), &err), &err);
}

static void totals__count_programs_by_name_and_their_maps_once(void **state)
{
	static const char *const patterns[] = { "skep_ttl_*", "skep_exact" };
	static const char *const bad[] = { "/(/" };
	struct skep_map *shared = hash_of(SKEP_MAP_TYPE_HASH, 0, 1000);
	struct skep_map *single = hash_of(SKEP_MAP_TYPE_HASH, 0, 10);
	int progs[] = { prog_with_map("skep_ttl_a", skep_map_fd(shared)),
			prog_with_map("skep_ttl_b", skep_map_fd(shared)),
			prog_with_map("skep_exact", skep_map_fd(single)),
			prog_with_map("skep_exactly", skep_map_fd(single)) };
	struct skep_map_totals_value value = { 0 }, all = { 0 };
	struct skep_map_totals *totals = NULL;
	struct skep_metrics *m = NULL;
	struct skep_error err = { 0 };
	size_t i;

	(void)state;
	assert_done(skep_map_totals_read(patterns, 2, &value, &err), &err);
	assert_int_equal(value.progs, 3);
	assert_int_equal(value.maps, 2);
	assert_in_range(value.map_bytes, 1010 * 8, 100 * 1024 * 1024);
	assert_in_range(value.prog_bytes, 3 * 32, 1024 * 1024);
	assert_done(skep_map_totals_read(NULL, 0, &all, &err), &err);
	assert_in_range(all.progs, 4, UINT32_MAX);
	assert_done(skep_metrics_new("cilium", &m, &err), &err);
	assert_int_equal(skep_map_totals_new(m, bad, 1, &totals, &err), -EINVAL);
	assert_done(skep_map_totals_new(m, patterns, 2, &totals, &err), &err);
	check_told(m, "\ncilium_bpf_progs 3\n");
	check_told(m, "\ncilium_bpf_maps 2\n");
	check_told(m, "\ncilium_bpf_maps_virtual_memory_max_bytes ");
	check_told(m, "\ncilium_bpf_progs_virtual_memory_max_bytes ");
	close(progs[0]);
	close(progs[1]);
	progs[0] = progs[1] = -1;
	for (i = 0; i < 100 && strstr(print(m), "cilium_bpf_progs 3"); i++)
		usleep(10000); /* the kernel frees programs a little later */
	check_told(m, "\ncilium_bpf_progs 1\n");
	check_told(m, "\ncilium_bpf_maps 1\n");
	skep_map_totals_free(totals);
	check_untold(m, "bpf");
	skep_metrics_free(m);
	close(progs[2]);
	close(progs[3]);
	skep_map_close(shared);
	skep_map_close(single);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counts__agree_while_elements_come_and_go),
		cmocka_unit_test(lru__is_counted_after_evictions),
		cmocka_unit_test(sample__of_a_million_is_near),
		cmocka_unit_test(best__is_the_kernels_count_or_a_walk),
		cmocka_unit_test(counter__says_what_cannot_be_counted),
		cmocka_unit_test(pressure__is_told_while_above_the_threshold),
		cmocka_unit_test(pressure__default_threshold_is_that_of_an_empty_map),
		cmocka_unit_test(pressure__may_be_given_and_be_above_one),
		cmocka_unit_test(cache__is_told_with_what_it_wants_and_counts),
		cmocka_unit_test(pressure__of_two_maps_of_one_name_is_the_fullest),
		cmocka_unit_test(pressure__young_counts_are_not_repeated),
		cmocka_unit_test(capacity__is_told_by_group_unless_it_is_the_usual_one),
		cmocka_unit_test(pressure__of_an_array_is_refused),
		cmocka_unit_test(pressure__without_max_entries_is_not_told),
		cmocka_unit_test(totals__count_programs_by_name_and_their_maps_once),
	};

	return cmocka_run_group_tests_name("map_counter", tests, NULL, NULL);
}
