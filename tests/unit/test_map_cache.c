/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* What a cache remembers of operations, and what events tell of them. */
#include "check.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <skep/error.h>
#include <skep/json.h>
#include <skep/map_cache.h>

#include "pretended_map.h"

static struct pretended map;

static struct skep_map_cache *make(const struct skep_map_cache_opts *opts)
{
	pretended_init(&map);
	return pretended_cache(&map, opts);
}

static int update(struct skep_map_cache *c, uint32_t key, uint64_t value)
{
	return SKEP_MAP_CACHE_UPDATE(c, &key, &value);
}

static int delete (struct skep_map_cache *c, uint32_t key)
{
	return SKEP_MAP_CACHE_DELETE(c, &key);
}

/* "sync 7", "to-be-inserted 7 -7", "to-be-deleted -1", "-": what is wanted, the value, the error. */
static void check_entry(struct skep_map_cache *c, uint32_t key, const char *want)
{
	struct skep_map_cache_entry e = { 0 };
	uint64_t value = UINT64_MAX;
	char text[128] = "-", number[32] = "", error[32] = "";

	if (skep_map_cache_find(c, &key, &value, &e)) {
		if (value != UINT64_MAX)
			snprintf(number, sizeof(number), " %u", (unsigned)value);
		if (e.error)
			snprintf(error, sizeof(error), " %d", (int)e.error);
		snprintf(text, sizeof(text), "%s%s%s", skep_map_desired_name(e.desired), number,
			 error);
	}
	check_text(text, want, "key %u", key);
}

static void update__is_remembered_whatever_becomes_of_it(void **state)
{
	struct skep_map_cache *c = make(NULL);

	(void)state;
	check_entry(c, 1, "-");
	check_int(update(c, 1, 10), 0, "update");
	check_entry(c, 1, "sync 10");
	check_int(update(c, 1, 11), 0, "update again");
	check_entry(c, 1, "sync 11");
	map.refuse_update[1] = -EPERM;
	check_int(update(c, 1, 12), -EPERM, "refused update");
	check_entry(c, 1, "to-be-inserted 12 -1");
	check_u64(map.values[1], 11, "in the map");
	map.refuse_update[1] = 0;
	check_int(update(c, 1, 13), 0, "update by the caller himself");
	check_entry(c, 1, "sync 13");
	skep_map_cache_close(c);
	check_u64(map.released, 1, "released");
}

static void delete__is_remembered_until_it_is_done(void **state)
{
	struct skep_map_cache *c = make(NULL);

	(void)state;
	update(c, 1, 10);
	map.refuse_remove[1] = -EPERM;
	check_int(delete (c, 1), -EPERM, "refused");
	check_entry(c, 1, "to-be-deleted -1");
	check_int(update(c, 1, 11), 0, "wanted again");
	check_entry(c, 1, "sync 11");
	map.refuse_remove[1] = 0;
	check_int(delete (c, 1), 0, "delete");
	check_entry(c, 1, "-");
	map.refuse_remove[2] = -EPERM; /* of which nothing was known */
	check_int(delete (c, 2), -EPERM, "refused");
	check_entry(c, 2, "to-be-deleted -1");
	skep_map_cache_close(c);
}

/* What is not there is as it should be: it is told, and nothing is left to be done, for ever and ever. */
static void delete__of_what_is_absent_leaves_nothing_to_do(void **state)
{
	struct skep_map_cache *c = make(NULL);
	struct skep_map_cache_status status;
	uint32_t key = 1;

	(void)state;
	check_int(delete (c, 1), -ENOENT, "delete");
	check_int(skep_map_cache_delete_if_exists(c, &key), 0, "delete if exists");
	update(c, 1, 10);
	check_int(skep_map_cache_delete_if_exists(c, &key), 1, "delete if exists");
	check_entry(c, 1, "-");
	map.room = 0;
	update(c, 1, 10);
	check_entry(c, 1, "to-be-inserted 10 -7");
	check_int(delete (c, 1), -ENOENT, "delete of what could not be inserted");
	check_entry(c, 1, "-");
	check_u64(skep_map_cache_deadline_ns(c), UINT64_MAX, "deadline");
	skep_map_cache_status(c, &status);
	check_u64(status.deletes, 1, "deletes");
	check_u64(status.deletes_failed, 2, "failed: not those that were silent");
	check_u64(status.updates, 1, "updates");
	check_u64(status.updates_failed, 1, "failed");
	skep_map_cache_close(c);
}

static void keys__are_told_apart_by_their_bytes(void **state)
{
	struct skep_map_cache *c = make(NULL);
	uint32_t key;

	(void)state;
	for (key = 0; key < PRETENDED_KEYS; key++) /* many have a zero as their first byte */
		check_int(update(c, key, key * 3), 0, "update");
	for (key = 0; key < PRETENDED_KEYS; key += 2)
		check_int(delete (c, key), 0, "delete");
	for (key = 0; key < PRETENDED_KEYS; key++) {
		char want[32] = "-";

		if (key % 2)
			snprintf(want, sizeof(want), "sync %u", key * 3);
		check_entry(c, key, want);
	}
	skep_map_cache_close(c);
}

/* Long sequences of changes in a table that grows and has its places used again. */
static void table__agrees_with_the_map_after_many_changes(void **state)
{
	struct skep_map_cache *c = make(NULL);
	struct check_random random = { 42 };
	struct skep_map_cache_status status;
	uint32_t key, i;

	(void)state;
	for (i = 1; i <= 200000; i++) {
		/* now most are set, now most are deleted */
		key = (uint32_t)check_random_below(&random, PRETENDED_KEYS);
		if (check_random_below(&random, 10) < (i / 20000 % 2 ? 2 : 8))
			update(c, key, i);
		else
			delete (c, key);
	}
	for (key = 0; key < PRETENDED_KEYS; key++) {
		char want[32] = "-";

		if (map.has[key])
			snprintf(want, sizeof(want), "sync %u", (unsigned)map.values[key]);
		check_entry(c, key, want);
	}
	skep_map_cache_status(c, &status);
	check_u64(status.entries, map.count, "entries");
	skep_map_cache_close(c);
}

static void sizes__that_are_not_the_maps_are_refused(void **state)
{
	struct skep_map_cache *c = make(NULL);
	uint32_t key = 1, narrow = 1;
	uint64_t wide = 1;

	(void)state;
	check_int(SKEP_MAP_CACHE_UPDATE(c, &key, &narrow), -EINVAL, "value");
	check_int(SKEP_MAP_CACHE_UPDATE(c, &wide, &wide), -EINVAL, "key");
	check_int(SKEP_MAP_CACHE_DELETE(c, &wide), -EINVAL, "key");
	check_u64(map.updates + map.removes, 0, "calls");
	skep_map_cache_close(c);
}

/* Knows the keys that are there; what fails changes nothing and is not tried again. */
static void keys_only__knows_what_is_there(void **state)
{
	const struct skep_map_cache_opts opts = { .sz = sizeof(opts),
						  .flags = SKEP_MAP_CACHE_KEYS_ONLY };
	struct skep_map_cache *c = make(&opts);
	struct skep_map_cache_status status;

	(void)state;
	map.room = 2;
	check_int(update(c, 1, 1), 0, "update");
	check_int(update(c, 2, 2), 0, "update");
	check_int(update(c, 3, 3), -E2BIG, "update");
	check_entry(c, 1, "sync");
	check_entry(c, 3, "-");
	map.refuse_remove[1] = -EPERM;
	check_int(delete (c, 1), -EPERM, "delete");
	check_int(delete (c, 2), 0, "delete");
	check_int(delete (c, 9), -ENOENT, "delete");
	check_entry(c, 1, "sync");
	check_entry(c, 2, "-");
	skep_map_cache_status(c, &status);
	check_u64(status.entries, 1, "entries");
	check_u64(status.pending_insert + status.pending_delete, 0, "pending");
	check_u64(status.next_run_ns, UINT64_MAX, "next run");
	check_int(skep_map_cache_keeps_values(c), 0, "keeps values");
	skep_map_cache_close(c);
}

struct seen {
	char text[4096];
	struct skep_map_cache *cache;
	unsigned count;
};

static int note_key(const struct skep_map_cache_entry *e, void *userdata)
{
	struct seen *seen = userdata;
	size_t len = strlen(seen->text);
	uint32_t key;

	memcpy(&key, e->key, sizeof(key));
	if (len < sizeof(seen->text) - 32)
		snprintf(seen->text + len, sizeof(seen->text) - len, "%s%u", len ? " " : "", key);
	seen->count++;
	if (seen->cache && seen->count == 1) { /* changes, while it is walked: no lock is held */
		delete (seen->cache, 4);
		update(seen->cache, 2, 222);
		update(seen->cache, 100, 100);
	}
	return key == 77 ? -ECANCELED : 0;
}

static void walk__is_in_the_order_of_arrival(void **state)
{
	struct skep_map_cache *c = make(NULL);
	struct seen seen = { "" };
	uint32_t key;

	(void)state;
	check_int(skep_map_cache_walk(c, note_key, &seen), 0, "walk of nothing");
	check_text(seen.text, "", "walk of nothing");
	for (key = 9; key > 0; key--)
		update(c, key, key);
	update(c, 9, 90);
	delete (c, 5);
	check_int(skep_map_cache_walk(c, note_key, &seen), 0, "walk");
	check_text(seen.text, "9 8 7 6 4 3 2 1", "walk");
	skep_map_cache_close(c);
}

/* Several chunks: what is there all the time comes once, what goes may come or not, what is new does not. */
static void walk__is_exact_while_others_change(void **state)
{
	struct skep_map_cache *c = make(NULL);
	struct seen seen = { .cache = c };
	uint32_t key;

	(void)state;
	for (key = 200; key < 400; key++)
		update(c, key, key);
	check_int(skep_map_cache_walk(c, note_key, &seen), 0, "walk");
	check_u64(seen.count, 200, "visited");
	check_entry(c, 100, "sync 100");
	for (key = 200; key < 400; key++)
		delete (c, key);
	seen = (struct seen){ "" };
	check_int(skep_map_cache_walk(c, note_key, &seen), 0, "walk");
	check_text(seen.text, "2 100", "what is left");
	update(c, 77, 1);
	update(c, 78, 1);
	seen = (struct seen){ "" };
	check_int(skep_map_cache_walk(c, note_key, &seen), -ECANCELED, "walk that is ended");
	check_text(seen.text, "2 100 77", "until it was ended");
	skep_map_cache_close(c);
}

/* "u1:sync d2:to-be-deleted:-2" */
static int note_event(const struct skep_map_event *e, void *userdata)
{
	char *text = userdata;
	size_t len = strlen(text);
	uint32_t key = 0;

	if (e->key)
		memcpy(&key, e->key, sizeof(key));
	len += (size_t)snprintf(text + len, 1024 - len, "%s%c%u:%s", len ? " " : "",
				"uda"[e->action], key, skep_map_desired_name(e->desired));
	if (e->error)
		snprintf(text + len, 1024 - len, ":%d", (int)e->error);
	return 0;
}

static void events__tell_every_operation_in_order(void **state)
{
	const struct skep_map_events_opts ring = { .sz = sizeof(ring), .capacity = 20 };
	struct skep_map_cache_opts opts = { .sz = sizeof(opts) };
	struct skep_map_cache *c;
	char text[1024] = "";
	uint32_t key = 3;

	(void)state;
	check_int(skep_map_events_new(4, 8, &ring, &opts.events, NULL), 0, "events");
	c = make(&opts);
	map.room = 1;
	update(c, 1, 1);
	update(c, 2, 2);
	delete (c, 3);
	skep_map_cache_delete_if_exists(c, &key);
	map.refuse_remove[1] = -EPERM;
	delete (c, 1);
	check_int(skep_map_cache_find(c, &key, NULL, NULL), 0, "finding is no event");
	map.refuse_remove[1] = 0;
	skep_map_cache_resync(c, 0, NULL); /* deletes the one, inserts the other */
	check_int(skep_map_events_dump(opts.events, NULL, note_event, text, NULL), 0, "dump");
	check_text(text,
		   "u1:sync u2:to-be-inserted:-7 d3:to-be-deleted:-2 d3:to-be-deleted "
		   "d1:to-be-deleted:-1 d1:to-be-deleted u2:sync",
		   "events");
	skep_map_cache_close(c);
	skep_map_events_unref(opts.events);
}

static void options__that_do_not_fit_are_refused(void **state)
{
	struct map_cache_target target = { .name = "x", .key_size = 4, .value_bytes = 8 };
	struct skep_map_cache_opts opts = { .sz = sizeof(opts), .flags = 1u << 20 };
	struct skep_map_cache *c = NULL;
	struct skep_error err = { 0 };

	(void)state;
	check_int(map_cache_new(&target, &opts, &c, &err), -EINVAL, "flags");
	opts.flags = 0;
	check_int(skep_map_events_new(4, 4, NULL, &opts.events, NULL), 0, "events");
	check_int(map_cache_new(&target, &opts, &c, &err), -EINVAL, "events");
	check_text(err.msg, "cache of map 'x': the events are of other sizes", "words");
	skep_map_events_unref(opts.events);
	assert_null(c);
	assert_null(skep_map_cache_close(NULL));
}

static void status_json__has_all_members(void **state)
{
	struct skep_map_cache_status status = { 0 };
	struct skep_json j;
	char buf[1024];

	(void)state;
	status.next_run_ns = UINT64_MAX;
	status.entries = 5;
	skep_json_init(&j, buf, sizeof(buf));
	skep_map_cache_status_json(&status, &j, NULL);
	skep_json_finish(&j);
	check_text(buf,
		   "{\"entries\":5,\"pending_insert\":0,\"pending_delete\":0,\"pending_full\":0,"
		   "\"given_up\":0,\"consecutive_failures\":0,\"last_error\":null,"
		   "\"last_success_ns\":null,\"next_run_ns\":null,\"runs\":0,\"updates\":0,"
		   "\"updates_failed\":0,\"deletes\":0,\"deletes_failed\":0,\"resync_errors\":0}",
		   "healthy");
	status = (struct skep_map_cache_status){ .last_error = -EPERM,
						 .last_success_ns = 1,
						 .next_run_ns = 2 };
	skep_json_init(&j, buf, sizeof(buf));
	skep_map_cache_status_json(&status, &j, NULL);
	skep_json_finish(&j);
	assert_non_null(strstr(buf, "\"last_error\":\"not permitted\","
				    "\"last_success_ns\":1,\"next_run_ns\":2,"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(update__is_remembered_whatever_becomes_of_it),
		cmocka_unit_test(delete__is_remembered_until_it_is_done),
		cmocka_unit_test(delete__of_what_is_absent_leaves_nothing_to_do),
		cmocka_unit_test(keys__are_told_apart_by_their_bytes),
		cmocka_unit_test(table__agrees_with_the_map_after_many_changes),
		cmocka_unit_test(sizes__that_are_not_the_maps_are_refused),
		cmocka_unit_test(keys_only__knows_what_is_there),
		cmocka_unit_test(walk__is_in_the_order_of_arrival),
		cmocka_unit_test(walk__is_exact_while_others_change),
		cmocka_unit_test(events__tell_every_operation_in_order),
		cmocka_unit_test(options__that_do_not_fit_are_refused),
		cmocka_unit_test(status_json__has_all_members),
	};

	return cmocka_run_group_tests_name("map_cache", tests, NULL, NULL);
}
