/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "check.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <skep/error.h>
#include <skep/json_read.h>

struct told {
	char text[1024];
	int stop_after; /* leaves; 0: never */
	int count;
};

static int tell(const char *path, uint32_t kind, const char *value, void *userdata)
{
	struct told *t = userdata;
	size_t len = strlen(t->text);

	snprintf(t->text + len, sizeof(t->text) - len, "%s%s=%u:%s", len ? " " : "", path, kind,
		 value);
	return ++t->count == t->stop_after ? 77 : 0;
}

static const struct {
	const char *json, *leaves;
} good[] = {
	{ "1", "=2:1" },
	{ "\"a\"", "=1:a" },
	{ "true", "=3:true" },
	{ " null ", "=4:null" },
	{ "{}", "=5:{}" },
	{ "[]", "=5:[]" },
	{ "[[]]", "/0=5:[]" },
	{ "{\"a\":1}", "/a=2:1" },
	{ "{\"a\": false, \"b\": \"false\"}", "/a=3:false /b=1:false" },
	{ "[1, -2, 3.5, 1e9, -0.1E-2, 0]", "/0=2:1 /1=2:-2 /2=2:3.5 /3=2:1e9 /4=2:-0.1E-2 /5=2:0" },
	{ "{\"a\":{\"b\":[10,{\"c\":null}]},\"d\":\"\"}", "/a/b/0=2:10 /a/b/1/c=4:null /d=1:" },
	{ "{\"a/b\":1,\"m~n\":2,\"\":3}", "/a~1b=2:1 /m~0n=2:2 /=2:3" },
	{ "\"q\\\"b\\\\s\\/\\u00e9\\n\"", "=1:q\"b\\s/\xc3\xa9\n" },
	{ "{\n\t\"a\":\n\t[\n\t\t1\n\t]\n}\n", "/a/0=2:1" },
	{ "{\"a\":{},\"b\":[]}", "/a=5:{} /b=5:[]" },
};

static const char *const bad[] = {
	"",
	" ",
	"{",
	"[1",
	"{\"a\"}",
	"{\"a\":}",
	"{a:1}",
	"{1:2}",
	"[a]",
	"'a'",
	"abc",
	"01",
	"1.",
	".5",
	"+1",
	"1e",
	"NaN",
	"0x10",
	"True",
	"~",
	"yes",
	"a: 1",
	"- 1",
	"--- 1",
	"1\n--- 2",
	"[1] [2]",
	"{} {}",
	"&a 1",
	"!!str \"a\"",
	"[&a 1, *a]",
	"{\"a\":1,,}",
	"{\"a\":1,}",
	"[1,]",
	"[1 # one\n]",
	"|\n  a",
	"%YAML 1.1\n--- 1",
	"{[1]:2}",
	"\"\\x",
	"\"a",
	"[1,2}",
	"{\"a\":[}",
	"\x80",
	"{\"a\":&x [1]}",
	"{\"a\":!x {}}",
	"[\"a\" 1]",
};

static void documents__are_their_leaves(void **state)
{
	struct skep_error err;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(good); i++) {
		struct told t = { 0 };

		err.msg[0] = '\0';
		check_int(skep_json_read(good[i].json, strlen(good[i].json), tell, &t, &err), 0,
			  "%s: %s", good[i].json, err.msg);
		check_text(t.text, good[i].leaves, "%s", good[i].json);
	}
}

static void mistakes__are_refused_with_their_place(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		struct told t = { 0 };
		struct skep_error err = { 0 };

		check_int(skep_json_read(bad[i], strlen(bad[i]), tell, &t, &err), -EBADMSG, "'%s'",
			  bad[i]);
		check_int(err.code, -EBADMSG, "'%s'", bad[i]);
		if (!strstr(err.msg, "JSON, ") || !strstr(err.msg, "column "))
			fail_msg("'%s': no place in '%s'", bad[i], err.msg);
	}
}

static void reading__ends_when_it_is_told_to(void **state)
{
	struct told t = { .stop_after = 2 };

	(void)state;
	assert_int_equal(skep_json_read("[1,2,3]", 7, tell, &t, NULL), 77);
	assert_int_equal(t.count, 2);
}

static void text__ends_where_it_is_said_to(void **state)
{
	struct told t = { 0 };

	(void)state;
	assert_int_equal(skep_json_read("[1]garbage", 3, tell, &t, NULL), 0);
	assert_string_equal(t.text, "/0=2:1");
}

static void depth__is_bounded(void **state)
{
	char text[200];
	struct told t = { 0 };

	(void)state;
	memset(text, '[', 64);
	memset(text + 64, ']', 64);
	assert_int_equal(skep_json_read(text, 128, tell, &t, NULL), 0);
	memset(text, '[', 65);
	memset(text + 65, ']', 65);
	assert_int_equal(skep_json_read(text, 130, tell, &t, NULL), -EBADMSG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(documents__are_their_leaves),
		cmocka_unit_test(mistakes__are_refused_with_their_place),
		cmocka_unit_test(reading__ends_when_it_is_told_to),
		cmocka_unit_test(text__ends_where_it_is_said_to),
		cmocka_unit_test(depth__is_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
