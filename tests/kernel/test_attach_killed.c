/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * What stays when a process ends, as no link holds it: a process that attaches and detaches for ever is killed at any moment, and
 * the next one that attaches finds the place as if it had never been; what others have attached is there all the time.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <skep/attach_cgroup.h>
#include <skep/attach_netkit.h>
#include <skep/attach_socket.h>
#include <skep/attach_tc.h>
#include <skep/attach_xdp.h>
#include <skep/kabi.h>
#include <skep/sys.h>
#include <skep/sys_prog.h>

#include "base/cleanup.h"
#include "bpf_fixture.h"
#include "counter.h"
#include "lab/link.h"
#include "lab/load.h"
#include "net/rtnl.h"
#include "net/xdp.h"

static int cgroup_fd, sockmap_fd;

struct place {
	uint32_t family, method, prog_type, attach_type;
	int32_t returned;
	int is_shared; /* several programs at a time */
	int (*attach)(const struct place *p, int prog_fd, struct skep_attachment **ret,
		      struct skep_error *err);
	/* What BPF_PROG_QUERY takes. Return: an fd, which is closed; an interface index, negated; 0: it does not. */
	int (*target)(void);
};

static int attach_xdp(const struct place *p, int prog_fd, struct skep_attachment **ret,
		      struct skep_error *err)
{
	const struct skep_xdp_opts o = { .sz = sizeof(o), .method = p->method, .interface = "v0" };

	return skep_xdp_attach(prog_fd, &o, ret, err);
}

static int attach_tc(const struct place *p, int prog_fd, struct skep_attachment **ret,
		     struct skep_error *err)
{
	const struct skep_tc_opts o = { .sz = sizeof(o),
					.method = p->method,
					.interface = "v0",
					.direction = SKEP_DIRECTION_INGRESS };

	return skep_tc_attach(prog_fd, &o, ret, err);
}

static int attach_netkit(const struct place *p, int prog_fd, struct skep_attachment **ret,
			 struct skep_error *err)
{
	const struct skep_netkit_opts o = { .sz = sizeof(o),
					    .method = p->method,
					    .interface = "k0" };

	return skep_netkit_attach(prog_fd, &o, ret, err);
}

static int attach_cgroup(const struct place *p, int prog_fd, struct skep_attachment **ret,
			 struct skep_error *err)
{
	const struct skep_cgroup_opts o = { .sz = sizeof(o),
					    .method = p->method,
					    .cgroup_fd = (uint64_t)cgroup_fd,
					    .attach_type = p->attach_type };

	return skep_cgroup_attach(prog_fd, &o, ret, err);
}

static int attach_sockmap(const struct place *p, int prog_fd, struct skep_attachment **ret,
			  struct skep_error *err)
{
	const struct skep_sockmap_opts o = { .sz = sizeof(o),
					     .method = p->method,
					     .map_fd = (uint64_t)sockmap_fd };

	return skep_sk_msg_attach(prog_fd, &o, ret, err);
}

static int attach_dissector(const struct place *p, int prog_fd, struct skep_attachment **ret,
			    struct skep_error *err)
{
	const struct skep_netns_attach_opts o = { .sz = sizeof(o), .method = p->method };

	return skep_flow_dissector_attach(prog_fd, &o, ret, err);
}

static int at_v0(void)
{
	return -lab_link_index("v0");
}

static int at_k0(void)
{
	return -lab_link_index("k0");
}

static int at_cgroup(void)
{
	return dup(cgroup_fd);
}

static int at_sockmap(void)
{
	return fixture_kernel_has("BPF_LINK_TYPE_KPROBE_MULTI") ? dup(sockmap_fd) : 0; /* 5.15 */
}

static int at_netns(void)
{
	return open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
}

/* XDP is not asked so. */
static unsigned count_xdp(void)
{
	struct net_rtnl *rtnl = NULL;
	uint32_t id = 0;

	assert_int_equal(net_rtnl_open(0, &rtnl), 0);
	assert_int_equal(net_xdp_get(rtnl, (uint32_t)lab_link_index("v0"), 0, &id), 0);
	net_rtnl_close(rtnl);
	return id != 0;
}

/* How many programs are there. Return: @otherwise: this kernel does not tell. */
static unsigned count(const struct place *p, unsigned otherwise)
{
	uint32_t ids[64] = { 0 };
	struct skep_attr_prog_query query = { .attach_type = p->attach_type,
					      .prog_ids = SKEP_ATTR_POINTER(ids),
					      .count = ARRAY_SIZE(ids) };
	struct skep_error err = { 0 };
	int target;

	if (!p->target)
		return count_xdp();
	target = p->target();
	if (!target)
		return otherwise;
	query.target = (uint32_t)abs(target);
	assert_done(skep_sys_prog_query(&query, sizeof(query), &err), &err);
	if (target > 0)
		close(target);
	return query.count;
}

static void attach_for_ever(const struct place *p, int prog_fd)
{
	for (;;) {
		struct skep_attachment *a = NULL;

		if (p->attach(p, prog_fd, &a, NULL) < 0)
			_exit(1);
		if (skep_attachment_detach(a, NULL) != 0)
			_exit(1);
		skep_attachment_close(a);
	}
}

static void kill_at_any_moment(const struct place *p, int prog_fd, unsigned *seed)
{
	int status;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0)
		attach_for_ever(p, prog_fd);
	usleep((useconds_t)(rand_r(seed) % 20000)); /* at any moment: not to wait for something */
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status)); /* it has not failed before */
}

static void try_place(const struct place *p)
{
	const unsigned rounds = (unsigned)lab_load(32);
	struct counter theirs, left, next;
	struct skep_attachment *other = NULL, *a = NULL;
	struct skep_error err = { 0 };
	unsigned i, seed = p->family, others = (unsigned)p->is_shared;

	counter_open(p->prog_type, p->attach_type, p->returned, &theirs);
	counter_open(p->prog_type, p->attach_type, p->returned, &left);
	counter_open(p->prog_type, p->attach_type, p->returned, &next);
	if (p->is_shared) /* of a process that lives */
		assert_done(p->attach(p, theirs.prog_fd, &other, &err), &err);
	for (i = 0; i < (rounds < 8 ? 8 : rounds); i++) {
		kill_at_any_moment(p, left.prog_fd, &seed);
		assert_done(p->attach(p, next.prog_fd, &a, &err), &err);
		assert_int_equal(count(p, 1 + others), 1 + others);
		assert_int_equal(skep_attachment_detach(a, &err), 0);
		a = skep_attachment_close(a);
		assert_int_equal(count(p, others), others);
	}
	if (other)
		assert_int_equal(skep_attachment_detach(other, &err), 0);
	skep_attachment_close(other);
	counter_close(&theirs);
	counter_close(&left);
	counter_close(&next);
}

#define PLACE(family_, method_, prog, type, value, shared, fn, where)                              \
	{                                                                                          \
		SKEP_ATTACH_FAMILY_##family_, SKEP_ATTACH_METHOD_##method_, SKEP_PROG_TYPE_##prog, \
			SKEP_ATTACH_TYPE_##type, value, shared, fn, where                          \
	}

static const struct place places[] = {
	PLACE(XDP, NETLINK, XDP, XDP, 2, 0, attach_xdp, NULL),
	PLACE(TC, PROG_ATTACH, SCHED_CLS, TCX_INGRESS, -1, 1, attach_tc, at_v0),
	PLACE(NETKIT, PROG_ATTACH, SCHED_CLS, NETKIT_PRIMARY, -1, 1, attach_netkit, at_k0),
	PLACE(CGROUP, PROG_ATTACH, CGROUP_SKB, CGROUP_INET_EGRESS, 1, 1, attach_cgroup, at_cgroup),
	PLACE(SK_MSG, PROG_ATTACH, SK_MSG, SK_MSG_VERDICT, 1, 0, attach_sockmap, at_sockmap),
	PLACE(FLOW_DISSECTOR, PROG_ATTACH, FLOW_DISSECTOR, FLOW_DISSECTOR, 0, 0, attach_dissector,
	      at_netns),
};

static void killed__at_any_moment_leaves_nothing_for_the_next_inside(void)
{
	const int has_netkit = lab_netkit_create("k0", "k1") == 0;
	size_t i;

	assert_int_equal(lab_veth_create("v0", "v1", true), 0);
	cgroup_fd = fixture_cgroup();
	sockmap_fd = fixture_map(SKEP_MAP_TYPE_SOCKMAP, 4, 4, 1, 0);
	for (i = 0; i < ARRAY_SIZE(places); i++) {
		const struct place *p = &places[i];

		if (skep_attach_supported(NULL, p->family, p->method, NULL) == 1 &&
		    (p->family != SKEP_ATTACH_FAMILY_NETKIT || has_netkit))
			try_place(p);
		else
			fprintf(stderr, "# %s: this kernel lacks it\n",
				skep_attach_family_name(p->family));
	}
	close(sockmap_fd);
	fixture_cgroup_remove(cgroup_fd);
}
IN_BPFFS(killed__at_any_moment_leaves_nothing_for_the_next)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(killed__at_any_moment_leaves_nothing_for_the_next),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
