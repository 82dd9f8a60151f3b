/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef SYS_FAIL_H
#define SYS_FAIL_H
#include <stdint.h>

struct skep_error;

/*
 * sys_fail() - record what bpf(2) refused: not permitted, not supported, or failed
 * @needed: capabilities that it takes, as bits
 * @fmt:    what was attempted, with names
 *
 * Return: @code.
 */
int sys_fail(struct skep_error *err, int code, uint64_t needed, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

#endif
