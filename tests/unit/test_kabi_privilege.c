/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "check.h"

#include <string.h>

#include <skep/kabi.h>

static const struct {
	const char *name, *text;
} operations[] = {
#define SKEP_OPERATION(id, number, name, needs, major, minor, before, sentence) \
	[number] = { #id, name },
#include "kabi/operation.def"
#undef SKEP_OPERATION
};

static void operation__has_a_name_and_a_sentence(void **state)
{
	uint32_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(operations); i++) {
		check_text(skep_operation_name(i), operations[i].text, "%s", operations[i].name);
		check_int(strcasecmp(operations[i].name, operations[i].text), 0, "'%s' for %s",
			  operations[i].text, operations[i].name);
		check_int(strlen(skep_operation_sentence(i)) > 5, 1, "%s", operations[i].name);
	}
	check_text(skep_operation_name(i), "unknown", "no operation");
	check_text(skep_operation_sentence(i), "unknown operation", "no operation");
	check_u64(skep_operation_capabilities(i), 0, "no operation");
	check_u64(skep_operation_capabilities_on(i, 4, 19), 0, "no operation");
}

static void operation__needs_what_its_kernel_asks_for(void **state)
{
	static const struct {
		uint32_t operation, major, minor;
		uint64_t want;
	} cases[] = {
		{ SKEP_OPERATION_MAP_CREATE, 7, 3, SKEP_CAPABILITY_BIT(BPF) },
		{ SKEP_OPERATION_MAP_CREATE, 5, 8, SKEP_CAPABILITY_BIT(BPF) },
		{ SKEP_OPERATION_MAP_CREATE, 5, 7, SKEP_CAPABILITY_BIT(SYS_ADMIN) },
		{ SKEP_OPERATION_MAP_CREATE, 4, 19, SKEP_CAPABILITY_BIT(SYS_ADMIN) },
		{ SKEP_OPERATION_PROG_LOAD_NETWORK, 5, 4,
		  SKEP_CAPABILITY_BIT(SYS_ADMIN) | SKEP_CAPABILITY_BIT(NET_ADMIN) },
		{ SKEP_OPERATION_PROG_LOAD_TRACING, 5, 4, SKEP_CAPABILITY_BIT(SYS_ADMIN) },
		{ SKEP_OPERATION_MAP_ACCESS, 6, 1, 0 },
		{ SKEP_OPERATION_MAP_ACCESS, 5, 10, SKEP_CAPABILITY_BIT(BPF) },
		{ SKEP_OPERATION_MAP_ACCESS, 5, 4, SKEP_CAPABILITY_BIT(SYS_ADMIN) },
		{ SKEP_OPERATION_MEMLOCK_RAISE, 5, 4, SKEP_CAPABILITY_BIT(SYS_RESOURCE) },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++)
		check_u64(skep_operation_capabilities_on(cases[i].operation, cases[i].major,
							 cases[i].minor),
			  cases[i].want, "%s on %u.%u", skep_operation_name(cases[i].operation),
			  cases[i].major, cases[i].minor);
	for (i = 0; i < ARRAY_SIZE(operations); i++)
		check_u64(skep_operation_capabilities_on((uint32_t)i, 7, 3),
			  skep_operation_capabilities((uint32_t)i), "%s today", operations[i].name);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(operation__has_a_name_and_a_sentence),
		cmocka_unit_test(operation__needs_what_its_kernel_asks_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
