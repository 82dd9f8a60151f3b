/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef FAULT_OPERATION_H
#define FAULT_OPERATION_H
/*
 * An operation that is done over and over, with one system call or allocation more failing each time, until it meets
 * no fault any more. Each time
 *
 * - it ends, in success or with a negative errno and words in the error record, which success leaves untouched;
 * - nothing is left behind and nothing of others is gone: fds, threads, memory, maps, programs, links, pins, mounts,
 *   interfaces, qdiscs, filters, trace events (world.h); after a success, once undo() has been called;
 * - the thread is in the namespaces in which it was;
 * - what the operation's own check() asks for is so.
 *
 * Where it runs: each point of the test (an operation and an errno) has a process, a quiet network namespace and a
 * mount namespace of its own, with a new bpffs on FAULT_BPFFS; in that, each run has a process of its own, because
 * libraries remember what they believe the kernel cannot do, and because a run may crash or hang.
 */
#include <stdbool.h>
#include <stddef.h>

#include <skep/error.h>

#include "inject.h"

#define FAULT_BPFFS "/sys/fs/bpf"
#define FAULT_SCRATCH "/mnt" /* a tmpfs, which is private and empty, too */

#define FAULT_MAY_SURVIVE (1u << 0) /* success in spite of a fault is right: there is another way */
#define FAULT_WORDLESS (1u << 1)    /* has no error record: the hot path */
#define FAULT_SAYS_WHAT_STAYS \
	(1u << 2) /* of kind PARTIAL, it may leave what the fault kept it from removing */
#define FAULT_UNDO_ALWAYS \
	(1u << 3)                /* a failure may leave it done in part, which undo() sets right */
#define FAULT_NO_CALLS (1u << 4) /* only allocations are to fail */
#define FAULT_NO_ALLOCATIONS (1u << 5) /* it makes none: else that is wrong */
#define FAULT_ALONE (1u << 6) /* touches what is one for the kernel: not while others run */

struct fault_operation {
	const char *name;
	void *context; /* of all functions here; each run has a copy, as it was after prepare() */

	/* once per point, and before each run; NULL: nothing to do. Return: 0; a negative errno */
	int (*prepare)(void *context);
	int (*set_up)(void *context);

	/* the operation; on failure it has released what it had made. Return: what it returned */
	int (*run)(void *context, struct skep_error *err);

	/* after it, undisturbed: is all as it should be after that result. Return: 0; else @why is written */
	int (*check)(void *context, int result, char *why, size_t size);

	/* releases what a success has made */
	void (*undo)(void *context);

	/* after each run, in the point's process: takes away what a failed test may have left, for the next run */
	void (*clean)(void *context);

	const int *errnos; /* of system calls; NULL: ENOMEM and EPERM */
	size_t errno_count;
	const int *calls; /* SYS_*: those that fail; NULL: all of calls.def */
	size_t call_count;
	unsigned flags;
	unsigned timeout_ms; /* of a run; 0: 30 s */
	unsigned
		settle_ms; /* how long this process's own things (world.h) may take to go; 0: 10 s */
	/* Of the calls or allocations that do the same only so many fail, the first and the last: for what looks at
	 * everything that the host has. 0: all. */
	unsigned alike;
};

#define FAULT_SURVIVORS 32

/* How a point ended: all runs of an operation with one errno, or with failing allocations. */
struct fault_outcome {
	unsigned runs;
	unsigned faults;   /* runs in which something failed */
	unsigned survived; /* of these, the ones that succeeded */
	unsigned wrong;    /* runs that were not as they should be */
	char said[8192];   /* a line about each of the first of these */
	struct {
		char what[40]; /* "openat" */
		unsigned count;
	} survivors[FAULT_SURVIVORS]; /* by kind; count 0: the end */
};

/* @number: only this one; 0: all. Return: 0: the outcome is there; a negative errno. */
int fault_try(const struct fault_operation *operation, enum inject_kind kind, int error,
	      unsigned number, struct fault_outcome *ret_outcome);

/*
 * fault_main() - the body of main(): a TAP point for each operation and errno
 *
 * Arguments: [OPERATION [NUMBER]], to run only operations whose name contains the word, and only the one fault.
 */
int fault_main(int argc, char **argv, const struct fault_operation *const *operations,
	       size_t count);

#endif
