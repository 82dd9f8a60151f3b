/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include <skep/map_model.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <skep/error.h>
#include <skep/json.h>
#include <skep/kabi.h>
#include <skep/map_cache.h>
#include <skep/map_dump.h>
#include <skep/map_pin.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/opts.h"
#include "map/json_text.h"
#include "map/map.h"

#define FIRST_ROOM 64

/* An element; its key and, if it has one, its value are at a place of the bytes. */
struct listed {
	size_t at;
	uint32_t desired;
	int32_t error;
	int has_value;
};

struct model {
	const struct skep_map *map;
	struct skep_map_model_opts opts;
	int has_desired;
	size_t key_size, value_bytes, element_bytes;
	struct listed *elements;
	unsigned char *bytes;
	size_t count, room;
};

static int reserve(struct model *m)
{
	const size_t room = m->room ? m->room * 2 : FIRST_ROOM;
	unsigned char *bytes;
	struct listed *elements;

	if (m->count < m->room)
		return 0;
	elements = reallocarray(m->elements, room, sizeof(*elements));
	if (!elements)
		return -ENOMEM;
	m->elements = elements;
	bytes = reallocarray(m->bytes, room, m->element_bytes);
	if (!bytes)
		return -ENOMEM;
	m->bytes = bytes;
	m->room = room;
	return 0;
}

static int add(struct model *m, const void *key, const void *value, uint64_t desired, int64_t error)
{
	size_t at = m->count * m->element_bytes;

	if (reserve(m) < 0)
		return -ENOMEM;
	memcpy(m->bytes + at, key, m->key_size);
	if (value)
		memcpy(m->bytes + at + m->key_size, value, m->value_bytes);
	m->elements[m->count++] = (struct listed){
		.at = at,
		.desired = (uint32_t)desired,
		.error = (int32_t)error,
		.has_value = value != NULL,
	};
	return 0;
}

static int add_wanted(const struct skep_map_cache_entry *e, void *userdata)
{
	return add(userdata, e->key, e->value, e->desired, e->error);
}

static int add_held(const void *key, const void *value, void *userdata)
{
	return add(userdata, key, value, SKEP_MAP_DESIRED_OK, 0);
}

/* Return: 0; a negative errno, and what was found before it is in the list. */
static int collect(struct model *m, struct skep_map *map, struct skep_map_cache *cache,
		   struct skep_error *err)
{
	const struct skep_map_dump_opts dump = { .sz = sizeof(dump), .flags = SKEP_MAP_DUMP_ONCE };
	int r;

	if (cache)
		r = skep_map_cache_walk(cache, add_wanted, m);
	else
		r = skep_map_dump(map, &dump, add_held, m, NULL, err);
	if (r == -ENOMEM)
		return skep_fail(err, r, SKEP_ERR_NO_MEMORY, "list the elements");
	return r;
}

static int compare(const void *a, const void *b, void *context)
{
	const struct model *m = context;
	const struct listed *x = a, *y = b;

	return memcmp(m->bytes + x->at, m->bytes + y->at, m->key_size);
}

static int write_element(const struct model *m, const struct listed *e, struct skep_json *j)
{
	const unsigned char *key = m->bytes + e->at;
	char number[32];
	int r;

	skep_json_object(j, NULL);
	r = map_json_text(m->opts.key_format, key, m->key_size, j, "key");
	if (r == 0 && e->has_value)
		r = map_json_text(m->opts.value_format, key + m->key_size, m->value_bytes, j,
				  "value");
	if (m->has_desired)
		skep_json_string(j, "desired-action", skep_map_desired_name(e->desired));
	if (e->error)
		skep_json_string(j, "last-error",
				 skep_errno_text(e->error, number, sizeof(number)));
	skep_json_object_end(j);
	return r;
}

static void write_facts(const struct model *m, struct skep_json *j)
{
	skep_json_string(j, "name", m->map->info.name);
	skep_json_string(j, "type", skep_map_type_name(m->map->info.type, NULL));
	skep_json_u64(j, "max-entries", m->map->info.max_entries);
	skep_json_u64(j, "entries", m->count);
}

/* @result: of collecting, and the words. */
static void write_model(struct model *m, int result, struct skep_error *err, struct skep_json *j,
			const char *key)
{
	const char *path = m->opts.path ? m->opts.path : skep_map_path(m->map);
	size_t listed = m->count, i;

	if (m->opts.max_listed && m->opts.max_listed < listed)
		listed = (size_t)m->opts.max_listed;
	if (m->count)
		qsort_r(m->elements, m->count, sizeof(*m->elements), compare, m);
	skep_json_object(j, key);
	if (*path)
		skep_json_string(j, "path", path);
	if (m->opts.flags & SKEP_MAP_MODEL_FACTS)
		write_facts(m, j);
	skep_json_array(j, "cache");
	for (i = 0; i < listed; i++) {
		int r = write_element(m, &m->elements[i], j);

		if (r < 0 && result == 0)
			result = skep_fail(err, r, SKEP_ERR_INVALID, "write an element");
	}
	skep_json_array_end(j);
	if (result < 0 || listed < m->count)
		skep_json_bool(j, "truncated", 1);
	if (result < 0)
		skep_json_string(j, "error", err->msg);
	skep_json_object_end(j);
}

int skep_map_model_write(struct skep_map *map, struct skep_map_cache *cache,
			 const struct skep_map_model_opts *opts, struct skep_json *j,
			 const char *key, struct skep_error *err)
{
	struct model m = {
		.map = map,
		.key_size = map->info.key_size,
		.value_bytes = map->value_bytes,
		.element_bytes = map->info.key_size + map->value_bytes,
	};
	struct skep_error why = { 0 };
	int r = opts_copy(&m.opts, sizeof(m.opts), opts);

	if (r < 0)
		return skep_fail(err, r, SKEP_ERR_INVALID, "options of a model");
	if (m.opts.flags & ~(uint64_t)SKEP_MAP_MODEL_FACTS)
		return skep_fail(err, -EINVAL, SKEP_ERR_INVALID,
				 "model of map '%s': unknown flags.", map->info.name);
	if (cache && !skep_map_cache_keeps_values(cache))
		cache = NULL;
	m.has_desired = cache != NULL;
	r = collect(&m, map, cache, &why);
	write_model(&m, r, &why, j, key);
	free(m.elements);
	free(m.bytes);
	return 0;
}
