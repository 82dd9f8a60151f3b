/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef OBJECT_VERIFIER_MATCH_H
#define OBJECT_VERIFIER_MATCH_H
/* Which rule a line of the verifier's log speaks of. */
#include <stddef.h>
#include <stdint.h>

struct verifier_match {
	int row; /* of verifier_pattern.def: a smaller one says more */
	uint32_t rule;
	int64_t reg;                       /* "R%d"; -1: none */
	int64_t insn;                      /* "insn %d"; -1: none */
	int64_t acquired;                  /* "alloc_insn=%d"; -1: none */
	int64_t number;                    /* "%w#%d": of a helper; -1: none */
	int64_t off, size;                 /* "off=%d", "size=%d" */
	const char *subject, *subject_end; /* in the line: the first %w; NULL: none */
};

/*
 * verifier_match_line() - the first pattern that a line begins with
 * @line: @len bytes, without the newline
 *
 * Return: 1 and @ret_match; 0 the line says nothing of any rule.
 */
int verifier_match_line(const char *line, size_t len, struct verifier_match *ret_match);

#endif
