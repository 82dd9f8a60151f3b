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

struct skep_probe_run_opts {
	size_t sz;        /* sizeof(struct skep_probe_run_opts) */
	const void *data; /* the packet; NULL: a program that takes none */
	uint64_t data_bytes;
	void *data_out; /* what it has become; NULL: not wanted */
	uint64_t data_out_bytes;
	const void *context; /* struct __sk_buff, xdp_md ... NULL: zeros */
	uint64_t context_bytes;
	void *context_out; /* NULL: not wanted */
	uint64_t context_out_bytes;
	uint64_t repeat; /* of a benchmark; 0: once */
	void (*reset_fn)(
		void *userdata); /* called before a run is begun again because a signal came; NULL */
	void *userdata;
};

struct skep_probe_run_result {
	uint64_t returned;          /* as the kernel has it: 32 bits */
	uint64_t duration_ns;       /* of one run, on the average */
	uint64_t data_out_bytes;    /* that were written */
	uint64_t context_out_bytes; /* likewise */
	uint64_t restarts;          /* because signals came */
};

/**
 * skep_probe_run() - run its program
 * @opts:       data and how often
 * @ret_result: what came out; also with -ENOSPC
 *
 * Of most types the kernel wants a packet of 14 bytes at least.
 *
 * Return: 0; -ENOSPC what came out does not fit; -EINVAL, SKEP_ERR_NOT_LOADED; -EOPNOTSUPP programs of this type cannot be run so;
 *         else a negative errno.
 * Source: bpf(2) BPF_PROG_TEST_RUN; net/bpf/test_run.c.
 */
int skep_probe_run(struct skep_probe *probe, const struct skep_probe_run_opts *opts,
		   struct skep_probe_run_result *ret_result, struct skep_error *err);

SKEP_END
#endif
