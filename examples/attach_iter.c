/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * Reads what an iterator writes: a line for each thread of the system.
 *
 *	$ sudo ./attach_iter attach.bpf.o
 *	iter ..., by link
 *	thread of process ...
 *	... lines, one of them for this process
 */
#include <unistd.h>

#include <skep/attach_iter.h>

#include "runs.h"

int main(int argc, char **argv)
{
	_cleanup_(skep_attachment_closep) struct skep_attachment *a = NULL;
	_cleanup_(skep_loaded_closep) struct skep_loaded *loaded = NULL;
	_cleanup_(skep_iter_closep) struct skep_iter *iter = NULL;
	struct skep_error err = { 0 };
	char own[64];
	const char *line;
	int lines = 0, found = 0, r = load_program(argv[argc - 1], "each_task", &loaded, &err);

	if (r >= 0)
		r = skep_iter_attach(r, NULL, &a, &err);
	if (r >= 0)
		r = skep_iter_open(a, &iter, &err);
	if (r < 0)
		return fail("attach_iter", &err);
	tell(a);
	snprintf(own, sizeof(own), "thread of process %d", (int)getpid());
	while (skep_iter_line(iter, &line) > 0) {
		if (!lines++)
			printf("%s\n", line);
		found += !strcmp(line, own);
	}
	printf("%d lines, %s of them for this process\n", lines, found == 1 ? "one" : "not one");
	return 0;
}
