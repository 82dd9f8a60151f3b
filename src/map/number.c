/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "map/number.h"

#include <errno.h>

static text_u128 ones(unsigned width)
{
	return width < 128 ? ((text_u128)1 << width) - 1 : ~(text_u128)0;
}

/* How far the bits stand above the lowest bit of all the bytes together. */
static unsigned bits_below(struct map_number n)
{
	return n.is_big ? (unsigned)(8 * map_number_bytes(n)) - n.shift - n.width : n.shift;
}

text_u128 map_number_bits(struct map_number n, const uint8_t *bytes)
{
	size_t count = map_number_bytes(n), i;
	text_u128 all = 0;

	for (i = 0; i < count; i++)
		all = all << 8 | bytes[n.is_big ? i : count - 1 - i];
	return all >> bits_below(n) & ones(n.width);
}

void map_number_split(struct map_number n, text_u128 bits, uint8_t *ret_bytes, uint8_t *ret_mask)
{
	size_t count = map_number_bytes(n), i;
	text_u128 all = bits << bits_below(n), mask = ones(n.width) << bits_below(n);

	for (i = 0; i < count; i++) {
		size_t at = n.is_big ? count - 1 - i : i;

		ret_bytes[at] = (uint8_t)(all >> (8 * i));
		ret_mask[at] = (uint8_t)(mask >> (8 * i));
	}
}

struct text_integer map_number_value(struct map_number n, const uint8_t *bytes)
{
	text_u128 bits = map_number_bits(n, bytes);

	if (n.is_signed && bits >> (n.width - 1) & 1)
		return (struct text_integer){ (ones(n.width) & ~bits) + 1, 1 };
	return (struct text_integer){ bits, 0 };
}

int map_number_from(struct map_number n, struct text_integer value, text_u128 *ret_bits)
{
	text_u128 most = n.is_signed ? ones(n.width - 1u) : ones(n.width);

	if (value.is_negative)
		most = n.is_signed ? most + 1 : 0;
	if (value.magnitude > most)
		return -ERANGE;
	*ret_bits = (value.is_negative ? 0 - value.magnitude : value.magnitude) & ones(n.width);
	return 0;
}
