/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef SKEP_SYSCALL_NAME_H
#define SKEP_SYSCALL_NAME_H
/*
 * System calls as people name them ("openat"), as kprobes and fentry need them (__x64_sys_openat), and as tracepoints are
 * named (sys_enter_openat), for the architecture that the library was built for.
 *
 * The function of a system call may have another name: stat(2) is newstat. Both directions know that.
 */
#include <skep/base.h>
#include <skep/kallsyms.h>

SKEP_BEGIN

struct skep_error;

/* Whose system call: programs of 32 bits on a kernel of 64 have a table of their own. */
enum skep_syscall_abi {
	SKEP_SYSCALL_NATIVE = 0,
	SKEP_SYSCALL_COMPAT = 1,
};

/* On the way in, with the arguments; on the way out, with the result. */
enum skep_syscall_phase {
	SKEP_SYSCALL_ENTER = 0,
	SKEP_SYSCALL_EXIT = 1,
};

/**
 * skep_syscall_find() - the kernel's function of a system call
 * @kallsyms:   of the kernel
 * @name:       "openat"
 * @abi:        enum skep_syscall_abi
 * @ret_symbol: strings borrowed from @kallsyms; of type 'W' it is a stub: this kernel was built without the system call
 *
 * Return: 0; -ENOENT the kernel has none; -EINVAL no such ABI.
 * Context: any thread.
 * Source: src/kabi/syscall_prefix.def, src/kabi/syscall_function.def.
 */
int skep_syscall_find(const struct skep_kallsyms *kallsyms, const char *name, uint64_t abi,
		      struct skep_kallsyms_symbol *ret_symbol, struct skep_error *err);

/**
 * skep_syscall_name() - the system call of a kernel's function
 * @symbol:  "__x64_sys_openat"
 * @buf:     caller memory
 * @size:    bytes of @buf; 64 hold any name
 * @ret_abi: enum skep_syscall_abi; NULL: not wanted
 *
 * By the symbol's name alone: of another function that begins like one, as sys_fillrect(), the rest is returned.
 *
 * Return: the length of the name, NUL not counted; -ENOENT no system call's function is named so, or no system call
 *         calls it; -ENOSPC @buf is too small.
 * Context: any thread.
 * Source: the inverse of skep_syscall_find().
 */
int skep_syscall_name(const char *symbol, char *buf, size_t size, uint64_t *ret_abi);

/**
 * skep_syscall_tracepoint() - the tracepoint of a native system call, of the category "syscalls"
 * @name:  "openat"
 * @phase: enum skep_syscall_phase
 * @buf:   caller memory
 * @size:  bytes of @buf; 80 hold any name
 *
 * Return: the length of the name, NUL not counted: "sys_enter_openat", "sys_exit_newstat"; -ENOSPC @buf is too small;
 *         -EINVAL no such phase.
 * Context: any thread.
 * Source: include/linux/syscalls.h, SYSCALL_METADATA: named after the function.
 */
int skep_syscall_tracepoint(const char *name, uint64_t phase, char *buf, size_t size);

SKEP_END
#endif
