/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* Edits of programs and variables. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <skep/error.h>
#include <skep/kabi.h>

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
	p->type_is_edited = 1;
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
	p->has_target_fd = 0;
	p->spec.attach_target = copy;
	return 0;
}

int skep_object_program_set_target_program(struct skep_object *o, const char *program,
					   int target_fd, const char *function,
					   struct skep_error *err)
{
	struct object_program *p;
	int r = skep_object_program_set_target(o, program, function, err);

	if (r < 0)
		return r;
	p = object_program_of(o, program);
	p->has_target_fd = 1;
	p->target_fd = target_fd;
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
	if (!count)
		return 0;
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
	if (!size)
		return 0;
	memcpy((void *)v->spec.data, data, size); /* of a section of ours */
	m = object_map_of(o, v->spec.map);
	m->data_is_edited = 1;
	object_is_edited(o);
	return 0;
}
