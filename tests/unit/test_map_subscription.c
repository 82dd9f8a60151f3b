/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* Subscribers: what they get, and what happens to those who do not read. */
#include "check.h"

#include <errno.h>
#include <string.h>

#include <skep/error.h>
#include <skep/map_events.h>

static struct skep_map_events *make(uint64_t capacity)
{
	const struct skep_map_events_opts opts = { .sz = sizeof(opts), .capacity = capacity };
	struct skep_map_events *events = NULL;

	check_int(skep_map_events_new(4, 4, &opts, &events, NULL), 0, "new");
	return events;
}

static void add(struct skep_map_events *events, uint32_t key)
{
	const struct skep_map_event event = { .key = &key, .value = &key };

	check_int(skep_map_events_add(events, &event), 0, "add key %u", key);
}

static struct skep_map_subscription *subscribe(struct skep_map_events *events, uint64_t queue_count,
					       uint64_t flags)
{
	const struct skep_map_subscribe_opts opts = { .sz = sizeof(opts),
						      .queue_count = queue_count,
						      .flags = flags };
	struct skep_map_subscription *s = NULL;
	struct skep_error err = { 0 };

	check_int(skep_map_events_subscribe(events, &opts, NULL, NULL, &s, &err), 0, "%s", err.msg);
	return s;
}

/* The next event's key; a result below 1 as it is. */
static int next_key(struct skep_map_subscription *s, uint32_t *ret_key, struct skep_error *err)
{
	const struct skep_map_event *event;
	int r = skep_map_subscription_next(s, &event, err);

	if (r == 1)
		memcpy(ret_key, event->key, sizeof(*ret_key));
	return r;
}

static void check_next(struct skep_map_subscription *s, uint32_t want)
{
	uint32_t key = 0;

	check_int(skep_map_subscription_wait(s, 0), 1, "readable before key %u", want);
	check_int(next_key(s, &key, NULL), 1, "key %u", want);
	check_u64(key, want, "key");
}

static void check_empty(struct skep_map_subscription *s)
{
	uint32_t key;

	check_int(skep_map_subscription_wait(s, 0), 0, "not readable");
	check_int(next_key(s, &key, NULL), 0, "nothing yet");
}

static void check_end(struct skep_map_subscription *s, int code, const char *words)
{
	struct skep_error err = { 0 };
	uint32_t key;
	int i;

	for (i = 0; i < 2; i++) { /* it stays the end */
		check_int(skep_map_subscription_wait(s, 0), 1, "readable at the end");
		check_int(next_key(s, &key, &err), code, "end");
	}
	if (!strstr(err.msg, words))
		fail_msg("\"%s\": not \"%s\"", err.msg, words);
}

static void subscriber__gets_each_event_once_and_in_order(void **state)
{
	struct skep_map_events *events = make(0); /* a ring without room feeds, too */
	struct skep_map_subscription *s = subscribe(events, 0, 0);
	uint32_t key;

	(void)state;
	check_empty(s);
	for (key = 1; key <= 3; key++)
		add(events, key);
	for (key = 1; key <= 3; key++)
		check_next(s, key);
	check_empty(s);
	add(events, 4);
	check_next(s, 4);
	check_empty(s);
	skep_map_subscription_close(s);
	skep_map_events_unref(events);
}

static void stop__lets_what_is_queued_be_read(void **state)
{
	struct skep_map_events *events = make(4);
	struct skep_map_subscription *s = subscribe(events, 0, 0);

	(void)state;
	add(events, 1);
	add(events, 2);
	skep_map_subscription_stop(s);
	skep_map_subscription_stop(s);
	add(events, 3);
	check_next(s, 1);
	check_next(s, 2);
	check_end(s, -EPIPE, "has ended");
	skep_map_subscription_close(s);
	skep_map_events_unref(events);
}

/* 32 wait; the 33rd ends it; the 32 can be read, then the reason. */
static void slow_subscriber__is_ended_with_a_reason(void **state)
{
	struct skep_map_events *events = make(0);
	struct skep_map_subscription *s = subscribe(events, 0, 0);
	struct skep_map_events_status status;
	uint32_t key;

	(void)state;
	for (key = 0; key < 32; key++)
		add(events, key);
	skep_map_events_status(events, &status);
	check_u64(status.subscribers, 1, "not ended before the queue overflows");
	add(events, key);
	skep_map_events_status(events, &status);
	check_u64(status.subscribers, 0, "removed");
	check_u64(status.too_slow, 1, "counted");
	add(events, key);
	for (key = 0; key < 32; key++)
		check_next(s, key);
	check_end(s, -ENOBUFS, "too slow: 32 events waited");
	skep_map_subscription_close(s);
	skep_map_events_unref(events);
}

static void drop_oldest__keeps_the_newest_and_counts(void **state)
{
	struct skep_map_events *events = make(0);
	struct skep_map_subscription *s = subscribe(events, 4, SKEP_MAP_SUBSCRIBE_DROP_OLDEST);
	uint32_t key;

	(void)state;
	for (key = 0; key < 10; key++)
		add(events, key);
	check_u64(skep_map_subscription_lost(s), 6, "lost");
	for (key = 6; key < 10; key++)
		check_next(s, key);
	check_empty(s);
	skep_map_subscription_close(s);
	skep_map_events_unref(events);
}

static void subscribers__are_32_and_not_33(void **state)
{
	struct skep_map_subscription *many[32], *one_more = NULL;
	struct skep_map_events *events = make(0);
	struct skep_error err = { 0 };
	size_t i;

	(void)state;
	for (i = 0; i < 32; i++)
		many[i] = subscribe(events, 0, 0);
	check_int(skep_map_events_subscribe(events, NULL, NULL, NULL, &one_more, &err), -EUSERS,
		  "the 33rd");
	check_u64(err.kind, SKEP_ERR_NO_SPACE, "%s", err.msg);
	assert_null(one_more);
	skep_map_subscription_close(many[7]);
	many[7] = subscribe(events, 0, 0);
	for (i = 0; i < 32; i++)
		skep_map_subscription_close(many[i]);
	skep_map_events_unref(events);
}

static int collect(const struct skep_map_event *event, void *userdata)
{
	struct {
		uint32_t keys[8];
		size_t count;
		struct skep_map_events *events;
	} *seen = userdata;

	memcpy(&seen->keys[seen->count++], event->key, 4);
	if (seen->events) /* what happens during the dump is no part of it, and is not missed */
		add(seen->events, 100 + (uint32_t)seen->count);
	return 0;
}

static void dump_and_subscribe__has_no_gap_and_nothing_twice(void **state)
{
	struct skep_map_events *events = make(3);
	struct {
		uint32_t keys[8];
		size_t count;
		struct skep_map_events *events;
	} seen = { .events = events };
	struct skep_map_subscription *s = NULL;

	(void)state;
	add(events, 1);
	add(events, 2);
	check_int(skep_map_events_subscribe(events, NULL, collect, &seen, &s, NULL), 0,
		  "subscribe");
	check_u64(seen.count, 2, "dumped");
	check_u64(seen.keys[0], 1, "first");
	check_u64(seen.keys[1], 2, "second");
	add(events, 3);
	check_next(s, 101);
	check_next(s, 102);
	check_next(s, 3);
	check_empty(s);
	skep_map_subscription_close(s);
	skep_map_events_unref(events);
}

static int refuse(const struct skep_map_event *event, void *userdata)
{
	(void)event;
	(void)userdata;
	return -ECANCELED;
}

static void dump_and_subscribe__leaves_nothing_when_the_function_refuses(void **state)
{
	struct skep_map_events *events = make(3);
	struct skep_map_subscription *s = NULL;
	struct skep_map_events_status status;

	(void)state;
	add(events, 1);
	check_int(skep_map_events_subscribe(events, NULL, refuse, NULL, &s, NULL), -ECANCELED,
		  "subscribe");
	assert_null(s);
	skep_map_events_status(events, &status);
	check_u64(status.subscribers, 0, "subscribers");
	skep_map_events_unref(events);
}

static void filter__keeps_others_out_of_the_queue(void **state)
{
	uint32_t wanted = 5;
	const struct skep_map_event_filter filter = { .sz = sizeof(filter),
						      .key_prefix = &wanted,
						      .key_prefix_size = 4 };
	const struct skep_map_subscribe_opts opts = { .sz = sizeof(opts),
						      .queue_count = 1,
						      .filter = &filter };
	struct skep_map_events *events = make(0);
	struct skep_map_subscription *s = NULL;
	uint32_t key;

	(void)state;
	check_int(skep_map_events_subscribe(events, &opts, NULL, NULL, &s, NULL), 0, "subscribe");
	wanted = 99; /* the filter was copied */
	for (key = 0; key < 10; key++)
		add(events, key);
	check_next(s, 5);
	check_empty(s);
	skep_map_subscription_close(s);
	skep_map_events_unref(events);
}

/* One copy of an event for all: what a subscriber holds stays as it is when the ring has gone on. */
static void event__is_shared_and_does_not_change(void **state)
{
	struct skep_map_events *events = make(1);
	struct skep_map_subscription *a = subscribe(events, 4, 0), *b = subscribe(events, 4, 0);
	const struct skep_map_event *of_a, *of_b;
	uint32_t key = 1;

	(void)state;
	add(events, 1);
	check_int(skep_map_subscription_next(a, &of_a, NULL), 1, "a");
	check_int(skep_map_subscription_next(b, &of_b, NULL), 1, "b");
	assert_ptr_equal(of_a, of_b);
	add(events, 2);
	add(events, 3);
	assert_memory_equal(of_a->key, &key, 4);
	check_u64(of_a->serial, 1, "serial");
	skep_map_subscription_close(a);
	assert_memory_equal(of_b->key, &key, 4);
	skep_map_subscription_close(b);
	skep_map_events_unref(events);
}

static void last_feeder__ends_all_subscriptions(void **state)
{
	struct skep_map_events *events = make(1);
	struct skep_map_subscription *s = subscribe(events, 0, 0);

	(void)state;
	add(events, 1);
	skep_map_events_unref(skep_map_events_ref(events)); /* one is left */
	add(events, 2);
	skep_map_events_unref(events);
	check_next(s, 1);
	check_next(s, 2);
	check_end(s, -EPIPE, "has ended");
	skep_map_subscription_close(s);
	assert_null(skep_map_subscription_close(NULL));
	assert_null(skep_map_events_unref(NULL));
}

static void options__that_are_not_known_are_refused(void **state)
{
	const struct skep_map_subscribe_opts opts = { .sz = sizeof(opts), .flags = 2 };
	struct {
		struct skep_map_event_filter filter;
		uint64_t newer;
	} filter = { .filter = { .sz = sizeof(filter) }, .newer = 1 };
	struct skep_map_events *events = make(1);
	struct skep_map_subscription *s = NULL;

	(void)state;
	check_int(skep_map_events_subscribe(events, &opts, NULL, NULL, &s, NULL), -EINVAL, "flags");
	check_int(skep_map_events_dump(events, &filter.filter, refuse, NULL, NULL), -E2BIG,
		  "filter");
	skep_map_events_unref(events);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(subscriber__gets_each_event_once_and_in_order),
		cmocka_unit_test(stop__lets_what_is_queued_be_read),
		cmocka_unit_test(slow_subscriber__is_ended_with_a_reason),
		cmocka_unit_test(drop_oldest__keeps_the_newest_and_counts),
		cmocka_unit_test(subscribers__are_32_and_not_33),
		cmocka_unit_test(dump_and_subscribe__has_no_gap_and_nothing_twice),
		cmocka_unit_test(dump_and_subscribe__leaves_nothing_when_the_function_refuses),
		cmocka_unit_test(filter__keeps_others_out_of_the_queue),
		cmocka_unit_test(event__is_shared_and_does_not_change),
		cmocka_unit_test(last_feeder__ends_all_subscriptions),
		cmocka_unit_test(options__that_are_not_known_are_refused),
	};

	return cmocka_run_group_tests_name("map_subscription", tests, NULL, NULL);
}
