/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef ATTACH_BINARY_H
#define ATTACH_BINARY_H
/* What the kernel is told of a file. */
#include <skep/binary.h>

/*
 * Return: a path by which the kernel finds the very file: its own, or the fd's if that is another file's by now, has blanks
 * or leads into a container by links. Borrowed until close.
 */
const char *binary_kernel_path(const struct skep_binary *binary);

#endif
