/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* Functions and programs of an object. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/libbpf.h>

#include <skep/error.h>
#include <skep/kabi.h>
#include <skep/kabi_section.h>

#include "base/error.h"
#include "base/hash.h"
#include "object/object.h"
#include "sys/libbpf_print.h"

static int by_place(const void *a, const void *b)
{
	const struct object_function *x = a, *y = b;

	if (x->section != y->section)
		return x->section < y->section ? -1 : 1;
	return x->at < y->at ? -1 : x->at > y->at;
}

static int add_function(struct skep_object *o, uint32_t symbol)
{
	const Elf64_Sym *s = &object_symbols(o->elf)[symbol];
	struct object_function *f = OBJECT_ADD(o->functions, o->function_count);

	if (!f)
		return -ENOMEM;
	f->name = strdup(object_symbol_name(o->elf, symbol));
	f->symbol = symbol;
	f->section = s->st_shndx;
	f->at = s->st_value;
	f->size = s->st_size;
	return f->name ? 0 : -ENOMEM;
}

/* Functions in .text are called by programs, unless there is but one function in all. */
static void mark_programs(struct skep_object *o)
{
	size_t i;

	for (i = 0; i < o->function_count; i++)
		o->functions[i].is_program =
			o->function_count == 1 ||
			strcmp(object_section_name(o->elf, o->functions[i].section), ".text") != 0;
}

int object_read_functions(struct skep_object *o, struct skep_error *err)
{
	const Elf64_Sym *symbols = object_symbols(o->elf);
	const struct object_function *f;
	uint32_t i;

	for (i = 1; i < o->elf->symbol_count; i++)
		if (ELF64_ST_TYPE(symbols[i].st_info) == STT_FUNC && symbols[i].st_shndx &&
		    symbols[i].st_shndx < o->elf->section_count &&
		    object_section_is_code(o->elf, symbols[i].st_shndx) && add_function(o, i) < 0)
			return object_no_memory(err);
	if (!o->function_count)
		return 0;
	qsort(o->functions, o->function_count, sizeof(*o->functions), by_place);
	for (f = o->functions; f + 1 < o->functions + o->function_count; f++)
		if (f[0].section == f[1].section && f[0].at + f[0].size > f[1].at)
			return object_fail(
				err, "functions '%.64s' and '%.64s' overlap in section '%.64s'.",
				f[0].name, f[1].name, object_section_name(o->elf, f->section));
	mark_programs(o);
	return 0;
}

const struct object_function *object_function_at(const struct skep_object *o, uint32_t section,
						 uint64_t at)
{
	size_t i;

	for (i = 0; i < o->function_count; i++)
		if (o->functions[i].section == section && at >= o->functions[i].at &&
		    at - o->functions[i].at < o->functions[i].size)
			return &o->functions[i];
	return NULL;
}

/* What libbpf does not guess from the name of the section. */
static int tell_section(struct skep_object *o, const struct object_program *p)
{
	struct sys_libbpf_print print;
	enum bpf_attach_type attach_type;
	enum bpf_prog_type type;
	char name[SKEP_NAME_SIZE];
	int r;

	if (!p->spec.type)
		return 0;
	sys_libbpf_print_begin(&print);
	r = libbpf_prog_type_by_name(p->section + (*p->section == '?'), &type, &attach_type);
	sys_libbpf_print_end(&print);
	if (r == 0)
		return 0;
	return object_changed(o, SKEP_OBJECT_CHANGE_SECTION_NAME, p->name,
			      "section %s: programs of type %s", p->section,
			      skep_prog_type_name(p->spec.type, name));
}

static int add_program(struct skep_object *o, size_t function)
{
	const struct object_function *f = &o->functions[function];
	const struct skep_section_rule *rule;
	struct object_program *p = OBJECT_ADD(o->programs, o->program_count);
	const char *target = "";

	if (!p)
		return -ENOMEM;
	p->name = strdup(f->name);
	p->section = strdup(object_section_name(o->elf, f->section));
	rule = p->section ? skep_section_find(p->section, &target) : NULL;
	p->target = strdup(target);
	if (!p->name || !p->section || !p->target)
		return -ENOMEM;
	p->function = (uint32_t)function;
	p->spec = (struct skep_object_program){
		.name = p->name,
		.section = p->section,
		.rule = rule ? rule->prefix : "",
		.attach_target = p->target,
		.insns = (const struct bpf_insn *)(void *)(o->elf->sections[f->section].data +
							   f->at),
		.insn_count = f->size / OBJECT_INSN_BYTES,
		.type = rule ? rule->prog_type : (uint32_t)o->default_prog_type,
		.attach_type = rule ? rule->attach_type : 0,
		.flags = rule ? rule->prog_flags : 0,
		.excluded = *p->section == '?',
	};
	return tell_section(o, p);
}

/* Return: where the program of that name stands, or would. */
static uint32_t *slot_of(const struct skep_object *o, const char *name)
{
	size_t at = hash_bytes(o->program_seed, name, strlen(name));
	uint32_t *slot;

	for (;; at++) {
		slot = &o->program_slots[at & (o->program_slot_count - 1)];
		if (!*slot || !strcmp(o->programs[*slot - 1].name, name))
			return slot;
	}
}

int object_reserve_slots(struct skep_object *o, size_t count)
{
	size_t slots = o->program_slot_count ? o->program_slot_count : 4;
	uint32_t *more;

	while (slots < 2 * count)
		slots *= 2;
	if (slots == o->program_slot_count)
		return 0;
	more = calloc(slots, sizeof(*more));
	if (!more)
		return -ENOMEM;
	free(o->program_slots);
	o->program_slots = more;
	o->program_slot_count = slots;
	object_index_programs(o);
	return 0;
}

void object_index_programs(struct skep_object *o)
{
	size_t i;

	memset(o->program_slots, 0, o->program_slot_count * sizeof(*o->program_slots));
	for (i = 0; i < o->program_count; i++)
		*slot_of(o, o->programs[i].name) = (uint32_t)i + 1;
}

int object_read_programs(struct skep_object *o, struct skep_error *err)
{
	uint32_t *slot;
	size_t i;

	o->program_seed = hash_seed(o);
	if (object_reserve_slots(o, o->function_count) < 0)
		return object_no_memory(err);
	for (i = 0; i < o->function_count; i++) {
		if (!o->functions[i].is_program)
			continue;
		slot = slot_of(o, o->functions[i].name);
		if (*slot)
			return object_fail(err, "two programs are called '%.64s'.",
					   o->functions[i].name);
		if (add_program(o, i) < 0)
			return object_no_memory(err);
		*slot = (uint32_t)o->program_count;
	}
	return 0;
}

void object_point_again(struct skep_object *o)
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

size_t skep_object_program_count(const struct skep_object *o)
{
	return o->program_count;
}

const struct skep_object_program *skep_object_program_at(const struct skep_object *o, size_t index)
{
	return index < o->program_count ? &o->programs[index].spec : NULL;
}

struct object_program *object_program_of(const struct skep_object *o, const char *name)
{
	const uint32_t slot = o->program_slots ? *slot_of(o, name) : 0;

	return slot ? &o->programs[slot - 1] : NULL;
}

const struct skep_object_program *skep_object_program_find(const struct skep_object *o,
							   const char *name)
{
	const struct object_program *p = object_program_of(o, name);

	return p ? &p->spec : NULL;
}

int object_need_program(const struct skep_object *o, const char *name,
			struct object_program **ret_program, struct skep_error *err)
{
	struct object_program *p = object_program_of(o, name);

	if (!p)
		return skep_fail(err, -ENOENT, SKEP_ERR_NO_PROGRAM, "%s: it has no program '%s'.",
				 o->name, name);
	*ret_program = p;
	return 0;
}
