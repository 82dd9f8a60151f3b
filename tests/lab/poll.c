/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "poll.h"

#include <time.h>

#include "base/time.h"

#define PAUSE_MIN_NS (200ull * 1000)
#define PAUSE_MAX_NS (20 * NSEC_PER_MSEC)

uint64_t lab_now_ns(void)
{
	return time_now_ns(CLOCK_MONOTONIC);
}

uint64_t lab_in_ms(uint64_t ms)
{
	return lab_now_ns() + ms * NSEC_PER_MSEC;
}

bool lab_until(uint64_t deadline_ns, lab_condition_fn fn, void *userdata)
{
	uint64_t pause_ns = PAUSE_MIN_NS;

	for (;;) {
		/* Looked at before asking: what became true in time is seen however long the pause was. */
		bool last = lab_now_ns() >= deadline_ns;
		struct timespec pause = time_to_timespec(pause_ns);

		if (fn(userdata))
			return true;
		if (last)
			return false;
		nanosleep(&pause, NULL);
		pause_ns = pause_ns * 2 < PAUSE_MAX_NS ? pause_ns * 2 : PAUSE_MAX_NS;
	}
}
