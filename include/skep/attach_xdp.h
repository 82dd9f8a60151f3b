/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef SKEP_ATTACH_XDP_H
#define SKEP_ATTACH_XDP_H
/*
 * Packets as a network interface receives them: programs of type xdp. An interface has one for each mode.
 */
#include <skep/attach.h>

SKEP_BEGIN

struct skep_netns;

/* Where in the stack; the kernel's own numbers. */
enum skep_xdp_mode {
	SKEP_XDP_MODE_AUTO = 0,     /* in the driver if it can, else as SKB */
	SKEP_XDP_MODE_SKB = 2,      /* when the packet has become a socket buffer: any interface */
	SKEP_XDP_MODE_DRIVER = 4,   /* in the driver */
	SKEP_XDP_MODE_HARDWARE = 8, /* in the device: the program has to be loaded for it */
};

struct skep_xdp_opts {
	size_t sz;                /* sizeof(struct skep_xdp_opts) */
	uint64_t flags;           /* SKEP_ATTACH_DRY_RUN */
	uint64_t method;          /* SKEP_ATTACH_METHOD_LINK, _NETLINK; 0: the first there is */
	struct skep_netns *netns; /* NULL: the one that the calling thread is in */
	const char *interface;    /* its name */
	uint64_t ifindex;         /* its number, in the place of the name */
	uint64_t mode;            /* enum skep_xdp_mode */
};

/**
 * skep_xdp_mode_name() - "auto", "skb", "driver" or "hardware"
 * @mode: enum skep_xdp_mode
 *
 * Return: a static string; "unknown" for a number that is none.
 * Source: include/uapi/linux/if_link.h.
 */
const char *skep_xdp_mode_name(uint64_t mode);

/**
 * skep_xdp_attach() - let a program see what an interface receives, and decide on it
 * @prog_fd:        of type xdp; borrowed
 * @opts:           what to attach to
 * @ret_attachment: owned by the caller, skep_attachment_close()
 *
 * A program that is there, whoever's, stays: -EBUSY or -EEXIST. By netlink it stays when the process ends; one of a process
 * that is certainly gone, and that skep attached, is replaced.
 *
 * Return: 0; -ENODEV no such interface; -EBUSY, -EEXIST there is a program, or one in another mode; -EOPNOTSUPP the driver
 *         has no such mode, or the kernel no such method; -EINVAL @opts, or not such a program; -ERANGE, -EINVAL the MTU is
 *         too large for it; -EPERM; -E2BIG newer @opts; else a negative errno.
 * Source: bpf(2) BPF_LINK_CREATE; rtnetlink(7), IFLA_XDP; net/core/dev.c, dev_xdp_attach().
 */
int skep_xdp_attach(int prog_fd, const struct skep_xdp_opts *opts,
		    struct skep_attachment **ret_attachment, struct skep_error *err);

SKEP_END
#endif
