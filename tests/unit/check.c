/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "check.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define GUARD 0xa5 /* what a buffer holds before it is written */
#define GUARD_BYTES 64

static void fail_case(const char *file, int line, const char *values, const char *fmt, va_list args)
{
	char name[512];

	vsnprintf(name, sizeof(name), fmt, args);
	print_error("%s: %s\n", name, values);
	_fail(file, line);
}

void check_u64_at(const char *file, int line, uint64_t got, uint64_t want, const char *fmt, ...)
{
	char values[128];
	va_list args;

	if (got == want)
		return;
	snprintf(values, sizeof(values), "%" PRIu64 ", expected %" PRIu64, got, want);
	va_start(args, fmt);
	fail_case(file, line, values, fmt, args);
	va_end(args);
}

void check_int_at(const char *file, int line, int64_t got, int64_t want, const char *fmt, ...)
{
	char values[128];
	va_list args;

	if (got == want)
		return;
	snprintf(values, sizeof(values), "%" PRId64 ", expected %" PRId64, got, want);
	va_start(args, fmt);
	fail_case(file, line, values, fmt, args);
	va_end(args);
}

void check_text_at(const char *file, int line, const char *got, const char *want, const char *fmt,
		   ...)
{
	char values[4096];
	va_list args;

	if (got && want && !strcmp(got, want))
		return;
	snprintf(values, sizeof(values), "\n  got      %s\n  expected %s", got ? got : "NULL",
		 want ? want : "NULL");
	va_start(args, fmt);
	fail_case(file, line, values, fmt, args);
	va_end(args);
}

void check_every_size(check_writer_fn writer, const void *userdata, const char *want)
{
	size_t len = strlen(want), size, i;
	_cleanup_free_ char *buf = malloc(len + GUARD_BYTES);

	assert_non_null(buf);
	for (size = 0; size < len + 8; size++) {
		memset(buf, GUARD, len + GUARD_BYTES);
		check_int(writer(buf, size, userdata), size > len ? (int)len : -ENOSPC,
			  "%zu bytes for '%s'", size, want);
		if (size > len)
			check_text(buf, want, "%zu bytes", size);
		for (i = size; i < len + GUARD_BYTES; i++)
			check_u64((unsigned char)buf[i], GUARD, "byte %zu of %zu for '%s'", i, size,
				  want);
	}
}

uint64_t check_random_next(struct check_random *r)
{
	r->state ^= r->state >> 12;
	r->state ^= r->state << 25;
	r->state ^= r->state >> 27;
	return r->state * 0x2545f4914f6cdd1d;
}

uint64_t check_random_below(struct check_random *r, uint64_t limit)
{
	return (check_random_next(r) >> 11) % limit;
}
