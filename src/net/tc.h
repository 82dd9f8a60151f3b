/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef NET_TC_H
#define NET_TC_H
/*
 * The clsact qdisc and its BPF filters, as rtnetlink has them.
 *
 * Source: tc(8), tc-bpf(8); net/sched/sch_ingress.c, net/sched/cls_bpf.c, net/sched/cls_api.c of the kernel.
 */
#include <linux/pkt_sched.h>
#include <stdint.h>

#include "net/rtnl.h"

#define NET_TC_NAME_SIZE 256 /* CLS_BPF_NAME_LEN of the kernel */

/* Parents of the filters of a clsact qdisc. */
#define NET_TC_INGRESS TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_INGRESS)
#define NET_TC_EGRESS TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_EGRESS)

/* A filter of a clsact qdisc. */
struct net_tc_filter {
	uint32_t parent;             /* NET_TC_INGRESS or _EGRESS */
	uint32_t handle;             /* 0: not a filter but the head of a list of them */
	uint16_t priority;           /* 1 is first */
	uint16_t protocol;           /* network byte order */
	char kind[16];               /* "bpf", "flower", ... */
	char name[NET_TC_NAME_SIZE]; /* of a BPF filter */
};

/* Return: 0 to go on; a negative errno ends the walk and is returned. */
typedef int (*net_tc_filter_fn)(const struct net_tc_filter *filter, void *userdata);

/*
 * net_tc_qdisc_kind() - what sits on the ingress side of an interface
 * @ret_kind: 16 bytes: "clsact", "ingress", or "" for nothing
 *
 * Return: 0; -ENODEV; a negative errno of rtnetlink(7).
 */
int net_tc_qdisc_kind(struct net_rtnl *rtnl, uint32_t ifindex, char ret_kind[16]);

/*
 * net_tc_clsact_add() - create a clsact qdisc
 *
 * Return: 0; -EEXIST there is one, or an "ingress" one; -ENODEV; a negative errno of rtnetlink(7).
 */
int net_tc_clsact_add(struct net_rtnl *rtnl, uint32_t ifindex);

/*
 * net_tc_clsact_delete() - delete a clsact qdisc with everything in it
 *
 * Return: 0; -ENOENT or -EINVAL there is none; -ENODEV; a negative errno of rtnetlink(7).
 */
int net_tc_clsact_delete(struct net_rtnl *rtnl, uint32_t ifindex);

/*
 * net_tc_filter_list() - the filters below one parent
 *
 * Return: 0, also when there is no qdisc; what @fn returned; a negative errno of rtnetlink(7).
 */
int net_tc_filter_list(struct net_rtnl *rtnl, uint32_t ifindex, uint32_t parent,
		       net_tc_filter_fn fn, void *userdata);

/*
 * net_tc_bpf_add() - add a BPF filter in direct-action mode
 * @filter: parent, handle, priority, protocol and name; must not exist
 *
 * Return: 0; -EEXIST; -ENOENT no qdisc; -EINVAL the priority is of another kind or protocol; a negative errno of
 *         rtnetlink(7).
 */
int net_tc_bpf_add(struct net_rtnl *rtnl, uint32_t ifindex, const struct net_tc_filter *filter,
		   int prog_fd);

/*
 * net_tc_bpf_replace() - give a BPF filter another program, in one step
 * @filter: as it was added
 *
 * Return: 0; -ENOENT there is no such filter; -ENODEV; a negative errno of rtnetlink(7).
 */
int net_tc_bpf_replace(struct net_rtnl *rtnl, uint32_t ifindex, const struct net_tc_filter *filter,
		       int prog_fd);

/*
 * net_tc_bpf_delete() - delete one BPF filter
 * @filter: parent, handle, priority, protocol
 *
 * Return: 0; -ENOENT; -ENODEV; a negative errno of rtnetlink(7).
 */
int net_tc_bpf_delete(struct net_rtnl *rtnl, uint32_t ifindex, const struct net_tc_filter *filter);

#endif
