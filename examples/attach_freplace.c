/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * Lets a program stand in for a function of another one. It needs a kernel that lets it be loaded.
 *
 *	$ sudo ./attach_freplace attach.bpf.o
 *	the answer is 1
 *	freplace what it was loaded for, by link
 *	the answer is 42
 *	the answer is 1
 */
#include <skep/attach_tracing.h>
#include <skep/kabi.h>
#include <skep/sys.h>

#include "runs.h"

static void ask(int prog_fd)
{
	char packet[64] = "";
	struct skep_attr_prog_test_run attr = { .prog_fd = (uint32_t)prog_fd,
						.data_in = SKEP_ATTR_POINTER(packet),
						.data_size_in = sizeof(packet) };

	if (skep_sys_bpf(SKEP_COMMAND_PROG_TEST_RUN, &attr, sizeof(attr)) == 0)
		printf("the answer is %u\n", attr.retval);
}

int main(int argc, char **argv)
{
	_cleanup_(skep_loaded_closep) struct skep_loaded *target = NULL, *other = NULL;
	_cleanup_(skep_attachment_closep) struct skep_attachment *a = NULL;
	const char *path = argv[argc - 1];
	struct skep_error err = { 0 };
	int r, fd = load_program(path, "target", &target, &err);

	r = fd < 0 ? fd : load_program_for(path, "other_answer", fd, &other, &err);
	if (r >= 0) {
		ask(fd);
		r = skep_freplace_attach(skep_loaded_program_find(other, "other_answer")->fd, NULL,
					 &a, &err);
	}
	if (r >= 0) {
		tell(a);
		ask(fd);
		r = skep_attachment_detach(a, &err);
		ask(fd);
	}
	return r < 0 ? fail("attach_freplace", &err) : 0;
}
