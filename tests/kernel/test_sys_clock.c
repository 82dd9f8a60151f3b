/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* Jiffies from every source that the live kernel has, and how many of them make a second. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/time.h"
#include "fixture.h"
#include "sys/hz.h"

#define READS 100

static uint64_t read_ok(struct skep_jiffies *j)
{
	struct skep_error err = { 0 };
	uint64_t count;

	assert_ok(skep_jiffies_read(j, &count, &err), &err);
	return count;
}

static void jiffies__of_a_program_are_the_first_choice_inside(void)
{
	struct skep_jiffies *j = NULL;
	struct skep_error err = { 0 };
	uint64_t before, deadline = time_now_ns(CLOCK_MONOTONIC) + 5 * NSEC_PER_SEC;

	assert_ok(skep_jiffies_open(0, &j, &err), &err);
	assert_int_equal(skep_jiffies_source(j), SKEP_JIFFIES_PROGRAM);
	before = read_ok(j);
	while (read_ok(j) == before)
		assert_true(time_now_ns(CLOCK_MONOTONIC) < deadline);
	assert_true(read_ok(j) > before);
	j = skep_jiffies_close(j);
	assert_null(j);
}
IN_NETNS(jiffies__of_a_program_are_the_first_choice)

/* A file that is not there is a source that this kernel does not have. */
static void check_source(uint64_t source, const char *path, struct skep_jiffies *program)
{
	struct skep_jiffies *j = NULL;
	struct skep_error err = { 0 };
	uint64_t before, count, after;
	int r = skep_jiffies_open(source, &j, &err), i;

	if (access(path, F_OK)) {
		assert_int_equal(r, -EOPNOTSUPP);
		assert_int_equal(err.kind, SKEP_ERR_UNSUPPORTED);
		assert_non_null(strstr(err.msg, path));
		return;
	}
	assert_ok(r, &err);
	assert_int_equal(skep_jiffies_source(j), source);
	for (i = 0; i < READS; i++) {
		before = read_ok(program);
		count = read_ok(j);
		after = read_ok(program);
		assert_in_range(count, before, after);
	}
	skep_jiffies_close(j);
}

static void jiffies__of_all_sources_are_the_same_inside(void)
{
	struct skep_jiffies *program = NULL;
	struct skep_error err = { 0 };

	assert_ok(skep_jiffies_open(SKEP_JIFFIES_PROGRAM, &program, &err), &err);
	check_source(SKEP_JIFFIES_SCHEDSTAT, "/proc/schedstat", program);
	check_source(SKEP_JIFFIES_TIMER_LIST, "/proc/timer_list", program);
	skep_jiffies_close(program);
}
IN_NETNS(jiffies__of_all_sources_are_the_same)

/*
 * Jiffies begin 300 s before 2^32, and since then as many have passed as the monotonic clock has had ticks. That tells
 * the frequency without a configuration, after some seconds of uptime exactly.
 */
static void hz__is_what_has_passed_since_boot_inside(void)
{
	struct skep_jiffies *j = NULL;
	struct skep_error err = { 0 };
	uint64_t hz = 0, measured = 0, now, ticks, want;
	int r = skep_jiffies_hz(&hz, &err);

	assert_ok(r, &err);
	assert_true(r == SKEP_HZ_CONFIG || r == SKEP_HZ_MEASURED);
	assert_ok(sys_hz_measure(&measured, &err), &err);
	assert_int_equal(hz, measured);

	assert_ok(skep_jiffies_open(0, &j, &err), &err);
	now = read_ok(j);
	ticks = now - ((1ull << 32) - 300 * hz);
	want = time_now_ns(CLOCK_MONOTONIC) / (NSEC_PER_SEC / 1000) * hz / 1000;
	print_message("# %" PRIu64 " Hz (%s), %" PRIu64 " ticks since boot, %" PRIu64
		      " by the clock\n",
		      hz, r == SKEP_HZ_CONFIG ? "configuration" : "measured", ticks, want);
	assert_in_range(ticks, want - want / 5 - 2 * hz, want + want / 5 + 2 * hz);
	skep_jiffies_close(j);
}
IN_NETNS(hz__is_what_has_passed_since_boot)

/* Not permitted is another answer than not supported. */
static void jiffies__not_permitted_are_said_to_be_so_inside(void)
{
	struct skep_jiffies *j = NULL;
	struct skep_error err = { 0 };
	int r;

	assert_int_equal(setresuid(65534, 65534, 65534), 0);
	r = skep_jiffies_open(SKEP_JIFFIES_PROGRAM, &j, &err);
	assert_int_equal(r, -EPERM);
	assert_int_equal(err.kind, SKEP_ERR_PERMISSION);
	r = skep_jiffies_open(0, &j, &err);
	if (r < 0) /* else one of the files is open to all */
		assert_int_equal(err.kind, SKEP_ERR_PERMISSION);
	skep_jiffies_close(j);
}
IN_NETNS(jiffies__not_permitted_are_said_to_be_so)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(jiffies__of_a_program_are_the_first_choice),
		cmocka_unit_test(jiffies__of_all_sources_are_the_same),
		cmocka_unit_test(hz__is_what_has_passed_since_boot),
		cmocka_unit_test(jiffies__not_permitted_are_said_to_be_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
