/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef TEXT_PATTERN_H
#define TEXT_PATTERN_H
/*
 * Patterns of names: an exact name, a glob (with *, ? or [...]), or /an extended regular expression/, which matches
 * anywhere in the name unless anchored.
 */
#include <skep/base.h>

struct skep_error;
struct text_pattern;

/*
 * text_pattern_new() - compile a pattern
 * @text:        copied
 * @ret_pattern: owned by the caller, text_pattern_free()
 *
 * Return: 0; -EINVAL empty, or a bad expression; -ENOMEM.
 * Source: fnmatch(3), regcomp(3).
 */
int text_pattern_new(const char *text, struct text_pattern **ret_pattern, struct skep_error *err);

/* Return: NULL. */
struct text_pattern *text_pattern_free(struct text_pattern *pattern);

/* Return: 1 if @name matches, else 0. */
int text_pattern_match(const struct text_pattern *pattern, const char *name);

/* Return: 1 if the pattern is an exact name. */
int text_pattern_exact(const struct text_pattern *pattern);

/* Return: the pattern as it was written; borrowed. */
const char *text_pattern_text(const struct text_pattern *pattern);

SKEP_DEFINE_CLEANUP(struct text_pattern, text_pattern_free)

#endif
