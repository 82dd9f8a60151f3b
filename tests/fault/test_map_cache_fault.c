/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * Caches, events and models. What a cache has been told is either remembered or was not begun: whatever fails, one resync
 * afterwards makes the map what the cache says.
 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <skep/json.h>
#include <skep/kabi.h>
#include <skep/map.h>
#include <skep/map_bulk.h>
#include <skep/map_cache.h>
#include <skep/map_events.h>
#include <skep/map_model.h>
#include <skep/map_resync.h>

#include "base/cleanup.h"
#include "base/error.h"

#include "operation.h"

#define ROOM 8u

static const int errnos[] = { ENOMEM, EPERM, EAGAIN, EINTR };

struct subject {
	struct skep_map *map;           /* made by set_up() */
	struct skep_map_events *events; /* these by run(), released by undo() */
	struct skep_map_cache *cache;
	struct skep_map_subscription *subscription;
	int results[8];
};

static struct subject subject;

static int make_map(void *context)
{
	const struct skep_map_spec spec = { .sz = sizeof(spec),
					    .name = "fault",
					    .type = SKEP_MAP_TYPE_HASH,
					    .key_size = 4,
					    .value_size = 8,
					    .max_entries = ROOM };
	struct subject *s = context;
	uint64_t value = 1;
	uint32_t key;
	int r = skep_map_create(&spec, &s->map, NULL);

	for (key = 0; key < 4 && r == 0; key++)
		r = SKEP_MAP_UPDATE(s->map, &key, &value, 0);
	return r;
}

static int make_cache(struct subject *s, uint64_t flags, struct skep_error *err)
{
	const struct skep_map_events_opts ring = { .sz = sizeof(ring), .capacity = 4 };
	struct skep_map_cache_opts opts = { .sz = sizeof(opts), .flags = flags };
	int r = skep_map_events_new(4, 8, &ring, &s->events, err);

	opts.events = s->events;
	if (r == 0)
		r = skep_map_cache_open(s->map, &opts, &s->cache, err);
	if (r == 0)
		r = skep_map_events_subscribe(s->events, NULL, NULL, NULL, &s->subscription, err);
	return r;
}

/* What run() has made, but not the map. */
static void release_made(void *context)
{
	struct subject *s = context;

	s->subscription = skep_map_subscription_close(s->subscription);
	s->cache = skep_map_cache_close(s->cache);
	s->events = skep_map_events_unref(s->events);
}

static int open_with(struct subject *s, uint64_t flags, struct skep_error *err)
{
	int r = make_cache(s, flags, err);

	if (r < 0)
		release_made(s);
	return r;
}

static int open_all(void *context, struct skep_error *err)
{
	return open_with(context, 0, err);
}

static int open_worker(void *context, struct skep_error *err)
{
	return open_with(context, SKEP_MAP_CACHE_WORKER, err);
}

static const struct fault_operation cache_open = {
	.name = "open a cache with events and a subscriber",
	.context = &subject,
	.set_up = make_map,
	.run = open_all,
	.undo = release_made,
	.errnos = errnos,
	.errno_count = ARRAY_SIZE(errnos),
};

static const struct fault_operation cache_worker = {
	.name = "open a cache with a worker",
	.context = &subject,
	.set_up = make_map,
	.run = open_worker,
	.undo = release_made,
};

static int note_result(struct subject *s, size_t i, int r)
{
	s->results[i] = r;
	return r;
}

/* One refused operation is no reason not to do the next. */
static int operate(void *context, struct skep_error *err)
{
	struct subject *s = context;
	uint64_t value = 10;
	uint32_t key = 10;
	int r, code;

	for (r = 0; r < (int)ARRAY_SIZE(s->results); r++)
		s->results[r] = -ENOMEM; /* not begun */
	r = make_cache(s, 0, err);
	if (r < 0)
		return r;
	code = note_result(s, 0, SKEP_MAP_CACHE_UPDATE(s->cache, &key, &value));
	r = code < 0 ? code : r;
	key = 11;
	code = note_result(s, 1, SKEP_MAP_CACHE_UPDATE(s->cache, &key, &value));
	r = code < 0 ? code : r;
	code = note_result(s, 2, SKEP_MAP_CACHE_DELETE(s->cache, &key));
	r = code < 0 && code != -ENOENT ? code : r;
	key = 1; /* of which the cache knows nothing */
	code = note_result(s, 3, skep_map_cache_delete_if_exists(s->cache, &key));
	r = code < 0 ? code : r;
	code = skep_map_cache_dispatch(s->cache, 0);
	r = code < 0 ? code : r;
	return r;
}

static int held(const struct subject *s, uint32_t key)
{
	uint64_t value;

	return SKEP_MAP_LOOKUP(s->map, &key, &value) == 0;
}

/* What was refused is done by a resync; what was not remembered had not been begun. */
static int check_operations(void *context, int result, char *why, size_t size)
{
	struct subject *s = context;
	struct skep_error err = { 0 };

	(void)result;
	if (!s->cache)
		return 0;
	if (skep_map_cache_resync(s->cache, 0, &err) < 0) {
		snprintf(why, size, "after it: %s", err.msg);
		return -EBADMSG;
	}
	if (s->results[0] != -ENOMEM && !held(s, 10)) {
		snprintf(why, size, "key 10: update returned %d, and it is not there",
			 s->results[0]);
		return -EBADMSG;
	}
	if (s->results[2] != -ENOMEM && held(s, 11)) {
		snprintf(why, size, "key 11: delete returned %d, and it is there", s->results[2]);
		return -EBADMSG;
	}
	if (s->results[3] != -ENOMEM && held(s, 1)) {
		snprintf(why, size, "key 1: delete returned %d, and it is there", s->results[3]);
		return -EBADMSG;
	}
	return 0;
}

static const struct fault_operation cache_operations = {
	.name = "set and delete elements by a cache",
	.context = &subject,
	.set_up = make_map,
	.run = operate,
	.check = check_operations,
	.errnos = errnos,
	.errno_count = ARRAY_SIZE(errnos),
	.undo = release_made,
	.flags = FAULT_UNDO_ALWAYS | FAULT_WORDLESS |
		 FAULT_MAY_SURVIVE, /* an event that is lost; a timer */
};

/* A cache of which some elements found the map full, and one made room again. */
static int make_pending(struct subject *s, struct skep_error *err)
{
	uint64_t value = 1;
	uint32_t key;
	int r = make_cache(s, 0, err);

	if (r < 0)
		return r;
	for (key = 100; key < 110; key++)
		SKEP_MAP_CACHE_UPDATE(s->cache, &key, &value);
	key = 0;
	SKEP_MAP_CACHE_DELETE(s->cache, &key);
	return 0;
}

/* There is room for one of many: that this is told is the success. */
static int resync(void *context, struct skep_error *err)
{
	struct subject *s = context;
	struct skep_error own = { 0 };
	struct skep_map_cache_status status;
	int r = make_pending(s, err);

	if (r < 0)
		return r;
	r = skep_map_cache_resync(s->cache, 0, &own);
	skep_map_cache_status(s->cache, &status);
	if (r == -E2BIG && status.pending_full == 5 && status.pending_insert == 5)
		return 0;
	if (r < 0)
		*err = own;
	return r;
}

static const struct fault_operation cache_resync = {
	.name = "resync a full map",
	.context = &subject,
	.set_up = make_map,
	.run = resync,
	.undo = release_made,
	.flags =
		FAULT_UNDO_ALWAYS | FAULT_MAY_SURVIVE, /* what fails is tried again the next time */
};

static int prime(void *context, struct skep_error *err)
{
	struct subject *s = context;
	int r = make_cache(s, 0, err);

	return r < 0 ? r : skep_map_cache_prime(s->cache, NULL, err);
}

static const struct fault_operation cache_prime = {
	.name = "prime a cache",
	.context = &subject,
	.set_up = make_map,
	.run = prime,
	.undo = release_made,
	.flags = FAULT_UNDO_ALWAYS |
		 FAULT_MAY_SURVIVE, /* room for more slots; key by key in place of batches */
};

static int delete_all(void *context, struct skep_error *err)
{
	struct subject *s = context;
	int r = make_pending(s, err);

	return r < 0 ? r : skep_map_cache_delete_all(s->cache, NULL, err);
}

static int check_deleted(void *context, int result, char *why, size_t size)
{
	struct subject *s = context;
	struct skep_error err = { 0 };
	struct skep_map_bulk_result again;

	if (!s->cache)
		return 0;
	if (result == 0 && (held(s, 2) || held(s, 101))) {
		snprintf(why, size, "elements are left after a success");
		return -EBADMSG;
	}
	if (skep_map_cache_delete_all(s->cache, &again, &err) < 0) {
		snprintf(why, size, "once more: %s", err.msg);
		return -EBADMSG;
	}
	return 0;
}

static const struct fault_operation cache_delete_all = {
	.name = "delete all by a cache",
	.context = &subject,
	.set_up = make_map,
	.run = delete_all,
	.check = check_deleted,
	.undo = release_made,
	.flags = FAULT_UNDO_ALWAYS | FAULT_MAY_SURVIVE,
};

/* Those that wait for room are told: the success, here. */
static int clear_all(void *context, struct skep_error *err)
{
	struct subject *s = context;
	struct skep_error own = { 0 };
	int r = make_pending(s, err);

	if (r < 0)
		return r;
	r = skep_map_cache_clear_all(s->cache, NULL, &own);
	if (r == -E2BIG)
		return 0;
	if (r < 0)
		*err = own;
	return r;
}

static const struct fault_operation cache_clear_all = {
	.name = "clear all by a cache",
	.context = &subject,
	.set_up = make_map,
	.run = clear_all,
	.undo = release_made,
	.flags = FAULT_UNDO_ALWAYS | FAULT_MAY_SURVIVE,
};

static int ignore(const struct skep_map_cache_entry *entry, void *userdata)
{
	(void)entry;
	(void)userdata;
	return 0;
}

static int no_event(const struct skep_map_event *event, void *userdata)
{
	(void)event;
	(void)userdata;
	return 0;
}

static int look(void *context, struct skep_error *err)
{
	struct subject *s = context;
	const struct skep_map_event *event;
	int r = make_pending(s, err);

	if (r == 0)
		r = skep_map_events_dump(s->events, NULL, no_event, NULL, err);
	if (r == 0 && skep_map_cache_walk(s->cache, ignore, NULL) < 0)
		r = skep_fail(err, -ENOMEM, SKEP_ERR_NO_MEMORY, "walk");
	if (r == 0)
		r = skep_map_subscription_next(s->subscription, &event, err);
	return r < 0 ? r : 0;
}

static const struct fault_operation cache_look = {
	.name = "walk a cache and dump its events",
	.context = &subject,
	.set_up = make_map,
	.run = look,
	.undo = release_made,
	.flags = FAULT_UNDO_ALWAYS |
		 FAULT_MAY_SURVIVE, /* the fd of the subscription stays readable */
};

/* A model is written in any case: with all elements, or with what failed. */
static int write_model(void *context, struct skep_error *err)
{
	static char text[8192];
	struct subject *s = context;
	struct skep_json j;
	int r;

	skep_json_init(&j, text, sizeof(text));
	r = skep_map_model_write(s->map, NULL, NULL, &j, NULL, err);
	if (r == 0 && skep_json_finish(&j) < 0)
		return skep_fail(err, -EBADMSG, SKEP_ERR_INVALID, "model: no document");
	if (r == 0 && !strstr(text, "hex:00000000") && !strstr(text, "\"error\":\""))
		return skep_fail(err, -EBADMSG, SKEP_ERR_INVALID, "model: %s", text);
	return r;
}

static const struct fault_operation model_write = {
	.name = "write the model of a map",
	.context = &subject,
	.set_up = make_map,
	.run = write_model,
	.flags = FAULT_MAY_SURVIVE,
};

int main(int argc, char **argv)
{
	const struct fault_operation *const operations[] = {
		&cache_open,       &cache_worker,    &cache_operations, &cache_resync, &cache_prime,
		&cache_delete_all, &cache_clear_all, &cache_look,       &model_write,
	};

	return fault_main(argc, argv, operations, ARRAY_SIZE(operations));
}
