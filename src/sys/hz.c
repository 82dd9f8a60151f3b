/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "sys/hz.h"

#include <errno.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/time.h"
#include "sys/kernel_config.h"

#define MEASURE_NS (100 * NSEC_PER_MSEC)
#define WINDOWS 20

uint64_t sys_hz_nearest(uint64_t jiffies, uint64_t ns)
{
	static const uint64_t likely[] = { 1000, 300, 250, 100 };
	uint64_t nearest = 0, least = UINT64_MAX;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(likely); i++) {
		uint64_t is = jiffies * NSEC_PER_SEC, would = likely[i] * ns;
		uint64_t distance = is > would ? is - would : would - is;

		if (distance < least) {
			least = distance;
			nearest = likely[i];
		}
	}
	return nearest;
}

static void sleep_until(uint64_t deadline_ns)
{
	const struct timespec t = time_to_timespec(deadline_ns);

	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL) == EINTR)
		;
}

struct reading {
	uint64_t jiffies, ns;
};

static int read_both(struct skep_jiffies *j, struct reading *ret, struct skep_error *err)
{
	int r = skep_jiffies_read(j, &ret->jiffies, err);

	ret->ns = time_now_ns(CLOCK_MONOTONIC);
	return r;
}

/*
 * A machine that is held up, a virtual one above all, counts ticks late and then all at once, and may be held up between the
 * two readings. So a window counts only if the one before it says the same.
 */
static int measure(struct skep_jiffies *j, uint64_t *ret_hz, struct skep_error *err)
{
	struct reading begin, end;
	uint64_t hz = 0, last;
	int i, r;

	r = read_both(j, &begin, err);
	for (i = 0; r >= 0 && i < WINDOWS; i++) {
		sleep_until(begin.ns + MEASURE_NS);
		r = read_both(j, &end, err);
		if (r < 0)
			break;
		last = hz;
		hz = sys_hz_nearest(end.jiffies - begin.jiffies, end.ns - begin.ns);
		if (hz == last)
			break;
		begin = end;
	}
	if (r >= 0)
		*ret_hz = hz;
	return r < 0 ? r : 0;
}

int sys_hz_measure(uint64_t *ret_hz, struct skep_error *err)
{
	_cleanup_(skep_jiffies_closep) struct skep_jiffies *j = NULL;
	int r = skep_jiffies_open(0, &j, err);

	return r < 0 ? r : measure(j, ret_hz, err);
}

static int hz_of_config(uint64_t *ret_hz)
{
	_cleanup_free_ char *text = NULL;
	char value[16];
	size_t size;
	long hz;
	int r;

	r = sys_kernel_config_read(&text, &size);
	if (r < 0)
		return r;
	r = sys_kernel_config_find(text, size, "CONFIG_HZ", value, sizeof(value));
	if (r < 0)
		return r;
	hz = strtol(value, NULL, 10);
	if (hz < 1 || hz > 99999)
		return -ENODATA;
	*ret_hz = (uint64_t)hz;
	return 0;
}

int skep_jiffies_hz(uint64_t *ret_hz, struct skep_error *err)
{
	int r;

	if (hz_of_config(ret_hz) == 0)
		return SKEP_HZ_CONFIG;
	r = sys_hz_measure(ret_hz, err);
	return r < 0 ? r : SKEP_HZ_MEASURED;
}
