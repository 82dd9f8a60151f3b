/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "object/verifier_line.h"

#include <linux/bpf.h>
#include <string.h>

#define STATISTICS "processed "
#define ADVICE "Verification failed: "
#define WINDOW_BYTES ((size_t)1 << 20) /* of a longer log the end is read */

int verifier_text_begins(struct verifier_text text, const char *word)
{
	return text.len >= strlen(word) && !memcmp(text.at, word, strlen(word));
}

static struct verifier_text skip(struct verifier_text text, size_t count)
{
	if (count > text.len)
		count = text.len;
	return (struct verifier_text){ text.at + count, text.len - count };
}

static struct verifier_text trim(struct verifier_text text)
{
	while (text.len && (*text.at == ' ' || *text.at == '\t'))
		text = skip(text, 1);
	while (text.len && strchr(" \t\r", text.at[text.len - 1]))
		text.len--;
	return text;
}

size_t verifier_text_number(struct verifier_text text, int64_t *ret_value)
{
	const int negative = text.len && *text.at == '-';
	size_t i = text.len && (*text.at == '-' || *text.at == '+');
	const size_t begin = i;
	int64_t value = 0;

	for (; i < text.len && text.at[i] >= '0' && text.at[i] <= '9'; i++)
		if (value < INT32_MAX)
			value = value * 10 + (text.at[i] - '0');
	*ret_value = negative ? -value : value;
	return i > begin ? i : 0;
}

static size_t line_start(const char *text, size_t end)
{
	while (end && text[end - 1] != '\n')
		end--;
	return end;
}

void verifier_log_init(struct verifier_log *log, const char *text, size_t bytes)
{
	size_t end = text ? strnlen(text, bytes) : 0, at, start;
	struct verifier_text line;
	const char *begin;

	if (end > WINDOW_BYTES) { /* from the first whole line on */
		begin = memchr(text + end - WINDOW_BYTES, '\n', WINDOW_BYTES);
		begin = begin ? begin + 1 : text + end;
		end -= (size_t)(begin - text);
		text = begin;
	}
	*log = (struct verifier_log){ .text = text, .end = end, .whole = end, .is_cut = 1 };
	for (at = end; at; at = start ? start - 1 : 0) {
		start = line_start(text, at);
		line = (struct verifier_text){ text + start, at - start };
		if (verifier_text_begins(line, STATISTICS)) {
			log->end = log->whole = start;
			log->is_cut = 0;
		} else if (verifier_text_begins(line, ADVICE)) {
			log->end = start;
			break;
		}
	}
}

static int hex_digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* "12: (0f) ": Return: 1 and the line without it. */
static int insn_head(struct verifier_text text, struct verifier_line *line)
{
	int high, low;
	size_t n = verifier_text_number(text, &line->insn);

	text = skip(text, n);
	if (!n || line->insn < 0 || !verifier_text_begins(text, ": (") || text.len < 7 ||
	    text.at[5] != ')')
		return 0;
	high = hex_digit(text.at[3]);
	low = hex_digit(text.at[4]);
	if (high < 0 || low < 0)
		return 0;
	line->code = (uint32_t)high << 4 | (uint32_t)low;
	line->text = trim(skip(text, 6));
	return 1;
}

/* What stands behind an instruction: "; R0=...", or on a jump the state at its target. */
static void split_state(struct verifier_line *line)
{
	struct verifier_text *text = &line->text;
	const char *semicolon = memchr(text->at, ';', text->len);
	const char *jump = memmem(text->at, text->len, "goto pc", 7);
	struct verifier_text rest;
	int64_t distance;
	size_t n;

	if (semicolon) {
		line->state = trim(skip(*text, (size_t)(semicolon - text->at) + 1));
		text->len = (size_t)(semicolon - text->at);
	}
	if (jump && jump < text->at + text->len) {
		rest = skip(*text, (size_t)(jump - text->at) + 7);
		n = verifier_text_number(rest, &distance);
		rest = skip(rest, n);
		if (rest.len && !line->state.len)
			line->state = trim(rest);
		text->len -= rest.len;
	}
	*text = trim(*text);
}

static void read_line(struct verifier_text whole, struct verifier_line *line)
{
	struct verifier_text text = trim(whole);

	*line = (struct verifier_line){ .kind = VERIFIER_LINE_OTHER, .insn = -1, .whole = text };
	if (insn_head(text, line)) {
		line->kind = VERIFIER_LINE_INSN;
		split_state(line);
		return;
	}
	line->insn = -1;
	if (verifier_text_begins(text, "from ") &&
	    verifier_text_number(skip(text, 5), &line->insn)) {
		line->kind = VERIFIER_LINE_FROM;
		line->state = text;
	} else if (verifier_text_begins(text, "; ")) {
		line->kind = VERIFIER_LINE_SOURCE;
		line->text = trim(skip(text, 2));
	} else {
		line->state = text;
	}
}

/* "R6=0x2a", "R6_w=0x2a", "frame1: R6=0x2a". */
static int is_state(struct verifier_text text)
{
	int64_t reg;
	size_t n;

	if (verifier_text_begins(text, "frame"))
		return 1;
	if (!text.len || *text.at != 'R')
		return 0;
	n = verifier_text_number(skip(text, 1), &reg);
	text = skip(text, n + 1);
	return n && text.len && (*text.at == '=' || *text.at == '_');
}

int verifier_line_before(const struct verifier_log *log, size_t *at, struct verifier_line *ret_line)
{
	size_t end = *at;

	while (end && log->text[end - 1] == '\n')
		end--;
	if (!end)
		return 0;
	*at = line_start(log->text, end);
	read_line((struct verifier_text){ log->text + *at, end - *at }, ret_line);
	/* a kernel that keeps the end of a log cuts a line in two: what stood behind an instruction is no source */
	if (!*at && ret_line->kind == VERIFIER_LINE_SOURCE && is_state(ret_line->text)) {
		ret_line->kind = VERIFIER_LINE_OTHER;
		ret_line->state = ret_line->text;
		ret_line->text = (struct verifier_text){ ret_line->text.at, 0 };
	}
	return 1;
}

/* "r3", "w3". Return: the bytes of it; 0: there is none. */
static size_t reg_name(struct verifier_text text, uint32_t *ret_reg)
{
	int64_t reg;
	size_t n;

	if (text.len < 2 || (*text.at != 'r' && *text.at != 'w') || text.at[1] < '0' ||
	    text.at[1] > '9')
		return 0;
	n = verifier_text_number(skip(text, 1), &reg);
	if (!n || reg > 10)
		return 0;
	*ret_reg = (uint32_t)reg;
	return n + 1;
}

/* "*(u64 *)(r10 -8)". Return: 1; @ret_slot: -1 unless it is on the stack. */
static int memory(struct verifier_text text, uint32_t *ret_base, int64_t *ret_slot)
{
	const char *open = memmem(text.at, text.len, ")(", 2);
	int64_t off;
	size_t n;

	*ret_slot = -1;
	if (!open)
		return 0;
	text = skip(text, (size_t)(open - text.at) + 2);
	n = reg_name(text, ret_base);
	if (!n)
		return 0;
	text = trim(skip(text, n));
	if (*ret_base == 10 && verifier_text_number(text, &off) && off < 0 && off >= -512)
		*ret_slot = (-off - 1) / 8;
	return 1;
}

static void any_registers(struct verifier_text text, uint32_t *mask)
{
	uint32_t reg;
	size_t n;

	while (text.len) {
		n = reg_name(text, &reg);
		if (n)
			*mask |= 1u << reg;
		text = skip(text, n ? n : 1);
	}
}

static void store_effect(const struct verifier_line *line, struct verifier_effect *e)
{
	const char *equals = memmem(line->text.at, line->text.len, ") = ", 4);
	struct verifier_text value;
	uint32_t base, reg;

	if (!memory(line->text, &base, &e->writes_slot) || !equals)
		return;
	e->base = base;
	value = skip(line->text, (size_t)(equals - line->text.at) + 4);
	e->writes_whole_slot = BPF_SIZE(line->code) == BPF_DW;
	if (reg_name(value, &reg))
		e->reads = 1u << reg;
}

static void value_effect(const struct verifier_line *line, struct verifier_effect *e)
{
	const char *equals = memchr(line->text.at, '=', line->text.len);
	struct verifier_text value;
	uint32_t reg, base;

	if (!reg_name(line->text, &reg) || !equals || equals == line->text.at)
		return;
	value = trim(skip(line->text, (size_t)(equals - line->text.at) + 1));
	e->writes = 1u << reg;
	e->keeps = equals[-1] != ' ';
	if (BPF_CLASS(line->code) == BPF_LDX && memory(value, &base, &e->reads_slot))
		e->base = base;
	else if (BPF_CLASS(line->code) != BPF_LD)
		any_registers(value, &e->reads);
	e->reads &= ~(1u << 10);
}

void verifier_line_effect(const struct verifier_line *line, struct verifier_effect *ret_effect)
{
	*ret_effect = (struct verifier_effect){ .base = -1, .reads_slot = -1, .writes_slot = -1 };
	if (verifier_text_begins(line->text, "call ")) {
		ret_effect->is_call = 1;
		ret_effect->writes = 0x3f;
		return;
	}
	switch (BPF_CLASS(line->code)) {
	case BPF_ST:
	case BPF_STX:
		store_effect(line, ret_effect);
		break;
	case BPF_JMP:
	case BPF_JMP32:
		ret_effect->is_branch = 1;
		any_registers(line->text, &ret_effect->reads);
		break;
	default:
		value_effect(line, ret_effect);
	}
}

struct verifier_text verifier_text_state(struct verifier_text list, int64_t reg)
{
	struct verifier_text at = list, value;
	int64_t found;
	uint32_t depth = 0;
	size_t n, i;

	for (; at.len; at = skip(at, 1)) {
		if (*at.at != 'R' || (at.at > list.at && at.at[-1] != ' ' && at.at[-1] != '('))
			continue;
		n = verifier_text_number(skip(at, 1), &found);
		if (!n || found != reg)
			continue;
		value = skip(at, n + 1);
		for (i = 0; i < value.len && i < 6 && value.at[i] != '='; i++)
			if (value.at[i] != '_' && value.at[i] != 'w' && value.at[i] != 'r')
				break;
		if (i >= value.len || value.at[i] != '=')
			continue;
		value = skip(value, i + 1);
		for (i = 0; i < value.len && (depth || value.at[i] != ' '); i++)
			depth += (value.at[i] == '(') - (depth && value.at[i] == ')');
		value.len = i;
		return value;
	}
	return (struct verifier_text){ list.at, 0 };
}
