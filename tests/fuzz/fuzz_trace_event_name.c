/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* Any text as a line of kprobe_events, as the name of a group, and as a list of CPUs. */
#include "must.h"

#include <string.h>

#include "attach/cpu_list.h"
#include "attach/trace_event_name.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char group[TRACE_EVENT_NAME_SIZE], name[TRACE_EVENT_NAME_SIZE];
	char *text = must_string(data, size);
	struct sys_process owner;
	uint32_t *cpus = NULL;
	int count;

	if (trace_event_line(text, group, name) == 0) {
		must(*group && *name && !strpbrk(group, " /") && !strpbrk(name, " /"));
		if (trace_event_owner(group, &owner)) {
			trace_event_group(&owner, name);
			must(!strcmp(name, group));
		}
	}
	trace_event_name(0, text, size, name);
	must(strlen(name) < TRACE_EVENT_NAME_SIZE && !strpbrk(name, " /:\n"));
	count = cpu_list_parse(text, &cpus);
	must(count < 0 || (count > 0 && cpus[count - 1] < CPU_LIST_MOST));
	free(cpus);
	free(text);
	return 0;
}
