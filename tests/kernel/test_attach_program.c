/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* What is no program, or not one of a type that the family takes: told as that by every family, in a dry run and in earnest. */
#include <errno.h>
#include <fcntl.h>
#include <linux/perf_event.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <skep/attach_cgroup.h>
#include <skep/attach_iter.h>
#include <skep/attach_kprobe.h>
#include <skep/attach_netfilter.h>
#include <skep/attach_netkit.h>
#include <skep/attach_perf_event.h>
#include <skep/attach_socket.h>
#include <skep/attach_tc.h>
#include <skep/attach_tracepoint.h>
#include <skep/attach_tracing.h>
#include <skep/attach_uprobe.h>
#include <skep/attach_xdp.h>
#include <skep/direction.h>
#include <skep/kabi.h>

#include "base/cleanup.h"
#include "hook.h"

#define LOOPBACK 1

/* What the families are attached to. */
static int cgroup = -1, socket_fd = -1, sockmap = -1;

#define TO(fn, opts_type, attach, ...)                                                         \
	static int fn(int prog, uint64_t flags, uint64_t method, struct skep_attachment **ret, \
		      struct skep_error *err)                                                  \
	{                                                                                      \
		const struct opts_type o = {                                                   \
			.sz = sizeof(o), .flags = flags, .method = method, ##__VA_ARGS__       \
		};                                                                             \
		return attach(prog, &o, ret, err);                                             \
	}

static const char *const functions[] = { "vfs_read", "vfs_write" };

TO(kprobe, skep_kprobe_opts, skep_kprobe_attach, .symbol = "vfs_read")
TO(kprobes, skep_kprobe_multi_opts, skep_kprobe_attach_multi, .symbols = functions,
   .symbol_count = 2)
TO(uprobe, skep_uprobe_opts, skep_uprobe_attach, .file = "c", .symbol = "getpgid")
TO(tracepoint, skep_tracepoint_opts, skep_tracepoint_attach, .category = "sched",
   .name = "sched_switch")
TO(raw_tracepoint, skep_raw_tracepoint_opts, skep_raw_tracepoint_attach, .name = "sched_switch")
TO(iter, skep_iter_opts, skep_iter_attach)
TO(perf_event, skep_perf_event_opts, skep_perf_event_attach, .type = PERF_TYPE_SOFTWARE,
   .frequency = 1)
TO(tc, skep_tc_opts, skep_tc_attach, .ifindex = LOOPBACK, .direction = SKEP_DIRECTION_EGRESS)
TO(netkit, skep_netkit_opts, skep_netkit_attach, .ifindex = LOOPBACK)
TO(xdp, skep_xdp_opts, skep_xdp_attach, .ifindex = LOOPBACK)
TO(group, skep_cgroup_opts, skep_cgroup_attach, .cgroup_fd = (uint64_t)cgroup)
TO(socket_filter, skep_socket_opts, skep_socket_filter_attach, .socket_fd = (uint64_t)socket_fd)
TO(sk_reuseport, skep_socket_opts, skep_sk_reuseport_attach, .socket_fd = (uint64_t)socket_fd)
TO(sk_lookup, skep_netns_attach_opts, skep_sk_lookup_attach)
TO(flow_dissector, skep_netns_attach_opts, skep_flow_dissector_attach)
TO(sk_skb, skep_sockmap_opts, skep_sk_skb_attach, .map_fd = (uint64_t)sockmap)
TO(sk_msg, skep_sockmap_opts, skep_sk_msg_attach, .map_fd = (uint64_t)sockmap)
TO(netfilter, skep_netfilter_opts, skep_netfilter_attach, .family = 2, .hook = 1, .priority = 1)
TO(freplace, skep_freplace_opts, skep_freplace_attach)

static int fentry(int prog, uint64_t flags, uint64_t method, struct skep_attachment **ret,
		  struct skep_error *err)
{
	const struct skep_tracing_opts o = { .sz = sizeof(o), .flags = flags, .method = method };

	return skep_tracing_attach(prog, SKEP_ATTACH_FAMILY_FENTRY, &o, ret, err);
}

static int lsm(int prog, uint64_t flags, uint64_t method, struct skep_attachment **ret,
	       struct skep_error *err)
{
	const struct skep_tracing_opts o = { .sz = sizeof(o), .flags = flags, .method = method };

	return skep_tracing_attach(prog, SKEP_ATTACH_FAMILY_LSM, &o, ret, err);
}

static int lsm_cgroup(int prog, uint64_t flags, uint64_t method, struct skep_attachment **ret,
		      struct skep_error *err)
{
	char path[32];
	const struct skep_lsm_cgroup_opts o = {
		.sz = sizeof(o), .flags = flags, .method = method, .cgroup = path
	};

	snprintf(path, sizeof(path), "/proc/self/fd/%d", cgroup);
	return skep_lsm_cgroup_attach(prog, &o, ret, err);
}

static const struct {
	const char *family, *takes;
	int (*attach)(int prog, uint64_t flags, uint64_t method, struct skep_attachment **ret,
		      struct skep_error *err);
	int takes_filters; /* programs of type socket_filter, of which the wrong one is otherwise */
} families[] = {
	{ "kprobe", "kprobe", kprobe, 0 },
	{ "kprobe", "kprobe", kprobes, 0 },
	{ "uprobe", "kprobe", uprobe, 0 },
	{ "tracepoint", "tracepoint", tracepoint, 0 },
	{ "raw_tracepoint", "raw_tracepoint or raw_tracepoint_writable", raw_tracepoint, 0 },
	{ "fentry", "tracing", fentry, 0 },
	{ "lsm", "lsm", lsm, 0 },
	{ "lsm_cgroup", "lsm", lsm_cgroup, 0 },
	{ "iter", "tracing", iter, 0 },
	{ "perf_event", "perf_event", perf_event, 0 },
	{ "tc", "sched_cls", tc, 0 },
	{ "netkit", "sched_cls", netkit, 0 },
	{ "xdp", "xdp", xdp, 0 },
	{ "cgroup",
	  "cgroup_skb, cgroup_sock, sock_ops, cgroup_device, cgroup_sock_addr, cgroup_sysctl or "
	  "cgroup_sockopt",
	  group, 0 },
	{ "socket_filter", "socket_filter", socket_filter, 1 },
	{ "sk_reuseport", "socket_filter or sk_reuseport", sk_reuseport, 1 },
	{ "sk_lookup", "sk_lookup", sk_lookup, 0 },
	{ "flow_dissector", "flow_dissector", flow_dissector, 0 },
	{ "sk_skb", "sk_skb", sk_skb, 0 },
	{ "sk_msg", "sk_msg", sk_msg, 0 },
	{ "netfilter", "netfilter", netfilter, 0 },
	{ "freplace", "ext", freplace, 0 },
};

static void enter(void)
{
	hook_enter();
	assert_int_equal(unshare(CLONE_NEWNET), 0);
	socket_fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	assert_true(socket_fd >= 0);
	sockmap = fixture_map(SKEP_MAP_TYPE_SOCKMAP, 4, 4, 1, 0);
	cgroup = fixture_cgroup();
}

static void leave(void)
{
	fixture_cgroup_remove(cgroup);
	close(sockmap);
	close(socket_fd);
}

/* For what the kernel lacks no program is right: that may be told in the place of the type. */
static int is_lacking(const char *family, int r, const struct skep_error *err)
{
	uint32_t number;

	return r == -EOPNOTSUPP && err->kind == SKEP_ERR_UNSUPPORTED &&
	       skep_attach_family_from_name(family, &number) == 0 &&
	       skep_attach_supported(NULL, number, SKEP_ATTACH_METHOD_AUTO, NULL) == 0;
}

static void program__of_another_type_is_told_inside(void)
{
	const int filter = fixture_prog_pass(SKEP_PROG_TYPE_SOCKET_FILTER, 0);
	const int other = fixture_prog_pass(SKEP_PROG_TYPE_SCHED_ACT, 0);
	struct skep_attachment *a = NULL;
	char words[256];
	size_t i;
	int dry;

	for (i = 0; i < 2 * ARRAY_SIZE(families); i++) {
		const size_t f = i / 2;
		struct skep_error err = { 0 };
		int r;

		dry = i % 2 == 0;
		snprintf(words, sizeof(words), "the program is of type %s; %s takes %s",
			 families[f].takes_filters ? "sched_act" : "socket_filter",
			 families[f].family, families[f].takes);
		r = families[f].attach(families[f].takes_filters ? other : filter,
				       dry ? SKEP_ATTACH_DRY_RUN : 0, 0, &a, &err);
		if ((r != -EINVAL || err.kind != SKEP_ERR_INVALID || !strstr(err.msg, words)) &&
		    !is_lacking(families[f].family, r, &err))
			fail_msg("%s%s: %d: %s", families[f].family, dry ? ", dry" : "", r,
				 err.msg);
		assert_null(a);
	}
	close(filter);
	close(other);
	leave();
}
IN_PROCESS(program__of_another_type_is_told, enter)

static void program__that_is_none_is_told_inside(void)
{
	const int fds[] = { -1, 1000, open("/dev/null", O_RDONLY | O_CLOEXEC),
			    fixture_map(SKEP_MAP_TYPE_ARRAY, 4, 4, 1, 0) };
	struct skep_attachment *a = NULL;
	size_t i, k;
	int dry;

	for (i = 0; i < ARRAY_SIZE(families); i++)
		for (k = 0; k < 2 * ARRAY_SIZE(fds); k++) {
			struct skep_error err = { 0 };
			int r;

			dry = k % 2 == 0;
			r = families[i].attach(fds[k / 2], dry ? SKEP_ATTACH_DRY_RUN : 0, 0, &a,
					       &err);
			if (r != -EBADF || err.kind != SKEP_ERR_INVALID)
				fail_msg("%s%s, fd %zu: %d: %s", families[i].family,
					 dry ? ", dry" : "", k / 2, r, err.msg);
			assert_null(a);
		}
	close(fds[2]);
	close(fds[3]);
	leave();
}
IN_PROCESS(program__that_is_none_is_told, enter)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(program__of_another_type_is_told),
		cmocka_unit_test(program__that_is_none_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
