/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* A report of skep/verifier.h as lines for people, and as JSON. */
#include <skep/verifier.h>

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include <skep/error.h>
#include <skep/json.h>

struct out {
	char *buf;
	size_t size, len;
};

static void put(struct out *o, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void put(struct out *o, const char *fmt, ...)
{
	const size_t at = o->len < o->size ? o->len : o->size;
	va_list args;
	int n;

	va_start(args, fmt);
	n = vsnprintf(o->buf ? o->buf + at : NULL, o->size - at, fmt, args);
	va_end(args);
	if (n > 0)
		o->len += (size_t)n;
}

static void put_line(struct out *o, const char *head, const char *text)
{
	if (*text)
		put(o, "  %-8s %s\n", head, text);
}

/* "file.c:12: text", as much of it as is known. */
static void put_source(struct out *o, const char *file, uint64_t line, const char *source)
{
	if (*file)
		put(o, "%s:%" PRIu64 ": ", file, line);
	put(o, "%s", source);
}

static void put_steps(struct out *o, const struct skep_verifier_report *r)
{
	const struct skep_verifier_step *s;
	const char *before = "";
	uint64_t i;

	for (i = 0; i < r->step_count; i++) {
		s = &r->steps[i];
		put(o, "  %-8s insn %" PRId64 ": %s\n", i ? "" : "story", s->insn, s->text);
		if (*s->told)
			put(o, "  %-8s   %s\n", "", s->told);
		if (*s->source && (s->source != before)) {
			put(o, "  %-8s   ", "");
			put_source(o, s->file, s->line, s->source);
			put(o, "\n");
		}
		before = s->source;
	}
}

int skep_verifier_report_text(const struct skep_verifier_report *report, char *buf, size_t size)
{
	const struct skep_verifier_report *r = report;
	struct out o = { .buf = size ? buf : NULL, .size = size };

	if (*r->program)
		put(&o, "program '%s': ", r->program);
	put(&o, "%s", r->sentence);
	if (*r->subject)
		put(&o, ": %s", r->subject);
	put(&o, " (%s)\n", r->rule_name);
	if (*r->source) {
		put(&o, "  %-8s ", "source");
		put_source(&o, r->file, r->line, r->source);
		put(&o, "\n");
	}
	if (*r->insn_text)
		put(&o, "  %-8s insn %" PRId64 ": %s\n", "at", r->insn, r->insn_text);
	else if (r->insn >= 0)
		put(&o, "  %-8s insn %" PRId64 "\n", "at", r->insn);
	put_line(&o, "log", r->reason);
	if (*r->state)
		put(&o, "  r%-7" PRId64 " %s\n", r->reg, r->state);
	put_steps(&o, r);
	put_line(&o, "kernel", r->kernel_why);
	put_line(&o, "", r->kernel_hint);
	put_line(&o, "hint", r->hint);
	if (r->cut)
		put_line(&o, "note", "the log has lost its end");
	return (int)o.len;
}

static void string_or_null(struct skep_json *json, const char *key, const char *text)
{
	skep_json_string(json, key, *text ? text : NULL);
}

static void number_or_null(struct skep_json *json, const char *key, int64_t number, int is_known)
{
	if (is_known)
		skep_json_i64(json, key, number);
	else
		skep_json_null(json, key);
}

static void steps_json(const struct skep_verifier_report *report, struct skep_json *json)
{
	const struct skep_verifier_step *s;
	uint64_t i;

	skep_json_array(json, "steps");
	for (i = 0; i < report->step_count; i++) {
		s = &report->steps[i];
		skep_json_object(json, NULL);
		skep_json_i64(json, "insn", s->insn);
		string_or_null(json, "instruction", s->text);
		string_or_null(json, "told", s->told);
		string_or_null(json, "file", s->file);
		number_or_null(json, "line", (int64_t)s->line, s->line != 0);
		string_or_null(json, "source", s->source);
		skep_json_object_end(json);
	}
	skep_json_array_end(json);
}

void skep_verifier_report_json(const struct skep_verifier_report *report, struct skep_json *json,
			       const char *key)
{
	const struct skep_verifier_report *r = report;

	skep_json_object(json, key);
	skep_json_string(json, "rule", r->rule_name);
	skep_json_string(json, "kind", skep_error_kind_name((uint32_t)r->kind));
	skep_json_string(json, "sentence", r->sentence);
	skep_json_string(json, "hint", r->hint);
	string_or_null(json, "program", r->program);
	string_or_null(json, "subject", r->subject);
	string_or_null(json, "reason", r->reason);
	number_or_null(json, "code", r->code, r->code != 0);
	number_or_null(json, "insn", r->insn, r->insn >= 0);
	number_or_null(json, "register", r->reg, r->reg >= 0);
	string_or_null(json, "instruction", r->insn_text);
	string_or_null(json, "state", r->state);
	string_or_null(json, "file", r->file);
	number_or_null(json, "line", (int64_t)r->line, r->line != 0);
	string_or_null(json, "source", r->source);
	string_or_null(json, "title", r->title);
	string_or_null(json, "kernel_reason", r->kernel_why);
	string_or_null(json, "kernel_hint", r->kernel_hint);
	skep_json_bool(json, "cut", r->cut != 0);
	steps_json(r, json);
	skep_json_object_end(json);
}
