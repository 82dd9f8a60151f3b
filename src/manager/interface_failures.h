/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef MANAGER_INTERFACE_FAILURES_H
#define MANAGER_INTERFACE_FAILURES_H
/* Interfaces that a probe could not be attached to, and when that is tried again: later each time. */
#include <net/if.h>
#include <stddef.h>
#include <stdint.h>

#include <skep/error.h>

struct interface_failure {
	char name[IFNAMSIZ];
	uint32_t ifindex;
	uint32_t pad;
	uint64_t delay_ns; /* of the next attempt */
	uint64_t due_ns;   /* CLOCK_MONOTONIC */
	struct skep_error why;
};

struct interface_failures {
	struct interface_failure *all;
	size_t count;
};

/* Return: NULL: that one has not failed. */
struct interface_failure *interface_failures_find(const struct interface_failures *f,
						  uint32_t ifindex);

/*
 * interface_failures_put() - one more attempt has failed
 * @delay_ns: from the first to the second one
 *
 * Return: 1 it was the first; 0; -ENOMEM.
 */
int interface_failures_put(struct interface_failures *f, uint32_t ifindex, const char *name,
			   const struct skep_error *why, uint64_t delay_ns);

/* It has gone, or is attached to. */
void interface_failures_drop(struct interface_failures *f, uint32_t ifindex);

/* Return: when the next attempt is due; UINT64_MAX: none is. */
uint64_t interface_failures_due_ns(const struct interface_failures *f);

#endif
