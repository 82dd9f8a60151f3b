/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* The packets of the lab, byte by byte, against what the standards' header diagrams say, written out by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "lab/frame.h"
#include "lab/storm.h"
#include "lab/storm_packet.h"

#define ETHER_HEX "02000000000b 02000000000a "

/* Compares with bytes in hex; spaces in them separate fields. */
static void assert_bytes(const struct lab_frame *f, const char *hex)
{
	uint8_t expected[LAB_FRAME_SIZE];
	size_t len = 0;

	while (*hex) {
		if (*hex == ' ') {
			hex++;
			continue;
		}
		assert_int_equal(sscanf(hex, "%2hhx", &expected[len++]), 1);
		hex += 2;
	}
	assert_int_equal(f->len, len);
	assert_memory_equal(f->bytes, expected, len);
}

static void frame__udp_over_ipv4(void **state)
{
	struct lab_frame f = { 0 };

	(void)state;
	lab_ether(&f, LAB_MAC_A, LAB_MAC_B, ETH_P_IP);
	lab_ipv4(&f, "10.0.0.1", "192.168.1.254", IPPROTO_UDP);
	lab_udp(&f, 1025, 53);
	lab_payload(&f, 4);
	lab_finish(&f);
	assert_bytes(&f, ETHER_HEX "0800 "
				   "45 00 0020 0000 0000 40 11 ae26 0a000001 c0a801fe "
				   "0401 0035 000c 0000 00010203");
	assert_int_equal(lab_frame_find(&f, LAB_HEADER_UDP), 34);
	assert_int_equal(lab_frame_find(&f, LAB_HEADER_TCP), -1);
}

static void frame__ipv4_options_fragment_and_dscp(void **state)
{
	struct lab_frame f = { 0 };

	(void)state;
	lab_ether(&f, LAB_MAC_A, LAB_MAC_B, ETH_P_IP);
	lab_ipv4_with(&f, "10.0.0.1", "10.0.0.2", IPPROTO_TCP,
		      &(struct lab_ipv4_more){ .dscp = 46,
					       .fragment_offset = 3,
					       .more_fragments = true,
					       .options = "\x94\x04\x00\x00",
					       .options_len = 4 });
	lab_tcp(&f, 65535, 80, LAB_TCP_SYN | LAB_TCP_ECE | LAB_TCP_CWR);
	lab_finish(&f);
	assert_bytes(&f, ETHER_HEX "0800 "
				   "46 b8 002c 0000 2003 40 06 b10a 0a000001 0a000002 94040000 "
				   "ffff 0050 00000000 00000000 50 c2 ffff 0000 0000");
}

static void frame__vlan_tags_outer_first(void **state)
{
	struct lab_frame f = { 0 };

	(void)state;
	lab_ether(&f, LAB_MAC_A, LAB_MAC_B, ETH_P_ARP);
	lab_vlan(&f, ETH_P_8021AD, 0x2005);
	lab_vlan(&f, ETH_P_8021Q, 6);
	lab_arp(&f, 2, LAB_MAC_A, "10.0.0.1", LAB_MAC_B, "10.0.0.2");
	lab_finish(&f);
	assert_bytes(&f,
		     ETHER_HEX "88a8 2005 8100 0006 0806 "
			       "0001 0800 06 04 0002 02000000000a 0a000001 02000000000b 0a000002");
}

static void frame__llc_gets_a_length_for_a_type(void **state)
{
	struct lab_frame f = { 0 };

	(void)state;
	lab_ether(&f, LAB_MAC_A, "01:80:c2:00:00:00", 0xffff);
	lab_llc(&f, 0x42, 0x42, 3);
	lab_raw(&f, "\xaa\xbb", 2);
	lab_finish(&f);
	assert_bytes(&f, "0180c2000000 02000000000a 0005 42 42 03 aabb");
}

static void frame__ipv6_extension_headers(void **state)
{
	struct lab_frame f = { 0 };

	(void)state;
	lab_ether(&f, LAB_MAC_A, LAB_MAC_B, ETH_P_IPV6);
	lab_ipv6_with(&f, "fd00::1", "fd00::2", IPPROTO_HOPOPTS,
		      &(struct lab_ipv6_more){ .dscp = 46, .flow_label = 0xabcde });
	lab_options(&f, IPPROTO_ROUTING, 8);
	lab_routing(&f, IPPROTO_AH, 4, 24);
	lab_ah(&f, IPPROTO_DSTOPTS, 12);
	lab_options(&f, IPPROTO_FRAGMENT, 16);
	lab_fragment(&f, IPPROTO_SCTP, 0, true);
	lab_sctp(&f, 7, 9);
	lab_finish(&f);
	assert_bytes(&f,
		     ETHER_HEX "86dd "
			       "6b8abcde 0050 00 40 "
			       "fd000000000000000000000000000001 fd000000000000000000000000000002 "
			       "2b 00 01 04 00000000 "
			       "33 02 04 00 00000000 00000000 00000000 00000000 00000000 "
			       "3c 01 0000 00000001 00000000 "
			       "2c 01 01 0c 000000000000000000000000 "
			       "84 00 0001 00000001 "
			       "0007 0009 00000001 00000000");
}

static void frame__later_fragments_have_an_offset(void **state)
{
	struct lab_frame f = { 0 };

	(void)state;
	lab_ipv6(&f, "fd00::1", "fd00::2", IPPROTO_FRAGMENT);
	lab_fragment(&f, IPPROTO_UDP, 181, false);
	lab_finish(&f);
	assert_bytes(&f, "60000000 0008 2c 40 "
			 "fd000000000000000000000000000001 fd000000000000000000000000000002 "
			 "11 00 05a8 00000001");
}

static void frame__icmp_without_ethernet(void **state)
{
	struct lab_frame f = { 0 };

	(void)state;
	lab_ipv4(&f, "10.0.0.1", "10.0.0.2", IPPROTO_ICMP);
	lab_icmp(&f, 8, 1);
	lab_finish(&f);
	assert_bytes(&f, "45 00 001c 0000 0000 40 01 66df 0a000001 0a000002 08 01 0000 0001 0001");
}

static void frame__tunnels_have_a_length_each(void **state)
{
	struct lab_frame f = { 0 };

	(void)state;
	lab_ipv6(&f, "fd00::1", "fd00::2", IPPROTO_IPIP);
	lab_ipv4(&f, "10.0.0.1", "10.0.0.2", IPPROTO_UDP);
	lab_udp(&f, 1, 2);
	lab_finish(&f);
	assert_bytes(&f, "60000000 001c 04 40 "
			 "fd000000000000000000000000000001 fd000000000000000000000000000002 "
			 "45 00 001c 0000 0000 40 11 66cf 0a000001 0a000002 "
			 "0001 0002 0008 0000");
}

static void frame__truncating_keeps_lengths(void **state)
{
	struct lab_frame f = { 0 };

	(void)state;
	lab_ether(&f, LAB_MAC_A, LAB_MAC_B, ETH_P_IP);
	lab_ipv4(&f, "10.0.0.1", "10.0.0.2", IPPROTO_UDP);
	lab_udp(&f, 1, 2);
	lab_tail(&f, 1000);
	lab_finish(&f);
	assert_int_equal(lab_frame_len(&f), 1042);
	lab_truncate(&f, 500);
	assert_int_equal(lab_frame_len(&f), 500);
	lab_truncate(&f, 16);
	assert_int_equal(lab_frame_len(&f), 16);
	assert_bytes(&f, ETHER_HEX "0800 45 00");
	assert_memory_equal(f.bytes + 16, "\x04\x04", 2);
}

static void frame__checksum_of_the_textbook(void **state)
{
	/* The header of a datagram and its checksum, 0xb861, as they stand in many a textbook. */
	static const uint8_t header[] = { 0x45, 0x00, 0x00, 0x73, 0x00, 0x00, 0x40,
					  0x00, 0x40, 0x11, 0x00, 0x00, 0xc0, 0xa8,
					  0x00, 0x01, 0xc0, 0xa8, 0x00, 0xc7 };

	(void)state;
	assert_int_equal(lab_checksum(header, sizeof(header)), 0xb861);
}

static void frame__mac_addresses(void **state)
{
	uint8_t mac[6] = { 0 };

	(void)state;
	assert_true(lab_mac_parse("02:00:0a:ff:10:01", mac));
	assert_memory_equal(mac, "\x02\x00\x0a\xff\x10\x01", 6);
	assert_false(lab_mac_parse("02:00:0a:ff:10", mac));
	assert_false(lab_mac_parse("02:00:0a:ff:10:01:02", mac));
	assert_false(lab_mac_parse("", mac));
}

static void storm_packet__udp_and_tcp(void **state)
{
	struct storm_templates templates;
	struct storm_packet packet;
	struct lab_frame f = { 0 };

	(void)state;
	storm_templates_init(&templates);
	storm_packet_make(&templates, 0x010204, 2, &packet); /* UDP; 2 bytes over the shortest */
	f.len = packet.len;
	memcpy(f.bytes, packet.bytes, packet.len);
	assert_bytes(&f, ETHER_HEX "0800 45 00 0034 0000 0000 40 11 acab 0a010204 c0000209 "
				   "0401 0035 0020 0000 "
				   "000102030405060708090a0b0c0d0e0f1011121314151617");
	storm_packet_make(&templates, 0xfffffd, 4 << 8, &packet); /* TCP; ACK */
	f.len = packet.len;
	memcpy(f.bytes, packet.bytes, packet.len);
	assert_bytes(&f, ETHER_HEX "0800 45 00 0032 0000 0000 40 06 adc0 0afffffd c0000209 "
				   "0401 0050 00000000 00000000 50 10 ffff 0000 0000 "
				   "00010203040506070809");
	assert_int_equal(packet.tcp_flags, LAB_TCP_ACK);
	storm_packet_make(&templates, 7, 1 << 8, &packet); /* TCP/IPv6; SYN */
	f.len = packet.len;
	memcpy(f.bytes, packet.bytes, packet.len);
	assert_bytes(&f,
		     ETHER_HEX "86dd 60000000 0014 06 40 "
			       "fd000000000000000000000000000007 fd000000000000010000000000000009 "
			       "0401 0050 00000000 00000000 50 02 ffff 0000 0000");
}

static void storm_packet__flow_numbers_come_back(void **state)
{
	static const uint32_t numbers[] = { 0, 1, 2, 3, 255, 256, 65535, 65536, 0xffffff };

	(void)state;
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		struct lab_storm_flow flow;

		lab_storm_flow(numbers[i], &flow);
		assert_int_equal(lab_storm_number(flow.family, flow.src), numbers[i]);
		assert_int_equal(lab_storm_number(flow.family, flow.dst), -1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(frame__udp_over_ipv4),
		cmocka_unit_test(frame__ipv4_options_fragment_and_dscp),
		cmocka_unit_test(frame__vlan_tags_outer_first),
		cmocka_unit_test(frame__llc_gets_a_length_for_a_type),
		cmocka_unit_test(frame__ipv6_extension_headers),
		cmocka_unit_test(frame__later_fragments_have_an_offset),
		cmocka_unit_test(frame__icmp_without_ethernet),
		cmocka_unit_test(frame__tunnels_have_a_length_each),
		cmocka_unit_test(frame__truncating_keeps_lengths),
		cmocka_unit_test(frame__checksum_of_the_textbook),
		cmocka_unit_test(frame__mac_addresses),
		cmocka_unit_test(storm_packet__udp_and_tcp),
		cmocka_unit_test(storm_packet__flow_numbers_come_back),
	};

	return cmocka_run_group_tests_name("lab_frame", tests, NULL, NULL);
}
