/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "format_checks.h"

#include <errno.h>
#include <string.h>

#include <skep/error.h>

#include "btf_made.h"

/* The scalars that the cases are made of, with their ids. */
enum {
	U8 = 1,
	U16,
	U32,
	U64,
	S32,
	S64,
	CHAR,
	BOOL,
	S128,
	FLOAT,
	DOUBLE,
	BE16,
	BE32,
	POINTER,
	SCALARS_END,
};

static struct btf *made_scalars(void)
{
	struct btf *b = btf__new_empty();

	assert_non_null(b);
	check_int(btf__add_int(b, "unsigned char", 1, 0), U8, "u8");
	check_int(btf__add_int(b, "unsigned short", 2, 0), U16, "u16");
	check_int(btf__add_int(b, "unsigned int", 4, 0), U32, "u32");
	check_int(btf__add_int(b, "unsigned long long", 8, 0), U64, "u64");
	check_int(btf__add_int(b, "int", 4, BTF_INT_SIGNED), S32, "s32");
	check_int(btf__add_int(b, "long long", 8, BTF_INT_SIGNED), S64, "s64");
	check_int(btf__add_int(b, "char", 1, BTF_INT_SIGNED), CHAR, "char");
	check_int(btf__add_int(b, "_Bool", 1, BTF_INT_BOOL), BOOL, "bool");
	check_int(btf__add_int(b, "__int128", 16, BTF_INT_SIGNED), S128, "s128");
	check_int(btf__add_float(b, "float", 4), FLOAT, "float");
	check_int(btf__add_float(b, "double", 8), DOUBLE, "double");
	check_int(btf__add_typedef(b, "__be16", U16), BE16, "__be16");
	check_int(btf__add_typedef(b, "__be32", U32), BE32, "__be32");
	check_int(btf__add_ptr(b, 0), POINTER, "void *");
	return b;
}

/* The format of a type, or the test fails with the words of the error; @made is freed. */
static struct skep_format *format_of(struct btf *made, uint32_t type)
{
	_cleanup_(skep_btf_closep) struct skep_btf *btf = btf_made_open(made, NULL);
	struct skep_error err = { .msg = "" };
	struct skep_format *f = NULL;

	if (skep_format_new_btf(btf, type, &f, &err) < 0)
		check_text(err.msg, "", "type %u", type);
	return f;
}

/* A type that cannot be a format. */
static void check_no_format(struct btf *made, uint32_t type, int result, const char *words)
{
	_cleanup_(skep_btf_closep) struct skep_btf *btf = btf_made_open(made, NULL);
	struct skep_error err = { .msg = "" };
	struct skep_format *f = NULL;

	check_int(skep_format_new_btf(btf, type, &f, &err), result, "type %u", type);
	check_text(err.msg, words, "type %u", type);
	assert_null(f);
}

static uint32_t add_struct(struct btf *b, const char *name, uint32_t size)
{
	int id = btf__add_struct(b, name, size);

	check_int(id > 0, 1, "%s", name);
	return (uint32_t)id;
}

static void add(struct btf *b, const char *name, uint32_t type, uint32_t bit_offset, uint32_t bits)
{
	check_int(btf__add_field(b, name, (int)type, bit_offset, bits), 0, "%s", name);
}

static uint32_t add_array(struct btf *b, uint32_t type, uint32_t count)
{
	int id = btf__add_array(b, U32, (int)type, count);

	check_int(id > 0, 1, "array");
	return (uint32_t)id;
}

static void scalars__are_written_by_type(void **state)
{
	static const struct {
		uint32_t type;
		const char *text;
		const char *json;
		uint8_t bytes[16];
	} cases[] = {
		{ U8, "200", "200", { 200 } },
		{ S32, "-2", "-2", { 0xfe, 0xff, 0xff, 0xff } },
		{ CHAR, "'a'", "97", { 'a' } },
		{ CHAR, "'\\xff'", "-1", { 0xff } },
		{ CHAR, "'\\0'", "0", { 0 } },
		{ CHAR, "'\\''", "39", { '\'' } },
		{ BOOL, "true", "true", { 1 } },
		{ BOOL, "255", "255", { 255 } },
		{ S128,
		  "-1",
		  "-1",
		  { 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255,
		    255 } },
		{ S128,
		  "-170141183460469231731687303715884105728",
		  "\"-170141183460469231731687303715884105728\"",
		  { [15] = 0x80 } },
		{ FLOAT, "0.1", "0.1", { 0xcd, 0xcc, 0xcc, 0x3d } },
		{ FLOAT, "inf", "\"inf\"", { 0, 0, 0x80, 0x7f } },
		{ DOUBLE, "-1.5", "-1.5", { [6] = 0xf8, [7] = 0xbf } },
		{ DOUBLE, "nan", "\"nan\"", { [6] = 0xf8, [7] = 0x7f } },
		{ DOUBLE,
		  "hex:010000000000f87f",
		  "\"hex:010000000000f87f\"",
		  { 1, [6] = 0xf8, [7] = 0x7f } },
		{ BE16, "53", "53", { 0, 53 } },
		{ BE32, "10.0.0.1", "167772161", { 10, 0, 0, 1 } },
		{ POINTER,
		  "0xffff888100a00000",
		  "\"0xffff888100a00000\"",
		  { 0, 0, 0xa0, 0, 0x81, 0x88, 0xff, 0xff } },
		{ POINTER, "0x0", "\"0x0\"", { 0 } },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_(skep_format_freep) struct skep_format *f =
			format_of(made_scalars(), cases[i].type);

		check_written(f, cases[i].bytes, skep_format_size(f), cases[i].text, cases[i].json);
	}
}

static void structs__may_be_nested_and_packed(void **state)
{
	static const uint8_t bytes[11] = { 7, 1, 0, 0, 0, 2, 0, 0, 0, 0xff, 0xfe };
	_cleanup_(skep_format_freep) struct skep_format *f = NULL;
	struct btf *b = made_scalars();
	uint32_t inner = add_struct(b, "point", 8), outer;

	(void)state;
	add(b, "x", S32, 0, 0);
	add(b, "y", S32, 32, 0);
	outer = add_struct(b, "packed", 11);
	add(b, "kind", U8, 0, 0);
	add(b, "at", inner, 8, 0);
	add(b, "port", BE16, 72, 0);
	f = format_of(b, outer);
	check_written(f, bytes, sizeof(bytes),
		      "{ .kind = 7, .at = { .x = 1, .y = 2 }, .port = 65534 }",
		      "{\"kind\":7,\"at\":{\"x\":1,\"y\":2},\"port\":65534}");
	check_read(f, "kind=7 at={x=1,y=2} port=65534", bytes, sizeof(bytes));
	check_refused(f, "at={z=1}", "column 5: no member 'z' in struct point (x, y)");
	check_refused(f, "at=5",
		      "column 4: struct point is written as { .name = value, ... } (x, y)");
	check_refused(f, "kind=256", "column 6: 256 does not fit in unsigned char (0 to 255)");
	check_refused(f, "at={x=-2147483649}",
		      "column 7: -2147483649 does not fit in int (-2147483648 to 2147483647)");
}

static void bit_fields__are_read_in_both_encodings(void **state)
{
	/* a: 3 bits, b: 7 bits across a byte, c: 1 bit, d: 5 signed bits */
	static const uint8_t bytes[4] = { 0x05 | 0x03 << 3, 0x02 | 1 << 2 | 0x1e << 3 };
	_cleanup_(skep_format_freep) struct skep_format *f = NULL, *old = NULL;
	struct btf *b = made_scalars();
	uint32_t type = add_struct(b, "flags", 4), small;

	(void)state;
	add(b, "a", U32, 0, 3);
	add(b, "b", U32, 3, 7);
	add(b, "c", BOOL, 10, 1);
	add(b, "d", S32, 11, 5);
	add(b, "", U32, 16, 16);
	f = format_of(b, type);
	check_written(f, bytes, sizeof(bytes), "{ .a = 5, .b = 67, .c = true, .d = -2 }",
		      "{\"a\":5,\"b\":67,\"c\":true,\"d\":-2}");
	check_refused(f, "a=8", "column 3: 8 does not fit in unsigned int (0 to 7)");
	check_refused(f, "d=16", "column 3: 16 does not fit in int (-16 to 15)");
	check_refused(f, "a=hex:01", "column 3: 'hex:01' is no value of unsigned int");

	/* Older compilers: an int that takes 7 of its 32 bits, 3 bits behind the place of the member. */
	b = made_scalars();
	small = (uint32_t)btf__add_int(b, "unsigned int", 4, 0);
	((uint32_t *)(btf__type_by_id(b, small) + 1))[0] = 3u << 16 | 7;
	type = add_struct(b, "flags", 4);
	add(b, "b", small, 0, 0);
	old = format_of(b, type);
	check_written(old, (uint8_t[4]){ 0x03 << 3, 0x02 }, 4, "{ .b = 67 }", "{\"b\":67}");
}

static void anonymous__members_are_those_of_what_they_are_in(void **state)
{
	static const uint8_t bytes[12] = { 10, 0, 0, 1, 1, 0, 2, 0, 9 };
	_cleanup_(skep_format_freep) struct skep_format *f = NULL;
	struct btf *b = made_scalars();
	uint32_t halves = add_struct(b, "", 4), views, type;

	(void)state;
	add(b, "low", U16, 0, 0);
	add(b, "high", U16, 16, 0);
	views = (uint32_t)btf__add_union(b, "", 4);
	add(b, "", halves, 0, 0);
	add(b, "all", U32, 0, 0);
	type = add_struct(b, "outer", 12);
	add(b, "all", BE32, 0, 0);
	add(b, "", views, 32, 0);
	add(b, "last", U32, 64, 0);
	f = format_of(b, type);
	check_written(f, bytes, sizeof(bytes),
		      "{ .all = 10.0.0.1, .low = 1, .high = 2, .all_2 = 131073, .last = 9 }",
		      "{\"all\":167772161,\"low\":1,\"high\":2,\"all_2\":131073,\"last\":9}");
	check_read(f, "all=10.0.0.1 low=1 high=2 last=9", bytes, sizeof(bytes));
	check_read(f, "all=167772161 all_2=0x20001 last=9", bytes, sizeof(bytes));
	check_refused(f, "low=1 high=2 all_2=0x20002",
		      "column 20: this contradicts what was said before");
}

static void unions__are_told_from_every_side(void **state)
{
	static const uint8_t bytes[8] = { 1, 2, 3, 4, 5, 6, 7, 8 };
	_cleanup_(skep_format_freep) struct skep_format *f = NULL;
	struct btf *b = made_scalars();
	uint32_t raw = add_array(b, U8, 8), type = (uint32_t)btf__add_union(b, "views", 8);

	(void)state;
	add(b, "whole", U64, 0, 0);
	add(b, "part", U16, 0, 0);
	add(b, "raw", raw, 0, 0);
	f = format_of(b, type);
	check_written(f, bytes, sizeof(bytes),
		      "{ .whole = 578437695752307201, .part = 513, .raw = hex:0102030405060708 }",
		      "{\"whole\":\"578437695752307201\",\"part\":513,\"raw\":[1,2,3,4,5,6,7,8]}");
	check_read(f, "raw=[1,2]", (uint8_t[8]){ 1, 2 }, 8);
}

static void enums__are_told_by_name(void **state)
{
	static const uint8_t bytes[16] = { 6, 0, 0, 0, 0xff, 0xff, 0xff, 0xff,
					   0, 0, 0, 0, 1,    0,    0,    0 };
	static const uint8_t other[16] = { 7, 0, 0, 0, 0xfe, 0xff, 0xff, 0xff,
					   1, 0, 0, 0, 1,    0,    0,    0 };
	_cleanup_(skep_format_freep) struct skep_format *f = NULL;
	struct btf *b = made_scalars();
	uint32_t protocol, answer, great, type;

	(void)state;
	protocol = (uint32_t)btf__add_enum(b, "protocol", 4);
	btf__add_enum_value(b, "UDP", 17);
	btf__add_enum_value(b, "TCP", 6);
	btf__add_enum_value(b, "TCP_TOO", 6);
	answer = (uint32_t)btf__add_enum(b, "", 4);
	btf__add_enum_value(b, "NO", -1);
	btf__add_enum_value(b, "YES", 1);
	great = (uint32_t)btf__add_enum64(b, "great", 8, false);
	btf__add_enum64_value(b, "GREAT", 1ull << 32);
	type = add_struct(b, "reply", 16);
	add(b, "protocol", protocol, 0, 0);
	add(b, "answer", answer, 32, 0);
	add(b, "great", great, 64, 0);
	f = format_of(b, type);
	check_written(f, bytes, sizeof(bytes), "{ .protocol = TCP, .answer = NO, .great = GREAT }",
		      "{\"protocol\":\"TCP\",\"answer\":\"NO\",\"great\":\"GREAT\"}");
	check_written(f, other, sizeof(other),
		      "{ .protocol = 7, .answer = -2, .great = 4294967297 }",
		      "{\"protocol\":7,\"answer\":-2,\"great\":4294967297}");
	check_read(f, "protocol=TCP_TOO answer=\"NO\" great=0x100000000", bytes, sizeof(bytes));
	check_refused(f, "protocol=ICMP",
		      "column 10: 'ICMP' is none of enum protocol (TCP, TCP_TOO, UDP)");
	check_refused(f, "answer=3000000000",
		      "column 8: 3000000000 does not fit in enum (anonymous) (-2147483648 to "
		      "2147483647)");
}

static void arrays__may_hold_anything(void **state)
{
	static const uint8_t bytes[36] = { 1,   0,   2,   0,   3, 0, 4, 0, 'a', 'b', 0, 0,
					   'c', 'd', 'e', 'f', 1, 2, 3, 4, 5,   6,   0, 0,
					   1,   0,   0,   0,   2, 0, 0, 0, 3,   0,   0, 0 };
	_cleanup_(skep_format_freep) struct skep_format *f = NULL;
	struct btf *b = made_scalars();
	uint32_t pair = add_struct(b, "pair", 4), pairs, names, mac, triple, type;

	(void)state;
	add(b, "x", U16, 0, 0);
	add(b, "y", U16, 16, 0);
	pairs = add_array(b, pair, 2);
	names = add_array(b, add_array(b, CHAR, 4), 2);
	mac = add_array(b, U8, 6);
	triple = add_array(b, U32, 3);
	type = add_struct(b, "arrays", 36);
	add(b, "pairs", pairs, 0, 0);
	add(b, "names", names, 64, 0);
	add(b, "mac", mac, 128, 0);
	add(b, "triple", triple, 192, 0);
	f = format_of(b, type);
	check_written(
		f, bytes, sizeof(bytes),
		"{ .pairs = [{ .x = 1, .y = 2 }, { .x = 3, .y = 4 }], .names = [\"ab\", \"cdef\"], "
		".mac = 01:02:03:04:05:06, .triple = [1, 2, 3] }",
		"{\"pairs\":[{\"x\":1,\"y\":2},{\"x\":3,\"y\":4}],\"names\":[\"ab\",\"cdef\"],"
		"\"mac\":[1,2,3,4,5,6],\"triple\":[1,2,3]}");
	check_refused(f, "triple=[1,2,3,4]", "column 15: more than 3 elements");
	check_refused(f, "triple=1", "column 8: an array of 3 is written as [1, 2, ...]");
	check_refused(f, "names=[abcde]", "column 8: 5 bytes do not fit in array[4]");
	check_refused(f, "mac=01:02:03:04:05", "column 5: '01:02:03:04:05' is not a MAC address");
	check_refused(f, "mac=[256]", "column 6: 256 does not fit in unsigned char (0 to 255)");
}

static void flexible__arrays_take_what_is_left(void **state)
{
	static const uint8_t bytes[10] = { 2, 0, 0, 0, 1, 0, 2, 0, 3, 0 };
	_cleanup_(skep_format_freep) struct skep_format *f = NULL, *text = NULL;
	struct btf *b = made_scalars(), *c = made_scalars();
	uint32_t items = add_array(b, U16, 0), chars = add_array(c, CHAR, 0), type;

	(void)state;
	type = add_struct(b, "record", 4);
	add(b, "count", U32, 0, 0);
	add(b, "items", items, 32, 0);
	f = format_of(b, type);
	check_u64(skep_format_size(f), 4, "without its array");
	check_written(f, bytes, 4, "{ .count = 2, .items = [] }", "{\"count\":2,\"items\":[]}");
	check_written(f, bytes, 8, "{ .count = 2, .items = [1, 2] }",
		      "{\"count\":2,\"items\":[1,2]}");
	check_written(f, bytes, 10, "{ .count = 2, .items = [1, 2, 3] }",
		      "{\"count\":2,\"items\":[1,2,3]}");
	type = add_struct(c, "line", 4);
	add(c, "count", U32, 0, 0);
	add(c, "text", chars, 32, 0);
	text = format_of(c, type);
	check_written(text, "\2\0\0\0abc", 7, "{ .count = 2, .text = \"abc\" }",
		      "{\"count\":2,\"text\":\"abc\"}");
}

static void empty__arrays_between_others_hold_nothing(void **state)
{
	static const uint8_t bytes[8] = { 1, 0, 0, 0, 2, 0, 0, 0 };
	_cleanup_(skep_format_freep) struct skep_format *f = NULL;
	struct btf *b = made_scalars();
	uint32_t none = add_array(b, U32, 0), type = add_struct(b, "between", 8);
	uint8_t longer[12] = { 0 };

	(void)state;
	add(b, "a", U32, 0, 0);
	add(b, "none", none, 32, 0);
	add(b, "b", U32, 32, 0);
	f = format_of(b, type);
	check_written(f, bytes, 8, "{ .a = 1, .none = [], .b = 2 }",
		      "{\"a\":1,\"none\":[],\"b\":2}");
	check_int(skep_format_text(f, longer, sizeof(longer), NULL, 0), -EINVAL, "12 bytes");
}

static void addresses__are_known_by_the_kernels_types(void **state)
{
	static const uint8_t bytes[20] = { 10, 0, 0, 1, 0xfd, [19] = 1 };
	_cleanup_(skep_format_freep) struct skep_format *f = NULL;
	struct btf *b = made_scalars();
	uint32_t in = add_struct(b, "in_addr", 4), in6, words, type;

	(void)state;
	add(b, "s_addr", BE32, 0, 0);
	words = add_array(b, BE32, 4);
	in6 = add_struct(b, "in6_addr", 16);
	add(b, "words", words, 0, 0);
	type = add_struct(b, "both", 20);
	add(b, "v4", in, 0, 0);
	add(b, "v6", in6, 32, 0);
	f = format_of(b, type);
	check_written(f, bytes, sizeof(bytes), "{ .v4 = 10.0.0.1, .v6 = fd00::1 }",
		      "{\"v4\":\"10.0.0.1\",\"v6\":\"fd00::1\"}");
}

static void words__of_the_network_fit_where_their_bytes_do(void **state)
{
	static const uint8_t v4[8] = { 8, 0, 0, 0, 10 };
	static const uint8_t v6[20] = { 64, 0, 0, 0, 0xfd };
	_cleanup_(skep_format_freep) struct skep_format *lpm4 = NULL, *lpm6 = NULL, *lpm = NULL,
							*one = NULL;
	struct btf *b = made_scalars(), *c = made_scalars(), *d = made_scalars(),
		   *e = made_scalars();
	uint32_t type = add_struct(b, "lpm", 8), data;

	(void)state;
	add(b, "prefixlen", U32, 0, 0);
	add(b, "address", BE32, 32, 0);
	lpm4 = format_of(b, type);
	check_read(lpm4, "10.0.0.0/8", v4, sizeof(v4));
	check_read(lpm4, "\"10.0.0.0/8\"", v4, sizeof(v4));
	check_read(lpm4, "10.1.2.3", (uint8_t[8]){ 32, 0, 0, 0, 10, 1, 2, 3 }, 8);
	check_refused(lpm4, "10.0.0.0/33",
		      "column 1: the prefix of 10.0.0.0/33 is longer than the address");
	check_refused(lpm4, "fd00::/8",
		      "column 1: 'fd00::/8' is no IPv4 prefix, such as 10.0.0.0/8");

	data = add_array(c, U8, 16);
	type = add_struct(c, "lpm", 20);
	add(c, "prefixlen", U32, 0, 0);
	add(c, "data", data, 32, 0);
	lpm6 = format_of(c, type);
	check_read(lpm6, "fd00::/64", v6, sizeof(v6));
	check_read(lpm6, "prefixlen=64 data=fd00::", v6, sizeof(v6));

	data = add_array(d, U8, 0); /* struct bpf_lpm_trie_key */
	type = add_struct(d, "bpf_lpm_trie_key", 4);
	add(d, "prefixlen", U32, 0, 0);
	add(d, "data", data, 32, 0);
	lpm = format_of(d, type);
	check_written(lpm, v4, 8, "{ .prefixlen = 8, .data = hex:0a000000 }",
		      "{\"prefixlen\":8,\"data\":[10,0,0,0]}");
	check_read(lpm, "10.0.0.0/8", v4, 8);
	check_read(lpm, "fd00::/64", v6, 20);

	type = add_struct(e, "host", 4); /* of one member: its value is enough */
	add(e, "address", U32, 0, 0);
	one = format_of(e, type);
	check_read(one, "10.0.0.1", (uint8_t[4]){ 10, 0, 0, 1 }, 4);
	check_read(one, "{ .address = 1 }", (uint8_t[4]){ 1 }, 4);
}

static void opaque__fields_are_the_kernels(void **state)
{
	static const uint8_t bytes[24] = { 0xff, 0xff, 0xff, 0xff, 5, 0, 0, 0, 0xff };
	static const uint8_t read[24] = { [4] = 5, [16] = 0 };
	_cleanup_(skep_format_freep) struct skep_format *f = NULL;
	struct btf *b = made_scalars();
	uint32_t lock, task, kptr, type;
	char text[128];

	(void)state;
	lock = add_struct(b, "bpf_spin_lock", 4);
	add(b, "val", U32, 0, 0);
	task = add_struct(b, "task_struct", 0);
	kptr = (uint32_t)btf__add_ptr(b, btf__add_type_tag(b, "kptr", (int)task));
	type = add_struct(b, "guarded", 24);
	add(b, "lock", lock, 0, 0);
	add(b, "count", U32, 32, 0);
	add(b, "task", kptr, 64, 0);
	add(b, "plain", POINTER, 128, 0);
	f = format_of(b, type);
	skep_format_text(f, bytes, sizeof(bytes), text, sizeof(text));
	check_text(text, "{ .lock = null, .count = 5, .task = null, .plain = 0x0 }", "text");
	check_read(f, text, read, sizeof(read));
	check_refused(f, "lock=1", "column 6: struct bpf_spin_lock is the kernel's: null");
	check_refused(f, "task=0x10", "column 6: pointer is the kernel's: null");
	check_read(f, "count=5 plain=null", read, sizeof(read));
}

static void sections__are_written_as_a_struct_of_their_variables(void **state)
{
	static const uint8_t bytes[12] = { 1, 0, 0, 0, 0, 0, 0, 0, 'o', 'n', 0, 0 };
	_cleanup_(skep_format_freep) struct skep_format *f = NULL;
	struct btf *b = made_scalars();
	uint32_t name = add_array(b, CHAR, 4), packets, state_name, section;

	(void)state;
	packets = (uint32_t)btf__add_var(b, "packets", BTF_VAR_GLOBAL_ALLOCATED, U64);
	state_name = (uint32_t)btf__add_var(b, "state", BTF_VAR_STATIC, (int)name);
	section = (uint32_t)btf__add_datasec(b, ".data", 12);
	check_int(btf__add_datasec_var_info(b, (int)packets, 0, 8), 0, "packets");
	check_int(btf__add_datasec_var_info(b, (int)state_name, 8, 4), 0, "state");
	f = format_of(b, section);
	check_written(f, bytes, sizeof(bytes), "{ .packets = 1, .state = \"on\" }",
		      "{\"packets\":1,\"state\":\"on\"}");
}

static void qualifiers__change_nothing(void **state)
{
	_cleanup_(skep_format_freep) struct skep_format *f = NULL;
	struct btf *b = made_scalars();
	uint32_t type = (uint32_t)btf__add_const(b, BE16);

	(void)state;
	type = (uint32_t)btf__add_typedef(b, "port_t", btf__add_volatile(b, (int)type));
	f = format_of(b, type);
	check_written(f, (uint8_t[2]){ 0, 53 }, 2, "53", "53");
	check_refused(f, "65536", "column 1: 65536 does not fit in port_t (0 to 65535)");
}

static void names__that_need_quotes_get_others(void **state)
{
	_cleanup_(skep_format_freep) struct skep_format *f = NULL;
	struct btf *b = made_scalars();
	uint32_t kind = (uint32_t)btf__add_enum(b, "Kind", 4), type;

	(void)state;
	btf__add_enum_value(b, "A::B", 0);
	btf__add_enum_value(b, "A_ B", 1);
	type = add_struct(b, "Option<u32>", 8);
	add(b, "a\"b", kind, 0, 0);
	add(b, "a,b", kind, 32, 0);
	f = format_of(b, type);
	check_written(f, (uint8_t[8]){ 0, 0, 0, 0, 1 }, 8, "{ .a_b = A__B, .a_b_2 = 1 }",
		      "{\"a_b\":\"A__B\",\"a_b_2\":1}");
}

static void types__without_a_size_are_refused(void **state)
{
	struct btf *b = made_scalars();
	uint32_t type;

	(void)state;
	check_no_format(b, 0, -EINVAL, "format of 'void': a type without a size");
	check_no_format(made_scalars(), SCALARS_END, -ENOENT, "format: there is no type 15");
	b = made_scalars();
	type = (uint32_t)btf__add_fwd(b, "far", BTF_FWD_STRUCT);
	check_no_format(b, type, -EINVAL, "format of 'far': a type without a size");
	b = made_scalars();
	type = (uint32_t)btf__add_func_proto(b, 0);
	check_no_format(b, type, -EINVAL, "format of '(anonymous)': a type without a size");
}

static void types__that_contradict_themselves_are_refused(void **state)
{
	struct btf *b = made_scalars();
	uint32_t type, i;

	(void)state;
	type = add_struct(b, "short", 4);
	add(b, "long", U64, 0, 0);
	check_no_format(b, type, -EINVAL, "format of 'long': it ends behind what it is in");
	b = made_scalars();
	type = add_struct(b, "odd", 8);
	add(b, "f", FLOAT, 0, 0);
	btf_members((struct btf_type *)(uintptr_t)btf__type_by_id(b, type))->offset = 3;
	check_no_format(b, type, -EINVAL, "format of 'f': it does not begin with a byte");
	b = made_scalars();
	type = add_array(b, U64, 1u << 30);
	check_no_format(b, type, -EFBIG, "format: a type of more than 1 GiB");
	b = made_scalars();
	type = U8;
	for (i = 0; i < 40; i++) {
		uint32_t inner = type;

		type = add_struct(b, "deep", 1);
		add(b, "d", inner, 0, 0);
	}
	check_no_format(b, type, -EINVAL, "format of 'deep': nested too deeply");
	b = made_scalars();
	type = U8;
	for (i = 0; i < 20; i++) { /* 2^20 members in one byte */
		uint32_t inner = type;

		type = (uint32_t)btf__add_union(b, "wide", 1);
		add(b, "a", inner, 0, 0);
		add(b, "b", inner, 0, 0);
	}
	check_no_format(b, type, -EFBIG, "format: more than 65536 members");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(scalars__are_written_by_type),
		cmocka_unit_test(structs__may_be_nested_and_packed),
		cmocka_unit_test(bit_fields__are_read_in_both_encodings),
		cmocka_unit_test(anonymous__members_are_those_of_what_they_are_in),
		cmocka_unit_test(unions__are_told_from_every_side),
		cmocka_unit_test(enums__are_told_by_name),
		cmocka_unit_test(arrays__may_hold_anything),
		cmocka_unit_test(flexible__arrays_take_what_is_left),
		cmocka_unit_test(empty__arrays_between_others_hold_nothing),
		cmocka_unit_test(addresses__are_known_by_the_kernels_types),
		cmocka_unit_test(words__of_the_network_fit_where_their_bytes_do),
		cmocka_unit_test(opaque__fields_are_the_kernels),
		cmocka_unit_test(sections__are_written_as_a_struct_of_their_variables),
		cmocka_unit_test(qualifiers__change_nothing),
		cmocka_unit_test(names__that_need_quotes_get_others),
		cmocka_unit_test(types__without_a_size_are_refused),
		cmocka_unit_test(types__that_contradict_themselves_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
