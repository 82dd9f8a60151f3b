/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef SYS_LIBBPF_PRINT_H
#define SYS_LIBBPF_PRINT_H
/*
 * libbpf's print hook is one for the whole process. Around our calls into libbpf, what the calling thread makes it
 * print is kept in a buffer of ours; everything else goes to the hook that was there before.
 */
#include <stddef.h>

struct sys_libbpf_print {
	char text[4096]; /* the warnings, oldest first, cut at the end */
	size_t len;
	struct sys_libbpf_print *outer;
};

/* From here on the calling thread's warnings go to @print. Nests. */
void sys_libbpf_print_begin(struct sys_libbpf_print *print);
void sys_libbpf_print_end(struct sys_libbpf_print *print);

/* Return: the last line that says something, without "libbpf: " and line feed; "" if nothing was printed. */
const char *sys_libbpf_print_last(struct sys_libbpf_print *print);

#endif
