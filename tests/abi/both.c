/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* A program that uses both libraries by their public headers. Exits 0 if they do as they should. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <skep/duration.h>
#include <skep/error.h>
#include <skep/flow.h>
#include <skep/flow_table.h>
#include <skep/version.h>

static int print_record(const struct skep_flow_record *record, void *userdata)
{
	struct skep_flow_clock clock = { 0 };
	char line[SKEP_FLOW_JSON_SIZE];
	uint64_t *packets = userdata;

	if (skep_flow_record_json(record, &clock, line, sizeof(line)) < 0)
		return -ENOSPC;
	printf("# %s\n", line);
	*packets += record->entry.packets;
	return 0;
}

/* libskep alone. */
static int use_base(void)
{
	uint64_t ns = 0;

	return !strcmp(skep_version(), SKEP_VERSION) && !skep_duration_parse("1.5s", &ns) &&
	       ns == 1500000000 && skep_error_exit_code(SKEP_ERR_PERMISSION) == 5;
}

/* libskep-flow, whose own copies of what libskep has must not get in the way of libskep's. */
static int use_flow(void)
{
	struct skep_flow_agent_opts bad = { .sz = 1 };
	struct skep_flow_entry entry = { .id = { .ethertype = 0x0806, .flags = SKEP_FLOW_ID_LINK },
					 .packets = 3 };
	struct skep_flow_agent *agent = NULL;
	struct skep_flow_table *table = NULL;
	struct skep_error err = { 0 };
	uint64_t packets = 0;
	int r;

	if (skep_flow_table_new(NULL, &table, &err) < 0)
		return 0;
	r = skep_flow_table_add(table, &entry);
	if (!r)
		r = skep_flow_table_report(table, print_record, &packets);
	skep_flow_table_free(table);
	return !r && packets == 3 && skep_flow_agent_open(&bad, &agent, &err) == -EINVAL &&
	       err.code == -EINVAL && !strcmp(skep_error_kind_name(err.kind), "INVALID");
}

int main(void)
{
	int base = use_base(), flow = use_flow();

	printf("1..2\n%s 1 - libskep works\n%s 2 - libskep-flow works beside it\n",
	       base ? "ok" : "not ok", flow ? "ok" : "not ok");
	return base && flow ? 0 : 1;
}
