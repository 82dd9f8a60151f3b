/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef MANAGER_SELECT_H
#define MANAGER_SELECT_H
/* Which probes are to be attached, and whether enough of them are. */
#include "manager/manager.h"

/* Is a probe wanted by a selector, or NULL: by its own word? */
int select_wants(const struct skep_selector *selector, const struct skep_probe *p);

/* Enables the probes that are wanted. */
void select_enable(struct skep_manager *m);

/*
 * select_check() - are enough attached
 * @selector: NULL: all that are enabled
 *
 * Return: 0; -ENOENT, SKEP_ERR_SELECTOR; without a selector what the first one that is not attached met with.
 */
int select_check(struct skep_manager *m, const struct skep_selector *selector,
		 struct skep_error *err);

/*
 * selector_remove() - take a probe out wherever it stands, and groups that are empty then
 * @selector: of skep_selector_parse() or skep_selector_copy(); the outermost group stays, as all_of() if it is empty
 */
void selector_remove(struct skep_selector *selector, const char *program, const char *uid);

#endif
