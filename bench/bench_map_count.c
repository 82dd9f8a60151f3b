/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * What it takes to know how full a map is: the kernel's own count, a sample and a walk against bare batches, and what
 * counting an operation as a metric adds to it.
 */
#include <errno.h>
#include <linux/bpf.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <skep/error.h>
#include <skep/kabi.h>
#include <skep/map.h>
#include <skep/map_bulk.h>
#include <skep/map_counter.h>
#include <skep/map_metrics.h>
#include <skep/metrics.h>

#include "harness.h"

#define ELEMENTS 1000000u
#define SMOKE_ELEMENTS 100000u /* more than make a sample */
#define CHUNK 4096u
#define UPDATES 100000u
#define SMOKE_UPDATES 1000u

struct subject {
	struct skep_map *map;
	struct skep_map_counter *counter; /* of the candidate */
	uint32_t elements, updates;
	uint32_t *keys; /* of a chunk */
	uint64_t *values;
	struct skep_map_metrics *metrics;
};

/* @percent: how far from the truth it may be. */
static int counted(const struct subject *s, uint64_t count, uint32_t percent, uint64_t began,
		   double *ret_value)
{
	const uint64_t off = count > s->elements ? count - s->elements : s->elements - count;

	*ret_value = (double)(bench_cpu_ns() - began) / 1000;
	if (off * 100 <= (uint64_t)s->elements * percent)
		return 0;
	fprintf(stderr, "counted %llu of %u elements\n", (unsigned long long)count, s->elements);
	return -EIO;
}

static int bare_batches(void *userdata, double *ret_value)
{
	struct subject *s = userdata;
	uint64_t began = bench_cpu_ns(), count = 0;
	uint32_t cursor = 0;
	union bpf_attr attr;
	int more = 0;
	long r;

	do {
		memset(&attr, 0, sizeof(attr));
		attr.batch.map_fd = (uint32_t)skep_map_fd(s->map);
		attr.batch.in_batch = more ? (uintptr_t)&cursor : 0;
		attr.batch.out_batch = (uintptr_t)&cursor;
		attr.batch.keys = (uintptr_t)s->keys;
		attr.batch.values = (uintptr_t)s->values;
		attr.batch.count = CHUNK;
		r = syscall(SYS_bpf, BPF_MAP_LOOKUP_BATCH, &attr, sizeof(attr));
		if (r < 0 && errno != ENOENT)
			return -errno;
		count += attr.batch.count;
		more = 1;
	} while (r == 0);
	return counted(s, count, 0, began, ret_value);
}

/* Opened and read: what is asked for once. */
static int count_by(struct subject *s, uint64_t source, uint32_t percent, double *ret_value)
{
	struct skep_error err = { 0 };
	uint64_t began = bench_cpu_ns(), count = 0;
	int r = skep_map_counter_open(s->map, source, &s->counter, &err);

	r = r < 0 ? r : skep_map_counter_read(s->counter, &count, &err);
	s->counter = skep_map_counter_close(s->counter);
	if (r < 0)
		fprintf(stderr, "bench_map_count: %s\n", err.msg);
	return r < 0 ? r : counted(s, count, percent, began, ret_value);
}

static int walk(void *userdata, double *ret_value)
{
	return count_by(userdata, SKEP_MAP_COUNT_WALK, 0, ret_value);
}

static int sample(void *userdata, double *ret_value)
{
	return count_by(userdata, SKEP_MAP_COUNT_SAMPLE, 5, ret_value);
}

static int best(void *userdata, double *ret_value)
{
	return count_by(userdata, SKEP_MAP_COUNT_BEST, 0, ret_value);
}

static int update(struct subject *s, int metered, double *ret_value)
{
	uint64_t began = bench_cpu_ns(), value = 1, begun;
	uint32_t key;
	int r;

	for (key = 0; key < s->updates; key++) {
		begun = metered ? skep_map_metrics_begin(s->metrics) : 0;
		r = skep_map_update(s->map, &key, &value, 0);
		if (metered)
			skep_map_metrics_end(s->metrics, SKEP_MAP_OPERATION_UPDATE, begun, r);
		if (r < 0)
			return r;
	}
	*ret_value = (double)(bench_cpu_ns() - began) / s->updates;
	return 0;
}

static int plain_update(void *userdata, double *ret_value)
{
	return update(userdata, 0, ret_value);
}

static int metered_update(void *userdata, double *ret_value)
{
	return update(userdata, 1, ret_value);
}

static int fill(struct subject *s, struct skep_error *err)
{
	uint32_t first, i;
	int r = 0;

	for (first = 0; first < s->elements && r == 0; first += CHUNK) {
		const uint32_t left = s->elements - first, count = left < CHUNK ? left : CHUNK;

		for (i = 0; i < count; i++)
			s->keys[i] = first + i;
		r = skep_map_update_many(s->map, s->keys, s->values, count, 0, NULL, err);
	}
	return r;
}

static int measure(struct bench *b, struct subject *s, struct skep_metrics *metrics)
{
	const struct skep_map_metrics_opts timed = { .sz = sizeof(timed),
						     .flags = SKEP_MAP_METRICS_DURATION };
	const struct bench_candidate count[] = {
		{ "bare_batches", bare_batches, s },
		{ "walk", walk, s, "bare_batches", 1.1 },
		{ "sample", sample, s, "bare_batches", 0.1 },
		{ "best", best, s, "bare_batches", 1.1 },
	};
	const struct bench_candidate counting[] = {
		{ "plain", plain_update, s },
		{ "counted", metered_update, s, "plain", 1.1 },
	};
	const struct bench_candidate timing[] = {
		{ "plain", plain_update, s },
		{ "timed", metered_update, s, "plain", 1.3 },
	};
	int r = bench_group(b, "count", "us", count, 4);

	r = r ? r : skep_map_metrics_new(metrics, "bench", NULL, &s->metrics, NULL);
	r = r ? r : bench_group(b, "operations", "ns", counting, 2);
	s->metrics = skep_map_metrics_free(s->metrics);
	r = r ? r : skep_map_metrics_new(metrics, "bench", &timed, &s->metrics, NULL);
	r = r ? r : bench_group(b, "durations", "ns", timing, 2);
	s->metrics = skep_map_metrics_free(s->metrics);
	return r;
}

int main(int argc, char **argv)
{
	struct skep_map_spec spec = { .sz = sizeof(spec),
				      .name = "bench_count",
				      .type = SKEP_MAP_TYPE_HASH,
				      .key_size = sizeof(uint32_t),
				      .value_size = sizeof(uint64_t) };
	struct subject s = { 0 };
	struct skep_metrics *metrics = NULL;
	struct skep_error err = { 0 };
	struct bench b;
	int r = bench_init(&b, "map_count", argc, argv);

	s.elements = b.smoke ? SMOKE_ELEMENTS : ELEMENTS;
	s.updates = b.smoke ? SMOKE_UPDATES : UPDATES;
	spec.max_entries = s.elements;
	s.keys = calloc(CHUNK, sizeof(*s.keys));
	s.values = calloc(CHUNK, sizeof(*s.values));
	if (r >= 0 && (!s.keys || !s.values))
		r = -ENOMEM;
	r = r < 0 ? r : skep_metrics_new(NULL, &metrics, &err);
	r = r < 0 ? r : skep_map_create(&spec, &s.map, &err);
	r = r < 0 ? r : fill(&s, &err);
	if (r < 0)
		fprintf(stderr, "bench_map_count: %s\n", err.msg);
	r = r < 0 ? r : measure(&b, &s, metrics);
	skep_map_close(s.map);
	skep_metrics_free(metrics);
	free(s.keys);
	free(s.values);
	return bench_finish(&b, r);
}
