/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef SYS_BTF_CHILDREN_H
#define SYS_BTF_CHILDREN_H
/*
 * The types that a type consists of, as C sees it: what has to be there before it can be written.
 */
#include <linux/btf.h>

#include "sys/btf_handle.h"

/* Is it a struct or union with a name? Behind a pointer that is enough. */
static inline int btf_is_named_record(const struct btf_type *t)
{
	return btf_is_composite(t) && t->name_off != 0;
}

/* Return: how many types it consists of; 0: it stands for itself. */
static inline uint32_t btf_child_count(const struct btf_type *t)
{
	switch (btf_kind(t)) {
	case BTF_KIND_PTR:
	case BTF_KIND_TYPEDEF:
	case BTF_KIND_VOLATILE:
	case BTF_KIND_CONST:
	case BTF_KIND_RESTRICT:
	case BTF_KIND_TYPE_TAG:
	case BTF_KIND_ARRAY:
	case BTF_KIND_FUNC:
	case BTF_KIND_VAR:
		return 1;
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
		return btf_vlen(t);
	case BTF_KIND_FUNC_PROTO:
		return 1u + btf_vlen(t);
	default:
		return 0;
	}
}

/* Return: the id of one of them; 0: void. */
static inline uint32_t btf_child(const struct btf_type *t, uint32_t i)
{
	switch (btf_kind(t)) {
	case BTF_KIND_ARRAY:
		return btf_array(t)->type;
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
		return btf_members(t)[i].type;
	case BTF_KIND_FUNC_PROTO:
		return i ? btf_params(t)[i - 1].type : t->type;
	default:
		return t->type;
	}
}

/* Whether the children stand behind a pointer, if it does itself. */
static inline int btf_is_behind_pointer(const struct btf_type *t, int behind)
{
	switch (btf_kind(t)) {
	case BTF_KIND_PTR:
		return 1;
	case BTF_KIND_ARRAY:
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
		return 0;
	default:
		return behind;
	}
}

#endif
