/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef BASE_ERROR_H
#define BASE_ERROR_H
/* How errors are recorded: the origin writes the words, who passes them on adds a name it knows. */
#include <skep/error.h>

/*
 * skep_fail() - record an error at its origin
 * @err:  the caller's record, or NULL
 * @code: a negative errno
 * @kind: enum skep_error_kind; SKEP_ERR_SYSCALL becomes PERMISSION or NO_MEMORY where @code says so
 * @fmt:  what was attempted, with names: "attach tcx ingress of '%s'". The text of @code is added after a colon,
 *        unless the message ends in a full stop, which is then cut off: it has explained itself.
 *
 * Return: @code.
 */
int skep_fail(struct skep_error *err, int code, uint32_t kind, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/*
 * skep_wrap() - put a name before a recorded message: "flow agent: " + message
 *
 * Return: @code.
 */
int skep_wrap(struct skep_error *err, int code, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

#endif
