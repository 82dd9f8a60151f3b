/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * What it costs to make a map equal to what is wanted, of which one in a hundred has changed; and to set all elements.
 *
 * The bare side knows that its keys are the numbers from 0 on, and compares with an array; the library finds them in a
 * table of its own. "by_key" is what programs without batches do: each element is looked up, and written if it differs.
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
#include <skep/map_reconcile.h>

#include "harness.h"

#define ENTRIES 1000000u
#define SMOKE_ENTRIES 10000u
#define CHUNK 4096u
#define PART 100u /* one in so many has changed */

struct item {
	uint64_t value;
	uint32_t key;
	uint32_t pad;
};

static const struct skep_map_object_type item_type = { SKEP_MAP_MEMBERS(struct item, key, value) };

struct subject {
	struct skep_map *map;
	uint32_t entries, round;
	struct item *items;
	uint32_t *keys; /* of all, or of what is to be written */
	uint64_t *values;
};

static long bare(int command, union bpf_attr *attr)
{
	return syscall(SYS_bpf, command, attr, sizeof(*attr));
}

static void change_part(struct subject *s)
{
	uint32_t i;

	s->round++;
	for (i = s->round % PART; i < s->entries; i += PART)
		s->items[i].value++;
}

static int report(const struct subject *s, uint64_t began, uint64_t changed, double *ret_value)
{
	*ret_value = (double)(bench_cpu_ns() - began) / s->entries;
	if (changed == s->entries / PART)
		return 0;
	fprintf(stderr, "changed %llu of %u elements\n", (unsigned long long)changed, s->entries);
	return -EIO;
}

static int write_batch(const struct subject *s, uint32_t count)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.batch.map_fd = (uint32_t)skep_map_fd(s->map);
	attr.batch.keys = (uintptr_t)s->keys;
	attr.batch.values = (uintptr_t)s->values;
	attr.batch.count = count;
	return bare(BPF_MAP_UPDATE_BATCH, &attr) < 0 ? -errno : 0;
}

static int by_batch(void *userdata, double *ret_value)
{
	static uint32_t chunk_keys[CHUNK];
	static uint64_t chunk_values[CHUNK];
	struct subject *s = userdata;
	uint32_t cursor = 0, changed = 0, i;
	union bpf_attr attr;
	uint64_t began;
	int more = 0, r;
	long looked;

	change_part(s);
	began = bench_cpu_ns();
	do {
		memset(&attr, 0, sizeof(attr));
		attr.batch.map_fd = (uint32_t)skep_map_fd(s->map);
		attr.batch.in_batch = more ? (uintptr_t)&cursor : 0;
		attr.batch.out_batch = (uintptr_t)&cursor;
		attr.batch.keys = (uintptr_t)chunk_keys;
		attr.batch.values = (uintptr_t)chunk_values;
		attr.batch.count = CHUNK;
		looked = bare(BPF_MAP_LOOKUP_BATCH, &attr);
		if (looked < 0 && errno != ENOENT)
			return -errno;
		for (i = 0; i < attr.batch.count; i++)
			if (s->items[chunk_keys[i]].value != chunk_values[i]) {
				s->keys[changed] = chunk_keys[i];
				s->values[changed++] = s->items[chunk_keys[i]].value;
			}
		more = 1;
	} while (looked == 0);
	r = write_batch(s, changed);
	return r < 0 ? r : report(s, began, changed, ret_value);
}

static int by_key(void *userdata, double *ret_value)
{
	struct subject *s = userdata;
	uint32_t i, changed = 0;
	union bpf_attr attr;
	uint64_t began, value;

	change_part(s);
	began = bench_cpu_ns();
	for (i = 0; i < s->entries; i++) {
		memset(&attr, 0, sizeof(attr));
		attr.map_fd = (uint32_t)skep_map_fd(s->map);
		attr.key = (uintptr_t)&s->items[i].key;
		attr.value = (uintptr_t)&value;
		if (bare(BPF_MAP_LOOKUP_ELEM, &attr) < 0)
			return -errno;
		if (value == s->items[i].value)
			continue;
		attr.value = (uintptr_t)&s->items[i].value;
		if (bare(BPF_MAP_UPDATE_ELEM, &attr) < 0)
			return -errno;
		changed++;
	}
	return report(s, began, changed, ret_value);
}

static int by_skep(void *userdata, double *ret_value)
{
	struct subject *s = userdata;
	const struct skep_map_wanted desired = {
		.sz = sizeof(desired),
		.type = &item_type,
		.objects = s->items,
		.object_count = s->entries,
		.object_bytes = sizeof(*s->items),
	};
	struct skep_map_reconcile_report done;
	struct skep_error err = { 0 };
	uint64_t began;
	int r;

	change_part(s);
	began = bench_cpu_ns();
	r = skep_map_reconcile(s->map, &desired, NULL, &done, &err);
	if (r < 0)
		fprintf(stderr, "%s\n", err.msg);
	return r < 0 ? r : report(s, began, done.changed, ret_value);
}

static void fill_arrays(struct subject *s)
{
	uint32_t i;

	for (i = 0; i < s->entries; i++) {
		s->keys[i] = i;
		s->values[i] = s->items[i].value;
	}
}

static int bulk_bare(void *userdata, double *ret_value)
{
	struct subject *s = userdata;
	uint64_t began;
	int r;

	fill_arrays(s);
	began = bench_cpu_ns();
	r = write_batch(s, s->entries);
	*ret_value = (double)(bench_cpu_ns() - began) / s->entries;
	return r;
}

static int bulk_skep(void *userdata, double *ret_value)
{
	struct subject *s = userdata;
	struct skep_error err = { 0 };
	uint64_t began;
	int r;

	fill_arrays(s);
	began = bench_cpu_ns();
	r = skep_map_update_many(s->map, s->keys, s->values, s->entries, 0, NULL, &err);
	*ret_value = (double)(bench_cpu_ns() - began) / s->entries;
	if (r < 0)
		fprintf(stderr, "%s\n", err.msg);
	return r;
}

static int open_subject(struct subject *s)
{
	const struct skep_map_spec spec = {
		.sz = sizeof(spec),
		.name = "bench_reconcile",
		.type = SKEP_MAP_TYPE_HASH,
		.key_size = sizeof(uint32_t),
		.value_size = sizeof(uint64_t),
		.max_entries = s->entries,
	};
	struct skep_error err = { 0 };
	uint32_t i;
	int r = skep_map_create(&spec, &s->map, &err);

	if (r < 0)
		fprintf(stderr, "bench_map_reconcile: %s\n", err.msg);
	s->items = calloc(s->entries, sizeof(*s->items));
	s->keys = calloc(s->entries, sizeof(*s->keys));
	s->values = calloc(s->entries, sizeof(*s->values));
	if (!s->items || !s->keys || !s->values)
		return -ENOMEM;
	for (i = 0; i < s->entries; i++)
		s->items[i] = (struct item){ .key = i, .value = i };
	fill_arrays(s);
	return r < 0 ? r : write_batch(s, s->entries);
}

static void close_subject(struct subject *s)
{
	skep_map_close(s->map);
	free(s->items);
	free(s->keys);
	free(s->values);
}

static int measure(struct bench *b, struct subject *s)
{
	const struct bench_candidate reconcile[] = {
		{ "by_key", by_key, s },
		{ "by_batch", by_batch, s, "by_key" },
		{ "skep", by_skep, s, "by_key", 0.9 },
	};
	const struct bench_candidate bulk[] = {
		{ "bare", bulk_bare, s },
		{ "skep", bulk_skep, s, "bare", 1.05 },
	};
	int r = bench_group(b, "one_in_100", "ns", reconcile, 3);

	return r ? r : bench_group(b, "bulk", "ns", bulk, 2);
}

int main(int argc, char **argv)
{
	struct subject s = { .map = NULL };
	struct bench b;
	int r = bench_init(&b, "map_reconcile", argc, argv);

	s.entries = b.smoke ? SMOKE_ENTRIES : ENTRIES;
	r = r < 0 ? r : open_subject(&s);
	r = r < 0 ? r : measure(&b, &s);
	close_subject(&s);
	return bench_finish(&b, r);
}
