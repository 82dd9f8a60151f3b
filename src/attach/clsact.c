/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "attach/clsact.h"

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <skep/attach_tc.h>
#include <skep/error.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "net/netns.h"
#include "net/tc.h"
#include "sys/capability.h"
#include "sys/process.h"

#define HANDLE 0x736b6570u /* "skep"; the next ones where it is taken */
#define HANDLE_COUNT 256u
#define PRIORITY_COUNT 1024u /* priorities looked at for a free one */
#define STALE_MAX 64         /* stale filters removed at a time */

static const uint32_t parents[] = { NET_TC_INGRESS, NET_TC_EGRESS };

/*
 * "skep:pid=12:start=345:pidns=4026531836:qdisc=skep", qdisc=other if it was there before any of us; then, after a colon,
 * the caller's words.
 */
static void name_write(char name[NET_TC_NAME_SIZE], const struct sys_process *owner, int qdisc_ours,
		       const char *words)
{
	int len = snprintf(name, NET_TC_NAME_SIZE,
			   "skep:pid=%" PRIu64 ":start=%" PRIu64 ":pidns=%" PRIu64 ":qdisc=%s%s%s",
			   owner->pid, owner->start_ticks, owner->pid_ns,
			   qdisc_ours ? "skep" : "other", *words ? ":" : "", words);

	/* what is printed by others does not steer their terminals */
	while (--len >= 0)
		if (len < NET_TC_NAME_SIZE && ((unsigned char)name[len] < ' ' || name[len] == 127))
			name[len] = '_';
}

/* Return: 1 a filter that skep made, with its owner; 0 somebody else's. */
static int name_read(const struct net_tc_filter *f, struct sys_process *ret_owner,
		     int *ret_qdisc_ours)
{
	char again[NET_TC_NAME_SIZE], qdisc[8];
	size_t len;

	if (strcmp(f->kind, "bpf") ||
	    sscanf(f->name,
		   "skep:pid=%" SCNu64 ":start=%" SCNu64 ":pidns=%" SCNu64 ":qdisc=%7[a-z]",
		   &ret_owner->pid, &ret_owner->start_ticks, &ret_owner->pid_ns, qdisc) != 4)
		return 0;
	*ret_qdisc_ours = !strcmp(qdisc, "skep");
	name_write(again, ret_owner, *ret_qdisc_ours, "");
	len = strlen(again);
	/* to the letter */
	return !strncmp(again, f->name, len) && (!f->name[len] || f->name[len] == ':');
}

enum {
	TAKEN = 1,
	TAKEN_BY_US
};

/* What is in the qdisc of one interface. */
struct survey {
	struct {
		uint8_t taken[PRIORITY_COUNT]; /* 0 or TAKEN... */
		int filter_count;              /* stale ones not counted */
	} side[ARRAY_SIZE(parents)];
	struct net_tc_filter stale[STALE_MAX];
	int stale_count;
	int qdisc_ours; /* some skep agent made the qdisc */
};

static int survey_filter(const struct net_tc_filter *f, void *userdata)
{
	struct survey *s = userdata;
	struct sys_process owner;
	int ours, qdisc_ours = 0, egress = f->parent == parents[1];

	if (!f->handle) /* the head of a list, told before its filters */
		return 0;
	ours = name_read(f, &owner, &qdisc_ours);
	if (f->priority < PRIORITY_COUNT)
		s->side[egress].taken[f->priority] = ours ? TAKEN_BY_US : TAKEN;
	s->qdisc_ours |= qdisc_ours;
	if (ours && sys_process_gone(&owner) == 1 && s->stale_count < STALE_MAX)
		s->stale[s->stale_count++] = *f;
	else
		s->side[egress].filter_count++;
	return 0;
}

/* A dump may be repeated and a filter told twice: it is then counted twice, which errs on the safe side. */
static int survey_take(struct net_rtnl *rtnl, uint32_t ifindex, struct survey **ret_survey)
{
	_cleanup_free_ struct survey *s = calloc(1, sizeof(*s));
	size_t i;
	int r;

	if (!s)
		return -ENOMEM;
	for (i = 0; i < ARRAY_SIZE(parents); i++) {
		r = net_tc_filter_list(rtnl, ifindex, parents[i], survey_filter, s);
		if (r < 0)
			return r;
	}
	*ret_survey = take_ptr(s);
	return 0;
}

static int remove_stale(struct net_rtnl *rtnl, uint32_t ifindex, const struct survey *s)
{
	int i, r, first = 0;

	for (i = 0; i < s->stale_count; i++) {
		r = net_tc_bpf_delete(rtnl, ifindex, &s->stale[i]);
		if (r < 0 && r != -ENOENT && !first)
			first = r;
	}
	return first;
}

/* Removes the qdisc, which a skep agent made, if nothing is left in it. */
static int remove_qdisc(struct net_rtnl *rtnl, uint32_t ifindex)
{
	_cleanup_free_ struct survey *s = NULL;
	int r = survey_take(rtnl, ifindex, &s);

	if (r < 0)
		return r;
	if (s->side[0].filter_count || s->side[1].filter_count || s->stale_count)
		return 0;
	return net_tc_clsact_delete(rtnl, ifindex);
}

int attach_clsact_sweep(struct net_rtnl *rtnl, uint32_t ifindex)
{
	_cleanup_free_ struct survey *s = NULL;
	int r = survey_take(rtnl, ifindex, &s);

	if (r < 0 || !s->stale_count)
		return r;
	r = remove_stale(rtnl, ifindex, s);
	if (r == 0 && s->qdisc_ours)
		r = remove_qdisc(rtnl, ifindex);
	return r < 0 ? r : s->stale_count;
}

static int fail_kind(const char *kind, struct skep_error *err)
{
	return skep_fail(
		err, -EOPNOTSUPP, SKEP_ERR_CONFLICT,
		"a qdisc of kind '%s' sits where clsact belongs, and it is not ours to remove.",
		kind);
}

static int fail_handle(unsigned priority, struct skep_error *err)
{
	return skep_fail(err, -EEXIST, SKEP_ERR_CONFLICT,
			 "there is a filter of that handle at priority %u.", priority);
}

static int fail_priority(unsigned priority, struct skep_error *err)
{
	return skep_fail(err, -EEXIST, SKEP_ERR_CONFLICT,
			 "priority %u is of filters of another kind or protocol.", priority);
}

/* Return: 1 we made the qdisc; 0 a clsact was there; a negative errno. */
static int ensure_qdisc(struct net_rtnl *rtnl, uint32_t ifindex, struct skep_error *err)
{
	char kind[16];
	int r = net_tc_clsact_add(rtnl, ifindex);

	if (!r)
		return 1;
	if (r == -EPERM)
		return sys_fail_permission(err, r, SKEP_CAPABILITY_BIT(NET_ADMIN),
					   "create a clsact qdisc");
	if (r == -ENODEV)
		return skep_fail(err, r, SKEP_ERR_NOT_FOUND, "create a clsact qdisc");
	if (r == -ENOENT || r == -EOPNOTSUPP)
		return skep_fail(err, -EOPNOTSUPP, SKEP_ERR_UNSUPPORTED,
				 "this kernel has no clsact qdisc (module sch_ingress).");
	if (r != -EEXIST)
		return skep_fail(err, r, SKEP_ERR_SYSCALL, "create a clsact qdisc");
	r = net_tc_qdisc_kind(rtnl, ifindex, kind);
	if (r < 0)
		return skep_fail(err, r, SKEP_ERR_SYSCALL, "look at the ingress qdisc");
	if (strcmp(kind, "clsact"))
		return fail_kind(kind, err);
	return 0;
}

/* What an attachment by clsact remembers. */
struct clsact {
	struct net_tc_filter filter;
	struct skep_netns *netns;
	uint32_t ifindex;
	uint64_t others;
};

/* Adds the filter at the first priority that nobody has, also if somebody else is doing the same now. */
static int add_at_free_priority(struct net_rtnl *rtnl, int prog_fd, const uint8_t *taken,
				struct clsact *c)
{
	unsigned priority;
	int r;

	for (priority = 1; priority < PRIORITY_COUNT; priority++) {
		c->filter.priority = (uint16_t)priority;
		r = taken[priority] ? -EEXIST
				    : net_tc_bpf_add(rtnl, c->ifindex, &c->filter, prog_fd);
		if (r != -EEXIST)
			return r;
	}
	return -ENOSPC;
}

/* Adds the filter at a given priority, under the first handle that nobody has. */
static int add_at_free_handle(struct net_rtnl *rtnl, int prog_fd, struct clsact *c)
{
	unsigned i;
	int r = -EEXIST;

	for (i = 0; i < HANDLE_COUNT && r == -EEXIST; i++) {
		c->filter.handle = HANDLE + i;
		r = net_tc_bpf_add(rtnl, c->ifindex, &c->filter, prog_fd);
	}
	return r;
}

static int add_filter(struct net_rtnl *rtnl, int prog_fd, const uint8_t *taken,
		      const struct attach_clsact *wanted, struct clsact *c, struct skep_error *err)
{
	int r;

	if (!wanted->priority)
		r = add_at_free_priority(rtnl, prog_fd, taken, c);
	else if (!wanted->handle)
		r = add_at_free_handle(rtnl, prog_fd, c);
	else
		r = net_tc_bpf_add(rtnl, c->ifindex, &c->filter, prog_fd);
	switch (r) {
	case -ENOSPC:
		return skep_fail(err, r, SKEP_ERR_NO_SPACE, "no free priority.");
	case -EPERM:
		return sys_fail_permission(err, r, SKEP_CAPABILITY_BIT(NET_ADMIN),
					   "add a BPF filter");
	case -EEXIST:
		return fail_handle(c->filter.priority, err);
	case -EINVAL:
		if (wanted->priority && wanted->priority < PRIORITY_COUNT &&
		    taken[wanted->priority])
			return fail_priority(c->filter.priority, err);
		return skep_fail(err, r, SKEP_ERR_INVALID, "the program is no filter (sched_cls).");
	case -ENODEV:
		return skep_fail(err, r, SKEP_ERR_NOT_FOUND, "add a BPF filter");
	default:
		return r < 0 ? skep_fail(err, r, SKEP_ERR_SYSCALL, "add a BPF filter") : 0;
	}
}

/* Is the filter at our place still ours? Ends the walk with -EEXIST when it is. */
static int match_filter(const struct net_tc_filter *f, void *userdata)
{
	const struct net_tc_filter *ours = userdata;

	return f->handle == ours->handle && f->priority == ours->priority &&
			       !strcmp(f->name, ours->name)
		       ? -EEXIST
		       : 0;
}

/* Return: 1 it is there; 0 it is not; a negative errno of rtnetlink(7). */
static int is_there(struct net_rtnl *rtnl, const struct clsact *c)
{
	struct net_tc_filter ours = c->filter;
	int r = net_tc_filter_list(rtnl, c->ifindex, ours.parent, match_filter, &ours);

	return r == -EEXIST ? 1 : r == -ENODEV ? 0 : r;
}

static int detach(struct skep_attachment *a, struct skep_error *err)
{
	const struct clsact *c = a->data;
	struct net_rtnl *rtnl = NULL;
	struct sys_process owner;
	int qdisc_ours = 0, gone, r = net_netns_rtnl(c->netns, &rtnl, err);

	if (r < 0)
		return r;
	r = is_there(rtnl, c);
	gone = r == 0;
	if (r > 0) {
		r = net_tc_bpf_delete(rtnl, c->ifindex, &c->filter);
		gone = r == -ENOENT || r == -ENODEV || r == -EINVAL;
	}
	if (r == 0 && name_read(&c->filter, &owner, &qdisc_ours) && qdisc_ours)
		r = remove_qdisc(rtnl, c->ifindex);
	if (gone)
		return 1;
	/* somebody may have taken the qdisc or the interface away meanwhile */
	if (r == 0 || r == -ENODEV || r == -ENOENT || r == -EINVAL)
		return 0;
	return skep_fail(err, r, SKEP_ERR_SYSCALL, "remove a BPF filter");
}

static int update(struct skep_attachment *a, int prog_fd, struct skep_error *err)
{
	const struct clsact *c = a->data;
	struct net_rtnl *rtnl = NULL;
	int r = net_netns_rtnl(c->netns, &rtnl, err);

	if (r < 0)
		return r;
	r = is_there(rtnl, c);
	if (r > 0)
		r = net_tc_bpf_replace(rtnl, c->ifindex, &c->filter, prog_fd);
	else if (r == 0)
		r = -ENOENT;
	if (r == -ENOENT || r == -ENODEV)
		return skep_fail(err, -ENOLINK, SKEP_ERR_NOT_FOUND,
				 "somebody else has removed the filter.");
	if (r == -EINVAL)
		return skep_fail(err, r, SKEP_ERR_INVALID, "the program is no filter (sched_cls).");
	return r < 0 ? skep_fail(err, r, SKEP_ERR_SYSCALL, "replace a BPF filter") : 0;
}

static int is_active(const struct skep_attachment *a, struct skep_error *err)
{
	const struct clsact *c = a->data;
	struct net_rtnl *rtnl = NULL;
	int r = net_netns_rtnl(c->netns, &rtnl, err);

	if (r < 0)
		return r;
	r = is_there(rtnl, c);
	if (r == -ENODEV)
		return 0;
	return r < 0 ? skep_fail(err, r, SKEP_ERR_SYSCALL, "list the filters") : r;
}

static void release(void *data)
{
	skep_netns_close(((struct clsact *)data)->netns);
}

static const struct attachment_class class = {
	.detach = detach,
	.update = update,
	.is_active = is_active,
	.release = release,
};

/* Makes the qdisc if need be and adds the filter; what was made is undone on failure. */
static int put(struct net_rtnl *rtnl, int prog_fd, const struct attach_clsact *wanted,
	       struct clsact *c, struct skep_error *err)
{
	_cleanup_free_ struct survey *s = NULL;
	int egress = c->filter.parent == NET_TC_EGRESS, made, r;
	struct sys_process owner;
	unsigned priority;

	r = sys_process_self(&owner);
	if (r < 0)
		return skep_fail(err, r, SKEP_ERR_SYSCALL, "read /proc/self");
	made = ensure_qdisc(rtnl, c->ifindex, err);
	if (made < 0)
		return made;
	r = survey_take(rtnl, c->ifindex, &s);
	if (r < 0) {
		skep_fail(err, r, SKEP_ERR_SYSCALL, "list the filters");
	} else {
		name_write(c->filter.name, &owner, made || s->qdisc_ours, wanted->name);
		r = add_filter(rtnl, prog_fd, s->side[egress].taken, wanted, c, err);
	}
	if (r < 0) {
		if (made)
			remove_qdisc(rtnl, c->ifindex);
		return r;
	}
	for (priority = 1; priority < c->filter.priority && priority < PRIORITY_COUNT; priority++)
		c->others += s->side[egress].taken[priority] == TAKEN;
	remove_stale(rtnl, c->ifindex, s);
	return 0;
}

int attach_clsact(struct skep_attachment *a, int prog_fd, const struct attach_clsact *wanted,
		  struct skep_error *err)
{
	_cleanup_free_ struct clsact *c = calloc(1, sizeof(*c));
	struct net_rtnl *rtnl = NULL;
	int r;

	if (!c)
		return skep_fail(err, -ENOMEM, SKEP_ERR_NO_MEMORY, "add a BPF filter");
	r = net_netns_rtnl(wanted->device->netns, &rtnl, err);
	if (r < 0)
		return r;
	c->ifindex = wanted->device->ifindex;
	c->filter = (struct net_tc_filter){
		.kind = "bpf",
		.parent = parents[wanted->direction == SKEP_DIRECTION_EGRESS],
		.handle = wanted->handle ? wanted->handle : HANDLE,
		.priority = wanted->priority,
		.protocol = htons(wanted->protocol),
	};
	r = put(rtnl, prog_fd, wanted, c, err);
	if (r < 0)
		return r;
	c->netns = net_netns_ref(wanted->device->netns);
	a->class = &class;
	a->data = take_ptr(c);
	return 0;
}

struct rehearsal {
	const struct attach_clsact *wanted;
	struct skep_error *err;
};

/* A list of filters has one kind and one protocol; also one that is told without a filter. */
static int find_obstacle(const struct net_tc_filter *f, void *userdata)
{
	const struct rehearsal *r = userdata;
	const struct attach_clsact *w = r->wanted;

	if (f->priority != w->priority)
		return 0;
	if (strcmp(f->kind, "bpf") != 0 || ntohs(f->protocol) != w->protocol)
		return fail_priority(f->priority, r->err);
	return w->handle && f->handle == w->handle ? fail_handle(f->priority, r->err) : 0;
}

int attach_clsact_rehearse(const struct attach_clsact *wanted, struct skep_error *err)
{
	struct rehearsal rehearsal = { wanted, err };
	const uint32_t ifindex = wanted->device->ifindex;
	struct skep_error none = { 0 };
	struct net_rtnl *rtnl = NULL;
	char kind[16] = "";
	int r = net_netns_rtnl(wanted->device->netns, &rtnl, err);

	if (r < 0)
		return r;
	r = net_tc_qdisc_kind(rtnl, ifindex, kind);
	if (r == 0 && *kind && strcmp(kind, "clsact") != 0)
		return fail_kind(kind, err);
	rehearsal.err = err ? err : &none;
	if (r == 0 && *kind && wanted->priority)
		r = net_tc_filter_list(rtnl, ifindex,
				       parents[wanted->direction == SKEP_DIRECTION_EGRESS],
				       find_obstacle, &rehearsal);
	if (r < 0 && rehearsal.err->code != r)
		return skep_fail(err, r, r == -ENODEV ? SKEP_ERR_NOT_FOUND : SKEP_ERR_SYSCALL,
				 "look at the qdisc and its filters");
	return r;
}

int skep_tc_filter_of(const struct skep_attachment *a, struct skep_tc_filter *ret_filter)
{
	const struct clsact *c = a->data;

	if (a->class != &class)
		return -EINVAL;
	*ret_filter = (struct skep_tc_filter){
		.name = c->filter.name,
		.handle = c->filter.handle,
		.priority = c->filter.priority,
		.protocol = ntohs(c->filter.protocol),
		.others = c->others,
	};
	return 0;
}
