/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "map/format_scalar.h"

#include <math.h>
#include <string.h>

/* The bits of the NaN that "nan" is read as. */
#define PLAIN_NAN 0x7ff8000000000000ull
#define PLAIN_NAN_FLOAT 0x7fc00000u

size_t map_float_text(const uint8_t *bytes, size_t size, char buf[TEXT_NUMBER_SIZE])
{
	uint64_t bits;
	uint32_t small_bits;
	double value;
	float small;

	if (size == sizeof(small)) {
		memcpy(&small, bytes, sizeof(small));
		memcpy(&small_bits, bytes, sizeof(small_bits));
		return isnan(small) && small_bits != PLAIN_NAN_FLOAT ? 0 : text_float(small, buf);
	}
	memcpy(&value, bytes, sizeof(value));
	memcpy(&bits, bytes, sizeof(bits));
	return isnan(value) && bits != PLAIN_NAN ? 0 : text_double(value, buf);
}

size_t map_address_text(const uint8_t *bytes, size_t size, char buf[TEXT_ADDRESS_SIZE])
{
	return size == 4   ? text_ipv4(bytes, buf)
	       : size == 6 ? text_mac(bytes, buf)
			   : text_ipv6(bytes, buf);
}

size_t map_prefix_text(const uint8_t *bytes, size_t size, char buf[MAP_PREFIX_SIZE])
{
	uint32_t bits;
	size_t len;

	memcpy(&bits, bytes, sizeof(bits));
	if (bits > 8 * (size - sizeof(bits)))
		return 0;
	len = map_address_text(bytes + sizeof(bits), size - sizeof(bits), buf);
	buf[len++] = '/';
	return len + text_integer((struct text_integer){ bits, 0 }, buf + len);
}
