/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef MANAGER_HOOK_H
#define MANAGER_HOOK_H
/* One probe and its hook. */
#include "manager/manager.h"

/*
 * hook_attach() - attach a probe that is loaded and not attached, with its retries
 *
 * What it met with is kept in the probe, too.
 *
 * Return: 0; a negative errno: nothing of it is attached.
 */
int hook_attach(struct skep_probe *p, struct skep_error *err);

/*
 * hook_attach_place() - one more attachment of a probe, in one attempt
 * @interface, @ifindex: of those that match its pattern; NULL, 0: where the probe says
 *
 * Return: 0; a negative errno: @err begins with the probe's name.
 */
int hook_attach_place(struct skep_probe *p, const char *interface, uint32_t ifindex,
		      struct skep_error *err);

/* Ends one of them; others may change places. Return: 0; 1 it was gone already; a negative errno: it is kept. */
int hook_detach_place(struct skep_probe *p, size_t index, struct skep_error *err);

/* Detaches a probe. Return: 0; a negative errno: what could not be detached is kept, and it counts as attached. */
int hook_detach(struct skep_probe *p, struct skep_error *err);

/* In a child of the process that has attached it: releases memory and fds, and detaches nothing. */
void hook_leave(struct skep_probe *p);

/* Attachments that are no probe's any more. */
struct hook_list {
	struct skep_attachment **all;
	size_t count;
};

/*
 * hook_take() - add the attachments of a probe to a list, and let the probe go
 *
 * Without memory they are detached and closed at once.
 *
 * Return: 0; a negative errno: one of them could not be detached.
 */
int hook_take(struct skep_probe *p, struct hook_list *list, struct skep_error *err);

/*
 * hook_list_detach() - detach and release all of a list, in several threads where that helps
 *
 * Return: 0; a negative errno: the first that could not be detached. The list is empty then in either case.
 */
int hook_list_detach(struct hook_list *list, struct skep_error *err);

#endif
