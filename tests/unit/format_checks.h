/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef UNIT_FORMAT_CHECKS_H
#define UNIT_FORMAT_CHECKS_H
/* Checks of what a format writes and reads. */
#include <skep/format.h>

#include "check.h"

/* Text and JSON of @bytes are these, at every size of buffer, and both are read as the same bytes again. */
void check_written(const struct skep_format *f, const void *bytes, size_t size, const char *text,
		   const char *json);

/* Both are read as the same bytes again. */
void check_round_trip(const struct skep_format *f, const void *bytes, size_t size);

/* @literal is read as these bytes. */
void check_read(const struct skep_format *f, const char *literal, const void *bytes, size_t size);

/* @literal is refused with these words. */
void check_refused(const struct skep_format *f, const char *literal, const char *words);

/* A format of words, or the test fails with the words of the error. */
struct skep_format *format_of_words(const char *words);

#endif
