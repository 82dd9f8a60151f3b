/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef CLI_SCREEN_H
#define CLI_SCREEN_H
/*
 * The table of skep flows: on a terminal it is redrawn in place, elsewhere it is printed anew with each report.
 */
#include <stdint.h>

#include <skep/flow_table.h>

struct screen {
	int live;   /* a terminal: redraw in place */
	int colour; /* NO_COLOR is not set */
	uint64_t top;
	uint32_t sort; /* enum skep_flow_sort */
};

/* What the status line tells. */
struct screen_status {
	uint64_t interfaces;
	uint64_t since_start_ns;
	uint64_t since_report_ns;
	struct skep_flow_ledger ledger;
	struct skep_flow_ledger before; /* at the previous report */
};

/* What the terminal and the environment allow. */
void screen_init(struct screen *screen, uint64_t top, uint32_t sort);

/* Draws one report. Return: 0; a negative errno. */
int screen_draw(const struct screen *screen, const struct skep_flow_table *table,
		const struct screen_status *status);

/*
 * The last words: what was seen, and whether it balances. @counted_again: the table was full at times, and a flow that
 * came again after that is in @flows again.
 */
void screen_summary(const struct screen_status *status, uint64_t flows, int counted_again);

#endif
