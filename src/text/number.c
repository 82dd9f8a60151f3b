/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "text/number.h"

#include <errno.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

char *text_digits(uint64_t value, char *end)
{
	static const char pairs[] = "00010203040506070809101112131415161718192021222324252627282930"
				    "31323334353637383940414243444546474849505152535455565758596061"
				    "62636465666768697071727374757677787980818283848586878889909192"
				    "93949596979899";
	uint32_t low;

	for (; value > UINT32_MAX; value /= 100)
		memcpy(end -= 2, pairs + 2 * (size_t)(value % 100), 2);
	for (low = (uint32_t)value; low >= 100; low /= 100)
		memcpy(end -= 2, pairs + (size_t)2 * (low % 100), 2);
	if (low >= 10)
		memcpy(end -= 2, pairs + (size_t)2 * low, 2);
	else
		*--end = (char)('0' + low);
	return end;
}

size_t text_integer(struct text_integer value, char buf[TEXT_NUMBER_SIZE])
{
	char digits[TEXT_NUMBER_SIZE], *end = digits + sizeof(digits), *begin = end;
	text_u128 rest = value.magnitude;

	for (; rest > UINT64_MAX; rest /= 10)
		*--begin = (char)('0' + (int)(rest % 10));
	begin = text_digits((uint64_t)rest, begin);
	if (value.is_negative)
		*--begin = '-';
	memcpy(buf, begin, (size_t)(end - begin));
	buf[end - begin] = '\0';
	return (size_t)(end - begin);
}

/* Return: 0 to 15; 16: none. */
static unsigned digit_value(char c)
{
	if (c >= '0' && c <= '9')
		return (unsigned)(c - '0');
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? (unsigned)(c - 'a') + 10 : 16;
}

int text_integer_parse(const char *text, struct text_integer *ret_value)
{
	struct text_integer value = { .is_negative = *text == '-' };
	unsigned base = 10;
	int overflow = 0;

	text += value.is_negative;
	if (text[0] == '0' && (text[1] == 'x' || text[1] == 'X')) {
		base = 16;
		text += 2;
	} else if (text[0] == '0' && text[1]) {
		return -EINVAL;
	}
	if (!*text)
		return -EINVAL;
	for (; *text; text++) {
		unsigned digit = digit_value(*text);

		if (digit >= base)
			return -EINVAL;
		overflow |=
			__builtin_mul_overflow(value.magnitude, (text_u128)base, &value.magnitude);
		overflow |=
			__builtin_add_overflow(value.magnitude, (text_u128)digit, &value.magnitude);
	}
	if (overflow)
		return -ERANGE;
	if (!value.magnitude)
		value.is_negative = 0;
	*ret_value = value;
	return 0;
}

/* What the C locale says; the caller's comes back afterwards. NULL (no memory) leaves the caller's. */
static locale_t enter_c_locale(locale_t *ret_before)
{
	locale_t c = newlocale(LC_ALL_MASK, "C", (locale_t)0);

	*ret_before = c ? uselocale(c) : (locale_t)0;
	return c;
}

static void leave_c_locale(locale_t c, locale_t before)
{
	if (!c)
		return;
	uselocale(before);
	freelocale(c);
}

static size_t special_text(double value, char buf[TEXT_NUMBER_SIZE])
{
	return (size_t)sprintf(buf, "%s", isnan(value) ? "nan" : value < 0 ? "-inf" : "inf");
}

size_t text_double(double value, char buf[TEXT_NUMBER_SIZE])
{
	locale_t before, c;
	int digits, len = 0;

	if (!isfinite(value))
		return special_text(value, buf);
	c = enter_c_locale(&before);
	for (digits = 15; digits <= 17; digits++) {
		len = snprintf(buf, TEXT_NUMBER_SIZE, "%.*g", digits, value);
		if (strtod(buf, NULL) == value)
			break;
	}
	leave_c_locale(c, before);
	return (size_t)len;
}

size_t text_float(float value, char buf[TEXT_NUMBER_SIZE])
{
	locale_t before, c;
	int digits, len = 0;

	if (!isfinite(value))
		return special_text((double)value, buf);
	c = enter_c_locale(&before);
	for (digits = 6; digits <= 9; digits++) {
		len = snprintf(buf, TEXT_NUMBER_SIZE, "%.*g", digits, (double)value);
		if (strtof(buf, NULL) == value)
			break;
	}
	leave_c_locale(c, before);
	return (size_t)len;
}

/* Digits, a fraction, an exponent: what strtod(3) takes beside that (blanks, hexadecimal) is left out. */
static int is_plain(const char *text)
{
	return *text && !text[strspn(text, "+-.0123456789eE")];
}

/* What has no digits. Return: is it one of these. */
static int parse_special(const char *text, double *ret_value)
{
	if (!strcmp(text, "nan"))
		*ret_value = (double)NAN;
	else if (!strcmp(text, "inf"))
		*ret_value = HUGE_VAL;
	else if (!strcmp(text, "-inf"))
		*ret_value = -HUGE_VAL;
	else
		return 0;
	return 1;
}

int text_double_parse(const char *text, double *ret_value)
{
	locale_t before, c;
	double value;
	char *end;

	if (parse_special(text, ret_value))
		return 0;
	if (!is_plain(text))
		return -EINVAL;
	c = enter_c_locale(&before);
	value = strtod(text, &end);
	leave_c_locale(c, before);
	if (*end || end == text)
		return -EINVAL;
	if (!isfinite(value))
		return -ERANGE;
	*ret_value = value;
	return 0;
}

int text_float_parse(const char *text, float *ret_value)
{
	locale_t before, c;
	double special;
	float value;
	char *end;

	if (parse_special(text, &special)) {
		*ret_value = (float)special;
		return 0;
	}
	if (!is_plain(text))
		return -EINVAL;
	c = enter_c_locale(&before);
	value = strtof(text, &end);
	leave_c_locale(c, before);
	if (*end || end == text)
		return -EINVAL;
	if (!isfinite(value))
		return -ERANGE;
	*ret_value = value;
	return 0;
}
