/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef SYS_BTF_KFUNC_H
#define SYS_BTF_KFUNC_H
/* Functions that the kernel marks as callable by programs. */
#include <string.h>

#include "sys/btf_handle.h"

/* Return: the function that a type, a declaration tag, marks so; 0: it does not. */
static inline uint32_t btf_kfunc_of(const struct skep_btf *btf, uint32_t id)
{
	const struct btf_type *t = btf_type_of(btf, id);

	return btf_is_decl_tag(t) && btf_decl_tag(t)->component_idx == -1 &&
			       t->type >= btf->first_id && btf_is_func(btf_type_of(btf, t->type)) &&
			       !strcmp(btf_name_of(btf, t->name_off), "bpf_kfunc")
		       ? t->type
		       : 0;
}

#endif
