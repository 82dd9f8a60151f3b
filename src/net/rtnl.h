/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef NET_RTNL_H
#define NET_RTNL_H
/*
 * rtnetlink: one socket, requests with acknowledgement, dumps, and the notifications of a group.
 *
 * Source: rtnetlink(7), netlink(7); libmnl.
 */
#include <libmnl/libmnl.h>
#include <skep/base.h>

struct net_rtnl;

/* Bytes of a request buffer: a filter with all its attributes takes less than one of these. */
#define NET_RTNL_REQUEST_SIZE 4096

/*
 * net_rtnl_open() - a socket in the network namespace of the calling thread
 * @groups:   RTMGRP_* bits to subscribe to, 0: none
 * @ret_rtnl: owned by the caller, net_rtnl_close()
 *
 * Return: 0; a negative errno of socket(2) or bind(2).
 */
int net_rtnl_open(unsigned groups, struct net_rtnl **ret_rtnl);

/* Return: NULL. */
struct net_rtnl *net_rtnl_close(struct net_rtnl *rtnl);

/* Return: the fd, borrowed. */
int net_rtnl_fd(const struct net_rtnl *rtnl);

/* Begin a request in @buf: header and a zeroed family header of @size bytes at *ret_body. */
struct nlmsghdr *net_rtnl_request(void *buf, uint16_t type, uint16_t flags, size_t size,
				  void **ret_body);

/*
 * net_rtnl_do() - send a request and wait for the acknowledgement
 *
 * Return: 0; the kernel's answer as a negative errno.
 */
int net_rtnl_do(struct net_rtnl *rtnl, struct nlmsghdr *request);

/*
 * net_rtnl_dump() - send a request for a dump, or for one object, and hand out the answers
 * @fn: called for each message: MNL_CB_OK to go on; MNL_CB_ERROR with errno set ends the dump
 *
 * A dump that the kernel marks as interrupted (the objects changed meanwhile) is begun again, at most 16 times; @fn
 * must therefore bear to see an object twice.
 *
 * Return: 0; a negative errno; -EINTR interrupted too often.
 */
int net_rtnl_dump(struct net_rtnl *rtnl, struct nlmsghdr *request, mnl_cb_t fn, void *userdata);

/*
 * net_rtnl_receive() - hand out what has been notified, without waiting
 *
 * Return: bytes received > 0; 0 nothing is there; -ENOBUFS notifications were lost: dump anew.
 */
int net_rtnl_receive(struct net_rtnl *rtnl, mnl_cb_t fn, void *userdata);

SKEP_DEFINE_CLEANUP(struct net_rtnl, net_rtnl_close)

#endif
