/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * A whole life of a flow agent, by clsact filters and by TCX: it ends well or with an error in words, and no fd, memory,
 * filter or qdisc is left behind.
 */
#include <errno.h>
#include <stdint.h>
#include <string.h>

#include <skep/flow.h>

#include "base/cleanup.h"
#include "lab/link.h"
#include "lab/tc.h"

#include "operation.h"

struct life {
	uint64_t attach;
	uint32_t ifindex; /* of v1, attached by index; v0 is watched by name */
};

static int ignore_entry(const struct skep_flow_entry *entry, void *userdata)
{
	(void)entry;
	(void)userdata;
	return 0;
}

static int prepare(void *context)
{
	struct life *l = context;
	int r = lab_veth_create("v0", "v1", true);

	if (r < 0)
		return r;
	l->ifindex = (uint32_t)lab_link_index("v1");
	return 0;
}

static int live_with(const struct life *l, struct skep_flow_agent **agent, struct skep_error *err)
{
	const char *include = "v0";
	struct skep_flow_agent_opts o = {
		.sz = sizeof(o), .max_flows = 64, .attach = l->attach, .entry_fn = ignore_entry
	};
	struct skep_flow_watch_opts w = { .sz = sizeof(w),
					  .include = &include,
					  .include_count = 1 };
	int r;

	r = skep_flow_agent_open(&o, agent, err);
	if (r == 0)
		r = skep_flow_agent_watch(*agent, &w, err);
	if (r == 0)
		r = skep_flow_agent_attach(*agent, l->ifindex, err);
	if (r == 0)
		r = skep_flow_agent_wait(*agent, 0, err);
	if (r >= 0)
		r = skep_flow_agent_drain(*agent, NULL, NULL, err);
	if (r >= 0)
		r = skep_flow_agent_stop(*agent, err);
	return r;
}

static int live(void *context, struct skep_error *err)
{
	struct skep_flow_agent *agent = NULL;
	int r = live_with(context, &agent, err);

	skep_flow_agent_close(agent);
	return r;
}

static void clean(void *context)
{
	(void)context;
	lab_qdisc_delete("v0", "clsact");
	lab_qdisc_delete("v1", "clsact");
}

static struct life by_clsact = { .attach = SKEP_FLOW_ATTACH_CLSACT };
static struct life by_auto = { .attach = SKEP_FLOW_ATTACH_AUTO };

static const struct fault_operation life_by_clsact = {
	.name = "a flow agent's life by clsact",
	.context = &by_clsact,
	.prepare = prepare,
	.run = live,
	.clean = clean,
	.flags = FAULT_MAY_SURVIVE,
};

static const struct fault_operation life_by_auto = {
	.name = "a flow agent's life by the best hook",
	.context = &by_auto,
	.prepare = prepare,
	.run = live,
	.clean = clean,
	.flags = FAULT_MAY_SURVIVE,
};

int main(int argc, char **argv)
{
	const struct fault_operation *const operations[] = { &life_by_clsact, &life_by_auto };

	return fault_main(argc, argv, operations, ARRAY_SIZE(operations));
}
