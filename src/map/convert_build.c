/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "map/convert_build.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <skep/error.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "map/btf_field.h"

#define VISITS (4 * MAP_CONVERT_STEPS) /* of members */
#define PATH_SIZE 256
#define MOST_BYTES (1u << 30)

enum family {
	FAMILY_NONE, /* without a size: functions, void */
	FAMILY_INTEGER,
	FAMILY_BOOL,
	FAMILY_FLOAT,
	FAMILY_POINTER,
	FAMILY_ARRAY,
	FAMILY_STRUCT,
	FAMILY_UNION,
	FAMILY_OPAQUE, /* the kernel's: it begins anew */
};

/* Where a field is on one side. */
struct spot {
	const struct skep_btf *btf;
	struct map_btf_type type;
	uint64_t bit;
	uint32_t bitfield_size;
	uint32_t family; /* enum family */
};

struct build {
	struct map_convert_steps *to;
	struct map_renames *renames;
	int may_drop, is_key;
	char path[PATH_SIZE];      /* "value.peer.address" */
	uint64_t from_end, to_end; /* bytes of the element, or of the whole */
	uint32_t body;             /* the first step in it */
	uint32_t visits, depth;
	const struct spot *home; /* the old record with a name that fields are in */
	struct skep_error *err;
};

static uint32_t family_of(const struct skep_btf *btf, const struct map_btf_type *t)
{
	switch (t->type.kind) {
	case SKEP_BTF_KIND_INT:
		return t->type.encoding & MAP_BTF_BOOL ? FAMILY_BOOL : FAMILY_INTEGER;
	case SKEP_BTF_KIND_ENUM:
	case SKEP_BTF_KIND_ENUM64:
		return FAMILY_INTEGER;
	case SKEP_BTF_KIND_FLOAT:
		return FAMILY_FLOAT;
	case SKEP_BTF_KIND_PTR:
		return map_btf_is_opaque_pointer(btf, t->type.type) ? FAMILY_OPAQUE
								    : FAMILY_POINTER;
	case SKEP_BTF_KIND_ARRAY:
		return FAMILY_ARRAY;
	case SKEP_BTF_KIND_STRUCT:
		return map_btf_is_opaque_record(t->type.name) ? FAMILY_OPAQUE : FAMILY_STRUCT;
	case SKEP_BTF_KIND_DATASEC:
		return FAMILY_STRUCT;
	case SKEP_BTF_KIND_UNION:
		return FAMILY_UNION;
	default:
		return FAMILY_NONE;
	}
}

/* "u32", "struct peer", "u32[4]", "u32:3" */
static void describe(const struct spot *s, char *buf, size_t size)
{
	struct spot element = { .btf = s->btf };
	const char *name = map_btf_name(&s->type), *prefix = "";
	size_t len;

	if (!s->type.alias && s->family == FAMILY_ARRAY &&
	    map_btf_resolve(s->btf, s->type.type.type, &element.type) == 0) {
		element.family = element.type.type.kind == SKEP_BTF_KIND_ARRAY
					 ? FAMILY_NONE
					 : family_of(s->btf, &element.type);
		describe(&element, buf, size);
		len = strlen(buf);
		snprintf(buf + len, size - len, "[%u]", s->type.type.element_count);
		return;
	}
	if (!s->type.alias && s->family == FAMILY_STRUCT)
		prefix = "struct ";
	if (!s->type.alias && s->family == FAMILY_UNION)
		prefix = "union ";
	if (!*name)
		name = s->family == FAMILY_POINTER ? "pointer" : "(anonymous)";
	if (s->bitfield_size)
		snprintf(buf, size, "%.60s:%u", name, s->bitfield_size);
	else
		snprintf(buf, size, "%s%.60s", prefix, name);
}

static int fail_lossy(const struct build *b, const struct spot *from, const struct spot *to,
		      const char *why)
{
	char old[80], new[80];

	describe(from, old, sizeof(old));
	if (!to)
		return skep_fail(b->err, -EMEDIUMTYPE, SKEP_ERR_CONFLICT, "convert '%s' (%s): %s.",
				 b->path, old, why);
	describe(to, new, sizeof(new));
	return skep_fail(b->err, -EMEDIUMTYPE, SKEP_ERR_CONFLICT, "convert '%s' from %s to %s: %s.",
			 b->path, old, new, why);
}

static int fail_btf(const struct build *b, const char *why)
{
	return skep_fail(b->err, -EINVAL, SKEP_ERR_INVALID, "convert '%s': %s.", b->path, why);
}

static int look_at(const struct build *b, const struct skep_btf *btf, uint32_t id, uint64_t bit,
		   uint32_t bitfield_size, struct spot *ret)
{
	struct spot s = { .btf = btf, .bit = bit, .bitfield_size = bitfield_size };

	if (map_btf_resolve(btf, id, &s.type) < 0)
		return fail_btf(b, "its type is broken");
	s.family = family_of(btf, &s.type);
	*ret = s;
	return 0;
}

static int add_step(struct build *b, const struct map_convert_step *step)
{
	struct map_convert_steps *to = b->to;
	struct map_convert_step *steps;
	uint32_t room;

	if (to->count == MAP_CONVERT_STEPS)
		return skep_fail(b->err, -EFBIG, SKEP_ERR_UNSUPPORTED,
				 "convert: more than %u fields.", MAP_CONVERT_STEPS);
	if (!to->steps || to->count == to->room) {
		room = to->room ? 2 * to->room : 16;
		steps = reallocarray(to->steps, room, sizeof(*steps));
		if (!steps)
			return skep_fail(b->err, -ENOMEM, SKEP_ERR_NO_MEMORY, "convert a map");
		to->steps = steps;
		to->room = room;
	}
	to->steps[to->count++] = *step;
	return 0;
}

static int is_inside(const struct build *b, uint64_t from, uint64_t from_bytes, uint64_t to,
		     uint64_t to_bytes)
{
	return from + from_bytes <= b->from_end && to + to_bytes <= b->to_end;
}

/* Copies that go on where the one before ends are one. */
static int add_copy(struct build *b, uint64_t from, uint64_t to, uint64_t size)
{
	struct map_convert_step step = { .kind = MAP_CONVERT_COPY };
	struct map_convert_step *last =
		b->to->count > b->body ? &b->to->steps[b->to->count - 1] : NULL;

	if (!is_inside(b, from, size, to, size))
		return fail_btf(b, "it ends behind what it is in");
	if (!size)
		return 0;
	if (last && last->kind == MAP_CONVERT_COPY && last->from + last->size == from &&
	    last->to + last->size == to) {
		last->size += (uint32_t)size;
		return 0;
	}
	step.from = (uint32_t)from;
	step.to = (uint32_t)to;
	step.size = (uint32_t)size;
	return add_step(b, &step);
}

static int number_of(const struct spot *s, uint64_t *ret_byte, struct map_number *ret)
{
	const struct skep_btf_type *t = &s->type.type;
	uint64_t bit = s->bit;
	uint32_t width = s->bitfield_size;
	struct map_number n = { .is_big = MAP_NUMBER_NATIVE_BIG };

	if (!width && t->kind == SKEP_BTF_KIND_INT) {
		width = t->bit_count;
		bit += t->bit_offset; /* the old way to tell a bit-field */
	} else if (!width) {
		width = 8 *
			(t->kind == SKEP_BTF_KIND_PTR ? skep_btf_pointer_size(s->btf) : t->size);
	}
	n.shift = (uint8_t)(bit % 8);
	if (!width || width > 128 || n.shift + width > 128)
		return -EINVAL;
	n.width = (uint8_t)width;
	if (s->type.order && !n.shift && width % 8 == 0)
		n.is_big = s->type.order == 'b';
	n.is_signed = t->kind == SKEP_BTF_KIND_INT   ? (t->encoding & MAP_BTF_SIGNED) != 0
		      : t->kind == SKEP_BTF_KIND_PTR ? 0
						     : !!t->kind_flag;
	*ret_byte = bit / 8;
	*ret = n;
	return 0;
}

static int is_enum(const struct spot *s)
{
	return s->type.type.kind == SKEP_BTF_KIND_ENUM || s->type.type.kind == SKEP_BTF_KIND_ENUM64;
}

/* A name that stands for another number now says that the numbers mean something else. */
static int compare_enums(struct build *b, const struct spot *from, const struct spot *to)
{
	struct skep_btf_member old, new;
	uint32_t i, k;

	for (i = 0; i < from->type.type.vlen; i++)
		for (k = 0; k < to->type.type.vlen; k++) {
			if (b->visits++ > VISITS)
				return fail_btf(b, "too many enumerators");
			if (skep_btf_member_at(from->btf, from->type.type.id, i, &old) < 0 ||
			    skep_btf_member_at(to->btf, to->type.type.id, k, &new) < 0 ||
			    strcmp(old.name, new.name) != 0)
				continue;
			if (old.value != new.value)
				return fail_lossy(b, from, to, "an enumerator has another number");
		}
	return 0;
}

static int convert_number(struct build *b, const struct spot *from, const struct spot *to)
{
	struct map_convert_step step = { .kind = MAP_CONVERT_NUMBER };
	const struct map_number *old = &step.from_number, *new = &step.to_number;
	uint64_t from_byte = 0, to_byte = 0;
	int r;

	if (number_of(from, &from_byte, &step.from_number) < 0 ||
	    number_of(to, &to_byte, &step.to_number) < 0)
		return fail_btf(b, "an integer of so many bits");
	if (new->width < old->width)
		return fail_lossy(b, from, to, "it is narrower");
	if (new->is_signed != old->is_signed)
		return fail_lossy(b, from, to, "one is signed, the other is not");
	if (new->is_big != old->is_big)
		return fail_lossy(b, from, to, "the order of its bytes is another");
	r = is_enum(from) && is_enum(to) ? compare_enums(b, from, to) : 0;
	if (r < 0)
		return r;
	if (new->width == old->width && !new->shift && !old->shift &&new->width % 8 == 0)
		return add_copy(b, from_byte, to_byte, new->width / 8);
	if (old->width > 64)
		return fail_lossy(b, from, to, "so wide an integer is not made wider");
	if (!is_inside(b, from_byte, map_number_bytes(*old), to_byte, map_number_bytes(*new)))
		return fail_btf(b, "it ends behind what it is in");
	step.from = (uint32_t)from_byte;
	step.to = (uint32_t)to_byte;
	return add_step(b, &step);
}

static int convert_float(struct build *b, const struct spot *from, const struct spot *to)
{
	const uint32_t old = from->type.type.size, new = to->type.type.size;
	const struct map_convert_step step = { .kind = MAP_CONVERT_FLOAT,
					       .from = (uint32_t)(from->bit / 8),
					       .to = (uint32_t)(to->bit / 8) };

	if (old == new)
		return add_copy(b, from->bit / 8, to->bit / 8, old);
	if (old != sizeof(float) || new != sizeof(double))
		return fail_lossy(b, from, to, new < old ? "it is narrower" : "no such conversion");
	if (!is_inside(b, step.from, old, step.to, new))
		return fail_btf(b, "it ends behind what it is in");
	return add_step(b, &step);
}

static int convert_spot(struct build *b, const struct spot *from, const struct spot *to);

static int element_of(const struct build *b, const struct spot *array, struct spot *ret,
		      uint64_t *ret_size)
{
	const uint32_t id = array->type.type.type;

	if (map_btf_size(array->btf, id, MOST_BYTES, ret_size) < 0 || *ret_size > MOST_BYTES)
		return fail_btf(b, "its type is broken");
	return look_at(b, array->btf, id, 0, 0, ret);
}

/* The body of a loop: elements are converted by themselves. */
static int convert_elements(struct build *b, const struct spot *from, const struct spot *to,
			    uint64_t old_size, uint64_t new_size)
{
	const uint64_t from_end = b->from_end, to_end = b->to_end;
	const uint32_t body = b->body;
	int r;

	b->from_end = old_size;
	b->to_end = new_size;
	b->body = b->to->count;
	r = convert_spot(b, from, to);
	b->from_end = from_end;
	b->to_end = to_end;
	b->body = body;
	return r;
}

static int convert_array(struct build *b, const struct spot *from, const struct spot *to)
{
	struct map_convert_step loop = { .kind = MAP_CONVERT_LOOP,
					 .from = (uint32_t)(from->bit / 8),
					 .to = (uint32_t)(to->bit / 8),
					 .count = from->type.type.element_count };
	const struct map_convert_step *body;
	const uint32_t at = b->to->count;
	struct spot old, new;
	uint64_t old_size = 0, new_size = 0;
	int r = element_of(b, from, &old, &old_size);

	r = r < 0 ? r : element_of(b, to, &new, &new_size);
	if (r < 0)
		return r;
	if (to->type.type.element_count < loop.count)
		return fail_lossy(b, from, to, "it is shorter");
	if (!is_inside(b, loop.from, loop.count * old_size, loop.to, loop.count * new_size))
		return fail_btf(b, "it ends behind what it is in");
	loop.from_stride = (uint32_t)old_size;
	loop.to_stride = (uint32_t)new_size;
	r = add_step(b, &loop);
	r = r < 0 ? r : convert_elements(b, &old, &new, old_size, new_size);
	if (r < 0)
		return r;
	b->to->steps[at].next = b->to->count;
	body = &b->to->steps[at + 1];
	if (b->to->count == at + 2 && body->kind == MAP_CONVERT_COPY && body->size == old_size &&
	    old_size == new_size) {
		b->to->count = at;
		return add_copy(b, loop.from, loop.to, loop.count * old_size);
	}
	if (b->to->count == at + 1 || !loop.count)
		b->to->count = at;
	return 0;
}

static int member_of(const struct spot *record, uint32_t i, struct skep_btf_member *ret)
{
	struct skep_btf_type var;
	int r = skep_btf_member_at(record->btf, record->type.type.id, i, ret);

	if (r < 0 || record->type.type.kind != SKEP_BTF_KIND_DATASEC)
		return r;
	ret->bit_offset = 8 * ret->offset; /* names of variables are those of their types */
	r = skep_btf_type_at(record->btf, ret->type, &var);
	if (r >= 0)
		ret->name = var.name;
	return r;
}

/* Looks in records without a name, too. Return: 1; 0 there is none; a negative errno. */
static int find_member(struct build *b, const struct spot *record, const char *name, uint32_t depth,
		       struct spot *ret)
{
	struct skep_btf_member m;
	struct spot s;
	uint32_t i;
	int r;

	for (i = 0; i < record->type.type.vlen; i++) {
		if (b->visits++ > VISITS || depth > MAP_BTF_DEPTH)
			return fail_btf(b, "too many members");
		if (member_of(record, i, &m) < 0)
			return fail_btf(b, "its type is broken");
		if (*m.name && strcmp(m.name, name) != 0)
			continue;
		r = look_at(b, record->btf, m.type, record->bit + m.bit_offset, m.bitfield_size,
			    &s);
		if (r < 0)
			return r;
		if (*m.name) {
			*ret = s;
			return 1;
		}
		if (s.family != FAMILY_STRUCT && s.family != FAMILY_UNION)
			continue; /* padding */
		r = find_member(b, &s, name, depth + 1, ret);
		if (r)
			return r;
	}
	return 0;
}

static int give_up(struct build *b, const struct spot *field, int is_asked_for)
{
	if (b->is_key)
		return fail_lossy(b, field, NULL, "it is not there any more, and keys need all");
	if (!b->may_drop && !is_asked_for)
		return fail_lossy(b, field, NULL, "it is not there any more");
	return 0;
}

/* A field may take a name that another one had, if that one goes elsewhere. */
static int check_new_name(struct build *b, const struct spot *field, const char *name, size_t len)
{
	char other[PATH_SIZE];
	struct spot there;
	int r = find_member(b, b->home, name, 0, &there);

	if (r <= 0)
		return r;
	snprintf(other, sizeof(other), "%.*s.%s", (int)len, b->path, name);
	if (map_renames_find(b->renames, other))
		return 0;
	return fail_lossy(b, field, &there, "there is an old field of its new name, too");
}

static int convert_named(struct build *b, const struct spot *field, const char *name,
			 const struct spot *record)
{
	const size_t len = strlen(b->path);
	const struct map_rename *rename;
	struct spot to;
	int r;

	if (len + 1 + strlen(name) >= sizeof(b->path))
		return fail_btf(b, "a path of so many bytes");
	snprintf(b->path + len, sizeof(b->path) - len, ".%s", name);
	rename = map_renames_use(b->renames, b->path);
	r = rename && *rename->name ? check_new_name(b, field, rename->name, len) : 0;
	if (rename)
		name = rename->name;
	if (r < 0 || field->family == FAMILY_OPAQUE)
		; /* refused, or nothing to be kept */
	else if (!*name)
		r = give_up(b, field, 1);
	else if ((r = find_member(b, record, name, 0, &to)) == 0)
		r = give_up(b, field, 0);
	else if (r > 0)
		r = convert_spot(b, field, &to);
	b->path[len] = '\0';
	return r;
}

static int convert_union(struct build *b, const struct spot *from, const struct spot *to);

/* Each member of a record; those of a record without a name belong to the one that it is in. */
static int convert_members(struct build *b, const struct spot *from, const struct spot *to)
{
	struct skep_btf_member m;
	struct spot field;
	uint32_t i;
	int r = 0;

	if (b->depth >= MAP_BTF_DEPTH)
		return fail_btf(b, "nested too deeply");
	b->depth++;
	for (i = 0; i < from->type.type.vlen && r >= 0; i++) {
		if (b->visits++ > VISITS)
			return fail_btf(b, "too many members");
		if (member_of(from, i, &m) < 0)
			return fail_btf(b, "its type is broken");
		r = look_at(b, from->btf, m.type, from->bit + m.bit_offset, m.bitfield_size,
			    &field);
		if (r < 0)
			return r;
		if (*m.name)
			r = convert_named(b, &field, m.name, to);
		else if (field.family == FAMILY_STRUCT)
			r = convert_members(b, &field, to);
		else if (field.family == FAMILY_UNION)
			r = convert_union(b, &field, to);
	}
	b->depth--;
	return r;
}

/* Nobody knows which member a union holds: so all of them have to stay as they are, beside each other. */
static int convert_union(struct build *b, const struct spot *from, const struct spot *to)
{
	const uint32_t body = b->body, first = b->to->count;
	const struct map_convert_step *step;
	uint64_t begin = UINT64_MAX, end = 0, moved;
	uint32_t i;
	int r;

	b->body = first;
	r = convert_members(b, from, to);
	b->body = body;
	if (r < 0 || b->to->count == first)
		return r;
	moved = (uint64_t)b->to->steps[first].to - b->to->steps[first].from;
	for (i = first; i < b->to->count; i++) {
		step = &b->to->steps[i];
		if (step->kind != MAP_CONVERT_COPY || (uint64_t)step->to - step->from != moved)
			return fail_lossy(b, from, to, "a union has to stay the same");
		begin = step->from < begin ? step->from : begin;
		end = step->from + step->size > end ? step->from + step->size : end;
	}
	b->to->count = first;
	return add_copy(b, begin, begin + moved, end - begin);
}

static int convert_spot(struct build *b, const struct spot *from, const struct spot *to)
{
	const struct spot *home;
	int r;

	if (from->family == FAMILY_OPAQUE && to->family == FAMILY_OPAQUE)
		return 0;
	if (from->family != to->family || from->family == FAMILY_NONE)
		return fail_lossy(b, from, to, "it is of another kind");
	if (from->family != FAMILY_INTEGER && from->family != FAMILY_BOOL &&
	    (from->bit % 8 || to->bit % 8))
		return fail_btf(b, "it does not begin with a byte");
	switch (from->family) {
	case FAMILY_FLOAT:
		return convert_float(b, from, to);
	case FAMILY_ARRAY:
		if (b->depth >= MAP_BTF_DEPTH)
			return fail_btf(b, "nested too deeply");
		b->depth++;
		r = convert_array(b, from, to);
		b->depth--;
		return r;
	case FAMILY_STRUCT:
	case FAMILY_UNION:
		home = b->home;
		b->home = from;
		r = from->family == FAMILY_UNION ? convert_union(b, from, to)
						 : convert_members(b, from, to);
		b->home = home;
		return r;
	default:
		return convert_number(b, from, to);
	}
}

/* The whole of one side: its type has to be as large as what is in the map. */
static int begin_side(struct build *b, const struct map_convert_side *side, struct spot *ret)
{
	uint64_t size = 0;

	if (map_btf_size(side->btf, side->type, MOST_BYTES, &size) < 0 || size != side->size)
		return fail_btf(b, "its type has another size than the map says");
	return look_at(b, side->btf, side->type, 0, 0, ret);
}

int map_convert_build(const struct map_convert_side *from, const struct map_convert_side *to,
		      const char *what, int may_drop, struct map_renames *renames,
		      struct map_convert_steps *ret, struct skep_error *err)
{
	struct build b = {
		.to = ret,
		.renames = renames,
		.may_drop = may_drop,
		.is_key = !strcmp(what, "key"),
		.from_end = from->size,
		.to_end = to->size,
		.err = err,
	};
	struct spot old, new;
	int r;

	snprintf(b.path, sizeof(b.path), "%s", what);
	if (from->size > MOST_BYTES || to->size > MOST_BYTES)
		return fail_btf(&b, "so many bytes");
	if (!from->type || !to->type) {
		if (from->size != to->size)
			return skep_fail(
				err, -EMEDIUMTYPE, SKEP_ERR_CONFLICT,
				"convert '%s': its type is not known, and its size was %zu "
				"bytes and is %zu now.",
				what, from->size, to->size);
		return add_copy(&b, 0, 0, from->size);
	}
	r = begin_side(&b, from, &old);
	r = r < 0 ? r : begin_side(&b, to, &new);
	return r < 0 ? r : convert_spot(&b, &old, &new);
}

void map_convert_steps_fini(struct map_convert_steps *steps)
{
	free(steps->steps);
	*steps = (struct map_convert_steps){ .count = 0 };
}

static int is_same_number(struct map_number a, struct map_number b)
{
	return a.width == b.width && a.shift == b.shift && a.is_big == b.is_big;
}

int map_convert_is_plain(const struct map_convert_steps *steps)
{
	const struct map_convert_step *step;
	uint32_t i;

	for (i = 0; i < steps->count; i++) {
		step = &steps->steps[i];
		if (step->from != step->to || step->kind == MAP_CONVERT_FLOAT)
			return 0;
		if (step->kind == MAP_CONVERT_LOOP && step->from_stride != step->to_stride)
			return 0;
		if (step->kind == MAP_CONVERT_NUMBER &&
		    !is_same_number(step->from_number, step->to_number))
			return 0;
	}
	return 1;
}
