/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef SKEP_MANAGER_RUN_H
#define SKEP_MANAGER_RUN_H
/*
 * Running the program of a probe on data of one's own: what it returns, what it makes of the data, how long it takes.
 *
 * The gate is run, too: a program whose gate is shut returns the neutral value. Before start it is shut only while probes are
 * being attached.
 */
#include <skep/base.h>

SKEP_BEGIN

struct skep_error;
struct skep_probe;

#define SKEP_PROBE_RUN_RESTARTS 100 /* at most, where nothing else is said */

struct skep_probe_run_opts {
	size_t sz;        /* sizeof(struct skep_probe_run_opts) */
	const void *data; /* the packet; NULL: a program that takes none */
	uint64_t data_bytes;
	void *data_out;          /* what it has become; NULL: not wanted */
	uint64_t data_out_bytes; /* that there is room for */
	const void *context;     /* struct __sk_buff, xdp_md ... NULL: zeros */
	uint64_t context_bytes;
	void *context_out; /* NULL: not wanted */
	uint64_t context_out_bytes;
	uint64_t repeat; /* of a benchmark; 0: once */
	/* Called before all is begun again because a signal came; a negative errno ends it and is returned; NULL. */
	int (*reset_fn)(void *userdata);
	void *userdata;
	uint64_t restart_limit; /* how often that happens at most; 0: SKEP_PROBE_RUN_RESTARTS */
};

struct skep_probe_run_result {
	uint64_t returned;          /* as the kernel has it: 32 bits */
	uint64_t duration_ns;       /* of one run, on the average */
	uint64_t data_out_bytes;    /* of all that came out, also without room for it */
	uint64_t context_out_bytes; /* likewise */
	uint64_t restarts;          /* because signals came */
};

/**
 * skep_probe_run() - run its program
 * @opts:       data and how often
 * @ret_result: what came out; also with -ENOSPC
 *
 * Of most types the kernel wants a packet of 14 bytes at least. A signal ends the runs that are under way, and they are begun
 * again: those that are longer than the time between two signals never end by themselves, hence the limit.
 *
 * Return: 0; -ENOSPC what came out does not fit; -EINTR signals came more often than the limit; what reset_fn returned; -EINVAL,
 *         SKEP_ERR_NOT_LOADED; -EOPNOTSUPP programs of this type cannot be run so; else a negative errno.
 * Source: bpf(2) BPF_PROG_TEST_RUN; net/bpf/test_run.c.
 */
int skep_probe_run(struct skep_probe *probe, const struct skep_probe_run_opts *opts,
		   struct skep_probe_run_result *ret_result, struct skep_error *err);

SKEP_END
#endif
