/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef KERNEL_HOOK_H
#define KERNEL_HOOK_H
/*
 * A program of any kind that counts how often it runs and keeps the cookie of its attachment; and what makes the kernel run
 * it: a system call that nobody else on the machine makes.
 */
#include <stdint.h>

#include "bpf_fixture.h"

struct skep_attachment;

struct hook_spec {
	uint32_t type, attach_type; /* SKEP_PROG_TYPE_*, SKEP_ATTACH_TYPE_* it is loaded for */
	int with_cookie;            /* if this kernel has cookies for such programs */
	int32_t returned;
	uint32_t flags; /* SKEP_PROG_FLAG_* */
	const char *
		target; /* of BTF: a function, "btf_trace_" and a tracepoint, "bpf_iter_" or "bpf_lsm_" and a name */
};

struct hook {
	int prog_fd, map_fd;
	int has_cookie;
	volatile uint64_t *values; /* shared with the program: how often, and the last cookie */
};

/* Return: 0; a negative errno: the kernel does not load it. */
int hook_load(const struct hook_spec *spec, struct hook *ret_hook);
/* The test fails without it. */
void hook_open(const struct hook_spec *spec, struct hook *ret_hook);
void hook_close(struct hook *hook);

/* For IN_PROCESS(): a mount namespace of its own, with tracefs. */
void hook_enter(void);

#define HOOK_CALLS 5

/* Calls getpgid(2) HOOK_CALLS times. */
void hook_call(void);

/* How often the program runs while hook_call() does: in guests exactly that often, elsewhere others may call it, too. */
uint64_t hook_count(const struct hook *hook);

/* The id of a type of the kernel. Return: 0 there is none. */
uint32_t hook_btf_id(const char *name);

/* The function of getpgid(2). */
const char *hook_function(void);
uint64_t hook_address(void);

/* For a whole group of tests: what takes long to find out is found out before they fork. */
int hook_group_setup(void **state);

/* Does the kernel have such events at all: "kprobe_events", "uprobe_events"? */
int hook_has_events(const char *file);

/* How many events there are in the file whose line has these words. */
unsigned hook_count_events(const char *file, const char *words);

/* The method works, as it reports, or this kernel lacks it and says so by its own kind. */
#define assert_attached(r, err, attachment, family, method) \
	hook_assert_attached(r, err, attachment, family, method, __FILE__, __LINE__)
int hook_assert_attached(int r, const struct skep_error *err, const struct skep_attachment *a,
			 uint32_t family, uint32_t method, const char *file, int line);

/* Fails the test unless it runs; and unless it no longer does after it was detached, which it is. */
#define assert_fires_until_detached(hook, attachment) \
	hook_assert_fires(hook, attachment, hook_call, __FILE__, __LINE__)
#define assert_fires_until_detached_by(hook, attachment, call) \
	hook_assert_fires(hook, attachment, call, __FILE__, __LINE__)
void hook_assert_fires(const struct hook *hook, struct skep_attachment *a, void (*call)(void),
		       const char *file, int line);

#endif
