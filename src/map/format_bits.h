/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef MAP_FORMAT_BITS_H
#define MAP_FORMAT_BITS_H
/* The format of a bit-field by itself. */
#include <stdint.h>

struct skep_btf;
struct skep_error;
struct skep_format;

/*
 * map_format_new_bits() - as skep_format_new_btf(), of a bit-field
 * @type:  an integer or an enumeration
 * @shift: of its first bit in the first byte, 0 to 7
 * @width: bits
 *
 * The value has the bytes that the bit-field has a part of.
 *
 * Return: 0; as skep_format_new_btf().
 */
int map_format_new_bits(const struct skep_btf *btf, uint32_t type, uint32_t shift, uint32_t width,
			struct skep_format **ret_format, struct skep_error *err);

#endif
