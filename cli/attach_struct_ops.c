/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* skep attach: a table of functions of an object, with the programs that it names. */
#include "attach.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <skep/attach_struct_ops.h>
#include <skep/loaded.h>
#include <skep/map.h>
#include <skep/object.h>
#include <skep/object_edit.h>
#include <skep/object_load.h>

static int fail_table(const struct attach_job *job, int code, uint32_t kind, const char *why,
		      struct skep_error *err)
{
	err->code = code;
	err->kind = kind;
	snprintf(err->msg, sizeof(err->msg), "'%.100s': %.60s '%.60s'", job->o.what, why,
		 job->o.struct_ops);
	return code;
}

int attach_check_table(const struct attach_job *job, struct skep_error *err)
{
	const struct skep_object_map *m = skep_object_map_find(job->object, job->o.struct_ops);

	return m && m->kind == SKEP_OBJECT_MAP_STRUCT_OPS
		       ? 0
		       : fail_table(job, -ENOENT, SKEP_ERR_NOT_FOUND,
				    "there is no table of functions", err);
}

static int is_named(const struct attach_job *job, const char *program)
{
	const char *name;
	size_t i;

	for (i = 0; (name = skep_object_map_program_at(job->object, job->o.struct_ops, i)); i++)
		if (!strcmp(name, program))
			return 1;
	return 0;
}

/* Before 6.4 the kernel has no maps for links, either: it would refuse the table with EINVAL. Return: 0; a negative errno. */
static int check_link(const struct attach_job *job, struct skep_error *err)
{
	const char *section = skep_object_map_find(job->object, job->o.struct_ops)->section;

	if (!strstr(section, ".link") || skep_attach_supported(NULL, SKEP_ATTACH_FAMILY_STRUCT_OPS,
							       SKEP_ATTACH_METHOD_LINK, NULL) != 0)
		return 0;
	return fail_table(job, -EOPNOTSUPP, SKEP_ERR_UNSUPPORTED,
			  "this kernel has no links (Linux 6.4) for the table", err);
}

/* That table alone, with its programs and the maps that they use. */
int attach_load_table(struct attach_job *job, struct skep_error *err)
{
	const struct skep_object_load_opts opts = { .sz = sizeof(opts),
						    .flags = SKEP_OBJECT_IGNORE_PINNING };
	const struct skep_object_program *p;
	const struct skep_object_map *m;
	size_t i;
	int r = check_link(job, err);

	for (i = 0; r >= 0 && (p = skep_object_program_at(job->object, i)); i++)
		r = skep_object_program_exclude(job->object, p->name, !is_named(job, p->name), err);
	for (i = 0; r >= 0 && (m = skep_object_map_at(job->object, i)); i++)
		if (m->kind == SKEP_OBJECT_MAP_STRUCT_OPS)
			r = skep_object_map_exclude(job->object, m->spec.name,
						    strcmp(m->spec.name, job->o.struct_ops) != 0,
						    err);
	if (r >= 0)
		r = skep_object_prune(job->object, NULL, 0, err);
	return r < 0 ? r : skep_object_load(job->object, &opts, &job->loaded, err);
}

int attach_struct_ops(struct attach_job *job, struct skep_attachment **ret, struct skep_error *err)
{
	const struct skep_loaded_map *m = skep_loaded_map_find(job->loaded, job->o.struct_ops);
	struct skep_struct_ops_opts o = { .sz = sizeof(o),
					  .flags = job->flags,
					  .method = job->method };

	o.value = skep_loaded_struct_ops(job->loaded, job->o.struct_ops, &o.value_bytes);
	if (!m || !o.value)
		return fail_table(job, -EOPNOTSUPP, SKEP_ERR_UNSUPPORTED,
				  "the kernel itself does not have the type of the table", err);
	return skep_struct_ops_attach(skep_map_fd(m->map), &o, ret, err);
}
