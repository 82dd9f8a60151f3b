/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef SKEP_ATTACH_STRUCT_OPS_H
#define SKEP_ATTACH_STRUCT_OPS_H
/*
 * Tables of functions of the kernel, such as a congestion control: programs of type struct_ops, gathered in a map.
 */
#include <skep/attach.h>

SKEP_BEGIN

struct skep_struct_ops_opts {
	size_t sz;       /* sizeof(struct skep_struct_ops_opts) */
	uint64_t flags;  /* SKEP_ATTACH_DRY_RUN */
	uint64_t method; /* SKEP_ATTACH_METHOD_LINK, _MAP; 0: what the map was made for */
	const void *
		value; /* of the map, with the fds of programs in the places of functions; NULL: the map has it */
	size_t value_bytes; /* of @value: the value size of the map */
};

/**
 * skep_struct_ops_attach() - register a table of functions
 * @map_fd:         of type struct_ops, with SKEP_MAP_FLAG_LINK for SKEP_ATTACH_METHOD_LINK; borrowed
 * @opts:           NULL: the map has its value
 * @ret_attachment: owned by the caller, skep_attachment_close(); skep_attachment_update() takes the fd of another map
 *
 * By SKEP_ATTACH_METHOD_MAP it stays when the process ends, until the element is deleted.
 *
 * Return: 0; -EEXIST a table of that name is registered; -EOPNOTSUPP this kernel lacks the method, or the map was not made for
 *         it; -EINVAL @opts, or no such map; -EPERM; -E2BIG newer @opts; else a negative errno of bpf(2).
 * Source: bpf(2) BPF_MAP_UPDATE_ELEM; BPF_LINK_CREATE, BPF_STRUCT_OPS, 6.4.
 */
int skep_struct_ops_attach(int map_fd, const struct skep_struct_ops_opts *opts,
			   struct skep_attachment **ret_attachment, struct skep_error *err);

SKEP_END
#endif
