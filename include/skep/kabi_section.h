/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef SKEP_KABI_SECTION_H
#define SKEP_KABI_SECTION_H
/*
 * What the name of a section says of the programs in it.
 */
#include <skep/base.h>

SKEP_BEGIN

/* How a name has to go on after the prefix. */
enum skep_section_rest {
	SKEP_SECTION_EXACT = 0,  /* not at all */
	SKEP_SECTION_TARGET = 1, /* "/" and a target may follow */
	SKEP_SECTION_LOOSE =
		2, /* anything may follow, for a reader: "xdp_ingress", "classifier/x" */
};

/* A row of the table. Static, as its strings are. */
struct skep_section_rule {
	const char *prefix;   /* "fentry" */
	uint32_t rest;        /* enum skep_section_rest */
	uint32_t prog_type;   /* SKEP_PROG_TYPE_* */
	uint32_t attach_type; /* SKEP_ATTACH_TYPE_*; 0 also where there is none */
	uint32_t prog_flags;  /* SKEP_PROG_FLAG_* */
};

/**
 * skep_section_rules() - the table
 * @ret_count: rows in it
 *
 * Return: the rows; of several that fit a name, the first counts.
 * Context: any thread.
 * Source: src/kabi/section.def.
 */
const struct skep_section_rule *skep_section_rules(size_t *ret_count);

/**
 * skep_section_find() - what a name says
 * @name:       of a section: "fentry/do_unlinkat"; a "?" before it does not count
 * @ret_target: what follows the prefix and a "/": "do_unlinkat"; "" nothing; in @name; NULL: not wanted
 *
 * Return: the rule; NULL: none fits.
 * Context: any thread.
 * Source: src/kabi/section.def.
 */
const struct skep_section_rule *skep_section_find(const char *name, const char **ret_target);

SKEP_END
#endif
