/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "check.h"

#include <errno.h>
#include <string.h>

#include <skep/error.h>

#include "text/pattern.h"

static struct text_pattern *pattern_new(const char *text)
{
	struct text_pattern *p = NULL;
	struct skep_error err = { 0 };
	int r = text_pattern_new(text, &p, &err);

	check_int(r, 0, "pattern '%s': %s", text, err.msg);
	return p;
}

static const struct {
	const char *pattern;
	const char *name;
	int matches;
} cases[] = {
	{ "eth0", "eth0", 1 },
	{ "eth0", "eth", 0 },
	{ "eth0", "eth00", 0 },
	{ "eth0", "ETH0", 0 },
	{ "a.b", "axb", 0 }, /* a dot is a dot but in an expression */
	{ "a]", "a]", 1 },
	{ "eth0/", "eth0/", 1 },
	{ "eth*", "eth", 1 },
	{ "eth*", "eth0", 1 },
	{ "eth*", "veth0", 0 },
	{ "*", "", 1 },
	{ "*", "anything", 1 },
	{ "*", ".hidden", 1 },
	{ "*", "a/b", 1 },
	{ "eth?", "eth0", 1 },
	{ "eth?", "eth", 0 },
	{ "eth?", "eth10", 0 },
	{ "eth[0-3]", "eth2", 1 },
	{ "eth[0-3]", "eth4", 0 },
	{ "eth[!0-3]", "eth4", 1 },
	{ "eth[]x]", "eth]", 1 },
	{ "?\\*", "a*", 1 },
	{ "?\\*", "ab", 0 },
	{ "/eth/", "veth0", 1 },
	{ "/^eth/", "veth0", 0 },
	{ "/^eth[0-9]+$/", "eth12", 1 },
	{ "/^eth[0-9]+$/", "eth", 0 },
	{ "/^(lo|wlan.)$/", "wlan0", 1 },
	{ "/^(lo|wlan.)$/", "lo0", 0 },
	{ "/a{2}/", "baab", 1 },
	{ "/a{2}/", "bab", 0 },
	{ "/x*/", "", 1 },
	{ "/a/b/", "xa/bx", 1 },
	{ "///", "a/b", 1 },
	{ "///", "ab", 0 },
};

static void pattern__matches_names_globs_and_expressions(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct text_pattern *p = pattern_new(cases[i].pattern);

		check_int(text_pattern_match(p, cases[i].name), cases[i].matches, "'%s' and '%s'",
			  cases[i].pattern, cases[i].name);
		assert_null(text_pattern_free(p));
	}
}

static void pattern__knows_whether_it_is_an_exact_name(void **state)
{
	static const struct {
		const char *pattern;
		int exact;
	} names[] = {
		{ "eth0", 1 }, { "a.b", 1 }, { "a]", 1 },       { "a/", 1 },     { "eth*", 0 },
		{ "eth?", 0 }, { "[e]", 0 }, { "/^eth0$/", 0 }, { "/eth0/", 0 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(names); i++) {
		struct text_pattern *p = pattern_new(names[i].pattern);

		check_int(text_pattern_exact(p), names[i].exact, "'%s'", names[i].pattern);
		text_pattern_free(p);
	}
}

static void pattern__keeps_a_copy_of_its_text(void **state)
{
	char text[] = "/^eth[0-9]$/";
	_cleanup_(text_pattern_freep) struct text_pattern *p = pattern_new(text);

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	check_text(text_pattern_text(p), "/^eth[0-9]$/", "text");
	check_int(text_pattern_match(p, "eth1"), 1, "match");
}

static void pattern__refuses_what_cannot_be_meant(void **state)
{
	static const struct {
		const char *pattern;
		const char *says;
	} refused[] = {
		{ "", "empty" },
		{ "//", "empty" },
		{ "/", "does not end with" },
		{ "/eth", "does not end with" },
		{ "/(/", "not a regular expression" },
		{ "/[/", "not a regular expression" },
		{ "/a{2/", "not a regular expression" },
		{ "eth[0-9", "without" },
		{ "[", "without" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(refused); i++) {
		struct text_pattern *p = NULL;
		struct skep_error err = { 0 };

		check_int(text_pattern_new(refused[i].pattern, &p, &err), -EINVAL, "'%s'",
			  refused[i].pattern);
		assert_null(p);
		check_int(err.code, -EINVAL, "'%s'", refused[i].pattern);
		check_u64(err.kind, SKEP_ERR_INVALID, "'%s'", refused[i].pattern);
		check_int(strstr(err.msg, refused[i].says) != NULL, 1, "'%s': '%s' in '%s'",
			  refused[i].pattern, refused[i].says, err.msg);
	}
}

static void pattern__error_record_is_optional(void **state)
{
	struct text_pattern *p = NULL;

	(void)state;
	check_int(text_pattern_new("/(/", &p, NULL), -EINVAL, "bad expression");
	check_int(text_pattern_new("", &p, NULL), -EINVAL, "empty");
	assert_null(p);
	assert_null(text_pattern_free(NULL));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(pattern__matches_names_globs_and_expressions),
		cmocka_unit_test(pattern__knows_whether_it_is_an_exact_name),
		cmocka_unit_test(pattern__keeps_a_copy_of_its_text),
		cmocka_unit_test(pattern__refuses_what_cannot_be_meant),
		cmocka_unit_test(pattern__error_record_is_optional),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
