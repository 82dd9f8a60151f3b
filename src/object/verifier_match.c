/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "object/verifier_match.h"

#include <string.h>

#include <skep/verifier_rules.h>

#include "base/cleanup.h"

static const struct {
	uint32_t rule;
	const char *text;
} patterns[] = {
#define SKEP_VERIFIER_PATTERN(rule_, text_) { SKEP_VERIFIER_RULE_##rule_, text_ },
#include "object/verifier_pattern.def"
#undef SKEP_VERIFIER_PATTERN
};

static int is_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '_' || c == '.' || c == '[' || c == ']';
}

/* Digits, with a sign or 0x before them. Return: behind them; NULL: there are none. */
static const char *number(const char *at, const char *end, int64_t *ret_value)
{
	const int negative = at < end && *at == '-';
	uint64_t value = 0, digit;
	uint32_t base = 10;
	const char *begin;

	at += negative;
	if (end - at > 2 && at[0] == '0' && at[1] == 'x') {
		base = 16;
		at += 2;
	}
	for (begin = at; at < end; at++) {
		if (*at >= '0' && *at <= '9')
			digit = (uint64_t)(*at - '0');
		else if (base == 16 && *at >= 'a' && *at <= 'f')
			digit = (uint64_t)(*at - 'a') + 10;
		else
			break;
		if (value < UINT32_MAX)
			value = value * base + digit;
	}
	*ret_value = negative ? -(int64_t)value : (int64_t)value;
	return at > begin ? at : NULL;
}

/* Whether what stands in the pattern before @at is @word. */
static int after(const char *pattern, const char *at, const char *word)
{
	const size_t len = strlen(word);

	return (size_t)(at - pattern) >= len && !memcmp(at - len, word, len);
}

static void note_number(const char *pattern, const char *at, int64_t value,
			struct verifier_match *match)
{
	if (after(pattern, at, "R"))
		match->reg = value;
	else if (after(pattern, at, "alloc_insn="))
		match->acquired = value;
	else if (after(pattern, at, "%w#"))
		match->number = value;
	else if (after(pattern, at, "insn ") && match->insn < 0)
		match->insn = value;
	else if (after(pattern, at, " off="))
		match->off = value;
	else if (after(pattern, at, " size="))
		match->size = value;
}

/* One element of a pattern that is no *. Return: behind what it took of the line; NULL: it does not match. */
static const char *take(const char *pattern, const char *at, const char *line, const char *end,
			struct verifier_match *match)
{
	const char *begin = line;
	int64_t value;

	if (at[0] == '%' && at[1] == 'd') {
		line = number(line, end, &value);
		if (line)
			note_number(pattern, at, value, match);
		return line;
	}
	if (at[0] == '%' && at[1] == 'w') {
		while (line < end && is_word(*line))
			line++;
		if (line > begin && !match->subject) {
			match->subject = begin;
			match->subject_end = line;
		}
		return line > begin ? line : NULL;
	}
	return line < end && *line == *at ? line + 1 : NULL;
}

/* A * takes as little as it can; only the last one is tried again, which finds a match if there is one. */
static int matches(const char *pattern, const char *line, const char *end,
		   struct verifier_match *match)
{
	const char *at = pattern, *star = NULL, *retry = NULL, *next;

	*match = (struct verifier_match){ .reg = -1, .insn = -1, .acquired = -1, .number = -1 };
	while (*at) {
		if (*at == '*') {
			star = ++at;
			retry = line;
			continue;
		}
		next = take(pattern, at, line, end, match);
		if (next) {
			at += *at == '%' ? 2 : 1;
			line = next;
			continue;
		}
		if (!star || retry >= end)
			return 0;
		at = star;
		line = ++retry;
	}
	return 1;
}

int verifier_match_line(const char *line, size_t len, struct verifier_match *ret_match)
{
	size_t row;

	for (row = 0; row < ARRAY_SIZE(patterns); row++) {
		if (!matches(patterns[row].text, line, line + len, ret_match))
			continue;
		ret_match->row = (int)row;
		ret_match->rule = patterns[row].rule;
		return 1;
	}
	return 0;
}
