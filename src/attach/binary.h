/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef ATTACH_BINARY_H
#define ATTACH_BINARY_H
/* What the kernel is told of a file. */
#include <skep/binary.h>

/*
 * Return: a path by which the kernel finds the very file: its own, that which links on the way in a container lead to, or the
 * fd's if there is none. Borrowed until close.
 */
const char *binary_kernel_path(const struct skep_binary *binary);

/* The same for a line of tracefs, in which it has no blanks. */
const char *binary_line_path(const struct skep_binary *binary);

#endif
