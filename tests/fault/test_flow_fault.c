/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * A whole life of a flow agent, over and over, with one system call more failing each time: it ends well or with an
 * error in words, nothing crashes, and no fd, memory, filter or qdisc is left behind.
 */
#include <errno.h>
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include <skep/error.h>
#include <skep/flow.h>

#include "inject.h"
#include "lab/census.h"
#include "lab/frame.h"
#include "lab/link.h"
#include "lab/netns.h"
#include "lab/send.h"
#include "lab/tc.h"

#define CALLS_MAX 2000u

/* How a run in a child process ended; else 0. */
enum {
	RUN_SILENT = 40,
	RUN_LEAKED_FDS,
	RUN_LEAKED_MEMORY,
	RUN_LEFT_QDISC,
	RUN_SET_UP
};

int __lsan_do_recoverable_leak_check(void) __attribute__((weak));

static int ignore_entry(const struct skep_flow_entry *entry, void *userdata)
{
	(void)entry;
	(void)userdata;
	return 0;
}

struct life {
	uint64_t attach;
	uint32_t ifindex; /* of v1, attached by index; v0 is watched by name */
	int result;
	int stop_failed;
	struct skep_error err;
};

static int live_with(struct life *l, struct skep_flow_agent **agent)
{
	const char *include = "v0";
	struct skep_flow_agent_opts o = {
		.sz = sizeof(o), .max_flows = 64, .attach = l->attach, .entry_fn = ignore_entry
	};
	struct skep_flow_watch_opts w = { .sz = sizeof(w),
					  .include = &include,
					  .include_count = 1 };
	int r;

	r = skep_flow_agent_open(&o, agent, &l->err);
	if (r == 0)
		r = skep_flow_agent_watch(*agent, &w, &l->err);
	if (r == 0)
		r = skep_flow_agent_attach(*agent, l->ifindex, &l->err);
	if (r == 0)
		r = skep_flow_agent_wait(*agent, 0, &l->err);
	if (r >= 0)
		r = skep_flow_agent_drain(*agent, NULL, NULL, &l->err);
	if (r >= 0) {
		r = skep_flow_agent_stop(*agent, &l->err);
		l->stop_failed = r < 0;
	}
	return r;
}

static void live(void *userdata)
{
	struct skep_flow_agent *agent = NULL;
	struct life *l = userdata;

	l->result = live_with(l, &agent);
	skep_flow_agent_close(agent);
}

/* One life with one failing call. Return: 0 or RUN_*. */
static int run(struct life *l, unsigned number, int error, struct inject_report *report)
{
	struct lab_census before, after;

	if (lab_census_take(&before) < 0 || inject_run(live, l, number, error, report) < 0 ||
	    lab_census_take(&after) < 0)
		return RUN_SET_UP;
	if (l->result < 0 && (!l->err.msg[0] || l->err.code >= 0))
		return RUN_SILENT;
	if (after.fds.count != before.fds.count)
		return RUN_LEAKED_FDS;
	if (__lsan_do_recoverable_leak_check && __lsan_do_recoverable_leak_check())
		return RUN_LEAKED_MEMORY;
	/* where removing a filter was itself made to fail, it stays: the error says so */
	if (!l->stop_failed && report->failed_call < 0 &&
	    (lab_qdisc_has("v0", "clsact") || lab_qdisc_has("v1", "clsact")))
		return RUN_LEFT_QDISC;
	return 0;
}

/* In a process of its own: libbpf remembers what it believes the kernel cannot do. */
static int run_apart(const struct life *l, unsigned number, int error, unsigned *ret_calls)
{
	int status, fds[2];
	pid_t pid;

	assert_int_equal(pipe(fds), 0);
	fflush(NULL);
	pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		struct life mine = *l;
		struct inject_report report = { 0 };
		int r = run(&mine, number, error, &report);

		if (r)
			fprintf(stderr, "call %u (system call %d): %s\n", number,
				report.failed_call, mine.err.msg);
		if (write(fds[1], &report.calls, sizeof(report.calls)) != sizeof(report.calls))
			_exit(RUN_SET_UP);
		_exit(r);
	}
	close(fds[1]);
	*ret_calls = 0;
	if (read(fds[0], ret_calls, sizeof(*ret_calls)) < 0)
		*ret_calls = 0;
	close(fds[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	lab_qdisc_delete("v0", "clsact");
	lab_qdisc_delete("v1", "clsact");
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static int every_call_fails_once(uint64_t attach)
{
	static const int errors[] = { ENOMEM, EPERM };
	struct life l = { .attach = attach };
	unsigned calls, made, number;
	int r, wrong = 0;
	size_t e;

	if (lab_veth_create("v0", "v1", true) < 0)
		return 1;
	l.ifindex = (uint32_t)lab_link_index("v1");
	r = run_apart(&l, 0, 0, &calls);
	if (r || !calls || calls > CALLS_MAX) {
		fprintf(stderr, "without a fault: %d, %u calls\n", r, calls);
		return 1;
	}
	printf("# %u system calls, each fails with %zu errors in turn\n", calls,
	       sizeof(errors) / sizeof(errors[0]));
	for (e = 0; e < sizeof(errors) / sizeof(errors[0]); e++)
		for (number = 1; number <= calls; number++) {
			r = run_apart(&l, number, errors[e], &made);
			if (r) {
				fprintf(stderr, "call %u, errno %d: ended with %d\n", number,
					errors[e], r);
				wrong++;
			}
		}
	return wrong != 0;
}

static int by_clsact(void *userdata)
{
	(void)userdata;
	return every_call_fails_once(SKEP_FLOW_ATTACH_CLSACT);
}

static int by_auto(void *userdata)
{
	(void)userdata;
	return every_call_fails_once(SKEP_FLOW_ATTACH_AUTO);
}

static void fault__in_every_call_of_a_life_by_clsact(void **state)
{
	(void)state;
	assert_int_equal(lab_in_netns_for(400ull * 1000000000, by_clsact, NULL), 0);
}

static void fault__in_every_call_of_a_life_by_auto(void **state)
{
	(void)state;
	assert_int_equal(lab_in_netns_for(400ull * 1000000000, by_auto, NULL), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fault__in_every_call_of_a_life_by_clsact),
		cmocka_unit_test(fault__in_every_call_of_a_life_by_auto),
	};

	return cmocka_run_group_tests_name("flow_fault", tests, NULL, NULL);
}
