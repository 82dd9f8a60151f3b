/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef ATTACH_LOCATE_H
#define ATTACH_LOCATE_H
/*
 * Files that programs and libraries may be: of the caller, or of a process, whose root directory may be another one. A path
 * of a process is resolved below its root, whatever links are on the way.
 */
#include <stdint.h>

struct skep_error;

struct locate {
	uint64_t pid; /* 0: the caller's own files */
	int root_fd;  /* -EBADF without a process */
};

/*
 * A candidate. @fd is open for reading and is a regular file; @path is below the caller's own root.
 * Return: 1 taken, with the fd; 0 the next one; a negative errno ends it.
 */
typedef int (*locate_fn)(int fd, const char *path, void *userdata);

/* @pid: 0: none. locate_fini(). Return: 0; -ESRCH no such process; a negative errno of open(2). */
int locate_init(struct locate *l, uint64_t pid, struct skep_error *err);
void locate_fini(struct locate *l);

/*
 * Each visits candidates. Return: 1 one was taken; 0 none; a negative errno.
 *
 * locate_path(): the file of that path. locate_name(): what a library or a program of that name may be. locate_executable():
 * what the process runs. locate_mapped(): what it executes, libraries too; without a process: what any process does.
 */
int locate_path(const struct locate *l, const char *path, locate_fn fn, void *userdata,
		struct skep_error *err);
int locate_name(const struct locate *l, const char *name, locate_fn fn, void *userdata,
		struct skep_error *err);
int locate_executable(const struct locate *l, locate_fn fn, void *userdata, struct skep_error *err);
int locate_mapped(const struct locate *l, locate_fn fn, void *userdata, struct skep_error *err);

#endif
