/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* skep attach: the program, one of an object or one that is loaded. */
#include "attach.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <skep/bpffs.h>
#include <skep/bpffs_pin.h>
#include <skep/kabi.h>
#include <skep/loaded.h>
#include <skep/object.h>
#include <skep/object_edit.h>
#include <skep/object_load.h>
#include <skep/sys_object.h>

#include "out.h"

int attach_open_root(struct attach_job *job, struct skep_error *err)
{
	struct skep_bpffs_opts opts = { .sz = sizeof(opts), .flags = SKEP_BPFFS_DISCOVER };

	if (job->bpffs)
		return 0;
	skep_bpffs_opts_from_env(environ, &opts);
	if (job->o.root)
		opts.root = job->o.root;
	return skep_bpffs_open(&opts, &job->bpffs, err);
}

static int fail_program(const struct attach_job *job, struct skep_error *err)
{
	err->code = -ENOENT;
	err->kind = SKEP_ERR_NOT_FOUND;
	snprintf(err->msg, sizeof(err->msg), "'%.100s' has no program '%.60s'", job->o.what,
		 job->o.program);
	return -ENOENT;
}

static int is_number(const char *word)
{
	return *word && strspn(word, "0123456789") == strlen(word);
}

int attach_open_loaded(struct attach_job *job, const char *what, struct skep_error *err)
{
	char text[64];
	int fd;

	if (is_number(what)) {
		fd = skep_sys_fd_by_id(SKEP_OBJECT_PROG, (uint32_t)strtoul(what, NULL, 10), 0);
		if (fd >= 0)
			return fd;
		snprintf(err->msg, sizeof(err->msg), "program %.20s: %s%s", what,
			 skep_errno_text(fd, text, sizeof(text)),
			 fd == -EPERM ? " (an id takes CAP_SYS_ADMIN)" : "");
		err->code = fd;
		err->kind = fd == -EPERM ? SKEP_ERR_PERMISSION : SKEP_ERR_NOT_FOUND;
		return fd;
	}
	fd = attach_open_root(job, err);
	return fd < 0 ? fd : skep_bpffs_get(job->bpffs, what, 0, err);
}

int attach_open_program(struct attach_job *job, struct skep_error *err)
{
	int r;

	if (!job->o.program && !job->o.struct_ops) {
		r = job->prog_fd = attach_open_loaded(job, job->o.what, err);
		return r < 0 ? r : 0;
	}
	r = skep_object_open_file(job->o.what, NULL, &job->object, err);
	if (r == -ENOENT)
		snprintf(err->msg, sizeof(err->msg),
			 "there is no object '%.120s' (a program that is pinned takes no --%s)",
			 job->o.what, job->o.program ? "program" : "struct-ops");
	if (r < 0)
		return r;
	if (!job->o.program)
		return attach_check_table(job, err);
	job->spec = skep_object_program_find(job->object, job->o.program);
	return job->spec ? 0 : fail_program(job, err);
}

/* A program that is to stand in for a function is loaded for the program that has the function. */
static int set_freplace(struct attach_job *job, int *ret_target_fd, struct skep_error *err)
{
	const char *function;

	if (attach_split(job, "freplace", job->o.freplace) < 0)
		return -EINVAL;
	function = *job->rest ? job->rest : job->spec->attach_target;
	if (!*function) {
		out_error(
			"attach: --freplace: '%s' names no function, and neither does SEC(\"%s\")",
			job->o.freplace, job->spec->section);
		return -EINVAL;
	}
	*ret_target_fd = attach_open_loaded(job, job->name, err);
	return *ret_target_fd < 0
		       ? *ret_target_fd
		       : skep_object_program_set_target_program(job->object, job->o.program,
								*ret_target_fd, function, err);
}

/* What it is loaded for may depend on the hook. Return: 0; -EINVAL, with a message and without kind; a negative errno. */
static int set_hook(struct attach_job *job, int *ret_target_fd, struct skep_error *err)
{
	int64_t type;

	if (job->o.freplace)
		return set_freplace(job, ret_target_fd, err);
	if (job->spec->type != SKEP_PROG_TYPE_KPROBE)
		return 0;
	type = attach_probe_type(&job->o, job->method, err);
	if (type < 0)
		return (int)type;
	return skep_object_program_set_type(job->object, job->o.program, SKEP_PROG_TYPE_KPROBE,
					    (uint32_t)type, err);
}

/* That program alone, with the maps that it uses. */
static int load(struct attach_job *job, struct skep_error *err)
{
	_cleanup_(skep_loaded_closep) struct skep_loaded *loaded = NULL;
	const struct skep_object_load_opts opts = { .sz = sizeof(opts),
						    .flags = SKEP_OBJECT_IGNORE_PINNING };
	const struct skep_object_program *p;
	size_t i;
	int r = 0;

	for (i = 0; r >= 0 && i < skep_object_program_count(job->object); i++) {
		p = skep_object_program_at(job->object, i);
		r = skep_object_program_exclude(job->object, p->name,
						strcmp(p->name, job->o.program) != 0, err);
	}
	if (r >= 0)
		r = skep_object_prune(job->object, NULL, 0, err);
	if (r >= 0)
		r = skep_object_load(job->object, &opts, &loaded, err);
	return r < 0 ? r : skep_loaded_take_program(loaded, job->o.program, err);
}

int attach_load_program(struct attach_job *job, struct skep_error *err)
{
	int target_fd = -1, r;

	if (!job->object)
		return 0;
	if (job->o.struct_ops)
		return attach_load_table(job, err);
	r = set_hook(job, &target_fd, err);
	if (r >= 0)
		r = job->prog_fd = load(job, err);
	if (target_fd >= 0)
		close(target_fd);
	job->spec = skep_object_program_find(job->object, job->o.program);
	return r < 0 ? r : 0;
}
