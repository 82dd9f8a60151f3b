/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "storm_packet.h"

#include <arpa/inet.h>
#include <string.h>
#include <linux/if_ether.h>

#define IP_AT 14
#define L4_AT_IPV4 (IP_AT + 20)
#define L4_AT_IPV6 (IP_AT + 40)
#define SHORTEST_IPV6 (L4_AT_IPV6 + 20)
#define DST_IPV4 "192.0.2.9"
#define DST_IPV6 "fd00:0:0:1::9"
#define SPORT 1025
#define DPORT_TCP 80
#define DPORT_UDP 53
#define SPREAD 64 /* lengths differ by less */

bool storm_flow_is_ipv6(uint32_t flow)
{
	return flow % STORM_KINDS == 3;
}

static bool is_tcp(uint32_t flow)
{
	return flow % 2;
}

/* The flags a flow uses: different flows end with a different OR. Three bits at least. */
static uint8_t flags_of(uint32_t flow)
{
	return (uint8_t)(flow >> 2) | LAB_TCP_SYN | LAB_TCP_ACK | LAB_TCP_FIN;
}

static void put16(uint8_t *at, size_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

static void put24(uint8_t *at, uint32_t value)
{
	at[0] = (uint8_t)(value >> 16);
	put16(at + 1, value & 0xffff);
}

static uint32_t get24(const uint8_t *at)
{
	return (uint32_t)at[0] << 16 | (uint32_t)at[1] << 8 | at[2];
}

void storm_templates_init(struct storm_templates *t)
{
	memset(t, 0, sizeof(*t));
	for (uint32_t kind = 0; kind < STORM_KINDS; kind++) {
		struct lab_frame *f = &t->frames[kind];
		uint8_t protocol = is_tcp(kind) ? IPPROTO_TCP : IPPROTO_UDP;

		lab_ether(f, LAB_MAC_A, LAB_MAC_B,
			  storm_flow_is_ipv6(kind) ? ETH_P_IPV6 : ETH_P_IP);
		if (storm_flow_is_ipv6(kind))
			lab_ipv6(f, "fd00::", DST_IPV6, protocol);
		else
			lab_ipv4(f, "10.0.0.0", DST_IPV4, protocol);
		if (is_tcp(kind))
			lab_tcp(f, SPORT, DPORT_TCP, 0);
		else
			lab_udp(f, SPORT, DPORT_UDP);
		lab_payload(f, LAB_STORM_FRAME_MAX - f->len);
		lab_finish(f);
	}
}

static void finish_ipv4(struct storm_packet *p)
{
	uint8_t *ip = p->bytes + IP_AT;

	put16(ip + 2, p->len - IP_AT);
	put24(ip + 13, p->flow);
	put16(ip + 10, 0);
	put16(ip + 10, lab_checksum(ip, 20));
	if (is_tcp(p->flow))
		p->bytes[L4_AT_IPV4 + 13] = p->tcp_flags;
	else
		put16(p->bytes + L4_AT_IPV4 + 4, p->len - L4_AT_IPV4);
}

static void finish_ipv6(struct storm_packet *p)
{
	uint8_t *ip = p->bytes + IP_AT;

	put16(ip + 4, p->len - L4_AT_IPV6);
	put24(ip + 21, p->flow);
	p->bytes[L4_AT_IPV6 + 13] = p->tcp_flags;
}

void storm_packet_make(const struct storm_templates *t, uint32_t flow, uint64_t random,
		       struct storm_packet *ret_packet)
{
	struct storm_packet *p = ret_packet;

	p->flow = flow;
	p->len = (storm_flow_is_ipv6(flow) ? SHORTEST_IPV6 : LAB_STORM_FRAME_MIN) + random % SPREAD;
	p->tcp_flags = is_tcp(flow) ? flags_of(flow) & (uint8_t)(1u << (random >> 8) % 8) : 0;
	memcpy(p->bytes, t->frames[flow % STORM_KINDS].bytes, p->len);
	if (storm_flow_is_ipv6(flow))
		finish_ipv6(p);
	else
		finish_ipv4(p);
}

void lab_storm_flow(uint32_t number, struct lab_storm_flow *ret_flow)
{
	bool ipv6 = storm_flow_is_ipv6(number);
	struct lab_storm_flow flow = {
		.family = ipv6 ? AF_INET6 : AF_INET,
		.protocol = is_tcp(number) ? IPPROTO_TCP : IPPROTO_UDP,
		.sport = SPORT,
		.dport = is_tcp(number) ? DPORT_TCP : DPORT_UDP,
	};

	flow.src[0] = ipv6 ? 0xfd : 10;
	put24(flow.src + (ipv6 ? 13 : 1), number);
	inet_pton(flow.family, ipv6 ? DST_IPV6 : DST_IPV4, flow.dst);
	*ret_flow = flow;
}

int64_t lab_storm_number(int family, const uint8_t *src)
{
	static const uint8_t prefix6[13] = { 0xfd };
	int64_t number;

	if (family == AF_INET6 ? memcmp(src, prefix6, sizeof(prefix6)) != 0 : src[0] != 10)
		return -1;
	number = get24(src + (family == AF_INET6 ? 13 : 1));
	return storm_flow_is_ipv6((uint32_t)number) == (family == AF_INET6) ? number : -1;
}
