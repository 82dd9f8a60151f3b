/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "manager/interface_failures.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/time.h"

#define MOST_DELAY_NS (60 * (uint64_t)NSEC_PER_SEC)

struct interface_failure *interface_failures_find(const struct interface_failures *f,
						  uint32_t ifindex)
{
	size_t i;

	for (i = 0; i < f->count; i++)
		if (f->all[i].ifindex == ifindex)
			return &f->all[i];
	return NULL;
}

int interface_failures_put(struct interface_failures *f, uint32_t ifindex, const char *name,
			   const struct skep_error *why, uint64_t delay_ns)
{
	struct interface_failure *one = interface_failures_find(f, ifindex), *more;
	const int is_new = !one;

	if (is_new) {
		more = reallocarray(f->all, f->count + 1, sizeof(*more));
		if (!more)
			return -ENOMEM;
		f->all = more;
		one = &more[f->count++];
		*one = (struct interface_failure){ .ifindex = ifindex, .delay_ns = delay_ns };
	}
	snprintf(one->name, sizeof(one->name), "%s", name);
	one->why = *why;
	one->due_ns = time_now_ns(CLOCK_MONOTONIC) + one->delay_ns;
	if (one->delay_ns < MOST_DELAY_NS / 2)
		one->delay_ns *= 2;
	else if (one->delay_ns < MOST_DELAY_NS)
		one->delay_ns = MOST_DELAY_NS;
	return is_new;
}

void interface_failures_drop(struct interface_failures *f, uint32_t ifindex)
{
	struct interface_failure *one = interface_failures_find(f, ifindex);

	if (one)
		*one = f->all[--f->count];
}

uint64_t interface_failures_due_ns(const struct interface_failures *f)
{
	uint64_t due = UINT64_MAX;
	size_t i;

	for (i = 0; i < f->count; i++)
		if (f->all[i].due_ns < due)
			due = f->all[i].due_ns;
	return due;
}
