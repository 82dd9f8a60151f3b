/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "pretended_map.h"

#include <errno.h>
#include <string.h>

#include <skep/error.h>

#include "check.h"

static int update(void *context, const void *key, const void *value, uint64_t flags)
{
	struct pretended *p = context;
	uint32_t k;

	(void)flags;
	memcpy(&k, key, sizeof(k));
	p->updates++;
	if (p->in_update)
		p->in_update(p);
	if (p->refuse_update[k])
		return p->refuse_update[k];
	if (!p->has[k] && p->count >= p->room)
		return -E2BIG;
	p->count += !p->has[k];
	p->has[k] = true;
	memcpy(&p->values[k], value, sizeof(p->values[k]));
	return 0;
}

static int remove_element(void *context, const void *key)
{
	struct pretended *p = context;
	uint32_t k;

	memcpy(&k, key, sizeof(k));
	p->removes++;
	if (p->refuse_remove[k])
		return p->refuse_remove[k];
	if (!p->has[k])
		return -ENOENT;
	p->has[k] = false;
	p->count--;
	return 0;
}

static enum map_cache_verdict verdict(void *context, int code)
{
	(void)context;
	if (code == -EINVAL)
		return MAP_CACHE_INVALID;
	return code == -E2BIG ? MAP_CACHE_FULL : MAP_CACHE_LATER;
}

static uint64_t now_ns(void *context)
{
	struct pretended *p = context;

	p->now_ns += p->tick_ns;
	return p->now_ns;
}

static uint64_t random_number(void *context)
{
	return ((struct pretended *)context)->random;
}

static void release(void *context)
{
	((struct pretended *)context)->released++;
}

void pretended_init(struct pretended *p)
{
	memset(p, 0, sizeof(*p));
	p->now_ns = PRETENDED_START_NS;
	p->room = PRETENDED_KEYS;
}

struct skep_map_cache *pretended_cache(struct pretended *p, const struct skep_map_cache_opts *opts)
{
	const struct map_cache_target target = {
		.update = update,
		.remove = remove_element,
		.verdict = verdict,
		.now_ns = now_ns,
		.random = random_number,
		.release = release,
		.context = p,
		.name = "pretended",
		.key_size = 4,
		.value_bytes = 8,
	};
	struct skep_map_cache *cache = NULL;
	struct skep_error err = { 0 };

	check_int(map_cache_new(&target, opts, &cache, &err), 0, "%s", err.msg);
	return cache;
}
