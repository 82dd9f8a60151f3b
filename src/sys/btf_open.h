/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef SYS_BTF_OPEN_H
#define SYS_BTF_OPEN_H
#include <stddef.h>
#include <stdint.h>

struct skep_btf;
struct skep_btf_info;
struct skep_error;

/*
 * sys_btf_info() - what the kernel knows about a BTF, with its name
 * @fd:   of a BTF; borrowed
 * @name: at least 1 byte; "": it has none, or the kernel (before 5.11) does not tell
 *
 * Return: 0; a negative errno.
 */
int sys_btf_info(int fd, struct skep_btf_info *info, char *name, size_t name_size);

#endif
