/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <linux/if_addr.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>

#include "base/cleanup.h"

#include "frame.h"
#include "link.h"
#include "rtnl.h"

struct address {
	uint8_t family;
	uint8_t prefix_len;
	size_t size;
	uint8_t bytes[16];
};

/* "10.0.0.1" or "fd00::1", either with "/24" or without. */
static int parse(const char *text, struct address *ret_address)
{
	char host[INET6_ADDRSTRLEN];
	const char *slash = strchrnul(text, '/');
	struct address a = { .family = AF_INET, .size = 4 };
	size_t len = (size_t)(slash - text);

	if (len >= sizeof(host))
		return -EINVAL;
	memcpy(host, text, len);
	host[len] = '\0';
	if (strchr(host, ':')) {
		a.family = AF_INET6;
		a.size = 16;
	}
	if (inet_pton(a.family, host, a.bytes) != 1)
		return -EINVAL;
	a.prefix_len = *slash ? (uint8_t)atoi(slash + 1) : (uint8_t)(a.size * 8);
	*ret_address = a;
	return 0;
}

int lab_address_add(const char *interface, const char *address)
{
	union lab_request request;
	struct address a;
	struct ifaddrmsg *info;
	int index = lab_link_index(interface), r = parse(address, &a);

	if (index < 0 || r < 0)
		return index < 0 ? index : r;
	info = lab_rtnl_begin(&request, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, sizeof(*info));
	info->ifa_family = a.family;
	info->ifa_prefixlen = a.prefix_len;
	info->ifa_flags = a.family == AF_INET6 ? IFA_F_NODAD : 0; /* no probe packets */
	info->ifa_index = (uint32_t)index;
	mnl_attr_put(&request.header, IFA_LOCAL, a.size, a.bytes);
	mnl_attr_put(&request.header, IFA_ADDRESS, a.size, a.bytes);
	return lab_rtnl_run(&request, NULL, NULL);
}

int lab_neighbour_add(const char *interface, const char *address, const char *mac)
{
	union lab_request request;
	uint8_t mac_bytes[6];
	struct address a;
	struct ndmsg *info;
	int index = lab_link_index(interface), r = parse(address, &a);

	if (index < 0 || r < 0)
		return index < 0 ? index : r;
	if (!lab_mac_parse(mac, mac_bytes))
		return -EINVAL;
	info = lab_rtnl_begin(&request, RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_REPLACE, sizeof(*info));
	info->ndm_family = a.family;
	info->ndm_state = NUD_PERMANENT;
	info->ndm_ifindex = index;
	mnl_attr_put(&request.header, NDA_DST, a.size, a.bytes);
	mnl_attr_put(&request.header, NDA_LLADDR, sizeof(mac_bytes), mac_bytes);
	return lab_rtnl_run(&request, NULL, NULL);
}

/* /proc/sys/net shows the network namespace of the thread that looks. */
int lab_ipv6_set(const char *interface, bool on)
{
	char path[128];
	_cleanup_close_ int fd = -EBADF;

	snprintf(path, sizeof(path), "/proc/sys/net/ipv6/conf/%s/disable_ipv6", interface);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	return write(fd, on ? "0" : "1", 1) == 1 ? 0 : -errno;
}
