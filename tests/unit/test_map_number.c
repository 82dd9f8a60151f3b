/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "check.h"

#include <errno.h>
#include <string.h>

#include "map/number.h"

/* Bits of a number as a string, read one by one, as each order counts them. Source: the description of number.h. */
static text_u128 bits_one_by_one(struct map_number n, const uint8_t *bytes)
{
	text_u128 value = 0;
	unsigned i, at;

	for (i = 0; i < n.width; i++) {
		at = n.shift + (n.is_big ? i : n.width - 1u - i);
		value = value << 1 | (bytes[at / 8] >> (n.is_big ? 7 - at % 8 : at % 8) & 1);
	}
	return value;
}

static void number__is_where_its_bits_are(void **state)
{
	struct check_random random = { 5 };
	unsigned width, shift;
	int big, round;

	(void)state;
	for (big = 0; big < 2; big++)
		for (shift = 0; shift < 8; shift++)
			for (width = 1; width + shift <= 128; width++)
				for (round = 0; round < 4; round++) {
					struct map_number n = { (uint8_t)width, (uint8_t)shift,
								(uint8_t)big };
					uint8_t bytes[16], i;
					text_u128 want;

					for (i = 0; i < sizeof(bytes); i++)
						bytes[i] = (uint8_t)check_random_next(&random);
					want = bits_one_by_one(n, bytes);
					assert_true(map_number_bits(n, bytes) == want);
					if (width <= 64)
						check_u64(map_number_load(n, bytes), (uint64_t)want,
							  "%u bits at %u", width, shift);
				}
}

static void number__comes_apart_into_its_own_bits_only(void **state)
{
	struct check_random random = { 6 };
	unsigned width, shift, at;
	int big;

	(void)state;
	for (big = 0; big < 2; big++)
		for (shift = 0; shift < 8; shift++)
			for (width = 1; width + shift <= 128; width++) {
				struct map_number n = { (uint8_t)width, (uint8_t)shift,
							(uint8_t)big };
				uint8_t bytes[17], mask[17];
				text_u128 bits = ((text_u128)check_random_next(&random) << 64 |
						  check_random_next(&random)) >>
						 (128 - width);

				map_number_split(n, bits, bytes, mask);
				assert_true(bits_one_by_one(n, bytes) == bits);
				for (at = 0; at < 8 * map_number_bytes(n); at++)
					check_int(mask[at / 8] >> (big ? 7 - at % 8 : at % 8) & 1,
						  at >= shift && at < shift + width,
						  "bit %u of %u bits at %u", at, width, shift);
			}
}

static void number__is_refused_when_it_does_not_fit(void **state)
{
	static const struct {
		uint8_t width;
		uint8_t is_signed;
		uint64_t magnitude;
		int is_negative;
		int result;
		uint64_t bits;
	} cases[] = {
		{ 8, 0, 255, 0, 0, 255 },
		{ 8, 0, 256, 0, -ERANGE },
		{ 8, 0, 1, 1, -ERANGE },
		{ 8, 1, 127, 0, 0, 127 },
		{ 8, 1, 128, 0, -ERANGE },
		{ 8, 1, 128, 1, 0, 128 },
		{ 8, 1, 129, 1, -ERANGE },
		{ 1, 1, 1, 1, 0, 1 },
		{ 1, 1, 1, 0, -ERANGE },
		{ 3, 0, 7, 0, 0, 7 },
		{ 64, 0, UINT64_MAX, 0, 0, UINT64_MAX },
		{ 64, 1, 1, 1, 0, UINT64_MAX },
		{ 64, 1, 1ull << 63, 0, -ERANGE },
		{ 64, 1, 1ull << 63, 1, 0, 1ull << 63 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct map_number n = { .width = cases[i].width, .is_signed = cases[i].is_signed };
		struct text_integer value = { cases[i].magnitude, cases[i].is_negative };
		text_u128 bits = 0;

		check_int(map_number_from(n, value, &bits), cases[i].result, "case %zu", i);
		check_u64((uint64_t)bits, cases[i].bits, "case %zu", i);
	}
}

static void number__keeps_its_sign(void **state)
{
	static const uint8_t bytes[16] = { 0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
					   0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };
	uint8_t width;

	(void)state;
	for (width = 2; width <= 128; width++) {
		struct map_number n = { .width = width, .is_signed = 1 };
		struct text_integer value = map_number_value(n, bytes);

		check_u64((uint64_t)value.magnitude, 2, "%u bits", width);
		check_int(value.is_negative, 1, "%u bits", width);
		if (width <= 64)
			check_int((int64_t)map_number_load(n, bytes), -2, "%u bits", width);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(number__is_where_its_bits_are),
		cmocka_unit_test(number__comes_apart_into_its_own_bits_only),
		cmocka_unit_test(number__is_refused_when_it_does_not_fit),
		cmocka_unit_test(number__keeps_its_sign),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
