/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include <skep/btf.h>

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "sys/btf_handle.h"

uint32_t skep_btf_type_count(const struct skep_btf *btf)
{
	return btf->extent.type_count;
}

uint32_t skep_btf_first_id(const struct skep_btf *btf)
{
	return btf->first_id;
}

uint32_t skep_btf_pointer_size(const struct skep_btf *btf)
{
	size_t size = btf__pointer_size(btf->btf);

	return size ? (uint32_t)size : sizeof(void *);
}

int skep_btf_type_at(const struct skep_btf *btf, uint32_t id, struct skep_btf_type *ret_type)
{
	const struct btf_type *t;
	struct skep_btf_type type = { .id = id };

	if (!id || id >= btf->extent.type_count)
		return -ENOENT;
	t = btf_type_of(btf, id);
	type.name = btf_name_of(btf, t->name_off);
	type.kind = btf_kind(t);
	type.kind_flag = btf_kflag(t);
	switch (type.kind) {
	case BTF_KIND_INT:
		type.encoding = btf_int_encoding(t);
		type.bit_offset = btf_int_offset(t);
		type.bit_count = btf_int_bits(t);
		type.size = t->size;
		break;
	case BTF_KIND_FLOAT:
		type.size = t->size;
		break;
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
	case BTF_KIND_ENUM:
	case BTF_KIND_ENUM64:
	case BTF_KIND_DATASEC:
		type.size = t->size;
		type.vlen = btf_vlen(t);
		break;
	case BTF_KIND_FUNC_PROTO:
		type.type = t->type;
		type.vlen = btf_vlen(t);
		break;
	case BTF_KIND_ARRAY:
		type.type = btf_array(t)->type;
		type.index_type = btf_array(t)->index_type;
		type.element_count = btf_array(t)->nelems;
		break;
	case BTF_KIND_FWD:
		break;
	case BTF_KIND_FUNC: /* its linkage stands where others have their vlen */
		type.linkage = btf_vlen(t);
		type.type = t->type;
		break;
	case BTF_KIND_VAR:
		type.linkage = btf_var(t)->linkage;
		type.type = t->type;
		break;
	case BTF_KIND_DECL_TAG:
		type.component = btf_decl_tag(t)->component_idx;
		type.type = t->type;
		break;
	default:
		type.type = t->type;
		break;
	}
	*ret_type = type;
	return 0;
}

int skep_btf_member_at(const struct skep_btf *btf, uint32_t id, uint32_t index,
		       struct skep_btf_member *ret_member)
{
	struct skep_btf_member m = { .name = "" };
	const struct btf_type *t;
	uint32_t name = 0;

	if (!id || id >= btf->extent.type_count)
		return -ENOENT;
	t = btf_type_of(btf, id);
	if (index >= btf_vlen(t))
		return -ENOENT;
	switch (btf_kind(t)) {
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
		name = btf_members(t)[index].name_off;
		m.type = btf_members(t)[index].type;
		m.bit_offset = btf_member_bit_offset(t, index);
		m.bitfield_size = btf_member_bitfield_size(t, index);
		break;
	case BTF_KIND_ENUM:
		name = btf_enum(t)[index].name_off;
		m.value = btf_kflag(t) ? (uint64_t)(int64_t)btf_enum(t)[index].val
				       : (uint32_t)btf_enum(t)[index].val;
		break;
	case BTF_KIND_ENUM64:
		name = btf_enum64(t)[index].name_off;
		m.value = btf_enum64_value(&btf_enum64(t)[index]);
		break;
	case BTF_KIND_FUNC_PROTO:
		name = btf_params(t)[index].name_off;
		m.type = btf_params(t)[index].type;
		break;
	case BTF_KIND_DATASEC:
		m.type = btf_var_secinfos(t)[index].type;
		m.offset = btf_var_secinfos(t)[index].offset;
		m.size = btf_var_secinfos(t)[index].size;
		break;
	default:
		return -ENOENT;
	}
	m.name = btf_name_of(btf, name);
	*ret_member = m;
	return 0;
}

/* "struct x" into a kind and "x"; a name alone is of any kind: 0. */
static const char *split_name(const char *name, uint32_t *ret_kind)
{
	size_t len = strcspn(name, " ");
	char word[16];

	*ret_kind = 0;
	if (!name[len] || len >= sizeof(word))
		return name;
	memcpy(word, name, len);
	word[len] = '\0';
	return skep_btf_kind_from_name(word, ret_kind) < 0 ? name : name + len + 1;
}

static int is_of_kind(const struct btf_type *t, uint32_t kind)
{
	return !kind || btf_kind(t) == kind || (kind == SKEP_BTF_KIND_ENUM && btf_is_any_enum(t));
}

int skep_btf_find(const struct skep_btf *btf, const char *name, uint32_t after, uint32_t *ret_id)
{
	uint32_t kind, id;

	name = split_name(name, &kind);
	if (!*name)
		return 0;
	for (id = after < UINT32_MAX ? after + 1 : after; id < btf->extent.type_count; id++) {
		const struct btf_type *t = btf_type_of(btf, id);

		if (is_of_kind(t, kind) && !strcmp(btf_name_of(btf, t->name_off), name)) {
			*ret_id = id;
			return 1;
		}
	}
	return 0;
}
