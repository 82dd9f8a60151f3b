/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef SKEP_TRACEFS_H
#define SKEP_TRACEFS_H
/*
 * tracefs: ids of tracepoints, and the small files by which events are made and removed.
 *
 * A handle holds the directory: what is mounted elsewhere later does not matter to it. Paths are relative to it, and
 * stay below it.
 */
#include <skep/base.h>

SKEP_BEGIN

struct skep_error;
struct skep_tracefs;

/* Mount it at /sys/kernel/tracing if it is mounted nowhere. It stays mounted. */
#define SKEP_TRACEFS_MOUNT (1u << 0)

/**
 * skep_tracefs_open() - find tracefs
 * @flags:       SKEP_TRACEFS_MOUNT or 0
 * @ret_tracefs: owned by the caller, skep_tracefs_close()
 *
 * It is looked for at /sys/kernel/tracing, then at /sys/kernel/debug/tracing.
 *
 * Return: 0; -ENOENT not mounted; -EOPNOTSUPP this kernel has none; -EPERM, -EACCES not permitted; -EINVAL unknown flags;
 *         -ENOMEM.
 * Context: any thread; SKEP_TRACEFS_MOUNT changes the caller's mount namespace, and needs CAP_SYS_ADMIN.
 * Source: Documentation/trace/ftrace.rst; statfs(2), TRACEFS_MAGIC.
 */
int skep_tracefs_open(uint64_t flags, struct skep_tracefs **ret_tracefs, struct skep_error *err);

/** skep_tracefs_close() - release a handle or NULL. Return: NULL. */
struct skep_tracefs *skep_tracefs_close(struct skep_tracefs *tracefs);

/** skep_tracefs_fd() - Return: the directory (O_PATH), borrowed until skep_tracefs_close(). */
int skep_tracefs_fd(const struct skep_tracefs *tracefs);

/** skep_tracefs_path() - Return: where it was found; a static string. */
const char *skep_tracefs_path(const struct skep_tracefs *tracefs);

/**
 * skep_tracefs_event_id() - the number by which perf_event_open(2) knows an event
 * @category: "sched"
 * @name:     "sched_switch"
 * @ret_id:   the event's id
 *
 * Return: 0; -ENOENT no such event; -EACCES it belongs to root; -EPERM lockdown refuses; -EINVAL not a name;
 *         -EBADMSG its id is no number.
 * Context: any thread.
 * Source: Documentation/trace/events.rst; perf_event_open(2), PERF_TYPE_TRACEPOINT.
 */
int skep_tracefs_event_id(const struct skep_tracefs *tracefs, const char *category,
			  const char *name, uint64_t *ret_id, struct skep_error *err);

/* @name: of an event; borrowed for the call. Non-zero ends the walk and is returned. */
typedef int (*skep_tracefs_event_fn)(const char *name, void *userdata);

/**
 * skep_tracefs_events() - the events of a category: of one's own group, to find what was left behind
 * @category:      "sched", or the group in which events were made
 * @fn, @userdata: called for each, in no order; it may remove events
 *
 * Return: 0, also if there is no such category; what @fn returned; -EINVAL not a name; a negative errno of open(2),
 *         getdents(2).
 * Context: @fn is called in the calling thread.
 * Source: Documentation/trace/events.rst.
 */
int skep_tracefs_events(const struct skep_tracefs *tracefs, const char *category,
			skep_tracefs_event_fn fn, void *userdata, struct skep_error *err);

/**
 * skep_tracefs_has() - is there such a file
 * @path: "available_filter_functions", "kprobe_events"
 *
 * Return: 1; 0; -EINVAL not a path below tracefs; a negative errno: could not tell.
 * Context: any thread.
 * Source: faccessat(2).
 */
int skep_tracefs_has(const struct skep_tracefs *tracefs, const char *path);

/**
 * skep_tracefs_read() - read a small file
 * @path: "events/sched/sched_switch/format"
 * @buf:  of @size bytes, at least 1; text with a NUL behind it; undefined on failure
 * @size: bytes of @buf
 *
 * Return: the length of the text; -ENOSPC it is longer than @buf; -ENOENT no such file; -EACCES it belongs to root;
 *         -EPERM lockdown refuses; -EINVAL not a path below tracefs; another negative errno of open(2), read(2).
 * Context: any thread.
 * Source: Documentation/trace/ftrace.rst.
 */
int64_t skep_tracefs_read(const struct skep_tracefs *tracefs, const char *path, char *buf,
			  size_t size, struct skep_error *err);

/**
 * skep_tracefs_write() - write a command or value, with one system call
 * @path: "uprobe_events", "events/mine/my_event/enable"
 * @text: the whole of it
 *
 * Opened to append: what others have put into the file stays.
 *
 * Return: 0; -ENOENT no such file, or what the command names does not exist; -EACCES it belongs to root; -EPERM lockdown
 *         refuses; -EINVAL not a path below tracefs, or a command that the kernel does not take; -EIO not all was
 *         written; another negative errno of open(2), write(2).
 * Context: any thread. The kernel runs commands one at a time.
 * Source: Documentation/trace/kprobetrace.rst, uprobetracer.rst.
 */
int skep_tracefs_write(const struct skep_tracefs *tracefs, const char *path, const char *text,
		       struct skep_error *err);

SKEP_DEFINE_CLEANUP(struct skep_tracefs, skep_tracefs_close) /* skep_tracefs_closep() */
SKEP_END
#endif
