/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef SYS_OBJECT_INFO_H
#define SYS_OBJECT_INFO_H
#include <stddef.h>

/*
 * sys_info_by_fd() - what the kernel knows of an object whose kind is known
 *
 * The public functions look into /proc first, which takes longer than all the rest.
 *
 * Return: as skep_sys_map_info().
 */
int sys_info_by_fd(int fd, void *info, size_t info_bytes);

#endif
