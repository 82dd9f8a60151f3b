/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "check.h"

#include <errno.h>
#include <inttypes.h>

#include <skep/duration.h>

#define UNTOUCHED 4711

static const struct {
	const char *text;
	uint64_t ns;
} good[] = {
	{ "0", 0 },
	{ "0s", 0 },
	{ "1ns", 1 },
	{ "1us", 1000 },
	{ "1ms", 1000000 },
	{ "1s", 1000000000 },
	{ "1m", 60000000000 },
	{ "1h", 3600000000000 },
	{ "1d", 86400000000000 },
	{ "007s", 7000000000 },
	{ "250ms", 250000000 },
	{ "1m30s", 90000000000 },
	{ "1.5s", 1500000000 },
	{ ".5s", 500000000 },
	{ "1.s", 1000000000 },
	{ "0.25h", 900000000000 },
	{ "2h0.5m1s", 7231000000000 },
	{ "1s1s", 2000000000 },
	{ "1ns1d", 86400000000001 },
	{ "0.000000001s", 1 },
	{ "0.1ns", 0 },
	{ "1.9999ns", 1 },
	{ "0.9999999999s", 999999999 },
	{ "0.00000000000001d", 0 },
	{ "0.00000000000002d", 1 },
	{ "0.000000000000019d", 1 }, /* 1.64 ns: the fifteenth digit counts, too */
	{ "0.0000000000002778h", 1 },
	/* just below and just above a nanosecond, which is no finite fraction of a day */
	{ "0.0000000000000115740740740740740740740740740740740740d", 0 },
	{ "0.0000000000000115740740740740740740740740740740740741d", 1 },
	{ "0.33333333333333333333333333333333333333d", 28799999999999 },
	{ "0.00000000000000000000000000000000000000000000001d", 0 },
	{ "18446744073709551615ns", UINT64_MAX },
	{ "18446744073.709551615s", UINT64_MAX },
	{ "18446744073.7095516159s", UINT64_MAX },
	{ "213503d23h34m33s709ms551us615ns", UINT64_MAX },
};

static const struct {
	const char *text;
	int code;
} bad[] = {
	{ "", -EINVAL },
	{ "1", -EINVAL },
	{ "00", -EINVAL },
	{ "0.0", -EINVAL },
	{ "s", -EINVAL },
	{ ".s", -EINVAL },
	{ ".", -EINVAL },
	{ "-1s", -EINVAL },
	{ "+1s", -EINVAL },
	{ " 1s", -EINVAL },
	{ "1s ", -EINVAL },
	{ "1 s", -EINVAL },
	{ "1s 1s", -EINVAL },
	{ "1s\n", -EINVAL },
	{ "1m30", -EINVAL },
	{ "1.5", -EINVAL },
	{ "1.2.3s", -EINVAL },
	{ "1,5s", -EINVAL },
	{ "1S", -EINVAL },
	{ "1sec", -EINVAL },
	{ "1y", -EINVAL },
	{ "1w", -EINVAL },
	{ "1n", -EINVAL },
	{ "1mms", -EINVAL },
	{ "1\xc2\xb5s", -EINVAL },
	{ "0x1s", -EINVAL },
	{ "1e3s", -EINVAL },
	{ "infinity", -EINVAL },
	{ "1s1x", -EINVAL },
	{ "213504d1x", -EINVAL },
	{ "18446744073709551616ns", -ERANGE },
	{ "18446744073709551615ns1ns", -ERANGE },
	{ "18446744073.709551616s", -ERANGE },
	{ "213503d23h34m33s709ms551us616ns", -ERANGE },
	{ "213504d", -ERANGE },
	{ "99999999999999999999999999999999999999d", -ERANGE },
	{ "99999999999999999999999999999999999999x", -EINVAL },
};

static void duration__reads_what_people_write(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(good); i++) {
		uint64_t ns = UNTOUCHED;

		check_int(skep_duration_parse(good[i].text, &ns), 0, "'%s'", good[i].text);
		check_u64(ns, good[i].ns, "'%s'", good[i].text);
	}
}

static void duration__refuses_what_is_none_or_too_long(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		uint64_t ns = UNTOUCHED;

		check_int(skep_duration_parse(bad[i].text, &ns), bad[i].code, "'%s'", bad[i].text);
		check_u64(ns, UNTOUCHED, "'%s'", bad[i].text);
	}
	check_int(skep_duration_parse(NULL, &(uint64_t){ 0 }), -EINVAL, "NULL");
}

static void duration__writes_whole_units(void **state)
{
	static const struct {
		uint64_t ns;
		const char *text;
	} cases[] = {
		{ 0, "0s" },
		{ 1, "1ns" },
		{ 999, "999ns" },
		{ 1000, "1us" },
		{ 250000000, "250ms" },
		{ 1500000000, "1s500ms" },
		{ 90000000000, "1m30s" },
		{ 86400000000000, "1d" },
		{ 86400000000001, "1d1ns" },
		{ UINT64_MAX, "213503d23h34m33s709ms551us615ns" },
	};
	char buf[64];
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		skep_duration_format(cases[i].ns, buf, sizeof(buf));
		check_text(buf, cases[i].text, "%" PRIu64, cases[i].ns);
	}
}

static int write_duration(char *buf, size_t size, const void *userdata)
{
	return skep_duration_format(*(const uint64_t *)userdata, buf, size);
}

static void duration__says_when_the_buffer_is_too_small(void **state)
{
	static const uint64_t zero = 0, second_and_half = 1500000000, most = UINT64_MAX;

	(void)state;
	check_every_size(write_duration, &zero, "0s");
	check_every_size(write_duration, &second_and_half, "1s500ms");
	check_every_size(write_duration, &most, "213503d23h34m33s709ms551us615ns");
}

static void check_round_trip(uint64_t ns)
{
	uint64_t again = UNTOUCHED;
	char buf[64];
	int len = skep_duration_format(ns, buf, sizeof(buf));

	check_int(len > 0, 1, "format of %" PRIu64, ns);
	check_int(skep_duration_parse(buf, &again), 0, "'%s'", buf);
	check_u64(again, ns, "'%s'", buf);
}

/* Powers of two and ten and what is beside them, and numbers of every magnitude. */
static void duration__reads_back_what_it_writes(void **state)
{
	struct check_random random = { 1 };
	uint64_t power = 1;
	int i;

	(void)state;
	for (i = 0; i < 64; i++) {
		check_round_trip(1ull << i);
		check_round_trip((1ull << i) - 1);
		check_round_trip(~(1ull << i));
	}
	for (i = 0; i < 20; i++, power *= 10) {
		check_round_trip(power);
		check_round_trip(power - 1);
		check_round_trip(power + 1);
	}
	for (i = 0; i < 20000; i++)
		check_round_trip(check_random_next(&random) >> i % 64);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(duration__reads_what_people_write),
		cmocka_unit_test(duration__refuses_what_is_none_or_too_long),
		cmocka_unit_test(duration__writes_whole_units),
		cmocka_unit_test(duration__says_when_the_buffer_is_too_small),
		cmocka_unit_test(duration__reads_back_what_it_writes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
