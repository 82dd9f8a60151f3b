/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef SYS_MAP_MEMORY_H
#define SYS_MAP_MEMORY_H
#include <stdint.h>

struct skep_fdinfo;

/* What a map costs, of its fdinfo: see below. Return: 0: the kernel does not say. */
uint64_t sys_map_memory_of(const struct skep_fdinfo *map);

/*
 * sys_map_memory_bytes() - what a map costs, as the kernel counts it
 * @fd: of the map
 *
 * From 5.11 to 6.3 the kernel tells keys and values alone of a map; of a preallocated hash, what stands round them is
 * then added.
 *
 * Return: 0; a negative errno; -ENODATA the kernel does not say.
 * Source: proc(5), fdinfo of BPF maps: "memlock"; kernel/bpf/hashtab.c, struct htab_elem and struct bucket.
 */
int sys_map_memory_bytes(int fd, uint64_t *ret_bytes);

#endif
