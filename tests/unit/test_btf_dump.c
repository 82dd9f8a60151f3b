/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include <skep/btf_dump.h>

#include "check.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <skep/error.h>

#include "btf_made.h"

/* The declarations of some types as C; NULL: the error is in @err. To be freed. */
static char *as_c(const struct skep_btf *b, const uint32_t *ids, uint64_t count, uint64_t flags,
		  struct skep_error *err)
{
	struct skep_btf_dump_opts opts = { .sz = sizeof(opts), .types = ids, .type_count = count };
	struct btf_made_text text = { 0 };

	opts.flags = SKEP_BTF_DUMP_PLAIN | flags;
	if (skep_btf_dump_c(b, &opts, btf_made_write, &text, err) < 0) {
		free(text.text);
		return NULL;
	}
	return text.text ? text.text : strdup("");
}

static void check_c(const struct skep_btf *b, const uint32_t *ids, uint64_t count, uint64_t flags,
		    const char *want)
{
	struct skep_error err = { .msg = "" };
	_cleanup_free_ char *got = as_c(b, ids, count, flags, &err);

	check_text(got ? got : err.msg, want, "C");
}

/* Refused, with words. */
static void check_refused(struct btf *made, uint32_t id, int code, const char *words)
{
	_cleanup_(skep_btf_closep) struct skep_btf *b = btf_made_open(made, NULL);
	struct skep_error err = { .msg = "" };
	_cleanup_free_ char *got = as_c(b, &id, 1, 0, &err);

	check_text(got ? got : "", "", "not refused");
	check_int(err.code, code, "%s", err.msg);
	if (!strstr(err.msg, words))
		fail_msg("'%s' has no '%s'", err.msg, words);
}

static void c__defines_a_type_behind_what_it_needs(void **state)
{
	_cleanup_(skep_btf_closep) struct skep_btf *b = NULL;
	struct btf *made = btf__new_empty();
	uint32_t id = 5;

	(void)state;
	btf_made_list(made);
	btf__add_typedef(made, "number", 1); /* 4 */
	btf__add_struct(made, "outer", 24);  /* 5 */
	btf__add_field(made, "l", 2, 0, 0);
	btf__add_field(made, "n", 4, 128, 0);
	b = btf_made_open(made, NULL);
	check_c(b, &id, 1, 0,
		"struct list {\n\tstruct list *next;\n\tint value;\n};\n\n"
		"typedef int number;\n\n"
		"struct outer {\n\tstruct list l;\n\tnumber n;\n};\n\n");
	id = 3; /* a pointer: what it points to need not be there */
	check_c(b, &id, 1, 0, "");
}

static void c__declares_functions_and_variables_that_are_asked_for(void **state)
{
	_cleanup_(skep_btf_closep) struct skep_btf *b = NULL;
	struct btf *made = btf__new_empty();
	static const uint32_t ids[] = { 5, 7, 8 };

	(void)state;
	btf_made_list(made);
	btf__add_func_proto(made, 1); /* 4 */
	btf__add_func_param(made, "l", 3);
	btf__add_func(made, "length", BTF_FUNC_GLOBAL, 4);       /* 5 */
	btf__add_func_proto(made, 0);                            /* 6 */
	btf__add_func(made, "nothing", BTF_FUNC_STATIC, 6);      /* 7 */
	btf__add_var(made, "head", BTF_VAR_GLOBAL_ALLOCATED, 3); /* 8 */
	b = btf_made_open(made, NULL);
	check_c(b, ids, 3, 0,
		"struct list;\nextern int length(struct list *l);\n\n"
		"extern void nothing(void);\n\n"
		"struct list;\nextern struct list *head;\n\n");
}

static void c__is_in_the_order_of_names_if_sorted(void **state)
{
	_cleanup_(skep_btf_closep) struct skep_btf *b = NULL;
	struct btf *made = btf__new_empty();

	(void)state;
	btf__add_int(made, "int", 4, BTF_INT_SIGNED);
	btf__add_typedef(made, "c", 1);
	btf__add_typedef(made, "a", 1);
	btf__add_typedef(made, "b", 2);
	b = btf_made_open(made, NULL);
	check_c(b, NULL, 0, 0, "typedef int c;\n\ntypedef int a;\n\ntypedef c b;\n\n");
	check_c(b, NULL, 0, SKEP_BTF_DUMP_SORTED,
		"typedef int a;\n\ntypedef int c;\n\ntypedef c b;\n\n");
}

static void c__is_a_header_unless_plain(void **state)
{
	_cleanup_(skep_btf_closep) struct skep_btf *b = NULL;
	_cleanup_free_ char *text = NULL;
	struct btf_made_text t = { 0 };
	struct btf *made = btf__new_empty();
	const char *kfunc, *end;

	(void)state;
	btf__add_func_proto(made, 0);
	btf__add_func(made, "callable", BTF_FUNC_GLOBAL, 1);
	btf__add_decl_tag(made, "bpf_kfunc", 2, -1);
	b = btf_made_open(made, NULL);
	check_int(skep_btf_dump_c(b, NULL, btf_made_write, &t, NULL), 0, "dump");
	text = t.text;
	assert_int_equal(strncmp(text, "#ifndef __VMLINUX_H__\n", 22), 0);
	kfunc = strstr(text, "extern void callable(void) __weak __ksym;\n");
	end = strstr(text, "#endif /* __VMLINUX_H__ */\n");
	assert_true(kfunc && end && kfunc < end);
}

static void c__refuses_what_has_no_end(void **state)
{
	struct btf *made;
	int i;

	(void)state;
	made = btf__new_empty(); /* const of itself */
	btf__add_const(made, 1);
	check_refused(made, 1, -ELOOP, "[1] '' cannot be written as C: it contains itself");
	made = btf__new_empty(); /* a struct in itself */
	btf__add_struct(made, "s", 8);
	btf__add_field(made, "s", 1, 0, 0);
	check_refused(made, 1, -ELOOP, "[1] 's'");
	made = btf__new_empty(); /* a typedef, through a pointer */
	btf__add_typedef(made, "t", 2);
	btf__add_ptr(made, 1);
	check_refused(made, 1, -ELOOP, "contains itself");
	made = btf__new_empty(); /* a function that takes itself */
	btf__add_func_proto(made, 0);
	btf__add_func_param(made, "f", 2);
	btf__add_ptr(made, 1);
	check_refused(made, 1, -ELOOP, "contains itself");
	made = btf__new_empty(); /* pointers, one to the next */
	for (i = 0; i < 100000; i++)
		btf__add_ptr(made, i + 2);
	btf__add_int(made, "int", 4, 0);
	check_refused(made, 1, -EINVAL, "too deeply");
	made = btf__new_empty(); /* unions of two unions of two unions of ... */
	btf__add_int(made, "int", 4, 0);
	for (i = 0; i < 60; i++) {
		btf__add_union(made, NULL, 4);
		btf__add_field(made, "a", i + 1, 0, 0);
		btf__add_field(made, "b", i + 1, 0, 0);
	}
	check_refused(made, 61, -EINVAL, "far too many lines");
	made = btf__new_empty(); /* the same with names: short to write, and endless to align */
	btf__add_int(made, "int", 4, 0);
	for (i = 0; i < 60; i++) {
		char name[16];

		snprintf(name, sizeof(name), "u%d", i);
		btf__add_union(made, name, 4);
		btf__add_field(made, "a", i + 1, 0, 0);
		btf__add_field(made, "b", i + 1, 0, 0);
	}
	check_refused(made, 61, -EINVAL, "far too much");
}

static void c__writes_much_that_is_nested_by_name(void **state)
{
	struct skep_btf_dump_opts opts = { .sz = sizeof(opts), .type_count = 1 };
	_cleanup_(skep_btf_closep) struct skep_btf *b = NULL;
	struct btf *made = btf__new_empty();
	struct btf_made_text text = { 0 };
	struct skep_error err = { .msg = "" };
	char name[16];
	uint32_t id;
	int i;

	(void)state;
	btf__add_int(made, "char", 1, 0);
	for (i = 1; i <= 12000; i++) {
		snprintf(name, sizeof(name), "t%d", i);
		btf__add_typedef(made, name, i);
	}
	for (i = 1; i <= 1000; i++) {
		snprintf(name, sizeof(name), "s%d", i);
		btf__add_struct(made, name, 1);
		btf__add_field(made, "s", i > 1 ? 12000 + i : 1, 0, 0);
	}
	btf__add_struct(made, "flat", 65535); /* 13002 */
	for (i = 0; i < 65535; i++) {
		snprintf(name, sizeof(name), "m%d", i);
		btf__add_field(made, name, 1, 8 * (uint32_t)i, 0);
	}
	btf__add_struct(made, "wide", 2u << 20); /* 13003 */
	btf__add_field(made, "a", 1, 0, 0);
	btf__add_field(made, "b", 1, 8u << 20, 0);
	b = btf_made_open(made, NULL);
	check_int(skep_btf_dump_c(b, NULL, btf_made_write, &text, &err), 0, "%s", err.msg);
	free(text.text);
	opts.types = &id;
	for (id = 13001; id <= 13003; id++) {
		text = (struct btf_made_text){ 0 };
		check_int(skep_btf_dump_c(b, &opts, btf_made_write, &text, &err), 0, "%s", err.msg);
		free(text.text);
	}
}

/* Adds one type with a name. Return: its id. */
static int add_named(struct btf *made, uint32_t kind, const char *name)
{
	int id = -1;

	switch (kind) {
	case BTF_KIND_INT:
		return btf__add_int(made, name, 4, 0);
	case BTF_KIND_FLOAT:
		return btf__add_float(made, name, 4);
	case BTF_KIND_TYPEDEF:
		return btf__add_typedef(made, name, 1);
	case BTF_KIND_FWD:
		return btf__add_fwd(made, name, BTF_FWD_UNION);
	case BTF_KIND_VAR:
		return btf__add_var(made, name, BTF_VAR_STATIC, 1);
	case BTF_KIND_TYPE_TAG:
		return btf__add_type_tag(made, name, 1);
	case BTF_KIND_ENUM:
		return btf__add_enum(made, name, 4);
	case BTF_KIND_ENUM64:
		id = btf__add_enum64(made, NULL, 8, false);
		btf__add_enum64_value(made, name, 1);
		return id;
	case BTF_KIND_STRUCT:
		return btf__add_struct(made, name, 4);
	case BTF_KIND_UNION:
		id = btf__add_union(made, "u", 4);
		btf__add_field(made, name, 1, 0, 0);
		return id;
	case BTF_KIND_FUNC_PROTO:
		btf__add_func_proto(made, 0);
		btf__add_func_param(made, name, 1);
		return btf__add_typedef(made, "f", 2);
	default:
		btf__add_func_proto(made, 0);
		return btf__add_func(made, name, BTF_FUNC_STATIC, 2);
	}
}

static void c__refuses_names_that_are_none(void **state)
{
	static const char *const names[] = {
		"x; int y", "x\n#include <y>", "Option<u32>", "1x", "a.b",      "while",
		"int y",    "__asm__",         "x/*",         "x ", "\xc3\xa4", "x\"y"
	};
	static const uint32_t kinds[] = { BTF_KIND_TYPEDEF, BTF_KIND_FWD,        BTF_KIND_VAR,
					  BTF_KIND_ENUM,    BTF_KIND_ENUM64,     BTF_KIND_STRUCT,
					  BTF_KIND_UNION,   BTF_KIND_FUNC_PROTO, BTF_KIND_FUNC };
	size_t i, k;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(names); i++)
		for (k = 0; k < ARRAY_SIZE(kinds); k++) {
			struct btf *made = btf__new_empty();
			int id;

			btf__add_int(made, "int", 4, 0);
			id = add_named(made, kinds[k], names[i]);
			check_refused(made, (uint32_t)id, -EINVAL, "no name in C");
		}
}

static void c__refuses_base_types_and_tags_that_are_more(void **state)
{
	static const struct {
		uint32_t kind;
		const char *name;
		int ok;
	} rows[] = {
		{ BTF_KIND_INT, "long unsigned int", 1 },
		{ BTF_KIND_INT, "__int128", 1 },
		{ BTF_KIND_INT, "int x; long", 0 },
		{ BTF_KIND_INT, "int  x", 0 },
		{ BTF_KIND_INT, "typedef int", 0 },
		{ BTF_KIND_INT, "int ", 0 },
		{ BTF_KIND_FLOAT, "long double", 1 },
		{ BTF_KIND_FLOAT, "float*", 0 },
		{ BTF_KIND_TYPE_TAG, "user", 1 },
		{ BTF_KIND_TYPE_TAG, "two words: 1%", 1 },
		{ BTF_KIND_TYPE_TAG, "x\"))) int y; //", 0 },
		{ BTF_KIND_TYPE_TAG, "x\\", 0 },
		{ BTF_KIND_TYPE_TAG, "x\ny", 0 },
		{ BTF_KIND_TYPE_TAG, "address_space(1)", 1 },
		{ BTF_KIND_TYPE_TAG, "address_space(1))) int y; //", 0 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_(skep_btf_closep) struct skep_btf *b = NULL;
		struct btf *made = btf__new_empty();
		struct skep_error err = { .msg = "" };
		_cleanup_free_ char *got = NULL;
		uint32_t id;

		btf__add_int(made, "int", 4, 0);
		id = (uint32_t)add_named(made, rows[i].kind, rows[i].name);
		id = (uint32_t)btf__add_ptr(made, (int)id);
		id = (uint32_t)btf__add_typedef(made, "t", (int)id);
		b = btf_made_open(made, NULL);
		got = as_c(b, &id, 1, 0, &err);
		check_int(got != NULL, rows[i].ok, "'%s': %s", rows[i].name, got ? got : err.msg);
	}
}

/* What is not written need be no name: functions and variables that compilers split or number. */
static void c__passes_over_names_that_it_does_not_write(void **state)
{
	_cleanup_(skep_btf_closep) struct skep_btf *b = NULL;
	struct btf *made = btf__new_empty();

	(void)state;
	btf__add_int(made, "int", 4, 0);
	add_named(made, BTF_KIND_FUNC, "f.isra.0");
	add_named(made, BTF_KIND_VAR, "v.1");
	btf__add_datasec(made, ".data.x y", 4);
	btf__add_datasec_var_info(made, 4, 0, 4);
	btf__add_decl_tag(made, "x; y", 4, -1);
	b = btf_made_open(made, NULL);
	check_c(b, NULL, 0, 0, "");
}

static void c__refuses_what_makes_no_sense(void **state)
{
	struct btf *made;

	(void)state;
	made = btf__new_empty();
	btf_made_list(made);
	btf__add_func_proto(made, 0);
	btf__add_func(made, "f", BTF_FUNC_STATIC, 4);
	btf__add_ptr(made, 5);
	check_refused(made, 6, -EINVAL, "what is no type");
	made = btf__new_empty();
	btf__add_struct(made, "huge", 0xffffffff);
	check_refused(made, 1, -EINVAL, "256 MiB");
	made = btf__new_empty(); /* one byte, and 32 million lines of padding */
	btf__add_int(made, "char", 1, 0);
	btf__add_struct(made, "s", 1);
	btf__add_field(made, "a", 1, 1u << 31, 0);
	check_refused(made, 2, -EINVAL, "beyond its end");
	made = btf__new_empty(); /* the same, inside */
	btf__add_struct(made, "s", 1u << 28);
	check_refused(made, 1, -EINVAL, "far too many lines");
	made = btf__new_empty();
	btf__add_fwd(made, "s", BTF_FWD_STRUCT);
	btf__add_struct(made, "t", 8);
	btf__add_field(made, "s", 1, 0, 0);
	check_refused(made, 2, -EINVAL, "no size");
}

static void c__accepts_the_loops_of_c(void **state)
{
	_cleanup_(skep_btf_closep) struct skep_btf *b = NULL;
	struct btf *made = btf__new_empty();
	uint32_t id = 1;

	(void)state;
	btf__add_struct(
		made, "node",
		16); /* 1: with a function that takes it, and an anonymous struct that points to it */
	btf__add_field(made, "visit", 2, 0, 0);
	btf__add_field(made, "", 5, 64, 0);
	btf__add_ptr(made, 3);
	btf__add_func_proto(made, 0);
	btf__add_func_param(made, "n", 4);
	btf__add_ptr(made, 1);
	btf__add_struct(made, NULL, 8); /* 5 */
	btf__add_field(made, "parent", 4, 0, 0);
	b = btf_made_open(made, NULL);
	check_c(b, &id, 1, 0,
		"struct node {\n\tvoid (*visit)(struct node *n);\n"
		"\tstruct {\n\t\tstruct node *parent;\n\t};\n};\n\n" +
			0);
}

static void raw__has_a_line_for_everything(void **state)
{
	_cleanup_(skep_btf_closep) struct skep_btf *b = NULL;
	_cleanup_free_ char *text = NULL;
	struct btf_made_text t = { 0 };
	struct btf *made = btf__new_empty();

	(void)state;
	btf_made_list(made);
	btf__add_enum64(made, "e", 8, true);
	btf__add_enum64_value(made, "M", (uint64_t)-1);
	btf__add_func_proto(made, 0);
	btf__add_func(made, "line\nbreak\x1b", BTF_FUNC_EXTERN, 5);
	b = btf_made_open(made, NULL);
	check_int(skep_btf_dump_raw(b, NULL, btf_made_write, &t, NULL), 0, "dump");
	text = t.text;
	check_text(text,
		   "[1] INT 'int' size=4 bits_offset=0 nr_bits=32 encoding=SIGNED\n"
		   "[2] STRUCT 'list' size=16 vlen=2\n"
		   "\t'next' type_id=3 bits_offset=0\n"
		   "\t'value' type_id=1 bits_offset=64\n"
		   "[3] PTR '(anon)' type_id=2\n"
		   "[4] ENUM64 'e' encoding=SIGNED size=8 vlen=1\n"
		   "\t'M' val=-1LL\n"
		   "[5] FUNC_PROTO '(anon)' ret_type_id=0 vlen=0\n"
		   "[6] FUNC 'line?break?' type_id=5 linkage=extern\n",
		   "raw");
}

static int stop(const char *bytes, size_t len, void *userdata)
{
	(void)bytes;
	(void)len;
	(void)userdata;
	return 5;
}

static int refuse(const char *bytes, size_t len, void *userdata)
{
	(void)bytes;
	(void)len;
	(void)userdata;
	return -EPIPE;
}

static void dump__ends_with_what_its_writer_says(void **state)
{
	_cleanup_(skep_btf_closep) struct skep_btf *b = NULL;
	struct btf *made = btf__new_empty();
	struct skep_btf_dump_opts opts = { .sz = sizeof(opts), .flags = 1u << 20 };
	struct skep_error err = { .msg = "mine" };
	uint32_t id = 9;

	(void)state;
	btf_made_list(made);
	b = btf_made_open(made, NULL);
	check_int(skep_btf_dump_c(b, NULL, refuse, NULL, NULL), -EPIPE, "C");
	check_int(skep_btf_dump_raw(b, NULL, refuse, NULL, NULL), -EPIPE, "raw");
	check_int(skep_btf_dump_c(b, NULL, stop, NULL, &err), 5, "C");
	check_int(skep_btf_dump_raw(b, NULL, stop, NULL, &err), 5, "raw");
	check_int(skep_btf_dump_raw(b, NULL, refuse, NULL, &err), -EPIPE, "raw");
	check_text(err.msg, "mine", "the caller's error, untouched");
	check_int(skep_btf_dump_c(b, &opts, refuse, NULL, NULL), -EINVAL, "unknown flag");
	opts.flags = SKEP_BTF_DUMP_SORTED;
	check_int(skep_btf_dump_raw(b, &opts, refuse, NULL, NULL), -EINVAL, "flag of C");
	opts.flags = 0;
	opts.types = &id;
	opts.type_count = 1;
	check_int(skep_btf_dump_c(b, &opts, refuse, NULL, NULL), -ENOENT, "no such type");
}

static int add_id(uint32_t id, void *userdata)
{
	char *list = userdata;

	snprintf(list + strlen(list), 64 - strlen(list), "%u ", id);
	return 0;
}

static void needed__stops_at_records_behind_pointers(void **state)
{
	_cleanup_(skep_btf_closep) struct skep_btf *b = NULL;
	struct btf *made = btf__new_empty();
	struct skep_btf_dump_opts opts = { .sz = sizeof(opts), .type_count = 1 };
	uint32_t id = 5;
	char list[64] = "";

	(void)state;
	btf_made_list(made);
	btf__add_int(made, "char", 1, 0);   /* 4 */
	btf__add_struct(made, "holder", 8); /* 5 */
	btf__add_field(made, "l", 3, 0, 0);
	b = btf_made_open(made, NULL);
	opts.types = &id;
	check_int(skep_btf_needed(b, &opts, add_id, list, NULL), 0, "holder");
	check_text(list, "2 3 5 ", "a pointer, and what it points to by name");
	list[0] = '\0';
	id = 2;
	check_int(skep_btf_needed(b, &opts, add_id, list, NULL), 0, "list");
	check_text(list, "1 2 3 ", "members, too");
	list[0] = '\0';
	check_int(skep_btf_needed(b, NULL, add_id, list, NULL), 0, "all");
	check_text(list, "1 2 3 4 5 ", "all");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(c__defines_a_type_behind_what_it_needs),
		cmocka_unit_test(c__declares_functions_and_variables_that_are_asked_for),
		cmocka_unit_test(c__is_in_the_order_of_names_if_sorted),
		cmocka_unit_test(c__is_a_header_unless_plain),
		cmocka_unit_test(c__refuses_what_has_no_end),
		cmocka_unit_test(c__refuses_what_makes_no_sense),
		cmocka_unit_test(c__refuses_names_that_are_none),
		cmocka_unit_test(c__refuses_base_types_and_tags_that_are_more),
		cmocka_unit_test(c__passes_over_names_that_it_does_not_write),
		cmocka_unit_test(c__writes_much_that_is_nested_by_name),
		cmocka_unit_test(c__accepts_the_loops_of_c),
		cmocka_unit_test(raw__has_a_line_for_everything),
		cmocka_unit_test(dump__ends_with_what_its_writer_says),
		cmocka_unit_test(needed__stops_at_records_behind_pointers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
