/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "sys/fail.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/error.h"
#include "sys/capability.h"

int sys_fail(struct skep_error *err, int code, uint64_t needed, const char *fmt, ...)
{
	char what[160];
	va_list args;

	va_start(args, fmt);
	vsnprintf(what, sizeof(what), fmt, args);
	va_end(args);
	switch (code) {
	case -EPERM:
		return sys_fail_permission(err, code, needed, what);
	case -ENOSYS:
		return skep_fail(
			err, -EOPNOTSUPP, SKEP_ERR_UNSUPPORTED,
			"%s: this kernel has no bpf(2), or a filter of system calls hides it.",
			what);
	case -EOPNOTSUPP:
		return skep_fail(err, code, SKEP_ERR_UNSUPPORTED, "%s", what);
	case -ENOENT:
	case -ENODEV:
		return skep_fail(err, code, SKEP_ERR_NOT_FOUND, "%s", what);
	case -EEXIST:
	case -EBUSY:
		return skep_fail(err, code, SKEP_ERR_CONFLICT, "%s", what);
	case -ENOSPC:
		return skep_fail(err, code, SKEP_ERR_NO_SPACE, "%s", what);
	default:
		return skep_fail(err, code, SKEP_ERR_SYSCALL, "%s", what);
	}
}
