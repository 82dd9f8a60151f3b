/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef BPFFS_PIN_H
#define BPFFS_PIN_H
/* Pins by the directory that they are in. */
#include <stdint.h>

#include <skep/kabi_info.h>

struct skep_bpffs;
struct skep_bpffs_entry;
struct skep_error;

/* Return: 0; a negative errno of BPF_OBJ_PIN. */
int bpffs_pin_at(int dir_fd, int fd, const char *name);

/* Return: an fd; -EISDIR, -ELOOP it is no pin; another negative errno of openat2(2) or BPF_OBJ_GET. */
int bpffs_get_at(int dir_fd, const char *name, uint32_t flags);

/* Return: 1; 0 it was not there; -EINVAL a name with a dot that is not there; another negative errno of unlink(2). */
int bpffs_unlink_at(int dir_fd, const char *name, int flags);

/*
 * bpffs_identify() - what the kernel tells of an object that can be pinned: kind, type, id
 * @object: its name, which @entry does not point to
 *
 * Return: 0; -EINVAL it is no map, program or link; another negative errno.
 */
int bpffs_identify(int fd, struct skep_bpffs_entry *entry, char object[SKEP_OBJ_NAME_LEN]);

/* Records what failed at which path. Return: @code. */
int bpffs_fail(const struct skep_bpffs *ctx, struct skep_error *err, int code, const char *what,
	       const char *path);

/* The same of bpffs_pin_at(), which may have failed because of the fd. Return: @code. */
int bpffs_fail_pin(const struct skep_bpffs *ctx, struct skep_error *err, int code, int fd,
		   const char *what, const char *path);

#endif
