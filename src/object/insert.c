/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* Instructions before the first one of programs, and all that has to move along with them. */
#include "object/insert.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <skep/error.h>

#include "base/cleanup.h"
#include "object/ext.h"
#include "object/object.h"

struct insertion {
	uint32_t function, section;
	uint64_t at, bytes; /* in the section, as it was */
	const struct bpf_insn *insns;
	uint64_t sum; /* bytes of this and those before it in the section */
};

/* What is inserted into one section: places one behind the other. */
struct place {
	const char *name; /* of the section; NULL: nothing is */
	const struct insertion *first;
	size_t count;
	unsigned char *code; /* the new one */
};

struct batch {
	struct skep_object *o;
	struct insertion *all; /* by section, by place */
	size_t count;
	struct place *places; /* of each section */
	uint32_t *by_name;    /* sections into which something is inserted */
	size_t section_count; /* of these */
};

static void batch_fini(struct batch *b)
{
	uint32_t i;

	for (i = 0; b->places && i < b->o->elf->section_count; i++)
		free(b->places[i].code);
	free(b->all);
	free(b->places);
	free(b->by_name);
}

/* Return: how many bytes are inserted before a byte, or with @here also at it. */
static uint64_t inserted_before(const struct place *p, uint64_t at, int here)
{
	size_t low = 0, high = p->count, middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (p->first[middle].at < at || (here && p->first[middle].at == at))
			low = middle + 1;
		else
			high = middle;
	}
	return low ? p->first[low - 1].sum : 0;
}

static void shift_record(enum object_ext_kind kind, unsigned char *record, void *userdata)
{
	uint32_t at;

	memcpy(&at, record, sizeof(at));
	/* functions and lines: what is said of the first instruction is said of the new first one */
	at += (uint32_t)inserted_before(userdata, at, kind == OBJECT_EXT_CORE);
	memcpy(record, &at, sizeof(at));
}

static void *place_of_name(const char *name, void *userdata)
{
	const struct batch *b = userdata;
	size_t low = 0, high = b->section_count, middle;
	int order;

	while (low < high) {
		middle = low + (high - low) / 2;
		order = strcmp(b->places[b->by_name[middle]].name, name);
		if (order == 0)
			return &b->places[b->by_name[middle]];
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

/* Calls inside of the section count instructions between: those that cross places get more of them. */
static void shift_calls(const struct batch *b, uint32_t section, unsigned char *relocated)
{
	struct object_section *s = &b->o->elf->sections[section];
	struct bpf_insn *insn = (struct bpf_insn *)(void *)s->data;
	const struct place *p = &b->places[section];
	uint64_t i, count = s->header.sh_size / OBJECT_INSN_BYTES;
	int64_t to, by;
	size_t relocations, k;
	const Elf64_Rel *rel = object_relocations(b->o->elf, section, &relocations, NULL);

	memset(relocated, 0, count);
	for (k = 0; k < relocations; k++)
		if (rel[k].r_offset / OBJECT_INSN_BYTES < count)
			relocated[rel[k].r_offset / OBJECT_INSN_BYTES] = 1;
	for (i = 0; i < count; i++) {
		if (!object_is_call(&insn[i]) || relocated[i])
			continue;
		to = ((int64_t)i + insn[i].imm + 1) * (int64_t)OBJECT_INSN_BYTES;
		/* a call of a program itself runs what is put before it, too */
		by = to < 0 ? 0 : (int64_t)inserted_before(p, (uint64_t)to, 0);
		by -= (int64_t)inserted_before(p, i * OBJECT_INSN_BYTES, 1);
		insn[i].imm += (int32_t)(by / (int64_t)OBJECT_INSN_BYTES);
	}
}

static const struct place *place_of(const struct batch *b, uint32_t section)
{
	return section < b->o->elf->section_count ? &b->places[section] : NULL;
}

static void shift_symbols(const struct batch *b)
{
	struct skep_object *o = b->o;
	Elf64_Sym *s = object_symbols(o->elf);
	const struct place *p;
	size_t k;
	uint32_t i;

	for (i = 1; i < o->elf->symbol_count; i++) {
		p = place_of(b, s[i].st_shndx);
		if (p && ELF64_ST_TYPE(s[i].st_info) != STT_SECTION)
			s[i].st_value += inserted_before(p, s[i].st_value, 0);
	}
	for (k = 0; k < o->constant_count; k++)
		o->constants[k].at +=
			inserted_before(&b->places[o->constants[k].section], o->constants[k].at, 1);
	for (k = 0; k < o->function_count; k++)
		o->functions[k].at +=
			inserted_before(&b->places[o->functions[k].section], o->functions[k].at, 0);
}

static void shift_relocations(const struct batch *b, uint32_t section)
{
	size_t count, k;
	Elf64_Rel *rel = object_relocations(b->o->elf, section, &count, NULL);

	for (k = 0; k < count; k++)
		rel[k].r_offset += inserted_before(&b->places[section], rel[k].r_offset, 1);
}

/* The new code takes the place of the old one. */
static void put_code(const struct batch *b, uint32_t section)
{
	struct object_section *s = &b->o->elf->sections[section];
	struct place *p = &b->places[section];
	const struct insertion *n;
	unsigned char *to = p->code;
	uint64_t from = 0;

	for (n = p->first; n < p->first + p->count; n++) {
		memcpy(to, s->data + from, n->at - from);
		to += n->at - from;
		from = n->at;
		memcpy(to, n->insns, n->bytes);
		to += n->bytes;
	}
	memcpy(to, s->data + from, s->header.sh_size - from);
	free(s->data);
	s->data = take_ptr(p->code);
	s->header.sh_size += p->first[p->count - 1].sum;
}

/* Programs have grown. */
static void grow_programs(const struct batch *b)
{
	struct skep_object *o = b->o;
	const struct object_program *program;
	const struct insertion *n;
	struct object_function *f;
	size_t k, i;

	for (n = b->all; n < b->all + b->count; n++) {
		f = &o->functions[n->function];
		f->size += n->bytes;
		object_symbols(o->elf)[f->symbol].st_size += n->bytes;
	}
	for (k = 0; k < o->constant_count; k++) {
		program = object_program_of(o, o->constants[k].function);
		for (i = 0; program && i < b->count; i++)
			if (b->all[i].function == program->function)
				o->constants[k].spec.insn += b->all[i].bytes / OBJECT_INSN_BYTES;
	}
}

static int by_place(const void *a, const void *b)
{
	const struct insertion *x = a, *y = b;

	if (x->section != y->section)
		return x->section < y->section ? -1 : 1;
	return x->at < y->at ? -1 : x->at > y->at;
}

static int by_name(const void *a, const void *b, void *places)
{
	const struct place *p = places;

	return strcmp(p[*(const uint32_t *)a].name, p[*(const uint32_t *)b].name);
}

static int find_places(struct batch *b, const struct object_insertion *all, struct skep_error *err)
{
	const struct object_function *f;
	struct object_program *program;
	size_t i;
	int r;

	for (i = 0; i < b->count; i++) {
		r = object_need_program(b->o, all[i].program, &program, err);
		if (r < 0)
			return r;
		if (all[i].count >= UINT32_MAX)
			return object_no_memory(err);
		f = &b->o->functions[program->function];
		b->all[i] = (struct insertion){
			.function = program->function,
			.section = f->section,
			.at = f->at,
			.bytes = all[i].count * OBJECT_INSN_BYTES,
			.insns = all[i].insns,
		};
	}
	qsort(b->all, b->count, sizeof(*b->all), by_place);
	return 0;
}

/* Return: 0; -ENOMEM. */
static int make_room(struct batch *b)
{
	struct insertion *n;
	struct place *p;
	size_t i;

	for (n = b->all; n < b->all + b->count; n++) {
		p = &b->places[n->section];
		if (!p->count++) {
			p->first = n;
			p->name = object_section_name(b->o->elf, n->section);
			b->by_name[b->section_count++] = n->section;
		}
		n->sum = n->bytes + (p->count > 1 ? n[-1].sum : 0);
	}
	for (i = 0; i < b->section_count; i++) {
		p = &b->places[b->by_name[i]];
		p->code = malloc(b->o->elf->sections[b->by_name[i]].header.sh_size +
				 p->first[p->count - 1].sum);
		if (!p->code)
			return -ENOMEM;
	}
	qsort_r(b->by_name, b->section_count, sizeof(*b->by_name), by_name, b->places);
	return 0;
}

static uint64_t longest_section(const struct batch *b)
{
	uint64_t longest = 0, size;
	size_t i;

	for (i = 0; i < b->section_count; i++) {
		size = b->o->elf->sections[b->by_name[i]].header.sh_size;
		longest = size > longest ? size : longest;
	}
	return longest;
}

static int insert(struct batch *b, struct skep_error *err)
{
	_cleanup_free_ unsigned char *relocated =
		malloc(longest_section(b) / OBJECT_INSN_BYTES + 1);
	size_t i;
	int r;

	if (!relocated)
		return object_no_memory(err);
	r = object_ext_walk_sections(b->o, place_of_name, shift_record, b, err);
	if (r < 0)
		return r;
	for (i = 0; i < b->section_count; i++)
		shift_calls(b, b->by_name[i], relocated);
	for (i = 0; i < b->section_count; i++)
		shift_relocations(b, b->by_name[i]);
	shift_symbols(b);
	for (i = 0; i < b->section_count; i++)
		put_code(b, b->by_name[i]);
	grow_programs(b);
	object_point_again(b->o);
	object_is_edited(b->o);
	return 0;
}

int object_insert(struct skep_object *o, const struct object_insertion *all, size_t count,
		  struct skep_error *err)
{
	_cleanup_(batch_fini) struct batch b = { .o = o, .count = count };
	int r;

	if (!count)
		return 0;
	b.all = calloc(count, sizeof(*b.all));
	b.places = calloc(o->elf->section_count, sizeof(*b.places));
	b.by_name = calloc(count, sizeof(*b.by_name));
	if (!b.all || !b.places || !b.by_name)
		return object_no_memory(err);
	r = find_places(&b, all, err);
	if (r < 0)
		return r;
	return make_room(&b) < 0 ? object_no_memory(err) : insert(&b, err);
}

int skep_object_program_insert(struct skep_object *o, const char *program,
			       const struct bpf_insn *insns, uint64_t count, struct skep_error *err)
{
	const struct object_insertion one = { program, insns, count };
	struct object_program *p;

	return count ? object_insert(o, &one, 1, err) : object_need_program(o, program, &p, err);
}
