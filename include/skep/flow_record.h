/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef SKEP_FLOW_RECORD_H
#define SKEP_FLOW_RECORD_H
/*
 * Flow records: what the agent hands out (an entry: one flow, one point, one epoch), what the table makes of it (a
 * record: one flow, all its points, one report), and both as JSON.
 *
 * A flow is told by addresses, protocol, ports (ICMP: type and code) and the VLAN id of the outer tag; without IP, by
 * both MAC addresses, ethertype and VLAN id. A point is an interface and a direction.
 *
 * packets: skbs that the hook saw. segments: packets on the wire (gso_segs; 1 where the kernel has 0). bytes: the
 * length of the skbs from the layer-2 header on.
 */
#include <skep/base.h>
#include <skep/direction.h>

SKEP_BEGIN

/* skep_flow_id.flags */
#define SKEP_FLOW_ID_LINK \
	(1u << 0) /* no IP header: addresses are MACs in the first six bytes; ethertype tells */
#define SKEP_FLOW_ID_NO_L4 \
	(1u << 1) /* no transport header: a later fragment, or cut short; ports are 0 */
#define SKEP_FLOW_ID_TAGGED (1u << 2) /* vlan is an id; else there was no tag */

/* What tells a flow from others. No padding: equal flows are equal bytes. Numbers in host order. */
struct skep_flow_id {
	uint8_t src_addr[16]; /* IPv4: the first four bytes, the others 0 */
	uint8_t dst_addr[16];
	uint16_t ethertype; /* 0x0800, 0x86dd, or of the link flow; 4 for 802.2 (LLC) frames */
	uint16_t src_port;  /* TCP, UDP, SCTP; ICMP and ICMPv6: the type */
	uint16_t dst_port;  /* ICMP and ICMPv6: the code */
	uint16_t vlan;
	uint8_t protocol; /* IP protocol number; IPv6: what follows the extension headers */
	uint8_t flags;    /* SKEP_FLOW_ID_* */
	uint8_t zero[6];
};

/* What one flow added at one point in one epoch. */
struct skep_flow_entry {
	struct skep_flow_id id;
	uint64_t packets;
	uint64_t segments;
	uint64_t bytes;
	uint64_t first_ns; /* CLOCK_MONOTONIC */
	uint64_t last_ns;
	uint32_t ifindex;
	uint8_t direction; /* enum skep_direction */
	uint8_t tcp_flags; /* all that were seen, as in the header: FIN is bit 0 */
	uint8_t dscp;      /* last seen */
	uint8_t has_mac;   /* 0: a device without Ethernet header; the MACs are 0 */
	uint8_t src_mac[6];
	uint8_t dst_mac[6];
	uint8_t zero[4];
};

/* Another point at which a flow was seen too. */
struct skep_flow_point {
	uint64_t packets;
	uint64_t segments;
	uint64_t bytes;
	uint32_t ifindex;
	uint32_t direction;    /* enum skep_direction */
	const char *interface; /* name, or "" if unknown; borrowed for the call */
};

/* What one flow added since the previous report, told at its canonical point. */
struct skep_flow_record {
	struct skep_flow_entry
		entry; /* at the canonical point; first and last of all points if it had no packets */
	const char *interface;  /* of the canonical point; "" if unknown; borrowed for the call */
	uint64_t total_packets; /* since the flow entered the table, canonical point */
	uint64_t total_segments;
	uint64_t total_bytes;
	const struct skep_flow_point *others; /* borrowed for the call */
	uint64_t other_count;
};

/* Packets and bytes that went one way. */
struct skep_flow_volume {
	uint64_t packets;
	uint64_t bytes;
};

/*
 * The ledger: where every packet that the hooks saw has gone, cumulative since open, up to the last retired epoch.
 * It balances if seen = map + ring + lost + skipped, in packets and in bytes, in every epoch so far.
 */
struct skep_flow_ledger {
	struct skep_flow_volume seen;
	struct skep_flow_volume map;  /* drained from the maps */
	struct skep_flow_volume ring; /* no room in the map, came through the ring */
	struct skep_flow_volume lost; /* no room in the ring either: counted, not told as flows */
	struct skep_flow_volume skipped; /* sampled out */
	uint64_t epochs;                 /* retired */
	uint64_t early_epochs;           /* of them, before their time because a map filled up */
	uint64_t unbalanced_epochs;      /* 0, or there is a bug */
	/* why packets did not find room in the map, in packets; and odd ones, counted like all others */
	uint64_t map_full;
	uint64_t map_busy;
	uint64_t map_failed;
	uint64_t ring_full;
	uint64_t no_l4;     /* no transport header, where the protocol has one */
	uint64_t malformed; /* an IP ethertype without a sound IP header */
};

/* The offset that makes wall-clock times of monotonic ones. */
struct skep_flow_clock {
	uint64_t monotonic_ns; /* both taken at the same moment */
	uint64_t realtime_ns;  /* since 1970-01-01 00:00 UTC */
};

/**
 * skep_flow_clock_now() - take both clocks
 * @ret_clock: both times; taken anew for each report, so that suspend and clock steps touch one report
 *
 * Context: any thread.
 * Source: clock_gettime(2), CLOCK_MONOTONIC and CLOCK_REALTIME.
 */
void skep_flow_clock_now(struct skep_flow_clock *ret_clock);

#define SKEP_FLOW_JSON_SIZE \
	1024 /* bytes that hold any record without other points, and any ledger */
#define SKEP_FLOW_JSON_POINT_SIZE 224 /* bytes that each other point adds at most */

/**
 * skep_flow_record_json() - a record as one line of JSON, {"type":"flow",...}
 * @record: the flow
 * @clock:  what start and end are computed with
 * @buf:    caller memory; SKEP_FLOW_JSON_SIZE + other_count * SKEP_FLOW_JSON_POINT_SIZE bytes always suffice for
 *          interface names of up to 15 bytes, the kernel's limit
 * @size:   bytes of @buf
 *
 * Fields that do not apply are absent: ports only for TCP, UDP and SCTP, tcp_flags only for TCP, icmp_type and
 * icmp_code only for ICMP and ICMPv6 (and none of them without a transport header), vlan only when tagged, addresses,
 * protocol and dscp only with IP, MACs only with an Ethernet header.
 *
 * Return: the length of the line, without line feed, NUL not counted; -ENOSPC if @buf is too small.
 * Context: any thread; allocates nothing.
 * Source: skep-flows(1), JSON LINES; RFC 8259; RFC 3339; RFC 5952 for IPv6 addresses.
 */
int skep_flow_record_json(const struct skep_flow_record *record,
			  const struct skep_flow_clock *clock, char *buf, size_t size);

/**
 * skep_flow_ledger_json() - a ledger as one line of JSON, {"type":"ledger",...}
 * @ledger: the ledger
 * @buf:    caller memory; SKEP_FLOW_JSON_SIZE bytes always suffice
 * @size:   bytes of @buf
 *
 * Return: the length of the line, without line feed, NUL not counted; -ENOSPC if @buf is too small.
 * Context: any thread; allocates nothing.
 * Source: skep-flows(1), JSON LINES.
 */
int skep_flow_ledger_json(const struct skep_flow_ledger *ledger, char *buf, size_t size);

/**
 * skep_flow_ledger_balanced() - does every retired epoch of a ledger balance, and their sum
 * @ledger: the ledger
 *
 * Return: 1 if seen = map + ring + lost + skipped in packets and in bytes and no epoch was unbalanced, else 0.
 * Context: any thread.
 * Source: docs/decisions/0001-exact-drain.md.
 */
int skep_flow_ledger_balanced(const struct skep_flow_ledger *ledger);

/**
 * skep_flow_addr_text() - the source or destination address of a flow as text
 * @id:          the flow
 * @destination: 0: the source; else: the destination
 * @buf:         caller memory, 48 bytes
 *
 * Return: @buf: an IPv4 or IPv6 address, or a MAC address for a link flow.
 * Context: any thread.
 * Source: inet_ntop(3); RFC 5952.
 */
char *skep_flow_addr_text(const struct skep_flow_id *id, int destination, char buf[48]);

SKEP_END
#endif
