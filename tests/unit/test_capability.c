/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "check.h"

#include <errno.h>
#include <linux/capability.h>
#include <sched.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "base/error.h"
#include "sys/capability.h"

#define BIT(name) (1ull << name)
#define ALL_NAMED                                                                             \
	(BIT(CAP_NET_ADMIN) | BIT(CAP_SYS_ADMIN) | BIT(CAP_SYS_RESOURCE) | BIT(CAP_PERFMON) | \
	 BIT(CAP_BPF))

/* What a child that holds certain capabilities finds out. */
struct finding {
	int code; /* what sys_fail_permission() returned */
	int set_code;
	uint64_t set;
	struct skep_error err;
};

static int set_effective(uint64_t set)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = {
		{ .effective = (uint32_t)set, .permitted = (uint32_t)set },
		{ .effective = (uint32_t)(set >> 32), .permitted = (uint32_t)(set >> 32) },
	};

	return syscall(SYS_capset, &header, data) < 0 ? -errno : 0;
}

/* In a child: who is not root becomes it in a user namespace of its own, so that there is something to drop. */
static int find_in_child(uint64_t held, uint64_t needed, struct finding *f)
{
	if (set_effective(held) < 0 && (unshare(CLONE_NEWUSER) < 0 || set_effective(held) < 0))
		return -errno;
	f->set_code = sys_capabilities(&f->set);
	f->code = sys_fail_permission(&f->err, -EPERM, needed, "load the programs");
	return 0;
}

static struct finding find(uint64_t held, uint64_t needed)
{
	struct finding f = { 0 };
	int ends[2], status;
	pid_t pid;

	assert_int_equal(pipe(ends), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		int r = find_in_child(held, needed, &f);

		_exit(r < 0 ? -r : write(ends[1], &f, sizeof(f)) != sizeof(f));
	}
	close(ends[1]);
	check_int(read(ends[0], &f, sizeof(f)), sizeof(f), "what the child has found");
	close(ends[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	check_int(status, 0, "exit of the child");
	return f;
}

static void capability__set_is_what_the_thread_holds(void **state)
{
	static const uint64_t sets[] = { 0, BIT(CAP_BPF), BIT(CAP_NET_ADMIN) | BIT(CAP_PERFMON),
					 ALL_NAMED };
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(sets); i++) {
		struct finding f = find(sets[i], 0);

		check_int(f.set_code, 0, "set %zu", i);
		check_u64(f.set, sets[i], "set %zu", i);
	}
}

static void capability__refusal_names_what_is_missing(void **state)
{
	static const struct {
		uint64_t held, needed;
		const char *missing;
	} cases[] = {
		{ 0, BIT(CAP_BPF), "CAP_BPF" },
		{ 0, BIT(CAP_NET_ADMIN), "CAP_NET_ADMIN" },
		{ BIT(CAP_BPF), BIT(CAP_BPF) | BIT(CAP_NET_ADMIN), "CAP_NET_ADMIN" },
		{ BIT(CAP_NET_ADMIN), BIT(CAP_BPF) | BIT(CAP_NET_ADMIN), "CAP_BPF" },
		/* CAP_SYS_ADMIN stands in for CAP_BPF and CAP_PERFMON, for others not */
		{ BIT(CAP_SYS_ADMIN), BIT(CAP_BPF) | BIT(CAP_PERFMON) | BIT(CAP_NET_ADMIN),
		  "CAP_NET_ADMIN" },
		{ BIT(CAP_BPF) | BIT(CAP_PERFMON), BIT(CAP_SYS_ADMIN), "CAP_SYS_ADMIN" },
	};
	char want[256];
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct finding f = find(cases[i].held, cases[i].needed);

		snprintf(want, sizeof(want), "load the programs: not permitted without %s",
			 cases[i].missing);
		check_int(f.code, -EPERM, "returned, case %zu", i);
		check_u64(f.err.kind, SKEP_ERR_PERMISSION, "kind, case %zu", i);
		check_text(f.err.msg, want, "message, case %zu", i);
	}
}

static void capability__refusal_names_all_that_are_missing(void **state)
{
	struct finding f = find(0, ALL_NAMED);
	unsigned bit;

	(void)state;
	for (bit = 0; bit < 64; bit++)
		if (ALL_NAMED >> bit & 1)
			check_int(strstr(f.err.msg, skep_capability_name(bit, NULL)) != NULL, 1,
				  "%s in '%s'", skep_capability_name(bit, NULL), f.err.msg);
}

static void capability__refusal_with_all_held_looks_elsewhere(void **state)
{
	static const struct {
		uint64_t held, needed;
	} cases[] = {
		{ 0, 0 },
		{ BIT(CAP_BPF), BIT(CAP_BPF) },
		{ BIT(CAP_SYS_ADMIN), BIT(CAP_BPF) | BIT(CAP_PERFMON) },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct finding f = find(cases[i].held, cases[i].needed);

		check_u64(f.err.kind, SKEP_ERR_PERMISSION, "kind, case %zu", i);
		check_int(strstr(f.err.msg, "without") == NULL, 1, "nothing is missing: '%s'",
			  f.err.msg);
		check_int(strstr(f.err.msg, "security module") != NULL, 1, "where to look: '%s'",
			  f.err.msg);
	}
}

static void capability__without_a_record_the_code_is_enough(void **state)
{
	(void)state;
	check_int(sys_fail_permission(NULL, -EACCES, BIT(CAP_BPF), "load"), -EACCES, "returned");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(capability__set_is_what_the_thread_holds),
		cmocka_unit_test(capability__refusal_names_what_is_missing),
		cmocka_unit_test(capability__refusal_names_all_that_are_missing),
		cmocka_unit_test(capability__refusal_with_all_held_looks_elsewhere),
		cmocka_unit_test(capability__without_a_record_the_code_is_enough),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
