/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef SYS_MAP_VALUE_H
#define SYS_MAP_VALUE_H
#include <stddef.h>

struct skep_map_info;

/*
 * sys_map_value() - what a value of a map is in user space
 * @ret_stride: bytes from the value of one CPU to that of the next; of other maps the size of a value
 * @ret_bytes:  that a lookup writes and an update reads: of a per-CPU map those of all possible CPUs
 *
 * Return: 0; a negative errno: the CPUs could not be counted.
 * Source: kernel/bpf/syscall.c, bpf_map_value_size().
 */
int sys_map_value(const struct skep_map_info *map, size_t *ret_stride, size_t *ret_bytes);

#endif
