/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include <errno.h>

#include <skep/error.h>
#include <skep/kabi.h>
#include <skep/sys.h>

#include "base/error.h"
#include "base/hash.h"
#include "base/time.h"
#include "map/cache.h"
#include "map/map.h"

static int update(void *context, const void *key, const void *value, uint64_t flags)
{
	return skep_map_update(context, key, value, flags);
}

static int remove_element(void *context, const void *key)
{
	return skep_map_delete(context, key);
}

static enum map_cache_verdict verdict(void *context, int code)
{
	const struct skep_map *map = context;
	const bool is_indexed = skep_map_type_is_indexed(map->info.type);

	/* of an array E2BIG is a key out of range */
	if (code == -EINVAL || (code == -E2BIG && is_indexed))
		return MAP_CACHE_INVALID;
	/* memory may be there again in a moment, whatever is deleted from this map */
	if (code != -ENOMEM && !is_indexed && skep_sys_map_is_full(map->info.type, code))
		return MAP_CACHE_FULL;
	return MAP_CACHE_LATER;
}

static uint64_t now_ns(void *context)
{
	(void)context;
	return time_now_ns(CLOCK_MONOTONIC);
}

/* Good enough to keep programs that were started together from trying together. */
static uint64_t random_number(void *context)
{
	return hash_mix(time_now_ns(CLOCK_MONOTONIC) ^ (uintptr_t)context);
}

static void release(void *context)
{
	skep_map_close(context);
}

static int fail_type(const struct skep_map *map, const char *why, struct skep_error *err)
{
	return skep_fail(err, -EOPNOTSUPP, SKEP_ERR_UNSUPPORTED,
			 "cache of map '%s': a map of type %s %s.", map->info.name,
			 skep_map_type_name(map->info.type, NULL), why);
}

/* Whether what is remembered of an element means the same later. */
static int check_type(const struct skep_map *map, const struct skep_map_cache_opts *opts,
		      struct skep_error *err)
{
	const uint32_t facts = skep_map_type_facts(map->info.type);
	const bool keys_only = opts && opts->sz > offsetof(struct skep_map_cache_opts, flags) &&
			       opts->flags & SKEP_MAP_CACHE_KEYS_ONLY;

	if (!map->info.key_size || facts & SKEP_MAP_FACT_KEYLESS)
		return fail_type(map, "has no keys", err);
	if (facts & SKEP_MAP_FACT_STORAGE)
		return fail_type(map, "has fds as keys, which may be others later", err);
	if (facts & SKEP_MAP_FACT_FDS && !keys_only)
		return fail_type(map, "has fds as values, which may be others later: keys only",
				 err);
	return 0;
}

int skep_map_cache_open(struct skep_map *map, const struct skep_map_cache_opts *opts,
			struct skep_map_cache **ret_cache, struct skep_error *err)
{
	struct map_cache_target target = {
		.update = update,
		.remove = remove_element,
		.verdict = verdict,
		.now_ns = now_ns,
		.random = random_number,
		.release = release,
		.name = map->info.name,
		.key_size = map->info.key_size,
		.value_bytes = map->value_bytes,
	};
	struct skep_map_cache *cache;
	int r = check_type(map, opts, err);

	if (r < 0)
		return r;
	target.context = skep_map_ref(map);
	r = map_cache_new(&target, opts, &cache, err);
	if (r < 0)
		return r;
	cache->map = map;
	*ret_cache = cache;
	return 0;
}
