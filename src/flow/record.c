/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include <skep/flow_record.h>

#include <net/ethernet.h>
#include <netinet/in.h>
#include <string.h>
#include <time.h>

#include <skep/json.h>

#include "base/time.h"
#include "text/address.h"
#include "text/rfc3339.h"

void skep_flow_clock_now(struct skep_flow_clock *ret_clock)
{
	ret_clock->monotonic_ns = time_now_ns(CLOCK_MONOTONIC);
	ret_clock->realtime_ns = time_now_ns(CLOCK_REALTIME);
}

char *skep_flow_addr_text(const struct skep_flow_id *id, int destination, char buf[48])
{
	const uint8_t *addr = destination ? id->dst_addr : id->src_addr;

	if (id->flags & SKEP_FLOW_ID_LINK)
		text_mac(addr, buf);
	else if (id->ethertype == ETHERTYPE_IP)
		text_ipv4(addr, buf);
	else
		text_ipv6(addr, buf);
	return buf;
}

/* Wall-clock time of a monotonic one: signed, as it may be of either side of the moment the clocks were taken. */
static void put_time(struct skep_json *j, const char *key, uint64_t monotonic_ns,
		     const struct skep_flow_clock *clock)
{
	char text[TEXT_RFC3339_SIZE];

	text_rfc3339(clock->realtime_ns - (clock->monotonic_ns - monotonic_ns), text);
	skep_json_string(j, key, text);
}

static const char *direction_name(uint32_t direction)
{
	return direction == SKEP_DIRECTION_EGRESS ? "egress" : "ingress";
}

static void put_transport(struct skep_json *j, const struct skep_flow_entry *e)
{
	const struct skep_flow_id *id = &e->id;

	if (id->flags & SKEP_FLOW_ID_NO_L4)
		return;
	switch (id->protocol) {
	case IPPROTO_TCP:
	case IPPROTO_UDP:
	case IPPROTO_SCTP:
		skep_json_u64(j, "src_port", id->src_port);
		skep_json_u64(j, "dst_port", id->dst_port);
		break;
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
		skep_json_u64(j, "icmp_type", id->src_port);
		skep_json_u64(j, "icmp_code", id->dst_port);
		break;
	}
	if (id->protocol == IPPROTO_TCP)
		skep_json_u64(j, "tcp_flags", e->tcp_flags);
}

static void put_id(struct skep_json *j, const struct skep_flow_entry *e)
{
	const struct skep_flow_id *id = &e->id;
	char text[48];

	if (!(id->flags & SKEP_FLOW_ID_LINK)) {
		skep_json_string(j, "src_addr", skep_flow_addr_text(id, 0, text));
		skep_json_string(j, "dst_addr", skep_flow_addr_text(id, 1, text));
		put_transport(j, e);
		skep_json_u64(j, "protocol", id->protocol);
		skep_json_u64(j, "dscp", e->dscp);
	}
	skep_json_u64(j, "ethertype", id->ethertype);
	if (id->flags & SKEP_FLOW_ID_TAGGED)
		skep_json_u64(j, "vlan", id->vlan);
	if (e->has_mac) {
		text_mac(e->src_mac, text);
		skep_json_string(j, "src_mac", text);
		text_mac(e->dst_mac, text);
		skep_json_string(j, "dst_mac", text);
	}
}

int skep_flow_record_json(const struct skep_flow_record *record,
			  const struct skep_flow_clock *clock, char *buf, size_t size)
{
	const struct skep_flow_entry *e = &record->entry;
	struct skep_json j;
	uint64_t i;

	skep_json_init(&j, buf, size);
	skep_json_object(&j, NULL);
	skep_json_string(&j, "type", "flow");
	put_id(&j, e);
	skep_json_string(&j, "interface", record->interface ? record->interface : "");
	skep_json_u64(&j, "ifindex", e->ifindex);
	skep_json_string(&j, "direction", direction_name(e->direction));
	skep_json_u64(&j, "packets", e->packets);
	skep_json_u64(&j, "segments", e->segments);
	skep_json_u64(&j, "bytes", e->bytes);
	put_time(&j, "start", e->first_ns, clock);
	put_time(&j, "end", e->last_ns, clock);
	skep_json_array(&j, "other_interfaces");
	for (i = 0; i < record->other_count; i++) {
		const struct skep_flow_point *p = &record->others[i];

		skep_json_object(&j, NULL);
		skep_json_string(&j, "interface", p->interface ? p->interface : "");
		skep_json_u64(&j, "ifindex", p->ifindex);
		skep_json_string(&j, "direction", direction_name(p->direction));
		skep_json_u64(&j, "packets", p->packets);
		skep_json_u64(&j, "bytes", p->bytes);
		skep_json_object_end(&j);
	}
	skep_json_array_end(&j);
	skep_json_object_end(&j);
	return skep_json_finish(&j);
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
	struct skep_json j;

	skep_json_init(&j, buf, size);
	skep_json_object(&j, NULL);
	skep_json_string(&j, "type", "ledger");
	skep_json_u64(&j, "seen_packets", l->seen.packets);
	skep_json_u64(&j, "seen_bytes", l->seen.bytes);
	skep_json_u64(&j, "map_packets", l->map.packets);
	skep_json_u64(&j, "map_bytes", l->map.bytes);
	skep_json_u64(&j, "ring_packets", l->ring.packets);
	skep_json_u64(&j, "ring_bytes", l->ring.bytes);
	skep_json_u64(&j, "lost_packets", l->lost.packets);
	skep_json_u64(&j, "lost_bytes", l->lost.bytes);
	skep_json_u64(&j, "skipped_packets", l->skipped.packets);
	skep_json_u64(&j, "skipped_bytes", l->skipped.bytes);
	skep_json_bool(&j, "balanced", skep_flow_ledger_balanced(l));
	skep_json_object_end(&j);
	return skep_json_finish(&j);
}
