/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef SYS_BTF_NESTING_H
#define SYS_BTF_NESTING_H
#include <stdint.h>

struct skep_btf;
struct skep_error;

/*
 * sys_btf_nesting_check() - whether types can be written as C at all
 * @types, @count: which; with all that they need
 *
 * libbpf's writer descends from a type into what it consists of, without counting its steps: a type that contains itself
 * would exhaust the stack, a few types of unions of unions would take for ever (to write if they have no names, to align
 * if they have), a lone member far out would be padded with millions of lines, and a size of 0 would be divided by. All
 * that passes sys_btf_check() and is refused here.
 *
 * Return: 0; -ELOOP a type contains itself; -EINVAL a type that makes no sense in C, or too much of it; -ENOMEM.
 * Source: btf_dump.c of libbpf.
 */
int sys_btf_nesting_check(const struct skep_btf *btf, const uint32_t *types, uint64_t count,
			  struct skep_error *err);

#endif
