/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "net/link.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <string.h>

struct visit {
	net_link_fn fn;
	void *userdata;
};

static int read_name(const struct nlattr *attr, void *userdata)
{
	struct net_link *link = userdata;

	if (mnl_attr_get_type(attr) == IFLA_IFNAME &&
	    mnl_attr_validate(attr, MNL_TYPE_NUL_STRING) == 0)
		strncpy(link->name, mnl_attr_get_str(attr), sizeof(link->name) - 1);
	if (mnl_attr_get_type(attr) == IFLA_NEW_NETNSID)
		link->moved = 1;
	return MNL_CB_OK;
}

static int visit_message(const struct nlmsghdr *message, void *userdata)
{
	const struct ifinfomsg *info = mnl_nlmsg_get_payload(message);
	const struct visit *v = userdata;
	struct net_link link = { 0 };

	if ((message->nlmsg_type != RTM_NEWLINK && message->nlmsg_type != RTM_DELLINK) ||
	    mnl_nlmsg_get_payload_len(message) < sizeof(*info))
		return MNL_CB_OK;
	if (info->ifi_family !=
	    AF_UNSPEC) /* a bridge telling of one of its ports: not the interface's end */
		return MNL_CB_OK;
	link.ifindex = (uint32_t)info->ifi_index;
	link.flags = info->ifi_flags;
	link.type = info->ifi_type;
	link.gone = message->nlmsg_type == RTM_DELLINK;
	mnl_attr_parse(message, sizeof(*info), read_name, &link);
	v->fn(&link, v->userdata);
	return MNL_CB_OK;
}

static void keep_link(const struct net_link *link, void *userdata)
{
	*(struct net_link *)userdata = *link;
}

int net_link_get(struct net_rtnl *rtnl, uint32_t ifindex, struct net_link *ret_link)
{
	char buf[NET_RTNL_REQUEST_SIZE];
	struct net_link link = { 0 };
	struct visit v = { keep_link, &link };
	struct ifinfomsg *info;
	struct nlmsghdr *request;
	int r;

	request = net_rtnl_request(buf, RTM_GETLINK, 0, sizeof(*info), (void **)&info);
	info->ifi_index = (int)ifindex;
	r = net_rtnl_dump(rtnl, request, visit_message, &v);
	if (r < 0)
		return r;
	if (link.ifindex != ifindex)
		return -ENODEV;
	*ret_link = link;
	return 0;
}

int net_link_find(struct net_rtnl *rtnl, const char *name, struct net_link *ret_link)
{
	char buf[NET_RTNL_REQUEST_SIZE];
	struct net_link link = { 0 };
	struct visit v = { keep_link, &link };
	struct ifinfomsg *info;
	struct nlmsghdr *request;
	int r;

	if (!*name || strlen(name) >= IFNAMSIZ)
		return -ENODEV;
	request = net_rtnl_request(buf, RTM_GETLINK, 0, sizeof(*info), (void **)&info);
	mnl_attr_put_strz(request, IFLA_IFNAME, name);
	r = net_rtnl_dump(rtnl, request, visit_message, &v);
	if (r < 0)
		return r;
	if (!link.ifindex)
		return -ENODEV;
	*ret_link = link;
	return 0;
}

int net_link_list(struct net_rtnl *rtnl, net_link_fn fn, void *userdata)
{
	char buf[NET_RTNL_REQUEST_SIZE];
	struct visit v = { fn, userdata };
	struct ifinfomsg *info;
	struct nlmsghdr *request;

	request = net_rtnl_request(buf, RTM_GETLINK, NLM_F_DUMP, sizeof(*info), (void **)&info);
	return net_rtnl_dump(rtnl, request, visit_message, &v);
}

int net_link_receive(struct net_rtnl *rtnl, net_link_fn fn, void *userdata)
{
	struct visit v = { fn, userdata };

	return net_rtnl_receive(rtnl, visit_message, &v);
}
