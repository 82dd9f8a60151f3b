/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "check.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "text/number.h"

static void integer__is_read_exactly_or_refused(void **state)
{
	static const struct {
		const char *text;
		int result;
		uint64_t high, low;
		int is_negative;
	} cases[] = {
		{ "0", 0, 0, 0, 0 },
		{ "-0", 0, 0, 0, 0 },
		{ "18446744073709551616", 0, 1, 0, 0 },
		{ "-5", 0, 0, 5, 1 },
		{ "0xfF", 0, 0, 255, 0 },
		{ "-0x10", 0, 0, 16, 1 },
		{ "340282366920938463463374607431768211455", 0, UINT64_MAX, UINT64_MAX, 0 },
		{ "340282366920938463463374607431768211456", -ERANGE },
		{ "0x100000000000000000000000000000000", -ERANGE },
		{ "", -EINVAL },
		{ "-", -EINVAL },
		{ "0x", -EINVAL },
		{ "010", -EINVAL },
		{ "+1", -EINVAL },
		{ "1e3", -EINVAL },
		{ " 1", -EINVAL },
		{ "1 ", -EINVAL },
		{ "--1", -EINVAL },
		{ "12a", -EINVAL },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct text_integer value = { 0 };

		check_int(text_integer_parse(cases[i].text, &value), cases[i].result, "%s",
			  cases[i].text);
		check_u64((uint64_t)(value.magnitude >> 64), cases[i].high, "%s", cases[i].text);
		check_u64((uint64_t)value.magnitude, cases[i].low, "%s", cases[i].text);
		check_int(value.is_negative, cases[i].is_negative, "%s", cases[i].text);
	}
}

static void integer__comes_back_from_its_text(void **state)
{
	struct check_random random = { 11 };
	char text[TEXT_NUMBER_SIZE];
	size_t len;
	int i;

	(void)state;
	for (i = 0; i < 20000; i++) {
		text_u128 bits =
			(text_u128)check_random_next(&random) << 64 | check_random_next(&random);
		struct text_integer in = { bits >> i % 128, i % 3 == 0 }, out = { 0 };

		in.is_negative = in.is_negative && in.magnitude;
		len = text_integer(in, text);
		check_u64(len, strlen(text), "%s", text);
		check_int(text_integer_parse(text, &out), 0, "%s", text);
		assert_true(out.magnitude == in.magnitude && out.is_negative == in.is_negative);
	}
}

static void fraction__is_as_short_as_it_can_be(void **state)
{
	static const struct {
		double value;
		const char *text;
		const char *as_float;
	} cases[] = {
		{ 0, "0", "0" },
		{ -0.0, "-0", "-0" },
		{ 0.1, "0.1", "0.1" },
		{ 1.5, "1.5", "1.5" },
		{ 1e30, "1e+30", "1e+30" },
		{ 1.0 / 3, "0.3333333333333333", "0.33333334" },
		{ HUGE_VAL, "inf", "inf" },
		{ -HUGE_VAL, "-inf", "-inf" },
		{ (double)NAN, "nan", "nan" },
	};
	char text[TEXT_NUMBER_SIZE];
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		text_double(cases[i].value, text);
		check_text(text, cases[i].text, "case %zu", i);
		text_float((float)cases[i].value, text);
		check_text(text, cases[i].as_float, "float, case %zu", i);
	}
}

static void fraction__comes_back_from_its_text(void **state)
{
	struct check_random random = { 12 };
	char text[TEXT_NUMBER_SIZE];
	int i;

	(void)state;
	for (i = 0; i < 20000; i++) {
		uint64_t bits = check_random_next(&random);
		uint32_t half = (uint32_t)bits;
		double in, out = 0;
		float in_float, out_float = 0;

		memcpy(&in, &bits, sizeof(in));
		memcpy(&in_float, &half, sizeof(in_float));
		text_double(in, text);
		check_int(text_double_parse(text, &out), 0, "%s", text);
		assert_true(isnan(in) ? isnan(out) : in == out);
		text_float(in_float, text);
		check_int(text_float_parse(text, &out_float), 0, "%s", text);
		assert_true(isnan(in_float) ? isnan(out_float) : in_float == out_float);
	}
}

static void fraction__is_refused_when_it_is_none(void **state)
{
	static const struct {
		const char *text;
		int result;
	} cases[] = {
		{ "", -EINVAL },         { "x", -EINVAL },     { " 1", -EINVAL },
		{ "0x10", -EINVAL },     { "1.5.2", -EINVAL }, { "1e", -EINVAL },
		{ "infinity", -EINVAL }, { "1e999", -ERANGE }, { "1,5", -EINVAL },
	};
	double value;
	float small;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		check_int(text_double_parse(cases[i].text, &value), cases[i].result, "%s",
			  cases[i].text);
		check_int(text_float_parse(cases[i].text, &small), cases[i].result, "%s",
			  cases[i].text);
	}
	check_int(text_float_parse("1e39", &small), -ERANGE, "too great for a float");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(integer__is_read_exactly_or_refused),
		cmocka_unit_test(integer__comes_back_from_its_text),
		cmocka_unit_test(fraction__is_as_short_as_it_can_be),
		cmocka_unit_test(fraction__comes_back_from_its_text),
		cmocka_unit_test(fraction__is_refused_when_it_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
