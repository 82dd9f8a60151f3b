/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* skep attach: hooks of the network and of control groups. */
#include "attach.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <skep/attach_cgroup.h>
#include <skep/attach_netfilter.h>
#include <skep/attach_netkit.h>
#include <skep/attach_socket.h>
#include <skep/attach_tc.h>
#include <skep/attach_xdp.h>
#include <skep/kabi.h>
#include <skep/netns.h>
#include <skep/sys_object.h>

#include "out.h"

int attach_tc(struct attach_job *job, struct skep_attachment **ret, struct skep_error *err)
{
	struct skep_tc_opts t = { .sz = sizeof(t),
				  .flags = job->flags,
				  .method = job->method,
				  .netns = job->netns,
				  .interface = job->name,
				  .position = job->position,
				  .priority = job->o.priority };

	if (attach_split(job, "tc", job->o.tc) < 0)
		return -EINVAL;
	if (!strcmp(job->rest, "ingress"))
		t.direction = SKEP_DIRECTION_INGRESS;
	else if (!strcmp(job->rest, "egress"))
		t.direction = SKEP_DIRECTION_EGRESS;
	else
		return attach_bad("tc", job->o.tc, "INTERFACE:ingress or INTERFACE:egress");
	return skep_tc_attach(job->prog_fd, &t, ret, err);
}

int attach_netkit(struct attach_job *job, struct skep_attachment **ret, struct skep_error *err)
{
	struct skep_netkit_opts n = { .sz = sizeof(n),
				      .flags = job->flags,
				      .method = job->method,
				      .netns = job->netns,
				      .interface = job->name,
				      .position = job->position };

	if (attach_split(job, "netkit", job->o.netkit) < 0)
		return -EINVAL;
	if (!strcmp(job->rest, "peer"))
		n.flags |= SKEP_NETKIT_PEER;
	else if (*job->rest)
		return attach_bad("netkit", job->o.netkit, "INTERFACE or INTERFACE:peer");
	return skep_netkit_attach(job->prog_fd, &n, ret, err);
}

int attach_xdp(struct attach_job *job, struct skep_attachment **ret, struct skep_error *err)
{
	static const uint64_t modes[] = { SKEP_XDP_MODE_SKB, SKEP_XDP_MODE_DRIVER,
					  SKEP_XDP_MODE_HARDWARE };
	struct skep_xdp_opts x = { .sz = sizeof(x),
				   .flags = job->flags,
				   .method = job->method,
				   .netns = job->netns,
				   .interface = job->name };
	size_t i;

	if (attach_split(job, "xdp", job->o.xdp) < 0)
		return -EINVAL;
	for (i = 0; i < sizeof(modes) / sizeof(modes[0]); i++)
		if (!strcmp(job->rest, skep_xdp_mode_name(modes[i])))
			x.mode = modes[i];
	if (!x.mode && (*job->rest || strchr(job->o.xdp, ':')))
		return attach_bad("xdp", job->o.xdp,
				  "INTERFACE, or with a mode: :skb, :driver or :hardware");
	return skep_xdp_attach(job->prog_fd, &x, ret, err);
}

/* The kernel does not tell for which direction a program was loaded, and a section need not. */
static int is_of_either_direction(const struct attach_job *job)
{
	struct skep_prog_info info = { 0 };

	if (!job->spec)
		return skep_sys_prog_info(job->prog_fd, &info, sizeof(info)) >= 0 &&
		       info.type == SKEP_PROG_TYPE_CGROUP_SKB;
	return job->spec->type == SKEP_PROG_TYPE_CGROUP_SKB &&
	       strncmp(job->spec->section, "cgroup_skb/", strlen("cgroup_skb/")) != 0;
}

int attach_cgroup(struct attach_job *job, struct skep_attachment **ret, struct skep_error *err)
{
	const struct attach_options *o = &job->o;
	struct skep_cgroup_opts c = { .sz = sizeof(c),
				      .flags = job->flags,
				      .method = job->method,
				      .path = o->cgroup,
				      .unit = o->unit,
				      .container = o->container,
				      .position = job->position };
	uint32_t type;

	if (o->attach_type) {
		if (skep_attach_type_from_name(o->attach_type, &type) < 0)
			return attach_bad("attach-type", o->attach_type,
					  "the name of one, such as cgroup_inet_egress");
		c.attach_type = type;
	} else if (job->spec) {
		c.attach_type = job->spec->attach_type;
	}
	if (!o->attach_type && is_of_either_direction(job)) {
		out_error("attach: a program of type cgroup_skb sees what comes in or what goes "
			  "out: say with --attach-type cgroup_inet_ingress or cgroup_inet_egress");
		return -EINVAL;
	}
	return skep_cgroup_attach(job->prog_fd, &c, ret, err);
}

int attach_sk_lookup(struct attach_job *job, struct skep_attachment **ret, struct skep_error *err)
{
	const struct skep_netns_attach_opts n = {
		.sz = sizeof(n), .flags = job->flags, .method = job->method, .netns = job->netns
	};

	return skep_sk_lookup_attach(job->prog_fd, &n, ret, err);
}

int attach_flow_dissector(struct attach_job *job, struct skep_attachment **ret,
			  struct skep_error *err)
{
	const struct skep_netns_attach_opts n = {
		.sz = sizeof(n), .flags = job->flags, .method = job->method, .netns = job->netns
	};

	return skep_flow_dissector_attach(job->prog_fd, &n, ret, err);
}

int attach_netfilter(struct attach_job *job, struct skep_attachment **ret, struct skep_error *err)
{
	static const char *const hooks[] = { "prerouting", "input", "forward", "output",
					     "postrouting" };
	struct skep_netfilter_opts n = {
		.sz = sizeof(n), .flags = job->flags, .method = job->method, .netns = job->netns
	};
	static const char right[] =
		"ipv4 or ipv6, then :prerouting, :input, :forward, :output or :postrouting, then a "
		"priority from -2147483647 to 2147483646, if it is not 0";
	const char *priority;
	size_t i, len;
	char *end = NULL;

	if (attach_split(job, "netfilter", job->o.netfilter) < 0)
		return -EINVAL;
	n.family = !strcmp(job->name, "ipv4") ? 2 : !strcmp(job->name, "ipv6") ? 10 : 0;
	len = strcspn(job->rest, ":");
	for (i = 0; i < sizeof(hooks) / sizeof(hooks[0]); i++)
		if (strlen(hooks[i]) == len && !strncmp(job->rest, hooks[i], len))
			break;
	n.hook = i;
	priority = job->rest[len] ? job->rest + len + 1 : "0";
	errno = 0;
	n.priority = strtol(priority, &end, 10);
	/* the first and the last are the kernel's own */
	if (!n.family || i == sizeof(hooks) / sizeof(hooks[0]) || *end || end == priority ||
	    errno || n.priority <= INT32_MIN || n.priority >= INT32_MAX)
		return attach_bad("netfilter", job->o.netfilter, right);
	return skep_netfilter_attach(job->prog_fd, &n, ret, err);
}
