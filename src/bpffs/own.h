/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef BPFFS_OWN_H
#define BPFFS_OWN_H
/* Names of one's own objects: made with the directories that they need, and taken away only while they are one's own. */
struct skep_bpffs;
struct skep_error;

/* Makes the directories that a path is in. Return: 0; a negative errno. */
int bpffs_make_parents(const struct skep_bpffs *bpffs, const char *path, struct skep_error *err);

/*
 * bpffs_is_own() - is a certain object pinned at a path
 * @fd: the object
 *
 * Return: 1; 0 nothing is pinned there; -ESTALE another object is; another negative errno.
 */
int bpffs_is_own(const struct skep_bpffs *bpffs, const char *path, int fd, struct skep_error *err);

/* Removes a pin if it is that of @fd. Return: 1; 0, -ESTALE and others as bpffs_is_own(). */
int bpffs_unpin_own(const struct skep_bpffs *bpffs, const char *path, int fd,
		    struct skep_error *err);

#endif
