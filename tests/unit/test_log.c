/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "check.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"

/* What was logged last, and how often something was. */
struct heard {
	int count;
	uint64_t level;
	char text[1024];
};

static void hear(uint64_t level, const char *text, void *userdata)
{
	struct heard *h = userdata;

	h->count++;
	h->level = level;
	snprintf(h->text, sizeof(h->text), "%s", text);
}

static void log__names_levels(void **state)
{
	static const char *const names[] = { "unknown", "error", "warning",
					     "notice",  "debug", "unknown" };
	uint64_t level;

	(void)state;
	for (level = 0; level < ARRAY_SIZE(names); level++)
		check_text(skep_log_level_name(level), names[level], "level %" PRIu64, level);
	check_text(skep_log_level_name(UINT64_MAX), "unknown", "greatest number");
}

static void log__tells_up_to_its_level(void **state)
{
	uint64_t most, level;

	(void)state;
	for (most = 0; most <= SKEP_LOG_DEBUG; most++)
		for (level = SKEP_LOG_ERROR; level <= SKEP_LOG_DEBUG; level++) {
			struct heard h = { 0 };
			struct skep_log log = { hear, &h, most };

			log_event(&log, level, "event");
			check_int(h.count, level <= (most ? most : SKEP_LOG_NOTICE),
				  "%s to a log of level %" PRIu64, skep_log_level_name(level),
				  most);
		}
}

static void log__formats_for_its_owner(void **state)
{
	struct heard h = { 0 };
	struct skep_log log = { .fn = hear, .userdata = &h };

	(void)state;
	log_event(&log, SKEP_LOG_WARNING, "%s: %d lost", "ring", 7);
	check_int(h.count, 1, "calls");
	check_u64(h.level, SKEP_LOG_WARNING, "level");
	check_text(h.text, "ring: 7 lost", "text");
}

static void log__without_a_function_is_silent(void **state)
{
	struct heard h = { 0 };
	struct skep_log log = { .userdata = &h, .level = SKEP_LOG_DEBUG };

	(void)state;
	log_event(&log, SKEP_LOG_ERROR, "event");
	check_int(h.count, 0, "calls");
}

static void log__cuts_off_what_is_too_long(void **state)
{
	struct heard h = { 0 };
	struct skep_log log = { .fn = hear, .userdata = &h };
	char words[1000];

	(void)state;
	memset(words, 'x', sizeof(words) - 1);
	words[sizeof(words) - 1] = '\0';
	log_event(&log, SKEP_LOG_NOTICE, "%s", words);
	check_u64(strlen(h.text), 511, "length");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(log__names_levels),
		cmocka_unit_test(log__tells_up_to_its_level),
		cmocka_unit_test(log__formats_for_its_owner),
		cmocka_unit_test(log__without_a_function_is_silent),
		cmocka_unit_test(log__cuts_off_what_is_too_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
