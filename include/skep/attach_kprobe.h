/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef SKEP_ATTACH_KPROBE_H
#define SKEP_ATTACH_KPROBE_H
/*
 * Functions of the kernel: programs of type kprobe at a place in one, at its return, or at many at once.
 */
#include <skep/attach.h>

SKEP_BEGIN

/* At the return: the family is kretprobe. */
#define SKEP_KPROBE_RETURN (1u << 8)
/* At entry and return, by one program that was loaded for it (SKEP_ATTACH_TYPE_TRACE_KPROBE_SESSION): many at once only. */
#define SKEP_KPROBE_SESSION (1u << 9)
/* If there is no function of that name, the first variant that the compiler made of it: name.isra.0, name.constprop.0. */
#define SKEP_KPROBE_VARIANTS (1u << 10)
/* Of many at once: skep_attachment_results() tells their addresses, too, if /proc/kallsyms does; which takes a while to read. */
#define SKEP_KPROBE_ADDRESSES (1u << 11)

struct skep_kprobe_opts {
	size_t sz;      /* sizeof(struct skep_kprobe_opts) */
	uint64_t flags; /* SKEP_ATTACH_DRY_RUN, SKEP_KPROBE_RETURN, _VARIANTS */
	uint64_t
		method; /* SKEP_ATTACH_METHOD_LINK, _PERF, _TRACEFS, _MULTI; 0: the first that fits */
	const char *symbol; /* the function: "vfs_read"; of a module "fuse:fuse_lookup" */
	uint64_t address;   /* of the kernel, in the place of the symbol */
	uint64_t offset;    /* from there, in bytes: an instruction begins there */
	uint64_t
		max_active; /* of a return: how many calls may be under way; others are missed. 0: the kernel's default */
	uint64_t cookie; /* what bpf_get_attach_cookie() returns; 0: none */
};

/**
 * skep_kprobe_attach() - run a program at a place in a function of the kernel, or at its return
 * @prog_fd:        of type kprobe; loaded for many functions (SKEP_ATTACH_TYPE_TRACE_KPROBE_MULTI) it is attached by
 *                  SKEP_ATTACH_METHOD_MULTI, otherwise by the others; borrowed
 * @opts:           what to attach to
 * @ret_attachment: owned by the caller, skep_attachment_close()
 *
 * Only a probe made in tracefs has @max_active: with it the method is SKEP_ATTACH_METHOD_TRACEFS, if none is asked for. Its
 * event is in a group that is named after this process.
 *
 * Return: 0; -ENOENT no such function; -ENOTUNIQ several functions have that name: tell the address; -EADDRNOTAVAIL it cannot
 *         be probed there; -EOPNOTSUPP this kernel lacks the method, or kprobes, or cookies, or the program was not loaded for
 *         the method; -EINVAL @opts, or not such a program; -EBADF no program; -EILSEQ no instruction begins
 *         at @offset; -EPERM, -EACCES not permitted; -E2BIG newer @opts; else a negative errno.
 * Source: perf_event_open(2); bpf(2) BPF_LINK_CREATE; Documentation/trace/kprobetrace.rst.
 */
int skep_kprobe_attach(int prog_fd, const struct skep_kprobe_opts *opts,
		       struct skep_attachment **ret_attachment, struct skep_error *err);

struct skep_kprobe_multi_opts {
	size_t sz;      /* sizeof(struct skep_kprobe_multi_opts) */
	uint64_t flags; /* SKEP_ATTACH_DRY_RUN, SKEP_KPROBE_RETURN, _SESSION, _ADDRESSES */
	uint64_t
		method; /* SKEP_ATTACH_METHOD_MULTI, _LINK, _PERF, _TRACEFS; 0: the first that fits */
	const char *const *symbols; /* functions */
	uint64_t symbol_count;      /* of @symbols */
	const uint64_t *cookies;    /* one for each of @symbols; NULL: none */
	const char *const
		*patterns; /* as of skep_symbol_walk(), in the place of @symbols: all that match */
	uint64_t pattern_count; /* of @patterns */
	uint64_t cookie;        /* of all that match */
};

/**
 * skep_kprobe_attach_multi() - run a program at many functions of the kernel
 * @prog_fd:        of type kprobe; for SKEP_ATTACH_METHOD_MULTI loaded with SKEP_ATTACH_TYPE_TRACE_KPROBE_MULTI, for the others
 *                  with 0; borrowed
 * @opts:           what to attach to
 * @ret_attachment: owned by the caller, skep_attachment_close(); skep_attachment_results() has a row for each function
 *
 * By one link, if this kernel has such links and the program was loaded for them, which is dozens of times faster; else one by
 * one. A function that there is not, or that cannot be probed, is a row with its code and keeps none of the others from being
 * attached. Ask skep_attach_supported() before loading the program.
 *
 * Return: 0, also if some rows have a code; -ENOENT nothing matches, or none could be attached; -EINVAL @opts, or not such a
 *         program; -EBADF no program; -EOPNOTSUPP this kernel lacks the method, or the program was not loaded for it; -EPERM,
 *         -EACCES not permitted; -E2BIG newer @opts; else a negative errno.
 * Source: bpf(2) BPF_LINK_CREATE, BPF_TRACE_KPROBE_MULTI, BPF_TRACE_KPROBE_SESSION.
 */
int skep_kprobe_attach_multi(int prog_fd, const struct skep_kprobe_multi_opts *opts,
			     struct skep_attachment **ret_attachment, struct skep_error *err);

SKEP_END
#endif
