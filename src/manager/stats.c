/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include <skep/manager_stats.h>

#include <errno.h>

#include <skep/attach.h>
#include <skep/kabi.h>
#include <skep/sys_link.h>
#include <skep/sys_object.h>
#include <skep/sys_prog.h>

#include "manager/manager.h"

int skep_manager_measure(struct skep_manager *m, int on, struct skep_error *err)
{
	int r;

	if (!on && m->stats_fd >= 0)
		close(take_fd(&m->stats_fd));
	if (!on || m->stats_fd >= 0)
		return 0;
	r = skep_sys_enable_stats(SKEP_STATS_TYPE_RUN_TIME, err);
	if (r < 0)
		return r;
	m->stats_fd = r;
	return 0;
}

/* Does this link tell how many hits were missed? */
static int add_misses(const struct skep_link_info *info, size_t filled, uint64_t *misses)
{
	if (info->type == SKEP_LINK_TYPE_PERF_EVENT &&
	    SKEP_INFO_HAS(struct skep_link_info, perf_event.kprobe.missed, filled) &&
	    (info->perf_event.type == SKEP_PERF_EVENT_TYPE_KPROBE ||
	     info->perf_event.type == SKEP_PERF_EVENT_TYPE_KRETPROBE)) {
		*misses += info->perf_event.kprobe.missed;
		return 1;
	}
	if (info->type == SKEP_LINK_TYPE_KPROBE_MULTI &&
	    SKEP_INFO_HAS(struct skep_link_info, kprobe_multi.missed, filled)) {
		*misses += info->kprobe_multi.missed;
		return 1;
	}
	return 0;
}

static int read_links(const struct skep_probe *p, struct skep_probe_stats *s,
		      struct skep_error *err)
{
	struct skep_link_info info;
	size_t i;
	int r, fd;

	for (i = 0; i < p->place_count; i++) {
		fd = skep_attachment_link_fd(p->places[i].attachment);
		if (fd < 0)
			continue;
		info = (struct skep_link_info){ 0 };
		r = skep_sys_link_info(fd, &info, sizeof(info));
		if (r == -EINVAL) /* what has the place of a link on older kernels */
			continue;
		if (r < 0)
			return skep_fail(err, r, SKEP_ERR_SYSCALL, "look at a link");
		if (add_misses(&info, (size_t)r, &s->probe_misses))
			s->told |= SKEP_PROBE_STATS_MISSES;
	}
	return 0;
}

int skep_probe_stats(const struct skep_probe *p, struct skep_probe_stats *ret_stats,
		     struct skep_error *err)
{
	struct skep_prog_info info = { 0 };
	struct skep_probe_stats s = { 0 };
	char name[PROBE_NAME_SIZE];
	int r;

	if (!p->program)
		return skep_fail(err, -EINVAL, SKEP_ERR_NOT_LOADED,
				 "statistics: the program of probe '%s' is not loaded.",
				 probe_name(p, name));
	r = skep_sys_prog_info(p->program->spec.fd, &info, sizeof(info));
	if (r < 0)
		return skep_fail(err, r, SKEP_ERR_SYSCALL, "statistics: probe '%s'",
				 probe_name(p, name));
	if (SKEP_INFO_HAS(struct skep_prog_info, run_cnt, r))
		s.told |= SKEP_PROBE_STATS_RUNS;
	if (SKEP_INFO_HAS(struct skep_prog_info, recursion_misses, r))
		s.told |= SKEP_PROBE_STATS_RECURSION;
	s.run_count = info.run_cnt;
	s.run_time_ns = info.run_time_ns;
	s.recursion_misses = info.recursion_misses;
	r = read_links(p, &s, err);
	if (r < 0)
		return r;
	*ret_stats = s;
	return 0;
}

void skep_manager_counters(const struct skep_manager *m, struct skep_manager_counters *ret_counters)
{
	*ret_counters = (struct skep_manager_counters){
		.interfaces_attached = m->came_count,
		.interfaces_left = m->left_count,
		.interfaces_failed = m->failed_count,
	};
}
