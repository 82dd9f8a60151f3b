/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include <skep/btf_path.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <skep/btf.h>
#include <skep/error.h>
#include <skep/format.h>
#include <skep/kabi.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "map/btf_field.h"
#include "map/format_bits.h"
#include "map/number.h"

#define DEPTH 64          /* typedefs in a row, arrays of arrays, anonymous members in each other */
#define VISITS (1u << 16) /* of members, on the way to a name */

struct walk {
	const struct skep_btf *btf;
	const char *path, *at;
	struct skep_btf_path found;
	uint64_t bits; /* of the part, from the beginning of the value */
	uint32_t visits;
	struct skep_error *err;
};

static int fail(const struct walk *w, int code, const char *reason)
{
	return skep_fail(w->err, code, code == -ENOENT ? SKEP_ERR_NOT_FOUND : SKEP_ERR_INVALID,
			 "path '%s', column %zu: %s.", w->path, (size_t)(w->at - w->path) + 1,
			 reason);
}

/* A type behind its typedefs and qualifiers. Return: 0; -EINVAL void or a circle; -ENOENT no such type. */
static int resolve(const struct skep_btf *btf, uint64_t id, struct skep_btf_type *ret_type)
{
	int hops, r;

	for (hops = 0; hops < DEPTH && id; hops++) {
		r = skep_btf_type_at(btf, (uint32_t)id, ret_type);
		if (r < 0)
			return r;
		switch (ret_type->kind) {
		case SKEP_BTF_KIND_TYPEDEF:
		case SKEP_BTF_KIND_CONST:
		case SKEP_BTF_KIND_VOLATILE:
		case SKEP_BTF_KIND_RESTRICT:
		case SKEP_BTF_KIND_TYPE_TAG:
		case SKEP_BTF_KIND_VAR:
			id = ret_type->type;
			break;
		default:
			return 0;
		}
	}
	return -EINVAL;
}

/* Return: 0; -EINVAL it has none; -EOVERFLOW. */
static int size_of(const struct skep_btf *btf, uint64_t id, uint64_t *ret_size)
{
	struct skep_btf_type t;
	uint64_t count = 1;
	int depth, r;

	for (depth = 0; depth < DEPTH; depth++) {
		r = resolve(btf, id, &t);
		if (r < 0)
			return r;
		if (t.kind != SKEP_BTF_KIND_ARRAY)
			break;
		if (__builtin_mul_overflow(count, t.element_count, &count))
			return -EOVERFLOW;
		id = t.type;
	}
	switch (t.kind) {
	case SKEP_BTF_KIND_PTR:
		t.size = skep_btf_pointer_size(btf);
		break;
	case SKEP_BTF_KIND_INT:
	case SKEP_BTF_KIND_FLOAT:
	case SKEP_BTF_KIND_ENUM:
	case SKEP_BTF_KIND_ENUM64:
	case SKEP_BTF_KIND_STRUCT:
	case SKEP_BTF_KIND_UNION:
	case SKEP_BTF_KIND_DATASEC:
		break;
	default:
		return -EINVAL;
	}
	return __builtin_mul_overflow(count, t.size, ret_size) ? -EOVERFLOW : 0;
}

static size_t name_len(const char *at)
{
	return strspn(at, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");
}

static int is_name(const char *name, const char *at, size_t len)
{
	return !strncmp(name, at, len) && !name[len];
}

static int add_bits(struct walk *w, uint64_t count, uint64_t each)
{
	uint64_t bits;

	if (__builtin_mul_overflow(count, each, &bits) ||
	    __builtin_add_overflow(w->bits, bits, &w->bits))
		return fail(w, -EOVERFLOW, "this is beyond all memory");
	return 0;
}

/* Goes into a member. Return: 1; 0 there is none of this name; a negative errno. */
static int member(struct walk *w, const struct skep_btf_type *in, size_t len, uint32_t depth)
{
	const int is_section = in->kind == SKEP_BTF_KIND_DATASEC;
	struct skep_btf_member m;
	struct skep_btf_type inner;
	uint32_t i;
	int r;

	for (i = 0; i < in->vlen; i++) {
		if (++w->visits > VISITS)
			return fail(w, -EFBIG, "too many members are looked at");
		if (skep_btf_member_at(w->btf, in->id, i, &m) < 0)
			return 0;
		if (is_section) { /* its members are named by the variables */
			if (skep_btf_type_at(w->btf, m.type, &inner) < 0 ||
			    !is_name(inner.name, w->at, len))
				continue;
			w->found.type = m.type;
			return add_bits(w, m.offset, 8) < 0 ? -EOVERFLOW : 1;
		}
		if (*m.name && is_name(m.name, w->at, len)) {
			w->found.type = m.type;
			w->found.bit_size = m.bitfield_size;
			return add_bits(w, m.bit_offset, 1) < 0 ? -EOVERFLOW : 1;
		}
		if (*m.name || depth == DEPTH || resolve(w->btf, m.type, &inner) < 0 ||
		    (inner.kind != SKEP_BTF_KIND_STRUCT && inner.kind != SKEP_BTF_KIND_UNION))
			continue;
		r = member(w, &inner, len, depth + 1);
		if (r > 0 && add_bits(w, m.bit_offset, 1) < 0)
			return -EOVERFLOW;
		if (r)
			return r;
	}
	return 0;
}

static int step_name(struct walk *w)
{
	const size_t len = name_len(w->at);
	struct skep_btf_type in;
	int r;

	if (!len)
		return fail(w, -EINVAL, "a name is missing");
	r = resolve(w->btf, w->found.type, &in);
	if (r == 0 && in.kind == SKEP_BTF_KIND_PTR)
		return fail(w, -EINVAL,
			    "before it is a pointer, and what it points to is not here");
	if (r < 0 || (in.kind != SKEP_BTF_KIND_STRUCT && in.kind != SKEP_BTF_KIND_UNION &&
		      in.kind != SKEP_BTF_KIND_DATASEC))
		return fail(w, -EINVAL, "what is before it has no members");
	r = member(w, &in, len, 0);
	if (r <= 0)
		return r < 0 ? r : fail(w, -ENOENT, "there is no such member");
	w->at += len;
	return 0;
}

static int step_index(struct walk *w)
{
	struct skep_btf_type in;
	uint64_t index, size;
	char *end;
	int r;

	r = resolve(w->btf, w->found.type, &in);
	if (r < 0 || in.kind != SKEP_BTF_KIND_ARRAY)
		return fail(w, -EINVAL, "what is before it is no array");
	w->at++;
	errno = 0;
	index = strtoull(w->at, &end, 0);
	if (*w->at < '0' || *w->at > '9' || *end != ']' || errno)
		return fail(w, -EINVAL, "this is no [N]");
	if (index >= in.element_count)
		return skep_fail(w->err, -ERANGE, SKEP_ERR_INVALID,
				 "path '%s', column %zu: the array has %u element%s.", w->path,
				 (size_t)(w->at - w->path) + 1, in.element_count,
				 in.element_count == 1 ? "" : "s");
	r = size_of(w->btf, in.type, &size);
	if (r < 0)
		return fail(w, r, "its elements have no size");
	if (__builtin_mul_overflow(index, size, &size))
		size = UINT64_MAX;
	r = add_bits(w, size, 8);
	if (r < 0)
		return r;
	w->found.type = in.type;
	w->at = end + 1;
	return 0;
}

static int find_variable(struct walk *w)
{
	const uint32_t end = skep_btf_type_count(w->btf);
	const size_t len = name_len(w->at);
	struct skep_btf_type t;
	uint32_t id;

	for (id = 1; id < end && len; id++)
		if (skep_btf_type_at(w->btf, id, &t) == 0 && t.kind == SKEP_BTF_KIND_VAR &&
		    is_name(t.name, w->at, len)) {
			w->found.type = id;
			w->at += len;
			return 0;
		}
	return fail(w, len ? -ENOENT : -EINVAL,
		    len ? "there is no such variable" : "a name is missing");
}

/* What is known of the last part: its size. */
static int finish(struct walk *w, struct skep_btf_path *ret_path)
{
	struct skep_btf_path *p = &w->found;
	int r;

	p->offset = w->bits / 8;
	if (p->bit_size) {
		p->bit_offset = w->bits % 8;
		p->size = (p->bit_offset + p->bit_size + 7) / 8;
	} else {
		r = w->bits % 8 ? -EINVAL : size_of(w->btf, p->type, &p->size);
		if (r < 0)
			return fail(w, r, "it has no size");
	}
	*ret_path = *p;
	return 0;
}

int skep_btf_path_find(const struct skep_btf *btf, uint32_t type, const char *path,
		       struct skep_btf_path *ret_path, struct skep_error *err)
{
	struct walk w = { .btf = btf, .path = path, .at = path, .err = err };
	int r = 0;

	w.found.type = type;
	if (!type)
		r = find_variable(&w);
	else if (*path && *path != '[')
		r = step_name(&w);
	while (r == 0 && *w.at) {
		if (w.found.bit_size)
			return fail(&w, -EINVAL, "a bit-field has no parts");
		if (*w.at == '[') {
			r = step_index(&w);
		} else if (*w.at == '.') {
			w.at++;
			r = step_name(&w);
		} else {
			r = fail(&w, -EINVAL, "this is neither . nor [");
		}
	}
	return r < 0 ? r : finish(&w, ret_path);
}

static int format_of(const struct skep_btf *btf, const struct skep_btf_path *path, size_t size,
		     struct skep_format **ret_format, struct skep_error *err)
{
	if (path->offset > size || path->size > size - path->offset)
		return skep_fail(
			err, -EINVAL, SKEP_ERR_INVALID,
			"the value has %zu bytes, and ends before the part that is asked for.",
			size);
	if (!path->bit_size)
		return skep_format_new_btf(btf, (uint32_t)path->type, ret_format, err);
	return map_format_new_bits(btf, (uint32_t)path->type, (uint32_t)path->bit_offset,
				   (uint32_t)path->bit_size, ret_format, err);
}

int skep_btf_path_text(const struct skep_btf *btf, const struct skep_btf_path *path,
		       const void *bytes, size_t size, char *buf, size_t buf_size,
		       struct skep_error *err)
{
	_cleanup_(skep_format_freep) struct skep_format *format = NULL;
	int r = format_of(btf, path, size, &format, err);

	return r < 0 ? r
		     : skep_format_text(format, (const char *)bytes + path->offset, path->size, buf,
					buf_size);
}

int skep_btf_path_json(const struct skep_btf *btf, const struct skep_btf_path *path,
		       const void *bytes, size_t size, struct skep_json *json, const char *key,
		       struct skep_error *err)
{
	_cleanup_(skep_format_freep) struct skep_format *format = NULL;
	int r = format_of(btf, path, size, &format, err);

	return r < 0 ? r
		     : skep_format_json(format, (const char *)bytes + path->offset, path->size,
					json, key);
}

/* The bits of a bit-field from one value into another, whose other bits stay. */
static void copy_bits(const struct skep_btf_path *path, const uint8_t *from, uint8_t *to)
{
	uint64_t bit, byte;
	uint8_t mask;

	for (bit = path->bit_offset; bit < path->bit_offset + path->bit_size; bit++) {
		byte = bit / 8;
		mask = (uint8_t)(MAP_NUMBER_NATIVE_BIG ? 0x80 >> bit % 8 : 1 << bit % 8);
		to[byte] = (uint8_t)((to[byte] & ~mask) | (from[byte] & mask));
	}
}

/* A format takes any number, so that what a map holds can be put back; programs are compiled for 0 and 1. */
static int check_bool(const struct skep_btf *btf, const struct skep_btf_path *path,
		      const uint8_t *made, const char *text, struct skep_error *err)
{
	struct skep_btf_type t;
	int r = resolve(btf, path->type, &t);

	if (r < 0 || t.kind != SKEP_BTF_KIND_INT || !(t.encoding & MAP_BTF_BOOL) ||
	    path->size != 1 || path->bit_size || made[0] <= 1)
		return 0;
	return skep_fail(err, -ERANGE, SKEP_ERR_INVALID,
			 "'%.64s' is no value of %.64s: it takes false, true, 0 and 1.", text,
			 t.name);
}

int skep_btf_path_parse(const struct skep_btf *btf, const struct skep_btf_path *path,
			const char *text, void *bytes, size_t size, struct skep_error *err)
{
	_cleanup_(skep_format_freep) struct skep_format *format = NULL;
	_cleanup_free_ uint8_t *made = NULL;
	uint8_t *to = (uint8_t *)bytes + path->offset;
	int r = format_of(btf, path, size, &format, err);

	if (r < 0)
		return r;
	made = malloc(path->size + 1);
	if (!made)
		return skep_fail(err, -ENOMEM, SKEP_ERR_NO_MEMORY, "read '%.64s'", text);
	r = skep_format_parse(format, text, made, path->size, err);
	r = r < 0 ? r : check_bool(btf, path, made, text, err);
	if (r < 0)
		return r;
	if (path->bit_size)
		copy_bits(path, made, to);
	else
		memcpy(to, made, path->size);
	return 0;
}
