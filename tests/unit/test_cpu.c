/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* Lists of CPUs as the kernel writes them. */
#include <errno.h>

#include "check.h"
#include "sys/cpu.h"

#define NONE UINT32_MAX

static void cpu_list__is_counted(void **state)
{
	(void)state;
	assert_int_equal(sys_cpu_list("0\n", NONE, NONE), 1);
	assert_int_equal(sys_cpu_list("0-1\n", NONE, NONE), 2);
	assert_int_equal(sys_cpu_list("0-3,8-11\n", NONE, NONE), 8);
	assert_int_equal(sys_cpu_list("0,2,4-5,9", NONE, NONE), 5);
	assert_int_equal(sys_cpu_list("0-1048575", NONE, NONE), 1048576);
}

/* Where there are gaps, the place of a CPU is not its number. */
static void cpu_list__with_gaps_has_places_and_numbers(void **state)
{
	static const char list[] = "0-3,8-11,40\n";
	static const int cpus[] = { 0, 1, 2, 3, 8, 9, 10, 11, 40 };
	uint32_t i;

	(void)state;
	for (i = 0; i < 9; i++) {
		assert_int_equal(sys_cpu_list(list, i, NONE), cpus[i]);
		assert_int_equal(sys_cpu_list(list, NONE, (uint32_t)cpus[i]), i);
	}
	assert_int_equal(sys_cpu_list(list, 9, NONE), -ENODEV);
	assert_int_equal(sys_cpu_list(list, NONE, 4), -ENODEV);
	assert_int_equal(sys_cpu_list(list, NONE, 41), -ENODEV);
}

static void cpu_list__that_is_none_is_refused(void **state)
{
	static const char *const broken[] = { "",    "\n",    "a",       "0-",          "-1",
					      "1-0", "0,",    "0,,1",    "0 1",         "0-1x",
					      "3,1", "0-2,2", "0-1:1/2", "99999999999", "0\n\n" };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(broken) / sizeof(broken[0]); i++)
		assert_int_equal(sys_cpu_list(broken[i], NONE, NONE), -EINVAL);
}

static void possible_cpus__are_as_many_as_libbpf_counts(void **state)
{
	const int count = sys_possible_cpus();

	(void)state;
	assert_true(count > 0);
	assert_true(sys_cpu_at((uint32_t)count - 1) >= count - 1);
	assert_int_equal(sys_cpu_at((uint32_t)count), -ENODEV);
	assert_int_equal(sys_cpu_slot((uint32_t)sys_cpu_at((uint32_t)count - 1)), count - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cpu_list__is_counted),
		cmocka_unit_test(cpu_list__with_gaps_has_places_and_numbers),
		cmocka_unit_test(cpu_list__that_is_none_is_refused),
		cmocka_unit_test(possible_cpus__are_as_many_as_libbpf_counts),
	};

	return cmocka_run_group_tests_name("cpu", tests, NULL, NULL);
}
