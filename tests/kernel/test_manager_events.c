/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* What managers leave: in tracefs if they are killed, to programs that are executed; and what they do without tracefs. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <skep/attach.h>
#include <skep/direction.h>
#include <skep/selector.h>
#include <skep/tracefs.h>

#include "base/cleanup.h"
#include "hook.h"
#include "lab/netns.h"
#include "managed.h"

static int has_kprobes(void)
{
	return skep_attach_supported(NULL, SKEP_ATTACH_FAMILY_KPROBE, SKEP_ATTACH_METHOD_TRACEFS,
				     NULL) == 1;
}

static const struct skep_probe_spec by_tracefs = { .program = "on_kprobe",
						   .syscall = "getpgid",
						   .method = SKEP_ATTACH_METHOD_TRACEFS };

/* A process with a manager that runs until it is killed. */
static pid_t fork_manager(void)
{
	int ready[2];
	char byte;
	pid_t pid;

	assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		struct skep_manager *m = managed_open(&by_tracefs, 1);

		managed_run(m);
		if (write(ready[1], "x", 1) == 1)
			pause();
		_exit(1);
	}
	assert_int_equal(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	close(ready[1]);
	return pid;
}

static void end(pid_t pid)
{
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static unsigned count_of(pid_t pid)
{
	char group[32];

	snprintf(group, sizeof(group), ":skep_%d_", (int)pid);
	return hook_count_events("kprobe_events", group);
}

static void write_events(const char *lines)
{
	_cleanup_(skep_tracefs_closep) struct skep_tracefs *t = NULL;
	struct skep_error err = { 0 };

	assert_done(skep_tracefs_open(0, &t, &err), &err);
	assert_done(skep_tracefs_write(t, "kprobe_events", lines, &err), &err);
}

static void events__of_a_killed_manager_go_with_the_next_start_inside(void)
{
	char foreign[128];
	struct skep_manager *m;
	pid_t living, killed;

	if (!has_kprobes())
		lab_skip();
	/* as ebpf-manager names them: nobody can tell whose it is */
	snprintf(foreign, sizeof(foreign), "p:kprobes/p_getpgid_uid_0 %s\n", hook_function());
	write_events(foreign);
	living = fork_manager();
	killed = fork_manager();
	assert_int_equal(count_of(killed), 1);
	end(killed);
	assert_int_equal(count_of(killed), 1);
	m = managed_open(&by_tracefs, 1);
	managed_run(m);
	assert_int_equal(count_of(killed), 0);
	assert_int_equal(count_of(living), 1);
	assert_int_equal(count_of(getpid()), 1);
	assert_int_equal(hook_count_events("kprobe_events", "p_getpgid_uid_0"), 1);
	assert_true(managed_runs(m, PROBES_KPROBE, managed_call) >= MANAGED_CALLS);
	skep_manager_close(m);
	assert_int_equal(count_of(getpid()), 0);
	assert_int_equal(count_of(living), 1);
	assert_int_equal(hook_count_events("kprobe_events", "p_getpgid_uid_0"), 1);
	end(living);
	write_events("-:kprobes/p_getpgid_uid_0\n");
	m = managed_open(&by_tracefs, 1);
	managed_run(m);
	skep_manager_close(m);
	assert_int_equal(hook_count_events("kprobe_events", ":skep_"), 0);
}
IN_PROCESS(events__of_a_killed_manager_go_with_the_next_start, hook_enter)

static void hide_tracefs(void)
{
	hook_enter();
	while (umount2("/sys/kernel/tracing", MNT_DETACH) == 0)
		;
	while (umount2("/sys/kernel/debug", MNT_DETACH) == 0)
		;
}

static void start__without_tracefs_attaches_what_does_not_need_it_inside(void)
{
	static const struct skep_probe_spec probes[] = {
		{ .program = "on_sys_enter" },
		{ .program = "on_getpgid" },
	};
	const struct skep_selector best =
		SKEP_ALL_OF(SKEP_PROBE("on_sys_enter"), SKEP_BEST_EFFORT(SKEP_PROBE("on_getpgid")));
	struct skep_manager *m = managed_open(probes, ARRAY_SIZE(probes));
	struct skep_error err = { 0 };

	assert_done(skep_manager_load(m, &err), &err);
	assert_true(skep_manager_start(m, &err) < 0);
	assert_non_null(strstr(err.msg, "'on_getpgid'"));
	assert_non_null(strstr(err.msg, "tracefs"));
	assert_done(skep_manager_update_selector(m, &best, &err), &err);
	assert_done(skep_manager_start(m, &err), &err);
	assert_true(managed_runs(m, PROBES_RAW_TRACEPOINT, managed_call) >= MANAGED_CALLS);
	assert_non_null(strstr(skep_probe_error(skep_manager_probe_at(m, 1))->msg, "tracefs"));
	skep_manager_close(m);
}
IN_PROCESS(start__without_tracefs_attaches_what_does_not_need_it, hide_tracefs)

#define FDS 256

/* Those that a program keeps that is executed. */
static void find_inherited(uint8_t ret_inherited[FDS])
{
	int fd;

	for (fd = 0; fd < FDS; fd++)
		ret_inherited[fd] = fcntl(fd, F_GETFD) == 0;
}

static void fds__are_not_inherited_inside(void)
{
	static const struct skep_probe_spec probes[] = {
		{ .program = "on_getpgid" },
		{ .program = "on_getsid", .method = SKEP_ATTACH_METHOD_PERF },
		{ .program = "on_sys_enter" },
		{ .program = "on_sample", .event_type = 1, .period = 1000000000 },
		{ .program = "on_tc", .interface = "lo*", .direction = SKEP_DIRECTION_INGRESS },
	};
	uint8_t before[FDS], after[FDS];
	struct skep_manager *m = managed_open(probes, ARRAY_SIZE(probes));

	assert_int_equal(lab_netns_enter(), 0);
	find_inherited(before);
	managed_run(m);
	find_inherited(after);
	assert_memory_equal(before, after, sizeof(before));
	skep_manager_close(m);
}
IN_PROCESS(fds__are_not_inherited, hook_enter)

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(events__of_a_killed_manager_go_with_the_next_start),
		cmocka_unit_test(fds__are_not_inherited),
		cmocka_unit_test(start__without_tracefs_attaches_what_does_not_need_it),
	};

	assert_true(argc == 2);
	managed_path = argv[1];
	return cmocka_run_group_tests(tests, NULL, NULL);
}
