/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "check.h"

#include <errno.h>
#include <inttypes.h>
#include <linux/bpf.h>
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>

#include <skep/error.h>
#include <skep/kabi.h>

#define UNTOUCHED 4711

static const struct {
	const char *name;
	int of_flags;
} tables[] = {
#define ENUM 0
#define FLAGS 1
#define SKEP_KABI_TABLE(id, number, file, kind, has) { #file, kind },
#include "kabi/tables.def"
#undef SKEP_KABI_TABLE
};

/* The name as somebody else would write it. */
static void respell(char *buf, const char *text, char upper, char bar)
{
	for (; *text; text++) {
		char c = *text;

		if (upper && c >= 'a' && c <= 'z')
			c = (char)(c & ~0x20);
		*buf++ = c == '_' || c == ' ' ? bar : c;
	}
	*buf = '\0';
}

static void check_spelling(uint32_t table, const struct skep_kabi_row *row, const char *text)
{
	uint32_t number = UNTOUCHED;

	check_int(skep_kabi_from_name(table, text, &number), 0, "%s: '%s'", tables[table].name,
		  text);
	check_u64(number, row->number, "%s: '%s'", tables[table].name, text);
}

static void row__is_found_in_all_spellings(void **state)
{
	uint32_t table;

	(void)state;
	for (table = 0; table < ARRAY_SIZE(tables); table++) {
		size_t i, j, count;
		const struct skep_kabi_row *rows = skep_kabi_rows(table, &count);

		for (i = 0; i < count; i++) {
			const char *texts[] = { rows[i].name, rows[i].macro, rows[i].title };
			char text[128];

			for (j = 0; j < ARRAY_SIZE(texts); j++) {
				check_spelling(table, &rows[i], texts[j]);
				respell(text, texts[j], 1, '-');
				check_spelling(table, &rows[i], text);
				respell(text, texts[j], 0, ' ');
				check_spelling(table, &rows[i], text);
			}
			snprintf(text, sizeof(text), "%" PRIu64, rows[i].number);
			check_spelling(table, &rows[i], text);
			snprintf(text, sizeof(text), "0x%" PRIX64, rows[i].number);
			check_spelling(table, &rows[i], text);
			snprintf(text, sizeof(text), "unknown(%" PRIu64 ")", rows[i].number);
			check_spelling(table, &rows[i], text);
		}
	}
}

static void row__stands_at_its_number(void **state)
{
	uint32_t table;

	(void)state;
	for (table = 0; table < ARRAY_SIZE(tables); table++) {
		size_t i, count;
		const struct skep_kabi_row *rows = skep_kabi_rows(table, &count);
		const struct skep_kabi_row *first = NULL;

		assert_true(count > 0);
		for (i = 0; i < count; i++) {
			if (!first || first->number != rows[i].number) {
				check_int(!first || first->number < rows[i].number, 1,
					  "%s: '%s' stands behind a larger number",
					  tables[table].name, rows[i].name);
				first = &rows[i];
			}
			assert_ptr_equal(skep_kabi_find(table, rows[i].number), first);
			check_text(skep_kabi_name(table, rows[i].number, NULL), first->name,
				   "%s: %" PRIu64, tables[table].name, rows[i].number);
			if (tables[table].of_flags)
				check_u64(rows[i].number & (rows[i].number - 1), 0, "%s is one bit",
					  rows[i].name);
		}
	}
}

static void row__has_a_kernel_that_there_was(void **state)
{
	uint32_t table;

	(void)state;
	for (table = 0; table < ARRAY_SIZE(tables); table++) {
		size_t i, count;
		const struct skep_kabi_row *rows = skep_kabi_rows(table, &count);

		for (i = 0; i < count; i++) {
			static const uint32_t last[] = { 0, 0, 6, 19, 20, 19, 19, 3 };
			uint32_t major = rows[i].since_major, minor = rows[i].since_minor;

			check_int(major >= 2 && major <= 7 && minor <= last[major], 1,
				  "%s: Linux %" PRIu32 ".%" PRIu32, rows[i].macro, major, minor);
			check_int(table == SKEP_KABI_CAPABILITY || major > 3 || minor >= 18, 1,
				  "%s: bpf(2) came with 3.18", rows[i].macro);
		}
	}
}

static void unknown_number__is_written_and_read_back(void **state)
{
	static const uint64_t numbers[] = { 57005, 4294967295, 4294967296, UINT64_MAX };
	char buf[SKEP_NAME_SIZE], want[64];
	uint32_t table;
	size_t i;

	(void)state;
	for (table = 0; table < ARRAY_SIZE(tables); table++)
		for (i = 0; i < ARRAY_SIZE(numbers); i++) {
			uint32_t number = UNTOUCHED;
			int fits = numbers[i] <= UINT32_MAX;

			snprintf(want, sizeof(want), "unknown(%" PRIu64 ")", numbers[i]);
			check_text(skep_kabi_name(table, numbers[i], buf), want, "%s",
				   tables[table].name);
			check_text(skep_kabi_name(table, numbers[i], NULL), "unknown", "no buffer");
			check_int(skep_kabi_from_name(table, want, &number), fits ? 0 : -ENOENT,
				  "%s", want);
			check_u64(number, fits ? numbers[i] : UNTOUCHED, "%s", want);
		}
}

static void what_is_no_name__is_refused(void **state)
{
	static const char *const texts[] = {
		"",
		" ",
		"hash ",
		" hash",
		"has",
		"hashh",
		"BPF_MAP_TYPE_",
		"unknown",
		"unknown(",
		"unknown()",
		"unknown(5",
		"unknown(5))",
		"unknown(hash)",
		"-1",
		"+1",
		"1 ",
		"1e3",
		"0x",
		"0xg",
		"0x100000000",
		"4294967296",
		"18446744073709551616",
		"99999999999999999999999",
		"\xff",
		"h\xc3\xa4sh",
	};
	uint32_t number = UNTOUCHED;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(texts); i++)
		check_int(skep_map_type_from_name(texts[i], &number), -ENOENT, "'%s'", texts[i]);
	check_int(skep_map_type_from_name(NULL, &number), -ENOENT, "NULL");
	check_u64(number, UNTOUCHED, "untouched");
}

static void what_is_no_table__has_no_rows(void **state)
{
	uint32_t number = UNTOUCHED, none = ARRAY_SIZE(tables);
	char buf[SKEP_NAME_SIZE];
	uint64_t flags = UNTOUCHED;
	size_t count = UNTOUCHED;

	(void)state;
	assert_null(skep_kabi_rows(none, &count));
	check_u64(count, 0, "rows");
	assert_null(skep_kabi_find(none, 0));
	check_text(skep_kabi_name(none, 0, buf), "unknown(0)", "name");
	check_int(skep_kabi_from_name(none, "hash", &number), -ENOENT, "from name");
	check_int(skep_kabi_flags_format(none, 1, buf, sizeof(buf)), 3, "format");
	check_text(buf, "0x1", "format");
	check_int(skep_kabi_flags_parse(none, "no_prealloc", &flags, NULL), -EINVAL, "parse");
}

static void name__is_what_everybody_calls_it(void **state)
{
	(void)state;
	check_text(skep_map_type_name(SKEP_MAP_TYPE_CGROUP_STORAGE, NULL), "cgroup_storage",
		   "the alias is the other one");
	check_text(skep_command_name(SKEP_COMMAND_PROG_RUN, NULL), "prog_test_run", "alias");
	check_text(skep_kabi_name(SKEP_KABI_QUERY_FLAG, 1, NULL), "effective", "misspelling");
	check_text(skep_capability_name(SKEP_CAPABILITY_BPF, NULL), "CAP_BPF", "capability");
	check_text(skep_kabi_find(SKEP_KABI_HELPER, SKEP_HELPER_LOOP)->title, "bpf_loop", "helper");
	check_text(skep_kabi_find(SKEP_KABI_MAP_TYPE, SKEP_MAP_TYPE_LRU_HASH)->title, "LRU hash",
		   "title");
}

static const struct flags_case {
	uint32_t table;
	uint64_t flags;
	const char *text;
} flags_cases[] = {
	{ SKEP_KABI_MAP_FLAG, 0, "none" },
	{ SKEP_KABI_MAP_FLAG, 0x5, "no_prealloc|numa_node" },
	{ SKEP_KABI_MAP_FLAG, 0x1000, "inner_map" },
	{ SKEP_KABI_MAP_FLAG, 0x80100001, "no_prealloc|0x80100000" },
	{ SKEP_KABI_MAP_FLAG, 0x8000000000000000, "0x8000000000000000" },
	{ SKEP_KABI_UPDATE_FLAG, 0, "any" },
	{ SKEP_KABI_UPDATE_FLAG, 5, "noexist|lock" },
	{ SKEP_KABI_UPDATE_FLAG, 0x300000008, "cpu|0x300000000" },
	{ SKEP_KABI_VERIFIER_LOG, 0, "disabled" },
	{ SKEP_KABI_VERIFIER_LOG, 6, "verbose|stats" },
	{ SKEP_KABI_QUERY_FLAG, 1, "effective" },
};

static int write_flags(char *buf, size_t size, const void *userdata)
{
	const struct flags_case *c = userdata;

	return skep_kabi_flags_format(c->table, c->flags, buf, size);
}

static void flags__are_names_with_bars_between(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(flags_cases); i++) {
		const struct flags_case *c = &flags_cases[i];
		uint64_t flags = UNTOUCHED;

		check_every_size(write_flags, c, c->text);
		check_int(skep_kabi_flags_parse(c->table, c->text, &flags, NULL), 0, "%s", c->text);
		check_u64(flags, c->flags, "%s", c->text);
	}
}

static void flags__of_any_value_fit_and_are_read_back(void **state)
{
	struct check_random r = { 1 };
	uint32_t table;
	size_t i;

	(void)state;
	for (table = 0; table < ARRAY_SIZE(tables); table++)
		for (i = 0; tables[table].of_flags && i < 1000; i++) {
			uint64_t flags = i ? check_random_next(&r) >> check_random_below(&r, 64)
					   : UINT64_MAX;
			char buf[SKEP_KABI_FLAGS_SIZE];
			uint64_t back = UNTOUCHED;
			int len = skep_kabi_flags_format(table, flags, buf, sizeof(buf));

			check_int(len, (int)strlen(buf), "%s: %s", tables[table].name, buf);
			check_int(skep_kabi_flags_parse(table, buf, &back, NULL), 0, "%s", buf);
			check_u64(back, flags, "%s: %s", tables[table].name, buf);
		}
}

static void flags__are_read_as_people_write_them(void **state)
{
	static const struct {
		const char *text;
		uint64_t flags;
	} cases[] = {
		{ "", 0 },
		{ "   ", 0 },
		{ "0", 0 },
		{ "None", 0 },
		{ "BPF_F_NO_PREALLOC", 1 },
		{ "no-prealloc | NUMA NODE", 5 },
		{ " 4|0x1 ", 5 },
		{ "unknown(1048576)|no_prealloc", 0x100001 },
		{ "no_prealloc|no_prealloc", 1 },
		{ "18446744073709551615", UINT64_MAX },
		{ "Memory of a NUMA node", 4 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		uint64_t flags = UNTOUCHED;

		check_int(skep_map_flags_parse(cases[i].text, &flags, NULL), 0, "'%s'",
			  cases[i].text);
		check_u64(flags, cases[i].flags, "'%s'", cases[i].text);
	}
}

static void flags__that_are_none_are_named(void **state)
{
	static const struct {
		const char *text, *msg;
	} cases[] = {
		{ "no_prealoc", "'no_prealoc' is none of the flags of maps, and no number" },
		{ "no_prealloc|x |numa_node", "'x' is none of the flags of maps, and no number" },
		{ "no_prealloc||numa_node", "'' is none of the flags of maps, and no number" },
		{ "|", "'' is none of the flags of maps, and no number" },
		{ "no_prealloc|", "flags of maps: nothing behind the last '|'" },
		{ "18446744073709551616",
		  "'18446744073709551616' is none of the flags of maps, and no number" },
		{ NULL, "no text that has flags of maps" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct skep_error err = { 0 };
		uint64_t flags = UNTOUCHED;

		check_int(skep_map_flags_parse(cases[i].text, &flags, &err), -EINVAL, "'%s'",
			  cases[i].text);
		check_u64(flags, UNTOUCHED, "'%s': untouched", cases[i].text);
		check_u64(err.kind, SKEP_ERR_INVALID, "'%s': kind", cases[i].text);
		check_text(err.msg, cases[i].msg, "'%s'", cases[i].text);
	}
}

/* What is a macro in the kernel's headers is in no BTF: those that this host's headers have are compared here. */
static void macro__has_the_number_that_the_hosts_headers_have(void **state)
{
	static const struct {
		uint64_t ours, theirs;
	} macros[] = {
		{ SKEP_ATTACH_FLAG_ALLOW_OVERRIDE, BPF_F_ALLOW_OVERRIDE },
		{ SKEP_ATTACH_FLAG_ALLOW_MULTI, BPF_F_ALLOW_MULTI },
		{ SKEP_ATTACH_FLAG_REPLACE, BPF_F_REPLACE },
		{ SKEP_PROG_FLAG_STRICT_ALIGNMENT, BPF_F_STRICT_ALIGNMENT },
		{ SKEP_PROG_FLAG_ANY_ALIGNMENT, BPF_F_ANY_ALIGNMENT },
		{ SKEP_PROG_FLAG_TEST_RND_HI32, BPF_F_TEST_RND_HI32 },
		{ SKEP_PROG_FLAG_TEST_STATE_FREQ, BPF_F_TEST_STATE_FREQ },
		{ SKEP_PROG_FLAG_SLEEPABLE, BPF_F_SLEEPABLE },
		{ SKEP_PROG_FLAG_XDP_HAS_FRAGS, BPF_F_XDP_HAS_FRAGS },
		{ SKEP_QUERY_FLAG_EFFECTIVE, BPF_F_QUERY_EFFECTIVE },
		{ SKEP_TEST_RUN_FLAG_RUN_ON_CPU, BPF_F_TEST_RUN_ON_CPU },
		{ SKEP_TEST_RUN_FLAG_XDP_LIVE_FRAMES, BPF_F_TEST_XDP_LIVE_FRAMES },
		{ SKEP_PSEUDO_LOAD_MAP_FD, BPF_PSEUDO_MAP_FD },
		{ SKEP_PSEUDO_LOAD_MAP_VALUE, BPF_PSEUDO_MAP_VALUE },
		{ SKEP_PSEUDO_LOAD_BTF_ID, BPF_PSEUDO_BTF_ID },
		{ SKEP_PSEUDO_LOAD_FUNC, BPF_PSEUDO_FUNC },
		{ SKEP_PSEUDO_LOAD_MAP_IDX, BPF_PSEUDO_MAP_IDX },
		{ SKEP_PSEUDO_LOAD_MAP_IDX_VALUE, BPF_PSEUDO_MAP_IDX_VALUE },
		{ SKEP_PSEUDO_CALL_CALL, BPF_PSEUDO_CALL },
		{ SKEP_PSEUDO_CALL_KFUNC_CALL, BPF_PSEUDO_KFUNC_CALL },
		{ SKEP_OBJ_NAME_LEN, BPF_OBJ_NAME_LEN },
		{ SKEP_TAG_SIZE, BPF_TAG_SIZE },
		{ SKEP_BUILD_ID_SIZE, BPF_BUILD_ID_SIZE },
		{ SKEP_LINE_INFO_LINE(0xfffffbffu), BPF_LINE_INFO_LINE_NUM(0xfffffbffu) },
		{ SKEP_LINE_INFO_COLUMN(0xfffffbfeu), BPF_LINE_INFO_LINE_COL(0xfffffbfeu) },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(macros); i++)
		check_u64(macros[i].ours, macros[i].theirs, "macro %zu", i);
#define SKEP_KABI_ROW(id, number, ...) check_u64(number, CAP_##id, #id);
#include "kabi/capability.def"
#undef SKEP_KABI_ROW
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(row__is_found_in_all_spellings),
		cmocka_unit_test(row__stands_at_its_number),
		cmocka_unit_test(row__has_a_kernel_that_there_was),
		cmocka_unit_test(unknown_number__is_written_and_read_back),
		cmocka_unit_test(what_is_no_name__is_refused),
		cmocka_unit_test(what_is_no_table__has_no_rows),
		cmocka_unit_test(name__is_what_everybody_calls_it),
		cmocka_unit_test(flags__are_names_with_bars_between),
		cmocka_unit_test(flags__of_any_value_fit_and_are_read_back),
		cmocka_unit_test(flags__are_read_as_people_write_them),
		cmocka_unit_test(flags__that_are_none_are_named),
		cmocka_unit_test(macro__has_the_number_that_the_hosts_headers_have),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
