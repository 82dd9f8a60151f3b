/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef SYS_KERNEL_CONFIG_H
#define SYS_KERNEL_CONFIG_H
/* The configuration that the running kernel was built with. */
#include <stddef.h>

/*
 * sys_kernel_config_read() - the configuration as text
 * @ret_text: owned by the caller, free(3)
 * @ret_size: its bytes
 *
 * From /proc/config.gz, else /boot/config-RELEASE, else /lib/modules/RELEASE/config.
 *
 * Return: 0; -ENOENT there is none that can be read; -ENOMEM.
 * Source: kernel/configs.c (CONFIG_IKCONFIG_PROC); uname(2).
 */
int sys_kernel_config_read(char **ret_text, size_t *ret_size);

/*
 * sys_kernel_config_load() - read one file, compressed or not
 *
 * Return: 0; -EBADMSG damaged; -EFBIG; -ENOMEM; a negative errno of open(2), read(2).
 * Source: zlib.h, gzread().
 */
int sys_kernel_config_load(const char *path, char **ret_text, size_t *ret_size);

/*
 * sys_kernel_config_find() - the value of an option
 * @text:      need not end with NUL
 * @option:    "CONFIG_HZ"
 * @ret_value: y, m, a number, or a string in its quotes; of @value_size bytes
 *
 * Return: 0; -ENOENT not set; -ENOSPC the value is longer.
 */
int sys_kernel_config_find(const char *text, size_t size, const char *option, char *ret_value,
			   size_t value_size);

#endif
