/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef MANAGER_REAPER_H
#define MANAGER_REAPER_H
/* The thread that detaches and closes what a stop has left to it, and ends. */
#include <stdint.h>

#include "manager/hook.h"

struct manager_reaper;

/*
 * reaper_start() - have things detached and closed
 * @list:       is empty then
 * @loaded:     closed after it; NULL
 * @ret_reaper: owned by the caller, reaper_join(); NULL: no thread could be made, and the caller's has done it all
 *
 * Return: 0; a negative errno: without a thread something could not be detached.
 */
int reaper_start(struct hook_list *list, struct skep_loaded *loaded,
		 struct manager_reaper **ret_reaper, struct skep_error *err);

/*
 * reaper_join() - wait for it and release it
 * @reaper:     is NULL when it has ended
 * @timeout_ns: UINT64_MAX: for ever
 *
 * Return: 0; -ETIMEDOUT it goes on; another negative errno: something could not be detached.
 */
int reaper_join(struct manager_reaper **reaper, uint64_t timeout_ns, struct skep_error *err);

#endif
