/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include <skep/btf_dump.h>

#include <ctype.h>
#include <errno.h>
#include <string.h>

#include <skep/btf.h>
#include <skep/error.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "sys/btf_writer.h"

struct raw {
	const struct skep_btf *btf;
	struct sys_btf_writer *w;
};

/* " key=value" */
static void put_number(struct raw *d, const char *key, uint64_t value)
{
	sys_btf_puts(d->w, key);
	sys_btf_put_u64(d->w, value);
}

/* A line stays a line, whatever is in a name. */
static void put_name(struct raw *d, const char *name)
{
	const char *text = *name ? name : "(anon)";
	size_t len;

	sys_btf_put(d->w, "'", 1);
	for (; len = strcspn(text, "\n\t"), text[len]; text += len + 1) {
		sys_btf_put(d->w, text, len);
		sys_btf_put(d->w, "?", 1);
	}
	sys_btf_put(d->w, text, len);
	sys_btf_put(d->w, "'", 1);
}

static const char *encoding_name(uint32_t encoding)
{
	static const char *const names[] = { "(none)", "SIGNED", "CHAR", [4] = "BOOL" };

	return encoding < ARRAY_SIZE(names) && names[encoding] ? names[encoding] : "UNKN";
}

static const char *linkage_name(uint32_t linkage)
{
	static const char *const names[] = { "static", "global", "extern" };

	return linkage < ARRAY_SIZE(names) ? names[linkage] : "(unknown)";
}

static void put_member(struct raw *d, const struct skep_btf_type *t, uint32_t index)
{
	struct skep_btf_member m = { .name = "" };
	struct skep_btf_type var = { .name = "" };

	skep_btf_member_at(d->btf, t->id, index, &m);
	sys_btf_puts(d->w, "\n\t");
	if (t->kind == SKEP_BTF_KIND_DATASEC) {
		put_number(d, "type_id=", m.type);
		put_number(d, " offset=", m.offset);
		put_number(d, " size=", m.size);
		if (skep_btf_type_at(d->btf, m.type, &var) == 0) {
			sys_btf_puts(d->w, var.kind == SKEP_BTF_KIND_FUNC ? " (FUNC " : " (VAR ");
			put_name(d, var.name);
			sys_btf_put(d->w, ")", 1);
		}
		return;
	}
	put_name(d, m.name);
	if (t->kind == SKEP_BTF_KIND_ENUM || t->kind == SKEP_BTF_KIND_ENUM64) {
		sys_btf_puts(d->w, " val=");
		if (t->kind_flag)
			sys_btf_put_i64(d->w, (int64_t)m.value);
		else
			sys_btf_put_u64(d->w, m.value);
		if (t->kind == SKEP_BTF_KIND_ENUM64)
			sys_btf_puts(d->w, t->kind_flag ? "LL" : "ULL");
		return;
	}
	put_number(d, " type_id=", m.type);
	if (t->kind == SKEP_BTF_KIND_FUNC_PROTO)
		return;
	put_number(d, " bits_offset=", m.bit_offset);
	if (m.bitfield_size)
		put_number(d, " bitfield_size=", m.bitfield_size);
}

/* What stands behind kind and name. */
static void put_details(struct raw *d, const struct skep_btf_type *t)
{
	switch (t->kind) {
	case SKEP_BTF_KIND_INT:
		put_number(d, " size=", t->size);
		put_number(d, " bits_offset=", t->bit_offset);
		put_number(d, " nr_bits=", t->bit_count);
		sys_btf_puts(d->w, " encoding=");
		sys_btf_puts(d->w, encoding_name(t->encoding));
		break;
	case SKEP_BTF_KIND_ARRAY:
		put_number(d, " type_id=", t->type);
		put_number(d, " index_type_id=", t->index_type);
		put_number(d, " nr_elems=", t->element_count);
		break;
	case SKEP_BTF_KIND_ENUM:
	case SKEP_BTF_KIND_ENUM64:
		sys_btf_puts(d->w, t->kind_flag ? " encoding=SIGNED" : " encoding=UNSIGNED");
		put_number(d, " size=", t->size);
		put_number(d, " vlen=", t->vlen);
		break;
	case SKEP_BTF_KIND_STRUCT:
	case SKEP_BTF_KIND_UNION:
	case SKEP_BTF_KIND_DATASEC:
		put_number(d, " size=", t->size);
		put_number(d, " vlen=", t->vlen);
		break;
	case SKEP_BTF_KIND_FLOAT:
		put_number(d, " size=", t->size);
		break;
	case SKEP_BTF_KIND_FWD:
		sys_btf_puts(d->w, t->kind_flag ? " fwd_kind=union" : " fwd_kind=struct");
		break;
	case SKEP_BTF_KIND_FUNC_PROTO:
		put_number(d, " ret_type_id=", t->type);
		put_number(d, " vlen=", t->vlen);
		break;
	case SKEP_BTF_KIND_FUNC:
	case SKEP_BTF_KIND_VAR:
		put_number(d, " type_id=", t->type);
		sys_btf_puts(d->w, t->kind == SKEP_BTF_KIND_VAR ? ", linkage=" : " linkage=");
		sys_btf_puts(d->w, linkage_name(t->linkage));
		break;
	case SKEP_BTF_KIND_DECL_TAG:
		put_number(d, " type_id=", t->type);
		sys_btf_puts(d->w, " component_idx=");
		sys_btf_put_i64(d->w, t->component);
		break;
	default:
		put_number(d, " type_id=", t->type);
		break;
	}
}

/* The kernel's name without its BTF_KIND_. */
static const char *kind_name(uint32_t kind)
{
	const struct skep_kabi_row *row = skep_kabi_find(SKEP_KABI_BTF_KIND, kind);

	return row ? row->macro + strlen("BTF_KIND_") : "UNKNOWN";
}

static int put_type(uint32_t id, void *userdata)
{
	struct skep_btf_type t = { .name = "" };
	struct raw *d = userdata;
	uint32_t i;

	skep_btf_type_at(d->btf, id, &t);
	sys_btf_put(d->w, "[", 1);
	sys_btf_put_u64(d->w, id);
	sys_btf_puts(d->w, "] ");
	sys_btf_puts(d->w, kind_name(t.kind));
	sys_btf_put(d->w, " ", 1);
	put_name(d, t.name);
	put_details(d, &t);
	for (i = 0; i < t.vlen; i++)
		put_member(d, &t, i);
	sys_btf_put(d->w, "\n", 1);
	return d->w->result;
}

int skep_btf_dump_raw(const struct skep_btf *btf, const struct skep_btf_dump_opts *opts,
		      skep_btf_write_fn fn, void *userdata, struct skep_error *err)
{
	_cleanup_free_ struct sys_btf_writer *w = sys_btf_writer_new(fn, userdata);
	struct raw d = { .btf = btf, .w = w };
	int r;

	if (!w)
		return skep_fail(err, -ENOMEM, SKEP_ERR_NO_MEMORY, "dump BTF");
	r = skep_btf_needed(btf, opts, put_type, &d, err);
	return r < 0 && w->result == 0 ? r : sys_btf_writer_end(w, err);
}
