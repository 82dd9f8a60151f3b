/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef KERNEL_FIXTURE_H
#define KERNEL_FIXTURE_H
/*
 * A flow agent in a quiet network namespace of its own, and everything that it delivers.
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <skep/error.h>
#include <skep/flow.h>
#include <skep/log.h>

#include "lab/leak.h"

/* Runs a test function in a process and network namespace of its own: nothing outlives it, whatever happens. */
#define IN_NETNS(fn)                        \
	static int fn##_run(void *userdata) \
	{                                   \
		(void)userdata;             \
		fn##_inside();              \
		return lab_leaks();         \
	}                                   \
	static void fn(void **state)        \
	{                                   \
		(void)state;                \
		fixture_in_netns(fn##_run); \
	}

struct delivered {
	struct skep_flow_entry *entries;
	size_t count, room;
	uint64_t packets, segments, bytes; /* of all entries */
};

/* Fails the test that called it if @fn did not end well. */
void fixture_in_netns(int (*fn)(void *userdata));

/* For opts.entry_fn and drains; @userdata is a struct delivered. */
int delivered_add(const struct skep_flow_entry *entry, void *userdata);

/* Sums only: for storms. */
int delivered_count(const struct skep_flow_entry *entry, void *userdata);

void delivered_clear(struct delivered *d);

/* Opens an agent, or fails the test with the agent's words. @opts NULL: defaults, with room for 1,024 flows. */
struct skep_flow_agent *fixture_agent(const struct skep_flow_agent_opts *opts);

/* A pair of virtual interfaces, v0 and v1, both up. */
void fixture_veth(void);

/* Attaches by name, or fails the test. */
void fixture_attach(struct skep_flow_agent *agent, const char *interface);

/* Drains into @d and checks that the ledger balances. */
void fixture_drain(struct skep_flow_agent *agent, struct delivered *d);

/* Fails the test unless @r is 0, with the words of @err. */
#define assert_ok(r, err) fixture_assert_ok(r, err, #r, __FILE__, __LINE__)
void fixture_assert_ok(int r, const struct skep_error *err, const char *what, const char *file,
		       int line);

#endif
