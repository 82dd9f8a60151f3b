/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "check.h"

#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <skep/flow_record.h>

#define SEC 1000000000ull

/* A thousand seconds after boot it is 22:13:20. */
static const struct skep_flow_clock evening = { .monotonic_ns = 1000 * SEC,
						.realtime_ns = 1700000000 * SEC };

/* What records of most cases have in common, and how that reads. */
#define COUNTS                                                             \
	.packets = 3, .segments = 4, .bytes = 1800, .first_ns = 999 * SEC, \
	.last_ns = 1001 * SEC + 5, .ifindex = 2, .direction = SKEP_DIRECTION_INGRESS
#define MACS .has_mac = 1, .src_mac = { 2, 0, 0, 0, 0, 1 }, .dst_mac = { 2, 0, 0, 0, 0, 0xfe }
#define COUNTS_JSON                                                                     \
	"\"interface\":\"eth0\",\"ifindex\":2,\"direction\":\"ingress\",\"packets\":3," \
	"\"segments\":4,\"bytes\":1800,\"start\":\"2023-11-14T22:13:19.000000000Z\","   \
	"\"end\":\"2023-11-14T22:13:21.000000005Z\",\"other_interfaces\":[]}"
#define MACS_JSON "\"src_mac\":\"02:00:00:00:00:01\",\"dst_mac\":\"02:00:00:00:00:fe\","
#define IP4 .ethertype = 0x0800, .src_addr = { 192, 0, 2, 1 }, .dst_addr = { 203, 0, 113, 255 }
#define IP4_JSON "\"src_addr\":\"192.0.2.1\",\"dst_addr\":\"203.0.113.255\","
#define IP6                                                                \
	.ethertype = 0x86dd, .src_addr = { 0x20, 1, 0xd, 0xb8, [15] = 1 }, \
	.dst_addr = { 0xfe, 0x80, [8] = 0xab, 0xcd, [14] = 0x12, 0x34 }
#define IP6_JSON "\"src_addr\":\"2001:db8::1\",\"dst_addr\":\"fe80::abcd:0:0:1234\","

static const struct {
	const char *name;
	struct skep_flow_entry entry;
	const char *json;
} cases[] = {
	{ "TCP",
	  { COUNTS, MACS, .tcp_flags = 0x1b, .dscp = 46,
	    .id = { IP4, .protocol = IPPROTO_TCP, .src_port = 443, .dst_port = 65535 } },
	  "{\"type\":\"flow\"," IP4_JSON "\"src_port\":443,\"dst_port\":65535,\"tcp_flags\":27,"
	  "\"protocol\":6,\"dscp\":46,\"ethertype\":2048," MACS_JSON COUNTS_JSON },
	{ "UDP over IPv6, in a VLAN",
	  { COUNTS, MACS,
	    .id = { IP6, .protocol = IPPROTO_UDP, .src_port = 53, .dst_port = 1,
		    .flags = SKEP_FLOW_ID_TAGGED, .vlan = 4094 } },
	  "{\"type\":\"flow\"," IP6_JSON "\"src_port\":53,\"dst_port\":1,\"protocol\":17,"
	  "\"dscp\":0,\"ethertype\":34525,\"vlan\":4094," MACS_JSON COUNTS_JSON },
	{ "SCTP",
	  { COUNTS, MACS, .tcp_flags = 0xff,
	    .id = { IP4, .protocol = IPPROTO_SCTP, .src_port = 0, .dst_port = 36412 } },
	  "{\"type\":\"flow\"," IP4_JSON "\"src_port\":0,\"dst_port\":36412,\"protocol\":132,"
	  "\"dscp\":0,\"ethertype\":2048," MACS_JSON COUNTS_JSON },
	{ "ICMP",
	  { COUNTS, MACS, .id = { IP4, .protocol = IPPROTO_ICMP, .src_port = 8 } },
	  "{\"type\":\"flow\"," IP4_JSON "\"icmp_type\":8,\"icmp_code\":0,\"protocol\":1,"
	  "\"dscp\":0,\"ethertype\":2048," MACS_JSON COUNTS_JSON },
	{ "ICMPv6",
	  { COUNTS, MACS,
	    .id = { IP6, .protocol = IPPROTO_ICMPV6, .src_port = 135, .dst_port = 255 } },
	  "{\"type\":\"flow\"," IP6_JSON "\"icmp_type\":135,\"icmp_code\":255,\"protocol\":58,"
	  "\"dscp\":0,\"ethertype\":34525," MACS_JSON COUNTS_JSON },
	{ "ARP",
	  { COUNTS, MACS,
	    .id = { .ethertype = 0x0806,
		    .flags = SKEP_FLOW_ID_LINK,
		    .src_addr = { 2, 0, 0, 0, 0, 1 },
		    .dst_addr = { 2, 0, 0, 0, 0, 0xfe } } },
	  "{\"type\":\"flow\",\"ethertype\":2054," MACS_JSON COUNTS_JSON },
	{ "LLC with the tag of VLAN 0",
	  { COUNTS, MACS,
	    .id = { .ethertype = 4, .flags = SKEP_FLOW_ID_LINK | SKEP_FLOW_ID_TAGGED } },
	  "{\"type\":\"flow\",\"ethertype\":4,\"vlan\":0," MACS_JSON COUNTS_JSON },
	{ "later fragment of TCP",
	  { COUNTS, MACS, .id = { IP4, .protocol = IPPROTO_TCP, .flags = SKEP_FLOW_ID_NO_L4 } },
	  "{\"type\":\"flow\"," IP4_JSON
	  "\"protocol\":6,\"dscp\":0,\"ethertype\":2048," MACS_JSON COUNTS_JSON },
	{ "ICMP cut short",
	  { COUNTS, MACS, .id = { IP4, .protocol = IPPROTO_ICMP, .flags = SKEP_FLOW_ID_NO_L4 } },
	  "{\"type\":\"flow\"," IP4_JSON
	  "\"protocol\":1,\"dscp\":0,\"ethertype\":2048," MACS_JSON COUNTS_JSON },
	{ "a device without Ethernet header",
	  { COUNTS, .id = { IP4, .protocol = IPPROTO_UDP, .src_port = 1, .dst_port = 2 } },
	  "{\"type\":\"flow\"," IP4_JSON "\"src_port\":1,\"dst_port\":2,\"protocol\":17,"
	  "\"dscp\":0,\"ethertype\":2048," COUNTS_JSON },
	{ "GRE: a protocol without ports",
	  { COUNTS, MACS, .dscp = 63, .id = { IP4, .protocol = IPPROTO_GRE } },
	  "{\"type\":\"flow\"," IP4_JSON
	  "\"protocol\":47,\"dscp\":63,\"ethertype\":2048," MACS_JSON COUNTS_JSON },
};

static const char *json_of(const struct skep_flow_record *record)
{
	static char buf[SKEP_FLOW_JSON_SIZE + 8 * SKEP_FLOW_JSON_POINT_SIZE];
	int len = skep_flow_record_json(record, &evening, buf, sizeof(buf));

	check_int(len, (int)strlen(buf), "length of '%s'", buf);
	return buf;
}

static void record_json__has_the_fields_that_apply(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct skep_flow_record record = { .entry = cases[i].entry, .interface = "eth0" };

		check_text(json_of(&record), cases[i].json, "%s", cases[i].name);
	}
}

static const struct skep_flow_point two_points[] = {
	{ .packets = 3,
	  .segments = 5,
	  .bytes = 1800,
	  .ifindex = 7,
	  .direction = SKEP_DIRECTION_EGRESS,
	  .interface = "br-\"lan\"" },
	{ .packets = 1,
	  .segments = 1,
	  .bytes = 60,
	  .ifindex = 4000000000,
	  .direction = SKEP_DIRECTION_INGRESS,
	  .interface = "" },
};

static struct skep_flow_record record_with_two_points(void)
{
	return (struct skep_flow_record){
		.entry = { .id = { IP4, .protocol = IPPROTO_GRE },
			   .packets = UINT64_MAX,
			   .direction = SKEP_DIRECTION_EGRESS,
			   .first_ns = 1000 * SEC,
			   .last_ns = 1000 * SEC },
		.interface = "",
		.others = two_points,
		.other_count = ARRAY_SIZE(two_points),
	};
}

static const char two_points_json[] =
	"{\"type\":\"flow\"," IP4_JSON "\"protocol\":47,\"dscp\":0,\"ethertype\":2048,"
	"\"interface\":\"\",\"ifindex\":0,\"direction\":\"egress\","
	"\"packets\":18446744073709551615,\"segments\":0,\"bytes\":0,"
	"\"start\":\"2023-11-14T22:13:20.000000000Z\",\"end\":\"2023-11-14T22:13:20.000000000Z\","
	"\"other_interfaces\":[{\"interface\":\"br-\\\"lan\\\"\",\"ifindex\":7,"
	"\"direction\":\"egress\",\"packets\":3,\"bytes\":1800},{\"interface\":\"\","
	"\"ifindex\":4000000000,\"direction\":\"ingress\",\"packets\":1,\"bytes\":60}]}";

static void record_json__lists_other_points(void **state)
{
	struct skep_flow_record record = record_with_two_points();

	(void)state;
	check_text(json_of(&record), two_points_json, "two other points");
}

static void record_json__tells_times_of_either_side_of_the_clock(void **state)
{
	static const struct {
		uint64_t ns;
		const char *text;
	} times[] = {
		{ 0, "2023-11-14T21:56:40.000000000Z" },
		{ 1000 * SEC - 1, "2023-11-14T22:13:19.999999999Z" },
		{ 1000 * SEC, "2023-11-14T22:13:20.000000000Z" },
		{ 2000 * SEC, "2023-11-14T22:30:00.000000000Z" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(times); i++) {
		struct skep_flow_record record = { .interface = "" };
		char want[64];

		record.entry.first_ns = times[i].ns;
		snprintf(want, sizeof(want), "\"start\":\"%s\"", times[i].text);
		check_int(strstr(json_of(&record), want) != NULL, 1, "%s in %s", want,
			  json_of(&record));
	}
}

static int write_record(char *buf, size_t size, const void *userdata)
{
	return skep_flow_record_json(userdata, &evening, buf, size);
}

static int write_ledger(char *buf, size_t size, const void *userdata)
{
	return skep_flow_ledger_json(userdata, buf, size);
}

static void record_json__says_at_every_size_whether_it_fits(void **state)
{
	struct skep_flow_record record = record_with_two_points();

	(void)state;
	check_every_size(write_record, &record, two_points_json);
}

/* Fifteen bytes are the longest name that the kernel gives; each becomes an escape of six. */
static const char longest_name[] = "\x01\x02\xff\x1f\x80\xc3\xe2\xf0\x01\x02\xff\x1f\x80\xc3\xe2";

static struct skep_flow_record longest_record(void)
{
	struct skep_flow_record record = { .interface = longest_name };
	struct skep_flow_entry *e = &record.entry;

	memset(e, 0xff, sizeof(*e));
	e->id.ethertype = 0xabcd; /* no IPv4: the addresses read as IPv6 */
	e->id.protocol = IPPROTO_TCP;
	e->id.flags = SKEP_FLOW_ID_TAGGED;
	e->direction = SKEP_DIRECTION_INGRESS;
	return record;
}

static void record_json__size_suffices_for_the_longest_record(void **state)
{
	struct skep_flow_record record = longest_record();
	char buf[SKEP_FLOW_JSON_SIZE];

	(void)state;
	check_int(skep_flow_record_json(&record, &evening, buf, sizeof(buf)) > 0, 1, "fits");
}

/* With fewer points, what is left of the first part would help out. */
static void record_json__size_suffices_for_many_other_points(void **state)
{
	static struct skep_flow_point others[64];
	struct skep_flow_record record = longest_record();
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(others); i++)
		others[i] = (struct skep_flow_point){ .packets = UINT64_MAX,
						      .segments = UINT64_MAX,
						      .bytes = UINT64_MAX,
						      .ifindex = UINT32_MAX,
						      .direction = SKEP_DIRECTION_INGRESS,
						      .interface = longest_name };
	record.others = others;
	for (i = 0; i <= ARRAY_SIZE(others); i++) {
		size_t size = SKEP_FLOW_JSON_SIZE + i * SKEP_FLOW_JSON_POINT_SIZE;
		_cleanup_free_ char *buf = malloc(size);

		assert_non_null(buf);
		record.other_count = i;
		check_int(skep_flow_record_json(&record, &evening, buf, size) > 0, 1,
			  "%zu other points in %zu bytes", i, size);
	}
}

/* The proof that the longest record is the longest: none of many is longer. */
static void record_json__no_record_is_longer_than_the_longest(void **state)
{
	struct skep_flow_record record = longest_record();
	struct check_random random = { 4 };
	char buf[2 * SKEP_FLOW_JSON_SIZE], name[16];
	int longest = skep_flow_record_json(&record, &evening, buf, sizeof(buf)), len, i;
	static const uint8_t protocols[] = { IPPROTO_TCP,  IPPROTO_UDP,    IPPROTO_SCTP,
					     IPPROTO_ICMP, IPPROTO_ICMPV6, 255 };
	size_t k;

	(void)state;
	for (i = 0; i < 20000; i++) {
		unsigned char *bytes = (unsigned char *)&record.entry;

		for (k = 0; k < sizeof(record.entry); k++)
			bytes[k] = (unsigned char)check_random_next(&random);
		for (k = 0; k < sizeof(name) - 1; k++)
			name[k] = (char)(1 + check_random_below(&random, 255));
		name[sizeof(name) - 1] = '\0';
		record.interface = name;
		record.entry.id.protocol =
			protocols[check_random_below(&random, ARRAY_SIZE(protocols))];
		record.entry.id.ethertype = i % 2 ? 0x0800 : 0x86dd;
		len = skep_flow_record_json(&record, &evening, buf, sizeof(buf));
		check_int(len > 0 && len <= longest, 1, "%d bytes, at most %d: %s", len, longest,
			  buf);
	}
}

static const struct skep_flow_ledger ledger = {
	.seen = { 100, 10000 },
	.map = { 70, 7000 },
	.ring = { 20, 2000 },
	.lost = { 7, 700 },
	.skipped = { 3, 300 },
	.epochs = 12,
};

static const char ledger_text[] =
	"{\"type\":\"ledger\",\"seen_packets\":100,\"seen_bytes\":10000,\"map_packets\":70,"
	"\"map_bytes\":7000,\"ring_packets\":20,\"ring_bytes\":2000,\"lost_packets\":7,"
	"\"lost_bytes\":700,\"skipped_packets\":3,\"skipped_bytes\":300,\"balanced\":true}";

static void ledger_json__tells_all_ways(void **state)
{
	(void)state;
	check_every_size(write_ledger, &ledger, ledger_text);
}

static void ledger_json__says_when_it_does_not_balance(void **state)
{
	struct skep_flow_ledger l = ledger;
	char buf[SKEP_FLOW_JSON_SIZE];

	(void)state;
	l.lost.bytes++;
	check_int(skep_flow_ledger_json(&l, buf, sizeof(buf)) > 0, 1, "fits");
	check_int(strstr(buf, "\"balanced\":false}") != NULL, 1, "%s", buf);
}

static void ledger_json__size_suffices_for_the_longest(void **state)
{
	struct skep_flow_ledger l;
	char buf[SKEP_FLOW_JSON_SIZE];

	(void)state;
	memset(&l, 0xff, sizeof(l));
	check_int(skep_flow_ledger_json(&l, buf, sizeof(buf)) > 0, 1, "fits");
}

static void ledger__balances_in_packets_bytes_and_epochs(void **state)
{
	static const size_t volumes[] = {
		offsetof(struct skep_flow_ledger, seen),    offsetof(struct skep_flow_ledger, map),
		offsetof(struct skep_flow_ledger, ring),    offsetof(struct skep_flow_ledger, lost),
		offsetof(struct skep_flow_ledger, skipped),
	};
	struct skep_flow_ledger l = ledger;
	size_t i;

	(void)state;
	check_int(skep_flow_ledger_balanced(&l), 1, "as it is");
	for (i = 0; i < ARRAY_SIZE(volumes); i++) {
		struct skep_flow_volume *volume =
			(struct skep_flow_volume *)((char *)&l + volumes[i]);

		volume->packets++;
		check_int(skep_flow_ledger_balanced(&l), 0, "a packet more, volume %zu", i);
		volume->packets--;
		volume->bytes--;
		check_int(skep_flow_ledger_balanced(&l), 0, "a byte less, volume %zu", i);
		volume->bytes++;
	}
	l.unbalanced_epochs = 1;
	check_int(skep_flow_ledger_balanced(&l), 0, "an epoch that did not balance");
	l = (struct skep_flow_ledger){ 0 };
	check_int(skep_flow_ledger_balanced(&l), 1, "empty");
}

static void addr_text__reads_as_the_kind_of_flow_has_it(void **state)
{
	static const struct {
		struct skep_flow_id id;
		const char *src, *dst;
	} ids[] = {
		{ { IP4 }, "192.0.2.1", "203.0.113.255" },
		{ { IP6 }, "2001:db8::1", "fe80::abcd:0:0:1234" },
		{ { .ethertype = 0x86dd, .src_addr = { [10] = 0xff, 0xff, 10, 1, 2, 3 } },
		  "::ffff:10.1.2.3",
		  "::" },
		{ { .ethertype = 0x0806,
		    .flags = SKEP_FLOW_ID_LINK,
		    .src_addr = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff },
		    .dst_addr = { 0x0a, 0xb0, 0x1c, 0xd2, 0x3e, 0xf4 } },
		  "ff:ff:ff:ff:ff:ff",
		  "0a:b0:1c:d2:3e:f4" },
		{ { .ethertype = 0x0800, .flags = SKEP_FLOW_ID_LINK }, /* malformed IPv4 */
		  "00:00:00:00:00:00",
		  "00:00:00:00:00:00" },
	};
	char buf[48];
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(ids); i++) {
		check_text(skep_flow_addr_text(&ids[i].id, 0, buf), ids[i].src, "source %zu", i);
		check_text(skep_flow_addr_text(&ids[i].id, 1, buf), ids[i].dst, "dest. %zu", i);
		check_text(buf, ids[i].dst, "in the buffer, too");
	}
}

static void clock__takes_both_clocks_at_once(void **state)
{
	struct timespec before, after;
	struct skep_flow_clock clock;

	(void)state;
	clock_gettime(CLOCK_MONOTONIC, &before);
	skep_flow_clock_now(&clock);
	clock_gettime(CLOCK_MONOTONIC, &after);
	check_int(clock.monotonic_ns >= (uint64_t)before.tv_sec * SEC + (uint64_t)before.tv_nsec &&
			  clock.monotonic_ns <=
				  (uint64_t)after.tv_sec * SEC + (uint64_t)after.tv_nsec,
		  1, "%" PRIu64 " ns lies between before and after", clock.monotonic_ns);
	check_int(clock.realtime_ns > 1700000000 * SEC, 1, "%" PRIu64 " ns is after 2023",
		  clock.realtime_ns);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(record_json__has_the_fields_that_apply),
		cmocka_unit_test(record_json__lists_other_points),
		cmocka_unit_test(record_json__tells_times_of_either_side_of_the_clock),
		cmocka_unit_test(record_json__says_at_every_size_whether_it_fits),
		cmocka_unit_test(record_json__size_suffices_for_the_longest_record),
		cmocka_unit_test(record_json__size_suffices_for_many_other_points),
		cmocka_unit_test(record_json__no_record_is_longer_than_the_longest),
		cmocka_unit_test(ledger_json__tells_all_ways),
		cmocka_unit_test(ledger_json__says_when_it_does_not_balance),
		cmocka_unit_test(ledger_json__size_suffices_for_the_longest),
		cmocka_unit_test(ledger__balances_in_packets_bytes_and_epochs),
		cmocka_unit_test(addr_text__reads_as_the_kind_of_flow_has_it),
		cmocka_unit_test(clock__takes_both_clocks_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
