/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* A BTF type into the flat table of a format: all that is looked up in BTF is looked up here, once. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <skep/btf.h>
#include <skep/error.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "map/btf_field.h"
#include "map/format_bits.h"
#include "map/format_build.h"

struct btf_build {
	struct map_build *to;
	const struct skep_btf *btf;
	uint32_t visits; /* of members: those that add no field cost time, too */
};

/* Where a type stands, and what it is called there. */
struct place {
	const char *name; /* of the member; NULL: it is an element or the whole */
	uint64_t
		bit_offset; /* from the element of the array that it is in, or from the beginning */
	uint64_t bit_end;   /* it ends there at the latest */
	uint32_t bitfield_size;
	uint32_t depth;
	int in_array;
};

static int fail_type(const struct btf_build *b, const char *name, const char *reason)
{
	return skep_fail(b->to->err, -EINVAL, SKEP_ERR_INVALID, "format of '%s': %s.",
			 name && *name ? name : "(anonymous)", reason);
}

static int fail_resolve(const struct btf_build *b, uint32_t id, const char *name, int code)
{
	if (code == -ELOOP)
		return fail_type(b, name, "types that refer to each other in a circle");
	return skep_fail(b->to->err, code, SKEP_ERR_NOT_FOUND, "format: there is no type %u.", id);
}

static int resolve(const struct btf_build *b, uint32_t id, struct map_btf_type *ret)
{
	int r = map_btf_resolve(b->btf, id, ret);

	return r < 0 ? fail_resolve(b, id, r == -ELOOP ? ret->alias : NULL, r) : 0;
}

static int is_char(const struct skep_btf_type *t)
{
	return t->kind == SKEP_BTF_KIND_INT && t->size == 1 &&
	       (t->encoding & MAP_BTF_CHAR || !strcmp(t->name, "char"));
}

/* Adds a field whose kind, number, size and count are set: its name, its type and its place. */
static int add_field(struct btf_build *b, const struct place *p, const struct map_btf_type *r,
		     struct map_field field, uint32_t *ret_index)
{
	static const char *const prefixes[] = {
		[SKEP_BTF_KIND_STRUCT] = "struct ",
		[SKEP_BTF_KIND_UNION] = "union ",
		[SKEP_BTF_KIND_ENUM] = "enum ",
		[SKEP_BTF_KIND_ENUM64] = "enum ",
	};
	const char *name = map_btf_name(r), *prefix = "";
	char text[160];
	int ret = 0;

	if (!r->alias && r->type.kind < ARRAY_SIZE(prefixes) && prefixes[r->type.kind])
		prefix = prefixes[r->type.kind];
	if (p->bit_offset > p->bit_end || 8ull * field.size > p->bit_end - p->bit_offset / 8 * 8)
		return fail_type(b, p->name ? p->name : name, "it ends behind what it is in");
	field.offset = (uint32_t)(p->bit_offset / 8);
	snprintf(text, sizeof(text), "%s%s", prefix,
		 *name                                 ? name
		 : r->type.kind == SKEP_BTF_KIND_PTR   ? "pointer"
		 : r->type.kind == SKEP_BTF_KIND_ARRAY ? "array"
						       : "(anonymous)");
	ret = map_build_string(b->to, text, strlen(text), &field.type);
	if (ret >= 0 && p->name)
		ret = map_build_name(b->to, *p->name ? p->name : "unnamed", &field.name);
	return ret < 0 ? ret : map_build_add(b->to, &field, ret_index);
}

/* Adds a number of any kind, @width bits wide unless it is a bit-field. */
static int add_number(struct btf_build *b, const struct place *p, const struct map_btf_type *r,
		      enum map_field_kind kind, uint32_t width, uint32_t *ret_index)
{
	struct map_field field = { .kind = (uint8_t)kind };
	uint32_t most = r->type.size ? 8 * r->type.size : width;

	if (p->bitfield_size)
		width = p->bitfield_size;
	field.number = (struct map_number){
		.width = (uint8_t)width,
		.shift = (uint8_t)(p->bit_offset % 8),
		.is_big = MAP_NUMBER_NATIVE_BIG,
	};
	if (r->order && width % 8 == 0 && !field.number.shift)
		field.number.is_big = r->order == 'b';
	field.is_ipv4 = r->order == 'b' && width == 32 && !field.number.shift;
	if (!width || width > most || width > 128 || field.number.shift + width > 128)
		return fail_type(b, p->name ? p->name : map_btf_name(r),
				 "an integer of so many bits");
	if (kind != MAP_FIELD_NUMBER && width > 64)
		return fail_type(b, p->name ? p->name : map_btf_name(r),
				 "an integer of so many bits");
	if (width != 8 || field.number.shift) {
		if (kind == MAP_FIELD_BOOL && width > 8)
			field.kind = MAP_FIELD_NUMBER;
		if (kind == MAP_FIELD_CHAR)
			field.kind = MAP_FIELD_NUMBER;
	}
	field.number.is_signed = r->type.kind == SKEP_BTF_KIND_INT
					 ? (r->type.encoding & MAP_BTF_SIGNED) != 0
					 : (kind == MAP_FIELD_ENUM && r->type.kind_flag);
	field.size = (uint32_t)map_number_bytes(field.number);
	return add_field(b, p, r, field, ret_index);
}

static int add_int(struct btf_build *b, const struct place *p, const struct map_btf_type *r)
{
	enum map_field_kind kind = r->type.encoding & MAP_BTF_BOOL ? MAP_FIELD_BOOL
				   : is_char(&r->type)             ? MAP_FIELD_CHAR
								   : MAP_FIELD_NUMBER;
	struct place inside = *p;
	uint32_t index;

	if (r->type.size > 16)
		return fail_type(b, map_btf_name(r), "an integer of so many bytes");
	if (!p->bitfield_size) /* the old way to tell a bit-field: an int that fills a part of itself */
		inside.bit_offset += r->type.bit_offset;
	return add_number(b, &inside, r, kind, r->type.bit_count, &index);
}

static int add_enum(struct btf_build *b, const struct place *p, const struct map_btf_type *r)
{
	struct skep_btf_member m;
	uint32_t index = 0, i;
	int ret;

	if (r->type.size > 8)
		return fail_type(b, map_btf_name(r), "an enumeration of so many bytes");
	ret = add_number(b, p, r, MAP_FIELD_ENUM, 8 * r->type.size, &index);
	if (ret < 0)
		return ret;
	map_build_field(b->to, index)->first = b->to->format->enumerator_count;
	for (i = 0; i < r->type.vlen && ret >= 0; i++) {
		ret = skep_btf_member_at(b->btf, r->type.id, i, &m);
		if (ret >= 0)
			ret = map_build_enumerator(b->to, m.name, m.value);
	}
	if (ret >= 0)
		map_build_close_enum(b->to, index);
	return ret;
}

static int add_type(struct btf_build *b, uint32_t id, const struct place *p);

static int visit(struct btf_build *b)
{
	if (b->visits++ < 4 * MAP_FORMAT_FIELDS)
		return 0;
	return skep_fail(b->to->err, -EFBIG, SKEP_ERR_UNSUPPORTED, "format: more than %u members.",
			 MAP_FORMAT_FIELDS);
}

static int add_members(struct btf_build *b, const struct place *p, const struct map_btf_type *r)
{
	uint64_t bit_end = p->bit_offset + 8ull * r->type.size;
	struct skep_btf_member m;
	struct map_btf_type inner;
	uint32_t i;
	int ret;

	for (i = 0; i < r->type.vlen; i++) {
		struct place inside = {
			.bit_end = bit_end < p->bit_end ? bit_end : p->bit_end,
			.depth = p->depth + 1,
			.in_array = p->in_array,
		};

		ret = visit(b);
		if (ret >= 0)
			ret = skep_btf_member_at(b->btf, r->type.id, i, &m);
		if (ret >= 0)
			ret = resolve(b, m.type, &inner);
		if (ret < 0)
			return ret;
		inside.name = m.name;
		inside.bit_offset = p->bit_offset + m.bit_offset;
		inside.bitfield_size = m.bitfield_size;
		if (r->type.kind == SKEP_BTF_KIND_DATASEC) {
			struct skep_btf_type var;

			if (skep_btf_type_at(b->btf, m.type, &var) >= 0)
				inside.name = var.name;
			inside.bit_offset = p->bit_offset + 8ull * m.offset;
		}
		if (!*inside.name && inner.type.kind != SKEP_BTF_KIND_STRUCT &&
		    inner.type.kind != SKEP_BTF_KIND_UNION)
			continue; /* padding */
		ret = add_type(b, m.type, &inside);
		if (ret < 0)
			return ret;
	}
	return 0;
}

static int add_record(struct btf_build *b, const struct place *p, const struct map_btf_type *r)
{
	struct map_field field = { .kind = MAP_FIELD_RECORD, .size = r->type.size };
	const char *name = r->type.name;
	uint32_t index = 0;
	int ret;

	if (p->bit_offset % 8)
		return fail_type(b, map_btf_name(r), "it does not begin with a byte");
	if (map_btf_is_opaque_record(name))
		field.kind = MAP_FIELD_OPAQUE;
	else if ((!strcmp(name, "in_addr") && field.size == 4) ||
		 (!strcmp(name, "in6_addr") && field.size == 16))
		field.kind = MAP_FIELD_ADDRESS;
	else if (p->name && !*p->name)
		return add_members(b, p, r);
	ret = add_field(b, p, r, field, &index);
	if (ret < 0 || field.kind != MAP_FIELD_RECORD)
		return ret;
	ret = add_members(b, p, r);
	return ret < 0 ? ret : map_build_close(b->to, index);
}

/* Bytes of a type; what is greater than a format may be is just that. */
static int size_of(const struct btf_build *b, uint32_t id, uint64_t *ret_size)
{
	int r = map_btf_size(b->btf, id, MAP_FORMAT_BYTES, ret_size);

	return r < 0 ? fail_resolve(b, id, NULL, r) : 0;
}

static int add_array(struct btf_build *b, const struct place *p, const struct map_btf_type *r)
{
	struct map_field field = { .kind = MAP_FIELD_ARRAY, .count = r->type.element_count };
	struct place element = { .depth = p->depth + 1, .in_array = 1 };
	uint64_t size = 0, all;
	struct map_btf_type inner;
	uint32_t index = 0;
	int ret = resolve(b, r->type.type, &inner);

	if (ret >= 0)
		ret = size_of(b, r->type.type, &size);
	if (ret < 0)
		return ret;
	all = size * field.count;
	if (all > MAP_FORMAT_BYTES)
		return skep_fail(b->to->err, -EFBIG, SKEP_ERR_UNSUPPORTED,
				 "format: an array of more than 1 GiB.");
	if (p->bit_offset % 8)
		return fail_type(b, p->name, "it does not begin with a byte");
	field.size = (uint32_t)all;
	field.stride = (uint32_t)size;
	field.is_flexible = !field.count && size && !p->in_array;
	field.is_bytes = inner.type.kind == SKEP_BTF_KIND_INT && size == 1 &&
			 inner.type.bit_count == 8 && !(inner.type.encoding & ~MAP_BTF_CHAR);
	if (is_char(&inner.type))
		field.kind = MAP_FIELD_CHARS;
	if (!size)
		field.count = 0; /* elements that are nothing are not worth a line each */
	ret = add_field(b, p, r, field, &index);
	if (ret < 0 || field.kind == MAP_FIELD_CHARS)
		return ret;
	element.bit_end = 8 * size;
	ret = add_type(b, r->type.type, &element);
	return ret < 0 ? ret : map_build_close(b->to, index);
}

static int add_pointer(struct btf_build *b, const struct place *p, const struct map_btf_type *r)
{
	uint32_t size = skep_btf_pointer_size(b->btf), index;
	struct map_field opaque = { .kind = MAP_FIELD_OPAQUE, .size = size };

	if (map_btf_is_opaque_pointer(b->btf, r->type.type))
		return add_field(b, p, r, opaque, &index);
	return add_number(b, p, r, MAP_FIELD_POINTER, 8 * size, &index);
}

static int add_float(struct btf_build *b, const struct place *p, const struct map_btf_type *r)
{
	struct map_field field = { .kind = MAP_FIELD_BYTES, .size = r->type.size };
	uint32_t index;

	if (field.size == 4 || field.size == 8)
		field.kind = MAP_FIELD_FLOAT;
	if (p->bit_offset % 8)
		return fail_type(b, p->name, "it does not begin with a byte");
	return add_field(b, p, r, field, &index);
}

static int add_type(struct btf_build *b, uint32_t id, const struct place *p)
{
	struct map_btf_type r;
	int ret = resolve(b, id, &r);

	if (ret < 0)
		return ret;
	if (p->depth > MAP_BTF_DEPTH)
		return fail_type(b, map_btf_name(&r), "nested too deeply");
	switch (r.type.kind) {
	case SKEP_BTF_KIND_INT:
		return add_int(b, p, &r);
	case SKEP_BTF_KIND_ENUM:
	case SKEP_BTF_KIND_ENUM64:
		return add_enum(b, p, &r);
	case SKEP_BTF_KIND_PTR:
		return add_pointer(b, p, &r);
	case SKEP_BTF_KIND_FLOAT:
		return add_float(b, p, &r);
	case SKEP_BTF_KIND_ARRAY:
		return add_array(b, p, &r);
	case SKEP_BTF_KIND_STRUCT:
	case SKEP_BTF_KIND_UNION:
	case SKEP_BTF_KIND_DATASEC:
		return add_record(b, p, &r);
	default:
		return fail_type(b, map_btf_name(&r), "a type without a size");
	}
}

int map_format_new_bits(const struct skep_btf *btf, uint32_t type, uint32_t shift, uint32_t width,
			struct skep_format **ret_format, struct skep_error *err)
{
	_cleanup_(map_build_fini) struct map_build to = { .format = NULL };
	struct btf_build b = { .to = &to, .btf = btf };
	const uint64_t size = ((uint64_t)shift + width + 7) / 8;
	const struct place place = { .bit_offset = shift,
				     .bit_end = 8 * size,
				     .bitfield_size = width };
	int r = map_build_begin(&to, err);

	if (r >= 0)
		r = add_type(&b, type, &place);
	if (r >= 0)
		map_build_finish(&to, (size_t)size, ret_format);
	return r;
}

int skep_format_new_btf(const struct skep_btf *btf, uint32_t type, struct skep_format **ret_format,
			struct skep_error *err)
{
	_cleanup_(map_build_fini) struct map_build to = { .format = NULL };
	struct btf_build b = { .to = &to, .btf = btf };
	struct place whole = { .depth = 0 };
	uint64_t size = 0;
	int r = map_build_begin(&to, err);

	if (r >= 0)
		r = size_of(&b, type, &size);
	if (r >= 0 && size > MAP_FORMAT_BYTES)
		r = skep_fail(err, -EFBIG, SKEP_ERR_UNSUPPORTED,
			      "format: a type of more than 1 GiB.");
	whole.bit_end = 8 * size;
	if (r >= 0)
		r = add_type(&b, type, &whole);
	if (r >= 0)
		map_build_finish(&to, (size_t)size, ret_format);
	return r;
}
