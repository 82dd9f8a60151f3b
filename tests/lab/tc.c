/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "tc.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <linux/if_ether.h>
#include <linux/pkt_cls.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <bpf/bpf.h>

#include "link.h"
#include "rtnl.h"

#define LOOPBACK "lo"
#define DUMP_TRIES 10
#define FILTERS_MAX 64
#define ATTACH_TYPE_TCX_INGRESS 46
#define ATTACH_TYPE_TCX_EGRESS 47

static uint32_t parent_of(enum lab_direction direction)
{
	return TC_H_MAKE(TC_H_CLSACT,
			 direction == LAB_INGRESS ? TC_H_MIN_INGRESS : TC_H_MIN_EGRESS);
}

/* Starts a request about qdiscs or filters of an interface. Return: 0; -ENODEV. */
static int begin(union lab_request *request, const char *interface, uint16_t type, uint16_t flags,
		 struct tcmsg **ret_info)
{
	int index = lab_link_index(interface);

	if (index < 0)
		return index;
	*ret_info = lab_rtnl_begin(request, type, flags, sizeof(**ret_info));
	(*ret_info)->tcm_family = AF_UNSPEC;
	(*ret_info)->tcm_ifindex = index;
	return 0;
}

static int change_qdisc(const char *interface, const char *kind, uint16_t type, uint16_t flags)
{
	union lab_request request;
	struct tcmsg *info;
	int r = begin(&request, interface, type, flags, &info);

	if (r < 0)
		return r;
	info->tcm_parent = TC_H_CLSACT; /* the same as TC_H_INGRESS */
	info->tcm_handle = TC_H_MAKE(TC_H_CLSACT, 0);
	mnl_attr_put_strz(&request.header, TCA_KIND, kind);
	return lab_rtnl_run(&request, NULL, NULL);
}

int lab_qdisc_add(const char *interface, const char *kind)
{
	return change_qdisc(interface, kind, RTM_NEWQDISC, NLM_F_CREATE | NLM_F_EXCL);
}

int lab_qdisc_delete(const char *interface, const char *kind)
{
	return change_qdisc(interface, kind, RTM_DELQDISC, 0);
}

int lab_filter_add(const char *interface, enum lab_direction direction, int prog_fd,
		   uint16_t priority, uint32_t handle, const char *name)
{
	union lab_request request;
	struct nlattr *options;
	struct tcmsg *info;
	int r = begin(&request, interface, RTM_NEWTFILTER, NLM_F_CREATE | NLM_F_EXCL, &info);

	if (r < 0)
		return r;
	info->tcm_parent = parent_of(direction);
	info->tcm_handle = handle;
	info->tcm_info = TC_H_MAKE((uint32_t)priority << 16, htons(ETH_P_ALL));
	mnl_attr_put_strz(&request.header, TCA_KIND, "bpf");
	options = mnl_attr_nest_start(&request.header, TCA_OPTIONS);
	mnl_attr_put_u32(&request.header, TCA_BPF_FD, (uint32_t)prog_fd);
	mnl_attr_put_strz(&request.header, TCA_BPF_NAME, name);
	mnl_attr_put_u32(&request.header, TCA_BPF_FLAGS, TCA_BPF_FLAG_ACT_DIRECT);
	mnl_attr_nest_end(&request.header, options);
	return lab_rtnl_run(&request, NULL, NULL);
}

int lab_filter_delete(const char *interface, enum lab_direction direction, uint16_t priority,
		      uint32_t handle)
{
	union lab_request request;
	struct tcmsg *info;
	int r = begin(&request, interface, RTM_DELTFILTER, 0, &info);

	if (r < 0)
		return r;
	info->tcm_parent = parent_of(direction);
	info->tcm_handle = handle;
	info->tcm_info = TC_H_MAKE((uint32_t)priority << 16, htons(ETH_P_ALL));
	mnl_attr_put_strz(&request.header, TCA_KIND, "bpf");
	return lab_rtnl_run(&request, NULL, NULL);
}

/* A list that grows while the kernel dumps; only one of the arrays is there. */
struct list {
	int index;
	struct lab_qdisc *qdiscs;
	struct lab_filter *filters;
	size_t max;
	size_t count;
};

static void copy_string(char *to, size_t size, const struct nlattr *attr)
{
	snprintf(to, size, "%.*s", (int)mnl_attr_get_payload_len(attr), mnl_attr_get_str(attr));
}

static int read_qdisc(const struct nlmsghdr *answer, void *userdata)
{
	const struct tcmsg *info = mnl_nlmsg_get_payload(answer);
	struct list *list = userdata;
	struct lab_qdisc qdisc = { .handle = info->tcm_handle, .parent = info->tcm_parent };
	const struct nlattr *attr;

	if (info->tcm_ifindex != list->index) /* a dump shows those of all interfaces */
		return MNL_CB_OK;
	mnl_attr_for_each(attr, answer, sizeof(*info))
	{
		if (mnl_attr_get_type(attr) == TCA_KIND)
			copy_string(qdisc.kind, sizeof(qdisc.kind), attr);
	}
	if (list->count++ < list->max)
		list->qdiscs[list->count - 1] = qdisc;
	return MNL_CB_OK;
}

static void read_bpf_options(const struct nlattr *options, struct lab_filter *filter)
{
	const struct nlattr *attr;

	mnl_attr_for_each_nested(attr, options)
	{
		switch (mnl_attr_get_type(attr)) {
		case TCA_BPF_NAME:
			copy_string(filter->name, sizeof(filter->name), attr);
			break;
		case TCA_BPF_ID:
			filter->program_id = mnl_attr_get_u32(attr);
			break;
		case TCA_BPF_FLAGS:
			filter->direct_action = mnl_attr_get_u32(attr) & TCA_BPF_FLAG_ACT_DIRECT;
			break;
		default:
			break;
		}
	}
}

static int read_filter(const struct nlmsghdr *answer, void *userdata)
{
	const struct tcmsg *info = mnl_nlmsg_get_payload(answer);
	struct list *list = userdata;
	struct lab_filter filter = {
		.handle = info->tcm_handle,
		.priority = (uint16_t)(TC_H_MAJ(info->tcm_info) >> 16),
		.protocol = ntohs((uint16_t)TC_H_MIN(info->tcm_info)),
	};
	const struct nlattr *attr;

	if (!info->tcm_handle) /* the heading of a priority, not a filter */
		return MNL_CB_OK;
	mnl_attr_for_each(attr, answer, sizeof(*info))
	{
		if (mnl_attr_get_type(attr) == TCA_KIND)
			copy_string(filter.kind, sizeof(filter.kind), attr);
		else if (mnl_attr_get_type(attr) == TCA_OPTIONS)
			read_bpf_options(attr, &filter);
	}
	if (list->count++ < list->max)
		list->filters[list->count - 1] = filter;
	return MNL_CB_OK;
}

/* Dumps again if something changed meanwhile. Return: the count. */
static int dump(const char *interface, uint16_t type, uint32_t parent, mnl_cb_t fn,
		struct list *list)
{
	union lab_request request;
	struct tcmsg *info;
	int r = -EINTR;

	for (int i = 0; i < DUMP_TRIES && r == -EINTR; i++) {
		r = begin(&request, interface, type, NLM_F_DUMP, &info);
		if (r < 0)
			return r;
		info->tcm_parent = parent;
		list->index = info->tcm_ifindex;
		list->count = 0;
		r = lab_rtnl_run(&request, fn, list);
	}
	return r < 0 ? r : (int)list->count;
}

int lab_qdisc_list(const char *interface, struct lab_qdisc *ret_qdiscs, size_t max)
{
	struct list list = { .qdiscs = ret_qdiscs, .max = max };

	return dump(interface, RTM_GETQDISC, 0, read_qdisc, &list);
}

int lab_filter_list(const char *interface, enum lab_direction direction,
		    struct lab_filter *ret_filters, size_t max)
{
	struct list list = { .filters = ret_filters, .max = max };

	return dump(interface, RTM_GETTFILTER, parent_of(direction), read_filter, &list);
}

bool lab_qdisc_has(const char *interface, const char *kind)
{
	struct lab_qdisc qdiscs[FILTERS_MAX];
	int n = lab_qdisc_list(interface, qdiscs, FILTERS_MAX);

	for (int i = 0; i < n && i < FILTERS_MAX; i++)
		if (!strcmp(qdiscs[i].kind, kind))
			return true;
	return false;
}

bool lab_filter_find(const char *interface, enum lab_direction direction, const char *name,
		     struct lab_filter *ret_filter)
{
	struct lab_filter filters[FILTERS_MAX];
	int n = lab_filter_list(interface, direction, filters, FILTERS_MAX);

	for (int i = 0; i < n && i < FILTERS_MAX; i++) {
		if (strcmp(filters[i].name, name) != 0)
			continue;
		if (ret_filter)
			*ret_filter = filters[i];
		return true;
	}
	return false;
}

int lab_tcx_attach_type(enum lab_direction direction)
{
	return direction == LAB_INGRESS ? ATTACH_TYPE_TCX_INGRESS : ATTACH_TYPE_TCX_EGRESS;
}

int lab_tcx_list(const char *interface, enum lab_direction direction, uint32_t *ret_program_ids,
		 size_t max)
{
	LIBBPF_OPTS(bpf_prog_query_opts, opts, .prog_ids = ret_program_ids, .count = (__u32)max);
	int index = lab_link_index(interface), r;

	if (index < 0)
		return index;
	r = bpf_prog_query_opts(index, (enum bpf_attach_type)lab_tcx_attach_type(direction), &opts);
	/* -ENOSPC: there are more; the count is that of all. */
	return r < 0 && r != -ENOSPC ? r : (int)opts.count;
}

bool lab_has_tcx(void)
{
	return lab_tcx_list(LOOPBACK, LAB_INGRESS, NULL, 0) >= 0;
}
