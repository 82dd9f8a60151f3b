/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* skep check: does the kernel take every program of an object. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <skep/kabi.h>
#include <skep/object_edit.h>
#include <skep/object_load.h>
#include <skep/object_spec.h>
#include <skep/verifier.h>

#include "object.h"
#include "out.h"
#include "verbs.h"

#define TEXT_BYTES 16384

/* What is known of a program after all was tried. Strings are freed. */
struct verdict {
	const struct skep_object_program *program;
	int is_chosen, is_loaded;
	uint32_t kind; /* enum skep_error_kind */
	uint64_t line; /* of the source; 0: unknown */
	char message[1024];
	struct skep_verifier_report *report; /* NULL: the verifier did not refuse it */
};

struct check {
	struct object_job job;
	struct verdict *verdicts;
	size_t count;
	struct skep_error together; /* why they do not load together; code 0: they do */
};

static int load(struct check *c, struct skep_error *err)
{
	const struct skep_object_load_opts opts = {
		.sz = sizeof(opts),
		.flags = SKEP_OBJECT_IGNORE_PINNING,
		.btf_path = *c->job.btf_path ? c->job.btf_path : NULL,
	};
	struct skep_loaded *loaded = NULL;
	int r = skep_object_load(c->job.object, &opts, &loaded, err);

	skep_loaded_close(loaded);
	return r;
}

/* The verifier's answer in plain words, if it gave one. */
static void explain(struct check *c, struct verdict *v, const struct skep_error *err)
{
	const struct skep_object_result *result =
		skep_object_result(c->job.object, v->program->name);
	struct skep_verifier_report_opts opts = {
		.sz = sizeof(opts),
		.program = v->program->name,
		.prog_type = v->program->type,
	};

	v->kind = err->kind;
	snprintf(v->message, sizeof(v->message), "%s", err->msg);
	/* what is missing, here or in the kernel, skep load says in the same words; else the verifier is right */
	if (!result || !result->log_bytes || !result->code || err->kind != SKEP_ERR_VERIFIER)
		return;
	opts.code = result->code;
	if (skep_verifier_report_new(result->log, result->log_bytes + 1, &opts, &v->report, NULL) <
	    0)
		return;
	v->kind = (uint32_t)v->report->kind;
	v->line = v->report->line;
	snprintf(v->message, sizeof(v->message), "%s: %s", v->report->sentence, v->report->reason);
}

/* Each chosen program by itself. Return: 0; a negative errno, in job->err. */
static int check_each(struct check *c)
{
	struct skep_error err;
	size_t i, j;
	int r;

	for (i = 0; i < c->count; i++) {
		if (!c->verdicts[i].is_chosen)
			continue;
		for (j = 0; j < c->count; j++) {
			r = skep_object_program_exclude(c->job.object, c->verdicts[j].program->name,
							j != i, &c->job.err);
			if (r < 0)
				return r;
		}
		err = (struct skep_error){ .code = 0 };
		c->verdicts[i].is_loaded = load(c, &err) >= 0;
		if (!c->verdicts[i].is_loaded)
			explain(c, &c->verdicts[i], &err);
	}
	return 0;
}

static int check_all(struct check *c)
{
	size_t i, chosen = 0;

	c->count = skep_object_program_count(c->job.object);
	c->verdicts = calloc(c->count + 1, sizeof(*c->verdicts));
	if (!c->verdicts)
		return object_fail(&c->job, -ENOMEM, SKEP_ERR_NO_MEMORY, "out of memory");
	for (i = 0; i < c->count; i++) {
		c->verdicts[i].program = skep_object_program_at(c->job.object, i);
		c->verdicts[i].is_chosen = !c->verdicts[i].program->excluded;
		chosen += (size_t)c->verdicts[i].is_chosen;
	}
	if (!chosen)
		return object_fail(&c->job, -EINVAL, SKEP_ERR_NOT_FOUND,
				   "'%s' has no program to check", c->job.o.path);
	if (load(c, &c->together) < 0)
		return check_each(c);
	c->together.code = 0;
	for (i = 0; i < c->count; i++)
		c->verdicts[i].is_loaded = c->verdicts[i].is_chosen;
	return 0;
}

static int is_one_refused(const struct check *c)
{
	size_t i;

	for (i = 0; i < c->count; i++)
		if (c->verdicts[i].is_chosen && !c->verdicts[i].is_loaded)
			return 1;
	return 0;
}

static int status_of(const struct check *c)
{
	int status = 0;
	size_t i;

	for (i = 0; i < c->count; i++)
		if (c->verdicts[i].is_chosen && !c->verdicts[i].is_loaded)
			status = object_worse_status(status,
						     skep_error_exit_code(c->verdicts[i].kind));
	if (!status && c->together.code)
		status = skep_error_exit_code(c->together.kind);
	return status;
}

static void program_json(const struct verdict *v, struct skep_json *json)
{
	char type[SKEP_NAME_SIZE];

	skep_json_object(json, NULL);
	skep_json_string(json, "name", v->program->name);
	skep_json_string(json, "section", v->program->section);
	skep_json_string(json, "type",
			 v->program->type ? skep_prog_type_name(v->program->type, type) : NULL);
	skep_json_bool(json, "loaded", v->is_loaded);
	if (v->is_loaded) {
		skep_json_null(json, "error");
	} else {
		skep_json_object(json, "error");
		skep_json_string(json, "kind", skep_error_kind_name(v->kind));
		skep_json_string(json, "message", v->message);
		if (v->line)
			skep_json_u64(json, "line", v->line);
		else
			skep_json_null(json, "line");
		if (v->report)
			skep_verifier_report_json(v->report, json, "verifier");
		skep_json_object_end(json);
	}
	skep_json_object_end(json);
}

static void print_json(struct check *c)
{
	const struct skep_object_map *m;
	char type[SKEP_NAME_SIZE];
	struct skep_json json;
	size_t i;

	out_json_begin(&json, "skep.check", 1);
	skep_json_array(&json, "programs");
	for (i = 0; i < c->count; i++)
		if (c->verdicts[i].is_chosen)
			program_json(&c->verdicts[i], &json);
	skep_json_array_end(&json);
	skep_json_array(&json, "maps");
	for (i = 0; (m = skep_object_map_at(c->job.object, i)); i++) {
		skep_json_object(&json, NULL);
		skep_json_string(&json, "name", m->spec.name);
		skep_json_string(&json, "type", skep_map_type_name((uint32_t)m->spec.type, type));
		skep_json_object_end(&json);
	}
	skep_json_array_end(&json);
	object_changes_json(&c->job, &json);
	skep_json_string(&json, "together", c->together.code ? c->together.msg : NULL);
	out_json_end(&json);
}

static void print_text(struct check *c)
{
	static char text[TEXT_BYTES];
	char type[SKEP_NAME_SIZE];
	const struct verdict *v;
	size_t i;

	for (i = 0; i < c->count; i++) {
		v = &c->verdicts[i];
		if (!v->is_chosen)
			continue;
		printf("%-8s ", v->is_loaded ? "ok" : "refused");
		out_name(v->program->name);
		printf(" (%s, ",
		       v->program->type ? skep_prog_type_name(v->program->type, type) : "no type");
		out_name(v->program->section);
		printf(")\n");
		if (v->report) {
			skep_verifier_report_text(v->report, text, sizeof(text));
			out_text(stdout, text);
		} else if (!v->is_loaded) {
			printf("  ");
			out_name(v->message);
			putchar('\n');
		}
	}
	object_changes_print(&c->job);
}

int cli_check(int argc, char **argv)
{
	struct check c = { .job.verb = "check" };
	int r = object_parse(
		&c.job, argc, argv,
		"Loads every program of an object, all together and each alone, and lets go of them: does "
		"this kernel take them?",
		"  skep check agent.bpf.o\n  skep check agent.bpf.o --set debug=1 --json\n");
	size_t i;
	int status;

	if (r >= 0)
		return r;
	r = object_open(&c.job);
	r = r < 0 ? r : check_all(&c);
	if (r >= 0) {
		if (c.job.o.json)
			print_json(&c);
		else
			print_text(&c);
	}
	status = r < 0 ? out_fail("check", &c.job.err) : status_of(&c);
	if (r >= 0 && c.together.code && !is_one_refused(&c))
		out_error("check: each is taken alone, but not together: %s", c.together.msg);
	for (i = 0; i < c.count && c.verdicts; i++)
		skep_verifier_report_free(c.verdicts[i].report);
	free(c.verdicts);
	skep_object_close(c.job.object);
	return status;
}
