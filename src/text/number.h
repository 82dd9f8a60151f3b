/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef TEXT_NUMBER_H
#define TEXT_NUMBER_H
/* Numbers, independent of the locale. */
#include <stddef.h>
#include <stdint.h>

#define TEXT_NUMBER_SIZE 48 /* bytes that any of these takes */

typedef unsigned __int128 text_u128;

/* An integer as it was read. */
struct text_integer {
	text_u128 magnitude;
	int is_negative;
};

/* Decimal, up to 20 digits before @end, without a NUL. Return: the first one. */
char *text_digits(uint64_t value, char *end);

/* Decimal. Return: the length. */
size_t text_integer(struct text_integer value, char buf[TEXT_NUMBER_SIZE]);

/*
 * text_integer_parse() - decimal, or hexadecimal behind 0x
 * @text: may begin with "-"; no "+", no spaces, no zeros before a decimal number: they mean octal to some
 *
 * Return: 0; -EINVAL not an integer; -ERANGE beyond 128 bits.
 */
int text_integer_parse(const char *text, struct text_integer *ret_value);

/* With the fewest digits that are read as the same number again; "inf", "-inf", "nan". Return: the length. */
size_t text_double(double value, char buf[TEXT_NUMBER_SIZE]);
size_t text_float(float value, char buf[TEXT_NUMBER_SIZE]);

/*
 * text_double_parse() - the other way round
 *
 * Return: 0; -EINVAL not a number; -ERANGE too great.
 */
int text_double_parse(const char *text, double *ret_value);
int text_float_parse(const char *text, float *ret_value);

#endif
