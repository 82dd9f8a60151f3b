/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * A program attached, exchanged and detached by each family and method for the network: it ends well or with an error in
 * words, and no fd, memory, program, link, filter or qdisc is left behind.
 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <skep/attach_cgroup.h>
#include <skep/attach_socket.h>
#include <skep/attach_tc.h>
#include <skep/attach_xdp.h>
#include <skep/bpffs.h>
#include <skep/cgroup.h>
#include <skep/kabi.h>
#include <skep/link.h>
#include <skep/netns.h>
#include <skep/sys.h>

#include "base/cleanup.h"
#include "lab/link.h"
#include "lab/netns.h"
#include "lab/tc.h"

#include "operation.h"

struct life {
	uint32_t prog_type, attach_type;
	int32_t returned;
	uint64_t method;
	int (*attach)(const struct life *l, int prog_fd, struct skep_attachment **ret,
		      struct skep_error *err);
	int progs[2], fd; /* two programs; a socket, map or namespace */
	char group[256];  /* a control group */
};

static int load(const struct life *l)
{
	const struct {
		uint8_t code, registers;
		int16_t offset;
		int32_t immediate;
	} insns[] = { { 0xb7, 0, 0, l->returned }, { 0x95, 0, 0, 0 } };
	struct skep_attr_prog_load attr = {
		.prog_type = l->prog_type,
		.insn_cnt = 2,
		.insns = SKEP_ATTR_POINTER(insns),
		.license = SKEP_ATTR_POINTER("GPL"),
		.expected_attach_type = l->attach_type,
	};

	return skep_sys_prog_load(&attr, sizeof(attr), NULL);
}

static int prepare(void *context)
{
	(void)context;
	return lab_veth_create("v0", "v1", true);
}

/* For each run: what says whose a program is lives as long as the program. */
static int load_programs(void *context)
{
	struct life *l = context;

	l->progs[0] = load(l);
	l->progs[1] = load(l);
	return l->progs[0] < 0 || l->progs[1] < 0 ? -EINVAL : 0;
}

/* Attached, exchanged, detached. What fails on the way is undone by close. */
static int live(void *context, struct skep_error *err)
{
	const struct life *l = context;
	struct skep_attachment *a = NULL;
	struct skep_error why = { 0 };
	int r = l->attach(l, l->progs[0], &a, err);

	if (r >= 0) {
		r = skep_attachment_update(a, l->progs[1], &why);
		if (r == -EOPNOTSUPP) /* not of all */
			r = 0;
		else if (r < 0)
			*err = why;
	}
	if (r >= 0)
		r = skep_attachment_detach(a, err);
	skep_attachment_close(a);
	return r;
}

static int by_tc(const struct life *l, int prog_fd, struct skep_attachment **ret,
		 struct skep_error *err)
{
	const struct skep_tc_opts o = { .sz = sizeof(o),
					.method = l->method,
					.interface = "v0",
					.direction = SKEP_DIRECTION_EGRESS };

	return skep_tc_attach(prog_fd, &o, ret, err);
}

static int by_tc_elsewhere(const struct life *l, int prog_fd, struct skep_attachment **ret,
			   struct skep_error *err)
{
	_cleanup_(skep_netns_closep) struct skep_netns *netns = NULL;
	struct skep_tc_opts o = { .sz = sizeof(o),
				  .method = l->method,
				  .interface = "lo",
				  .direction = SKEP_DIRECTION_INGRESS };
	int r = skep_netns_open_fd(l->fd, &netns, err);

	if (r < 0)
		return r;
	o.netns = netns;
	return skep_tc_attach(prog_fd, &o, ret, err);
}

static int prepare_netns(void *context)
{
	struct life *l = context;

	l->fd = lab_netns_new();
	return l->fd < 0 ? l->fd : prepare(context);
}

static int by_xdp(const struct life *l, int prog_fd, struct skep_attachment **ret,
		  struct skep_error *err)
{
	const struct skep_xdp_opts o = { .sz = sizeof(o), .method = l->method, .interface = "v0" };

	return skep_xdp_attach(prog_fd, &o, ret, err);
}

static int by_cgroup(const struct life *l, int prog_fd, struct skep_attachment **ret,
		     struct skep_error *err)
{
	const struct skep_cgroup_opts o = { .sz = sizeof(o),
					    .method = l->method,
					    .path = l->group + 1, /* relative to the mount */
					    .attach_type = SKEP_ATTACH_TYPE_CGROUP_INET_EGRESS };

	return skep_cgroup_attach(prog_fd, &o, ret, err);
}

static int group_path(const struct life *l, char *path, size_t size)
{
	_cleanup_free_ char *root = NULL;
	int r = skep_cgroup_root(&root, NULL);

	if (r == 0)
		snprintf(path, size, "%s%s", root, l->group);
	return r;
}

static int make_group(void *context)
{
	struct life *l = context;
	char path[600];
	int r;

	snprintf(l->group, sizeof(l->group), "/skep-fault-%d", getpid());
	r = group_path(l, path, sizeof(path));
	return r < 0 ? r : mkdir(path, 0755) < 0 ? -errno : 0;
}

static int prepare_group(void *context)
{
	int r = make_group(context);

	return r < 0 ? r : prepare(context);
}

static int by_socket(const struct life *l, int prog_fd, struct skep_attachment **ret,
		     struct skep_error *err)
{
	const struct skep_socket_opts o = { .sz = sizeof(o), .socket_fd = (uint64_t)l->fd };

	return skep_socket_filter_attach(prog_fd, &o, ret, err);
}

static int prepare_socket(void *context)
{
	struct life *l = context;

	l->fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	return l->fd < 0 ? -errno : prepare(context);
}

static int by_sockmap(const struct life *l, int prog_fd, struct skep_attachment **ret,
		      struct skep_error *err)
{
	const struct skep_sockmap_opts o = { .sz = sizeof(o),
					     .method = l->method,
					     .map_fd = (uint64_t)l->fd };

	return skep_sk_msg_attach(prog_fd, &o, ret, err);
}

static int prepare_sockmap(void *context)
{
	const struct skep_attr_map_create attr = {
		.map_type = SKEP_MAP_TYPE_SOCKMAP, .key_size = 4, .value_size = 4, .max_entries = 1
	};
	struct life *l = context;

	l->fd = skep_sys_map_create(&attr, sizeof(attr), NULL);
	return l->fd < 0 ? l->fd : prepare(context);
}

static int by_sk_lookup(const struct life *l, int prog_fd, struct skep_attachment **ret,
			struct skep_error *err)
{
	(void)l;
	return skep_sk_lookup_attach(prog_fd, NULL, ret, err);
}

static int by_flow_dissector(const struct life *l, int prog_fd, struct skep_attachment **ret,
			     struct skep_error *err)
{
	const struct skep_netns_attach_opts o = { .sz = sizeof(o), .method = l->method };

	return skep_flow_dissector_attach(prog_fd, &o, ret, err);
}

/* A name for the link, then all that can be done by that name. */
static int attach_again(void *userdata, struct skep_error *err)
{
	const struct life *l = userdata;
	const struct skep_attr_link_create attr = { .fd = (uint32_t)l->progs[0],
						    .target = (uint32_t)lab_link_index("v0"),
						    .attach_type = SKEP_ATTACH_TYPE_XDP };

	return skep_sys_link_create(&attr, sizeof(attr), err);
}

static int live_by_name(void *context, struct skep_error *err)
{
	_cleanup_(skep_bpffs_closep) struct skep_bpffs *bpffs = NULL;
	_cleanup_(skep_link_closep) struct skep_link *link = NULL;
	const struct skep_bpffs_opts o = { .sz = sizeof(o), .root = FAULT_BPFFS };
	const struct life *l = context;
	char text[64];
	int r = skep_bpffs_open(&o, &bpffs, err);

	if (r >= 0)
		r = skep_link_update_or_replace(bpffs, "a/x", l->progs[0], attach_again, context,
						err);
	if (r < 0)
		return r;
	r = skep_link_update_or_replace(bpffs, "a/x", l->progs[1], attach_again, context, err);
	if (r >= 0)
		r = skep_link_open_pinned(bpffs, "a/x", &link, err);
	if (r >= 0)
		r = skep_link_describe(link, text, sizeof(text)) ? 0 : -EINVAL;
	if (r >= 0)
		r = skep_link_pin(link, bpffs, "a/y", err);
	if (r >= 0)
		r = skep_link_detach(link, err);
	return r;
}

/* Whatever stays under the names is the test's own to remove. */
static void remove_names(void *context)
{
	(void)context;
	unlink(FAULT_BPFFS "/a/x");
	unlink(FAULT_BPFFS "/a/y");
	rmdir(FAULT_BPFFS "/a");
}

static void clean(void *context)
{
	(void)context;
	lab_qdisc_delete("v0", "clsact");
}

#define LIFE(id, words, prog, type, value, by, fn, before)                              \
	static struct life id = { .prog_type = SKEP_PROG_TYPE_##prog,                   \
				  .attach_type = type,                                  \
				  .returned = value,                                    \
				  .method = SKEP_ATTACH_METHOD_##by,                    \
				  .attach = fn };                                       \
	static const struct fault_operation id##_operation = { .name = words,           \
							       .context = &(id),        \
							       .prepare = before,       \
							       .set_up = load_programs, \
							       .run = live,             \
							       .clean = clean,          \
							       .flags = FAULT_MAY_SURVIVE };

LIFE(tcx, "tc by TCX", SCHED_CLS, 0, -1, TCX, by_tc, prepare)
LIFE(clsact, "tc by clsact", SCHED_CLS, 0, -1, CLSACT, by_tc, prepare)
LIFE(mprog, "tc without a link", SCHED_CLS, 0, -1, PROG_ATTACH, by_tc, prepare)
LIFE(far_tcx, "tc by TCX in another namespace", SCHED_CLS, 0, -1, TCX, by_tc_elsewhere,
     prepare_netns)
LIFE(far_clsact, "tc by clsact in another namespace", SCHED_CLS, 0, -1, CLSACT, by_tc_elsewhere,
     prepare_netns)
LIFE(xdp_link, "xdp by a link", XDP, SKEP_ATTACH_TYPE_XDP, 2, LINK, by_xdp, prepare)
LIFE(xdp_netlink, "xdp by netlink", XDP, SKEP_ATTACH_TYPE_XDP, 2, NETLINK, by_xdp, prepare)
LIFE(cgroup_link, "cgroup by a link", CGROUP_SKB, SKEP_ATTACH_TYPE_CGROUP_INET_EGRESS, 1, LINK,
     by_cgroup, prepare_group)
LIFE(cgroup_prog, "cgroup without a link", CGROUP_SKB, SKEP_ATTACH_TYPE_CGROUP_INET_EGRESS, 1,
     PROG_ATTACH, by_cgroup, prepare_group)
LIFE(filter, "a socket's filter", SOCKET_FILTER, 0, -1, AUTO, by_socket, prepare_socket)
LIFE(sockmap_link, "a map of sockets by a link", SK_MSG, SKEP_ATTACH_TYPE_SK_MSG_VERDICT, 1, LINK,
     by_sockmap, prepare_sockmap)
LIFE(sockmap_prog, "a map of sockets without a link", SK_MSG, SKEP_ATTACH_TYPE_SK_MSG_VERDICT, 1,
     PROG_ATTACH, by_sockmap, prepare_sockmap)
LIFE(lookup, "sk_lookup", SK_LOOKUP, SKEP_ATTACH_TYPE_SK_LOOKUP, 1, AUTO, by_sk_lookup, prepare)
LIFE(dissector, "a flow dissector without a link", FLOW_DISSECTOR, SKEP_ATTACH_TYPE_FLOW_DISSECTOR,
     0, PROG_ATTACH, by_flow_dissector, prepare)

static struct life named = { .prog_type = SKEP_PROG_TYPE_XDP,
			     .attach_type = SKEP_ATTACH_TYPE_XDP,
			     .returned = 2 };
static const struct fault_operation named_operation = { .name = "a link by its name",
							.context = &named,
							.prepare = prepare,
							.set_up = load_programs,
							.run = live_by_name,
							.undo = remove_names,
							.clean = remove_names,
							.flags = FAULT_MAY_SURVIVE |
								 FAULT_UNDO_ALWAYS };

/* The groups of the points, which are named after their processes. */
static void remove_groups(void)
{
	_cleanup_free_ char *root = NULL;
	char command[700];

	if (skep_cgroup_root(&root, NULL) < 0)
		return;
	snprintf(command, sizeof(command), "rmdir '%s'/skep-fault-* 2>/dev/null", root);
	if (system(command) != 0)
		return;
}

int main(int argc, char **argv)
{
	const struct fault_operation *const operations[] = {
		&tcx_operation,         &clsact_operation,       &mprog_operation,
		&far_tcx_operation,     &far_clsact_operation,   &xdp_link_operation,
		&xdp_netlink_operation, &cgroup_link_operation,  &cgroup_prog_operation,
		&filter_operation,      &sockmap_link_operation, &sockmap_prog_operation,
		&lookup_operation,      &dissector_operation,    &named_operation,
	};
	int r = fault_main(argc, argv, operations, ARRAY_SIZE(operations));

	remove_groups();
	return r;
}
