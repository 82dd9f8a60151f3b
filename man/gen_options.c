/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * Puts the table of options into a man page: standard input to standard output, with the line @OPTIONS@ replaced by
 * what cli/flows.def says.
 */
#include <stdio.h>
#include <string.h>

#include "../cli/opt.h"

static const struct opt table[] = {
#define OPT(name, short_name, type, field, argument, fallback, help) \
	{ name, short_name, type, 0, argument, fallback, help },
#include "../cli/flows.def"
#undef OPT
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
	if (o->short_name)
		printf("*-%c*, ", o->short_name);
	printf("*--%s*", o->name);
	if (*o->argument) {
		fputs(" _", stdout);
		put_text(o->argument);
		putchar('_');
	}
	fputs("\n\t", stdout);
	put_text(o->help);
	fputs(*o->fallback ? ". Default: *" : ".", stdout);
	put_text(o->fallback);
	fputs(*o->fallback ? "*.\n\n" : "\n\n", stdout);
}

int main(void)
{
	char line[1024];
	size_t i;

	while (fgets(line, sizeof(line), stdin)) {
		if (strcmp(line, "@OPTIONS@\n")) {
			fputs(line, stdout);
			continue;
		}
		for (i = 0; i < sizeof(table) / sizeof(table[0]); i++)
			put_option(&table[i]);
	}
	return ferror(stdin) || fflush(stdout) != 0;
}
