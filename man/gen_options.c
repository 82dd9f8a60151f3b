/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * Puts tables of options into a man page: standard input to standard output, with each line "@OPTIONS verb@" or
 * "@OPTIONS noun verb@" replaced by what cli/verb.def or cli/noun.def says of it.
 */
#include <stdio.h>
#include <string.h>

#include "../cli/opt.h"

#define MARK "@OPTIONS "

#define OPT(name, short_name, type, field, argument, fallback, help) \
	{ name, short_name, type, 0, argument, fallback, help, NULL },
#define NOUN_OPT(verbs, name, short_name, type, field, argument, fallback, help) \
	{ name, short_name, type, 0, argument, fallback, help, verbs },

static const struct opt flows[] = {
#include "../cli/flows.def"
	{ 0 },
};

static const struct opt attach[] = {
#include "../cli/attach.def"
	{ 0 },
};

static const struct opt bpffs[] = {
#include "../cli/bpffs.def"
	{ 0 },
};

static const struct opt btf[] = {
#include "../cli/btf.def"
	{ 0 },
};

static const struct opt detach[] = {
#include "../cli/detach.def"
	{ 0 },
};

static const struct opt feature[] = {
#include "../cli/feature.def"
	{ 0 },
};

static const struct opt link[] = {
#include "../cli/link.def"
	{ 0 },
};

static const struct opt map[] = {
#include "../cli/map.def"
	{ 0 },
};

static const struct opt object[] = {
#include "../cli/object.def"
	{ 0 },
};

static const struct {
	const char *name; /* of the verb or noun */
	const struct opt *rows;
} tables[] = {
	{ "attach", attach }, { "bpffs", bpffs },     { "btf", btf },
	{ "detach", detach }, { "feature", feature }, { "flows", flows },
	{ "link", link },     { "map", map },         { "object", object },
};

/* Text that scdoc(5) is to take literally. */
static void put_text(const char *text)
{
	for (; *text; text++) {
		if (strchr("\\*_", *text))
			putchar('\\');
		putchar(*text);
	}
}

static void put_option(const struct opt *o)
{
	int word = o->type == OPT_WORD || o->type == OPT_WORDS;

	if (o->short_name)
		printf("*-%c*, ", o->short_name);
	if (!word)
		printf("*--%s*", o->name);
	if (*o->argument) {
		fputs(word ? "_" : " _", stdout);
		put_text(o->argument);
		putchar('_');
	}
	fputs("\n\t", stdout);
	put_text(o->help);
	fputs(*o->fallback ? ". Default: *" : ".", stdout);
	put_text(o->fallback);
	fputs(*o->fallback ? "*.\n\n" : "\n\n", stdout);
}

/* The rows of a verb. Return: how many; 0: there is no such verb. */
static size_t put_options(const char *verb)
{
	size_t len = strcspn(verb, " "), i, count = 0;
	const struct opt *o;

	for (i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
		if (strlen(tables[i].name) != len || strncmp(verb, tables[i].name, len) != 0)
			continue;
		for (o = tables[i].rows; o->name; o++)
			if (opt_is_of(o, verb)) {
				put_option(o);
				count++;
			}
	}
	return count;
}

int main(void)
{
	char line[1024];

	while (fgets(line, sizeof(line), stdin)) {
		if (strncmp(line, MARK, strlen(MARK)) != 0) {
			fputs(line, stdout);
			continue;
		}
		line[strcspn(line, "\n") - 1] = '\0';
		if (!put_options(line + strlen(MARK))) {
			fprintf(stderr, "gen_options: no table for '%s'\n", line + strlen(MARK));
			return 1;
		}
	}
	return ferror(stdin) || fflush(stdout) != 0;
}
