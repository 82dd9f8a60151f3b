/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "leak.h"

/* Of the sanitizer, in a build with it. */
int __lsan_do_recoverable_leak_check(void) __attribute__((weak));

int lab_leaks(void)
{
	return __lsan_do_recoverable_leak_check && __lsan_do_recoverable_leak_check();
}
