/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <skep/attach.h>

#include "base/time.h"
#include "manager/report.h"

#define LINE_SIZE 1024 /* longer lines are cut */
#define MOST_COLUMNS 32

struct text {
	skep_json_write_fn fn;
	void *userdata;
	int width; /* of names */
	char line[LINE_SIZE];
	size_t len;
};

static void put(struct text *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void put(struct text *t, const char *fmt, ...)
{
	va_list args;
	int n;

	va_start(args, fmt);
	n = vsnprintf(t->line + t->len, LINE_SIZE - 1 - t->len, fmt, args);
	va_end(args);
	t->len += n < 0 ? 0 : (size_t)n;
	if (t->len > LINE_SIZE - 2)
		t->len = LINE_SIZE - 2;
}

static void put_attached(struct text *t, const struct skep_manager_report_row *row)
{
	put(t, "%s to %s by %s", skep_attach_family_name((uint32_t)row->family), row->target,
	    skep_attach_method_name((uint32_t)row->method));
	if (row->link_id)
		put(t, " %u", (unsigned)row->link_id);
	else if (row->event_count)
		put(t, ", %u event%s", (unsigned)row->event_count,
		    row->event_count == 1 ? "" : "s");
	put(t, ", %.3f ms", (double)row->attach_ns / NSEC_PER_MSEC);
}

static void put_not_attached(struct text *t, const struct skep_manager_report_row *row)
{
	if (row->state >= SKEP_MANAGER_PAUSED)
		put(t, "no interface matches yet");
	else if (row->code)
		put(t, "%s", row->reason);
	else
		put(t, "%s", row->enabled ? "not attached" : "not wanted");
	if (row->code && row->attempt_count > 1)
		put(t, " (%u attempts)", (unsigned)row->attempt_count);
}

static int put_row(const struct skep_manager_report_row *row, void *userdata)
{
	struct text *t = userdata;
	char name[PROBE_NAME_SIZE];

	t->len = 0;
	put(t, "%-*s  %-7s  ", t->width, probe_name(row->probe, name),
	    skep_manager_state_name((uint32_t)row->state));
	if (*row->target)
		put_attached(t, row);
	else
		put_not_attached(t, row);
	t->line[t->len++] = '\n';
	return t->fn(t->line, t->len, t->userdata);
}

int skep_manager_report_text(const struct skep_manager *m, skep_json_write_fn fn, void *userdata)
{
	struct text t = { .fn = fn, .userdata = userdata };
	char name[PROBE_NAME_SIZE];
	size_t i;
	int len;

	for (i = 0; i < m->probe_count; i++) {
		len = (int)strlen(probe_name(m->probes[i], name));
		if (len > t.width && len <= MOST_COLUMNS)
			t.width = len;
	}
	return skep_manager_report(m, put_row, &t);
}
