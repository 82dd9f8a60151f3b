/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "check.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include <skep/json.h>

static int put_all_kinds(struct skep_json *j)
{
	skep_json_object(j, NULL);
	skep_json_string(j, "name", "a\"b\n\xff");
	skep_json_u64(j, "most", UINT64_MAX);
	skep_json_bool(j, "yes", 1);
	skep_json_bool(j, "no", 0);
	skep_json_array(j, "list");
	skep_json_u64(j, NULL, 0);
	skep_json_string(j, NULL, "");
	skep_json_object(j, NULL);
	skep_json_object_end(j);
	skep_json_object(j, NULL);
	skep_json_array(j, "empty");
	skep_json_array_end(j);
	skep_json_object_end(j);
	skep_json_array_end(j);
	skep_json_null(j, "nothing");
	skep_json_string(j, "no_text", NULL);
	skep_json_i64(j, "least", INT64_MIN);
	skep_json_i64(j, "above", 1);
	skep_json_u64(j, "last", 7);
	skep_json_object_end(j);
	return skep_json_finish(j);
}

static int write_all_kinds(char *buf, size_t size, const void *userdata)
{
	struct skep_json j;

	(void)userdata;
	skep_json_init(&j, buf, size);
	return put_all_kinds(&j);
}

static const char all_kinds[] = "{\"name\":\"a\\\"b\\u000a\\u00ff\",\"most\":18446744073709551615,"
				"\"yes\":true,\"no\":false,\"list\":[0,\"\",{},{\"empty\":[]}],"
				"\"nothing\":null,\"no_text\":null,\"least\":-9223372036854775808,"
				"\"above\":1,\"last\":7}";

static void json__puts_commas_between_members_and_elements(void **state)
{
	char buf[256];

	(void)state;
	check_int(write_all_kinds(buf, sizeof(buf), NULL), sizeof(all_kinds) - 1, "length");
	check_text(buf, all_kinds, "document");
}

static void json__says_at_every_size_whether_it_fits(void **state)
{
	(void)state;
	check_every_size(write_all_kinds, NULL, all_kinds);
}

struct pieces {
	char text[512];
	size_t len;
	int result; /* what the next piece is answered */
};

static int take_piece(const char *bytes, size_t len, void *userdata)
{
	struct pieces *p = userdata;

	if (p->result)
		return p->result;
	assert_true(len && p->len + len < sizeof(p->text));
	memcpy(p->text + p->len, bytes, len);
	p->len += len;
	return 0;
}

static void json__goes_piece_by_piece_through_a_buffer_of_any_size(void **state)
{
	size_t size;

	(void)state;
	for (size = 0; size <= sizeof(all_kinds) + 1; size++) {
		struct pieces p = { .len = 0 };
		char buf[sizeof(all_kinds) + 1];
		struct skep_json j;

		skep_json_init(&j, buf, size);
		skep_json_stream(&j, take_piece, &p);
		check_int(put_all_kinds(&j), 0, "buffer of %zu", size);
		check_text(p.text, all_kinds, "buffer of %zu", size);
	}
}

static void json__ends_with_what_the_function_for_pieces_said(void **state)
{
	size_t size;

	(void)state;
	for (size = 0; size <= sizeof(all_kinds) + 1; size++) {
		struct pieces p = { .result = -EPIPE };
		char buf[sizeof(all_kinds) + 1];
		struct skep_json j;

		skep_json_init(&j, buf, size);
		skep_json_stream(&j, take_piece, &p);
		check_int(put_all_kinds(&j), -EPIPE, "buffer of %zu", size);
	}
}

/* The value of @text as a document of one string. */
static const char *string_document(const char *text)
{
	static char buf[8192];
	struct skep_json j;

	skep_json_init(&j, buf, sizeof(buf));
	skep_json_string(&j, NULL, text);
	check_int(skep_json_finish(&j) > 0, 1, "'%s' fits", text);
	return buf;
}

static void json__escapes_what_a_string_may_not_hold(void **state)
{
	static const struct {
		const char *text;
		const char *json;
	} cases[] = {
		{ "", "\"\"" },
		{ "plain", "\"plain\"" },
		{ "\"", "\"\\\"\"" },
		{ "\\", "\"\\\\\"" },
		{ "/", "\"/\"" },
		{ "\x01\x1f", "\"\\u0001\\u001f\"" },
		{ "\t\r\n", "\"\\u0009\\u000d\\u000a\"" },
		{ "\x7f", "\"\x7f\"" },
		{ "'<>&", "\"'<>&\"" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++)
		check_text(string_document(cases[i].text), cases[i].json, "case %zu", i);
}

/* Encodes by arithmetic. Source: RFC 3629, section 3. */
static size_t utf8_encode(uint32_t c, char buf[5])
{
	size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4, i;

	buf[n] = '\0';
	for (i = n; i-- > 1; c >>= 6)
		buf[i] = (char)(0x80 | (c & 0x3f));
	buf[0] = (char)(n == 1 ? c : (0xf00u >> n & 0xff) | c);
	return n;
}

static void json__passes_every_character_of_unicode(void **state)
{
	char text[5], want[8];
	uint32_t c;

	(void)state;
	for (c = 0x80; c <= 0x10ffff; c++) {
		if (c == 0xd800)
			c = 0xe000; /* surrogates are no characters */
		utf8_encode(c, text);
		snprintf(want, sizeof(want), "\"%s\"", text);
		check_text(string_document(text), want, "U+%04" PRIX32, c);
	}
}

static void json__escapes_bytes_that_are_no_utf8(void **state)
{
	static const struct {
		const char *text;
		const char *json;
	} cases[] = {
		{ "\x80", "\"\\u0080\"" }, /* continuation without a beginning */
		{ "\xbf\xbf", "\"\\u00bf\\u00bf\"" },
		{ "\xc0\xaf", "\"\\u00c0\\u00af\"" }, /* overlong */
		{ "\xc1\xbf", "\"\\u00c1\\u00bf\"" },
		{ "\xe0\x80\xaf", "\"\\u00e0\\u0080\\u00af\"" },
		{ "\xe0\x9f\xbf", "\"\\u00e0\\u009f\\u00bf\"" },
		{ "\xf0\x8f\xbf\xbf", "\"\\u00f0\\u008f\\u00bf\\u00bf\"" },
		{ "\xed\xa0\x80", "\"\\u00ed\\u00a0\\u0080\"" }, /* surrogates */
		{ "\xed\xbf\xbf", "\"\\u00ed\\u00bf\\u00bf\"" },
		{ "\xf4\x90\x80\x80", "\"\\u00f4\\u0090\\u0080\\u0080\"" }, /* beyond U+10FFFF */
		{ "\xf5\x80\x80\x80", "\"\\u00f5\\u0080\\u0080\\u0080\"" },
		{ "\xfe\xff", "\"\\u00fe\\u00ff\"" },
		{ "\xc3", "\"\\u00c3\"" }, /* cut short by the end of the string */
		{ "\xe2\x82", "\"\\u00e2\\u0082\"" },
		{ "\xf0\x9f\x90", "\"\\u00f0\\u009f\\u0090\"" },
		{ "\xc3(", "\"\\u00c3(\"" }, /* cut short by another character */
		{ "\xe2\x82\"", "\"\\u00e2\\u0082\\\"\"" },
		{ "\xe2\xc3\xa9", "\"\\u00e2\xc3\xa9\"" }, /* what follows is read anew */
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++)
		check_text(string_document(cases[i].text), cases[i].json, "case %zu", i);
}

static void json__writes_numbers_as_printf_does(void **state)
{
	struct check_random random = { 2 };
	char buf[32], want[32];
	struct skep_json j;
	int i;

	(void)state;
	for (i = 0; i < 10000; i++) {
		uint64_t number = check_random_next(&random) >> i % 64;

		skep_json_init(&j, buf, sizeof(buf));
		skep_json_u64(&j, NULL, number);
		check_int(skep_json_finish(&j), snprintf(want, sizeof(want), "%" PRIu64, number),
			  "length of %" PRIu64, number);
		check_text(buf, want, "number %d", i);
	}
}

static void json__writes_strings_of_a_length_and_fractions(void **state)
{
	char buf[128];
	struct skep_json j;

	(void)state;
	skep_json_init(&j, buf, sizeof(buf));
	skep_json_array(&j, NULL);
	skep_json_chars(&j, NULL, "a\0b\xc3\xa9x", 5); /* without the x */
	skep_json_chars(&j, NULL, "\xc3\xa9", 1);
	skep_json_double(&j, NULL, 0.1);
	skep_json_double(&j, NULL, -1e300);
	skep_json_double(&j, NULL, HUGE_VAL);
	skep_json_array_end(&j);
	check_int(skep_json_finish(&j) > 0, 1, "fits");
	check_text(buf, "[\"a\\u0000b\xc3\xa9\",\"\\u00c3\",0.1,-1e+300,\"inf\"]", "document");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(json__puts_commas_between_members_and_elements),
		cmocka_unit_test(json__says_at_every_size_whether_it_fits),
		cmocka_unit_test(json__goes_piece_by_piece_through_a_buffer_of_any_size),
		cmocka_unit_test(json__ends_with_what_the_function_for_pieces_said),
		cmocka_unit_test(json__escapes_what_a_string_may_not_hold),
		cmocka_unit_test(json__passes_every_character_of_unicode),
		cmocka_unit_test(json__escapes_bytes_that_are_no_utf8),
		cmocka_unit_test(json__writes_numbers_as_printf_does),
		cmocka_unit_test(json__writes_strings_of_a_length_and_fractions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
