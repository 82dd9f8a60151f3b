/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef FAULT_INJECT_H
#define FAULT_INJECT_H
/*
 * The Nth system call, or the Nth allocation, fails.
 *
 * System calls: a seccomp filter hands those of calls.def that the calling thread makes, and the threads that it starts,
 * to a second thread, which lets them pass or answers an error in their place. It reaches what libraries do, too, and
 * needs no preloading (which does not go together with the address sanitizer).
 * Allocations: allocation.h.
 *
 * Source: seccomp_unotify(2); Linux 5.5 for SECCOMP_USER_NOTIF_FLAG_CONTINUE.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* So many calls, and so many allocations, are remembered. */
#define INJECT_KEPT 20000u

enum inject_kind {
	INJECT_CALL,
	INJECT_ALLOCATION,
};

struct inject_fault {
	enum inject_kind kind;
	unsigned number;  /* the call or allocation that fails, from 1; 0: none, only count */
	int error;        /* the errno that a call gets; an allocation gets ENOMEM */
	const int *calls; /* SYS_*: the ones to count and fail; NULL: all of calls.def */
	size_t call_count;
};

/* Kept up to date while the function runs, so that shared memory tells what a process that crashed has met. */
struct inject_report {
	unsigned calls;       /* system calls and */
	unsigned allocations; /* allocations that were made, the failed one included */
	bool failed;          /* the fault has happened */
	bool moved;           /* the function's thread has come back in another namespace */
	int call;             /* the system call that failed; -1: none */
	int closed;           /* no fd, and it was closed; INT_MIN: there was none */
	void *caller;         /* of the allocation that failed */
	char what[160];       /* in words: "call 17: bpf(BPF_MAP_CREATE)" */
	uint32_t call_kinds[INJECT_KEPT]; /* [number - 1]: the same for calls that do the same */
	uint32_t allocation_kinds[INJECT_KEPT]; /* likewise: by caller */
};

/*
 * inject_run_fault() - run a function in a thread of its own in which one thing fails
 *
 * The calling thread stands by and is not touched.
 *
 * Return: 0; a negative errno.
 */
int inject_run_fault(void (*fn)(void *userdata), void *userdata, const struct inject_fault *fault,
		     struct inject_report *ret_report);

/* The same with system call @number, which gets @error; 0: none, only count. */
int inject_run(void (*fn)(void *userdata), void *userdata, unsigned number, int error,
	       struct inject_report *ret_report);

#endif
