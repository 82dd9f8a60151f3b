/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "check.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <skep/error.h>
#include <skep/selector.h>

#define TEXT_SIZE 1024

static struct skep_selector *parse(const char *text)
{
	struct skep_selector *s = NULL;
	struct skep_error err = { 0 };

	check_int(skep_selector_parse(text, &s, &err), 0, "'%s': %s", text, err.msg);
	return s;
}

static const struct {
	const char *text;
	const char *written;
} texts[] = {
	{ "on_exec", "on_exec" },
	{ " on_exec\n", "on_exec" },
	{ "on_exec@first", "on_exec@first" },
	{ "on_open@a-b.c:7", "on_open@a-b.c:7" },
	{ "all_of()", "all_of()" },
	{ "all_of(a,b@u , c)", "all_of(a, b@u, c)" },
	{ "one_of(all_of(a, b), best_effort (c))", "one_of(all_of(a, b), best_effort(c))" },
	{ "all_of", "all_of" }, /* a program may be called that */
};

static void selector__is_written_as_it_was_read(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		_cleanup_(skep_selector_freep) struct skep_selector *s = parse(texts[i].text);
		_cleanup_(skep_selector_freep) struct skep_selector *copy = NULL;
		char text[TEXT_SIZE] = "";

		check_int(skep_selector_copy(s, &copy, NULL), 0, "'%s'", texts[i].text);
		s = skep_selector_free(s);
		check_int(skep_selector_text(copy, text, sizeof(text)),
			  (int64_t)strlen(texts[i].written), "'%s'", texts[i].text);
		check_text(text, texts[i].written, "'%s'", texts[i].text);
	}
}

static int write_selector(char *buf, size_t size, const void *userdata)
{
	return skep_selector_text(userdata, buf, size);
}

static void selector__says_when_its_text_does_not_fit(void **state)
{
	_cleanup_(skep_selector_freep) struct skep_selector *s = parse("all_of(a, one_of(b@u))");

	(void)state;
	check_every_size(write_selector, s, "all_of(a, one_of(b@u))");
}

static const struct {
	const char *text;
	const char *says;
} refused[] = {
	{ "", "column 1: expected the name of a program" },
	{ "  ", "column 3: expected the name" },
	{ "a b", "column 3: something behind its end" },
	{ "a@", "column 3: expected a user's id" },
	{ "a @u", "column 3: something behind" },
	{ "any_of(a)", "only all_of, one_of and best_effort" },
	{ "all_of(a", "column 9: expected ',' or ')'" },
	{ "all_of(a,)", "column 10: expected the name" },
	{ "all_of(a))", "column 10: something behind" },
	{ "all_of(a b)", "column 10: expected ','" },
};

static void selector__refusal_names_the_column(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(refused); i++) {
		struct skep_selector *s = NULL;
		struct skep_error err = { 0 };

		check_int(skep_selector_parse(refused[i].text, &s, &err), -EINVAL, "'%s'",
			  refused[i].text);
		assert_null(s);
		check_u64(err.kind, SKEP_ERR_INVALID, "'%s'", refused[i].text);
		check_int(strstr(err.msg, refused[i].says) != NULL, 1, "'%s': '%s' in '%s'",
			  refused[i].text, refused[i].says, err.msg);
	}
}

static void selector__has_an_end_to_its_depth(void **state)
{
	char text[SKEP_SELECTOR_DEPTH * 16] = "";
	struct skep_selector *s = NULL, *copy = NULL,
			     around = { .kind = SKEP_SELECTOR_ALL_OF, .member_count = 1 };
	struct skep_error err = { 0 };
	int i;

	(void)state;
	for (i = 0; i < SKEP_SELECTOR_DEPTH; i++)
		strcat(text, "all_of(");
	for (i = 0; i < SKEP_SELECTOR_DEPTH; i++)
		strcat(text, ")");
	s = parse(text);
	around.members = s;
	check_int(skep_selector_copy(&around, &copy, &err), -EINVAL, "one deeper");
	check_int(strstr(err.msg, "32 groups") != NULL, 1, "'%s'", err.msg);
	assert_null(copy);
	skep_selector_free(s);
	memmove(text + 7, text, strlen(text) + 1);
	memcpy(text, "all_of(", 7);
	check_int(skep_selector_parse(text, &s, &err), -EINVAL, "one deeper");
	check_int(strstr(err.msg, "too many groups") != NULL, 1, "'%s'", err.msg);
}

static const struct skep_selector none[] = {
	{ .kind = 4 },
	{ .kind = SKEP_SELECTOR_PROBE },
	SKEP_PROBE(""),
	SKEP_ALL_OF(SKEP_PROBE("a"), { .kind = 77 }),
};

static void selector__that_is_none_is_not_copied(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(none); i++) {
		struct skep_selector *copy = NULL;
		struct skep_error err = { 0 };

		check_int(skep_selector_copy(&none[i], &copy, &err), -EINVAL, "row %zu", i);
		assert_null(copy);
		check_int(err.msg[0] != '\0', 1, "row %zu", i);
	}
}

static int append_probe(const char *program, const char *uid, void *userdata)
{
	char *text = userdata;

	sprintf(text + strlen(text), "%s/%s ", program, uid);
	return strcmp(program, "stop") ? 0 : 7;
}

static const struct skep_selector wanted =
	SKEP_ALL_OF(SKEP_PROBE("a"), SKEP_ONE_OF(SKEP_PROBE_UID("b", "u"), SKEP_PROBE("a")),
		    SKEP_PROBE("stop"), SKEP_PROBE("never"));

static void selector__visits_its_probes_in_order(void **state)
{
	char text[TEXT_SIZE] = "";

	(void)state;
	check_int(skep_selector_each(&wanted, append_probe, text), 7, "what the callback returned");
	check_text(text, "a/ b/u a/ stop/ ", "probes");
	check_int(skep_selector_has(&wanted, "b", "u"), 1, "b@u");
	check_int(skep_selector_has(&wanted, "b", NULL), 0, "b");
	check_int(skep_selector_has(&wanted, "never", ""), 1, "never");
}

static void selector__is_renamed_wherever_it_stands(void **state)
{
	_cleanup_(skep_selector_freep) struct skep_selector *s =
		parse("all_of(a, a@u, one_of(a, best_effort(a, b)))");
	char text[TEXT_SIZE] = "";

	(void)state;
	check_int(skep_selector_rename(s, "a", NULL, "c", "v"), 3, "places");
	check_int(skep_selector_rename(s, "nobody", NULL, "c", "v"), 0, "places");
	check_int(skep_selector_text(s, text, sizeof(text)) > 0, 1, "written");
	check_text(text, "all_of(c@v, a@u, one_of(c@v, best_effort(c@v, b)))", "renamed");
}

/* Probes whose names begin with "good" are attached; with "odd": it cannot be told. */
static int state_of(const char *program, const char *uid, char *why, size_t size, void *userdata)
{
	assert_non_null(program);
	assert_non_null(uid);
	++*(int *)userdata;
	if (!strncmp(program, "odd", 3))
		return -EIO;
	strcpy(why, "no ");
	strncat(why, program, size - strlen(why) - 1);
	return !strncmp(program, "good", 4);
}

static const struct {
	const char *text;
	int result;
	const char *says;
} checks[] = {
	{ "good", 0, "" },
	{ "bad", -ENOENT, "not attached: 'bad': no bad" },
	{ "bad@u", -ENOENT, "not attached: 'bad@u': no bad" },
	{ "all_of()", 0, "" },
	{ "one_of()", -ENOENT, "not attached: one of nothing" },
	{ "best_effort()", 0, "" },
	{ "all_of(good, good1)", 0, "" },
	{ "all_of(good, bad1, good, bad2)", -ENOENT,
	  "not attached: 'bad1': no bad1; 'bad2': no bad2" },
	{ "one_of(bad, good)", 0, "" },
	{ "one_of(bad1, bad2)", -ENOENT, "not attached: 'bad1': no bad1; 'bad2': no bad2" },
	{ "best_effort(bad)", 0, "" },
	{ "all_of(one_of(bad1, good), bad2)", -ENOENT, "not attached: 'bad2': no bad2" },
	{ "all_of(bad1, one_of(bad2, good), best_effort(bad3), bad4)", -ENOENT,
	  "not attached: 'bad1': no bad1; 'bad4': no bad4" },
	{ "one_of(all_of(good, bad), good)", 0, "" },
	{ "all_of(bad, odd)", -EIO, "" },
	{ "best_effort(odd)", -EIO, "" },
};

static void check__tells_what_is_needed_and_not_there(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(checks); i++) {
		_cleanup_(skep_selector_freep) struct skep_selector *s = parse(checks[i].text);
		struct skep_error err = { 0 };
		int asked = 0;

		check_int(skep_selector_check(s, state_of, &asked, &err), checks[i].result, "'%s'",
			  checks[i].text);
		check_text(err.msg, checks[i].says, "'%s'", checks[i].text);
		if (checks[i].result == -ENOENT)
			check_u64(err.kind, SKEP_ERR_SELECTOR, "'%s'", checks[i].text);
	}
}

static void check__of_more_than_there_is_room_for_is_cut(void **state)
{
	char text[TEXT_SIZE * 4] = "all_of(";
	struct skep_error err = { 0 };
	int asked = 0;

	(void)state;
	for (int i = 0; i < 100; i++)
		sprintf(text + strlen(text), "%sbad%d", i ? "," : "", i);
	strcat(text, ")");
	_cleanup_(skep_selector_freep) struct skep_selector *s = parse(text);

	check_int(skep_selector_check(s, state_of, &asked, &err), -ENOENT, "100 bad ones");
	check_int(asked, 100, "asked");
	check_int(strlen(err.msg) < sizeof(err.msg), 1, "terminated");
	check_int(strstr(err.msg, "'bad3': no bad3") != NULL, 1, "'%s'", err.msg);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(selector__is_written_as_it_was_read),
		cmocka_unit_test(selector__says_when_its_text_does_not_fit),
		cmocka_unit_test(selector__refusal_names_the_column),
		cmocka_unit_test(selector__has_an_end_to_its_depth),
		cmocka_unit_test(selector__that_is_none_is_not_copied),
		cmocka_unit_test(selector__visits_its_probes_in_order),
		cmocka_unit_test(selector__is_renamed_wherever_it_stands),
		cmocka_unit_test(check__tells_what_is_needed_and_not_there),
		cmocka_unit_test(check__of_more_than_there_is_room_for_is_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
