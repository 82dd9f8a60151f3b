// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#include "task_clock.h"

#include <linux/perf_event.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

void task_clock_open(struct task_clock *c, pid_t pid)
{
	struct perf_event_attr attr = { .type = PERF_TYPE_SOFTWARE,
					.size = sizeof(attr),
					.config = PERF_COUNT_SW_TASK_CLOCK };

	c->pid = pid;
	c->fd = syscall(SYS_perf_event_open, &attr, pid, -1, -1, PERF_FLAG_FD_CLOEXEC);
}

void task_clock_close(struct task_clock *c)
{
	if (c->fd >= 0)
		close(c->fd);
	c->fd = -1;
}

uint64_t task_clock_ns(const struct task_clock *c)
{
	clockid_t id = CLOCK_THREAD_CPUTIME_ID;
	struct timespec t = { 0 };
	uint64_t ns;

	if (c->fd >= 0 && read(c->fd, &ns, sizeof(ns)) == sizeof(ns))
		return ns;
	if (c->pid && clock_getcpuclockid(c->pid, &id))
		return 0;
	clock_gettime(id, &t);
	return t.tv_sec * 1000000000ull + t.tv_nsec;
}
