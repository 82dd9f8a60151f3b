/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * What a handle, a cache before it and its events add to the bare system call: setting, looking up and removing elements.
 */
#include <errno.h>
#include <linux/bpf.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <skep/error.h>
#include <skep/kabi.h>
#include <skep/map.h>
#include <skep/map_cache.h>
#include <skep/map_events.h>

#include "harness.h"

#define ENTRIES 100000u
#define SMOKE_ENTRIES 1000u
#define EVENTS 1024u

struct subject {
	uint32_t entries;
	struct skep_map *map;
	struct skep_map_events *events;
	struct skep_map_cache *cache, *with_events;
};

static int bare(int command, int fd, const void *key, const void *value)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.map_fd = (uint32_t)fd;
	attr.key = (uintptr_t)key;
	attr.value = (uintptr_t)value;
	return (int)syscall(SYS_bpf, command, &attr, sizeof(attr));
}

static int per_operation(uint64_t began, uint32_t count, double *ret_value)
{
	*ret_value = (double)(bench_cpu_ns() - began) / count;
	return 0;
}

/* @before is done for all keys and not measured, @call is. */
#define OPERATION(name, before, call)                               \
	static int name(void *userdata, double *ret_value)          \
	{                                                           \
		struct subject *s = userdata;                       \
		uint64_t began, value = 1;                          \
		uint32_t key;                                       \
                                                                    \
		for (key = 0; key < s->entries; key++)              \
			if ((before) < 0)                           \
				return -EIO;                        \
		began = bench_cpu_ns();                             \
		for (key = 0; key < s->entries; key++)              \
			if ((call) < 0)                             \
				return -EIO;                        \
		return per_operation(began, s->entries, ret_value); \
	}

#define BARE(command) bare(command, skep_map_fd(s->map), &key, &value)
#define UPDATE_CACHE(cache) skep_map_cache_update(cache, &key, &value)

OPERATION(bare_update, 0, BARE(BPF_MAP_UPDATE_ELEM))
OPERATION(handle_update, 0, skep_map_update(s->map, &key, &value, 0))
OPERATION(cache_update, 0, UPDATE_CACHE(s->cache))
OPERATION(events_update, 0, UPDATE_CACHE(s->with_events))
OPERATION(bare_lookup, 0, BARE(BPF_MAP_LOOKUP_ELEM))
OPERATION(handle_lookup, 0, skep_map_lookup(s->map, &key, &value, 0))
OPERATION(cache_lookup, 0, skep_map_lookup(skep_map_cache_map(s->with_events), &key, &value, 0))
OPERATION(cache_find, 0, skep_map_cache_find(s->with_events, &key, &value, NULL) - 1)
OPERATION(bare_delete, BARE(BPF_MAP_UPDATE_ELEM),
	  bare(BPF_MAP_DELETE_ELEM, skep_map_fd(s->map), &key, NULL))
OPERATION(handle_delete, BARE(BPF_MAP_UPDATE_ELEM), skep_map_delete(s->map, &key))
OPERATION(cache_delete, UPDATE_CACHE(s->cache), skep_map_cache_delete(s->cache, &key))
OPERATION(events_delete, UPDATE_CACHE(s->with_events), skep_map_cache_delete(s->with_events, &key))

static int open_subject(struct subject *s)
{
	const struct skep_map_spec spec = {
		.sz = sizeof(spec),
		.name = "bench_cache",
		.type = SKEP_MAP_TYPE_HASH,
		.key_size = sizeof(uint32_t),
		.value_size = sizeof(uint64_t),
		.max_entries = s->entries,
	};
	const struct skep_map_events_opts ring = { .sz = sizeof(ring), .capacity = EVENTS };
	struct skep_map_cache_opts opts = { .sz = sizeof(opts) };
	struct skep_error err = { 0 };
	int r = skep_map_create(&spec, &s->map, &err);

	r = r < 0 ? r
		  : skep_map_events_new(sizeof(uint32_t), sizeof(uint64_t), &ring, &s->events,
					&err);
	r = r < 0 ? r : skep_map_cache_open(s->map, &opts, &s->cache, &err);
	opts.events = s->events;
	r = r < 0 ? r : skep_map_cache_open(s->map, &opts, &s->with_events, &err);
	if (r < 0)
		fprintf(stderr, "bench_map_cache: %s\n", err.msg);
	return r;
}

/* All elements are in the map and in both caches: whichever group is measured. */
static int fill(struct subject *s)
{
	uint64_t value = 1;
	uint32_t key;
	int r = 0;

	for (key = 0; key < s->entries && r == 0; key++) {
		r = UPDATE_CACHE(s->cache);
		r = r < 0 ? r : UPDATE_CACHE(s->with_events);
	}
	return r;
}

static void close_subject(struct subject *s)
{
	skep_map_cache_close(s->with_events);
	skep_map_cache_close(s->cache);
	skep_map_events_unref(s->events);
	skep_map_close(s->map);
}

#define HANDLE_BUDGET 1.05
#define CACHE_BUDGET 1.3

static int measure(struct bench *b, struct subject *s)
{
	const struct bench_candidate update[] = {
		{ "bare", bare_update, s },
		{ "handle", handle_update, s, "bare", HANDLE_BUDGET },
		{ "cache", cache_update, s, "bare", CACHE_BUDGET },
		{ "cache_events", events_update, s, "bare", CACHE_BUDGET },
	};
	const struct bench_candidate lookup[] = {
		{ "bare", bare_lookup, s },
		{ "handle", handle_lookup, s, "bare", HANDLE_BUDGET },
		{ "cache_events", cache_lookup, s, "bare", HANDLE_BUDGET },
		{ "find", cache_find, s, "bare", 1 },
	};
	const struct bench_candidate delete[] = {
		{ "bare", bare_delete, s },
		{ "handle", handle_delete, s, "bare", HANDLE_BUDGET },
		{ "cache", cache_delete, s, "bare", CACHE_BUDGET },
		{ "cache_events", events_delete, s, "bare", CACHE_BUDGET },
	};
	int r = bench_group(b, "update", "ns", update, 4);

	r = r ? r : bench_group(b, "lookup", "ns", lookup, 4);
	return r ? r : bench_group(b, "delete", "ns", delete, 4);
}

int main(int argc, char **argv)
{
	struct subject s = { .entries = 0 };
	struct bench b;
	int r = bench_init(&b, "map_cache", argc, argv);

	s.entries = b.smoke ? SMOKE_ENTRIES : ENTRIES;
	r = r < 0 ? r : open_subject(&s);
	r = r < 0 ? r : fill(&s);
	r = r < 0 ? r : measure(&b, &s);
	close_subject(&s);
	return bench_finish(&b, r);
}
