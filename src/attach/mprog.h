/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef ATTACH_MPROG_H
#define ATTACH_MPROG_H
/* Programs in a list at an interface, by a link or without: what TCX and netkit have in common. */
#include "attach/attachment.h"
#include "attach/device.h"
#include "attach/order.h"

struct attach_mprog {
	int prog_fd;
	const struct attach_device *device;
	uint32_t attach_type;
	const struct attach_order *order;
};

/* Methods of a family, with struct attach_mprog as the beginning of their request. */
int attach_mprog_link(struct skep_attachment *a, const void *request, struct skep_error *err);
int attach_mprog_prog(struct skep_attachment *a, const void *request, struct skep_error *err);

#endif
