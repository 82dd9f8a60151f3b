/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef MANAGER_PROBE_H
#define MANAGER_PROBE_H
/* Probes as parts of a manager: made, found, freed. */
#include "manager/manager.h"

/*
 * probe_new() - a probe from what a caller wrote down
 * @from:      a struct skep_probe_spec of @from_size bytes: the caller's may be older or newer than ours
 * @ret_probe: owned by the caller, probe_free(); not in the manager's list yet
 *
 * Return: 0; -EINVAL it has no program; -EEXIST its pair is in use; -E2BIG; -ENOMEM.
 */
int probe_new(struct skep_manager *m, const void *from, uint64_t from_size,
	      struct skep_probe **ret_probe, struct skep_error *err);

/*
 * probe_check_uid() - can texts carry it: selectors, and names of probes in messages
 * @uid: NULL: ""
 *
 * Return: 0; -EINVAL it has white space, a control character, or one of "(),@".
 */
int probe_check_uid(const char *uid, struct skep_error *err);

/* A probe that is not attached, or NULL. Return: NULL. */
struct skep_probe *probe_free(struct skep_probe *probe);

/* What it met with, without its name, which the caller knows; "" nothing. */
const char *probe_reason(const struct skep_probe *p);

/* The same of one of several things. */
const char *probe_reason_of(const struct skep_probe *p, const struct skep_error *why);

#endif
