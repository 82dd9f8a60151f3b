/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef ATTACH_KPROBE_H
#define ATTACH_KPROBE_H
/* One function of the kernel, into an attachment that may have others already. */
#include "attach/attachment.h"

struct kprobe_place {
	const char *symbol; /* NULL: the address */
	uint64_t address, offset, max_active, cookie;
	int is_return;
	int prog_fd;
};

/*
 * kprobe_add() - attach by the method that the attachment has: LINK, PERF or TRACEFS
 *
 * Return: 0; -EOPNOTSUPP with SKEP_ERR_UNSUPPORTED: this kernel lacks it; another negative errno. Recorded.
 */
int kprobe_add(struct skep_attachment *a, const struct kprobe_place *place, struct skep_error *err);

#endif
