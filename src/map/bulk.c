/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include <skep/map_bulk.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <skep/error.h>
#include <skep/kabi.h>
#include <skep/map_dump.h>
#include <skep/sys.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "map/map.h"

#define CHUNK 1024 /* elements in one call */

struct bulk {
	struct skep_map *map;
	struct skep_map_bulk_result result;
	uint64_t flags;
	int deletes;
	int *codes; /* what each element came to; NULL: nobody asks */
};

static const unsigned char *at(const void *elements, uint64_t i, size_t size)
{
	return elements ? (const unsigned char *)elements + i * size : NULL;
}

static void note(struct bulk *b, uint64_t i, int r)
{
	if (b->codes && r)
		b->codes[i] = r;
	if (r == 0) {
		b->result.done++;
	} else if (b->deletes && r == -ENOENT) {
		b->result.absent++;
	} else {
		b->result.failed++;
		if (!b->result.first_error)
			b->result.first_error = r;
	}
}

static void do_one(struct bulk *b, uint64_t i, const void *key, const void *value)
{
	b->result.calls++;
	note(b, i,
	     b->deletes ? skep_map_delete(b->map, key)
			: skep_map_update(b->map, key, value, b->flags));
}

/* Return: how many of the first were dealt with, one that failed among them; 0: there is no batch command. */
static uint32_t do_batch(struct bulk *b, uint64_t first, const void *keys, const void *values,
			 uint32_t count)
{
	uint32_t done = count;
	int r;

	b->result.calls++;
	r = b->deletes ? skep_sys_map_delete_batch(b->map->fd, keys, &done, 0)
		       : skep_sys_map_update_batch(b->map->fd, keys, values, &done, b->flags);
	if (!done && (r == -EOPNOTSUPP || r == -EINVAL))
		return 0;
	b->result.done += done;
	if (r == 0)
		return done;
	note(b, first + done, r);
	return done + 1;
}

static void do_many(struct bulk *b, const void *keys, const void *values, uint64_t count)
{
	const uint32_t wanted = b->deletes ? SKEP_MAP_BATCH_DELETE : SKEP_MAP_BATCH_UPDATE;
	const size_t key_size = b->map->info.key_size, value_bytes = b->map->value_bytes;
	int batches = !!(skep_map_type_batch(b->map->info.type) & wanted);
	uint64_t i = 0, left;
	uint32_t dealt;

	if (b->codes)
		memset(b->codes, 0, count * sizeof(*b->codes));
	while (i < count) {
		left = count - i;
		dealt = 0;
		if (batches && left > 1)
			dealt = do_batch(b, i, at(keys, i, key_size), at(values, i, value_bytes),
					 left < CHUNK ? (uint32_t)left : CHUNK);
		if (batches && left > 1 && !dealt)
			batches = 0; /* an older kernel */
		if (!dealt) {
			do_one(b, i, at(keys, i, key_size), at(values, i, value_bytes));
			dealt = 1;
		}
		i += dealt;
	}
}

static int finish(struct bulk *b, const char *what, struct skep_map_bulk_result *ret_result,
		  struct skep_error *err)
{
	const int first = (int)b->result.first_error;

	if (ret_result)
		*ret_result = b->result;
	return first ? skep_map_fail(err, b->map, what, first) : 0;
}

int skep_map_update_many(struct skep_map *map, const void *keys, const void *values, uint64_t count,
			 uint64_t flags, struct skep_map_bulk_result *ret_result,
			 struct skep_error *err)
{
	return skep_map_update_each(map, keys, values, count, flags, NULL, ret_result, err);
}

int skep_map_update_each(struct skep_map *map, const void *keys, const void *values, uint64_t count,
			 uint64_t flags, int *ret_codes, struct skep_map_bulk_result *ret_result,
			 struct skep_error *err)
{
	struct bulk b = { .map = map, .flags = flags, .codes = ret_codes };

	do_many(&b, keys, values, count);
	return finish(&b, "update", ret_result, err);
}

int skep_map_delete_many(struct skep_map *map, const void *keys, uint64_t count,
			 struct skep_map_bulk_result *ret_result, struct skep_error *err)
{
	return skep_map_delete_each(map, keys, count, NULL, ret_result, err);
}

int skep_map_delete_each(struct skep_map *map, const void *keys, uint64_t count, int *ret_codes,
			 struct skep_map_bulk_result *ret_result, struct skep_error *err)
{
	struct bulk b = { .map = map, .deletes = 1, .codes = ret_codes };

	do_many(&b, keys, NULL, count);
	return finish(&b, "delete from", ret_result, err);
}

/* Takes the elements out by batches. Return: 0; -EOPNOTSUPP there are none for this map; another negative errno. */
static int take_all(struct bulk *b, uint64_t limit, struct skep_error *err)
{
	const struct skep_sys_batch_opts opts = { .sz = sizeof(opts),
						  .flags = SKEP_SYS_BATCH_DELETE };
	_cleanup_(skep_sys_batch_closep) struct skep_sys_batch *batch = NULL;
	const void *keys, *values;
	int r = skep_sys_batch_open(b->map->fd, &opts, &batch, err);

	if (r < 0)
		return r;
	while ((r = skep_sys_batch_next(batch, &keys, &values)) > 0) {
		b->result.calls++;
		b->result.done += (uint64_t)r;
		if (b->result.done > limit)
			return -ELOOP;
	}
	return r;
}

/* The first key again and again: what is removed cannot lead a walk astray. */
static int delete_first(struct bulk *b, uint64_t limit)
{
	_cleanup_free_ unsigned char *key = malloc(b->map->info.key_size);
	int r;

	if (!key)
		return -ENOMEM;
	while ((r = skep_map_next_key(b->map, NULL, key)) == 0) {
		do_one(b, 0, key, NULL);
		b->result.calls++;
		if (b->result.failed)
			return (int)b->result.first_error;
		if (b->result.done + b->result.absent > limit)
			return -ELOOP;
	}
	return r == -ENOENT ? 0 : r;
}

/* Places that may be empty: the first key is the first place, whatever has been removed. */
static int delete_places(struct bulk *b)
{
	const int is_sockmap = b->map->info.type == SKEP_MAP_TYPE_SOCKMAP;
	uint32_t key;
	int r;

	for (key = 0; key < b->map->info.max_entries && !b->result.failed; key++) {
		b->result.calls++;
		r = skep_map_delete(b->map, &key);
		/* it has its own word for an empty place: net/core/sock_map.c, __sock_map_delete() */
		note(b, 0, is_sockmap && r == -EINVAL ? -ENOENT : r);
	}
	return (int)b->result.first_error;
}

int skep_map_delete_all(struct skep_map *map, struct skep_map_bulk_result *ret_result,
			struct skep_error *err)
{
	struct bulk b = { .map = map, .deletes = 1 };
	const uint64_t limit = 2ull * map->info.max_entries;
	const uint32_t facts = skep_map_type_facts(map->info.type);
	int r = -EOPNOTSUPP;

	if (!map->info.key_size || facts & (SKEP_MAP_FACT_FULL | SKEP_MAP_FACT_STORAGE))
		return skep_fail(err, r, SKEP_ERR_UNSUPPORTED,
				 "empty map '%s': elements of a map of type %s cannot be removed.",
				 map->info.name, skep_map_type_name(map->info.type, NULL));
	if (facts & SKEP_MAP_FACT_INDEXED)
		r = delete_places(&b);
	else if (skep_map_type_batch(map->info.type) & SKEP_MAP_BATCH_TAKE)
		r = take_all(&b, limit, err);
	if (r == -EOPNOTSUPP && !(facts & SKEP_MAP_FACT_INDEXED))
		r = delete_first(&b, limit);
	if (ret_result)
		*ret_result = b.result;
	if (r == -ELOOP)
		return skep_fail(
			err, r, SKEP_ERR_PARTIAL,
			"empty map '%s': others add elements faster than they are removed.",
			map->info.name);
	return r < 0 ? skep_map_fail(err, map, "empty", r) : 0;
}

struct clearing {
	struct bulk *bulk;
	const void *zeros;
};

static int clear_one(const void *key, const void *value, void *userdata)
{
	struct clearing *c = userdata;

	(void)value;
	c->bulk->result.calls++;
	note(c->bulk, 0, skep_map_update(c->bulk->map, key, c->zeros, SKEP_UPDATE_FLAG_EXIST));
	return 0;
}

int skep_map_clear_all(struct skep_map *map, struct skep_map_bulk_result *ret_result,
		       struct skep_error *err)
{
	_cleanup_free_ void *zeros = calloc(1, map->value_bytes + 1);
	struct bulk b = { .map = map, .deletes = 1 };
	struct clearing c = { .bulk = &b, .zeros = zeros };
	int r;

	if (!zeros)
		return skep_fail(err, -ENOMEM, SKEP_ERR_NO_MEMORY, "clear map '%s'",
				 map->info.name);
	if (skep_map_type_facts(map->info.type) & SKEP_MAP_FACT_FDS)
		return skep_fail(err, -EOPNOTSUPP, SKEP_ERR_UNSUPPORTED,
				 "clear map '%s': values of a map of type %s are no numbers.",
				 map->info.name, skep_map_type_name(map->info.type, NULL));
	r = skep_map_dump(map, NULL, clear_one, &c, NULL, err);
	return r < 0 ? r : finish(&b, "clear", ret_result, err);
}
