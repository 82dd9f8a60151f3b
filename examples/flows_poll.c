/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* The flow agent in a poll loop. flows_poll eth0 10: the flows of eth0 as JSON, in 10 epochs of a second. */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

#include <skep/error.h>
#include <skep/flow.h>
#include <skep/flow_table.h>

static char line[SKEP_FLOW_JSON_SIZE + SKEP_FLOW_JSON_POINT_SIZE]; /* two points: in and out */

static const char *name(uint32_t ifindex, void *agent)
{
	return skep_flow_agent_interface_name(*(struct skep_flow_agent **)agent, ifindex);
}

static int print(const struct skep_flow_record *record, void *clock)
{
	return skep_flow_record_json(record, clock, line, sizeof(line)) < 0 || puts(line) < 0;
}

static void report(struct skep_flow_table *table)
{
	struct skep_flow_clock clock;

	skep_flow_clock_now(&clock);
	skep_flow_table_report(table, print, &clock);
}

/* What a flow gained in an epoch, at one point. A full table is told at once and starts anew. */
static int add(const struct skep_flow_entry *entry, void *table)
{
	if (skep_flow_table_add(table, entry) == 0)
		return 0;
	report(table);
	skep_flow_table_clear(table);
	return skep_flow_table_add(table, entry);
}

int main(int argc, char **argv)
{
	_cleanup_(skep_flow_table_freep) struct skep_flow_table *table = NULL;
	_cleanup_(skep_flow_agent_closep) struct skep_flow_agent *a = NULL;
	struct skep_flow_table_opts t = { .sz = sizeof(t), .interface_fn = name, .userdata = &a };
	struct skep_flow_agent_opts o = { .sz = sizeof(o), .entry_fn = add, .epoch_ns = 1e9 };
	struct skep_flow_watch_opts w = { .sz = sizeof(w), .include_count = 1 };
	struct skep_error err = { .msg = "usage: flows_poll INTERFACE EPOCHS" };
	int r = argc == 3 ? skep_flow_table_new(&t, &table, &err) : -1, left = atoi(argv[argc - 1]);
	struct pollfd p = { .events = POLLIN };
	struct skep_flow_ledger ledger;
	struct skep_flow_clock now;
	int64_t left_ns;

	o.userdata = table;
	w.include = (const char *const *)&argv[1];
	if (r == 0)
		r = skep_flow_agent_open(&o, &a, &err);
	if (r == 0)
		r = skep_flow_agent_watch(a, &w, &err);
	for (; r >= 0 && left > 0; left -= r == 1) {
		p.fd = skep_flow_agent_fd(a);
		skep_flow_clock_now(&now);
		left_ns = (int64_t)(skep_flow_agent_deadline_ns(a) - now.monotonic_ns);
		poll(&p, 1, left_ns > 0 ? (int)(left_ns / 1000000) + 1 : 0);
		r = skep_flow_agent_dispatch(a, 0, &err);
		if (r == 1) /* an epoch was drained */
			report(table);
	}
	if (r >= 0)
		r = skep_flow_agent_stop(a, &err); /* detach, drain what is left */
	if (r < 0)
		return fprintf(stderr, "%s\n", err.msg), 1;
	report(table);
	skep_flow_agent_ledger(a, &ledger);
	return skep_flow_ledger_json(&ledger, line, sizeof(line)) < 0 || puts(line) < 0;
}
