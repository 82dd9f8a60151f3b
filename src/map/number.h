/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef MAP_NUMBER_H
#define MAP_NUMBER_H
/*
 * Integers of up to 128 bits in memory, bit-fields too.
 *
 * A bit-field begins `shift` bits behind its first byte. Bits are counted as C compilers fill them: from the least
 * significant bit of a byte on little-endian machines, from the most significant one on others.
 */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "text/number.h"

struct map_number {
	uint8_t width;  /* bits */
	uint8_t shift;  /* bits: 0 to 7 */
	uint8_t is_big; /* order of its bytes */
	uint8_t is_signed;
};

#define MAP_NUMBER_NATIVE_BIG (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__)

/* Return: bytes that it takes part of. */
static inline size_t map_number_bytes(struct map_number n)
{
	return ((size_t)n.shift + n.width + 7) / 8;
}

/* Return: its bits; a sign is not extended. */
text_u128 map_number_bits(struct map_number n, const uint8_t *bytes);

/* Splits @bits into bytes; ret_mask has the bits of them that belong to the number. Both have map_number_bytes(). */
void map_number_split(struct map_number n, text_u128 bits, uint8_t *ret_bytes, uint8_t *ret_mask);

/* Return: its value. */
struct text_integer map_number_value(struct map_number n, const uint8_t *bytes);

/* Return: 0, and the bits of a value; -ERANGE it does not fit. */
int map_number_from(struct map_number n, struct text_integer value, text_u128 *ret_bits);

/* A number of at most 64 bits, with its sign extended: the fast way. */
static inline uint64_t map_number_load(struct map_number n, const uint8_t *bytes)
{
	int swap = n.is_big != MAP_NUMBER_NATIVE_BIG;
	uint64_t value;
	uint32_t v32;
	uint16_t v16;

	if (!n.shift && n.width == 8)
		value = *bytes;
	else if (!n.shift && n.width == 16)
		value = (memcpy(&v16, bytes, 2), swap ? __builtin_bswap16(v16) : v16);
	else if (!n.shift && n.width == 32)
		value = (memcpy(&v32, bytes, 4), swap ? __builtin_bswap32(v32) : v32);
	else if (!n.shift && n.width == 64)
		value = (memcpy(&value, bytes, 8), swap ? __builtin_bswap64(value) : value);
	else
		value = (uint64_t)map_number_bits(n, bytes);
	if (n.is_signed && n.width < 64 && value >> (n.width - 1) & 1)
		value |= ~0ull << n.width;
	return value;
}

#endif
