/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef BPFFS_CONTEXT_H
#define BPFFS_CONTEXT_H
/* What a context holds, and how the rest of the room reaches into its bpffs. */
#include <limits.h>
#include <stddef.h>
#include <stdint.h>

#include <skep/bpffs.h>

#define BPFFS_PROC_PATH_SIZE 48

struct skep_bpffs {
	int root_fd; /* O_PATH */
	char *root;
	char *prefix;
	char *owner;
	char reason[160];
};

/*
 * bpffs_name_check() - is this one part of a path that can be made on a bpffs
 *
 * Return: 0; -EINVAL empty, or with a dot or a slash; -ENAMETOOLONG.
 */
int bpffs_name_check(const char *name);

/*
 * bpffs_relative() - a caller's path as one below the root
 * @buf: without slashes at its ends or side by side; "" is the root
 *
 * Return: 0; -EXDEV an absolute path that is not below the root; -EINVAL it has "." or ".."; -ENAMETOOLONG.
 */
int bpffs_relative(const struct skep_bpffs *ctx, const char *path, char buf[PATH_MAX]);

/*
 * bpffs_plain_path() - a path without slashes at its end, so that a symbolic link there is seen
 *
 * Return: 0; -ENAMETOOLONG.
 */
int bpffs_plain_path(const char *path, char buf[PATH_MAX]);

/*
 * bpffs_open_at() - open what is below the root
 * @relative: of bpffs_relative()
 * @flags:    of open(2); O_CLOEXEC is added
 *
 * Nothing leads out: no symbolic link, no mount.
 *
 * Return: an fd; -ELOOP, -EXDEV: something would; -EINVAL a name has a dot, and is not there; another negative errno
 *         of openat2(2).
 */
int bpffs_open_at(int root_fd, const char *relative, uint64_t flags);

/*
 * bpffs_open_parent() - open the directory of a path
 * @path:     as the caller has it; not the root
 * @relative: of bpffs_relative(); @ret_name points into it
 *
 * Return: an fd (O_PATH); -EISDIR @path is the root; another negative errno.
 */
int bpffs_open_parent(const struct skep_bpffs *ctx, const char *path, char relative[PATH_MAX],
		      const char **ret_name);

/* A path to what an fd has open, for system calls that take no fd. Return: @buf. */
char *bpffs_proc_path(int fd, const char *name, char *buf, size_t size);

/* What is mounted on an open directory. Return: enum skep_bpffs_state; a negative errno. */
int bpffs_fd_state(int fd);

#endif
