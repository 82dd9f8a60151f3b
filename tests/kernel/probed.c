/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * What uprobes are put into: calls a function and passes a tracepoint of its own five times, and says whether somebody
 * listened to the tracepoint. Built position-independent and not. With an argument it does so for each line that it reads.
 */
#include <stdio.h>
#include <string.h>

#define CALLS 5

__attribute__((section(".probes"), used)) static volatile unsigned short probed_semaphore;

/* A note as of <sys/sdt.h>, which is not needed to be installed. */
#define PROBE(provider, name, semaphore)                                                         \
	__asm__ volatile("990: nop\n"                                                            \
			 ".pushsection .note.stapsdt,\"\",\"note\"\n"                            \
			 ".balign 4\n"                                                           \
			 ".4byte 992f-991f, 994f-993f, 3\n"                                      \
			 "991: .asciz \"stapsdt\"\n"                                             \
			 "992: .balign 4\n"                                                      \
			 "993: .8byte 990b, _.stapsdt.base, " semaphore "\n"                     \
			 ".asciz \"" provider "\"\n"                                             \
			 ".asciz \"" name "\"\n"                                                 \
			 ".asciz \"\"\n"                                                         \
			 "994: .balign 4\n"                                                      \
			 ".popsection\n"                                                         \
			 ".ifndef _.stapsdt.base\n"                                              \
			 ".pushsection .stapsdt.base,\"aG\",\"progbits\",.stapsdt.base,comdat\n" \
			 ".weak _.stapsdt.base\n"                                                \
			 ".hidden _.stapsdt.base\n"                                              \
			 "_.stapsdt.base: .space 1\n"                                            \
			 ".size _.stapsdt.base, 1\n"                                             \
			 ".popsection\n"                                                         \
			 ".endif\n")

__attribute__((noinline, used)) static int probed_one(int x)
{
	PROBE("probed", "counted", "probed_semaphore");
	__asm__ volatile("");
	return x + probed_semaphore;
}

__attribute__((noinline, used)) static int probed_two(int x)
{
	PROBE("probed", "plain", "0");
	__asm__ volatile("");
	return x + 2;
}

static void run(void)
{
	int i, listened = 0;

	for (i = 0; i < CALLS; i++) {
		listened += probed_one(0);
		probed_two(i);
	}
	printf("%d\n", listened);
	fflush(stdout);
}

int main(int argc, char **argv)
{
	char line[16];

	(void)argv;
	if (argc < 2) {
		run();
		return 0;
	}
	while (fgets(line, sizeof(line), stdin))
		run();
	return 0;
}
