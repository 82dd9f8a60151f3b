/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef BENCH_TASK_CLOCK_H
#define BENCH_TASK_CLOCK_H
/*
 * How long a thread has been on a CPU: for what sleeps in between.
 *
 * The CPU clocks of POSIX (bench_cpu_ns() is one) leave out what the hypervisor calls stolen, and a guest that was idle
 * books that on who runs next: after a sleep they can miss most of a millisecond. perf's clock counts from being
 * switched in to being switched out. Where the kernel has none, POSIX has to do.
 */
#include <stdint.h>
#include <sys/types.h>

struct task_clock {
	pid_t pid; /* 0: the calling thread */
	int fd;    /* -1: none */
};

void task_clock_open(struct task_clock *c, pid_t pid);
void task_clock_close(struct task_clock *c);
uint64_t task_clock_ns(const struct task_clock *c);

#endif
