/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "out.h"

#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#include <skep/error.h>

void out_error(const char *fmt, ...)
{
	char text[1024], *c;
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	for (c = text; *c; c++) /* a line is a line, and a terminal is not steered by names */
		if ((unsigned char)*c < 0x20 || *c == 0x7f)
			*c = '?';
	fprintf(stderr, "skep: %s\n", text);
}

int out_fail(const char *verb, const struct skep_error *err)
{
	out_error("%s: %s", verb, err->msg);
	return skep_error_exit_code(err->kind);
}

static char *scaled(double value, const char *unit, char buf[OUT_NUMBER_SIZE])
{
	static const char prefixes[] = " kMGTPE";
	int power = 0;

	while (value >= 999.5 && power < 6) {
		value /= 1000;
		power++;
	}
	if (power)
		snprintf(buf, OUT_NUMBER_SIZE, "%.*f %c%s", value < 99.95 ? 1 : 0, value,
			 prefixes[power], unit);
	else
		snprintf(buf, OUT_NUMBER_SIZE, "%.0f %s", value, unit);
	return buf;
}

char *out_bytes(uint64_t bytes, char buf[OUT_NUMBER_SIZE])
{
	return scaled((double)bytes, "B", buf);
}

char *out_bit_rate(uint64_t bytes, uint64_t ns, char buf[OUT_NUMBER_SIZE])
{
	return scaled(ns ? (double)bytes * 8e9 / (double)ns : 0, "bit/s", buf);
}

char *out_count(uint64_t count, char buf[OUT_NUMBER_SIZE])
{
	char digits[24];
	size_t i, len = (size_t)snprintf(digits, sizeof(digits), "%" PRIu64, count);
	char *at = buf;

	for (i = 0; i < len; i++) {
		if (i && (len - i) % 3 == 0)
			*at++ = ',';
		*at++ = digits[i];
	}
	*at = '\0';
	return buf;
}
