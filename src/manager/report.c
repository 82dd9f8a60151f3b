/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include <skep/manager_report.h>

#include <errno.h>

#include <skep/attach.h>
#include <skep/kabi.h>
#include <skep/sys_object.h>

#include "manager/interface_failures.h"
#include "manager/interfaces.h"
#include "manager/probe.h"
#include "manager/report.h"

const char *skep_manager_state_name(uint32_t state)
{
	static const char *const names[] = {
		[SKEP_MANAGER_OPENED] = "opened",
		[SKEP_MANAGER_LOADED] = "loaded",
		[SKEP_MANAGER_PAUSED] = "paused",
		[SKEP_MANAGER_RUNNING] = "running",
	};

	return state >= SKEP_MANAGER_OPENED && state < ARRAY_SIZE(names) ? names[state] : "unknown";
}

static uint64_t link_id(const struct skep_attachment *a)
{
	const int fd = skep_attachment_link_fd(a);
	struct skep_link_info info = { 0 };

	/* what has the place of a link on older kernels has no id */
	return fd >= 0 && skep_sys_link_info(fd, &info, sizeof(info)) >= 0 ? info.id : 0;
}

struct skep_manager_report_row report_of_probe(const struct skep_probe *p)
{
	return (struct skep_manager_report_row){
		.probe = p,
		.program = p->spec.program,
		.uid = text_or_empty(p->spec.uid),
		.target = "",
		.reason = probe_reason(p),
		.state = skep_probe_state(p),
		.enabled = (uint64_t)p->enabled,
		.family = p->family,
		.program_id = p->program ? p->program->spec.id : 0,
		.attempt_count = p->attempt_count,
		.attach_ns = p->attach_ns,
		.code = p->error.code,
		.kind = p->error.kind,
	};
}

struct skep_manager_report_row report_of_failure(const struct skep_probe *p, size_t index)
{
	const struct interface_failure *failure = interfaces_failure(p, index);
	struct skep_manager_report_row row = report_of_probe(p);

	row.state = SKEP_MANAGER_LOADED;
	row.reason = probe_reason_of(p, &failure->why);
	row.code = failure->why.code;
	row.kind = failure->why.kind;
	return row;
}

void report_add_attachment(struct skep_manager_report_row *row, const struct skep_attachment *a)
{
	size_t events;

	skep_attachment_event_fds(a, &events);
	row->target = skep_attachment_target(a);
	row->family = skep_attachment_family(a);
	row->method = skep_attachment_method(a);
	row->link_id = link_id(a);
	row->event_count = events;
	row->attach_ns = skep_attachment_time_ns(a);
}

int skep_manager_report(const struct skep_manager *m, skep_manager_report_fn fn, void *userdata)
{
	struct skep_manager_report_row row;
	size_t i, k;
	int r = fn ? 0 : -EINVAL;

	for (i = 0; r == 0 && i < m->probe_count; i++) {
		const struct skep_probe *p = m->probes[i];

		row = report_of_probe(p);
		if (!p->place_count && !interfaces_failure(p, 0))
			r = fn(&row, userdata);
		for (k = 0; r == 0 && k < p->place_count; k++) {
			report_add_attachment(&row, p->places[k].attachment);
			r = fn(&row, userdata);
		}
		for (k = 0; r == 0 && interfaces_failure(p, k); k++) {
			row = report_of_failure(p, k);
			r = fn(&row, userdata);
		}
	}
	return r;
}
