/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "check.h"

#include <errno.h>
#include <string.h>

#include "base/error.h"

/* What skep(1) promises of each kind; the numbers are for ever. */
static const struct {
	uint32_t number;
	const char *name;
	int exit_code;
} kinds[] = {
	{ 0, "NONE", 0 },
	{ 1, "SYSCALL", 1 },
	{ 2, "INVALID", 2 },
	{ 3, "NOT_FOUND", 1 },
	{ 4, "PERMISSION", 5 },
	{ 5, "UNSUPPORTED", 6 },
	{ 6, "VERIFIER", 7 },
	{ 7, "CONFLICT", 8 },
	{ 8, "PARTIAL", 3 },
	{ 9, "NO_MEMORY", 1 },
	{ 10, "NO_SPACE", 1 },
	{ 11, "UNBALANCED", 1 },
	{ 12, "SELECTOR", 1 },
	{ 13, "NOT_LOADED", 1 },
	{ 14, "NOT_STARTED", 1 },
	{ 15, "RUNNING", 1 },
	{ 16, "NO_MAP", 1 },
	{ 17, "NO_PROGRAM", 1 },
	{ 18, "NO_PIN", 1 },
	{ 19, "MAP_NAME", 2 },
	{ 20, "PROBE_NAME", 2 },
	{ 21, "PROBE_NOT_LOADED", 1 },
	{ 22, "PROBE_ATTACHED", 1 },
	{ 23, "SECTION", 1 },
	{ 24, "NO_SYMBOL", 1 },
	{ 25, "NO_EVENT", 1 },
	{ 26, "NO_HOOK", 1 },
	{ 27, "NO_INTERFACE", 2 },
	{ 28, "NO_DIRECTION", 2 },
	{ 29, "MAP_OPEN", 1 },
	{ 30, "MAP_NOT_OPEN", 1 },
	{ 31, "MAP_NOT_RUNNING", 1 },
};

static void error__names_kinds_and_their_exit_codes(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		const char *sentence = skep_error_kind_sentence(kinds[i].number);

		check_text(skep_error_kind_name(kinds[i].number), kinds[i].name, "kind %zu", i);
		check_int(skep_error_exit_code(kinds[i].number), kinds[i].exit_code, "%s",
			  kinds[i].name);
		assert_true(strlen(sentence) > 0);
		check_int(sentence[strlen(sentence) - 1] == '.', 0, "full stop after '%s'",
			  sentence);
	}
}

static void error__knows_numbers_that_are_no_kind(void **state)
{
	static const uint32_t numbers[] = { ARRAY_SIZE(kinds), 1000, UINT32_MAX };
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(numbers); i++) {
		check_text(skep_error_kind_name(numbers[i]), "UNKNOWN", "%u", numbers[i]);
		check_text(skep_error_kind_sentence(numbers[i]), "unknown error", "%u", numbers[i]);
		check_int(skep_error_exit_code(numbers[i]), 1, "%u", numbers[i]);
	}
}

static void error__fail_records_code_kind_and_words(void **state)
{
	struct skep_error err;

	(void)state;
	check_int(skep_fail(&err, -ENODEV, SKEP_ERR_NOT_FOUND, "attach to '%s'", "eth0"), -ENODEV,
		  "returned");
	check_int(err.code, -ENODEV, "code");
	check_u64(err.kind, SKEP_ERR_NOT_FOUND, "kind");
	check_text(err.msg, "attach to 'eth0': no such device", "message");
}

static void error__fail_leaves_messages_alone_that_explain_themselves(void **state)
{
	struct skep_error err;

	(void)state;
	skep_fail(&err, -EINVAL, SKEP_ERR_INVALID, "max_flows: at most %d.", 7);
	check_text(err.msg, "max_flows: at most 7", "message");
}

static void error__fail_without_a_record_returns_the_code(void **state)
{
	(void)state;
	check_int(skep_fail(NULL, -EIO, SKEP_ERR_SYSCALL, "read"), -EIO, "fail");
	check_int(skep_wrap(NULL, -EIO, "object: "), -EIO, "wrap");
}

static void error__fail_refines_only_what_a_system_call_said(void **state)
{
	static const struct {
		int code;
		uint32_t kind, want;
	} cases[] = {
		{ -EPERM, SKEP_ERR_SYSCALL, SKEP_ERR_PERMISSION },
		{ -EACCES, SKEP_ERR_SYSCALL, SKEP_ERR_PERMISSION },
		{ -ENOMEM, SKEP_ERR_SYSCALL, SKEP_ERR_NO_MEMORY },
		{ -EBUSY, SKEP_ERR_SYSCALL, SKEP_ERR_SYSCALL },
		{ -EACCES, SKEP_ERR_VERIFIER, SKEP_ERR_VERIFIER },
		{ -EPERM, SKEP_ERR_CONFLICT, SKEP_ERR_CONFLICT },
		{ -ENOMEM, SKEP_ERR_INVALID, SKEP_ERR_INVALID },
	};
	struct skep_error err;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		skep_fail(&err, cases[i].code, cases[i].kind, "bpf");
		check_u64(err.kind, cases[i].want, "case %zu: %d", i, cases[i].code);
	}
}

/* Messages of every length round the size of the record: cut off, never beyond it. */
static void error__fail_cuts_off_what_is_too_long(void **state)
{
	struct {
		struct skep_error err;
		char guard[8];
	} memory;
	char words[300];
	size_t len;

	(void)state;
	for (len = 0; len < sizeof(words); len++) {
		memset(&memory, 0x5a, sizeof(memory));
		memset(words, 'x', len);
		words[len] = '\0';
		skep_fail(&memory.err, -EIO, SKEP_ERR_SYSCALL, "%s", words);
		check_u64(strnlen(memory.err.msg, sizeof(memory.err.msg)),
			  len + 23 < 247 ? len + 23 : 247, "%zu bytes and ': input or...'", len);
		check_int(memory.guard[0], 0x5a, "behind the record, %zu bytes", len);
	}
}

static void error__wrap_puts_a_name_before_the_message(void **state)
{
	struct skep_error err;

	(void)state;
	skep_fail(&err, -ENOENT, SKEP_ERR_NOT_FOUND, "map '%s'", "flows");
	check_int(skep_wrap(&err, -ENOENT, "%s: ", "agent"), -ENOENT, "returned");
	check_text(err.msg, "agent: map 'flows': no such file, object or entry", "message");
	check_u64(err.kind, SKEP_ERR_NOT_FOUND, "kind");
}

static void error__wrap_cuts_off_what_is_too_long(void **state)
{
	struct skep_error err;
	char name[300];

	(void)state;
	memset(name, 'n', sizeof(name));
	name[240] = '\0';
	skep_fail(&err, -EINVAL, SKEP_ERR_INVALID, "0123456789.");
	skep_wrap(&err, -EINVAL, "%s", name);
	check_u64(strlen(err.msg), sizeof(err.msg) - 1, "cut in the message");
	check_text(err.msg + 240, "0123456", "what is left of the message");
	name[240] = 'n';
	name[299] = '\0';
	skep_wrap(&err, -EINVAL, "%s", name);
	check_u64(strlen(err.msg), sizeof(err.msg) - 1, "cut in the name");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(error__names_kinds_and_their_exit_codes),
		cmocka_unit_test(error__knows_numbers_that_are_no_kind),
		cmocka_unit_test(error__fail_records_code_kind_and_words),
		cmocka_unit_test(error__fail_leaves_messages_alone_that_explain_themselves),
		cmocka_unit_test(error__fail_without_a_record_returns_the_code),
		cmocka_unit_test(error__fail_refines_only_what_a_system_call_said),
		cmocka_unit_test(error__fail_cuts_off_what_is_too_long),
		cmocka_unit_test(error__wrap_puts_a_name_before_the_message),
		cmocka_unit_test(error__wrap_cuts_off_what_is_too_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
