/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "format_checks.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <skep/error.h>
#include <skep/json.h>

#define FLOW "src=ipv4 dst=ipv4 port=be16 proto=u8 pad:1"

static const uint8_t flow[12] = { 10, 0, 0, 1, 192, 168, 1, 2, 0, 53, 17 };

static void words__with_names_are_a_struct(void **state)
{
	_cleanup_(skep_format_freep) struct skep_format *f = format_of_words(FLOW);

	(void)state;
	check_u64(skep_format_size(f), sizeof(flow), "size");
	check_written(f, flow, sizeof(flow),
		      "{ .src = 10.0.0.1, .dst = 192.168.1.2, .port = 53, .proto = 17 }",
		      "{\"src\":\"10.0.0.1\",\"dst\":\"192.168.1.2\",\"port\":53,\"proto\":17}");
}

static void words__without_names_are_a_list(void **state)
{
	_cleanup_(skep_format_freep) struct skep_format *f =
		format_of_words("ipv4 ipv4 be16 u8 pad:1");

	(void)state;
	check_written(f, flow, sizeof(flow), "10.0.0.1 192.168.1.2 53 17",
		      "[\"10.0.0.1\",\"192.168.1.2\",53,17]");
	check_refused(f, "10.0.0.1 192.168.1.2 53 17 1", "column 28: more than it has fields");
	check_refused(f, "10.0.0.1 192.168.1.2 66000",
		      "column 22: 66000 does not fit in be16 (0 to 65535)");
}

static void words__alone_are_what_they_say(void **state)
{
	static const struct {
		const char *words;
		const char *bytes; /* hexadecimal */
		const char *text;
		const char *json;
	} cases[] = {
		{ "u8", "ff", "255", "255" },
		{ "s8", "ff", "-1", "-1" },
		{ "u16", "0100", "1", "1" },
		{ "s16", "00ff", "-256", "-256" },
		{ "u32", "ffffffff", "4294967295", "4294967295" },
		{ "s32", "ffffffff", "-1", "-1" },
		{ "u64", "0000000000002000", "9007199254740992", "9007199254740992" },
		{ "u64", "0100000000002000", "9007199254740993", "\"9007199254740993\"" },
		{ "u64", "ffffffffffffffff", "18446744073709551615", "\"18446744073709551615\"" },
		{ "s64", "ffffffffffffffff", "-1", "-1" },
		{ "s64", "000000000000e0ff", "-9007199254740992", "-9007199254740992" },
		{ "s64", "ffffffffffffdfff", "-9007199254740993", "\"-9007199254740993\"" },
		{ "be16", "0035", "53", "53" },
		{ "be32", "0a000001", "10.0.0.1", "167772161" },
		{ "be64", "0000000000000001", "1", "1" },
		{ "le16", "3500", "53", "53" },
		{ "le32", "01000000", "1", "1" },
		{ "le64", "0100000000000000", "1", "1" },
		{ "bool", "01", "true", "true" },
		{ "bool", "00", "false", "false" },
		{ "bool", "02", "2", "2" },
		{ "ipv4", "0a000001", "10.0.0.1", "\"10.0.0.1\"" },
		{ "ipv6", "fd000000000000000000000000000001", "fd00::1", "\"fd00::1\"" },
		{ "mac", "0200000000ff", "02:00:00:00:00:ff", "\"02:00:00:00:00:ff\"" },
		{ "prefix4", "080000000a000000", "10.0.0.0/8", "\"10.0.0.0/8\"" },
		{ "prefix4", "210000000a000000", "hex:210000000a000000",
		  "\"hex:210000000a000000\"" },
		{ "prefix6", "40000000fd000000000000000000000000000000", "fd00::/64",
		  "\"fd00::/64\"" },
		{ "string:8", "6574683000000000", "\"eth0\"", "\"eth0\"" },
		{ "string:4", "65746830", "\"eth0\"", "\"eth0\"" },
		{ "string:4", "00000000", "\"\"", "\"\"" },
		{ "string:4", "610a0022", "\"a\\n\\0\\\"\"", "\"a\\u000a\\u0000\\\"\"" },
		{ "string:4", "c3a90000", "\"\xc3\xa9\"", "\"\xc3\xa9\"" },
		{ "string:4", "61ff0000", "\"a\\xff\"", "\"hex:61ff0000\"" },
		{ "string:4", "6865783a", "hex:6865783a", "\"hex:6865783a\"" },
		{ "bytes:3", "0a00ff", "hex:0a00ff", "\"hex:0a00ff\"" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_(skep_format_freep) struct skep_format *f =
			format_of_words(cases[i].words);
		uint8_t bytes[32];
		size_t n;

		for (n = 0; cases[i].bytes[2 * n]; n++)
			check_int(sscanf(cases[i].bytes + 2 * n, "%2hhx", &bytes[n]), 1, "hex");
		check_u64(skep_format_size(f), n, "size of %s", cases[i].words);
		check_written(f, bytes, n, cases[i].text, cases[i].json);
	}
}

static void words__that_are_none_are_refused(void **state)
{
	static const struct {
		const char *words;
		int result;
		const char *msg;
	} cases[] = {
		{ "", -EINVAL, "format: no words" },
		{ "pad:4", -EINVAL, "format: no words" },
		{ "int", -EINVAL,
		  "format: 'int': no such word; there are u8 .. u64, s8 .. s64, be16 .. be64, "
		  "le16 .. le64, bool, ipv4, ipv6, mac, prefix4, prefix6, string:SIZE, "
		  "bytes:SIZE, pad:SIZE" },
		{ "u32:4", -EINVAL, "format: 'u32': its size is known" },
		{ "string", -EINVAL,
		  "format: 'string': it needs its bytes behind a colon, 1 to 2^30" },
		{ "bytes:0", -EINVAL,
		  "format: 'bytes': it needs its bytes behind a colon, 1 to 2^30" },
		{ "bytes:9999999999", -EINVAL,
		  "format: 'bytes': it needs its bytes behind a colon, 1 to 2^30" },
		{ "bytes:1073741824 u8", -EFBIG, "format: more than 1 GiB" },
		{ "a=u8 u8", -EINVAL, "format: all words have names, or none" },
		{ "=u8", -EINVAL, "format: 'u8': nothing stands before its '='" },
		{ "a=pad:1", -EINVAL, "format: 'pad': what is not shown has no name" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct skep_error err = { .msg = "" };
		struct skep_format *f = NULL;

		check_int(skep_format_new_words(cases[i].words, &f, &err), cases[i].result, "%s",
			  cases[i].words);
		check_text(err.msg, cases[i].msg, "%s", cases[i].words);
		assert_null(f);
	}
}

static void words__of_one_name_get_different_ones(void **state)
{
	_cleanup_(skep_format_freep) struct skep_format *f =
		format_of_words("a=u8 a=u8 a_2=u8 a=u8 b=u8");
	static const uint8_t bytes[5] = { 1, 2, 3, 4, 5 };

	(void)state;
	check_written(f, bytes, 5, "{ .a = 1, .a_2 = 2, .a_2_2 = 3, .a_3 = 4, .b = 5 }",
		      "{\"a\":1,\"a_2\":2,\"a_2_2\":3,\"a_3\":4,\"b\":5}");
}

static void bytes__are_hexadecimal(void **state)
{
	_cleanup_(skep_format_freep) struct skep_format *f = NULL;
	static const uint8_t bytes[4] = { 0x0a, 0, 0, 1 };

	(void)state;
	check_int(skep_format_new_bytes(4, &f, NULL), 0, "bytes");
	check_written(f, bytes, 4, "hex:0a000001", "\"hex:0a000001\"");
	check_read(f, "0a 00 00 01", bytes, 4);
	check_read(f, "0A:00:00:01", bytes, 4);
	check_read(f, "  hex 0a 00 00 01 ", bytes, 4);
	check_refused(f, "0a 00", "column 1: 2 bytes where it takes 4");
	check_refused(f, "0a 00 00 01 02", "column 1: 5 bytes where it takes 4");
	check_refused(f, "0a 0 00 01", "column 1: bytes are pairs of hexadecimal digits");
	check_refused(f, "[1,2,3,4]", "column 1: bytes are pairs of hexadecimal digits");
}

static void literals__of_a_struct_are_easy_to_type(void **state)
{
	_cleanup_(skep_format_freep) struct skep_format *f = format_of_words(FLOW);
	static const char *const same[] = {
		"src=10.0.0.1 dst=192.168.1.2 port=53 proto=17",
		".src=10.0.0.1,.dst=192.168.1.2,.port=0x35,.proto=0x11",
		"{\"proto\":\"17\", \"port\":\"0x35\", \"dst\":\"192.168.1.2\", \"src\":\"10.0.0.1\"}",
		"\n{ src: 10.0.0.1\n dst: 192.168.1.2\n port: 53\n proto: 17\n }\n",
		"hex 0a 00 00 01 c0 a8 01 02 00 35 11 00",
		"hex:0a000001c0a8010200351100",
		"\"hex:0a000001c0a8010200351100\"",
		"{ src = hex:0a000001, dst = 192.168.1.2, port = hex:0035, proto = 17, proto = 17 }",
	};
	static const uint8_t zero[12] = { [8] = 0, [9] = 1 };
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(same); i++)
		check_read(f, same[i], flow, sizeof(flow));
	check_read(f, "{ .port = 1 }", zero, sizeof(zero)); /* what is missing is zero */
}

static void literals__are_refused_with_place_and_reason(void **state)
{
	_cleanup_(skep_format_freep) struct skep_format *f = format_of_words(FLOW);
	static const struct {
		const char *literal;
		const char *words;
	} cases[] = {
		{ "{ .port = 53, .prot = 6 }",
		  "column 15: no member 'prot' in words (src, dst, port, proto)" },
		{ "port=65536", "column 6: 65536 does not fit in be16 (0 to 65535)" },
		{ "port=-1", "column 6: -1 does not fit in be16 (0 to 65535)" },
		{ "port=dns", "column 6: 'dns' is no value of be16" },
		{ "port=1.5", "column 6: '1.5' is no value of be16" },
		{ "port=1e3", "column 6: '1e3' is no value of be16" },
		{ "port=053", "column 6: '053' is no value of be16" },
		{ "port=null", "column 6: 'null' is no value of be16" },
		{ "port=true", "column 6: 'true' is no value of be16" },
		{ "port=99999999999999999999999999999999999999999",
		  "column 6: 9999999999999999999999999999999999999999 does not fit in be16 (0 to "
		  "65535)" },
		{ "port=[1]", "column 6: be16 is no array" },
		{ "port={}", "column 6: be16 is no struct" },
		{ "src=10.0.0", "column 5: '10.0.0' is not an IPv4 address" },
		{ "src=167772161", "column 5: '167772161' is not an IPv4 address" },
		{ "src=hex:0a", "column 5: 1 byte where it takes 4" },
		{ "port=1 port=2", "column 13: this contradicts what was said before" },
		{ "port=", "column 6: the text ends where a value is expected" },
		{ "{ .port = 1", "column 12: the text ends where '}' is expected" },
		{ "{ .port = 1 } x", "column 15: 'x' where the end is expected" },
		{ "[1, 2]",
		  "column 1: words is written as { .name = value, ... } (src, dst, port, proto)" },
		{ "10.0.0.1",
		  "column 1: words is written as { .name = value, ... } (src, dst, port, proto)" },
		{ "", "column 1: the text ends where a value is expected" },
		{ "{\n  .port = 53,\n  .x = 1 }",
		  "line 3, column 3: no member 'x' in words (src, dst, port, proto)" },
		{ "hex 0a", "column 1: 1 byte where it takes 12" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++)
		check_refused(f, cases[i].literal, cases[i].words);
}

static void sizes__other_than_its_own_are_refused(void **state)
{
	_cleanup_(skep_format_freep) struct skep_format *f = format_of_words("u32");
	struct skep_error err = { .msg = "" };
	uint8_t bytes[8] = { 0 };
	char buf[16];
	struct skep_json j;

	(void)state;
	skep_json_init(&j, buf, sizeof(buf));
	check_int(skep_format_text(f, bytes, 3, buf, sizeof(buf)), -EINVAL, "3 bytes");
	check_int(skep_format_json(f, bytes, 5, &j, NULL), -EINVAL, "5 bytes");
	check_int(skep_format_parse(f, "1", bytes, 8, &err), -EINVAL, "8 bytes");
	check_text(err.msg, "8 bytes for a format of 4 bytes", "8 bytes");
}

static void percpu__has_a_value_for_each_cpu(void **state)
{
	_cleanup_(skep_format_freep) struct skep_format *u32 = format_of_words("u32");
	_cleanup_(skep_format_freep) struct skep_format *list = format_of_words("ipv4 be16");
	_cleanup_(skep_format_freep) struct skep_format *f = NULL, *g = NULL;
	static const uint32_t values[6] = { 1, 0, 2, 0, 3, 0 }, same[6] = { 7, 0, 7, 0, 7, 0 },
			      second[6] = { 0, 0, 9 };
	static const uint8_t pair[8] = { 10, 0, 0, 1, 0, 53 };

	(void)state;
	check_int(skep_format_new_percpu(u32, 3, &f, NULL), 0, "per CPU");
	check_u64(skep_format_size(f), 24, "size");
	check_written(
		f, values, 24,
		"[{ .cpu = 0, .value = 1 }, { .cpu = 1, .value = 2 }, { .cpu = 2, .value = 3 }]",
		"[{\"cpu\":0,\"value\":1},{\"cpu\":1,\"value\":2},{\"cpu\":2,\"value\":3}]");
	check_read(f, "7", same, 24);
	check_read(f, "[{cpu=1 value=9}]", second, 24);
	check_refused(f, "[{cpu=3 value=9}]", "column 7: CPUs are 0 to 2");
	check_refused(f, "[{cpu=1 value=9}{cpu=1 value=8}]",
		      "column 30: this contradicts what was said before");
	check_refused(f, "[1, 2, 3]",
		      "column 2: values of CPUs are written as { .cpu = 0, .value = ... }");
	check_refused(f, "[{cpu=1 value=9 x=1}]", "column 17: a CPU has one value");

	check_int(skep_format_new_percpu(list, 1, &g, NULL), 0, "per CPU");
	check_written(g, pair, 8, "[{ .cpu = 0, .value = [10.0.0.1 53] }]",
		      "[{\"cpu\":0,\"value\":[\"10.0.0.1\",53]}]");
	check_read(g, "10.0.0.1 53", pair, 8);
}

static void percpu__needs_cpus_and_a_value_of_one(void **state)
{
	_cleanup_(skep_format_freep) struct skep_format *value = format_of_words("u32"), *f = NULL;
	struct skep_format *g = NULL;
	struct skep_error err = { .msg = "" };

	(void)state;
	check_int(skep_format_new_percpu(value, 0, &g, &err), -EINVAL, "no CPU");
	check_int(skep_format_new_percpu(value, UINT32_MAX, &g, &err), -EFBIG, "too many");
	check_int(skep_format_new_percpu(value, 2, &f, &err), 0, "two");
	check_int(skep_format_new_percpu(f, 2, &g, &err), -EINVAL, "of CPUs of CPUs");
	assert_null(g);
}

/* A value of two bytes as a word: "a-b". */
static int dashed_text(const void *bytes, size_t size, char *buf, size_t buf_size, void *userdata)
{
	const uint8_t *b = bytes;

	(void)size;
	(void)userdata;
	return snprintf(buf, buf_size, "%u-%u", b[0], b[1]);
}

static int dashed_json(const void *bytes, size_t size, struct skep_json *j, const char *key,
		       void *userdata)
{
	(void)size;
	(void)userdata;
	skep_json_array(j, key);
	skep_json_u64(j, NULL, ((const uint8_t *)bytes)[0]);
	skep_json_array_end(j);
	return 0;
}

static int dashed_parse(const char *text, void *ret_bytes, size_t size, void *userdata,
			struct skep_error *err)
{
	uint8_t *b = ret_bytes;
	char end;

	(void)size;
	(void)err;
	*(int *)userdata += 1;
	return sscanf(text, "%hhu-%hhu%c", &b[0], &b[1], &end) == 2 ? 0 : -EINVAL;
}

static void callbacks__write_and_read(void **state)
{
	int calls = 0;
	struct skep_format_callbacks c = { sizeof(c), 2, dashed_text, NULL, dashed_parse, &calls };
	_cleanup_(skep_format_freep) struct skep_format *f = NULL, *cpus = NULL, *with_json = NULL;
	static const uint8_t bytes[2] = { 3, 4 }, two[16] = { 3, 4, [8] = 5, [9] = 6 };
	char buf[16];
	struct skep_json j;

	(void)state;
	check_int(skep_format_new_callbacks(&c, &f, NULL), 0, "callbacks");
	check_written(f, bytes, 2, "3-4", "\"3-4\"");
	check_int(calls > 0, 1, "calls");
	check_read(f, "hex 03 04", bytes, 2);
	check_int(skep_format_new_percpu(f, 2, &cpus, NULL), 0, "per CPU");
	check_written(cpus, two, 16, "[{ .cpu = 0, .value = 3-4 }, { .cpu = 1, .value = 5-6 }]",
		      "[{\"cpu\":0,\"value\":\"3-4\"},{\"cpu\":1,\"value\":\"5-6\"}]");

	c.json = dashed_json;
	c.parse = NULL;
	check_int(skep_format_new_callbacks(&c, &with_json, NULL), 0, "with JSON");
	skep_json_init(&j, buf, sizeof(buf));
	check_int(skep_format_json(with_json, bytes, 2, &j, NULL), 0, "JSON");
	skep_json_finish(&j);
	check_text(buf, "[3]", "JSON");
	check_refused(with_json, "3-4", "column 1: only hex:0a00... is read here");
	c.text = NULL;
	check_int(skep_format_new_callbacks(&c, &with_json, NULL), -EINVAL, "without text");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(words__with_names_are_a_struct),
		cmocka_unit_test(words__without_names_are_a_list),
		cmocka_unit_test(words__alone_are_what_they_say),
		cmocka_unit_test(words__that_are_none_are_refused),
		cmocka_unit_test(words__of_one_name_get_different_ones),
		cmocka_unit_test(bytes__are_hexadecimal),
		cmocka_unit_test(literals__of_a_struct_are_easy_to_type),
		cmocka_unit_test(literals__are_refused_with_place_and_reason),
		cmocka_unit_test(sizes__other_than_its_own_are_refused),
		cmocka_unit_test(percpu__has_a_value_for_each_cpu),
		cmocka_unit_test(percpu__needs_cpus_and_a_value_of_one),
		cmocka_unit_test(callbacks__write_and_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
