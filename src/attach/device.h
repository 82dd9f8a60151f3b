/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef ATTACH_DEVICE_H
#define ATTACH_DEVICE_H
/* A network interface as the options of a family name it, in whichever network namespace. */
#include <stdint.h>

#include <skep/netns.h>

struct skep_error;

#define ATTACH_DEVICE_WORDS 64

struct attach_device {
	struct skep_netns *netns; /* owned */
	uint32_t ifindex;
	char words[ATTACH_DEVICE_WORDS]; /* "eth0", "interface 12", "eth0 in netns 4026532000" */
};

/*
 * attach_device_init() - find an interface
 * @netns:      where; NULL: where the calling thread is
 * @interface:  its name; NULL: by number
 * @ifindex:    its number; 0: by name
 * @ret_device: attach_device_fini()
 *
 * Return: 0; -EINVAL neither name nor number; -ENODEV; -ENOMEM; a negative errno of rtnetlink(7).
 */
int attach_device_init(struct skep_netns *netns, const char *interface, uint64_t ifindex,
		       struct attach_device *ret_device, struct skep_error *err);

void attach_device_fini(struct attach_device *device);

#endif
