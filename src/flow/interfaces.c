/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "flow/interfaces.h"

#include <errno.h>
#include <linux/if_arp.h>
#include <stdio.h>
#include <string.h>

#include "attach/clsact.h"
#include "attach/tcx.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "base/log.h"
#include "flow/program.h"

#define GONE_MAX 1024u /* names remembered of interfaces that are not attached any more */

/* One direction of an interface. */
struct hook {
	int tcx_fd; /* -EBADF: not by TCX */
	int clsact_attached;
	struct attach_clsact clsact;
};

struct interface {
	uint32_t ifindex;
	int attached;
	uint64_t detached_at; /* order of detaching, for forgetting the oldest */
	char name[IFNAMSIZ];
	struct hook hooks[2];
};

struct flow_interfaces {
	struct flow_program *program;
	struct flow_interfaces_opts opts;
	struct sys_process owner;
	struct net_rtnl *rtnl;
	struct interface *all; /* ordered by ifindex */
	size_t count, room;
	uint64_t attached_count;
	uint64_t detach_count;
};

static const uint32_t directions[] = { SKEP_DIRECTION_INGRESS, SKEP_DIRECTION_EGRESS };

/* Where an ifindex is, or would be. */
static size_t position(const struct flow_interfaces *fi, uint32_t ifindex)
{
	size_t low = 0, high = fi->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (fi->all[middle].ifindex < ifindex)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static struct interface *find(const struct flow_interfaces *fi, uint32_t ifindex)
{
	size_t at = position(fi, ifindex);

	return at < fi->count && fi->all[at].ifindex == ifindex ? &fi->all[at] : NULL;
}

static struct interface *find_attached(const struct flow_interfaces *fi, uint32_t ifindex)
{
	struct interface *i = find(fi, ifindex);

	return i && i->attached ? i : NULL;
}

static int resolve_attach(struct flow_interfaces *fi, struct skep_error *err)
{
	int r;

	if (fi->opts.attach == SKEP_FLOW_ATTACH_CLSACT)
		return 0;
	r = attach_tcx_supported();
	if (r < 0)
		return skep_fail(err, r, SKEP_ERR_SYSCALL, "look for TCX");
	if (r == 0 && fi->opts.attach == SKEP_FLOW_ATTACH_TCX)
		return skep_fail(err, -EOPNOTSUPP, SKEP_ERR_UNSUPPORTED,
				 "this kernel has no TCX (Linux 6.6): attach by clsact instead.");
	fi->opts.attach = r ? SKEP_FLOW_ATTACH_TCX : SKEP_FLOW_ATTACH_CLSACT;
	return 0;
}

int flow_interfaces_new(struct flow_program *program, const struct flow_interfaces_opts *opts,
			struct flow_interfaces **ret_interfaces, struct skep_error *err)
{
	_cleanup_(flow_interfaces_freep) struct flow_interfaces *fi = calloc(1, sizeof(*fi));
	int r;

	if (!fi)
		return skep_fail(err, -ENOMEM, SKEP_ERR_NO_MEMORY, "flow agent");
	fi->program = program;
	fi->opts = *opts;
	r = sys_process_self(&fi->owner);
	if (r < 0)
		return skep_fail(err, r, SKEP_ERR_SYSCALL, "read /proc/self");
	r = net_rtnl_open(0, &fi->rtnl);
	if (r < 0)
		return skep_fail(err, r, SKEP_ERR_SYSCALL, "open an rtnetlink socket");
	r = resolve_attach(fi, err);
	if (r < 0)
		return r;
	*ret_interfaces = take_ptr(fi);
	return 0;
}

struct flow_interfaces *flow_interfaces_free(struct flow_interfaces *fi)
{
	if (!fi)
		return NULL;
	flow_interfaces_detach_all(fi, NULL, NULL, NULL);
	net_rtnl_close(fi->rtnl);
	free(fi->all);
	free(fi);
	return NULL;
}

static void forget_oldest(struct flow_interfaces *fi)
{
	size_t i, oldest = fi->count;

	for (i = 0; i < fi->count; i++)
		if (!fi->all[i].attached &&
		    (oldest == fi->count || fi->all[i].detached_at < fi->all[oldest].detached_at))
			oldest = i;
	if (oldest == fi->count)
		return;
	fi->count--;
	memmove(&fi->all[oldest], &fi->all[oldest + 1], (fi->count - oldest) * sizeof(*fi->all));
}

/* The place of an interface in the order, made if need be. */
static struct interface *place(struct flow_interfaces *fi, uint32_t ifindex)
{
	size_t at = position(fi, ifindex);
	struct interface *i;

	if (at < fi->count && fi->all[at].ifindex == ifindex)
		return &fi->all[at];
	if (fi->count == fi->room) {
		size_t room = fi->room ? fi->room * 2 : 16;
		struct interface *all = reallocarray(fi->all, room, sizeof(*all));

		if (!all)
			return NULL;
		fi->all = all;
		fi->room = room;
	}
	i = &fi->all[at];
	memmove(i + 1, i, (fi->count - at) * sizeof(*i));
	fi->count++;
	*i = (struct interface){ .ifindex = ifindex,
				 .hooks = { { .tcx_fd = -EBADF }, { .tcx_fd = -EBADF } } };
	return i;
}

static int unhook(struct flow_interfaces *fi, struct hook *h, int vanished, struct skep_error *err)
{
	int r = 0;

	if (h->tcx_fd >= 0)
		close(h->tcx_fd);
	if (h->clsact_attached && !vanished)
		r = attach_clsact_detach(fi->rtnl, &h->clsact, err);
	*h = (struct hook){ .tcx_fd = -EBADF };
	return r;
}

static int hook(struct flow_interfaces *fi, struct interface *i, uint32_t direction, int ethernet,
		struct skep_error *err)
{
	const char *side = direction == SKEP_DIRECTION_INGRESS ? "ingress" : "egress";
	int prog_fd = flow_program_fd(fi->program, direction, ethernet), r;
	struct hook *h = &i->hooks[direction == SKEP_DIRECTION_EGRESS];

	if (fi->opts.attach == SKEP_FLOW_ATTACH_TCX) {
		r = attach_tcx(prog_fd, i->ifindex, direction, fi->opts.tcx_tail, err);
		if (r < 0)
			return r;
		h->tcx_fd = r;
		return 0;
	}
	r = attach_clsact(fi->rtnl, prog_fd, i->ifindex, direction, &fi->owner, &h->clsact, err);
	if (r < 0)
		return r;
	h->clsact_attached = 1;
	if (h->clsact.others)
		log_event(
			fi->opts.log, SKEP_LOG_WARNING,
			"%s %s: %d filters of others run before ours; packets that they decide on are not seen",
			i->name, side, h->clsact.others);
	return 0;
}

/* Keeps the name of one that is not attached, for a while. */
static void retire(struct flow_interfaces *fi, struct interface *i)
{
	i->detached_at = ++fi->detach_count;
	if (fi->count - fi->attached_count > GONE_MAX)
		forget_oldest(fi);
}

int flow_interfaces_attach(struct flow_interfaces *fi, uint32_t ifindex, struct skep_error *err)
{
	struct net_link link;
	struct interface *i;
	int r, ethernet;
	size_t d;

	if (find_attached(fi, ifindex))
		return skep_fail(err, -EEXIST, SKEP_ERR_INVALID,
				 "attach interface %u: it is attached already.", ifindex);
	r = ifindex ? net_link_get(fi->rtnl, ifindex, &link) : -ENODEV;
	if (r < 0)
		return skep_fail(err, r, r == -ENODEV ? SKEP_ERR_NOT_FOUND : SKEP_ERR_SYSCALL,
				 "attach interface %u", ifindex);
	i = place(fi, ifindex);
	if (!i)
		return skep_fail(err, -ENOMEM, SKEP_ERR_NO_MEMORY, "attach '%s'", link.name);
	memcpy(i->name, link.name, sizeof(i->name));
	attach_clsact_sweep(fi->rtnl, ifindex);
	ethernet = link.type == ARPHRD_ETHER || link.type == ARPHRD_LOOPBACK;
	for (d = 0; d < ARRAY_SIZE(directions); d++) {
		if (!(fi->opts.directions & directions[d]))
			continue;
		r = hook(fi, i, directions[d], ethernet, err);
		if (r < 0) {
			while (d--)
				unhook(fi, &i->hooks[d], 0, NULL);
			retire(fi, i);
			return skep_wrap(err, r, "'%s': ", link.name);
		}
	}
	i->attached = 1;
	fi->attached_count++;
	return 0;
}

static int let_go(struct flow_interfaces *fi, struct interface *i, int vanished,
		  struct skep_error *err)
{
	int r, first = 0;
	size_t d;

	for (d = 0; d < ARRAY_SIZE(directions); d++) {
		r = unhook(fi, &i->hooks[d], vanished, first ? NULL : err);
		if (r < 0 && !first)
			first = skep_wrap(err, r, "detach '%s': ", i->name);
	}
	i->attached = 0;
	fi->attached_count--;
	retire(fi, i);
	return first;
}

int flow_interfaces_detach(struct flow_interfaces *fi, uint32_t ifindex, struct skep_error *err)
{
	struct interface *i = find_attached(fi, ifindex);

	if (!i)
		return skep_fail(err, -ENOENT, SKEP_ERR_NOT_FOUND,
				 "detach interface %u: it is not attached.", ifindex);
	return let_go(fi, i, 0, err);
}

int flow_interfaces_detach_all(struct flow_interfaces *fi, void (*between)(void *userdata),
			       void *userdata, struct skep_error *err)
{
	size_t at = fi->count;
	int r, first = 0;

	while (at--) { /* from behind: forgetting an old one moves only what comes after it */
		if (at >= fi->count || !fi->all[at].attached)
			continue;
		r = let_go(fi, &fi->all[at], 0, first ? NULL : err);
		if (r < 0 && !first)
			first = r;
		if (between)
			between(userdata);
	}
	return first;
}

void flow_interfaces_vanish(struct flow_interfaces *fi, uint32_t ifindex)
{
	struct interface *i = find_attached(fi, ifindex);

	if (i)
		let_go(fi, i, 1, NULL);
}

void flow_interfaces_rename(struct flow_interfaces *fi, uint32_t ifindex, const char *name)
{
	struct interface *i = find(fi, ifindex);

	if (i)
		snprintf(i->name, sizeof(i->name), "%s", name);
}

int flow_interfaces_attached(const struct flow_interfaces *fi, uint32_t ifindex)
{
	return find_attached(fi, ifindex) != NULL;
}

const char *flow_interfaces_name(const struct flow_interfaces *fi, uint32_t ifindex)
{
	const struct interface *i = find(fi, ifindex);

	return i ? i->name : NULL;
}

uint64_t flow_interfaces_count(const struct flow_interfaces *fi)
{
	return fi->attached_count;
}

void flow_interfaces_each(struct flow_interfaces *fi, void (*fn)(uint32_t ifindex, void *userdata),
			  void *userdata)
{
	size_t at = fi->count;

	while (at--)
		if (at < fi->count && fi->all[at].attached)
			fn(fi->all[at].ifindex, userdata);
}
