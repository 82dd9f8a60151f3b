/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "attach/clsact.h"

#include <errno.h>
#include <inttypes.h>
#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/pkt_sched.h>
#include <stdio.h>
#include <string.h>

#include <skep/flow_record.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "sys/capability.h"

#define HANDLE 0x736b6570u   /* "skep" */
#define PRIORITY_COUNT 1024u /* priorities looked at for a free one */
#define STALE_MAX 64         /* stale filters removed at a time */

static const uint32_t parents[] = {
	TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_INGRESS),
	TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_EGRESS),
};

/* "skep:pid=12:start=345:pidns=4026531836:qdisc=skep", qdisc=other if it was there before any of us */
static void name_write(char name[NET_TC_NAME_SIZE], const struct sys_process *owner, int qdisc_ours)
{
	snprintf(name, NET_TC_NAME_SIZE,
		 "skep:pid=%" PRIu64 ":start=%" PRIu64 ":pidns=%" PRIu64 ":qdisc=%s", owner->pid,
		 owner->start_ticks, owner->pid_ns, qdisc_ours ? "skep" : "other");
}

/* Return: 1 a filter of a skep agent, with its owner; 0 somebody else's. */
static int name_read(const struct net_tc_filter *f, struct sys_process *ret_owner,
		     int *ret_qdisc_ours)
{
	char again[NET_TC_NAME_SIZE], qdisc[8];

	if (strcmp(f->kind, "bpf") || f->handle != HANDLE ||
	    sscanf(f->name, "skep:pid=%" SCNu64 ":start=%" SCNu64 ":pidns=%" SCNu64 ":qdisc=%7s",
		   &ret_owner->pid, &ret_owner->start_ticks, &ret_owner->pid_ns, qdisc) != 4)
		return 0;
	*ret_qdisc_ours = !strcmp(qdisc, "skep");
	name_write(again, ret_owner, *ret_qdisc_ours);
	return !strcmp(again, f->name); /* to the letter */
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

/* Return: 1 we made the qdisc; 0 a clsact was there; a negative errno. */
static int ensure_qdisc(struct net_rtnl *rtnl, uint32_t ifindex, struct skep_error *err)
{
	char kind[16];
	int r = net_tc_clsact_add(rtnl, ifindex);

	if (!r)
		return 1;
	if (r == -EPERM)
		return sys_fail_permission(err, r, KABI_CAPABILITY_BIT(CAP_NET_ADMIN),
					   "attach by clsact");
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
		return skep_fail(
			err, -EOPNOTSUPP, SKEP_ERR_CONFLICT,
			"a qdisc of kind '%s' sits where clsact belongs, and it is not ours to remove.",
			kind);
	return 0;
}

/* Adds the filter at the first priority that nobody has, also if somebody else is doing the same now. */
static int add_filter(struct net_rtnl *rtnl, int prog_fd, const uint8_t *taken,
		      struct attach_clsact *a, struct skep_error *err)
{
	unsigned priority;
	int r = -ENOSPC;

	for (priority = 1; priority < PRIORITY_COUNT; priority++) {
		a->filter.priority = (uint16_t)priority;
		r = taken[priority] ? -EEXIST
				    : net_tc_bpf_add(rtnl, a->ifindex, &a->filter, prog_fd);
		if (r != -EEXIST)
			break;
	}
	if (r == -EEXIST)
		r = -ENOSPC;
	if (r == -ENOSPC)
		return skep_fail(err, r, SKEP_ERR_NO_SPACE, "attach by clsact: no free priority.");
	if (r == -EPERM)
		return sys_fail_permission(err, r, KABI_CAPABILITY_BIT(CAP_NET_ADMIN),
					   "attach by clsact");
	if (r < 0)
		return skep_fail(err, r, r == -ENODEV ? SKEP_ERR_NOT_FOUND : SKEP_ERR_SYSCALL,
				 "add a BPF filter");
	return 0;
}

int attach_clsact(struct net_rtnl *rtnl, int prog_fd, uint32_t ifindex, uint32_t direction,
		  const struct sys_process *owner, struct attach_clsact *ret_attached,
		  struct skep_error *err)
{
	int egress = direction == SKEP_DIRECTION_EGRESS, made, r;
	unsigned priority;
	struct attach_clsact a = {
		.ifindex = ifindex,
		.filter = { .kind = "bpf", .handle = HANDLE, .parent = parents[egress] }
	};
	_cleanup_free_ struct survey *s = NULL;

	made = ensure_qdisc(rtnl, ifindex, err);
	if (made < 0)
		return made;
	r = survey_take(rtnl, ifindex, &s);
	if (r < 0) {
		skep_fail(err, r, SKEP_ERR_SYSCALL, "list the filters");
	} else {
		name_write(a.filter.name, owner, made || s->qdisc_ours);
		r = add_filter(rtnl, prog_fd, s->side[egress].taken, &a, err);
	}
	if (r < 0) {
		if (made)
			remove_qdisc(rtnl, ifindex);
		return r;
	}
	a.filter.protocol = htons(ETH_P_ALL);
	for (priority = 1; priority < a.filter.priority; priority++)
		a.others += s->side[egress].taken[priority] == TAKEN;
	remove_stale(rtnl, ifindex, s);
	*ret_attached = a;
	return 0;
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

int attach_clsact_detach(struct net_rtnl *rtnl, const struct attach_clsact *attached,
			 struct skep_error *err)
{
	struct net_tc_filter ours = attached->filter;
	struct sys_process owner;
	int r, qdisc_ours = 0;

	r = net_tc_filter_list(rtnl, attached->ifindex, ours.parent, match_filter, &ours);
	if (r == -EEXIST)
		r = net_tc_bpf_delete(rtnl, attached->ifindex, &ours);
	if (r == 0 && name_read(&ours, &owner, &qdisc_ours) && qdisc_ours)
		r = remove_qdisc(rtnl, attached->ifindex);
	if (r == 0 || r == -ENODEV || r == -ENOENT || r == -EINVAL)
		return 0;
	return skep_fail(err, r, SKEP_ERR_SYSCALL, "remove a BPF filter");
}
