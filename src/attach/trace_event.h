/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef ATTACH_TRACE_EVENT_H
#define ATTACH_TRACE_EVENT_H
/*
 * Events made in tracefs. They outlive their process: ours are in a group whose name says which process made them (pid, start
 * time, pid namespace), so that those of a process that is certainly gone can be told, and all others left alone.
 */
#include <stdint.h>

struct skep_error;
struct trace_event; /* one that this process has made */

#define TRACE_EVENT_NAME_SIZE \
	64 /* of a group or an event, with its NUL: MAX_EVENT_NAME_LEN of the kernel */

enum trace_event_kind {
	TRACE_EVENT_KPROBE,
	TRACE_EVENT_UPROBE,
};

/*
 * trace_event_check() - can such events be made? In the words of trace_event_make().
 *
 * Return: 0; -EOPNOTSUPP this kernel has no such events; -ENOENT tracefs is not mounted; another negative errno. Recorded.
 */
int trace_event_check(enum trace_event_kind kind, struct skep_error *err);

/*
 * trace_event_make() - make an event
 * @is_return:  at the return of the function
 * @max_active: of a kretprobe: how many calls may be under way; 0: the kernel's default
 * @place:      "vfs_read+16"; "/bin/sh:0x1234(0x20)"
 * @ret_event:  trace_event_remove(), then trace_event_free()
 * @ret_id:     by which perf_event_open(2) knows it
 * @ret_refused: what the kernel said of the place, if it is that which failed: then nothing is recorded
 *
 * What processes that are gone have left behind is removed before.
 *
 * Return: 0; -EOPNOTSUPP this kernel has no such events; -ENOENT tracefs is not mounted; another negative errno. Recorded,
 *         unless it is @ret_refused.
 * Source: Documentation/trace/kprobetrace.rst, uprobetracer.rst.
 */
int trace_event_make(enum trace_event_kind kind, int is_return, uint64_t max_active,
		     const char *place, struct trace_event **ret_event, uint64_t *ret_id,
		     int *ret_refused, struct skep_error *err);

/* Return: 0; 1 it was gone; -EBUSY somebody listens to it; another negative errno. */
int trace_event_remove(struct trace_event *event, struct skep_error *err);

/* Return: NULL. The event stays. */
struct trace_event *trace_event_free(struct trace_event *event);

#endif
