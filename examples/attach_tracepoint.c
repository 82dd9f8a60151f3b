/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * Runs programs at tracepoints of the kernel: with what the tracepoint prints, with its raw arguments, and with typed ones.
 *
 *	$ sudo ./attach_tracepoint attach.bpf.o
 *	tracepoint sched/sched_switch, by ...
 *	it has run
 *	raw_tracepoint sched_switch, by raw_tracepoint
 *	it has run
 *	tp_btf what it was loaded for, by link
 *	it has run
 */
#include <unistd.h>

#include <skep/attach_tracepoint.h>
#include <skep/attach_tracing.h>
#include <skep/tracefs.h>

#include "runs.h"

static int attach_event(int prog_fd, struct skep_attachment **ret, struct skep_error *err)
{
	const struct skep_tracepoint_opts o = { .sz = sizeof(o),
						.category = "sched",
						.name = "sched_switch" };

	return skep_tracepoint_attach(prog_fd, &o, ret, err);
}

static int attach_raw(int prog_fd, struct skep_attachment **ret, struct skep_error *err)
{
	const struct skep_raw_tracepoint_opts o = { .sz = sizeof(o), .name = "sched_switch" };

	return skep_raw_tracepoint_attach(prog_fd, &o, ret, err);
}

static int attach_typed(int prog_fd, struct skep_attachment **ret, struct skep_error *err)
{
	return skep_tracing_attach(prog_fd, SKEP_ATTACH_FAMILY_TP_BTF, NULL, ret, err);
}

static int run(const char *path, const char *program,
	       int (*attach)(int, struct skep_attachment **, struct skep_error *),
	       struct skep_error *err)
{
	_cleanup_(skep_attachment_closep) struct skep_attachment *a = NULL;
	_cleanup_(skep_loaded_closep) struct skep_loaded *loaded = NULL;
	int r = load_program(path, program, &loaded, err);

	r = r < 0 ? r : attach(r, &a, err);
	if (r < 0)
		return r;
	tell(a);
	while (!runs_of(loaded))
		usleep(1000);
	printf("it has run\n");
	return 0;
}

int main(int argc, char **argv)
{
	_cleanup_(skep_tracefs_closep) struct skep_tracefs *tracefs = NULL;
	struct skep_error err = { 0 };
	int r = skep_tracefs_open(SKEP_TRACEFS_MOUNT, &tracefs, &err);

	r = r < 0 ? r : run(argv[argc - 1], "on_event", attach_event, &err);
	r = r < 0 ? r : run(argv[argc - 1], "on_raw_event", attach_raw, &err);
	r = r < 0 ? r : run(argv[argc - 1], "on_typed_event", attach_typed, &err);
	return r < 0 ? fail("attach_tracepoint", &err) : 0;
}
