/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "noun.h"

#include <stdio.h>
#include <string.h>

#include "out.h"

#define EXIT_USAGE 2

static int usage(const char *noun, const struct noun_verb *verbs, FILE *to)
{
	const struct noun_verb *v;

	fprintf(to, "usage: skep %s VERB [OPTIONS]\n\n", noun);
	for (v = verbs; v->name; v++)
		fprintf(to, "  %-10s %s\n", v->name, v->help);
	fprintf(to, "\nskep %s VERB --help tells the options of a verb, with examples.\n", noun);
	return to == stdout ? 0 : EXIT_USAGE;
}

int noun_run(const char *noun, const struct noun_verb *verbs, int argc, char **argv)
{
	const struct noun_verb *v;

	if (argc < 2)
		return usage(noun, verbs, stderr);
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h") || !strcmp(argv[1], "help"))
		return usage(noun, verbs, stdout);
	for (v = verbs; v->name; v++)
		if (!strcmp(argv[1], v->name))
			return v->run(argc - 1, argv + 1);
	out_error("%s: '%s' is not a verb", noun, argv[1]);
	return usage(noun, verbs, stderr);
}
