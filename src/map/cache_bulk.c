/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include <errno.h>
#include <stdlib.h>

#include <skep/error.h>
#include <skep/kabi.h>
#include <skep/map_bulk.h>
#include <skep/map_dump.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "map/cache.h"
#include "map/map.h"

struct bulk {
	struct skep_map_cache *cache;
	struct skep_map_bulk_result result;
	uint64_t began; /* number of the last operation before it */
	uint64_t limit; /* of what is done */
	uint64_t found; /* elements of the map that were to be dealt with */
	void *value;    /* room for one, or zeros */
};

static int note(struct bulk *b, int r)
{
	b->result.calls++;
	if (r == 0) {
		b->result.done++;
	} else if (r == -ENOENT) {
		b->result.absent++;
	} else {
		b->result.failed++;
		if (!b->result.first_error)
			b->result.first_error = r;
	}
	return b->result.done > b->limit ? -ELOOP : 0;
}

static int finish(struct bulk *b, const char *what, int r, struct skep_map_bulk_result *ret_result,
		  struct skep_error *err)
{
	const int first = (int)b->result.first_error;

	if (ret_result)
		*ret_result = b->result;
	if (r == -ELOOP)
		return skep_fail(
			err, r, SKEP_ERR_PARTIAL,
			"%s map '%s': others add elements faster than they are dealt with.", what,
			b->cache->target.name);
	if (r == -ENOMEM)
		return skep_fail(err, r, SKEP_ERR_NO_MEMORY, "%s map '%s'", what,
				 b->cache->target.name);
	if (r < 0)
		return r;
	return first ? skep_map_fail(err, b->cache->map, what, first) : 0;
}

/* An element that the map holds: if it is new to the cache, it is looked up again, now that nobody changes it. */
static int take_in(const void *key, const void *value, void *userdata)
{
	struct bulk *b = userdata;
	struct skep_map_cache *c = b->cache;
	struct map_cache_entry *e = NULL;
	int r = 0;

	(void)value;
	map_cache_lock(c);
	if (!map_cache_table_find(c, key)) {
		e = map_cache_entry_new(c, key);
		r = e ? skep_map_lookup(c->map, key,
					c->keeps_values ? map_cache_entry_value(c, e) : b->value,
					c->opts.update_flags)
		      : -ENOMEM;
	}
	if (e && r == 0) {
		e->has_value = c->keeps_values;
		e->changed = ++c->operation;
		map_cache_table_add(c, e);
		b->result.done++;
	} else {
		map_cache_entry_free(c, e);
	}
	map_cache_unlock(c);
	return r == -ENOENT ? 0 : r;
}

int skep_map_cache_prime(struct skep_map_cache *c, uint64_t *ret_count, struct skep_error *err)
{
	_cleanup_free_ void *value = malloc(c->target.value_bytes + 1);
	struct bulk b = { .cache = c, .value = value };
	struct skep_error walk_err = { 0 };
	int r;

	if (!value)
		return skep_fail(err, -ENOMEM, SKEP_ERR_NO_MEMORY, "prime the cache of map '%s'",
				 c->target.name);
	r = skep_map_dump(c->map, NULL, take_in, &b, NULL, &walk_err);
	if (r < 0) {
		if (!walk_err.code) /* it was not the walk */
			return skep_map_fail(err, c->map, "prime the cache of", r);
		if (err)
			*err = walk_err;
		return r;
	}
	if (ret_count)
		*ret_count = b.result.done;
	return 0;
}

/* Whether others have set it since. */
static bool is_since(const struct map_cache_entry *e, const struct bulk *b)
{
	return (int32_t)(e->changed - b->began) > 0;
}

/* Of what the cache knew when it began. What others have set since stays. */
static int delete_known(const struct skep_map_cache_entry *entry, void *userdata)
{
	struct bulk *b = userdata;
	const struct map_cache_entry *e;
	int r = 0;

	map_cache_lock(b->cache);
	e = map_cache_table_find(b->cache, entry->key);
	if (e && !is_since(e, b))
		r = note(b, map_cache_do_delete(b->cache, entry->key,
						MAP_CACHE_SILENT | MAP_CACHE_NO_EVENT));
	map_cache_unlock(b->cache);
	return r;
}

/* Of what the map holds: what is not in the cache. */
static int delete_unknown(const void *key, const void *value, void *userdata)
{
	struct bulk *b = userdata;
	int r = 0;

	(void)value;
	map_cache_lock(b->cache);
	if (!map_cache_table_find(b->cache, key)) {
		b->found++;
		r = note(b,
			 map_cache_do_delete(b->cache, key, MAP_CACHE_SILENT | MAP_CACHE_NO_EVENT));
	}
	map_cache_unlock(b->cache);
	return r;
}

/* A walk may pass elements by: it is repeated until one finds nothing more. */
static int delete_everything(struct bulk *b, struct skep_error *err)
{
	int r = skep_map_cache_walk(b->cache, delete_known, b);

	do {
		b->found = 0;
		if (r == 0)
			r = skep_map_dump(b->cache->map, NULL, delete_unknown, b, NULL, err);
	} while (r == 0 && b->found && !b->result.failed);
	return r;
}

static uint32_t operation_of(struct skep_map_cache *c)
{
	uint32_t operation;

	map_cache_lock(c);
	operation = c->operation;
	map_cache_unlock(c);
	return operation;
}

int skep_map_cache_delete_all(struct skep_map_cache *c, struct skep_map_bulk_result *ret_result,
			      struct skep_error *err)
{
	struct bulk b = {
		.cache = c,
		.began = operation_of(c),
		.limit = 2ull * c->map->info.max_entries,
	};
	int r;

	if (skep_map_type_is_indexed(c->map->info.type))
		return skep_fail(err, -EOPNOTSUPP, SKEP_ERR_UNSUPPORTED,
				 "empty map '%s': elements of a map of type %s cannot be removed.",
				 c->target.name, skep_map_type_name(c->map->info.type, NULL));
	r = delete_everything(&b, err);
	map_cache_lock(c);
	map_cache_emit_delete_all(c, r < 0 ? r : (int)b.result.first_error);
	map_cache_unlock(c);
	return finish(&b, "empty", r, ret_result, err);
}

static int clear_known(const struct skep_map_cache_entry *entry, void *userdata)
{
	struct bulk *b = userdata;
	const struct map_cache_entry *e;
	int r = 0;

	map_cache_lock(b->cache);
	e = map_cache_table_find(b->cache, entry->key);
	if (e && !is_since(e, b) && e->desired != SKEP_MAP_DESIRED_DELETE)
		r = note(b,
			 map_cache_do_update(b->cache, entry->key, b->value, SKEP_UPDATE_FLAG_ANY));
	map_cache_unlock(b->cache);
	return r;
}

static int clear_unknown(const void *key, const void *value, void *userdata)
{
	struct bulk *b = userdata;
	const struct map_cache_entry *e;
	int r = 0;

	(void)value;
	map_cache_lock(b->cache);
	e = map_cache_table_find(b->cache, key);
	if (!e)
		r = note(b, map_cache_do_update(b->cache, key, b->value, SKEP_UPDATE_FLAG_EXIST));
	map_cache_unlock(b->cache);
	return r;
}

int skep_map_cache_clear_all(struct skep_map_cache *c, struct skep_map_bulk_result *ret_result,
			     struct skep_error *err)
{
	_cleanup_free_ void *zeros = calloc(1, c->target.value_bytes + 1);
	struct bulk b = {
		.cache = c,
		.began = operation_of(c),
		.limit = UINT64_MAX,
		.value = zeros,
	};
	int r;

	if (skep_map_type_facts(c->map->info.type) & SKEP_MAP_FACT_FDS)
		return skep_fail(err, -EOPNOTSUPP, SKEP_ERR_UNSUPPORTED,
				 "clear map '%s': values of a map of type %s are no numbers.",
				 c->target.name, skep_map_type_name(c->map->info.type, NULL));
	r = zeros ? skep_map_cache_walk(c, clear_known, &b) : -ENOMEM;
	if (r == 0)
		r = skep_map_dump(c->map, NULL, clear_unknown, &b, NULL, err);
	return finish(&b, "clear", r, ret_result, err);
}
