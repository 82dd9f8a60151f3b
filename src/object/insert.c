/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* Instructions before the first one of a program, and all that has to move along with the program. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <skep/error.h>

#include "base/cleanup.h"
#include "object/ext.h"
#include "object/object.h"

struct insertion {
	struct skep_object *o;
	uint32_t section;
	uint64_t at, bytes; /* in the section */
};

static void shift_record(enum object_ext_kind kind, unsigned char *record, void *userdata)
{
	const struct insertion *n = userdata;
	uint32_t at;

	memcpy(&at, record, sizeof(at));
	/* functions and lines: what is said of the first instruction is said of the new first one */
	if (at < n->at || (at == n->at && kind != OBJECT_EXT_CORE))
		return;
	at += (uint32_t)n->bytes;
	memcpy(record, &at, sizeof(at));
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
		if (!object_is_call(&insn[i]) ||
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

int skep_object_program_insert(struct skep_object *o, const char *program,
			       const struct bpf_insn *insns, uint64_t count, struct skep_error *err)
{
	_cleanup_free_ unsigned char *code = NULL;
	struct object_program *p;
	struct object_function *f;
	struct object_section *s;
	struct insertion n = { .o = o, .bytes = count * OBJECT_INSN_BYTES };
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
	r = object_ext_walk(o, n.section, shift_record, &n, err);
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
	object_point_again(o);
	object_is_edited(o);
	return 0;
}
