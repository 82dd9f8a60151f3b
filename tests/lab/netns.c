/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "netns.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"

#include "address.h"
#include "link.h"
#include "poll.h"

#define THREAD_NETNS "/proc/thread-self/ns/net"

/* Devices take their IPv6 settings from "default" when they are born, and when they move in. */
static int make_quiet(void)
{
	static const char *const names[] = { "all", "default" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		int r = lab_ipv6_set(names[i], false);

		if (r < 0 && r != -ENOENT) /* a kernel without IPv6 is quiet */
			return r;
	}
	return lab_link_up("lo");
}

int lab_netns_enter(void)
{
	if (unshare(CLONE_NEWNET))
		return -errno;
	return make_quiet();
}

int lab_netns_setup(void **state)
{
	int r = lab_netns_enter();

	(void)state;
	if (r < 0)
		fprintf(stderr, "new network namespace: errno %d\n", -r);
	return r;
}

/* The child: its own process group, so that its children can be killed with it. */
static void run_child(pid_t parent, lab_netns_fn fn, void *userdata)
{
	int r;

	setpgid(0, 0);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(LAB_EXIT_SETUP);
	/* Without this a failing assertion would jump into the runner and go on with the other tests here. */
	setenv("CMOCKA_TEST_ABORT", "1", 1);
	r = lab_netns_enter();
	if (r < 0) {
		fprintf(stderr, "new network namespace: errno %d\n", -r);
		r = LAB_EXIT_SETUP;
	} else {
		r = fn(userdata);
	}
	fflush(NULL);
	_exit(r);
}

struct child {
	pid_t pid;
	siginfo_t info;
};

static bool has_ended(void *userdata)
{
	struct child *child = userdata;

	/* WNOWAIT: the process stays a zombie and keeps its number until its group has been killed. */
	return !waitid(P_PID, (id_t)child->pid, &child->info, WEXITED | WNOHANG | WNOWAIT) &&
	       child->info.si_pid == child->pid;
}

int lab_in_netns_for(uint64_t timeout_ns, lab_netns_fn fn, void *userdata)
{
	struct child child = { 0 };
	pid_t parent = getpid();
	bool ended;

	fflush(NULL);
	child.pid = fork();
	if (child.pid < 0)
		return -errno;
	if (!child.pid)
		run_child(parent, fn, userdata);
	setpgid(child.pid, child.pid); /* whoever comes first: kill() below needs the group */
	ended = lab_until(lab_now_ns() + timeout_ns, has_ended, &child);
	kill(-child.pid, SIGKILL);
	while (waitpid(child.pid, NULL, 0) < 0 && errno == EINTR)
		;
	if (!ended)
		return LAB_EXIT_TIMEOUT;
	return child.info.si_code == CLD_EXITED ? child.info.si_status
						: LAB_EXIT_SIGNAL + child.info.si_status;
}

int lab_in_netns(lab_netns_fn fn, void *userdata)
{
	const char *factor = getenv("LAB_TIMEOUT_FACTOR");
	uint64_t times = factor ? strtoull(factor, NULL, 10) : 1;

	return lab_in_netns_for(LAB_IN_NETNS_TIMEOUT_NS * (times ? times : 1), fn, userdata);
}

void lab_skip(void)
{
	_exit(LAB_EXIT_SKIP);
}

/* A thread that cannot go back would run all that follows in the wrong place. */
static void return_to(int home_fd)
{
	if (setns(home_fd, CLONE_NEWNET)) {
		perror("return to the network namespace");
		abort();
	}
}

int lab_netns_new(void)
{
	_cleanup_close_ int home_fd = open(THREAD_NETNS, O_RDONLY | O_CLOEXEC);
	int fd, r;

	if (home_fd < 0 || unshare(CLONE_NEWNET))
		return -errno;
	r = make_quiet();
	fd = r < 0 ? r : open(THREAD_NETNS, O_RDONLY | O_CLOEXEC);
	if (r >= 0 && fd < 0)
		fd = -errno;
	return_to(home_fd);
	return fd;
}

int lab_netns_call(int netns_fd, lab_netns_fn fn, void *userdata)
{
	_cleanup_close_ int home_fd = open(THREAD_NETNS, O_RDONLY | O_CLOEXEC);
	int r;

	if (home_fd < 0 || setns(netns_fd, CLONE_NEWNET))
		return -errno;
	r = fn(userdata);
	return_to(home_fd);
	return r;
}
