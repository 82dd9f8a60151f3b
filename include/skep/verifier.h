/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef SKEP_VERIFIER_H
#define SKEP_VERIFIER_H
/*
 * Why the kernel's verifier rejected a program, in plain words.
 *
 * A log goes in as text, and a report comes out as data: the rule that was broken, where, what led there, and what
 * helps. Both dialects are read: the text of 5.10 and later, and the reasons, paths and suggestions that 7.2 adds to it.
 * No kernel is asked, so a log may come from another host. A log is taken as hostile: whatever it holds, the report is
 * printable and bounded.
 *
 * Whose fault it is, is told apart by the kind of error: SKEP_ERR_VERIFIER the program's, SKEP_ERR_UNSUPPORTED this
 * kernel's, SKEP_ERR_PERMISSION that of who loads it.
 */
#include <skep/base.h>
#include <skep/verifier_rules.h>

SKEP_BEGIN

struct skep_error;
struct skep_json;

#define SKEP_VERIFIER_STEPS 12 /* at most so many steps tell a story; the last ones */

struct skep_verifier_report_opts {
	size_t sz;           /* sizeof(struct skep_verifier_report_opts) */
	const char *program; /* its name, for the report; NULL: none */
	uint64_t prog_type;  /* enum skep_prog_type, to name what is missing; 0: unknown */
	int64_t code;        /* what loading without a log returned, a negative errno; 0: unknown */
};

/* One instruction on the way to the rejected one that made the register, or the piece of stack, what it was there. */
struct skep_verifier_step {
	int64_t insn;       /* its index in the program */
	const char *text;   /* as the kernel prints it: "r0 += r1" */
	const char *told;   /* what the verifier knew after it, or says of it; "" if it does not */
	const char *source; /* the line of the source; "" without BTF line information */
	const char *file;   /* "" on kernels before 6.8, which do not name it */
	uint64_t line;      /* 0: unknown */
};

/* All strings are the report's, of one line, printable, and "" for what is not known. */
struct skep_verifier_report {
	uint64_t rule;         /* enum skep_verifier_rule */
	uint64_t kind;         /* enum skep_error_kind: whose fault it is */
	const char *rule_name; /* "NULL_POINTER" */
	const char *sentence;  /* what the program has done, in plain words */
	const char *hint;      /* what helps */
	const char *program;   /* of the options */
	const char *subject;   /* the helper, function, map or capability that it is about */
	const char *reason;    /* the line of the log that was decisive */
	int64_t code;          /* of the options */
	int64_t insn;          /* index of the rejected instruction; -1: unknown */
	int64_t reg;           /* the register at fault; -1: none is */
	const char *insn_text; /* the rejected instruction, as the kernel prints it */
	const char *state;     /* what the verifier knew of the register before it */
	const char *source;    /* the line of the source */
	const char *file;      /* "" on kernels before 6.8 */
	uint64_t line;         /* 0: unknown */
	const char *title; /* what 7.2 and later call it: "Memory Safety: Access outside bounds" */
	const char *kernel_why;                 /* their reason */
	const char *kernel_hint;                /* their suggestion */
	const struct skep_verifier_step *steps; /* in the order of the program */
	uint64_t step_count;
	uint64_t cut; /* 1: the log has lost its end, and with it perhaps the reason */
};

/**
 * skep_verifier_report_new() - explain a rejection
 * @log:        what the verifier wrote; it ends at its first NUL, or at @log_bytes; NULL: there is none
 * @log_bytes:  the most that is read of it
 * @opts:       NULL: nothing more is known
 * @ret_report: owned by the caller, skep_verifier_report_free(); borrows nothing but rules, which are static
 *
 * An empty log is explained, too, by the code: the kernel refused before it looked at the instructions, or a capability
 * is missing. Of a log longer than a megabyte the end is read.
 *
 * Return: 0; -E2BIG newer @opts; -ENOMEM.
 * Source: kernel/bpf/verifier.c, by what it prints; src/object/verifier_rule.def and verifier_pattern.def.
 */
int skep_verifier_report_new(const char *log, size_t log_bytes,
			     const struct skep_verifier_report_opts *opts,
			     struct skep_verifier_report **ret_report, struct skep_error *err);

/**
 * skep_verifier_report_free() - release a report
 * @report: a report, or NULL
 *
 * Return: NULL.
 * Source: none.
 */
struct skep_verifier_report *skep_verifier_report_free(struct skep_verifier_report *report);

/**
 * skep_verifier_report_text() - a report as lines for people
 * @report: a report
 * @buf:    caller memory; the text is cut to fit, and NUL-terminated unless @size is 0
 * @size:   bytes of @buf
 *
 * Return: the length of the whole text, which may be more than was written.
 * Source: the members of the report.
 */
int skep_verifier_report_text(const struct skep_verifier_report *report, char *buf, size_t size);

/**
 * skep_verifier_report_json() - a report as an object of a document
 * @report: a report
 * @json:   a document being written
 * @key:    name of the member, or NULL
 *
 * Members: rule, kind, sentence, hint, program, subject, reason, code, insn, register, instruction, state, file, line,
 * source, title, kernel_reason, kernel_hint, cut, steps. What is unknown is null.
 *
 * Source: the members of the report.
 */
void skep_verifier_report_json(const struct skep_verifier_report *report, struct skep_json *json,
			       const char *key);

/**
 * skep_verifier_rule_name() - the name of a rule: "NULL_POINTER"
 * @rule: enum skep_verifier_rule
 *
 * Return: a static string; "UNKNOWN" for a number that is no rule.
 * Context: any thread.
 * Source: src/object/verifier_rule.def.
 */
const char *skep_verifier_rule_name(uint64_t rule);

SKEP_DEFINE_CLEANUP(struct skep_verifier_report,
		    skep_verifier_report_free) /* skep_verifier_report_freep() */
SKEP_END
#endif
