/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef CLI_FEATURE_H
#define CLI_FEATURE_H
/*
 * What skep feature has found out, between asking and telling.
 */
#include <stddef.h>
#include <stdint.h>

#include <skep/system.h>

#include "opt.h"

struct skep_error;
struct skep_features;

/* In the order in which they are told. */
enum feature_section {
	FEATURE_SYSTEM,
	FEATURE_MISC,
	FEATURE_PROGRAM_TYPES,
	FEATURE_MAP_TYPES,
	FEATURE_ATTACH_TYPES,
	FEATURE_LINK_TYPES,
	FEATURE_ATTACHING,
	FEATURE_HELPERS,
	FEATURE_KFUNCS,
	FEATURE_SECTIONS,
};

struct feature_section_name {
	const char *name;  /* of --section, and in JSON */
	const char *title; /* for people */
	const char *macro; /* HAVE_<name>_<macro>; "": HAVE_<name> */
};

extern const struct feature_section_name feature_sections[FEATURE_SECTIONS];

struct feature_row {
	enum feature_section section;
	const char *
		group; /* of a way to attach, helper, kfunc: the family, program type, function; else NULL */
	const char *name;
	const char *note; /* for people; NULL: none */
	int answer;       /* 1, 0, a negative errno */
	char *reason;     /* of a negative one */
};

struct feature_list {
	struct feature_row *rows;
	size_t count, room;
	size_t told, unknown; /* questions to the kernel */
	uint32_t kind;        /* of the first error */
	struct skep_system *system;
	uint64_t wanted; /* a bit a section */
};

/*
 * feature_list_ask() - ask for all that is wanted
 * @kfuncs: functions to ask for
 *
 * Return: 0; a negative errno.
 */
int feature_list_ask(struct feature_list *list, const struct opt_list *kfuncs,
		     struct skep_error *err);
void feature_list_fini(struct feature_list *list);

void feature_print_text(const struct feature_list *list, int names_of_helpers);
void feature_print_macros(const struct feature_list *list);
int feature_print_json(const struct feature_list *list);

/* Return: the exit status. */
int feature_diff(const char *from, const char *to, int json);

#endif
