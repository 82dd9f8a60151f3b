/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "flow/interfaces.h"

#include <errno.h>
#include <linux/if_arp.h>
#include <stdio.h>
#include <string.h>

#include <skep/attach_tc.h>
#include <skep/netns.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/log.h"
#include "flow/program.h"
#include "net/netns.h"

#define GONE_MAX 1024u /* names remembered of interfaces that are not attached any more */

struct interface {
	uint32_t ifindex;
	int attached;
	uint64_t detached_at; /* order of detaching, for forgetting the oldest */
	char name[IFNAMSIZ];
	struct skep_attachment *hooks[2]; /* by direction; NULL: not attached */
};

struct flow_interfaces {
	struct flow_program *program;
	struct flow_interfaces_opts opts;
	struct skep_netns *netns; /* where we are: all attachments share its socket */
	struct net_rtnl *rtnl;    /* of netns */
	struct interface *all;    /* ordered by ifindex */
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

/* Chooses once: the interfaces of an agent are attached in one way. */
static int resolve_attach(struct flow_interfaces *fi, struct skep_error *err)
{
	int r;

	if (fi->opts.attach == SKEP_FLOW_ATTACH_CLSACT)
		return 0;
	r = skep_attach_supported(NULL, SKEP_ATTACH_FAMILY_TC, SKEP_ATTACH_METHOD_TCX, err);
	if (r < 0)
		return skep_wrap(err, r, "look for TCX: ");
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
	if (net_netns_here(&fi->netns) < 0)
		return skep_fail(err, -ENOMEM, SKEP_ERR_NO_MEMORY, "flow agent");
	r = net_netns_rtnl(fi->netns, &fi->rtnl, err);
	if (r < 0)
		return r;
	r = resolve_attach(fi, err);
	if (r < 0)
		return r;
	*ret_interfaces = take_ptr(fi);
	return 0;
}

static int has_hook(const struct interface *i)
{
	return i->hooks[0] || i->hooks[1];
}

static void forget_oldest(struct flow_interfaces *fi)
{
	size_t i, oldest = fi->count;

	for (i = 0; i < fi->count; i++)
		if (!fi->all[i].attached && !has_hook(&fi->all[i]) &&
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
	*i = (struct interface){ .ifindex = ifindex };
	return i;
}

/* A filter that could not be removed is kept in mind: whoever attaches here again, or the end, tries once more. */
static int unhook(struct skep_attachment **hook, int vanished, struct skep_error *err)
{
	int r = *hook && !vanished ? skep_attachment_detach(*hook, err) : 0;

	if (r < 0)
		return r;
	*hook = skep_attachment_close(*hook);
	return 0;
}

static int unhook_all(struct interface *i, int vanished, struct skep_error *err)
{
	int r, first = 0;
	size_t d;

	for (d = 0; d < ARRAY_SIZE(directions); d++) {
		r = unhook(&i->hooks[d], vanished, first ? NULL : err);
		if (r < 0 && !first)
			first = skep_wrap(err, r, "detach '%s': ", i->name);
	}
	return first;
}

static void warn_of_others(const struct flow_interfaces *fi, const struct interface *i,
			   const struct skep_attachment *hook, const char *side)
{
	struct skep_tc_filter filter;

	if (skep_tc_filter_of(hook, &filter) == 0 && filter.others)
		log_event(
			fi->opts.log, SKEP_LOG_WARNING,
			"%s %s: %u filters of others run before ours; packets that they decide on are not seen",
			i->name, side, (unsigned)filter.others);
}

static int hook(struct flow_interfaces *fi, struct interface *i, uint32_t direction, int ethernet,
		struct skep_error *err)
{
	const char *side = skep_direction_name(direction);
	int prog_fd = flow_program_fd(fi->program, direction, ethernet), r;
	struct skep_attachment **hook = &i->hooks[direction == SKEP_DIRECTION_EGRESS];
	const int tcx = fi->opts.attach == SKEP_FLOW_ATTACH_TCX;
	const struct skep_tc_opts opts = {
		.sz = sizeof(opts),
		.method = tcx ? SKEP_ATTACH_METHOD_TCX : SKEP_ATTACH_METHOD_CLSACT,
		.netns = fi->netns,
		.ifindex = i->ifindex,
		.direction = direction,
		.position = tcx && !fi->opts.tcx_tail ? SKEP_ATTACH_POSITION_FIRST
						      : SKEP_ATTACH_POSITION_LAST,
	};

	r = skep_tc_attach(prog_fd, &opts, hook, err);
	if (r == 0)
		warn_of_others(fi, i, *hook, side);
	return r;
}

struct flow_interfaces *flow_interfaces_free(struct flow_interfaces *fi)
{
	size_t i;

	if (!fi)
		return NULL;
	for (i = 0; i < fi->count; i++)
		unhook_all(&fi->all[i], 0, NULL);
	skep_netns_close(fi->netns);
	free(fi->all);
	free(fi);
	return NULL;
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
	r = unhook_all(i, 0, err);
	if (r < 0)
		return r;
	skep_tc_sweep(fi->netns, ifindex, NULL);
	ethernet = link.type == ARPHRD_ETHER || link.type == ARPHRD_LOOPBACK;
	for (d = 0; d < ARRAY_SIZE(directions); d++) {
		if (!(fi->opts.directions & directions[d]))
			continue;
		r = hook(fi, i, directions[d], ethernet, err);
		if (r < 0) {
			unhook_all(i, 0, NULL);
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
	int r = unhook_all(i, vanished, err);

	i->attached = 0;
	fi->attached_count--;
	retire(fi, i);
	return r;
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
