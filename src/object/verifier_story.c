/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "object/verifier_story.h"

#include <string.h>

#define EMPTY ((struct verifier_text){ "", 0 })

struct verifier_text verifier_story_source(const struct verifier_log *log, size_t at)
{
	struct verifier_line line;

	while (verifier_line_before(log, &at, &line))
		if (line.kind == VERIFIER_LINE_SOURCE && line.text.len && *line.text.at != '@')
			return line.text;
	return EMPTY;
}

/* What the verifier knew of the register that an instruction wrote, or of one that it looked at. */
static struct verifier_text told(const struct verifier_line *line, uint32_t regs)
{
	struct verifier_text text = EMPTY;
	int64_t reg;

	for (reg = 0; reg <= 10 && !text.len; reg++)
		if (regs & (1u << reg))
			text = verifier_text_state(line->state, reg);
	return text;
}

static void add(const struct verifier_log *log, size_t at, const struct verifier_line *line,
		uint32_t regs, struct story *story)
{
	if (story->count == SKEP_VERIFIER_STEPS)
		return;
	story->steps[story->count++] = (struct story_step){
		.insn = line->insn,
		.text = line->text,
		.told = told(line, regs),
		.source = verifier_story_source(log, at),
	};
}

/* Return: whether the instruction belongs to the story; if so, what it is made of is looked for next. */
static int follow(const struct verifier_effect *e, struct story *story, uint32_t *ret_regs)
{
	const uint32_t wanted = story->regs;

	if (e->is_branch) {
		*ret_regs = e->reads & wanted;
		return *ret_regs != 0;
	}
	if (e->writes_slot >= 0 && story->slots & (1ull << e->writes_slot)) {
		if (e->writes_whole_slot)
			story->slots &= ~(1ull << e->writes_slot);
		story->regs |= e->reads & ~(1u << 10);
		*ret_regs = e->reads;
		return 1;
	}
	*ret_regs = e->writes & wanted;
	if (!*ret_regs)
		return 0;
	if (!e->keeps)
		story->regs &= ~e->writes;
	story->regs |= e->reads;
	if (e->reads_slot >= 0)
		story->slots |= 1ull << e->reads_slot;
	return 1;
}

/* The jump that began this way: lines before it that are no part of it are passed over. */
static int find_jump(const struct verifier_log *log, size_t *at, int64_t insn,
		     struct verifier_line *line)
{
	while (verifier_line_before(log, at, line))
		if (line->kind == VERIFIER_LINE_INSN && line->insn == insn)
			return 1;
	return 0;
}

void verifier_story_tell(const struct verifier_log *log, size_t at, struct story *story)
{
	struct verifier_line line;
	struct verifier_effect effect;
	uint32_t jumps = 0, regs;

	while ((story->regs || story->slots) && story->count < SKEP_VERIFIER_STEPS &&
	       verifier_line_before(log, &at, &line)) {
		if (verifier_text_begins(line.whole, "returning from callee:"))
			return;
		if (line.kind == VERIFIER_LINE_FROM &&
		    (++jumps > SKEP_VERIFIER_STEPS || !find_jump(log, &at, line.insn, &line)))
			return;
		if (line.kind != VERIFIER_LINE_INSN)
			continue;
		if (verifier_text_begins(line.text, "exit"))
			return;
		verifier_line_effect(&line, &effect);
		if (follow(&effect, story, &regs))
			add(log, at, &line, regs, story);
	}
}

int verifier_story_add(const struct verifier_log *log, size_t at, int64_t insn, struct story *story)
{
	struct verifier_line line;

	if (!find_jump(log, &at, insn, &line))
		return 0;
	add(log, at, &line, 0x3ff, story);
	return 1;
}

void verifier_story_add_call(const struct verifier_log *log, size_t at, struct story *story)
{
	struct verifier_line line;

	while (verifier_line_before(log, &at, &line))
		if (line.kind == VERIFIER_LINE_INSN && verifier_text_begins(line.text, "call ")) {
			add(log, at, &line, 0, story);
			return;
		}
}

/* Behind the first @word of a line, or NULL. */
static const char *behind(struct verifier_text line, const char *word)
{
	const char *at = memmem(line.at, line.len, word, strlen(word));

	return at ? at + strlen(word) : NULL;
}

static void place_event(struct story *story, int64_t insn, struct verifier_text text,
			struct verifier_text words)
{
	size_t i, j;

	for (i = 0; i < story->count && story->steps[i].insn > insn; i++)
		;
	if (i < story->count && story->steps[i].insn == insn) {
		story->steps[i].told = words;
		return;
	}
	if (story->count == SKEP_VERIFIER_STEPS)
		return;
	for (j = story->count++; j > i; j--)
		story->steps[j] = story->steps[j - 1];
	story->steps[i] = (struct story_step){ insn, text, words, EMPTY };
}

/* From one line of the new dialect to the next. Return: 0 at its end. */
static int next_line(const struct verifier_log *log, size_t *at, struct verifier_text *ret_line)
{
	const char *newline;

	if (*at >= log->whole)
		return 0;
	newline = memchr(log->text + *at, '\n', log->whole - *at);
	ret_line->at = log->text + *at;
	ret_line->len = newline ? (size_t)(newline - ret_line->at) : log->whole - *at;
	*at += ret_line->len + (newline != NULL);
	return 1;
}

/* "     |       unknown mask 0x38": no number stands before the bar. */
static int goes_on(struct verifier_text line)
{
	size_t i = 0;

	while (i < line.len && line.at[i] == ' ')
		i++;
	return i < line.len && line.at[i] == '|';
}

void verifier_story_events(const struct verifier_log *log, struct story *story)
{
	struct verifier_text line, words = EMPTY, text;
	size_t at = log->end;
	int in_path = 0;
	int64_t insn;
	const char *mark;

	while (next_line(log, &at, &line)) {
		if (verifier_text_begins(line, "Causal path:"))
			in_path = 1;
		else if (verifier_text_begins(line, "Suggestion:"))
			return;
		if (!in_path)
			continue;
		mark = behind(line, "^-- ");
		if (mark) {
			words = (struct verifier_text){ mark, (size_t)(line.at + line.len - mark) };
			/* The lines that go on: "|     unknown mask 0x38" */
			while (next_line(log, &at, &line) && goes_on(line))
				words.len = (size_t)(line.at + line.len - words.at);
		}
		mark = behind(line, ">>> ");
		if (!mark || !words.len || !behind(line, " | ("))
			continue;
		while (mark < line.at + line.len && *mark == ' ')
			mark++;
		if (!verifier_text_number(
			    (struct verifier_text){ mark, (size_t)(line.at + line.len - mark) },
			    &insn))
			continue;
		text.at = behind(line, ") ");
		text.len = text.at ? (size_t)(line.at + line.len - text.at) : 0;
		place_event(story, insn, text.at ? text : EMPTY, words);
		words = EMPTY;
	}
}
