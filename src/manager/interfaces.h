/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef MANAGER_INTERFACES_H
#define MANAGER_INTERFACES_H
/*
 * Probes of all interfaces that match a pattern, or of one by its name: attached as they come, let go as they leave.
 */
#include "manager/manager.h"

struct interface_failure;
struct interface_watch;

/* Does the probe name its interface by a pattern? */
int interfaces_is_pattern(const struct skep_probe_spec *spec);

/* By a pattern or a name, and not by a number? */
int interfaces_are_followed(const struct skep_probe_spec *spec);

/*
 * interfaces_follow() - attach to what matches now, and watch for more
 *
 * An interface that cannot be attached to is logged and tried again later: only what none of them can do is an error.
 *
 * Return: 0, also if none matches a pattern yet; a negative errno: nothing is attached.
 */
int interfaces_follow(struct skep_probe *p, struct skep_error *err);

/* Watches no more; attachments stay as they are. Return: NULL. */
struct interface_watch *interfaces_forget(struct interface_watch *watch);

/*
 * interfaces_dispatch() - do what notifications ask for
 * @max: interfaces to attach to or to let go at most; 0: all
 *
 * Return: how many were attached to or let go of; a negative errno.
 */
int interfaces_dispatch(struct skep_manager *m, unsigned max, struct skep_error *err);

/* Is it followed by name, and its interface not there? */
int interfaces_is_away(const struct skep_probe *p);

/*
 * interfaces_again() - attach a probe that is followed where it is not attached, also where that failed
 *
 * Return: 0 it is attached somewhere, or none matches; a negative errno.
 */
int interfaces_again(struct skep_probe *p, struct skep_error *err);

/* Takes notice of what has gone, before all is detached. */
void interfaces_end(struct skep_manager *m);

/* Return: an interface that the probe could not be attached to; NULL: there are not so many. */
const struct interface_failure *interfaces_failure(const struct skep_probe *p, size_t index);

/* Return: when one of them is to be tried again, CLOCK_MONOTONIC; UINT64_MAX: none is. */
uint64_t interfaces_due_ns(const struct skep_manager *m);

#endif
