/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "map/btf_field.h"

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"

#define MODIFIERS 64 /* typedefs, const ... in a row; loops have more */

/* Types that say in which order their bytes are. */
static int byte_order_of(const char *name)
{
	static const char *const big[] = { "__be16", "__be32", "__be64" }, *const little[] = {
		"__le16", "__le32", "__le64"
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(big); i++)
		if (!strcmp(name, big[i]) || !strcmp(name, little[i]))
			return name[2] == 'b' ? 'b' : 'l';
	return 0;
}

int map_btf_resolve(const struct skep_btf *btf, uint32_t id, struct map_btf_type *ret)
{
	struct map_btf_type r = { .order = 0 };
	int hops, known;

	for (hops = 0; hops < MODIFIERS; hops++) {
		if (!id) {
			r.type = (struct skep_btf_type){ .name = "void" };
			*ret = r;
			return 0;
		}
		known = skep_btf_type_at(btf, id, &r.type);
		if (known < 0)
			return known;
		switch (r.type.kind) {
		case SKEP_BTF_KIND_TYPEDEF:
			r.alias = r.alias ? r.alias : r.type.name;
			r.order = r.order ? r.order : byte_order_of(r.type.name);
			break;
		case SKEP_BTF_KIND_CONST:
		case SKEP_BTF_KIND_VOLATILE:
		case SKEP_BTF_KIND_RESTRICT:
		case SKEP_BTF_KIND_TYPE_TAG:
		case SKEP_BTF_KIND_VAR:
			break;
		default:
			*ret = r;
			return 0;
		}
		id = r.type.type;
	}
	*ret = r;
	return -ELOOP;
}

int map_btf_is_opaque_record(const char *name)
{
	static const char *const names[] = {
		"bpf_spin_lock", "bpf_res_spin_lock", "bpf_timer",     "bpf_wq",
		"bpf_task_work", "bpf_list_head",     "bpf_list_node", "bpf_rb_root",
		"bpf_rb_node",   "bpf_refcount",      "bpf_dynptr",
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(names); i++)
		if (!strcmp(name, names[i]))
			return 1;
	return 0;
}

int map_btf_is_opaque_pointer(const struct skep_btf *btf, uint32_t target)
{
	static const char *const tags[] = { "kptr_untrusted", "kptr", "percpu_kptr", "uptr" };
	struct skep_btf_type t;
	size_t i;
	int hops;

	for (hops = 0; hops < MODIFIERS && target && skep_btf_type_at(btf, target, &t) >= 0 &&
		       t.kind == SKEP_BTF_KIND_TYPE_TAG;
	     hops++) {
		for (i = 0; i < ARRAY_SIZE(tags); i++)
			if (!strcmp(t.name, tags[i]))
				return 1;
		target = t.type;
	}
	return 0;
}

int map_btf_size(const struct skep_btf *btf, uint32_t id, uint64_t most, uint64_t *ret_size)
{
	uint64_t size, factor = 1;
	struct map_btf_type r;
	int ret, depth;

	for (depth = 0; depth < MAP_BTF_DEPTH; depth++) {
		ret = map_btf_resolve(btf, id, &r);
		if (ret < 0)
			return ret;
		if (r.type.kind != SKEP_BTF_KIND_ARRAY)
			break;
		factor *= r.type.element_count;
		if (factor > most)
			factor = most + 1;
		id = r.type.type;
	}
	size = r.type.kind == SKEP_BTF_KIND_PTR ? skep_btf_pointer_size(btf) : r.type.size;
	*ret_size = factor * size;
	return 0;
}
