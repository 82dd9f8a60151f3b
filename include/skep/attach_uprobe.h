/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef SKEP_ATTACH_UPROBE_H
#define SKEP_ATTACH_UPROBE_H
/*
 * Functions and tracepoints of programs and libraries: programs of type kprobe at a place in a file, whichever processes
 * execute it. An instruction has to begin there: a breakpoint inside of one kills, or leads astray, who executes it, and the
 * kernel cannot always tell.
 */
#include <skep/attach.h>

SKEP_BEGIN

struct skep_binary;

/* At the return of the function: the family is uretprobe. */
#define SKEP_UPROBE_RETURN (1u << 8)
/* At entry and return, by one program that was loaded for it (SKEP_ATTACH_TYPE_TRACE_UPROBE_SESSION). */
#define SKEP_UPROBE_SESSION (1u << 9)
/* At all functions that match, of which each has a row in skep_attachment_results(); else at the first. */
#define SKEP_UPROBE_ALL (1u << 10)

struct skep_uprobe_opts {
	size_t sz;      /* sizeof(struct skep_uprobe_opts) */
	uint64_t flags; /* SKEP_ATTACH_DRY_RUN, SKEP_UPROBE_* */
	uint64_t
		method; /* SKEP_ATTACH_METHOD_LINK, _PERF, _TRACEFS, _MULTI; 0: the first that fits */

	/* which file: one of these, as of skep_binary_open() */
	const struct skep_binary *binary; /* that is open; borrowed for the call */
	const char *file;                 /* a path, or the name of a library or a program */
	const char *build_id;             /* hexadecimal; with @file: it must have it */
	uint64_t
		view_pid; /* the file is named from the root of this process; 0: of @pid, or as the caller does */

	/* which place in it */
	const char *symbol;   /* name, name@VERSION, name+OFFSET, glob or /regular expression/ */
	uint64_t address;     /* virtual, in the place of the symbol */
	uint64_t file_offset; /* in the place of both */
	uint64_t semaphore;   /* file offset of a counter of those who listen; 0: there is none */

	uint64_t pid;    /* only this process; 0: all */
	uint64_t cookie; /* what bpf_get_attach_cookie() returns; 0: none */
};

/**
 * skep_uprobe_attach() - run a program at a place in a file that is executed
 * @prog_fd:        of type kprobe; for SKEP_ATTACH_METHOD_MULTI loaded with SKEP_ATTACH_TYPE_TRACE_UPROBE_MULTI, for the others
 *                  with 0; borrowed
 * @opts:           what to attach to
 * @ret_attachment: owned by the caller, skep_attachment_close()
 *
 * Without a method, a program that was loaded for many places is attached by a link to all of them, also if it is one; any
 * other place by place.
 *
 * Return: 0; -ENOENT no such file or function, or nothing is at the address; -EOPNOTSUPP this kernel lacks the method, or
 *         cookies, or the program was not loaded for the method; -EINVAL @opts, or a place that is no code, or not such a
 *         program; -EBADF no program; -ESRCH no such process; -EPERM, -EACCES not permitted; -E2BIG newer @opts;
 *         else as skep_binary_open().
 * Source: perf_event_open(2); bpf(2) BPF_LINK_CREATE, BPF_TRACE_UPROBE_MULTI; Documentation/trace/uprobetracer.rst.
 */
int skep_uprobe_attach(int prog_fd, const struct skep_uprobe_opts *opts,
		       struct skep_attachment **ret_attachment, struct skep_error *err);

struct skep_usdt_opts {
	size_t sz;       /* sizeof(struct skep_usdt_opts) */
	uint64_t flags;  /* SKEP_ATTACH_DRY_RUN */
	uint64_t method; /* SKEP_ATTACH_METHOD_LINK, _PERF, _MULTI; 0: the first that fits */

	const struct skep_binary *binary; /* as of struct skep_uprobe_opts */
	const char *file;
	const char *build_id;
	uint64_t view_pid;

	const char *provider; /* NULL: any */
	const char *name;

	uint64_t pid;    /* only this process; 0: all */
	uint64_t cookie; /* of all places; 0: none */
	const uint64_t
		*cookies; /* of each place, in the order of skep_binary_usdts(); NULL: @cookie */
	uint64_t cookie_count; /* of @cookies: must be that of the places */
};

/**
 * skep_usdt_attach() - run a program at all places of a tracepoint that a program's author has put into it
 * @prog_fd:        as of skep_uprobe_attach()
 * @opts:           what to attach to
 * @ret_attachment: owned by the caller, skep_attachment_close(); skep_attachment_results() has a row for each place
 *
 * The kernel counts up its semaphore while it is attached. Where the arguments are is told by skep_binary_usdts(); how a program
 * reads them is its own matter: by cookies it can know at which place it runs.
 *
 * Return: as skep_uprobe_attach(); -ENOENT also: the file has no such tracepoint.
 * Source: as of skep_uprobe_attach(); <sys/sdt.h> of SystemTap.
 */
int skep_usdt_attach(int prog_fd, const struct skep_usdt_opts *opts,
		     struct skep_attachment **ret_attachment, struct skep_error *err);

SKEP_END
#endif
