/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef TEXT_RFC3339_H
#define TEXT_RFC3339_H
/* Points in time as text: "2026-11-20T09:30:00.123456789Z". */
#include <stdint.h>

#define TEXT_RFC3339_SIZE 31 /* NUL included; up to the year 9999 */

/*
 * text_rfc3339() - nanoseconds since 1970 as UTC
 *
 * Source: RFC 3339, section 5.6; the calendar by days since 0000-03-01, as the leap day ends such a year.
 */
void text_rfc3339(uint64_t realtime_ns, char buf[TEXT_RFC3339_SIZE]);

#endif
