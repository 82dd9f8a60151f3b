/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef SKEP_ATTACH_TRACING_H
#define SKEP_ATTACH_TRACING_H
/*
 * Programs that know the types of what they see, by BTF: tracepoints, entry and exit of functions, decisions of the security
 * module, other programs' functions. What they are attached to was chosen when they were loaded.
 */
#include <skep/attach.h>

SKEP_BEGIN

struct skep_btf;

struct skep_tracing_opts {
	size_t sz;       /* sizeof(struct skep_tracing_opts) */
	uint64_t flags;  /* SKEP_ATTACH_DRY_RUN */
	uint64_t method; /* SKEP_ATTACH_METHOD_LINK or 0 */
	uint64_t cookie; /* what bpf_get_attach_cookie() returns; 0: none */
};

/**
 * skep_tracing_attach() - run a program at what it was loaded for
 * @prog_fd:        of type tracing or lsm; borrowed
 * @family:         SKEP_ATTACH_FAMILY_TP_BTF, _FENTRY, _FEXIT, _FSESSION, _FMOD_RET or _LSM: as which it was loaded
 * @opts:           NULL for defaults
 * @ret_attachment: owned by the caller, skep_attachment_close()
 *
 * Return: 0; -EOPNOTSUPP this kernel has no cookies for them; -EINVAL @opts, or not such a program; -EBUSY something keeps the
 *         kernel from entering the function; -EPERM; -E2BIG newer @opts, or the function has as many programs as it can; else a
 *         negative errno.
 * Source: bpf(2) BPF_RAW_TRACEPOINT_OPEN without a name; with a cookie BPF_LINK_CREATE.
 */
int skep_tracing_attach(int prog_fd, uint32_t family, const struct skep_tracing_opts *opts,
			struct skep_attachment **ret_attachment, struct skep_error *err);

struct skep_tracing_multi_opts {
	size_t sz;                  /* sizeof(struct skep_tracing_multi_opts) */
	uint64_t flags;             /* SKEP_ATTACH_DRY_RUN */
	uint64_t method;            /* SKEP_ATTACH_METHOD_MULTI or 0 */
	const char *const *symbols; /* functions of the kernel itself, not of modules */
	uint64_t symbol_count;      /* of @symbols */
	const uint64_t *cookies;    /* one for each of @symbols; NULL: none */
	const char *const
		*patterns; /* as of skep_symbol_walk(), in the place of @symbols: all that match */
	uint64_t pattern_count;       /* of @patterns */
	uint64_t cookie;              /* of all that match */
	const struct skep_btf *types; /* skep_btf_open_kernel(), borrowed; NULL: read each time */
};

/**
 * skep_tracing_attach_multi() - run a program at entry or exit of many functions of the kernel, by one link
 * @prog_fd:        of type tracing, loaded with SKEP_ATTACH_TYPE_TRACE_FENTRY_MULTI, _FEXIT_MULTI or _FSESSION_MULTI, without
 *                  a function; borrowed
 * @family:         SKEP_ATTACH_FAMILY_FENTRY, _FEXIT or _FSESSION: as which it was loaded
 * @opts:           what to attach to
 * @ret_attachment: owned by the caller, skep_attachment_close(); skep_attachment_results() has a row for each function
 *
 * A function that there is not, or that cannot be traced so, is a row with its code and keeps none of the others from being
 * attached. Ask skep_attach_supported() before loading the program.
 *
 * Return: 0, also if some rows have a code; -ENOENT nothing matches, or none could be attached; -EINVAL @opts, or not such a
 *         program; -EOPNOTSUPP this kernel has no such links; -EPERM; -E2BIG newer @opts; else a negative errno.
 * Source: bpf(2) BPF_LINK_CREATE, BPF_TRACE_FENTRY_MULTI, BPF_TRACE_FEXIT_MULTI, BPF_TRACE_FSESSION_MULTI.
 */
int skep_tracing_attach_multi(int prog_fd, uint32_t family,
			      const struct skep_tracing_multi_opts *opts,
			      struct skep_attachment **ret_attachment, struct skep_error *err);

struct skep_freplace_opts {
	size_t sz;            /* sizeof(struct skep_freplace_opts) */
	uint64_t flags;       /* SKEP_ATTACH_DRY_RUN */
	uint64_t method;      /* SKEP_ATTACH_METHOD_LINK or 0 */
	const char *function; /* of another program than it was loaded for, with @target_fd */
	uint64_t
		target_fd; /* of that program; borrowed; without @function: what it was loaded for */
};

/**
 * skep_freplace_attach() - let a program stand in for a function of another program
 * @prog_fd:        of type ext; borrowed
 * @opts:           NULL: what it was loaded for
 * @ret_attachment: owned by the caller, skep_attachment_close()
 *
 * Return: 0; -ENOENT the target has no such function; -EINVAL @opts, or the functions differ; -EBUSY the function has a stand-in
 *         already; -EPERM; -E2BIG newer @opts; else a negative errno.
 * Source: bpf(2) BPF_LINK_CREATE of programs of type ext, 5.10.
 */
int skep_freplace_attach(int prog_fd, const struct skep_freplace_opts *opts,
			 struct skep_attachment **ret_attachment, struct skep_error *err);

struct skep_lsm_cgroup_opts {
	size_t sz;          /* sizeof(struct skep_lsm_cgroup_opts) */
	uint64_t flags;     /* SKEP_ATTACH_DRY_RUN */
	uint64_t method;    /* SKEP_ATTACH_METHOD_LINK or 0 */
	const char *cgroup; /* path of its directory */
};

/**
 * skep_lsm_cgroup_attach() - let a program decide about what processes of a control group do
 * @prog_fd:        of type lsm, loaded with SKEP_ATTACH_TYPE_LSM_CGROUP; borrowed
 * @opts:           what to attach to
 * @ret_attachment: owned by the caller, skep_attachment_close()
 *
 * Return: 0; -EOPNOTSUPP this kernel lacks it; -EINVAL @opts, or not such a program; -EBADF no directory of cgroup2; -EPERM;
 *         -E2BIG newer @opts; else a negative errno of open(2), bpf(2).
 * Source: bpf(2) BPF_LINK_CREATE, BPF_LSM_CGROUP, 6.0.
 */
int skep_lsm_cgroup_attach(int prog_fd, const struct skep_lsm_cgroup_opts *opts,
			   struct skep_attachment **ret_attachment, struct skep_error *err);

SKEP_END
#endif
