/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef SYS_PROCESS_H
#define SYS_PROCESS_H
/*
 * Who owns a kernel object: a process by its id, the time it started, and the pid namespace that the id is of. A pid
 * alone is used again; with its start time it is not.
 */
#include <stdint.h>

struct sys_process {
	uint64_t pid;
	uint64_t start_ticks; /* since boot: field 22 of /proc/PID/stat */
	uint64_t pid_ns;      /* inode number of the pid namespace */
};

/*
 * sys_process_self() - the calling process
 *
 * Return: 0; a negative errno of open(2), stat(2): without /proc there is no identity.
 * Source: proc(5), pid_namespaces(7).
 */
int sys_process_self(struct sys_process *ret_process);

/*
 * sys_process_gone() - is it certain that a process has ended
 *
 * Return: 1 the namespace is ours, and the process is not there or is another one; 0 it lives, or is of another pid
 *         namespace; a negative errno: could not tell.
 */
int sys_process_gone(const struct sys_process *process);

#endif
