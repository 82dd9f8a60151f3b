/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef BPFFS_RENAME_H
#define BPFFS_RENAME_H
/* A pin gets another name in its directory, in one step of the kernel. */
struct skep_bpffs;
struct skep_error;

/*
 * bpffs_rename() - give a pin another name
 * @dir:      relative to the root
 * @from:     one part of a path
 * @to:       likewise
 * @replace:  1: what pin has that name loses it; 0: then it is -EEXIST
 *
 * Return: 0; -ENOENT nothing is at @from; -EEXIST; -EISDIR, -ELOOP what is at either is no pin; another negative errno.
 * Source: renameat2(2).
 */
int bpffs_rename(const struct skep_bpffs *ctx, const char *dir, const char *from, const char *to,
		 int replace, struct skep_error *err);

#endif
