/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef SKEP_DURATION_H
#define SKEP_DURATION_H
/* Durations as people write them: "250ms", "1m30s", "1.5s". */
#include <skep/base.h>

SKEP_BEGIN

/**
 * skep_duration_parse() - text into nanoseconds
 * @text:   one or more decimal numbers, each with a unit: ns, us, ms, s, m, h, d; a fraction is allowed ("1.5s"); "0"
 *          needs no unit; no sign, no spaces
 * @ret_ns: nanoseconds; a fraction of a nanosecond is cut off
 *
 * Return: 0; -EINVAL not a duration; -ERANGE beyond 2^64 - 1 ns.
 * Context: any thread; independent of the locale.
 * Source: the grammar of Go's time.ParseDuration, with days and without signs (spec: flows, configuration table).
 */
int skep_duration_parse(const char *text, uint64_t *ret_ns);

/**
 * skep_duration_format() - nanoseconds into exact text, in whole units, that skep_duration_parse() reads
 * @ns:   nanoseconds
 * @buf:  caller memory
 * @size: bytes of @buf; 64 hold any duration
 *
 * Return: the length of the text, NUL not counted; -ENOSPC if @buf is too small.
 * Context: any thread.
 * Source: the inverse of skep_duration_parse().
 */
int skep_duration_format(uint64_t ns, char *buf, size_t size);

SKEP_END
#endif
