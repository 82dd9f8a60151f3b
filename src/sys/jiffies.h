/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef SYS_JIFFIES_H
#define SYS_JIFFIES_H
#include <skep/clock.h>

/* Return: 0 and the number of the line "@name NUMBER"; -ENODATA it is another line, or no number. */
int sys_jiffies_parse(const char *line, const char *name, uint64_t *ret_count);

#endif
