/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef LAB_FRAME_H
#define LAB_FRAME_H
/*
 * A packet, built header by header:
 *
 *	struct lab_frame f = { 0 };
 *
 *	lab_ether(&f, LAB_MAC_A, LAB_MAC_B, ETH_P_IP);
 *	lab_vlan(&f, ETH_P_8021Q, 5);
 *	lab_ipv4(&f, "10.0.0.1", "10.0.0.2", IPPROTO_UDP);
 *	lab_udp(&f, 1025, 53);
 *	lab_payload(&f, 20);
 *	lab_finish(&f);
 *
 * Each function appends one header; what follows it is what the caller says, true or not. lab_finish() fills in
 * lengths and IPv4 header checksums (no others). What is wanted wrong is patched in bytes[] or cut off afterwards.
 * Numbers are in host order. A device without Ethernet header takes frames that begin with the IP header. What cannot
 * be built (no room, a bad address) aborts: it is a mistake in the test.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <netinet/in.h>     /* IPPROTO_* */
#include <linux/if_ether.h> /* ETH_P_* */

#define LAB_FRAME_SIZE 2048
#define LAB_FRAME_HEADERS 16

/* Locally administered, and those of no interface: what arrives for them is "other host", and nobody answers. */
#define LAB_MAC_A "02:00:00:00:00:0a"
#define LAB_MAC_B "02:00:00:00:00:0b"

#define LAB_TCP_FIN 0x01
#define LAB_TCP_SYN 0x02
#define LAB_TCP_RST 0x04
#define LAB_TCP_PSH 0x08
#define LAB_TCP_ACK 0x10
#define LAB_TCP_URG 0x20
#define LAB_TCP_ECE 0x40
#define LAB_TCP_CWR 0x80

enum lab_header {
	LAB_HEADER_LLC,
	LAB_HEADER_IPV4,
	LAB_HEADER_IPV6,
	LAB_HEADER_TCP,
	LAB_HEADER_UDP,
};

struct lab_frame {
	uint8_t bytes[LAB_FRAME_SIZE];
	size_t len;
	size_t tail_len; /* further bytes, all zero, sent behind bytes[] */
	bool finished;
	size_t type_at; /* where the Ethernet type is: behind it the next VLAN tag goes */
	size_t header_count;
	struct {
		enum lab_header kind;
		size_t at;
	} headers[LAB_FRAME_HEADERS]; /* those that later functions come back to */
};

/* What lab_ipv4() and lab_ipv6() have no parameter for. */
struct lab_ipv4_more {
	uint8_t dscp;
	uint16_t fragment_offset; /* in units of 8 bytes */
	bool more_fragments;
	const void *options;
	size_t options_len; /* a multiple of 4 */
};

struct lab_ipv6_more {
	uint8_t dscp;
	uint32_t flow_label;
};

/* Link layer. lab_vlan() puts a tag behind the tags that are there; the type stays last. */
void lab_ether(struct lab_frame *f, const char *src, const char *dst, uint16_t type);
void lab_vlan(struct lab_frame *f, uint16_t tpid, uint16_t tci);
void lab_llc(struct lab_frame *f, uint8_t dsap, uint8_t ssap, uint8_t control); /* type: a length */
void lab_arp(struct lab_frame *f, uint16_t operation, const char *src_mac, const char *src,
	     const char *dst_mac, const char *dst);

/* Network layer. @more: NULL: zeros. */
void lab_ipv4(struct lab_frame *f, const char *src, const char *dst, uint8_t protocol);
void lab_ipv4_with(struct lab_frame *f, const char *src, const char *dst, uint8_t protocol,
		   const struct lab_ipv4_more *more);
void lab_ipv6(struct lab_frame *f, const char *src, const char *dst, uint8_t next);
void lab_ipv6_with(struct lab_frame *f, const char *src, const char *dst, uint8_t next,
		   const struct lab_ipv6_more *more);

/* Extension headers of @len bytes in all (a multiple of 8; AH: of 4), with padding or zeros in them. */
void lab_options(struct lab_frame *f, uint8_t next, size_t len); /* hop-by-hop, destination */
void lab_routing(struct lab_frame *f, uint8_t next, uint8_t type, size_t len);
void lab_ah(struct lab_frame *f, uint8_t next, size_t len);
void lab_fragment(struct lab_frame *f, uint8_t next, uint16_t offset, bool more); /* units of 8 */

/* Transport layer. */
void lab_tcp(struct lab_frame *f, uint16_t sport, uint16_t dport, uint8_t flags);
void lab_udp(struct lab_frame *f, uint16_t sport, uint16_t dport);
void lab_sctp(struct lab_frame *f, uint16_t sport, uint16_t dport);
void lab_icmp(struct lab_frame *f, uint8_t type, uint8_t code); /* ICMPv6 looks the same */

/* Contents: bytes as they are; @len bytes of a pattern; @len zeros that may be more than bytes[] holds, sent last. */
void lab_raw(struct lab_frame *f, const void *bytes, size_t len);
void lab_payload(struct lab_frame *f, size_t len);
void lab_tail(struct lab_frame *f, size_t len);

void lab_finish(struct lab_frame *f);
void lab_truncate(struct lab_frame *f,
		  size_t len); /* after lab_finish(): lengths stay as they were */

/* Return: bytes of the packet, tail included; where the last header of a kind is, -1: nowhere. */
size_t lab_frame_len(const struct lab_frame *f);
int lab_frame_find(const struct lab_frame *f, enum lab_header kind);

/* The internet checksum of some bytes, as it stands in the header. */
uint16_t lab_checksum(const void *bytes, size_t len);

/* Reads "02:00:00:00:00:01". Return: is it a MAC address. */
bool lab_mac_parse(const char *text, uint8_t ret_mac[6]);

#endif
