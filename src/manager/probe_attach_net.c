/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* Probes at network interfaces and in network namespaces. */
#include <errno.h>

#include <skep/attach_netfilter.h>
#include <skep/attach_netkit.h>
#include <skep/attach_socket.h>
#include <skep/attach_tc.h>
#include <skep/attach_xdp.h>
#include <skep/error.h>
#include <skep/kabi.h>
#include <skep/netns.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "manager/probe_attach.h"

/* A network namespace that a probe names. */
static int open_netns(const struct probe_attach *a, struct skep_netns **ret, struct skep_error *err)
{
	const struct skep_probe_spec *s = &a->hook->s;

	if (a->o->netns)
		return 0;
	if (s->netns)
		return skep_netns_open_path(s->netns, ret, err);
	if (s->netns_pid > INT32_MAX)
		return skep_fail(err, -ESRCH, SKEP_ERR_INVALID, "'netns_pid' is no process.");
	if (s->netns_pid)
		return skep_netns_open_pid((uint32_t)s->netns_pid, ret, err);
	return s->netns_fd ? skep_netns_open_fd((int)s->netns_fd, ret, err) : 0;
}

/* Which interface: of several that match a pattern the caller says which. */
struct device {
	struct skep_netns *opened; /* owned, or NULL */
	struct skep_netns *netns;  /* NULL: the caller's */
	const char *interface;
	uint64_t ifindex;
};

static int find_device(const struct probe_attach *a, struct device *d, struct skep_error *err)
{
	const struct skep_probe_spec *s = &a->hook->s;
	int given = a->o->interface || a->o->ifindex, r;

	*d = (struct device){ .interface = given ? a->o->interface : s->interface,
			      .ifindex = given ? a->o->ifindex : s->ifindex };
	if (!given && d->interface && probe_name_is_pattern(d->interface))
		return skep_fail(err, -EINVAL, SKEP_ERR_INVALID,
				 "'%.64s' is a pattern: it takes an interface that matches.",
				 d->interface);
	r = open_netns(a, &d->opened, err);
	d->netns = d->opened ? d->opened : a->o->netns;
	return r;
}

static uint64_t attach_type(const struct probe_attach *a)
{
	return a->hook->s.attach_type ? a->hook->s.attach_type : a->program->attach_type;
}

int probe_attach_tc(const struct probe_attach *a, struct skep_attachment **ret,
		    struct skep_error *err)
{
	const struct skep_probe_spec *s = &a->hook->s;
	char name[PROBE_NAME_SIZE];
	struct device d;
	int r = find_device(a, &d, err);
	const struct skep_tc_opts o = {
		.sz = sizeof(o),
		.flags = a->flags,
		.method = s->method,
		.netns = d.netns,
		.interface = d.interface,
		.ifindex = d.ifindex,
		.direction = s->direction,
		.position = s->position,
		.anchor_kind = s->anchor_kind,
		.anchor = s->anchor,
		.revision = s->revision,
		.priority = s->priority,
		.handle = s->handle,
		.protocol = s->protocol,
		.name = s->filter_name ? s->filter_name : probe_spec_name(s, name),
	};

	if (r == 0)
		r = skep_tc_attach(a->fd, &o, ret, err);
	skep_netns_close(d.opened);
	return r;
}

int probe_attach_netkit(const struct probe_attach *a, struct skep_attachment **ret,
			struct skep_error *err)
{
	const struct skep_probe_spec *s = &a->hook->s;
	struct device d;
	int r = find_device(a, &d, err);
	const struct skep_netkit_opts o = {
		.sz = sizeof(o),
		.flags = a->flags |
			 (attach_type(a) == SKEP_ATTACH_TYPE_NETKIT_PEER ? SKEP_NETKIT_PEER : 0),
		.method = s->method,
		.netns = d.netns,
		.interface = d.interface,
		.ifindex = d.ifindex,
		.position = s->position,
		.anchor_kind = s->anchor_kind,
		.anchor = s->anchor,
		.revision = s->revision,
	};

	if (r == 0)
		r = skep_netkit_attach(a->fd, &o, ret, err);
	skep_netns_close(d.opened);
	return r;
}

int probe_attach_xdp(const struct probe_attach *a, struct skep_attachment **ret,
		     struct skep_error *err)
{
	struct device d;
	int r = find_device(a, &d, err);
	const struct skep_xdp_opts o = {
		.sz = sizeof(o),
		.flags = a->flags,
		.method = a->hook->s.method,
		.netns = d.netns,
		.interface = d.interface,
		.ifindex = d.ifindex,
		.mode = a->hook->s.xdp_mode,
	};

	if (r == 0)
		r = skep_xdp_attach(a->fd, &o, ret, err);
	skep_netns_close(d.opened);
	return r;
}

int probe_attach_netfilter(const struct probe_attach *a, struct skep_attachment **ret,
			   struct skep_error *err)
{
	const struct skep_probe_spec *s = &a->hook->s;
	_cleanup_(skep_netns_closep) struct skep_netns *opened = NULL;
	int r = open_netns(a, &opened, err);
	const struct skep_netfilter_opts o = {
		.sz = sizeof(o),
		.flags = a->flags | (s->defragment ? SKEP_NETFILTER_DEFRAG : 0),
		.method = s->method,
		.netns = opened ? opened : a->o->netns,
		.family = s->protocol_family,
		.hook = s->hook,
		.priority = s->hook_priority,
	};

	return r < 0 ? r : skep_netfilter_attach(a->fd, &o, ret, err);
}

int probe_attach_netns(const struct probe_attach *a, struct skep_attachment **ret,
		       struct skep_error *err)
{
	_cleanup_(skep_netns_closep) struct skep_netns *opened = NULL;
	int r = open_netns(a, &opened, err);
	const struct skep_netns_attach_opts o = {
		.sz = sizeof(o),
		.flags = a->flags,
		.method = a->hook->s.method,
		.netns = opened ? opened : a->o->netns,
	};

	if (r < 0)
		return r;
	return a->hook->family == SKEP_ATTACH_FAMILY_SK_LOOKUP
		       ? skep_sk_lookup_attach(a->fd, &o, ret, err)
		       : skep_flow_dissector_attach(a->fd, &o, ret, err);
}
