/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef UNIT_FLOW_TOLD_H
#define UNIT_FLOW_TOLD_H
/*
 * Flow tables to test, entries to put into them, and what they tell. Everything that has to go well fails the test
 * that called if it does not.
 */
#include <skep/flow_table.h>

#define TOLD_MAX 64
#define TOLD_MAX_OTHERS 8
#define TOLD_ENOUGH 77 /* what the callback returns when it wants no more */

/* What a report or a top has told, in its order. */
struct told {
	size_t count;
	size_t refuse_at; /* wants no more before this one, counted from 1; 0: takes all */
	struct {
		struct skep_flow_record record;
		struct skep_flow_point others[TOLD_MAX_OTHERS];
	} flows[TOLD_MAX];
};

/* A skep_flow_record_fn; @userdata is a struct told. */
int told_take(const struct skep_flow_record *record, void *userdata);

/* The whole report; good until the next call. */
struct told *told_report(struct skep_flow_table *t);

/* The only flow of a report. */
const struct skep_flow_record *told_report_one(struct skep_flow_table *t);

struct skep_flow_table *told_table(uint64_t max_points);

/* UDP from 10.0.x.y, which is the number of the flow. */
struct skep_flow_id told_id(unsigned flow);
unsigned told_flow(const struct skep_flow_id *id);

/* @packets packets of twice as many segments and a hundred times as many bytes, in five nanoseconds. */
struct skep_flow_entry told_entry(unsigned flow, uint32_t ifindex, uint64_t packets,
				  uint64_t first_ns);

/* Adds such an entry. */
void told_add(struct skep_flow_table *t, unsigned flow, uint32_t ifindex, uint64_t packets,
	      uint64_t first_ns);

#endif
