/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * Links to many functions at once: a program has to be loaded for them, so that it is decided before.
 */
#include <skep/attach.h>
#include <skep/kabi.h>
#include <skep/object_edit.h>
#include <skep/object_spec.h>

#include "manager/programs.h"

/* The attach type that a program is loaded for, to be attached to many functions by one link. Return: 0: no such. */
static uint32_t multi_type(uint32_t family)
{
	switch (family) {
	case SKEP_ATTACH_FAMILY_KPROBE:
	case SKEP_ATTACH_FAMILY_KRETPROBE:
		return SKEP_ATTACH_TYPE_TRACE_KPROBE_MULTI;
	case SKEP_ATTACH_FAMILY_UPROBE:
	case SKEP_ATTACH_FAMILY_URETPROBE:
	case SKEP_ATTACH_FAMILY_USDT:
		return SKEP_ATTACH_TYPE_TRACE_UPROBE_MULTI;
	default:
		return 0;
	}
}

/* What the probe itself asks for, else the manager. */
static uint64_t method_of(const struct skep_probe *p, const struct probe_hook *hook)
{
	const struct skep_manager_opts *o = &p->manager->opts;

	if (hook->s.method)
		return hook->s.method;
	return multi_type(hook->family) == SKEP_ATTACH_TYPE_TRACE_KPROBE_MULTI ? o->kprobe_method
									       : o->uprobe_method;
}

/* Return: the attach type by which a probe would have its program loaded; 0: as it is. */
static uint32_t wanted_type(const struct skep_probe *p, const struct skep_object_program *program)
{
	const struct skep_probe_program in = programs_in_object(program);
	struct probe_hook hook;
	uint64_t method;
	uint32_t type = 0;

	if (probe_hook_init(&p->spec, &in, &hook, NULL) < 0)
		return 0;
	method = method_of(p, &hook);
	/* a tracepoint of a program may be at many places */
	if ((hook.s.all || hook.family == SKEP_ATTACH_FAMILY_USDT) &&
	    (!method || method == SKEP_ATTACH_METHOD_MULTI))
		type = multi_type(hook.family);
	probe_hook_fini(&hook);
	if (type && skep_attach_supported(p->manager->load_opts.features, p->family,
					  SKEP_ATTACH_METHOD_MULTI, NULL) != 1)
		type = 0;
	return type;
}

/* All that share a program have to want the same. */
static void note_type(struct skep_probe *p, const struct skep_object_program *program)
{
	struct manager_program *mp = p->program;
	const uint32_t type = multi_type(p->family) ? wanted_type(p, program) : 0;

	if (mp->has_type && mp->type != type)
		mp->type = 0;
	else
		mp->type = type;
	mp->has_type = 1;
}

int programs_choose_multi(struct skep_manager *m, struct skep_error *err)
{
	const struct skep_object_program *program;
	struct manager_program *mp;
	uint32_t type;
	size_t i;
	int r = 0;

	for (i = 0; i < m->program_count; i++)
		m->programs[i]->has_type = 0;
	for (i = 0; i < m->probe_count; i++)
		if (m->probes[i]->program)
			note_type(m->probes[i],
				  skep_object_program_find(m->object, m->probes[i]->program->name));
	for (i = 0; r == 0 && i < m->program_count; i++) {
		mp = m->programs[i];
		program = skep_object_program_find(m->object, mp->name);
		/* what its author, or an edit, has chosen stays */
		if (!program || (program->attach_type && !mp->multi))
			continue;
		mp->multi = mp->has_type && mp->type;
		type = mp->multi ? mp->type : 0;
		/* also if it is none: else libbpf may choose one by the section */
		if (type != program->attach_type || program->type == SKEP_PROG_TYPE_KPROBE)
			r = skep_object_program_set_type(m->object, mp->name, program->type, type,
							 err);
	}
	return r;
}
