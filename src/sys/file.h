/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef SYS_FILE_H
#define SYS_FILE_H
/*
 * Files of the kernel (procfs, tracefs): they have no size beforehand, may come in pieces, and are read to a bound.
 */
#include <stddef.h>

struct skep_error;

/*
 * sys_file_read() - the beginning of a file
 * @dir_fd: a directory, or AT_FDCWD
 * @buf:    of @size bytes, at least 1; a NUL is put behind what was read
 * @ret_len: bytes read, without that NUL
 *
 * Return: 0 that was all; 1 there is more than @buf holds; a negative errno of openat(2), read(2).
 */
int sys_file_read(int dir_fd, const char *path, char *buf, size_t size, size_t *ret_len);

/*
 * sys_file_read_all() - a whole file
 * @most:     bytes that it may have
 * @ret_text: with a NUL behind it; owned by the caller, free(3)
 * @ret_len:  bytes, without that NUL
 *
 * Return: 0; -EFBIG more than @most; -ENOMEM; a negative errno of openat(2), read(2).
 */
int sys_file_read_all(int dir_fd, const char *path, size_t most, char **ret_text, size_t *ret_len);

/*
 * sys_proc_open() - /proc, if it is procfs
 *
 * Return: an fd with O_PATH, owned by the caller; -ENODEV something else is there; a negative errno of open(2).
 * Source: proc(5); statfs(2), PROC_SUPER_MAGIC.
 */
int sys_proc_open(struct skep_error *err);

/*
 * sys_proc_is_ours() - does it show the pid namespace that the caller is in
 * @proc_fd: of sys_proc_open()
 *
 * Return: 1 it does: a pid is the same process there; 0 it does not.
 * Source: pid_namespaces(7), /proc/self.
 */
int sys_proc_is_ours(int proc_fd);

#endif
