/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * The kernel's packet parser (bpf/flow/packet.bpf.h), compiled for the host, with a packet of ours below the two
 * helpers by which it loads bytes.
 *
 * Input: a byte of IN_* flags, the VLAN tag and the protocol that the kernel took from the packet (two bytes each),
 * and the packet from its link-layer header on, or without IN_ETHERNET from its network header on.
 */
#include "must.h"

#include <string.h>

#include "bpf/lib/base.bpf.h"

static long load_bytes(u32 offset, void *to, u32 len);

/* The helpers' declarations have been read: from here on the names are ours. */
#define bpf_skb_load_bytes(skb, offset, to, len) ((void)(skb), load_bytes(offset, to, len))
#define bpf_skb_load_bytes_relative(skb, offset, to, len, from) \
	((void)(skb), (void)(from), load_bytes(offset, to, len))
#include "bpf/flow/packet.bpf.h"

#define IN_ETHERNET 1
#define IN_EGRESS 2
#define IN_TAGGED 4
#define IN_HEADER 5 /* bytes before the packet */

/* frame, tags, IP header, extension headers, ports, TCP flags */
#define MOST_LOADS (1 + FLOW_MAX_TAGS + 1 + FLOW_MAX_EXTENSIONS + 2)

static struct {
	const u8 *data;
	u32 len;
	u8 garbage; /* what is left of a load that failed: nobody may look at it */
	unsigned loads;
} packet;

static long load_bytes(u32 offset, void *to, u32 len)
{
	packet.loads++;
	if (offset > packet.len || len > packet.len - offset) {
		memset(to, packet.garbage, len);
		return -14; /* EFAULT */
	}
	memcpy(to, packet.data + offset, len);
	return 0;
}

/* What the link layer says, found out without the parser. */
struct frame {
	u32 type;    /* ethertype, 4 for 802.2 */
	u32 network; /* offset of what the link layer carries */
	u16 vlan;
	int cut; /* ends within the link-layer header */
};

static u32 u16_at(u32 offset)
{
	return (u32)packet.data[offset] << 8 | packet.data[offset + 1];
}

static struct frame read_frame(const struct __sk_buff *skb, int ethernet)
{
	struct frame f = { .type = bpf_ntohs((u16)skb->protocol) };
	int tags;

	if (skb->vlan_present)
		f.vlan = (u16)(SKEP_FLOW_VLAN_TAGGED | (skb->vlan_tci & 0xfff));
	if (!ethernet)
		return f;
	f.cut = packet.len < 14;
	if (f.cut)
		return f;
	f.type = u16_at(12);
	f.network = 14;
	for (tags = 0; tags < FLOW_MAX_TAGS && (f.type == 0x8100 || f.type == 0x88a8); tags++) {
		f.cut = packet.len < f.network + 4;
		if (f.cut)
			return f;
		if (!f.vlan)
			f.vlan = (u16)(SKEP_FLOW_VLAN_TAGGED | (u16_at(f.network) & 0xfff));
		f.type = u16_at(f.network + 2);
		f.network += 4;
	}
	if (f.type < 1536)
		f.type = 4;
	return f;
}

/* The IP version of a sound header at the network offset; 0: there is none. */
static int sound_ip(const struct frame *f)
{
	const u8 *h = packet.data + f->network;
	u32 left = packet.len - f->network;

	if (f->cut || (f->type != 0x0800 && f->type != 0x86dd))
		return 0;
	if (f->type == 0x0800)
		return left >= 20 && h[0] >> 4 == 4 && (h[0] & 15) >= 5 ? 4 : 0;
	return left >= 40 && h[0] >> 4 == 6 ? 6 : 0;
}

static int is_zero(const void *memory, size_t size)
{
	const u8 *bytes = memory;

	while (size--)
		if (*bytes++)
			return 0;
	return 1;
}

static void check_link(const struct flow_packet *p, const struct frame *f)
{
	must(p->ip_version == 0);
	must(p->key.src_port == bpf_htons((u16)f->type) && !p->key.dst_port && !p->key.protocol);
	must(!(p->key.point & SKEP_FLOW_POINT_NO_L4));
	must(!p->dscp && !p->tcp_flags);
	must(!memcmp(p->key.src, p->mac + 6, 6) && is_zero(p->key.src + 6, 10));
	must(!memcmp(p->key.dst, p->mac, 6) && is_zero(p->key.dst + 6, 10));
	must(p->malformed == (!f->cut && (f->type == 0x0800 || f->type == 0x86dd)));
}

/* Bytes of a transport header that a key takes its ports from. */
static u32 port_bytes(u8 protocol)
{
	if (protocol == IPPROTO_TCP || protocol == IPPROTO_UDP || protocol == IPPROTO_SCTP)
		return 4;
	return protocol == IPPROTO_ICMP || protocol == IPPROTO_ICMPV6 ? 2 : 0;
}

/* What follows the IP header directly, @left bytes by its own account. */
static void check_transport(const struct flow_packet *p, u32 transport, u32 left)
{
	u32 size = port_bytes(p->key.protocol);
	const u8 *ports = (const u8 *)&p->key.src_port; /* and dst_port */

	if (p->key.point & SKEP_FLOW_POINT_NO_L4)
		return;
	must(is_zero(ports + size, 4 - size));
	if (!size)
		return;
	must(size <= left && transport + size <= packet.len);
	must(!memcmp(ports, packet.data + transport, size));
	if (p->tcp_flags)
		must(left > 13 && packet.len > transport + 13 &&
		     p->tcp_flags == packet.data[transport + 13]);
}

static void check_ip4(const struct flow_packet *p, const u8 *h, u32 network)
{
	u32 header = (h[0] & 15) * 4u, total = u16_at(network + 2);

	must(!memcmp(p->key.src, h + 12, 4) && is_zero(p->key.src + 4, 12));
	must(!memcmp(p->key.dst, h + 16, 4) && is_zero(p->key.dst + 4, 12));
	must(p->key.protocol == h[9] && p->dscp == h[1] >> 2);
	if ((h[6] & 0x1f) || h[7])
		must(p->key.point & SKEP_FLOW_POINT_NO_L4);
	/* no total length: longer than it can say */
	check_transport(p, network + header, !total ? ~0u : total > header ? total - header : 0);
}

static void check_ip6(const struct flow_packet *p, const u8 *h, u32 network)
{
	must(!memcmp(p->key.src, h + 8, 16) && !memcmp(p->key.dst, h + 24, 16));
	must(p->dscp == ((h[0] & 15) << 2 | h[1] >> 6));
	if (port_bytes(h[6])) {
		must(p->key.protocol == h[6]);
		check_transport(p, network + 40, u16_at(network + 4) ? u16_at(network + 4) : ~0u);
	}
}

static void check(const struct flow_packet *p, const struct __sk_buff *skb, u8 in)
{
	struct frame f = read_frame(skb, in & IN_ETHERNET);
	int has_mac = (in & IN_ETHERNET) && packet.len >= 14;

	must(packet.loads <= MOST_LOADS);
	must(!p->key.pad && !p->key.ifindex && is_zero(p->pad, sizeof(p->pad)) && !p->pad2);
	must(!(p->key.point & SKEP_FLOW_POINT_EGRESS) == !(in & IN_EGRESS));
	must(p->key.vlan == f.vlan);
	must(p->link_flags == (has_mac ? SKEP_FLOW_LINK_HAS_MAC : 0));
	must(has_mac ? !memcmp(p->mac, packet.data, 12) : is_zero(p->mac, sizeof(p->mac)));
	must(p->ip_version == sound_ip(&f));
	must(!p->ip_version == !!(p->key.point & SKEP_FLOW_POINT_LINK));
	must(p->ip_version ? !p->malformed : 1);
	must(!p->tcp_flags || p->key.protocol == IPPROTO_TCP);
	if (p->key.point & SKEP_FLOW_POINT_NO_L4)
		must(!p->key.src_port && !p->key.dst_port && !p->tcp_flags);
	if (p->ip_version == 4)
		check_ip4(p, packet.data + f.network, f.network);
	else if (p->ip_version == 6)
		check_ip6(p, packet.data + f.network, f.network);
	else
		check_link(p, &f);
}

static void parse(struct flow_packet *p, struct __sk_buff *skb, u8 in, u8 garbage)
{
	packet.garbage = garbage;
	packet.loads = 0;
	memset(p, garbage, sizeof(*p));
	packet_parse(skb, p, in & IN_EGRESS, in & IN_ETHERNET);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct flow_packet p, again;
	struct __sk_buff skb = { 0 };

	if (size < IN_HEADER)
		return 0;
	packet.data = data + IN_HEADER;
	packet.len = (u32)(size - IN_HEADER);
	skb.vlan_present = !!(data[0] & IN_TAGGED);
	skb.vlan_tci = (u32)data[1] << 8 | data[2];
	skb.protocol = bpf_htons((u16)(data[3] << 8 | data[4]));

	parse(&p, &skb, data[0], 0);
	check(&p, &skb, data[0]);
	parse(&again, &skb, data[0], 0xff);
	must(!memcmp(&p, &again, sizeof(p)));
	return 0;
}
