/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* Any bytes as a verifier's log: a report comes out whose every string is one printable line. */
#include "must.h"

#include <string.h>

#include <skep/json.h>
#include <skep/verifier.h>

static void must_be_a_line(const char *text)
{
	must(text != NULL && strlen(text) < 512);
	for (; *text; text++)
		must((unsigned char)*text >= ' ' && *text != '\x7f');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct skep_verifier_report_opts opts = { .sz = sizeof(opts), .prog_type = 6 };
	struct skep_verifier_report *r = NULL;
	static char text[65536];
	struct skep_json json;
	uint64_t i;

	opts.code = size ? -(int64_t)data[0] : -1;
	must(!skep_verifier_report_new((const char *)data, size, &opts, &r, NULL));
	must_be_a_line(r->subject);
	must_be_a_line(r->reason);
	must_be_a_line(r->insn_text);
	must_be_a_line(r->state);
	must_be_a_line(r->source);
	must_be_a_line(r->file);
	must_be_a_line(r->title);
	must_be_a_line(r->kernel_why);
	must_be_a_line(r->kernel_hint);
	must(*r->rule_name && *r->sentence && *r->hint && r->kind);
	must(r->reg >= -1 && r->insn >= -1);
	must(r->step_count <= SKEP_VERIFIER_STEPS);
	for (i = 0; i < r->step_count; i++) {
		must_be_a_line(r->steps[i].text);
		must_be_a_line(r->steps[i].told);
		must_be_a_line(r->steps[i].source);
		must_be_a_line(r->steps[i].file);
		must(r->steps[i].insn >= 0);
	}
	must(skep_verifier_report_text(r, text, sizeof(text)) == (int)strlen(text));
	skep_json_init(&json, text, sizeof(text));
	skep_verifier_report_json(r, &json, NULL);
	must(skep_json_finish(&json) > 0);
	skep_verifier_report_free(r);
	return 0;
}
