/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "check.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#include "text/rfc3339.h"

#define DAY 86400ull
#define LAST_DAY (UINT64_MAX / 1000000000 / DAY)

/* The C library's opinion. */
static void reference(uint64_t ns, char *buf, size_t size)
{
	time_t seconds = (time_t)(ns / 1000000000);
	char date[64];
	struct tm tm;

	assert_non_null(gmtime_r(&seconds, &tm));
	assert_true(strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%S", &tm) > 0);
	snprintf(buf, size, "%s.%09" PRIu64 "Z", date, ns % 1000000000);
}

static void check_time(uint64_t ns)
{
	char buf[TEXT_RFC3339_SIZE], want[TEXT_RFC3339_SIZE + 64];

	text_rfc3339(ns, buf);
	reference(ns, want, sizeof(want));
	check_text(buf, want, "%" PRIu64 " ns", ns);
}

static void rfc3339__knows_the_calendar(void **state)
{
	static const struct {
		uint64_t seconds, ns;
		const char *text;
	} cases[] = {
		{ 0, 0, "1970-01-01T00:00:00.000000000Z" },
		{ 0, 1, "1970-01-01T00:00:00.000000001Z" },
		{ 31535999, 999999999, "1970-12-31T23:59:59.999999999Z" },
		{ 68169599, 0, "1972-02-28T23:59:59.000000000Z" },
		{ 68169600, 0, "1972-02-29T00:00:00.000000000Z" },
		{ 946684799, 999999999, "1999-12-31T23:59:59.999999999Z" },
		{ 946684800, 0, "2000-01-01T00:00:00.000000000Z" },
		{ 951782400, 0, "2000-02-29T00:00:00.000000000Z" },
		{ 951868800, 0, "2000-03-01T00:00:00.000000000Z" },
		{ 1795167000, 123456789, "2026-11-20T09:30:00.123456789Z" },
		{ 2147483648, 0, "2038-01-19T03:14:08.000000000Z" },
		{ 4107542399, 0, "2100-02-28T23:59:59.000000000Z" },
		{ 4107542400, 0, "2100-03-01T00:00:00.000000000Z" },
		{ 13574563200, 0, "2400-02-29T00:00:00.000000000Z" },
		{ 18446744073, 709551615, "2554-07-21T23:34:33.709551615Z" },
	};
	char buf[TEXT_RFC3339_SIZE];
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		text_rfc3339(cases[i].seconds * 1000000000 + cases[i].ns, buf);
		check_text(buf, cases[i].text, "%" PRIu64 " s", cases[i].seconds);
	}
}

/* The first and the last nanosecond of every day that 64 bits can tell. */
static void rfc3339__agrees_with_the_c_library_on_every_day(void **state)
{
	uint64_t day;

	(void)state;
	for (day = 0; day < LAST_DAY; day++) {
		check_time(day * DAY * 1000000000);
		check_time((day + 1) * DAY * 1000000000 - 1);
	}
}

static void rfc3339__agrees_with_the_c_library_at_any_time(void **state)
{
	struct check_random random = { 3 };
	int i;

	(void)state;
	for (i = 0; i < 100000; i++)
		check_time(check_random_next(&random));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(rfc3339__knows_the_calendar),
		cmocka_unit_test(rfc3339__agrees_with_the_c_library_on_every_day),
		cmocka_unit_test(rfc3339__agrees_with_the_c_library_at_any_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
