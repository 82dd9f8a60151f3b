/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef ATTACH_NETNS_H
#define ATTACH_NETNS_H
/* What the kernel does in the network namespace of the thread that asks, asked in whichever namespace. */
#include <skep/kabi_attr.h>
#include <skep/netns.h>

struct skep_error;

/*
 * attach_netns_init() - the namespace that the options of a family name
 * @netns:     NULL: where the calling thread is
 * @ret_netns: a reference, owned by the caller
 *
 * Return: 0; -ENOMEM.
 */
int attach_netns_init(struct skep_netns *netns, struct skep_netns **ret_netns,
		      struct skep_error *err);

/* skep_sys_link_create(), skep_sys_prog_attach() and skep_sys_prog_detach() in a namespace. */
int attach_netns_link(struct skep_netns *netns, const struct skep_attr_link_create *attr,
		      struct skep_error *err);
int attach_netns_prog(struct skep_netns *netns, const struct skep_attr_prog_attach *attr,
		      struct skep_error *err);
int attach_netns_prog_detach(struct skep_netns *netns, const struct skep_attr_prog_attach *attr,
			     struct skep_error *err);

#endif
