/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef MANAGER_LIFECYCLE_H
#define MANAGER_LIFECYCLE_H
/* Ways back that more than one call takes. */
#include "manager/manager.h"

/* Releases what has been loaded, and of which nothing is attached any more. The manager is open then. */
void manager_unload(struct skep_manager *m);

struct hook_list;

/*
 * manager_take_all() - take the attachments of all probes
 * @list: gets them
 *
 * What cannot be put into the list is detached at once.
 *
 * Return: 0; a negative errno: something could not be detached.
 */
int manager_take_all(struct skep_manager *m, struct hook_list *list, struct skep_error *err);

/* Is it started? Return: 0; -EINVAL, SKEP_ERR_NOT_LOADED or SKEP_ERR_NOT_STARTED. */
int manager_need_started(const struct skep_manager *m, const char *what, struct skep_error *err);

#endif
