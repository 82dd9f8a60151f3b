/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "check.h"

#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "base/time.h"
#include "sys/process.h"

/* A process that does nothing until it is killed, and who it says it is. */
struct child {
	pid_t pid;
	struct sys_process identity;
};

static struct child child_start(const char *name)
{
	struct child c = { 0 };
	int ends[2];

	assert_int_equal(pipe(ends), 0);
	c.pid = fork();
	assert_true(c.pid >= 0);
	if (!c.pid) {
		struct sys_process self;

		prctl(PR_SET_PDEATHSIG, SIGKILL);
		prctl(PR_SET_NAME, name);
		if (sys_process_self(&self) < 0 ||
		    write(ends[1], &self, sizeof(self)) != sizeof(self))
			_exit(1);
		for (;;)
			pause();
	}
	close(ends[1]);
	check_int(read(ends[0], &c.identity, sizeof(c.identity)), sizeof(c.identity),
		  "what the child says of itself");
	close(ends[0]);
	return c;
}

static void child_end(const struct child *c)
{
	assert_int_equal(kill(c->pid, SIGKILL), 0);
	assert_int_equal(waitpid(c->pid, NULL, 0), c->pid);
}

static void process__self_is_not_gone(void **state)
{
	struct sys_process self;

	(void)state;
	check_int(sys_process_self(&self), 0, "self");
	check_u64(self.pid, (uint64_t)getpid(), "pid");
	check_int(sys_process_gone(&self), 0, "gone");
}

static void *wait_for_ever(void *unused)
{
	(void)unused;
	for (;;)
		pause();
	return NULL;
}

/* /proc calls the process a zombie then, and it lives. */
static void process__without_its_first_thread_is_not_gone(void **state)
{
	struct sys_process child;
	char text[512] = "", path[64];
	uint64_t deadline;
	int ends[2];
	pid_t pid;

	(void)state;
	assert_int_equal(pipe(ends), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		struct sys_process self;
		pthread_t thread;

		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (sys_process_self(&self) < 0 ||
		    pthread_create(&thread, NULL, wait_for_ever, NULL) ||
		    write(ends[1], &self, sizeof(self)) != sizeof(self))
			_exit(1);
		syscall(SYS_exit, 0); /* this thread alone */
	}
	close(ends[1]);
	assert_int_equal(read(ends[0], &child, sizeof(child)), sizeof(child));
	close(ends[0]);
	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	for (deadline = time_now_ns(CLOCK_MONOTONIC) + 5 * NSEC_PER_SEC;
	     !strstr(text, ") Z") && time_now_ns(CLOCK_MONOTONIC) < deadline;) {
		FILE *f = fopen(path, "re");

		assert_non_null(f);
		assert_non_null(fgets(text, sizeof(text), f));
		fclose(f);
	}
	assert_non_null(strstr(text, ") Z"));
	check_int(sys_process_gone(&child), 0, "gone");
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	check_int(sys_process_gone(&child), 1, "gone in the end");
}

/* Ended, and nobody has asked how: it holds nothing any more. */
static void process__that_is_a_zombie_is_gone(void **state)
{
	struct child c = child_start("zombie");
	siginfo_t info;

	(void)state;
	assert_int_equal(kill(c.pid, SIGKILL), 0);
	assert_int_equal(waitid(P_PID, (id_t)c.pid, &info, WEXITED | WNOWAIT), 0);
	check_int(sys_process_gone(&c.identity), 1, "gone");
	assert_int_equal(waitpid(c.pid, NULL, 0), c.pid);
}

static void process__started_when_it_started(void **state)
{
	struct child c = child_start("new");
	uint64_t now = time_now_ns(CLOCK_BOOTTIME) * (uint64_t)sysconf(_SC_CLK_TCK) / NSEC_PER_SEC;

	(void)state;
	child_end(&c);
	check_int(c.identity.start_ticks <= now && c.identity.start_ticks + 6000 > now, 1,
		  "%" PRIu64 " ticks after boot, less than a minute before %" PRIu64,
		  c.identity.start_ticks, now);
}

static void process__is_gone_when_it_has_ended(void **state)
{
	struct child c = child_start("short-lived");

	(void)state;
	check_u64(c.identity.pid, (uint64_t)c.pid, "pid");
	check_int(sys_process_gone(&c.identity), 0, "gone while it lives");
	child_end(&c);
	check_int(sys_process_gone(&c.identity), 1, "gone when it has ended");
}

static void process__is_gone_when_another_has_its_pid(void **state)
{
	struct sys_process self;

	(void)state;
	check_int(sys_process_self(&self), 0, "self");
	self.start_ticks++;
	check_int(sys_process_gone(&self), 1, "gone");
}

/* Of a process in another pid namespace nothing is known, even if its pid is free here. */
static void process__of_another_pid_namespace_is_not_gone(void **state)
{
	struct child c = child_start("elsewhere");

	(void)state;
	child_end(&c);
	check_int(sys_process_gone(&c.identity), 1, "gone in our namespace");
	c.identity.pid_ns++;
	check_int(sys_process_gone(&c.identity), 0, "gone in another namespace");
}

/* The name stands in /proc/PID/stat before the start time, and may look like anything. */
static void process__name_does_not_confuse(void **state)
{
	static const char *const names[] = { "", " ", ")", ") R 1 1 1 1 1", "((1) 2) 3", "a\nb" };
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(names); i++) {
		struct child plain = child_start("plain"), named = child_start(names[i]);
		uint64_t later = named.identity.start_ticks - plain.identity.start_ticks;

		check_int(later < 1000, 1, "'%s' started at %" PRIu64 ", soon after %" PRIu64,
			  names[i], named.identity.start_ticks, plain.identity.start_ticks);
		check_int(sys_process_gone(&named.identity), 0, "gone: '%s'", names[i]);
		child_end(&plain);
		child_end(&named);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(process__self_is_not_gone),
		cmocka_unit_test(process__without_its_first_thread_is_not_gone),
		cmocka_unit_test(process__that_is_a_zombie_is_gone),
		cmocka_unit_test(process__started_when_it_started),
		cmocka_unit_test(process__is_gone_when_it_has_ended),
		cmocka_unit_test(process__is_gone_when_another_has_its_pid),
		cmocka_unit_test(process__of_another_pid_namespace_is_not_gone),
		cmocka_unit_test(process__name_does_not_confuse),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
