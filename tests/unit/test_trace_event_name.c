/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "attach/trace_event_name.h"

#include "check.h"

#include <errno.h>
#include <string.h>

#include "attach/cpu_list.h"

static void name__fits_and_says_where_it_is(void **state)
{
	static const struct {
		int is_return;
		const char *place;
		uint64_t number;
		const char *want;
	} cases[] = {
		{ 0, "vfs_read", 0, "p_vfs_read_0" },
		{ 1, "vfs_read+16", 12, "r_vfs_read_16_12" },
		{ 0, "fuse:fuse_lookup.isra.0", 3, "p_fuse_fuse_lookup_isra_0_3" },
		{ 0, "/usr/bin/sh:0x1f(0x2)", 1, "p__usr_bin_sh_0x1f_0x2__1" },
		{ 0, "", 7, "p__7" },
		{ 0, "a_name_of_a_function_that_is_much_longer_than_what_a_name_of_an_event_may_be",
		  UINT64_MAX, "p_a_name_of_a_function_that_is_much_longer_18446744073709551615" },
	};
	char name[TRACE_EVENT_NAME_SIZE];
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		trace_event_name(cases[i].is_return, cases[i].place, cases[i].number, name);
		check_text(name, cases[i].want, "case %zu", i);
		check_int(strlen(name) < TRACE_EVENT_NAME_SIZE, 1, "case %zu", i);
	}
}

static void group__tells_its_owner_and_nothing_else_does(void **state)
{
	static const struct sys_process owners[] = {
		{ 1, 0, 4026531836 },
		{ UINT64_MAX, UINT64_MAX, UINT32_MAX },
	};
	static const char *const others[] = {
		"kprobes",     "skep",         "skep_",       "skep_1",
		"skep_1_2",    "skep_1_2_3_4", "skep_01_2_3", "skep_1_2_",
		"skep_a_2_3",  "skep_1_2_3x",  "skep_ 1_2_3", "skep_-1_2_3",
		"skep_+1_2_3", "Skep_1_2_3",   "xskep_1_2_3", "skep_1_2_99999999999999999999999",
	};
	char group[TRACE_EVENT_NAME_SIZE];
	struct sys_process p;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(owners); i++) {
		trace_event_group(&owners[i], group);
		check_int(trace_event_owner(group, &p), 1, "%s", group);
		check_u64(p.pid, owners[i].pid, "%s", group);
		check_u64(p.start_ticks, owners[i].start_ticks, "%s", group);
		check_u64(p.pid_ns, owners[i].pid_ns, "%s", group);
	}
	for (i = 0; i < ARRAY_SIZE(others); i++)
		check_int(trace_event_owner(others[i], &p), 0, "%s", others[i]);
}

static void line__is_taken_apart_or_refused(void **state)
{
	static const struct {
		const char *line, *group, *name;
	} cases[] = {
		{ "p:g/n vfs_read", "g", "n" },
		{ "r64:skep_1_2_3/r_x_0 vfs_read arg=$retval\n", "skep_1_2_3", "r_x_0" },
		{ "p:g/n /bin/sh:0x1\n", "g", "n" },
		{ "e:g/n x", NULL, NULL },
		{ "p:g", NULL, NULL },
		{ "p:/n x", NULL, NULL },
		{ "p:g/ x", NULL, NULL },
		{ "p:g/n", NULL, NULL },
		{ "p g/n x", NULL, NULL },
		{ "", NULL, NULL },
		{ "p:0123456789012345678901234567890123456789012345678901234567890123/n x", NULL,
		  NULL },
	};
	char group[TRACE_EVENT_NAME_SIZE], name[TRACE_EVENT_NAME_SIZE];
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		check_int(trace_event_line(cases[i].line, group, name), cases[i].name ? 0 : -EINVAL,
			  "case %zu", i);
		if (!cases[i].name)
			continue;
		check_text(group, cases[i].group, "case %zu", i);
		check_text(name, cases[i].name, "case %zu", i);
	}
}

static void cpu_list__may_have_holes(void **state)
{
	static const struct {
		const char *text;
		int count;
		uint32_t first, last;
	} cases[] = {
		{ "0", 1, 0, 0 },
		{ "0-3,8\n", 5, 0, 8 },
		{ "8,0-3", 5, 0, 8 },
		{ "65535", 1, 65535, 65535 },
		{ "0-65535", 65536, 0, 65535 },
		{ "", -EINVAL, 0, 0 },
		{ "\n", -EINVAL, 0, 0 },
		{ "1,", -EINVAL, 0, 0 },
		{ "3-1", -EINVAL, 0, 0 },
		{ "1-", -EINVAL, 0, 0 },
		{ "0,0", -EINVAL, 0, 0 },
		{ "65536", -EINVAL, 0, 0 },
		{ "99999999999", -EINVAL, 0, 0 },
		{ "1 2", -EINVAL, 0, 0 },
		{ "-1", -EINVAL, 0, 0 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		uint32_t *cpus = NULL;

		check_int(cpu_list_parse(cases[i].text, &cpus), cases[i].count, "'%s'",
			  cases[i].text);
		if (cases[i].count > 0) {
			check_u64(cpus[0], cases[i].first, "'%s'", cases[i].text);
			check_u64(cpus[cases[i].count - 1], cases[i].last, "'%s'", cases[i].text);
		}
		free(cpus);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(name__fits_and_says_where_it_is),
		cmocka_unit_test(group__tells_its_owner_and_nothing_else_does),
		cmocka_unit_test(line__is_taken_apart_or_refused),
		cmocka_unit_test(cpu_list__may_have_holes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
