/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef SYS_SYSCALL_NAME_H
#define SYS_SYSCALL_NAME_H
#include <skep/syscall_name.h>

#include "kabi/syscall.h"

/* skep_syscall_find(), skep_syscall_name() and skep_syscall_tracepoint() for any architecture. */
int sys_syscall_find(enum kabi_arch arch, const struct skep_kallsyms *kallsyms, const char *name,
		     uint64_t abi, struct skep_kallsyms_symbol *ret_symbol, struct skep_error *err);
int sys_syscall_name(enum kabi_arch arch, const char *symbol, char *buf, size_t size,
		     uint64_t *ret_abi);
int sys_syscall_tracepoint(enum kabi_arch arch, const char *name, uint64_t phase, char *buf,
			   size_t size);

#endif
