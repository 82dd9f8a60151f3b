/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* Edits of programs, variables and constants. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <skep/error.h>
#include <skep/kabi.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "object/object.h"

int skep_object_program_set_type(struct skep_object *o, const char *program, uint32_t type,
				 uint32_t attach_type, struct skep_error *err)
{
	struct object_program *p;
	int r = object_need_program(o, program, &p, err);

	if (r < 0)
		return r;
	if (!type || !skep_kabi_find(SKEP_KABI_PROG_TYPE, type))
		return skep_fail(err, -EINVAL, SKEP_ERR_INVALID,
				 "program '%s': no type of programs is %u.", program, type);
	if (p->spec.type != type)
		p->spec.flags = 0;
	p->spec.type = type;
	p->spec.attach_type = attach_type;
	return 0;
}

int skep_object_program_set_target(struct skep_object *o, const char *program, const char *target,
				   struct skep_error *err)
{
	struct object_program *p;
	int r = object_need_program(o, program, &p, err);
	char *copy;

	if (r < 0)
		return r;
	copy = strdup(target);
	if (!copy)
		return object_no_memory(err);
	free(p->target);
	p->target = copy;
	p->target_is_edited = 1;
	p->spec.attach_target = copy;
	return 0;
}

int skep_object_program_set_flags(struct skep_object *o, const char *program, uint32_t flags,
				  struct skep_error *err)
{
	struct object_program *p;
	int r = object_need_program(o, program, &p, err);

	if (r == 0)
		p->spec.flags = flags;
	return r;
}

int skep_object_program_exclude(struct skep_object *o, const char *program, int excluded,
				struct skep_error *err)
{
	struct object_program *p;
	int r = object_need_program(o, program, &p, err);

	if (r == 0)
		p->spec.excluded = !!excluded;
	return r;
}

int skep_object_program_patch(struct skep_object *o, const char *program, uint64_t at,
			      const struct bpf_insn *insns, uint64_t count, struct skep_error *err)
{
	const struct object_function *f;
	struct object_program *p;
	uint64_t i;
	int r = object_need_program(o, program, &p, err);

	if (r < 0)
		return r;
	if (at > p->spec.insn_count || count > p->spec.insn_count - at)
		return skep_fail(
			err, -ERANGE, SKEP_ERR_INVALID,
			"program '%s': it has %llu instructions, and %llu from %llu on are beyond.",
			program, (unsigned long long)p->spec.insn_count, (unsigned long long)count,
			(unsigned long long)at);
	f = &o->functions[p->function];
	for (i = at; i < at + count; i++)
		if (object_relocated(o, f->section, f->at + i * OBJECT_INSN_BYTES))
			return skep_fail(
				err, -EBUSY, SKEP_ERR_INVALID,
				"program '%s': instruction %llu refers to something by name.",
				program, (unsigned long long)i);
	memcpy(o->elf->sections[f->section].data + f->at + at * OBJECT_INSN_BYTES, insns,
	       count * OBJECT_INSN_BYTES);
	object_is_edited(o);
	return 0;
}

int skep_object_variable_set(struct skep_object *o, const char *variable, const void *data,
			     size_t size, struct skep_error *err)
{
	struct object_variable *v = object_variable_of(o, variable);
	struct object_map *m;

	if (!v)
		return skep_fail(err, -ENOENT, SKEP_ERR_NOT_FOUND, "%s: it has no variable '%s'.",
				 o->name, variable);
	if (!v->spec.data)
		return skep_fail(err, -EINVAL, SKEP_ERR_INVALID,
				 "variable '%s': the configuration of the kernel decides.",
				 variable);
	if (size != v->spec.size)
		return skep_fail(err, -EINVAL, SKEP_ERR_INVALID,
				 "variable '%s': it has %llu bytes, not %zu.", variable,
				 (unsigned long long)v->spec.size, size);
	memcpy((void *)v->spec.data, data, size); /* of a section of ours */
	m = object_map_of(o, v->spec.map);
	m->data_is_edited = 1;
	object_is_edited(o);
	return 0;
}

static void write_constant(struct skep_object *o, struct object_constant *c, uint64_t value)
{
	struct bpf_insn *insn =
		(struct bpf_insn *)(void *)(o->elf->sections[c->section].data + c->at);

	insn[0].imm = (int32_t)(uint32_t)value;
	insn[1].imm = (int32_t)(uint32_t)(value >> 32);
	c->spec.value = value;
}

/* The functions that a program consists of. */
struct reach {
	const struct skep_object *o;
	unsigned char *functions;
};

static int mark(const struct skep_object_reference *reference, void *userdata)
{
	const struct reach *reach = userdata;
	size_t i;

	if (reference->kind == SKEP_OBJECT_REFERENCE_FUNCTION)
		for (i = 0; i < reach->o->function_count; i++)
			if (reach->o->functions[i].name == reference->name)
				reach->functions[i]++;
	return 0;
}

static int reach_of(const struct skep_object *o, const struct object_program *p,
		    unsigned char *functions)
{
	struct reach reach = { .o = o, .functions = functions };

	functions[p->function] = 1;
	return skep_object_program_references(o, p->name, mark, &reach);
}

/* Does another program consist of a function, too? */
static int is_shared(const struct skep_object *o, const struct object_program *owner,
		     size_t function)
{
	_cleanup_free_ unsigned char *functions = NULL;
	const struct object_program *p;

	for (p = o->programs; p < o->programs + o->program_count; p++) {
		if (p == owner)
			continue;
		free(functions);
		functions = calloc(o->function_count, 1);
		if (!functions || reach_of(o, p, functions) < 0)
			return -ENOMEM;
		if (functions[function])
			return 1;
	}
	return 0;
}

static int set_of_program(struct skep_object *o, const struct object_program *p, const char *name,
			  uint64_t value, struct skep_error *err)
{
	_cleanup_free_ unsigned char *functions = calloc(o->function_count, 1);
	const struct object_function *f;
	struct object_constant *c;
	int r, n = 0, pass;

	if (!functions || reach_of(o, p, functions) < 0)
		return object_no_memory(err);
	for (pass = 0; pass < 2; pass++) /* nothing is written before all is found to be in order */
		for (c = o->constants; c < o->constants + o->constant_count; c++) {
			f = object_function_at(o, c->section, c->at);
			if (strcmp(c->name, name) != 0 || !f || !functions[f - o->functions])
				continue;
			r = pass ? 0 : is_shared(o, p, (size_t)(f - o->functions));
			if (r < 0)
				return object_no_memory(err);
			if (r > 0)
				return skep_fail(
					err, -EOPNOTSUPP, SKEP_ERR_UNSUPPORTED,
					"constant '%s': subprogram '%s' loads it, which other "
					"programs call, too: set it for all.",
					name, f->name);
			if (pass) {
				write_constant(o, c, value);
				n++;
			}
		}
	return n;
}

int skep_object_constant_set(struct skep_object *o, const char *program, const char *name,
			     uint64_t value, struct skep_error *err)
{
	struct object_program *p = NULL;
	struct object_constant *c;
	int r = program ? object_need_program(o, program, &p, err) : 0, n = 0;

	if (r < 0)
		return r;
	if (p) {
		n = set_of_program(o, p, name, value, err);
		if (n < 0)
			return n;
	}
	for (c = o->constants; !p && c < o->constants + o->constant_count; c++)
		if (!strcmp(c->name, name)) {
			write_constant(o, c, value);
			n++;
		}
	if (!n)
		return skep_fail(err, -ENOKEY, SKEP_ERR_NOT_FOUND, "%s%s loads no constant '%s'.",
				 p ? "program " : "no program of ", p ? program : o->name, name);
	object_is_edited(o);
	return n;
}
