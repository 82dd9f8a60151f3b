/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* What a manager is opened with, and what is wrong with it. */
#include "check.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <skep/attach.h>
#include <skep/error.h>
#include <skep/manager.h>
#include <skep/manager_probe.h>
#include <skep/manager_report.h>
#include <skep/probe_spec.h>
#include <skep/selector.h>

#define MANY 16000

static const char *object;

static const struct skep_probe_spec named_otherwise[] = {
	{ .program = "on_any", .uid = "a" },
	{ .program = "on_any", .uid = "b" },
};

static const char *const excluded[] = { "on_any", NULL };
static const struct skep_selector empty_group = { .kind = SKEP_SELECTOR_ALL_OF, .member_count = 2 };

/* @r: what an opening returned, with which words. */
static void check_refused(int r, const struct skep_error *err, const char *words)
{
	check_int(r, -EINVAL, "'%s'", words);
	check_int(err->code, -EINVAL, "'%s'", words);
	check_int(err->kind, SKEP_ERR_INVALID, "'%s'", words);
	if (!strstr(err->msg, words))
		fail_msg("'%s' is not in '%s'", words, err->msg);
}

static void options__that_are_mistakes_are_told(void **state)
{
#define OPTS .sz = sizeof(struct skep_manager_opts)
	static const struct {
		const char *words;
		struct skep_manager_opts o;
	} cases[] = {
		{ "opts.sz is not set", { .flags = 0 } },
		{ "opts.sz is no size", { .sz = 3 } },
		{ "unknown flag", { OPTS, .flags = 1u << 31 } },
		{ "opts.probes is not", { OPTS, .probe_count = 1 } },
		{ "opts.probe_count is not",
		  { OPTS, .probes = named_otherwise, .probe_sz = sizeof(*named_otherwise) } },
		{ "opts.probe_sz is not set",
		  { OPTS, .probes = named_otherwise, .probe_count = 1 } },
		{ "opts.probe_sz is 8,",
		  { OPTS, .probes = named_otherwise, .probe_count = 1, .probe_sz = 8 } },
		{ "opts.probe_sz is 33,",
		  { OPTS, .probes = named_otherwise, .probe_count = 1, .probe_sz = 33 } },
		{ "opts.excluded_programs is not", { OPTS, .excluded_program_count = 1 } },
		{ "opts.excluded_program_count is not", { OPTS, .excluded_programs = excluded } },
		{ "opts.excluded_programs[1] is NULL",
		  { OPTS, .excluded_programs = excluded, .excluded_program_count = 2 } },
		{ "opts.kprobe_method is 99,", { OPTS, .kprobe_method = 99 } },
		{ "opts.kprobe_method is 6,", { OPTS, .kprobe_method = SKEP_ATTACH_METHOD_TCX } },
		{ "opts.uprobe_method is 99,", { OPTS, .uprobe_method = 99 } },
		{ "all_of without members", { OPTS, .selector = &empty_group } },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct skep_manager *m = NULL;
		struct skep_error err = { 0 };

		check_refused(skep_manager_open_file(object, &cases[i].o, &m, &err), &err,
			      cases[i].words);
		assert_null(m);
	}
}

static void arguments__that_are_missing_are_told(void **state)
{
	struct skep_manager *m = NULL;
	struct skep_selector *s = NULL;
	struct skep_error err = { 0 };

	(void)state;
	check_refused(skep_manager_open_file(NULL, NULL, &m, &err), &err, "no path");
	check_refused(skep_manager_open_bytes(NULL, 1, NULL, &m, &err), &err, "no data");
	check_refused(skep_manager_open_object(NULL, NULL, &m, &err), &err, "no object");
	check_refused(skep_manager_adopt(NULL, NULL, &m, &err), &err, "no object");
	check_refused(skep_selector_parse(NULL, &s, &err), &err, "no text");
	assert_null(m);
	assert_int_equal(skep_manager_open_file(object, NULL, &m, &err), 0);
	assert_null(skep_manager_probe_find(m, NULL, NULL));
	assert_int_equal(skep_manager_program_specs(m, NULL, NULL, NULL, 0), 0);
	assert_int_equal(skep_manager_report(m, NULL, NULL), -EINVAL);
	check_refused(skep_manager_rename(m, NULL, NULL, "a", NULL, &err), &err, "no name");
	check_refused(skep_manager_rename(m, "a", NULL, NULL, NULL, &err), &err, "no name");
	skep_manager_close(m);
}

static void table__may_have_any_name(void **state)
{
	const struct skep_manager_opts o = { .sz = sizeof(o), SKEP_TABLE(named_otherwise) };
	struct skep_manager *m = NULL;
	struct skep_error err = { 0 };

	(void)state;
	check_int(skep_manager_open_file(object, &o, &m, &err), 0, "%s", err.msg);
	assert_int_equal(skep_manager_probe_count(m), 2);
	assert_ptr_equal(skep_manager_probe_find(m, "on_any", "b"), skep_manager_probe_at(m, 1));
	skep_manager_close(m);
}

static void probe__is_enabled_from_open_on(void **state)
{
	const struct skep_selector one = SKEP_PROBE_UID("on_any", "b");
	const struct skep_manager_opts o = { .sz = sizeof(o),
					     SKEP_TABLE(named_otherwise),
					     .selector = &one };
	struct skep_manager *m = NULL;
	struct skep_error err = { 0 };

	(void)state;
	check_int(skep_manager_open_file(object, &o, &m, &err), 0, "%s", err.msg);
	assert_int_equal(skep_probe_is_enabled(skep_manager_probe_at(m, 0)), 0);
	assert_int_equal(skep_probe_is_enabled(skep_manager_probe_at(m, 1)), 1);
	skep_manager_close(m);
}

static void probes__are_found_among_thousands_whatever_they_are_called(void **state)
{
	static struct skep_probe_spec probes[MANY];
	static char uids[MANY][16];
	const struct skep_manager_opts o = { .sz = sizeof(o), SKEP_TABLE(probes) };
	struct skep_manager *m = NULL;
	struct skep_error err = { 0 };
	size_t i;

	(void)state;
	for (i = 0; i < MANY; i++) {
		snprintf(uids[i], sizeof(uids[i]), "u%zu", i);
		probes[i] = (struct skep_probe_spec){ .program = "on_any", .uid = uids[i] };
	}
	check_int(skep_manager_open_file(object, &o, &m, &err), 0, "%s", err.msg);
	for (i = 0; i < MANY; i += 2)
		check_int(skep_manager_rename(m, "on_any", uids[i], "on_any", uids[i] + 1, &err), 0,
			  "%s: %s", uids[i], err.msg);
	for (i = 0; i < MANY; i++) {
		const char *uid = uids[i] + (i % 2 ? 0 : 1);

		if (skep_manager_probe_find(m, "on_any", uid) != skep_manager_probe_at(m, i) ||
		    (i % 2 == 0 && skep_manager_probe_find(m, "on_any", uids[i])))
			fail_msg("'%s'", uid);
	}
	check_int(skep_manager_rename(m, "on_any", "u1", "on_any", "0", &err), -EEXIST, "taken");
	skep_manager_close(m);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(options__that_are_mistakes_are_told),
		cmocka_unit_test(arguments__that_are_missing_are_told),
		cmocka_unit_test(table__may_have_any_name),
		cmocka_unit_test(probe__is_enabled_from_open_on),
		cmocka_unit_test(probes__are_found_among_thousands_whatever_they_are_called),
	};

	assert_true(argc == 2);
	object = argv[1];
	return cmocka_run_group_tests(tests, NULL, NULL);
}
