/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* Caches before maps of the kernel. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <skep/kabi.h>
#include <skep/map.h>
#include <skep/map_bulk.h>
#include <skep/map_cache.h>
#include <skep/map_dump.h>
#include <skep/map_events.h>
#include <skep/map_pin.h>
#include <skep/map_resync.h>
#include <skep/sys.h>

#include "bpf_fixture.h"

static struct skep_map *make(uint64_t type, uint64_t max_entries)
{
	const struct skep_map_spec spec = {
		.sz = sizeof(spec),
		.name = "cached",
		.type = type,
		.key_size = type == SKEP_MAP_TYPE_LPM_TRIE ? 8 : 4,
		.value_size = type == SKEP_MAP_TYPE_PROG_ARRAY ? 4 : 8,
		.max_entries = max_entries,
	};
	struct skep_map *map = NULL;
	struct skep_error err = { 0 };

	assert_done(skep_map_create(&spec, &map, &err), &err);
	return map;
}

/* Of which the cache has the only handle. */
static struct skep_map_cache *open_cache(struct skep_map *map,
					 const struct skep_map_cache_opts *opts)
{
	struct skep_map_cache *cache = NULL;
	struct skep_error err = { 0 };

	assert_done(skep_map_cache_open(map, opts, &cache, &err), &err);
	skep_map_close(map);
	return cache;
}

static struct skep_map_events *make_events(uint64_t capacity)
{
	const struct skep_map_events_opts opts = { .sz = sizeof(opts), .capacity = capacity };
	struct skep_map_events *events = NULL;
	struct skep_error err = { 0 };

	assert_done(skep_map_events_new(4, 8, &opts, &events, &err), &err);
	return events;
}

static int update(struct skep_map_cache *cache, uint32_t key, uint64_t value)
{
	return SKEP_MAP_CACHE_UPDATE(cache, &key, &value);
}

static int delete (struct skep_map_cache *cache, uint32_t key)
{
	return SKEP_MAP_CACHE_DELETE(cache, &key);
}

/* Return: the value in the kernel; UINT64_MAX: there is none. */
static uint64_t held(struct skep_map_cache *cache, uint32_t key)
{
	uint64_t value = UINT64_MAX;

	SKEP_MAP_LOOKUP(skep_map_cache_map(cache), &key, &value);
	return value;
}

static uint64_t desired(struct skep_map_cache *cache, uint32_t key)
{
	struct skep_map_cache_entry e = { .desired = 99 };

	return skep_map_cache_find(cache, &key, NULL, &e) ? e.desired : 99;
}

static struct skep_map_cache_status status_of(struct skep_map_cache *cache)
{
	struct skep_map_cache_status status;

	skep_map_cache_status(cache, &status);
	return status;
}

static uint64_t pending(struct skep_map_cache *cache)
{
	struct skep_map_cache_status status = status_of(cache);

	return status.pending_insert + status.pending_delete + status.given_up;
}

static uint64_t count_of(struct skep_map_cache *cache)
{
	struct skep_error err = { 0 };
	uint64_t count = 0;

	assert_done(skep_map_count(skep_map_cache_map(cache), &count, &err), &err);
	return count;
}

static void full_map__takes_what_waited_when_there_is_room(void **state)
{
	struct skep_map_cache *cache = open_cache(make(SKEP_MAP_TYPE_HASH, 1), NULL);

	(void)state;
	assert_int_equal(update(cache, 1, 10), 0);
	assert_int_equal(update(cache, 2, 20), -E2BIG);
	assert_int_equal(status_of(cache).pending_full, 1);
	assert_int_equal(delete (cache, 1), 0);
	assert_int_equal(skep_map_cache_wait(cache, UINT64_MAX), 1);
	assert_int_equal(held(cache, 2), 20);
	assert_int_equal(desired(cache, 2), SKEP_MAP_DESIRED_OK);
	assert_int_equal(skep_map_cache_deadline_ns(cache), UINT64_MAX);
	skep_map_cache_close(cache);
}

/* What could not be inserted and is deleted is no failure: the kernel says that it is not there, and that is right. */
static void full_map__forgets_what_is_not_wanted_any_more(void **state)
{
	struct skep_map_cache *cache = open_cache(make(SKEP_MAP_TYPE_HASH, 1), NULL);
	struct skep_error err = { 0 };

	(void)state;
	assert_int_equal(update(cache, 1, 10), 0);
	assert_int_equal(update(cache, 2, 20), -E2BIG);
	assert_int_equal(delete (cache, 2), -ENOENT);
	assert_int_equal(pending(cache), 0);
	assert_int_equal(held(cache, 1), 10);
	assert_done(skep_map_cache_resync(cache, 0, &err), &err);
	assert_int_equal(status_of(cache).consecutive_failures, 0);
	skep_map_cache_close(cache);
}

static void full_trie__is_told_from_other_failures(void **state)
{
	struct skep_map_cache *cache = open_cache(make(SKEP_MAP_TYPE_LPM_TRIE, 1), NULL);
	uint32_t keys[3][2] = { { 32, 1 }, { 32, 2 }, { 33, 3 } }; /* the last is no prefix */
	uint64_t value = 1;

	(void)state;
	assert_int_equal(skep_map_cache_update(cache, keys[0], &value), 0);
	assert_int_equal(skep_map_cache_update(cache, keys[1], &value), -ENOSPC);
	assert_int_equal(skep_map_cache_update(cache, keys[2], &value), -EINVAL);
	assert_int_equal(status_of(cache).pending_full, 1);
	assert_int_equal(status_of(cache).pending_insert, 2);
	assert_int_equal(skep_map_cache_resync(cache, 0, NULL), -ENOSPC);
	assert_int_equal(skep_map_cache_delete(cache, keys[0]), 0);
	assert_int_equal(skep_map_cache_resync(cache, 0, NULL), -EINVAL);
	assert_int_equal(status_of(cache).given_up, 1);
	assert_int_equal(pending(cache), 1);
	skep_map_cache_close(cache);
}

static int note_key(const struct skep_map_cache_entry *entry, void *userdata)
{
	memcpy(userdata, entry->key, 8);
	return 0;
}

static int note_event_key(const struct skep_map_event *event, void *userdata)
{
	memcpy(userdata, event->key, 8);
	return 0;
}

static void trie__has_one_element_for_a_prefix_however_it_is_written(void **state)
{
	const struct skep_map_events_opts events_opts = { .sz = sizeof(events_opts),
							  .capacity = 4 };
	struct skep_map_cache_opts opts = { .sz = sizeof(opts) };
	struct skep_map_cache *cache;
	struct skep_error err = { 0 };
	unsigned char whole[8] = { 0 }, with_host[8] = { 0 }, told[8] = { 0 };
	const uint32_t bits = 9;
	uint64_t value = 1;

	(void)state;
	memcpy(whole, &bits, sizeof(bits));
	memcpy(whole + 4, "\x0a\x80\x00\x00", 4);
	memcpy(with_host, &bits, sizeof(bits));
	memcpy(with_host + 4, "\x0a\xff\x01\x05", 4);
	assert_done(skep_map_events_new(8, 8, &events_opts, &opts.events, &err), &err);
	cache = open_cache(make(SKEP_MAP_TYPE_LPM_TRIE, 4), &opts);
	assert_int_equal(skep_map_cache_update(cache, with_host, &value), 0);
	value = 2;
	assert_int_equal(skep_map_cache_update(cache, whole, &value), 0);
	assert_int_equal(status_of(cache).entries, 1);
	value = 0;
	assert_int_equal(skep_map_cache_find(cache, with_host, &value, NULL), 1);
	assert_int_equal(value, 2);
	assert_int_equal(skep_map_cache_walk(cache, note_key, told), 0);
	assert_memory_equal(told, whole, sizeof(whole));
	assert_int_equal(skep_map_cache_delete(cache, with_host), 0);
	assert_int_equal(status_of(cache).entries, 0);
	assert_done(skep_map_events_dump(opts.events, NULL, note_event_key, told, &err), &err);
	assert_memory_equal(told, whole, sizeof(whole));
	skep_map_cache_close(cache);
	skep_map_events_unref(opts.events);
}

/* The thread of the cache does it; the event tells when. */
static void worker__does_it_unasked(void **state)
{
	struct skep_map_cache_opts opts = { .sz = sizeof(opts),
					    .flags = SKEP_MAP_CACHE_WORKER,
					    .events = make_events(0) };
	struct skep_map_cache *cache = open_cache(make(SKEP_MAP_TYPE_HASH, 1), &opts);
	struct skep_map_subscription *subscription = NULL;
	const struct skep_map_event *event;
	struct skep_error err = { 0 };

	(void)state;
	assert_int_equal(skep_map_cache_fd(cache), -1);
	assert_int_equal(skep_map_cache_wait(cache, 0), -EOPNOTSUPP);
	assert_int_equal(update(cache, 1, 10), 0);
	assert_int_equal(update(cache, 2, 20), -E2BIG);
	assert_int_equal(delete (cache, 1), 0);
	assert_done(skep_map_events_subscribe(opts.events, NULL, NULL, NULL, &subscription, &err),
		    &err);
	assert_int_equal(skep_map_subscription_wait(subscription, 60000000000), 1);
	assert_int_equal(skep_map_subscription_next(subscription, &event, &err), 1);
	assert_int_equal(event->action, SKEP_MAP_EVENT_UPDATE);
	assert_int_equal(event->desired, SKEP_MAP_DESIRED_OK);
	assert_int_equal(*(const uint32_t *)event->key, 2);
	assert_int_equal(held(cache, 2), 20);
	skep_map_subscription_close(subscription);
	skep_map_cache_close(cache);
	skep_map_events_unref(opts.events);
}

/* The kernel throws elements out by itself: nothing of that is an error, now or later. */
static void lru__evicts_and_nothing_is_pending(void **state)
{
	struct skep_map_cache *cache = open_cache(make(SKEP_MAP_TYPE_LRU_HASH, 16), NULL);
	struct skep_error err = { 0 };
	uint32_t key, evicted = 0;

	(void)state;
	for (key = 0; key < 1000; key++)
		assert_int_equal(update(cache, key, key), 0);
	assert_int_equal(status_of(cache).entries, 1000);
	for (key = 0; key < 1000; key++) {
		int r = delete (cache, key);

		assert_true(r == 0 || r == -ENOENT);
		evicted += r == -ENOENT;
	}
	assert_true(evicted >= 1000 - 16);
	assert_int_equal(status_of(cache).entries, 0);
	assert_int_equal(pending(cache), 0);
	assert_done(skep_map_cache_resync(cache, 0, &err), &err);
	skep_map_cache_close(cache);
}

static void array__gives_up_what_can_never_be(void **state)
{
	struct skep_map_cache *cache = open_cache(make(SKEP_MAP_TYPE_ARRAY, 4), NULL);
	struct skep_error err = { 0 };
	uint32_t key;
	int i;

	(void)state;
	assert_int_equal(update(cache, 0, 5), 0);
	assert_int_equal(update(cache, 4, 5), -E2BIG); /* out of range, and not for want of room */
	assert_int_equal(delete (cache, 1), -EINVAL);
	assert_int_equal(status_of(cache).pending_full, 0);
	for (i = 0; i < 2; i++)
		assert_true(skep_map_cache_resync(cache, 0, NULL) < 0);
	assert_int_equal(status_of(cache).given_up, 2);
	assert_int_equal(skep_map_cache_deadline_ns(cache), UINT64_MAX);
	assert_int_equal(skep_map_cache_delete_all(cache, NULL, &err), -EOPNOTSUPP);
	assert_told(&err, SKEP_ERR_UNSUPPORTED, "cannot be removed");
	assert_int_equal(update(cache, 1, 7), 0);
	assert_int_equal(skep_map_cache_clear_all(cache, NULL, &err), -E2BIG); /* key 4 */
	for (key = 0; key < 4; key++)
		assert_int_equal(held(cache, key), 0);
	skep_map_cache_close(cache);
}

static void percpu__keeps_the_values_of_all_cpus(void **state)
{
	struct skep_map_cache *cache = open_cache(make(SKEP_MAP_TYPE_PERCPU_HASH, 4), NULL);
	struct skep_map *map = skep_map_cache_map(cache);
	const size_t cpus = skep_map_value_bytes(map) / 8;
	uint64_t *values = calloc(cpus, 8), *again = calloc(cpus, 8);
	struct skep_error err = { 0 };
	uint32_t key = 1;
	size_t i;

	(void)state;
	for (i = 0; i < cpus; i++)
		values[i] = i + 100;
	assert_int_equal(skep_map_cache_update(cache, &key, values), 0);
	assert_int_equal(skep_map_cache_find(cache, &key, again, NULL), 1);
	assert_memory_equal(again, values, cpus * 8);
	assert_int_equal(skep_map_lookup(map, &key, again, 0), 0);
	assert_memory_equal(again, values, cpus * 8);
	assert_done(skep_map_cache_clear_all(cache, NULL, &err), &err);
	memset(values, 0, cpus * 8);
	assert_int_equal(skep_map_cache_find(cache, &key, again, NULL), 1);
	assert_memory_equal(again, values, cpus * 8);
	assert_int_equal(skep_map_lookup(map, &key, again, 0), 0);
	assert_memory_equal(again, values, cpus * 8);
	free(values);
	free(again);
	skep_map_cache_close(cache);
}

static void fds__are_not_remembered(void **state)
{
	struct skep_map_cache_opts opts = { .sz = sizeof(opts) };
	struct skep_map *progs = make(SKEP_MAP_TYPE_PROG_ARRAY, 4);
	struct skep_map *queue = NULL;
	const struct skep_map_spec queue_spec = { .sz = sizeof(queue_spec),
						  .type = SKEP_MAP_TYPE_QUEUE,
						  .value_size = 8,
						  .max_entries = 4 };
	struct skep_map_cache *cache = NULL;
	struct skep_error err = { 0 };
	uint32_t key = 0, prog;

	(void)state;
	assert_int_equal(skep_map_cache_open(progs, &opts, &cache, &err), -EOPNOTSUPP);
	assert_told(&err, SKEP_ERR_UNSUPPORTED, "fds as values");
	opts.flags = SKEP_MAP_CACHE_KEYS_ONLY;
	assert_done(skep_map_cache_open(progs, &opts, &cache, &err), &err);
	prog = (uint32_t)fixture_prog_pass(SKEP_PROG_TYPE_SOCKET_FILTER, 0);
	assert_int_equal(SKEP_MAP_CACHE_UPDATE(cache, &key, &prog), 0);
	assert_int_equal(skep_map_cache_find(cache, &key, NULL, NULL), 1);
	close((int)prog);
	skep_map_cache_close(cache);
	skep_map_close(progs);

	assert_done(skep_map_create(&queue_spec, &queue, &err), &err);
	assert_int_equal(skep_map_cache_open(queue, &opts, &cache, &err), -EOPNOTSUPP);
	assert_told(&err, SKEP_ERR_UNSUPPORTED, "has no keys");
	skep_map_close(queue);
}

/* The caller's handle and the pin go: the cache's own handle is enough. */
static void map__that_others_dropped_is_there_for_the_cache_inside(void)
{
	const struct skep_map_spec spec = { .sz = sizeof(spec),
					    .type = SKEP_MAP_TYPE_HASH,
					    .key_size = 4,
					    .value_size = 8,
					    .max_entries = 4 };
	struct skep_map_cache *cache = NULL;
	struct skep_error err = { 0 };
	struct skep_map *map = NULL;
	char path[128];

	assert_done(skep_map_create(&spec, &map, &err), &err);
	snprintf(path, sizeof(path), "%s/cached", fixture_bpffs());
	assert_done(skep_sys_obj_pin(skep_map_fd(map), -1, path, &err), &err);
	skep_map_close(map);
	assert_done(skep_map_open_pinned(NULL, path, 0, &map, &err), &err);
	assert_done(skep_map_cache_open(map, NULL, &cache, &err), &err);
	assert_int_equal(update(cache, 1, 10), 0);
	assert_int_equal(unlink(path), 0);
	assert_null(skep_map_close(map));
	assert_int_equal(update(cache, 2, 20), 0);
	assert_int_equal(held(cache, 1), 10);
	assert_int_equal(delete (cache, 1), 0);
	assert_int_equal(count_of(cache), 1);
	assert_done(skep_map_cache_resync(cache, 0, &err), &err);
	skep_map_cache_close(cache);
}

IN_BPFFS(map__that_others_dropped_is_there_for_the_cache)

static void prime__takes_in_what_the_map_holds(void **state)
{
	struct skep_map *map = make(SKEP_MAP_TYPE_HASH, 500);
	struct skep_map_cache *cache;
	struct skep_error err = { 0 };
	uint64_t count = 0, value;
	uint32_t key;

	(void)state;
	for (key = 0; key < 400; key++) {
		value = key + 1;
		assert_int_equal(SKEP_MAP_UPDATE(map, &key, &value, 0), 0);
	}
	cache = open_cache(map, NULL);
	assert_int_equal(status_of(cache).entries, 0);
	assert_int_equal(update(cache, 7, 700), 0);
	assert_done(skep_map_cache_prime(cache, &count, &err), &err);
	assert_int_equal(count, 399);
	assert_int_equal(status_of(cache).entries, 400);
	for (key = 0; key < 400; key++) {
		assert_int_equal(skep_map_cache_find(cache, &key, &value, NULL), 1);
		assert_int_equal(value, key == 7 ? 700 : key + 1);
	}
	assert_done(skep_map_cache_prime(cache, &count, &err), &err);
	assert_int_equal(count, 0);
	skep_map_cache_close(cache);
}

static int note_event(const struct skep_map_event *e, void *userdata)
{
	char *text = userdata;
	size_t len = strlen(text);

	len += (size_t)snprintf(text + len, 1024 - len, "%s%s", len ? " " : "",
				skep_map_event_action_name(e->action));
	if (e->key)
		len += (size_t)snprintf(text + len, 1024 - len, ":%u", *(const uint32_t *)e->key);
	if (e->error)
		snprintf(text + len, 1024 - len, ":%d", (int)e->error);
	return 0;
}

static void assert_events(struct skep_map_events *events, const char *want)
{
	char text[1024] = "";

	assert_int_equal(skep_map_events_dump(events, NULL, note_event, text, NULL), 0);
	assert_string_equal(text, want);
}

/* The zero key, elements of others, and what could not be inserted: all go, and nothing is left to be done. */
static void delete_all__leaves_nothing_in_map_and_cache(void **state)
{
	struct skep_map_cache_opts opts = { .sz = sizeof(opts), .events = make_events(3) };
	struct skep_map_cache *cache = open_cache(make(SKEP_MAP_TYPE_HASH, 300), &opts);
	struct skep_map_bulk_result result;
	struct skep_error err = { 0 };
	uint64_t value = 1;
	uint32_t key;

	(void)state;
	for (key = 0; key < 150; key++)
		assert_int_equal(update(cache, key, 1), 0);
	for (; key < 300; key++) /* not by the cache */
		assert_int_equal(SKEP_MAP_UPDATE(skep_map_cache_map(cache), &key, &value, 0), 0);
	assert_int_equal(update(cache, 1000, 1), -E2BIG);
	assert_done(skep_map_cache_delete_all(cache, &result, &err), &err);
	assert_int_equal(result.done, 300);
	assert_int_equal(result.absent, 1);
	assert_int_equal(result.failed, 0);
	assert_int_equal(count_of(cache), 0);
	assert_int_equal(status_of(cache).entries, 0);
	assert_int_equal(pending(cache), 0);
	assert_int_equal(skep_map_cache_deadline_ns(cache), UINT64_MAX);
	assert_events(opts.events, "update:149 update:1000:-7 delete-all");
	skep_map_cache_close(cache);
	skep_map_events_unref(opts.events);
}

static void delete_all__empties_tries_and_lru_maps(void **state)
{
	static const uint64_t types[] = { SKEP_MAP_TYPE_LRU_HASH, SKEP_MAP_TYPE_LPM_TRIE };
	struct skep_error err = { 0 };
	uint32_t i, k;

	(void)state;
	for (i = 0; i < 2; i++) {
		struct skep_map_cache *cache = open_cache(make(types[i], 500), NULL);

		for (k = 0; k < 200; k++) {
			uint32_t prefix[2] = { 32, __builtin_bswap32(k) };
			uint64_t value = 1;
			const void *key = i ? (void *)prefix : (void *)&k;

			if (k % 2)
				assert_int_equal(skep_map_cache_update(cache, key, &value), 0);
			else
				assert_int_equal(
					skep_map_update(skep_map_cache_map(cache), key, &value, 0),
					0);
		}
		assert_done(skep_map_cache_delete_all(cache, NULL, &err), &err);
		assert_int_equal(count_of(cache), 0);
		assert_int_equal(status_of(cache).entries, 0);
		skep_map_cache_close(cache);
	}
}

static void clear_all__is_for_what_is_held_and_for_what_is_wanted(void **state)
{
	struct skep_map_cache_opts opts = { .sz = sizeof(opts), .events = make_events(10) };
	struct skep_map_cache *cache = open_cache(make(SKEP_MAP_TYPE_HASH, 2), &opts);
	struct skep_map_bulk_result result;
	uint64_t value = 1;
	uint32_t key = 2;

	(void)state;
	assert_int_equal(update(cache, 1, 10), 0);
	assert_int_equal(SKEP_MAP_UPDATE(skep_map_cache_map(cache), &key, &value, 0), 0);
	assert_int_equal(update(cache, 3, 30), -E2BIG);
	assert_int_equal(skep_map_cache_clear_all(cache, &result, NULL), -E2BIG);
	assert_int_equal(result.done, 2);
	assert_int_equal(result.failed, 1);
	assert_int_equal(held(cache, 1), 0);
	assert_int_equal(held(cache, 2), 0);
	assert_int_equal(delete (cache, 1), 0);
	assert_int_equal(skep_map_cache_resync(cache, 0, NULL), 0);
	assert_int_equal(held(cache, 3), 0);
	assert_events(opts.events, "update:1 update:3:-7 update:1 update:3:-7 update:2 delete:1 "
				   "update:3");
	skep_map_cache_close(cache);
	skep_map_events_unref(opts.events);
}

/* The kernel refuses for good reasons that are none of the map's: it is tried again, and told. */
static void read_only_handle__is_tried_again(void **state)
{
	struct skep_map *map = make(SKEP_MAP_TYPE_HASH, 2), *reader = NULL;
	struct skep_map_cache *cache;
	struct skep_error err = { 0 };

	(void)state;
	assert_done(skep_map_open_id(skep_map_id(map), SKEP_MAP_FLAG_RDONLY, &reader, &err), &err);
	cache = open_cache(reader, NULL);
	assert_int_equal(update(cache, 1, 1), -EPERM);
	assert_int_equal(skep_map_cache_resync(cache, 0, &err), -EPERM);
	assert_told(&err, SKEP_ERR_PARTIAL, "1 elements are not as they should be");
	assert_int_equal(status_of(cache).pending_insert, 1);
	assert_int_equal(status_of(cache).consecutive_failures, 1);
	skep_map_cache_close(cache);
	skep_map_close(map);
}

#define OWN 200u
#define ROUNDS 20000u

/* Sets and removes keys of its own and such as others use, too. Return: 0 if its own are as it left them. */
static int hammer(uint32_t map_id, uint32_t first)
{
	struct skep_map_cache *cache = NULL;
	struct skep_map *map = NULL;
	uint32_t i, key, numbers = first * 7919 + 1;
	bool wanted[OWN] = { false };
	int r = skep_map_open_id(map_id, 0, &map, NULL);

	r = r < 0 ? r : skep_map_cache_open(map, NULL, &cache, NULL);
	skep_map_close(map);
	for (i = 0; i < ROUNDS && r == 0; i++) {
		numbers = numbers * 1664525 + 1013904223;
		key = (numbers >> 8) % (OWN + 50);
		if (key >= OWN) { /* shared with the other */
			if (numbers & 64)
				update(cache, 100000 + key, i);
			else
				delete (cache, 100000 + key);
			continue;
		}
		wanted[key] = numbers & 64;
		if (wanted[key])
			update(cache, first + key, i);
		else
			delete (cache, first + key);
	}
	if (r == 0)
		r = skep_map_cache_resync(cache, 0, NULL);
	for (key = 0; key < OWN && r == 0; key++)
		if (wanted[key] != (held(cache, first + key) != UINT64_MAX) ||
		    wanted[key] != (desired(cache, first + key) == SKEP_MAP_DESIRED_OK))
			r = -EBADMSG;
	skep_map_cache_close(cache);
	return r;
}

static void processes__may_use_one_map(void **state)
{
	struct skep_map *map = make(SKEP_MAP_TYPE_HASH, 1000);
	int status = -1, r;
	pid_t child;

	(void)state;
	child = fork();
	if (child == 0)
		_exit(hammer(skep_map_id(map), 1000) ? 1 : 0);
	r = hammer(skep_map_id(map), 5000);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	assert_int_equal(r, 0);
	skep_map_close(map);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(full_map__takes_what_waited_when_there_is_room),
		cmocka_unit_test(full_map__forgets_what_is_not_wanted_any_more),
		cmocka_unit_test(full_trie__is_told_from_other_failures),
		cmocka_unit_test(trie__has_one_element_for_a_prefix_however_it_is_written),
		cmocka_unit_test(worker__does_it_unasked),
		cmocka_unit_test(lru__evicts_and_nothing_is_pending),
		cmocka_unit_test(array__gives_up_what_can_never_be),
		cmocka_unit_test(percpu__keeps_the_values_of_all_cpus),
		cmocka_unit_test(fds__are_not_remembered),
		cmocka_unit_test(map__that_others_dropped_is_there_for_the_cache),
		cmocka_unit_test(prime__takes_in_what_the_map_holds),
		cmocka_unit_test(delete_all__leaves_nothing_in_map_and_cache),
		cmocka_unit_test(delete_all__empties_tries_and_lru_maps),
		cmocka_unit_test(clear_all__is_for_what_is_held_and_for_what_is_wanted),
		cmocka_unit_test(read_only_handle__is_tried_again),
		cmocka_unit_test(processes__may_use_one_map),
	};

	return cmocka_run_group_tests_name("map_cache_kernel", tests, NULL, NULL);
}
