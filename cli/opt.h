/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef CLI_OPT_H
#define CLI_OPT_H
/*
 * Options as tables: one row parses, is told by --help and stands in the man page.
 */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum opt_type {
	OPT_FLAG,     /* uint64_t: 1 */
	OPT_COUNT,    /* uint64_t: a whole number of at least 1 */
	OPT_COUNT32,  /* uint64_t: the same, of 32 bits */
	OPT_NUMBER,   /* uint64_t: a whole number that may be 0 */
	OPT_DURATION, /* uint64_t: nanoseconds, more than 0 */
	OPT_CHOICE,   /* uint64_t: the place of the word in the argument column, from 1 */
	OPT_LIST,     /* struct opt_list: repeatable */
	OPT_TEXT,     /* const char * */
	OPT_NAME,     /* const char *: not empty, and given once */
	OPT_ID,       /* uint64_t: a whole number that may be 0, as of a user */
	OPT_OCTAL,    /* uint64_t: a file mode, not 0: that is none given */
	OPT_WORD,     /* const char *: a word that is no option; [ARGUMENT]: it may be absent */
	OPT_WORDS,    /* struct opt_list: all further words; [ARGUMENT]...: there may be none */
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
	const char *verbs; /* of a noun: those that know the option, "show ls"; NULL: all */
};

/*
 * opt_parse() - the command line of a verb into its options
 * @verb:  its name, with the noun's before it if it has one: "bpffs ls"
 * @table: rows, ended by one without a name; those with other verbs are passed over
 * @to:    the verb's options, zeroed
 *
 * Return: 0; 1 help was asked for; -1 usage: a message has been printed.
 */
int opt_parse(const char *verb, const struct opt *table, int argc, char **argv, void *to);

/* Is the row one of the verb? */
static inline int opt_is_of(const struct opt *row, const char *verb)
{
	const char *name = strrchr(verb, ' '), *at = row->verbs;
	size_t len;

	name = name ? name + 1 : verb;
	while (at && *at) {
		len = strcspn(at, " ");
		if (len == strlen(name) && !strncmp(at, name, len))
			return 1;
		at += len + strspn(at + len, " ");
	}
	return !row->verbs;
}

/*
 * opt_help() - what --help prints, to standard output: usage, purpose, options, examples
 * @about:    a sentence
 * @examples: lines, each ended by \n; NULL: none
 */
void opt_help(const char *verb, const struct opt *table, const char *about, const char *examples);

#endif
