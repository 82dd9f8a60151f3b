/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * Runs a program a hundred times a second on the CPU where this process is at work.
 *
 *	$ sudo ./attach_perf_event attach.bpf.o
 *	perf_event ..., by ...
 *	ten samples have come
 */
#include <unistd.h>

#include <skep/attach_perf_event.h>

#include "runs.h"

int main(int argc, char **argv)
{
	const struct skep_perf_event_opts o = { .sz = sizeof(o),
						.type = 1,   /* PERF_TYPE_SOFTWARE */
						.config = 0, /* PERF_COUNT_SW_CPU_CLOCK */
						.frequency = 100,
						.pid = (uint64_t)getpid() };
	_cleanup_(skep_attachment_closep) struct skep_attachment *a = NULL;
	_cleanup_(skep_loaded_closep) struct skep_loaded *loaded = NULL;
	struct skep_error err = { 0 };
	int r = load_program(argv[argc - 1], "on_sample", &loaded, &err);

	if (r >= 0)
		r = skep_perf_event_attach(r, &o, &a, &err);
	if (r < 0)
		return fail("attach_perf_event", &err);
	tell(a);
	while (runs_of(loaded) < 10)
		; /* at work: a clock of the CPU stands still while it sleeps */
	printf("ten samples have come\n");
	return 0;
}
