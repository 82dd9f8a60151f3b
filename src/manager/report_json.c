/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include <skep/attach.h>
#include <skep/error.h>

#include "manager/interfaces.h"
#include "manager/report.h"

static void write_error(struct skep_json *j, const char *key,
			const struct skep_manager_report_row *row)
{
	char name[32];

	if (!row->code) {
		skep_json_null(j, key);
		return;
	}
	skep_json_object(j, key);
	skep_json_i64(j, "code", row->code);
	skep_json_string(j, "errno", skep_errno_name((int)row->code, name, sizeof(name)));
	skep_json_string(j, "kind", skep_error_kind_name((uint32_t)row->kind));
	skep_json_string(j, "message", row->reason);
	skep_json_object_end(j);
}

static void write_attachment(struct skep_json *j, const struct skep_attachment *a)
{
	struct skep_manager_report_row row = { 0 };

	report_add_attachment(&row, a);
	skep_json_object(j, NULL);
	skep_json_string(j, "target", row.target);
	skep_json_string(j, "method", skep_attach_method_name((uint32_t)row.method));
	if (row.link_id)
		skep_json_u64(j, "link_id", row.link_id);
	else
		skep_json_null(j, "link_id");
	skep_json_u64(j, "events", row.event_count);
	skep_json_u64(j, "attach_ns", row.attach_ns);
	skep_json_object_end(j);
}

static void write_probe(struct skep_json *j, const struct skep_probe *p)
{
	const struct skep_manager_report_row row = report_of_probe(p);
	size_t i;

	skep_json_object(j, NULL);
	skep_json_string(j, "program", row.program);
	skep_json_string(j, "uid", row.uid);
	skep_json_string(j, "state", skep_manager_state_name((uint32_t)row.state));
	skep_json_bool(j, "enabled", (int)row.enabled);
	if (row.family)
		skep_json_string(j, "family", skep_attach_family_name((uint32_t)row.family));
	else
		skep_json_null(j, "family");
	skep_json_u64(j, "program_id", row.program_id);
	skep_json_u64(j, "attempts", row.attempt_count);
	write_error(j, "error", &row);
	skep_json_array(j, "attachments");
	for (i = 0; i < p->place_count; i++)
		write_attachment(j, p->places[i].attachment);
	skep_json_array_end(j);
	skep_json_array(j, "failures");
	for (i = 0; interfaces_failure(p, i); i++) {
		const struct skep_manager_report_row failure = report_of_failure(p, i);

		write_error(j, NULL, &failure);
	}
	skep_json_array_end(j);
	skep_json_object_end(j);
}

void skep_manager_report_json(const struct skep_manager *m, struct skep_json *j, const char *key)
{
	size_t i;

	skep_json_object(j, key);
	skep_json_string(j, "state", skep_manager_state_name(m->state));
	skep_json_array(j, "probes");
	for (i = 0; i < m->probe_count; i++)
		write_probe(j, m->probes[i]);
	skep_json_array_end(j);
	skep_json_object_end(j);
}
