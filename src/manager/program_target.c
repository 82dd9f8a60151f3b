/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * What programs are loaded for, where it is chosen at load and cannot be changed afterwards. Probes have their say there: all
 * that share a program have to mean the same, whether they name it or leave it to the section.
 */
#include <errno.h>
#include <string.h>

#include <skep/attach.h>
#include <skep/object_edit.h>

#include "manager/programs.h"
#include "manager/symbols.h"
#include "manager/target.h"
#include "object/object.h"

struct skep_probe_program programs_as_written(const struct manager_program *mp,
					      const struct skep_object_program *program)
{
	struct skep_probe_program p = programs_in_object(program);

	if (mp->own_target)
		p.attach_target = mp->own_target;
	return p;
}

/* What the object has is remembered before a probe changes it. */
static int keep_target(struct manager_program *mp, const char *target, struct skep_error *err)
{
	if (!mp->own_target)
		mp->own_target = strdup(target);
	return mp->own_target ? 0 : manager_no_memory(err);
}

int programs_copy_target(struct manager_program *copy, struct skep_error *err)
{
	return copy->copy_of->own_target ? keep_target(copy, copy->copy_of->own_target, err) : 0;
}

/* Nothing is loaded for a probe whose hook this kernel lacks, or that has none: whether it is needed is the selector's to say. */
static int go_without(struct skep_probe *p, const struct skep_error *why)
{
	p->error = *why;
	p->no_hook = 1;
	p->program = NULL;
	return 0;
}

static int check_sharer(const struct skep_probe *p, const char *has, const char *wanted,
			struct skep_error *err)
{
	const struct skep_probe *other = p->program->targeted_by;
	char name[PROBE_NAME_SIZE], by[PROBE_NAME_SIZE];

	if (!other || !strcmp(has, wanted))
		return 0;
	return skep_fail(err, -EINVAL, SKEP_ERR_INVALID,
			 "probe '%.48s' is for '%.40s', and shares its program with '%.48s', "
			 "which has it loaded for '%.40s': make one a copy.",
			 probe_name(p, name), wanted, probe_name(other, by), has);
}

static int set_target(struct skep_probe *p, const struct skep_object_program *program,
		      const char *target, struct skep_error *err)
{
	struct manager_program *mp = p->program;
	int r = check_sharer(p, program->attach_target, target, err);

	if (r < 0)
		return r;
	mp->targeted_by = p;
	if (!strcmp(program->attach_target, target))
		return 0;
	r = keep_target(mp, program->attach_target, err);
	return r < 0 ? r
		     : skep_object_program_set_target(p->manager->object, mp->name, target, err);
}

/* Of another program: freplace. Each probe is attached where it says, whatever the program was loaded for. */
static int set_function(struct skep_probe *p, const struct skep_object_program *program,
			struct skep_error *err)
{
	int r = keep_target(p->program, program->attach_target, err);

	return r < 0 ? r
		     : skep_object_program_set_target_program(p->manager->object, p->program->name,
							      (int)p->spec.target_fd,
							      p->spec.function, err);
}

/* In another program, not in the kernel. */
static int is_in_program(const struct skep_probe *p)
{
	const struct object_program *in = object_program_of(p->manager->object, p->program->name);

	return in && in->has_target_fd;
}

/* What is loaded for nothing at all cannot be. Of probes that are not to be attached that is no reason not to load others. */
static int cannot_load(const struct skep_probe *p, const struct skep_probe_program *written)
{
	return !written->type || (target_is_of(p->family) && !*written->attach_target);
}

static int fail_without_function(struct skep_probe *p, struct skep_error *err)
{
	char name[PROBE_NAME_SIZE];
	struct skep_error why = { 0 };
	int r = skep_fail(
		&why, -EINVAL, SKEP_ERR_SECTION,
		"probe '%s': program '%.64s' is loaded for a function of another program, "
		"which nothing names: set target_fd and function.",
		probe_name(p, name), p->program->name);

	if (!p->enabled)
		return go_without(p, &why);
	if (err)
		*err = why;
	return r;
}

int programs_set_target(struct skep_probe *p, const struct skep_object_program *program,
			struct skep_error *err)
{
	const struct skep_probe_attach_opts opts = {
		.sz = sizeof(opts),
		.kallsyms = target_is_of(p->family) ? symbols_for(p->manager, &p->spec) : NULL,
		.symbol_file = p->manager->symbol_file,
	};
	const struct skep_probe_program written = programs_as_written(p->program, program);
	char target[512], name[PROBE_NAME_SIZE];
	struct skep_error why = { 0 };
	int r;

	if (p->error.code)
		return cannot_load(p, &written) ? go_without(p, &p->error) : 0;
	if (p->family == SKEP_ATTACH_FAMILY_FREPLACE && !p->spec.function && !is_in_program(p))
		return fail_without_function(p, err);
	if (p->spec.function)
		return set_function(p, program, err);
	r = skep_probe_spec_target(&p->spec, &written, &opts, target, sizeof(target), &why);
	if (r == -ENOENT)
		return go_without(p, &why);
	if (r < 0 && err)
		*err = why;
	if (r < 0)
		return r;
	if (r == 0 && is_in_program(p))
		return 0;
	if (!target_is_there(&p->manager->kernel_btf, p->family, r ? target : written.attach_target,
			     &why)) {
		skep_wrap(&why, why.code, "probe '%s': ", probe_name(p, name));
		return go_without(p, &why);
	}
	return set_target(p, program, r ? target : written.attach_target, err);
}

void programs_restore_targets(struct skep_manager *m)
{
	struct manager_program *mp;
	size_t i;

	for (i = 0; i < m->program_count; i++) {
		mp = m->programs[i];
		if (mp->own_target && skep_object_program_set_target(m->object, mp->name,
								     mp->own_target, NULL) == 0) {
			free(mp->own_target);
			mp->own_target = NULL;
		}
	}
}
