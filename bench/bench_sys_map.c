/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * What the layer over bpf(2) costs: element operations and a walk by batches against the bare system call.
 *
 * The bare side fills union bpf_attr as a program without a library does, in every operation.
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
#include <skep/sys.h>

#include "harness.h"

#define ENTRIES 100000u
#define SMOKE_ENTRIES 1000u
#define CHUNK 4096u

struct subject {
	int fd;
	uint32_t entries;
	uint32_t *keys; /* of a chunk */
	uint64_t *values;
	struct skep_sys_batch *walk;
};

static long bare(int command, union bpf_attr *attr)
{
	return syscall(SYS_bpf, command, attr, sizeof(*attr));
}

static int per_operation(uint64_t began, uint32_t count, double *ret_value)
{
	*ret_value = (double)(bench_cpu_ns() - began) / count;
	return 0;
}

#define BARE_OPERATION(name, command)                               \
	static int name(void *userdata, double *ret_value)          \
	{                                                           \
		struct subject *s = userdata;                       \
		uint64_t began = bench_cpu_ns(), value = 1;         \
		uint32_t key;                                       \
                                                                    \
		for (key = 0; key < s->entries; key++) {            \
			union bpf_attr attr;                        \
                                                                    \
			memset(&attr, 0, sizeof(attr));             \
			attr.map_fd = (uint32_t)s->fd;              \
			attr.key = (uintptr_t)&key;                 \
			attr.value = (uintptr_t)&value;             \
			if (bare(command, &attr) < 0)               \
				return -errno;                      \
		}                                                   \
		return per_operation(began, s->entries, ret_value); \
	}

#define SKEP_OPERATION(name, call)                                  \
	static int name(void *userdata, double *ret_value)          \
	{                                                           \
		struct subject *s = userdata;                       \
		uint64_t began = bench_cpu_ns(), value = 1;         \
		uint32_t key;                                       \
                                                                    \
		for (key = 0; key < s->entries; key++)              \
			if (call < 0)                               \
				return -EIO;                        \
		return per_operation(began, s->entries, ret_value); \
	}

#define PREPARED_OPERATION(name, command)                                                         \
	static int name(void *userdata, double *ret_value)                                        \
	{                                                                                         \
		struct subject *s = userdata;                                                     \
		uint64_t began = bench_cpu_ns(), value = 1;                                       \
		uint32_t key;                                                                     \
		const struct skep_attr_map_element attr = { .map_fd = (uint32_t)s->fd,            \
							    .key = SKEP_ATTR_POINTER(&key),       \
							    .value = SKEP_ATTR_POINTER(&value) }; \
                                                                                                  \
		for (key = 0; key < s->entries; key++)                                            \
			if (skep_sys_map_element_attr(command, &attr) < 0)                        \
				return -EIO;                                                      \
		return per_operation(began, s->entries, ret_value);                               \
	}

BARE_OPERATION(bare_update, BPF_MAP_UPDATE_ELEM)
SKEP_OPERATION(skep_update, skep_sys_map_update(s->fd, &key, &value, SKEP_UPDATE_FLAG_ANY))
PREPARED_OPERATION(prepared_update, SKEP_COMMAND_MAP_UPDATE_ELEM)
BARE_OPERATION(bare_lookup, BPF_MAP_LOOKUP_ELEM)
SKEP_OPERATION(skep_lookup, skep_sys_map_lookup(s->fd, &key, &value, 0))
PREPARED_OPERATION(prepared_lookup, SKEP_COMMAND_MAP_LOOKUP_ELEM)

/* Every walk has to find every element, and the sum of their keys. */
static int walked(const struct subject *s, uint64_t count, uint64_t sum, uint64_t began,
		  double *ret_value)
{
	if (count != s->entries || sum != (uint64_t)s->entries * (s->entries - 1) / 2) {
		fprintf(stderr, "walked %llu of %u elements\n", (unsigned long long)count,
			s->entries);
		return -EIO;
	}
	return per_operation(began, s->entries, ret_value);
}

static uint64_t sum_of(const uint32_t *keys, uint32_t count)
{
	uint64_t sum = 0;
	uint32_t i;

	for (i = 0; i < count; i++)
		sum += keys[i];
	return sum;
}

static int bare_walk(void *userdata, double *ret_value)
{
	struct subject *s = userdata;
	uint64_t began = bench_cpu_ns(), count = 0, sum = 0;
	uint32_t cursor = 0;
	union bpf_attr attr;
	int more = 0;
	long r;

	do {
		memset(&attr, 0, sizeof(attr));
		attr.batch.map_fd = (uint32_t)s->fd;
		attr.batch.in_batch = more ? (uintptr_t)&cursor : 0;
		attr.batch.out_batch = (uintptr_t)&cursor;
		attr.batch.keys = (uintptr_t)s->keys;
		attr.batch.values = (uintptr_t)s->values;
		attr.batch.count = CHUNK;
		r = bare(BPF_MAP_LOOKUP_BATCH, &attr);
		if (r < 0 && errno != ENOENT)
			return -errno;
		count += attr.batch.count;
		sum += sum_of(s->keys, attr.batch.count);
		more = 1;
	} while (r == 0);
	return walked(s, count, sum, began, ret_value);
}

static int skep_walk(void *userdata, double *ret_value)
{
	struct subject *s = userdata;
	uint64_t began = bench_cpu_ns(), count = 0, sum = 0;
	const void *keys, *values;
	int r;

	while ((r = skep_sys_batch_next(s->walk, &keys, &values)) > 0) {
		count += (uint32_t)r;
		sum += sum_of(keys, (uint32_t)r);
	}
	return r < 0 ? r : walked(s, count, sum, began, ret_value);
}

static int open_subject(struct subject *s)
{
	const struct skep_attr_map_create map = {
		.map_type = SKEP_MAP_TYPE_HASH,
		.key_size = sizeof(uint32_t),
		.value_size = sizeof(uint64_t),
		.max_entries = s->entries,
		.map_name = "bench_sys",
	};
	const struct skep_sys_batch_opts walk = { .sz = sizeof(walk), .chunk_count = CHUNK };
	struct skep_error err = { 0 };
	int r;

	s->fd = skep_sys_map_create(&map, sizeof(map), &err);
	r = s->fd < 0 ? s->fd : skep_sys_batch_open(s->fd, &walk, &s->walk, &err);
	if (r < 0)
		fprintf(stderr, "bench_sys_map: %s\n", err.msg);
	s->keys = calloc(CHUNK, sizeof(*s->keys));
	s->values = calloc(CHUNK, sizeof(*s->values));
	return r < 0 ? r : s->keys && s->values ? 0 : -ENOMEM;
}

static void close_subject(struct subject *s)
{
	skep_sys_batch_close(s->walk);
	skep_sys_close(&s->fd);
	free(s->keys);
	free(s->values);
}

#define BUDGET 1.02

static int measure(struct bench *b, struct subject *s)
{
	const struct bench_candidate update[] = {
		{ "bare", bare_update, s },
		{ "skep", skep_update, s, "bare", BUDGET },
		{ "skep_prepared", prepared_update, s, "bare", BUDGET },
	};
	const struct bench_candidate lookup[] = {
		{ "bare", bare_lookup, s },
		{ "skep", skep_lookup, s, "bare", BUDGET },
		{ "skep_prepared", prepared_lookup, s, "bare", BUDGET },
	};
	const struct bench_candidate walk[] = {
		{ "bare", bare_walk, s },
		{ "skep", skep_walk, s, "bare", BUDGET },
	};
	int r = bench_group(b, "update", "ns", update, 3);

	r = r ? r : bench_group(b, "lookup", "ns", lookup, 3);
	return r ? r : bench_group(b, "walk", "ns", walk, 2);
}

int main(int argc, char **argv)
{
	struct subject s = { .fd = -1 };
	struct bench b;
	int r = bench_init(&b, "sys_map", argc, argv);

	s.entries = b.smoke ? SMOKE_ENTRIES : ENTRIES;
	r = r < 0 ? r : open_subject(&s);
	r = r < 0 ? r : measure(&b, &s);
	close_subject(&s);
	return bench_finish(&b, r);
}
