/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "check.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include <bpf/libbpf.h>

#include <skep/version.h>

#include "sys/libbpf_print.h"

/* What reaches the hook that was there first. */
static struct {
	int warnings;
	char last[512];
} earlier;

static int earlier_hook(enum libbpf_print_level level, const char *fmt, va_list args)
{
	if (level != LIBBPF_WARN)
		return 0;
	earlier.warnings++;
	return vsnprintf(earlier.last, sizeof(earlier.last), fmt, args);
}

/* Makes libbpf print one warning that holds @name. */
static void make_libbpf_warn(const char *name)
{
	char path[256];

	snprintf(path, sizeof(path), "/proc/self/no-such-object-%s", name);
	assert_null(bpf_object__open_file(path, NULL));
}

static int holds(const char *text, const char *word)
{
	return strstr(text, word) != NULL;
}

static int install_earlier_hook(void **state)
{
	(void)state;
	libbpf_set_print(earlier_hook);
	return 0;
}

static int forget_earlier(void **state)
{
	(void)state;
	memset(&earlier, 0, sizeof(earlier));
	return 0;
}

static void libbpf_print__keeps_what_is_printed_inside(void **state)
{
	struct sys_libbpf_print print;

	(void)state;
	sys_libbpf_print_begin(&print);
	make_libbpf_warn("inside");
	sys_libbpf_print_end(&print);
	check_int(holds(print.text, "no-such-object-inside"), 1, "kept: '%s'", print.text);
	check_int(earlier.warnings, 0, "warnings that got out");
}

static void libbpf_print__outside_goes_to_the_earlier_hook(void **state)
{
	struct sys_libbpf_print print;

	(void)state;
	make_libbpf_warn("before");
	check_int(earlier.warnings, 1, "before");
	sys_libbpf_print_begin(&print);
	sys_libbpf_print_end(&print);
	make_libbpf_warn("after");
	check_int(earlier.warnings, 2, "after");
	check_int(holds(earlier.last, "no-such-object-after"), 1, "'%s'", earlier.last);
	check_text(print.text, "", "kept");
}

static void libbpf_print__nests(void **state)
{
	struct sys_libbpf_print outer, inner;

	(void)state;
	sys_libbpf_print_begin(&outer);
	make_libbpf_warn("one");
	sys_libbpf_print_begin(&inner);
	make_libbpf_warn("two");
	sys_libbpf_print_end(&inner);
	make_libbpf_warn("three");
	sys_libbpf_print_end(&outer);
	check_int(holds(outer.text, "object-one"), 1, "outer: '%s'", outer.text);
	check_int(holds(outer.text, "object-two"), 0, "outer: '%s'", outer.text);
	check_int(holds(outer.text, "object-three"), 1, "outer: '%s'", outer.text);
	check_int(holds(inner.text, "object-one"), 0, "inner: '%s'", inner.text);
	check_int(holds(inner.text, "object-two"), 1, "inner: '%s'", inner.text);
	check_int(holds(inner.text, "object-three"), 0, "inner: '%s'", inner.text);
	check_int(earlier.warnings, 0, "warnings that got out");
}

static void *warn_in_thread(void *userdata)
{
	make_libbpf_warn(userdata);
	return NULL;
}

static void libbpf_print__other_threads_keep_the_earlier_hook(void **state)
{
	static char name[] = "thread";
	struct sys_libbpf_print print;
	pthread_t thread;

	(void)state;
	sys_libbpf_print_begin(&print);
	assert_int_equal(pthread_create(&thread, NULL, warn_in_thread, name), 0);
	assert_int_equal(pthread_join(thread, NULL), 0);
	sys_libbpf_print_end(&print);
	check_int(earlier.warnings, 1, "warnings of the thread");
	check_int(holds(earlier.last, "no-such-object-thread"), 1, "'%s'", earlier.last);
	check_text(print.text, "", "kept");
}

static void libbpf_print__reason_is_one_line_without_prefix(void **state)
{
	static const struct {
		const char *text;
		const char *last;
	} cases[] = {
		{ "", "" },
		{ "\n", "" },
		{ "libbpf: one\n", "one" },
		{ "libbpf: one\nlibbpf: two\n", "two" },
		{ "libbpf: one\nlibbpf: two\n \n\n", "two" },
		{ "no prefix\n", "no prefix" },
		{ "no line feed", "no line feed" },
		{ "libbpf: inner libbpf: word\n", "inner libbpf: word" },
		{ "libbpf: prog 'a': -- BEGIN PROG LOAD LOG --\n0: (79) r1 = *(u64 *)(r2 +0)\n"
		  "R2 !read_ok\nprocessed 1 insns (limit 1000000)\n-- END PROG LOAD LOG --\n"
		  "libbpf: failed to load object 'a'\n",
		  "R2 !read_ok" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct sys_libbpf_print print = { .len = strlen(cases[i].text) };

		memcpy(print.text, cases[i].text, print.len + 1);
		check_text(sys_libbpf_print_reason(&print), cases[i].last, "case %zu", i);
	}
}

static void libbpf_print__reason_tells_what_libbpf_said(void **state)
{
	struct sys_libbpf_print print;
	char last[512];

	(void)state;
	sys_libbpf_print_begin(&print);
	make_libbpf_warn("first");
	make_libbpf_warn("second");
	sys_libbpf_print_end(&print);
	snprintf(last, sizeof(last), "%s", sys_libbpf_print_reason(&print));
	check_int(holds(last, "no-such-object-second"), 1, "'%s'", last);
	check_int(holds(last, "no-such-object-first"), 0, "'%s'", last);
	check_int(strncmp(last, "libbpf: ", 8) == 0, 0, "prefix of '%s'", last);
	check_int(holds(last, "\n"), 0, "line feed in '%s'", last);
}

static void libbpf_print__keeps_the_newest_of_too_much(void **state)
{
	struct sys_libbpf_print print;
	int i;

	(void)state;
	sys_libbpf_print_begin(&print);
	for (i = 0; i < 200; i++) {
		make_libbpf_warn("again");
		check_u64(strnlen(print.text, sizeof(print.text)), print.len, "after %d", i);
	}
	make_libbpf_warn("newest");
	sys_libbpf_print_end(&print);
	check_u64(print.len, sizeof(print.text) - 1, "all that there is room for");
	check_int(holds(sys_libbpf_print_reason(&print), "no-such-object-newest"), 1,
		  "the newest is kept");
	check_int(earlier.warnings, 0, "warnings that got out");
}

static void libbpf_print__version_is_two_numbers(void **state)
{
	char want[32];

	(void)state;
	snprintf(want, sizeof(want), "%u.%u", libbpf_major_version(), libbpf_minor_version());
	check_text(skep_libbpf_version(), want, "version");
	check_text(skep_version(), SKEP_VERSION, "our own");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(libbpf_print__keeps_what_is_printed_inside, forget_earlier),
		cmocka_unit_test_setup(libbpf_print__outside_goes_to_the_earlier_hook,
				       forget_earlier),
		cmocka_unit_test_setup(libbpf_print__nests, forget_earlier),
		cmocka_unit_test_setup(libbpf_print__other_threads_keep_the_earlier_hook,
				       forget_earlier),
		cmocka_unit_test(libbpf_print__reason_is_one_line_without_prefix),
		cmocka_unit_test(libbpf_print__reason_tells_what_libbpf_said),
		cmocka_unit_test_setup(libbpf_print__keeps_the_newest_of_too_much, forget_earlier),
		cmocka_unit_test(libbpf_print__version_is_two_numbers),
	};

	return cmocka_run_group_tests(tests, install_earlier_hook, NULL);
}
