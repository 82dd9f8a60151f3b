/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include <skep/verifier.h>

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <skep/error.h>
#include <skep/kabi.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/opts.h"
#include "object/verifier_line.h"
#include "object/verifier_match.h"
#include "object/verifier_story.h"

#define STRING_BYTES 480 /* of what is kept of one piece of a log */
#define TEXT_BYTES 16384 /* for all of them: 12 steps, each of 4 pieces, that are short */
#define TAIL_LINES 256   /* the reason is one of the last lines */

static const struct {
	const char *name, *sentence, *hint;
	uint32_t kind;
} rules[] = {
#define SKEP_VERIFIER_RULE(name_, number_, kind_, sentence_, hint_) \
	[number_] = { #name_, sentence_, hint_, SKEP_ERR_##kind_ },
#include "object/verifier_rule.def"
#undef SKEP_VERIFIER_RULE
};

/* A report and all that it points to, in one piece of memory. */
struct made {
	struct skep_verifier_report report;
	struct skep_verifier_step steps[SKEP_VERIFIER_STEPS];
	size_t used;
	char text[TEXT_BYTES];
};

const char *skep_verifier_rule_name(uint64_t rule)
{
	return rule < ARRAY_SIZE(rules) ? rules[rule].name : rules[0].name;
}

/* Behind the end of a line, and the bar that the new dialect draws before one that goes on. */
static size_t next_text(struct verifier_text text, size_t i)
{
	while (i < text.len && text.at[i] == ' ')
		i++;
	return i < text.len && text.at[i] == '|' ? i + 1 : i;
}

/* A piece of a log, in one line and printable: runs of what is neither are a space. */
static const char *keep(struct made *made, struct verifier_text text)
{
	char *begin = made->text + made->used, *at = begin;
	const size_t room = TEXT_BYTES - made->used;
	size_t i, limit = room < STRING_BYTES ? room : STRING_BYTES;
	char c;

	if (!text.len || limit < 2)
		return "";
	for (i = 0; i < text.len && (size_t)(at - begin) + 1 < limit;) {
		c = text.at[i++];
		if (c > ' ' && c != '\x7f')
			*at++ = c;
		else if (at > begin && at[-1] != ' ')
			*at++ = ' ';
		if (c == '\n')
			i = next_text(text, i);
	}
	if (at > begin && at[-1] == ' ')
		at--;
	*at++ = '\0';
	made->used += (size_t)(at - begin);
	return begin;
}

static const char *keep_string(struct made *made, const char *string)
{
	return keep(made, (struct verifier_text){ string, strlen(string) });
}

/* "value[at] += 1; @ file.c:12": since 6.8 with the file. */
static void keep_source(struct made *made, struct verifier_text text, const char **ret_source,
			const char **ret_file, uint64_t *ret_line)
{
	struct verifier_text file = { "", 0 };
	size_t i, colon;
	int64_t line = 0;

	for (i = text.len; i >= 3; i--)
		if (!memcmp(text.at + i - 3, " @ ", 3))
			break;
	if (i >= 3) {
		file = (struct verifier_text){ text.at + i, text.len - i };
		for (colon = file.len; colon && file.at[colon - 1] != ':'; colon--)
			;
		if (colon &&
		    verifier_text_number(
			    (struct verifier_text){ file.at + colon, file.len - colon }, &line)) {
			text.len = i - 3;
			file.len = colon - 1;
		} else {
			file.len = 0;
		}
	}
	*ret_source = keep(made, text);
	*ret_file = keep(made, file);
	*ret_line = line > 0 ? (uint64_t)line : 0;
}

/* The best match among the lines behind the last instruction. @ret_at: where that instruction's line begins. */
static int find_reason(const struct verifier_log *log, struct verifier_match *ret_match,
		       struct verifier_text *ret_reason, struct verifier_line *ret_insn,
		       size_t *ret_at)
{
	struct verifier_line line;
	struct verifier_match match;
	size_t at = log->end, count;
	int found = 0;

	*ret_match = (struct verifier_match){ .reg = -1, .insn = -1, .acquired = -1, .number = -1 };
	*ret_insn = (struct verifier_line){ .insn = -1 };
	for (count = 0; count < TAIL_LINES && verifier_line_before(log, &at, &line); count++) {
		if (line.kind == VERIFIER_LINE_INSN &&
		    !verifier_match_line(line.whole.at, line.whole.len, &match)) {
			*ret_insn = line;
			break;
		}
		if (verifier_match_line(line.whole.at, line.whole.len, &match) &&
		    (!found || match.row < ret_match->row)) {
			if (found && match.reg < 0)
				match.reg = ret_match->reg;
			found = 1;
			*ret_match = match;
			*ret_reason = line.whole;
		}
		if (!count && !found)
			*ret_reason = line.whole;
	}
	*ret_at = at;
	return found;
}

/* Helpers of maps take sizes from the map alone: one of 0 is that of the keys, or values, that it does not have. */
static int is_of_map_without(const struct verifier_match *match, struct verifier_text reason,
			     const struct verifier_line *insn)
{
	static const char old[] = " access_size=0"; /* before 5.12 */

	return verifier_text_begins(insn->text, "call bpf_map_") &&
	       (match->rule == SKEP_VERIFIER_RULE_ZERO_SIZE ||
		(reason.len >= strlen(old) &&
		 !memcmp(reason.at + reason.len - strlen(old), old, strlen(old))));
}

/* On kernels that let privileged programs read unwritten stack, the words are those of a read beyond it. */
static uint32_t refine(const struct verifier_match *match, struct verifier_text reason,
		       const struct verifier_line *insn)
{
	if (insn->kind == VERIFIER_LINE_INSN && is_of_map_without(match, reason, insn))
		return SKEP_VERIFIER_RULE_MAP_TYPE;
	if (match->rule == SKEP_VERIFIER_RULE_STACK_BOUNDS &&
	    verifier_text_begins(reason, "invalid read from stack") && match->off >= -512 &&
	    match->size > 0 && match->off + match->size <= 0)
		return SKEP_VERIFIER_RULE_UNINITIALISED_STACK;
	return match->rule;
}

/* What the kernel means that says nothing, or nothing that is known. */
static uint32_t rule_of_code(int64_t code, int is_empty, uint64_t is_cut)
{
	switch (-code) {
	case EPERM:
		return SKEP_VERIFIER_RULE_PRIVILEGE;
	case E2BIG:
		return is_empty ? SKEP_VERIFIER_RULE_TOO_LARGE : SKEP_VERIFIER_RULE_TOO_COMPLEX;
	case EINTR:
	case EAGAIN:
	case ETIMEDOUT:
	case ENOMEM:
		return SKEP_VERIFIER_RULE_INTERRUPTED;
	case ENOSPC:
		return SKEP_VERIFIER_RULE_LOG_CUT;
	default:
		break;
	}
	if (is_empty)
		return code ? SKEP_VERIFIER_RULE_REFUSED_UNSEEN : SKEP_VERIFIER_RULE_UNKNOWN;
	return is_cut ? SKEP_VERIFIER_RULE_LOG_CUT : SKEP_VERIFIER_RULE_UNKNOWN;
}

static const char *keep_capabilities(struct made *made, uint64_t set)
{
	char words[160] = "", number[SKEP_NAME_SIZE];
	size_t len;
	uint32_t i;

	for (i = 0; i < 64; i++) {
		if (!(set >> i & 1))
			continue;
		len = strlen(words);
		snprintf(words + len, sizeof(words) - len, "%s%s", len ? ", " : "",
			 skep_capability_name(i, number));
	}
	return keep_string(made, words);
}

/* Helpers by name and age, capabilities by name. */
static void name_subject(struct made *made, const struct verifier_match *match,
			 const struct skep_verifier_report_opts *opts)
{
	struct skep_verifier_report *r = &made->report;
	const struct skep_kabi_row *helper = NULL;
	char buf[160] = "";

	if (match->subject)
		r->subject = keep(made, (struct verifier_text){
						match->subject,
						(size_t)(match->subject_end - match->subject) });
	if (match->number >= 0 && (r->rule == SKEP_VERIFIER_RULE_UNKNOWN_HELPER ||
				   r->rule == SKEP_VERIFIER_RULE_HELPER_NOT_ALLOWED))
		helper = skep_kabi_find(SKEP_KABI_HELPER, (uint64_t)match->number);
	if (!helper && r->rule == SKEP_VERIFIER_RULE_UNKNOWN_HELPER && match->number >= 0) {
		snprintf(buf, sizeof(buf), "number %" PRId64, match->number);
		r->subject = keep_string(made, buf);
	} else if (helper) {
		snprintf(buf, sizeof(buf), "bpf_%s (Linux %u.%u)", helper->name,
			 helper->since_major, helper->since_minor);
		r->subject = keep_string(made, buf);
	} else if (r->rule == SKEP_VERIFIER_RULE_PRIVILEGE && opts->prog_type) {
		r->subject = keep_capabilities(
			made, skep_prog_type_capabilities((uint32_t)opts->prog_type));
	} else if (r->rule == SKEP_VERIFIER_RULE_REFUSED_UNSEEN && opts->prog_type) {
		r->subject = keep_string(made, skep_prog_type_name((uint32_t)opts->prog_type, buf));
	}
}

/* Whose story it is: the register of the reason, or what the rejected instruction works on. */
static void choose_story(const struct skep_verifier_report *r, const struct verifier_match *match,
			 const struct verifier_line *insn, struct story *story)
{
	struct verifier_effect effect;

	*story = (struct story){ .count = 0 };
	if (insn->kind != VERIFIER_LINE_INSN)
		return;
	verifier_line_effect(insn, &effect);
	if (r->rule == SKEP_VERIFIER_RULE_UNINITIALISED_STACK && match->off < 0 &&
	    match->off >= -512)
		story->slots = 1ull << ((-match->off - 1) / 8);
	else if (effect.reads_slot >= 0)
		story->slots = 1ull << effect.reads_slot;
	if (match->reg >= 0 && match->reg < 10)
		story->regs = 1u << match->reg;
	else if (match->reg < 0 && effect.base >= 0 && effect.base < 10)
		story->regs = 1u << effect.base;
	else if (match->reg < 0 && !effect.is_call && !effect.is_branch)
		story->regs = effect.keeps ? effect.writes | effect.reads : effect.reads;
}

/* The state of the register that was known last before the rejected instruction. */
static struct verifier_text last_state(const struct verifier_log *log, size_t at, int64_t reg)
{
	struct verifier_text state = { "", 0 };
	struct verifier_line line;
	size_t count;

	for (count = 0; reg >= 0 && count < TAIL_LINES && verifier_line_before(log, &at, &line);
	     count++) {
		state = verifier_text_state(line.state, reg);
		if (state.len || line.kind == VERIFIER_LINE_FROM)
			break;
	}
	return state;
}

static void keep_steps(struct made *made, const struct story *story)
{
	const struct story_step *from;
	struct skep_verifier_step *to;
	size_t i;

	for (i = 0; i < story->count; i++) {
		from = &story->steps[story->count - 1 - i];
		to = &made->steps[i];
		to->insn = from->insn;
		to->text = keep(made, from->text);
		to->told = keep(made, from->told);
		keep_source(made, from->source, &to->source, &to->file, &to->line);
	}
	made->report.steps = made->steps;
	made->report.step_count = story->count;
}

/* "Reason:" and its like: the paragraph below, up to an empty line. */
static struct verifier_text paragraph(const struct verifier_log *log, const char *head)
{
	const char *text = log->text + log->end, *begin, *end;
	const size_t len = log->whole - log->end;

	begin = memmem(text, len, head, strlen(head));
	if (!begin)
		return (struct verifier_text){ "", 0 };
	begin += strlen(head);
	end = memmem(begin, (size_t)(text + len - begin), "\n\n", 2);
	return (struct verifier_text){ begin, (size_t)((end ? end : text + len) - begin) };
}

static void keep_advice(struct made *made, const struct verifier_log *log)
{
	struct verifier_text title = { log->text + log->end, log->whole - log->end };
	const char *newline = memchr(title.at, '\n', title.len);

	if (title.len < strlen("Verification failed: "))
		return;
	title.at += strlen("Verification failed: ");
	title.len = newline ? (size_t)(newline - title.at)
			    : title.len - strlen("Verification failed: ");
	made->report.title = keep(made, title);
	made->report.kernel_why = keep(made, paragraph(log, "\nReason:\n"));
	made->report.kernel_hint = keep(made, paragraph(log, "\nSuggestion:\n"));
}

static void explain(struct made *made, const struct verifier_log *log,
		    const struct skep_verifier_report_opts *opts)
{
	struct skep_verifier_report *r = &made->report;
	struct verifier_text reason = { "", 0 };
	struct verifier_match match;
	struct verifier_line insn;
	struct story story;
	size_t at = 0;
	int found = find_reason(log, &match, &reason, &insn, &at);

	if (!found && log->whole > log->end)
		found = verifier_match_line(log->text + log->end, log->whole - log->end, &match);
	r->rule = found ? refine(&match, reason, &insn)
			: rule_of_code(opts->code, !log->whole, log->is_cut);
	r->cut = log->whole && log->is_cut && !found;
	r->reason = keep(made, reason);
	r->reg = match.reg;
	r->insn = match.insn >= 0 ? match.insn : insn.insn;
	if (match.insn < 0 || match.insn == insn.insn)
		r->insn_text = keep(made, insn.text);
	name_subject(made, &match, opts);
	if (insn.kind == VERIFIER_LINE_INSN && *r->insn_text)
		keep_source(made, verifier_story_source(log, at), &r->source, &r->file, &r->line);
	r->state = keep(made, last_state(log, at, match.reg));
	keep_advice(made, log);
	choose_story(r, &match, &insn, &story);
	if (match.acquired >= 0)
		verifier_story_add(log, at, match.acquired, &story);
	else if (r->rule == SKEP_VERIFIER_RULE_NOT_A_POINTER && !strncmp(r->state, "pkt", 3))
		verifier_story_add_call(log, at, &story);
	if (match.acquired < 0)
		verifier_story_tell(log, at, &story);
	verifier_story_events(log, &story);
	keep_steps(made, &story);
}

int skep_verifier_report_new(const char *log, size_t log_bytes,
			     const struct skep_verifier_report_opts *opts,
			     struct skep_verifier_report **ret_report, struct skep_error *err)
{
	struct skep_verifier_report_opts o;
	struct verifier_log read;
	struct made *made;
	int r = opts_copy(&o, sizeof(o), opts);

	if (r < 0)
		return skep_fail(err, r, SKEP_ERR_INVALID,
				 "explain a log: options that this version does not know");
	made = calloc(1, sizeof(*made));
	if (!made)
		return skep_fail(err, -ENOMEM, SKEP_ERR_NO_MEMORY, "explain a log");
	made->report = (struct skep_verifier_report){
		.code = o.code,
		.program = o.program ? keep_string(made, o.program) : "",
		.subject = "",
		.insn_text = "",
		.state = "",
		.source = "",
		.file = "",
		.title = "",
		.kernel_why = "",
		.kernel_hint = "",
	};
	verifier_log_init(&read, log, log_bytes);
	explain(made, &read, &o);
	made->report.rule_name = rules[made->report.rule].name;
	made->report.sentence = rules[made->report.rule].sentence;
	made->report.hint = rules[made->report.rule].hint;
	made->report.kind = rules[made->report.rule].kind;
	*ret_report = &made->report;
	return 0;
}

struct skep_verifier_report *skep_verifier_report_free(struct skep_verifier_report *report)
{
	free(report);
	return NULL;
}
