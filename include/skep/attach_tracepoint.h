/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef SKEP_ATTACH_TRACEPOINT_H
#define SKEP_ATTACH_TRACEPOINT_H
/*
 * Tracepoints of the kernel: programs of type tracepoint, which see what the tracepoint prints, and of type raw_tracepoint,
 * which see its arguments. Programs that know the types of the arguments are in skep/attach_tracing.h.
 */
#include <skep/attach.h>

SKEP_BEGIN

struct skep_tracepoint_opts {
	size_t sz;            /* sizeof(struct skep_tracepoint_opts) */
	uint64_t flags;       /* SKEP_ATTACH_DRY_RUN */
	uint64_t method;      /* SKEP_ATTACH_METHOD_LINK, _PERF; 0: the first there is */
	const char *category; /* "sched" */
	const char *name;     /* "sched_switch" */
	uint64_t cookie;      /* what bpf_get_attach_cookie() returns; 0: none */
};

/**
 * skep_tracepoint_attach() - run a program at a tracepoint
 * @prog_fd:        of type tracepoint; borrowed
 * @opts:           what to attach to
 * @ret_attachment: owned by the caller, skep_attachment_close()
 *
 * Return: 0; -ENOENT no such tracepoint, or tracefs is not mounted; -EOPNOTSUPP this kernel lacks the method, or cookies;
 *         -EINVAL @opts, or not such a program; -EPERM, -EACCES not permitted; -E2BIG newer @opts; else a negative errno.
 * Source: perf_event_open(2), PERF_TYPE_TRACEPOINT; bpf(2) BPF_LINK_CREATE, BPF_PERF_EVENT.
 */
int skep_tracepoint_attach(int prog_fd, const struct skep_tracepoint_opts *opts,
			   struct skep_attachment **ret_attachment, struct skep_error *err);

struct skep_raw_tracepoint_opts {
	size_t sz;        /* sizeof(struct skep_raw_tracepoint_opts) */
	uint64_t flags;   /* SKEP_ATTACH_DRY_RUN */
	uint64_t method;  /* SKEP_ATTACH_METHOD_RAW_TRACEPOINT or 0 */
	const char *name; /* "sched_switch": without category */
	uint64_t cookie;  /* 0: none; Linux 6.10 */
};

/**
 * skep_raw_tracepoint_attach() - run a program at a tracepoint, with its raw arguments
 * @prog_fd:        of type raw_tracepoint or raw_tracepoint_writable; borrowed
 * @opts:           what to attach to
 * @ret_attachment: owned by the caller, skep_attachment_close()
 *
 * Return: 0; -ENOENT no such tracepoint; -EOPNOTSUPP this kernel has no cookies for them; -EINVAL @opts, or not such a program,
 *         or it reads or writes beyond what the tracepoint has; -EPERM; -E2BIG newer @opts; else a negative errno.
 * Source: bpf(2) BPF_RAW_TRACEPOINT_OPEN.
 */
int skep_raw_tracepoint_attach(int prog_fd, const struct skep_raw_tracepoint_opts *opts,
			       struct skep_attachment **ret_attachment, struct skep_error *err);

SKEP_END
#endif
