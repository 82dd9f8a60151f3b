/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "check.h"

#include <errno.h>
#include <string.h>

#include "base/opts.h"

/* Three generations of one options struct. */
struct opts_1 {
	size_t sz;
	uint64_t first;
};

struct opts_2 {
	size_t sz;
	uint64_t first;
	uint64_t second;
};

struct opts_3 {
	size_t sz;
	uint64_t first;
	uint64_t second;
	uint64_t third;
};

/* What opts_2 is before each copy: every byte has to be overwritten. */
static struct opts_2 dirty(void)
{
	struct opts_2 o;

	memset(&o, 0xff, sizeof(o));
	return o;
}

static void opts__null_is_all_defaults(void **state)
{
	struct opts_2 o = dirty();

	(void)state;
	check_int(opts_copy(&o, sizeof(o), NULL), 0, "returned");
	check_u64(o.sz | o.first | o.second, 0, "all members");
}

static void opts__same_size_is_copied(void **state)
{
	struct opts_2 from = { .sz = sizeof(from), .first = 1, .second = 2 }, o = dirty();

	(void)state;
	check_int(opts_copy(&o, sizeof(o), &from), 0, "returned");
	assert_memory_equal(&o, &from, sizeof(o));
}

static void opts__older_caller_gets_zeroes(void **state)
{
	struct opts_1 from = { .sz = sizeof(from), .first = 1 };
	struct opts_2 o = dirty();

	(void)state;
	check_int(opts_copy(&o, sizeof(o), &from), 0, "returned");
	check_u64(o.first, 1, "what it has");
	check_u64(o.second, 0, "what it lacks");
}

static void opts__newer_caller_may_leave_zero_what_we_do_not_know(void **state)
{
	struct opts_3 from = { .sz = sizeof(from), .first = 1, .second = 2 };
	struct opts_2 o = dirty();

	(void)state;
	check_int(opts_copy(&o, sizeof(o), &from), 0, "returned");
	check_u64(o.first, 1, "first");
	check_u64(o.second, 2, "second");
}

static void opts__newer_caller_is_refused_for_any_byte_we_do_not_know(void **state)
{
	struct opts_3 from;
	struct opts_2 o;
	size_t i;

	(void)state;
	for (i = sizeof(o); i < sizeof(from); i++) {
		from = (struct opts_3){ .sz = sizeof(from), .first = 1 };
		((unsigned char *)&from)[i] = 1;
		check_int(opts_copy(&o, sizeof(o), &from), -E2BIG, "byte %zu", i);
	}
}

static void opts__size_that_does_not_hold_itself_is_refused(void **state)
{
	struct opts_2 from = { .first = 1 }, o;

	(void)state;
	for (from.sz = 0; from.sz < sizeof(from.sz); from.sz++)
		check_int(opts_copy(&o, sizeof(o), &from), -EINVAL, "size %zu", from.sz);
	check_int(opts_copy(&o, sizeof(o), &from), 0, "size %zu", from.sz);
	check_u64(o.first, 0, "beyond the caller's size");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(opts__null_is_all_defaults),
		cmocka_unit_test(opts__same_size_is_copied),
		cmocka_unit_test(opts__older_caller_gets_zeroes),
		cmocka_unit_test(opts__newer_caller_may_leave_zero_what_we_do_not_know),
		cmocka_unit_test(opts__newer_caller_is_refused_for_any_byte_we_do_not_know),
		cmocka_unit_test(opts__size_that_does_not_hold_itself_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
