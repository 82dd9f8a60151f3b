/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "map/desired.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <skep/error.h>
#include <skep/kabi.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/opts.h"
#include "map/key.h"

int map_is_comparable(const struct skep_map *map, int *ret_fd_at)
{
	*ret_fd_at = -1;
	switch (map->info.type) {
	case SKEP_MAP_TYPE_HASH:
	case SKEP_MAP_TYPE_ARRAY:
	case SKEP_MAP_TYPE_PERCPU_HASH:
	case SKEP_MAP_TYPE_PERCPU_ARRAY:
	case SKEP_MAP_TYPE_LRU_HASH:
	case SKEP_MAP_TYPE_LRU_PERCPU_HASH:
	case SKEP_MAP_TYPE_LPM_TRIE:
	case SKEP_MAP_TYPE_RHASH:
		return 1;
	case SKEP_MAP_TYPE_PROG_ARRAY:
	case SKEP_MAP_TYPE_ARRAY_OF_MAPS:
	case SKEP_MAP_TYPE_HASH_OF_MAPS:
		*ret_fd_at = 0;
		return 1;
	case SKEP_MAP_TYPE_DEVMAP:
	case SKEP_MAP_TYPE_DEVMAP_HASH:
	case SKEP_MAP_TYPE_CPUMAP:
		*ret_fd_at = map->info.value_size > 4 ? 4 : -1;
		return 1;
	default:
		return 0;
	}
}

static int fail_size(struct skep_error *err, const struct skep_map *map, const char *what,
		     size_t found, size_t wanted)
{
	return skep_fail(err, -EINVAL, SKEP_ERR_INVALID,
			 "map '%s': the %s of an object has %zu bytes, not %zu.", map->info.name,
			 what, found, wanted);
}

static int fail_none(struct skep_error *err, const struct skep_map *map, const char *what)
{
	return skep_fail(err, -EINVAL, SKEP_ERR_INVALID, "map '%s': an object has no %s.",
			 map->info.name, what);
}

static const void *bytes_of(skep_map_bytes_fn fn, uint64_t offset, uint64_t member_bytes,
			    const void *object, size_t *ret_bytes)
{
	if (fn)
		return fn(object, ret_bytes);
	*ret_bytes = (size_t)member_bytes;
	return (const unsigned char *)object + offset;
}

/* Return: the key; NULL: the object does not fit, -EINVAL. */
static const void *object_key(const struct skep_map *map, const struct skep_map_object_type *type,
			      const void *object, struct skep_error *err)
{
	size_t bytes = 0;
	const void *key = bytes_of(type->key_fn, type->key_offset, type->key_bytes, object, &bytes);

	if (!key)
		fail_none(err, map, "key");
	else if (bytes != map->info.key_size)
		fail_size(err, map, "key", bytes, map->info.key_size);
	else
		return key;
	return NULL;
}

/* Copies the value. Of a per-CPU map one for each CPU, or one for the first and zeros for the others. */
static int object_value(const struct skep_map *map, const struct skep_map_object_type *type,
			const void *object, void *ret_value, struct skep_error *err)
{
	size_t bytes = 0;
	const void *value =
		bytes_of(type->value_fn, type->value_offset, type->value_bytes, object, &bytes);

	if (!value)
		return fail_none(err, map, "value");
	if (bytes != map->value_bytes && bytes != map->info.value_size)
		return fail_size(err, map, "value", bytes, map->value_bytes);
	memcpy(ret_value, value, bytes);
	memset((unsigned char *)ret_value + bytes, 0, map->value_bytes - bytes);
	return 0;
}

static int copy_type(const struct skep_map *map, const struct skep_map_object_type *from,
		     struct skep_map_object_type *ret, struct skep_error *err)
{
	int r = from ? opts_copy(ret, sizeof(*ret), from) : -EINVAL;

	return r < 0 ? skep_fail(err, r, SKEP_ERR_INVALID, "map '%s': the type of its objects",
				 map->info.name)
		     : 0;
}

int skep_map_update_object(struct skep_map *map, const struct skep_map_object_type *type,
			   const void *object, struct skep_error *err)
{
	_cleanup_free_ void *value = malloc(map->value_bytes + 1);
	struct skep_map_object_type t = { 0 };
	const void *key;
	int r;

	if (!value)
		return skep_fail(err, -ENOMEM, SKEP_ERR_NO_MEMORY, "update map '%s'",
				 map->info.name);
	r = copy_type(map, type, &t, err);
	if (r < 0)
		return r;
	key = object_key(map, &t, object, err);
	if (!key)
		return -EINVAL;
	r = object_value(map, &t, object, value, err);
	if (r < 0)
		return r;
	r = skep_map_update(map, key, value, SKEP_UPDATE_FLAG_ANY);
	return r < 0 ? skep_map_fail(err, map, "update", r) : 0;
}

int skep_map_delete_object(struct skep_map *map, const struct skep_map_object_type *type,
			   const void *object, struct skep_error *err)
{
	struct skep_map_object_type t = { 0 };
	const void *key;
	int r = copy_type(map, type, &t, err);

	if (r < 0)
		return r;
	key = object_key(map, &t, object, err);
	if (!key)
		return -EINVAL;
	r = skep_map_delete_if_exists(map, key);
	return r < 0 ? skep_map_fail(err, map, "delete from", r) : r;
}

static int make_room(struct map_desired *d)
{
	size_t room = d->room ? d->room * 2 : 128;
	unsigned char *values = reallocarray(d->values, room, d->map->value_bytes);

	if (!values)
		return -ENOMEM;
	d->values = values;
	d->room = room;
	return 0;
}

static int add(struct map_desired *d, const struct skep_map_object_type *type, const void *object,
	       int with_values, struct skep_error *err)
{
	const struct skep_map *map = d->map;
	const void *key = object_key(map, type, object, err);
	int r;

	if (!key)
		return -EINVAL;
	map_key_canonical(&map->info, key, d->key);
	r = map_key_set_add(&d->keys, d->key);
	if (r == 0)
		return skep_fail(err, -EEXIST, SKEP_ERR_INVALID,
				 "map '%s': two objects have the same key.", map->info.name);
	if (r > 0 && with_values && d->keys.count > d->room)
		r = make_room(d);
	if (r < 0)
		return skep_fail(err, r, SKEP_ERR_NO_MEMORY, "map '%s': collect what is wanted",
				 map->info.name);
	if (!with_values)
		return 0;
	return object_value(map, type, object, d->values + (d->keys.count - 1) * map->value_bytes,
			    err);
}

int map_desired_collect(struct map_desired *ret, const struct skep_map *map,
			const struct skep_map_wanted *desired, int with_values,
			struct skep_error *err)
{
	struct skep_map_object_type type = { 0 };
	struct skep_map_wanted from = { 0 };
	const void *object = NULL;
	uint64_t i;
	int r = desired ? opts_copy(&from, sizeof(from), desired) : -EINVAL;

	*ret = (struct map_desired){ .map = map };
	map_key_set_init(&ret->keys, map->info.key_size);
	if (r < 0)
		return skep_fail(err, r, SKEP_ERR_INVALID, "map '%s': what is wanted",
				 map->info.name);
	r = copy_type(map, from.type, &type, err);
	if (r < 0)
		return r;
	ret->key = malloc(map->info.key_size);
	if (!ret->key)
		return skep_fail(err, -ENOMEM, SKEP_ERR_NO_MEMORY, "map '%s': reconcile",
				 map->info.name);
	for (i = 0; !from.next_fn && i < from.object_count; i++) {
		object = (const unsigned char *)from.objects + i * from.object_bytes;
		r = add(ret, &type, object, with_values, err);
		if (r < 0)
			return r;
	}
	while (from.next_fn && (r = from.next_fn(&object, from.userdata)) > 0) {
		r = add(ret, &type, object, with_values, err);
		if (r < 0)
			return r;
	}
	return r < 0 ? skep_fail(err, r, SKEP_ERR_SYSCALL, "map '%s': list what is wanted",
				 map->info.name)
		     : 0;
}

void map_desired_fini(struct map_desired *d)
{
	map_key_set_fini(&d->keys);
	free(d->values);
	free(d->key);
}
