/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef ATTACH_TRACE_EVENT_NAME_H
#define ATTACH_TRACE_EVENT_NAME_H
/* Names of events in tracefs, and of their groups, which say who made them. */
#include <stdint.h>

#include "sys/process.h"

#define TRACE_EVENT_NAME_SIZE \
	64 /* of a group or an event, with its NUL: MAX_EVENT_NAME_LEN of the kernel */

/* "skep_4711_123456_4026531836". */
void trace_event_group(const struct sys_process *owner, char buf[TRACE_EVENT_NAME_SIZE]);

/* Who made a group. Return: 1; 0 it is not of ours. */
int trace_event_owner(const char *group, struct sys_process *ret_owner);

/* "p_vfs_read_12": of a place, with what cannot be in a name as '_', cut off so that the number fits. */
void trace_event_name(int is_return, const char *place, uint64_t number,
		      char buf[TRACE_EVENT_NAME_SIZE]);

/*
 * trace_event_line() - take a line of kprobe_events or uprobe_events apart
 * @line: "p:group/name place", "r8:group/name place"; a NUL ends it
 *
 * Return: 0; -EINVAL it is none, or its names are longer than names can be.
 */
int trace_event_line(const char *line, char ret_group[TRACE_EVENT_NAME_SIZE],
		     char ret_name[TRACE_EVENT_NAME_SIZE]);

#endif
