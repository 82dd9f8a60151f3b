/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* When a cache tries again, what, and how often: exactly, by a clock that the test turns. */
#include "check.h"

#include <errno.h>
#include <poll.h>
#include <string.h>

#include <skep/error.h>
#include <skep/log.h>
#include <skep/map_resync.h>

#include "pretended_map.h"

#define MS 1000000ull
#define SECOND 1000000000ull
#define NEVER UINT64_MAX

static struct pretended map;

static struct skep_map_cache *make(uint64_t flags)
{
	const struct skep_map_cache_opts opts = { .sz = sizeof(opts), .flags = flags };

	pretended_init(&map);
	return pretended_cache(&map, &opts);
}

static int update(struct skep_map_cache *c, uint32_t key)
{
	uint64_t value = key;

	return skep_map_cache_update(c, &key, &value);
}

static int delete (struct skep_map_cache *c, uint32_t key)
{
	return skep_map_cache_delete(c, &key);
}

static struct skep_map_cache_status status_of(struct skep_map_cache *c)
{
	struct skep_map_cache_status status;

	skep_map_cache_status(c, &status);
	return status;
}

/* Nothing happens before the deadline; then what is due is done. Return: what dispatch returned. */
static int at_deadline(struct skep_map_cache *c, uint64_t want_pause_ns)
{
	const unsigned before = map.updates + map.removes;
	const uint64_t due = skep_map_cache_deadline_ns(c);

	check_u64(due - map.now_ns, want_pause_ns, "pause");
	map.now_ns = due - 1;
	check_int(skep_map_cache_dispatch(c, 0), 0, "a moment before");
	check_u64(map.updates + map.removes, before, "calls before it is due");
	map.now_ns = due;
	return skep_map_cache_dispatch(c, 0);
}

static void backoff__doubles_from_1_s_to_60_s(void **state)
{
	static const uint64_t pauses[] = { 1, 2, 4, 8, 16, 32, 60, 60, 60 };
	struct skep_map_cache *c = make(SKEP_MAP_CACHE_NO_JITTER);
	size_t i;

	(void)state;
	check_u64(skep_map_cache_deadline_ns(c), NEVER, "nothing to do");
	map.refuse_update[1] = -EPERM;
	update(c, 1);
	check_int(at_deadline(c, 200 * MS), 0, "first run");
	for (i = 0; i < ARRAY_SIZE(pauses); i++) {
		check_u64(status_of(c).consecutive_failures, i + 1, "failures");
		check_int(status_of(c).last_error, -EPERM, "last error");
		check_int(at_deadline(c, pauses[i] * SECOND), 0, "run %zu", i);
	}
	check_u64(status_of(c).last_success_ns, 0, "there was no success");
	check_u64(map.updates, 2 + ARRAY_SIZE(pauses), "tries");
	map.refuse_update[1] = 0;
	check_int(at_deadline(c, 60 * SECOND), 1, "it goes well");
	check_u64(map.values[1], 1, "in the map");
	check_u64(status_of(c).consecutive_failures, 0, "failures");
	check_u64(status_of(c).last_success_ns, map.now_ns, "last success");
	check_u64(skep_map_cache_deadline_ns(c), NEVER, "nothing to do");

	map.refuse_update[1] = -EPERM; /* the next time it begins anew */
	map.now_ns += 10 * SECOND;
	update(c, 1);
	at_deadline(c, 200 * MS);
	check_u64(skep_map_cache_deadline_ns(c) - map.now_ns, SECOND, "pause");
	skep_map_cache_close(c);
}

static void jitter__is_a_tenth_either_way(void **state)
{
	struct skep_map_cache *c = make(0);

	(void)state;
	map.refuse_update[1] = -EPERM;
	update(c, 1);
	map.random = 0;
	at_deadline(c, 200 * MS);
	map.random = SECOND / 5 * 2; /* the largest of the next pause, 2 s */
	at_deadline(c, SECOND - SECOND / 10);
	map.random = SECOND / 10 * 4; /* the middle of 4 s */
	at_deadline(c, 2 * SECOND + SECOND / 5);
	check_u64(skep_map_cache_deadline_ns(c) - map.now_ns, 4 * SECOND, "pause");
	skep_map_cache_close(c);
}

/* A new failure is tried soon, though an old one makes long pauses; but not one run after the other. */
static void interval__is_between_runs_that_new_failures_cause(void **state)
{
	struct skep_map_cache *c = make(SKEP_MAP_CACHE_NO_JITTER);
	int i;

	(void)state;
	map.refuse_update[1] = map.refuse_update[2] = map.refuse_update[3] = -EPERM;
	update(c, 1);
	at_deadline(c, 200 * MS);
	for (i = 0; i < 4; i++)
		at_deadline(c, (1ull << i) * SECOND);
	update(c, 2); /* just after a run: 5 s from it, where the pause would be 16 s */
	at_deadline(c, 5 * SECOND);
	map.now_ns += 10 * SECOND;
	update(c, 3); /* long after one */
	at_deadline(c, 200 * MS);
	skep_map_cache_close(c);
}

static void run__tries_no_more_than_what_is_pending(void **state)
{
	struct skep_map_cache *c = make(SKEP_MAP_CACHE_NO_JITTER);
	uint32_t key;

	(void)state;
	for (key = 0; key < PRETENDED_KEYS; key++)
		update(c, key);
	map.refuse_update[5] = map.refuse_update[6] = map.refuse_remove[7] = -EPERM;
	update(c, 5);
	update(c, 6);
	delete (c, 7);
	map.updates = map.removes = 0;
	map.refuse_update[5] = 0;
	check_int(at_deadline(c, 200 * MS), 1, "done");
	check_u64(map.updates, 2, "updates");
	check_u64(map.removes, 1, "removes");
	check_u64(status_of(c).pending_insert, 1, "pending");
	check_u64(status_of(c).pending_delete, 1, "pending");
	check_u64(status_of(c).resync_errors, 2, "errors");
	skep_map_cache_close(c);
}

/* Of many that fail, 512 are tried in a run; the others have their turn in the next. */
static void budget__ends_a_run_and_all_have_their_turn(void **state)
{
	struct skep_map_cache *c = make(SKEP_MAP_CACHE_NO_JITTER);
	uint32_t key;

	(void)state;
	for (key = 0; key < 1000; key++) {
		map.refuse_update[key] = -EPERM;
		update(c, key);
	}
	map.updates = 0;
	at_deadline(c, 200 * MS);
	check_u64(map.updates, 512, "tries of the first run");
	for (key = 0; key < 1000; key++)
		map.refuse_update[key] = key < 512 ? -EPERM : 0;
	map.updates = 0;
	check_int(at_deadline(c, SECOND), 488, "those that were not tried come first");
	check_u64(map.updates, 1000, "tries of the second run");
	skep_map_cache_close(c);
}

static void full__waits_for_half_a_minute_or_a_delete(void **state)
{
	struct skep_map_cache *c = make(SKEP_MAP_CACHE_NO_JITTER);
	uint32_t key;

	(void)state;
	map.room = 1;
	for (key = 0; key < 1000; key++)
		update(c, key);
	check_u64(status_of(c).pending_full, 999, "pending for want of room");
	check_u64(status_of(c).pending_insert, 999, "pending");
	map.updates = 0;
	check_int(at_deadline(c, 30 * SECOND), 0, "still full");
	check_u64(map.updates, 1, "one tells for all");
	check_int(delete (c, 0), 0, "delete");
	map.updates = 0;
	check_int(at_deadline(c, 200 * MS), 1, "room for one");
	check_u64(map.updates, 2, "tries");
	map.room = 1000; /* others have deleted, which a cache does not see */
	check_int(at_deadline(c, 30 * SECOND), 998, "room for all");
	check_u64(skep_map_cache_deadline_ns(c), NEVER, "nothing to do");
	skep_map_cache_close(c);
}

/* Pauses for want of room and for other reasons do not change each other. */
static void full__and_other_failures_have_pauses_of_their_own(void **state)
{
	struct skep_map_cache *c = make(SKEP_MAP_CACHE_NO_JITTER);
	int i;

	(void)state;
	map.room = 0;
	map.refuse_update[2] = -EPERM;
	update(c, 1);
	update(c, 2);
	map.updates = 0;
	at_deadline(c, 200 * MS);
	for (i = 0; i < 4; i++) /* up to 15.2 s: only the one that is refused */
		at_deadline(c, (1ull << i) * SECOND);
	check_u64(map.updates, 5, "tries");
	at_deadline(c, 30 * SECOND - 15 * SECOND - 200 * MS); /* the one without room */
	check_u64(map.updates, 6, "tries");
	at_deadline(c,
		    31 * SECOND + 200 * MS - 30 * SECOND); /* 16 s after the last of the others */
	check_u64(map.updates, 7, "tries");
	skep_map_cache_close(c);
}

/* In one run: first what is to be deleted, then what waits for the room. */
static void deletes__come_first_and_make_room(void **state)
{
	struct skep_map_cache *c = make(0);

	(void)state;
	map.room = 1;
	update(c, 1);
	update(c, 2);
	map.refuse_remove[1] = -EPERM;
	delete (c, 1);
	map.refuse_remove[1] = 0;
	check_int(at_deadline(c, 200 * MS), 2, "both");
	assert_true(!map.has[1] && map.has[2]);
	check_u64(skep_map_cache_deadline_ns(c), NEVER, "nothing to do");
	skep_map_cache_close(c);
}

struct told {
	char text[256];
	int count;
};

static void tell(uint64_t level, const char *text, void *userdata)
{
	struct told *told = userdata;

	check_u64(level, SKEP_LOG_WARNING, "level");
	strncpy(told->text, text, sizeof(told->text) - 1);
	told->count++;
}

static void invalid__is_given_up_after_3_tries_and_told(void **state)
{
	struct told told = { "", 0 };
	const struct skep_log log = { .fn = tell, .userdata = &told };
	const struct skep_map_cache_opts opts = { .sz = sizeof(opts),
						  .flags = SKEP_MAP_CACHE_NO_JITTER,
						  .log = &log };
	struct skep_map_cache_entry e;
	struct skep_map_cache *c;
	struct skep_error err = { 0 };
	uint32_t key = 1;

	(void)state;
	pretended_init(&map);
	c = pretended_cache(&map, &opts);
	map.refuse_update[1] = -EINVAL;
	check_int(update(c, 1), -EINVAL, "update");
	at_deadline(c, 200 * MS);
	check_int(told.count, 0, "told");
	at_deadline(c, SECOND);
	check_u64(map.updates, 3, "tries");
	check_u64(skep_map_cache_deadline_ns(c), NEVER, "nothing to do");
	check_u64(status_of(c).given_up, 1, "given up");
	check_u64(status_of(c).pending_insert, 0, "pending");
	check_int(told.count, 1, "told");
	check_text(told.text,
		   "map 'pretended': 1 elements are given up; update the first of them: invalid "
		   "argument",
		   "told");
	check_int(skep_map_cache_find(c, &key, NULL, &e), 1, "find");
	check_u64(e.given_up, 1, "given up");
	check_u64(e.tries, 3, "tries");

	check_int(skep_map_cache_resync(c, 0, &err), -EINVAL, "resync leaves it");
	check_u64(map.updates, 3, "tries");
	map.refuse_update[1] = 0;
	check_int(skep_map_cache_resync(c, SKEP_MAP_CACHE_RETRY_GIVEN_UP, &err), 0, "but this");
	check_u64(map.values[1], 1, "in the map");
	check_u64(status_of(c).given_up, 0, "given up");
	skep_map_cache_close(c);
}

/* Between the failure and the run somebody else has removed it. */
static void delete__of_what_has_gone_is_a_success(void **state)
{
	struct skep_map_cache *c = make(0);

	(void)state;
	update(c, 1);
	map.refuse_remove[1] = -EPERM;
	delete (c, 1);
	map.refuse_remove[1] = 0;
	map.has[1] = false;
	check_int(at_deadline(c, 200 * MS), 1, "done");
	check_u64(status_of(c).entries, 0, "entries");
	check_u64(status_of(c).deletes_failed, 1, "only the first failed");
	check_u64(skep_map_cache_deadline_ns(c), NEVER, "nothing to do");
	skep_map_cache_close(c);
}

/* What the caller sets right himself is not pending any more, and the cache is healthy. */
static void caller__who_sets_it_right_ends_the_failures(void **state)
{
	struct skep_map_cache *c = make(SKEP_MAP_CACHE_NO_JITTER);

	(void)state;
	map.room = 1;
	map.refuse_update[1] = -EPERM;
	update(c, 1);
	at_deadline(c, 200 * MS);
	check_u64(status_of(c).consecutive_failures, 1, "failures");
	map.refuse_update[1] = 0;
	check_int(update(c, 1), 0, "update");
	check_u64(status_of(c).consecutive_failures, 0, "failures");
	check_int(status_of(c).last_error, 0, "last error");
	check_u64(skep_map_cache_deadline_ns(c), NEVER, "nothing to do");

	update(c, 2); /* there is no room for it, and it is not wanted any more */
	check_u64(status_of(c).pending_full, 1, "pending");
	check_int(delete (c, 2), -ENOENT, "delete");
	check_u64(status_of(c).pending_full, 0, "pending");
	check_u64(skep_map_cache_deadline_ns(c), NEVER, "nothing to do");
	skep_map_cache_close(c);
}

static void resync__tries_everything_at_once_and_tells_what_is_left(void **state)
{
	struct skep_map_cache *c = make(0);
	struct skep_error err = { 0 };

	(void)state;
	check_int(skep_map_cache_resync(c, 0, &err), 0, "of nothing");
	map.room = 0;
	map.refuse_update[3] = -EPERM;
	update(c, 1);
	update(c, 2);
	update(c, 3);
	check_int(skep_map_cache_resync(c, 0, &err), -E2BIG, "resync");
	check_text(err.msg,
		   "resync map 'pretended': 3 elements are not as they should be, one of them: no "
		   "room: the map or the argument list is full",
		   "words");
	check_u64(err.kind, SKEP_ERR_PARTIAL, "kind");
	map.room = 3;
	map.refuse_update[3] = 0;
	check_int(skep_map_cache_resync(c, 0, &err), 0, "resync");
	check_u64(map.count, 3, "in the map");
	check_int(skep_map_cache_resync(c, 1u << 9, &err), -EINVAL, "flags");
	skep_map_cache_close(c);
}

static void dispatch__does_no_more_than_it_is_asked(void **state)
{
	struct skep_map_cache *c = make(0);
	uint32_t key;

	(void)state;
	for (key = 0; key < 10; key++) {
		map.refuse_update[key] = -EPERM;
		update(c, key);
		map.refuse_update[key] = 0;
	}
	map.now_ns += SECOND;
	check_int(skep_map_cache_dispatch(c, 4), 4, "of ten");
	check_u64(skep_map_cache_deadline_ns(c), map.now_ns, "the rest is due");
	check_int(skep_map_cache_dispatch(c, 4), 4, "of six");
	check_int(skep_map_cache_dispatch(c, 0), 2, "of two");
	check_int(skep_map_cache_dispatch(c, 0), 0, "of none");
	skep_map_cache_close(c);
}

/* The fd is readable when something is due. The pretended time has long passed. */
static void fd__tells_when_to_dispatch(void **state)
{
	struct skep_map_cache *c = make(0);
	struct pollfd p = { .fd = skep_map_cache_fd(c), .events = POLLIN };

	(void)state;
	check_int(poll(&p, 1, 0), 0, "nothing to do");
	map.refuse_update[1] = -EPERM;
	map.now_ns = 1;
	update(c, 1);
	check_int(poll(&p, 1, 10000), 1, "readable");
	map.refuse_update[1] = 0;
	map.now_ns = skep_map_cache_deadline_ns(c);
	check_int(skep_map_cache_wait(c, UINT64_MAX), 1, "wait");
	check_int(poll(&p, 1, 0), 0, "nothing to do");
	check_int(skep_map_cache_wait(c, 1), 0, "wait that ends");
	skep_map_cache_close(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(backoff__doubles_from_1_s_to_60_s),
		cmocka_unit_test(jitter__is_a_tenth_either_way),
		cmocka_unit_test(interval__is_between_runs_that_new_failures_cause),
		cmocka_unit_test(run__tries_no_more_than_what_is_pending),
		cmocka_unit_test(budget__ends_a_run_and_all_have_their_turn),
		cmocka_unit_test(full__waits_for_half_a_minute_or_a_delete),
		cmocka_unit_test(full__and_other_failures_have_pauses_of_their_own),
		cmocka_unit_test(deletes__come_first_and_make_room),
		cmocka_unit_test(invalid__is_given_up_after_3_tries_and_told),
		cmocka_unit_test(delete__of_what_has_gone_is_a_success),
		cmocka_unit_test(caller__who_sets_it_right_ends_the_failures),
		cmocka_unit_test(resync__tries_everything_at_once_and_tells_what_is_left),
		cmocka_unit_test(dispatch__does_no_more_than_it_is_asked),
		cmocka_unit_test(fd__tells_when_to_dispatch),
	};

	return cmocka_run_group_tests_name("map_resync", tests, NULL, NULL);
}
