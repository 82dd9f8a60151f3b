/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* XDP: attached, fired, exchanged and detached, by link and by netlink, in each mode, beside what others have there. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <skep/attach_xdp.h>
#include <skep/kabi.h>
#include <skep/netns.h>
#include <skep/sys.h>

#include "base/cleanup.h"
#include "bpf_fixture.h"
#include "counter.h"
#include "lab/frame.h"
#include "lab/link.h"
#include "lab/netns.h"
#include "lab/poll.h"
#include "lab/send.h"
#include "net/xdp.h"

#define SENT 5
#define PASS 2

static const uint64_t methods[] = { SKEP_ATTACH_METHOD_LINK, SKEP_ATTACH_METHOD_NETLINK };

/* Sends to v0, and waits until the far end has had it: XDP runs in the softirq of the receiver. */
static void send_to_v0(void *userdata)
{
	struct lab_link_stats before, after;
	uint64_t deadline = lab_in_ms(5000);
	struct lab_frame f = { 0 };

	(void)userdata;
	lab_ether(&f, LAB_MAC_A, LAB_MAC_B, 0x0800);
	lab_ipv4(&f, "10.0.0.1", "10.0.0.2", 17);
	lab_udp(&f, 1, 2);
	lab_payload(&f, 40);
	lab_finish(&f);
	assert_int_equal(lab_link_stats("v0", &before), 0);
	assert_int_equal(lab_send_times("v1", &f, SENT), 0);
	do
		assert_int_equal(lab_link_stats("v0", &after), 0);
	while (after.rx_packets < before.rx_packets + SENT && lab_now_ns() < deadline);
}

static void xdp_counter(struct counter *c)
{
	counter_open(SKEP_PROG_TYPE_XDP, SKEP_ATTACH_TYPE_XDP, PASS, c);
}

static struct skep_xdp_opts at_v0(uint64_t method)
{
	return (struct skep_xdp_opts){ .sz = sizeof(struct skep_xdp_opts),
				       .interface = "v0",
				       .method = method };
}

static struct skep_attachment *attach(const struct counter *c, const struct skep_xdp_opts *o)
{
	struct skep_attachment *a = NULL;
	struct skep_error err = { 0 };

	assert_done(skep_xdp_attach(c->prog_fd, o, &a, &err), &err);
	return a;
}

static void xdp__fires_and_is_exchanged_by_each_method_inside(void)
{
	struct skep_error err = { 0 };
	struct counter old, new;
	size_t i;

	assert_int_equal(lab_veth_create("v0", "v1", true), 0);
	xdp_counter(&old);
	xdp_counter(&new);
	for (i = 0; i < ARRAY_SIZE(methods); i++) {
		struct skep_xdp_opts o = at_v0(methods[i]);
		struct skep_attachment *a = attach(&old, &o);

		assert_int_equal(skep_attachment_method(a), methods[i]);
		assert_int_equal(skep_attachment_link_fd(a) >= 0,
				 methods[i] == SKEP_ATTACH_METHOD_LINK);
		assert_string_equal(skep_attachment_target(a), "v0");
		assert_fires(&old, SENT, send_to_v0, NULL);
		assert_int_equal(skep_attachment_update(a, new.prog_fd, &err), 0);
		assert_fires(&old, 0, send_to_v0, NULL);
		assert_fires(&new, SENT, send_to_v0, NULL);
		assert_int_equal(skep_attachment_detach(a, &err), 0);
		assert_fires(&new, 0, send_to_v0, NULL);
		skep_attachment_close(a);
		a = attach(&old, &o);
		skep_attachment_close(a);
		assert_fires(&old, 0, send_to_v0, NULL);
	}
	counter_close(&old);
	counter_close(&new);
}
IN_BPFFS(xdp__fires_and_is_exchanged_by_each_method)

static void xdp__has_modes_inside(void)
{
	struct skep_xdp_opts o = at_v0(0);
	struct skep_attachment *a;
	struct skep_error err = { 0 };
	struct counter c;

	assert_int_equal(lab_veth_create("v0", "v1", true), 0);
	xdp_counter(&c);
	o.mode = SKEP_XDP_MODE_SKB;
	a = attach(&c, &o);
	assert_string_equal(skep_attachment_target(a), "v0 skb");
	assert_fires(&c, SENT, send_to_v0, NULL);
	skep_attachment_close(a);
	o.mode = SKEP_XDP_MODE_DRIVER;
	a = attach(&c, &o);
	assert_fires(&c, SENT, send_to_v0, NULL);
	o.mode = SKEP_XDP_MODE_SKB; /* one at a time */
	assert_true(skep_xdp_attach(c.prog_fd, &o, &a, &err) < 0);
	assert_int_equal(err.kind, SKEP_ERR_CONFLICT);
	skep_attachment_close(a);
	o.interface = "lo"; /* has no XDP in its driver */
	o.mode = SKEP_XDP_MODE_DRIVER;
	assert_int_equal(skep_xdp_attach(c.prog_fd, &o, &a, &err), -EOPNOTSUPP);
	assert_int_equal(err.kind, SKEP_ERR_UNSUPPORTED);
	o.mode = 3;
	assert_int_equal(skep_xdp_attach(c.prog_fd, &o, &a, &err), -EINVAL);
	assert_string_equal(skep_xdp_mode_name(SKEP_XDP_MODE_HARDWARE), "hardware");
	assert_string_equal(skep_xdp_mode_name(3), "unknown");
	counter_close(&c);
}
IN_BPFFS(xdp__has_modes)

/* Whatever is there, link or not, stays; and what has been taken away by others is told. */
static void xdp__leaves_others_alone_inside(void)
{
	struct skep_error err = { 0 };
	struct counter theirs, ours;
	size_t i, j;

	assert_int_equal(lab_veth_create("v0", "v1", true), 0);
	xdp_counter(&theirs);
	xdp_counter(&ours);
	for (i = 0; i < ARRAY_SIZE(methods); i++) {
		struct skep_xdp_opts o = at_v0(methods[i]);
		struct skep_attachment *a = attach(&theirs, &o), *b = NULL;

		for (j = 0; j < ARRAY_SIZE(methods); j++) {
			struct skep_xdp_opts mine = at_v0(methods[j]);

			assert_true(skep_xdp_attach(ours.prog_fd, &mine, &b, &err) < 0);
			assert_int_equal(err.kind, SKEP_ERR_CONFLICT);
			assert_fires(&theirs, SENT, send_to_v0, NULL);
		}
		skep_attachment_close(a);
	}
	for (i = 0; i < ARRAY_SIZE(methods); i++) {
		struct skep_xdp_opts o = at_v0(methods[i]);
		struct skep_attachment *a = attach(&ours, &o);

		assert_int_equal(lab_link_delete("v0"), 0);
		assert_int_equal(skep_attachment_update(a, theirs.prog_fd, &err), -ENOLINK);
		assert_int_equal(skep_attachment_detach(a, &err), 1);
		skep_attachment_close(a);
		assert_int_equal(lab_veth_create("v0", "v1", true), 0);
	}
	counter_close(&theirs);
	counter_close(&ours);
}
IN_BPFFS(xdp__leaves_others_alone)

/* Somebody else puts his program in the place of ours: it is his now. */
static void detach__leaves_what_took_our_place_inside(void)
{
	struct skep_xdp_opts o = at_v0(SKEP_ATTACH_METHOD_NETLINK);
	struct net_rtnl *rtnl = NULL;
	struct skep_error err = { 0 };
	struct counter theirs, ours;
	struct skep_attachment *a;

	assert_int_equal(lab_veth_create("v0", "v1", true), 0);
	xdp_counter(&theirs);
	xdp_counter(&ours);
	a = attach(&ours, &o);
	assert_int_equal(net_rtnl_open(0, &rtnl), 0);
	assert_int_equal(
		net_xdp_set(rtnl, (uint32_t)lab_link_index("v0"), theirs.prog_fd, ours.prog_fd, 0),
		0);
	assert_int_equal(skep_attachment_update(a, ours.prog_fd, &err), -ENOLINK);
	assert_int_equal(skep_attachment_detach(a, &err), 1);
	skep_attachment_close(a);
	assert_fires(&theirs, SENT, send_to_v0, NULL);
	net_rtnl_close(rtnl);
	counter_close(&theirs);
	counter_close(&ours);
}
IN_BPFFS(detach__leaves_what_took_our_place)

static int send_there(void *userdata)
{
	struct lab_frame f = { 0 };

	(void)userdata;
	lab_ether(&f, LAB_MAC_A, LAB_MAC_B, 0x0800);
	lab_ipv4(&f, "10.0.0.1", "10.0.0.2", 17);
	lab_udp(&f, 1, 2);
	lab_payload(&f, 40);
	lab_finish(&f);
	return lab_send_times("v1", &f, SENT);
}

static bool has_seen(void *userdata)
{
	const struct counter *c = userdata;

	return *c->value >= SENT;
}

static void xdp__reaches_into_another_netns_inside(void)
{
	int there = lab_netns_new();
	struct skep_netns *netns = NULL;
	struct skep_error err = { 0 };
	size_t i;

	/* v1 is here, v0 is there */
	assert_int_equal(lab_veth_create_in("v1", "v0", there), 0);
	assert_done(skep_netns_open_fd(there, &netns, &err), &err);
	for (i = 0; i < ARRAY_SIZE(methods); i++) {
		struct skep_xdp_opts o = at_v0(methods[i]);
		struct skep_attachment *a;
		struct counter c;

		xdp_counter(&c);
		o.netns = netns;
		a = attach(&c, &o);
		assert_int_equal(send_there(NULL), 0);
		assert_true(lab_until(lab_in_ms(5000), has_seen, &c));
		assert_int_equal(skep_attachment_detach(a, &err), 0);
		skep_attachment_close(a);
		counter_close(&c);
	}
	skep_netns_close(netns);
	close(there);
}
IN_BPFFS(xdp__reaches_into_another_netns)

/* A process attaches by netlink and is killed: the next one takes the place, whichever way. */
static pid_t attach_and_wait(const struct counter *c, int *ret_pipe)
{
	struct skep_xdp_opts o = at_v0(SKEP_ATTACH_METHOD_NETLINK);
	int pipes[2];
	char byte = 'x';
	pid_t pid;

	assert_int_equal(pipe2(pipes, O_CLOEXEC), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		attach(c, &o);
		if (write(pipes[1], &byte, 1) == 1)
			pause();
		_exit(1);
	}
	assert_int_equal(read(pipes[0], &byte, 1), 1);
	*ret_pipe = pipes[0];
	close(pipes[1]);
	return pid;
}

static void killed__is_cleaned_up_by_the_next_inside(void)
{
	struct counter left, next;
	struct skep_error err = { 0 };
	size_t i;

	assert_int_equal(lab_veth_create("v0", "v1", true), 0);
	xdp_counter(&left);
	xdp_counter(&next);
	for (i = 0; i < ARRAY_SIZE(methods); i++) {
		struct skep_xdp_opts o = at_v0(methods[i]);
		struct skep_attachment *a = NULL;
		int held, status;
		pid_t pid = attach_and_wait(&left, &held);

		assert_fires(&left, SENT, send_to_v0, NULL);
		assert_true(skep_xdp_attach(next.prog_fd, &o, &a, &err) < 0); /* it lives */
		assert_int_equal(err.kind, SKEP_ERR_CONFLICT);
		kill(pid, SIGKILL);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		close(held);
		assert_fires(&left, SENT, send_to_v0, NULL); /* it outlives its process */
		a = attach(&next, &o);
		assert_fires(&left, 0, send_to_v0, NULL);
		assert_fires(&next, SENT, send_to_v0, NULL);
		skep_attachment_close(a);
		assert_fires(&next, 0, send_to_v0, NULL);
	}
	counter_close(&left);
	counter_close(&next);
}
IN_BPFFS(killed__is_cleaned_up_by_the_next)

/* Of a program that somebody else has attached it is not known who; also not if skep had it elsewhere. */
static void stale__is_never_said_of_others_inside(void)
{
	struct skep_xdp_opts o = at_v0(SKEP_ATTACH_METHOD_NETLINK);
	struct net_rtnl *rtnl = NULL;
	struct skep_attachment *a = NULL;
	struct skep_error err = { 0 };
	struct counter theirs, ours;
	int held, status;
	pid_t pid;

	assert_int_equal(lab_veth_create("v0", "v1", true), 0);
	xdp_counter(&theirs);
	xdp_counter(&ours);
	pid = attach_and_wait(&theirs, &held);
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	close(held);
	/* the same program, by somebody else, at the other interface */
	assert_int_equal(net_rtnl_open(0, &rtnl), 0);
	assert_int_equal(net_xdp_set(rtnl, (uint32_t)lab_link_index("v1"), theirs.prog_fd, -1, 0),
			 0);
	o.interface = "v1";
	assert_true(skep_xdp_attach(ours.prog_fd, &o, &a, &err) < 0);
	assert_int_equal(err.kind, SKEP_ERR_CONFLICT);
	o.interface = "v0";
	a = attach(&ours, &o);
	skep_attachment_close(a);
	net_rtnl_close(rtnl);
	counter_close(&theirs);
	counter_close(&ours);
}
IN_BPFFS(stale__is_never_said_of_others)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(xdp__fires_and_is_exchanged_by_each_method),
		cmocka_unit_test(xdp__has_modes),
		cmocka_unit_test(xdp__leaves_others_alone),
		cmocka_unit_test(detach__leaves_what_took_our_place),
		cmocka_unit_test(xdp__reaches_into_another_netns),
		cmocka_unit_test(killed__is_cleaned_up_by_the_next),
		cmocka_unit_test(stale__is_never_said_of_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
