/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef FAULT_INJECT_H
#define FAULT_INJECT_H
/*
 * The Nth system call fails: a seccomp filter hands the interesting system calls of the calling thread to a second
 * thread, which lets them pass or answers an error in their place. It reaches what libraries do, too, and needs no
 * preloading (which does not go together with the address sanitizer).
 *
 * Source: seccomp_unotify(2); Linux 5.5 for SECCOMP_USER_NOTIF_FLAG_CONTINUE.
 */

struct inject_report {
	unsigned calls;  /* interesting system calls that were made */
	int failed_call; /* number of the one that failed; -1: none did */
};

/*
 * inject_run() - run a function in a thread of its own in which one system call fails
 * @number: the interesting call, from 1, that fails; 0: none, only count
 * @error:  the errno that it gets
 *
 * The calling thread stands by and is not touched.
 *
 * Return: 0; a negative errno.
 */
int inject_run(void (*fn)(void *userdata), void *userdata, unsigned number, int error,
	       struct inject_report *ret_report);

#endif
