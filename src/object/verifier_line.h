/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef OBJECT_VERIFIER_LINE_H
#define OBJECT_VERIFIER_LINE_H
/* The lines of a verifier's log, from the end to the beginning, and what an instruction in it does. */
#include <stddef.h>
#include <stdint.h>

/* A piece of the log: not NUL-terminated. */
struct verifier_text {
	const char *at;
	size_t len;
};

/* What is read of a log: the end of it, before the statistics. */
struct verifier_log {
	const char *text;
	size_t end;      /* of the old dialect */
	size_t whole;    /* of what the new dialect adds, too */
	uint64_t is_cut; /* the statistics are missing */
};

enum verifier_line_kind {
	VERIFIER_LINE_OTHER,
	VERIFIER_LINE_INSN, /* "12: (0f) r0 += r1   ; R0=..." */
	VERIFIER_LINE_FROM, /* "from 8 to 12: R0=...": what follows is another way, which begins with a jump */
	VERIFIER_LINE_SOURCE, /* "; value[at] += 1; @ file.c:12" */
};

struct verifier_line {
	uint32_t kind;
	uint32_t code; /* the instruction's first byte */
	int64_t insn;  /* its index; of FROM: where the jump is */
	struct verifier_text whole, text, state;
};

/* What an instruction does to registers and stack: masks of registers, and of 8-byte slots below r10. */
struct verifier_effect {
	uint32_t writes;
	uint32_t reads; /* what the new value is made of; of a condition, what it looks at */
	uint32_t keeps; /* the old value of what is written goes into the new one */
	uint32_t is_call, is_branch;
	int64_t base;                    /* the register that memory is accessed by; -1: none is */
	int64_t reads_slot, writes_slot; /* -1: none */
	uint32_t writes_whole_slot;
};

/*
 * verifier_log_init() - find the ends of a log
 * @text: ends at its first NUL, or at @bytes
 */
void verifier_log_init(struct verifier_log *log, const char *text, size_t bytes);

/*
 * verifier_line_before() - the line that ends at or before *@at
 * @at: in/out: begin with the end of the log; then where the line begins
 *
 * Return: 1; 0 there is no line before.
 */
int verifier_line_before(const struct verifier_log *log, size_t *at,
			 struct verifier_line *ret_line);

/* What the instruction of a line does. */
void verifier_line_effect(const struct verifier_line *line, struct verifier_effect *ret_effect);

/*
 * verifier_text_state() - what a list of states says of a register: "R0=map_value(off=0)"
 *
 * Return: the piece behind the "="; of length 0 if it does not say.
 */
struct verifier_text verifier_text_state(struct verifier_text list, int64_t reg);

int verifier_text_begins(struct verifier_text text, const char *word);

/* Return: digits taken from the beginning of @text; 0: there are none. */
size_t verifier_text_number(struct verifier_text text, int64_t *ret_value);

#endif
