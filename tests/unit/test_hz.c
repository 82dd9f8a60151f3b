/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "check.h"

#include "sys/hz.h"

static void hz__is_the_nearest_of_the_likely(void **state)
{
	static const struct {
		uint64_t jiffies, ns, hz;
	} cases[] = {
		{ 100, 100000000, 1000 }, { 30, 100000000, 300 },   { 25, 100000000, 250 },
		{ 10, 100000000, 100 },   { 0, 100000000, 100 },    { 1000, 100000000, 1000 },
		{ 26, 101000000, 250 },   { 24, 99000000, 250 },    { 29, 100000000, 300 },
		{ 11, 102000000, 100 },   { 250, 1000000000, 250 }, /* a tie is the first's */
		{ 65, 100000000, 1000 },  { 275, 1000000000, 300 }, { 175, 1000000000, 250 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++)
		check_u64(sys_hz_nearest(cases[i].jiffies, cases[i].ns), cases[i].hz, "case %zu",
			  i);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(hz__is_the_nearest_of_the_likely),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
