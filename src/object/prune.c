/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "object/object.h"

struct prune {
	struct skep_object *o;
	unsigned char *maps, *programs; /* 1: in use */
	const char *const *keep;
	size_t keep_count;
	int grew;
};

static int is_kept(const struct prune *p, const char *name)
{
	size_t i;

	for (i = 0; i < p->keep_count; i++)
		if (!strcmp(p->keep[i], name))
			return 1;
	return 0;
}

static int use(const struct skep_object_reference *reference, void *userdata)
{
	struct prune *p = userdata;
	const struct object_map *m;

	if (reference->kind != SKEP_OBJECT_REFERENCE_MAP &&
	    reference->kind != SKEP_OBJECT_REFERENCE_VARIABLE)
		return 0;
	m = object_map_of(p->o, reference->name);
	if (m && !p->maps[m - p->o->maps]) {
		p->maps[m - p->o->maps] = 1;
		p->grew = 1;
	}
	return 0;
}

static int is_tail_called(const struct skep_object *o, const char *program)
{
	size_t i;

	for (i = 0; i < o->tail_call_count; i++)
		if (!strcmp(o->tail_calls[i].program, program))
			return 1;
	return 0;
}

static int use_program(struct prune *p, const struct object_program *program)
{
	if (program->spec.excluded || p->programs[program - p->o->programs])
		return 0;
	p->programs[program - p->o->programs] = 1;
	p->grew = 1;
	return skep_object_program_references(p->o, program->name, use, p);
}

/* Programs of arrays that are in use, and the inner maps of maps that are. */
static int follow(struct prune *p)
{
	const struct object_program *program;
	const struct object_map *m, *outer;
	size_t i;

	for (i = 0; i < p->o->tail_call_count; i++) {
		m = object_map_of(p->o, p->o->tail_calls[i].map);
		program = object_program_of(p->o, p->o->tail_calls[i].program);
		if (p->maps[m - p->o->maps] && use_program(p, program) < 0)
			return -ENOMEM;
	}
	for (outer = p->o->maps; outer < p->o->maps + p->o->map_count; outer++)
		for (m = p->o->maps; m < p->o->maps + p->o->map_count; m++)
			if (p->maps[outer - p->o->maps] && outer->inner_id &&
			    m->spec.id == outer->inner_id)
				p->maps[m - p->o->maps] = 1;
	return 0;
}

static int find_used(struct prune *p)
{
	const struct skep_object *o = p->o;
	size_t i;

	for (i = 0; i < o->map_count; i++)
		p->maps[i] = o->maps[i].spec.pinning || is_kept(p, o->maps[i].name) ||
			     o->maps[i].spec.kind == SKEP_OBJECT_MAP_STRUCT_OPS;
	for (i = 0; i < o->program_count; i++)
		if ((!is_tail_called(o, o->programs[i].name) || is_kept(p, o->programs[i].name)) &&
		    use_program(p, &o->programs[i]) < 0)
			return -ENOMEM;
	do {
		p->grew = 0;
		if (follow(p) < 0)
			return -ENOMEM;
	} while (p->grew);
	return 0;
}

int skep_object_prune(struct skep_object *o, const char *const *keep, size_t keep_count,
		      struct skep_error *err)
{
	_cleanup_free_ unsigned char *maps = calloc(o->map_count + 1, 1);
	_cleanup_free_ unsigned char *programs = calloc(o->program_count + 1, 1);
	struct prune p = {
		.o = o, .maps = maps, .programs = programs, .keep = keep, .keep_count = keep_count
	};
	size_t i;
	int n = 0;

	if (!maps || !programs || find_used(&p) < 0)
		return object_no_memory(err);
	for (i = 0; i < o->map_count; i++)
		if (!maps[i] && !o->maps[i].spec.excluded) {
			o->maps[i].spec.excluded = 1;
			n++;
		}
	for (i = 0; i < o->program_count; i++)
		if (!programs[i] && !o->programs[i].spec.excluded) {
			o->programs[i].spec.excluded = 1;
			n++;
		}
	for (i = 0; i < o->tail_call_count; i++)
		o->tail_calls[i].spec.pruned =
			object_program_of(o, o->tail_calls[i].program)->spec.excluded;
	return n;
}
