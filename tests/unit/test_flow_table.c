/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "check.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include <skep/error.h>

#include "flow_told.h"

static void table__tells_what_was_added_since_the_previous_report(void **state)
{
	_cleanup_(skep_flow_table_freep) struct skep_flow_table *t = told_table(8);
	const struct skep_flow_record *r;
	struct skep_flow_id id = told_id(1);

	(void)state;
	told_add(t, 1, 1, 3, 1000);
	told_add(t, 1, 1, 4, 2000);
	r = told_report_one(t);
	check_u64(r->entry.packets, 7, "packets");
	check_u64(r->entry.segments, 14, "segments");
	check_u64(r->entry.bytes, 700, "bytes");
	check_u64(r->entry.first_ns, 1000, "first");
	check_u64(r->entry.last_ns, 2005, "last");
	check_u64(r->total_packets, 7, "packets in all");

	check_u64(told_report(t)->count, 0, "flows that gained nothing");

	told_add(t, 1, 1, 5, 3000);
	r = told_report_one(t);
	check_u64(r->entry.packets, 5, "packets");
	check_u64(r->entry.first_ns, 3000, "first");
	check_u64(r->entry.last_ns, 3005, "last");
	check_u64(r->total_packets, 12, "packets in all");
	check_u64(r->total_segments, 24, "segments in all");
	check_u64(r->total_bytes, 1200, "bytes in all");
	assert_memory_equal(&r->entry.id, &id, sizeof(id));
}

/* One bit of difference in any byte makes another flow. */
static void table__tells_flows_apart_by_every_byte_of_the_id(void **state)
{
	_cleanup_(skep_flow_table_freep) struct skep_flow_table *t = told_table(64);
	struct skep_flow_entry e;
	size_t i;

	(void)state;
	told_add(t, 1, 1, 1, 1000);
	for (i = 0; i < sizeof(e.id); i++) {
		e = told_entry(1, 1, 1, 1000);
		((unsigned char *)&e.id)[i] ^= 0x80;
		check_int(skep_flow_table_add(t, &e), 0, "add");
		check_u64(skep_flow_table_flow_count(t), 2 + i, "flows after byte %zu", i);
	}
}

static void table__joins_interfaces_and_directions_of_a_flow(void **state)
{
	_cleanup_(skep_flow_table_freep) struct skep_flow_table *t = told_table(8);
	struct skep_flow_entry e = told_entry(1, 1, 2, 1001);
	const struct skep_flow_record *r;

	(void)state;
	told_add(t, 1, 1, 1, 1000);
	e.direction = SKEP_DIRECTION_EGRESS;
	check_int(skep_flow_table_add(t, &e), 0, "add the other direction");
	check_u64(skep_flow_table_flow_count(t), 1, "flows");
	check_u64(skep_flow_table_point_count(t), 2, "points");
	r = told_report_one(t);
	check_u64(r->entry.direction, SKEP_DIRECTION_INGRESS, "direction");
	check_u64(r->entry.packets, 1, "packets");
	check_u64(r->other_count, 1, "other points");
	check_u64(r->others[0].ifindex, 1, "interface of the other point");
	check_u64(r->others[0].direction, SKEP_DIRECTION_EGRESS, "direction of the other point");
	check_u64(r->others[0].packets, 2, "packets of the other point");
	check_u64(r->others[0].segments, 4, "segments of the other point");
	check_u64(r->others[0].bytes, 200, "bytes of the other point");
}

/* Whatever the order in which three points are added: the one that saw the flow first is the canonical one. */
static void table__elects_the_point_that_saw_the_flow_first(void **state)
{
	static const uint32_t orders[][3] = { { 1, 2, 3 }, { 1, 3, 2 }, { 2, 1, 3 },
					      { 2, 3, 1 }, { 3, 1, 2 }, { 3, 2, 1 } };
	size_t i, k;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(orders); i++) {
		_cleanup_(skep_flow_table_freep) struct skep_flow_table *t = told_table(8);
		const struct skep_flow_record *r;

		for (k = 0; k < 3; k++)
			told_add(t, 1, orders[i][k], 1, 1000 + orders[i][k]);
		r = told_report_one(t);
		check_u64(r->entry.ifindex, 1, "canonical point, order %zu", i);
		check_u64(r->entry.first_ns, 1001, "first time, order %zu", i);
		check_u64(r->other_count, 2, "other points, order %zu", i);
	}
}

/* Entries of one epoch come in no order of time: a packet that came through the ring may be older than the map's. */
static void table__elects_a_point_whose_first_packet_is_told_late(void **state)
{
	_cleanup_(skep_flow_table_freep) struct skep_flow_table *t = told_table(8);
	const struct skep_flow_record *r;

	(void)state;
	told_add(t, 1, 4, 1, 1500);
	told_add(t, 1, 2, 1, 1000);
	told_add(t, 1, 1, 1, 2000);
	told_add(t, 1, 3, 1, 3000);
	told_add(t, 1, 1, 1, 500);
	r = told_report_one(t);
	check_u64(r->entry.ifindex, 1, "canonical point");
	check_u64(r->entry.packets, 2, "packets");
	check_u64(r->other_count, 3, "other points");
}

static void table__keeps_canonical_point_sticky_once_told(void **state)
{
	_cleanup_(skep_flow_table_freep) struct skep_flow_table *t = told_table(8);
	const struct skep_flow_record *r;

	(void)state;
	told_add(t, 1, 2, 1, 2000);
	check_u64(told_report_one(t)->entry.ifindex, 2, "canonical point");
	told_add(t, 1, 1, 1, 1000); /* saw it before, but was told of too late */
	r = told_report_one(t);
	check_u64(r->entry.ifindex, 2, "canonical point");
	check_u64(r->entry.packets, 0, "packets there");
	check_u64(r->other_count, 1, "other points");
	check_u64(r->others[0].ifindex, 1, "the other point");
}

static void table__elects_anew_after_clear(void **state)
{
	_cleanup_(skep_flow_table_freep) struct skep_flow_table *t = told_table(8);

	(void)state;
	told_add(t, 1, 2, 1, 2000);
	told_report(t);
	skep_flow_table_clear(t);
	told_add(t, 1, 2, 1, 2000);
	told_add(t, 1, 1, 1, 1000);
	check_u64(told_report_one(t)->entry.ifindex, 1, "canonical point");
}

static void table__lists_other_points_only_when_they_gained(void **state)
{
	_cleanup_(skep_flow_table_freep) struct skep_flow_table *t = told_table(8);
	const struct skep_flow_record *r;

	(void)state;
	told_add(t, 1, 1, 1, 1000);
	told_add(t, 1, 2, 1, 1001);
	told_add(t, 1, 3, 1, 1002);
	check_u64(told_report_one(t)->other_count, 2, "all points gained");
	told_add(t, 1, 1, 1, 2000);
	check_u64(told_report_one(t)->other_count, 0, "the canonical point gained");
	told_add(t, 1, 1, 1, 3000);
	told_add(t, 1, 3, 9, 3000);
	r = told_report_one(t);
	check_u64(r->other_count, 1, "the canonical and another gained");
	check_u64(r->others[0].ifindex, 3, "the other");
	check_u64(r->others[0].packets, 9, "packets of the other");
}

static void table__tells_times_of_other_points_when_the_canonical_gained_nothing(void **state)
{
	_cleanup_(skep_flow_table_freep) struct skep_flow_table *t = told_table(8);
	const struct skep_flow_record *r;

	(void)state;
	told_add(t, 1, 1, 1, 1000);
	told_report(t);
	told_add(t, 1, 2, 1, 2010);
	told_add(t, 1, 3, 1, 2000);
	r = told_report_one(t);
	check_u64(r->entry.ifindex, 1, "canonical point");
	check_u64(r->entry.packets, 0, "packets");
	check_u64(r->entry.first_ns, 2000, "first");
	check_u64(r->entry.last_ns, 2015, "last");
	check_u64(r->total_packets, 1, "packets in all");
}

static void table__keeps_first_macs_last_dscp_and_all_flags(void **state)
{
	_cleanup_(skep_flow_table_freep) struct skep_flow_table *t = told_table(8);
	struct skep_flow_entry first = told_entry(1, 1, 1, 1000), later = told_entry(1, 1, 1, 2000);
	const struct skep_flow_record *r;

	(void)state;
	first.has_mac = later.has_mac = 1;
	memset(first.src_mac, 1, 6);
	memset(first.dst_mac, 2, 6);
	memset(later.src_mac, 3, 6);
	memset(later.dst_mac, 4, 6);
	first.tcp_flags = 0x02;
	later.tcp_flags = 0x11;
	first.dscp = 10;
	later.dscp = 46;
	check_int(skep_flow_table_add(t, &first), 0, "add");
	check_int(skep_flow_table_add(t, &later), 0, "add");
	r = told_report_one(t);
	check_u64(r->entry.has_mac, 1, "has MACs");
	assert_memory_equal(r->entry.src_mac, first.src_mac, 6);
	assert_memory_equal(r->entry.dst_mac, first.dst_mac, 6);
	check_u64(r->entry.tcp_flags, 0x13, "flags");
	check_u64(r->entry.dscp, 46, "dscp");

	later.tcp_flags = 0x10;
	check_int(skep_flow_table_add(t, &later), 0, "add");
	r = told_report_one(t);
	check_u64(r->entry.tcp_flags, 0x10, "flags since the previous report");
	assert_memory_equal(r->entry.src_mac, first.src_mac, 6);
}

static const char *name_of(uint32_t ifindex, void *userdata)
{
	const char *const *names = userdata;

	return ifindex < 3 ? names[ifindex] : NULL;
}

static void table__names_interfaces_by_callback(void **state)
{
	static const char *names[] = { "none", "lo", "eth0" };
	struct skep_flow_table_opts opts = {
		.sz = sizeof(opts), .max_points = 8, .interface_fn = name_of, .userdata = names
	};
	_cleanup_(skep_flow_table_freep) struct skep_flow_table *t = NULL;
	const struct skep_flow_record *r;

	(void)state;
	check_int(skep_flow_table_new(&opts, &t, NULL), 0, "table");
	told_add(t, 1, 2, 1, 1000);
	told_add(t, 1, 1, 1, 1001);
	r = told_report_one(t);
	check_text(r->interface, "eth0", "canonical point");
	check_text(r->others[0].interface, "lo", "other point");
	told_add(t, 2, 9, 1, 1000);
	check_text(told_report_one(t)->interface, "", "unknown");
}

static void table__refuses_points_when_full_and_loses_nothing(void **state)
{
	_cleanup_(skep_flow_table_freep) struct skep_flow_table *t = told_table(3);
	struct skep_flow_entry flow = told_entry(3, 1, 100, 1000), point = told_entry(1, 3, 100, 1);
	struct told *told;
	uint64_t packets = 0;
	size_t i, k;

	(void)state;
	told_add(t, 1, 1, 1, 1000);
	told_add(t, 1, 2, 2, 1001);
	told_add(t, 2, 1, 4, 1002);
	for (i = 0; i < 3; i++) {
		check_int(skep_flow_table_add(t, &flow), -ENOSPC, "another flow");
		check_int(skep_flow_table_add(t, &point), -ENOSPC, "another point");
	}
	told_add(t, 1, 2, 8, 1003); /* those that it has may gain */
	told_add(t, 2, 1, 16, 1003);
	check_u64(skep_flow_table_flow_count(t), 2, "flows");
	check_u64(skep_flow_table_point_count(t), 3, "points");

	told = told_report(t);
	check_u64(told->count, 2, "flows told");
	for (i = 0; i < told->count; i++) {
		const struct skep_flow_record *r = &told->flows[i].record;

		packets += r->entry.packets;
		for (k = 0; k < r->other_count; k++)
			packets += r->others[k].packets;
	}
	check_u64(packets, 31, "packets told");
	skep_flow_table_clear(t);
	check_int(skep_flow_table_add(t, &flow), 0, "another flow after clear");
	check_int(skep_flow_table_add(t, &point), 0, "another point after clear");
}

static void table__clear_forgets_everything(void **state)
{
	_cleanup_(skep_flow_table_freep) struct skep_flow_table *t = told_table(8);
	const struct skep_flow_record *r;
	struct told told = { 0 };

	(void)state;
	told_add(t, 1, 1, 1, 1000);
	told_add(t, 1, 2, 1, 1000);
	told_add(t, 2, 1, 1, 1000);
	told_report(t);
	told_add(t, 2, 1, 1, 2000);
	skep_flow_table_clear(t);
	check_u64(skep_flow_table_flow_count(t), 0, "flows");
	check_u64(skep_flow_table_point_count(t), 0, "points");
	check_u64(told_report(t)->count, 0, "flows told");
	check_int(skep_flow_table_top(t, SKEP_FLOW_SORT_BYTES, 10, told_take, &told), 0, "top");
	check_u64(told.count, 0, "flows in the top");
	told_add(t, 2, 1, 5, 3000);
	r = told_report_one(t);
	check_u64(r->entry.packets, 5, "packets");
	check_u64(r->total_packets, 5, "packets in all");
}

/* Ends a report at each place there is: what was told is told once, the rest by the next report. */
static void table__report_that_ends_early_leaves_the_rest(void **state)
{
	enum {
		FLOWS = 7
	};
	size_t refuse_at;

	(void)state;
	for (refuse_at = 1; refuse_at <= FLOWS; refuse_at++) {
		_cleanup_(skep_flow_table_freep) struct skep_flow_table *t = told_table(32);
		unsigned times[FLOWS] = { 0 }, flow;
		struct told first = { .refuse_at = refuse_at }, *rest;
		size_t i;

		for (flow = 0; flow < FLOWS; flow++) {
			told_add(t, flow, 1, 1 + flow, 1000);
			told_add(t, flow, 2, 1, 1001);
		}
		check_int(skep_flow_table_report(t, told_take, &first), TOLD_ENOUGH, "at %zu",
			  refuse_at);
		check_u64(first.count, refuse_at - 1, "told before the end");
		told_add(t, 3, 1, 100,
			 2000); /* told already or not, what comes on top is told later */
		rest = told_report(t);
		for (i = 0; i < first.count; i++)
			times[told_flow(&first.flows[i].record.entry.id)] +=
				(unsigned)first.flows[i].record.entry.packets;
		for (i = 0; i < rest->count; i++)
			times[told_flow(&rest->flows[i].record.entry.id)] +=
				(unsigned)rest->flows[i].record.entry.packets;
		for (flow = 0; flow < FLOWS; flow++)
			check_u64(times[flow], 1 + flow + (flow == 3 ? 100 : 0),
				  "packets of flow %u, end at %zu", flow, refuse_at);
		check_u64(told_report(t)->count, 0, "flows that gained nothing");
	}
}

/* A flow at which the report ended has not been told: its canonical point is still open. */
static void table__report_that_ends_at_once_elects_on(void **state)
{
	_cleanup_(skep_flow_table_freep) struct skep_flow_table *t = told_table(8);
	struct told told = { .refuse_at = 1 };
	const struct skep_flow_record *r;

	(void)state;
	told_add(t, 1, 2, 1, 2000);
	check_int(skep_flow_table_report(t, told_take, &told), TOLD_ENOUGH, "report");
	check_u64(told.count, 0, "flows told");
	told_add(t, 1, 1, 1, 1000);
	r = told_report_one(t);
	check_u64(r->entry.ifindex, 1, "canonical point");
	check_u64(r->other_count, 1, "other points");
	check_u64(r->others[0].packets, 1, "packets of the other point");
}

static void table__report_without_callback_begins_anew(void **state)
{
	_cleanup_(skep_flow_table_freep) struct skep_flow_table *t = told_table(8);
	const struct skep_flow_record *r;

	(void)state;
	told_add(t, 1, 1, 5, 1000);
	check_int(skep_flow_table_report(t, NULL, NULL), 0, "report");
	check_u64(told_report(t)->count, 0, "flows left");
	told_add(t, 1, 1, 2, 2000);
	r = told_report_one(t);
	check_u64(r->entry.packets, 2, "packets");
	check_u64(r->total_packets, 7, "packets in all");
}

static void table__refuses_bad_options(void **state)
{
	struct {
		struct skep_flow_table_opts opts;
		uint64_t unknown;
	} newer = { .opts = { .sz = sizeof(newer) }, .unknown = 1 };
	struct skep_flow_table_opts big = { .sz = sizeof(big), .max_points = (1ull << 31) + 1 };
	struct skep_flow_table *t = NULL;
	struct skep_error err = { 0 };

	(void)state;
	check_int(skep_flow_table_new(&newer.opts, &t, &err), -E2BIG, "newer options");
	check_u64(err.kind, SKEP_ERR_INVALID, "kind");
	check_int(skep_flow_table_new(&big, &t, &err), -EINVAL, "too many points");
	check_u64(err.kind, SKEP_ERR_INVALID, "kind");
	assert_null(t);
	assert_null(skep_flow_table_free(NULL));
}

static void table__default_size_is_what_the_header_says(void **state)
{
	_cleanup_(skep_flow_table_freep) struct skep_flow_table *t = NULL;
	_cleanup_(skep_flow_table_freep) struct skep_flow_table *same = told_table(262144);

	(void)state;
	check_int(skep_flow_table_new(NULL, &t, NULL), 0, "table");
	check_u64(skep_flow_table_memory_bytes(t), skep_flow_table_memory_bytes(same), "memory");
	check_int(skep_flow_table_memory_bytes(t) > 262144 * sizeof(struct skep_flow_id), 1,
		  "%" PRIu64 " bytes hold at least the ids", skep_flow_table_memory_bytes(t));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(table__tells_what_was_added_since_the_previous_report),
		cmocka_unit_test(table__tells_flows_apart_by_every_byte_of_the_id),
		cmocka_unit_test(table__joins_interfaces_and_directions_of_a_flow),
		cmocka_unit_test(table__elects_the_point_that_saw_the_flow_first),
		cmocka_unit_test(table__elects_a_point_whose_first_packet_is_told_late),
		cmocka_unit_test(table__keeps_canonical_point_sticky_once_told),
		cmocka_unit_test(table__elects_anew_after_clear),
		cmocka_unit_test(table__lists_other_points_only_when_they_gained),
		cmocka_unit_test(
			table__tells_times_of_other_points_when_the_canonical_gained_nothing),
		cmocka_unit_test(table__keeps_first_macs_last_dscp_and_all_flags),
		cmocka_unit_test(table__names_interfaces_by_callback),
		cmocka_unit_test(table__refuses_points_when_full_and_loses_nothing),
		cmocka_unit_test(table__clear_forgets_everything),
		cmocka_unit_test(table__report_that_ends_early_leaves_the_rest),
		cmocka_unit_test(table__report_that_ends_at_once_elects_on),
		cmocka_unit_test(table__report_without_callback_begins_anew),
		cmocka_unit_test(table__refuses_bad_options),
		cmocka_unit_test(table__default_size_is_what_the_header_says),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
