/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef BPFFS_TREE_H
#define BPFFS_TREE_H
/*
 * A directory of a bpffs with all that is in it, in the order of names. No fd is held but that of the present node, so
 * a tree may be as deep as a path can be long.
 */
#include <sys/stat.h>

#include <skep/bpffs_pin.h>

#include "bpffs/context.h"

enum bpffs_visit {
	BPFFS_VISIT = 1, /* anything but the way out of a directory */
	BPFFS_LEAVE = 2, /* a directory, after all that is in it */
};

struct bpffs_node {
	const char *path; /* below the root; "" is the root */
	const char *name; /* last part of it */
	unsigned
		depth; /* 0: directly in the directory that is walked; that one itself is not told */
	int fd;        /* O_PATH; -1 when a directory is left, or something is mounted on it */
	int mounted;   /* something is mounted on it: the stat is unknown */
	struct stat st;
};

/*
 * bpffs_node_open() - what is at a path
 * @relative: of bpffs_relative(); borrowed by the node
 * @ret_node: its fd is owned by the caller
 *
 * Return: 0; 1 nothing is there; a negative errno.
 */
int bpffs_node_open(const struct skep_bpffs *ctx, const char *relative,
		    struct bpffs_node *ret_node);

/* Opens the pin of a node to see what it is, and tells it. Return: what @fn returned. */
int bpffs_node_tell(const struct bpffs_node *node, skep_bpffs_entry_fn fn, void *userdata);

/* Return: 0 to go on; anything else ends the walk and is returned. */
typedef int (*bpffs_node_fn)(const struct bpffs_node *node, enum bpffs_visit visit, void *userdata);

/*
 * bpffs_tree_walk() - visit what is in a directory, or what is no directory itself
 * @path:    as the caller has it
 * @recurse: what is in its directories, too
 * @fn:      may remove what it visits
 *
 * Return: 0; what @fn returned; -ENOENT there is no @path; a negative errno.
 */
int bpffs_tree_walk(const struct skep_bpffs *ctx, const char *path, int recurse, bpffs_node_fn fn,
		    void *userdata);

#endif
