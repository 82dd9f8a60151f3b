/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* skep attach: tracepoints, and what programs were loaded for: functions, decisions, iterators, other programs. */
#include "attach.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <skep/attach_iter.h>
#include <skep/attach_tracepoint.h>
#include <skep/attach_tracing.h>
#include <skep/bpffs.h>
#include <skep/kabi.h>
#include <skep/map.h>
#include <skep/map_find.h>
#include <skep/sys_object.h>

#include "out.h"

/* "sched:sched_switch"; a section has a slash in the place of the colon. */
int attach_tracepoint(struct attach_job *job, struct skep_attachment **ret, struct skep_error *err)
{
	struct skep_tracepoint_opts t = { .sz = sizeof(t),
					  .flags = job->flags,
					  .method = job->method,
					  .category = job->name,
					  .cookie = job->o.cookie };

	if (attach_split(job, "tracepoint", job->o.tracepoint) < 0)
		return -EINVAL;
	if (!*job->rest && strchr(job->name, '/')) {
		job->rest = strchr(job->name, '/') + 1;
		job->name[job->rest - job->name - 1] = '\0';
	}
	if (!*job->name || !*job->rest)
		return attach_bad("tracepoint", job->o.tracepoint, "CATEGORY:NAME");
	t.name = job->rest;
	return skep_tracepoint_attach(job->prog_fd, &t, ret, err);
}

int attach_raw_tracepoint(struct attach_job *job, struct skep_attachment **ret,
			  struct skep_error *err)
{
	const struct skep_raw_tracepoint_opts t = { .sz = sizeof(t),
						    .flags = job->flags,
						    .method = job->method,
						    .name = job->o.raw_tracepoint,
						    .cookie = job->o.cookie };

	return skep_raw_tracepoint_attach(job->prog_fd, &t, ret, err);
}

static const struct {
	uint32_t attach_type, family;
} families[] = {
	{ SKEP_ATTACH_TYPE_TRACE_RAW_TP, SKEP_ATTACH_FAMILY_TP_BTF },
	{ SKEP_ATTACH_TYPE_TRACE_FENTRY, SKEP_ATTACH_FAMILY_FENTRY },
	{ SKEP_ATTACH_TYPE_TRACE_FEXIT, SKEP_ATTACH_FAMILY_FEXIT },
	{ SKEP_ATTACH_TYPE_TRACE_FSESSION, SKEP_ATTACH_FAMILY_FSESSION },
	{ SKEP_ATTACH_TYPE_MODIFY_RETURN, SKEP_ATTACH_FAMILY_FMOD_RET },
	{ SKEP_ATTACH_TYPE_LSM_MAC, SKEP_ATTACH_FAMILY_LSM },
};

/* The kernel tells the type of a program that is loaded, but not for which attach type it was. */
static int find_attach_type(const struct attach_job *job, uint32_t prog_type, uint32_t *ret)
{
	if (job->o.attach_type) {
		if (skep_attach_type_from_name(job->o.attach_type, ret) < 0)
			return attach_bad("attach-type", job->o.attach_type,
					  "the name of one, such as trace_fentry");
		if (job->spec && job->spec->attach_type != *ret)
			return attach_bad("attach-type", job->o.attach_type,
					  "what the section of the program says, or nothing");
	} else if (job->spec) {
		*ret = job->spec->attach_type;
	} else if (prog_type == SKEP_PROG_TYPE_LSM) {
		*ret = SKEP_ATTACH_TYPE_LSM_MAC;
	} else {
		out_error(
			"attach: --tracing: say with --attach-type as what the program was loaded: "
			"trace_fentry, trace_fexit, trace_raw_tp, modify_return");
		return -EINVAL;
	}
	return 0;
}

static int get_prog_type(const struct attach_job *job, uint32_t *ret, struct skep_error *err)
{
	struct skep_prog_info info = { 0 };
	int r = skep_sys_prog_info(job->prog_fd, &info, sizeof(info));

	if (r < 0) {
		err->code = r;
		err->kind = SKEP_ERR_INVALID;
		snprintf(err->msg, sizeof(err->msg), "'%.200s' is no program", job->o.what);
		return r;
	}
	*ret = info.type;
	return 0;
}

static const struct {
	uint32_t attach_type, family;
} families_of_many[] = {
	{ SKEP_ATTACH_TYPE_TRACE_FENTRY_MULTI, SKEP_ATTACH_FAMILY_FENTRY },
	{ SKEP_ATTACH_TYPE_TRACE_FEXIT_MULTI, SKEP_ATTACH_FAMILY_FEXIT },
	{ SKEP_ATTACH_TYPE_TRACE_FSESSION_MULTI, SKEP_ATTACH_FAMILY_FSESSION },
};

/* SEC("fentry.multi/tcp_*"): the functions that the section names. Return: 1 it is none of these; 0; a negative errno. */
static int attach_many(const struct attach_job *job, uint32_t attach_type,
		       struct skep_attachment **ret, struct skep_error *err)
{
	const char *const pattern = job->target;
	const struct skep_tracing_multi_opts t = { .sz = sizeof(t),
						   .flags = job->flags,
						   .method = job->method,
						   .patterns = &pattern,
						   .pattern_count = 1,
						   .cookie = job->o.cookie };
	size_t i;

	for (i = 0; i < sizeof(families_of_many) / sizeof(families_of_many[0]); i++)
		if (families_of_many[i].attach_type == attach_type && *pattern)
			return skep_tracing_attach_multi(job->prog_fd, families_of_many[i].family,
							 &t, ret, err);
	return 1;
}

int attach_tracing(struct attach_job *job, struct skep_attachment **ret, struct skep_error *err)
{
	const struct skep_tracing_opts t = {
		.sz = sizeof(t), .flags = job->flags, .method = job->method, .cookie = job->o.cookie
	};
	uint32_t prog_type = 0, attach_type = 0;
	size_t i;
	int r = get_prog_type(job, &prog_type, err);

	if (r >= 0)
		r = find_attach_type(job, prog_type, &attach_type);
	if (r < 0)
		return r;
	r = attach_many(job, attach_type, ret, err);
	if (r <= 0)
		return r;
	for (i = 0; i < sizeof(families) / sizeof(families[0]); i++)
		if (families[i].attach_type == attach_type)
			return skep_tracing_attach(job->prog_fd, families[i].family, &t, ret, err);
	return attach_bad(
		job->o.attach_type ? "attach-type" : "tracing",
		job->o.attach_type ? job->o.attach_type : job->spec->section,
		"trace_raw_tp, trace_fentry, trace_fexit, trace_fsession, modify_return or "
		"lsm_mac");
}

int attach_lsm_cgroup(struct attach_job *job, struct skep_attachment **ret, struct skep_error *err)
{
	const struct skep_lsm_cgroup_opts l = { .sz = sizeof(l),
						.flags = job->flags,
						.method = job->method,
						.cgroup = job->o.lsm_cgroup };

	return skep_lsm_cgroup_attach(job->prog_fd, &l, ret, err);
}

/* A program of an object was loaded for the function; one that is loaded can be given to a function of another program. */
int attach_freplace(struct attach_job *job, struct skep_attachment **ret, struct skep_error *err)
{
	struct skep_freplace_opts f = { .sz = sizeof(f),
					.flags = job->flags,
					.method = job->method };
	int fd, r;

	if (job->spec)
		return skep_freplace_attach(job->prog_fd, &f, ret, err);
	if (attach_split(job, "freplace", job->o.freplace) < 0)
		return -EINVAL;
	if (!*job->rest)
		return attach_bad("freplace", job->o.freplace, "PATH:FUNCTION or ID:FUNCTION");
	fd = attach_open_loaded(job, job->name, err);
	if (fd < 0)
		return fd;
	f.function = job->rest;
	f.target_fd = (uint64_t)fd;
	r = skep_freplace_attach(job->prog_fd, &f, ret, err);
	close(fd);
	return r;
}

int attach_iter(struct attach_job *job, struct skep_attachment **ret, struct skep_error *err)
{
	_cleanup_(skep_map_closep) struct skep_map *map = NULL;
	struct skep_iter_opts i = { .sz = sizeof(i),
				    .flags = job->flags,
				    .method = job->method,
				    .cgroup = job->o.cgroup,
				    .pid = job->o.pid };
	struct skep_map_find_opts f = { .sz = sizeof(f) };
	int map_fd, r;

	if (job->o.map) {
		r = attach_open_root(job, err);
		f.bpffs = job->bpffs;
		if (r >= 0)
			r = skep_map_find(job->o.map, &f, &map, err);
		if (r < 0)
			return r;
		map_fd = skep_map_fd(map);
		i.map_fd = &map_fd;
	}
	return skep_iter_attach(job->prog_fd, &i, ret, err);
}
