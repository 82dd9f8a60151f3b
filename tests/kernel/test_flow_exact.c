/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* Nothing is lost: storms against the sender's own count, the kernel's counters and the ledger. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <skep/flow_table.h>

#include "base/time.h"
#include "fixture.h"
#include "flow/epoch.h"
#include "flow/interfaces.h"
#include "flow/program.h"
#include "lab/frame.h"
#include "lab/link.h"
#include "lab/load.h"
#include "lab/poll.h"
#include "lab/send.h"
#include "lab/storm.h"

#define SENDERS 2

/* What was delivered of each flow of a storm at one point. */
struct tally {
	uint32_t flows;
	struct lab_storm_sent *egress, *ingress;
	uint64_t strangers; /* entries that are no flow of the storm */
	struct skep_flow_volume points[2];
};

static void tally_init(struct tally *t, uint32_t flows)
{
	memset(t, 0, sizeof(*t));
	t->flows = flows;
	t->egress = calloc(flows, sizeof(*t->egress));
	t->ingress = calloc(flows, sizeof(*t->ingress));
	assert_non_null(t->egress);
	assert_non_null(t->ingress);
}

static void tally_fini(struct tally *t)
{
	free(t->egress);
	free(t->ingress);
}

static int tally_entry(const struct skep_flow_entry *e, void *userdata)
{
	int family = e->id.ethertype == 0x86dd ? AF_INET6 : AF_INET;
	int64_t number = lab_storm_number(family, e->id.src_addr);
	int egress = e->direction == SKEP_DIRECTION_EGRESS;
	struct tally *t = userdata;
	struct lab_storm_sent *s;

	if (number < 0 || number >= t->flows) {
		t->strangers++;
		return 0;
	}
	s = egress ? &t->egress[number] : &t->ingress[number];
	s->packets += e->packets;
	s->bytes += e->bytes;
	s->tcp_flags |= e->tcp_flags;
	t->points[egress].packets += e->packets;
	t->points[egress].bytes += e->bytes;
	return 0;
}

/* Every flow at the egress point is what the senders sent, to the packet, byte and flag; so is the ingress point. */
static void check_flows(const struct tally *t, const struct lab_storm *storm)
{
	const struct lab_storm_sent *sent = lab_storm_sent(storm);
	uint64_t wrong = 0;
	uint32_t i;

	for (i = 0; i < t->flows; i++)
		if (sent[i].packets != t->egress[i].packets ||
		    sent[i].bytes != t->egress[i].bytes ||
		    sent[i].tcp_flags != t->egress[i].tcp_flags ||
		    sent[i].packets != t->ingress[i].packets ||
		    sent[i].bytes != t->ingress[i].bytes ||
		    sent[i].tcp_flags != t->ingress[i].tcp_flags)
			wrong++;
	assert_int_equal(wrong, 0);
	assert_int_equal(t->strangers, 0);
}

static void check_ledger(const struct skep_flow_ledger *l)
{
	assert_int_equal(l->seen.packets,
			 l->map.packets + l->ring.packets + l->lost.packets + l->skipped.packets);
	assert_int_equal(l->seen.bytes,
			 l->map.bytes + l->ring.bytes + l->lost.bytes + l->skipped.bytes);
	assert_true(skep_flow_ledger_balanced(l));
}

/* Dispatches as a program's loop does, until the storm has sent all it has to. */
static void dispatch_through(struct skep_flow_agent *agent, struct lab_storm *storm,
			     uint64_t packets)
{
	struct skep_error err = { 0 };
	int r;

	while (lab_storm_progress(storm) < packets) {
		r = skep_flow_agent_wait(agent, 50 * NSEC_PER_MSEC, &err);
		assert_ok(r == -EINTR ? 0 : r, &err);
	}
	assert_int_equal(lab_storm_join(storm), 0);
}

static void exact__sums_are_the_senders_and_the_kernels_inside(void)
{
	struct tally t;
	struct skep_flow_agent_opts o = { .sz = sizeof(o),
					  .entry_fn = tally_entry,
					  .userdata = &t };
	struct lab_storm_opts storm_opts = { .interface = "v0",
					     .flows = 2000,
					     .threads = SENDERS,
					     .packets = lab_load(400000),
					     .seed = 1 };
	struct lab_link_stats before0, before1, after0, after1;
	struct skep_flow_agent *agent = fixture_agent(&o);
	struct skep_flow_ledger l;
	struct skep_error err = { 0 };
	struct lab_storm *storm;

	tally_init(&t, storm_opts.flows);
	fixture_veth();
	fixture_attach(agent, "v0");
	fixture_attach(agent, "v1");
	assert_int_equal(lab_link_stats("v0", &before0), 0);
	assert_int_equal(lab_link_stats("v1", &before1), 0);
	assert_int_equal(lab_storm_start(&storm_opts, &storm), 0);
	dispatch_through(agent, storm, storm_opts.packets);
	assert_ok(skep_flow_agent_stop(agent, &err), &err);

	skep_flow_agent_ledger(agent, &l);
	check_ledger(&l);
	assert_int_equal(l.lost.packets, 0);
	assert_int_equal(l.seen.packets, 2 * storm_opts.packets);
	check_flows(&t, storm);
	assert_int_equal(lab_link_stats("v0", &after0), 0);
	assert_int_equal(lab_link_stats("v1", &after1), 0);
	assert_int_equal(t.points[1].packets, after0.tx_packets - before0.tx_packets);
	assert_int_equal(t.points[1].bytes, after0.tx_bytes - before0.tx_bytes);
	assert_int_equal(t.points[0].packets, after1.rx_packets - before1.rx_packets);
	assert_int_equal(t.points[0].bytes, after1.rx_bytes - before1.rx_bytes);
	lab_storm_free(storm);
	tally_fini(&t);
	skep_flow_agent_close(agent);
}
IN_NETNS(exact__sums_are_the_senders_and_the_kernels)

/*
 * The parts of an agent, so that the race window can be widened: a storm over few flows, drained without pause. The
 * window is so many reads of the clock, each of which takes 40 times as long in a guest.
 */
static void exact__a_widened_race_window_loses_nothing_inside(void)
{
	struct flow_program_opts o = { .max_flows = 1024,
				       .ring_bytes = 1 << 20,
				       .sampling = 1,
				       .race_window = (uint32_t)lab_load(60) };
	struct skep_log log = { 0 };
	struct flow_interfaces_opts io = { .directions = SKEP_DIRECTION_BOTH, .log = &log };
	struct lab_storm_opts storm_opts = { .interface = "v0",
					     .flows = 16,
					     .threads = SENDERS,
					     .packets = lab_load(1000000),
					     .seed = 2 };
	struct flow_interfaces *interfaces = NULL;
	struct flow_program *program = NULL;
	struct flow_epoch *epoch = NULL;
	struct skep_flow_ledger l;
	struct skep_error err = { 0 };
	struct lab_storm *storm;
	struct tally t;

	tally_init(&t, storm_opts.flows);
	fixture_veth();
	assert_ok(flow_program_open(&o, &program, &err), &err);
	assert_ok(flow_epoch_new(program, &epoch, &err), &err);
	assert_ok(flow_interfaces_new(program, &io, &interfaces, &err), &err);
	assert_ok(flow_interfaces_attach(interfaces, (uint32_t)lab_link_index("v0"), &err), &err);
	assert_ok(flow_interfaces_attach(interfaces, (uint32_t)lab_link_index("v1"), &err), &err);
	assert_int_equal(lab_storm_start(&storm_opts, &storm), 0);
	while (lab_storm_progress(storm) < storm_opts.packets)
		assert_ok(flow_epoch_turn(epoch, tally_entry, &t, &err), &err);
	assert_int_equal(lab_storm_join(storm), 0);
	flow_interfaces_free(interfaces);
	assert_ok(flow_epoch_turn(epoch, tally_entry, &t, &err), &err);
	assert_ok(flow_epoch_turn(epoch, tally_entry, &t, &err), &err);

	flow_epoch_ledger(epoch, &l);
	check_ledger(&l);
	assert_int_equal(l.seen.packets,
			 2 * storm_opts.packets); /* a million (lab_load()) at each of two points */
	assert_int_equal(l.lost.packets, 0);
	assert_int_equal(l.ring.packets, 0); /* of two CPUs that insert the same flow, one adds */
	assert_int_equal(l.map_failed, 0);
	assert_true(l.epochs > 20);
	check_flows(&t, storm);
	lab_storm_free(storm);
	tally_fini(&t);
	flow_epoch_free(epoch);
	flow_program_close(program);
}
IN_NETNS(exact__a_widened_race_window_loses_nothing)

static void exact__an_overflowing_map_balances_to_the_packet_inside(void)
{
	struct delivered d = { 0 };
	struct skep_flow_agent_opts o = { .sz = sizeof(o),
					  .max_flows = 256,
					  .ring_bytes = 16384,
					  .entry_fn = delivered_count,
					  .userdata = &d };
	struct lab_storm_opts storm_opts = { .interface = "v0",
					     .flows = 100000,
					     .threads = SENDERS,
					     .packets = lab_load(300000),
					     .seed = 3 };
	struct skep_flow_agent *agent = fixture_agent(&o);
	struct skep_flow_ledger l;
	struct skep_error err = { 0 };
	struct lab_storm *storm;

	fixture_veth();
	fixture_attach(agent, "v0");
	assert_int_equal(lab_storm_start(&storm_opts, &storm), 0);
	dispatch_through(agent, storm, storm_opts.packets);
	assert_ok(skep_flow_agent_stop(agent, &err), &err);
	skep_flow_agent_ledger(agent, &l);
	check_ledger(&l);
	assert_int_equal(l.seen.packets, lab_storm_total(storm)->packets);
	assert_int_equal(l.seen.bytes, lab_storm_total(storm)->bytes);
	assert_int_equal(d.packets, l.map.packets + l.ring.packets);
	assert_int_equal(d.bytes, l.map.bytes + l.ring.bytes);
	assert_true(l.lost.packets > 0);
	assert_true(l.ring.packets > 0);
	assert_true(l.map_full >= l.lost.packets); /* and that is the reason given */
	assert_int_equal(l.map_failed, 0);
	assert_true(l.early_epochs > 0);
	lab_storm_free(storm);
	skep_flow_agent_close(agent);
}
IN_NETNS(exact__an_overflowing_map_balances_to_the_packet)

/* With the next drain an hour away, a map that fills up is drained all the same. */
static void exact__a_filling_map_calls_for_an_early_epoch_inside(void)
{
	struct delivered d = { 0 };
	struct skep_flow_agent_opts o = { .sz = sizeof(o),
					  .max_flows = 1024,
					  .epoch_ns = 3600 * NSEC_PER_SEC,
					  .entry_fn = delivered_count,
					  .userdata = &d };
	struct lab_storm_opts storm_opts = { .interface = "v0",
					     .flows = 5000,
					     .threads = 1,
					     .packets = 5000,
					     .pps = 2500,
					     .seed = 4,
					     .sequential = true };
	struct skep_flow_agent *agent = fixture_agent(&o);
	struct skep_flow_ledger l;
	struct skep_error err = { 0 };
	struct lab_storm *storm;

	fixture_veth();
	fixture_attach(agent, "v0");
	assert_int_equal(lab_storm_start(&storm_opts, &storm), 0);
	dispatch_through(agent, storm, storm_opts.packets);
	skep_flow_agent_ledger(agent, &l);
	assert_true(l.early_epochs >=
		    3); /* 5,000 flows, three in four of them IPv4, and 768 are the mark */
	assert_int_equal(l.early_epochs, l.epochs);
	assert_ok(skep_flow_agent_stop(agent, &err), &err);
	skep_flow_agent_ledger(agent, &l);
	check_ledger(&l);
	assert_int_equal(d.packets, storm_opts.packets);
	lab_storm_free(storm);
	skep_flow_agent_close(agent);
}
IN_NETNS(exact__a_filling_map_calls_for_an_early_epoch)

static int table_entry(const struct skep_flow_entry *e, void *userdata)
{
	struct skep_flow_table *table = userdata;
	int r = skep_flow_table_add(table, e);

	if (r != -ENOSPC)
		return r;
	skep_flow_table_clear(table);
	return skep_flow_table_add(table, e);
}

/* Default settings, paced to take ten seconds, in guests five: @full_flows different flows (lab_load()), nothing lost. */
static void default_settings(uint32_t full_flows, uint64_t full_packets)
{
	uint32_t flows = (uint32_t)lab_load(full_flows);
	uint64_t packets = lab_load(full_packets), seconds = lab_load(10) < 10 ? 5 : 10;
	struct skep_flow_agent_opts o = { .sz = sizeof(o), .entry_fn = table_entry };
	struct lab_storm_opts storm_opts = { .interface = "v0",
					     .flows = flows,
					     .threads = SENDERS,
					     .packets = packets,
					     .pps = packets / seconds,
					     .seed = 5,
					     .sequential = true };
	struct skep_flow_agent *agent;
	struct skep_flow_table *table;
	struct skep_flow_ledger l;
	struct skep_error err = { 0 };
	struct lab_storm *storm;

	assert_ok(skep_flow_table_new(NULL, &table, &err), &err);
	o.userdata = table;
	agent = fixture_agent(&o);
	fixture_veth();
	fixture_attach(agent, "v0");
	assert_int_equal(lab_storm_start(&storm_opts, &storm), 0);
	dispatch_through(agent, storm, storm_opts.packets);
	assert_ok(skep_flow_agent_stop(agent, &err), &err);
	skep_flow_agent_ledger(agent, &l);
	check_ledger(&l);
	assert_int_equal(l.seen.packets, packets);
	assert_int_equal(lab_storm_total(storm)->flows, flows);
	assert_int_equal(l.lost.packets, 0);
	lab_storm_free(storm);
	skep_flow_agent_close(agent);
	skep_flow_table_free(table);
}

static void exact__defaults_lose_nothing_of_200k_flows_inside(void)
{
	default_settings(200000, 1000000);
}
IN_NETNS(exact__defaults_lose_nothing_of_200k_flows)

static void exact__defaults_lose_nothing_of_1m_flows_inside(void)
{
	default_settings(1000000, 1000000);
}
IN_NETNS(exact__defaults_lose_nothing_of_1m_flows)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(exact__sums_are_the_senders_and_the_kernels),
		cmocka_unit_test(exact__a_widened_race_window_loses_nothing),
		cmocka_unit_test(exact__an_overflowing_map_balances_to_the_packet),
		cmocka_unit_test(exact__a_filling_map_calls_for_an_early_epoch),
		cmocka_unit_test(exact__defaults_lose_nothing_of_200k_flows),
		cmocka_unit_test(exact__defaults_lose_nothing_of_1m_flows),
	};

	return cmocka_run_group_tests_name("flow_exact", tests, NULL, NULL);
}
