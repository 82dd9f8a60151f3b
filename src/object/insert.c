/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* Instructions before the first one of a program, and all that has to move along with the program. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <skep/error.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "object/object.h"

#define EXT_FIXED_BYTES 24u /* of the header, up to the line information */
#define EXT_CORE_BYTES 32u  /* with the CO-RE relocations */
#define SECINFO_BYTES 8u    /* the name of a section, and how many records follow */

struct insertion {
	struct skep_object *o;
	uint32_t section;
	uint64_t at, bytes; /* in the section */
	int keep_first;
	struct skep_error *err;
};

static uint32_t word(const unsigned char *at)
{
	uint32_t value;

	memcpy(&value, at, sizeof(value));
	return value;
}

static int broken_ext(const struct insertion *n)
{
	return object_fail(n->err, "section .BTF.ext is broken.");
}

/* The records of one kind: they begin with the byte in the section that they are about. */
static int shift_records(const struct insertion *n, unsigned char *at, uint32_t size)
{
	uint32_t record, count, moved, i;
	const char *name;
	int ours;

	if (!size)
		return 0;
	if (size < sizeof(record))
		return broken_ext(n);
	record = word(at);
	if (record < sizeof(moved))
		return broken_ext(n);
	for (at += sizeof(record), size -= (uint32_t)sizeof(record); size;) {
		if (size < SECINFO_BYTES)
			return broken_ext(n);
		name = btf__name_by_offset(n->o->btf, word(at));
		count = word(at + 4);
		at += SECINFO_BYTES;
		size -= SECINFO_BYTES;
		if (!name || count > size / record)
			return broken_ext(n);
		ours = !strcmp(name, object_section_name(n->o->elf, n->section));
		for (i = 0; i < count; i++, at += record, size -= record) {
			moved = word(at);
			/* what is said of the first instruction is said of the new first one */
			if (!ours || moved < n->at || (moved == n->at && n->keep_first))
				continue;
			moved += (uint32_t)n->bytes;
			memcpy(at, &moved, sizeof(moved));
		}
	}
	return 0;
}

static int shift_ext(struct insertion *n)
{
	uint32_t section = object_section_find(n->o->elf, ".BTF.ext"), header, off, len, i;
	struct object_section *s = &n->o->elf->sections[section];
	uint64_t size;
	int r = 0;

	if (!section || !n->o->btf)
		return 0;
	size = s->header.sh_size;
	if (!s->data || size < EXT_FIXED_BYTES)
		return broken_ext(n);
	header = word(s->data + 4);
	if (header < EXT_FIXED_BYTES || header > size)
		return broken_ext(n);
	for (i = 0; i < (header >= EXT_CORE_BYTES ? 3u : 2u) && r == 0; i++) {
		off = word(s->data + 8 + 8ul * i);
		len = word(s->data + 12 + 8ul * i);
		if (off > size - header || len > size - header - off)
			return broken_ext(n);
		n->keep_first =
			i < 2; /* functions and lines; a CO-RE relocation is of its instruction */
		r = shift_records(n, s->data + header + off, len);
	}
	return r;
}

/* Calls inside of the section count instructions between: those that cross the place get more of them. */
static void shift_calls(const struct insertion *n)
{
	struct object_section *s = &n->o->elf->sections[n->section];
	const int64_t place = (int64_t)(n->at / OBJECT_INSN_BYTES);
	const int32_t by = (int32_t)(n->bytes / OBJECT_INSN_BYTES);
	struct bpf_insn *insn = (struct bpf_insn *)(void *)s->data;
	int64_t i, target, count = (int64_t)(s->header.sh_size / OBJECT_INSN_BYTES);

	for (i = 0; i < count; i++) {
		if (insn[i].code != (BPF_JMP | BPF_CALL) || insn[i].src_reg != BPF_PSEUDO_CALL ||
		    object_relocated(n->o, n->section, (uint64_t)i * OBJECT_INSN_BYTES))
			continue;
		target = i + insn[i].imm + 1;
		/* a call of the program itself runs what was put before it, too */
		if (i < place && target > place)
			insn[i].imm += by;
		else if (i >= place && target <= place)
			insn[i].imm -= by;
	}
}

static void shift_symbols(const struct insertion *n)
{
	struct skep_object *o = n->o;
	Elf64_Sym *s = object_symbols(o->elf);
	size_t count, k;
	Elf64_Rel *rel = object_relocations(o->elf, n->section, &count, NULL);
	uint32_t i;

	for (i = 1; i < o->elf->symbol_count; i++)
		if (s[i].st_shndx == n->section && ELF64_ST_TYPE(s[i].st_info) != STT_SECTION &&
		    s[i].st_value > n->at)
			s[i].st_value += n->bytes;
	for (k = 0; k < count; k++)
		if (rel[k].r_offset >= n->at)
			rel[k].r_offset += n->bytes;
	for (k = 0; k < o->constant_count; k++)
		if (o->constants[k].section == n->section && o->constants[k].at >= n->at)
			o->constants[k].at += n->bytes;
	for (k = 0; k < o->function_count; k++)
		if (o->functions[k].section == n->section && o->functions[k].at > n->at)
			o->functions[k].at += n->bytes;
}

/* Specs point into code, which has moved. */
static void point_again(struct skep_object *o)
{
	const struct object_function *f;
	size_t i;

	for (i = 0; i < o->program_count; i++) {
		f = &o->functions[o->programs[i].function];
		o->programs[i].spec.insns =
			(const struct bpf_insn *)(void *)(o->elf->sections[f->section].data +
							  f->at);
		o->programs[i].spec.insn_count = f->size / OBJECT_INSN_BYTES;
	}
}

int skep_object_program_insert(struct skep_object *o, const char *program,
			       const struct bpf_insn *insns, uint64_t count, struct skep_error *err)
{
	_cleanup_free_ unsigned char *code = NULL;
	struct object_program *p;
	struct object_function *f;
	struct object_section *s;
	struct insertion n = { .o = o, .err = err, .bytes = count * OBJECT_INSN_BYTES };
	size_t k;
	int r = object_need_program(o, program, &p, err);

	if (r < 0)
		return r;
	f = &o->functions[p->function];
	s = &o->elf->sections[f->section];
	n.section = f->section;
	n.at = f->at;
	code = count < UINT32_MAX ? malloc(s->header.sh_size + n.bytes) : NULL;
	if (!code)
		return object_no_memory(err);
	r = shift_ext(&n);
	if (r < 0)
		return r;
	shift_calls(&n);
	shift_symbols(&n);
	memcpy(code, s->data, n.at);
	memcpy(code + n.at, insns, n.bytes);
	memcpy(code + n.at + n.bytes, s->data + n.at, s->header.sh_size - n.at);
	free(s->data);
	s->data = take_ptr(code);
	s->header.sh_size += n.bytes;
	f->size += n.bytes;
	object_symbols(o->elf)[f->symbol].st_size += n.bytes;
	for (k = 0; k < o->constant_count; k++)
		if (!strcmp(o->constants[k].function, program))
			o->constants[k].spec.insn += count;
	point_again(o);
	object_is_edited(o);
	return 0;
}
