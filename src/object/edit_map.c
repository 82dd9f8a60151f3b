/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* Edits of maps. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <skep/error.h>
#include <skep/kabi.h>
#include <skep/sys_object.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/opts.h"
#include "object/object.h"
#include "sys/map_value.h"

static int needs_defined(const struct object_map *m, const char *what, struct skep_error *err)
{
	return m->spec.kind == SKEP_OBJECT_MAP_DEFINED
		       ? 0
		       : skep_fail(err, -EINVAL, SKEP_ERR_INVALID,
				   "map '%s': it holds variables, which decide on its %s.", m->name,
				   what);
}

static uint64_t *property_of(struct skep_map_spec *spec, uint32_t property)
{
	switch (property) {
	case SKEP_OBJECT_MAP_TYPE:
		return &spec->type;
	case SKEP_OBJECT_MAP_KEY_SIZE:
		return &spec->key_size;
	case SKEP_OBJECT_MAP_VALUE_SIZE:
		return &spec->value_size;
	case SKEP_OBJECT_MAP_MAX_ENTRIES:
		return &spec->max_entries;
	case SKEP_OBJECT_MAP_FLAGS:
		return &spec->flags;
	case SKEP_OBJECT_MAP_MAP_EXTRA:
		return &spec->map_extra;
	case SKEP_OBJECT_MAP_NUMA_NODE:
		return &spec->numa_node;
	case SKEP_OBJECT_MAP_IFINDEX:
		return &spec->ifindex;
	default:
		return NULL;
	}
}

static const char *property_name(uint32_t property)
{
	static const char *const names[] = {
		[SKEP_OBJECT_MAP_TYPE] = "type",
		[SKEP_OBJECT_MAP_KEY_SIZE] = "key_size",
		[SKEP_OBJECT_MAP_VALUE_SIZE] = "value_size",
		[SKEP_OBJECT_MAP_MAX_ENTRIES] = "max_entries",
		[SKEP_OBJECT_MAP_FLAGS] = "flags",
		[SKEP_OBJECT_MAP_NUMA_NODE] = "numa_node",
		[SKEP_OBJECT_MAP_IFINDEX] = "ifindex",
	};

	return property < ARRAY_SIZE(names) && names[property] ? names[property] : "property";
}

int skep_object_map_set(struct skep_object *o, const char *map, uint32_t property, uint64_t value,
			struct skep_error *err)
{
	uint64_t *member;
	struct object_map *m;
	int r = object_need_map(o, map, &m, err);

	if (r < 0)
		return r;
	if (property == SKEP_OBJECT_MAP_PINNING) {
		m->spec.pinning = (uint32_t)value;
		return 0;
	}
	member = property_of(&m->spec.spec, property);
	if (!member)
		return skep_fail(err, -EINVAL, SKEP_ERR_INVALID,
				 "map '%.64s': %u is no property of maps (SKEP_OBJECT_MAP_*).", map,
				 property);
	if (value > UINT32_MAX && property != SKEP_OBJECT_MAP_MAP_EXTRA)
		return skep_fail(err, -EINVAL, SKEP_ERR_INVALID,
				 "map '%.64s': %s of %llu: it is 4294967295 at the most.", map,
				 property_name(property), (unsigned long long)value);
	if (property == SKEP_OBJECT_MAP_TYPE || property == SKEP_OBJECT_MAP_KEY_SIZE ||
	    property == SKEP_OBJECT_MAP_VALUE_SIZE || property == SKEP_OBJECT_MAP_MAX_ENTRIES)
		r = needs_defined(m, "type and sizes", err);
	if (r < 0)
		return r;
	if (*member != value && property == SKEP_OBJECT_MAP_KEY_SIZE)
		m->spec.spec.btf_key_type_id = 0;
	if (*member != value && property == SKEP_OBJECT_MAP_VALUE_SIZE)
		m->spec.spec.btf_value_type_id = 0;
	*member = value;
	m->edited |= 1u << property;
	return 0;
}

int skep_object_map_set_inner(struct skep_object *o, const char *map,
			      const struct skep_map_spec *inner, struct skep_error *err)
{
	struct skep_map_spec copy = { 0 };
	struct object_map *m;
	int r = object_need_map(o, map, &m, err);

	if (r == 0)
		r = inner ? opts_copy(&copy, sizeof(copy), inner) : -EINVAL;
	if (r < 0)
		return r == -ENOENT
			       ? r
			       : skep_fail(err, r, SKEP_ERR_INVALID, "map '%s': inner maps", map);
	if (!skep_map_type_is_map_of_maps((uint32_t)m->spec.spec.type))
		return skep_fail(err, -EINVAL, SKEP_ERR_INVALID, "map '%s' holds no maps.", map);
	copy.name = NULL;
	copy.inner = NULL;
	copy.btf_fd = copy.btf_key_type_id = copy.btf_value_type_id = copy.token_fd = 0;
	copy.sz = sizeof(copy);
	m->inner = copy;
	m->spec.spec.inner = &m->inner;
	m->spec.guessed_inner = 0;
	m->inner_is_edited = 1;
	return 0;
}

int skep_object_map_set_pin(struct skep_object *o, const char *map, const char *path,
			    struct skep_error *err)
{
	struct object_map *m;
	int r = object_need_map(o, map, &m, err);
	char *copy = NULL;

	if (r < 0)
		return r;
	if (path) {
		copy = strdup(path);
		if (!copy)
			return object_no_memory(err);
	}
	free(m->pin_path);
	m->pin_path = copy;
	m->spec.pin_path = copy;
	if (!path)
		m->spec.pinning = SKEP_OBJECT_PINNING_NONE;
	else if (!m->spec.pinning)
		m->spec.pinning = SKEP_OBJECT_PINNING_BY_NAME;
	return 0;
}

int skep_object_map_exclude(struct skep_object *o, const char *map, int excluded,
			    struct skep_error *err)
{
	struct object_map *m;
	int r = object_need_map(o, map, &m, err);

	if (r == 0)
		m->spec.excluded = !!excluded;
	return r;
}

int skep_object_map_put(struct skep_object *o, const char *map, const void *key, size_t key_bytes,
			const void *value, size_t value_bytes, struct skep_error *err)
{
	struct skep_map_info info = { .value_size = 0 };
	struct object_element *e, **last;
	struct object_map *m;
	size_t stride, bytes;
	int r = object_need_map(o, map, &m, err);

	if (r < 0)
		return r;
	info.type = (uint32_t)m->spec.spec.type;
	info.value_size = (uint32_t)m->spec.spec.value_size;
	r = sys_map_value(&info, &stride, &bytes);
	if (r < 0)
		return skep_fail(err, r, SKEP_ERR_SYSCALL, "map '%s': count the CPUs", map);
	if (key_bytes != m->spec.spec.key_size || value_bytes != bytes)
		return skep_fail(err, -EINVAL, SKEP_ERR_INVALID,
				 "map '%s': keys have %u and values %zu bytes, not %zu and %zu.",
				 map, (unsigned)m->spec.spec.key_size, bytes, key_bytes,
				 value_bytes);
	e = calloc(1, sizeof(*e));
	if (!e)
		return object_no_memory(err);
	e->key = malloc(key_bytes + 1);
	e->value = malloc(value_bytes + 1);
	if (!e->key || !e->value) {
		free(e->key);
		free(e->value);
		free(e);
		return object_no_memory(err);
	}
	if (key_bytes)
		memcpy(e->key, key, key_bytes);
	memcpy(e->value, value, value_bytes);
	e->value_size = value_bytes;
	for (last = &m->elements; *last; last = &(*last)->next)
		;
	*last = e;
	return 0;
}

int skep_object_map_freeze(struct skep_object *o, const char *map, int frozen,
			   struct skep_error *err)
{
	struct object_map *m;
	int r = object_need_map(o, map, &m, err);

	if (r == 0)
		r = needs_defined(m, "freezing", err);
	if (r == 0)
		m->spec.frozen = !!frozen;
	return r;
}
