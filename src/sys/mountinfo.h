/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef SYS_MOUNTINFO_H
#define SYS_MOUNTINFO_H
/*
 * The mounts of a mount namespace, as /proc/PID/mountinfo tells them.
 *
 * Source: proc_pid_mountinfo(5); fs/proc_namespace.c of the kernel, show_mountinfo().
 */
#include <stddef.h>
#include <stdint.h>

#define SYS_MOUNTINFO "/proc/thread-self/mountinfo"

/* A line. Paths are decoded; options are as they stand there: sys_mount_option() reads one. */
struct sys_mount {
	uint32_t id;
	uint32_t parent_id;
	const char *root;    /* which directory of the file system */
	const char *point;   /* where it is mounted */
	const char *options; /* of the mount */
	const char *type;
	const char *source;
	const char *super_options; /* of the file system */
};

/* Strings are borrowed for the call. Return: 0 to go on; anything else ends the walk and is returned. */
typedef int (*sys_mount_fn)(const struct sys_mount *mount, void *userdata);

/*
 * sys_mountinfo_parse() - the lines of a text
 * @text:          changed: the strings of the mounts are parts of it
 * @ret_malformed: lines that were skipped, as they could not be understood; NULL: not wanted
 *
 * Return: 0; what @fn returned.
 */
int sys_mountinfo_parse(char *text, size_t size, sys_mount_fn fn, void *userdata,
			uint64_t *ret_malformed);

/*
 * sys_mountinfo_read() - the mounts of the calling thread's namespace, in the order in which they were mounted
 *
 * Return: 0; what @fn returned; a negative errno of open(2), read(2); -ENOMEM.
 */
int sys_mountinfo_read(sys_mount_fn fn, void *userdata);

/*
 * sys_mount_option() - the value of an option
 * @options: "rw,mode=700": of a mount or a file system
 * @name:    "mode"
 * @buf:     decoded; "" for an option without a value; cut off where it does not fit
 *
 * Return: 1; 0 there is no such option, and @buf is untouched.
 */
int sys_mount_option(const char *options, const char *name, char *buf, size_t size);

#endif
