/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef SKEP_KABI_ATTR_H
#define SKEP_KABI_ATTR_H
/*
 * Attributes of bpf(2): one struct for each command, with the kernel's layout.
 *
 * The kernel has one union for all commands, and the headers of a distribution have the union of its day. These are
 * ours, in full, whatever <linux/bpf.h> says. Each is passed with its size; a kernel that knows less accepts it as
 * long as what it does not know is zero (else E2BIG). Zero every attribute first: struct skep_attr_x a = { ... }.
 *
 * Pointers travel as uint64_t: SKEP_ATTR_POINTER(p). An fd of 0 means "none" where one is optional, for skep never
 * makes an fd below 3. "in/out" marks what the kernel writes back.
 *
 * Source: union bpf_attr in include/uapi/linux/bpf.h; tests/kernel compares the layouts with the BTF of the kernel.
 */
#include <skep/kabi_attr_link.h>
#include <skep/kabi_attr_map.h>
#include <skep/kabi_attr_object.h>
#include <skep/kabi_attr_prog.h>

#define SKEP_ATTR_POINTER(pointer) ((uint64_t)(uintptr_t)(pointer))

#endif
