/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "net/xdp.h"

#include <linux/if_link.h>
#include <linux/rtnetlink.h>

int net_xdp_set(struct net_rtnl *rtnl, uint32_t ifindex, int prog_fd, int expected_fd,
		uint32_t mode)
{
	char buf[NET_RTNL_REQUEST_SIZE];
	struct ifinfomsg *info;
	struct nlmsghdr *request;
	struct nlattr *xdp;

	request = net_rtnl_request(buf, RTM_SETLINK, 0, sizeof(*info), (void **)&info);
	info->ifi_index = (int)ifindex;
	xdp = mnl_attr_nest_start(request, IFLA_XDP);
	mnl_attr_put_u32(request, IFLA_XDP_FD, (uint32_t)prog_fd);
	if (expected_fd >= 0) {
		mnl_attr_put_u32(request, IFLA_XDP_FLAGS, mode | XDP_FLAGS_REPLACE);
		mnl_attr_put_u32(request, IFLA_XDP_EXPECTED_FD, (uint32_t)expected_fd);
	} else {
		mnl_attr_put_u32(request, IFLA_XDP_FLAGS, mode | XDP_FLAGS_UPDATE_IF_NOEXIST);
	}
	mnl_attr_nest_end(request, xdp);
	return net_rtnl_do(rtnl, request);
}

struct find {
	uint16_t attribute; /* IFLA_XDP_*PROG_ID */
	uint32_t prog_id;
};

static int read_xdp(const struct nlmsghdr *message, void *userdata)
{
	const struct nlattr *attr, *inner;
	struct find *find = userdata;

	if (message->nlmsg_type != RTM_NEWLINK)
		return MNL_CB_OK;
	mnl_attr_for_each(attr, message, sizeof(struct ifinfomsg))
	{
		if (mnl_attr_get_type(attr) != IFLA_XDP)
			continue;
		mnl_attr_for_each_nested(inner,
					 attr) if (mnl_attr_get_type(inner) == find->attribute)
			find->prog_id = mnl_attr_get_u32(inner);
	}
	return MNL_CB_OK;
}

int net_xdp_get(struct net_rtnl *rtnl, uint32_t ifindex, uint32_t mode, uint32_t *ret_prog_id)
{
	char buf[NET_RTNL_REQUEST_SIZE];
	struct find find = { .attribute = IFLA_XDP_PROG_ID };
	struct ifinfomsg *info;
	struct nlmsghdr *request;
	int r;

	/* with one program alone its id is told by either attribute; with several, by that of its mode alone */
	if (mode)
		find.attribute = mode == XDP_FLAGS_SKB_MODE   ? IFLA_XDP_SKB_PROG_ID
				 : mode == XDP_FLAGS_DRV_MODE ? IFLA_XDP_DRV_PROG_ID
							      : IFLA_XDP_HW_PROG_ID;
	request = net_rtnl_request(buf, RTM_GETLINK, 0, sizeof(*info), (void **)&info);
	info->ifi_index = (int)ifindex;
	r = net_rtnl_dump(rtnl, request, read_xdp, &find);
	if (r == 0)
		*ret_prog_id = find.prog_id;
	return r;
}
