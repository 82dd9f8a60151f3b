/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef NET_NETNS_H
#define NET_NETNS_H
#include <skep/netns.h>

struct net_rtnl;

/*
 * net_netns_here() - the namespace that the calling thread is in, without an fd of it
 *
 * What is done in it is done in the calling thread: the fast way, for who stays where he is.
 *
 * Return: 0; -ENOMEM.
 */
int net_netns_here(struct skep_netns **ret_netns);

/* One more reference. Return: @netns. */
struct skep_netns *net_netns_ref(struct skep_netns *netns);

/*
 * net_netns_rtnl() - a socket in the namespace, which stays in it whichever thread uses it
 * @ret_rtnl: borrowed: the handle keeps it
 *
 * Return: 0; a negative errno.
 */
int net_netns_rtnl(struct skep_netns *netns, struct net_rtnl **ret_rtnl, struct skep_error *err);

/* Return: the inode number, also of one that is here; 0: that cannot be told. */
uint64_t net_netns_inode(const struct skep_netns *netns);

/*
 * net_netns_fd() - an fd of the namespace, also of one that is here
 *
 * Return: owned by the caller; a negative errno.
 */
int net_netns_fd(const struct skep_netns *netns, struct skep_error *err);

#endif
