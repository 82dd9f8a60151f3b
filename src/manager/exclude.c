/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* Programs that are not loaded, and the probes that go with them. */
#include <string.h>

#include <skep/object_edit.h>
#include <skep/object_spec.h>

#include "base/log.h"
#include "manager/programs.h"

static int is_named(const struct skep_manager *m, const char *program)
{
	size_t i;

	for (i = 0; i < m->excluded_count; i++)
		if (!strcmp(m->excluded[i], program))
			return 1;
	return 0;
}

/* A mistake in writing, or of another version of the object: that is no reason not to load. */
static void tell_unknown(const struct skep_manager *m)
{
	size_t i;

	for (i = 0; i < m->excluded_count; i++)
		if (!skep_object_program_find(m->object, m->excluded[i]))
			log_event(&m->log, SKEP_LOG_WARNING,
				  "excluded program '%s': the object has none of that name",
				  m->excluded[i]);
}

/* What was excluded here for an earlier load is asked for again. */
static int include_again(struct skep_manager *m, struct skep_error *err)
{
	int r = 0;

	while (r == 0 && m->left_out_count) {
		char *name = m->left_out[--m->left_out_count];

		r = skep_object_program_exclude(m->object, name, 0, err);
		free(name);
	}
	return r;
}

/* Return: 1 leave it out; 0; a negative errno. */
static int is_unwanted(const struct skep_manager *m, const struct skep_object_program *program,
		       struct skep_error *err)
{
	int r;

	if (is_named(m, program->name))
		return 1;
	r = m->opts.exclude_fn ? m->opts.exclude_fn(program, m->opts.userdata) : 0;
	return r < 0 ? skep_fail(err, r, SKEP_ERR_SYSCALL, "exclude program '%s'", program->name)
		     : r;
}

int programs_leave_out(struct skep_manager *m, const struct skep_object_program *program,
		       struct skep_error *err)
{
	char *name;

	if (program->excluded)
		return 0;
	name = strdup(program->name);
	if (!name || manager_add((void ***)&m->left_out, &m->left_out_count, name) < 0) {
		free(name);
		return manager_no_memory(err);
	}
	return skep_object_program_exclude(m->object, name, 1, err);
}

/* SEC("?...") leaves a program out until somebody wants it: a probe that is enabled does. */
static int want_again(struct skep_manager *m, const struct skep_object_program *program,
		      struct skep_error *err)
{
	size_t i;

	if (!program->excluded || *program->section != '?')
		return 0;
	for (i = 0; i < m->probe_count; i++)
		if (m->probes[i]->enabled && !strcmp(m->probes[i]->spec.program, program->name))
			return skep_object_program_exclude(m->object, program->name, 0, err);
	return 0;
}

int programs_exclude(struct skep_manager *m, struct skep_error *err)
{
	const struct skep_object_program *program;
	size_t i;
	int r = include_again(m, err);

	tell_unknown(m);
	for (i = 0; r == 0 && i < skep_object_program_count(m->object); i++) {
		program = skep_object_program_at(m->object, i);
		r = is_unwanted(m, program, err);
		if (r >= 0)
			r = r ? programs_leave_out(m, program, err) : want_again(m, program, err);
	}
	if (m->opts.exclude_done_fn)
		m->opts.exclude_done_fn(m->opts.userdata);
	for (i = 0; r == 0 && i < m->probe_count; i++) {
		program = skep_object_program_find(m->object, m->probes[i]->spec.program);
		m->probes[i]->left_out = program && program->excluded;
		m->probes[i]->enabled &= !m->probes[i]->left_out;
	}
	return r;
}

int programs_have_no_hooks(const struct skep_manager *m)
{
	size_t i, none = 0;

	for (i = 0; i < m->program_count; i++)
		if (m->programs[i]->own_fd >= 0)
			return 0;
	for (i = 0; i < skep_object_program_count(m->object); i++)
		if (!skep_object_program_at(m->object, i)->excluded)
			return 0;
	for (i = 0; i < m->probe_count; i++)
		none += (size_t)m->probes[i]->no_hook;
	return none > 0;
}
