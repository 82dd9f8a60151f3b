/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "send.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/udp.h>
#include <linux/virtio_net.h>

#include "base/cleanup.h"

#include "link.h"

#define PAGE_BYTES 4096
#define ETHER_TYPE_AT 12
#define TCP_CHECKSUM_AT 16
#define TCP_LEN 20

static const uint8_t zeros[UINT16_MAX];

/* The ethertype that belongs to a frame: of its Ethernet header, or by the version if it begins with IP. */
static uint16_t protocol_of(const struct lab_frame *f)
{
	uint16_t type = ETH_P_802_2;

	if (!f->type_at)
		return f->len && f->bytes[0] >> 4 == 6 ? ETH_P_IPV6 : ETH_P_IP;
	if (f->len >= ETHER_TYPE_AT + 2)
		type = (uint16_t)(f->bytes[ETHER_TYPE_AT] << 8 | f->bytes[ETHER_TYPE_AT + 1]);
	return type < ETH_P_802_3_MIN ? ETH_P_802_2 : type;
}

/* @vnet: goes before each frame; NULL: the socket does not want one. */
static int send_times(const char *interface, const struct lab_frame *f, uint64_t times,
		      struct virtio_net_hdr *vnet)
{
	_cleanup_close_ int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	int index = lab_link_index(interface), one = 1;
	struct sockaddr_ll to = { .sll_family = AF_PACKET,
				  .sll_ifindex = index,
				  .sll_protocol = htons(protocol_of(f)),
				  .sll_halen = ETH_ALEN };
	struct iovec parts[3] = { { vnet, sizeof(*vnet) },
				  { (void *)f->bytes, f->len },
				  { (void *)zeros, f->tail_len } };
	struct msghdr message = { .msg_name = &to,
				  .msg_namelen = sizeof(to),
				  .msg_iov = vnet ? parts : parts + 1,
				  .msg_iovlen = vnet ? 3 : 2 };

	if (fd < 0)
		return -errno;
	if (index < 0)
		return index;
	if (!f->finished || f->tail_len > sizeof(zeros))
		return -EINVAL;
	if (vnet && setsockopt(fd, SOL_PACKET, PACKET_VNET_HDR, &one, sizeof(one)))
		return -errno;
	while (times--)
		if (sendmsg(fd, &message, 0) < 0)
			return -errno;
	return 0;
}

int lab_send(const char *interface, const struct lab_frame *f)
{
	return send_times(interface, f, 1, NULL);
}

int lab_send_times(const char *interface, const struct lab_frame *f, uint64_t times)
{
	return send_times(interface, f, times, NULL);
}

int lab_send_nonlinear(const char *interface, const struct lab_frame *f, uint16_t linear_len)
{
	/* af_packet makes the first hdr_len bytes linear, if all together do not fit into a page. */
	struct virtio_net_hdr vnet = { .gso_type = VIRTIO_NET_HDR_GSO_NONE, .hdr_len = linear_len };

	if (lab_frame_len(f) <= PAGE_BYTES)
		return -EINVAL;
	return send_times(interface, f, 1, &vnet);
}

int lab_send_gso(const char *interface, const struct lab_frame *f, uint16_t gso_size)
{
	int tcp_at = lab_frame_find(f, LAB_HEADER_TCP);
	int ipv6_at = lab_frame_find(f, LAB_HEADER_IPV6);
	struct virtio_net_hdr vnet = {
		.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM,
		.gso_type = ipv6_at >= 0 ? VIRTIO_NET_HDR_GSO_TCPV6 : VIRTIO_NET_HDR_GSO_TCPV4,
		.gso_size = gso_size,
		.csum_offset = TCP_CHECKSUM_AT,
	};

	if (tcp_at < 0 || !gso_size)
		return -EINVAL;
	vnet.csum_start = (uint16_t)tcp_at;
	vnet.hdr_len = (uint16_t)(tcp_at + TCP_LEN);
	return send_times(interface, f, 1, &vnet);
}

int lab_send_udp_segments(const char *dst, uint16_t dport, uint16_t gso_size, uint16_t segments)
{
	_cleanup_close_ int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(dport) };
	size_t len = (size_t)gso_size * segments;
	int size = gso_size;

	if (fd < 0)
		return -errno;
	if (inet_pton(AF_INET, dst, &to.sin_addr) != 1 || len > sizeof(zeros))
		return -EINVAL;
	if (setsockopt(fd, IPPROTO_UDP, UDP_SEGMENT, &size, sizeof(size)))
		return -errno;
	if (sendto(fd, zeros, len, 0, (struct sockaddr *)&to, sizeof(to)) < 0)
		return -errno;
	return 0;
}
