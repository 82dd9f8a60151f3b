/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "check.h"

#include <errno.h>
#include <string.h>

#include <skep/error.h>
#include <skep/map_event.h>

#define HOUR 3600000000000ull

static void config__is_read(void **state)
{
	static const struct {
		const char *text;
		struct skep_map_events_config config;
	} cases[] = {
		{ "enabled_1024_0", { 1, 1024, 0 } },
		{ "enabled_128_24h", { 1, 128, 24 * HOUR } },
		{ "disabled_128_1m30s", { 0, 128, 90000000000 } },
		{ "enabled_0_0s", { 0, 0, 0 } }, /* of no events none is enabled */
		{ "enabled_18446744073709551615_1ns", { 1, UINT64_MAX, 1 } },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct skep_map_events_config c = { 9, 9, 9 };
		struct skep_error err = { 0 };

		check_int(skep_map_events_config_parse(cases[i].text, &c, &err), 0, "%s: %s",
			  cases[i].text, err.msg);
		check_u64(c.enabled, cases[i].config.enabled, "%s: enabled", cases[i].text);
		check_u64(c.capacity, cases[i].config.capacity, "%s: capacity", cases[i].text);
		check_u64(c.ttl_ns, cases[i].config.ttl_ns, "%s: ttl", cases[i].text);
	}
}

static void config__that_is_none_is_refused(void **state)
{
	static const struct {
		const char *text;
		int code;
		const char *words;
	} cases[] = {
		{ "", -EINVAL, "neither enabled nor disabled" },
		{ "enable_1_0", -EINVAL, "neither enabled nor disabled" },
		{ "enabled", -EINVAL, "neither enabled nor disabled" },
		{ "enabled_", -EINVAL, "a count has to follow" },
		{ "enabled__0", -EINVAL, "a count has to follow" },
		{ "enabled_-1_0", -EINVAL, "a count has to follow" },
		{ "enabled_10", -EINVAL, "a count has to follow" },
		{ "enabled_10 _0", -EINVAL, "a count has to follow" },
		{ "enabled_18446744073709551616_0", -ERANGE, "the count is too large" },
		{ "enabled_10_", -EINVAL, "a duration has to be its end" },
		{ "enabled_10_24", -EINVAL, "a duration has to be its end" },
		{ "enabled_10_-1h", -EINVAL, "a duration has to be its end" },
		{ "enabled_10_1h_0", -EINVAL, "a duration has to be its end" },
		{ "enabled_10_9999999999h", -ERANGE, "the duration is too long" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct skep_map_events_config c = { 9, 9, 9 };
		struct skep_error err = { 0 };

		check_int(skep_map_events_config_parse(cases[i].text, &c, &err), cases[i].code,
			  "'%s'", cases[i].text);
		check_u64(c.enabled, 9, "'%s': untouched", cases[i].text);
		if (!strstr(err.msg, cases[i].words))
			fail_msg("'%s': \"%s\"", cases[i].text, err.msg);
	}
}

static int write_config(char *buf, size_t size, const void *userdata)
{
	return skep_map_events_config_format(userdata, buf, size);
}

/* Go's durations have no days. */
static void config__is_written_as_go_reads_it(void **state)
{
	static const struct {
		struct skep_map_events_config config;
		const char *want;
	} cases[] = {
		{ { 1, 1024, 24 * HOUR }, "enabled_1024_24h" },
		{ { 1, 1, 100 * HOUR + 1500000000 }, "enabled_1_100h1s500ms" },
		{ { 0, 0, 0 }, "disabled_0_0s" },
		{ { 1, UINT64_MAX, UINT64_MAX },
		  "enabled_18446744073709551615_5124095h34m33s709ms551us615ns" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		check_every_size(write_config, &cases[i].config, cases[i].want);
		assert_true(strlen(cases[i].want) < SKEP_MAP_EVENTS_CONFIG_SIZE);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(config__is_read),
		cmocka_unit_test(config__that_is_none_is_refused),
		cmocka_unit_test(config__is_written_as_go_reads_it),
	};

	return cmocka_run_group_tests_name("map_events_config", tests, NULL, NULL);
}
