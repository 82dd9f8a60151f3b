/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef SKEP_LIB_BASE_BPF_H
#define SKEP_LIB_BASE_BPF_H
/* What every program needs: fixed-width names, branch hints, barriers. */
#include <linux/bpf.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

typedef __u8 u8;
typedef __u16 u16;
typedef __u32 u32;
typedef __u64 u64;

#define likely(x) __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)

/*
 * A compiler barrier with a name. Two calls of one helper on two constant maps in the two arms of a branch are merged
 * by clang into one call on a variable map, which the verifier then cannot turn into a direct call of the map's own
 * function. Different names in the two arms keep them apart.
 */
#define barrier_named(name) asm volatile("# " name ::: "memory")

#endif
