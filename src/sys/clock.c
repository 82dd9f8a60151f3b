/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include <skep/clock.h>

#include "base/time.h"

uint64_t skep_clock_monotonic_ns(void)
{
	return time_now_ns(CLOCK_MONOTONIC);
}

uint64_t skep_clock_boottime_ns(void)
{
	return time_now_ns(CLOCK_BOOTTIME);
}

uint64_t skep_clock_coarse_ns(void)
{
	return time_now_ns(CLOCK_MONOTONIC_COARSE);
}

uint64_t skep_clock_tai_ns(void)
{
	return time_now_ns(CLOCK_TAI);
}
