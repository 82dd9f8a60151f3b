/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef MAP_MAP_H
#define MAP_MAP_H
#include <skep/map.h>
#include <stdatomic.h>

struct skep_map {
	int fd;
	atomic_uint references;
	_Atomic(struct skep_map_registry *) registry; /* that it is in; NULL: none */
	size_t info_bytes;                            /* of info, that the kernel filled */
	struct skep_map_info info;
	size_t value_stride, value_bytes;

	/* of one thread at a time */
	const struct skep_bpffs *bpffs; /* NULL: it has no name */
	char *path;
	int staged;           /* it shall have the name, and has it not yet */
	struct skep_map *old; /* what had the name before; NULL */
};

/*
 * map_adopt() - a handle on an fd
 * @fd: taken, also on failure
 *
 * Return: 0; -EINVAL it is no map; -ENOMEM; else a negative errno.
 */
int map_adopt(int fd, struct skep_map **ret_map, struct skep_error *err);

/* The same of an fd that the kernel has given as that of a map. */
int map_adopt_known(int fd, struct skep_map **ret_map, struct skep_error *err);

/* Takes a reference, unless the last one has gone. Return: was there one? */
int map_ref_if_alive(struct skep_map *map);

/* Remembers where a map is pinned, or shall be. Return: 0; -ENOMEM. */
int map_name(struct skep_map *map, const struct skep_bpffs *bpffs, const char *path,
	     struct skep_error *err);

/* Gives a map its name, in the place of what has it; that becomes the old one. Return: 1; a negative errno. */
int map_take_name(struct skep_map *map, struct skep_error *err);

#endif
