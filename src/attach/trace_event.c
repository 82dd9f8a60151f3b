/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "attach/trace_event.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <skep/attach_event.h>
#include <skep/error.h>
#include <skep/tracefs.h>

#include "attach/trace_event_name.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "base/time.h"

#define LINE_SIZE 4096 /* the kernel takes no longer one */
#define BUSY_NS (2 * NSEC_PER_SEC)

struct trace_event {
	enum trace_event_kind kind;
	char group[TRACE_EVENT_NAME_SIZE], name[TRACE_EVENT_NAME_SIZE];
};

static const char *const files[] = {
	[TRACE_EVENT_KPROBE] = "kprobe_events",
	[TRACE_EVENT_UPROBE] = "uprobe_events",
};

struct trace_event *trace_event_free(struct trace_event *event)
{
	free(event);
	return NULL;
}

/* Return: 0; 1 it is not there; a negative errno, recorded. */
static int write_removal(const struct skep_tracefs *t, enum trace_event_kind kind,
			 const char *group, const char *name, struct skep_error *err)
{
	char line[2 * TRACE_EVENT_NAME_SIZE + 8];
	struct skep_error why = { 0 };
	int r;

	snprintf(line, sizeof(line), "-:%s/%s", group, name);
	r = skep_tracefs_write(t, files[kind], line, &why);
	if (r == -ENOENT)
		return 1;
	if (r < 0 && err)
		*err = why;
	return r;
}

int trace_event_remove(struct trace_event *event, struct skep_error *err)
{
	const struct timespec pause = time_to_timespec(NSEC_PER_MSEC);
	uint64_t deadline = time_now_ns(CLOCK_MONOTONIC) + BUSY_NS;
	_cleanup_(skep_tracefs_closep) struct skep_tracefs *t = NULL;
	int r = skep_tracefs_open(0, &t, err);

	if (r < 0)
		return r;
	/* who listened may be on the way out still: the kernel waits for its CPUs before it lets go */
	do
		r = write_removal(t, event->kind, event->group, event->name, err);
	while (r == -EBUSY && time_now_ns(CLOCK_MONOTONIC) < deadline &&
	       (nanosleep(&pause, NULL), 1));
	return r;
}

/* Removes the events of dead owners that a file lists. Return: how many; a negative errno. */
static int sweep_file(const struct skep_tracefs *t, enum trace_event_kind kind,
		      struct skep_error *err)
{
	char group[TRACE_EVENT_NAME_SIZE], name[TRACE_EVENT_NAME_SIZE];
	_cleanup_fclose_ FILE *f = NULL;
	_cleanup_free_ char *line = NULL;
	struct sys_process owner;
	int removed = 0, fd;
	size_t room = 0;

	fd = openat(skep_tracefs_fd(t), files[kind], O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? 0
				       : skep_fail(err, -errno, SKEP_ERR_SYSCALL, "open '%s/%s'",
						   skep_tracefs_path(t), files[kind]);
	f = fdopen(fd, "r");
	if (!f) {
		close(fd);
		return skep_fail(err, -ENOMEM, SKEP_ERR_NO_MEMORY, "read '%s'", files[kind]);
	}
	while (errno = 0, getline(&line, &room, f) >= 0) {
		if (trace_event_line(line, group, name) < 0 || !trace_event_owner(group, &owner) ||
		    sys_process_gone(&owner) <= 0)
			continue;
		/* one that a pinned link holds is busy, and stays */
		removed += write_removal(t, kind, group, name, NULL) == 0;
	}
	if (errno)
		return skep_fail(err, -errno, SKEP_ERR_SYSCALL, "read '%s/%s'",
				 skep_tracefs_path(t), files[kind]);
	return removed;
}

static int sweep(const struct skep_tracefs *t, struct skep_error *err)
{
	int kprobes = sweep_file(t, TRACE_EVENT_KPROBE, err), uprobes;

	if (kprobes < 0)
		return kprobes;
	uprobes = sweep_file(t, TRACE_EVENT_UPROBE, err);
	return uprobes < 0 ? uprobes : kprobes + uprobes;
}

int skep_attach_sweep(struct skep_error *err)
{
	_cleanup_(skep_tracefs_closep) struct skep_tracefs *t = NULL;
	int r = skep_tracefs_open(0, &t, err);

	return r < 0 ? r : sweep(t, err);
}

/* The first event of a process removes what others have left behind; that this fails does not matter to the event. */
static void sweep_once(const struct skep_tracefs *t)
{
	static atomic_flag done = ATOMIC_FLAG_INIT;

	if (!atomic_flag_test_and_set(&done))
		sweep(t, NULL);
}

/* Return: as trace_event_check(). */
static int open_files(enum trace_event_kind kind, struct skep_tracefs **ret, struct skep_error *err)
{
	_cleanup_(skep_tracefs_closep) struct skep_tracefs *t = NULL;
	int r = skep_tracefs_open(0, &t, err);

	if (r < 0)
		return r;
	r = skep_tracefs_has(t, files[kind]);
	if (r < 0)
		return skep_fail(err, r, SKEP_ERR_SYSCALL, "look for '%s/%s'", skep_tracefs_path(t),
				 files[kind]);
	if (r == 0)
		return skep_fail(err, -EOPNOTSUPP, SKEP_ERR_UNSUPPORTED,
				 "this kernel has no such events: there is no '%s/%s'.",
				 skep_tracefs_path(t), files[kind]);
	*ret = take_ptr(t);
	return 0;
}

int trace_event_check(enum trace_event_kind kind, struct skep_error *err)
{
	_cleanup_(skep_tracefs_closep) struct skep_tracefs *t = NULL;

	return open_files(kind, &t, err);
}

static int write_event(const struct skep_tracefs *t, const struct trace_event *event, int is_return,
		       uint64_t max_active, const char *place, int *ret_refused,
		       struct skep_error *err)
{
	char line[LINE_SIZE], active[24] = "";
	struct skep_error why = { 0 };
	int r;

	if (is_return && max_active)
		snprintf(active, sizeof(active), "%" PRIu64, max_active);
	if (snprintf(line, sizeof(line), "%c%s:%s/%s %s", is_return ? 'r' : 'p', active,
		     event->group, event->name, place) >= (int)sizeof(line))
		return skep_fail(err, -ENAMETOOLONG, SKEP_ERR_INVALID, "event at '%.100s'", place);
	r = skep_tracefs_write(t, files[event->kind], line, &why);
	if (r >= 0)
		return 0;
	/* for the place, or for another reason */
	if (why.kind == SKEP_ERR_SYSCALL || why.kind == SKEP_ERR_NOT_FOUND)
		*ret_refused = r;
	else if (err)
		*err = why;
	return r;
}

int trace_event_make(enum trace_event_kind kind, int is_return, uint64_t max_active,
		     const char *place, struct trace_event **ret_event, uint64_t *ret_id,
		     int *ret_refused, struct skep_error *err)
{
	static atomic_uint_least64_t number;
	_cleanup_(skep_tracefs_closep) struct skep_tracefs *t = NULL;
	_cleanup_free_ struct trace_event *event = calloc(1, sizeof(*event));
	struct sys_process self;
	int r;

	*ret_refused = 0;
	if (!event)
		return skep_fail(err, -ENOMEM, SKEP_ERR_NO_MEMORY, "event at '%.100s'", place);
	r = open_files(kind, &t, err);
	if (r < 0)
		return r;
	r = sys_process_self(&self);
	if (r < 0)
		return skep_fail(err, r, SKEP_ERR_SYSCALL, "look up this process in /proc");
	event->kind = kind;
	trace_event_group(&self, event->group);
	trace_event_name(is_return, place, atomic_fetch_add(&number, 1), event->name);
	sweep_once(t);
	r = write_event(t, event, is_return, max_active, place, ret_refused, err);
	if (r < 0)
		return r;
	r = skep_tracefs_event_id(t, event->group, event->name, ret_id, err);
	if (r < 0) {
		write_removal(t, kind, event->group, event->name, NULL);
		return r;
	}
	*ret_event = take_ptr(event);
	return 0;
}
