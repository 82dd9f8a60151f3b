/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef SYS_HZ_H
#define SYS_HZ_H
/* What skep_jiffies_hz() stands on. */
#include <skep/clock.h>

/*
 * sys_hz_measure() - the tick's frequency from two readings of jiffies
 *
 * Return: 0; a negative errno of skep_jiffies_open(), skep_jiffies_read().
 */
int sys_hz_measure(uint64_t *ret_hz, struct skep_error *err);

/* Return: which of 1000, 300, 250 and 100 comes nearest to @jiffies in @ns; of two the one that stands first here. */
uint64_t sys_hz_nearest(uint64_t jiffies, uint64_t ns);

#endif
