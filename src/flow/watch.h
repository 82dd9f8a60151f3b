/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef FLOW_WATCH_H
#define FLOW_WATCH_H
/*
 * Following interfaces by name as they come, change and go.
 */
#include <skep/flow.h>

struct flow_interfaces;
struct flow_watch;
struct skep_log;

/*
 * flow_watch_new() - attach to what matches now
 * @interfaces, @log: borrowed until flow_watch_free()
 *
 * Return: as skep_flow_agent_watch().
 */
int flow_watch_new(struct flow_interfaces *interfaces, const struct skep_flow_watch_opts *opts,
		   const struct skep_log *log, struct flow_watch **ret_watch,
		   struct skep_error *err);

/* Leaves the interfaces as they are. Return: NULL. */
struct flow_watch *flow_watch_free(struct flow_watch *watch);

/* Return: an fd that is readable when interfaces have changed. */
int flow_watch_fd(const struct flow_watch *watch);

/*
 * flow_watch_dispatch() - handle what has changed, without waiting
 * @max: batches of notifications to handle at most; 0: all
 *
 * Return: 0; a negative errno of rtnetlink(7).
 */
int flow_watch_dispatch(struct flow_watch *watch, unsigned max, struct skep_error *err);

SKEP_DEFINE_CLEANUP(struct flow_watch, flow_watch_free)

#endif
