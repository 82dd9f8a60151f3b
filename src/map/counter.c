/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include <skep/map_counter.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <skep/error.h>
#include <skep/kabi.h>
#include <skep/map_dump.h>
#include <skep/sys.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "map/kernel.h"
#include "map/map.h"

#define SAMPLED 16384    /* elements that make a sample */
#define SAMPLED_PART 64  /* and no smaller part of the buckets than this */
#define CHUNK_COUNT 4096 /* elements for each call */
#define CHUNK_BYTES (1u << 20)

struct skep_map_counter {
	struct skep_map *map;
	uint64_t source;
	int prog_fd; /* the kernel's count */
};

/* Return: is it a hash as kernel/bpf/hashtab.c has it, with buckets that batches count? */
static int is_hash(uint32_t type)
{
	return type == SKEP_MAP_TYPE_HASH || type == SKEP_MAP_TYPE_PERCPU_HASH ||
	       type == SKEP_MAP_TYPE_LRU_HASH || type == SKEP_MAP_TYPE_LRU_PERCPU_HASH;
}

static int fail_type(const struct skep_map *map, const char *what, struct skep_error *err)
{
	return skep_fail(err, -EOPNOTSUPP, SKEP_ERR_UNSUPPORTED,
			 "count the elements of map '%s': a map of type %s %s.", map->info.name,
			 skep_map_type_name(map->info.type, NULL), what);
}

static int open_kernel(struct skep_map_counter *c, struct skep_error *err)
{
	if (!is_hash(c->map->info.type) && c->map->info.type != SKEP_MAP_TYPE_HASH_OF_MAPS)
		return fail_type(c->map, "is not counted by the kernel", err);
	c->prog_fd = map_kernel_counter(c->map->fd, err);
	return c->prog_fd < 0 ? c->prog_fd : 0;
}

/* Whatever keeps the kernel's count from us, a walk does as well. */
static int open_best(struct skep_map_counter *c, struct skep_error *err)
{
	int r = open_kernel(c, NULL);

	c->source = r == 0 ? SKEP_MAP_COUNT_KERNEL : SKEP_MAP_COUNT_WALK;
	if (r == -ENOMEM)
		return skep_fail(err, r, SKEP_ERR_NO_MEMORY, "count the elements of map '%s'",
				 c->map->info.name);
	if (r < 0 && !c->map->info.key_size)
		return fail_type(c->map, "has no keys", err);
	return 0;
}

int skep_map_counter_open(struct skep_map *map, uint64_t source,
			  struct skep_map_counter **ret_counter, struct skep_error *err)
{
	_cleanup_(skep_map_counter_closep) struct skep_map_counter *c = calloc(1, sizeof(*c));
	int r = 0;

	if (!c)
		return skep_fail(err, -ENOMEM, SKEP_ERR_NO_MEMORY, "count the elements of map '%s'",
				 map->info.name);
	*c = (struct skep_map_counter){ .map = skep_map_ref(map), .source = source, .prog_fd = -1 };
	if (source == SKEP_MAP_COUNT_BEST)
		r = open_best(c, err);
	else if (source == SKEP_MAP_COUNT_KERNEL)
		r = open_kernel(c, err);
	else if (source == SKEP_MAP_COUNT_WALK)
		r = map->info.key_size ? 0 : fail_type(map, "has no keys", err);
	else if (source == SKEP_MAP_COUNT_SAMPLE)
		r = is_hash(map->info.type) ? 0 : fail_type(map, "has no buckets", err);
	else
		r = skep_fail(err, -EINVAL, SKEP_ERR_INVALID, "count elements: no such source.");
	if (r < 0)
		return r;
	*ret_counter = take_ptr(c);
	return 0;
}

struct skep_map_counter *skep_map_counter_close(struct skep_map_counter *counter)
{
	int saved = errno;

	if (counter) {
		if (counter->prog_fd >= 0)
			close(counter->prog_fd);
		skep_map_close(counter->map);
		free(counter);
	}
	errno = saved;
	return NULL;
}

/* A hash has as many buckets as it has room for elements, rounded up to a power of two. */
static uint64_t bucket_count(uint64_t max_entries)
{
	uint64_t count = 1;

	while (count < max_entries)
		count <<= 1;
	return count;
}

/* Reads buckets from the first on; a batch's cursor is the number of the next one. Return: 0; a negative errno. */
static int sample(const struct skep_map *map, void *keys, void *values, uint32_t chunk,
		  uint64_t *ret_count)
{
	const uint64_t buckets = bucket_count(map->info.max_entries);
	uint64_t seen = 0;
	uint32_t cursor = 0;
	int r;

	do {
		struct skep_attr_map_batch attr = {
			.in_batch = cursor ? SKEP_ATTR_POINTER(&cursor) : 0,
			.out_batch = SKEP_ATTR_POINTER(&cursor),
			.keys = SKEP_ATTR_POINTER(keys),
			.values = SKEP_ATTR_POINTER(values),
			.count = chunk,
			.map_fd = (uint32_t)map->fd,
		};

		r = skep_sys_map_batch_attr(SKEP_COMMAND_MAP_LOOKUP_BATCH, &attr);
		if (r < 0 && r != -ENOENT)
			return r;
		seen += attr.count;
	} while (r == 0 && (seen < SAMPLED || cursor < buckets / SAMPLED_PART));
	*ret_count = r == -ENOENT || !cursor ? seen : seen * buckets / cursor;
	return 0;
}

static int read_sample(const struct skep_map *map, uint64_t *ret_count, struct skep_error *err)
{
	const size_t size = map->info.key_size + map->value_bytes;
	const uint32_t room = (uint32_t)(CHUNK_BYTES / size);
	const uint32_t chunk = room > CHUNK_COUNT ? CHUNK_COUNT : room < 64 ? 64 : room;
	_cleanup_free_ unsigned char *memory = malloc(size * chunk);
	int r;

	if (!memory)
		return skep_fail(err, -ENOMEM, SKEP_ERR_NO_MEMORY, "count the elements of map '%s'",
				 map->info.name);
	r = sample(map, memory, memory + chunk * (size_t)map->info.key_size, chunk, ret_count);
	return r < 0 ? skep_map_fail(err, map, "count the elements of", r) : 0;
}

int skep_map_counter_read(struct skep_map_counter *counter, uint64_t *ret_count,
			  struct skep_error *err)
{
	int r;

	if (counter->source == SKEP_MAP_COUNT_KERNEL)
		r = map_kernel_count(counter->prog_fd, ret_count, err);
	else if (counter->source == SKEP_MAP_COUNT_SAMPLE)
		r = read_sample(counter->map, ret_count, err);
	else
		r = skep_map_count(counter->map, ret_count, err);
	return r < 0 ? r : (int)counter->source;
}
