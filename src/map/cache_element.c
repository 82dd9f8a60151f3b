/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <skep/kabi.h>

#include "base/time.h"
#include "map/cache.h"

static uint64_t now_ns(const struct skep_map_cache *c)
{
	return c->target.now_ns(c->target.context);
}

static void emit(struct skep_map_cache *c, uint64_t action, uint64_t desired, int error,
		 const void *key, const void *value)
{
	unsigned char room[MAP_TRIE_KEY_MAX];
	const struct skep_map_event event = {
		.action = action,
		.desired = desired,
		.error = error,
		.key = key ? map_cache_key(c, key, room) : NULL,
		.value = value,
	};

	/* without memory it is counted as lost, and a gap in the serials */
	if (c->events)
		skep_map_events_add(c->events, &event);
}

static void sooner(uint64_t *due, uint64_t at)
{
	if (at < *due)
		*due = at;
}

/* New failures cause a run soon, but not one run after the other. */
static void schedule(struct skep_map_cache *c, enum map_cache_place place)
{
	const uint64_t now = now_ns(c);
	uint64_t at = time_add(now, c->opts.delay_ns);

	if (place == MAP_CACHE_WAITING) {
		sooner(&c->full_ns, time_add(now, c->opts.full_interval_ns));
		return;
	}
	if (c->run_ns && at < time_add(c->run_ns, c->opts.interval_ns))
		at = time_add(c->run_ns, c->opts.interval_ns);
	sooner(&c->retry_ns, at);
}

static enum map_cache_place place_after(const struct skep_map_cache *c,
					const struct map_cache_entry *e, int code)
{
	const enum map_cache_verdict verdict = c->target.verdict(c->target.context, code);

	if (verdict == MAP_CACHE_INVALID && e->tries >= c->opts.invalid_tries)
		return MAP_CACHE_GIVEN_UP;
	if (e->desired == SKEP_MAP_DESIRED_DELETE)
		return MAP_CACHE_DELETING;
	return verdict == MAP_CACHE_FULL ? MAP_CACHE_WAITING : MAP_CACHE_INSERTING;
}

static void note_failure(struct skep_map_cache *c, struct map_cache_entry *e, int code)
{
	e->error = (int16_t)code;
	if (e->tries < UINT16_MAX)
		e->tries++;
	map_cache_entry_move(c, e, place_after(c, e, code));
}

/* The caller's own try has failed. */
static void want(struct skep_map_cache *c, struct map_cache_entry *e, uint64_t desired, int code)
{
	e->desired = (uint8_t)desired;
	e->tries = 0;
	note_failure(c, e, code);
	if (e->place != MAP_CACHE_GIVEN_UP)
		schedule(c, e->place);
	map_cache_arm(c);
}

static void put_in_order(struct skep_map_cache *c, struct map_cache_entry *e)
{
	e->desired = SKEP_MAP_DESIRED_OK;
	e->error = 0;
	e->tries = 0;
	if (e->place == MAP_CACHE_IN_ORDER)
		return;
	map_cache_entry_move(c, e, MAP_CACHE_IN_ORDER);
	map_cache_arm(c);
}

/* An element has gone: those that wait for room may try. */
static void note_room(struct skep_map_cache *c)
{
	if (!c->queues[MAP_CACHE_WAITING].count)
		return;
	sooner(&c->full_ns, time_add(now_ns(c), c->opts.delay_ns));
	map_cache_arm(c);
}

static int kernel_update(struct skep_map_cache *c, const void *key, const void *value,
			 uint64_t flags)
{
	return c->target.update(c->target.context, key, value, c->opts.update_flags | flags);
}

static int kernel_delete(struct skep_map_cache *c, const void *key)
{
	return c->target.remove(c->target.context, key);
}

static void count_update(struct skep_map_cache *c, int r)
{
	if (r == 0)
		c->status.updates++;
	else
		c->status.updates_failed++;
}

int map_cache_do_update(struct skep_map_cache *c, const void *key, const void *value,
			uint64_t flags)
{
	struct map_cache_entry *e = map_cache_table_find(c, key), *added = NULL;
	int r;

	/* before anything is done: what cannot be remembered is not begun */
	if (!e) {
		e = added = map_cache_entry_new(c, key);
		if (!e)
			return -ENOMEM;
	}
	r = kernel_update(c, key, value, flags);
	if (r == -ENOENT && flags & SKEP_UPDATE_FLAG_EXIST) {
		map_cache_entry_free(c, added);
		return r;
	}
	if (added && r < 0 && !c->keeps_values) {
		map_cache_entry_free(c, added);
		e = NULL;
	} else if (added) {
		map_cache_table_add(c, added);
	}
	count_update(c, r);
	emit(c, SKEP_MAP_EVENT_UPDATE, r ? SKEP_MAP_DESIRED_INSERT : SKEP_MAP_DESIRED_OK, r, key,
	     value);
	if (!e)
		return r;
	e->changed = ++c->operation;
	if (!c->keeps_values)
		return r;
	memcpy(map_cache_entry_value(c, e), value, c->target.value_bytes);
	e->has_value = true;
	if (r == 0)
		put_in_order(c, e);
	else
		want(c, e, SKEP_MAP_DESIRED_INSERT, r);
	return r;
}

static void count_delete(struct skep_map_cache *c, int r, unsigned flags)
{
	if (r == 0)
		c->status.deletes++;
	else if (r != -ENOENT || !(flags & MAP_CACHE_SILENT))
		c->status.deletes_failed++;
}

int map_cache_do_delete(struct skep_map_cache *c, const void *key, unsigned flags)
{
	struct map_cache_entry *e = map_cache_table_find(c, key), *added = NULL;
	int r, gone;

	if (!e && c->keeps_values) {
		e = added = map_cache_entry_new(c, key);
		if (!e)
			return -ENOMEM;
	}
	r = kernel_delete(c, key);
	gone = r == 0 || r == -ENOENT;
	count_delete(c, r, flags);
	if (!(flags & MAP_CACHE_NO_EVENT))
		emit(c, SKEP_MAP_EVENT_DELETE, SKEP_MAP_DESIRED_DELETE,
		     r == -ENOENT && flags & MAP_CACHE_SILENT ? 0 : r, key, NULL);
	if (gone) {
		if (added)
			map_cache_entry_free(c, added);
		else if (e)
			map_cache_forget(c, e);
		if (r == 0)
			note_room(c);
		return r;
	}
	if (!c->keeps_values)
		return r;
	if (added)
		map_cache_table_add(c, added);
	e->changed = ++c->operation;
	e->has_value = false;
	want(c, e, SKEP_MAP_DESIRED_DELETE, r);
	return r;
}

void map_cache_forget(struct skep_map_cache *c, struct map_cache_entry *e)
{
	const bool was_in_order = e->place == MAP_CACHE_IN_ORDER;

	map_cache_table_remove(c, e);
	if (!was_in_order)
		map_cache_arm(c);
}

void map_cache_emit_delete_all(struct skep_map_cache *c, int error)
{
	emit(c, SKEP_MAP_EVENT_DELETE_ALL, SKEP_MAP_DESIRED_OK, error, NULL, NULL);
}

static int retry_insert(struct skep_map_cache *c, struct map_cache_entry *e)
{
	const void *value = map_cache_entry_value(c, e);
	int r = kernel_update(c, e->bytes, value, SKEP_UPDATE_FLAG_ANY);

	count_update(c, r);
	emit(c, SKEP_MAP_EVENT_UPDATE, r ? SKEP_MAP_DESIRED_INSERT : SKEP_MAP_DESIRED_OK, r,
	     e->bytes, value);
	return r;
}

static int retry_delete(struct skep_map_cache *c, struct map_cache_entry *e)
{
	int r = kernel_delete(c, e->bytes);

	if (r == -ENOENT) /* it is as it should be */
		r = 0;
	count_delete(c, r, 0);
	emit(c, SKEP_MAP_EVENT_DELETE, SKEP_MAP_DESIRED_DELETE, r, e->bytes, NULL);
	return r;
}

int map_cache_retry(struct skep_map_cache *c, struct map_cache_entry *e)
{
	const bool deletes = e->desired == SKEP_MAP_DESIRED_DELETE;
	int r = deletes ? retry_delete(c, e) : retry_insert(c, e);

	if (r < 0)
		note_failure(c, e, r);
	else if (deletes)
		map_cache_table_remove(c, e);
	else
		put_in_order(c, e);
	return r;
}

int skep_map_cache_update(struct skep_map_cache *c, const void *key, const void *value)
{
	int r;

	map_cache_lock(c);
	r = map_cache_do_update(c, key, value, SKEP_UPDATE_FLAG_ANY);
	map_cache_unlock(c);
	return r;
}

static int locked_delete(struct skep_map_cache *c, const void *key, unsigned flags)
{
	int r;

	map_cache_lock(c);
	r = map_cache_do_delete(c, key, flags);
	map_cache_unlock(c);
	return r;
}

int skep_map_cache_delete(struct skep_map_cache *c, const void *key)
{
	return locked_delete(c, key, 0);
}

int skep_map_cache_delete_if_exists(struct skep_map_cache *c, const void *key)
{
	int r = locked_delete(c, key, MAP_CACHE_SILENT);

	if (r == -ENOENT)
		return 0;
	return r < 0 ? r : 1;
}

int skep_map_cache_update_sized(struct skep_map_cache *c, const void *key, size_t key_bytes,
				const void *value, size_t value_bytes)
{
	if (key_bytes != c->target.key_size || value_bytes != c->target.value_bytes)
		return -EINVAL;
	return skep_map_cache_update(c, key, value);
}

int skep_map_cache_delete_sized(struct skep_map_cache *c, const void *key, size_t key_bytes)
{
	return key_bytes == c->target.key_size ? skep_map_cache_delete(c, key) : -EINVAL;
}
