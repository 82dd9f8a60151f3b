/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef SYS_BTF_NAMES_H
#define SYS_BTF_NAMES_H
#include "sys/btf_roots.h"

struct skep_error;

/*
 * sys_btf_names_check() - whether names can be written as C: those of types, of all that they need, and of their parts
 * @roots: which types
 *
 * A name is anybody's text, and what is printed is compiled: `x; int y` would be C, and no name. Names that other languages
 * have (`Option<u32>`) and keywords of C are no names in C either. Those of functions and variables count if they are
 * written: if they are chosen, or are callable by programs.
 *
 * Return: 0; -EINVAL a name that is none, and @err names type and part; -ENOMEM.
 * Source: ISO C, 6.4.1 and 6.4.2; btf_name_valid_identifier() in kernel/bpf/btf.c.
 */
int sys_btf_names_check(const struct skep_btf *btf, const struct sys_btf_roots *roots,
			struct skep_error *err);

#endif
