/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "check.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <skep/error.h>
#include <skep/kallsyms.h>

#define MODULE_LINE "ffffffffc0400010 t nf_hook\t[nf_tables]\n"

static const char text[] =
	"0000000000000000 A fixed_percpu_data\n"
	"ffffffff81000000 T startup\n"
	"ffffffff81000000 T _text\n"
	"ffffffff81000200 t twin\n"
	"ffffffff81000300 t twin\n"
	"ffffffff81000400 t walk.isra.0\n"
	"ffffffff81000500 t walk.constprop.0.isra.12\n"
	"ffffffff81000600 t walk.llvm.1234567890\n"
	"ffffffff81000700 t walk.cold\n"
	"ffffffff81000800 t walk.part.0\n"
	"ffffffff81000900 T walk\n"
	"ffffffff80ffff00 D below\n" MODULE_LINE "ffffffffc0400020 t twin\t[nf_tables]\n"
	"ffffffffc0500000 t bpf_prog_6deef7357e7b4530\t[bpf]";

static struct skep_kallsyms *parse(const char *from, size_t size)
{
	struct skep_kallsyms *k = NULL;
	struct skep_error err = { 0 };
	_cleanup_free_ char *exact = malloc(size); /* nothing is read beyond, and nothing kept */

	assert_non_null(exact);
	memcpy(exact, from, size);
	check_int(skep_kallsyms_parse(exact, size, &k, &err), 0, "%s", err.msg);
	return k;
}

static void check_symbol(const struct skep_kallsyms_symbol *s, const char *name, uint64_t address,
			 char type, const char *module)
{
	check_text(s->name, name, "name");
	check_u64(s->address, address, "address of %s", name);
	check_u64(s->type, (unsigned char)type, "type of %s", name);
	check_text(s->module, module, "module of %s", name);
}

static void kallsyms__are_there_in_the_order_of_the_file(void **state)
{
	_cleanup_(skep_kallsyms_freep) struct skep_kallsyms *k = parse(text, strlen(text));
	struct skep_kallsyms_symbol s;

	(void)state;
	check_u64(skep_kallsyms_count(k), 15, "count");
	check_u64(skep_kallsyms_skipped(k), 0, "skipped");
	check_int(skep_kallsyms_hidden(k), 0, "hidden");
	check_int(skep_kallsyms_get(k, 0, &s), 0, "first");
	check_symbol(&s, "fixed_percpu_data", 0, 'A', "");
	check_int(skep_kallsyms_get(k, 12, &s), 0, "of a module");
	check_symbol(&s, "nf_hook", 0xffffffffc0400010, 't', "nf_tables");
	check_int(skep_kallsyms_get(k, 14, &s), 0, "last");
	check_symbol(&s, "bpf_prog_6deef7357e7b4530", 0xffffffffc0500000, 't', "bpf");
	check_int(skep_kallsyms_get(k, 15, &s), -ERANGE, "behind the last");
}

static void check_found(const struct skep_kallsyms *k, const char *name, uint64_t flags,
			const uint64_t *addresses, int64_t count)
{
	struct skep_kallsyms_symbol s[8];
	int64_t i;

	check_int(skep_kallsyms_find(k, name, flags, s, ARRAY_SIZE(s)), count, "'%s'", name);
	check_int(skep_kallsyms_find(k, name, flags, NULL, 0), count, "'%s', no room", name);
	for (i = 0; i < count; i++)
		check_u64(s[i].address, addresses[i], "'%s', %" PRId64, name, i);
}

#define FOUND(name, flags, ...)                                               \
	check_found(k, name, flags, (const uint64_t[]){ 0, __VA_ARGS__ } + 1, \
		    ARRAY_SIZE(((const uint64_t[]){ 0, __VA_ARGS__ })) - 1)

static void kallsyms__of_a_name_are_all_found(void **state)
{
	_cleanup_(skep_kallsyms_freep) struct skep_kallsyms *k = parse(text, strlen(text));
	struct skep_kallsyms_symbol s[2] = { 0 };

	(void)state;
	FOUND("startup", 0, 0xffffffff81000000);
	FOUND("twin", 0, 0xffffffff81000200, 0xffffffff81000300, 0xffffffffc0400020);
	FOUND("absent", 0);
	FOUND("", 0);
	FOUND("twi", 0);
	check_int(skep_kallsyms_find(k, "twin", 0, s, 1), 3, "room for one");
	check_symbol(&s[0], "twin", 0xffffffff81000200, 't', "");
	assert_null(s[1].name);
	check_int(skep_kallsyms_find(k, "twin", 2, s, 1), -EINVAL, "unknown flag");
}

static void kallsyms__variants_are_found_if_asked_for(void **state)
{
	_cleanup_(skep_kallsyms_freep) struct skep_kallsyms *k = parse(text, strlen(text));

	(void)state;
	FOUND("walk", 0, 0xffffffff81000900);
	FOUND("walk", SKEP_KALLSYMS_VARIANTS, 0xffffffff81000400, 0xffffffff81000500,
	      0xffffffff81000600, 0xffffffff81000900);
	FOUND("walk.isra.0", 0, 0xffffffff81000400);
	FOUND("walk.isra.0", SKEP_KALLSYMS_VARIANTS, 0xffffffff81000400);
	FOUND("walk.isra.1", 0);
	FOUND("walk.isra", SKEP_KALLSYMS_VARIANTS);
	FOUND("walk.cold", SKEP_KALLSYMS_VARIANTS, 0xffffffff81000700);
	FOUND("walk.part.0", SKEP_KALLSYMS_VARIANTS, 0xffffffff81000800);
}

/* What looks like a suffix and is none. */
static void kallsyms__names_may_be_odd(void **state)
{
	static const char odd[] =
		"1 t .isra.0\n2 t isra.0\n3 t a.isra.\n4 t a.isra.0x\n5 t a..isra.0\n"
		"6 t 0\n7 t .\n8 t a.0\n9 t a.isra0\na t \xc3\xa4.isra.1\n";
	_cleanup_(skep_kallsyms_freep) struct skep_kallsyms *k = parse(odd, strlen(odd));

	(void)state;
	check_u64(skep_kallsyms_count(k), 10, "count");
	FOUND("a", SKEP_KALLSYMS_VARIANTS);
	FOUND("", SKEP_KALLSYMS_VARIANTS);
	FOUND(".isra.0", 0, 1);
	FOUND("isra.0", 0, 2);
	FOUND("a.", SKEP_KALLSYMS_VARIANTS, 5);
	FOUND("\xc3\xa4", SKEP_KALLSYMS_VARIANTS, 10);
	FOUND("0", 0, 6);
	FOUND("a.0", 0, 8);
}

static void check_at(const struct skep_kallsyms *k, uint64_t address, const char *name)
{
	struct skep_kallsyms_symbol s = { "untouched", NULL, 0, 0 };
	int r = skep_kallsyms_at(k, address, &s, NULL);

	check_int(r, 0, "0x%" PRIx64, address);
	check_text(s.name, name, "0x%" PRIx64, address);
}

static void kallsyms__at_an_address_is_the_nearest_below(void **state)
{
	_cleanup_(skep_kallsyms_freep) struct skep_kallsyms *k = parse(text, strlen(text));

	(void)state;
	check_at(k, 0, "fixed_percpu_data");
	check_at(k, 0xffffffff80fffeff, "fixed_percpu_data");
	check_at(k, 0xffffffff80ffff00, "below");
	check_at(k, 0xffffffff81000000, "startup");
	check_at(k, 0xffffffff810001ff, "startup");
	check_at(k, 0xffffffff81000200, "twin");
	check_at(k, 0xffffffff810009ff, "walk");
	check_at(k, 0xffffffffc0400010, "nf_hook");
	check_at(k, UINT64_MAX, "bpf_prog_6deef7357e7b4530");
}

static void kallsyms__below_the_first_are_none(void **state)
{
	static const char two[] = "ffffffff81000010 T b\nffffffff81000000 T a\n";
	_cleanup_(skep_kallsyms_freep) struct skep_kallsyms *k = parse(two, strlen(two));
	struct skep_kallsyms_symbol s;
	struct skep_error err = { 0 };

	(void)state;
	check_int(skep_kallsyms_at(k, 0xffffffff80ffffff, &s, &err), -ENOENT, "below");
	check_u64(err.kind, SKEP_ERR_NOT_FOUND, "kind");
	check_at(k, 0xffffffff8100000f, "a");
}

static void kallsyms__that_are_hidden_still_have_names(void **state)
{
	static const char zeros[] = "0000000000000000 T a\n0000000000000000 t b\t[m]\n";
	_cleanup_(skep_kallsyms_freep) struct skep_kallsyms *k = parse(zeros, strlen(zeros));
	struct skep_kallsyms_symbol s = { 0 };
	struct skep_error err = { 0 };

	(void)state;
	check_int(skep_kallsyms_hidden(k), 1, "hidden");
	check_int(skep_kallsyms_at(k, 0xffffffff81000000, &s, &err), -EPERM, "address");
	check_u64(err.kind, SKEP_ERR_PERMISSION, "kind");
	assert_non_null(strstr(err.msg, "kptr_restrict"));
	assert_null(s.name);
	check_int(skep_kallsyms_find(k, "b", 0, &s, 1), 1, "name");
	check_symbol(&s, "b", 0, 't', "m");
}

static const char *const malformed[] = {
	"",
	" ",
	"x",
	"ffffffff81000000",
	"ffffffff81000000 ",
	"ffffffff81000000 T",
	"ffffffff81000000 T ",
	"ffffffff81000000  name",
	"ffffffff81000000 TT name",
	"g T name",
	" 1 T name",
	"-1 T name",
	"FF T name",
	"10000000000000000 T name",
	"1\tT name",
	"1 T\tname",
	"1 T name [m] x",
	"1 T name m",
	"1 T name []",
	"1 T name [m",
	"1 T name m]",
	"1 T name\r",
	"1 T \x01",
	"(null) T name",
};

static void kallsyms__lines_that_are_none_are_counted(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(malformed); i++) {
		_cleanup_(skep_kallsyms_freep) struct skep_kallsyms *k = NULL;
		char lines[128];

		snprintf(lines, sizeof(lines), "1 T first\n%s\n2 T last\n", malformed[i]);
		k = parse(lines, strlen(lines));
		check_u64(skep_kallsyms_count(k), 2, "'%s'", malformed[i]);
		check_u64(skep_kallsyms_skipped(k), 1, "'%s'", malformed[i]);
		check_at(k, 2, "last");
	}
}

static void kallsyms__nul_ends_no_line_and_is_in_no_name(void **state)
{
	static const char nul[] = "1 T a\n2 T b\0c\n3 T d [m\0]\n";
	_cleanup_(skep_kallsyms_freep) struct skep_kallsyms *k = parse(nul, sizeof(nul) - 1);

	(void)state;
	check_u64(skep_kallsyms_count(k), 1, "count");
	check_u64(skep_kallsyms_skipped(k), 2, "skipped");
}

static void kallsyms__of_nothing_are_an_error(void **state)
{
	struct skep_kallsyms *k = NULL;
	struct skep_error err = { 0 };
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(malformed); i++)
		check_int(skep_kallsyms_parse(malformed[i], strlen(malformed[i]), &k, &err),
			  -ENODATA, "'%s'", malformed[i]);
	check_int(skep_kallsyms_read("/dev/null", &k, &err), -ENODATA, "/dev/null");
	assert_non_null(strstr(err.msg, "/dev/null"));
	check_int(skep_kallsyms_read("/no/such", &k, &err), -ENOENT, "/no/such");
	assert_null(k);
	assert_null(skep_kallsyms_free(NULL));
}

/* Many of them, in no order, and many of one name. */
static void kallsyms__of_a_large_kernel_are_found_as_in_a_list(void **state)
{
	enum {
		COUNT = 20000,
		NAMES = 15000
	};
	static uint64_t addresses[COUNT];
	static unsigned names[COUNT];
	static char lines[COUNT * 48];
	struct check_random random = { 1 };
	_cleanup_(skep_kallsyms_freep) struct skep_kallsyms *k = NULL;
	size_t len = 0, i;

	(void)state;
	for (i = 0; i < COUNT; i++) {
		addresses[i] = 1 + check_random_below(&random, COUNT);
		names[i] = (unsigned)check_random_below(&random, NAMES);
		len += (size_t)snprintf(lines + len, sizeof(lines) - len, "%016" PRIx64 " t n%u\n",
					addresses[i], names[i]);
	}
	k = parse(lines, len);
	check_u64(skep_kallsyms_count(k), COUNT, "count");
	for (i = 0; i < 200; i++) {
		size_t j, nearest = COUNT, same = 0;
		struct skep_kallsyms_symbol s;
		uint64_t address = 1 + check_random_below(&random, COUNT);
		char name[16];

		for (j = 0; j < COUNT; j++) {
			same += names[j] == names[i];
			if (addresses[j] <= address &&
			    (nearest == COUNT || addresses[j] > addresses[nearest]))
				nearest = j;
		}
		snprintf(name, sizeof(name), "n%u", names[i]);
		check_int(skep_kallsyms_find(k, name, 0, NULL, 0), (int64_t)same, "%s", name);
		if (nearest == COUNT)
			continue;
		snprintf(name, sizeof(name), "n%u", names[nearest]);
		check_int(skep_kallsyms_at(k, address, &s, NULL), 0, "%" PRIu64, address);
		check_text(s.name, name, "%" PRIu64, address);
		check_u64(s.address, addresses[nearest], "%" PRIu64, address);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(kallsyms__are_there_in_the_order_of_the_file),
		cmocka_unit_test(kallsyms__of_a_name_are_all_found),
		cmocka_unit_test(kallsyms__variants_are_found_if_asked_for),
		cmocka_unit_test(kallsyms__names_may_be_odd),
		cmocka_unit_test(kallsyms__at_an_address_is_the_nearest_below),
		cmocka_unit_test(kallsyms__below_the_first_are_none),
		cmocka_unit_test(kallsyms__that_are_hidden_still_have_names),
		cmocka_unit_test(kallsyms__lines_that_are_none_are_counted),
		cmocka_unit_test(kallsyms__nul_ends_no_line_and_is_in_no_name),
		cmocka_unit_test(kallsyms__of_nothing_are_an_error),
		cmocka_unit_test(kallsyms__of_a_large_kernel_are_found_as_in_a_list),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
