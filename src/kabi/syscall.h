/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef KABI_SYSCALL_H
#define KABI_SYSCALL_H
/* How the functions of system calls are named. */
#include <stdint.h>

enum kabi_arch {
	KABI_ARCH_ANY,
	KABI_ARCH_X86_64,
	KABI_ARCH_ARM64,
	KABI_ARCH_RISCV64,
	KABI_ARCH_S390X,
	KABI_ARCH_GENERIC,
#if defined(__x86_64__)
	KABI_ARCH_HERE = KABI_ARCH_X86_64,
#elif defined(__aarch64__)
	KABI_ARCH_HERE = KABI_ARCH_ARM64,
#elif defined(__riscv) && __riscv_xlen == 64
	KABI_ARCH_HERE = KABI_ARCH_RISCV64,
#elif defined(__s390x__)
	KABI_ARCH_HERE = KABI_ARCH_S390X,
#else
	KABI_ARCH_HERE = KABI_ARCH_GENERIC,
#endif
};

/* Both @abi are enum skep_syscall_abi. */
struct kabi_syscall_prefix {
	enum kabi_arch arch;
	uint64_t abi;
	const char *text;
};

struct kabi_syscall_function {
	enum kabi_arch arch; /* or KABI_ARCH_ANY */
	uint64_t abi;
	const char *name;
	const char *function; /* a whole symbol if it begins with "__" */
};

/* Tables that end with an entry of NULLs. */
extern const struct kabi_syscall_prefix kabi_syscall_prefixes[];
extern const struct kabi_syscall_function kabi_syscall_functions[];

#endif
