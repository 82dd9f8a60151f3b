/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef MANAGER_INTERFACES_H
#define MANAGER_INTERFACES_H
/*
 * Probes of all interfaces that match a pattern: attached as they come, let go as they leave.
 */
#include "manager/manager.h"

struct interface_watch;

/* Does the probe name its interface by a pattern? */
int interfaces_is_pattern(const struct skep_probe_spec *spec);

/*
 * interfaces_follow() - attach to what matches now, and watch for more
 *
 * An interface that cannot be attached to is logged and passed by: only what none of them can do is an error.
 *
 * Return: 0, also if none matches yet; a negative errno: nothing is attached.
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

#endif
