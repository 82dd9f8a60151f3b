/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * An entry is weak: it points to a map whose references may all have gone, but which is not freed before it has left. Who
 * finds it therefore takes a reference only if there still is one, under the lock that leaving takes, too.
 */
#include "map/registry.h"

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <skep/bpffs.h>
#include <skep/error.h>
#include <skep/map_pin.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "map/map.h"

struct entry {
	char *path;
	struct skep_map *map;
};

struct skep_map_registry {
	const struct skep_bpffs *bpffs; /* NULL: none */
	pthread_mutex_t lock;  /* of what follows, and of registry in the maps that are in it */
	struct entry *entries; /* by path; of the same path by age */
	size_t count, room;
	size_t references; /* the owner's, and one of each map that is in it */
	int is_closed;     /* the owner has gone */
};

int skep_map_registry_new(const struct skep_bpffs *bpffs, struct skep_map_registry **ret_registry,
			  struct skep_error *err)
{
	struct skep_map_registry *r = calloc(1, sizeof(*r));

	if (!r)
		return skep_fail(err, -ENOMEM, SKEP_ERR_NO_MEMORY, "registry of maps");
	r->bpffs = bpffs;
	r->references = 1;
	pthread_mutex_init(&r->lock, NULL);
	*ret_registry = r;
	return 0;
}

/* Gives a reference up, and the lock. */
static void unlock_unref(struct skep_map_registry *r)
{
	const int last = --r->references == 0;

	pthread_mutex_unlock(&r->lock);
	if (!last)
		return;
	pthread_mutex_destroy(&r->lock);
	free(r->entries);
	free(r);
}

/* The maps that are in it keep what they need to leave it by themselves. */
struct skep_map_registry *skep_map_registry_free(struct skep_map_registry *registry)
{
	int saved = errno;

	if (registry) {
		pthread_mutex_lock(&registry->lock);
		registry->is_closed = 1;
		unlock_unref(registry);
	}
	errno = saved;
	return NULL;
}

/* Return: 0; -ENAMETOOLONG; as skep_bpffs_map_path(). */
static int full_path(const struct skep_map_registry *r, const char *path, char buf[PATH_MAX])
{
	int len;

	if (!r->bpffs || *path == '/')
		len = snprintf(buf, PATH_MAX, "%s", path);
	else if (strchr(path, '/'))
		len = snprintf(buf, PATH_MAX, "%s/%s", skep_bpffs_root(r->bpffs), path);
	else
		len = skep_bpffs_map_path(r->bpffs, path, buf, PATH_MAX);
	if (len == -EINVAL) /* bpffs takes no such name: it stays a name */
		len = snprintf(buf, PATH_MAX, "%s", path);
	return len < 0 ? len : len < PATH_MAX ? 0 : -ENAMETOOLONG;
}

/* Return: the place behind the entries of a path. */
static size_t behind(const struct skep_map_registry *r, const char *path)
{
	size_t low = 0, high = r->count;

	while (low < high) {
		const size_t middle = low + (high - low) / 2;

		if (strcmp(r->entries[middle].path, path) <= 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Takes its entry out. The lock is held. Return: was there one? */
static int erase(struct skep_map_registry *r, const struct skep_map *map)
{
	size_t i;

	for (i = 0; i < r->count && r->entries[i].map != map;)
		i++;
	if (i == r->count)
		return 0;
	free(r->entries[i].path);
	r->count--;
	memmove(r->entries + i, r->entries + i + 1, (r->count - i) * sizeof(*r->entries));
	return 1;
}

void map_registry_leave(struct skep_map *map)
{
	struct skep_map_registry *r = atomic_load(&map->registry);

	if (!r)
		return;
	pthread_mutex_lock(&r->lock);
	erase(r, map);
	atomic_store(&map->registry, NULL);
	unlock_unref(r);
}

/* The lock is held. Return: 0; -ENOMEM. */
static int insert(struct skep_map_registry *r, struct skep_map *map, char *path)
{
	const size_t more = r->room ? 2 * r->room : 16, at = behind(r, path);

	if (r->count == r->room) {
		struct entry *entries = realloc(r->entries, more * sizeof(*entries));

		if (!entries)
			return -ENOMEM;
		r->entries = entries;
		r->room = more;
	}
	memmove(r->entries + at + 1, r->entries + at, (r->count - at) * sizeof(*r->entries));
	r->entries[at] = (struct entry){ .path = path, .map = map };
	r->count++;
	r->references++;
	atomic_store(&map->registry, r);
	return 0;
}

int skep_map_registry_add(struct skep_map_registry *registry, struct skep_map *map,
			  const char *path, struct skep_error *err)
{
	struct skep_map_registry *before = atomic_load(&map->registry);
	const char *pinned = skep_map_path(map), *given = path ? path : pinned;
	_cleanup_free_ char *copy = NULL;
	char buf[PATH_MAX];
	int r;

	if (!*given)
		given = map->info.name;
	if (!*given)
		return skep_fail(err, -EINVAL, SKEP_ERR_INVALID, "register map %u: it has no name.",
				 map->info.id);
	if (before && before->is_closed)
		map_registry_leave(map);
	else if (before)
		return skep_fail(err, -EBUSY, SKEP_ERR_CONFLICT,
				 "register map '%s': it is in a registry.", map->info.name);
	r = full_path(registry, given, buf);
	if (r < 0)
		return skep_fail(err, r, SKEP_ERR_INVALID, "register map '%s'", given);
	copy = strdup(buf);
	if (!copy)
		return skep_fail(err, -ENOMEM, SKEP_ERR_NO_MEMORY, "register map '%s'", given);
	pthread_mutex_lock(&registry->lock);
	r = insert(registry, map, copy);
	pthread_mutex_unlock(&registry->lock);
	if (r < 0)
		return skep_fail(err, r, SKEP_ERR_NO_MEMORY, "register map '%s'", given);
	copy = NULL; /* the entry's */
	return 0;
}

int skep_map_registry_remove(struct skep_map_registry *registry, struct skep_map *map)
{
	if (atomic_load(&map->registry) != registry)
		return 0;
	map_registry_leave(map);
	return 1;
}

struct skep_map *skep_map_registry_find(struct skep_map_registry *registry, const char *path)
{
	struct skep_map *found = NULL;
	char buf[PATH_MAX];
	size_t i;

	if (full_path(registry, path, buf) < 0)
		return NULL;
	pthread_mutex_lock(&registry->lock);
	for (i = behind(registry, buf); i-- && !strcmp(registry->entries[i].path, buf) && !found;)
		if (map_ref_if_alive(registry->entries[i].map))
			found = registry->entries[i].map;
	pthread_mutex_unlock(&registry->lock);
	return found;
}

/* References to all that are there, with their paths. The lock is held. Return: 0; -ENOMEM. */
static int snapshot(const struct skep_map_registry *r, struct entry *entries, size_t *ret_count)
{
	size_t i, count = 0;

	for (i = 0; i < r->count; i++) {
		char *path;

		if (!map_ref_if_alive(r->entries[i].map))
			continue;
		path = strdup(r->entries[i].path);
		entries[count++] = (struct entry){ .path = path, .map = r->entries[i].map };
		if (!path)
			break;
	}
	*ret_count = count;
	return i == r->count ? 0 : -ENOMEM;
}

int skep_map_registry_list(struct skep_map_registry *registry, skep_map_registry_fn fn,
			   void *userdata, struct skep_error *err)
{
	_cleanup_free_ struct entry *entries = NULL;
	size_t i, count = 0;
	int r = -ENOMEM;

	pthread_mutex_lock(&registry->lock);
	entries = calloc(registry->count + 1, sizeof(*entries));
	if (entries)
		r = snapshot(registry, entries, &count);
	pthread_mutex_unlock(&registry->lock);
	if (r < 0)
		skep_fail(err, r, SKEP_ERR_NO_MEMORY, "list maps");
	for (i = 0; i < count; i++) {
		if (r == 0)
			r = fn(entries[i].map, entries[i].path, userdata);
		skep_map_close(entries[i].map);
		free(entries[i].path);
	}
	return r;
}
