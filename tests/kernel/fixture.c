/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lab/link.h"
#include "lab/netns.h"

void fixture_in_netns(int (*fn)(void *userdata))
{
	int r = lab_in_netns(fn, NULL);

	if (r == LAB_EXIT_SKIP)
		skip();
	if (r != 0)
		fail_msg("the test's process ended with %d", r);
}

static void print_log(uint64_t level, const char *text, void *userdata)
{
	(void)level;
	(void)userdata;
	fprintf(stderr, "# agent: %s\n", text);
}

void fixture_assert_ok(int r, const struct skep_error *err, const char *what, const char *file,
		       int line)
{
	if (r >= 0)
		return;
	fprintf(stderr, "%s:%d: %s = %d: %s\n", file, line, what, r, err ? err->msg : "");
	_fail(file, line);
}

int delivered_count(const struct skep_flow_entry *entry, void *userdata)
{
	struct delivered *d = userdata;

	d->packets += entry->packets;
	d->segments += entry->segments;
	d->bytes += entry->bytes;
	return 0;
}

int delivered_add(const struct skep_flow_entry *entry, void *userdata)
{
	struct delivered *d = userdata;

	delivered_count(entry, d);
	if (d->count == d->room) {
		d->room = d->room ? d->room * 2 : 64;
		d->entries = reallocarray(d->entries, d->room, sizeof(*d->entries));
		assert_non_null(d->entries);
	}
	d->entries[d->count++] = *entry;
	return 0;
}

void delivered_clear(struct delivered *d)
{
	free(d->entries);
	memset(d, 0, sizeof(*d));
}

struct skep_flow_agent *fixture_agent(const struct skep_flow_agent_opts *opts)
{
	struct skep_log log = { .fn = print_log, .level = SKEP_LOG_WARNING };
	struct skep_flow_agent_opts o = { .sz = sizeof(o), .max_flows = 1024 };
	struct skep_flow_agent *agent = NULL;
	struct skep_error err = { 0 };

	if (opts)
		o = *opts;
	if (!o.log)
		o.log = &log;
	assert_ok(skep_flow_agent_open(&o, &agent, &err), &err);
	return agent;
}

void fixture_veth(void)
{
	assert_int_equal(lab_veth_create("v0", "v1", true), 0);
}

void fixture_attach(struct skep_flow_agent *agent, const char *interface)
{
	struct skep_error err = { 0 };

	assert_ok(skep_flow_agent_attach(agent, (uint32_t)lab_link_index(interface), &err), &err);
}

void fixture_drain(struct skep_flow_agent *agent, struct delivered *d)
{
	struct skep_flow_ledger ledger;
	struct skep_error err = { 0 };

	assert_ok(skep_flow_agent_drain(agent, delivered_add, d, &err), &err);
	skep_flow_agent_ledger(agent, &ledger);
	assert_true(skep_flow_ledger_balanced(&ledger));
}
