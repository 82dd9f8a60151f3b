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
 * Called after each interface that was attached, as each takes grace periods.
 *
 * Return: 0 to go on; anything else: attach no more.
 */
typedef int (*flow_watch_between_fn)(void *userdata);

/*
 * flow_watch_check() - are the patterns well-formed
 *
 * Return: 0; -EINVAL; -ENOMEM.
 */
int flow_watch_check(const struct skep_flow_watch_opts *opts, struct skep_error *err);

/*
 * flow_watch_new() - attach to what matches now
 * @interfaces, @log, @userdata: borrowed until flow_watch_free()
 *
 * Return: as skep_flow_agent_watch().
 */
int flow_watch_new(struct flow_interfaces *interfaces, const struct skep_flow_watch_opts *opts,
		   const struct skep_log *log, flow_watch_between_fn between, void *userdata,
		   struct flow_watch **ret_watch, struct skep_error *err);

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
