/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* Feature probes on the running kernel: right, without a trace, and honest about what cannot be told. */
#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include <skep/feature.h>
#include <skep/kabi.h>
#include <skep/kabi_privilege.h>
#include <skep/sys.h>

#include "bpf_fixture.h"
#include "lab/census.h"
#include "lab/poll.h"

#define SETTLE_MS 30000 /* RCU tasks may take its time on a busy machine */
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static struct skep_features *features_open(void)
{
	struct skep_features *f = NULL;
	struct skep_error err = { 0 };

	assert_done(skep_features_open(NULL, &f, &err), &err);
	return f;
}

/* A section: its table, the prefix of the kernel's names, and the question. */
static int ask_attach(struct skep_features *f, uint32_t number, struct skep_error *err)
{
	return skep_feature_attach_type(f, 0, number, err);
}

static const struct section {
	uint32_t table;
	int (*ask)(struct skep_features *f, uint32_t number, struct skep_error *err);
} sections[] = {
	{ SKEP_KABI_PROG_TYPE, skep_feature_prog_type },
	{ SKEP_KABI_MAP_TYPE, skep_feature_map_type },
	{ SKEP_KABI_ATTACH_TYPE, ask_attach },
	{ SKEP_KABI_LINK_TYPE, skep_feature_link_type },
};

/* Calls @fn for each question that needs no program type; NULL ends. */
static void each_question(struct skep_features *f,
			  void (*fn)(const char *name, const char *macro, int answer,
				     const struct skep_error *err))
{
	size_t i, j, count;

	for (i = 0; i < COUNT(sections); i++) {
		const struct skep_kabi_row *rows = skep_kabi_rows(sections[i].table, &count);

		for (j = 0; j < count; j++) {
			struct skep_error err = { 0 };

			if (!rows[j].number && sections[i].table != SKEP_KABI_ATTACH_TYPE)
				continue;
			if (j && rows[j].number == rows[j - 1].number)
				continue;
			fn(rows[j].name, rows[j].macro,
			   sections[i].ask(f, (uint32_t)rows[j].number, &err), &err);
		}
	}
}

/* The kernel's own types are the witness: what its enums do not have cannot be there. */
static void check_witness(const char *name, const char *macro, int answer,
			  const struct skep_error *err)
{
	if (answer == 1 && !fixture_kernel_has(macro))
		fail_msg("%s: yes, but this kernel has no %s", name, macro);
	if (answer < 0 && (answer != -EPERM || !err->msg[0]))
		fail_msg("%s: %d, %s", name, answer, err->msg);
}

static void answers__agree_with_the_types_of_the_kernel(void **state)
{
	struct skep_features *f = features_open();

	(void)state;
	each_question(f, check_witness);
	skep_features_close(f);
}

static void answers__about_numbers_from_the_future_are_no(void **state)
{
	struct skep_features *f = features_open();

	(void)state;
	assert_int_equal(skep_feature_prog_type(f, 60, NULL), 0);
	assert_int_equal(skep_feature_prog_type(f, 123456, NULL), 0);
	assert_int_equal(skep_feature_map_type(f, 60, NULL), 0);
	assert_int_equal(skep_feature_map_type(f, 123456, NULL), 0);
	assert_int_equal(skep_feature_attach_type(f, SKEP_PROG_TYPE_CGROUP_SOCK_ADDR, 120, NULL),
			 0);
	assert_int_equal(skep_feature_attach_type(f, SKEP_PROG_TYPE_SCHED_CLS, 120, NULL), 0);
	assert_int_equal(skep_feature_helper(f, SKEP_PROG_TYPE_XDP, 400, NULL), 0);
	assert_int_equal(skep_feature_helper(f, SKEP_PROG_TYPE_XDP, 123456, NULL), 0);
	assert_int_equal(skep_feature_kfunc(f, SKEP_PROG_TYPE_XDP, "no function", NULL), 0);
	skep_features_close(f);
}

static void answers__about_pairs_that_do_not_match_are_no(void **state)
{
	static const struct {
		uint32_t prog_type, attach_type;
	} cases[] = {
		{ SKEP_PROG_TYPE_XDP, SKEP_ATTACH_TYPE_CGROUP_INET_INGRESS },
		{ SKEP_PROG_TYPE_CGROUP_SKB, SKEP_ATTACH_TYPE_CGROUP_DEVICE },
		{ SKEP_PROG_TYPE_CGROUP_SOCK_ADDR, SKEP_ATTACH_TYPE_CGROUP_INET_EGRESS },
		{ SKEP_PROG_TYPE_SOCKET_FILTER, SKEP_ATTACH_TYPE_SK_LOOKUP },
		{ SKEP_PROG_TYPE_SCHED_CLS, SKEP_ATTACH_TYPE_NETFILTER },
	};
	struct skep_features *f = features_open();
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++)
		if (skep_feature_attach_type(f, cases[i].prog_type, cases[i].attach_type, NULL))
			fail_msg("program type %u, attach type %u", cases[i].prog_type,
				 cases[i].attach_type);
	skep_features_close(f);
}

/* What was seen to work, or not to, by attaching and by waiting for events. y, n, or ? where a system forbids it. */
static const char *const releases[] = { "5.10.", "6.1.", "6.12.", "7.2.", "6.18." };
static const struct {
	uint32_t attach_type;
	const char answers[6];
} seen_attach[] = {
	{ SKEP_ATTACH_TYPE_PERF_EVENT, "nyyyy" },
	{ SKEP_ATTACH_TYPE_TRACE_KPROBE_MULTI, "nnyyn" },
	{ SKEP_ATTACH_TYPE_TRACE_KPROBE_SESSION, "nnyyn" },
	{ SKEP_ATTACH_TYPE_TRACE_FENTRY, "yyyy?" },
	{ SKEP_ATTACH_TYPE_TRACE_FEXIT, "yyyy?" },
	{ SKEP_ATTACH_TYPE_TRACE_FSESSION, "nnnyn" },
	{ SKEP_ATTACH_TYPE_MODIFY_RETURN, "yyyy?" },
	{ SKEP_ATTACH_TYPE_LSM_MAC, "yyyy?" },
	{ SKEP_ATTACH_TYPE_LSM_CGROUP, "nyyy?" },
	{ SKEP_ATTACH_TYPE_STRUCT_OPS, "nnyyy" },
	{ SKEP_ATTACH_TYPE_TRACE_RAW_TP, "yyyyy" },
	{ SKEP_ATTACH_TYPE_TRACE_UPROBE_MULTI, "nnyyy" },
	{ SKEP_ATTACH_TYPE_TRACE_UPROBE_SESSION, "nnnyy" },
	{ SKEP_ATTACH_TYPE_TCX_INGRESS, "nnyyy" },
	{ SKEP_ATTACH_TYPE_TCX_EGRESS, "nnyyy" },
	{ SKEP_ATTACH_TYPE_NETKIT_PRIMARY, "nnyyn" },
	{ SKEP_ATTACH_TYPE_XDP, "yyyyy" },
	{ SKEP_ATTACH_TYPE_CGROUP_INET_EGRESS, "yyyyy" },
	{ SKEP_ATTACH_TYPE_CGROUP_INET_SOCK_CREATE, "yyyyy" },
	{ SKEP_ATTACH_TYPE_SK_LOOKUP, "yyyyy" },
	{ SKEP_ATTACH_TYPE_TRACE_ITER, "yyyyy" },
	{ SKEP_ATTACH_TYPE_NETFILTER, "nnyyy" },
};
static const struct {
	uint32_t map_type;
	const char answers[6];
} seen_maps[] = {
	{ SKEP_MAP_TYPE_RINGBUF, "yyyyy" },      { SKEP_MAP_TYPE_USER_RINGBUF, "nyyyy" },
	{ SKEP_MAP_TYPE_BLOOM_FILTER, "nyyyy" }, { SKEP_MAP_TYPE_STRUCT_OPS, "yyyyy" },
	{ SKEP_MAP_TYPE_CGRP_STORAGE, "nnyyy" },
};
static const struct {
	uint32_t feature;
	const char answers[6];
} seen_misc[] = {
	{ SKEP_FEATURE_TOKENS, "nnyyy" },           { SKEP_FEATURE_KPROBE_PMU, "yyyyn" },
	{ SKEP_FEATURE_UPROBE_PMU, "yyyyy" },       { SKEP_FEATURE_ATTACH_COOKIES, "nyyyy" },
	{ SKEP_FEATURE_ATOMIC_FETCH, "nyyyy" },     { SKEP_FEATURE_KFUNCS, "nyyyy" },
	{ SKEP_FEATURE_V4_ISA_EXTENSION, "nnyyy" }, { SKEP_FEATURE_LOAD_ACQUIRE, "nnnyy" },
	{ SKEP_FEATURE_MAY_GOTO, "nnyyy" },         { SKEP_FEATURE_LARGE_INSN_LIMIT, "yyyyy" },
	{ SKEP_FEATURE_BOUNDED_LOOPS, "yyyyy" },    { SKEP_FEATURE_SUBPROGRAM_TAIL_CALLS, "yyyyy" },
	{ SKEP_FEATURE_BATCH_HASH, "yyyyy" },       { SKEP_FEATURE_MEMCG_ACCOUNTING, "nyyyy" },
	{ SKEP_FEATURE_MODULE_BTF, "nyyyn" },       { SKEP_FEATURE_BTF_ENUM64, "nyyyy" },
	{ SKEP_FEATURE_PROG_STREAMS, "nnnyy" },     { SKEP_FEATURE_RINGBUF_OVERWRITE, "nnnyn" },
};

static void check_seen(const char *what, uint32_t number, int answer, char want)
{
	char got = answer > 0 ? 'y' : answer == 0 ? 'n' : '?';

	/* where a system forbids, another one of the same release may permit */
	if (got != want && !(want == '?' && got == 'y'))
		fail_msg("%s %u: %c (%d), not %c", what, number, got, answer, want);
}

static void answers__are_what_was_seen_on_these_kernels(void **state)
{
	struct skep_features *f = features_open();
	struct utsname name;
	size_t release, i;

	(void)state;
	uname(&name);
	for (release = 0; release < COUNT(releases); release++)
		if (!strncmp(name.release, releases[release], strlen(releases[release])))
			break;
	for (i = 0; i < COUNT(seen_attach) && release < COUNT(releases); i++)
		check_seen("attach type", seen_attach[i].attach_type,
			   skep_feature_attach_type(f, 0, seen_attach[i].attach_type, NULL),
			   seen_attach[i].answers[release]);
	for (i = 0; i < COUNT(seen_maps) && release < COUNT(releases); i++)
		check_seen("map type", seen_maps[i].map_type,
			   skep_feature_map_type(f, seen_maps[i].map_type, NULL),
			   seen_maps[i].answers[release]);
	for (i = 0; i < COUNT(seen_misc) && release < COUNT(releases); i++)
		check_seen("feature", seen_misc[i].feature,
			   skep_feature_has(f, seen_misc[i].feature, NULL),
			   seen_misc[i].answers[release]);
	skep_features_close(f);
}

static void helpers__are_those_of_the_program_type(void **state)
{
	static const struct {
		uint32_t prog_type, helper;
		int answer;
	} cases[] = {
		{ SKEP_PROG_TYPE_XDP, SKEP_HELPER_MAP_LOOKUP_ELEM, 1 },
		{ SKEP_PROG_TYPE_XDP, SKEP_HELPER_XDP_ADJUST_HEAD, 1 },
		{ SKEP_PROG_TYPE_XDP, SKEP_HELPER_REDIRECT_MAP, 1 },
		{ SKEP_PROG_TYPE_XDP, SKEP_HELPER_SKB_LOAD_BYTES, 0 },
		{ SKEP_PROG_TYPE_SCHED_CLS, SKEP_HELPER_SKB_LOAD_BYTES, 1 },
		{ SKEP_PROG_TYPE_SCHED_CLS, SKEP_HELPER_XDP_ADJUST_HEAD, 0 },
		{ SKEP_PROG_TYPE_KPROBE, SKEP_HELPER_GET_CURRENT_COMM, 1 },
		{ SKEP_PROG_TYPE_KPROBE, SKEP_HELPER_REDIRECT, 0 },
		{ SKEP_PROG_TYPE_TRACING, SKEP_HELPER_GET_CURRENT_TASK, 1 },
		{ SKEP_PROG_TYPE_SOCKET_FILTER, SKEP_HELPER_GET_SOCKET_COOKIE, 1 },
		{ SKEP_PROG_TYPE_STRUCT_OPS, SKEP_HELPER_TCP_SEND_ACK, 1 },
	};
	struct skep_features *f = features_open();
	size_t i, round;

	(void)state;
	for (round = 0; round < 2; round++) /* asked, and kept */
		for (i = 0; i < COUNT(cases); i++) {
			struct skep_error err = { 0 };
			int r = skep_feature_helper(f, cases[i].prog_type, cases[i].helper, &err);

			if (r != cases[i].answer)
				fail_msg("program type %u, helper %u: %d %s", cases[i].prog_type,
					 cases[i].helper, r, err.msg);
		}
	skep_features_close(f);
}

static void kfuncs__are_those_of_the_program_type(void **state)
{
	struct skep_features *f = features_open();
	int round, later = fixture_kernel_has("BPF_MAP_TYPE_ARENA");

	(void)state;
	for (round = 0; round < 2; round++) {
		assert_int_equal(skep_feature_kfunc(f, SKEP_PROG_TYPE_XDP, "bpf_prog_put", NULL),
				 0);
		assert_int_equal(skep_feature_kfunc(f, SKEP_PROG_TYPE_XDP, "bpf_rdonly_cast", NULL),
				 later);
		assert_int_equal(
			skep_feature_kfunc(f, SKEP_PROG_TYPE_XDP, "bpf_cpumask_create", NULL), 0);
		assert_int_equal(
			skep_feature_kfunc(f, SKEP_PROG_TYPE_TRACING, "bpf_cpumask_create", NULL),
			later);
	}
	skep_features_close(f);
}

static void ask_everything(struct skep_features *f)
{
	size_t count, i;
	const struct skep_feature_row *rows = skep_feature_rows(&count);

	each_question(f, check_witness);
	for (i = 0; i < count; i++)
		skep_feature_has(f, (uint32_t)rows[i].number, NULL);
	for (i = 1; i < 212; i++)
		skep_feature_helper(f, SKEP_PROG_TYPE_XDP, (uint32_t)i, NULL);
	skep_feature_kfunc(f, SKEP_PROG_TYPE_XDP, "bpf_rdonly_cast", NULL);
	skep_feature_test_dummy_program(SKEP_PROG_TYPE_CGROUP_SKB,
					SKEP_ATTACH_TYPE_CGROUP_INET_EGRESS, NULL);
}

static void questions__leave_nothing_behind(void **state)
{
	struct lab_census before;
	struct rlimit limit, after;
	struct skep_features *f;
	char left[1024];

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_MEMLOCK, &limit), 0);
	assert_int_equal(lab_census_take(&before), 0);
	f = features_open();
	ask_everything(f);
	skep_features_close(f);
	if (!lab_census_clean(&before, lab_in_ms(SETTLE_MS), left, sizeof(left)))
		fail_msg("left: %s", left);
	assert_int_equal(getrlimit(RLIMIT_MEMLOCK, &after), 0);
	assert_memory_equal(&limit, &after, sizeof(limit));
}

static void *ask_in_thread(void *userdata)
{
	ask_everything(userdata);
	return NULL;
}

static void questions__may_come_from_several_threads(void **state)
{
	struct skep_features *f = features_open();
	pthread_t threads[4];
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(threads); i++)
		assert_int_equal(pthread_create(&threads[i], NULL, ask_in_thread, f), 0);
	for (i = 0; i < COUNT(threads); i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	skep_features_close(f);
}

static void dummy_program__is_supported_or_not(void **state)
{
	static const struct {
		uint32_t prog_type, attach_type;
		int code;
	} cases[] = {
		{ SKEP_PROG_TYPE_CGROUP_SKB, SKEP_ATTACH_TYPE_CGROUP_INET_INGRESS, 0 },
		{ SKEP_PROG_TYPE_CGROUP_SOCK_ADDR, SKEP_ATTACH_TYPE_CGROUP_INET4_CONNECT, 0 },
		{ SKEP_PROG_TYPE_CGROUP_SOCK_ADDR, SKEP_ATTACH_TYPE_CGROUP_INET6_GETPEERNAME, 0 },
		{ SKEP_PROG_TYPE_CGROUP_SOCK, SKEP_ATTACH_TYPE_CGROUP_INET_SOCK_CREATE, 0 },
		{ SKEP_PROG_TYPE_XDP, 0, 0 },
		{ SKEP_PROG_TYPE_XDP, SKEP_ATTACH_TYPE_XDP, 0 },
		{ SKEP_PROG_TYPE_SCHED_CLS, 0, 0 },
		{ SKEP_PROG_TYPE_KPROBE, 0, 0 },
		{ SKEP_PROG_TYPE_CGROUP_SOCK_ADDR, 120, -EOPNOTSUPP },
		{ 60, 0, -EOPNOTSUPP },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		struct skep_error err = { 0 };
		int r = skep_feature_test_dummy_program(cases[i].prog_type, cases[i].attach_type,
							&err);

		if (r != cases[i].code || err.code != r)
			fail_msg("program type %u, attach type %u: %d %s", cases[i].prog_type,
				 cases[i].attach_type, r, err.msg);
	}
}

/* --- in a process of its own, which loses something ---------------------------------------------------------------- */

#define must(condition)                                                                         \
	do {                                                                                    \
		if (!(condition)) {                                                             \
			fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition); \
			_exit(1);                                                               \
		}                                                                               \
	} while (0)

static void in_child(void (*fn)(struct skep_features *f))
{
	struct skep_features *f = features_open();
	int status;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (!pid) {
		fn(f);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	skep_features_close(f);
}

/* From here on bpf(2) fails with this. */
static void seal(uint32_t code)
{
	struct sock_filter insns[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_bpf, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | code),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { COUNT(insns), insns };

	must(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
	must(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0);
}

static void check_kept(struct skep_features *f)
{
	struct skep_error err = { 0 };

	must(skep_feature_map_type(f, SKEP_MAP_TYPE_HASH, NULL) == 1);
	must(skep_feature_map_type(f, 60, NULL) == 0);
	must(skep_feature_has(f, SKEP_FEATURE_BOUNDED_LOOPS, NULL) == 1);
	seal(ENOSYS);
	must(skep_feature_map_type(f, SKEP_MAP_TYPE_HASH, NULL) == 1);
	must(skep_feature_map_type(f, 60, NULL) == 0);
	must(skep_feature_has(f, SKEP_FEATURE_BOUNDED_LOOPS, NULL) == 1);
	must(skep_feature_map_type(f, SKEP_MAP_TYPE_ARRAY, &err) == -ENOSYS);
	must(err.kind == SKEP_ERR_UNSUPPORTED && strstr(err.msg, "map type array"));
	must(skep_feature_has(f, SKEP_FEATURE_BPF_SYSCALL, NULL) == 0);
	must(skep_feature_has(f, SKEP_FEATURE_LINKS, NULL) == -ENOSYS);
	must(skep_feature_helper(f, SKEP_PROG_TYPE_XDP, 1, NULL) == -ENOSYS);
}

static void yes_and_no__are_asked_for_once(void **state)
{
	(void)state;
	in_child(check_kept);
}

/* No fd can be made, and then one can. */
static void check_asked_anew(struct skep_features *f)
{
	struct rlimit before, none;

	must(getrlimit(RLIMIT_NOFILE, &before) == 0);
	none = before;
	none.rlim_cur = 3;
	must(setrlimit(RLIMIT_NOFILE, &none) == 0);
	must(skep_feature_map_type(f, SKEP_MAP_TYPE_HASH, NULL) == -EMFILE);
	must(skep_feature_prog_type(f, SKEP_PROG_TYPE_XDP, NULL) == -EMFILE);
	must(skep_feature_has(f, SKEP_FEATURE_BOUNDED_LOOPS, NULL) == -EMFILE);
	must(setrlimit(RLIMIT_NOFILE, &before) == 0);
	must(skep_feature_map_type(f, SKEP_MAP_TYPE_HASH, NULL) == 1);
	must(skep_feature_prog_type(f, SKEP_PROG_TYPE_XDP, NULL) == 1);
	must(skep_feature_has(f, SKEP_FEATURE_BOUNDED_LOOPS, NULL) == 1);
}

static void what_could_not_be_told__is_asked_anew(void **state)
{
	(void)state;
	in_child(check_asked_anew);
}

static void keep_capabilities(uint64_t set)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = {
		{ .effective = (uint32_t)set, .permitted = (uint32_t)set },
		{ .effective = (uint32_t)(set >> 32), .permitted = (uint32_t)(set >> 32) },
	};

	must(syscall(SYS_capset, &header, data) == 0);
}

/* Whether a process without privileges may load anything is the administrator's choice. */
static int unprivileged_bpf(void)
{
	FILE *f = fopen("/proc/sys/kernel/unprivileged_bpf_disabled", "re");
	int c = f ? fgetc(f) : '1';

	if (f)
		fclose(f);
	return c == '0';
}

static struct skep_features *privileged; /* has asked before */

static void check_unprivileged(const char *name, const char *macro, int answer,
			       const struct skep_error *err)
{
	uint32_t number;
	int before = 0;

	if (answer == 0 && !strncmp(macro, "BPF_MAP_TYPE_", 13)) { /* told without privileges */
		must(skep_map_type_from_name(macro, &number) == 0);
		before = skep_feature_map_type(privileged, number, NULL);
	}
	if (answer == before || answer == -EPERM || (answer == 1 && unprivileged_bpf()))
		return;
	fprintf(stderr, "%s: %d, and before %d: %s\n", name, answer, before, err->msg);
	_exit(1);
}

static void check_no_privileges(struct skep_features *f)
{
	struct skep_error err = { 0 };

	privileged = features_open();
	each_question(privileged, check_witness);
	keep_capabilities(0);
	each_question(f, check_unprivileged);
	must(skep_feature_prog_type(f, SKEP_PROG_TYPE_XDP, &err) == -EPERM);
	must(err.kind == SKEP_ERR_PERMISSION && strstr(err.msg, "CAP_NET_ADMIN"));
	must(skep_feature_helper(f, SKEP_PROG_TYPE_XDP, SKEP_HELPER_REDIRECT, NULL) == -EPERM);
	must(skep_feature_test_dummy_program(SKEP_PROG_TYPE_XDP, 0, NULL) == -EPERM);
	must(skep_feature_prog_type(f, SKEP_PROG_TYPE_KPROBE, &err) == -EPERM);
	must(strstr(err.msg, "CAP_PERFMON") != NULL);
}

static void want_of_permission__is_no_no(void **state)
{
	(void)state;
	in_child(check_no_privileges);
}

/* Without CAP_PERFMON the verifier calls helpers unknown that it knows. */
static void check_some_privileges(struct skep_features *f)
{
	struct skep_error err = { 0 };

	keep_capabilities(SKEP_CAPABILITY_BIT(BPF) | SKEP_CAPABILITY_BIT(NET_ADMIN));
	must(skep_feature_helper(f, SKEP_PROG_TYPE_XDP, SKEP_HELPER_MAP_LOOKUP_ELEM, NULL) == 1);
	must(skep_feature_helper(f, SKEP_PROG_TYPE_XDP, SKEP_HELPER_TRACE_PRINTK, &err) == -EPERM);
	must(strstr(err.msg, "CAP_PERFMON") && strstr(err.msg, "trace_printk"));
	must(skep_feature_helper(f, SKEP_PROG_TYPE_XDP, 400, NULL) == 0); /* there is none */
}

static void helpers__that_a_capability_hides_are_no_no(void **state)
{
	(void)state;
	in_child(check_some_privileges);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers__agree_with_the_types_of_the_kernel),
		cmocka_unit_test(answers__about_numbers_from_the_future_are_no),
		cmocka_unit_test(answers__about_pairs_that_do_not_match_are_no),
		cmocka_unit_test(answers__are_what_was_seen_on_these_kernels),
		cmocka_unit_test(helpers__are_those_of_the_program_type),
		cmocka_unit_test(kfuncs__are_those_of_the_program_type),
		cmocka_unit_test(questions__leave_nothing_behind),
		cmocka_unit_test(questions__may_come_from_several_threads),
		cmocka_unit_test(dummy_program__is_supported_or_not),
		cmocka_unit_test(yes_and_no__are_asked_for_once),
		cmocka_unit_test(what_could_not_be_told__is_asked_anew),
		cmocka_unit_test(want_of_permission__is_no_no),
		cmocka_unit_test(helpers__that_a_capability_hides_are_no_no),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
