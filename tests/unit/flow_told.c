/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "flow_told.h"

#include <string.h>

#include <skep/error.h>

#include "check.h"

int told_take(const struct skep_flow_record *record, void *userdata)
{
	struct told *told = userdata;
	size_t i = told->count;

	if (i + 1 == told->refuse_at)
		return TOLD_ENOUGH;
	assert_true(i < TOLD_MAX && record->other_count <= TOLD_MAX_OTHERS);
	told->flows[i].record = *record;
	if (record->other_count)
		memcpy(told->flows[i].others, record->others,
		       record->other_count * sizeof(*record->others));
	told->flows[i].record.others = told->flows[i].others;
	told->count++;
	return 0;
}

struct told *told_report(struct skep_flow_table *t)
{
	static struct told told;

	told.count = 0;
	check_int(skep_flow_table_report(t, told_take, &told), 0, "report");
	return &told;
}

const struct skep_flow_record *told_report_one(struct skep_flow_table *t)
{
	struct told *told = told_report(t);

	check_u64(told->count, 1, "flows told");
	return &told->flows[0].record;
}

struct skep_flow_table *told_table(uint64_t max_points)
{
	struct skep_flow_table_opts opts = { .sz = sizeof(opts), .max_points = max_points };
	struct skep_flow_table *t = NULL;
	struct skep_error err = { 0 };
	int r = skep_flow_table_new(&opts, &t, &err);

	check_int(r, 0, "table: %s", err.msg);
	return t;
}

struct skep_flow_id told_id(unsigned flow)
{
	return (struct skep_flow_id){
		.ethertype = 0x0800,
		.protocol = 17,
		.src_addr = { 10, 0, (uint8_t)(flow >> 8), (uint8_t)flow },
		.dst_addr = { 10, 1, 1, 1 },
		.dst_port = 53,
	};
}

unsigned told_flow(const struct skep_flow_id *id)
{
	return (unsigned)id->src_addr[2] << 8 | id->src_addr[3];
}

struct skep_flow_entry told_entry(unsigned flow, uint32_t ifindex, uint64_t packets,
				  uint64_t first_ns)
{
	return (struct skep_flow_entry){
		.id = told_id(flow),
		.ifindex = ifindex,
		.direction = SKEP_DIRECTION_INGRESS,
		.packets = packets,
		.segments = 2 * packets,
		.bytes = 100 * packets,
		.first_ns = first_ns,
		.last_ns = first_ns + 5,
	};
}

void told_add(struct skep_flow_table *t, unsigned flow, uint32_t ifindex, uint64_t packets,
	      uint64_t first_ns)
{
	struct skep_flow_entry e = told_entry(flow, ifindex, packets, first_ns);

	check_int(skep_flow_table_add(t, &e), 0, "add flow %u at interface %u", flow, ifindex);
}
