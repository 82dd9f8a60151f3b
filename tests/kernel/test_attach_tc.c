/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* Programs at network interfaces by TCX, clsact and netkit: attached, fired, exchanged, detached, among those of others. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <skep/attach_netkit.h>
#include <skep/attach_tc.h>
#include <skep/kabi.h>
#include <skep/netns.h>
#include <skep/sys.h>

#include "base/cleanup.h"
#include "bpf_fixture.h"
#include "counter.h"
#include "lab/census.h"
#include "lab/foreign.h"
#include "lab/frame.h"
#include "lab/link.h"
#include "lab/load.h"
#include "lab/netns.h"
#include "lab/poll.h"
#include "lab/send.h"
#include "lab/tc.h"

#define SENT 5
#define NEXT (-1)

static void frame(struct lab_frame *f)
{
	memset(f, 0, sizeof(*f));
	lab_ether(f, LAB_MAC_A, LAB_MAC_B, 0x0800);
	lab_ipv4(f, "10.0.0.1", "10.0.0.2", 17);
	lab_udp(f, 1, 2);
	lab_payload(f, 40);
	lab_finish(f);
}

static void send_from(void *userdata)
{
	struct lab_frame f;

	frame(&f);
	assert_int_equal(lab_send_times(userdata, &f, SENT), 0);
}

static void tc_counter(struct counter *c)
{
	counter_open(SKEP_PROG_TYPE_SCHED_CLS, 0, NEXT, c);
}

static void veth(void)
{
	assert_int_equal(lab_veth_create("v0", "v1", true), 0);
}

static struct skep_attachment *attach(const struct counter *c, const struct skep_tc_opts *opts)
{
	struct skep_attachment *a = NULL;
	struct skep_error err = { 0 };

	assert_done(skep_tc_attach(c->prog_fd, opts, &a, &err), &err);
	assert_string_equal(err.msg, "");
	assert_true(skep_attachment_is_attached(a));
	return a;
}

static struct skep_tc_opts egress(void)
{
	return (struct skep_tc_opts){ .sz = sizeof(struct skep_tc_opts),
				      .interface = "v0",
				      .direction = SKEP_DIRECTION_EGRESS };
}

static void tc__fires_in_both_directions_inside(void)
{
	struct skep_tc_opts out = egress(), in = egress();
	struct counter c[2];
	struct skep_attachment *a, *b;

	veth();
	tc_counter(&c[0]);
	tc_counter(&c[1]);
	in.direction = SKEP_DIRECTION_INGRESS;
	in.interface = NULL;
	in.ifindex = (uint64_t)lab_link_index("v0");
	a = attach(&c[0], &out);
	b = attach(&c[1], &in);
	assert_int_equal(skep_attachment_family(a), SKEP_ATTACH_FAMILY_TC);
	assert_int_equal(skep_attachment_method(a),
			 lab_has_tcx() ? SKEP_ATTACH_METHOD_TCX : SKEP_ATTACH_METHOD_CLSACT);
	assert_int_equal(skep_attachment_link_fd(a) >= 0, lab_has_tcx());
	assert_string_equal(skep_attachment_target(a), "v0 egress");
	assert_non_null(strstr(skep_attachment_target(b), "ingress"));
	assert_true(skep_attachment_time_ns(a) > 0);
	assert_fires(&c[0], SENT, send_from, "v0");
	assert_fires(&c[1], SENT, send_from, "v1");
	assert_fires(&c[0], 0, send_from, "v1");
	assert_int_equal(skep_attachment_detach(a, NULL), 0);
	assert_fires(&c[0], 0, send_from, "v0");
	skep_attachment_close(a);
	skep_attachment_close(b);
	assert_fires(&c[1], 0, send_from, "v1");
	assert_false(lab_qdisc_has("v0", "clsact"));
	counter_close(&c[0]);
	counter_close(&c[1]);
}
IN_BPFFS(tc__fires_in_both_directions)

static void clsact__has_its_place_and_name_inside(void)
{
	struct skep_tc_opts o = egress();
	struct skep_tc_filter filter;
	struct lab_filter found;
	struct skep_attachment *a, *b;
	struct skep_error err = { 0 };
	struct counter c;

	veth();
	tc_counter(&c);
	o.method = SKEP_ATTACH_METHOD_CLSACT;
	o.priority = 7;
	o.handle = 0x1234;
	o.protocol = 0x0800;
	o.name = "on\negress";
	a = attach(&c, &o);
	assert_int_equal(skep_tc_filter_of(a, &filter), 0);
	assert_int_equal(filter.handle, 0x1234);
	assert_int_equal(filter.priority, 7);
	assert_int_equal(filter.protocol, 0x0800);
	assert_int_equal(filter.others, 0);
	assert_non_null(strstr(filter.name, ":qdisc=skep:on_egress"));
	assert_int_equal(lab_filter_list("v0", LAB_EGRESS, &found, 1), 1);
	assert_int_equal(found.handle, 0x1234);
	assert_int_equal(found.priority, 7);
	assert_int_equal(found.protocol, 0x0800);
	assert_int_equal(found.program_id, counter_prog_id(&c));
	assert_fires(&c, SENT, send_from, "v0");

	/* the same place is taken now, and stays so */
	assert_int_equal(skep_tc_attach(c.prog_fd, &o, &b, &err), -EEXIST);
	assert_told(&err, SKEP_ERR_CONFLICT, "there is a filter of that handle at priority 7");
	o.protocol = 0x86dd;
	assert_int_equal(skep_tc_attach(c.prog_fd, &o, &b, &err), -EEXIST);
	assert_told(&err, SKEP_ERR_CONFLICT, "another kind or protocol");
	o.protocol = 0x0800;
	o.handle = 0; /* one of our own */
	b = attach(&c, &o);
	assert_fires(&c, 2 * SENT, send_from, "v0");
	skep_attachment_close(b);
	b = attach(&c, &o);
	skep_attachment_close(a);
	skep_attachment_close(b);
	assert_false(lab_qdisc_has("v0", "clsact"));
	counter_close(&c);
}
IN_BPFFS(clsact__has_its_place_and_name)

/* By each method in turn: another program takes the place, and no packet is missed by both or seen by both. */
static void update_by(uint64_t method, int steps)
{
	struct skep_tc_opts o = egress();
	struct skep_error err = { 0 };
	struct counter old, new, wrong;
	struct skep_attachment *a;

	tc_counter(&old);
	tc_counter(&new);
	counter_open(SKEP_PROG_TYPE_XDP, 0, 2, &wrong);
	o.method = method;
	a = attach(&old, &o);
	assert_fires(&old, SENT, send_from, "v0");
	assert_int_equal(skep_attachment_update(a, new.prog_fd, &err), steps);
	assert_fires(&old, 0, send_from, "v0");
	assert_fires(&new, SENT, send_from, "v0");
	assert_int_equal(skep_attachment_update(a, wrong.prog_fd, &err), -EINVAL);
	assert_fires(&new, SENT, send_from, "v0");
	assert_int_equal(skep_attachment_detach(a, &err), 0);
	assert_fires(&new, 0, send_from, "v0");
	assert_int_equal(skep_attachment_update(a, old.prog_fd, &err), -ENOLINK);
	skep_attachment_close(a);
	counter_close(&old);
	counter_close(&new);
	counter_close(&wrong);
}

static void update__is_one_step_inside(void)
{
	veth();
	update_by(SKEP_ATTACH_METHOD_CLSACT, 0);
	if (!lab_has_tcx())
		lab_skip(); /* no TCX before 6.6 */
	update_by(SKEP_ATTACH_METHOD_TCX, 0);
	update_by(SKEP_ATTACH_METHOD_PROG_ATTACH, 0);
}
IN_BPFFS(update__is_one_step)

static void detach__says_that_others_did_it_inside(void)
{
	static const uint64_t methods[] = { SKEP_ATTACH_METHOD_CLSACT, SKEP_ATTACH_METHOD_TCX,
					    SKEP_ATTACH_METHOD_PROG_ATTACH };
	struct skep_tc_opts o = egress();
	struct skep_error err = { 0 };
	struct skep_tc_filter filter;
	struct skep_attachment *a;
	struct counter c;
	size_t i;

	tc_counter(&c);
	veth();
	o.method = SKEP_ATTACH_METHOD_CLSACT;
	a = attach(&c, &o);
	assert_int_equal(skep_tc_filter_of(a, &filter), 0);
	assert_int_equal(lab_filter_delete("v0", LAB_EGRESS, (uint16_t)filter.priority,
					   (uint32_t)filter.handle),
			 0);
	assert_int_equal(skep_attachment_update(a, c.prog_fd, &err), -ENOLINK);
	assert_int_equal(skep_attachment_detach(a, &err), 1);
	skep_attachment_close(a);
	assert_int_equal(lab_link_delete("v0"), 0);
	for (i = 0; i < (lab_has_tcx() ? ARRAY_SIZE(methods) : 1); i++) {
		veth();
		o.method = methods[i];
		a = attach(&c, &o);
		assert_int_equal(lab_link_delete("v0"), 0);
		assert_int_equal(skep_attachment_update(a, c.prog_fd, &err), -ENOLINK);
		assert_int_equal(skep_attachment_detach(a, &err), 1);
		skep_attachment_close(a);
	}
	counter_close(&c);
}
IN_BPFFS(detach__says_that_others_did_it)

static void expect_order(const struct counter *const *want, int count)
{
	uint32_t ids[8] = { 0 };
	int i;

	assert_int_equal(lab_tcx_list("v0", LAB_EGRESS, ids, ARRAY_SIZE(ids)), count);
	for (i = 0; i < count; i++)
		assert_int_equal(ids[i], counter_prog_id(want[i]));
}

static void order_inside(void)
{
	struct skep_attachment *a[5] = { NULL };
	struct skep_link_info info = { 0 };
	struct skep_tc_opts o = egress();
	struct skep_error err = { 0 };
	struct counter c[5];
	int i;

	veth();
	for (i = 0; i < 5; i++)
		tc_counter(&c[i]);
	a[0] = attach(&c[0], &o);
	a[1] = attach(&c[1], &o);
	expect_order((const struct counter *[]){ &c[0], &c[1] }, 2);
	o.position = SKEP_ATTACH_POSITION_FIRST;
	a[2] = attach(&c[2], &o);
	expect_order((const struct counter *[]){ &c[2], &c[0], &c[1] }, 3);
	o.position = SKEP_ATTACH_POSITION_BEFORE;
	o.anchor_kind = SKEP_ATTACH_ANCHOR_LINK_FD;
	o.anchor = (uint64_t)skep_attachment_link_fd(a[1]);
	a[3] = attach(&c[3], &o);
	expect_order((const struct counter *[]){ &c[2], &c[0], &c[3], &c[1] }, 4);
	o.position = SKEP_ATTACH_POSITION_AFTER;
	o.anchor_kind = SKEP_ATTACH_ANCHOR_LINK_ID;
	assert_true(skep_sys_link_info(skep_attachment_link_fd(a[2]), &info, sizeof(info)) > 0);
	o.anchor = info.id;
	a[4] = attach(&c[4], &o);
	expect_order((const struct counter *[]){ &c[2], &c[4], &c[0], &c[3], &c[1] }, 5);
	o = egress();
	o.revision = 1;
	assert_int_equal(skep_tc_attach(c[0].prog_fd, &o, &a[0], &err), -ESTALE);
	assert_told(&err, SKEP_ERR_CONFLICT, "changed since that revision");
	for (i = 0; i < 5; i++) {
		assert_fires(&c[i], SENT, send_from, "v0");
		skep_attachment_close(a[i]);
		counter_close(&c[i]);
	}
}
IN_BPFFS(order)

static void tcx__stands_where_it_was_told(void **state)
{
	if (!lab_has_tcx())
		skip(); /* no TCX before 6.6 */
	order(state);
}

/* A program takes the place of another one that was attached without a link. */
static void replace_inside(void)
{
	struct skep_tc_opts o = egress();
	struct skep_attachment *a, *b;
	struct counter old, new;

	veth();
	tc_counter(&old);
	tc_counter(&new);
	o.method = SKEP_ATTACH_METHOD_PROG_ATTACH;
	a = attach(&old, &o);
	o.method = SKEP_ATTACH_METHOD_AUTO;
	o.position = SKEP_ATTACH_POSITION_REPLACE;
	o.anchor_kind = SKEP_ATTACH_ANCHOR_PROG_FD;
	o.anchor = (uint64_t)old.prog_fd;
	b = attach(&new, &o);
	assert_int_equal(skep_attachment_method(b), SKEP_ATTACH_METHOD_PROG_ATTACH);
	expect_order((const struct counter *[]){ &new }, 1);
	assert_int_equal(skep_attachment_detach(a, NULL), 1);
	expect_order((const struct counter *[]){ &new }, 1);
	assert_int_equal(skep_attachment_detach(b, NULL), 0);
	expect_order(NULL, 0);
	skep_attachment_close(a);
	skep_attachment_close(b);
	counter_close(&old);
	counter_close(&new);
}
IN_BPFFS(replace)

static void tcx__takes_the_place_of_another(void **state)
{
	if (!lab_has_tcx())
		skip(); /* no TCX before 6.6 */
	replace(state);
}

static void tcx__is_unsupported_inside(void)
{
	struct skep_tc_opts o = egress();
	struct skep_attachment *a = NULL;
	struct skep_error err = { 0 };
	struct counter c;

	veth();
	tc_counter(&c);
	o.method = SKEP_ATTACH_METHOD_TCX;
	assert_int_equal(skep_tc_attach(c.prog_fd, &o, &a, &err), -EOPNOTSUPP);
	assert_told(&err, SKEP_ERR_UNSUPPORTED, "Linux 6.6");
	o.method = SKEP_ATTACH_METHOD_AUTO;
	o.position = SKEP_ATTACH_POSITION_FIRST;
	assert_int_equal(skep_tc_attach(c.prog_fd, &o, &a, &err), -EOPNOTSUPP);
	assert_told(&err, SKEP_ERR_UNSUPPORTED, "");
	assert_null(a);
	assert_false(lab_qdisc_has("v0", "clsact"));
	counter_close(&c);
}
IN_BPFFS(tcx__is_unsupported)

static void tcx__is_unsupported_where_the_kernel_lacks_it(void **state)
{
	if (lab_has_tcx())
		skip(); /* TCX is there since 6.6 */
	tcx__is_unsupported(state);
}

static void dry_run__changes_nothing_inside(void)
{
	struct skep_tc_opts o = egress();
	struct skep_attachment *a = NULL;
	struct skep_error err = { 0 };
	struct counter c;

	veth();
	tc_counter(&c);
	o.flags = SKEP_ATTACH_DRY_RUN;
	assert_done(skep_tc_attach(c.prog_fd, &o, &a, &err), &err);
	assert_false(skep_attachment_is_attached(a));
	assert_int_equal(skep_attachment_method(a),
			 lab_has_tcx() ? SKEP_ATTACH_METHOD_TCX : SKEP_ATTACH_METHOD_CLSACT);
	assert_string_equal(skep_attachment_target(a), "v0 egress");
	assert_fires(&c, 0, send_from, "v0");
	assert_false(lab_qdisc_has("v0", "clsact"));
	assert_int_equal(skep_attachment_detach(a, &err), 1);
	skep_attachment_close(a);
	o.interface = "nowhere";
	assert_int_equal(skep_tc_attach(c.prog_fd, &o, &a, &err), -ENODEV);
	assert_told(&err, SKEP_ERR_NOT_FOUND, "nowhere");
	counter_close(&c);
}
IN_BPFFS(dry_run__changes_nothing)

static void attach__says_what_is_wrong_inside(void)
{
	static const struct {
		struct skep_tc_opts opts;
		int code;
		const char *words;
		uint32_t kind; /* 0: by the code */
	} cases[] = {
		{ { .interface = "v0" }, -EINVAL, "a direction is needed", SKEP_ERR_NO_DIRECTION },
		{ { .interface = "v0", .direction = SKEP_DIRECTION_BOTH },
		  -EINVAL,
		  "a direction is needed",
		  SKEP_ERR_NO_DIRECTION },
		{ { .direction = SKEP_DIRECTION_EGRESS },
		  -EINVAL,
		  "none is named",
		  SKEP_ERR_NO_INTERFACE },
		{ { .interface = "v9", .direction = SKEP_DIRECTION_EGRESS }, -ENODEV, "'v9'" },
		{ { .ifindex = 99999, .direction = SKEP_DIRECTION_EGRESS }, -ENODEV, "99999" },
		{ { .interface = "v0", .direction = SKEP_DIRECTION_EGRESS, .flags = 1 << 30 },
		  -EINVAL,
		  "flag" },
		{ { .interface = "v0",
		    .direction = SKEP_DIRECTION_EGRESS,
		    .method = SKEP_ATTACH_METHOD_TCX,
		    .priority = 1 },
		  -EINVAL,
		  "by clsact alone" },
		{ { .interface = "v0",
		    .direction = SKEP_DIRECTION_EGRESS,
		    .method = SKEP_ATTACH_METHOD_TRACEFS },
		  -EINVAL,
		  "not by method tracefs" },
		{ { .interface = "v0",
		    .direction = SKEP_DIRECTION_EGRESS,
		    .position = SKEP_ATTACH_POSITION_BEFORE },
		  -EINVAL,
		  "needs a program or link" },
		{ { .interface = "v0", .direction = SKEP_DIRECTION_EGRESS, .priority = 65536 },
		  -EINVAL,
		  "priority" },
	};
	struct skep_attachment *a = NULL;
	struct skep_error err;
	struct counter c, xdp;
	size_t i;

	veth();
	tc_counter(&c);
	counter_open(SKEP_PROG_TYPE_XDP, 0, 2, &xdp);
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct skep_tc_opts o = cases[i].opts;

		o.sz = sizeof(o);
		err = (struct skep_error){ 0 };
		assert_int_equal(skep_tc_attach(c.prog_fd, &o, &a, &err), cases[i].code);
		assert_told(&err,
			    cases[i].kind              ? cases[i].kind
			    : cases[i].code == -ENODEV ? SKEP_ERR_NOT_FOUND
						       : SKEP_ERR_INVALID,
			    cases[i].words);
	}
	{
		struct skep_tc_opts o = egress();

		assert_true(skep_tc_attach(xdp.prog_fd, &o, &a, &err) < 0);
		assert_true(err.kind == SKEP_ERR_INVALID || err.kind == SKEP_ERR_SYSCALL);
		assert_int_equal(skep_tc_attach(-1, &o, &a, &err), -EBADF);
	}
	assert_null(a);
	assert_false(lab_qdisc_has("v0", "clsact"));
	counter_close(&c);
	counter_close(&xdp);
}
IN_BPFFS(attach__says_what_is_wrong)

static int send_there(void *userdata)
{
	send_from(userdata);
	return 0;
}

static uint64_t own_netns(void)
{
	_cleanup_(skep_netns_closep) struct skep_netns *netns = NULL;

	assert_int_equal(skep_netns_open_pid(0, &netns, NULL), 0);
	return skep_netns_inode(netns);
}

static void other_netns_inside(void)
{
	static const uint64_t methods[] = { SKEP_ATTACH_METHOD_CLSACT, SKEP_ATTACH_METHOD_TCX };
	int there = lab_netns_new();
	struct skep_netns *netns = NULL;
	struct skep_tc_opts o = egress();
	struct skep_error err = { 0 };
	struct skep_attachment *a;
	uint64_t here = own_netns();
	struct counter c;
	size_t i;

	assert_true(there >= 0);
	assert_int_equal(lab_veth_create_in("v1", "v0", there), 0);
	tc_counter(&c);
	assert_done(skep_netns_open_fd(there, &netns, &err), &err);
	assert_true(skep_netns_inode(netns) != here);
	assert_true(skep_netns_ifindex(netns, "v0", &err) > 0);
	assert_int_equal(skep_netns_ifindex(netns, "v1", &err), -ENODEV);
	o.netns = netns;
	for (i = 0; i < (lab_has_tcx() ? 2 : 1); i++) {
		o.method = methods[i];
		a = attach(&c, &o);
		assert_non_null(strstr(skep_attachment_target(a), "v0 in netns "));
		assert_int_equal(skep_netns_filter_count(
					 netns, (uint32_t)skep_netns_ifindex(netns, "v0", NULL),
					 SKEP_DIRECTION_BOTH, &err),
				 methods[i] == SKEP_ATTACH_METHOD_CLSACT);
		assert_int_equal(own_netns(), here);
		assert_int_equal(lab_netns_call(there, send_there, "v0"), 0);
		assert_int_equal(*c.value, (i + 1) * SENT);
		assert_int_equal(skep_attachment_detach(a, &err), 0);
		skep_attachment_close(a);
	}
	assert_int_equal(own_netns(), here);
	skep_netns_close(netns);
	close(there);
	counter_close(&c);
}
IN_BPFFS(other_netns)

static void tc__reaches_into_another_netns(void **state)
{
	other_netns(state);
}

static void netns__is_told_from_other_files_inside(void)
{
	struct skep_netns *netns = NULL;
	struct skep_error err = { 0 };

	assert_int_equal(skep_netns_open_fd(-1, &netns, &err), -EBADF);
	assert_int_equal(skep_netns_open_path("/dev/null", &netns, &err), -EINVAL);
	assert_told(&err, SKEP_ERR_INVALID, "is no network namespace");
	assert_int_equal(skep_netns_open_path("/proc/self/ns/pid", &netns, &err), -EINVAL);
	assert_int_equal(skep_netns_open_path("/nowhere", &netns, &err), -ENOENT);
	assert_told(&err, SKEP_ERR_NOT_FOUND, "/nowhere");
	assert_int_equal(skep_netns_open_pid(0x7fffffff, &netns, &err), -ESRCH);
	assert_null(netns);
	assert_done(skep_netns_open_path("/proc/self/ns/net", &netns, &err), &err);
	skep_netns_close(netns);
	assert_done(skep_netns_open_pid((uint32_t)getpid(), &netns, &err), &err);
	assert_int_equal(skep_netns_inode(netns), own_netns());
	assert_true(skep_netns_fd(netns) > STDERR_FILENO);
	skep_netns_close(netns);
	assert_null(skep_netns_close(NULL));
}
IN_BPFFS(netns__is_told_from_other_files)

/* Namespaces and interfaces come and go, with an attachment in each. */
static void churn_inside(void)
{
	static struct lab_census before;
	uint64_t i, times = lab_load(1000);
	char left[512];
	struct skep_tc_opts o = egress();
	struct skep_error err = { 0 };
	struct counter c;

	tc_counter(&c);
	assert_int_equal(lab_census_take(&before), 0);
	for (i = 0; i < times; i++) {
		_cleanup_(skep_netns_closep) struct skep_netns *netns = NULL;
		int there = lab_netns_new();
		struct skep_attachment *a = NULL;

		assert_true(there >= 0);
		assert_done(skep_netns_open_fd(there, &netns, &err), &err);
		o.netns = netns;
		o.interface = "lo";
		o.method = i % 2 ? SKEP_ATTACH_METHOD_CLSACT : SKEP_ATTACH_METHOD_AUTO;
		assert_done(skep_tc_attach(c.prog_fd, &o, &a, &err), &err);
		close(there);
		if (i % 3)
			assert_int_equal(skep_attachment_detach(a, &err), 0);
		skep_attachment_close(a);
	}
	assert_true(lab_census_clean(&before, lab_in_ms(30000), left, sizeof(left)));
	counter_close(&c);
}
IN_BPFFS(churn)

static void netns__leaks_nothing_over_a_thousand(void **state)
{
	churn(state);
}

static void netkit_inside(void)
{
	struct skep_netkit_opts o = { .sz = sizeof(o), .interface = "k0" };
	struct skep_attachment *a = NULL, *b = NULL;
	struct skep_error err = { 0 };
	struct counter c[2], other;

	assert_int_equal(lab_netkit_create("k0", "k1"), 0);
	tc_counter(&c[0]);
	tc_counter(&c[1]);
	tc_counter(&other);
	assert_done(skep_netkit_attach(c[0].prog_fd, &o, &a, &err), &err);
	assert_string_equal(skep_attachment_target(a), "k0 primary");
	assert_fires(&c[0], SENT, send_from, "k0");
	assert_fires(&c[0], 0, send_from, "k1");
	o.flags = SKEP_NETKIT_PEER;
	assert_done(skep_netkit_attach(c[1].prog_fd, &o, &b, &err), &err);
	assert_fires(&c[1], SENT, send_from, "k1");
	assert_int_equal(skep_attachment_update(b, other.prog_fd, &err), 0);
	assert_fires(&c[1], 0, send_from, "k1");
	assert_fires(&other, SENT, send_from, "k1");
	assert_int_equal(skep_attachment_detach(b, &err), 0);
	assert_fires(&other, 0, send_from, "k1");
	skep_attachment_close(b);
	o.method = SKEP_ATTACH_METHOD_PROG_ATTACH;
	assert_done(skep_netkit_attach(c[1].prog_fd, &o, &b, &err), &err);
	assert_fires(&c[1], SENT, send_from, "k1");
	assert_int_equal(skep_attachment_detach(b, &err), 0);
	skep_attachment_close(b);
	o.interface = "k1";
	assert_true(skep_netkit_attach(c[1].prog_fd, &o, &b, &err) < 0);
	assert_int_equal(lab_link_delete("k0"), 0);
	assert_int_equal(skep_attachment_detach(a, &err), 1);
	skep_attachment_close(a);
	counter_close(&c[0]);
	counter_close(&c[1]);
	counter_close(&other);
}
IN_BPFFS(netkit)

static int try_netkit(void *userdata)
{
	(void)userdata;
	return -lab_netkit_create("k0", "k1");
}

static void netkit__fires_on_both_sides(void **state)
{
	if (lab_in_netns(try_netkit, NULL) != 0)
		skip(); /* no such devices: before 6.7, or not built in */
	netkit(state);
}

static void netkit__is_unsupported_inside(void)
{
	struct skep_netkit_opts o = { .sz = sizeof(o), .interface = "lo" };
	struct skep_attachment *a = NULL;
	struct skep_error err = { 0 };
	struct counter c;

	tc_counter(&c);
	assert_int_equal(skep_netkit_attach(c.prog_fd, &o, &a, &err), -EOPNOTSUPP);
	assert_told(&err, SKEP_ERR_UNSUPPORTED, "Linux 6.7");
	counter_close(&c);
}
IN_BPFFS(netkit__is_unsupported)

static void netkit__is_unsupported_where_the_kernel_lacks_it(void **state)
{
	if (lab_in_netns(try_netkit, NULL) == 0)
		skip(); /* it is there since 6.7 */
	netkit__is_unsupported(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tc__fires_in_both_directions),
		cmocka_unit_test(clsact__has_its_place_and_name),
		cmocka_unit_test(update__is_one_step),
		cmocka_unit_test(detach__says_that_others_did_it),
		cmocka_unit_test(tcx__stands_where_it_was_told),
		cmocka_unit_test(tcx__takes_the_place_of_another),
		cmocka_unit_test(tcx__is_unsupported_where_the_kernel_lacks_it),
		cmocka_unit_test(dry_run__changes_nothing),
		cmocka_unit_test(attach__says_what_is_wrong),
		cmocka_unit_test(tc__reaches_into_another_netns),
		cmocka_unit_test(netns__is_told_from_other_files),
		cmocka_unit_test(netns__leaks_nothing_over_a_thousand),
		cmocka_unit_test(netkit__fires_on_both_sides),
		cmocka_unit_test(netkit__is_unsupported_where_the_kernel_lacks_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
