/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "opt.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <skep/duration.h>

#include "out.h"

#define ROWS_MAX 64
#define LONG_ONLY 256 /* what getopt returns for row i without a short name: LONG_ONLY + i */

static int parse_number(const char *text, int base, uint64_t *ret)
{
	char *end;

	if (text[0] < '0' || text[0] > '9')
		return -EINVAL;
	errno = 0;
	*ret = strtoull(text, &end, base);
	return *end || errno ? -EINVAL : 0;
}

/* The place of @text among words between |, from 1; 0: none of them. */
static uint64_t parse_choice(const char *words, const char *text)
{
	uint64_t place = 1;
	size_t len;

	for (;; place++) {
		len = strcspn(words, "|");
		if (strlen(text) == len && !strncmp(words, text, len))
			return place;
		if (!words[len])
			return 0;
		words += len + 1;
	}
}

static int set(const char *verb, const struct opt *o, const char *text, void *to)
{
	uint64_t *value = (void *)((char *)to + o->offset);
	struct opt_list *list = (void *)((char *)to + o->offset);
	const char **word = (void *)((char *)to + o->offset);
	int r;

	switch (o->type) {
	case OPT_COUNT:
		if (parse_number(text, 10, value) == 0 && *value)
			return 0;
		out_error("%s: --%s: '%s' is not a whole number from 1 to 2^64 - 1", verb, o->name,
			  text);
		return -1;
	case OPT_COUNT32:
		if (parse_number(text, 10, value) == 0 && *value && *value <= UINT32_MAX)
			return 0;
		out_error("%s: --%s: '%s' is not a whole number from 1 to 2^32 - 1", verb, o->name,
			  text);
		return -1;
	case OPT_NUMBER:
		if (parse_number(text, 10, value) == 0)
			return 0;
		out_error("%s: --%s: '%s' is not a whole number from 0 to 2^64 - 1", verb, o->name,
			  text);
		return -1;
	case OPT_DURATION:
		r = skep_duration_parse(text, value);
		if (r == 0 && *value)
			return 0;
		out_error("%s: --%s: '%s' is not a duration (write 250ms, 10s, 1m30s)%s", verb,
			  o->name, text,
			  r == -ERANGE ? ": too long"
			  : r == 0     ? ": it has to be more than 0"
				       : "");
		return -1;
	case OPT_CHOICE:
		*value = parse_choice(o->argument, text);
		if (*value)
			return 0;
		out_error("%s: --%s: '%s' is not one of %s", verb, o->name, text, o->argument);
		return -1;
	case OPT_ID:
		if (parse_number(text, 10, value) == 0 && *value < UINT32_MAX)
			return 0;
		out_error("%s: --%s: '%s' is not a whole number from 0 to 2^32 - 2", verb, o->name,
			  text);
		return -1;
	case OPT_OCTAL:
		if (parse_number(text, 8, value) == 0 && *value && *value <= 07777)
			return 0;
		out_error("%s: --%s: '%s' is not a file mode from 1 to 7777 (write 0755)", verb,
			  o->name, text);
		return -1;
	case OPT_NAME:
		if (*text && !*word) {
			*word = text;
			return 0;
		}
		out_error(*word ? "%s: --%s is given twice" : "%s: --%s is empty", verb, o->name);
		return -1;
	case OPT_TEXT:
	case OPT_WORD:
		*word = text;
		return 0;
	case OPT_LIST:
	case OPT_WORDS:
		if (list->count < OPT_LIST_MAX) {
			list->items[list->count++] = text;
			return 0;
		}
		out_error("%s: %s: at most %d of them", verb, o->name, OPT_LIST_MAX);
		return -1;
	default:
		*value = 1;
		return 0;
	}
}

static int is_word(const struct opt *o)
{
	return o->type == OPT_WORD || o->type == OPT_WORDS;
}

static const struct opt *find_row(const char *verb, const struct opt *table, int c)
{
	const struct opt *o;

	if (c >= LONG_ONLY)
		return &table[c - LONG_ONLY];
	for (o = table; o->name; o++)
		if (o->short_name == c && opt_is_of(o, verb))
			return o;
	return NULL;
}

/* What getopt(3) wants to know, from the table. */
static void getopt_rows(const char *verb, const struct opt *table, struct option *longs,
			char *shorts)
{
	const struct opt *o;

	*shorts++ = ':'; /* messages are ours */
	for (o = table; o->name; o++) {
		int takes = o->type != OPT_FLAG && o->type != OPT_HELP;

		if (is_word(o) || !opt_is_of(o, verb))
			continue;
		*longs++ = (struct option){ .name = o->name,
					    .has_arg = takes ? required_argument : no_argument,
					    .val = o->short_name ? o->short_name
								 : LONG_ONLY + (int)(o - table) };
		if (o->short_name) {
			*shorts++ = (char)o->short_name;
			if (takes)
				*shorts++ = ':';
		}
	}
	*longs = (struct option){ 0 };
	*shorts = '\0';
}

/* The words that are no options go to the rows for words, in order. */
static int set_words(const char *verb, const struct opt *table, int argc, char **argv, void *to)
{
	const struct opt *o;

	for (o = table; o->name; o++) {
		if (!is_word(o) || !opt_is_of(o, verb))
			continue;
		if (optind >= argc && o->argument[0] != '[') {
			out_error("%s: %s is missing (see skep %s --help)", verb, o->argument,
				  verb);
			return -1;
		}
		while (optind < argc) {
			if (set(verb, o, argv[optind++], to) < 0)
				return -1;
			if (o->type == OPT_WORD)
				break;
		}
	}
	if (optind < argc) {
		out_error("%s: '%s' is one word too many", verb, argv[optind]);
		return -1;
	}
	return 0;
}

int opt_parse(const char *verb, const struct opt *table, int argc, char **argv, void *to)
{
	struct option longs[ROWS_MAX + 1];
	char shorts[2 * ROWS_MAX + 3];
	const struct opt *o;
	int c;

	out_set_verb(verb);
	for (o = table; o->name; o++)
		if (opt_is_of(o, verb) && *o->fallback && set(verb, o, o->fallback, to) < 0)
			return -1;
	getopt_rows(verb, table, longs, shorts);
	opterr = 0;
	optind = 1;
	while ((c = getopt_long(argc, argv, shorts, longs, NULL)) != -1) {
		if (c == ':') {
			out_error("%s: %s needs a value", verb, argv[optind - 1]);
			return -1;
		}
		if (c == '?') {
			if (optopt && optopt < LONG_ONLY && !find_row(verb, table, optopt))
				out_error("%s: unknown option '-%c' (see skep %s --help)", verb,
					  optopt, verb);
			else
				out_error("%s: unknown or misused option '%s' (see skep %s --help)",
					  verb, argv[optind - 1], verb);
			return -1;
		}
		o = find_row(verb, table, c);
		if (o->type == OPT_HELP)
			return 1;
		if (set(verb, o, optarg, to) < 0)
			return -1;
	}
	return set_words(verb, table, argc, argv, to);
}

/* Text in lines of at most 72 columns, indented. */
static void print_wrapped(const char *text, int indent)
{
	int column = 0;

	while (*text) {
		int len = (int)strcspn(text, " ");

		if (column && column + 1 + len > 72 - indent) {
			putchar('\n');
			column = 0;
		}
		printf("%*s%.*s", column ? 1 : indent, "", len, text);
		column += len + (column ? 1 : 0);
		text += len;
		text += *text == ' ';
	}
	putchar('\n');
}

static void print_row(const struct opt *o)
{
	if (is_word(o)) {
		printf("  %s", o->argument);
	} else {
		if (o->short_name)
			printf("  -%c, ", o->short_name);
		else
			printf("      ");
		printf("--%s%s%s", o->name, *o->argument ? " " : "", o->argument);
	}
	if (*o->fallback)
		printf("  (%s)", o->fallback);
	putchar('\n');
	print_wrapped(o->help, 10);
}

void opt_help(const char *verb, const struct opt *table, const char *about, const char *examples)
{
	const struct opt *o;

	printf("usage: skep %s [OPTIONS]", verb);
	for (o = table; o->name; o++)
		if (is_word(o) && opt_is_of(o, verb))
			printf(" %s", o->argument);
	printf("\n\n%s\n\n", about);
	for (o = table; o->name; o++)
		if (opt_is_of(o, verb))
			print_row(o);
	if (examples)
		printf("\nexamples:\n%s", examples);
}
