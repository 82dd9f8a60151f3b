/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef SKEP_MAP_FIND_H
#define SKEP_MAP_FIND_H
/*
 * A map by what a person calls it:
 *
 *	12, id:12             its id
 *	flows, name:flows     its name in the kernel, or if no map has that, the last part of the path of its pin. Of a
 *	                      longer name the kernel keeps 15 characters: pins of the whole name come first, and a map
 *	                      that is pinned by another name with the same beginning is not meant
 *	tc/globals/flows      a pin, below the root of a bpffs: whatever has a slash
 *	/sys/fs/bpf/flows     a pin
 *	pin:flows             a pin without a slash in its path
 *	1234:5, fd:1234:5     fd 5 of process 1234
 */
#include <skep/base.h>
#include <skep/kabi_info.h>

SKEP_BEGIN

struct skep_bpffs;
struct skep_error;
struct skep_map;

/*
 * Gets a map that is meant perhaps; @path is where it is pinned, "" if it was found by its name in the kernel. Both are
 * borrowed for the call. Return: 0 to go on; anything else ends the search and is returned.
 */
typedef int (*skep_map_candidate_fn)(const struct skep_map_info *info, const char *path,
				     void *userdata);

struct skep_map_find_opts {
	size_t sz;      /* sizeof(struct skep_map_find_opts) */
	uint64_t flags; /* SKEP_MAP_FLAG_RDONLY, SKEP_MAP_FLAG_WRONLY; 0: for both */
	const struct skep_bpffs
		*bpffs; /* where relative paths begin; NULL: paths are of the file system */
	skep_map_candidate_fn
		candidate_fn; /* told of all maps of a name, if there are several; NULL: not wanted */
	void *userdata;
};

/**
 * skep_map_find() - open the map that a text names
 * @text:    see above
 * @opts:    NULL for defaults
 * @ret_map: owned by the caller, skep_map_close(); borrows opts.bpffs
 *
 * Return: 0; -ENOENT there is none; -ENOTUNIQ several have this name: @err has their ids, candidate_fn was told of each;
 *         -EINVAL the text is no name; -EPERM ids and names need CAP_SYS_ADMIN; what candidate_fn returned; as
 *         skep_map_open_id(), skep_map_open_pinned(), skep_map_open_process(); -E2BIG newer @opts.
 * Source: bpf(2) BPF_MAP_GET_NEXT_ID, BPF_MAP_GET_FD_BY_ID.
 */
int skep_map_find(const char *text, const struct skep_map_find_opts *opts,
		  struct skep_map **ret_map, struct skep_error *err);

SKEP_END
#endif
