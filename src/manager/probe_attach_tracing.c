/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* Probes at tracepoints, at what a program was loaded for, and with samples. */
#include <errno.h>

#include <skep/attach_iter.h>
#include <skep/attach_perf_event.h>
#include <skep/attach_tracepoint.h>
#include <skep/attach_tracing.h>
#include <skep/error.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "manager/probe_attach.h"

int probe_attach_tracepoint(const struct probe_attach *a, struct skep_attachment **ret,
			    struct skep_error *err)
{
	const struct skep_tracepoint_opts o = {
		.sz = sizeof(o),
		.flags = a->flags,
		.method = a->hook->s.method,
		.category = a->hook->s.category,
		.name = a->hook->s.tracepoint,
		.cookie = a->hook->s.cookie,
	};

	return skep_tracepoint_attach(a->fd, &o, ret, err);
}

int probe_attach_raw_tracepoint(const struct probe_attach *a, struct skep_attachment **ret,
				struct skep_error *err)
{
	const struct skep_raw_tracepoint_opts o = {
		.sz = sizeof(o),
		.flags = a->flags,
		.method = a->hook->s.method,
		.name = a->hook->s.tracepoint,
		.cookie = a->hook->s.cookie,
	};

	return skep_raw_tracepoint_attach(a->fd, &o, ret, err);
}

int probe_attach_tracing(const struct probe_attach *a, struct skep_attachment **ret,
			 struct skep_error *err)
{
	const struct skep_tracing_opts o = {
		.sz = sizeof(o),
		.flags = a->flags,
		.method = a->hook->s.method,
		.cookie = a->hook->s.cookie,
	};

	if (probe_is_tracing_multi(a->program))
		return probe_attach_tracing_multi(a, ret, err);
	return skep_tracing_attach(a->fd, a->hook->family, &o, ret, err);
}

int probe_attach_lsm_cgroup(const struct probe_attach *a, struct skep_attachment **ret,
			    struct skep_error *err)
{
	struct skep_lsm_cgroup_opts o = {
		.sz = sizeof(o),
		.flags = a->flags,
		.method = a->hook->s.method,
	};
	_cleanup_free_ char *path = NULL;
	int r = probe_cgroup_path(&a->hook->s, &path, err);

	o.cgroup = path;
	return r < 0 ? r : skep_lsm_cgroup_attach(a->fd, &o, ret, err);
}

int probe_attach_iter(const struct probe_attach *a, struct skep_attachment **ret,
		      struct skep_error *err)
{
	const struct skep_probe_spec *s = &a->hook->s;
	_cleanup_free_ char *path = NULL;
	int r = s->cgroup ? probe_cgroup_path(s, &path, err) : 0;
	int map_fd = r == 0 && s->map ? probe_map_fd(a, err) : -1;
	const struct skep_iter_opts o = {
		.sz = sizeof(o),
		.flags = a->flags,
		.method = s->method,
		.map_fd = s->map ? &map_fd : NULL,
		.cgroup = path,
		.order = s->order,
		.tid = s->tid,
		.pid = s->pid,
	};

	if (r < 0)
		return r;
	return s->map && map_fd < 0 ? map_fd : skep_iter_attach(a->fd, &o, ret, err);
}

int probe_attach_perf_event(const struct probe_attach *a, struct skep_attachment **ret,
			    struct skep_error *err)
{
	const struct skep_probe_spec *s = &a->hook->s;
	const struct skep_perf_event_opts o = {
		.sz = sizeof(o),
		.flags = a->flags,
		.method = s->method,
		.type = s->event_type,
		.config = s->event_config,
		.period = s->period,
		.frequency = s->frequency,
		.pid = s->pid,
		.cpus = s->cpus,
		.cookie = s->cookie,
	};

	return skep_perf_event_attach(a->fd, &o, ret, err);
}

int probe_attach_freplace(const struct probe_attach *a, struct skep_attachment **ret,
			  struct skep_error *err)
{
	const struct skep_freplace_opts o = {
		.sz = sizeof(o),
		.flags = a->flags,
		.method = a->hook->s.method,
		.function = a->hook->s.function,
		.target_fd = a->hook->s.target_fd,
	};

	return skep_freplace_attach(a->fd, &o, ret, err);
}
