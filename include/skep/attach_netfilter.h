/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef SKEP_ATTACH_NETFILTER_H
#define SKEP_ATTACH_NETFILTER_H
/* Packets at a hook of netfilter (Linux 6.4): programs of type netfilter, in the order of their priorities. */
#include <skep/attach.h>

SKEP_BEGIN

struct skep_netns;

#define SKEP_NETFILTER_DEFRAG \
	(1u << 8) /* fragments are put together before: with a priority above -400 */

struct skep_netfilter_opts {
	size_t sz;                /* sizeof(struct skep_netfilter_opts) */
	uint64_t flags;           /* SKEP_ATTACH_DRY_RUN, SKEP_NETFILTER_DEFRAG */
	uint64_t method;          /* SKEP_ATTACH_METHOD_LINK; 0 */
	struct skep_netns *netns; /* NULL: the one that the calling thread is in */
	uint64_t family;          /* NFPROTO_IPV4 (2), NFPROTO_IPV6 (10) */
	uint64_t
		hook; /* NF_INET_*: PRE_ROUTING 0, LOCAL_IN 1, FORWARD 2, LOCAL_OUT 3, POST_ROUTING 4 */
	int64_t priority; /* unlike those of others at the hook; not the least and not the greatest of 32 bits */
};

/**
 * skep_netfilter_attach() - let a program see packets at a hook of netfilter, and decide on them
 * @prog_fd:        of type netfilter; borrowed
 * @opts:           which hook
 * @ret_attachment: owned by the caller, skep_attachment_close()
 *
 * Return: 0; -EINVAL @opts, or not such a program; -EBUSY the priority is taken by a BPF program; -EAFNOSUPPORT not such a
 *         family; -ERANGE the priority; -EOPNOTSUPP this kernel has no such links; -EPERM; -E2BIG newer @opts; else a negative
 *         errno.
 * Source: bpf(2) BPF_LINK_CREATE; net/netfilter/nf_bpf_link.c.
 */
int skep_netfilter_attach(int prog_fd, const struct skep_netfilter_opts *opts,
			  struct skep_attachment **ret_attachment, struct skep_error *err);

SKEP_END
#endif
