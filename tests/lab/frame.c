/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "frame.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ETHER_LEN 14
#define IPV4_LEN 20
#define IPV6_LEN 40
#define UDP_LEN 8
#define TTL 64

static void die(const char *what)
{
	fprintf(stderr, "lab_frame: %s\n", what);
	abort();
}

/* Room for @len more bytes, zeroed. */
static uint8_t *append(struct lab_frame *f, size_t len)
{
	uint8_t *at = f->bytes + f->len;

	if (len > sizeof(f->bytes) - f->len || f->tail_len || f->finished)
		die("no room: the frame is full, or its tail or lab_finish() came too early");
	memset(at, 0, len);
	f->len += len;
	return at;
}

static uint8_t *append_header(struct lab_frame *f, enum lab_header kind, size_t len)
{
	if (f->header_count == LAB_FRAME_HEADERS)
		die("too many headers");
	f->headers[f->header_count].kind = kind;
	f->headers[f->header_count++].at = f->len;
	return append(f, len);
}

static void put16(uint8_t *at, size_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

static void put_mac(uint8_t *at, const char *text)
{
	if (!lab_mac_parse(text, at))
		die("not a MAC address");
}

static void put_address(uint8_t *at, int family, const char *text)
{
	if (inet_pton(family, text, at) != 1)
		die("not an IP address");
}

bool lab_mac_parse(const char *text, uint8_t ret_mac[6])
{
	uint8_t m[6];
	int end = 0;

	if (sscanf(text, "%2hhx:%2hhx:%2hhx:%2hhx:%2hhx:%2hhx%n", &m[0], &m[1], &m[2], &m[3], &m[4],
		   &m[5], &end) != 6 ||
	    text[end])
		return false;
	memcpy(ret_mac, m, sizeof(m));
	return true;
}

void lab_ether(struct lab_frame *f, const char *src, const char *dst, uint16_t type)
{
	uint8_t *h = append(f, ETHER_LEN);

	put_mac(h, dst);
	put_mac(h + 6, src);
	put16(h + 12, type);
	f->type_at = f->len - 2;
}

void lab_vlan(struct lab_frame *f, uint16_t tpid, uint16_t tci)
{
	uint8_t *type;

	if (!f->type_at || f->type_at != f->len - 2)
		die("a VLAN tag belongs right behind the Ethernet header or another tag");
	append(f, 4);
	type = f->bytes + f->type_at;
	memcpy(type + 4, type, 2);
	put16(type, tpid);
	put16(type + 2, tci);
	f->type_at += 4;
}

void lab_llc(struct lab_frame *f, uint8_t dsap, uint8_t ssap, uint8_t control)
{
	uint8_t *h = append_header(f, LAB_HEADER_LLC, 3);

	h[0] = dsap;
	h[1] = ssap;
	h[2] = control;
}

void lab_arp(struct lab_frame *f, uint16_t operation, const char *src_mac, const char *src,
	     const char *dst_mac, const char *dst)
{
	uint8_t *h = append(f, 28);

	put16(h, 1);          /* Ethernet */
	put16(h + 2, 0x0800); /* IPv4 */
	h[4] = 6;
	h[5] = 4;
	put16(h + 6, operation);
	put_mac(h + 8, src_mac);
	put_address(h + 14, AF_INET, src);
	put_mac(h + 18, dst_mac);
	put_address(h + 24, AF_INET, dst);
}

void lab_ipv4(struct lab_frame *f, const char *src, const char *dst, uint8_t protocol)
{
	lab_ipv4_with(f, src, dst, protocol, NULL);
}

void lab_ipv4_with(struct lab_frame *f, const char *src, const char *dst, uint8_t protocol,
		   const struct lab_ipv4_more *more)
{
	static const struct lab_ipv4_more nothing;
	uint8_t *h;

	if (!more)
		more = &nothing;
	if (more->options_len % 4 || more->options_len > 40)
		die("IPv4 options: 0 to 40 bytes, a multiple of 4");
	h = append_header(f, LAB_HEADER_IPV4, IPV4_LEN + more->options_len);
	h[0] = (uint8_t)(0x40 | (IPV4_LEN + more->options_len) / 4);
	h[1] = (uint8_t)(more->dscp << 2);
	put16(h + 6, (more->more_fragments ? 0x2000u : 0) | more->fragment_offset);
	h[8] = TTL;
	h[9] = protocol;
	put_address(h + 12, AF_INET, src);
	put_address(h + 16, AF_INET, dst);
	if (more->options_len)
		memcpy(h + IPV4_LEN, more->options, more->options_len);
}

void lab_ipv6(struct lab_frame *f, const char *src, const char *dst, uint8_t next)
{
	lab_ipv6_with(f, src, dst, next, NULL);
}

void lab_ipv6_with(struct lab_frame *f, const char *src, const char *dst, uint8_t next,
		   const struct lab_ipv6_more *more)
{
	static const struct lab_ipv6_more nothing;
	uint8_t *h = append_header(f, LAB_HEADER_IPV6, IPV6_LEN);

	if (!more)
		more = &nothing;
	/* version 4 bits, traffic class 8 bits (DSCP its upper 6), flow label 20 bits */
	h[0] = (uint8_t)(0x60 | more->dscp >> 2);
	h[1] = (uint8_t)((more->dscp & 3) << 6 | (more->flow_label >> 16 & 0xf));
	put16(h + 2, more->flow_label & 0xffff);
	h[6] = next;
	h[7] = TTL;
	put_address(h + 8, AF_INET6, src);
	put_address(h + 24, AF_INET6, dst);
}

void lab_options(struct lab_frame *f, uint8_t next, size_t len)
{
	uint8_t *h;

	if (len % 8 || len < 8 || len > 256)
		die("options header: 8 to 256 bytes, a multiple of 8");
	h = append(f, len);
	h[0] = next;
	h[1] = (uint8_t)(len / 8 - 1);
	h[2] = 1; /* PadN */
	h[3] = (uint8_t)(len - 4);
}

void lab_routing(struct lab_frame *f, uint8_t next, uint8_t type, size_t len)
{
	uint8_t *h;

	if (len % 8 || len < 8 || len > 2048)
		die("routing header: 8 to 2048 bytes, a multiple of 8");
	h = append(f, len);
	h[0] = next;
	h[1] = (uint8_t)(len / 8 - 1);
	h[2] = type;
}

void lab_ah(struct lab_frame *f, uint8_t next, size_t len)
{
	uint8_t *h;

	if (len % 4 || len < 12 || len > 1028)
		die("authentication header: 12 to 1028 bytes, a multiple of 4");
	h = append(f, len);
	h[0] = next;
	h[1] = (uint8_t)(len / 4 - 2);
	h[7] = 1; /* security parameters index: 0 is reserved */
}

void lab_fragment(struct lab_frame *f, uint8_t next, uint16_t offset, bool more)
{
	uint8_t *h = append(f, 8);

	h[0] = next;
	put16(h + 2, (size_t)offset << 3 | more);
	h[7] = 1; /* identification */
}

void lab_tcp(struct lab_frame *f, uint16_t sport, uint16_t dport, uint8_t flags)
{
	uint8_t *h = append_header(f, LAB_HEADER_TCP, 20);

	put16(h, sport);
	put16(h + 2, dport);
	h[12] = 5 << 4; /* header length in words */
	h[13] = flags;
	put16(h + 14, 0xffff); /* window */
}

void lab_udp(struct lab_frame *f, uint16_t sport, uint16_t dport)
{
	uint8_t *h = append_header(f, LAB_HEADER_UDP, UDP_LEN);

	put16(h, sport);
	put16(h + 2, dport);
}

void lab_sctp(struct lab_frame *f, uint16_t sport, uint16_t dport)
{
	uint8_t *h = append(f, 12);

	put16(h, sport);
	put16(h + 2, dport);
	h[7] = 1; /* verification tag */
}

void lab_icmp(struct lab_frame *f, uint8_t type, uint8_t code)
{
	uint8_t *h = append(f, 8);

	h[0] = type;
	h[1] = code;
	h[5] = 1; /* echo: identifier */
	h[7] = 1; /* echo: sequence number */
}

void lab_raw(struct lab_frame *f, const void *bytes, size_t len)
{
	memcpy(append(f, len), bytes, len);
}

void lab_payload(struct lab_frame *f, size_t len)
{
	uint8_t *at = append(f, len);

	for (size_t i = 0; i < len; i++)
		at[i] = (uint8_t)i;
}

void lab_tail(struct lab_frame *f, size_t len)
{
	if (f->finished)
		die("a tail belongs before lab_finish()");
	f->tail_len += len;
}

uint16_t lab_checksum(const void *bytes, size_t len)
{
	const uint8_t *b = bytes;
	uint32_t sum = 0;

	for (size_t i = 0; i < len; i++)
		sum += i % 2 ? b[i] : (uint32_t)b[i] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

/* Fills in one header, which is followed by all that stands behind it. */
static void finish_header(struct lab_frame *f, enum lab_header kind, size_t at)
{
	uint8_t *h = f->bytes + at;
	size_t len = lab_frame_len(f) - at;

	if (len > UINT16_MAX)
		die("too long for a length field");
	switch (kind) {
	case LAB_HEADER_LLC:
		put16(h - 2, len);
		break;
	case LAB_HEADER_IPV4:
		put16(h + 2, len);
		put16(h + 10, 0);
		put16(h + 10, lab_checksum(h, (h[0] & 0xfu) * 4));
		break;
	case LAB_HEADER_IPV6:
		put16(h + 4, len - IPV6_LEN);
		break;
	case LAB_HEADER_UDP:
		put16(h + 4, len);
		break;
	case LAB_HEADER_TCP:
		break;
	}
}

void lab_finish(struct lab_frame *f)
{
	for (size_t i = 0; i < f->header_count; i++)
		finish_header(f, f->headers[i].kind, f->headers[i].at);
	f->finished = true;
}

void lab_truncate(struct lab_frame *f, size_t len)
{
	if (!f->finished || len > lab_frame_len(f))
		die("only a finished frame can be cut, and only shorter");
	if (len <= f->len) {
		f->len = len;
		f->tail_len = 0;
	} else {
		f->tail_len = len - f->len;
	}
}

size_t lab_frame_len(const struct lab_frame *f)
{
	return f->len + f->tail_len;
}

int lab_frame_find(const struct lab_frame *f, enum lab_header kind)
{
	for (size_t i = f->header_count; i-- > 0;)
		if (f->headers[i].kind == kind)
			return (int)f->headers[i].at;
	return -1;
}
