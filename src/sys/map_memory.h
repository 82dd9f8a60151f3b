/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef SYS_MAP_MEMORY_H
#define SYS_MAP_MEMORY_H
#include <stdint.h>

/*
 * sys_map_memory_bytes() - what a map costs, as the kernel counts it
 * @fd: of the map
 *
 * Return: 0; a negative errno; -ENODATA the kernel does not say.
 * Source: proc(5), fdinfo of BPF maps: "memlock".
 */
int sys_map_memory_bytes(int fd, uint64_t *ret_bytes);

#endif
