/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "text/rfc3339.h"

#include <string.h>

#include "base/time.h"

static void put_digits(char *at, uint64_t value, int digits)
{
	while (digits--) {
		at[digits] = (char)('0' + value % 10);
		value /= 10;
	}
}

void text_rfc3339(uint64_t realtime_ns, char buf[TEXT_RFC3339_SIZE])
{
	uint64_t seconds = realtime_ns / NSEC_PER_SEC, second = seconds % 86400;
	uint64_t days = seconds / 86400 + 719468;          /* since 0000-03-01 */
	uint64_t era = days / 146097, day = days % 146097; /* 400 years have 146,097 days */
	uint64_t year = (day - day / 1460 + day / 36524 - day / 146096) / 365;
	uint64_t month;

	day -= 365 * year + year / 4 - year / 100; /* of a year that begins in March */
	month = (5 * day + 2) / 153;
	day -= (153 * month + 2) / 5;
	month += month < 10 ? 3 : (uint64_t)-9;
	year += era * 400 + (month <= 2);

	memcpy(buf, "0000-00-00T00:00:00.000000000Z", TEXT_RFC3339_SIZE);
	put_digits(buf, year, 4);
	put_digits(buf + 5, month, 2);
	put_digits(buf + 8, day + 1, 2);
	put_digits(buf + 11, second / 3600, 2);
	put_digits(buf + 14, second / 60 % 60, 2);
	put_digits(buf + 17, second % 60, 2);
	put_digits(buf + 20, realtime_ns % NSEC_PER_SEC, 9);
}
