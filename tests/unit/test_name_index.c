/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "check.h"

#include <stdio.h>

#include "base/name_index.h"

#define NAMES 1000u

static void name_index__finds_each_name_where_it_stands(void **state)
{
	static char names[NAMES][16];
	struct name_index x = { 0 };
	char copy[16];
	size_t i, k, at;

	(void)state;
	for (i = 0; i < NAMES; i++) {
		snprintf(names[i], sizeof(names[i]), "name%zu", i);
		assert_int_equal(name_index_find(&x, names[i], &at), 0);
		assert_int_equal(name_index_add(&x, names[i], i), 0);
		for (k = 0; k <= i; k += 1 + i / 8) {
			snprintf(copy, sizeof(copy), "name%zu", k);
			assert_int_equal(name_index_find(&x, copy, &at), 1);
			assert_int_equal(at, k);
		}
	}
	name_index_fini(&x);
	assert_int_equal(name_index_find(&x, "name1", &at), 0);
}

static void name_index__knows_nothing_when_empty(void **state)
{
	struct name_index x = { 0 };
	size_t at;

	(void)state;
	assert_int_equal(name_index_find(&x, "", &at), 0);
	assert_int_equal(name_index_add(&x, "", 7), 0);
	assert_int_equal(name_index_find(&x, "", &at), 1);
	assert_int_equal(at, 7);
	name_index_fini(&x);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(name_index__finds_each_name_where_it_stands),
		cmocka_unit_test(name_index__knows_nothing_when_empty),
	};

	return cmocka_run_group_tests_name("name_index", tests, NULL, NULL);
}
