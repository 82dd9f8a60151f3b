/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef SYS_LOCKDOWN_H
#define SYS_LOCKDOWN_H
/* How far the kernel is locked down against its own administrator. */

enum sys_lockdown {
	SYS_LOCKDOWN_NONE = 0,
	SYS_LOCKDOWN_INTEGRITY = 1,       /* the running kernel cannot be changed */
	SYS_LOCKDOWN_CONFIDENTIALITY = 2, /* nor can its memory be read */
};

/*
 * sys_lockdown_mode() - the mode of the running kernel
 *
 * Return: enum sys_lockdown; -ENOENT securityfs is not mounted; -EBADMSG a mode that is unknown; a negative errno.
 * Source: kernel_lockdown(7); security/lockdown/lockdown.c.
 */
int sys_lockdown_mode(void);

/* Return: the name of a mode, as the kernel writes it; "unknown" for a negative errno. */
const char *sys_lockdown_name(int mode);

/* What is in the file, for sys_lockdown_mode(). Return: as that. */
int sys_lockdown_parse(const char *text);

#endif
