/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* One layout into another, by the names of fields. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <skep/error.h>
#include <skep/map_convert.h>

#include "btf_made.h"
#include "check.h"

/* Types that every BTF here begins with. */
enum {
	U8 = 1,
	U16,
	U32,
	U64,
	S32,
	S64,
	BOOL,
	FLOAT,
	DOUBLE,
	BE32,  /* a typedef */
	U32_4, /* arrays */
	U32_8,
	COLOUR,  /* enum { RED = 1, GREEN = 2 } of 4 bytes */
	COLOUR8, /* the same of 8 bytes, as an enum64 */
	COLOURS, /* enum { RED = 2 } */
	LOCK,    /* struct bpf_spin_lock { u32 val; } */
	PAIR,    /* struct pair { u32 a; u32 b; } */
	TWINS,   /* struct twins { u64 b; u32 a; } */
	UNION,   /* union { u32 a; u64 b; } */
	UNION_S, /* union { u64 b; u32 a; } */
	UNION_W, /* union { u64 a; u64 b; } */
	PAIR_2,  /* struct pair[2] */
	TWINS_3, /* struct twins[3] */
	POINTER,
	FIRST_FREE,
};

struct field {
	const char *name;
	int type;
	uint32_t bit;
	uint32_t bits; /* of a bit-field */
};

#define END                   \
	{                     \
		NULL, 0, 0, 0 \
	}
#define MOST 10

static int add_struct(struct btf *b, const char *name, uint32_t size, const struct field *fields)
{
	int id = btf__add_struct(b, name, size);

	for (; fields->name; fields++)
		check_int(btf__add_field(b, fields->name, fields->type, fields->bit, fields->bits),
			  0, "%s", fields->name);
	return id;
}

static int add_union(struct btf *b, uint32_t size, int a, int second)
{
	int id = btf__add_union(b, "either", size);

	check_int(btf__add_field(b, a == U64 && second == U32 ? "b" : "a", a, 0, 0), 0, "first");
	check_int(btf__add_field(b, a == U64 && second == U32 ? "a" : "b", second, 0, 0), 0,
		  "second");
	return id;
}

static struct btf *begin(void)
{
	static const struct field lock[] = { { "val", U32, 0, 0 }, END };
	static const struct field pair[] = { { "a", U32, 0, 0 }, { "b", U32, 32, 0 }, END };
	static const struct field twins[] = { { "b", U64, 0, 0 }, { "a", U32, 64, 0 }, END };
	struct btf *b = btf__new_empty();

	btf__add_int(b, "u8", 1, 0);
	btf__add_int(b, "u16", 2, 0);
	btf__add_int(b, "u32", 4, 0);
	btf__add_int(b, "u64", 8, 0);
	btf__add_int(b, "s32", 4, BTF_INT_SIGNED);
	btf__add_int(b, "s64", 8, BTF_INT_SIGNED);
	btf__add_int(b, "_Bool", 1, BTF_INT_BOOL);
	btf__add_float(b, "float", 4);
	btf__add_float(b, "double", 8);
	btf__add_typedef(b, "__be32", U32);
	btf__add_array(b, U32, U32, 4);
	btf__add_array(b, U32, U32, 8);
	btf__add_enum(b, "colour", 4);
	btf__add_enum_value(b, "RED", 1);
	btf__add_enum_value(b, "GREEN", 2);
	btf__add_enum64(b, "colour", 8, false);
	btf__add_enum64_value(b, "RED", 1);
	btf__add_enum64_value(b, "GREEN", 2);
	btf__add_enum64_value(b, "BLUE", 1ull << 40);
	btf__add_enum(b, "colour", 4);
	btf__add_enum_value(b, "RED", 2);
	check_int(add_struct(b, "bpf_spin_lock", 4, lock), LOCK, "lock");
	check_int(add_struct(b, "pair", 8, pair), PAIR, "pair");
	check_int(add_struct(b, "twins", 16, twins), TWINS, "twins");
	check_int(add_union(b, 8, U32, U64), UNION, "union");
	check_int(add_union(b, 8, U64, U32), UNION_S, "union");
	check_int(add_union(b, 8, U64, U64), UNION_W, "union");
	btf__add_array(b, U32, PAIR, 2);
	btf__add_array(b, U32, TWINS, 3);
	check_int(btf__add_ptr(b, U8), POINTER, "pointer");
	return b;
}

struct layout {
	uint32_t size;
	struct field fields[MOST];
};

/* The value is a struct with these fields, the key a u32. */
static struct skep_btf *open_layout(const struct layout *l, struct skep_map_layout *ret)
{
	struct btf *b = begin();
	const int id = add_struct(b, "value", l->size, l->fields);
	struct skep_btf *btf = btf_made_open(b, NULL);

	*ret = (struct skep_map_layout){ .sz = sizeof(*ret),
					 .btf = btf,
					 .key_type = U32,
					 .value_type = (uint64_t)id,
					 .key_size = 4,
					 .value_size = l->size };
	return btf;
}

static int try_convert(const struct layout *old, const struct layout *new,
		       const struct skep_map_convert_opts *opts, struct skep_map_convert **ret,
		       struct skep_error *err)
{
	struct skep_map_layout from, to;
	struct skep_btf *from_btf = open_layout(old, &from), *to_btf = open_layout(new, &to);
	int r = skep_map_convert_new(&from, &to, opts, ret, err);

	skep_btf_close(from_btf);
	skep_btf_close(to_btf);
	return r;
}

/* Converts a value; the new one has zeros in it. */
static void convert(const struct layout *old, const struct layout *new, const char *renames,
		    const void *from, void *to)
{
	const struct skep_map_convert_opts opts = { .sz = sizeof(opts), .renames = renames };
	struct skep_map_convert *c = NULL;
	struct skep_error err = { .msg = "" };
	uint32_t old_key = 7, key = 0;

	check_int(try_convert(old, new, &opts, &c, &err), 0, "%s", err.msg);
	memset(to, 0, new->size);
	check_int(skep_map_convert_element(&old_key, from, &key, to, c), 0, "convert");
	check_int(key, 7, "key");
	skep_map_convert_free(c);
}

static void refuse(const struct layout *old, const struct layout *new, const char *renames,
		   int code, const char *words)
{
	const struct skep_map_convert_opts opts = { .sz = sizeof(opts), .renames = renames };
	struct skep_map_convert *c = NULL;
	struct skep_error err = { .msg = "" };

	check_int(try_convert(old, new, &opts, &c, &err), code, "%s", err.msg);
	check_int(!!(strstr(err.msg, words) != NULL), 1, "\"%s\": not \"%s\"", err.msg, words);
	check_int(!!(!c), 1, "refused, and made");
}

static void fields__are_reordered_renamed_and_added(void **state)
{
	static const struct layout old = {
		16, { { "a", U32, 0, 0 }, { "b", U16, 32, 0 }, { "c", U64, 64, 0 }, END }
	};
	static const struct layout new = { 24,
					   { { "c", U64, 0, 0 },
					     { "added", U32, 64, 0 },
					     { "second", U16, 96, 0 },
					     { "a", U32, 128, 0 },
					     END } };
	struct {
		uint32_t a;
		uint16_t b, pad;
		uint64_t c;
	} from = { 1, 2, 0xffff, 3 };
	struct {
		uint64_t c;
		uint32_t added;
		uint16_t second, pad;
		uint32_t a, pad2;
	} to;

	(void)state;
	convert(&old, &new, "value.b=second", &from, &to);
	check_int(to.c, 3, "c");
	check_int(to.added, 0, "added");
	check_int(to.second, 2, "second");
	check_int(to.a, 1, "a");
	check_int(to.pad, 0, "padding is not carried over");
}

static void fields__become_wider(void **state)
{
	static const struct layout old = { 32,
					   { { "u", U32, 0, 0 },
					     { "s", S32, 32, 0 },
					     { "e", COLOUR, 64, 0 },
					     { "f", FLOAT, 96, 0 },
					     { "l", U32_4, 128, 0 },
					     END } };
	static const struct layout new = { 64,
					   { { "l", U32_8, 0, 0 },
					     { "u", U64, 256, 0 },
					     { "s", S64, 320, 0 },
					     { "e", COLOUR8, 384, 0 },
					     { "f", DOUBLE, 448, 0 },
					     END } };
	struct {
		uint32_t u;
		int32_t s;
		uint32_t e;
		float f;
		uint32_t l[4];
	} from = { 0xfffffff0, -5, 2, 1.5f, { 1, 2, 3, 4 } };
	struct {
		uint32_t l[8];
		uint64_t u;
		int64_t s;
		uint64_t e;
		double f;
	} to;

	(void)state;
	convert(&old, &new, NULL, &from, &to);
	check_int(to.u, 0xfffffff0, "unsigned");
	check_int(to.s, -5, "signed");
	check_int(to.e, 2, "enum");
	check_int(!!(to.f == 1.5), 1, "float %f", to.f);
	check_int(to.l[3], 4, "array");
	check_int(to.l[4], 0, "what is new of the array");
}

static void bitfields__are_numbers_too(void **state)
{
	static const struct layout old = {
		4, { { "low", U32, 0, 3 }, { "s", S32, 3, 5 }, { "high", U32, 8, 24 }, END }
	};
	static const struct layout new = {
		16, { { "high", U32, 0, 28 }, { "low", U8, 32, 0 }, { "s", S64, 64, 0 }, END }
	};
	static const struct layout narrow = {
		4, { { "low", U32, 0, 2 }, { "s", S32, 3, 5 }, { "high", U32, 8, 24 }, END }
	};
	const uint32_t from = 5 | (uint32_t)(-3 & 31) << 3 | 0xabcdefu << 8;
	struct {
		uint32_t high;
		uint8_t low, pad[3];
		int64_t s;
	} to;

	(void)state;
	convert(&old, &new, NULL, &from, &to);
	check_int(to.high, 0xabcdef, "high");
	check_int(to.low, 5, "low");
	check_int(to.s, -3, "signed");
	refuse(&old, &narrow, NULL, -EMEDIUMTYPE,
	       "convert 'value.low' from u32:3 to u32:2: it is narrower");
}

static void structs__are_converted_within_arrays(void **state)
{
	static const struct layout old = { 24,
					   { { "p", PAIR_2, 0, 0 }, { "q", PAIR, 128, 0 }, END } };
	static const struct layout new = {
		64, { { "q", TWINS, 0, 0 }, { "p", TWINS_3, 128, 0 }, END }
	};
	const uint32_t from[6] = { 1, 2, 3, 4, 5, 6 };
	struct {
		uint64_t b;
		uint32_t a, pad;
	} to[4];

	(void)state;
	convert(&old, &new, NULL, from, to);
	check_int(to[0].a, 5, "q.a");
	check_int(to[0].b, 6, "q.b");
	check_int(to[1].a, 1, "p[0].a");
	check_int(to[1].b, 2, "p[0].b");
	check_int(to[2].a, 3, "p[1].a");
	check_int(to[2].b, 4, "p[1].b");
	check_int(to[3].a, 0, "p[2].a");
}

static void fields__are_renamed_within_structs(void **state)
{
	static const struct layout old = { 8, { { "p", PAIR, 0, 0 }, END } };
	static const struct layout new = { 16, { { "q", TWINS, 0, 0 }, END } };
	const uint32_t from[2] = { 1, 2 };
	struct {
		uint64_t b;
		uint32_t a, pad;
	} to;

	(void)state;
	convert(&old, &new, "value.p=q value.p.a=b,value.p.b=a", from, &to);
	check_int(to.b, 1, "was a");
	check_int(to.a, 2, "was b");
	refuse(&old, &new, "value.p=q, value.p.a=b", -EMEDIUMTYPE,
	       "there is an old field of its new name, too");
	refuse(&old, &new, "value.p=q, value.p.c=b", -EINVAL, "there is no field 'value.p.c'");
}

static void unions__have_to_stay_the_same(void **state)
{
	static const struct layout old = { 8, { { "u", UNION, 0, 0 }, END } };
	static const struct layout same = { 16, { { "u", UNION_S, 64, 0 }, END } };
	static const struct layout wide = { 8, { { "u", UNION_W, 0, 0 }, END } };
	const uint64_t from = 0x1122334455667788;
	uint64_t to[2];

	(void)state;
	convert(&old, &same, NULL, &from, to);
	check_int(to[1], from, "all bytes");
	refuse(&old, &wide, NULL, -EMEDIUMTYPE, "a union has to stay the same");
}

static void locks__begin_anew(void **state)
{
	static const struct layout old = { 8,
					   { { "lock", LOCK, 0, 0 }, { "n", U32, 32, 0 }, END } };
	static const struct layout new = { 8,
					   { { "n", U32, 0, 0 }, { "lock", LOCK, 32, 0 }, END } };
	static const struct layout none = { 4, { { "n", U32, 0, 0 }, END } };
	const uint32_t from[2] = { 99, 1 };
	uint32_t to[2];

	(void)state;
	convert(&old, &new, NULL, from, to);
	check_int(to[0], 1, "n");
	check_int(to[1], 0, "lock");
	convert(&old, &none, NULL, from, to);
	check_int(to[0], 1, "n");
}

static void what_would_be_lost__is_refused_with_its_name(void **state)
{
	static const struct {
		int old, new;
		const char *words;
	} cases[] = {
		{ U64, U32, "convert 'value.x' from u64 to u32: it is narrower" },
		{ U32, S64, "from u32 to s64: one is signed, the other is not" },
		{ S32, U64, "one is signed, the other is not" },
		{ U32, BE32, "from u32 to __be32: the order of its bytes is another" },
		{ U32_8, U32_4, "from u32[8] to u32[4]: it is shorter" },
		{ U32, PAIR, "from u32 to struct pair: it is of another kind" },
		{ U32_4, PAIR_2, "from u32[4] to struct pair[2]: it is shorter" },
		{ DOUBLE, FLOAT, "it is narrower" },
		{ BOOL, U8, "it is of another kind" },
		{ POINTER, U64, "it is of another kind" },
		{ COLOUR, COLOURS, "an enumerator has another number" },
		{ UNION, PAIR, "it is of another kind" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct layout old = { 32, { { "x", cases[i].old, 0, 0 }, END } };
		const struct layout new = { 32, { { "x", cases[i].new, 0, 0 }, END } };

		refuse(&old, &new, NULL, -EMEDIUMTYPE, cases[i].words);
	}
}

static void fields_that_are_gone__have_to_be_given_up(void **state)
{
	static const struct layout old = { 8, { { "a", U32, 0, 0 }, { "b", U32, 32, 0 }, END } };
	static const struct layout new = { 4, { { "b", U32, 0, 0 }, END } };
	const struct skep_map_convert_opts drop = { .sz = sizeof(drop),
						    .flags = SKEP_MAP_CONVERT_DROP };
	struct skep_map_convert *c = NULL;
	struct skep_error err = { .msg = "" };
	const uint32_t from[2] = { 1, 2 };
	uint32_t to = 0;

	(void)state;
	refuse(&old, &new, NULL, -EMEDIUMTYPE, "convert 'value.a' (u32): it is not there any more");
	convert(&old, &new, "value.a=", from, &to);
	check_int(to, 2, "b");
	check_int(try_convert(&old, &new, &drop, &c, &err), 0, "%s", err.msg);
	skep_map_convert_free(c);
}

static void keys__lose_nothing(void **state)
{
	struct btf *b = begin();
	const struct field one[] = { { "a", U32, 0, 0 }, END };
	const int narrow = add_struct(b, "narrow", 4, one);
	struct skep_btf *btf = btf_made_open(b, NULL);
	const struct skep_map_layout pair = { .sz = sizeof(pair),
					      .btf = btf,
					      .key_type = PAIR,
					      .value_type = U32,
					      .key_size = 8,
					      .value_size = 4 },
				     less = { .sz = sizeof(less),
					      .btf = btf,
					      .key_type = (uint64_t)narrow,
					      .value_type = U32,
					      .key_size = 4,
					      .value_size = 4 };
	const struct skep_map_convert_opts drop = { .sz = sizeof(drop),
						    .flags = SKEP_MAP_CONVERT_DROP };
	struct skep_map_convert *c = NULL;
	struct skep_error err = { .msg = "" };

	(void)state;
	check_int(skep_map_convert_new(&pair, &less, &drop, &c, &err), -EMEDIUMTYPE, "%s", err.msg);
	check_int(!!(strstr(err.msg, "convert 'key.b' (u32)") != NULL), 1, "%s", err.msg);
	check_int(skep_map_convert_new(&less, &pair, NULL, &c, &err), 0, "%s", err.msg);
	skep_map_convert_free(c);
	skep_btf_close(btf);
}

static void values_of_each_cpu__are_converted_one_by_one(void **state)
{
	struct btf *b = begin();
	struct skep_btf *btf = btf_made_open(b, NULL);
	struct skep_map_layout from = { .sz = sizeof(from),
					.btf = btf,
					.key_type = U32,
					.value_type = U32,
					.key_size = 4,
					.value_size = 4,
					.cpu_count = 3 },
			       to = from;
	const uint32_t old[6] = { 1, 0, 2, 0, 3, 0 }, key = 1;
	struct skep_map_convert *c = NULL;
	struct skep_error err = { .msg = "" };
	uint64_t new[3] = { 0 };
	uint32_t new_key = 0;

	(void)state;
	to.value_type = U64;
	to.value_size = 8;
	check_int(skep_map_convert_new(&from, &to, NULL, &c, &err), 0, "%s", err.msg);
	skep_map_convert_element(&key, old, &new_key, new, c);
	check_int(new[0], 1, "first");
	check_int(new[2], 3, "last");
	c = skep_map_convert_free(c);
	to.cpu_count = 0;
	check_int(skep_map_convert_new(&from, &to, NULL, &c, &err), -EMEDIUMTYPE, "%s", err.msg);
	to = from;
	to.value_size = 8;
	check_int(skep_map_convert_new(&from, &to, NULL, &c, &err), -EINVAL, "%s", err.msg);
	to.btf = NULL;
	check_int(skep_map_convert_new(&from, &to, NULL, &c, &err), -EMEDIUMTYPE, "%s", err.msg);
	check_int(!!(strstr(err.msg, "'value': its type is not known") != NULL), 1, "%s", err.msg);
	to.value_size = 4;
	check_int(skep_map_convert_new(&from, &to, NULL, &c, &err), 0, "%s", err.msg);
	check_int(!!(skep_map_convert_is_plain(c)), 1, "the same");
	skep_map_convert_free(c);
	skep_btf_close(btf);
}

static void layouts__that_are_the_same_are_told(void **state)
{
	static const struct layout one = {
		16, { { "a", U32, 0, 3 }, { "l", PAIR, 32, 0 }, { "u", UNION, 64, 0 }, END }
	};
	static const struct layout other = {
		24, { { "u", UNION, 0, 0 }, { "a", U32, 64, 3 }, { "l", PAIR, 96, 0 }, END }
	};
	struct skep_map_convert *c = NULL;
	struct skep_error err = { .msg = "" };

	(void)state;
	check_int(try_convert(&one, &one, NULL, &c, &err), 0, "%s", err.msg);
	check_int(!!(skep_map_convert_is_plain(c)), 1, "the same");
	c = skep_map_convert_free(c);
	check_int(try_convert(&one, &other, NULL, &c, &err), 0, "%s", err.msg);
	check_int(!!(!skep_map_convert_is_plain(c)), 1, "others");
	skep_map_convert_free(c);
}

static void renames__that_are_none_are_told_with_their_column(void **state)
{
	static const struct layout l = { 8, { { "a", U32, 0, 0 }, { "b", U32, 32, 0 }, END } };
	static const struct {
		const char *text, *words;
	} cases[] = {
		{ "a", "column 1: OLD=NEW is expected" },
		{ "a=b", "column 1: a path begins with key. or value." },
		{ "value.a=b=c", "column 9: a name is expected" },
		{ "value.a=c, value.a=d", "column 12: this field has been renamed before" },
		{ "value.a=c, value.b=c", "column 12: two fields have the same new name" },
		{ "value.=c", "a name behind each dot" },
		{ "value..a=c", "a name behind each dot" },
		{ "value.a=c.d", "a name is expected, not a path" },
		{ ", ,value.zz=q", "there is no field 'value.zz'" },
		{ "=", "column 1: a path begins" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		refuse(&l, &l, cases[i].text, -EINVAL, cases[i].words);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fields__are_reordered_renamed_and_added),
		cmocka_unit_test(fields__become_wider),
		cmocka_unit_test(bitfields__are_numbers_too),
		cmocka_unit_test(structs__are_converted_within_arrays),
		cmocka_unit_test(fields__are_renamed_within_structs),
		cmocka_unit_test(unions__have_to_stay_the_same),
		cmocka_unit_test(locks__begin_anew),
		cmocka_unit_test(what_would_be_lost__is_refused_with_its_name),
		cmocka_unit_test(fields_that_are_gone__have_to_be_given_up),
		cmocka_unit_test(keys__lose_nothing),
		cmocka_unit_test(values_of_each_cpu__are_converted_one_by_one),
		cmocka_unit_test(layouts__that_are_the_same_are_told),
		cmocka_unit_test(renames__that_are_none_are_told_with_their_column),
	};

	return cmocka_run_group_tests_name("map_convert", tests, NULL, NULL);
}
