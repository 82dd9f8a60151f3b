/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef LAB_STORM_H
#define LAB_STORM_H
/*
 * A storm: threads on different CPUs that send packets of many flows out of one interface, and know exactly what they
 * sent. Only what sendmmsg() accepted counts.
 *
 * Flow number i is one of four kinds by i % 4: 0 and 2 UDP/IPv4, 1 TCP/IPv4, 3 TCP/IPv6. Its source address ends in
 * the 24 bits of i (10.x.x.x or fd00::xx:xxxx), the destination is one for all, ports are as lab_storm_flow() says.
 * Packets vary in length; a TCP packet carries one flag of those that its flow uses, or none. Frames are sound
 * Ethernet from LAB_MAC_A to LAB_MAC_B, IPv4 checksums included.
 *
 * A storm belongs to the thread that started it and sends in that thread's network namespace.
 */
#include <stdbool.h>
#include <stdint.h>

#define LAB_STORM_FLOWS_MAX (1u << 24)
#define LAB_STORM_FRAME_MIN 64 /* bytes, shortest and longest frame */
#define LAB_STORM_FRAME_MAX 144

struct lab_storm;

struct lab_storm_opts {
	const char *interface;
	uint32_t flows;   /* how many different ones; 0: 1 */
	uint32_t threads; /* 0: one for each CPU that this process may use */
	uint64_t packets; /* how many in all; 0: until lab_storm_stop() */
	uint64_t pps;     /* at most so many in a second, all threads together; 0: flat out */
	uint64_t seed;    /* of the random choices; a storm of one thread repeats exactly */
	bool sequential; /* flow 0, 1, 2 ... in place of random ones: each packet a new flow, up to @flows */
};

/* What was sent of one flow. */
struct lab_storm_sent {
	uint64_t packets;
	uint64_t bytes;
	uint8_t tcp_flags; /* OR of all packets */
};

struct lab_storm_total {
	uint64_t packets;
	uint64_t bytes;
	uint64_t
		refused; /* -ENOBUFS: dropped on the way, maybe behind TC egress; not in @packets */
	uint64_t flows;  /* of which at least one packet was sent */
	int error;       /* 0, or what ended a thread early: a negative errno, such as -ENETDOWN */
};

/* What a flow looks like on the wire; addresses in network byte order, ports in host order. */
struct lab_storm_flow {
	int family;       /* AF_INET, AF_INET6 */
	uint8_t protocol; /* IPPROTO_* */
	uint8_t src[16];  /* IPv4: the first four bytes, the others 0 */
	uint8_t dst[16];
	uint16_t sport;
	uint16_t dport;
};

/* Return: 0, to be ended with lab_storm_free(); a negative errno. */
int lab_storm_start(const struct lab_storm_opts *opts, struct lab_storm **ret_storm);

/* Waits until all @packets are sent (0: for ever); ends the storm now. Return: the total's error. */
int lab_storm_join(struct lab_storm *storm);
int lab_storm_stop(struct lab_storm *storm);

/* Start and join. Return: 0, also if a thread ended early (the total tells); a negative errno: no storm. */
int lab_storm_run(const struct lab_storm_opts *opts, struct lab_storm **ret_storm);

/* Return: NULL. Stops it first. */
struct lab_storm *lab_storm_free(struct lab_storm *storm);

/* Packets so far, while it blows: never more than were sent, and behind by a batch of each thread at most. */
uint64_t lab_storm_progress(const struct lab_storm *storm);

/* After join or stop. The table has an element for each flow. */
const struct lab_storm_total *lab_storm_total(const struct lab_storm *storm);
const struct lab_storm_sent *lab_storm_sent(const struct lab_storm *storm);

/* Flow number to flow, and a source address back to its number. Return of the latter: -1: not one of a storm's. */
void lab_storm_flow(uint32_t number, struct lab_storm_flow *ret_flow);
int64_t lab_storm_number(int family, const uint8_t *src);

#endif
