/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "net/tc.h"

#include <errno.h>
#include <linux/pkt_cls.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <string.h>

static struct nlmsghdr *tc_request(void *buf, uint16_t type, uint16_t flags, uint32_t ifindex,
				   struct tcmsg **ret_tc)
{
	void *body;
	struct nlmsghdr *request = net_rtnl_request(buf, type, flags, sizeof(struct tcmsg), &body);

	*ret_tc = body;
	(*ret_tc)->tcm_family = AF_UNSPEC;
	(*ret_tc)->tcm_ifindex = (int)ifindex;
	return request;
}

struct find_qdisc {
	uint32_t ifindex;
	char *kind;
};

static int find_qdisc(const struct nlmsghdr *message, void *userdata)
{
	const struct tcmsg *tc = mnl_nlmsg_get_payload(message);
	struct find_qdisc *find = userdata;
	const struct nlattr *attr;

	if (message->nlmsg_type != RTM_NEWQDISC || tc->tcm_ifindex != (int)find->ifindex ||
	    tc->tcm_parent != TC_H_CLSACT)
		return MNL_CB_OK;
	mnl_attr_for_each(attr, message, sizeof(*tc)) if (mnl_attr_get_type(attr) == TCA_KIND)
		snprintf(find->kind, 16, "%s", mnl_attr_get_str(attr));
	return MNL_CB_OK;
}

int net_tc_qdisc_kind(struct net_rtnl *rtnl, uint32_t ifindex, char ret_kind[16])
{
	char buf[NET_RTNL_REQUEST_SIZE];
	struct find_qdisc find = { ifindex, ret_kind };
	struct nlmsghdr *request;
	struct tcmsg *tc;
	int r;

	/* NLM_F_ECHO: without it older kernels tell everybody but the one who asks */
	request = tc_request(buf, RTM_GETQDISC, NLM_F_ECHO, ifindex, &tc);
	tc->tcm_parent = TC_H_CLSACT;
	ret_kind[0] = '\0';
	r = net_rtnl_dump(rtnl, request, find_qdisc, &find);
	return r == -ENOENT || r == -EINVAL ? 0 : r;
}

static int clsact_request(struct net_rtnl *rtnl, uint16_t type, uint16_t flags, uint32_t ifindex)
{
	char buf[NET_RTNL_REQUEST_SIZE];
	struct nlmsghdr *request;
	struct tcmsg *tc;

	request = tc_request(buf, type, flags, ifindex, &tc);
	tc->tcm_parent = TC_H_CLSACT;
	tc->tcm_handle = TC_H_MAKE(TC_H_CLSACT, 0);
	mnl_attr_put_strz(request, TCA_KIND, "clsact");
	return net_rtnl_do(rtnl, request);
}

int net_tc_clsact_add(struct net_rtnl *rtnl, uint32_t ifindex)
{
	return clsact_request(rtnl, RTM_NEWQDISC, NLM_F_CREATE | NLM_F_EXCL, ifindex);
}

int net_tc_clsact_delete(struct net_rtnl *rtnl, uint32_t ifindex)
{
	return clsact_request(rtnl, RTM_DELQDISC, 0, ifindex);
}

struct list_filters {
	net_tc_filter_fn fn;
	void *userdata;
	int result;
};

static int read_filter(const struct nlmsghdr *message, void *userdata)
{
	const struct tcmsg *tc = mnl_nlmsg_get_payload(message);
	struct list_filters *list = userdata;
	struct net_tc_filter f = { 0 };
	const struct nlattr *attr, *option;

	if (message->nlmsg_type != RTM_NEWTFILTER)
		return MNL_CB_OK;
	f.parent = tc->tcm_parent;
	f.handle = tc->tcm_handle;
	f.priority = (uint16_t)(TC_H_MAJ(tc->tcm_info) >> 16);
	f.protocol = (uint16_t)TC_H_MIN(tc->tcm_info);
	mnl_attr_for_each(attr, message, sizeof(*tc))
	{
		if (mnl_attr_get_type(attr) == TCA_KIND)
			snprintf(f.kind, sizeof(f.kind), "%s", mnl_attr_get_str(attr));
		if (mnl_attr_get_type(attr) != TCA_OPTIONS || strcmp(f.kind, "bpf"))
			continue;
		mnl_attr_for_each_nested(option,
					 attr) if (mnl_attr_get_type(option) == TCA_BPF_NAME)
			snprintf(f.name, sizeof(f.name), "%s", mnl_attr_get_str(option));
	}
	list->result = list->fn(&f, list->userdata);
	if (list->result >= 0)
		return MNL_CB_OK;
	errno = -list->result;
	return MNL_CB_ERROR;
}

int net_tc_filter_list(struct net_rtnl *rtnl, uint32_t ifindex, uint32_t parent,
		       net_tc_filter_fn fn, void *userdata)
{
	char buf[NET_RTNL_REQUEST_SIZE];
	struct list_filters list = { fn, userdata, 0 };
	struct nlmsghdr *request;
	struct tcmsg *tc;
	int r;

	request = tc_request(buf, RTM_GETTFILTER, NLM_F_DUMP, ifindex, &tc);
	tc->tcm_parent = parent;
	r = net_rtnl_dump(rtnl, request, read_filter, &list);
	/* without a qdisc there are no filters; kernels say that in three ways */
	return list.result == 0 && (r == -EINVAL || r == -ENOENT || r == -EOPNOTSUPP) ? 0 : r;
}

static struct nlmsghdr *filter_request(void *buf, uint16_t type, uint16_t flags, uint32_t ifindex,
				       const struct net_tc_filter *filter)
{
	struct nlmsghdr *request;
	struct tcmsg *tc;

	request = tc_request(buf, type, flags, ifindex, &tc);
	tc->tcm_parent = filter->parent;
	tc->tcm_handle = filter->handle;
	tc->tcm_info = TC_H_MAKE((uint32_t)filter->priority << 16, filter->protocol);
	mnl_attr_put_strz(request, TCA_KIND, "bpf");
	return request;
}

static int put_filter(struct net_rtnl *rtnl, uint32_t ifindex, const struct net_tc_filter *filter,
		      int prog_fd, uint16_t flags)
{
	char buf[NET_RTNL_REQUEST_SIZE];
	struct nlmsghdr *request = filter_request(buf, RTM_NEWTFILTER, flags, ifindex, filter);
	struct nlattr *options = mnl_attr_nest_start(request, TCA_OPTIONS);

	mnl_attr_put_u32(request, TCA_BPF_FD, (uint32_t)prog_fd);
	mnl_attr_put_strz(request, TCA_BPF_NAME, filter->name);
	mnl_attr_put_u32(request, TCA_BPF_FLAGS, TCA_BPF_FLAG_ACT_DIRECT);
	mnl_attr_nest_end(request, options);
	return net_rtnl_do(rtnl, request);
}

int net_tc_bpf_add(struct net_rtnl *rtnl, uint32_t ifindex, const struct net_tc_filter *filter,
		   int prog_fd)
{
	return put_filter(rtnl, ifindex, filter, prog_fd, NLM_F_CREATE | NLM_F_EXCL);
}

int net_tc_bpf_replace(struct net_rtnl *rtnl, uint32_t ifindex, const struct net_tc_filter *filter,
		       int prog_fd)
{
	return put_filter(rtnl, ifindex, filter, prog_fd, NLM_F_REPLACE);
}

int net_tc_bpf_delete(struct net_rtnl *rtnl, uint32_t ifindex, const struct net_tc_filter *filter)
{
	char buf[NET_RTNL_REQUEST_SIZE];

	return net_rtnl_do(rtnl, filter_request(buf, RTM_DELTFILTER, 0, ifindex, filter));
}
