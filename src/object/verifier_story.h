/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef OBJECT_VERIFIER_STORY_H
#define OBJECT_VERIFIER_STORY_H
/* What made a register, or a piece of stack, what it is where the program was rejected. */
#include <skep/verifier.h>

#include "object/verifier_line.h"

struct story_step {
	int64_t insn;
	struct verifier_text text, told, source; /* source: the line, with its file */
};

/* Steps, the last one first. */
struct story {
	struct story_step steps[SKEP_VERIFIER_STEPS];
	size_t count;
	uint32_t regs;  /* whose value is still looked for */
	uint64_t slots; /* of the stack: bit n is the 8 bytes at -8 * (n + 1) */
};

/*
 * verifier_story_tell() - walk back from the rejected instruction
 * @at:    where its line begins
 * @story: regs and slots say whose story it is
 */
void verifier_story_tell(const struct verifier_log *log, size_t at, struct story *story);

/* The source line that holds for the line that begins at @at; of length 0 if the log has none. */
struct verifier_text verifier_story_source(const struct verifier_log *log, size_t at);

/* Adds the step of one instruction, the last one before @at. Return: 1; 0 the log does not have it. */
int verifier_story_add(const struct verifier_log *log, size_t at, int64_t insn,
		       struct story *story);

/* Adds the last call before @at: it has spent what pointed into a packet. */
void verifier_story_add_call(const struct verifier_log *log, size_t at, struct story *story);

/*
 * verifier_story_events() - what 7.2 and later tell of the way
 *
 * Puts their words into the steps of the same instruction, and adds those that are missing.
 */
void verifier_story_events(const struct verifier_log *log, struct story *story);

#endif
