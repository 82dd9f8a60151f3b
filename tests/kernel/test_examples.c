/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* Examples that use a manager print what their first comment says, on every kernel that has what they need. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <skep/error.h>

#include "base/cleanup.h"
#include "bpf_fixture.h"
#include "hook.h"
#include "lab/netns.h"

#define OUTPUT_SIZE 4096
#define SKIPPED 77

struct example {
	const char *program, *source, *object;
	char name[128];
};

/* The lines that the comment tells, after the command. */
static void read_told(const struct example *e, char told[OUTPUT_SIZE])
{
	FILE *f = fopen(e->source, "re");
	int behind = 0;
	char line[256];
	size_t len = 0;

	assert_non_null(f);
	while (fgets(line, sizeof(line), f) && strcmp(line, " */\n") != 0)
		if (!strncmp(line, " *\t$ ", 5))
			behind = 1;
		else if (behind && !strncmp(line, " *\t", 3))
			len += (size_t)snprintf(told + len, OUTPUT_SIZE - len, "%s", line + 3);
	fclose(f);
	assert_true(behind && len && len < OUTPUT_SIZE);
}

/* "..." is any text within a line. */
static int matches(const char *told, const char *text)
{
	const char *line_end = strchr(text, '\n'), *next;

	for (; *told; told++, text++) {
		if (!strncmp(told, "...", 3)) {
			for (next = text; line_end && next <= line_end; next++)
				if (matches(told + 3, next))
					return 1;
			return 0;
		}
		if (*told != *text)
			return 0;
		if (*text == '\n')
			line_end = strchr(text + 1, '\n');
	}
	return !*text;
}

/* Return: its exit status. */
static int run(const struct example *e, char output[OUTPUT_SIZE])
{
	size_t len = 0;
	int out[2], status = -1;
	ssize_t n;
	pid_t pid;

	assert_int_equal(pipe(out), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		dup2(out[1], STDOUT_FILENO);
		close(out[0]);
		close(out[1]);
		execl(e->program, e->program, e->object, (char *)NULL);
		_exit(127);
	}
	close(out[1]);
	while ((n = read(out[0], output + len, OUTPUT_SIZE - 1 - len)) > 0)
		len += (size_t)n;
	output[len] = '\0';
	close(out[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static int run_inside(void *userdata)
{
	const struct example *e = userdata;
	char told[OUTPUT_SIZE] = "", output[OUTPUT_SIZE];
	int status;

	if (strstr(e->name, "uprobe") && access("/bin/bash", X_OK) < 0)
		return SKIPPED; /* guests have none */
	hook_enter();
	read_told(e, told);
	status = run(e, output);
	if (status == skep_error_exit_code(SKEP_ERR_UNSUPPORTED) ||
	    status == skep_error_exit_code(SKEP_ERR_PERMISSION))
		return SKIPPED; /* this kernel has no such programs, or (lockdown) nobody may load them */
	if (status || !matches(told, output)) {
		fprintf(stderr, "# %s: exit status %d, and it prints\n%s", e->name, status, output);
		fail();
	}
	return lab_leaks();
}

static void example(void **state)
{
	int r = lab_in_netns(run_inside, *state);

	if (r == SKIPPED)
		skip();
	assert_int_equal(r, 0);
}

int main(int argc, char **argv)
{
	const size_t count = (size_t)(argc - 1) / 3;
	struct CMUnitTest *tests = calloc(count + 1, sizeof(*tests));
	struct example *examples = calloc(count + 1, sizeof(*examples));
	int r;

	if (argc < 4 || !tests || !examples) {
		fprintf(stderr, "usage: test_examples PROGRAM SOURCE OBJECT ...\n");
		return 2;
	}
	for (size_t i = 0; i < count; i++) {
		struct example *e = &examples[i];

		*e = (struct example){ argv[3 * i + 1], argv[3 * i + 2], argv[3 * i + 3], "" };
		snprintf(e->name, sizeof(e->name), "example__%.100s",
			 strrchr(e->program, '/') ? strrchr(e->program, '/') + 1 : e->program);
		tests[i] = (struct CMUnitTest){ e->name, example, NULL, NULL, e };
	}
	r = _cmocka_run_group_tests("tests", tests, count, NULL, NULL);
	free(tests);
	free(examples);
	return r;
}
