/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "check.h"

#include <inttypes.h>
#include <time.h>

#include <skep/clock.h>

#include "base/time.h"

/* Between two readings of the kernel's clock. */
static void check_clock(uint64_t (*read_ns)(void), clockid_t clock)
{
	uint64_t before = time_now_ns(clock), now = read_ns(), after = time_now_ns(clock);

	check_int(before <= now && now <= after, 1,
		  "clock %d: %" PRIu64 " between %" PRIu64 " and %" PRIu64, (int)clock, now, before,
		  after);
}

static void clock__is_the_kernels(void **state)
{
	(void)state;
	check_clock(skep_clock_monotonic_ns, CLOCK_MONOTONIC);
	check_clock(skep_clock_boottime_ns, CLOCK_BOOTTIME);
	check_clock(skep_clock_coarse_ns, CLOCK_MONOTONIC_COARSE);
	check_clock(skep_clock_tai_ns, CLOCK_TAI);
}

static void clock__coarse_is_not_ahead_and_not_far_behind(void **state)
{
	uint64_t coarse = skep_clock_coarse_ns(), exact = skep_clock_monotonic_ns();

	(void)state;
	check_int(coarse <= exact && exact - coarse < NSEC_PER_SEC, 1,
		  "%" PRIu64 ", exact %" PRIu64, coarse, exact);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(clock__is_the_kernels),
		cmocka_unit_test(clock__coarse_is_not_ahead_and_not_far_behind),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
