/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef UNIT_CHECK_H
#define UNIT_CHECK_H
/*
 * Checks for tables of cases: when one fails, it prints both values and the case, which fmt names.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/cleanup.h"

#define check_u64(got, want, ...) check_u64_at(__FILE__, __LINE__, got, want, __VA_ARGS__)
#define check_int(got, want, ...) check_int_at(__FILE__, __LINE__, got, want, __VA_ARGS__)
#define check_text(got, want, ...) check_text_at(__FILE__, __LINE__, got, want, __VA_ARGS__)

void check_u64_at(const char *file, int line, uint64_t got, uint64_t want, const char *fmt, ...)
	__attribute__((format(printf, 5, 6)));
void check_int_at(const char *file, int line, int64_t got, int64_t want, const char *fmt, ...)
	__attribute__((format(printf, 5, 6)));
void check_text_at(const char *file, int line, const char *got, const char *want, const char *fmt,
		   ...) __attribute__((format(printf, 5, 6)));

/*
 * Calls a writer of text with every size that is too small, and with some that suffice: it returns -ENOSPC or the
 * length of @want, writes @want when it fits, and nothing behind the size that it was given.
 */
typedef int (*check_writer_fn)(char *buf, size_t size, const void *userdata);
void check_every_size(check_writer_fn writer, const void *userdata, const char *want);

/* Numbers that are the same in every run: xorshift64*. */
struct check_random {
	uint64_t state; /* not 0 */
};

uint64_t check_random_next(struct check_random *r);

/* 0 to @limit - 1 */
uint64_t check_random_below(struct check_random *r, uint64_t limit);

#endif
