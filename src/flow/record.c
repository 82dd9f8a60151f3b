/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include <skep/flow_record.h>

#include <arpa/inet.h>
#include <net/ethernet.h>
#include <netinet/in.h>
#include <string.h>
#include <time.h>

#include "base/time.h"
#include "text/json.h"
#include "text/rfc3339.h"

void skep_flow_clock_now(struct skep_flow_clock *ret_clock)
{
	ret_clock->monotonic_ns = time_now_ns(CLOCK_MONOTONIC);
	ret_clock->realtime_ns = time_now_ns(CLOCK_REALTIME);
}

static void mac_text(const uint8_t mac[6], char buf[18])
{
	static const char hex[] = "0123456789abcdef";
	size_t i;

	for (i = 0; i < 6; i++) {
		buf[3 * i] = hex[mac[i] >> 4];
		buf[3 * i + 1] = hex[mac[i] & 15];
		buf[3 * i + 2] = i < 5 ? ':' : '\0';
	}
}

/* As inet_ntop(3), which goes through sprintf(3): this is written twice a line. */
static void ip4_text(const uint8_t addr[4], char *at)
{
	size_t i;

	for (i = 0; i < 4; i++) {
		if (addr[i] >= 100)
			*at++ = (char)('0' + addr[i] / 100);
		if (addr[i] >= 10)
			*at++ = (char)('0' + addr[i] / 10 % 10);
		*at++ = (char)('0' + addr[i] % 10);
		*at++ = i < 3 ? '.' : '\0';
	}
}

char *skep_flow_addr_text(const struct skep_flow_id *id, int destination, char buf[48])
{
	const uint8_t *addr = destination ? id->dst_addr : id->src_addr;

	if (id->flags & SKEP_FLOW_ID_LINK)
		mac_text(addr, buf);
	else if (id->ethertype == ETHERTYPE_IP)
		ip4_text(addr, buf);
	else
		inet_ntop(AF_INET6, addr, buf, 48);
	return buf;
}

/* Wall-clock time of a monotonic one: signed, as it may be of either side of the moment the clocks were taken. */
static void put_time(struct text_json *j, const char *key, uint64_t monotonic_ns,
		     const struct skep_flow_clock *clock)
{
	char text[TEXT_RFC3339_SIZE];

	text_rfc3339(clock->realtime_ns - (clock->monotonic_ns - monotonic_ns), text);
	text_json_string(j, key, text);
}

static const char *direction_name(uint32_t direction)
{
	return direction == SKEP_DIRECTION_EGRESS ? "egress" : "ingress";
}

static void put_transport(struct text_json *j, const struct skep_flow_entry *e)
{
	const struct skep_flow_id *id = &e->id;

	if (id->flags & SKEP_FLOW_ID_NO_L4)
		return;
	switch (id->protocol) {
	case IPPROTO_TCP:
	case IPPROTO_UDP:
	case IPPROTO_SCTP:
		text_json_u64(j, "src_port", id->src_port);
		text_json_u64(j, "dst_port", id->dst_port);
		break;
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
		text_json_u64(j, "icmp_type", id->src_port);
		text_json_u64(j, "icmp_code", id->dst_port);
		break;
	}
	if (id->protocol == IPPROTO_TCP)
		text_json_u64(j, "tcp_flags", e->tcp_flags);
}

static void put_id(struct text_json *j, const struct skep_flow_entry *e)
{
	const struct skep_flow_id *id = &e->id;
	char text[48];

	if (!(id->flags & SKEP_FLOW_ID_LINK)) {
		text_json_string(j, "src_addr", skep_flow_addr_text(id, 0, text));
		text_json_string(j, "dst_addr", skep_flow_addr_text(id, 1, text));
		put_transport(j, e);
		text_json_u64(j, "protocol", id->protocol);
		text_json_u64(j, "dscp", e->dscp);
	}
	text_json_u64(j, "ethertype", id->ethertype);
	if (id->flags & SKEP_FLOW_ID_TAGGED)
		text_json_u64(j, "vlan", id->vlan);
	if (e->has_mac) {
		mac_text(e->src_mac, text);
		text_json_string(j, "src_mac", text);
		mac_text(e->dst_mac, text);
		text_json_string(j, "dst_mac", text);
	}
}

int skep_flow_record_json(const struct skep_flow_record *record,
			  const struct skep_flow_clock *clock, char *buf, size_t size)
{
	const struct skep_flow_entry *e = &record->entry;
	struct text_json j;
	uint64_t i;

	text_json_init(&j, buf, size);
	text_json_object(&j, NULL);
	text_json_string(&j, "type", "flow");
	put_id(&j, e);
	text_json_string(&j, "interface", record->interface ? record->interface : "");
	text_json_u64(&j, "ifindex", e->ifindex);
	text_json_string(&j, "direction", direction_name(e->direction));
	text_json_u64(&j, "packets", e->packets);
	text_json_u64(&j, "segments", e->segments);
	text_json_u64(&j, "bytes", e->bytes);
	put_time(&j, "start", e->first_ns, clock);
	put_time(&j, "end", e->last_ns, clock);
	text_json_array(&j, "other_interfaces");
	for (i = 0; i < record->other_count; i++) {
		const struct skep_flow_point *p = &record->others[i];

		text_json_object(&j, NULL);
		text_json_string(&j, "interface", p->interface ? p->interface : "");
		text_json_u64(&j, "ifindex", p->ifindex);
		text_json_string(&j, "direction", direction_name(p->direction));
		text_json_u64(&j, "packets", p->packets);
		text_json_u64(&j, "bytes", p->bytes);
		text_json_object_end(&j);
	}
	text_json_array_end(&j);
	text_json_object_end(&j);
	return text_json_finish(&j);
}

int skep_flow_ledger_balanced(const struct skep_flow_ledger *l)
{
	return !l->unbalanced_epochs &&
	       l->seen.packets ==
		       l->map.packets + l->ring.packets + l->lost.packets + l->skipped.packets &&
	       l->seen.bytes == l->map.bytes + l->ring.bytes + l->lost.bytes + l->skipped.bytes;
}

int skep_flow_ledger_json(const struct skep_flow_ledger *l, char *buf, size_t size)
{
	struct text_json j;

	text_json_init(&j, buf, size);
	text_json_object(&j, NULL);
	text_json_string(&j, "type", "ledger");
	text_json_u64(&j, "seen_packets", l->seen.packets);
	text_json_u64(&j, "seen_bytes", l->seen.bytes);
	text_json_u64(&j, "map_packets", l->map.packets);
	text_json_u64(&j, "map_bytes", l->map.bytes);
	text_json_u64(&j, "ring_packets", l->ring.packets);
	text_json_u64(&j, "ring_bytes", l->ring.bytes);
	text_json_u64(&j, "lost_packets", l->lost.packets);
	text_json_u64(&j, "lost_bytes", l->lost.bytes);
	text_json_u64(&j, "skipped_packets", l->skipped.packets);
	text_json_u64(&j, "skipped_bytes", l->skipped.bytes);
	text_json_bool(&j, "balanced", skep_flow_ledger_balanced(l));
	text_json_object_end(&j);
	return text_json_finish(&j);
}
