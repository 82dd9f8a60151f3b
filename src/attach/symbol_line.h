/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef ATTACH_SYMBOL_LINE_H
#define ATTACH_SYMBOL_LINE_H
/* A line of available_filter_functions: "tcp_close", "fuse_lookup [fuse]". */
#include <stddef.h>

struct symbol_line {
	const char *name, *module; /* in the text; module "": the kernel itself */
};

/*
 * symbol_line_parse() - take a line apart, in place
 * @text: of @len bytes with a NUL behind them, which is written to; a line feed may end it
 *
 * Return: 0; -EINVAL it is none, or a function that the kernel has thrown away after it had begun.
 * Source: kernel/trace/ftrace.c, t_show(), print_rec().
 */
int symbol_line_parse(char *text, size_t len, struct symbol_line *ret_line);

#endif
