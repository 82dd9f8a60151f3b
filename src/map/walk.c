/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <skep/error.h>
#include <skep/kabi.h>
#include <skep/map_dump.h>
#include <skep/sys.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/opts.h"
#include "base/time.h"
#include "map/key_set.h"
#include "map/map.h"
#include "sys/map_value.h"

#define RECENT 8 /* keys visited last, to go back to */

struct skep_map_walk {
	struct skep_map *map;
	uint64_t flags, max_lookups;
	struct skep_map_dump_stats stats;
	struct map_key_set visited; /* for SKEP_MAP_DUMP_ONCE */
	int over;

	struct skep_sys_batch *batch; /* NULL: key by key */
	const unsigned char *keys, *values;
	int chunk, at; /* elements in the chunk, and the next of them */

	/* key by key */
	unsigned char *buffers; /* what the next four point into */
	unsigned char *current, *next, *value;
	unsigned char *recent; /* RECENT keys, a ring */
	unsigned recent_count, recent_at;
	int begun, last; /* last: nothing follows the current key */
	int again;       /* current has been visited: it is there to find what follows */
};

/* Types whose batches copy a bucket at a time, and those whose elements do not come and go. */
static int has_sound_batches(uint32_t type)
{
	if (!(skep_map_type_batch(type) & SKEP_MAP_BATCH_LOOKUP))
		return 0;
	return type != SKEP_MAP_TYPE_LPM_TRIE;
}

static int open_batch(struct skep_map_walk *w, uint64_t chunk_count, struct skep_error *err)
{
	const struct skep_sys_batch_opts o = { .sz = sizeof(o), .chunk_count = chunk_count };
	int r = skep_sys_batch_open(w->map->fd, &o, &w->batch, err);

	return r == -EOPNOTSUPP ? 0 : r;
}

static int make_buffers(struct skep_map_walk *w)
{
	size_t key = w->map->info.key_size;

	w->buffers = calloc(1, (RECENT + 2) * key + w->map->value_bytes);
	if (!w->buffers)
		return -ENOMEM;
	w->value = w->buffers; /* first, for its alignment */
	w->current = w->value + w->map->value_bytes;
	w->next = w->current + key;
	w->recent = w->next + key;
	return 0;
}

int skep_map_walk_open(struct skep_map *map, const struct skep_map_dump_opts *opts,
		       struct skep_map_walk **ret_walk, struct skep_error *err)
{
	_cleanup_(skep_map_walk_closep) struct skep_map_walk *w = NULL;
	struct skep_map_dump_opts o;
	int r = opts_copy(&o, sizeof(o), opts);

	if (r < 0)
		return skep_fail(err, r, SKEP_ERR_INVALID, "walk map '%s': options",
				 map->info.name);
	if (!map->info.key_size || !map->value_bytes)
		return skep_fail(err, -EOPNOTSUPP, SKEP_ERR_UNSUPPORTED,
				 "walk map '%s': a map of type %s has no keys to walk.",
				 map->info.name, skep_map_type_name(map->info.type, NULL));
	if (sys_map_hides_sockets(&map->info))
		return sys_map_fail_hidden(err, -EOPNOTSUPP, &map->info, "walk");
	w = calloc(1, sizeof(*w));
	if (!w)
		return skep_fail(err, -ENOMEM, SKEP_ERR_NO_MEMORY, "walk a map");
	w->map = skep_map_ref(map);
	w->flags = o.flags;
	w->max_lookups = o.max_lookups ? o.max_lookups : 4ull * map->info.max_entries;
	w->stats.max_entries = map->info.max_entries;
	w->stats.started_ns = time_now_ns(CLOCK_MONOTONIC);
	map_key_set_init(&w->visited, map->info.key_size);
	if (!(o.flags & SKEP_MAP_DUMP_KEY_BY_KEY) && has_sound_batches(map->info.type)) {
		r = open_batch(w, o.chunk_count, err);
		if (r < 0)
			return r;
	}
	if (make_buffers(w) < 0)
		return skep_fail(err, -ENOMEM, SKEP_ERR_NO_MEMORY, "walk a map");
	*ret_walk = take_ptr(w);
	return 0;
}

struct skep_map_walk *skep_map_walk_close(struct skep_map_walk *w)
{
	int saved = errno;

	if (w) {
		skep_sys_batch_close(w->batch);
		map_key_set_fini(&w->visited);
		free(w->buffers);
		skep_map_close(w->map);
		free(w);
	}
	errno = saved;
	return NULL;
}

const struct skep_map_dump_stats *skep_map_walk_stats(const struct skep_map_walk *w)
{
	return &w->stats;
}

static void finish(struct skep_map_walk *w, int completed)
{
	w->over = 1;
	w->stats.completed = completed;
	w->stats.finished_ns = time_now_ns(CLOCK_MONOTONIC);
}

/* Return: 1 it is to be visited; 0 it has been; -ENOMEM. */
static int visit(struct skep_map_walk *w, const void *key)
{
	int r = w->flags & SKEP_MAP_DUMP_ONCE ? map_key_set_add(&w->visited, key) : 1;

	if (r > 0)
		w->stats.visited++;
	else if (!r)
		w->stats.suppressed++;
	return r;
}

/* Return: 1 an element; 0 the end; -EOPNOTSUPP this kernel has no batches for it; else a negative errno. */
static int next_of_batch(struct skep_map_walk *w, const void **ret_key, const void **ret_value)
{
	const void *keys, *values;
	int r;

	for (;;) {
		if (w->at == w->chunk) {
			r = skep_sys_batch_next(w->batch, &keys, &values);
			w->stats.calls++;
			if (r <= 0)
				return r;
			w->stats.lookups++;
			w->keys = keys;
			w->values = values;
			w->chunk = r;
			w->at = 0;
		}
		*ret_key = w->keys + (size_t)w->at * w->map->info.key_size;
		*ret_value = w->values + (size_t)w->at * w->map->value_bytes;
		w->at++;
		r = visit(w, *ret_key);
		if (r)
			return r;
	}
}

static void remember(struct skep_map_walk *w, const void *key)
{
	size_t size = w->map->info.key_size;

	memcpy(w->recent + w->recent_at * size, key, size);
	w->recent_at = (w->recent_at + 1) % RECENT;
	if (w->recent_count < RECENT)
		w->recent_count++;
}

/* Goes back to the key visited last that has not been tried. Return: whether there was one. */
static int fall_back(struct skep_map_walk *w)
{
	size_t size = w->map->info.key_size;

	if (w->again)
		w->stats.prev_key_unavailable++;
	if (!w->recent_count)
		return 0;
	w->recent_at = (w->recent_at + RECENT - 1) % RECENT;
	w->recent_count--;
	memcpy(w->current, w->recent + w->recent_at * size, size);
	w->again = 1;
	w->stats.key_fallbacks++;
	return 1;
}

/*
 * The current key is gone, so what the kernel named as the next one may be the first of all.
 * Return: 1 there is a new current key; 0 the map is empty; a negative errno.
 */
static int recover(struct skep_map_walk *w, int next)
{
	int r;

	if (fall_back(w))
		return 1;
	w->again = 0;
	w->stats.interrupted++;
	if (next == 0) {
		memcpy(w->current, w->next, w->map->info.key_size);
		return 1;
	}
	w->stats.calls++;
	r = skep_map_next_key(w->map, NULL, w->current);
	return r == -ENOENT ? 0 : r < 0 ? r : 1;
}

/* To the key that follows the current one. Return: 1; 0 there is none; a negative errno. */
static int advance(struct skep_map_walk *w)
{
	unsigned char *passed = w->current;
	int r;

	if (!w->begun) {
		w->begun = 1;
		w->stats.calls++;
		r = skep_map_next_key(w->map, NULL, w->current);
		return r == -ENOENT ? 0 : r < 0 ? r : 1;
	}
	if (w->last)
		return 0;
	w->current = w->next;
	w->next = passed;
	return 1;
}

/* Return: 1 the current element has been read; 0 it is gone, or there never was one; a negative errno. */
static int read_current(struct skep_map_walk *w)
{
	int r = skep_sys_map_lookup(w->map->fd, w->current, w->value, 0);

	if (r == -ENOENT)
		return 0;
	return r < 0 ? r : 1;
}

/*
 * What follows is asked for before the current element is read: if that is there still, what follows does follow.
 * Return: 1 an element; 0 the end; a negative errno.
 */
static int next_by_key(struct skep_map_walk *w, const void **ret_key, const void **ret_value)
{
	const int places = skep_map_type_is_indexed(w->map->info.type); /* which may be empty */
	int r = advance(w), is_there, next;

	while (r > 0) {
		w->stats.calls += 2;
		next = skep_map_next_key(w->map, w->current, w->next);
		if (next < 0 && next != -ENOENT)
			return next;
		if (++w->stats.lookups > w->max_lookups && !places)
			return -ELOOP;
		is_there = read_current(w);
		if (is_there < 0)
			return is_there;
		if (!is_there && !places) {
			w->stats.lookups_failed++;
			r = recover(w, next);
			continue;
		}
		w->last = next == -ENOENT;
		r = is_there && !w->again ? visit(w, w->current) : 0;
		w->again = 0;
		if (is_there && !places)
			remember(w, w->current);
		if (r) {
			*ret_key = w->current;
			*ret_value = w->value;
			return r;
		}
		r = advance(w);
	}
	return r;
}

int skep_map_walk_next(struct skep_map_walk *w, const void **ret_key, const void **ret_value)
{
	int r;

	if (w->over)
		return 0;
	r = w->batch ? next_of_batch(w, ret_key, ret_value) : next_by_key(w, ret_key, ret_value);
	if (r == -EOPNOTSUPP && w->batch && !w->stats.lookups) {
		w->batch = skep_sys_batch_close(w->batch); /* a kernel without batches */
		r = next_by_key(w, ret_key, ret_value);
	}
	if (r <= 0)
		finish(w, !r);
	return r;
}
