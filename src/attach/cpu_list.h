/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef ATTACH_CPU_LIST_H
#define ATTACH_CPU_LIST_H
/* Lists of CPUs as the kernel writes them: "0-3,8", which may have holes. */
#include <stddef.h>
#include <stdint.h>

#define CPU_LIST_MOST 65536 /* no kernel is built for more */

/*
 * cpu_list_parse() - the CPUs of a list
 * @ret_cpus: ascending; owned by the caller, free(3)
 *
 * Return: how many; -EINVAL it is no list, or names one twice; -ENOMEM.
 * Source: Documentation/admin-guide/kernel-parameters.rst, "cpu lists".
 */
int cpu_list_parse(const char *text, uint32_t **ret_cpus);

#endif
