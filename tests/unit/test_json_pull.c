/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "check.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <skep/error.h>

#include "text/json_pull.h"

/* The tokens of @text, one after the other: names with a colon, strings in quotes, the reason if it is refused. */
static const char *tokens(const char *text, size_t len, uint32_t flags)
{
	static char out[4096];
	_cleanup_free_ char *copy = malloc(len + 1), *decoded = malloc(len + 1);
	struct skep_error err = { 0 };
	struct text_json_reader r;
	struct text_json_token t;
	size_t n = 0;

	assert_true(copy && decoded);
	memcpy(copy, text, len); /* what is read beyond the end is seen by the sanitizer */
	out[0] = '\0';
	text_json_begin(&r, copy, len, flags, decoded, &err);
	do {
		if (text_json_next(&r, &t) < 0) {
			check_int(err.code, -EINVAL, "%s", text);
			return strcpy(out, err.msg);
		}
		switch (t.kind) {
		case TEXT_JSON_END:
			break;
		case TEXT_JSON_NAME:
			n += (size_t)snprintf(out + n, sizeof(out) - n, "%s: ", t.chars);
			break;
		case TEXT_JSON_SCALAR:
			n += (size_t)snprintf(out + n, sizeof(out) - n, t.quote ? "\"%s\" " : "%s ",
					      t.chars);
			break;
		default:
			out[n++] = " {}[]"[t.kind];
			out[n++] = ' ';
			out[n] = '\0';
		}
	} while (t.kind != TEXT_JSON_END);
	if (n)
		out[n - 1] = '\0';
	return out;
}

struct read_case {
	const char *text;
	const char *tokens;
};

static void check_cases(const struct read_case *cases, size_t count, uint32_t flags)
{
	size_t i;

	for (i = 0; i < count; i++)
		check_text(tokens(cases[i].text, strlen(cases[i].text), flags), cases[i].tokens,
			   "%s", cases[i].text);
}

static void json__is_read_token_by_token(void **state)
{
	static const struct read_case cases[] = {
		{ "1", "1" },
		{ " -0.5e+10 ", "-0.5e+10" },
		{ "18446744073709551616", "18446744073709551616" },
		{ "true", "true" },
		{ "null", "null" },
		{ "\"\"", "\"\"" },
		{ "{}", "{ }" },
		{ "[]", "[ ]" },
		{ "{\"a\":1,\"b\":[true,{\"c\":\"d\"}],\"\":{}}",
		  "{ a: 1 b: [ true { c: \"d\" } ] : { } }" },
		{ "\t[ 1 ,\n2 ]\r\n", "[ 1 2 ]" },
	};

	(void)state;
	check_cases(cases, ARRAY_SIZE(cases), 0);
	check_cases(cases, ARRAY_SIZE(cases), TEXT_JSON_WORDS);
}

static void json__refuses_what_is_not_json(void **state)
{
	static const struct read_case cases[] = {
		{ "", "column 1: the text ends where a value is expected" },
		{ "01", "column 1: '01' is no value of JSON" },
		{ "+1", "column 1: '+1' is no value of JSON" },
		{ "1.", "column 1: '1.' is no value of JSON" },
		{ ".5", "column 1: '.5' is no value of JSON" },
		{ "1e", "column 1: '1e' is no value of JSON" },
		{ "0x10", "column 1: '0x10' is no value of JSON" },
		{ "True", "column 1: 'True' is no value of JSON" },
		{ "1 2", "column 3: '2' where the end is expected" },
		{ "{} x", "column 4: 'x' where the end is expected" },
		{ "[1,]", "column 4: ']' where a value is expected" },
		{ "[1 2]", "column 4: '2' where ',' or ']' is expected" },
		{ "[1}", "column 3: '}' where ',' or ']' is expected" },
		{ "[1", "column 3: the text ends where ']' is expected" },
		{ "{\"a\":1,}",
		  "column 8: '}' where the name of a member, in quotes, is expected" },
		{ "{\"a\" 1}", "column 6: '1' where ':' is expected" },
		{ "{\"a\":}", "column 6: '}' where a value is expected" },
		{ "{a:1}", "column 2: 'a' where the name of a member, in quotes, is expected" },
		{ "]", "column 1: ']' where a value is expected" },
		{ "\"a", "column 1: a string without an end" },
		{ "\"\\", "column 3: the text ends where one of the escapes is expected" },
		{ "\"\\x41\"", "column 3: 'x' where one of the escapes is expected" },
		{ "\"\\u12g4\"", "column 6: 'g' where a hexadecimal digit is expected" },
		{ "\"\\ud800\"", "column 2: half of a surrogate pair" },
		{ "\"\\udc00\"", "column 2: half of a surrogate pair" },
		{ "\"\\ud800\\u0041\"", "column 2: half of a surrogate pair" },
		{ "\"a\nb\"", "column 3: byte 0x0a in a string" },
		{ "\"\xc3\"", "column 2: byte 0xc3 in a string" },
		{ "\xff", "column 1: byte 0xff where a value is expected" },
		{ "'a'", "column 1: ''' where a value is expected" },
		{ "[1,\n  \xc3\xa4]", "line 2, column 3: '\xc3\xa4' is no value of JSON" },
	};

	(void)state;
	check_cases(cases, ARRAY_SIZE(cases), 0);
}

static void json__reads_words_if_asked_to(void **state)
{
	static const struct read_case cases[] = {
		{ "10.0.0.1", "10.0.0.1" },
		{ "{ .src = 10.0.0.1, .mac = aa:bb:cc:dd:ee:ff }",
		  "{ src: 10.0.0.1 mac: aa:bb:cc:dd:ee:ff }" },
		{ "{src:fd00::1 port=53,}", "{ src: fd00::1 port: 53 }" },
		{ "[1 2,3,]", "[ 1 2 3 ]" },
		{ "'a'", "\"a\"" },
		{ "\"\\x41\\'\"", "\"A'\"" },
		{ "{a 1}", "column 4: '1' where '=' or ':' is expected" },
		{ "{=1}", "column 2: '=' where a name is expected" },
		{ "[,]", "column 2: ',' where a value is expected" },
		{ "a b", "column 3: 'b' where the end is expected" },
	};
	static const struct read_case insides[] = {
		{ "", "" },
		{ "src=10.0.0.1 port=53", "src: 10.0.0.1 port: 53" },
		{ ".a={b=1}", "a: { b: 1 }" },
		{ "a=1}", "column 4: '}' where the end is expected" },
		{ "a=", "column 3: the text ends where a value is expected" },
		{ "a={", "column 4: the text ends where a name is expected" },
	};

	(void)state;
	check_cases(cases, ARRAY_SIZE(cases), TEXT_JSON_WORDS);
	check_cases(insides, ARRAY_SIZE(insides), TEXT_JSON_WORDS | TEXT_JSON_IN_OBJECT);
	check_text(tokens("10.0.0.1 53 [tcp]", 17, TEXT_JSON_WORDS | TEXT_JSON_IN_ARRAY),
		   "10.0.0.1 53 [ tcp ]", "inside of an array");
}

static void json__decodes_every_escape(void **state)
{
	static const char text[] =
		"\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0041\\u00e9\\u20ac\\ud83d\\ude00\"";

	(void)state;
	check_text(tokens(text, strlen(text), 0),
		   "\"\"\\/\b\f\n\r\tA\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\"", "escapes");
}

static void json__tells_how_long_a_string_with_nuls_is(void **state)
{
	static const char text[] = "\"a\\u0000b\"";
	struct text_json_reader r;
	struct text_json_token t;
	char decoded[sizeof(text)];

	(void)state;
	text_json_begin(&r, text, strlen(text), 0, decoded, NULL);
	check_int(text_json_next(&r, &t), 0, "read");
	check_u64(t.count, 3, "bytes");
	assert_memory_equal(t.chars, "a\0b", 4);
}

static void json__ends_at_its_length_and_not_at_a_nul(void **state)
{
	(void)state;
	check_text(tokens("1\0", 2, 0), "column 2: byte 0x00 where the end is expected", "NUL");
	check_text(tokens("[1]x", 3, 0), "[ 1 ]", "end inside of a longer text");
}

static void json__is_nested_so_deep_and_no_deeper(void **state)
{
	char text[2 * TEXT_JSON_DEPTH + 3];
	size_t depth, i;

	(void)state;
	for (depth = TEXT_JSON_DEPTH; depth <= TEXT_JSON_DEPTH + 1; depth++) {
		memset(text, '[', depth);
		memset(text + depth, ']', depth);
		text[2 * depth] = '\0';
		if (depth > TEXT_JSON_DEPTH) {
			check_text(tokens(text, 2 * depth, 0),
				   "column 65: nested deeper than 64 levels", "%zu levels", depth);
			continue;
		}
		check_u64(strlen(tokens(text, 2 * depth, 0)), 4 * depth - 1, "%zu levels", depth);
		for (i = depth; i < 2 * depth; i++) /* and is not complete before */
			check_text(strchr(tokens(text, i, 0), ':'),
				   i == depth ? ": the text ends where a value is expected"
					      : ": the text ends where ']' is expected",
				   "%zu bytes", i);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(json__is_read_token_by_token),
		cmocka_unit_test(json__refuses_what_is_not_json),
		cmocka_unit_test(json__reads_words_if_asked_to),
		cmocka_unit_test(json__decodes_every_escape),
		cmocka_unit_test(json__tells_how_long_a_string_with_nuls_is),
		cmocka_unit_test(json__ends_at_its_length_and_not_at_a_nul),
		cmocka_unit_test(json__is_nested_so_deep_and_no_deeper),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
