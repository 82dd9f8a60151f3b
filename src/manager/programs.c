/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "manager/programs.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <skep/attach.h>
#include <skep/btf.h>
#include <skep/object_copy.h>
#include <skep/object_edit.h>
#include <skep/object_spec.h>
#include <skep/probe.h>

#include "manager/symbols.h"

/* Return: NULL: out of memory. */
static struct manager_program *program_get(struct skep_manager *m, const char *name)
{
	struct manager_program *mp;
	size_t at;

	if (name_index_find(&m->program_index, name, &at))
		return m->programs[at];
	mp = calloc(1, sizeof(*mp));
	if (!mp)
		return NULL;
	mp->spec.fd = -1;
	mp->own_fd = mp->gate.fd = -EBADF;
	mp->name = strdup(name);
	if (mp->name && manager_add((void ***)&m->programs, &m->program_count, mp) == 0) {
		if (name_index_add(&m->program_index, mp->name, m->program_count - 1) == 0)
			return mp;
		m->program_count--;
	}
	free(mp->name);
	free(mp);
	return NULL;
}

/* Has another probe, or a program that was copied from another one, this name? */
static int is_taken(const struct skep_probe *p, const char *name)
{
	const struct skep_manager *m = p->manager;
	size_t i;

	for (i = 0; i < m->probe_count; i++)
		if (m->probes[i] != p && m->probes[i]->copy_name &&
		    !strcmp(m->probes[i]->copy_name, name))
			return 1;
	for (i = 0; i < m->program_count; i++)
		if (m->programs[i]->is_copy && !strcmp(m->programs[i]->name, name))
			return strcmp(m->programs[i]->copy_of->name, p->spec.program) != 0;
	return 0;
}

/* PROGRAM_UID with '_' for what no identifier has; a number behind it where several would be called the same. */
static int name_copy(struct skep_probe *p, struct skep_error *err)
{
	char *name, *c, tail[16] = "";
	unsigned i;

	for (i = 2;; i++) {
		if (asprintf(&name, "%s_%s%s", p->spec.program, p->spec.uid, tail) < 0)
			return manager_no_memory(err);
		for (c = name; *c; c++)
			*c = isalnum((unsigned char)*c) ? *c : '_';
		if (!is_taken(p, name))
			break;
		free(name);
		snprintf(tail, sizeof(tail), "_%u", i);
	}
	p->copy_name = name;
	return 0;
}

/* The name in the object of the program that the probe has for itself, or of that which it shares. */
static int name_of(struct skep_probe *p, const char **ret_name, struct skep_error *err)
{
	int r = p->spec.copy && !p->copy_name ? name_copy(p, err) : 0;

	*ret_name = p->spec.copy ? p->copy_name : p->spec.program;
	return r;
}

struct skep_probe_program programs_in_object(const struct skep_object_program *program)
{
	return (struct skep_probe_program){
		.section = program->section,
		.attach_target = program->attach_target,
		.type = program->type,
		.attach_type = program->attach_type,
		.fd = -1,
	};
}

struct skep_probe_program programs_loaded(const struct skep_loaded_program *program)
{
	return (struct skep_probe_program){
		.section = program->section,
		.attach_target = program->attach_target,
		.type = program->type,
		.attach_type = program->attach_type,
		.fd = program->fd,
	};
}

/* What the gate is to return has to suit all probes of a program. */
static void note_neutral(struct manager_program *mp, uint32_t family)
{
	int64_t neutral;

	if (skep_attach_family_neutral(family, &neutral) < 0 ||
	    (mp->has_neutral && mp->neutral != neutral))
		mp->gateless = 1;
	else
		mp->neutral = neutral;
	mp->has_neutral = 1;
}

/* A mistake in a probe that is not to be attached is kept for who attaches it later. */
static int check_probe(struct skep_probe *p, const struct skep_probe_program *program,
		       struct skep_error *err)
{
	struct skep_error why = { 0 };
	int r = skep_probe_spec_family(&p->spec, program, &p->family, &why);

	if (r == 0) {
		note_neutral(p->program, p->family);
		r = skep_probe_spec_check(&p->spec, program, &why);
	}
	p->error = why;
	if (r == 0 || !p->enabled)
		return 0;
	if (err)
		*err = why;
	return r;
}

static int want_pin(struct skep_probe *p, struct skep_error *err)
{
	struct manager_program *mp = p->program;
	char name[PROBE_NAME_SIZE];

	if (!p->spec.pin)
		return 0;
	if (mp->pin && strcmp(mp->pin, p->spec.pin) != 0)
		return skep_fail(err, -EINVAL, SKEP_ERR_INVALID,
				 "probe '%s': its program is to be pinned at '%s' and at '%s'.",
				 probe_name(p, name), mp->pin, p->spec.pin);
	mp->pin = p->spec.pin;
	return 0;
}

static int no_program(const struct skep_probe *p, struct skep_error *err)
{
	char name[PROBE_NAME_SIZE];

	return skep_fail(err, -ENOENT, SKEP_ERR_NO_PROGRAM,
			 p->manager->adopted
				 ? "probe '%s': libbpf has loaded no program '%.64s': it has none "
				   "of that name, or its autoload is off."
				 : "probe '%s': the object has no program '%.64s'.",
			 probe_name(p, name), p->spec.program);
}

/* The program that the probe has for itself is made the first time. */
static int make_copy(struct skep_probe *p, struct skep_error *err)
{
	struct skep_manager *m = p->manager;
	struct manager_program *of = program_get(m, p->spec.program);
	char name[PROBE_NAME_SIZE];
	int r;

	if (!of)
		return manager_no_memory(err);
	if (p->program->is_copy)
		return 0;
	r = skep_object_program_copy(m->object, of->name, p->program->name, err);
	if (r < 0)
		return skep_wrap(err, r, "probe '%s': ", probe_name(p, name));
	p->program->is_copy = 1;
	p->program->copy_of = of;
	p->program->has_prologue = of->has_prologue;
	return programs_copy_target(p->program, err);
}

static int match(struct skep_probe *p, struct skep_error *err)
{
	struct skep_manager *m = p->manager;
	const struct skep_object_program *program;
	struct skep_probe_program wanted;
	const char *name = NULL;
	int r;

	if (!skep_object_program_find(m->object, p->spec.program))
		return no_program(p, err);
	r = name_of(p, &name, err);
	if (r < 0)
		return r;
	p->program = program_get(m, name);
	if (!p->program)
		return manager_no_memory(err);
	r = p->spec.copy ? make_copy(p, err) : 0;
	if (r < 0)
		return r;
	program = skep_object_program_find(m->object, name);
	wanted = programs_as_written(p->program, program);
	r = check_probe(p, &wanted, err);
	if (r == 0)
		r = programs_set_target(p, program, err);
	return r == 0 && p->program ? want_pin(p, err) : r;
}

static int match_loaded(struct skep_probe *p, struct skep_error *err)
{
	struct skep_manager *m = p->manager;
	const struct skep_loaded_program *found =
		skep_loaded_program_find(m->loaded, p->spec.program);
	struct skep_probe_program program;

	if (!found)
		return no_program(p, err);
	p->program = program_get(m, p->spec.program);
	if (!p->program)
		return manager_no_memory(err);
	program = programs_loaded(found);
	return check_probe(p, &program, err);
}

static int match_all(struct skep_manager *m,
		     int (*match_one)(struct skep_probe *p, struct skep_error *err),
		     struct skep_error *err)
{
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < m->probe_count; i++)
		if (!m->probes[i]->left_out)
			r = match_one(m->probes[i], err);
	return r;
}

/* A copy whose probe has been left out, or renamed, is of no use. */
static int exclude_unused_copies(struct skep_manager *m, struct skep_error *err)
{
	struct manager_program *mp;
	size_t i, k;
	int r = 0;

	for (i = 0; r == 0 && i < m->program_count; i++) {
		mp = m->programs[i];
		if (!mp->is_copy)
			continue;
		for (k = 0; k < m->probe_count && m->probes[k]->program != mp;)
			k++;
		r = skep_object_program_exclude(m->object, mp->name, k == m->probe_count, err);
	}
	return r;
}

static int is_used(const struct skep_manager *m, const char *program)
{
	size_t i;

	for (i = 0; i < m->probe_count; i++)
		if (m->probes[i]->program && !strcmp(m->probes[i]->program->name, program))
			return 1;
	return 0;
}

/* What only probes without a hook have is not loaded this time. */
static int exclude_without_hook(struct skep_manager *m, struct skep_error *err)
{
	const struct skep_object_program *program;
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < m->probe_count; i++) {
		const struct skep_probe *p = m->probes[i];

		if (!p->no_hook || p->spec.copy || is_used(m, p->spec.program))
			continue;
		program = skep_object_program_find(m->object, p->spec.program);
		r = programs_leave_out(m, program, err);
	}
	return r;
}

int programs_match(struct skep_manager *m, struct skep_error *err)
{
	struct manager_program *mp;
	size_t i;
	int r;

	for (i = 0; i < m->program_count; i++) {
		mp = m->programs[i];
		mp->has_neutral = mp->gateless = mp->gated = mp->waiting = 0;
		mp->targeted_by = NULL;
		mp->pin = NULL;
	}
	r = match_all(m, match, err);
	m->kernel_btf = skep_btf_close(m->kernel_btf);
	symbols_forget(m);
	if (r == 0)
		r = exclude_without_hook(m, err);
	return r < 0 ? r : exclude_unused_copies(m, err);
}

int programs_bind(struct skep_manager *m, struct skep_error *err)
{
	const struct skep_loaded_program *found;
	struct manager_program *mp;
	size_t i;
	int r = m->adopted ? match_all(m, match_loaded, err) : 0;

	for (i = 0; r == 0 && i < m->probe_count; i++) {
		mp = m->probes[i]->program;
		if (!mp || mp->own_fd >= 0)
			continue;
		found = skep_loaded_program_find(m->loaded, mp->name);
		if (!found)
			return skep_fail(err, -ENOENT, SKEP_ERR_NO_PROGRAM,
					 "program '%s' was not loaded.", mp->name);
		mp->spec = *found;
	}
	return r;
}
