/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef SKEP_ATTACH_CGROUP_H
#define SKEP_ATTACH_CGROUP_H
/*
 * What the processes of a control group do: packets, sockets, addresses, options, devices, sysctl.
 *
 * By a link, which is the default, a program runs beside the others of its group, of those above and below. Without one it
 * can do so, too; or it can be the only one (ALONE), or the one that those of groups below take the place of (OVERRIDE).
 */
#include <skep/attach.h>
#include <skep/attach_order.h>

SKEP_BEGIN

#define SKEP_CGROUP_ALONE (1u << 8) /* groups below may have none; not by a link */
#define SKEP_CGROUP_OVERRIDE \
	(1u << 9) /* a program of a group below takes its place; not by a link */
#define SKEP_CGROUP_PREORDER (1u << 10) /* runs before those of groups below (Linux 6.15) */

/* One of cgroup_fd, path, unit and container. */
struct skep_cgroup_opts {
	size_t sz;             /* sizeof(struct skep_cgroup_opts) */
	uint64_t flags;        /* SKEP_ATTACH_DRY_RUN, SKEP_CGROUP_* */
	uint64_t method;       /* SKEP_ATTACH_METHOD_LINK, _PROG_ATTACH; 0: the first there is */
	uint64_t cgroup_fd;    /* of its directory, borrowed; 0: not by fd */
	const char *path;      /* of its directory; a relative one from where cgroup2 is mounted */
	const char *unit;      /* of systemd: skep_cgroup_find_unit() */
	const char *container; /* its id: skep_cgroup_find_container() */
	/*
	 * SKEP_ATTACH_TYPE_CGROUP_*; 0: the one for which the program was loaded, if the kernel lets that be found out, or the
	 * only one of its type. Of packets (cgroup_skb) 0 is what it says, ingress.
	 */
	uint64_t attach_type;
	uint64_t position;    /* enum skep_attach_position (Linux 6.17) */
	uint64_t anchor_kind; /* enum skep_attach_anchor */
	uint64_t anchor;
	uint64_t revision;
};

/**
 * skep_cgroup_attach() - let a program see and decide what the processes of a control group do
 * @prog_fd:        of a type for control groups; borrowed
 * @opts:           what to attach to
 * @ret_attachment: owned by the caller, skep_attachment_close()
 *
 * Return: 0; -ENOENT no such group; -EINVAL @opts, or the attach type does not go with the program; -EBUSY a program that
 *         tolerates no other is attached to the group or to one above; -EEXIST ALONE or OVERRIDE, and somebody's program is
 *         there; -EOPNOTSUPP this kernel has no such method, or no order; -EPERM; -E2BIG newer @opts; else a negative errno.
 * Source: bpf(2) BPF_LINK_CREATE, BPF_PROG_ATTACH; kernel/bpf/cgroup.c.
 */
int skep_cgroup_attach(int prog_fd, const struct skep_cgroup_opts *opts,
		       struct skep_attachment **ret_attachment, struct skep_error *err);

SKEP_END
#endif
