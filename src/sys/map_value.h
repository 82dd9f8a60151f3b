/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef SYS_MAP_VALUE_H
#define SYS_MAP_VALUE_H
#include <stddef.h>

struct skep_error;
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

/*
 * sys_map_hides_sockets() - are values of this map sockets that the kernel does not tell?
 *
 * A socket is told as its cookie, which takes 8 bytes: a look-up in a map with smaller values is ENOSPC, whatever is in it.
 *
 * Return: 1 or 0.
 * Source: net/core/sock_map.c, sock_map_lookup_sys(); kernel/bpf/reuseport_array.c, bpf_fd_reuseport_array_lookup_elem().
 */
int sys_map_hides_sockets(const struct skep_map_info *map);

/* Says so: "walk map 'sockets': ...". @what: "walk". Return: @code. */
int sys_map_fail_hidden(struct skep_error *err, int code, const struct skep_map_info *map,
			const char *what);

#endif
