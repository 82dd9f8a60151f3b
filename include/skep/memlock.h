/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef SKEP_MEMLOCK_H
#define SKEP_MEMLOCK_H
/*
 * RLIMIT_MEMLOCK: kernels before 5.11 count the memory of BPF maps and programs against it, and answer EPERM when it is
 * used up. Later ones count it by memory cgroup, and leave the limit alone.
 *
 * The limit is one for the whole process: it changes for all threads, and two threads that save and restore it at once
 * disturb each other.
 */
#include <skep/base.h>

SKEP_BEGIN

struct skep_error;

/* What skep_memlock_raise() has found or done. */
enum skep_memlock_outcome {
	SKEP_MEMLOCK_NOT_NEEDED =
		0,               /* the kernel does not count BPF memory: the limit is untouched */
	SKEP_MEMLOCK_RAISED = 1, /* the limit is infinite now */
	SKEP_MEMLOCK_LIMITED =
		2, /* the soft limit is the hard one now, and more is not permitted */
};

/* The limit as it was. A plain record. */
struct skep_memlock_saved {
	uint64_t soft_bytes; /* UINT64_MAX: infinite */
	uint64_t hard_bytes;
	uint64_t touched; /* 1: there is something to restore */
};

/**
 * skep_memlock_counted() - does this kernel count BPF memory against RLIMIT_MEMLOCK
 *
 * Return: 1 it does; 0 it does not; -EPERM, -EACCES not permitted to find out; another negative errno: could not tell.
 *         Only 0 and 1 are remembered.
 * Context: any thread; the first call loads a program of two instructions.
 * Source: the memory of BPF came to be counted by memory cgroup in the release that brought the helper
 *         bpf_ktime_get_coarse_ns(), 5.11.
 */
int skep_memlock_counted(struct skep_error *err);

/**
 * skep_memlock_raise() - let BPF memory not fail by RLIMIT_MEMLOCK
 * @ret_saved: what skep_memlock_restore() needs; NULL: the limit stays raised
 *
 * If it could not be found out whether the kernel counts, the limit is raised: that harms nobody.
 *
 * Return: enum skep_memlock_outcome: not being permitted to raise it is no error; a negative errno of getrlimit(2).
 * Context: changes the limit of the whole process.
 * Source: setrlimit(2); CAP_SYS_RESOURCE of capabilities(7).
 */
int skep_memlock_raise(struct skep_memlock_saved *ret_saved, struct skep_error *err);

/**
 * skep_memlock_restore() - put the limit back
 * @saved: of skep_memlock_raise()
 *
 * Return: 0; a negative errno of setrlimit(2).
 * Context: changes the limit of the whole process.
 * Source: setrlimit(2): a limit may always be lowered.
 */
int skep_memlock_restore(const struct skep_memlock_saved *saved, struct skep_error *err);

/**
 * skep_memlock_hint() - what to do about an outcome
 * @outcome: enum skep_memlock_outcome
 *
 * Return: a static sentence; "" if there is nothing to do.
 * Context: any thread.
 * Source: capabilities(7); systemd.exec(5), LimitMEMLOCK.
 */
const char *skep_memlock_hint(int outcome);

SKEP_END
#endif
