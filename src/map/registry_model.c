/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include <skep/map_registry.h>

#include <skep/json.h>
#include <skep/map_cache.h>
#include <skep/map_model.h>

#include "base/cleanup.h"

struct models {
	uint64_t flags;
	skep_map_registry_model_fn fn;
	void *userdata;
	struct skep_json *json;
	struct skep_error *err;
};

static int write_model(struct skep_map *map, const char *path, void *userdata)
{
	const struct models *m = userdata;
	struct skep_map_model_opts opts = { .sz = sizeof(opts), .flags = m->flags, .path = path };
	_cleanup_(skep_map_cache_closep) struct skep_map_cache *cache = NULL;
	int r = m->fn ? m->fn(map, &opts, &cache, m->userdata) : 0;

	if (r)
		return r < 0 ? r : 0;
	return skep_map_model_write(map, cache, &opts, m->json, NULL, m->err);
}

int skep_map_registry_models(struct skep_map_registry *registry, uint64_t flags,
			     skep_map_registry_model_fn fn, void *userdata, struct skep_json *j,
			     const char *key, struct skep_error *err)
{
	struct models m = { .flags = flags, .fn = fn, .userdata = userdata, .json = j, .err = err };
	int r;

	skep_json_array(j, key);
	r = skep_map_registry_list(registry, write_model, &m, err);
	skep_json_array_end(j);
	return r;
}
