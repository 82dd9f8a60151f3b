/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "check.h"

#include <inttypes.h>
#include <linux/capability.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <skep/error.h>
#include <skep/kabi_privilege.h>

#include "sys/memlock.h"

#define KIB 1024ull

/* In a process of its own, whose limit is as given; it may lack the capability to raise the hard one. */
static void in_process(int (*fn)(void), uint64_t soft, uint64_t hard)
{
	int status;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (!pid) {
		const struct rlimit limit = { soft, hard };

		_exit(setrlimit(RLIMIT_MEMLOCK, &limit) ? 99 : fn());
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	check_int(status, 0, "wait status; exit in the high byte: the line that failed");
}

/* In a child there is no cmocka: the line that failed is its exit status. */
#define must(condition)                         \
	do {                                    \
		if (!(condition))               \
			return __LINE__ & 0xff; \
	} while (0)

static int limit_is(uint64_t soft, uint64_t hard)
{
	struct rlimit now;

	return getrlimit(RLIMIT_MEMLOCK, &now) == 0 && now.rlim_cur == soft && now.rlim_max == hard;
}

static int without_cap_sys_resource(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2];

	if (syscall(SYS_capget, &header, data))
		return -1;
	data[0].effective &= ~(1u << SKEP_CAPABILITY_SYS_RESOURCE);
	data[0].permitted = data[0].effective;
	return (int)syscall(SYS_capset, &header, data);
}

static int may_not(void)
{
	struct skep_memlock_saved saved;

	must(without_cap_sys_resource() == 0);
	must(sys_memlock_raise(&saved, NULL) == SKEP_MEMLOCK_LIMITED);
	must(limit_is(128 * KIB, 128 * KIB));
	must(saved.soft_bytes == 64 * KIB && saved.hard_bytes == 128 * KIB);
	must(skep_memlock_restore(&saved, NULL) == 0);
	must(limit_is(64 * KIB, 128 * KIB));
	return 0;
}

static void memlock__not_permitted_is_raised_to_the_hard_limit(void **state)
{
	(void)state;
	in_process(may_not, 64 * KIB, 128 * KIB);
}

static int at_hard(void)
{
	struct skep_memlock_saved saved;

	must(without_cap_sys_resource() == 0);
	must(sys_memlock_raise(&saved, NULL) == SKEP_MEMLOCK_LIMITED);
	must(limit_is(64 * KIB, 64 * KIB));
	must(skep_memlock_restore(&saved, NULL) == 0);
	must(limit_is(64 * KIB, 64 * KIB));
	must(sys_memlock_raise(NULL, NULL) == SKEP_MEMLOCK_LIMITED);
	return 0;
}

static void memlock__that_cannot_be_raised_at_all_is_no_error(void **state)
{
	(void)state;
	in_process(at_hard, 64 * KIB, 64 * KIB);
}

static int soft_of_infinite(void)
{
	struct skep_memlock_saved saved;

	must(without_cap_sys_resource() == 0);
	must(sys_memlock_raise(&saved, NULL) == SKEP_MEMLOCK_RAISED);
	must(limit_is(RLIM_INFINITY, RLIM_INFINITY));
	must(skep_memlock_restore(&saved, NULL) == 0);
	must(limit_is(64 * KIB, RLIM_INFINITY));
	return 0;
}

/* Where the hard limit is infinite, or this process may make it so. */
static void memlock__permitted_is_raised_to_infinity_and_restored(void **state)
{
	const struct rlimit infinite = { RLIM_INFINITY, RLIM_INFINITY };
	struct rlimit now;

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_MEMLOCK, &now), 0);
	if (now.rlim_max == RLIM_INFINITY || setrlimit(RLIMIT_MEMLOCK, &infinite) == 0)
		in_process(soft_of_infinite, 64 * KIB, RLIM_INFINITY);
	else
		print_message("# the hard limit is %" PRIu64 " and stays so\n",
			      (uint64_t)now.rlim_max);
}

static void memlock__hint_is_for_what_can_be_helped(void **state)
{
	(void)state;
	check_text(skep_memlock_hint(SKEP_MEMLOCK_NOT_NEEDED), "", "not needed");
	check_text(skep_memlock_hint(SKEP_MEMLOCK_RAISED), "", "raised");
	check_text(skep_memlock_hint(-1), "", "error");
	assert_non_null(strstr(skep_memlock_hint(SKEP_MEMLOCK_LIMITED), "CAP_SYS_RESOURCE"));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(memlock__not_permitted_is_raised_to_the_hard_limit),
		cmocka_unit_test(memlock__that_cannot_be_raised_at_all_is_no_error),
		cmocka_unit_test(memlock__permitted_is_raised_to_infinity_and_restored),
		cmocka_unit_test(memlock__hint_is_for_what_can_be_helped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
