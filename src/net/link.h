/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef NET_LINK_H
#define NET_LINK_H
/*
 * Interfaces: what there are, and following them as they come, change and go.
 *
 * Source: rtnetlink(7), RTM_GETLINK, RTM_NEWLINK, RTM_DELLINK, RTMGRP_LINK.
 */
#include <net/if.h>
#include <stdint.h>

#include "net/rtnl.h"

struct net_link {
	uint32_t ifindex;
	uint32_t flags; /* IFF_*, netdevice(7) */
	uint16_t type;  /* ARPHRD_* */
	uint8_t gone;   /* it was deleted, or has left this network namespace */
	uint8_t moved;  /* gone: to another network namespace */
	char name[IFNAMSIZ];
};

typedef void (*net_link_fn)(const struct net_link *link, void *userdata);

/*
 * net_link_get() - one interface
 *
 * Return: 0; -ENODEV; a negative errno of rtnetlink(7).
 */
int net_link_get(struct net_rtnl *rtnl, uint32_t ifindex, struct net_link *ret_link);

/*
 * net_link_find() - the interface of a name
 *
 * Return: 0; -ENODEV; a negative errno of rtnetlink(7).
 */
int net_link_find(struct net_rtnl *rtnl, const char *name, struct net_link *ret_link);

/*
 * net_link_list() - all interfaces of the namespace
 * @fn: called for each; may see one twice
 *
 * Return: 0; a negative errno of rtnetlink(7).
 */
int net_link_list(struct net_rtnl *rtnl, net_link_fn fn, void *userdata);

/*
 * net_link_receive() - hand out one batch of notifications of a socket in RTMGRP_LINK, without waiting
 *
 * Return: > 0 something was received; 0 nothing is there; -ENOBUFS notifications were lost: list anew.
 */
int net_link_receive(struct net_rtnl *rtnl, net_link_fn fn, void *userdata);

#endif
