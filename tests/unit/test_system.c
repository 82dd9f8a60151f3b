/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "check.h"

#include <errno.h>
#include <string.h>
#include <sys/utsname.h>

#include <skep/error.h>
#include <skep/system.h>

static void rows__have_a_value_or_a_reason(void **state)
{
	_cleanup_(skep_system_freep) struct skep_system *s = NULL;
	const struct skep_system_row *rows;
	uint64_t section = 0;
	size_t count, i;

	(void)state;
	assert_int_equal(skep_system_new(&s, NULL), 0);
	rows = skep_system_rows(s, &count);
	assert_true(count > 50);
	for (i = 0; i < count; i++) {
		if (!rows[i].code != !!rows[i].value || rows[i].code > 0)
			fail_msg("%s: code %lld, value %s", rows[i].name, (long long)rows[i].code,
				 rows[i].value ? rows[i].value : "(null)");
		assert_true(rows[i].section >= section); /* section by section */
		section = rows[i].section;
		assert_string_not_equal(skep_system_section_name(section), "unknown");
		assert_ptr_equal(skep_system_find(s, rows[i].name), &rows[i]);
	}
	assert_int_equal(section, SKEP_SYSTEM_CONFIG);
}

static void values__are_those_of_this_system(void **state)
{
	_cleanup_(skep_system_freep) struct skep_system *s = NULL;
	struct utsname name;

	(void)state;
	assert_int_equal(skep_system_new(&s, NULL), 0);
	uname(&name);
	check_text(skep_system_find(s, "release")->value, name.release, "release");
	check_text(skep_system_find(s, "machine")->value, name.machine, "machine");
	assert_null(skep_system_find(s, "no such row"));
	assert_null(skep_system_free(NULL));
	check_text(skep_system_section_name(0), "unknown", "section 0");
	check_text(skep_system_section_name(5), "unknown", "section 5");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows__have_a_value_or_a_reason),
		cmocka_unit_test(values__are_those_of_this_system),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
