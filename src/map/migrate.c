/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include <skep/map_migrate.h>

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <skep/bpffs_pin.h>
#include <skep/error.h>
#include <skep/kabi.h>
#include <skep/map.h>
#include <skep/map_pin.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/opts.h"
#include "bpffs/own.h"
#include "bpffs/rename.h"

#define SUFFIX_LEN (sizeof(SKEP_MAP_PENDING_SUFFIX) - 1)
#define NAME_BYTES (NAME_MAX + 1)

/* Where, and who is told. */
struct migration {
	const struct skep_bpffs *bpffs;
	const char *dir;
	skep_map_migrate_fn fn;
	void *userdata;
	struct skep_error *err;
};

static const char *const step_names[] = {
	[SKEP_MAP_MIGRATE_ABSENT] = "absent",     [SKEP_MAP_MIGRATE_KEPT] = "kept",
	[SKEP_MAP_MIGRATE_MOVED] = "moved",       [SKEP_MAP_MIGRATE_LEFTOVER] = "leftover",
	[SKEP_MAP_MIGRATE_REMOVED] = "removed",   [SKEP_MAP_MIGRATE_REVERTED] = "reverted",
	[SKEP_MAP_MIGRATE_RESTORED] = "restored", [SKEP_MAP_MIGRATE_UNDECIDED] = "undecided",
};

const char *skep_map_migrate_step_name(uint64_t step)
{
	return step > 0 && step < ARRAY_SIZE(step_names) ? step_names[step] : "unknown";
}

/* A name, and the same with the suffix. Return: 0; -EINVAL, -ENAMETOOLONG it cannot be one. */
static int pending_name(const char *name, char buf[NAME_BYTES], struct skep_error *err)
{
	const size_t len = name ? strlen(name) : 0;

	if (!len || strpbrk(name, "/."))
		return skep_fail(
			err, -EINVAL, SKEP_ERR_INVALID,
			"migrate maps: '%s' is no name of a pin: one part of a path, without "
			"dots.",
			name ? name : "");
	if (len > SUFFIX_LEN && !strcmp(name + len - SUFFIX_LEN, SKEP_MAP_PENDING_SUFFIX))
		return skep_fail(err, -EINVAL, SKEP_ERR_INVALID,
				 "migrate maps: '%s' ends in the suffix itself.", name);
	if (len + SUFFIX_LEN > NAME_MAX)
		return skep_fail(err, -ENAMETOOLONG, SKEP_ERR_INVALID,
				 "migrate maps: '%.32s...' is longer than %zu bytes.", name,
				 NAME_MAX - SUFFIX_LEN);
	snprintf(buf, NAME_BYTES, "%s" SKEP_MAP_PENDING_SUFFIX, name);
	return 0;
}

static int tell(const struct migration *m, const char *name, uint32_t step,
		const struct skep_map_difference *differences, int count)
{
	const struct skep_map_migrate_event event = {
		.name = name,
		.step = step,
		.differences = differences,
		.difference_count = (uint64_t)count,
	};

	return m->fn ? m->fn(&event, m->userdata) : 0;
}

static int path_of(const struct migration *m, const char *name, char buf[PATH_MAX])
{
	const int n = snprintf(buf, PATH_MAX, "%s/%s", m->dir, name);

	return n >= PATH_MAX ? skep_fail(m->err, -ENAMETOOLONG, SKEP_ERR_INVALID,
					 "migrate maps: the path of '%s' is too long.", name)
			     : 0;
}

/* Return: 0 and the map; -ENOENT, without words; another negative errno. */
static int open_map(const struct migration *m, const char *name, struct skep_map **ret_map)
{
	char path[PATH_MAX];
	int r = path_of(m, name, path);

	if (r == 0 && skep_bpffs_exists(m->bpffs, path) == 0)
		return -ENOENT;
	return r < 0 ? r : skep_map_open_pinned(m->bpffs, path, 0, ret_map, m->err);
}

static int exists(const struct migration *m, const char *name)
{
	char path[PATH_MAX];
	int r = path_of(m, name, path);

	r = r < 0 ? r : skep_bpffs_exists(m->bpffs, path);
	return r < 0 ? skep_fail(m->err, r, SKEP_ERR_SYSCALL, "look for the pin '%s'", path) : r;
}

/* Renames, and makes sure that it was this map: somebody may have given the name to another one meanwhile. */
static int move_aside(const struct migration *m, const char *name, const char *pending,
		      const struct skep_map *map)
{
	char path[PATH_MAX];
	int r = bpffs_rename(m->bpffs, m->dir, name, pending, 1, m->err);

	if (r == -ENOENT) { /* it went in between; what we hold is pinned again */
		r = path_of(m, pending, path);
		return r < 0 ? r : skep_bpffs_pin(m->bpffs, skep_map_fd(map), path, m->err);
	}
	if (r < 0)
		return r;
	r = path_of(m, pending, path);
	r = r < 0 ? r : bpffs_is_own(m->bpffs, path, skep_map_fd(map), m->err);
	if (r >= 0)
		return 0;
	if (bpffs_rename(m->bpffs, m->dir, pending, name, 0, NULL) < 0)
		return skep_fail(m->err, r, SKEP_ERR_PARTIAL,
				 "migrate maps: '%s' is pending, and cannot be checked.", name);
	return r;
}

/* Return: 1 it shall be moved; 0 it stays; a negative errno. */
static int is_to_move(const struct migration *m, const struct skep_map_migration *wanted,
		      const struct skep_map *map, struct skep_map_difference *differences,
		      int *ret_count)
{
	*ret_count = 0;
	if (!wanted->spec)
		return 1;
	*ret_count = skep_map_compare(map, wanted->spec, 0, differences, m->err);
	if (*ret_count)
		return *ret_count < 0 ? *ret_count : 1;
	return wanted->spec->type == SKEP_MAP_TYPE_PROG_ARRAY &&
	       !(wanted->flags & SKEP_MAP_MIGRATE_SHARED);
}

/* Return: 1 moved; 0 not; a negative errno, and what @fn returned, is below 0 or as it was. */
static int start_one(const struct migration *m, const struct skep_map_migration *wanted,
		     int *ret_stop)
{
	_cleanup_(skep_map_closep) struct skep_map *map = NULL;
	struct skep_map_difference differences[SKEP_MAP_DIFFERENCES];
	char pending[NAME_BYTES];
	int count = 0, leftover, r;

	r = pending_name(wanted->name, pending, m->err);
	r = r < 0 ? r : open_map(m, wanted->name, &map);
	if (r == -ENOENT) {
		*ret_stop = tell(m, wanted->name, SKEP_MAP_MIGRATE_ABSENT, NULL, 0);
		return 0;
	}
	r = r < 0 ? r : is_to_move(m, wanted, map, differences, &count);
	if (r <= 0) {
		if (r == 0)
			*ret_stop = tell(m, wanted->name, SKEP_MAP_MIGRATE_KEPT, NULL, 0);
		return r;
	}
	leftover = exists(m, pending);
	r = leftover < 0 ? leftover : move_aside(m, wanted->name, pending, map);
	if (r < 0)
		return r;
	if (leftover)
		*ret_stop = tell(m, wanted->name, SKEP_MAP_MIGRATE_LEFTOVER, NULL, 0);
	if (!*ret_stop)
		*ret_stop = tell(m, wanted->name, SKEP_MAP_MIGRATE_MOVED, differences, count);
	return 1;
}

/* Return: @code; of kind PARTIAL if a name could not be given back. */
static int undo(const struct migration *m, const struct skep_map_migration *maps, size_t stride,
		const uint8_t *moved, size_t count, int code)
{
	const struct skep_map_migration *map;
	char pending[NAME_BYTES];
	size_t i;

	for (i = count; i-- > 0;) {
		map = (const void *)((const char *)maps + i * stride);
		if (!moved[i] || pending_name(map->name, pending, NULL) < 0)
			continue;
		if (bpffs_rename(m->bpffs, m->dir, pending, map->name, 0, NULL) < 0)
			code = skep_fail(m->err, code, SKEP_ERR_PARTIAL,
					 "migrate maps: failed, and '%s' is still pending.",
					 map->name);
	}
	return code;
}

static int check_twice(const struct skep_map_migration *maps, size_t stride, size_t count,
		       struct skep_error *err)
{
	const struct skep_map_migration *a, *b;
	char pending[NAME_BYTES];
	size_t i, j;
	int r;

	for (i = 0; i < count; i++) {
		a = (const void *)((const char *)maps + i * stride);
		r = pending_name(a->name, pending, err);
		if (r < 0)
			return r;
		for (j = 0; j < i; j++) {
			b = (const void *)((const char *)maps + j * stride);
			if (!strcmp(a->name, b->name))
				return skep_fail(err, -EINVAL, SKEP_ERR_INVALID,
						 "migrate maps: '%s' is told twice.", a->name);
		}
	}
	return 0;
}

int skep_map_migrate_start(const struct skep_bpffs *bpffs, const char *dir,
			   const struct skep_map_migration *maps, size_t count,
			   skep_map_migrate_fn fn, void *userdata, struct skep_error *err)
{
	const struct migration m = { bpffs, dir, fn, userdata, err };
	const size_t stride = count ? maps->sz : 0;
	struct skep_map_migration map;
	_cleanup_free_ uint8_t *moved = NULL;
	int r, stop = 0, sum = 0;
	size_t i;

	r = count ? opts_copy(&map, sizeof(map), maps) : 0;
	if (r < 0)
		return skep_fail(err, r, SKEP_ERR_INVALID,
				 "migrate maps: members that this version does not know");
	r = check_twice(maps, stride, count, err);
	if (r < 0)
		return r;
	moved = calloc(count + 1, 1);
	if (!moved)
		return skep_fail(err, -ENOMEM, SKEP_ERR_NO_MEMORY, "migrate maps");
	for (i = 0; i < count; i++) {
		r = opts_copy(&map, sizeof(map), (const char *)maps + i * stride);
		r = r < 0 ? r : start_one(&m, &map, &stop);
		if (r < 0 || stop) {
			moved[i] = r > 0;
			return undo(&m, maps, stride, moved, i + 1, stop ? stop : r);
		}
		moved[i] = (uint8_t)r;
		sum += r;
	}
	return sum;
}

/* What to do with one pending pin. Return: 1 done; 0 there is none; a negative errno. */
typedef int (*pending_fn)(const struct migration *m, const char *name, const char *pending,
			  int *ret_stop);

static int finalize_one(const struct migration *m, const char *name, const char *pending,
			int *ret_stop)
{
	_cleanup_(skep_map_closep) struct skep_map *old = NULL;
	char path[PATH_MAX];
	int r = open_map(m, pending, &old);

	if (r < 0)
		return r == -ENOENT ? 0 : r;
	r = exists(m, name);
	if (r == 0)
		return skep_fail(
			m->err, -ENOENT, SKEP_ERR_NOT_FOUND,
			"migrate maps: there is no new map '%s' in '%s': the old one stays "
			"pending.",
			name, m->dir);
	r = r < 0 ? r : path_of(m, pending, path);
	r = r < 0 ? r : skep_bpffs_unpin(m->bpffs, path, m->err);
	if (r > 0)
		*ret_stop = tell(m, name, SKEP_MAP_MIGRATE_REMOVED, NULL, 0);
	return r;
}

static int revert_one(const struct migration *m, const char *name, const char *pending,
		      int *ret_stop)
{
	_cleanup_(skep_map_closep) struct skep_map *old = NULL;
	int r = open_map(m, pending, &old), is_there;

	if (r < 0)
		return r == -ENOENT ? 0 : r;
	is_there = exists(m, name);
	r = is_there < 0 ? is_there
			 : bpffs_rename(m->bpffs, m->dir, pending, name, is_there, m->err);
	if (r < 0)
		return r;
	*ret_stop = tell(m, name, is_there ? SKEP_MAP_MIGRATE_REVERTED : SKEP_MAP_MIGRATE_RESTORED,
			 NULL, 0);
	return 1;
}

static int recover_one(const struct migration *m, const char *name, const char *pending,
		       int *ret_stop)
{
	int r = exists(m, name);

	if (r > 0) {
		*ret_stop = tell(m, name, SKEP_MAP_MIGRATE_UNDECIDED, NULL, 0);
		return 0;
	}
	return r < 0 ? r : revert_one(m, name, pending, ret_stop);
}

/* The names that are pending in a directory: collected first, because what is walked must not change. */
struct names {
	char **items;
	size_t count;
	struct skep_error *err;
};

static void names_fini(struct names *names)
{
	while (names->count)
		free(names->items[--names->count]);
	free(names->items);
}

static int collect(const struct skep_bpffs_entry *entry, void *userdata)
{
	struct names *names = userdata;
	const size_t len = strlen(entry->name);
	char **more;

	if (len <= SUFFIX_LEN ||
	    strcmp(entry->name + len - SUFFIX_LEN, SKEP_MAP_PENDING_SUFFIX) != 0)
		return 0;
	if (entry->kind == SKEP_BPFFS_ENTRY_UNKNOWN && entry->code != -ENOENT)
		return skep_fail(names->err, (int)entry->code, SKEP_ERR_SYSCALL,
				 "open the pin '%s'", entry->path); /* it may be one */
	if (entry->kind != SKEP_BPFFS_ENTRY_MAP)
		return 0;
	more = reallocarray(names->items, names->count + 1, sizeof(*more));
	if (!more)
		return skep_fail(names->err, -ENOMEM, SKEP_ERR_NO_MEMORY, "migrate maps");
	names->items = more;
	more[names->count] = strndup(entry->name, len - SUFFIX_LEN);
	if (!more[names->count])
		return skep_fail(names->err, -ENOMEM, SKEP_ERR_NO_MEMORY, "migrate maps");
	names->count++;
	return 0;
}

static int for_each(const struct migration *m, const char *const *names, size_t count,
		    pending_fn fn)
{
	char pending[NAME_BYTES];
	int r, stop = 0, sum = 0;
	size_t i;

	for (i = 0; i < count; i++) {
		r = pending_name(names[i], pending, m->err);
		r = r < 0 ? r : fn(m, names[i], pending, &stop);
		if (r < 0 || stop)
			return stop ? stop : r;
		sum += r;
	}
	return sum;
}

static int for_names(const struct migration *m, const char *const *names, size_t count,
		     pending_fn fn)
{
	_cleanup_(names_fini) struct names found = { .err = m->err };
	int r;

	if (names)
		return for_each(m, names, count, fn);
	r = skep_bpffs_walk(m->bpffs, m->dir, 0, collect, &found, m->err);
	return r < 0 ? r : for_each(m, (const char *const *)found.items, found.count, fn);
}

int skep_map_migrate_finalize(const struct skep_bpffs *bpffs, const char *dir,
			      const char *const *names, size_t count, skep_map_migrate_fn fn,
			      void *userdata, struct skep_error *err)
{
	const struct migration m = { bpffs, dir, fn, userdata, err };

	return for_names(&m, names, count, finalize_one);
}

int skep_map_migrate_revert(const struct skep_bpffs *bpffs, const char *dir,
			    const char *const *names, size_t count, skep_map_migrate_fn fn,
			    void *userdata, struct skep_error *err)
{
	const struct migration m = { bpffs, dir, fn, userdata, err };

	return for_names(&m, names, count, revert_one);
}

int skep_map_migrate_recover(const struct skep_bpffs *bpffs, const char *dir,
			     skep_map_migrate_fn fn, void *userdata, struct skep_error *err)
{
	const struct migration m = { bpffs, dir, fn, userdata, err };

	return for_names(&m, NULL, 0, recover_one);
}
