/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef ATTACH_QUERY_H
#define ATTACH_QUERY_H
/* Whether what was attached without a link is still there: the kernel is asked for the programs of the hook. */
#include <stdint.h>

struct skep_error;
struct skep_netns;

/*
 * attach_query() - is a program among those of a hook
 * @netns:       where @target is an interface index; NULL: it is an fd
 * @target:      of BPF_PROG_QUERY
 * @attach_type: enum skep_attach_type
 *
 * Return: 1, also if this kernel has no such question for the hook; 0 not, or the hook has gone; another negative errno.
 */
int attach_query(struct skep_netns *netns, uint32_t target, uint32_t attach_type, int prog_fd,
		 struct skep_error *err);

#endif
