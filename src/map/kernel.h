/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef MAP_KERNEL_H
#define MAP_KERNEL_H
/*
 * What no command of bpf(2) tells of a map: small programs that hold the map read it, and are run by hand.
 */
#include <stdint.h>

struct skep_error;

/* What the inner maps of a map of maps have to be like. */
struct map_kernel_inner {
	uint32_t type;
	uint32_t key_size;
	uint32_t value_size;
	uint32_t max_entries;
	uint32_t flags;
};

/*
 * map_kernel_inner() - read the template of the inner maps
 * @fd: a map of maps
 *
 * Return: 0; -EOPNOTSUPP the kernel (before 5.9, or without BTF) does not show it; -EPERM not permitted (CAP_PERFMON);
 *         else a negative errno.
 * Source: kernel/bpf/verifier.c, check_ptr_to_map_access().
 */
int map_kernel_inner(int fd, struct map_kernel_inner *ret_inner, struct skep_error *err);

/*
 * map_kernel_counter() - a program that returns how many elements a map has, as the kernel counts them
 * @fd: a hash of any kind: of other maps the kernel keeps no count
 *
 * Return: an fd, for map_kernel_count(); -EOPNOTSUPP not this kernel (before 6.6); else a negative errno.
 * Source: kernel/bpf/map_iter.c, bpf_map_sum_elem_count().
 */
int map_kernel_counter(int fd, struct skep_error *err);

/* Runs it. Return: 0; a negative errno. */
int map_kernel_count(int prog_fd, uint64_t *ret_count, struct skep_error *err);

#endif
