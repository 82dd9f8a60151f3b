/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef SKEP_ATTACH_PERF_EVENT_H
#define SKEP_ATTACH_PERF_EVENT_H
/*
 * Samples: programs of type perf_event, run whenever a counter or a clock has come so far.
 */
#include <skep/attach.h>

SKEP_BEGIN

struct skep_perf_event_opts {
	size_t sz;          /* sizeof(struct skep_perf_event_opts) */
	uint64_t flags;     /* SKEP_ATTACH_DRY_RUN */
	uint64_t method;    /* SKEP_ATTACH_METHOD_LINK, _PERF; 0: the first there is */
	uint64_t type;      /* PERF_TYPE_*: 0 hardware, 1 software, or of a unit in sysfs */
	uint64_t config;    /* PERF_COUNT_*, or what the unit says */
	uint64_t period;    /* a sample each so many counts; of clocks: nanoseconds */
	uint64_t frequency; /* in its place: so many samples a second, by estimate */
	uint64_t pid;       /* only this process, on whichever CPU it is; 0: all */
	const char
		*cpus; /* "0-3,8": on these; NULL: on all that are online, or those where @pid is */
	uint64_t cookie; /* what bpf_get_attach_cookie() returns; 0: none */
};

/**
 * skep_perf_event_attach() - run a program with each sample
 * @prog_fd:        of type perf_event; borrowed
 * @opts:           what to attach to
 * @ret_attachment: owned by the caller, skep_attachment_close(); skep_attachment_results() has a row for each CPU: "cpu3"
 *
 * A CPU that is offline is a row with -ENODEV.
 *
 * Return: 0; -EOPNOTSUPP this kernel lacks the method, or cookies; -ENOENT, -EOPNOTSUPP this machine has no such counter; -ENODEV
 *         all of the CPUs are offline; -EINVAL @opts, or not such a program; -ESRCH no such process; -EPERM, -EACCES not permitted
 *         (kernel.perf_event_paranoid); -E2BIG newer @opts; else a negative errno.
 * Source: perf_event_open(2); bpf(2) BPF_LINK_CREATE, BPF_PERF_EVENT.
 */
int skep_perf_event_attach(int prog_fd, const struct skep_perf_event_opts *opts,
			   struct skep_attachment **ret_attachment, struct skep_error *err);

SKEP_END
#endif
