/* SPDX-License-Identifier: (LGPL-2.1-only OR BSD-2-Clause) AND (GPL-2.0-only OR BSD-2-Clause) */
#ifndef SKEP_ABI_FLOW_H
#define SKEP_ABI_FLOW_H
/*
 * Flow records: what the BPF programs of the flow agent and its user space hand to each other.
 *
 * Addresses and ports are in network byte order, as in the packet; everything else is in host order. Keys are hashed
 * and compared as bytes: every byte of them is defined, padding included. The tail of both keys is the same, and its
 * last eight bytes are laid out so that a front-cache slot can keep TCP flags, DSCP and the epoch where a map key
 * keeps the VLAN tag and zero (docs/decisions/0002-flow-keys.md).
 */
#include <linux/types.h>

/* skep_flow_key*.point: the observation point's direction, and what kind of key this is */
#define SKEP_FLOW_POINT_EGRESS (1u << 0) /* leaves the host by the interface; else: enters */
#define SKEP_FLOW_POINT_NO_L4 (1u << 1)  /* no transport header: a later fragment, or cut short */
#define SKEP_FLOW_POINT_LINK (1u << 2) /* key6 only: no IP: src, dst = MACs, src_port = ethertype */

/* skep_flow_key*.vlan: the outer tag; 0: untagged */
#define SKEP_FLOW_VLAN_TAGGED (1u << 12)
#define SKEP_FLOW_VLAN_ID 0xfffu

/* skep_flow_value.link_flags */
#define SKEP_FLOW_LINK_HAS_MAC (1u << 0) /* the device has an Ethernet header: mac is meaningful */

struct skep_flow_key4 {
	__be32 src;
	__be32 dst;
	__be16 src_port; /* ICMP: type in the first byte, code in the second */
	__be16 dst_port;
	__u32 ifindex;
	__u8 protocol;
	__u8 point; /* SKEP_FLOW_POINT_* */
	__u16 vlan; /* SKEP_FLOW_VLAN_* */
	__u32 pad;
};

struct skep_flow_key6 {
	__u8 src[16]; /* with POINT_LINK: source MAC in the first six bytes */
	__u8 dst[16];
	__be16 src_port; /* ICMPv6: as above; with POINT_LINK: the ethertype */
	__be16 dst_port;
	__u32 ifindex;
	__u8 protocol;
	__u8 point;
	__u16 vlan;
	__u32 pad;
};

/* What one flow added at one point in one epoch. The first half is what every packet touches. */
struct skep_flow_value {
	__u64 packets;
	__u64 bytes;   /* layer-2 length, as the hook sees it */
	__u64 last_ns; /* CLOCK_MONOTONIC */
	__u8 tcp_flags
		[8]; /* one byte a bit, FIN first: 1 if any packet had it (5.10 has no atomic OR) */
	__u8 dscp;   /* last seen */
	__u8 link_flags; /* SKEP_FLOW_LINK_* */
	__u8 mac[12];    /* destination, then source: as in the header of the first packet */
	__u16 pad;
	__u64 first_ns;
	__u64 extra_segments; /* sum of gso_segs - 1: segments = packets + extra_segments */
};

/* A record in the ring: a flow of one packet that found no room in its map, or a call for an early epoch. */
enum skep_flow_ring_type {
	SKEP_FLOW_RING_WAKE = 1, /* only type and parity are meaningful */
	SKEP_FLOW_RING_KEY4 = 4, /* the key is a struct skep_flow_key4 */
	SKEP_FLOW_RING_KEY6 = 6,
};

struct skep_flow_ring_record {
	__u32 type;   /* enum skep_flow_ring_type */
	__u32 parity; /* of the epoch it belongs to */
	union {
		struct skep_flow_key4 key4;
		struct skep_flow_key6 key6;
	};
	struct skep_flow_value value;
};

/* Packets and bytes that took one way, cumulative: read as differences, never reset. */
struct skep_flow_count {
	__u64 packets;
	__u64 bytes;
};

/* One CPU's counters. [parity]: by the parity of the epoch that the packet belongs to. */
struct skep_flow_cpu {
	/* every packet */
	struct skep_flow_count seen[2];
	__u64 now_ns; /* cached clock, and when it was taken */
	__u64 jiffies;
	__u64 run_count;
	__u64 pad_hot;
	/* only what cannot be counted in a map */
	struct skep_flow_count ring[2];
	struct skep_flow_count lost[2];
	struct skep_flow_count skipped[2]; /* sampled out */
	__u64 pending_inserts[2]; /* [family]: not yet added to skep_flow_control.inserts */
	/* why, in packets */
	__u64 map_full;
	__u64 map_busy;   /* bucket lock held on this CPU, or taken for too long */
	__u64 map_failed; /* any other error */
	__u64 ring_full;
	__u64 no_l4;     /* transport header absent or cut short */
	__u64 malformed; /* an IP ethertype without a sound IP header: counted as a link flow */
	__u64 pad_cold[4];
};

/* Written by both sides: which epoch it is, and how full its maps are. Each member in its own cache line. */
struct skep_flow_control {
	__u32 epoch; /* user space alone writes it; every run reads it once */
	__u32 pad_epoch[15];
	struct {
		__u64 inserts[2]; /* [family]: approximate, see insert_batch */
		__u64 woken;
		__u64 pad[5];
	} fill[2]; /* [parity] */
};

#ifndef __cplusplus
_Static_assert(sizeof(struct skep_flow_key4) == 24, "key4");
_Static_assert(sizeof(struct skep_flow_key6) == 48, "key6");
_Static_assert(sizeof(struct skep_flow_value) == 64, "value");
_Static_assert(sizeof(struct skep_flow_ring_record) == 120,
	       "ring record: 128 bytes with the ring's header");
_Static_assert(sizeof(struct skep_flow_cpu) == 256, "four cache lines");
_Static_assert(sizeof(struct skep_flow_control) == 192, "three cache lines");
#endif
#endif
