/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef BASE_OPTS_H
#define BASE_OPTS_H
/*
 * Options structs that grow: `size_t sz` first, zero is every field's default, NULL is all defaults.
 */
#include <stddef.h>

/*
 * opts_copy() - a caller's options in our own, present shape
 * @to:      our struct; @to_size its size
 * @from:    the caller's struct, of the size in its first member; NULL: all defaults
 *
 * What an older caller lacks becomes zero.
 *
 * Return: 0; -E2BIG the caller's struct is newer and uses what we do not know; -EINVAL its size is no size.
 */
int opts_copy(void *to, size_t to_size, const void *from);

#endif
