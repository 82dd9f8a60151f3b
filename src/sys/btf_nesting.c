/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "sys/btf_nesting.h"

#include <errno.h>

#include <skep/error.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "sys/btf_children.h"
#include "sys/btf_handle.h"

#define DEPTH_MAX 1024            /* a kernel has some 15 */
#define SIZE_MAX_BYTES (1u << 28) /* libbpf counts bits of a record in an int */
#define PADDING_PER_LINE 8        /* bytes that a line of padding stands for, at most */
#define LIMIT_FLOOR (1ull << 22)  /* 32 MiB of padding */
#define LIMIT_PER_TYPE 256        /* lines; a kernel has some 20 */
#define VISITED_NOT 0
#define VISITED_NOW UINT32_MAX

/* What a type means to who uses it. */
struct weight {
	uint32_t
		lines; /* about; what has a name is written elsewhere, and all else that is nested written out */
	uint32_t
		steps; /* to find its alignment: libbpf looks at all that is in it by value, each time */
	uint32_t depth; /* of records and arrays in each other by value: libbpf descends so far */
};

/* A type that is being looked at; behind a pointer it is another one, because records are not entered there. */
struct step {
	uint32_t id, child;
	uint32_t behind;
	struct weight sum; /* so far */
};

struct nesting {
	const struct skep_btf *btf;
	struct weight *weights; /* by 2 * id + behind */
	uint64_t lines, steps;  /* of all, each written once */
	uint64_t limit;         /* of either */
	uint32_t depth;
	struct skep_error *err;
	struct step path[DEPTH_MAX];
};

static int senseless(const struct nesting *n, uint32_t id, const char *what)
{
	return skep_fail(n->err, -EINVAL, SKEP_ERR_SYSCALL,
			 "type [%u] '%s' cannot be written as C: %s.", id,
			 btf_name_of(n->btf, btf_type_of(n->btf, id)->name_off), what);
}

/* How many bytes of a record stand for nothing. Return: 0; an error. */
static int check_members(const struct nesting *n, uint32_t id, const struct btf_type *t,
			 uint64_t *ret_padding)
{
	const struct btf_member *m = btf_members(t);
	int64_t bits = 8 * (int64_t)t->size, end = 0, padding = 0, member_size;
	uint32_t i;

	for (i = 0; i < btf_vlen(t); i++, m++) {
		int64_t at = btf_member_bit_offset(t, i), size = btf_member_bitfield_size(t, i);

		if (at > bits)
			return senseless(n, id, "a member lies beyond its end");
		member_size = btf__resolve_size(n->btf->btf, m->type);
		if (member_size < 0)
			return senseless(n, id, "a member has no size");
		if (member_size > SIZE_MAX_BYTES)
			return senseless(n, id, "a member is too large");
		if (at > end)
			padding += at - end;
		end = at + (size ? size : 8 * member_size);
	}
	if (bits > end && btf_is_struct(t))
		padding += bits - end;
	*ret_padding = (uint64_t)padding / 8;
	return 0;
}

/* How many lines a type takes by itself. Return: 0; an error. */
static int check_type(const struct nesting *n, uint32_t id, uint32_t *ret_lines)
{
	const struct btf_type *t = btf_type_of(n->btf, id);
	uint64_t lines = 1 + (uint64_t)btf_vlen(t), padding = 0;
	int r;

	switch (btf_kind(t)) {
	case BTF_KIND_INT:
	case BTF_KIND_FLOAT:
	case BTF_KIND_ENUM:
	case BTF_KIND_ENUM64:
		if (t->size < 1 || t->size > 32)
			return senseless(n, id, "its size is not from 1 to 32");
		break;
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
		if (t->size > SIZE_MAX_BYTES)
			return senseless(n, id, "it is larger than 256 MiB");
		r = check_members(n, id, t, &padding);
		if (r < 0)
			return r;
		lines += padding / PADDING_PER_LINE;
		break;
	default:
		break;
	}
	*ret_lines = (uint32_t)(lines <= n->limit ? lines : n->limit + 1);
	return 0;
}

/* Who uses such a type writes its name; it is itself written once. */
static int stands_by_itself(const struct btf_type *t)
{
	return btf_is_typedef(t) || (t->name_off && (btf_is_composite(t) || btf_is_any_enum(t)));
}

static int check_child(const struct nesting *n, uint32_t id, uint32_t child)
{
	switch (btf_kind(btf_type_of(n->btf, child))) {
	case BTF_KIND_FUNC:
	case BTF_KIND_VAR:
	case BTF_KIND_DATASEC:
	case BTF_KIND_DECL_TAG:
		return senseless(n, id,
				 "it consists of what is no type (a function, variable, "
				 "section or tag)");
	default:
		return 0;
	}
}

/* Goes to a type, unless it is known. Return: 0; an error. */
static int enter(struct nesting *n, uint32_t id, uint32_t behind)
{
	struct weight *w = &n->weights[2 * (size_t)id + behind];
	struct step *s;
	int r;

	if (w->lines == VISITED_NOW)
		return skep_fail(n->err, -ELOOP, SKEP_ERR_SYSCALL,
				 "type [%u] '%s' cannot be written as C: it contains itself.", id,
				 btf_name_of(n->btf, btf_type_of(n->btf, id)->name_off));
	if (w->lines != VISITED_NOT)
		return 0;
	if (!id || (behind && btf_is_named_record(btf_type_of(n->btf, id)))) {
		*w = (struct weight){ 1, 1, 0 };
		return 0;
	}
	if (n->depth == DEPTH_MAX)
		return senseless(n, id, "it is nested too deeply");
	s = &n->path[n->depth];
	*s = (struct step){ .id = id, .behind = behind, .sum.steps = 1 };
	r = check_type(n, id, &s->sum.lines);
	if (r < 0)
		return r;
	w->lines = VISITED_NOW;
	n->depth++;
	return 0;
}

static int check_limit(const struct nesting *n, uint32_t id, uint64_t lines, uint64_t steps)
{
	if (lines > n->limit)
		return senseless(n, id,
				 "with all that is nested in it it takes far too many lines");
	return steps > n->limit ? senseless(n, id, "far too much is nested in it") : 0;
}

/* Adds up what a type consists of. Return: 0; an error. */
static int add(const struct nesting *n, struct step *s, const struct btf_type *t, struct weight w)
{
	uint64_t lines = (uint64_t)s->sum.lines + w.lines, steps = (uint64_t)s->sum.steps + w.steps;

	if (btf_is_ptr(t) || btf_is_func_proto(t)) /* what is behind it is no part of it */
		steps = 1;
	else if (w.depth > s->sum.depth)
		s->sum.depth = w.depth;
	if (check_limit(n, s->id, lines, steps) < 0)
		return -EINVAL;
	s->sum.lines = (uint32_t)lines;
	s->sum.steps = (uint32_t)steps;
	return 0;
}

/* Leaves the innermost type. Return: 0; an error. */
static int leave(struct nesting *n, const struct btf_type *t)
{
	struct step *s = &n->path[--n->depth];
	struct weight w = s->sum;

	n->lines += w.lines;
	if (btf_is_composite(t))
		n->steps += w.steps;
	if (check_limit(n, s->id, n->lines, n->steps) < 0)
		return -EINVAL;
	if (btf_is_composite(t) || btf_is_array(t))
		w.depth++;
	if (w.depth > DEPTH_MAX)
		return senseless(n, s->id, "it is nested too deeply");
	if (stands_by_itself(t))
		w.lines = 1;
	n->weights[2 * (size_t)s->id + s->behind] = w;
	return 0;
}

/* Goes on with the innermost type. Return: 0; an error. */
static int proceed(struct nesting *n)
{
	struct step *s = &n->path[n->depth - 1];
	const struct btf_type *t = btf_type_of(n->btf, s->id);
	uint32_t child, behind = (uint32_t)btf_is_behind_pointer(t, (int)s->behind);
	const struct weight *w;
	int r;

	if (s->child == btf_child_count(t))
		return leave(n, t);
	child = btf_child(t, s->child);
	r = check_child(n, s->id, child);
	if (r < 0)
		return r;
	w = &n->weights[2 * (size_t)child + behind];
	if (w->lines == VISITED_NOT || w->lines == VISITED_NOW)
		return enter(n, child, behind); /* and comes back with its weight known */
	s->child++;
	return add(n, s, t, *w);
}

int sys_btf_nesting_check(const struct skep_btf *btf, const uint32_t *types, uint64_t count,
			  struct skep_error *err)
{
	_cleanup_free_ struct nesting *n = calloc(1, sizeof(*n));
	_cleanup_free_ struct weight *weights =
		calloc(btf->extent.type_count, 2 * sizeof(*weights));
	uint64_t i;
	int r = 0;

	if (!n || !weights)
		return skep_fail(err, -ENOMEM, SKEP_ERR_NO_MEMORY, "dump BTF");
	n->btf = btf;
	n->weights = weights;
	n->limit = LIMIT_FLOOR + LIMIT_PER_TYPE * (uint64_t)btf->extent.type_count;
	if (n->limit > VISITED_NOW - 1)
		n->limit = VISITED_NOW - 1;
	n->err = err;
	for (i = 0; i < count && r == 0; i++) {
		r = enter(n, types[i], 0);
		while (r == 0 && n->depth)
			r = proceed(n);
	}
	return r;
}
