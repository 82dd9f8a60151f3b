/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef CLI_OPT_H
#define CLI_OPT_H
/*
 * Options as tables: one row parses, is told by --help and stands in the man page.
 */
#include <stddef.h>
#include <stdint.h>

enum opt_type {
	OPT_FLAG,     /* uint64_t: 1 */
	OPT_COUNT,    /* uint64_t: a whole number of at least 1 */
	OPT_DURATION, /* uint64_t: nanoseconds, more than 0 */
	OPT_CHOICE,   /* uint64_t: the place of the word in the argument column, from 1 */
	OPT_LIST,     /* struct opt_list: repeatable */
	OPT_HELP,
};

#define OPT_LIST_MAX 64

struct opt_list {
	const char *items[OPT_LIST_MAX];
	uint64_t count;
};

struct opt {
	const char *name;
	int short_name; /* 0: none */
	enum opt_type type;
	size_t offset;        /* of the field in the verb's options */
	const char *argument; /* as shown; of a choice: the words, between | */
	const char *fallback; /* "": none, the field stays 0 */
	const char *help;
};

/*
 * opt_parse() - the command line of a verb into its options
 * @verb:  its name, for messages
 * @table: rows, ended by one without a name
 * @to:    the verb's options, zeroed
 *
 * Return: 0; 1 help was asked for; -1 usage: a message has been printed.
 */
int opt_parse(const char *verb, const struct opt *table, int argc, char **argv, void *to);

/* Prints the rows as --help shows them, to standard output. */
void opt_help(const struct opt *table);

#endif
