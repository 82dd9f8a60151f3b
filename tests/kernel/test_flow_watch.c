/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* Interfaces come, change, vanish and are renamed, under load and by the thousand. */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fixture.h"
#include "lab/census.h"
#include "lab/frame.h"
#include "lab/link.h"
#include "lab/load.h"
#include "lab/poll.h"
#include "lab/send.h"
#include "lab/storm.h"
#include "lab/tc.h"

#define MS 1000000ull

struct watched {
	struct skep_flow_agent *agent;
	struct delivered got;
	char notices[4096];
};

static void keep_notice(uint64_t level, const char *text, void *userdata)
{
	struct watched *w = userdata;
	size_t len = strlen(w->notices);

	(void)level;
	snprintf(w->notices + len, sizeof(w->notices) - len, "%s\n", text);
}

static void watch_open(struct watched *w, uint64_t attach)
{
	struct skep_log log = { .fn = keep_notice, .userdata = w };
	struct skep_flow_agent_opts o = { .sz = sizeof(o),
					  .max_flows = 1024,
					  .epoch_ns = 20 * MS,
					  .attach = attach,
					  .entry_fn = delivered_count,
					  .userdata = &w->got,
					  .log = &log };

	memset(w, 0, sizeof(*w));
	w->agent = fixture_agent(&o);
}

static int watch(struct watched *w, const char *include, const char *exclude,
		 struct skep_error *err)
{
	struct skep_flow_watch_opts o = { .sz = sizeof(o),
					  .include = &include,
					  .include_count = include != NULL,
					  .exclude = &exclude,
					  .exclude_count = exclude != NULL };

	return skep_flow_agent_watch(w->agent, &o, err);
}

static void watch_ok(struct watched *w, const char *include, const char *exclude)
{
	struct skep_error err = { 0 };

	assert_ok(watch(w, include, exclude, &err), &err);
}

static void step(struct watched *w)
{
	struct skep_error err = { 0 };

	assert_ok(skep_flow_agent_wait(w->agent, 10 * MS, &err), &err);
}

struct awaited {
	struct watched *w;
	uint64_t count;
};

static bool count_is(void *userdata)
{
	struct awaited *a = userdata;

	step(a->w);
	return skep_flow_agent_interface_count(a->w->agent) == a->count;
}

static void expect_count(struct watched *w, uint64_t count)
{
	struct awaited a = { w, count };

	if (!lab_until(lab_in_ms(10000), count_is, &a))
		fail_msg("%llu interfaces, not %llu",
			 (unsigned long long)skep_flow_agent_interface_count(w->agent),
			 (unsigned long long)count);
}

static void expect_balanced_stop(struct watched *w)
{
	struct skep_flow_ledger l;
	struct skep_error err = { 0 };

	assert_ok(skep_flow_agent_stop(w->agent, &err), &err);
	skep_flow_agent_ledger(w->agent, &l);
	assert_true(skep_flow_ledger_balanced(&l));
	assert_int_equal(l.map.packets + l.ring.packets, w->got.packets);
	skep_flow_agent_close(w->agent);
}

static void watch__follows_what_comes_and_goes_inside(void)
{
	struct watched w;

	watch_open(&w, SKEP_FLOW_ATTACH_AUTO);
	watch_ok(&w, NULL, NULL);
	assert_int_equal(skep_flow_agent_interface_count(w.agent), 0); /* loopback is left out */
	assert_non_null(strstr(w.notices, "waiting"));
	assert_int_equal(lab_veth_create("v0", "v1", false), 0);
	assert_int_equal(lab_veth_create("w0", "w1", false), 0);
	expect_count(&w, 0); /* down */
	assert_int_equal(lab_link_up("v0"), 0);
	expect_count(&w, 1);
	assert_int_equal(lab_link_up("v1"), 0);
	assert_int_equal(lab_link_up("w0"), 0);
	expect_count(&w, 3);
	assert_int_equal(lab_link_delete("v0"), 0);
	expect_count(&w, 1);
	assert_non_null(strstr(w.notices, "v0"));
	expect_balanced_stop(&w);
}
IN_NETNS(watch__follows_what_comes_and_goes)

static void watch__takes_names_globs_and_expressions_inside(void)
{
	static const struct {
		const char *include, *exclude;
		uint64_t count;
	} rows[] = {
		{ "v0", NULL, 1 },    { "v*", NULL, 2 },
		{ "[vw]0", NULL, 2 }, { "/^[vw][01]$/", NULL, 4 },
		{ "/0/", NULL, 2 },   { "/./", "/^v/", 3 },
		{ NULL, "w?", 2 },    { "lo", NULL, 1 },
		{ "*", NULL, 5 },     { "*", "lo", 4 },
		{ "x*", NULL, 0 },    { "v0", "v0", 0 },
	};
	size_t i;

	fixture_veth();
	assert_int_equal(lab_veth_create("w0", "w1", false), 0);
	assert_int_equal(lab_link_up("w0"), 0);
	assert_int_equal(lab_link_up("w1"), 0);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct watched w;

		watch_open(&w, SKEP_FLOW_ATTACH_AUTO);
		watch_ok(&w, rows[i].include, rows[i].exclude);
		if (skep_flow_agent_interface_count(w.agent) != rows[i].count)
			fail_msg("row %zu: %llu", i,
				 (unsigned long long)skep_flow_agent_interface_count(w.agent));
		expect_balanced_stop(&w);
	}
}
IN_NETNS(watch__takes_names_globs_and_expressions)

static void watch__says_what_is_wrong_inside(void)
{
	static const char *const bad[] = { "", "/", "//", "/(/", "/x", "v[", "/[z-a]/" };
	struct skep_error err = { 0 };
	struct watched w;
	size_t i;

	fixture_veth();
	watch_open(&w, SKEP_FLOW_ATTACH_AUTO);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(watch(&w, bad[i], NULL, &err), -EINVAL);
		assert_int_equal(err.kind, SKEP_ERR_INVALID);
		assert_int_equal(watch(&w, NULL, bad[i], &err), -EINVAL);
	}
	assert_int_equal(watch(&w, "absent0", NULL, &err), -ENODEV);
	assert_int_equal(err.kind, SKEP_ERR_NOT_FOUND);
	assert_non_null(strstr(err.msg, "absent0"));
	assert_int_equal(watch(&w, "absent*", NULL, &err), 0);
	assert_non_null(strstr(w.notices, "no interface matches 'absent*' yet"));
	assert_int_equal(watch(&w, "v0", NULL, &err), -EALREADY);
	expect_balanced_stop(&w);
}
IN_NETNS(watch__says_what_is_wrong)

static void watch__of_an_exact_name_needs_it_not_up_inside(void)
{
	struct watched w;

	assert_int_equal(lab_veth_create("v0", "v1", false), 0);
	watch_open(&w, SKEP_FLOW_ATTACH_AUTO);
	watch_ok(&w, "v0", NULL);
	assert_int_equal(skep_flow_agent_interface_count(w.agent), 1);
	expect_balanced_stop(&w);
}
IN_NETNS(watch__of_an_exact_name_needs_it_not_up)

struct loaded {
	struct watched w;
	struct lab_storm *storm;
};

/* What flows before something happens to the interface, and after: a tenth of a second's storm each. */
static uint64_t some_packets(void)
{
	return lab_load(5000);
}

/* A storm through v0 while something happens to it. */
static void load_begin(struct loaded *l, uint64_t attach, const char *include, const char *exclude)
{
	struct lab_storm_opts o = {
		.interface = "v0", .flows = 100, .threads = 1, .pps = 10 * some_packets(), .seed = 1
	};

	fixture_veth();
	watch_open(&l->w, attach);
	watch_ok(&l->w, include, exclude);
	assert_int_equal(lab_storm_start(&o, &l->storm), 0);
	while (lab_storm_progress(l->storm) < some_packets())
		step(&l->w);
}

/* Kernels before 6.2 rename only what is down, and that ends a storm: a second one follows it. */
static uint64_t rename_down(struct loaded *l)
{
	struct lab_storm_opts o = { .interface = "outside",
				    .flows = 100,
				    .threads = 1,
				    .pps = 10 * some_packets(),
				    .seed = 2 };
	uint64_t sent;

	assert_int_equal(lab_link_down("v0"), 0);
	assert_int_equal(lab_storm_join(l->storm), -ENETDOWN);
	sent = lab_storm_total(l->storm)->packets;
	lab_storm_free(l->storm);
	assert_int_equal(lab_link_rename("v0", "outside"), 0);
	assert_int_equal(lab_link_up("outside"), 0);
	assert_int_equal(lab_storm_start(&o, &l->storm), 0);
	return sent;
}

static void rename_under_load(uint64_t attach)
{
	struct skep_flow_ledger ledger;
	struct loaded l = { 0 };
	uint64_t at, before = 0;
	uint32_t ifindex;
	int r;

	load_begin(&l, attach, "v0", "hidden*");
	ifindex = (uint32_t)lab_link_index("v0");
	assert_string_equal(skep_flow_agent_interface_name(l.w.agent, ifindex), "v0");
	r = lab_link_rename("v0", "outside");
	if (r == -EBUSY)
		before = rename_down(&l);
	else
		assert_int_equal(r, 0);
	at = lab_storm_progress(l.storm);
	while (lab_storm_progress(l.storm) < at + some_packets())
		step(&l.w);
	assert_int_equal(lab_storm_stop(l.storm), 0);
	step(&l.w);
	assert_string_equal(skep_flow_agent_interface_name(l.w.agent, ifindex), "outside");
	assert_int_equal(skep_flow_agent_interface_count(l.w.agent), 1);
	skep_flow_agent_drain(l.w.agent, delivered_count, &l.w.got, NULL);
	skep_flow_agent_ledger(l.w.agent, &ledger);
	/* none went unseen; the hook may have seen one packet more than the sender was told of, on its way down */
	assert_in_range(ledger.seen.packets - before - lab_storm_total(l.storm)->packets, 0,
			r == -EBUSY);
	assert_int_equal(ledger.lost.packets, 0);

	/* a name that is excluded ends it */
	assert_int_equal(lab_link_down("outside"), 0);
	assert_int_equal(lab_link_rename("outside", "hidden0"), 0);
	expect_count(&l.w, 0);
	expect_balanced_stop(&l.w);
	lab_storm_free(l.storm);
}

static void watch__follows_a_rename_under_load_inside(void)
{
	rename_under_load(SKEP_FLOW_ATTACH_AUTO);
}
IN_NETNS(watch__follows_a_rename_under_load)

static void watch__follows_a_rename_under_load_by_clsact_inside(void)
{
	rename_under_load(SKEP_FLOW_ATTACH_CLSACT);
}
IN_NETNS(watch__follows_a_rename_under_load_by_clsact)

static void vanish_under_load(uint64_t attach)
{
	struct loaded l = { 0 };

	load_begin(&l, attach, NULL, NULL);
	assert_int_equal(skep_flow_agent_interface_count(l.w.agent), 2);
	assert_int_equal(lab_link_delete("v0"), 0);
	expect_count(&l.w, 0);
	lab_storm_stop(l.storm);
	assert_true(lab_storm_total(l.storm)->packets > 0);
	expect_balanced_stop(&l.w);
	assert_true(l.w.got.packets >= some_packets());
	lab_storm_free(l.storm);
}

static void watch__bears_that_an_interface_vanishes_inside(void)
{
	vanish_under_load(SKEP_FLOW_ATTACH_AUTO);
}
IN_NETNS(watch__bears_that_an_interface_vanishes)

static void watch__bears_that_an_interface_vanishes_by_clsact_inside(void)
{
	vanish_under_load(SKEP_FLOW_ATTACH_CLSACT);
}
IN_NETNS(watch__bears_that_an_interface_vanishes_by_clsact)

/* Unwatched for a while: so many notifications that some are lost, and the agent has to list anew. */
static void watch__catches_up_after_lost_notifications_inside(void)
{
	struct watched w;
	int i;

	watch_open(&w, SKEP_FLOW_ATTACH_AUTO);
	fixture_veth();
	watch_ok(&w, "v*", NULL);
	expect_count(&w, 2);
	for (i = 0; i < 1000; i++) {
		assert_int_equal(lab_link_set_mtu("v0", (uint32_t)(1400 + i % 100)), 0);
		assert_int_equal(lab_link_set_mtu("v1", (uint32_t)(1400 + i % 100)), 0);
	}
	assert_int_equal(lab_veth_create("v2", "v3", false), 0);
	assert_int_equal(lab_link_up("v2"), 0);
	assert_int_equal(lab_link_delete("v0"), 0);
	expect_count(&w, 1);
	expect_balanced_stop(&w);
}
IN_NETNS(watch__catches_up_after_lost_notifications)

static void thousand_interfaces(uint64_t attach)
{
	struct lab_census before;
	struct watched w;
	char left[512];
	uint64_t i;

	watch_open(&w, attach);
	watch_ok(&w, "t*", NULL);
	step(&w);
	assert_int_equal(lab_census_take(&before), 0);
	for (i = 0; i < lab_load(500); i++) { /* two at a time */
		assert_int_equal(lab_veth_create("t0", "t1", false), 0);
		assert_int_equal(lab_link_up("t0"), 0);
		assert_int_equal(lab_link_up("t1"), 0);
		if (i % 2)
			expect_count(&w, 2);
		assert_int_equal(lab_link_delete("t0"), 0);
		if (i % 3 == 0)
			expect_count(&w, 0);
	}
	expect_count(&w, 0);
	if (!lab_census_clean(&before, lab_in_ms(10000), left, sizeof(left)))
		fail_msg("left behind: %s", left);
	expect_balanced_stop(&w);
}

static void watch__leaks_nothing_over_a_thousand_interfaces_inside(void)
{
	thousand_interfaces(SKEP_FLOW_ATTACH_AUTO);
}
IN_NETNS(watch__leaks_nothing_over_a_thousand_interfaces)

static void watch__leaks_nothing_over_a_thousand_by_clsact_inside(void)
{
	thousand_interfaces(SKEP_FLOW_ATTACH_CLSACT);
}
IN_NETNS(watch__leaks_nothing_over_a_thousand_by_clsact)

/* Whoever has a loop of his own: the fd is readable when something has happened, and only then. */
static void loop__has_an_fd_and_a_deadline_inside(void)
{
	struct skep_flow_agent_opts o = { .sz = sizeof(o),
					  .max_flows = 64,
					  .epoch_ns = 3600 * 1000 * MS };
	struct skep_flow_agent *agent = fixture_agent(&o);
	struct pollfd p = { .fd = skep_flow_agent_fd(agent), .events = POLLIN };
	struct skep_error err = { 0 };

	assert_ok(skep_flow_agent_watch(agent, NULL, &err), &err);
	assert_true(skep_flow_agent_deadline_ns(agent) > lab_now_ns() + 1800 * 1000 * MS);
	assert_int_equal(skep_flow_agent_dispatch(agent, 0, &err), 0);
	assert_int_equal(poll(&p, 1, 0), 0);
	fixture_veth();
	assert_int_equal(poll(&p, 1, 3000), 1);
	assert_int_equal(skep_flow_agent_dispatch(agent, 0, &err), 0);
	assert_int_equal(skep_flow_agent_interface_count(agent), 2);
	skep_flow_agent_close(agent);
}
IN_NETNS(loop__has_an_fd_and_a_deadline)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(watch__follows_what_comes_and_goes),
		cmocka_unit_test(watch__takes_names_globs_and_expressions),
		cmocka_unit_test(watch__says_what_is_wrong),
		cmocka_unit_test(watch__of_an_exact_name_needs_it_not_up),
		cmocka_unit_test(watch__follows_a_rename_under_load),
		cmocka_unit_test(watch__follows_a_rename_under_load_by_clsact),
		cmocka_unit_test(watch__bears_that_an_interface_vanishes),
		cmocka_unit_test(watch__bears_that_an_interface_vanishes_by_clsact),
		cmocka_unit_test(watch__catches_up_after_lost_notifications),
		cmocka_unit_test(watch__leaks_nothing_over_a_thousand_interfaces),
		cmocka_unit_test(watch__leaks_nothing_over_a_thousand_by_clsact),
		cmocka_unit_test(loop__has_an_fd_and_a_deadline),
	};

	return cmocka_run_group_tests_name("flow_watch", tests, NULL, NULL);
}
