/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "kabi/syscall.h"

#include <skep/syscall_name.h>

const struct kabi_syscall_prefix kabi_syscall_prefixes[] = {
#define SKEP_SYSCALL_PREFIX(arch, abi, prefix) { KABI_ARCH_##arch, SKEP_SYSCALL_##abi, prefix },
#include "kabi/syscall_prefix.def"
#undef SKEP_SYSCALL_PREFIX
	{ KABI_ARCH_ANY, 0, NULL },
};

const struct kabi_syscall_function kabi_syscall_functions[] = {
#define SKEP_SYSCALL_FUNCTION(arch, abi, name, function) \
	{ KABI_ARCH_##arch, SKEP_SYSCALL_##abi, name, function },
#include "kabi/syscall_function.def"
#undef SKEP_SYSCALL_FUNCTION
	{ KABI_ARCH_ANY, 0, NULL, NULL },
};
