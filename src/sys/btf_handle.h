/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef SYS_BTF_HANDLE_H
#define SYS_BTF_HANDLE_H
/* What a struct skep_btf is made of. */
#include <bpf/btf.h>

#include <skep/btf.h>

#include "sys/btf_check.h"

struct skep_btf {
	struct btf *btf;          /* libbpf's; checked, in our byte order */
	struct skep_btf *my_base; /* a base that is closed with it, or NULL */
	struct sys_btf_extent extent;
	uint32_t first_id;
};

/* Return: a type that there is, by its id. */
static inline const struct btf_type *btf_type_of(const struct skep_btf *btf, uint32_t id)
{
	return btf__type_by_id(btf->btf, id);
}

/* Return: a name of a type or part of this BTF; "": none. */
static inline const char *btf_name_of(const struct skep_btf *btf, uint32_t offset)
{
	const char *name = btf__str_by_offset(btf->btf, offset);

	return name ? name : "";
}

#endif
