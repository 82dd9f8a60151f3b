/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include <skep/duration.h>

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"

/* From long to short, as they are written. */
static const struct {
	const char *name;
	uint64_t ns;
} units[] = {
	{ "d", 86400000000000 }, { "h", 3600000000000 }, { "m", 60000000000 }, { "s", 1000000000 },
	{ "ms", 1000000 },       { "us", 1000 },         { "ns", 1 },
};

/* The unit at *text, which moves behind it; 0: none. A unit ends where a number or the text does. */
static uint64_t parse_unit(const char **text)
{
	size_t i, len = strcspn(*text, ".0123456789");

	for (i = 0; i < ARRAY_SIZE(units); i++)
		if (strlen(units[i].name) == len && !strncmp(*text, units[i].name, len)) {
			*text += len;
			return units[i].ns;
		}
	return 0;
}

static int is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Whole nanoseconds of a fraction: from the last digit to the first, so that any number of them is exact. */
static uint64_t fraction_ns(const char *digits, const char *end, uint64_t unit)
{
	uint64_t ns = 0;

	while (end > digits)
		ns = (ns + (uint64_t)(*--end - '0') * unit) / 10;
	return ns;
}

int skep_duration_parse(const char *text, uint64_t *ret_ns)
{
	uint64_t total = 0;
	int overflow = 0;

	if (!text || !*text)
		return -EINVAL;
	if (!strcmp(text, "0")) {
		*ret_ns = 0;
		return 0;
	}
	while (*text) {
		const char *fraction, *end;
		uint64_t whole = 0, unit, ns;
		int digits = 0;

		for (; is_digit(*text); text++, digits++)
			overflow |= __builtin_mul_overflow(whole, 10, &whole) ||
				    __builtin_add_overflow(whole, (uint64_t)(*text - '0'), &whole);
		fraction = text;
		if (*text == '.')
			for (fraction = ++text; is_digit(*text); text++, digits++)
				;
		end = text;
		unit = parse_unit(&text);
		if (!digits || !unit)
			return -EINVAL;
		overflow |= __builtin_mul_overflow(whole, unit, &ns) ||
			    __builtin_add_overflow(ns, fraction_ns(fraction, end, unit), &ns) ||
			    __builtin_add_overflow(total, ns, &total);
	}
	if (overflow)
		return -ERANGE;
	*ret_ns = total;
	return 0;
}

int skep_duration_format(uint64_t ns, char *buf, size_t size)
{
	char text[128];
	int len = 0;
	size_t i;

	if (!ns)
		len = snprintf(text, sizeof(text), "0s");
	for (i = 0; i < ARRAY_SIZE(units); i++)
		if (ns >= units[i].ns) {
			len += snprintf(text + len, sizeof(text) - (size_t)len, "%" PRIu64 "%s",
					ns / units[i].ns, units[i].name);
			ns %= units[i].ns;
		}
	if ((size_t)len >= size)
		return -ENOSPC;
	memcpy(buf, text, (size_t)len + 1);
	return len;
}
