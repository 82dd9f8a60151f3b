/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* skep: parses the first word and calls the verb. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <skep/version.h>

#include "out.h"
#include "verbs.h"

#define EXIT_USAGE 2

static const struct {
	const char *name;
	int (*run)(int argc, char **argv); /* argv[0] is the verb; returns the exit status */
	const char *help;
} verbs[] = {
#define VERB(name, run, help) { name, run, help },
#include "verbs.def"
#undef VERB
};

#define VERB_COUNT (sizeof(verbs) / sizeof(verbs[0]))

static int usage(FILE *to)
{
	size_t i;

	fputs("usage: skep VERB [OPTIONS]\n\n", to);
	for (i = 0; i < VERB_COUNT; i++)
		fprintf(to, "  %-10s %s\n", verbs[i].name, verbs[i].help);
	fputs("\nskep VERB --help tells the options of a verb; skep --version the version.\n", to);
	return to == stdout ? 0 : EXIT_USAGE;
}

static int version(void)
{
	printf("skep %s\nlibbpf %s\n", skep_version(), skep_libbpf_version());
	return 0;
}

/* Standard fds that are closed would be taken by the next file that is opened: use of these fails instead. */
static void fill_standard_fds(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDONLY);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd >= 0)
		close(fd);
}

static int run(int argc, char **argv)
{
	size_t i;

	if (argc < 2)
		return usage(stderr);
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h") || !strcmp(argv[1], "help"))
		return usage(stdout);
	if (!strcmp(argv[1], "--version") || !strcmp(argv[1], "-V"))
		return version();
	for (i = 0; i < VERB_COUNT; i++)
		if (!strcmp(argv[1], verbs[i].name))
			return verbs[i].run(argc - 1, argv + 1);
	out_error("'%s' is not a verb", argv[1]);
	return usage(stderr);
}

int main(int argc, char **argv)
{
	int r, unwritten;

	fill_standard_fds();
	signal(SIGPIPE, SIG_IGN); /* who reads us may have had enough: see out_finish() */
	r = run(argc, argv);
	unwritten = out_finish();
	return r ? r : unwritten;
}
