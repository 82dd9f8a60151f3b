/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef ATTACH_PERF_H
#define ATTACH_PERF_H
/*
 * Perf events that run a program: opened, told of the program by a link or by ioctl(2), kept in the attachment.
 *
 * An event of the "kprobe" or "uprobe" unit makes its probe itself, and takes it away when it is closed, however the process
 * ends. An event of a tracepoint only listens; one of tracefs, which stays, belongs to the attachment (trace_event.h).
 */
#include <linux/perf_event.h>

#include "attach/attachment.h"
#include "attach/trace_event.h"

/* Which of the two units that make probes. */
enum perf_unit {
	PERF_UNIT_KPROBE,
	PERF_UNIT_UPROBE,
};

#define PERF_CPU_HERE (-2) /* that on which the caller runs */

/* How an event is opened: kept, to open it again for another program. */
struct perf_recipe {
	struct perf_event_attr attr;
	const char *
		text; /* what attr.config1 points to; NULL: nothing. Copied where the recipe is kept */
	int pid, cpu; /* as of perf_event_open(2), or PERF_CPU_HERE */
};

/*
 * perf_unit_recipe() - an event of a unit, on one CPU, which does not matter: the probe is everywhere
 * @is_return: at the return of the function
 * @pid:       0: all processes
 *
 * Return: 0; -EOPNOTSUPP this kernel has no such unit, with words; a negative errno of open(2), read(2).
 * Source: Documentation/ABI/testing/sysfs-bus-event_source-devices-{kprobe,uprobe}.
 */
int perf_unit_recipe(enum perf_unit unit, int is_return, uint64_t pid, struct perf_recipe *ret,
		     struct skep_error *err);

/* An event of a tracepoint, or of one made in tracefs, by its id. @pid: 0: all processes. */
void perf_tracepoint_recipe(uint64_t id, uint64_t pid, struct perf_recipe *ret);

/*
 * perf_open() - open the event
 *
 * Return: an fd; a negative errno of perf_event_open(2): not recorded.
 */
int perf_open(const struct perf_recipe *recipe);

/* How an event is told of its program. */
enum perf_how {
	PERF_BY_IOCTL, /* takes no cookie */
	PERF_BY_LINK,
	PERF_BY_BEST, /* by a link if this kernel has them */
};

/*
 * perf_attach() - let an event run a program; the attachment keeps the recipe, and knows how to detach and update
 * @event_fd: of perf_open(@recipe); taken, also on failure
 * @cookie:   0: none
 *
 * The first link becomes that of the attachment; more of them are kept beside it.
 *
 * Return: 0; -EOPNOTSUPP this kernel has no such links, or no cookies; another negative errno: recorded.
 * Source: bpf(2) BPF_LINK_CREATE, BPF_PERF_EVENT; perf_event_open(2), PERF_EVENT_IOC_SET_BPF.
 */
int perf_attach(struct skep_attachment *a, const struct perf_recipe *recipe, int event_fd,
		int prog_fd, uint64_t cookie, enum perf_how how, struct skep_error *err);

/*
 * perf_own_event() - give an event of tracefs to the attachment, which removes it when it is detached
 * @event: taken, also on failure
 *
 * Before perf_attach() of it. Return: 0; -ENOMEM, recorded.
 */
int perf_own_event(struct skep_attachment *a, struct trace_event *event, struct skep_error *err);

/* After a failure of one of these: what has been attached and made before is taken back, events of tracefs, too. */
void perf_undo(struct skep_attachment *a);

#endif
