/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "check.h"

#include <errno.h>

#include <skep/error.h>

#include "sys/jiffies.h"

static const struct {
	const char *line, *name;
	int code;
	uint64_t count;
} lines[] = {
	{ "timestamp 4294937296\n", "timestamp", 0, 4294937296 },
	{ "timestamp 0", "timestamp", 0, 0 },
	{ "timestamp 18446744073709551615\n", "timestamp", 0, UINT64_MAX },
	{ "jiffies: 4295012345\n", "jiffies:", 0, 4295012345 },
	{ "timestamp 18446744073709551616\n", "timestamp", -ENODATA, 0 },
	{ "timestamp\n", "timestamp", -ENODATA, 0 },
	{ "timestamp \n", "timestamp", -ENODATA, 0 },
	{ "timestamp -1\n", "timestamp", -ENODATA, 0 },
	{ "timestamp 1 2\n", "timestamp", -ENODATA, 0 },
	{ "timestamps 1\n", "timestamp", -ENODATA, 0 },
	{ " timestamp 1\n", "timestamp", -ENODATA, 0 },
	{ "version 17\n", "timestamp", -ENODATA, 0 },
	{ "  .last_jiffies   : 4295012345\n", "jiffies:", -ENODATA, 0 },
	{ "", "jiffies:", -ENODATA, 0 },
};

static void jiffies__are_read_from_their_line_alone(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(lines); i++) {
		uint64_t count = 0;

		check_int(sys_jiffies_parse(lines[i].line, lines[i].name, &count), lines[i].code,
			  "'%s'", lines[i].line);
		check_u64(count, lines[i].count, "'%s'", lines[i].line);
	}
}

static void jiffies__shifted_are_in_units_of_256(void **state)
{
	(void)state;
	check_u64(skep_jiffies_shifted(255), 0, "255");
	check_u64(skep_jiffies_shifted(256), 1, "256");
	check_u64(skep_jiffies_shifted(4295012345), 16777391, "4295012345");
	check_u64(skep_jiffies_shifted(UINT64_MAX), UINT64_MAX >> 8, "most");
}

static void jiffies__of_a_source_that_is_none_are_refused(void **state)
{
	struct skep_jiffies *j = NULL;
	struct skep_error err = { 0 };

	(void)state;
	check_int(skep_jiffies_open(4, &j, &err), -EINVAL, "source 4");
	check_u64(err.kind, SKEP_ERR_INVALID, "kind");
	assert_null(j);
	assert_null(skep_jiffies_close(NULL));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(jiffies__are_read_from_their_line_alone),
		cmocka_unit_test(jiffies__shifted_are_in_units_of_256),
		cmocka_unit_test(jiffies__of_a_source_that_is_none_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
