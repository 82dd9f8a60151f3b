/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "attach/trace_event_name.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define PREFIX "skep_"

void trace_event_group(const struct sys_process *owner, char buf[TRACE_EVENT_NAME_SIZE])
{
	snprintf(buf, TRACE_EVENT_NAME_SIZE, PREFIX "%" PRIu64 "_%" PRIu64 "_%" PRIu64, owner->pid,
		 owner->start_ticks, owner->pid_ns);
}

int trace_event_owner(const char *group, struct sys_process *ret_owner)
{
	char again[TRACE_EVENT_NAME_SIZE];
	struct sys_process p;

	if (sscanf(group, PREFIX "%" SCNu64 "_%" SCNu64 "_%" SCNu64, &p.pid, &p.start_ticks,
		   &p.pid_ns) != 3)
		return 0;
	trace_event_group(&p, again); /* exactly as we write it, or it is not ours */
	if (strcmp(again, group) != 0)
		return 0;
	*ret_owner = p;
	return 1;
}

void trace_event_name(int is_return, const char *place, uint64_t number,
		      char buf[TRACE_EVENT_NAME_SIZE])
{
	char end[24];
	size_t i, room;

	snprintf(end, sizeof(end), "_%" PRIu64, number);
	room = TRACE_EVENT_NAME_SIZE - 1 - 2 - strlen(end);
	buf[0] = is_return ? 'r' : 'p';
	buf[1] = '_';
	for (i = 0; i < room && place[i]; i++)
		buf[2 + i] = (char)(isalnum((unsigned char)place[i]) ? place[i] : '_');
	memcpy(buf + 2 + i, end, strlen(end) + 1);
}

static int cut_name(const char **at, char stop, char ret[TRACE_EVENT_NAME_SIZE])
{
	size_t len = strcspn(*at, " \t/");

	if (!len || len >= TRACE_EVENT_NAME_SIZE || (*at)[len] != stop)
		return -EINVAL;
	memcpy(ret, *at, len);
	ret[len] = '\0';
	*at += len + 1;
	return 0;
}

int trace_event_line(const char *line, char ret_group[TRACE_EVENT_NAME_SIZE],
		     char ret_name[TRACE_EVENT_NAME_SIZE])
{
	const char *at = line;

	if (*at != 'p' && *at != 'r')
		return -EINVAL;
	at += 1 + strspn(at + 1, "0123456789");
	if (*at++ != ':')
		return -EINVAL;
	if (cut_name(&at, '/', ret_group) < 0)
		return -EINVAL;
	return cut_name(&at, ' ', ret_name);
}
