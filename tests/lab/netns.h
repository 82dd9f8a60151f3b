/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef LAB_NETNS_H
#define LAB_NETNS_H
/*
 * Network namespaces for tests: anonymous, so that they end with the last process or fd in them, however that ends.
 *
 * They are quiet: IPv6 is off on all interfaces (no neighbour discovery, no MLD), loopback is up, and nothing else
 * is there that would send a packet of its own. lab_ipv6_set() turns IPv6 on for one interface.
 *
 * Needs root. Functions return 0 (or what they say) or a negative errno.
 */
#include <stdint.h>

/* For lab_in_netns(); times LAB_TIMEOUT_FACTOR of the environment (guests without hardware acceleration: 5). */
#define LAB_IN_NETNS_TIMEOUT_NS (60ull * 1000000000)

/* Exit codes of lab_in_netns() that are not the function's own. */
#define LAB_EXIT_TIMEOUT 124
#define LAB_EXIT_SETUP 125
#define LAB_EXIT_SKIP 126   /* of lab_skip() */
#define LAB_EXIT_SIGNAL 128 /* plus the signal; 128 + SIGABRT: an assertion failed */

typedef int (*lab_netns_fn)(void *userdata);

/*
 * Moves the calling thread into a new namespace; the one it leaves ends if nobody else is in it. Call it again for
 * the next test. The second form is a cmocka setup function.
 */
int lab_netns_enter(void);
int lab_netns_setup(void **state);

/*
 * Runs @fn in a child process, in a new namespace. The child and what it started are killed after
 * LAB_IN_NETNS_TIMEOUT_NS, and when the caller dies. A failing cmocka assertion ends the child with SIGABRT after
 * its message; skip() must not be called there, but lab_skip().
 * Return: what @fn returned (0 to 123), LAB_EXIT_*; a negative errno: there was no child.
 */
int lab_in_netns(lab_netns_fn fn, void *userdata);
int lab_in_netns_for(uint64_t timeout_ns, lab_netns_fn fn, void *userdata);

/* Ends such a child: this kernel lacks what the test is about, and another one has to run it. The caller is to skip(). */
void lab_skip(void) __attribute__((noreturn));

/* Makes a second namespace, without entering it. Return: its fd, to be closed by the caller; a negative errno. */
int lab_netns_new(void);

/* Runs @fn in the namespace @netns_fd, in the calling thread. Return: what @fn returned; a negative errno. */
int lab_netns_call(int netns_fd, lab_netns_fn fn, void *userdata);

#endif
