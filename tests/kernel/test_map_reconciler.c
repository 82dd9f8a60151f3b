/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* A map kept equal to what is wanted, by a clock that the test turns. */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include <skep/kabi.h>
#include <skep/map.h>
#include <skep/map_bulk.h>
#include <skep/map_dump.h>
#include <skep/map_reconciler.h>

#include "bpf_fixture.h"

#define MS 1000000ull
#define MINUTE (60000 * MS)
#define HOUR (60 * MINUTE)

static uint64_t now; /* of all tests, which run one after the other */

static uint64_t clock_of_test(void *userdata)
{
	(void)userdata;
	return now;
}

static struct skep_map *make(uint64_t type, uint64_t max_entries)
{
	const struct skep_map_spec spec = {
		.sz = sizeof(spec),
		.name = "kept",
		.type = type,
		.key_size = 4,
		.value_size = 8,
		.max_entries = max_entries,
	};
	struct skep_map *map = NULL;
	struct skep_error err = { 0 };

	assert_done(skep_map_create(&spec, &map, &err), &err);
	return map;
}

static struct skep_map_reconciler *open_for(struct skep_map *map, uint64_t flags)
{
	const struct skep_map_reconciler_opts opts = { .sz = sizeof(opts),
						       .flags = flags,
						       .clock_fn = clock_of_test };
	struct skep_map_reconciler *r = NULL;
	struct skep_error err = { 0 };

	now = 1000 * HOUR;
	assert_done(skep_map_reconciler_open(map, &opts, &r, &err), &err);
	return r;
}

static uint64_t want(struct skep_map_reconciler *r, uint32_t key, uint64_t value)
{
	uint64_t revision = 0;

	assert_int_equal(skep_map_reconciler_set(r, &key, &value, &revision), 0);
	return revision;
}

static uint64_t state_of(struct skep_map_reconciler *r, uint32_t key)
{
	return skep_map_reconciler_status(r, &key).state;
}

static uint64_t count_of(struct skep_map *map)
{
	struct skep_error err = { 0 };
	uint64_t count = 0;

	assert_done(skep_map_count(map, &count, &err), &err);
	return count;
}

static uint64_t value_of(struct skep_map *map, uint32_t key)
{
	uint64_t value = 0;

	return SKEP_MAP_LOOKUP(map, &key, &value) == 0 ? value : UINT64_MAX;
}

static int is_readable(struct skep_map_reconciler *r)
{
	struct pollfd fd = { .fd = skep_map_reconciler_fd(r), .events = POLLIN };

	return poll(&fd, 1, 0);
}

/* A timer that is due at once takes the kernel a moment. */
static int becomes_readable(struct skep_map_reconciler *r)
{
	struct pollfd fd = { .fd = skep_map_reconciler_fd(r), .events = POLLIN };

	return poll(&fd, 1, 10000);
}

static void reconciler__writes_what_is_wanted_and_removes_what_is_not(void **state)
{
	struct skep_map *map = make(SKEP_MAP_TYPE_HASH, 10);
	struct skep_map_reconciler *r = open_for(map, 0);
	uint32_t key = 1;

	(void)state;
	assert_int_equal(skep_map_reconciler_deadline_ns(r), UINT64_MAX);
	assert_int_equal(is_readable(r), 0);
	assert_int_equal(state_of(r, 1), SKEP_MAP_OBJECT_UNSET);
	assert_int_equal(want(r, 1, 10), 1);
	assert_int_equal(want(r, 2, 20), 2);
	assert_int_equal(state_of(r, 1), SKEP_MAP_OBJECT_PENDING);
	assert_int_equal(skep_map_reconciler_deadline_ns(r), 0);
	assert_int_equal(becomes_readable(r), 1);
	assert_int_equal(skep_map_reconciler_dispatch(r, 0), 2);
	assert_int_equal(is_readable(r), 0);
	assert_int_equal(state_of(r, 1), SKEP_MAP_OBJECT_DONE);
	assert_int_equal(value_of(map, 1), 10);
	assert_int_equal(skep_map_reconciler_stats(r)->reconciled_revision, 2);
	assert_int_equal(skep_map_reconciler_unset(r, &key, NULL), 1);
	assert_int_equal(skep_map_reconciler_unset(r, &key, NULL), 0);
	assert_int_equal(skep_map_reconciler_dispatch(r, 0), 1);
	assert_int_equal(state_of(r, 1), SKEP_MAP_OBJECT_UNSET);
	assert_int_equal(count_of(map), 1);
	assert_int_equal(skep_map_reconciler_stats(r)->objects, 1);
	skep_map_reconciler_close(r);
	skep_map_close(map);
}

/* One element that fails keeps no other one waiting, and is tried again later each time. */
static void reconciler__tries_again_later_each_time(void **state)
{
	static const uint64_t delays_ms[] = { 100,  200,   400,   800,   1600,  3200,
					      6400, 12800, 25600, 51200, 60000, 60000 };
	struct skep_map *map = make(SKEP_MAP_TYPE_HASH, 2);
	struct skep_map_reconciler *r = open_for(map, 0);
	struct skep_map_object_status status;
	struct skep_error err = { 0 };
	uint32_t key = 3;
	size_t i;

	(void)state;
	want(r, 1, 10);
	want(r, 2, 20);
	want(r, 3, 30);
	assert_int_equal(skep_map_reconciler_dispatch(r, 0), 3);
	for (i = 0; i < sizeof(delays_ms) / sizeof(delays_ms[0]); i++) {
		status = skep_map_reconciler_status(r, &key);
		assert_int_equal(status.state, SKEP_MAP_OBJECT_ERROR);
		assert_int_equal(status.error, -E2BIG);
		assert_int_equal(status.retries, i + 1);
		assert_int_equal(skep_map_reconciler_deadline_ns(r), now + delays_ms[i] * MS);
		now += delays_ms[i] * MS - 1;
		assert_int_equal(skep_map_reconciler_dispatch(r, 0), 0);
		now++;
		assert_int_equal(skep_map_reconciler_dispatch(r, 0), 1);
	}
	assert_int_equal(skep_map_reconciler_stats(r)->reconciled_revision, 2);
	assert_int_equal(skep_map_reconciler_stats(r)->failed, 1);
	assert_int_equal(skep_map_reconciler_wait_until(r, 3, 1, &err), -ETIMEDOUT);
	assert_told(&err, SKEP_ERR_NO_SPACE, "the map is full (max_entries 2)");
	key = 1;
	assert_int_equal(skep_map_reconciler_unset(r, &key, NULL), 1);
	now += MINUTE;
	assert_int_equal(skep_map_reconciler_dispatch(r, 0), 2);
	assert_int_equal(state_of(r, 3), SKEP_MAP_OBJECT_DONE);
	assert_int_equal(skep_map_reconciler_stats(r)->reconciled_revision, 4);
	assert_int_equal(value_of(map, 3), 30);
	skep_map_reconciler_close(r);
	skep_map_close(map);
}

static void reconciler__prunes_before_it_writes_and_each_hour(void **state)
{
	struct skep_map *map = make(SKEP_MAP_TYPE_HASH, 2);
	struct skep_map_reconciler *r = open_for(map, 0);
	uint64_t value = 1;
	uint32_t key;

	(void)state;
	for (key = 100; key < 102; key++)
		assert_int_equal(SKEP_MAP_UPDATE(map, &key, &value, 0), 0);
	want(r, 100, 5);
	want(r, 1, 10);
	skep_map_reconciler_initialised(r);
	/* full of what nobody wants: written first, one would fail */
	assert_int_equal(skep_map_reconciler_dispatch(r, 0), 2);
	assert_int_equal(skep_map_reconciler_stats(r)->pruned, 1);
	assert_int_equal(skep_map_reconciler_stats(r)->errors, 0);
	assert_int_equal(value_of(map, 100), 5);
	assert_int_equal(value_of(map, 1), 10);
	key = 1;
	assert_int_equal(SKEP_MAP_DELETE(map, &key), 0);
	key = 7;
	assert_int_equal(SKEP_MAP_UPDATE(map, &key, &value, 0), 0);
	now += HOUR;
	skep_map_reconciler_dispatch(r, 0);
	assert_int_equal(skep_map_reconciler_stats(r)->prunes, 2);
	assert_int_equal(value_of(map, 7), UINT64_MAX);
	assert_int_equal(value_of(map, 1), 10); /* written again, too: half an hour is over */
	assert_int_equal(skep_map_reconciler_deadline_ns(r), now + HOUR / 2);
	skep_map_reconciler_close(r);
	skep_map_close(map);
}

static void reconciler__writes_all_again_each_half_hour(void **state)
{
	struct skep_map *map = make(SKEP_MAP_TYPE_HASH, 10);
	struct skep_map_reconciler *r = open_for(map, 0);
	uint32_t key = 2;

	(void)state;
	want(r, 1, 10);
	want(r, 2, 20);
	assert_int_equal(skep_map_reconciler_dispatch(r, 0), 2);
	assert_int_equal(SKEP_MAP_DELETE(map, &key), 0);
	assert_int_equal(skep_map_reconciler_deadline_ns(r), now + HOUR / 2);
	now += HOUR / 2;
	assert_int_equal(skep_map_reconciler_dispatch(r, 1), 1);
	assert_int_equal(state_of(r, 1), SKEP_MAP_OBJECT_DONE);
	assert_int_equal(state_of(r, 2), SKEP_MAP_OBJECT_REFRESHING);
	assert_int_equal(skep_map_reconciler_stats(r)->reconciled_revision, 2);
	assert_int_equal(skep_map_reconciler_dispatch(r, 0), 1);
	assert_int_equal(value_of(map, 2), 20);
	skep_map_reconciler_close(r);
	skep_map_close(map);
}

static void reconciler__goes_in_rounds_of_a_thousand(void **state)
{
	struct skep_map *map = make(SKEP_MAP_TYPE_HASH, 5000);
	struct skep_map_reconciler *r = open_for(map, 0);
	uint32_t key;

	(void)state;
	for (key = 0; key < 2500; key++)
		want(r, key, key);
	assert_int_equal(skep_map_reconciler_dispatch(r, 10), 10);
	assert_int_equal(skep_map_reconciler_stats(r)->reconciled_revision, 10);
	assert_int_equal(skep_map_reconciler_dispatch(r, 0), 2490);
	assert_int_equal(skep_map_reconciler_stats(r)->rounds, 4);
	assert_in_range(skep_map_reconciler_stats(r)->calls, 4, 2500);
	assert_int_equal(count_of(map), 2500);
	skep_map_reconciler_close(r);
	skep_map_close(map);
}

static void reconciler__takes_the_last_word_of_what_is_wanted(void **state)
{
	struct skep_map *map = make(SKEP_MAP_TYPE_HASH, 10);
	struct skep_map_reconciler *r = open_for(map, 0);
	uint32_t key = 1;

	(void)state;
	want(r, 1, 10);
	want(r, 1, 11);
	assert_int_equal(skep_map_reconciler_unset(r, &key, NULL), 1);
	assert_int_equal(want(r, 1, 12), 4);
	assert_int_equal(skep_map_reconciler_dispatch(r, 0), 1);
	assert_int_equal(value_of(map, 1), 12);
	assert_int_equal(skep_map_reconciler_stats(r)->reconciled_revision, 4);
	skep_map_reconciler_close(r);
	skep_map_close(map);
}

static void reconciler__sets_elements_of_an_array_to_zero_only_if_told(void **state)
{
	struct skep_map *map = make(SKEP_MAP_TYPE_ARRAY, 4);
	struct skep_map_reconciler *r = open_for(map, 0);
	uint64_t value = 7;
	uint32_t key = 1, other = 3;

	(void)state;
	want(r, 1, 10);
	assert_int_equal(skep_map_reconciler_unset(r, &key, NULL), -EOPNOTSUPP);
	skep_map_reconciler_initialised(r);
	assert_int_equal(skep_map_reconciler_dispatch(r, 0), 1);
	assert_int_equal(skep_map_reconciler_stats(r)->prunes, 0);
	skep_map_reconciler_close(r);
	r = open_for(map, SKEP_MAP_RECONCILER_ZERO);
	assert_int_equal(SKEP_MAP_UPDATE(map, &other, &value, 0), 0);
	want(r, 1, 10);
	skep_map_reconciler_initialised(r);
	assert_int_equal(skep_map_reconciler_dispatch(r, 0), 1);
	assert_int_equal(value_of(map, 3), 0);
	assert_int_equal(skep_map_reconciler_unset(r, &key, NULL), 1);
	assert_int_equal(skep_map_reconciler_dispatch(r, 0), 1);
	assert_int_equal(value_of(map, 1), 0);
	skep_map_reconciler_close(r);
	skep_map_close(map);
}

/* By the real clock: the fd becomes readable when a retry is due. */
static void reconciler__waits_until_what_was_wanted_is_there(void **state)
{
	const struct skep_map_reconciler_opts opts = { .sz = sizeof(opts), .retry_min_ns = 2 * MS };
	struct skep_map *map = make(SKEP_MAP_TYPE_HASH, 1);
	struct skep_map_reconciler *r = NULL;
	struct skep_error err = { 0 };
	uint64_t revision, value = 1;
	uint32_t key = 9;

	(void)state;
	assert_done(skep_map_reconciler_open(map, &opts, &r, &err), &err);
	assert_int_equal(SKEP_MAP_UPDATE(map, &key, &value, 0), 0);
	revision = want(r, 1, 10);
	assert_int_equal(skep_map_reconciler_dispatch(r, 0), 1);
	assert_int_equal(state_of(r, 1), SKEP_MAP_OBJECT_ERROR);
	assert_int_equal(SKEP_MAP_DELETE(map, &key), 0);
	assert_done(skep_map_reconciler_wait_until(r, revision, 10000 * MS, &err), &err);
	assert_int_equal(value_of(map, 1), 10);
	assert_int_equal(skep_map_reconciler_wait(r, 0), 0);
	skep_map_reconciler_close(r);
	skep_map_close(map);
}

static void reconciler__refuses_maps_and_options_that_do_not_serve(void **state)
{
	const struct skep_map_reconciler_opts opts = { .sz = sizeof(opts), .flags = 8 };
	const int fd = fixture_map(SKEP_MAP_TYPE_QUEUE, 0, 8, 4, 0);
	struct skep_map *map = make(SKEP_MAP_TYPE_HASH, 1), *queue = NULL;
	struct skep_map_reconciler *r = NULL;
	struct skep_error err = { 0 };

	(void)state;
	assert_done(skep_map_open_fd(fd, &queue, &err), &err);
	assert_int_equal(skep_map_reconciler_open(queue, NULL, &r, &err), -EOPNOTSUPP);
	assert_int_equal(skep_map_reconciler_open(map, &opts, &r, &err), -EINVAL);
	assert_null(r);
	assert_null(skep_map_reconciler_close(NULL));
	skep_map_close(queue);
	skep_map_close(map);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reconciler__writes_what_is_wanted_and_removes_what_is_not),
		cmocka_unit_test(reconciler__tries_again_later_each_time),
		cmocka_unit_test(reconciler__prunes_before_it_writes_and_each_hour),
		cmocka_unit_test(reconciler__writes_all_again_each_half_hour),
		cmocka_unit_test(reconciler__goes_in_rounds_of_a_thousand),
		cmocka_unit_test(reconciler__takes_the_last_word_of_what_is_wanted),
		cmocka_unit_test(reconciler__sets_elements_of_an_array_to_zero_only_if_told),
		cmocka_unit_test(reconciler__waits_until_what_was_wanted_is_there),
		cmocka_unit_test(reconciler__refuses_maps_and_options_that_do_not_serve),
	};

	return cmocka_run_group_tests_name("map_reconciler", tests, NULL, NULL);
}
