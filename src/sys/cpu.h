/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef SYS_CPU_H
#define SYS_CPU_H
#include <stddef.h>
#include <stdint.h>

/*
 * Return: how many CPUs this kernel may ever have, and a per-CPU map has values for; a negative errno.
 * Source: /sys/devices/system/cpu/possible.
 */
int sys_possible_cpus(void);

/* Return: the number of the possible CPU that comes @slot-th, from 0; -ENODEV there are not so many; a negative errno. */
int sys_cpu_at(uint32_t slot);

/* Return: as which, from 0, a possible CPU comes; -ENODEV it is none; a negative errno. */
int sys_cpu_slot(uint32_t cpu);

/*
 * sys_cpu_list() - look into a list of CPUs: "0-3,8-11"
 * @at:   the number of the CPU in this place is looked for; UINT32_MAX: none
 * @cpu:  the place of the CPU of this number is looked for; UINT32_MAX: none
 *
 * Return: the number, or the place; with neither: how many there are; -ENODEV not in the list; -EINVAL it is no list.
 * Source: bitmap_parselist() in lib/bitmap.c of the kernel, whose plain form is all that it writes.
 */
int sys_cpu_list(const char *text, uint32_t at, uint32_t cpu);

#endif
