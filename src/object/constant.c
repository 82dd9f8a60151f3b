/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* Asm constants: values for all programs, or for one, which gets subprograms of its own for that. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <skep/error.h>
#include <skep/object_edit.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "object/function_copy.h"
#include "object/object.h"

#define NAME_SIZE 128 /* of a function in the kernel's BTF, before 6.1 */

static void write_constant(struct skep_object *o, struct object_constant *c, uint64_t value)
{
	struct bpf_insn *insn =
		(struct bpf_insn *)(void *)(o->elf->sections[c->section].data + c->at);

	insn[0].imm = (int32_t)(uint32_t)value;
	insn[1].imm = (int32_t)(uint32_t)(value >> 32);
	c->spec.value = value;
}

/* A set of functions, by their indices, and what is looked for among what they refer to. */
struct functions {
	const struct skep_object *o;
	unsigned char *in;
	const unsigned char *wanted; /* NULL: all that is referred to comes in */
	int has_wanted;
};

static int mark(const struct skep_object_reference *reference, void *userdata)
{
	struct functions *f = userdata;
	size_t i;

	for (i = 0; i < f->o->function_count; i++) {
		if (f->o->functions[i].name != reference->name)
			continue;
		if (!f->wanted)
			f->in[i] = 1;
		else
			f->has_wanted |= f->wanted[i];
	}
	return 0;
}

/* The functions that a program consists of are added to a set. Return: 0; -ENOMEM. */
static int add_reached(const struct skep_object *o, const struct object_program *p,
		       unsigned char *in)
{
	struct functions f = { .o = o, .in = in };

	in[p->function] = 1;
	return skep_object_program_references(o, p->name, mark, &f);
}

/* One program, and what it has in common with others. All arrays are by function. */
struct owner {
	struct skep_object *o;
	const struct object_program *program;
	unsigned char *own, *others; /* that it consists of; that other programs do */
	unsigned char *parting;      /* of both: of which it needs a copy */
};

static void owner_fini(struct owner *w)
{
	free(w->own);
	free(w->others);
	free(w->parting);
}

static int read_owner(struct owner *w)
{
	const struct skep_object *o = w->o;
	const struct object_program *p;

	w->own = calloc(o->function_count, 1);
	w->others = calloc(o->function_count, 1);
	w->parting = calloc(o->function_count, 1);
	if (!w->own || !w->others || !w->parting || add_reached(o, w->program, w->own) < 0)
		return -ENOMEM;
	for (p = o->programs; p < o->programs + o->program_count; p++)
		if (p != w->program && add_reached(o, p, w->others) < 0)
			return -ENOMEM;
	return 0;
}

/* The function that loads a constant, if it is called so and the program loads it. */
static const struct object_function *loader_of(const struct owner *w,
					       const struct object_constant *c, const char *name)
{
	const struct object_function *f = object_function_at(w->o, c->section, c->at);

	return f && !strcmp(c->name, name) && w->own[f - w->o->functions] ? f : NULL;
}

/* Those that load the constant, and those that lead to them. Return: how many; an error. */
static int find_parting(const struct owner *w, const char *name, uint64_t value)
{
	const struct skep_object *o = w->o;
	struct functions f = { .o = o, .wanted = w->parting };
	const struct object_function *loader;
	int n = 0, grew = 1;
	size_t i;

	for (i = 0; i < o->constant_count; i++) {
		loader = loader_of(w, &o->constants[i], name);
		if (!loader || !w->others[loader - o->functions] ||
		    w->parting[loader - o->functions] || o->constants[i].spec.value == value)
			continue;
		w->parting[loader - o->functions] = 1;
		n++;
	}
	while (n && grew) {
		grew = 0;
		for (i = 0; i < o->function_count; i++) {
			if (!w->own[i] || !w->others[i] || w->parting[i])
				continue;
			f.has_wanted = 0;
			object_references(o, &o->functions[i], mark, &f);
			w->parting[i] = (unsigned char)f.has_wanted;
			n += f.has_wanted;
			grew |= f.has_wanted;
		}
	}
	return n;
}

/* "count__first": of count for first; with a number, if that is taken. */
static void name_copy(const struct owner *w, const struct object_function *f, char name[NAME_SIZE])
{
	unsigned n;

	snprintf(name, NAME_SIZE, "%.56s__%.56s", f->name, w->program->name);
	for (n = 2; object_has_symbol(w->o, name) && n; n++)
		snprintf(name, NAME_SIZE, "%.56s__%.56s_%u", f->name, w->program->name, n);
}

static int check_parting(const struct owner *w, const char *name, struct skep_error *err)
{
	size_t i;

	for (i = 0; i < w->o->function_count; i++)
		if (w->parting[i] && w->o->functions[i].is_program)
			return skep_fail(err, -EOPNOTSUPP, SKEP_ERR_UNSUPPORTED,
					 "constant '%.64s': other programs call program '%.64s', "
					 "which leads to it: set it for all.",
					 name, w->o->functions[i].name);
	return 0;
}

/* The program gets functions of its own in the place of those that it shares. */
static int part(const struct owner *w, size_t count, struct skep_error *err)
{
	struct skep_object *o = w->o;
	const size_t function_count = o->function_count;
	_cleanup_free_ struct object_copy *copies = calloc(count, sizeof(*copies));
	_cleanup_free_ char(*names)[NAME_SIZE] = calloc(count, sizeof(*names));
	size_t i, n = 0;
	int r;

	if (!copies || !names)
		return object_no_memory(err);
	for (i = 0; i < function_count; i++) {
		if (!w->parting[i])
			continue;
		name_copy(w, &o->functions[i], names[n]);
		copies[n] = (struct object_copy){ .name = names[n], .from = i };
		n++;
	}
	r = object_copy_functions(o, copies, count, err);
	if (r < 0)
		return r;
	for (i = 0; i < function_count; i++)
		if (w->own[i] && !w->parting[i])
			object_redirect(o, i, copies, count);
	for (i = 0; i < count; i++)
		object_redirect(o, copies[i].to, copies, count);
	return 0;
}

static int set_of_program(struct skep_object *o, const struct object_program *p, const char *name,
			  uint64_t value, struct skep_error *err)
{
	_cleanup_(owner_fini) struct owner before = { .o = o, .program = p };
	_cleanup_(owner_fini) struct owner after = { .o = o, .program = p };
	struct object_constant *c;
	int r, n = 0;

	if (read_owner(&before) < 0)
		return object_no_memory(err);
	r = find_parting(&before, name, value);
	if (r > 0) {
		n = check_parting(&before, name, err);
		n = n < 0 ? n : part(&before, (size_t)r, err);
		if (n < 0)
			return n;
	}
	if (read_owner(&after) < 0)
		return object_no_memory(err);
	for (c = o->constants; c < o->constants + o->constant_count; c++)
		if (loader_of(&after, c, name)) {
			write_constant(o, c, value);
			n++;
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
