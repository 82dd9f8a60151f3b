/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* Attaching among others: nobody else's program, filter or qdisc is disturbed, and nothing of ours is left behind. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fixture.h"
#include "lab/census.h"
#include "lab/foreign.h"
#include "lab/frame.h"
#include "lab/link.h"
#include "lab/poll.h"
#include "lab/send.h"
#include "lab/tc.h"

#define SENT 7

static void send_some(void)
{
	struct lab_frame f = { 0 };

	lab_ether(&f, LAB_MAC_A, LAB_MAC_B, 0x0800);
	lab_ipv4(&f, "10.0.0.1", "10.0.0.2", 17);
	lab_udp(&f, 1, 2);
	lab_payload(&f, 40);
	lab_finish(&f);
	assert_int_equal(lab_send_times("v0", &f, SENT), 0);
}

static struct skep_flow_agent *agent_by(uint64_t attach)
{
	struct skep_flow_agent_opts o = { .sz = sizeof(o), .max_flows = 64, .attach = attach };

	return fixture_agent(&o);
}

static void expect_packets(struct skep_flow_agent *agent, uint64_t packets)
{
	struct delivered d = { 0 };

	fixture_drain(agent, &d);
	assert_int_equal(d.packets, packets);
	delivered_clear(&d);
}

static void expect_stopped(struct skep_flow_agent *agent)
{
	struct skep_error err = { 0 };

	assert_ok(skep_flow_agent_stop(agent, &err), &err);
	skep_flow_agent_close(agent);
}

/* Filters of ours on one side of an interface. */
static int our_filters(const char *interface, enum lab_direction direction, struct lab_filter *ret)
{
	struct lab_filter filters[16];
	int i, n = lab_filter_list(interface, direction, filters, 16), ours = 0;

	assert_in_range(n, 0, 16);
	for (i = 0; i < n; i++)
		if (!strncmp(filters[i].name, "skep:", 5)) {
			ours++;
			if (ret)
				*ret = filters[i];
		}
	return ours;
}

/* Two witnesses of others: a filter and, where there is TCX, a program there. */
struct witnesses {
	struct lab_foreign filter, tcx;
	int has_tcx;
};

static void witnesses_init(struct witnesses *w)
{
	struct lab_foreign_opts o = { .name = "witness", .action = TC_ACT_UNSPEC };

	w->has_tcx = lab_has_tcx();
	assert_int_equal(lab_foreign_load(&o, &w->filter), 0);
	assert_int_equal(lab_foreign_attach_clsact(&w->filter, "v0", LAB_EGRESS, 1, 1, "witness"),
			 0);
	if (!w->has_tcx)
		return;
	assert_int_equal(lab_foreign_load(&o, &w->tcx), 0);
	assert_int_equal(lab_foreign_attach_tcx(&w->tcx, "v0", LAB_EGRESS, 0), 0);
}

static void witnesses_expect(const struct witnesses *w, uint64_t packets)
{
	assert_int_equal(lab_foreign_packets(&w->filter), packets);
	if (w->has_tcx)
		assert_int_equal(lab_foreign_packets(&w->tcx), packets);
}

static void witnesses_fini(struct witnesses *w)
{
	lab_foreign_close(&w->filter);
	if (w->has_tcx)
		lab_foreign_close(&w->tcx);
}

/* Before, during and after, by one way of attaching. */
static void others_keep_running(uint64_t attach)
{
	struct skep_flow_agent *agent;
	struct witnesses w = { 0 };

	fixture_veth();
	witnesses_init(&w);
	send_some();
	witnesses_expect(&w, SENT);
	agent = agent_by(attach);
	fixture_attach(agent, "v0");
	send_some();
	witnesses_expect(&w, 2 * SENT);
	expect_packets(agent, SENT);
	expect_stopped(agent);
	send_some();
	witnesses_expect(&w, 3 * SENT);
	assert_true(lab_qdisc_has("v0", "clsact")); /* not ours */
	assert_true(lab_filter_find("v0", LAB_EGRESS, "witness", NULL));
	assert_int_equal(our_filters("v0", LAB_EGRESS, NULL) + our_filters("v0", LAB_INGRESS, NULL),
			 0);
	witnesses_fini(&w);
}

static void attach__by_clsact_lets_others_run_inside(void)
{
	others_keep_running(SKEP_FLOW_ATTACH_CLSACT);
}
IN_NETNS(attach__by_clsact_lets_others_run)

static void attach__by_auto_lets_others_run_inside(void)
{
	others_keep_running(SKEP_FLOW_ATTACH_AUTO);
}
IN_NETNS(attach__by_auto_lets_others_run)

/* TCX where the kernel has it, and a plain answer where it has not. */
static void attach__by_tcx_is_first_or_unsupported_inside(void)
{
	struct skep_flow_agent_opts o = { .sz = sizeof(o), .attach = SKEP_FLOW_ATTACH_TCX };
	struct lab_foreign_opts deciding = { .name = "deciding", .action = TC_ACT_OK };
	struct skep_flow_agent *agent = NULL;
	struct skep_error err = { 0 };
	struct lab_foreign f;

	fixture_veth();
	if (!lab_has_tcx()) {
		assert_int_equal(skep_flow_agent_open(&o, &agent, &err), -EOPNOTSUPP);
		assert_int_equal(err.kind, SKEP_ERR_UNSUPPORTED);
		assert_null(agent);
		return;
	}
	/* what decides on every packet hides nothing from us: we stand before it */
	assert_int_equal(lab_foreign_load(&deciding, &f), 0);
	assert_int_equal(lab_foreign_attach_tcx(&f, "v0", LAB_EGRESS, 0), 0);
	agent = agent_by(SKEP_FLOW_ATTACH_TCX);
	fixture_attach(agent, "v0");
	send_some();
	expect_packets(agent, SENT);
	expect_stopped(agent);

	/* told to stand behind, it does */
	o.flags = SKEP_FLOW_AGENT_TCX_TAIL;
	agent = fixture_agent(&o);
	fixture_attach(agent, "v0");
	send_some();
	expect_packets(agent, 0);
	expect_stopped(agent);
	lab_foreign_close(&f);
	assert_false(lab_qdisc_has("v0", "clsact"));
}
IN_NETNS(attach__by_tcx_is_first_or_unsupported)

static void clsact__is_made_and_removed_by_the_agent_inside(void)
{
	struct skep_flow_agent *agent = agent_by(SKEP_FLOW_ATTACH_CLSACT);
	struct lab_filter f;

	fixture_veth();
	fixture_attach(agent, "v0");
	assert_true(lab_qdisc_has("v0", "clsact"));
	assert_int_equal(our_filters("v0", LAB_EGRESS, &f), 1);
	assert_int_equal(f.priority, 1);
	assert_true(f.direct_action);
	assert_int_equal(our_filters("v0", LAB_INGRESS, NULL), 1);
	expect_stopped(agent);
	assert_false(lab_qdisc_has("v0", "clsact"));
}
IN_NETNS(clsact__is_made_and_removed_by_the_agent)

static void clsact__that_is_empty_and_of_unknown_origin_stays_inside(void)
{
	struct skep_flow_agent *agent = agent_by(SKEP_FLOW_ATTACH_CLSACT);

	fixture_veth();
	assert_int_equal(lab_qdisc_add("v0", "clsact"), 0);
	fixture_attach(agent, "v0");
	expect_stopped(agent);
	assert_true(lab_qdisc_has("v0", "clsact"));
}
IN_NETNS(clsact__that_is_empty_and_of_unknown_origin_stays)

static void clsact__of_ours_stays_while_others_use_it_inside(void)
{
	struct skep_flow_agent *agent = agent_by(SKEP_FLOW_ATTACH_CLSACT);
	struct lab_foreign_opts o = { .name = "witness", .action = TC_ACT_UNSPEC };
	struct lab_foreign witness;

	fixture_veth();
	fixture_attach(agent, "v0");
	assert_int_equal(lab_foreign_load(&o, &witness), 0);
	assert_int_equal(lab_foreign_attach_clsact(&witness, "v0", LAB_INGRESS, 7, 7, "witness"),
			 0);
	expect_stopped(agent);
	assert_true(lab_qdisc_has("v0", "clsact"));
	assert_true(lab_filter_find("v0", LAB_INGRESS, "witness", NULL));
	lab_foreign_close(&witness);
}
IN_NETNS(clsact__of_ours_stays_while_others_use_it)

static void clsact__takes_the_lowest_free_priority_inside(void)
{
	static const uint16_t taken[] = { 1, 2, 4 };
	struct lab_foreign_opts o = { .name = "witness", .action = TC_ACT_UNSPEC };
	struct skep_flow_agent *agent = agent_by(SKEP_FLOW_ATTACH_CLSACT);
	struct lab_foreign witness;
	struct lab_filter f;
	size_t i;

	fixture_veth();
	assert_int_equal(lab_foreign_load(&o, &witness), 0);
	for (i = 0; i < sizeof(taken) / sizeof(taken[0]); i++)
		assert_int_equal(lab_foreign_attach_clsact(&witness, "v0", LAB_EGRESS, taken[i], 1,
							   "witness"),
				 0);
	fixture_attach(agent, "v0");
	assert_int_equal(our_filters("v0", LAB_EGRESS, &f), 1);
	assert_int_equal(f.priority, 3);
	send_some();
	expect_packets(agent, SENT);
	assert_int_equal(lab_foreign_packets(&witness), 3 * SENT);
	expect_stopped(agent);
	lab_foreign_close(&witness);
}
IN_NETNS(clsact__takes_the_lowest_free_priority)

static void clsact__is_not_forced_on_an_ingress_qdisc_inside(void)
{
	struct skep_flow_agent *agent = agent_by(SKEP_FLOW_ATTACH_CLSACT);
	struct skep_error err = { 0 };

	fixture_veth();
	assert_int_equal(lab_qdisc_add("v0", "ingress"), 0);
	assert_int_equal(skep_flow_agent_attach(agent, (uint32_t)lab_link_index("v0"), &err),
			 -EOPNOTSUPP);
	assert_int_equal(err.kind, SKEP_ERR_CONFLICT);
	assert_non_null(strstr(err.msg, "v0"));
	assert_non_null(strstr(err.msg, "ingress"));
	assert_true(lab_qdisc_has("v0", "ingress"));
	assert_int_equal(lab_filter_list("v0", LAB_INGRESS, NULL, 0), 0);
	skep_flow_agent_close(agent);
}
IN_NETNS(clsact__is_not_forced_on_an_ingress_qdisc)

/* An agent in a child process, attached to v0 and ready when the pipe says so. */
static pid_t agent_process(uint64_t attach)
{
	int ready[2];
	pid_t pid;
	char c;

	assert_int_equal(pipe(ready), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		struct skep_flow_agent *agent = agent_by(attach);

		fixture_attach(agent, "v0");
		if (write(ready[1], "", 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	close(ready[1]);
	assert_int_equal(read(ready[0], &c, 1), 1);
	close(ready[0]);
	return pid;
}

static void kill_process(pid_t pid)
{
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

/* Two agents see the same packets; when one is killed, the other goes on, and a third cleans up after the first. */
static void two_agents(uint64_t attach)
{
	struct skep_flow_agent *second, *third;
	struct lab_census before;
	char left[512];
	pid_t first;

	fixture_veth();
	assert_int_equal(lab_census_take(&before), 0);
	first = agent_process(attach);
	second = agent_by(attach);
	fixture_attach(second, "v0");
	send_some();
	expect_packets(second, SENT);
	kill_process(first);
	send_some();
	expect_packets(second, SENT);

	third = agent_by(attach);
	fixture_attach(third, "v0");
	send_some();
	expect_packets(second, SENT);
	expect_packets(third, SENT);
	if (attach == SKEP_FLOW_ATTACH_CLSACT)
		assert_int_equal(our_filters("v0", LAB_EGRESS, NULL),
				 2); /* the stale one is gone */
	expect_stopped(second);
	send_some();
	expect_packets(third, SENT);
	expect_stopped(third);
	assert_false(lab_qdisc_has("v0", "clsact")); /* the first one had made it */
	if (!lab_census_clean(&before, lab_in_ms(5000), left, sizeof(left)))
		fail_msg("left behind: %s", left);
}

static void agents__by_clsact_do_not_touch_each_other_inside(void)
{
	two_agents(SKEP_FLOW_ATTACH_CLSACT);
}
IN_NETNS(agents__by_clsact_do_not_touch_each_other)

static void agents__by_auto_do_not_touch_each_other_inside(void)
{
	two_agents(SKEP_FLOW_ATTACH_AUTO);
}
IN_NETNS(agents__by_auto_do_not_touch_each_other)

/* Killed and started again: with nobody else there, filter and qdisc of the killed one go with the new one's. */
static void killed__and_started_again_leaves_nothing_inside(void)
{
	static const uint64_t ways[] = { SKEP_FLOW_ATTACH_CLSACT, SKEP_FLOW_ATTACH_AUTO };
	struct skep_flow_agent *agent;
	size_t i;

	fixture_veth();
	for (i = 0; i < 2; i++) { /* whichever way the new one attaches */
		kill_process(agent_process(SKEP_FLOW_ATTACH_CLSACT));
		assert_int_equal(our_filters("v0", LAB_EGRESS, NULL), 1);
		agent = agent_by(ways[i]);
		fixture_attach(agent, "v0");
		assert_true(our_filters("v0", LAB_EGRESS, NULL) <= 1);
		send_some();
		expect_packets(agent, SENT);
		expect_stopped(agent);
		assert_false(lab_qdisc_has("v0", "clsact"));
	}
}
IN_NETNS(killed__and_started_again_leaves_nothing)

/* A filter in our form of an agent in another pid namespace: who knows whether it lives. */
static void stale__is_never_said_of_another_pid_namespace_inside(void)
{
	static const char name[] = "skep:pid=1:start=1:pidns=1:qdisc=skep";
	static const char almost[] = "skep:pid=1:start=1:pidns=1:qdisc=skep and more";
	struct skep_flow_agent *agent = agent_by(SKEP_FLOW_ATTACH_CLSACT);
	struct lab_foreign_opts o = { .name = "theirs", .action = TC_ACT_UNSPEC };
	struct lab_foreign theirs;

	fixture_veth();
	assert_int_equal(lab_foreign_load(&o, &theirs), 0);
	assert_int_equal(lab_foreign_attach_clsact(&theirs, "v0", LAB_EGRESS, 1, 0x736b6570, name),
			 0);
	assert_int_equal(
		lab_foreign_attach_clsact(&theirs, "v0", LAB_EGRESS, 2, 0x736b6570, almost), 0);
	fixture_attach(agent, "v0");
	expect_stopped(agent);
	assert_true(lab_filter_find("v0", LAB_EGRESS, name, NULL));
	assert_true(lab_filter_find("v0", LAB_EGRESS, almost, NULL));
	assert_true(lab_qdisc_has("v0", "clsact"));
	lab_foreign_close(&theirs);
}
IN_NETNS(stale__is_never_said_of_another_pid_namespace)

/* Somebody removed our filter, or the whole qdisc, while we were attached: stopping is no error. */
static void detach__bears_that_others_removed_it_inside(void)
{
	struct skep_flow_agent *agent = agent_by(SKEP_FLOW_ATTACH_CLSACT);

	fixture_veth();
	fixture_attach(agent, "v0");
	fixture_attach(agent, "v1");
	assert_int_equal(lab_qdisc_delete("v0", "clsact"), 0);
	assert_int_equal(lab_filter_delete("v1", LAB_EGRESS, 1, 0x736b6570), 0);
	expect_stopped(agent);
	assert_false(lab_qdisc_has("v1", "clsact"));
}
IN_NETNS(detach__bears_that_others_removed_it)

static void attach__names_what_is_wrong_inside(void)
{
	struct skep_flow_agent *agent = agent_by(SKEP_FLOW_ATTACH_AUTO);
	struct skep_error err = { 0 };

	fixture_veth();
	assert_int_equal(skep_flow_agent_attach(agent, 4711, &err), -ENODEV);
	assert_int_equal(err.kind, SKEP_ERR_NOT_FOUND);
	fixture_attach(agent, "v0");
	assert_int_equal(skep_flow_agent_attach(agent, (uint32_t)lab_link_index("v0"), &err),
			 -EEXIST);
	assert_int_equal(skep_flow_agent_detach(agent, (uint32_t)lab_link_index("v1"), &err),
			 -ENOENT);
	assert_int_equal(skep_flow_agent_detach(agent, (uint32_t)lab_link_index("v0"), &err), 0);
	send_some();
	expect_packets(agent, 0);
	skep_flow_agent_close(agent);
}
IN_NETNS(attach__names_what_is_wrong)

static void direction__is_what_was_asked_for_inside(void)
{
	static const uint64_t directions[] = { SKEP_DIRECTION_INGRESS, SKEP_DIRECTION_EGRESS };
	static const uint64_t ways[] = { SKEP_FLOW_ATTACH_AUTO, SKEP_FLOW_ATTACH_CLSACT };
	size_t d, w;

	fixture_veth();
	for (w = 0; w < 2; w++)
		for (d = 0; d < 2; d++) {
			struct skep_flow_agent_opts o = { .sz = sizeof(o),
							  .max_flows = 64,
							  .directions = directions[d],
							  .attach = ways[w] };
			struct skep_flow_agent *agent = fixture_agent(&o);
			struct delivered got = { 0 };

			fixture_attach(agent, "v0");
			fixture_attach(agent, "v1");
			send_some();
			fixture_drain(agent, &got);
			assert_int_equal(got.count, 1);
			assert_int_equal(got.entries[0].direction, directions[d]);
			assert_int_equal(got.entries[0].ifindex, lab_link_index(d ? "v0" : "v1"));
			delivered_clear(&got);
			expect_stopped(agent);
		}
}
IN_NETNS(direction__is_what_was_asked_for)

static int refuse_entry(const struct skep_flow_entry *entry, void *userdata)
{
	(void)entry;
	(void)userdata;
	return -ENOSPC;
}

/* While the agent detaches from the first interface an epoch is due: what its callback says is not lost. */
static void stop__tells_what_went_wrong_between_interfaces_inside(void)
{
	struct skep_flow_agent_opts o = {
		.sz = sizeof(o), .max_flows = 64, .epoch_ns = 1, .entry_fn = refuse_entry
	};
	struct skep_flow_agent *agent = fixture_agent(&o);
	struct skep_flow_ledger ledger;
	struct skep_error err = { 0 };

	fixture_veth();
	fixture_attach(agent, "v0");
	fixture_attach(agent, "v1");
	send_some();
	assert_int_equal(skep_flow_agent_stop(agent, &err), -ENOSPC);
	assert_int_equal(err.code, -ENOSPC);
	skep_flow_agent_ledger(agent, &ledger);
	assert_true(skep_flow_ledger_balanced(&ledger));
	assert_int_equal(ledger.seen.packets, 2 * SENT);
	skep_flow_agent_close(agent);
}
IN_NETNS(stop__tells_what_went_wrong_between_interfaces)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(attach__by_clsact_lets_others_run),
		cmocka_unit_test(attach__by_auto_lets_others_run),
		cmocka_unit_test(attach__by_tcx_is_first_or_unsupported),
		cmocka_unit_test(clsact__is_made_and_removed_by_the_agent),
		cmocka_unit_test(clsact__that_is_empty_and_of_unknown_origin_stays),
		cmocka_unit_test(clsact__of_ours_stays_while_others_use_it),
		cmocka_unit_test(clsact__takes_the_lowest_free_priority),
		cmocka_unit_test(clsact__is_not_forced_on_an_ingress_qdisc),
		cmocka_unit_test(agents__by_clsact_do_not_touch_each_other),
		cmocka_unit_test(agents__by_auto_do_not_touch_each_other),
		cmocka_unit_test(killed__and_started_again_leaves_nothing),
		cmocka_unit_test(stale__is_never_said_of_another_pid_namespace),
		cmocka_unit_test(detach__bears_that_others_removed_it),
		cmocka_unit_test(attach__names_what_is_wrong),
		cmocka_unit_test(direction__is_what_was_asked_for),
		cmocka_unit_test(stop__tells_what_went_wrong_between_interfaces),
	};

	return cmocka_run_group_tests_name("flow_attach", tests, NULL, NULL);
}
