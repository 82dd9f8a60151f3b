/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef SYS_LIBBPF_PRINT_H
#define SYS_LIBBPF_PRINT_H
/*
 * libbpf's print hook is one for the whole process. Around our calls into libbpf, the warnings that the calling thread
 * makes it print are kept in a buffer of ours, and its other messages dropped; what is printed outside or by other
 * threads goes to the hook that was there before.
 */
#include <stddef.h>

struct sys_libbpf_print {
	char text
		[4096]; /* the end of the warnings, oldest first: a verifier's log tells its reason last */
	size_t len;
	char reason[512]; /* of sys_libbpf_print_reason() */
	struct sys_libbpf_print *outer;
};

/* From here on the calling thread's warnings go to @print. Nests. */
void sys_libbpf_print_begin(struct sys_libbpf_print *print);
void sys_libbpf_print_end(struct sys_libbpf_print *print);

/*
 * Return: the line that says why: of a verifier's log the last one before its statistics, else the last one printed;
 * without "libbpf: " and line feed; "" if nothing was printed.
 */
const char *sys_libbpf_print_reason(struct sys_libbpf_print *print);

#endif
