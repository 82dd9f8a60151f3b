/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef SKEP_ATTACH_NETKIT_H
#define SKEP_ATTACH_NETKIT_H
/*
 * Packets of a netkit pair (Linux 6.7): programs of type sched_cls at the primary device, for what it sends, and for what its
 * peer sends. The peer itself takes none.
 */
#include <skep/attach.h>
#include <skep/attach_order.h>

SKEP_BEGIN

struct skep_netns;

#define SKEP_NETKIT_PEER (1u << 8) /* what the peer sends; else what the primary device sends */

struct skep_netkit_opts {
	size_t sz;                /* sizeof(struct skep_netkit_opts) */
	uint64_t flags;           /* SKEP_ATTACH_DRY_RUN, SKEP_NETKIT_PEER */
	uint64_t method;          /* SKEP_ATTACH_METHOD_LINK, _PROG_ATTACH; 0: the first there is */
	struct skep_netns *netns; /* of the primary device; NULL: where the calling thread is */
	const char *interface;    /* the name of the primary device */
	uint64_t ifindex;         /* its number, in the place of the name */
	uint64_t position;        /* enum skep_attach_position */
	uint64_t anchor_kind;     /* enum skep_attach_anchor */
	uint64_t anchor;
	uint64_t revision;
};

/**
 * skep_netkit_attach() - let a program see the packets of a netkit pair, and decide on them
 * @prog_fd:        of type sched_cls; borrowed
 * @opts:           what to attach to
 * @ret_attachment: owned by the caller, skep_attachment_close()
 *
 * Return: 0; -ENODEV no such interface; -ENXIO it is no netkit device; -EACCES it is the peer; -EINVAL @opts, or not such a
 *         program; -ESTALE the list has another revision; -EOPNOTSUPP this kernel has no netkit; -EPERM; -E2BIG newer @opts;
 *         else a negative errno.
 * Source: bpf(2) BPF_LINK_CREATE; drivers/net/netkit.c.
 */
int skep_netkit_attach(int prog_fd, const struct skep_netkit_opts *opts,
		       struct skep_attachment **ret_attachment, struct skep_error *err);

SKEP_END
#endif
