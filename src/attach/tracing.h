/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef ATTACH_TRACING_H
#define ATTACH_TRACING_H
/* Links that are made again with another program, since those of tracing cannot be given one. */
#include "attach/attachment.h"

/* How a link is made. */
struct tracing_recipe {
	const char *
		name; /* of a raw tracepoint; NULL: the program knows its target; copied where it is kept */
	int by_link_create; /* by BPF_LINK_CREATE, which takes cookies and targets; else BPF_RAW_TRACEPOINT_OPEN */
	uint32_t attach_type; /* of BPF_LINK_CREATE; 0 of programs of type ext */
	uint32_t target_fd, target_btf_id;
	uint64_t cookie;
};

/*
 * tracing_attach() - attach a program; the attachment keeps the recipe
 *
 * Return: 0; a negative errno of bpf(2), recorded.
 */
int tracing_attach(struct skep_attachment *a, const struct tracing_recipe *recipe, int prog_fd,
		   struct skep_error *err);

#endif
