/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* Probing: attach types and link types. What is asked for cannot succeed; if it does all the same, it is undone. */
#include <errno.h>
#include <linux/if_link.h>
#include <stdio.h>
#include <string.h>

#include <skep/error.h>
#include <skep/kabi/attach_type.h>
#include <skep/kabi/command.h>
#include <skep/kabi/link_type.h>
#include <skep/kabi/map_flag.h>
#include <skep/kabi/map_type.h>
#include <skep/kabi/prog_type.h>
#include <skep/kabi_facts.h>
#include <skep/sys.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "sys/capability.h"
#include "sys/feature.h"

#define NO_FD UINT32_MAX
#define LOOPBACK 1 /* its number in every network namespace */
#define NO_ATTACH_TYPE 0xffff

/* How the kernel is asked, and what it answers if it knows what it is about. */
enum way {
	WAY_UNKNOWN,
	WAY_LOAD,         /* not: the load has to do */
	WAY_LOAD_CHECKED, /* likewise; and the load fails with a number that is no attach type */
	WAY_TARGET,       /* without a link, to no fd: EBADF */
	WAY_LINK_FD,      /* by a link to no fd: EBADF */
	WAY_LINK_DEVICE,  /* by a link to an interface that there is not: ENODEV */
	WAY_LINK_XDP,     /* in the driver of the loopback interface, which can't: EOPNOTSUPP */
	WAY_LINK_KPROBES, /* to a function that there is not: ESRCH */
	WAY_LINK_UPROBES, /* to a file that is none: EBADF */
	WAY_LINK_PACKETS, /* to an address family that there is not: EAFNOSUPPORT */
	WAY_LINK_ITER,    /* with parameters from the future: E2BIG */
	WAY_MAP_STRUCT,   /* struct_ops maps can be made with links */
	WAY_MAP_VALUE,    /* maps of redirections have programs in their values */
};

#define CGROUP(name, prog) \
	[SKEP_ATTACH_TYPE_CGROUP_##name] = { SKEP_PROG_TYPE_CGROUP_##prog, WAY_TARGET }
#define ROW(name, prog, way) [SKEP_ATTACH_TYPE_##name] = { SKEP_PROG_TYPE_##prog, way }

static const struct {
	uint32_t prog_type;
	enum way way;
} rows[] = {
	CGROUP(INET_INGRESS, SKB),
	CGROUP(INET_EGRESS, SKB),
	CGROUP(INET_SOCK_CREATE, SOCK),
	CGROUP(INET_SOCK_RELEASE, SOCK),
	CGROUP(INET4_POST_BIND, SOCK),
	CGROUP(INET6_POST_BIND, SOCK),
	CGROUP(DEVICE, DEVICE),
	CGROUP(SYSCTL, SYSCTL),
	CGROUP(GETSOCKOPT, SOCKOPT),
	CGROUP(SETSOCKOPT, SOCKOPT),
	CGROUP(INET4_BIND, SOCK_ADDR),
	CGROUP(INET6_BIND, SOCK_ADDR),
	CGROUP(INET4_CONNECT, SOCK_ADDR),
	CGROUP(INET6_CONNECT, SOCK_ADDR),
	CGROUP(UDP4_SENDMSG, SOCK_ADDR),
	CGROUP(UDP6_SENDMSG, SOCK_ADDR),
	CGROUP(UDP4_RECVMSG, SOCK_ADDR),
	CGROUP(UDP6_RECVMSG, SOCK_ADDR),
	CGROUP(INET4_GETPEERNAME, SOCK_ADDR),
	CGROUP(INET6_GETPEERNAME, SOCK_ADDR),
	CGROUP(INET4_GETSOCKNAME, SOCK_ADDR),
	CGROUP(INET6_GETSOCKNAME, SOCK_ADDR),
	CGROUP(UNIX_CONNECT, SOCK_ADDR),
	CGROUP(UNIX_SENDMSG, SOCK_ADDR),
	CGROUP(UNIX_RECVMSG, SOCK_ADDR),
	CGROUP(UNIX_GETPEERNAME, SOCK_ADDR),
	CGROUP(UNIX_GETSOCKNAME, SOCK_ADDR),
	ROW(CGROUP_SOCK_OPS, SOCK_OPS, WAY_TARGET),
	ROW(SK_SKB_STREAM_PARSER, SK_SKB, WAY_TARGET),
	ROW(SK_SKB_STREAM_VERDICT, SK_SKB, WAY_TARGET),
	ROW(SK_SKB_VERDICT, SK_SKB, WAY_TARGET),
	ROW(SK_MSG_VERDICT, SK_MSG, WAY_TARGET),
	ROW(LIRC_MODE2, LIRC_MODE2, WAY_TARGET),
	ROW(FLOW_DISSECTOR, FLOW_DISSECTOR, WAY_LINK_FD),
	ROW(SK_LOOKUP, SK_LOOKUP, WAY_LINK_FD),
	ROW(PERF_EVENT, KPROBE, WAY_LINK_FD),
	ROW(LSM_CGROUP, LSM, WAY_LINK_FD),
	ROW(TRACE_RAW_TP, TRACING, WAY_LOAD),
	ROW(TRACE_FENTRY, TRACING, WAY_LOAD),
	ROW(TRACE_FEXIT, TRACING, WAY_LOAD),
	ROW(TRACE_FSESSION, TRACING, WAY_LOAD),
	ROW(TRACE_FENTRY_MULTI, TRACING, WAY_LOAD),
	ROW(TRACE_FEXIT_MULTI, TRACING, WAY_LOAD),
	ROW(TRACE_FSESSION_MULTI, TRACING, WAY_LOAD),
	ROW(MODIFY_RETURN, TRACING, WAY_LOAD),
	ROW(LSM_MAC, LSM, WAY_LOAD),
	ROW(SK_REUSEPORT_SELECT, SK_REUSEPORT, WAY_LOAD_CHECKED),
	ROW(SK_REUSEPORT_SELECT_OR_MIGRATE, SK_REUSEPORT, WAY_LOAD_CHECKED),
	ROW(TRACE_ITER, TRACING, WAY_LINK_ITER),
	ROW(XDP, XDP, WAY_LINK_XDP),
	ROW(XDP_DEVMAP, XDP, WAY_MAP_VALUE),
	ROW(XDP_CPUMAP, XDP, WAY_MAP_VALUE),
	ROW(TRACE_KPROBE_MULTI, KPROBE, WAY_LINK_KPROBES),
	ROW(TRACE_KPROBE_SESSION, KPROBE, WAY_LINK_KPROBES),
	ROW(TRACE_UPROBE_MULTI, KPROBE, WAY_LINK_UPROBES),
	ROW(TRACE_UPROBE_SESSION, KPROBE, WAY_LINK_UPROBES),
	ROW(STRUCT_OPS, STRUCT_OPS, WAY_MAP_STRUCT),
	ROW(NETFILTER, NETFILTER, WAY_LINK_PACKETS),
	ROW(TCX_INGRESS, SCHED_CLS, WAY_LINK_DEVICE),
	ROW(TCX_EGRESS, SCHED_CLS, WAY_LINK_DEVICE),
	ROW(NETKIT_PRIMARY, SCHED_CLS, WAY_LINK_DEVICE),
	ROW(NETKIT_PEER, SCHED_CLS, WAY_LINK_DEVICE),
};

uint32_t skep_feature_attach_prog_type(uint32_t attach_type)
{
	return attach_type < ARRAY_SIZE(rows) ? rows[attach_type].prog_type : 0;
}

/* Asks for a link. Return: what the kernel answers, 0 if there was one. */
static int try_link(const struct skep_attr_link_create *asked)
{
	struct skep_attr_link_create attr = *asked;
	struct skep_attr_link_update link = { 0 };
	_cleanup_close_ int fd = -1;

	fd = sys_feature_bpf(SKEP_COMMAND_LINK_CREATE, &attr, sizeof(attr));
	if (fd < 0)
		return fd;
	link.link_fd = (uint32_t)fd;
	skep_sys_bpf(SKEP_COMMAND_LINK_DETACH, &link, sizeof(link.link_fd));
	return 0;
}

static int try_target(int prog_fd, uint32_t attach_type)
{
	struct skep_attr_prog_attach attr = { .target = NO_FD,
					      .attach_bpf_fd = (uint32_t)prog_fd,
					      .attach_type = attach_type };

	return sys_feature_bpf(SKEP_COMMAND_PROG_ATTACH, &attr, sizeof(attr));
}

/* From 6.4 on, a struct_ops map may say that it wants a link. The type of its value is none. */
static int try_struct_map(const struct skep_features *f)
{
	struct skep_attr_map_create attr = { .map_type = SKEP_MAP_TYPE_STRUCT_OPS,
					     .key_size = 4,
					     .value_size = 4,
					     .max_entries = 1,
					     .map_flags = SKEP_MAP_FLAG_LINK,
					     .btf_vmlinux_value_type_id = 1 };
	_cleanup_close_ int fd = -1;

	fd = sys_feature_map_create(f, &attr);
	return fd < 0 ? fd : 0;
}

/* The value of a map of redirections is 4 bytes, or 8 where it may have a program. */
static int try_map_value(const struct skep_features *f, uint32_t attach_type)
{
	struct skep_attr_map_create attr = { .map_type = attach_type == SKEP_ATTACH_TYPE_XDP_DEVMAP
								 ? SKEP_MAP_TYPE_DEVMAP
								 : SKEP_MAP_TYPE_CPUMAP,
					     .key_size = 4,
					     .value_size = 8,
					     .max_entries = 1 };
	_cleanup_close_ int fd = -1;

	fd = sys_feature_map_create(f, &attr);
	return fd < 0 ? fd : 0;
}

/* Puts the question. Return: 0 if the answer is that of a kernel that knows it; else the answer. */
static int try_way(const struct skep_features *f, enum way way, int prog_fd, uint32_t attach_type)
{
	static const char *const no_function[] = { "skep_no_function_has_this_name" };
	static const uint64_t offset = 1;
	uint8_t future[64];
	struct skep_attr_link_create attr = { .fd = (uint32_t)prog_fd,
					      .target = NO_FD,
					      .attach_type = attach_type };
	int r;

	switch (way) {
	case WAY_TARGET:
		r = try_target(prog_fd, attach_type);
		return r == -EBADF ? 0 : r;
	case WAY_LINK_DEVICE: /* no interface has a negative number */
		r = try_link(&attr);
		return r == -ENODEV ? 0 : r;
	case WAY_LINK_XDP:
		attr.target = LOOPBACK;
		attr.flags = XDP_FLAGS_DRV_MODE;
		r = try_link(&attr);
		return r == -EOPNOTSUPP || r == -EBUSY || r == -EEXIST ? 0 : r;
	case WAY_LINK_KPROBES:
		attr.target = 0;
		attr.kprobe_multi.cnt = ARRAY_SIZE(no_function);
		attr.kprobe_multi.syms = SKEP_ATTR_POINTER(no_function);
		r = try_link(&attr);
		return r == -ESRCH ? 0 : r;
	case WAY_LINK_UPROBES:
		attr.target = 0;
		attr.uprobe_multi.path = SKEP_ATTR_POINTER("/");
		attr.uprobe_multi.offsets = SKEP_ATTR_POINTER(&offset);
		attr.uprobe_multi.cnt = 1;
		r = try_link(&attr);
		return r == -EBADF ? 0 : r;
	case WAY_LINK_PACKETS:
		attr.target = 0;
		attr.netfilter.pf = UINT32_MAX;
		r = try_link(&attr);
		return r == -EAFNOSUPPORT ? 0 : r;
	case WAY_LINK_ITER:
		memset(future, 0xff, sizeof(future));
		attr.target = 0;
		attr.iter.info = SKEP_ATTR_POINTER(future);
		attr.iter.info_len = sizeof(future);
		r = try_link(&attr);
		return r == -E2BIG ? 0 : r;
	case WAY_MAP_STRUCT:
		r = try_struct_map(f);
		return r == -EOPNOTSUPP ? 0 : r;
	case WAY_MAP_VALUE:
		return try_map_value(f, attach_type);
	case WAY_LOAD:
	case WAY_LOAD_CHECKED:
		return 0;
	default:
		r = try_link(&attr);
		return r == -EBADF ? 0 : r;
	}
}

/* Is a number that is no attach type refused? If not, what was accepted means nothing. */
static int load_is_checked(const struct skep_features *f, struct sys_feature_prog *p)
{
	_cleanup_close_ int fd = -1;

	p->attr.expected_attach_type = NO_ATTACH_TYPE;
	fd = sys_feature_prog_nothing(f, p);
	return fd < 0;
}

/* Loads a program for an attach type. Return: an fd; 0 the kernel does not know it; a negative errno, recorded. */
static int load_for(struct skep_features *f, struct sys_feature_prog *p, uint32_t prog_type,
		    uint32_t attach_type, const char *what, struct skep_error *err)
{
	char reason[160];
	int fd, r = sys_feature_prog_prepare(f, p, prog_type, attach_type, err);

	if (r <= 0)
		return r;
	fd = sys_feature_prog_nothing(f, p);
	if (fd >= 0)
		return fd;
	if (fd == -EINVAL && prog_type == SKEP_PROG_TYPE_TRACING && !p->attr.attach_btf_id)
		return 0; /* other attach types need one, and unknown ones are taken for such */
	if (fd == -EINVAL && *sys_feature_log_reason(p, reason, sizeof(reason)))
		return skep_fail(err, fd, SKEP_ERR_VERIFIER, "%s: %s.", what, reason);
	return sys_feature_told(err, fd, skep_prog_type_capabilities(prog_type), what);
}

int sys_feature_ask_attach_type(struct skep_features *f, uint32_t prog_type, uint32_t attach_type,
				struct skep_error *err)
{
	enum way way = attach_type < ARRAY_SIZE(rows) ? rows[attach_type].way : WAY_UNKNOWN;
	uint64_t needed = skep_prog_type_capabilities(prog_type);
	char what[96], prog_name[SKEP_NAME_SIZE], name[SKEP_NAME_SIZE];
	_cleanup_close_ int fd = -1;
	struct sys_feature_prog p;
	int r;

	snprintf(what, sizeof(what), "attach type %s of program type %s",
		 skep_attach_type_name(attach_type, name),
		 skep_prog_type_name(prog_type, prog_name));
	r = load_for(f, &p, prog_type, attach_type, what, err);
	if (r <= 0)
		return r;
	fd = r;
	if (way == WAY_LOAD_CHECKED && !load_is_checked(f, &p))
		return 0;
	return sys_feature_told(err, try_way(f, way, fd, attach_type), needed, what);
}

/* A link type by an attach type that makes links of it. */
static const struct {
	uint32_t attach_type;
	int known;
} links[] = {
#define LINK(type, attach) [SKEP_LINK_TYPE_##type] = { SKEP_ATTACH_TYPE_##attach, 1 }
	LINK(TRACING, TRACE_RAW_TP),
	LINK(CGROUP, CGROUP_INET_INGRESS),
	LINK(ITER, TRACE_ITER),
	LINK(NETNS, SK_LOOKUP),
	LINK(XDP, XDP),
	LINK(PERF_EVENT, PERF_EVENT),
	LINK(KPROBE_MULTI, TRACE_KPROBE_MULTI),
	LINK(STRUCT_OPS, STRUCT_OPS),
	LINK(NETFILTER, NETFILTER),
	LINK(TCX, TCX_INGRESS),
	LINK(UPROBE_MULTI, TRACE_UPROBE_MULTI),
	LINK(NETKIT, NETKIT_PRIMARY),
	LINK(SOCKMAP, SK_MSG_VERDICT),
	LINK(TRACING_MULTI, TRACE_FENTRY_MULTI),
#undef LINK
};

/* Raw tracepoints are older than links: theirs is one if the kernel has links at all. */
static int ask_raw_tracepoint(struct skep_features *f, const char *what, struct skep_error *err)
{
	struct skep_attr_raw_tracepoint attr = { .name = SKEP_ATTR_POINTER("skep_no_tracepoint") };
	_cleanup_close_ int fd = -1, opened = -1;
	struct sys_feature_prog p;
	int r = load_for(f, &p, SKEP_PROG_TYPE_RAW_TRACEPOINT, 0, what, err);

	if (r <= 0)
		return r;
	fd = r;
	attr.prog_fd = (uint32_t)fd;
	opened = sys_feature_bpf(SKEP_COMMAND_RAW_TRACEPOINT_OPEN, &attr, sizeof(attr));
	if (opened != -ENOENT)
		return sys_feature_told(err, opened, SKEP_CAPABILITY_BIT(PERFMON), what);
	return skep_feature_has(f, SKEP_FEATURE_LINKS, err);
}

int sys_feature_ask_link_type(struct skep_features *f, uint32_t type, struct skep_error *err)
{
	char what[64], name[SKEP_NAME_SIZE];
	_cleanup_close_ int fd = -1;
	struct sys_feature_prog p;
	uint32_t attach_type, prog_type;
	int r;

	snprintf(what, sizeof(what), "link type %s", skep_link_type_name(type, name));
	if (type == SKEP_LINK_TYPE_RAW_TRACEPOINT)
		return ask_raw_tracepoint(f, what, err);
	if (type >= ARRAY_SIZE(links) || !links[type].known)
		return skep_fail(err, -EINVAL, SKEP_ERR_INVALID, "%s: not known here.", what);
	attach_type = links[type].attach_type;
	prog_type = rows[attach_type].prog_type;
	r = skep_feature_attach_type(f, prog_type, attach_type, err);
	if (r <= 0)
		return r;
	if (type == SKEP_LINK_TYPE_TRACING)
		return skep_feature_has(f, SKEP_FEATURE_LINKS, err);
	if (rows[attach_type].way != WAY_TARGET)
		return 1;
	/* what could be attached before there were links */
	r = load_for(f, &p, prog_type, attach_type, what, err);
	if (r <= 0)
		return r;
	fd = r;
	return sys_feature_told(err, try_way(f, WAY_LINK_FD, fd, attach_type),
				skep_prog_type_capabilities(prog_type), what);
}

int skep_feature_test_dummy_program(uint32_t prog_type, uint32_t attach_type,
				    struct skep_error *err)
{
	_cleanup_(skep_features_closep) struct skep_features *f = NULL;
	_cleanup_close_ int fd = -1;
	struct sys_feature_prog p;
	char what[96], prog_name[SKEP_NAME_SIZE];
	int r = skep_features_open(NULL, &f, err);

	if (r < 0)
		return r;
	snprintf(what, sizeof(what), "program type %s, attach type %u",
		 skep_prog_type_name(prog_type, prog_name), attach_type);
	if (prog_type && skep_feature_attach_prog_type(attach_type) == prog_type) {
		r = skep_feature_attach_type(f, prog_type, attach_type, err);
	} else {
		r = load_for(f, &p, prog_type, attach_type, what, err);
		if (r > 0)
			fd = r;
	}
	if (r == 0 && fd < 0)
		return skep_fail(err, -EOPNOTSUPP, SKEP_ERR_UNSUPPORTED, "%s", what);
	return r < 0 ? r : 0;
}
