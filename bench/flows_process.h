/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef BENCH_FLOWS_PROCESS_H
#define BENCH_FLOWS_PROCESS_H
/*
 * `skep flows` as its users run it: a process of its own, which writes JSON lines into a pipe; and a reader at its
 * other end, which adds up what the lines tell.
 */
#include <pthread.h>
#include <stdint.h>
#include <sys/types.h>

#include "task_clock.h"

/* What the lines have told so far, up to the last ledger line. */
struct flows_told {
	uint64_t flow_lines;
	uint64_t packets; /* in the flow lines, all points together */
	uint64_t seen;    /* in the ledger line */
	uint64_t lost;
	int ended;
};

struct flows_process {
	pid_t pid;
	int out_fd, err_fd;
	pthread_t reader;
	int reading;
	pthread_mutex_t lock; /* guards told */
	pthread_cond_t news;
	struct flows_told told;
	struct task_clock clock;
};

/* Resident memory in bytes. */
struct flows_resident {
	uint64_t all;
	uint64_t maps; /* of it, kernel memory of maps and ring that is mapped */
};

/* The built command: @argument, or the one in the build directory that this bench is in. Return: as below. */
int flows_binary(const char *argument, const char *file, char *path, size_t size);

/* All functions return 0 or a negative errno, after a line on stderr. */

/* @interval: of the reports; NULL: the default. Returns when the interfaces are watched. */
int flows_process_start(struct flows_process *p, const char *binary, const char *interval);

/* Waits until a ledger line has seen @packets. */
int flows_process_wait_seen(struct flows_process *p, uint64_t packets, struct flows_told *ret);

int flows_process_resident(const struct flows_process *p, struct flows_resident *ret);

/* SIGINT, and what it told to the end. Status 0 is demanded: the ledger balanced. */
int flows_process_stop(struct flows_process *p, struct flows_told *ret);

/* Kills what flows_process_stop() did not end, and releases everything. */
void flows_process_close(struct flows_process *p);

#endif
