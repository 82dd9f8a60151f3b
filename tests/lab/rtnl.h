/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef LAB_RTNL_H
#define LAB_RTNL_H
/*
 * One rtnetlink request and its answer, each on a socket of its own: nothing to open, nothing to forget to close, and
 * always the network namespace that the calling thread is in. For the inside of the lab.
 */
#include <stddef.h>
#include <stdint.h>
#include <libmnl/libmnl.h>

union lab_request {
	struct nlmsghdr header;
	uint8_t bytes[4096];
};

/* Starts a request; behind nlmsghdr stands a zeroed header of @header_size bytes. Return: that header. */
void *lab_rtnl_begin(union lab_request *request, uint16_t type, uint16_t flags, size_t header_size);

/* Sends a request and hands each answer to @fn (NULL: none wanted). Return: 0; a negative errno, the kernel's too. */
int lab_rtnl_run(union lab_request *request, mnl_cb_t fn, void *userdata);

#endif
