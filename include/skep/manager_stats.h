/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef SKEP_MANAGER_STATS_H
#define SKEP_MANAGER_STATS_H
/*
 * What the programs of a manager do: how often they run, how long that takes, and what they have missed.
 *
 * The kernel measures time only while somebody asks for it, for all programs of the host, and each run takes a little longer
 * then.
 */
#include <skep/base.h>

SKEP_BEGIN

struct skep_error;
struct skep_manager;
struct skep_probe;

/**
 * skep_manager_measure() - have the kernel count and measure runs, or no longer
 * @on: 1; 0
 *
 * Until close, also over stop and load. Others who ask for it are not disturbed.
 *
 * Return: 0; -EPERM needs CAP_SYS_ADMIN; else a negative errno.
 * Source: bpf(2) BPF_ENABLE_STATS, 5.8.
 */
int skep_manager_measure(struct skep_manager *manager, int on, struct skep_error *err);

/* Members that the kernel does not tell are 0. */
struct skep_probe_stats {
	/* Of the program, of whichever probe, while it was measured. A run that the gate ends is one, too. */
	uint64_t run_count;
	uint64_t run_time_ns;      /* of all these runs */
	uint64_t recursion_misses; /* it was not run as it was running, 5.12 */
	uint64_t probe_misses;     /* of kprobes and uprobes: hits on which nothing was run, 6.7 */
	uint64_t told;             /* SKEP_PROBE_STATS_* */
};

#define SKEP_PROBE_STATS_RUNS (1u << 0)      /* run_count, run_time_ns */
#define SKEP_PROBE_STATS_RECURSION (1u << 1) /* recursion_misses */
#define SKEP_PROBE_STATS_MISSES (1u << 2)    /* probe_misses: of attachments by link */

/**
 * skep_probe_stats() - what the kernel tells of a probe
 * @ret_stats: filled in
 *
 * Return: 0; -EINVAL, SKEP_ERR_NOT_LOADED; else a negative errno.
 * Source: bpf(2) BPF_OBJ_GET_INFO_BY_FD; kernel/trace/bpf_trace.c.
 */
int skep_probe_stats(const struct skep_probe *probe, struct skep_probe_stats *ret_stats,
		     struct skep_error *err);

/* What a manager has done by itself since it was opened. */
struct skep_manager_counters {
	uint64_t interfaces_attached; /* that match a pattern */
	uint64_t interfaces_left;     /* that have gone, or been renamed */
	uint64_t interfaces_failed;   /* that could not be attached to: told to the log */
};

/**
 * skep_manager_counters() - what it has counted
 * @ret_counters: filled in; they never go back
 *
 * Source: the manager.
 */
void skep_manager_counters(const struct skep_manager *manager,
			   struct skep_manager_counters *ret_counters);

SKEP_END
#endif
