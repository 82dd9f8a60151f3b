/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* skep attach: samples of a counter or of a clock. */
#include "attach.h"

#include <errno.h>
#include <linux/perf_event.h>
#include <stdlib.h>
#include <string.h>

#include <skep/attach_perf_event.h>

#include "out.h"

/* As perf-list(1) has them. Source: perf_event_open(2). */
static const struct {
	const char *name;
	uint64_t number;
} types[] = {
	{ "hardware", PERF_TYPE_HARDWARE },
	{ "software", PERF_TYPE_SOFTWARE },
};

static const struct {
	uint64_t type, number;
	const char *name;
} events[] = {
	{ PERF_TYPE_HARDWARE, PERF_COUNT_HW_CPU_CYCLES, "cpu-cycles" },
	{ PERF_TYPE_HARDWARE, PERF_COUNT_HW_INSTRUCTIONS, "instructions" },
	{ PERF_TYPE_HARDWARE, PERF_COUNT_HW_CACHE_REFERENCES, "cache-references" },
	{ PERF_TYPE_HARDWARE, PERF_COUNT_HW_CACHE_MISSES, "cache-misses" },
	{ PERF_TYPE_HARDWARE, PERF_COUNT_HW_BRANCH_INSTRUCTIONS, "branch-instructions" },
	{ PERF_TYPE_HARDWARE, PERF_COUNT_HW_BRANCH_MISSES, "branch-misses" },
	{ PERF_TYPE_HARDWARE, PERF_COUNT_HW_BUS_CYCLES, "bus-cycles" },
	{ PERF_TYPE_HARDWARE, PERF_COUNT_HW_STALLED_CYCLES_FRONTEND, "stalled-cycles-frontend" },
	{ PERF_TYPE_HARDWARE, PERF_COUNT_HW_STALLED_CYCLES_BACKEND, "stalled-cycles-backend" },
	{ PERF_TYPE_HARDWARE, PERF_COUNT_HW_REF_CPU_CYCLES, "ref-cycles" },
	{ PERF_TYPE_SOFTWARE, PERF_COUNT_SW_CPU_CLOCK, "cpu-clock" },
	{ PERF_TYPE_SOFTWARE, PERF_COUNT_SW_TASK_CLOCK, "task-clock" },
	{ PERF_TYPE_SOFTWARE, PERF_COUNT_SW_PAGE_FAULTS, "page-faults" },
	{ PERF_TYPE_SOFTWARE, PERF_COUNT_SW_CONTEXT_SWITCHES, "context-switches" },
	{ PERF_TYPE_SOFTWARE, PERF_COUNT_SW_CPU_MIGRATIONS, "cpu-migrations" },
	{ PERF_TYPE_SOFTWARE, PERF_COUNT_SW_PAGE_FAULTS_MIN, "minor-faults" },
	{ PERF_TYPE_SOFTWARE, PERF_COUNT_SW_PAGE_FAULTS_MAJ, "major-faults" },
	{ PERF_TYPE_SOFTWARE, PERF_COUNT_SW_ALIGNMENT_FAULTS, "alignment-faults" },
	{ PERF_TYPE_SOFTWARE, PERF_COUNT_SW_EMULATION_FAULTS, "emulation-faults" },
};

/* Return: 0; -EINVAL. */
static int parse_number(const char *text, uint64_t *ret)
{
	char *end;

	if (*text < '0' || *text > '9')
		return -EINVAL;
	errno = 0;
	*ret = strtoull(text, &end, 0);
	return *end || errno ? -EINVAL : 0;
}

static int parse_type(const char *text, uint64_t *ret)
{
	size_t i;

	for (i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (!strcmp(types[i].name, text)) {
			*ret = types[i].number;
			return 0;
		}
	return parse_number(text, ret);
}

static int parse_config(uint64_t type, const char *text, uint64_t *ret)
{
	size_t i;

	for (i = 0; i < sizeof(events) / sizeof(events[0]); i++)
		if (events[i].type == type && !strcmp(events[i].name, text)) {
			*ret = events[i].number;
			return 0;
		}
	return parse_number(text, ret);
}

int attach_perf_event(struct attach_job *job, struct skep_attachment **ret, struct skep_error *err)
{
	struct skep_perf_event_opts p = { .sz = sizeof(p),
					  .flags = job->flags,
					  .method = job->method,
					  .period = job->o.period,
					  .frequency = job->o.frequency,
					  .pid = job->o.pid,
					  .cpus = job->o.cpus,
					  .cookie = job->o.cookie };

	if (attach_split(job, "perf-event", job->o.perf_event) < 0)
		return -EINVAL;
	if (parse_type(job->name, &p.type) < 0 || parse_config(p.type, job->rest, &p.config) < 0)
		return attach_bad(
			"perf-event", job->o.perf_event,
			"software:EVENT or hardware:EVENT, by a name of perf-list(1), or the "
			"numbers of type and event");
	if (p.type > UINT32_MAX)
		return attach_bad("perf-event", job->o.perf_event, "a type up to 4294967295");
	if (!p.period == !p.frequency) {
		out_error("attach: --perf-event takes --period or --frequency, one of them");
		return -EINVAL;
	}
	return skep_perf_event_attach(job->prog_fd, &p, ret, err);
}
