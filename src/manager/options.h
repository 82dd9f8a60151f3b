/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef MANAGER_OPTIONS_H
#define MANAGER_OPTIONS_H
/* What a manager is opened with. */
#include <skep/manager.h>

/*
 * options_copy() - a caller's options in our shape, looked over: arrays have their counts, methods are some that there are
 *
 * Return: 0; -EINVAL; -E2BIG; recorded.
 */
int options_copy(struct skep_manager_opts *to, const struct skep_manager_opts *from,
		 struct skep_error *err);

#endif
