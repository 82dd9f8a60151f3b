/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef ATTACH_OWNER_H
#define ATTACH_OWNER_H
/*
 * Whose a program is at a hook that has no name to say so: one attached by netlink or by BPF_PROG_ATTACH, which stays when
 * its process ends.
 *
 * A small map named "skep_owner" is bound to the program (BPF_PROG_BIND_MAP, Linux 5.10) and says who attached it where. It
 * lives as long as the program. A program is stale at a hook if such a map says so of this very hook, and each process of
 * which one says so is certainly gone. What somebody else has attached, with a program of ours or not, has no such map.
 */
#include <stdint.h>

struct skep_error;
struct skep_netns;

/* A hook. Zero what does not tell it from others. */
struct attach_place {
	uint64_t family;      /* enum skep_attach_family */
	uint64_t attach_type; /* enum skep_attach_type */
	uint64_t where;       /* interface index, id of a control group */
	uint64_t netns;       /* inode number */
};

/*
 * attach_owner_mark() - say that this process attaches a program at a place, before it does
 * @ret_map_fd: owned by the caller: attach_owner_clear() when it is detached
 *
 * Return: 0; a negative errno of bpf(2), or of reading /proc.
 */
int attach_owner_mark(int prog_fd, const struct attach_place *place, int *ret_map_fd,
		      struct skep_error *err);

/* The program is not there any more, or another one is. @map_fd is closed. */
void attach_owner_clear(int map_fd);

/*
 * attach_owner_is_stale() - was a program attached at a place by skep processes that are all gone
 *
 * Return: 1; 0 not, or not certain.
 */
int attach_owner_is_stale(int prog_fd, const struct attach_place *place);

/*
 * attach_owner_sweep() - detach the programs of a place that are stale, of those that BPF_PROG_ATTACH has attached
 * @netns:  where @target is an interface index; NULL: it is an fd
 * @target: of BPF_PROG_QUERY, with the attach type of @place
 *
 * Return: how many; 0 also if nothing could be told.
 */
int attach_owner_sweep(struct skep_netns *netns, uint32_t target, const struct attach_place *place);

#endif
