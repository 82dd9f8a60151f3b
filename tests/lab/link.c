/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "link.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <linux/ethtool.h>
#include <linux/if.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/sockios.h>
#include <linux/veth.h>

#include "base/cleanup.h"

#include "frame.h"
#include "netns.h"
#include "poll.h"
#include "rtnl.h"

#define NO_NETNS (-1)
#define VXLAN_PORT 4789
#define WAIT_MS 10000

int lab_link_index(const char *name)
{
	unsigned index = if_nametoindex(name);

	return index ? (int)index : -errno;
}

/* What a new device of a kind needs beside its name; @data_fn fills IFLA_INFO_DATA. */
struct device {
	const char *name;
	const char *kind;
	int lower_index; /* 0: none */
	void (*data_fn)(struct nlmsghdr *request, const struct device *device);
	const char *peer;
	int peer_netns_fd; /* NO_NETNS: the same */
	uint32_t vni;
	struct in_addr remote;
};

static int create(const struct device *device)
{
	union lab_request request;
	struct ifinfomsg *info =
		lab_rtnl_begin(&request, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, sizeof(*info));
	struct nlattr *link_info, *data;

	mnl_attr_put_strz(&request.header, IFLA_IFNAME, device->name);
	if (device->lower_index)
		mnl_attr_put_u32(&request.header, IFLA_LINK, (uint32_t)device->lower_index);
	link_info = mnl_attr_nest_start(&request.header, IFLA_LINKINFO);
	mnl_attr_put_strz(&request.header, IFLA_INFO_KIND, device->kind);
	if (device->data_fn) {
		data = mnl_attr_nest_start(&request.header, IFLA_INFO_DATA);
		device->data_fn(&request.header, device);
		mnl_attr_nest_end(&request.header, data);
	}
	mnl_attr_nest_end(&request.header, link_info);
	return lab_rtnl_run(&request, NULL, NULL);
}

static void fill_veth(struct nlmsghdr *request, const struct device *device)
{
	struct nlattr *peer = mnl_attr_nest_start(request, VETH_INFO_PEER);

	mnl_nlmsg_put_extra_header(request, sizeof(struct ifinfomsg));
	mnl_attr_put_strz(request, IFLA_IFNAME, device->peer);
	if (device->peer_netns_fd != NO_NETNS)
		mnl_attr_put_u32(request, IFLA_NET_NS_FD, (uint32_t)device->peer_netns_fd);
	mnl_attr_nest_end(request, peer);
}

static void fill_macvlan(struct nlmsghdr *request, const struct device *device)
{
	(void)device;
	mnl_attr_put_u32(request, IFLA_MACVLAN_MODE, MACVLAN_MODE_BRIDGE);
}

static void fill_vxlan(struct nlmsghdr *request, const struct device *device)
{
	mnl_attr_put_u32(request, IFLA_VXLAN_ID, device->vni);
	mnl_attr_put(request, IFLA_VXLAN_GROUP, sizeof(device->remote), &device->remote);
	mnl_attr_put_u16(request, IFLA_VXLAN_PORT, htons(VXLAN_PORT));
}

int lab_ifb_create(const char *name)
{
	return create(&(struct device){ .name = name, .kind = "ifb" });
}

int lab_macvlan_create(const char *name, const char *lower)
{
	int index = lab_link_index(lower);

	if (index < 0)
		return index;
	return create(&(struct device){
		.name = name, .kind = "macvlan", .lower_index = index, .data_fn = fill_macvlan });
}

int lab_vxlan_create(const char *name, uint32_t vni, const char *remote)
{
	struct device device = { .name = name, .kind = "vxlan", .data_fn = fill_vxlan, .vni = vni };

	if (inet_pton(AF_INET, remote, &device.remote) != 1)
		return -EINVAL;
	return create(&device);
}

/* Starts a request about an interface that exists. Return: 0; -ENODEV. */
static int begin(union lab_request *request, const char *name, uint16_t type,
		 struct ifinfomsg **ret_info)
{
	int index = lab_link_index(name);

	if (index < 0)
		return index;
	*ret_info = lab_rtnl_begin(request, type, 0, sizeof(**ret_info));
	(*ret_info)->ifi_index = index;
	return 0;
}

int lab_link_delete(const char *name)
{
	union lab_request request;
	struct ifinfomsg *info;
	int r = begin(&request, name, RTM_DELLINK, &info);

	return r < 0 ? r : lab_rtnl_run(&request, NULL, NULL);
}

static int set_up(const char *name, bool up)
{
	union lab_request request;
	struct ifinfomsg *info;
	int r = begin(&request, name, RTM_NEWLINK, &info);

	if (r < 0)
		return r;
	info->ifi_change = IFF_UP;
	info->ifi_flags = up ? IFF_UP : 0;
	return lab_rtnl_run(&request, NULL, NULL);
}

int lab_link_up(const char *name)
{
	return set_up(name, true);
}

int lab_link_down(const char *name)
{
	return set_up(name, false);
}

static int set_attribute(const char *name, uint16_t type, const void *data, size_t size)
{
	union lab_request request;
	struct ifinfomsg *info;
	int r = begin(&request, name, RTM_NEWLINK, &info);

	if (r < 0)
		return r;
	mnl_attr_put(&request.header, type, size, data);
	return lab_rtnl_run(&request, NULL, NULL);
}

int lab_link_rename(const char *name, const char *new_name)
{
	return set_attribute(name, IFLA_IFNAME, new_name, strlen(new_name) + 1);
}

int lab_link_set_mtu(const char *name, uint32_t mtu)
{
	return set_attribute(name, IFLA_MTU, &mtu, sizeof(mtu));
}

int lab_link_set_mac(const char *name, const char *mac)
{
	uint8_t bytes[6];

	if (!lab_mac_parse(mac, bytes))
		return -EINVAL;
	return set_attribute(name, IFLA_ADDRESS, bytes, sizeof(bytes));
}

int lab_link_set_netns(const char *name, int netns_fd)
{
	uint32_t fd = (uint32_t)netns_fd;

	return set_attribute(name, IFLA_NET_NS_FD, &fd, sizeof(fd));
}

int lab_link_set_offload(const char *name, bool on)
{
	static const uint32_t commands[] = { ETHTOOL_STSO, ETHTOOL_SGSO, ETHTOOL_SGRO };
	_cleanup_close_ int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
		struct ethtool_value value = { .cmd = commands[i], .data = on };
		struct ifreq request = { .ifr_data = (void *)&value };

		snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
		if (ioctl(fd, SIOCETHTOOL, &request))
			return -errno;
	}
	return 0;
}

static int read_stats(const struct nlmsghdr *answer, void *userdata)
{
	struct lab_link_stats *stats = userdata;
	struct rtnl_link_stats64 all = { 0 };
	const struct nlattr *attr;

	mnl_attr_for_each(attr, answer, sizeof(struct ifinfomsg))
	{
		size_t size = mnl_attr_get_payload_len(attr);

		if (mnl_attr_get_type(attr) != IFLA_STATS64)
			continue;
		/* The record grows from kernel to kernel. */
		memcpy(&all, mnl_attr_get_payload(attr), size < sizeof(all) ? size : sizeof(all));
		*stats = (struct lab_link_stats){
			.rx_packets = all.rx_packets,
			.rx_bytes = all.rx_bytes,
			.tx_packets = all.tx_packets,
			.tx_bytes = all.tx_bytes,
			.rx_dropped = all.rx_dropped,
			.tx_dropped = all.tx_dropped,
		};
	}
	return MNL_CB_OK;
}

int lab_link_stats(const char *name, struct lab_link_stats *ret_stats)
{
	union lab_request request;
	struct ifinfomsg *info;
	int r = begin(&request, name, RTM_GETLINK, &info);

	return r < 0 ? r : lab_rtnl_run(&request, read_stats, ret_stats);
}

static int read_operstate(const struct nlmsghdr *answer, void *userdata)
{
	uint8_t *operstate = userdata;
	const struct nlattr *attr;

	mnl_attr_for_each(attr, answer, sizeof(struct ifinfomsg))
	{
		if (mnl_attr_get_type(attr) == IFLA_OPERSTATE)
			*operstate = mnl_attr_get_u8(attr);
	}
	return MNL_CB_OK;
}

static bool is_operating(void *userdata)
{
	union lab_request request;
	struct ifinfomsg *info;
	uint8_t operstate = IF_OPER_DOWN;

	return begin(&request, userdata, RTM_GETLINK, &info) >= 0 &&
	       lab_rtnl_run(&request, read_operstate, &operstate) >= 0 && operstate == IF_OPER_UP;
}

int lab_link_wait(const char *name)
{
	if (!lab_until(lab_in_ms(WAIT_MS), is_operating, (void *)name))
		return -ETIMEDOUT;
	/* The state changes before the queues, under one lock: any change of the link has to wait for that. */
	return lab_link_up(name);
}

/* Both ends are born down: an end cannot come up before it has its other one. */
static int create_veth(const char *name, const char *peer, int peer_netns_fd)
{
	return create(&(struct device){ .name = name,
					.kind = "veth",
					.data_fn = fill_veth,
					.peer = peer,
					.peer_netns_fd = peer_netns_fd });
}

int lab_veth_create(const char *name, const char *peer, bool up)
{
	int r = create_veth(name, peer, NO_NETNS);

	if (r < 0 || !up)
		return r;
	r = lab_link_up(name);
	if (r >= 0)
		r = lab_link_up(peer);
	return r < 0 ? r : lab_link_wait(name);
}

#define NETKIT_PEER_INFO 1 /* not in the UAPI headers of older hosts */
#define NETKIT_MODE 5
#define NETKIT_L2 0

static void fill_netkit(struct nlmsghdr *request, const struct device *device)
{
	struct nlattr *peer = mnl_attr_nest_start(request, NETKIT_PEER_INFO);

	mnl_nlmsg_put_extra_header(request, sizeof(struct ifinfomsg));
	mnl_attr_put_strz(request, IFLA_IFNAME, device->peer);
	mnl_attr_nest_end(request, peer);
	mnl_attr_put_u32(request, NETKIT_MODE, NETKIT_L2);
}

int lab_netkit_create(const char *name, const char *peer)
{
	int r = create(&(struct device){ .name = name,
					 .kind = "netkit",
					 .data_fn = fill_netkit,
					 .peer = peer,
					 .peer_netns_fd = NO_NETNS });

	if (r >= 0)
		r = lab_link_up(name);
	if (r >= 0)
		r = lab_link_up(peer);
	return r < 0 ? r : lab_link_wait(name);
}

static int bring_up(void *userdata)
{
	return lab_link_up(userdata);
}

int lab_veth_create_in(const char *name, const char *peer, int netns_fd)
{
	int r = create_veth(name, peer, netns_fd);

	if (r >= 0)
		r = lab_link_up(name);
	if (r >= 0)
		r = lab_netns_call(netns_fd, bring_up, (void *)peer);
	return r < 0 ? r : lab_link_wait(name);
}
