/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef MANAGER_TARGET_H
#define MANAGER_TARGET_H
/* What programs are loaded for: does this kernel have it? */
#include <stdint.h>

struct skep_btf;
struct skep_error;

/* Are programs of a family loaded for what they are attached to, by its name? */
int target_is_of(uint32_t family);

/*
 * target_is_there() - look up what a program is to be loaded for, in the BTF of the kernel and of its modules
 * @kernel: opened when it is needed first; owned by the caller, skep_btf_close()
 * @family: enum skep_attach_family; what others than those with BTF are attached to is not looked up
 * @target: "task_getpgid", also "module:function"
 *
 * Return: 1, also if it cannot be told: the load does; 0 this kernel does not have it, @err says so.
 */
int target_is_there(struct skep_btf **kernel, uint32_t family, const char *target,
		    struct skep_error *err);

#endif
