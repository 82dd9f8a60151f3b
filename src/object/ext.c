/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "object/ext.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "object/object.h"

#define HEADER_AT 4u          /* its size, which is where what follows is counted from */
#define KINDS_AT 8u           /* of each kind where its records are, and how many bytes */
#define KIND_BYTES 8u         /* of these two */
#define FIXED_BYTES 24u       /* of the header, up to the line information */
#define CORE_BYTES 32u        /* with the CO-RE relocations */
#define SIZE_BYTES 4u         /* of the size of a record, before the blocks of a kind */
#define BLOCK_BYTES 8u        /* the name of a section, and how many records follow */
#define RECORD_MIN_BYTES 4u   /* the place that it is about */
#define FUNCTION_MIN_BYTES 8u /* and the type */

/* The records of one kind that are about one section. */
struct block {
	enum object_ext_kind kind;
	size_t at;              /* of its head, in .BTF.ext */
	uint32_t record, count; /* bytes of a record; records */
};

struct walk {
	struct skep_object *o;
	const char *section; /* NULL: blocks are ours of which the next knows something */
	object_ext_section_fn section_fn;
	/* Of a block that is ours, and what @section_fn knows; may add records to its end, and count them. Return: 0; an error. */
	int (*fn)(const struct walk *w, struct block *b, void *known);
	object_ext_fn record_fn;
	void *userdata;
	struct skep_error *err;
};

static uint32_t word(const unsigned char *at)
{
	uint32_t value;

	memcpy(&value, at, sizeof(value));
	return value;
}

static void put_word(unsigned char *at, uint64_t value)
{
	const uint32_t word = (uint32_t)value;

	memcpy(at, &word, sizeof(word));
}

static int broken(const struct walk *w)
{
	return object_fail(w->err, "section .BTF.ext is broken.");
}

static struct object_section *ext_of(const struct skep_object *o)
{
	const uint32_t section = o->btf ? o->ext_section : 0;

	return section ? &o->elf->sections[section] : NULL;
}

static int walk_block(const struct walk *w, struct block *b, size_t left)
{
	const unsigned char *head = ext_of(w->o)->data + b->at;
	const char *name;
	void *known;

	if (left < BLOCK_BYTES)
		return broken(w);
	name = btf__name_by_offset(w->o->btf, word(head));
	b->count = word(head + 4);
	if (!name || b->count > (left - BLOCK_BYTES) / b->record)
		return broken(w);
	if (!w->fn)
		return 0;
	if (w->section)
		return strcmp(name, w->section) ? 0 : w->fn(w, b, w->userdata);
	known = w->section_fn ? w->section_fn(name, w->userdata) : NULL;
	return known ? w->fn(w, b, known) : 0;
}

/* Where in the header the place and the size of a kind stand. */
static unsigned char *kind_in(const struct object_section *s, int kind)
{
	return s->data + KINDS_AT + (size_t)KIND_BYTES * (size_t)kind;
}

static int walk_kind(const struct walk *w, enum object_ext_kind kind)
{
	const struct object_section *s = ext_of(w->o);
	const uint32_t header = word(s->data + HEADER_AT), off = word(kind_in(s, kind)),
		       len = word(kind_in(s, kind) + 4);
	struct block b = { .kind = kind };
	int r = 0;

	if (off > s->header.sh_size - header || len > s->header.sh_size - header - off)
		return broken(w);
	if (!len)
		return 0;
	b.record = len < SIZE_BYTES ? 0 : word(s->data + header + off);
	if (b.record < (kind == OBJECT_EXT_FUNCTION ? FUNCTION_MIN_BYTES : RECORD_MIN_BYTES))
		return broken(w);
	b.at = (size_t)header + off + SIZE_BYTES;
	while (r == 0 && b.at < (size_t)header + off + word(kind_in(s, kind) + 4)) {
		r = walk_block(w, &b, (size_t)header + off + word(kind_in(s, kind) + 4) - b.at);
		b.at += BLOCK_BYTES + (size_t)b.count * b.record;
	}
	return r;
}

static int kinds_of(const struct object_section *s)
{
	return word(s->data + HEADER_AT) >= CORE_BYTES ? OBJECT_EXT_KINDS : OBJECT_EXT_CORE;
}

static int walk_all(const struct walk *w)
{
	const struct object_section *s = ext_of(w->o);
	int kind, r = 0;

	if (!s)
		return 0;
	if (!s->data || s->header.sh_size < FIXED_BYTES || s->header.sh_size > UINT32_MAX ||
	    word(s->data + HEADER_AT) < FIXED_BYTES ||
	    word(s->data + HEADER_AT) > s->header.sh_size)
		return broken(w);
	for (kind = 0; kind < kinds_of(s) && r == 0; kind++)
		r = walk_kind(w, (enum object_ext_kind)kind);
	return r;
}

/* What is broken from the beginning is found before anything is done. */
static int walk_checked(const struct walk *w)
{
	struct walk check = *w;
	int r;

	check.fn = NULL;
	r = walk_all(&check);
	return r == 0 ? walk_all(w) : r;
}

static int visit(const struct walk *w, struct block *b, void *known)
{
	unsigned char *record = ext_of(w->o)->data + b->at + BLOCK_BYTES;
	uint32_t i;

	for (i = 0; i < b->count; i++, record += b->record)
		w->record_fn(b->kind, record, known);
	return 0;
}

int object_ext_walk(const struct skep_object *o, uint32_t section, object_ext_fn fn, void *userdata,
		    struct skep_error *err)
{
	const struct walk w = { .o = (struct skep_object *)o, /* of which @fn may write records */
				.section = object_section_name(o->elf, section),
				.fn = visit,
				.record_fn = fn,
				.userdata = userdata,
				.err = err };

	return walk_checked(&w);
}

int object_ext_walk_sections(struct skep_object *o, object_ext_section_fn section_fn,
			     object_ext_fn fn, void *userdata, struct skep_error *err)
{
	const struct walk w = { .o = o,
				.section_fn = section_fn,
				.fn = visit,
				.record_fn = fn,
				.userdata = userdata,
				.err = err };

	return walk_checked(&w);
}

struct function {
	uint64_t at;
	uint32_t type;
};

static void find_type(enum object_ext_kind kind, unsigned char *record, void *userdata)
{
	struct function *f = userdata;

	if (kind == OBJECT_EXT_FUNCTION && word(record) == f->at)
		f->type = word(record + 4);
}

int object_ext_function_type(const struct skep_object *o, uint32_t section, uint64_t at,
			     uint32_t *ret_type, struct skep_error *err)
{
	struct function f = { .at = at };
	int r = object_ext_walk(o, section, find_type, &f, err);

	if (r == 0)
		*ret_type = f.type;
	return r;
}

struct copying {
	uint64_t at, size, to;
	uint32_t type;
};

/* Room in the records of a kind; those of other kinds may lie behind. Return: 0; -ENOMEM. */
static int make_room(struct object_section *s, int of_kind, size_t at, size_t bytes)
{
	unsigned char *grown;
	int kind;

	if (bytes > UINT32_MAX - s->header.sh_size)
		return -ENOMEM;
	grown = realloc(s->data, s->header.sh_size + bytes);
	if (!grown)
		return -ENOMEM;
	s->data = grown;
	memmove(grown + at + bytes, grown + at, s->header.sh_size - at);
	s->header.sh_size += bytes;
	for (kind = 0; kind < kinds_of(s); kind++)
		if (kind == of_kind)
			put_word(kind_in(s, kind) + 4, word(kind_in(s, kind) + 4) + bytes);
		else if ((size_t)word(s->data + HEADER_AT) + word(kind_in(s, kind)) >= at)
			put_word(kind_in(s, kind), word(kind_in(s, kind)) + bytes);
	return 0;
}

static int is_about(const struct copying *c, const unsigned char *record)
{
	return word(record) >= c->at && word(record) - c->at < c->size;
}

static int copy_records(const struct walk *w, struct block *b, void *copying)
{
	const struct copying *c = copying;
	struct object_section *s = ext_of(w->o);
	const size_t first = b->at + BLOCK_BYTES, end = first + (size_t)b->count * b->record;
	unsigned char *to;
	uint32_t i, n = 0;

	for (i = 0; i < b->count; i++)
		n += (uint32_t)is_about(c, s->data + first + (size_t)i * b->record);
	if (!n)
		return 0;
	if (make_room(s, b->kind, end, (size_t)n * b->record) < 0)
		return object_no_memory(w->err);
	for (i = 0, to = s->data + end; i < b->count; i++) {
		if (!is_about(c, s->data + first + (size_t)i * b->record))
			continue;
		memcpy(to, s->data + first + (size_t)i * b->record, b->record);
		put_word(to, word(to) - c->at + c->to);
		if (b->kind == OBJECT_EXT_FUNCTION && word(to) == c->to)
			put_word(to + 4, c->type);
		to += b->record;
	}
	b->count += n;
	put_word(s->data + b->at + 4, b->count);
	return 0;
}

int object_ext_copy(struct skep_object *o, uint32_t section, uint64_t at, uint64_t size,
		    uint64_t to, uint32_t type, struct skep_error *err)
{
	struct copying c = { .at = at, .size = size, .to = to, .type = type };
	const struct walk w = { .o = o,
				.section = object_section_name(o->elf, section),
				.fn = copy_records,
				.userdata = &c,
				.err = err };

	return walk_checked(&w);
}

static int rename_block(const struct walk *w, struct block *b, void *to)
{
	put_word(ext_of(w->o)->data + b->at, *(const uint32_t *)to);
	return 0;
}

int object_ext_rename(struct skep_object *o, const char *from, uint32_t to, struct skep_error *err)
{
	const struct walk w = {
		.o = o, .section = from, .fn = rename_block, .userdata = &to, .err = err
	};

	return walk_checked(&w);
}
