/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* The traffic of the lab, and somebody else's programs as its witnesses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <unistd.h>

#include "lab/address.h"
#include "lab/foreign.h"
#include "lab/link.h"
#include "lab/netns.h"
#include "lab/poll.h"
#include "lab/send.h"
#include "lab/storm.h"
#include "lab/tun.h"

#define DEADLINE_MS 10000
#define PRIORITY 7
#define HANDLE 3

/* A pair of interfaces, and a witness at the egress of one and at the ingress of the other. */
struct pair {
	struct lab_foreign egress;
	struct lab_foreign ingress;
};

static void watch(struct lab_foreign *foreign, const char *interface, enum lab_direction direction)
{
	struct lab_foreign_opts opts = { .name = "witness", .action = TC_ACT_UNSPEC };

	assert_int_equal(lab_foreign_load(&opts, foreign), 0);
	assert_int_equal(lab_foreign_attach_clsact(foreign, interface, direction, PRIORITY, HANDLE,
						   "witness"),
			 0);
}

static int set_up_pair(void **state)
{
	struct pair *pair = calloc(1, sizeof(*pair));

	if (!pair || lab_netns_setup(state))
		return -1;
	assert_int_equal(lab_veth_create("lab_a", "lab_b", true), 0);
	watch(&pair->egress, "lab_a", LAB_EGRESS);
	watch(&pair->ingress, "lab_b", LAB_INGRESS);
	*state = pair;
	return 0;
}

static int tear_down_pair(void **state)
{
	struct pair *pair = *state;

	lab_foreign_close(&pair->egress);
	lab_foreign_close(&pair->ingress);
	free(pair);
	return 0;
}

struct wanted {
	const struct lab_foreign *foreign;
	uint64_t packets;
};

static bool has_seen(void *userdata)
{
	const struct wanted *wanted = userdata;

	return lab_foreign_packets(wanted->foreign) >= wanted->packets;
}

/* What a witness has seen once it has seen so many packets, and no more than that. */
static struct lab_foreign_seen seen(const struct lab_foreign *foreign, uint64_t packets)
{
	struct wanted wanted = { .foreign = foreign, .packets = packets };
	struct lab_foreign_seen s = { 0 };

	lab_until(lab_in_ms(DEADLINE_MS), has_seen, &wanted);
	assert_int_equal(lab_foreign_read(foreign, &s), 0);
	assert_int_equal(s.packets, packets);
	return s;
}

static void make_udp(struct lab_frame *f, size_t payload)
{
	memset(f, 0, sizeof(*f));
	lab_ether(f, LAB_MAC_A, LAB_MAC_B, ETH_P_IP);
	lab_ipv4(f, "10.0.0.1", "10.0.0.2", IPPROTO_UDP);
	lab_udp(f, 1025, 53);
	lab_tail(f, payload);
	lab_finish(f);
}

/* One frame at a time */

static void send__passes_both_hooks(void **state)
{
	const struct pair *pair = *state;
	struct lab_frame f;
	struct lab_foreign_seen s;

	make_udp(&f, 100);
	assert_int_equal(lab_send_times("lab_a", &f, 10), 0);
	s = seen(&pair->egress, 10);
	assert_int_equal(s.bytes, 1420);
	assert_int_equal(s.len, 142);
	assert_int_equal(s.linear_len, 142);
	assert_int_equal(s.gso_size, 0);
	assert_int_equal(s.protocol, htons(ETH_P_IP));
	assert_int_equal(seen(&pair->ingress, 10).bytes, 1420);
}

static void send__refuses_what_is_no_use(void **state)
{
	struct lab_frame f = { 0 };

	(void)state;
	lab_ether(&f, LAB_MAC_A, LAB_MAC_B, ETH_P_IP);
	assert_int_equal(lab_send("lab_a", &f), -EINVAL); /* not finished */
	make_udp(&f, 2000);
	assert_int_equal(lab_send("lab_a", &f), -EMSGSIZE);
	assert_int_equal(lab_send("lab_none", &f), -ENODEV);
	assert_int_equal(lab_send_gso("lab_a", &f, 1000), -EINVAL);     /* not TCP */
	assert_int_equal(lab_send_nonlinear("lab_a", &f, 14), -EINVAL); /* fits into a page */
}

static void send__vlan_tags_are_payload_at_egress_and_beside_it_at_ingress(void **state)
{
	const struct pair *pair = *state;
	struct lab_frame f = { 0 };
	struct lab_foreign_seen s;

	lab_ether(&f, LAB_MAC_A, LAB_MAC_B, ETH_P_IP);
	lab_vlan(&f, ETH_P_8021Q, 0x2005);
	lab_ipv4(&f, "10.0.0.1", "10.0.0.2", IPPROTO_UDP);
	lab_finish(&f);
	assert_int_equal(lab_send("lab_a", &f), 0);
	s = seen(&pair->egress, 1);
	assert_int_equal(s.protocol, htons(ETH_P_8021Q));
	assert_int_equal(s.vlan_present, 0);
	assert_int_equal(s.len, 38);
	s = seen(&pair->ingress, 1);
	assert_int_equal(s.protocol, htons(ETH_P_IP));
	assert_int_equal(s.vlan_present, 1);
	assert_int_equal(s.vlan_tci, 0x2005);
	assert_int_equal(s.len, 34);
}

static void send__nonlinear_has_fragments_at_both_hooks(void **state)
{
	const struct pair *pair = *state;
	struct lab_frame f;
	struct lab_foreign_seen s;

	assert_int_equal(lab_link_set_mtu("lab_a", 9000), 0);
	assert_int_equal(lab_link_set_mtu("lab_b", 9000), 0);
	make_udp(&f, 8000);
	assert_int_equal(lab_send_nonlinear("lab_a", &f, 14), 0);
	s = seen(&pair->egress, 1);
	assert_int_equal(s.len, 8042);
	assert_int_equal(s.linear_len, 14);
	s = seen(&pair->ingress, 1);
	assert_int_equal(s.len, 8042);
	assert_int_equal(s.linear_len, 14);
	assert_int_equal(lab_send_nonlinear("lab_a", &f, 40), 0);
	assert_int_equal(seen(&pair->egress, 2).linear_len, 40);
}

/* 10 kB over TCP, to be cut into segments of 1000 bytes. */
static void make_gso(struct lab_frame *f, bool ipv6)
{
	memset(f, 0, sizeof(*f));
	lab_ether(f, LAB_MAC_A, LAB_MAC_B, ipv6 ? ETH_P_IPV6 : ETH_P_IP);
	if (ipv6)
		lab_ipv6(f, "fd00::1", "fd00::2", IPPROTO_TCP);
	else
		lab_ipv4(f, "10.0.0.1", "10.0.0.2", IPPROTO_TCP);
	lab_tcp(f, 1025, 80, LAB_TCP_ACK);
	lab_tail(f, 9500);
	lab_finish(f);
}

static void send__gso_arrives_in_one_piece(void **state)
{
	const struct pair *pair = *state;
	struct lab_frame f;
	struct lab_foreign_seen s;

	for (unsigned ipv6 = 0; ipv6 < 2; ipv6++) {
		make_gso(&f, ipv6);
		assert_int_equal(lab_send_gso("lab_a", &f, 1000), 0);
		s = seen(&pair->egress, 1 + ipv6);
		assert_int_equal(s.len, lab_frame_len(&f));
		assert_int_equal(s.gso_size, 1000);
		s = seen(&pair->ingress, 1 + ipv6);
		assert_int_equal(s.len, lab_frame_len(&f));
		assert_int_equal(s.gso_size, 1000);
		assert_int_equal(s.gso_segs, 10);
	}
}

static void send__gso_is_cut_where_the_device_cannot(void **state)
{
	const struct pair *pair = *state;
	struct lab_frame f;

	assert_int_equal(lab_link_set_offload("lab_a", false), 0);
	make_gso(&f, false);
	assert_int_equal(lab_send_gso("lab_a", &f, 1000), 0);
	assert_int_equal(seen(&pair->egress, 1).len, lab_frame_len(&f));
	assert_int_equal(seen(&pair->ingress, 10).bytes, 9500 + 10 * 54);
}

static void send__udp_segments_are_counted_at_egress(void **state)
{
	const struct pair *pair = *state;
	struct lab_foreign_seen s;

	assert_int_equal(lab_address_add("lab_a", "10.9.0.1/24"), 0);
	assert_int_equal(lab_neighbour_add("lab_a", "10.9.0.2", LAB_MAC_B), 0);
	assert_int_equal(lab_send_udp_segments("10.9.0.2", 53, 1000, 8), 0);
	s = seen(&pair->egress, 1);
	assert_int_equal(s.len, 8042);
	assert_int_equal(s.gso_segs, 8);
	assert_int_equal(s.gso_size, 1000);
}

/* Somebody else's programs */

static void foreign__filter_is_listed_and_deleted(void **state)
{
	const struct pair *pair = *state;
	struct lab_filter filter, two[2];

	assert_true(lab_qdisc_has("lab_a", "clsact"));
	assert_int_equal(lab_qdisc_add("lab_a", "clsact"), -EEXIST);
	assert_int_equal(lab_filter_list("lab_a", LAB_INGRESS, two, 2), 0);
	assert_int_equal(lab_filter_add("lab_a", LAB_EGRESS, pair->egress.prog_fd, 2, 9, "other"),
			 0);
	assert_int_equal(lab_filter_list("lab_a", LAB_EGRESS, two, 2), 2);
	assert_string_equal(two[0].name, "other"); /* in the order in which they run */
	assert_int_equal(two[0].priority, 2);
	assert_int_equal(two[0].handle, 9);
	assert_true(lab_filter_find("lab_a", LAB_EGRESS, "witness", &filter));
	assert_string_equal(filter.kind, "bpf");
	assert_int_equal(filter.priority, PRIORITY);
	assert_int_equal(filter.handle, HANDLE);
	assert_int_equal(filter.protocol, ETH_P_ALL);
	assert_int_equal(filter.program_id, pair->egress.prog_id);
	assert_true(filter.direct_action);
	assert_int_equal(lab_filter_delete("lab_a", LAB_EGRESS, PRIORITY, HANDLE), 0);
	assert_false(lab_filter_find("lab_a", LAB_EGRESS, "witness", NULL));
	assert_true(lab_filter_find("lab_a", LAB_EGRESS, "other", NULL));
	assert_int_equal(lab_qdisc_delete("lab_a", "clsact"), 0);
	assert_false(lab_qdisc_has("lab_a", "clsact"));
	assert_int_equal(lab_qdisc_add("lab_a", "ingress"), 0);
	assert_true(lab_qdisc_has("lab_a", "ingress"));
	assert_int_equal(lab_qdisc_add("lab_a", "clsact"), -EEXIST);
}

static void foreign__action_decides_what_comes_after(void **state)
{
	const struct pair *pair = *state;
	struct lab_foreign_opts opts = { .name = "drop", .action = TC_ACT_SHOT };
	struct lab_foreign first;
	struct lab_link_stats stats;
	struct lab_frame f;

	assert_int_equal(lab_foreign_load(&opts, &first), 0);
	assert_int_equal(lab_foreign_attach_clsact(&first, "lab_a", LAB_EGRESS, 1, 1, "drop"), 0);
	make_udp(&f, 10);
	assert_int_equal(lab_send("lab_a", &f), -ENOBUFS);
	seen(&first, 1);
	seen(&pair->egress, 0);
	assert_int_equal(lab_link_stats("lab_a", &stats), 0);
	assert_int_equal(stats.tx_packets, 0);
	lab_foreign_close(&first);
}

static void foreign__vlan_tag_is_pushed_beside_the_packet(void **state)
{
	const struct pair *pair = *state;
	struct lab_foreign_opts opts = { .name = "tag", .action = TC_ACT_UNSPEC, .push_vlan = 42 };
	struct lab_foreign first;
	struct lab_foreign_seen s;
	struct lab_frame f;

	assert_int_equal(lab_foreign_load(&opts, &first), 0);
	assert_int_equal(lab_foreign_attach_clsact(&first, "lab_a", LAB_EGRESS, 1, 1, "tag"), 0);
	make_udp(&f, 10);
	assert_int_equal(lab_send("lab_a", &f), 0);
	s = seen(&pair->egress, 1);
	assert_int_equal(s.vlan_present, 1);
	assert_int_equal(s.vlan_tci & 0xfff, 42);
	assert_int_equal(s.protocol, htons(ETH_P_IP));
	assert_int_equal(s.len, lab_frame_len(&f));
	lab_foreign_close(&first);
}

static void foreign__tcx_links_run_in_order(void **state)
{
	const struct pair *pair = *state;
	struct lab_foreign_opts opts = { .name = "next", .action = TC_ACT_UNSPEC };
	struct lab_foreign head, tail;
	struct lab_frame f;
	uint32_t ids[2] = { 0 };

	if (!lab_has_tcx()) {
		print_message("# this kernel has no TCX\n");
		skip();
	}
	assert_int_equal(lab_foreign_load(&opts, &head), 0);
	opts.action = TC_ACT_OK;
	assert_int_equal(lab_foreign_load(&opts, &tail), 0);
	assert_int_equal(lab_foreign_attach_tcx(&tail, "lab_a", LAB_EGRESS, 0), 0);
	assert_int_equal(lab_foreign_attach_tcx(&head, "lab_a", LAB_EGRESS, LAB_TCX_BEFORE), 0);
	assert_int_equal(lab_tcx_list("lab_a", LAB_EGRESS, ids, 2), 2);
	assert_int_equal(ids[0], head.prog_id);
	assert_int_equal(ids[1], tail.prog_id);
	assert_int_equal(lab_tcx_list("lab_a", LAB_EGRESS, ids, 1), 2);
	make_udp(&f, 10);
	assert_int_equal(lab_send("lab_a", &f), 0);
	seen(&head, 1);
	seen(&tail, 1);
	seen(&pair->egress, 0); /* OK of a TCX program ends the hook: filters come behind */
	lab_foreign_close(&tail);
	assert_int_equal(lab_send("lab_a", &f), 0);
	seen(&head, 2);
	seen(&pair->egress, 1);
	lab_foreign_close(&head);
	assert_int_equal(lab_tcx_list("lab_a", LAB_EGRESS, ids, 2), 0);
}

/* Storms */

static void storm__totals_equal_what_the_kernel_counts(void **state)
{
	const struct pair *pair = *state;
	struct lab_storm_opts opts = { .interface = "lab_a", .flows = 1000, .packets = 100001 };
	const struct lab_storm_total *total;
	struct lab_storm *storm;
	struct lab_link_stats a, b;
	struct lab_foreign_seen s;

	assert_int_equal(lab_storm_run(&opts, &storm), 0);
	total = lab_storm_total(storm);
	assert_int_equal(total->error, 0);
	assert_int_equal(total->packets, 100001);
	assert_int_equal(total->refused, 0);
	s = seen(&pair->egress, total->packets);
	assert_int_equal(s.bytes, total->bytes);
	assert_int_equal(lab_link_stats("lab_a", &a), 0);
	assert_int_equal(lab_link_stats("lab_b", &b), 0);
	/* The peer's backlog may be full, which the pair counts. */
	assert_int_equal(a.tx_packets + a.tx_dropped, total->packets);
	assert_int_equal(b.rx_packets, a.tx_packets);
	assert_int_equal(b.rx_bytes, a.tx_bytes);
	if (!a.tx_dropped)
		assert_int_equal(a.tx_bytes, total->bytes);
	s = seen(&pair->ingress, b.rx_packets);
	assert_int_equal(s.bytes, b.rx_bytes);
	lab_storm_free(storm);
}

/* Reads one frame of a storm, by itself. Return: its flow's number; @ret_flags: of TCP, or 0. */
static uint32_t parse(const uint8_t *p, size_t len, uint8_t *ret_flags)
{
	const uint8_t *ip = p + 14, *src, *l4;
	bool ipv6 = p[12] == 0x86;
	uint8_t protocol = ipv6 ? ip[6] : ip[9];

	src = ip + (ipv6 ? 8 : 12);
	l4 = ip + (ipv6 ? 40 : 20);
	assert_int_equal(ipv6 ? (ip[4] << 8 | ip[5]) + 40 : ip[2] << 8 | ip[3], len - 14);
	assert_true(ipv6 || lab_checksum(ip, 20) == 0);
	assert_true(protocol == IPPROTO_TCP || (l4[4] << 8 | l4[5]) == (int)(p + len - l4));
	*ret_flags = protocol == IPPROTO_TCP ? l4[13] : 0;
	src += ipv6 ? 13 : 1;
	return (uint32_t)src[0] << 16 | (uint32_t)src[1] << 8 | src[2];
}

static void storm__flow_tables_equal_what_was_on_the_wire(void **state)
{
	enum {
		FLOWS = 40,
		PACKETS = 400
	}; /* fewer than a tap device holds unread */
	struct lab_storm_opts opts = {
		.interface = "lab_tap", .flows = FLOWS, .packets = PACKETS, .threads = 2, .seed = 9
	};
	struct lab_storm_sent got[FLOWS] = { 0 };
	struct lab_storm *storm;
	uint8_t frame[2048], flags;
	uint64_t flows = 0;
	ssize_t n;
	int fd = lab_tap_open("lab_tap");

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(lab_storm_run(&opts, &storm), 0);
	while ((n = read(fd, frame, sizeof(frame))) > 0) {
		uint32_t number = parse(frame, (size_t)n, &flags);

		assert_true(number < FLOWS);
		flows += !got[number].packets;
		got[number].packets++;
		got[number].bytes += (uint64_t)n;
		got[number].tcp_flags |= flags;
	}
	assert_int_equal(lab_storm_total(storm)->packets, PACKETS);
	assert_int_equal(lab_storm_total(storm)->flows, flows);
	for (uint32_t i = 0; i < FLOWS; i++) {
		const struct lab_storm_sent *sent = &lab_storm_sent(storm)[i];

		assert_int_equal(got[i].packets, sent->packets);
		assert_int_equal(got[i].bytes, sent->bytes);
		assert_int_equal(got[i].tcp_flags, sent->tcp_flags);
	}
	lab_storm_free(storm);
	close(fd);
}

static void storm__sequential_packets_are_each_a_new_flow(void **state)
{
	struct lab_storm_opts opts = {
		.interface = "lab_a", .flows = 5000, .packets = 5000, .sequential = true
	};
	struct lab_storm *storm;

	(void)state;
	for (opts.threads = 1; opts.threads <= 3; opts.threads++) {
		assert_int_equal(lab_storm_run(&opts, &storm), 0);
		for (uint32_t i = 0; i < opts.flows; i++)
			assert_int_equal(lab_storm_sent(storm)[i].packets, 1);
		assert_int_equal(lab_storm_total(storm)->flows, 5000);
		lab_storm_free(storm);
	}
}

static void storm__keeps_its_pace(void **state)
{
	struct lab_storm_opts opts = { .interface = "lab_a", .packets = 301, .pps = 1000 };
	struct lab_storm *storm;
	uint64_t start_ns = lab_now_ns();

	(void)state;
	assert_int_equal(lab_storm_run(&opts, &storm), 0);
	/* How late it is depends on the machine; early it must not be. */
	assert_true(lab_now_ns() - start_ns >= 290 * 1000000);
	assert_int_equal(lab_storm_total(storm)->packets, 301);
	lab_storm_free(storm);
}

static bool has_progressed(void *userdata)
{
	return lab_storm_progress(userdata) >= 1000;
}

static void storm__blows_until_stopped(void **state)
{
	const struct pair *pair = *state;
	struct lab_storm_opts opts = { .interface = "lab_a", .flows = 10 };
	struct lab_storm *storm;

	assert_int_equal(lab_storm_start(&opts, &storm), 0);
	assert_true(lab_until(lab_in_ms(DEADLINE_MS), has_progressed, storm));
	assert_int_equal(lab_storm_stop(storm), 0);
	assert_int_equal(lab_storm_progress(storm), lab_storm_total(storm)->packets);
	assert_int_equal(seen(&pair->egress, lab_storm_total(storm)->packets).bytes,
			 lab_storm_total(storm)->bytes);
	lab_storm_free(storm);
}

static void storm__what_is_refused_does_not_count(void **state)
{
	const struct pair *pair = *state;
	struct lab_foreign_opts drop = { .name = "drop", .action = TC_ACT_SHOT };
	struct lab_storm_opts opts = { .interface = "lab_a", .packets = 100 };
	struct lab_foreign foreign;
	struct lab_storm *storm;

	assert_int_equal(lab_foreign_load(&drop, &foreign), 0);
	assert_int_equal(lab_foreign_attach_clsact(&foreign, "lab_a", LAB_EGRESS, 9, 1, "drop"), 0);
	assert_int_equal(lab_storm_run(&opts, &storm), 0);
	assert_int_equal(lab_storm_total(storm)->packets, 0);
	assert_int_equal(lab_storm_total(storm)->refused, 100);
	seen(&pair->egress, 100);
	lab_storm_free(storm);
	lab_foreign_close(&foreign);
}

static void storm__ends_with_its_interface(void **state)
{
	struct lab_storm_opts opts = { .interface = "lab_a", .flows = 10 };
	struct lab_storm *storm;
	int r;

	(void)state;
	assert_int_equal(lab_storm_start(&opts, &storm), 0);
	assert_true(lab_until(lab_in_ms(DEADLINE_MS), has_progressed, storm));
	assert_int_equal(lab_link_delete("lab_a"), 0);
	r = lab_storm_join(storm);
	assert_true(r == -ENXIO || r == -ENETDOWN || r == -ENODEV);
	lab_storm_free(storm);
	opts.interface = "lab_none";
	assert_int_equal(lab_storm_start(&opts, &storm), -ENODEV);
}

#define pair_test(f) cmocka_unit_test_setup_teardown(f, set_up_pair, tear_down_pair)

int main(void)
{
	const struct CMUnitTest tests[] = {
		pair_test(send__passes_both_hooks),
		pair_test(send__refuses_what_is_no_use),
		pair_test(send__vlan_tags_are_payload_at_egress_and_beside_it_at_ingress),
		pair_test(send__nonlinear_has_fragments_at_both_hooks),
		pair_test(send__gso_arrives_in_one_piece),
		pair_test(send__gso_is_cut_where_the_device_cannot),
		pair_test(send__udp_segments_are_counted_at_egress),
		pair_test(foreign__filter_is_listed_and_deleted),
		pair_test(foreign__action_decides_what_comes_after),
		pair_test(foreign__vlan_tag_is_pushed_beside_the_packet),
		pair_test(foreign__tcx_links_run_in_order),
		pair_test(storm__totals_equal_what_the_kernel_counts),
		pair_test(storm__flow_tables_equal_what_was_on_the_wire),
		pair_test(storm__sequential_packets_are_each_a_new_flow),
		pair_test(storm__keeps_its_pace),
		pair_test(storm__blows_until_stopped),
		pair_test(storm__what_is_refused_does_not_count),
		pair_test(storm__ends_with_its_interface),
	};

	if (geteuid()) {
		printf("1..0 # SKIP needs root\n");
		return 0;
	}
	return cmocka_run_group_tests_name("lab_traffic", tests, NULL, NULL);
}
