/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* Programs that this kernel's verifier rejects, and whether the report names the rule that they break. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <skep/verifier.h>

#include "check.h"
#include "lab/load.h"
#include "rejected.h"

#define LOG_BYTES (1u << 20)
#define ENOUGH 100 /* rejected programs on every kernel */

static int maps[MAP_COUNT];
static char *log_text;

static int set_up(void **state)
{
	(void)state;
	rejected_maps(maps);
	log_text = malloc(LOG_BYTES);
	return log_text ? 0 : -1;
}

static int tear_down(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < MAP_COUNT; i++)
		if (maps[i] >= 0)
			close(maps[i]);
	free(log_text);
	return 0;
}

/* Whether @name is one of @names, between spaces. */
static int is_one_of(const char *name, const char *names)
{
	const size_t len = strlen(name);
	const char *at = names;

	while ((at = strstr(at, name))) {
		if ((at == names || at[-1] == ' ') && (!at[len] || at[len] == ' '))
			return 1;
		at += len;
	}
	return 0;
}

static void report__names_the_rule_of_each_rejected_program(void **state)
{
	struct skep_verifier_report_opts opts = { .sz = sizeof(opts) };
	size_t i, count = 0;
	int r;

	(void)state;
	for (i = 0; i < rejected_count; i++) {
		_cleanup_(skep_verifier_report_freep) struct skep_verifier_report *report = NULL;

		if (rejected[i].is_slow && lab_load(2) < 2)
			continue;
		r = rejected_load(&rejected[i], maps, log_text, LOG_BYTES);
		if (r >= 0)
			close(r);
		if (r >= 0 && rejected[i].may_pass)
			continue;
		check_int(r < 0, 1, "the kernel takes '%s'", rejected[i].name);
		opts.program = rejected[i].name;
		opts.prog_type = rejected[i].prog_type;
		opts.code = r;
		check_int(skep_verifier_report_new(log_text, LOG_BYTES, &opts, &report, NULL), 0,
			  "'%s'", rejected[i].name);
		if (!is_one_of(report->rule_name, rejected[i].rule))
			fail_msg("'%s' breaks %s, and is told %s: %s", rejected[i].name,
				 rejected[i].rule, report->rule_name, report->reason);
		count++;
	}
	check_int(count >= ENOUGH, 1, "%zu programs were rejected", count);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(report__names_the_rule_of_each_rejected_program),
	};

	return cmocka_run_group_tests_name("verifier", tests, set_up, tear_down);
}
