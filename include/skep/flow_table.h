/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef SKEP_FLOW_TABLE_H
#define SKEP_FLOW_TABLE_H
/*
 * The flow table: merges what the epochs deliver into flows, each told once.
 *
 * The kernel counts a flow at every point (interface and direction) by itself. The table joins the points of one
 * flow: the point that saw it first is its canonical point and stays so for as long as the flow is in the table, the
 * others are listed beside it. A report tells what was added since the previous one, so reports add up: the packets
 * of all records and of their other points are exactly what was added to the table.
 *
 * All memory is taken when the table is made, but for the list of a flow's other points: it grows to the longest that
 * was told. A full table refuses further points: report, clear, add again.
 */
#include <skep/flow_record.h>

SKEP_BEGIN

struct skep_error;
struct skep_flow_table;

/* Return: the name of an interface, or NULL; borrowed until the record callback returns. */
typedef const char *(*skep_flow_interface_fn)(uint32_t ifindex, void *userdata);

/* @record is borrowed for the call. Return: 0 to go on; anything else ends the walk and is returned. */
typedef int (*skep_flow_record_fn)(const struct skep_flow_record *record, void *userdata);

enum skep_flow_sort {
	SKEP_FLOW_SORT_BYTES = 0, /* since the flow entered the table; likewise the next two */
	SKEP_FLOW_SORT_PACKETS = 1,
	SKEP_FLOW_SORT_SEGMENTS = 2,
	SKEP_FLOW_SORT_RATE = 3,   /* bytes since the previous report */
	SKEP_FLOW_SORT_RECENT = 4, /* time of the last packet */
};

struct skep_flow_table_opts {
	size_t sz;                           /* sizeof(struct skep_flow_table_opts) */
	uint64_t max_points;                 /* flows times their points; 0: 262144 */
	skep_flow_interface_fn interface_fn; /* names for records; NULL: none */
	void *userdata;                      /* of @interface_fn */
};

/**
 * skep_flow_table_new() - an empty table
 * @opts:      NULL for defaults
 * @ret_table: owned by the caller, skep_flow_table_free()
 *
 * Return: 0; -ENOMEM; -EINVAL more than 2^31 points; -E2BIG newer @opts.
 * Source: docs/decisions/0003-flow-table.md.
 */
int skep_flow_table_new(const struct skep_flow_table_opts *opts, struct skep_flow_table **ret_table,
			struct skep_error *err);

/** skep_flow_table_free() - release a table or NULL. Return: NULL. */
struct skep_flow_table *skep_flow_table_free(struct skep_flow_table *table);

/**
 * skep_flow_table_add() - add what a flow gained at one point
 * @entry: as delivered by the agent
 *
 * Return: 0; -ENOSPC the table is full and does not have this point: nothing was added.
 * Context: allocates nothing.
 * Source: docs/decisions/0003-flow-table.md.
 */
int skep_flow_table_add(struct skep_flow_table *table, const struct skep_flow_entry *entry);

/**
 * skep_flow_table_report() - visit the flows that gained something since the previous report, and begin a new one
 * @fn, @userdata: called for each, in no particular order. NULL: only begin a new one
 *
 * A walk that @fn ends early leaves the flows not visited, and the one at which it ended, for the next report.
 *
 * Return: 0; what @fn returned; -ENOMEM no room for the other points of a flow, at which the walk ended.
 * Context: allocates when a flow has more other points than any told before; @fn must not call the table.
 * Source: docs/decisions/0003-flow-table.md.
 */
int skep_flow_table_report(struct skep_flow_table *table, skep_flow_record_fn fn, void *userdata);

/**
 * skep_flow_table_top() - visit the first flows in an order, greatest first
 * @sort:          enum skep_flow_sort
 * @max:           flows to visit at most
 * @fn, @userdata: called for each
 *
 * Return: 0; what @fn returned; -ENOMEM; -EINVAL no such order.
 * Context: changes nothing; allocates @max words, and as skep_flow_table_report(); @fn must not call the table.
 * Source: docs/decisions/0003-flow-table.md.
 */
int skep_flow_table_top(const struct skep_flow_table *table, uint32_t sort, size_t max,
			skep_flow_record_fn fn, void *userdata);

/**
 * skep_flow_table_clear() - forget all flows; what was not reported is gone
 *
 * Source: docs/decisions/0003-flow-table.md.
 */
void skep_flow_table_clear(struct skep_flow_table *table);

/** skep_flow_table_flow_count() - Return: flows in the table. */
uint64_t skep_flow_table_flow_count(const struct skep_flow_table *table);

/** skep_flow_table_point_count() - Return: points in the table; it is full at max_points. */
uint64_t skep_flow_table_point_count(const struct skep_flow_table *table);

/** skep_flow_table_memory_bytes() - Return: bytes of memory of a table that has been full. */
uint64_t skep_flow_table_memory_bytes(const struct skep_flow_table *table);

SKEP_DEFINE_CLEANUP(struct skep_flow_table, skep_flow_table_free) /* skep_flow_table_freep() */
SKEP_END
#endif
