/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* Programs of the same code. */
#include <skep/object_copy.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <skep/error.h>
#include <skep/kabi.h>

#include "base/error.h"
#include "object/ext.h"
#include "object/function_copy.h"
#include "object/object.h"

#define TEXT ".text"
#define TEXT_OF_PROGRAMS ".text.programs"

/*
 * A function in .text is a program only while it is alone, for us and for libbpf: when there is a second one, the section
 * needs another name, that says as little. Specs still have the one of the file.
 */
struct new_name {
	int is_needed;
	uint32_t at, string; /* in the names of sections, and in the BTF */
};

/* All that can fail. */
static int prepare_name(struct skep_object *o, const struct object_program *p, struct new_name *n,
			struct skep_error *err)
{
	int string = 0;

	n->is_needed =
		!strcmp(object_section_name(o->elf, o->functions[p->function].section), TEXT);
	if (n->is_needed && o->btf) {
		string = btf__add_str(o->btf, TEXT_OF_PROGRAMS);
		o->btf_is_ahead = 1;
	}
	if (string < 0 || (n->is_needed &&
			   object_name_add(o->elf, o->elf->shstrtab, TEXT_OF_PROGRAMS, &n->at) < 0))
		return object_no_memory(err);
	n->string = (uint32_t)string;
	return 0;
}

static void rename_section(struct skep_object *o, uint32_t section, const struct new_name *n)
{
	Elf64_Sym *s = object_symbols(o->elf);
	size_t i;

	if (!n->is_needed)
		return;
	for (i = 0; i < o->function_count; i++) /* libbpf takes static functions in .text alone */
		if (o->functions[i].section == section)
			s[o->functions[i].symbol].st_info = ELF64_ST_INFO(STB_GLOBAL, STT_FUNC);
	(void)object_ext_rename(o, TEXT, n->string, NULL); /* it has just been found in order */
	o->elf->sections[section].header.sh_name = n->at;
}

/* Where a program of a function has its place, in the order of the file. */
static size_t place_of(const struct skep_object *o, const struct object_function *f)
{
	const struct object_function *other;
	size_t i;

	for (i = 0; i < o->program_count; i++) {
		other = &o->functions[o->programs[i].function];
		if (other->section > f->section ||
		    (other->section == f->section && other->at > f->at))
			break;
	}
	return i;
}

/* Return: 0, there is room for one more; -ENOMEM. */
static int reserve_program(struct skep_object *o)
{
	if (!OBJECT_ADD(o->programs, o->program_count))
		return -ENOMEM;
	o->program_count--;
	return object_reserve_slots(o, o->program_count + 1);
}

static void put_program(struct skep_object *o, const struct object_program *p)
{
	const size_t at = place_of(o, &o->functions[p->function]);

	memmove(&o->programs[at + 1], &o->programs[at], (o->program_count - at) * sizeof(*p));
	o->programs[at] = *p;
	o->program_count++;
	object_index_programs(o);
	if (o->refused > at) /* an index, and 1 */
		o->refused++;
}

static void free_strings(struct object_program *p)
{
	free(p->name);
	free(p->section);
	free(p->target);
}

/* What is known of a program, under another name, and not loaded yet. Return: 0; -ENOMEM. */
static int copy_program(const struct object_program *p, const char *name,
			struct object_program *copy)
{
	*copy = *p;
	copy->log = NULL;
	copy->name = strdup(name);
	copy->section = strdup(p->section);
	copy->target = strdup(p->target);
	if (!copy->name || !copy->section || !copy->target)
		return -ENOMEM;
	copy->spec.name = copy->name;
	copy->spec.section = copy->section;
	copy->spec.attach_target = copy->target;
	copy->result =
		(struct skep_object_result){ .program = copy->name, .log = "", .code = -ENODATA };
	return 0;
}

static int copy(struct skep_object *o, const struct object_program *p,
		struct object_program *copied, struct skep_error *err)
{
	struct object_copy function = { .name = copied->name, .from = p->function };
	struct new_name name = { .is_needed = 0 };
	int r = prepare_name(o, p, &name, err);

	if (r == 0)
		r = object_copy_functions(o, &function, 1, err);
	if (r == 0) {
		rename_section(o, o->functions[function.to].section, &name);
		copied->function = (uint32_t)function.to;
	}
	return r;
}

int skep_object_program_copy(struct skep_object *o, const char *program, const char *name,
			     struct skep_error *err)
{
	struct object_program *p, copied = { .name = NULL };
	int r = object_need_program(o, program, &p, err);

	if (r == 0)
		r = object_check_name(o, name, err);
	if (r < 0)
		return r;
	if (p->spec.type == SKEP_PROG_TYPE_STRUCT_OPS)
		return skep_fail(err, -EOPNOTSUPP, SKEP_ERR_UNSUPPORTED,
				 "program '%.64s': it is a member of a map of struct_ops, which a "
				 "copy would not be.",
				 program);
	if (reserve_program(o) < 0)
		return object_no_memory(err);
	p = object_program_of(o, program); /* the array has moved */
	r = copy_program(p, name, &copied) < 0 ? object_no_memory(err) : copy(o, p, &copied, err);
	if (r < 0) {
		free_strings(&copied);
		return r;
	}
	put_program(o, &copied);
	object_point_again(o);
	return 0;
}
