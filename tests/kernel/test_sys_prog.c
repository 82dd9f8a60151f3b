/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* bpf(2) on programs, as the running kernel does it. */
#include <errno.h>
#include <linux/capability.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <skep/kabi.h>
#include <skep/sys.h>

#include "bpf_fixture.h"
#include "lab/load.h"

/* Reads a pointer that nobody set. */
static const struct insn refused[] = { INSN_LOAD_U64(0, 2, 0), INSN_EXIT };
static const struct insn good[] = { INSN_MOV_IMM(0, 1), INSN_EXIT };

static struct skep_attr_prog_load load_attr(const struct insn *insns, char *log, uint32_t log_size)
{
	return (struct skep_attr_prog_load){
		.prog_type = SKEP_PROG_TYPE_SOCKET_FILTER,
		.insn_cnt = 2,
		.insns = SKEP_ATTR_POINTER(insns),
		.license = SKEP_ATTR_POINTER("GPL"),
		.log_buf = SKEP_ATTR_POINTER(log),
		.log_size = log_size,
		.prog_name = "tested",
	};
}

static void load__makes_a_program(void **state)
{
	char log[512] = "untouched";
	struct skep_attr_prog_load attr = load_attr(good, log, sizeof(log));
	struct skep_prog_info info = { 0 };
	struct skep_error err = { 0 };
	int fd;

	(void)state;
	fd = assert_done(skep_sys_prog_load(&attr, sizeof(attr), &err), &err);
	assert_string_equal(log, "");
	assert_true(skep_sys_prog_info(fd, &info, sizeof(info)) > 0);
	assert_int_equal(info.type, SKEP_PROG_TYPE_SOCKET_FILTER);
	assert_string_equal(info.name, "tested");
	close(fd);
}

static void load__gives_the_verifiers_reason(void **state)
{
	char log[4096] = "";
	struct skep_attr_prog_load attr = load_attr(refused, log, sizeof(log));
	struct skep_error err = { 0 };

	(void)state;
	assert_int_equal(skep_sys_prog_load(&attr, sizeof(attr), &err), -EACCES);
	assert_told(&err, SKEP_ERR_VERIFIER, "load program 'tested': R2 !read_ok");
	assert_non_null(strstr(log, "R2 !read_ok"));
	assert_int_equal(attr.log_level, 0);
	assert_int_equal(attr.log_size, sizeof(log));
}

static void load__without_a_log_is_told_the_reason_too(void **state)
{
	struct skep_attr_prog_load attr = load_attr(refused, NULL, 0);
	struct skep_error err = { 0 };

	(void)state;
	assert_int_equal(skep_sys_prog_load(&attr, sizeof(attr), &err), -EACCES);
	assert_told(&err, SKEP_ERR_VERIFIER, "load program 'tested': R2 !read_ok");
	assert_int_equal(attr.log_buf, 0);
	assert_int_equal(skep_sys_prog_load(&attr, sizeof(attr), NULL), -EACCES);
	attr.insn_cnt = 0;
	assert_int_equal(skep_sys_prog_load(&attr, sizeof(attr), &err), -E2BIG);
	assert_told(&err, SKEP_ERR_INVALID, "0 instructions are none or too many");
}

static void load__tells_complexity_and_size_apart(void **state)
{
	static const struct insn loop[] = {
		INSN_MOV_IMM(0, 0),
		INSN_ADD_IMM(0, 1),
		{ 0xa5, 0, -2, 10000000 }, /* if r0 < 10000000 goto -2 */
		INSN_EXIT,
	};
	struct skep_attr_prog_load attr = load_attr(loop, NULL, 0);
	struct skep_error err = { 0 };

	(void)state;
	if (lab_load(2) < 2)
		skip(); /* it takes too long without hardware acceleration */
	attr.insn_cnt = 4;
	assert_int_equal(skep_sys_prog_load(&attr, sizeof(attr), &err), -E2BIG);
	assert_int_equal(err.kind, SKEP_ERR_VERIFIER);
}

static void load__fills_a_small_log_and_keeps_the_reason(void **state)
{
	char log[16] = "";
	struct skep_attr_prog_load attr = load_attr(refused, log, sizeof(log));
	struct skep_error err = { 0 };

	(void)state;
	assert_int_equal(skep_sys_prog_load(&attr, sizeof(attr), &err), -EACCES);
	assert_true(err.msg[0] != '\0');
	assert_true(memchr(log, '\0', sizeof(log)) != NULL);
}

static void load__with_a_level_writes_the_log_of_a_good_program(void **state)
{
	char log[4096] = "";
	struct skep_attr_prog_load attr = load_attr(good, log, sizeof(log));
	struct skep_error err = { 0 };
	int fd;

	(void)state;
	attr.log_level = SKEP_VERIFIER_LOG_VERBOSE;
	fd = assert_done(skep_sys_prog_load(&attr, sizeof(attr), &err), &err);
	assert_non_null(strstr(log, "processed 2 insns"));
	close(fd);
}

/* What a process with no capabilities is told. */
static int load_without_capabilities(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct none[2] = { 0 };
	char log[4096] = "";
	struct skep_attr_prog_load attr = load_attr(good, log, sizeof(log));
	struct skep_error err = { 0 };

	attr.prog_type = SKEP_PROG_TYPE_SCHED_CLS;
	if (syscall(SYS_capset, &header, none) < 0)
		return 1;
	if (skep_sys_prog_load(&attr, sizeof(attr), &err) != -EPERM)
		return 2;
	if (err.kind != SKEP_ERR_PERMISSION)
		return 3;
	return strstr(err.msg, "CAP_BPF") && strstr(err.msg, "CAP_NET_ADMIN") ? 0 : 4;
}

static void load__names_the_capabilities_that_are_missing(void **state)
{
	int status;
	pid_t child = fork();

	(void)state;
	assert_true(child >= 0);
	if (!child)
		_exit(load_without_capabilities());
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

static void test_run__returns_what_the_program_returns(void **state)
{
	int fd = fixture_prog_pass(SKEP_PROG_TYPE_SCHED_CLS, 0);
	char packet[64] = "", out[64] = "";
	struct skep_attr_prog_test_run attr = {
		.prog_fd = (uint32_t)fd,
		.data_in = SKEP_ATTR_POINTER(packet),
		.data_size_in = sizeof(packet),
		.data_out = SKEP_ATTR_POINTER(out),
		.data_size_out = sizeof(out),
		.repeat = 10,
	};
	struct skep_error err = { 0 };

	(void)state;
	assert_done(skep_sys_prog_test_run(&attr, sizeof(attr), &err), &err);
	assert_int_equal(attr.retval, 1);
	assert_int_equal(attr.data_size_out, sizeof(packet));
	attr.data_size_out = 10;
	assert_int_equal(skep_sys_prog_test_run(&attr, sizeof(attr), &err), -ENOSPC);
	assert_true(err.msg[0] != '\0');
	close(fd);
}

static void attach__is_found_by_a_query_and_ended_by_detach(void **state)
{
	int cgroup = fixture_cgroup();
	int fd = fixture_prog_pass(SKEP_PROG_TYPE_CGROUP_SKB, SKEP_ATTACH_TYPE_CGROUP_INET_INGRESS);
	const struct skep_attr_prog_attach attr = {
		.target = (uint32_t)cgroup,
		.attach_bpf_fd = (uint32_t)fd,
		.attach_type = SKEP_ATTACH_TYPE_CGROUP_INET_INGRESS,
		.attach_flags = SKEP_ATTACH_FLAG_ALLOW_MULTI,
	};
	uint32_t ids[4] = { 0 };
	struct skep_attr_prog_query query = {
		.target = (uint32_t)cgroup,
		.attach_type = SKEP_ATTACH_TYPE_CGROUP_INET_INGRESS,
		.prog_ids = SKEP_ATTR_POINTER(ids),
		.count = 4,
	};
	struct skep_prog_info info = { 0 };
	struct skep_error err = { 0 };

	(void)state;
	assert_true(skep_sys_prog_info(fd, &info, sizeof(info)) > 0);
	assert_done(skep_sys_prog_attach(&attr, sizeof(attr), &err), &err);
	assert_done(skep_sys_prog_query(&query, sizeof(query), &err), &err);
	assert_int_equal(query.count, 1);
	assert_int_equal(ids[0], info.id);
	assert_done(skep_sys_prog_detach(&attr, sizeof(attr), &err), &err);
	assert_int_equal(skep_sys_prog_detach(&attr, sizeof(attr), &err), -ENOENT);
	assert_told(&err, SKEP_ERR_NOT_FOUND, "cgroup_inet_ingress");
	close(fd);
	fixture_cgroup_remove(cgroup);
}

static void raw_tracepoint__is_named_by_a_task_fd_query(void **state)
{
	int prog = fixture_prog_pass(SKEP_PROG_TYPE_RAW_TRACEPOINT, 0), fd;
	char name[64] = "";
	struct skep_attr_task_fd_query query = {
		.pid = (uint32_t)getpid(),
		.buf = SKEP_ATTR_POINTER(name),
		.buf_len = sizeof(name),
	};
	struct skep_error err = { 0 };

	(void)state;
	fd = assert_done(skep_sys_raw_tracepoint_open(prog, "sched_switch", 0, &err), &err);
	query.fd = (uint32_t)fd;
	assert_done(skep_sys_task_fd_query(&query, sizeof(query), &err), &err);
	assert_int_equal(query.fd_type, SKEP_TASK_FD_TYPE_RAW_TRACEPOINT);
	assert_string_equal(name, "sched_switch");
	assert_int_equal(skep_sys_raw_tracepoint_open(prog, "no_such_point", 0, &err), -ENOENT);
	assert_told(&err, SKEP_ERR_NOT_FOUND, "raw tracepoint 'no_such_point'");
	close(fd);
	close(prog);
}

static void stats__are_measured_while_the_fd_is_open(void **state)
{
	int prog = fixture_prog_pass(SKEP_PROG_TYPE_SCHED_CLS, 0), fd;
	char packet[64] = "";
	struct skep_attr_prog_test_run run = {
		.prog_fd = (uint32_t)prog,
		.data_in = SKEP_ATTR_POINTER(packet),
		.data_size_in = sizeof(packet),
		.repeat = 100,
	};
	struct skep_prog_info info = { 0 };
	struct skep_error err = { 0 };

	(void)state;
	fd = assert_done(skep_sys_enable_stats(SKEP_STATS_TYPE_RUN_TIME, &err), &err);
	assert_done(skep_sys_prog_test_run(&run, sizeof(run), &err), &err);
	assert_true(skep_sys_prog_info(prog, &info, sizeof(info)) > 0);
	assert_true(info.run_cnt >= 100);
	close(fd);
	close(prog);
}

static void bind_map__lets_a_program_hold_a_map(void **state)
{
	int prog = fixture_prog_pass(SKEP_PROG_TYPE_SCHED_CLS, 0);
	int map = fixture_map(SKEP_MAP_TYPE_ARRAY, 4, 4, 1, 0);
	struct skep_prog_info info = { 0 };
	struct skep_error err = { 0 };

	(void)state;
	assert_done(skep_sys_prog_bind_map(prog, map, &err), &err);
	assert_done(skep_sys_prog_bind_map(prog, map, &err), &err);
	assert_true(skep_sys_prog_info(prog, &info, sizeof(info)) > 0);
	assert_int_equal(info.nr_map_ids, 1);
	close(map);
	close(prog);
}

static void stream__is_empty_or_not_there(void **state)
{
	int prog = fixture_prog_pass(SKEP_PROG_TYPE_SCHED_CLS, 0);
	char text[16];
	int r = skep_sys_prog_stream_read(prog, SKEP_PROG_STREAM_STDOUT, text, sizeof(text));

	(void)state;
	assert_int_equal(r, fixture_kernel_has("BPF_PROG_STREAM_READ_BY_FD") ? 0 : -EINVAL);
	close(prog);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(load__makes_a_program),
		cmocka_unit_test(load__gives_the_verifiers_reason),
		cmocka_unit_test(load__without_a_log_is_told_the_reason_too),
		cmocka_unit_test(load__tells_complexity_and_size_apart),
		cmocka_unit_test(load__fills_a_small_log_and_keeps_the_reason),
		cmocka_unit_test(load__with_a_level_writes_the_log_of_a_good_program),
		cmocka_unit_test(load__names_the_capabilities_that_are_missing),
		cmocka_unit_test(test_run__returns_what_the_program_returns),
		cmocka_unit_test(attach__is_found_by_a_query_and_ended_by_detach),
		cmocka_unit_test(raw_tracepoint__is_named_by_a_task_fd_query),
		cmocka_unit_test(stats__are_measured_while_the_fd_is_open),
		cmocka_unit_test(bind_map__lets_a_program_hold_a_map),
		cmocka_unit_test(stream__is_empty_or_not_there),
	};

	return cmocka_run_group_tests_name("sys_prog", tests, NULL, NULL);
}
