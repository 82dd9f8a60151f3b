/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef FLOW_INTERFACES_H
#define FLOW_INTERFACES_H
/*
 * The interfaces of an agent: which ones the programs are attached to and how, and the names of those that were.
 */
#include <skep/flow.h>

#include "net/link.h"

struct flow_interfaces;
struct flow_program;
struct skep_log;

struct flow_interfaces_opts {
	uint32_t directions; /* SKEP_DIRECTION_* */
	uint32_t attach;     /* enum skep_flow_attach */
	int tcx_tail;
	const struct skep_log *log; /* borrowed */
};

/*
 * flow_interfaces_new() - none yet
 * @program: borrowed until flow_interfaces_free()
 *
 * Return: 0; -ENOMEM; a negative errno of rtnetlink(7); -EOPNOTSUPP TCX was asked for and there is none.
 */
int flow_interfaces_new(struct flow_program *program, const struct flow_interfaces_opts *opts,
			struct flow_interfaces **ret_interfaces, struct skep_error *err);

/* Detaches all. Return: NULL. */
struct flow_interfaces *flow_interfaces_free(struct flow_interfaces *interfaces);

/* Return: as skep_flow_agent_attach(). */
int flow_interfaces_attach(struct flow_interfaces *interfaces, uint32_t ifindex,
			   struct skep_error *err);

/* Return: as skep_flow_agent_detach(). */
int flow_interfaces_detach(struct flow_interfaces *interfaces, uint32_t ifindex,
			   struct skep_error *err);

/*
 * flow_interfaces_detach_all() - detach from all
 * @between: called after each, as each takes grace periods; NULL: nothing to do meanwhile
 *
 * Return: 0; the first error of detaching; all are detached.
 */
int flow_interfaces_detach_all(struct flow_interfaces *interfaces, void (*between)(void *userdata),
			       void *userdata, struct skep_error *err);

/* The interface has vanished: what was attached to it went with it. */
void flow_interfaces_vanish(struct flow_interfaces *interfaces, uint32_t ifindex);

/* A name has changed, perhaps. */
void flow_interfaces_rename(struct flow_interfaces *interfaces, uint32_t ifindex, const char *name);

/* Return: 1 if attached. */
int flow_interfaces_attached(const struct flow_interfaces *interfaces, uint32_t ifindex);

/* Return: as skep_flow_agent_interface_name(). */
const char *flow_interfaces_name(const struct flow_interfaces *interfaces, uint32_t ifindex);

/* Return: interfaces attached. */
uint64_t flow_interfaces_count(const struct flow_interfaces *interfaces);

/* Calls @fn with each interface that is attached; @fn may let it vanish. */
void flow_interfaces_each(struct flow_interfaces *interfaces,
			  void (*fn)(uint32_t ifindex, void *userdata), void *userdata);

SKEP_DEFINE_CLEANUP(struct flow_interfaces, flow_interfaces_free)

#endif
