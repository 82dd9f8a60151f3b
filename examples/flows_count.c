/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * Counts the packets of each flow of this host until Enter is pressed, then tells them: a line for each flow and each
 * point (interface and direction) that it passed.
 *
 *	$ sudo ./flows_count
 *	counting until you press Enter
 *	10.0.0.1 > 10.0.0.2: 100 packets
 */
#include <inttypes.h>
#include <stdio.h>

#include <skep/error.h>
#include <skep/flow.h>

static int tell(const struct skep_flow_entry *flow, void *to)
{
	char src[48], dst[48];

	fprintf(to, "%s > %s: %" PRIu64 " packets\n", skep_flow_addr_text(&flow->id, 0, src),
		skep_flow_addr_text(&flow->id, 1, dst), flow->packets);
	return 0;
}

int main(void)
{
	struct skep_flow_agent_opts o = { .sz = sizeof(o), .entry_fn = tell, .userdata = stdout };
	_cleanup_(skep_flow_agent_closep) struct skep_flow_agent *agent = NULL;
	struct skep_error err;

	if (skep_flow_agent_open(&o, &agent, &err) < 0 ||
	    skep_flow_agent_watch(agent, NULL, &err) < 0) { /* every interface that is up */
		fprintf(stderr, "%s\n", err.msg);
		return 1;
	}
	fputs("counting until you press Enter\n", stderr);
	getchar();
	return skep_flow_agent_stop(agent, &err) < 0; /* detach, drain, deliver */
}
