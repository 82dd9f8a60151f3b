/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* What a manager tells: its report, statistics of its programs, and what a program does with data of one's own. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#include <skep/attach.h>
#include <skep/loaded.h>
#include <skep/manager_report.h>
#include <skep/manager_run.h>
#include <skep/manager_stats.h>
#include <skep/selector.h>

#include "base/cleanup.h"
#include "hook.h"
#include "managed.h"

/* Reports */

static const struct skep_probe_spec reported[] = {
	{ .program = "on_getpgid" },
	{ .program = "on_missing", .uid = "a" },
	{ .program = "on_getsid", .disabled = 1 },
};

static const struct skep_selector best =
	SKEP_BEST_EFFORT(SKEP_PROBE("on_getpgid"), SKEP_PROBE_UID("on_missing", "a"));

static struct skep_manager *run_best(void)
{
	const struct skep_manager_opts o = { .sz = sizeof(o), .selector = &best };
	struct skep_manager *m = managed_open_with(reported, ARRAY_SIZE(reported), &o);

	managed_run(m);
	return m;
}

static int keep_row(const struct skep_manager_report_row *row, void *userdata)
{
	struct skep_manager_report_row **next = userdata;

	*(*next)++ = *row;
	return 0;
}

static void report__tells_how_each_is_attached_or_why_not_inside(void)
{
	struct skep_manager *m = run_best();
	struct skep_manager_report_row rows[4] = { 0 }, *end = rows;

	assert_int_equal(skep_manager_report(m, keep_row, &end), 0);
	assert_int_equal(end - rows, 3);
	assert_string_equal(rows[0].program, "on_getpgid");
	assert_string_equal(rows[0].target, "syscalls/sys_enter_getpgid");
	assert_string_equal(rows[0].reason, "");
	assert_int_equal(rows[0].state, SKEP_MANAGER_RUNNING);
	assert_int_equal(rows[0].family, SKEP_ATTACH_FAMILY_TRACEPOINT);
	assert_true(rows[0].method != SKEP_ATTACH_METHOD_AUTO);
	assert_int_equal(rows[0].link_id != 0, rows[0].method == SKEP_ATTACH_METHOD_LINK);
	assert_int_equal(rows[0].attempt_count, 1);
	assert_true(rows[0].attach_ns > 0 && rows[0].program_id > 0);
	assert_string_equal(rows[1].uid, "a");
	assert_int_equal(rows[1].code, -ENOENT);
	assert_int_equal(rows[1].kind, SKEP_ERR_NO_EVENT);
	assert_ptr_equal(rows[1].reason, strstr(rows[1].reason, "attach tracepoint to "));
	assert_int_equal(rows[1].state, SKEP_MANAGER_LOADED);
	assert_int_equal(rows[1].enabled, 1);
	assert_int_equal(rows[2].enabled, 0);
	assert_int_equal(rows[2].attempt_count, 0);
	skep_manager_close(m);
}
IN_PROCESS(report__tells_how_each_is_attached_or_why_not, hook_enter)

struct text {
	char all[4096];
	size_t len;
};

static int append(const char *bytes, size_t len, void *userdata)
{
	struct text *t = userdata;

	assert_true(t->len + len < sizeof(t->all));
	memcpy(t->all + t->len, bytes, len);
	t->len += len;
	t->all[t->len] = '\0';
	return 0;
}

static void report__is_a_line_for_each_inside(void)
{
	struct skep_manager *m = run_best();
	struct text t = { .len = 0 };
	const char *second, *third;

	assert_int_equal(skep_manager_report_text(m, append, &t), 0);
	second = strchr(t.all, '\n') + 1;
	third = strchr(second, '\n') + 1;
	assert_ptr_equal(strchr(third, '\n') + 1, t.all + t.len);
	assert_int_equal(
		strncmp(t.all,
			"on_getpgid    running  tracepoint to syscalls/sys_enter_getpgid by ", 67),
		0);
	assert_int_equal(strncmp(second, "on_missing@a  loaded   attach tracepoint to ", 44), 0);
	assert_int_equal(strcmp(third, "on_getsid     loaded   not wanted\n"), 0);
	skep_manager_close(m);
}
IN_PROCESS(report__is_a_line_for_each, hook_enter)

static void report__is_json_inside(void)
{
	struct skep_manager *m = run_best();
	char buf[4096];
	struct skep_json j;

	skep_json_init(&j, buf, sizeof(buf));
	skep_manager_report_json(m, &j, NULL);
	assert_true(skep_json_finish(&j) > 0);
	assert_ptr_equal(strstr(buf,
				"{\"state\":\"running\",\"probes\":[{\"program\":\"on_getpgid\","
				"\"uid\":\"\",\"state\":\"running\",\"enabled\":true,"
				"\"family\":\"tracepoint\",\"program_id\":"),
			 buf);
	assert_non_null(strstr(buf, "\"attempts\":1,\"error\":null,\"attachments\":[{\"target\":"
				    "\"syscalls/sys_enter_getpgid\",\"method\":\""));
	assert_non_null(strstr(buf, "\"error\":{\"code\":-2,\"errno\":\"ENOENT\",\"kind\":"
				    "\"NO_EVENT\",\"message\":\"attach tracepoint to "));
	skep_manager_close(m);
}
IN_PROCESS(report__is_json, hook_enter)

/* Statistics */

static void stats__count_runs_while_they_are_asked_for_inside(void)
{
	struct skep_manager *m = managed_open(reported, 1);
	struct skep_probe *p = skep_manager_probe_at(m, 0);
	struct skep_probe_stats s;
	struct skep_error err = { 0 };

	assert_int_equal(skep_probe_stats(p, &s, &err), -EINVAL);
	assert_told(&err, SKEP_ERR_NOT_LOADED, "on_getpgid");
	managed_run(m);
	assert_done(skep_manager_measure(m, 1, &err), &err);
	assert_done(skep_manager_measure(m, 1, &err), &err);
	managed_call();
	assert_done(skep_manager_measure(m, 0, &err), &err);
	assert_done(skep_probe_stats(p, &s, &err), &err);
	assert_true(s.told & SKEP_PROBE_STATS_RUNS);
	assert_true(s.run_count >= MANAGED_CALLS); /* others make such calls, too */
	assert_true(s.run_time_ns > 0);
	skep_manager_close(m);
}
IN_PROCESS(stats__count_runs_while_they_are_asked_for, hook_enter)

/* Runs */

static void run__returns_what_the_program_does_inside(void)
{
	const struct skep_probe_spec probe = { .program = "on_xdp", .interface = "lo" };
	struct skep_manager *m = managed_open(&probe, 1);
	struct skep_probe *p = skep_manager_probe_at(m, 0);
	unsigned char packet[64] = { 1, 2, 3 }, out[64];
	struct skep_probe_run_opts o = { .sz = sizeof(o),
					 .data = packet,
					 .data_bytes = sizeof(packet),
					 .data_out = out,
					 .data_out_bytes = sizeof(out) };
	struct skep_probe_run_result result;
	struct skep_error err = { 0 };

	assert_int_equal(skep_probe_run(p, &o, &result, &err), -EINVAL);
	assert_told(&err, SKEP_ERR_NOT_LOADED, "'on_xdp'");
	assert_done(skep_manager_load(m, &err), &err);
	assert_done(skep_probe_run(p, &o, &result, &err), &err);
	assert_int_equal(result.returned, 1); /* XDP_DROP */
	assert_int_equal(result.data_out_bytes, sizeof(packet));
	assert_memory_equal(out, packet, sizeof(packet));
	assert_int_equal(managed_count(m, PROBES_XDP), 1);
	o.data_out = NULL;
	o.data_out_bytes = 0;
	o.repeat = 1000;
	assert_done(skep_probe_run(p, &o, &result, &err), &err);
	assert_int_equal(managed_count(m, PROBES_XDP), 1001);
	assert_int_equal(result.restarts, 0);
	/* without enough room: as far as it goes, and how much it was */
	memset(out, 0xee, sizeof(out));
	o.data_out = out;
	o.data_out_bytes = 10;
	o.repeat = 0;
	assert_int_equal(skep_probe_run(p, &o, &result, &err), -ENOSPC);
	assert_int_equal(result.data_out_bytes, sizeof(packet));
	assert_memory_equal(out, packet, 10);
	assert_int_equal(out[10], 0xee);
	o.data_out_bytes = 0;
	assert_done(skep_probe_run(p, &o, &result, &err), &err);
	assert_int_equal(out[10], 0xee);
	skep_manager_close(m);
}
IN_PROCESS(run__returns_what_the_program_does, hook_enter)

static unsigned resets;

static int count_reset(void *userdata)
{
	const struct itimerval off = { 0 };

	(void)userdata;
	if (++resets == 3)
		setitimer(ITIMER_REAL, &off, NULL);
	return 0;
}

static int refuse_reset(void *userdata)
{
	(void)userdata;
	return -EREMOTE;
}

static void on_alarm(int signal)
{
	(void)signal;
}

static void run__begins_again_when_a_signal_comes_inside(void)
{
	const struct skep_probe_spec probe = { .program = "on_xdp", .interface = "lo" };
	const struct itimerval often = { { 0, 1000 }, { 0, 1000 } };
	struct skep_manager *m = managed_open(&probe, 1);
	unsigned char packet[64] = { 0 };
	const struct skep_probe_run_opts o = { .sz = sizeof(o),
					       .data = packet,
					       .data_bytes = sizeof(packet),
					       .repeat = 1000000,
					       .reset_fn = count_reset };
	struct skep_probe_run_result result;
	struct skep_error err = { 0 };

	assert_done(skep_manager_load(m, &err), &err);
	assert_true(signal(SIGALRM, on_alarm) != SIG_ERR);
	assert_int_equal(setitimer(ITIMER_REAL, &often, NULL), 0);
	assert_done(skep_probe_run(skep_manager_probe_at(m, 0), &o, &result, &err), &err);
	assert_int_equal(result.restarts, resets);
	assert_true(resets >= 3);
	skep_manager_close(m);
}
IN_PROCESS(run__begins_again_when_a_signal_comes, hook_enter)

/* The timer never lets it come to its end. */
static void run__ends_when_signals_do_not_inside(void)
{
	const struct skep_probe_spec probe = { .program = "on_xdp", .interface = "lo" };
	const struct itimerval often = { { 0, 1000 }, { 0, 1000 } }, off = { 0 };
	struct skep_manager *m = managed_open(&probe, 1);
	struct skep_probe *p = skep_manager_probe_at(m, 0);
	unsigned char packet[64] = { 0 };
	struct skep_probe_run_opts o = { .sz = sizeof(o),
					 .data = packet,
					 .data_bytes = sizeof(packet),
					 .repeat = UINT32_MAX,
					 .restart_limit = 2 };
	struct skep_probe_run_result result;
	struct skep_error err = { 0 };

	assert_done(skep_manager_load(m, &err), &err);
	assert_true(signal(SIGALRM, on_alarm) != SIG_ERR);
	assert_int_equal(setitimer(ITIMER_REAL, &often, NULL), 0);
	assert_int_equal(skep_probe_run(p, &o, &result, &err), -EINTR);
	assert_told(&err, SKEP_ERR_SYSCALL, "'on_xdp': a signal came before the end, each of 3");
	o.restart_limit = 0;
	assert_int_equal(skep_probe_run(p, &o, &result, &err), -EINTR);
	o.reset_fn = refuse_reset;
	assert_int_equal(skep_probe_run(p, &o, &result, &err), -EREMOTE);
	assert_told(&err, SKEP_ERR_SYSCALL, "not begun again");
	assert_int_equal(skep_manager_wait(m, UINT64_MAX, &err), -EINTR);
	assert_told(&err, SKEP_ERR_SYSCALL, "wait for the manager: ");
	assert_int_equal(setitimer(ITIMER_REAL, &off, NULL), 0);
	skep_manager_close(m);
}
IN_PROCESS(run__ends_when_signals_do_not, hook_enter)

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(report__tells_how_each_is_attached_or_why_not),
		cmocka_unit_test(report__is_a_line_for_each),
		cmocka_unit_test(report__is_json),
		cmocka_unit_test(stats__count_runs_while_they_are_asked_for),
		cmocka_unit_test(run__returns_what_the_program_does),
		cmocka_unit_test(run__begins_again_when_a_signal_comes),
		cmocka_unit_test(run__ends_when_signals_do_not),
	};

	assert_true(argc == 2);
	managed_path = argv[1];
	return cmocka_run_group_tests(tests, NULL, NULL);
}
