/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef ATTACH_PROGRAM_H
#define ATTACH_PROGRAM_H
/* What the kernel tells of a program that is to be attached, and what it has to be asked for. */
#include <stdint.h>

struct skep_error;
struct skep_prog_info;

/*
 * attach_program_check() - is it a program of a type that the family takes?
 * @ret_info: NULL: not wanted
 *
 * Return: 0, also if nobody can tell; -EBADF it is no fd, or not of a program; -EINVAL of another type; recorded.
 */
int attach_program_check(uint32_t family, int prog_fd, struct skep_prog_info *ret_info,
			 struct skep_error *err);

/*
 * attach_program_multi_type() - for which links to many places at once was a program of type kprobe loaded?
 *
 * The kernel does not tell for which attach type a program was loaded, but it refuses others before it reads what the
 * link is to be to, which cannot be read here.
 *
 * Return: SKEP_ATTACH_TYPE_TRACE_{KPROBE,UPROBE}_{MULTI,SESSION}; 0 it was loaded for something else, or the kernel has no
 *         such links.
 */
uint32_t attach_program_multi_type(int prog_fd);

#endif
