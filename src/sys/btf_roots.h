/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef SYS_BTF_ROOTS_H
#define SYS_BTF_ROOTS_H
/* What is to be dumped: the caller's options, checked. */
#include <skep/btf_dump.h>

struct skep_btf;

struct sys_btf_roots {
	uint64_t flags;
	uint32_t *ids; /* to be freed */
	uint64_t count;
	int chosen; /* by the caller; else all */
};

/*
 * sys_btf_roots_init() - the types that are asked for
 * @allowed: flags that make sense
 *
 * Return: 0; -ENOENT no such type; -EINVAL a flag that makes no sense; -E2BIG; -ENOMEM.
 */
int sys_btf_roots_init(struct sys_btf_roots *ret_roots, const struct skep_btf *btf,
		       const struct skep_btf_dump_opts *opts, uint64_t allowed,
		       struct skep_error *err);

#define SYS_BTF_BY_VALUE 1u   /* it has to be defined */
#define SYS_BTF_BY_POINTER 2u /* it has to be known */

/*
 * sys_btf_needed() - mark types and what they need
 * @ret_marks: a byte for each type, 0 for those that are not needed; to be freed
 *
 * Return: 0; -ENOMEM.
 */
int sys_btf_needed(const struct skep_btf *btf, const struct sys_btf_roots *roots,
		   unsigned char **ret_marks, struct skep_error *err);

#endif
