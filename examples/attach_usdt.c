/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * Counts how often this program passes a tracepoint of its own. Those of others are attached to likewise, by file or library.
 *
 *	$ sudo ./attach_usdt attach.bpf.o
 *	usdt ..., by ...
 *	5 orders
 */
#include <unistd.h>

#include <skep/attach_uprobe.h>

#include "runs.h"

/* What DTRACE_PROBE(shop, order) of <sys/sdt.h> makes: an instruction that does nothing, and a note that says where. */
static void take_order(void)
{
	__asm__ volatile("990: nop\n"
			 ".pushsection .note.stapsdt,\"\",\"note\"\n"
			 ".balign 4\n"
			 ".4byte 8, 994f-993f, 3\n"
			 ".asciz \"stapsdt\"\n"
			 "993: .8byte 990b, 0, 0\n"
			 ".asciz \"shop\"\n"
			 ".asciz \"order\"\n"
			 ".asciz \"\"\n"
			 "994: .balign 4\n"
			 ".popsection\n");
}

int main(int argc, char **argv)
{
	_cleanup_(skep_attachment_closep) struct skep_attachment *a = NULL;
	_cleanup_(skep_loaded_closep) struct skep_loaded *loaded = NULL;
	char file[4096] = ""; /* this program */
	const struct skep_usdt_opts o = { .sz = sizeof(o),
					  .file = file,
					  .pid = (uint64_t)getpid(),
					  .provider = "shop",
					  .name = "order" };
	struct skep_error err = { .msg = "its own file is not known" };
	int i, r = (int)readlink("/proc/self/exe", file, sizeof(file) - 1);

	if (r >= 0)
		r = load_program(argv[argc - 1], "on_usdt", &loaded, &err);
	if (r >= 0)
		r = skep_usdt_attach(r, &o, &a, &err);
	if (r < 0)
		return fail("attach_usdt", &err);
	tell(a);
	for (i = 0; i < 5; i++)
		take_order();
	printf("%" PRIu64 " orders\n", runs_of(loaded));
	return 0;
}
