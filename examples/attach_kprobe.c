/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * Counts calls of a function of the kernel, its returns, and calls of two functions. It needs a kernel with kprobes.
 *
 *	$ sudo ./attach_kprobe attach.bpf.o
 *	kprobe security_task_getpgid, by ...
 *	5 runs
 *	kretprobe security_task_getpgid, by ...
 *	5 runs
 *	kprobe 2 functions of the kernel, by ...
 *	5 runs
 *	no_such_function: -2
 *	security_task_getpgid: 0
 */
#include <unistd.h>

#include <skep/attach_kprobe.h>
#include <skep/tracefs.h>

#include "runs.h"

static void call(const struct skep_attachment *a, const struct skep_loaded *loaded)
{
	uint64_t before = runs_of(loaded);

	tell(a);
	for (int i = 0; i < 5; i++)
		getpgid(getpid());
	printf("%" PRIu64 " runs\n", runs_of(loaded) - before);
}

static int one(const struct skep_loaded *loaded, int prog_fd, uint64_t flags,
	       struct skep_error *err)
{
	const struct skep_kprobe_opts o = { .sz = sizeof(o),
					    .flags = flags,
					    .symbol = "security_task_getpgid" };
	_cleanup_(skep_attachment_closep) struct skep_attachment *a = NULL;
	int r = skep_kprobe_attach(prog_fd, &o, &a, err);

	if (r >= 0)
		call(a, loaded);
	return r;
}

/* One by one: to do it at once, load the program for it, if skep_attach_supported() says that the kernel can. */
static int many(const struct skep_loaded *loaded, int prog_fd, struct skep_error *err)
{
	static const char *const symbols[] = { "security_task_getpgid", "no_such_function" };
	const struct skep_kprobe_multi_opts o = { .sz = sizeof(o),
						  .symbols = symbols,
						  .symbol_count = 2 };
	_cleanup_(skep_attachment_closep) struct skep_attachment *a = NULL;
	const struct skep_attach_result *rows;
	size_t count = 0;
	int r = skep_kprobe_attach_multi(prog_fd, &o, &a, err);

	if (r < 0)
		return r;
	call(a, loaded);
	rows = skep_attachment_results(a, &count);
	for (; count; rows++, count--)
		printf("%s: %d\n", rows->name, (int)rows->code);
	return 0;
}

int main(int argc, char **argv)
{
	_cleanup_(skep_tracefs_closep) struct skep_tracefs *tracefs = NULL;
	_cleanup_(skep_loaded_closep) struct skep_loaded *loaded = NULL;
	struct skep_error err = { 0 };
	int fd = load_program(argv[argc - 1], "on_function", &loaded, &err), r;

	r = fd < 0 ? fd : skep_tracefs_open(SKEP_TRACEFS_MOUNT, &tracefs, &err);
	r = r < 0 ? r : one(loaded, fd, 0, &err);
	r = r < 0 ? r : one(loaded, fd, SKEP_KPROBE_RETURN, &err);
	r = r < 0 ? r : many(loaded, fd, &err);
	return r < 0 ? fail("attach_kprobe", &err) : 0;
}
