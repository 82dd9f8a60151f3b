/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* Programs by pairs. */
#include <errno.h>
#include <string.h>

#include <skep/object_spec.h>

#include "manager/manager.h"

/* Is it one of the probes that a pair means? */
static int is_meant(const struct skep_probe *p, const char *program, const char *uid)
{
	return !strcmp(p->spec.program, program) &&
	       (!*text_or_empty(uid) || !strcmp(text_or_empty(p->spec.uid), uid));
}

/* Has a probe before this one the same program? */
static int is_repeated(const struct skep_manager *m, size_t index, const char *program,
		       const char *uid)
{
	size_t i;

	for (i = 0; i < index; i++)
		if (is_meant(m->probes[i], program, uid) &&
		    m->probes[i]->program == m->probes[index]->program)
			return 1;
	return 0;
}

int skep_manager_programs(const struct skep_manager *m, const char *program, const char *uid,
			  int *fds, size_t room, struct skep_error *err)
{
	const struct skep_loaded_program *found;
	size_t i, count = 0, named = 0;

	if (m->state == SKEP_MANAGER_OPENED)
		return skep_fail(err, -EINVAL, SKEP_ERR_NOT_LOADED,
				 "program '%s': the manager is not loaded.",
				 text_or_empty(program));
	if (!program)
		return skep_fail(err, -EINVAL, SKEP_ERR_INVALID, "programs: no name.");
	for (i = 0; i < m->probe_count; i++) {
		if (!is_meant(m->probes[i], program, uid))
			continue;
		named++;
		if (!m->probes[i]->program || is_repeated(m, i, program, uid))
			continue;
		if (count < room)
			fds[count] = m->probes[i]->program->spec.fd;
		count++;
	}
	if (named || *text_or_empty(uid))
		return (int)count;
	found = skep_loaded_program_find(m->loaded, program);
	if (found && room)
		fds[0] = found->fd;
	return found != NULL;
}

int skep_manager_program_specs(struct skep_manager *m, const char *program, const char *uid,
			       const struct skep_object_program **specs, size_t room)
{
	const struct skep_object_program *found = NULL;
	size_t i, k, count = 0, named = 0;

	if (!m->object || !program)
		return 0;
	for (i = 0; i < m->probe_count; i++) {
		const struct skep_probe *p = m->probes[i];

		if (!is_meant(p, program, uid))
			continue;
		named++;
		found = p->copy_name ? skep_object_program_find(m->object, p->copy_name) : NULL;
		if (!found)
			found = skep_object_program_find(m->object, program);
		for (k = 0; found && k < count && k < room; k++)
			if (specs[k] == found)
				found = NULL;
		if (!found)
			continue;
		if (count < room)
			specs[count] = found;
		count++;
	}
	if (named || *text_or_empty(uid))
		return (int)count;
	found = skep_object_program_find(m->object, program);
	if (found && room)
		specs[0] = found;
	return found != NULL;
}
