/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* Types of BTF as JSON. */
#include "btf.h"

#include <string.h>

#include <skep/btf.h>
#include <skep/json.h>
#include <skep/kabi_names.h>

static const char *word(const char *const *words, size_t count, uint32_t number)
{
	return number < count && words[number] ? words[number] : "unknown";
}

#define WORD(words, number) word(words, sizeof(words) / sizeof((words)[0]), number)

static const char *const encodings[] = { "(none)", "SIGNED", "CHAR", [4] = "BOOL" };
static const char *const linkages[] = { "static", "global", "extern" };

static void json_name(struct skep_json *j, const char *name)
{
	skep_json_string(j, "name", *name ? name : "(anon)");
}

static void json_member(struct skep_json *j, const struct skep_btf_type *t,
			const struct skep_btf_member *m)
{
	skep_json_object(j, NULL);
	if (t->kind != SKEP_BTF_KIND_DATASEC)
		json_name(j, m->name);
	switch (t->kind) {
	case SKEP_BTF_KIND_ENUM:
	case SKEP_BTF_KIND_ENUM64:
		if (t->kind_flag)
			skep_json_i64(j, "val", (int64_t)m->value);
		else
			skep_json_u64(j, "val", m->value);
		break;
	case SKEP_BTF_KIND_DATASEC:
		skep_json_u64(j, "type_id", m->type);
		skep_json_u64(j, "offset", m->offset);
		skep_json_u64(j, "size", m->size);
		break;
	case SKEP_BTF_KIND_FUNC_PROTO:
		skep_json_u64(j, "type_id", m->type);
		break;
	default:
		skep_json_u64(j, "type_id", m->type);
		skep_json_u64(j, "bits_offset", m->bit_offset);
		if (m->bitfield_size)
			skep_json_u64(j, "bitfield_size", m->bitfield_size);
	}
	skep_json_object_end(j);
}

/* Those that vlen counts, under the name that they have in this kind. */
static void json_members(struct skep_json *j, const struct skep_btf *btf,
			 const struct skep_btf_type *t, const char *key)
{
	struct skep_btf_member m = { .name = "" };
	uint32_t i;

	skep_json_u64(j, "vlen", t->vlen);
	skep_json_array(j, key);
	for (i = 0; i < t->vlen; i++) {
		skep_btf_member_at(btf, t->id, i, &m);
		json_member(j, t, &m);
	}
	skep_json_array_end(j);
}

static void json_details(struct skep_json *j, const struct skep_btf *btf,
			 const struct skep_btf_type *t)
{
	switch (t->kind) {
	case SKEP_BTF_KIND_INT:
		skep_json_u64(j, "size", t->size);
		skep_json_u64(j, "bits_offset", t->bit_offset);
		skep_json_u64(j, "nr_bits", t->bit_count);
		skep_json_string(j, "encoding", WORD(encodings, t->encoding));
		break;
	case SKEP_BTF_KIND_ARRAY:
		skep_json_u64(j, "type_id", t->type);
		skep_json_u64(j, "index_type_id", t->index_type);
		skep_json_u64(j, "nr_elems", t->element_count);
		break;
	case SKEP_BTF_KIND_STRUCT:
	case SKEP_BTF_KIND_UNION:
		skep_json_u64(j, "size", t->size);
		json_members(j, btf, t, "members");
		break;
	case SKEP_BTF_KIND_ENUM:
	case SKEP_BTF_KIND_ENUM64:
		skep_json_string(j, "encoding", t->kind_flag ? "SIGNED" : "UNSIGNED");
		skep_json_u64(j, "size", t->size);
		json_members(j, btf, t, "values");
		break;
	case SKEP_BTF_KIND_FWD:
		skep_json_string(j, "fwd_kind", t->kind_flag ? "union" : "struct");
		break;
	case SKEP_BTF_KIND_FUNC_PROTO:
		skep_json_u64(j, "ret_type_id", t->type);
		json_members(j, btf, t, "params");
		break;
	case SKEP_BTF_KIND_FUNC:
	case SKEP_BTF_KIND_VAR:
		skep_json_u64(j, "type_id", t->type);
		skep_json_string(j, "linkage", WORD(linkages, t->linkage));
		break;
	case SKEP_BTF_KIND_DATASEC:
		skep_json_u64(j, "size", t->size);
		json_members(j, btf, t, "vars");
		break;
	case SKEP_BTF_KIND_FLOAT:
		skep_json_u64(j, "size", t->size);
		break;
	case SKEP_BTF_KIND_DECL_TAG:
		skep_json_u64(j, "type_id", t->type);
		skep_json_i64(j, "component_idx", t->component);
		break;
	default:
		skep_json_u64(j, "type_id", t->type);
	}
}

void btf_json_type(struct skep_json *j, const struct skep_btf *btf, uint32_t id)
{
	struct skep_btf_type t = { .name = "" };
	const struct skep_kabi_row *kind;

	if (skep_btf_type_at(btf, id, &t) < 0)
		return;
	kind = skep_kabi_find(SKEP_KABI_BTF_KIND, t.kind);
	skep_json_object(j, NULL);
	skep_json_u64(j, "id", id);
	skep_json_string(j, "kind", kind ? kind->macro + strlen("BTF_KIND_") : "UNKNOWN");
	json_name(j, t.name);
	json_details(j, btf, &t);
	skep_json_object_end(j);
}
