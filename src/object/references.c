/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* What functions refer to: by relocations, and by calls inside of a section, which need none. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "object/object.h"

static int is_address(const struct bpf_insn *insn)
{
	return insn->code == (BPF_LD | BPF_IMM | BPF_DW);
}

const struct object_function *object_called(const struct skep_object *o, uint32_t section,
					    uint64_t at, const Elf64_Sym *s)
{
	const struct bpf_insn *insn =
		(const struct bpf_insn *)(void *)(o->elf->sections[section].data + at);
	int64_t target;

	if (!s)
		return object_is_call(insn)
			       ? object_function_at(o, section,
						    at + (uint64_t)((int64_t)insn->imm + 1) *
								    OBJECT_INSN_BYTES)
			       : NULL;
	if (!s->st_shndx || s->st_shndx >= o->elf->section_count ||
	    !object_section_is_code(o->elf, s->st_shndx))
		return NULL;
	target = (int64_t)s->st_value;
	if (ELF64_ST_TYPE(s->st_info) == STT_SECTION) /* calls count from behind themselves */
		target += object_is_call(insn)
				  ? ((int64_t)insn->imm + 1) * (int64_t)OBJECT_INSN_BYTES
				  : insn->imm;
	return object_function_at(o, s->st_shndx, (uint64_t)target);
}

const char *object_undefined_called(const struct skep_object *o, const struct bpf_insn *insn)
{
	const int64_t index = (int64_t)insn->imm - OBJECT_UNDEFINED_CALL;

	return insn->code == (BPF_JMP | BPF_CALL) && !insn->src_reg &&
			       (uint64_t)index < o->undefined_count
		       ? o->undefined[index].name
		       : NULL;
}

static int tell_undefined(const struct object_function *f, uint64_t at, const char *name,
			  skep_object_reference_fn fn, void *userdata)
{
	const struct skep_object_reference ref = {
		.function = f->name,
		.insn = (at - f->at) / OBJECT_INSN_BYTES,
		.name = name,
		.kind = SKEP_OBJECT_REFERENCE_EXTERN,
	};

	return fn(&ref, userdata);
}

static int tell(const struct skep_object *o, const struct object_function *f, uint64_t at,
		const Elf64_Rel *rel, skep_object_reference_fn fn, void *userdata)
{
	const Elf64_Sym *s = rel ? &object_symbols(o->elf)[ELF64_R_SYM(rel->r_info)] : NULL;
	struct skep_object_reference ref = { .function = f->name,
					     .insn = (at - f->at) / OBJECT_INSN_BYTES };
	const struct object_function *function = object_called(o, f->section, at, s);
	const struct object_map *map;

	if (function) {
		ref.name = function->name;
		ref.kind = SKEP_OBJECT_REFERENCE_FUNCTION;
		return fn(&ref, userdata);
	}
	if (!s)
		return 0;
	map = object_map_at(o, s->st_shndx, s->st_value);
	if (map) {
		ref.name = map->name;
		ref.kind = map->symbol ? SKEP_OBJECT_REFERENCE_MAP : SKEP_OBJECT_REFERENCE_VARIABLE;
		return fn(&ref, userdata);
	}
	if (s->st_shndx != SHN_UNDEF)
		return 0;
	ref.name = object_symbol_name(o->elf, (uint32_t)ELF64_R_SYM(rel->r_info));
	ref.kind = SKEP_OBJECT_REFERENCE_EXTERN;
	return fn(&ref, userdata);
}

int object_references(const struct skep_object *o, const struct object_function *f,
		      skep_object_reference_fn fn, void *userdata)
{
	const struct bpf_insn *insn;
	const Elf64_Rel *rel;
	size_t count, k;
	uint64_t at;
	int r = 0;

	rel = object_relocations(o->elf, f->section, &count, NULL);
	for (k = 0; k < count && r == 0; k++)
		if (rel[k].r_offset >= f->at && rel[k].r_offset - f->at < f->size)
			r = tell(o, f, rel[k].r_offset, &rel[k], fn, userdata);
	for (at = f->at; at < f->at + f->size && r == 0; at += OBJECT_INSN_BYTES) {
		insn = (const struct bpf_insn *)(void *)(o->elf->sections[f->section].data + at);
		if (object_undefined_called(o, insn))
			r = tell_undefined(f, at, object_undefined_called(o, insn), fn, userdata);
		else if (!object_is_call(insn))
			at += is_address(insn) ? OBJECT_INSN_BYTES : 0;
		else if (!object_relocated(o, f->section, at))
			r = tell(o, f, at, NULL, fn, userdata);
	}
	return r;
}

int object_relocated(const struct skep_object *o, uint32_t section, uint64_t at)
{
	const Elf64_Rel *rel;
	size_t count, k;

	rel = object_relocations(o->elf, section, &count, NULL);
	for (k = 0; k < count; k++)
		if (rel[k].r_offset == at)
			return 1;
	return 0;
}

/* A walk over functions, each once. */
struct walk {
	const struct skep_object *o;
	unsigned char *seen; /* of each function */
	uint32_t *todo;
	size_t todo_count;
	skep_object_reference_fn fn;
	void *userdata;
};

static int visit(const struct skep_object_reference *reference, void *userdata)
{
	struct walk *w = userdata;
	uint32_t i;

	if (reference->kind == SKEP_OBJECT_REFERENCE_FUNCTION)
		for (i = 0; i < w->o->function_count; i++)
			if (!w->seen[i] && w->o->functions[i].name == reference->name) {
				w->seen[i] = 1;
				w->todo[w->todo_count++] = i;
			}
	return w->fn(reference, w->userdata);
}

int skep_object_program_references(const struct skep_object *o, const char *program,
				   skep_object_reference_fn fn, void *userdata)
{
	const struct object_program *p = object_program_of(o, program);
	_cleanup_free_ unsigned char *seen = calloc(o->function_count + 1, 1);
	_cleanup_free_ uint32_t *todo = calloc(o->function_count + 1, sizeof(*todo));
	struct walk w = { .o = o, .seen = seen, .todo = todo, .fn = fn, .userdata = userdata };
	int r = 0;

	if (!p)
		return -ENOENT;
	if (!seen || !todo)
		return -ENOMEM;
	seen[p->function] = 1;
	todo[w.todo_count++] = p->function;
	while (w.todo_count && r == 0)
		r = object_references(o, &o->functions[todo[--w.todo_count]], visit, &w);
	return r;
}
