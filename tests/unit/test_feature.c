/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "check.h"

#include <errno.h>
#include <string.h>

#include <skep/error.h>
#include <skep/feature.h>
#include <skep/kabi.h>

#include "sys/feature.h"
#include "sys/feature_code.h"
#include "sys/lockdown.h"

#define UNTOUCHED 4711

static int open_features(void **state)
{
	struct skep_features *f;

	assert_int_equal(skep_features_open(NULL, &f, NULL), 0);
	*state = f;
	return 0;
}

static int close_features(void **state)
{
	assert_null(skep_features_close(*state));
	return 0;
}

static void inject(void *f, uint32_t section, uint32_t number, int answer)
{
	assert_int_equal(skep_feature_inject(f, section, 0, number, answer), 0);
}

static void answers__that_are_injected_are_given(void **state)
{
	struct skep_features *f = *state;
	static const int answers[] = { 1, 0, -EPERM, 0, -EAGAIN, 1 };
	struct skep_error err;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(answers); i++) {
		inject(f, SKEP_FEATURE_SECTION_MISC, SKEP_FEATURE_TOKENS, answers[i]);
		inject(f, SKEP_FEATURE_SECTION_MAP_TYPE, 1, answers[i]);
		inject(f, SKEP_FEATURE_SECTION_PROG_TYPE, 1, answers[i]);
		inject(f, SKEP_FEATURE_SECTION_LINK_TYPE, 1, answers[i]);
		assert_int_equal(skep_feature_inject(f, SKEP_FEATURE_SECTION_ATTACH_TYPE,
						     SKEP_PROG_TYPE_XDP, SKEP_ATTACH_TYPE_XDP,
						     answers[i]),
				 0);
		assert_int_equal(skep_feature_inject(f, SKEP_FEATURE_SECTION_HELPER,
						     SKEP_PROG_TYPE_XDP, 1, answers[i]),
				 0);
		check_int(skep_feature_has(f, SKEP_FEATURE_TOKENS, NULL), answers[i], "misc");
		check_int(skep_feature_map_type(f, 1, NULL), answers[i], "map type");
		check_int(skep_feature_prog_type(f, 1, NULL), answers[i], "program type");
		check_int(skep_feature_link_type(f, 1, NULL), answers[i], "link type");
		check_int(skep_feature_attach_type(f, 0, SKEP_ATTACH_TYPE_XDP, NULL), answers[i],
			  "attach type");
		check_int(skep_feature_helper(f, SKEP_PROG_TYPE_XDP, 1, NULL), answers[i],
			  "helper");
	}
	inject(f, SKEP_FEATURE_SECTION_MAP_TYPE, 1, -EPERM);
	err.code = UNTOUCHED;
	assert_int_equal(skep_feature_map_type(f, 1, &err), -EPERM);
	assert_int_equal(err.code, -EPERM);
	assert_int_equal(err.kind, SKEP_ERR_PERMISSION);
	assert_non_null(strstr(err.msg, "injected"));
}

static void injection__of_what_cannot_be_kept_is_refused(void **state)
{
	struct skep_features *f = *state;
	static const struct {
		uint32_t section, prog_type, number;
		int answer;
	} cases[] = {
		{ 0, 0, 1, 1 },
		{ 7, 0, 1, 1 },
		{ SKEP_FEATURE_SECTION_MISC, 0, SYS_FEATURE_ROWS, 1 },
		{ SKEP_FEATURE_SECTION_MAP_TYPE, 0, SYS_FEATURE_TYPES, 1 },
		{ SKEP_FEATURE_SECTION_PROG_TYPE, 0, UINT32_MAX, 1 },
		{ SKEP_FEATURE_SECTION_LINK_TYPE, 0, SYS_FEATURE_TYPES, 0 },
		{ SKEP_FEATURE_SECTION_ATTACH_TYPE, SYS_FEATURE_TYPES, 0, 1 },
		{ SKEP_FEATURE_SECTION_ATTACH_TYPE, 0, SYS_FEATURE_ATTACH_TYPES, 1 },
		{ SKEP_FEATURE_SECTION_HELPER, SYS_FEATURE_TYPES, 1, 1 },
		{ SKEP_FEATURE_SECTION_HELPER, 1, SYS_FEATURE_HELPERS, 1 },
		{ SKEP_FEATURE_SECTION_MAP_TYPE, 0, 1, 2 },
		{ SKEP_FEATURE_SECTION_MAP_TYPE, 0, 1, -4096 },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++)
		check_int(skep_feature_inject(f, cases[i].section, cases[i].prog_type,
					      cases[i].number, cases[i].answer),
			  -EINVAL, "case %zu", i);
}

static void fallback__is_the_type_with_the_same_operations(void **state)
{
	static const struct {
		uint32_t type, instead;
	} cases[] = {
		{ SKEP_MAP_TYPE_LRU_HASH, SKEP_MAP_TYPE_HASH },
		{ SKEP_MAP_TYPE_LRU_PERCPU_HASH, SKEP_MAP_TYPE_PERCPU_HASH },
		{ SKEP_MAP_TYPE_LPM_TRIE, SKEP_MAP_TYPE_HASH },
	};
	struct skep_features *f = *state;
	struct skep_error err;
	uint32_t type;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		inject(f, SKEP_FEATURE_SECTION_MAP_TYPE, cases[i].instead, 1);
		inject(f, SKEP_FEATURE_SECTION_MAP_TYPE, cases[i].type, 1);
		check_int(skep_feature_map_type_or_fallback(f, cases[i].type, &type, NULL), 1,
			  "type %u", cases[i].type);
		check_u64(type, cases[i].type, "type %u", cases[i].type);

		inject(f, SKEP_FEATURE_SECTION_MAP_TYPE, cases[i].type, 0);
		check_int(skep_feature_map_type_or_fallback(f, cases[i].type, &type, NULL), 0,
			  "no type %u", cases[i].type);
		check_u64(type, cases[i].instead, "no type %u", cases[i].type);

		type = UNTOUCHED;
		inject(f, SKEP_FEATURE_SECTION_MAP_TYPE, cases[i].instead, 0);
		check_int(skep_feature_map_type_or_fallback(f, cases[i].type, &type, &err),
			  -EOPNOTSUPP, "neither %u", cases[i].type);
		check_u64(type, UNTOUCHED, "neither %u", cases[i].type);
		check_u64(err.kind, SKEP_ERR_UNSUPPORTED, "neither %u: %s", cases[i].type, err.msg);

		inject(f, SKEP_FEATURE_SECTION_MAP_TYPE, cases[i].instead, -EPERM);
		check_int(skep_feature_map_type_or_fallback(f, cases[i].type, &type, NULL), -EPERM,
			  "instead of %u: not permitted", cases[i].type);
	}
}

static void fallback__is_not_taken_for_want_of_permission(void **state)
{
	struct skep_features *f = *state;
	uint32_t type = UNTOUCHED;

	inject(f, SKEP_FEATURE_SECTION_MAP_TYPE, SKEP_MAP_TYPE_LRU_HASH, -EPERM);
	inject(f, SKEP_FEATURE_SECTION_MAP_TYPE, SKEP_MAP_TYPE_HASH, 1);
	assert_int_equal(skep_feature_map_type_or_fallback(f, SKEP_MAP_TYPE_LRU_HASH, &type, NULL),
			 -EPERM);
	assert_int_equal(type, UNTOUCHED);
}

static void fallback__of_a_ring_buffer_is_only_named(void **state)
{
	struct skep_features *f = *state;
	struct skep_error err;
	uint32_t type = UNTOUCHED;

	inject(f, SKEP_FEATURE_SECTION_MAP_TYPE, SKEP_MAP_TYPE_RINGBUF, 0);
	assert_int_equal(skep_feature_map_type_or_fallback(f, SKEP_MAP_TYPE_RINGBUF, &type, &err),
			 -EOPNOTSUPP);
	assert_int_equal(type, UNTOUCHED);
	assert_non_null(strstr(err.msg, "perf event array"));
}

static void helper__of_a_program_type_that_is_missing_is_missing(void **state)
{
	struct skep_features *f = *state;

	inject(f, SKEP_FEATURE_SECTION_PROG_TYPE, SKEP_PROG_TYPE_XDP, 0);
	assert_int_equal(skep_feature_helper(f, SKEP_PROG_TYPE_XDP, 1, NULL), 0);
	inject(f, SKEP_FEATURE_SECTION_PROG_TYPE, SKEP_PROG_TYPE_SCHED_CLS, -EPERM);
	assert_int_equal(skep_feature_helper(f, SKEP_PROG_TYPE_SCHED_CLS, 1, NULL), -EPERM);
	inject(f, SKEP_FEATURE_SECTION_PROG_TYPE, SKEP_PROG_TYPE_EXT, 1);
	assert_int_equal(skep_feature_helper(f, SKEP_PROG_TYPE_EXT, 1, NULL), -EINVAL);
}

static void questions__without_sense_are_refused(void **state)
{
	struct skep_features *f = *state;
	const struct {
		size_t sz;
		uint64_t token_fd, newer;
	} o = { sizeof(o), 0, 1 };
	struct skep_features *other = NULL;

	assert_int_equal(skep_feature_has(f, 0, NULL), -EINVAL);
	assert_int_equal(skep_feature_has(f, 9999, NULL), -EINVAL);
	assert_int_equal(skep_feature_attach_type(f, 0, 9999, NULL), -EINVAL);
	assert_int_equal(skep_feature_link_type(f, 0, NULL), -EINVAL);
	assert_int_equal(skep_feature_link_type(f, 63, NULL), -EINVAL);
	assert_int_equal(skep_features_open((const void *)&o, &other, NULL), -E2BIG);
	assert_null(other);
	assert_null(skep_features_close(NULL));
}

static void list__has_each_feature_once(void **state)
{
	size_t count, i, j, bytes;
	const struct skep_feature_row *rows = skep_feature_rows(&count);

	(void)state;
	assert_true(count > 40);
	for (i = 0; i < count; i++) {
		assert_true(rows[i].number > 0 && rows[i].number < SYS_FEATURE_ROWS);
		assert_true(strlen(rows[i].sentence) > 4 && strchr(rows[i].since, '.'));
		for (j = 0; j < i; j++) {
			assert_int_not_equal(rows[i].number, rows[j].number);
			assert_string_not_equal(rows[i].name, rows[j].name);
		}
	}
	for (i = 0; i <= CODE_SUBPROGRAM; i++)
		assert_non_null(sys_feature_code((uint32_t)i, &bytes));
	for (i = 0; i <= TYPES_TWO_FUNCS; i++) {
		assert_non_null(sys_feature_btf_words((uint32_t)i, &bytes));
		assert_true(bytes >= 12 && bytes % 4 == 0);
	}
}

static void tables__know_every_attach_type(void **state)
{
	size_t count, i;
	const struct skep_kabi_row *rows = skep_kabi_rows(SKEP_KABI_ATTACH_TYPE, &count);

	(void)state;
	for (i = 0; i < count; i++)
		if (!skep_feature_attach_prog_type((uint32_t)rows[i].number))
			fail_msg("no program type for attach type %s", rows[i].name);
	assert_int_equal(skep_feature_attach_prog_type(9999), 0);
	assert_int_equal(skep_feature_attach_prog_type(SKEP_ATTACH_TYPE_TCX_INGRESS),
			 SKEP_PROG_TYPE_SCHED_CLS);
}

static void lockdown__is_what_stands_in_brackets(void **state)
{
	(void)state;
	check_int(sys_lockdown_parse("[none] integrity confidentiality\n"), SYS_LOCKDOWN_NONE, "1");
	check_int(sys_lockdown_parse("none [integrity] confidentiality\n"), SYS_LOCKDOWN_INTEGRITY,
		  "2");
	check_int(sys_lockdown_parse("none integrity [confidentiality]"),
		  SYS_LOCKDOWN_CONFIDENTIALITY, "3");
	check_int(sys_lockdown_parse("none integrity"), -EBADMSG, "4");
	check_int(sys_lockdown_parse("[integrity"), -EBADMSG, "5");
	check_int(sys_lockdown_parse("[total]"), -EBADMSG, "6");
	check_text(sys_lockdown_name(SYS_LOCKDOWN_INTEGRITY), "integrity", "name");
	check_text(sys_lockdown_name(-ENOENT), "unknown", "name");
}

#define WITH_FEATURES(test) cmocka_unit_test_setup_teardown(test, open_features, close_features)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_FEATURES(answers__that_are_injected_are_given),
		WITH_FEATURES(injection__of_what_cannot_be_kept_is_refused),
		WITH_FEATURES(fallback__is_the_type_with_the_same_operations),
		WITH_FEATURES(fallback__is_not_taken_for_want_of_permission),
		WITH_FEATURES(fallback__of_a_ring_buffer_is_only_named),
		WITH_FEATURES(helper__of_a_program_type_that_is_missing_is_missing),
		WITH_FEATURES(questions__without_sense_are_refused),
		cmocka_unit_test(list__has_each_feature_once),
		cmocka_unit_test(tables__know_every_attach_type),
		cmocka_unit_test(lockdown__is_what_stands_in_brackets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
