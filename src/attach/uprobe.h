/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef ATTACH_UPROBE_H
#define ATTACH_UPROBE_H
/* Places in a file, and attaching to them: what uprobes and USDT have in common. */
#include "attach/attachment.h"

struct skep_binary;

struct uprobe_place {
	char *name; /* owned */
	uint64_t offset, semaphore, cookie;
};

struct uprobe_request {
	int prog_fd;
	uint32_t family;
	const struct skep_binary *binary;
	struct skep_binary *own; /* closed with the request */
	uint64_t pid;            /* 0: all processes */
	int is_return, by_cookie, with_results;
	struct uprobe_place *places;
	size_t count;
};

/* Which file: that which is open, or by name, build id, and as a process sees it. Return: as skep_binary_open(). */
int uprobe_request_open(struct uprobe_request *r, const struct skep_binary *binary,
			const char *file, const char *build_id, uint64_t view_pid,
			struct skep_error *err);
void uprobe_request_fini(struct uprobe_request *r);

/* @name is copied. Return: 0; -ENOMEM, recorded. */
int uprobe_request_add(struct uprobe_request *r, const char *name, uint64_t offset,
		       uint64_t semaphore, uint64_t cookie, struct skep_error *err);

/* attach_run() of it. */
int uprobe_request_run(struct uprobe_request *r, uint64_t flags, uint64_t method,
		       struct skep_attachment **ret, struct skep_error *err);

#endif
