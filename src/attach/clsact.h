/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef ATTACH_CLSACT_H
#define ATTACH_CLSACT_H
/*
 * clsact: a program at an interface as a cls_bpf filter in direct-action mode, for kernels without TCX.
 *
 * A filter outlives its process. Ours carries in its name who made it (pid, start time, pid namespace) and whether a
 * skep agent made the qdisc, so that a later agent can tell: a filter whose process is certainly gone is stale and is
 * removed; a live one, one of another pid namespace, and everything that is not ours are left alone. The qdisc is
 * removed with the last filter in it, and only if a skep agent made it: that fact passes from filter to filter.
 */
#include <stdint.h>

#include "net/tc.h"
#include "sys/process.h"

struct skep_error;

/* A filter of ours. */
struct attach_clsact {
	struct net_tc_filter filter;
	uint32_t ifindex;
	int others; /* priorities of others that come before ours: what is decided there, we do not see */
};

/*
 * attach_clsact() - attach a program of type sched_cls, at the lowest free priority
 * @owner:     who we are
 * @direction: SKEP_DIRECTION_INGRESS or _EGRESS
 *
 * Return: 0; -EOPNOTSUPP an "ingress" qdisc sits where clsact belongs, or this kernel has no clsact; -ENODEV;
 *         -ENOSPC no free priority; else a negative errno of rtnetlink(7). On failure nothing is left behind.
 */
int attach_clsact(struct net_rtnl *rtnl, int prog_fd, uint32_t ifindex, uint32_t direction,
		  const struct sys_process *owner, struct attach_clsact *ret_attached,
		  struct skep_error *err);

/*
 * attach_clsact_detach() - remove a filter of ours, and the qdisc if it is ours and empty
 *
 * Return: 0, also if the filter or the interface has vanished; a negative errno of rtnetlink(7).
 */
int attach_clsact_detach(struct net_rtnl *rtnl, const struct attach_clsact *attached,
			 struct skep_error *err);

/*
 * attach_clsact_sweep() - remove the stale filters of an interface, and the qdisc if it is ours and empty then
 *
 * Return: filters removed; a negative errno of rtnetlink(7).
 */
int attach_clsact_sweep(struct net_rtnl *rtnl, uint32_t ifindex);

#endif
