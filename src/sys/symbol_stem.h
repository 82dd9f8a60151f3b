/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef SYS_SYMBOL_STEM_H
#define SYS_SYMBOL_STEM_H
/* What compilers add to the names of functions. */
#include <stddef.h>

/* Return: the length of a name of @len bytes without the suffixes of variants: .isra.N, .constprop.N, .llvm.N. */
size_t sys_symbol_stem(const char *name, size_t len);

/* Return: the same, also without those of parts: .part.N, .cold, .cold.N; equal to the above: it is no part. */
size_t sys_symbol_part_stem(const char *name, size_t len);

#endif
