/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef SKEP_ATTACH_EVENT_H
#define SKEP_ATTACH_EVENT_H
/*
 * What attachments by events have in common: many are detached at once, and what a killed process has left is removed.
 */
#include <skep/attach.h>

SKEP_BEGIN

struct skep_detach_opts {
	size_t sz;      /* sizeof(struct skep_detach_opts) */
	uint64_t flags; /* none yet */
	uint64_t
		threads; /* how many may be started for it, which end with the call; 0: none, the caller's does it all */
	int *codes; /* of each: what skep_attachment_detach() returned; NULL: not wanted */
};

/**
 * skep_attachment_detach_many() - skep_attachment_detach() of many
 * @attachments: NULLs among them are passed by
 * @count:       of @attachments
 * @opts:        NULL for defaults
 *
 * To close a perf event the kernel waits for all of its CPUs, which takes tens of milliseconds: several threads wait at the
 * same time. All are tried, also after one has failed.
 *
 * Return: how many could not be detached, and @err tells of the first; -E2BIG newer @opts; -EINVAL.
 * Context: an attachment is used by one thread.
 * Source: kernel/events/core.c, perf_event_release_kernel().
 */
int skep_attachment_detach_many(struct skep_attachment *const *attachments, size_t count,
				const struct skep_detach_opts *opts, struct skep_error *err);

/**
 * skep_attach_sweep() - remove the events in tracefs that skep made for processes that are gone
 *
 * Only of processes of the caller's pid namespace that have certainly ended. What a pinned link holds stays. The first attach of
 * a process by way of tracefs does this, too.
 *
 * Return: how many were removed; -ENOENT tracefs is not mounted; -EACCES, -EPERM not permitted; else a negative errno.
 * Context: any thread.
 * Source: Documentation/trace/kprobetrace.rst, uprobetracer.rst.
 */
int skep_attach_sweep(struct skep_error *err);

SKEP_END
#endif
