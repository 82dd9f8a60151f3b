/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef ATTACH_CLSACT_H
#define ATTACH_CLSACT_H
/*
 * clsact: a program at an interface as a cls_bpf filter in direct-action mode, for kernels without TCX.
 *
 * A filter outlives its process. Ours carries in its name who made it (pid, start time, pid namespace) and whether skep made
 * the qdisc, so that a later process can tell: a filter whose process is certainly gone is stale and is removed; a live one,
 * one of another pid namespace, and everything that is not ours are left alone. The qdisc is removed with the last filter in
 * it, and only if skep made it: that fact passes from filter to filter.
 */
#include <stdint.h>

#include "attach/attachment.h"
#include "attach/device.h"

struct net_rtnl;

struct attach_clsact {
	const struct attach_device *device;
	uint32_t direction; /* SKEP_DIRECTION_INGRESS or _EGRESS */
	uint32_t handle;    /* 0: one of ours */
	uint16_t priority;  /* 0: the lowest that nobody has */
	uint16_t protocol;  /* ETH_P_* */
	const char *name;   /* what stands behind ours; "" nothing */
};

/*
 * attach_clsact() - attach a program of type sched_cls
 *
 * Return: 0; -EOPNOTSUPP an "ingress" qdisc sits where clsact belongs, or this kernel has no clsact; -EEXIST; -ENODEV;
 *         -ENOSPC no free priority; else a negative errno of rtnetlink(7). On failure nothing is left behind.
 */
int attach_clsact(struct skep_attachment *a, int prog_fd, const struct attach_clsact *wanted,
		  struct skep_error *err);

/*
 * attach_clsact_sweep() - remove the stale filters of an interface, and the qdisc if it is ours and empty then
 *
 * Return: filters removed; a negative errno of rtnetlink(7).
 */
int attach_clsact_sweep(struct net_rtnl *rtnl, uint32_t ifindex);

/*
 * attach_clsact_rehearse() - is something of others in the way of a filter
 *
 * Return: 0; -EOPNOTSUPP another qdisc is there; -EEXIST the handle or the priority is taken; -ENODEV; another negative errno:
 *         recorded.
 */
int attach_clsact_rehearse(const struct attach_clsact *wanted, struct skep_error *err);

#endif
