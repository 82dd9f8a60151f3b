/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* The line of a verifier's log that says why. */
#include "check.h"

#include <string.h>

#include "sys/verifier_log.h"

static void reason__is_the_last_line_before_the_statistics(void **state)
{
	static const struct {
		const char *log, *reason;
	} cases[] = {
		{ "", "" },
		{ "\n\n", "" },
		{ "one line", "one line" },
		{ "one line\n", "one line" },
		{ "0: (79) r0 = *(u64 *)(r2 +0)\nR2 !read_ok\nprocessed 1 insns (limit 1000000)\n",
		  "R2 !read_ok" },
		{ "back-edge from insn 4 to 0\nprocessed 0 insns\nprocessed 0 insns\n\n",
		  "back-edge from insn 4 to 0" },
		{ "processed 1 insns", "" },
		{ "R2 !read_ok\n\nVerification failed: Register Type Safety: Unreadable register\n\n"
		  "Reason:\n  R2 has never been initialized\n\nSuggestion:\n  Initialize R2\n\n"
		  "processed 1 insns (limit 1000000)\n",
		  "R2 !read_ok" },
	};
	char buf[64];
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++)
		check_text(sys_verifier_log_reason(cases[i].log, strlen(cases[i].log) + 1, buf,
						   sizeof(buf)),
			   cases[i].reason, "case %zu", i);
}

static void reason__is_cut_to_the_room_there_is(void **state)
{
	static const char unended[] = { 'a', '\n', 'b', 'c', 'd', 'e' };
	char buf[4] = "";

	(void)state;
	check_text(sys_verifier_log_reason(unended, sizeof(unended), buf, sizeof(buf)), "bcd",
		   "no NUL in the log");
	check_text(sys_verifier_log_reason("x", 2, buf, 1), "", "room for the NUL alone");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reason__is_the_last_line_before_the_statistics),
		cmocka_unit_test(reason__is_cut_to_the_room_there_is),
	};

	return cmocka_run_group_tests_name("verifier_log", tests, NULL, NULL);
}
