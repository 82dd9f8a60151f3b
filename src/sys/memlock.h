/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef SYS_MEMLOCK_H
#define SYS_MEMLOCK_H
#include <skep/memlock.h>

/* skep_memlock_raise() on a kernel that counts, whatever this one does. */
int sys_memlock_raise(struct skep_memlock_saved *ret_saved, struct skep_error *err);

/* Whether RLIMIT_MEMLOCK of this process is one, and not infinite. Return: 1 or 0. */
int sys_memlock_is_finite(void);

#endif
