/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "check.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include <skep/error.h>

/* What a name expands to: its number, or the name itself where the host's errno.h does not define it. */
#define EXPANDED(name) #name

static const struct {
	const char *name;
	const char *host;
	int number;
	const char *text;
} table[] = {
#define SKEP_ERRNO(id, number, text) { #id, EXPANDED(id), number, text },
#include "base/errno.def"
#undef SKEP_ERRNO
};

/* Internal to the kernel: no errno.h has them. */
static int is_internal(int number)
{
	return number >= 512 && number <= 531;
}

static void errno__numbers_are_those_of_the_host(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(table); i++) {
		if (isdigit((unsigned char)table[i].host[0]))
			check_int(table[i].number, atoi(table[i].host), "%s", table[i].name);
		else
			check_int(is_internal(table[i].number), 1, "%s, unknown to the host",
				  table[i].name);
	}
}

static void errno__table_ascends(void **state)
{
	size_t i;

	(void)state;
	for (i = 1; i < ARRAY_SIZE(table); i++)
		check_int(table[i - 1].number < table[i].number, 1, "%s after %s", table[i].name,
			  table[i - 1].name);
}

static void errno__text_is_the_same_for_either_sign(void **state)
{
	char buf[32];
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(table); i++) {
		check_text(skep_errno_text(table[i].number, buf, sizeof(buf)), table[i].text, "%s",
			   table[i].name);
		check_text(skep_errno_text(-table[i].number, buf, sizeof(buf)), table[i].text,
			   "-%s", table[i].name);
	}
}

/* A text is joined to others by a colon: it begins small, ends without a full stop, and fits a message. */
static void errno__texts_can_end_a_message(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(table); i++) {
		const char *text = table[i].text;

		check_int(strlen(text) > 0 && strlen(text) < 64, 1, "length of '%s'", text);
		check_int(text[strlen(text) - 1] == '.', 0, "full stop after '%s'", text);
		check_int(isupper((unsigned char)text[0]), 0, "first letter of '%s'", text);
	}
}

static void errno__numbers_without_a_text_are_told_as_numbers(void **state)
{
	static const struct {
		int code;
		const char *want;
	} cases[] = {
		{ 0, "error 0" },
		{ 4095, "error 4095" },
		{ -4095, "error 4095" },
		{ INT_MAX, "error 2147483647" },
		{ INT_MIN, "error 2147483648" },
	};
	char buf[32];
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++)
		check_text(skep_errno_text(cases[i].code, buf, sizeof(buf)), cases[i].want, "%d",
			   cases[i].code);
}

static void errno__number_is_cut_off_in_a_small_buffer(void **state)
{
	char buf[32];
	size_t size;

	(void)state;
	check_text(skep_errno_text(4095, NULL, 0), "", "no buffer");
	for (size = 1; size < sizeof(buf); size++) {
		memset(buf, 0x5a, sizeof(buf));
		check_u64(strlen(skep_errno_text(4095, buf, size)), size <= 10 ? size - 1 : 10,
			  "%zu bytes", size);
		check_int(buf[size], 0x5a, "behind %zu bytes", size);
	}
}

static void errno__name_is_the_macro(void **state)
{
	char buf[32];
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(table); i++) {
		check_text(skep_errno_name(table[i].number, buf, sizeof(buf)), table[i].name, "%d",
			   table[i].number);
		check_text(skep_errno_name(-table[i].number, buf, sizeof(buf)), table[i].name, "%d",
			   -table[i].number);
	}
	check_text(skep_errno_name(-524, NULL, 0), "ENOTSUPP", "what bpf(2) says");
	check_text(skep_errno_name(-9999, buf, sizeof(buf)), "errno 9999", "no name");
	check_text(skep_errno_name(INT_MIN, buf, sizeof(buf)), "errno 2147483648", "no name");
	check_text(skep_errno_name(9999, NULL, 0), "", "no buffer");
}

static void errno__no_number_is_left_out(void **state)
{
	char buf[32];
	int i;

	(void)state;
	for (i = 1; i <= 531; i++) {
		int gap = i == 41 || i == 58 || (i > 133 && i < 512) || i == 520;

		check_int(!strncmp(skep_errno_name(i, buf, sizeof(buf)), "errno", 5), gap, "%d", i);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(errno__numbers_are_those_of_the_host),
		cmocka_unit_test(errno__table_ascends),
		cmocka_unit_test(errno__text_is_the_same_for_either_sign),
		cmocka_unit_test(errno__texts_can_end_a_message),
		cmocka_unit_test(errno__numbers_without_a_text_are_told_as_numbers),
		cmocka_unit_test(errno__number_is_cut_off_in_a_small_buffer),
		cmocka_unit_test(errno__name_is_the_macro),
		cmocka_unit_test(errno__no_number_is_left_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
