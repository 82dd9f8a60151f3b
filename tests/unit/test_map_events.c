/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* The ring: what it keeps, for how long, and how it is shown. */
#include "check.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <skep/error.h>
#include <skep/format.h>
#include <skep/json.h>
#include <skep/map_events.h>

#include "map/events.h"

#define SECOND 1000000000ull

static uint64_t now_ns;

static uint64_t fake_clock(void)
{
	return now_ns;
}

static struct skep_map_events *make(uint64_t capacity, uint64_t ttl_ns)
{
	const struct skep_map_events_opts opts = { .sz = sizeof(opts),
						   .capacity = capacity,
						   .ttl_ns = ttl_ns };
	struct skep_map_events *events = NULL;
	struct skep_error err = { 0 };

	check_int(skep_map_events_new(4, 8, &opts, &events, &err), 0, "%s", err.msg);
	events->clock_ns = fake_clock;
	now_ns = 1000 * SECOND;
	return events;
}

static void add(struct skep_map_events *events, uint64_t action, uint32_t key, int64_t error)
{
	const uint64_t value = key * 10;
	const struct skep_map_event event = {
		.action = action,
		.desired = error ? SKEP_MAP_DESIRED_INSERT : SKEP_MAP_DESIRED_OK,
		.error = error,
		.key = action == SKEP_MAP_EVENT_DELETE_ALL ? NULL : &key,
		.value = action == SKEP_MAP_EVENT_UPDATE ? &value : NULL,
	};

	check_int(skep_map_events_add(events, &event), 0, "add key %u", key);
}

/* "1:u5 2:d6 3:a" : serial, action, key */
static int note(const struct skep_map_event *e, void *userdata)
{
	char *text = userdata;
	size_t len = strlen(text);
	uint32_t key = 0;

	if (e->key)
		memcpy(&key, e->key, sizeof(key));
	snprintf(text + len, 256 - len, "%s%d:%c", len ? " " : "", (int)e->serial,
		 "uda"[e->action]);
	len = strlen(text);
	if (e->key)
		snprintf(text + len, 256 - len, "%u", key);
	return e->error == -ECANCELED ? -ECANCELED : 0;
}

static void check_dump(struct skep_map_events *events, const struct skep_map_event_filter *filter,
		       const char *want)
{
	char text[256] = "";

	check_int(skep_map_events_dump(events, filter, note, text, NULL), 0, "dump");
	check_text(text, want, "dump");
}

static void ring__overwrites_the_oldest_and_keeps_the_order(void **state)
{
	struct skep_map_events *events = make(3, 0);
	struct skep_map_events_status status;
	uint32_t key;

	(void)state;
	check_dump(events, NULL, "");
	for (key = 1; key <= 2; key++)
		add(events, SKEP_MAP_EVENT_UPDATE, key, 0);
	check_dump(events, NULL, "1:u1 2:u2");
	for (; key <= 7; key++)
		add(events, SKEP_MAP_EVENT_UPDATE, key, 0);
	check_dump(events, NULL, "5:u5 6:u6 7:u7");
	add(events, SKEP_MAP_EVENT_DELETE, 7, 0);
	add(events, SKEP_MAP_EVENT_DELETE_ALL, 0, 0);
	check_dump(events, NULL, "7:u7 8:d7 9:a");
	skep_map_events_status(events, &status);
	check_u64(status.kept, 3, "kept");
	check_u64(status.added, 9, "added");
	check_u64(status.lost, 0, "lost");
	skep_map_events_unref(events);
}

static void ring__of_no_room_keeps_nothing(void **state)
{
	struct skep_map_events *events = make(0, 0);

	(void)state;
	add(events, SKEP_MAP_EVENT_UPDATE, 1, 0);
	check_dump(events, NULL, "");
	skep_map_events_unref(events);
}

static int keep_copy(const struct skep_map_event *e, void *userdata)
{
	*(struct skep_map_event *)userdata = *e;
	return 0;
}

static void event__has_what_was_done_and_its_outcome(void **state)
{
	struct skep_map_events *events = make(1, 0);
	struct skep_map_event e = { 0 };
	uint64_t value = 70;
	uint32_t key = 7;

	(void)state;
	add(events, SKEP_MAP_EVENT_UPDATE, key, -E2BIG);
	check_int(skep_map_events_dump(events, NULL, keep_copy, &e, NULL), 0, "dump");
	check_u64(e.key_size, 4, "key size");
	check_u64(e.value_bytes, 8, "value bytes");
	assert_memory_equal(e.key, &key, 4);
	assert_memory_equal(e.value, &value, 8);
	check_int(e.error, -E2BIG, "error");
	check_u64(e.desired, SKEP_MAP_DESIRED_INSERT, "desired");
	assert_true(e.realtime_ns > 1600000000 * SECOND);

	add(events, SKEP_MAP_EVENT_DELETE, key, 0); /* in the memory of the one before */
	check_int(skep_map_events_dump(events, NULL, keep_copy, &e, NULL), 0, "dump");
	assert_null(e.value);
	check_u64(e.value_bytes, 0, "value bytes");
	check_int(e.error, 0, "error");
	skep_map_events_unref(events);
}

/* An event as old as the limit is shown, one that is older is not. */
static void ttl__drops_what_is_older(void **state)
{
	struct skep_map_events *events = make(10, 10 * SECOND);

	(void)state;
	add(events, SKEP_MAP_EVENT_UPDATE, 1, 0);
	now_ns += 5 * SECOND;
	add(events, SKEP_MAP_EVENT_UPDATE, 2, 0);
	now_ns += 5 * SECOND;
	check_dump(events, NULL, "1:u1 2:u2");
	now_ns += 1;
	check_dump(events, NULL, "2:u2");
	check_u64(skep_map_events_expire(events), 0, "the dump has dropped it");
	now_ns += 5 * SECOND;
	check_u64(skep_map_events_expire(events), 1, "dropped");
	check_dump(events, NULL, "");
	add(events, SKEP_MAP_EVENT_UPDATE, 3, 0);
	check_dump(events, NULL, "3:u3");
	skep_map_events_unref(events);
}

/* A ring that is full, wrapped and emptied by age goes on as a new one: the crash of an emptied ring. */
static void ttl__empties_a_wrapped_ring_which_goes_on(void **state)
{
	struct skep_map_events *events = make(4, SECOND);
	uint32_t key, round;

	(void)state;
	for (round = 0; round < 20; round++) {
		char want[64] = "";
		size_t len = 0;

		now_ns += 2 * SECOND;
		for (key = 0; key < round % 7; key++)
			add(events, SKEP_MAP_EVENT_UPDATE, key, 0);
		for (key = key > 4 ? key - 4 : 0; key < round % 7; key++)
			len += (size_t)snprintf(want + len, sizeof(want) - len, "u%u ", key);
		{
			char text[256] = "", keys[64] = "";
			const char *at;

			len = 0;
			check_int(skep_map_events_dump(events, NULL, note, text, NULL), 0, "dump");
			for (at = text; (at = strchr(at, ':')); at++)
				len += (size_t)snprintf(keys + len, sizeof(keys) - len, "u%c ",
							at[2]);
			check_text(keys, want, "round %u: %s", round, text);
		}
	}
	skep_map_events_unref(events);
}

static void filter__is_by_action_and_by_prefix_of_the_key(void **state)
{
	struct skep_map_events *events = make(10, 0);
	const uint8_t one = 1;
	struct skep_map_event_filter filter = { .sz = sizeof(filter) };

	(void)state;
	add(events, SKEP_MAP_EVENT_UPDATE, 0x101, 0);
	add(events, SKEP_MAP_EVENT_UPDATE, 0x102, 0);
	add(events, SKEP_MAP_EVENT_DELETE, 0x101, 0);
	add(events, SKEP_MAP_EVENT_DELETE_ALL, 0, 0);
	filter.actions = 1u << SKEP_MAP_EVENT_DELETE | 1u << SKEP_MAP_EVENT_DELETE_ALL;
	check_dump(events, &filter, "3:d257 4:a");
	filter.actions = 0;
	filter.key_prefix = &one;
	filter.key_prefix_size = 1;
	check_dump(events, &filter, "1:u257 3:d257 4:a"); /* delete-all concerns every key */
	filter.key_prefix = "12345";
	filter.key_prefix_size = 5; /* longer than a key */
	check_dump(events, &filter, "4:a");
	skep_map_events_unref(events);
}

static void dump__ends_when_the_function_says_so(void **state)
{
	struct skep_map_events *events = make(10, 0);
	char text[256] = "";

	(void)state;
	add(events, SKEP_MAP_EVENT_UPDATE, 1, 0);
	add(events, SKEP_MAP_EVENT_UPDATE, 2, -ECANCELED);
	add(events, SKEP_MAP_EVENT_UPDATE, 3, 0);
	check_int(skep_map_events_dump(events, NULL, note, text, NULL), -ECANCELED, "dump");
	check_text(text, "1:u1 2:u2", "visited");
	skep_map_events_unref(events);
}

/* What the function does to the ring does not reach what it is shown. */
static int add_more(const struct skep_map_event *e, void *userdata)
{
	uint32_t key;

	memcpy(&key, e->key, sizeof(key));
	add(userdata, SKEP_MAP_EVENT_UPDATE, key + 100, 0);
	return 0;
}

static void dump__is_of_one_moment(void **state)
{
	struct skep_map_events *events = make(2, 0);

	(void)state;
	add(events, SKEP_MAP_EVENT_UPDATE, 1, 0);
	add(events, SKEP_MAP_EVENT_UPDATE, 2, 0);
	check_int(skep_map_events_dump(events, NULL, add_more, events, NULL), 0, "dump");
	check_dump(events, NULL, "3:u101 4:u102");
	skep_map_events_unref(events);
}

static void json__has_the_members_of_the_api(void **state)
{
	const uint32_t key = 1;
	struct skep_map_event event = {
		.realtime_ns = 1700000000 * SECOND + 5,
		.action = SKEP_MAP_EVENT_UPDATE,
		.desired = SKEP_MAP_DESIRED_INSERT,
		.error = -E2BIG,
		.key = &key,
		.value = "ab",
		.key_size = 4,
		.value_bytes = 2,
	};
	struct skep_format *format = NULL;
	struct skep_json j;
	char buf[512];

	(void)state;
	check_int(skep_format_new_words("u32", &format, NULL), 0, "format");
	skep_json_init(&j, buf, sizeof(buf));
	check_int(skep_map_event_json(&event, format, NULL, &j, NULL), 0, "json");
	skep_json_finish(&j);
	check_text(buf,
		   "{\"timestamp\":\"2023-11-14T22:13:20.000000005Z\",\"action\":\"update\","
		   "\"desired-action\":\"to-be-inserted\",\"key\":\"1\",\"value\":\"hex:6162\","
		   "\"last-error\":\"no room: the map or the argument list is full\"}",
		   "update that failed");
	event = (struct skep_map_event){ .action = SKEP_MAP_EVENT_DELETE_ALL };
	skep_json_init(&j, buf, sizeof(buf));
	check_int(skep_map_event_json(&event, NULL, NULL, &j, NULL), 0, "json");
	skep_json_finish(&j);
	check_text(buf,
		   "{\"timestamp\":\"1970-01-01T00:00:00.000000000Z\",\"action\":\"delete-all\","
		   "\"desired-action\":\"sync\"}",
		   "delete-all");
	event.key = &key;
	event.key_size = 3; /* the format is of 4: told, and the document stays one */
	skep_json_init(&j, buf, sizeof(buf));
	check_int(skep_map_event_json(&event, format, NULL, &j, NULL), -EINVAL, "json");
	assert_true(skep_json_finish(&j) > 0);
	skep_format_free(format);
}

static void json__writes_long_values_in_full(void **state)
{
	static unsigned char value[1000];
	const struct skep_map_event event = { .value = value, .value_bytes = sizeof(value) };
	struct skep_json j;
	static char buf[4096];

	(void)state;
	memset(value, 0xab, sizeof(value));
	skep_json_init(&j, buf, sizeof(buf));
	check_int(skep_map_event_json(&event, NULL, NULL, &j, NULL), 0, "json");
	assert_true(skep_json_finish(&j) > 2000);
	check_u64(strspn(strstr(buf, "hex:") + 4, "ab"), 2000, "digits");
}

static void names__are_those_of_the_api(void **state)
{
	(void)state;
	check_text(skep_map_desired_name(SKEP_MAP_DESIRED_OK), "sync", "ok");
	check_text(skep_map_desired_name(SKEP_MAP_DESIRED_INSERT), "to-be-inserted", "insert");
	check_text(skep_map_desired_name(SKEP_MAP_DESIRED_DELETE), "to-be-deleted", "delete");
	check_text(skep_map_desired_name(3), "unknown", "3");
	check_text(skep_map_event_action_name(SKEP_MAP_EVENT_UPDATE), "update", "update");
	check_text(skep_map_event_action_name(SKEP_MAP_EVENT_DELETE), "delete", "delete");
	check_text(skep_map_event_action_name(SKEP_MAP_EVENT_DELETE_ALL), "delete-all", "all");
	check_text(skep_map_event_action_name(UINT64_MAX), "unknown", "any other");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ring__overwrites_the_oldest_and_keeps_the_order),
		cmocka_unit_test(ring__of_no_room_keeps_nothing),
		cmocka_unit_test(event__has_what_was_done_and_its_outcome),
		cmocka_unit_test(ttl__drops_what_is_older),
		cmocka_unit_test(ttl__empties_a_wrapped_ring_which_goes_on),
		cmocka_unit_test(filter__is_by_action_and_by_prefix_of_the_key),
		cmocka_unit_test(dump__ends_when_the_function_says_so),
		cmocka_unit_test(dump__is_of_one_moment),
		cmocka_unit_test(json__has_the_members_of_the_api),
		cmocka_unit_test(json__writes_long_values_in_full),
		cmocka_unit_test(names__are_those_of_the_api),
	};

	return cmocka_run_group_tests_name("map_events", tests, NULL, NULL);
}
