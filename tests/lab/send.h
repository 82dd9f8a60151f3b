/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef LAB_SEND_H
#define LAB_SEND_H
/*
 * Sending frames out of an interface of the calling thread's network namespace, by AF_PACKET and through the queueing
 * layer: TC egress sees them, and TC ingress of a veth's other end. Frames must be finished.
 *
 * Return: 0; -EINVAL not finished, or not what the function is for; -EMSGSIZE longer than the MTU allows; -ENOBUFS
 * somebody on the way dropped it; another negative errno.
 */
#include <stdint.h>

#include "frame.h"

int lab_send(const char *interface, const struct lab_frame *f);
int lab_send_times(const char *interface, const struct lab_frame *f, uint64_t times);

/*
 * Sends one frame of more than a page whose skb holds only the first @linear_len bytes (at least those of the
 * Ethernet header) in its linear part, the rest in fragments: a program has to pull or load them. The MTU must allow it.
 */
int lab_send_nonlinear(const char *interface, const struct lab_frame *f, uint16_t linear_len);

/*
 * Sends one TCP super-packet, to be cut into segments of @gso_size payload bytes below TC. As this packet comes from
 * user space, gso_segs is 0 at TC egress and is set on its way through the device; sent by UDP it is set from the start.
 */
int lab_send_gso(const char *interface, const struct lab_frame *f, uint16_t gso_size);

/*
 * Sends one UDP super-packet of @segments full datagrams through the IP stack (UDP_SEGMENT): @dst is an IPv4 address
 * that needs a route and a neighbour (address.h).
 */
int lab_send_udp_segments(const char *dst, uint16_t dport, uint16_t gso_size, uint16_t segments);

#endif
