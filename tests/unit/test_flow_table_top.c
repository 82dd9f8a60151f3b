/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "check.h"

#include <errno.h>

#include "flow_told.h"

/* Random flows: all gain something in a first report, every second one since. What is small repeats: there are ties. */
static void add_random(struct skep_flow_table *t, size_t flows)
{
	struct check_random random = { 5 };
	unsigned flow, round;

	for (round = 0; round < 2; round++) {
		for (flow = 0; flow < flows; flow++) {
			struct skep_flow_entry e = told_entry(flow, 1, 1, 1000 * (round + 1));

			if (round && flow % 2)
				continue;
			e.packets = 1 + check_random_below(&random, 20);
			e.segments = check_random_below(&random, 30);
			e.bytes = check_random_below(&random, round ? 20 : UINT64_MAX >> 8);
			e.last_ns += check_random_below(&random, 900);
			check_int(skep_flow_table_add(t, &e), 0, "add");
		}
		if (!round)
			check_int(skep_flow_table_report(t, NULL, NULL), 0, "report");
	}
}

static uint64_t key_of(const struct skep_flow_record *r, uint32_t sort)
{
	const uint64_t keys[] = { r->total_bytes, r->total_packets, r->total_segments,
				  r->entry.bytes, r->entry.last_ns };

	return keys[sort];
}

static int descending(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? 1 : x > y ? -1 : 0;
}

/* The keys of all flows of the table, sorted without its help. */
static size_t sorted_keys(const struct skep_flow_table *t, uint32_t sort, uint64_t *ret_keys)
{
	static struct told all;
	size_t i;

	all.count = 0;
	/* which order they come in does not matter here: all of them come */
	check_int(skep_flow_table_top(t, SKEP_FLOW_SORT_BYTES, TOLD_MAX, told_take, &all), 0,
		  "all");
	for (i = 0; i < all.count; i++)
		ret_keys[i] = key_of(&all.flows[i].record, sort);
	qsort(ret_keys, all.count, sizeof(*ret_keys), descending);
	return all.count;
}

static void table__top_sorts_in_every_order(void **state)
{
	static const size_t maxima[] = { 1, 2, 3, 10, 57, 58, 1000 };
	enum {
		FLOWS = 57
	};
	_cleanup_(skep_flow_table_freep) struct skep_flow_table *t = told_table(TOLD_MAX);
	uint64_t keys[TOLD_MAX];
	uint32_t sort;
	size_t m, i;

	(void)state;
	add_random(t, FLOWS);
	for (sort = SKEP_FLOW_SORT_BYTES; sort <= SKEP_FLOW_SORT_RECENT; sort++) {
		check_u64(sorted_keys(t, sort, keys), FLOWS, "flows, order %u", sort);
		for (m = 0; m < ARRAY_SIZE(maxima); m++) {
			struct told top = { 0 };
			unsigned seen[FLOWS] = { 0 };

			check_int(skep_flow_table_top(t, sort, maxima[m], told_take, &top), 0,
				  "top");
			check_u64(top.count, maxima[m] < FLOWS ? maxima[m] : FLOWS, "top %zu",
				  maxima[m]);
			for (i = 0; i < top.count; i++) {
				const struct skep_flow_record *r = &top.flows[i].record;

				check_u64(key_of(r, sort), keys[i], "place %zu of %zu, order %u", i,
					  maxima[m], sort);
				check_u64(seen[told_flow(&r->entry.id)]++, 0, "seen before");
			}
		}
	}
}

static void table__top_changes_nothing(void **state)
{
	_cleanup_(skep_flow_table_freep) struct skep_flow_table *t = told_table(8);
	const struct skep_flow_record *r;
	struct told top = { 0 };

	(void)state;
	told_add(t, 1, 2, 1, 2000);
	check_int(skep_flow_table_top(t, SKEP_FLOW_SORT_RATE, 1, told_take, &top), 0, "top");
	check_u64(top.flows[0].record.entry.packets, 1, "packets in the top");
	told_add(t, 1, 1, 2, 1000); /* not told yet by a report: the election is open */
	top.count = 0;
	check_int(skep_flow_table_top(t, SKEP_FLOW_SORT_RATE, 1, told_take, &top), 0, "top");
	r = told_report_one(t);
	check_u64(r->entry.ifindex, 1, "canonical point");
	check_u64(r->entry.packets, 2, "packets");
	check_u64(r->other_count, 1, "other points");
	check_u64(top.flows[0].record.entry.packets, 2, "packets in the top");
	check_u64(top.flows[0].record.other_count, 1, "other points in the top");
}

static void table__top_tells_of_flows_that_gained_nothing_when_they_were_seen(void **state)
{
	_cleanup_(skep_flow_table_freep) struct skep_flow_table *t = told_table(8);
	struct told top = { 0 };

	(void)state;
	told_add(t, 1, 1, 1, 1000);
	told_report(t);
	check_int(skep_flow_table_top(t, SKEP_FLOW_SORT_RECENT, 1, told_take, &top), 0, "top");
	check_u64(top.flows[0].record.entry.packets, 0, "packets");
	check_u64(top.flows[0].record.entry.last_ns, 1005, "last");
	check_u64(top.flows[0].record.total_packets, 1, "packets in all");
}

static void table__top_can_end_early(void **state)
{
	_cleanup_(skep_flow_table_freep) struct skep_flow_table *t = told_table(8);
	struct told top = { .refuse_at = 2 };
	unsigned flow;

	(void)state;
	for (flow = 0; flow < 5; flow++)
		told_add(t, flow, 1, 1, 1000);
	check_int(skep_flow_table_top(t, SKEP_FLOW_SORT_BYTES, 5, told_take, &top), TOLD_ENOUGH,
		  "top");
	check_u64(top.count, 1, "flows before the end");
}

static void table__top_refuses_orders_that_are_none(void **state)
{
	_cleanup_(skep_flow_table_freep) struct skep_flow_table *t = told_table(8);
	struct told top = { 0 };

	(void)state;
	told_add(t, 1, 1, 1, 1000);
	check_int(skep_flow_table_top(t, SKEP_FLOW_SORT_RECENT + 1, 5, told_take, &top), -EINVAL,
		  "one too many");
	check_int(skep_flow_table_top(t, UINT32_MAX, 5, told_take, &top), -EINVAL,
		  "greatest number");
	check_int(skep_flow_table_top(t, SKEP_FLOW_SORT_BYTES, 0, told_take, &top), 0, "top 0");
	check_u64(top.count, 0, "flows told");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(table__top_sorts_in_every_order),
		cmocka_unit_test(table__top_changes_nothing),
		cmocka_unit_test(table__top_tells_of_flows_that_gained_nothing_when_they_were_seen),
		cmocka_unit_test(table__top_can_end_early),
		cmocka_unit_test(table__top_refuses_orders_that_are_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
