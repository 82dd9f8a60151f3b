/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef SKEP_FLOW_PACKET_BPF_H
#define SKEP_FLOW_PACKET_BPF_H
/*
 * The careful parser: any packet at all into a flow key, by loads that also reach non-linear data. What the fast
 * path of flow.bpf.c does not take (options, fragments, extension headers, in-line tags, short and odd packets,
 * devices without an Ethernet header) comes here. It cannot fail: what it cannot understand becomes a link flow.
 *
 * Sources: RFC 791, RFC 8200 (extension headers, fragment), RFC 4302 (AH length), RFC 9293, RFC 768, RFC 9260,
 * RFC 792, RFC 4443, IEEE 802.1Q.
 */
#include "../lib/base.bpf.h"
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/in6.h>
#include <skep/abi/flow.h>

#define FLOW_MAX_TAGS 4       /* in-line VLAN tags walked */
#define FLOW_MAX_EXTENSIONS 8 /* IPv6 extension headers walked */

#define IP_OFFSET_MASK 0x1fff /* fragment offset, in units of 8 bytes */
#define IP6_OFFSET_MASK 0xfff8

/* One packet, parsed. */
struct flow_packet {
	struct skep_flow_key6 key; /* IPv4: addresses in the first four bytes of src and dst */
	u8 ip_version;             /* 4, 6; 0: a link flow */
	u8 tcp_flags;
	u8 dscp;
	u8 link_flags;
	u8 malformed;
	u8 pad[3];
	u8 mac[12];
	u32 pad2;
};

/* How to reach bytes: Ethernet frames from the start of the frame, all else from the network header. */
static __always_inline long packet_load(struct __sk_buff *skb, u32 offset, void *to, u32 len,
					int ethernet)
{
	if (ethernet)
		return bpf_skb_load_bytes(skb, offset, to, len);
	return bpf_skb_load_bytes_relative(skb, offset, to, len, BPF_HDR_START_NET);
}

static __always_inline void packet_parse_l4(struct __sk_buff *skb, struct flow_packet *p,
					    u32 offset, u32 left, int ethernet)
{
	u8 ports[4] = {}, flags = 0;
	u32 need = 4;

	switch (p->key.protocol) {
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
		need = 2;
		if (left < need || packet_load(skb, offset, ports, 2, ethernet))
			goto none;
		break;
	case IPPROTO_TCP:
	case IPPROTO_UDP:
	case IPPROTO_SCTP:
		if (left < need || packet_load(skb, offset, ports, 4, ethernet))
			goto none;
		break;
	default:
		return;
	}
	__builtin_memcpy(&p->key.src_port, ports, 4); /* and dst_port */
	if (p->key.protocol == IPPROTO_TCP && left >= 14 &&
	    !packet_load(skb, offset + 13, &flags, 1, ethernet))
		p->tcp_flags = flags;
	return;
none:
	p->key.point |= SKEP_FLOW_POINT_NO_L4;
}

static __always_inline int packet_parse_ip4(struct __sk_buff *skb, struct flow_packet *p,
					    u32 offset, int ethernet)
{
	u8 h[20];
	u32 ihl, total, left;

	if (packet_load(skb, offset, h, sizeof(h), ethernet))
		return -1;
	ihl = (h[0] & 0xf) * 4;
	total = h[2] << 8 | h[3];
	if (h[0] >> 4 != 4 || ihl < sizeof(h))
		return -1;
	p->ip_version = 4;
	p->dscp = h[1] >> 2;
	p->key.protocol = h[9];
	__builtin_memcpy(p->key.src, h + 12, 4);
	__builtin_memcpy(p->key.dst, h + 16, 4);
	if ((h[6] << 8 | h[7]) & IP_OFFSET_MASK) {
		p->key.point |= SKEP_FLOW_POINT_NO_L4;
		return 0;
	}
	left = !total ? ~0u : total > ihl ? total - ihl : 0; /* 0: more than 64 KiB (BIG TCP) */
	packet_parse_l4(skb, p, offset + ihl, left, ethernet);
	return 0;
}

/* The extension headers that are skipped. What comes behind an ESP header is not for us to see. */
static __always_inline int is_extension(u8 protocol)
{
	switch (protocol) {
	case IPPROTO_HOPOPTS:
	case IPPROTO_ROUTING:
	case IPPROTO_DSTOPTS:
	case IPPROTO_FRAGMENT:
	case IPPROTO_AH:
	case IPPROTO_MH:
	case 139: /* HIP */
	case 140: /* shim6 */
		return 1;
	default:
		return 0;
	}
}

static __always_inline u32 extension_len(u8 protocol, u8 len)
{
	if (protocol == IPPROTO_FRAGMENT)
		return 8;
	return protocol == IPPROTO_AH ? (len + 2) * 4 : (len + 1) * 8;
}

static __always_inline int packet_parse_ip6(struct __sk_buff *skb, struct flow_packet *p,
					    u32 offset, int ethernet)
{
	u8 h[40], x[8];
	u32 left, len;
	int i;

	if (packet_load(skb, offset, h, sizeof(h), ethernet) || h[0] >> 4 != 6)
		return -1;
	p->ip_version = 6;
	p->dscp = (h[0] << 8 | h[1]) >> 6 & 0x3f;
	p->key.protocol = h[6];
	__builtin_memcpy(p->key.src, h + 8, 16);
	__builtin_memcpy(p->key.dst, h + 24, 16);
	left = h[4] << 8 | h[5];
	if (!left)
		left = ~0u; /* jumbogram */
	offset += sizeof(h);

#pragma unroll /* 5.10 refuses a loop whose last instruction is a call */
	for (i = 0; i < FLOW_MAX_EXTENSIONS; i++) {
		if (!is_extension(p->key.protocol))
			break;
		if (left < sizeof(x) || packet_load(skb, offset, x, sizeof(x), ethernet))
			goto none;
		if (p->key.protocol == IPPROTO_FRAGMENT && ((x[2] << 8 | x[3]) & IP6_OFFSET_MASK)) {
			p->key.protocol = x[0];
			goto none;
		}
		len = extension_len(p->key.protocol, x[1]);
		p->key.protocol = x[0];
		offset += len;
		left = left > len ? left - len : 0;
	}
	if (is_extension(p->key.protocol)) /* one more than are walked */
		goto none;
	packet_parse_l4(skb, p, offset, left, ethernet);
	return 0;
none:
	p->key.point |= SKEP_FLOW_POINT_NO_L4;
	return 0;
}

/*
 * Fills all of @p but ifindex. @egress and @ethernet are constants at every call site.
 */
static __always_inline void packet_parse(struct __sk_buff *skb, struct flow_packet *p, int egress,
					 int ethernet)
{
	u8 eth[ETH_HLEN] = {}, tag[4];
	u32 offset = 0;
	u16 type = skb->protocol;
	int i, r = 0;

	__builtin_memset(p, 0, sizeof(*p));
	if (egress)
		p->key.point = SKEP_FLOW_POINT_EGRESS;
	if (skb->vlan_present)
		p->key.vlan = SKEP_FLOW_VLAN_TAGGED | (skb->vlan_tci & SKEP_FLOW_VLAN_ID);

	if (ethernet) {
		if (bpf_skb_load_bytes(skb, 0, eth, sizeof(eth)))
			goto link;
		__builtin_memcpy(p->mac, eth, sizeof(p->mac));
		p->link_flags = SKEP_FLOW_LINK_HAS_MAC;
		__builtin_memcpy(&type, eth + 12, 2);
		offset = ETH_HLEN;
#pragma unroll
		for (i = 0; i < FLOW_MAX_TAGS; i++) {
			if (type != bpf_htons(ETH_P_8021Q) && type != bpf_htons(ETH_P_8021AD))
				break;
			if (bpf_skb_load_bytes(skb, offset, tag, sizeof(tag)))
				goto link;
			if (!p->key.vlan)
				p->key.vlan = SKEP_FLOW_VLAN_TAGGED |
					      ((tag[0] << 8 | tag[1]) & SKEP_FLOW_VLAN_ID);
			__builtin_memcpy(&type, tag + 2, 2);
			offset += sizeof(tag);
		}
		if (bpf_ntohs(type) < ETH_P_802_3_MIN) /* a length: an LLC frame follows */
			type = bpf_htons(ETH_P_802_2);
	}
	if (type == bpf_htons(ETH_P_IP))
		r = packet_parse_ip4(skb, p, offset, ethernet);
	else if (type == bpf_htons(ETH_P_IPV6))
		r = packet_parse_ip6(skb, p, offset, ethernet);
	else
		goto link;
	if (!r)
		return;
	p->malformed = 1;
link:
	p->key.point |= SKEP_FLOW_POINT_LINK;
	p->key.src_port = type;
	__builtin_memcpy(p->key.src, p->mac + 6, 6);
	__builtin_memcpy(p->key.dst, p->mac, 6);
}

#endif
