/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef SKEP_ATTACH_TC_H
#define SKEP_ATTACH_TC_H
/*
 * Packets at a network interface: programs of type sched_cls.
 *
 * By TCX (Linux 6.6) a program is one of a list, by a link. By clsact, for older kernels, it is a BPF filter in direct-action
 * mode, which stays when its process ends; its name says who made it, and whether it was we who made the clsact qdisc:
 *
 *	skep:pid=12:start=345:pidns=4026531836:qdisc=skep:name
 *
 * Whoever attaches by clsact removes filters of processes that are certainly gone at the same interface. The qdisc goes with
 * the last filter in it, if we have made it. Filters, qdiscs and names of others stay as they are.
 */
#include <skep/attach.h>
#include <skep/attach_order.h>
#include <skep/direction.h>

SKEP_BEGIN

struct skep_netns;

#define SKEP_TC_PROTOCOL_ALL 3 /* ETH_P_ALL */

struct skep_tc_opts {
	size_t sz;       /* sizeof(struct skep_tc_opts) */
	uint64_t flags;  /* SKEP_ATTACH_DRY_RUN */
	uint64_t method; /* SKEP_ATTACH_METHOD_TCX, _CLSACT, _PROG_ATTACH; 0: the first there is */
	struct skep_netns *netns; /* NULL: the one that the calling thread is in */
	const char *interface;    /* its name */
	uint64_t ifindex;         /* its number, in the place of the name */
	uint64_t direction;       /* SKEP_DIRECTION_INGRESS or _EGRESS */
	uint64_t position;        /* TCX: enum skep_attach_position */
	uint64_t anchor_kind;     /* TCX: enum skep_attach_anchor */
	uint64_t anchor;
	uint64_t revision;
	uint64_t priority; /* clsact: 1 is first; 0: the lowest that nobody has */
	uint64_t handle;   /* clsact: of the filter; 0: one of our own */
	uint64_t protocol; /* clsact: ETH_P_*; 0: all */
	const char
		*name; /* clsact: stands behind what we put into the filter's name; NULL: nothing */
};

/**
 * skep_tc_attach() - let a program see the packets of an interface, and decide on them
 * @prog_fd:        of type sched_cls; borrowed
 * @opts:           what to attach to
 * @ret_attachment: owned by the caller, skep_attachment_close()
 *
 * With a position, anchor or revision it is not by clsact; with a priority, handle or protocol it is by nothing else.
 *
 * Return: 0; -ENODEV no such interface; -EINVAL @opts, or not such a program; -EEXIST the handle is taken at this priority, or
 *         another kind of filter has the priority; -ESTALE the list has another revision; -EOPNOTSUPP this kernel has none
 *         of the methods, or an "ingress" qdisc sits where clsact belongs (SKEP_ERR_CONFLICT); -ENOSPC no free priority;
 *         -ERANGE the interface has 63 programs; -EPERM a capability is missing; -E2BIG newer @opts; else a negative errno.
 * Source: bpf(2) BPF_LINK_CREATE; tc-bpf(8); kernel/bpf/tcx.c, net/sched/cls_bpf.c.
 */
int skep_tc_attach(int prog_fd, const struct skep_tc_opts *opts,
		   struct skep_attachment **ret_attachment, struct skep_error *err);

/* Where a filter of ours sits, as tc(8) tells it. */
struct skep_tc_filter {
	const char *name; /* borrowed until skep_attachment_close() */
	uint64_t handle;
	uint64_t priority;
	uint64_t protocol; /* ETH_P_* */
	uint64_t others; /* priorities of others before ours: what they decide on, we do not see */
};

/**
 * skep_tc_filter_of() - the filter of an attachment by clsact
 * @attachment: of skep_tc_attach()
 * @ret_filter: what it became
 *
 * Return: 0; -EINVAL it is none by clsact.
 * Source: the handle.
 */
int skep_tc_filter_of(const struct skep_attachment *attachment, struct skep_tc_filter *ret_filter);

/**
 * skep_tc_sweep() - remove the filters of processes that are gone, without attaching anything
 * @netns:   NULL: where the calling thread is
 * @ifindex: of the interface
 *
 * Return: filters that were removed; a negative errno of rtnetlink(7).
 * Source: tc-bpf(8); pid_namespaces(7).
 */
int skep_tc_sweep(struct skep_netns *netns, uint32_t ifindex, struct skep_error *err);

SKEP_END
#endif
