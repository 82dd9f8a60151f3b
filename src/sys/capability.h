/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef SYS_CAPABILITY_H
#define SYS_CAPABILITY_H
/* What the calling thread may do, and saying what it may not. */
#include <skep/kabi_privilege.h>

struct skep_error;

/*
 * sys_capabilities() - the effective capabilities of the calling thread
 * @ret_set: a bit a capability
 *
 * Return: 0; a negative errno of capget(2).
 */
int sys_capabilities(uint64_t *ret_set);

/*
 * sys_capabilities_missing() - which of some capabilities the calling thread lacks
 * @needed: CAP_SYS_ADMIN stands in for CAP_BPF and CAP_PERFMON
 *
 * Return: those of @needed that are missing; 0 also if that cannot be found out.
 */
uint64_t sys_capabilities_missing(uint64_t needed);

/*
 * sys_fail_permission() - record what the kernel refused, and the capability that was missing
 * @code:   -EPERM or -EACCES
 * @needed: capabilities that it takes
 * @what:   what was attempted
 *
 * With all of them present the message says so: then a user namespace, lockdown or a security module refused.
 *
 * Return: @code.
 * Source: capabilities(7); kernel/bpf/syscall.c, bpf_capable().
 */
int sys_fail_permission(struct skep_error *err, int code, uint64_t needed, const char *what);

#endif
