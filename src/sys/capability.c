/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "sys/capability.h"

#include <errno.h>
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/error.h"

int sys_capabilities(uint64_t *ret_set)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = { 0 };

	if (syscall(SYS_capget, &header, data) < 0)
		return -errno;
	*ret_set = data[0].effective | (uint64_t)data[1].effective << 32;
	return 0;
}

uint64_t sys_capabilities_missing(uint64_t needed)
{
	const uint64_t admin_covers = SKEP_CAPABILITY_BIT(BPF) | SKEP_CAPABILITY_BIT(PERFMON);
	uint64_t held = 0;

	if (sys_capabilities(&held) < 0)
		return 0;
	if (held & SKEP_CAPABILITY_BIT(SYS_ADMIN))
		held |= admin_covers;
	return needed & ~held;
}

int sys_fail_permission(struct skep_error *err, int code, uint64_t needed, const char *what)
{
	uint64_t missing = sys_capabilities_missing(needed);
	char names[128] = "", number[SKEP_NAME_SIZE];
	unsigned i;

	if (!missing)
		return skep_fail(err, code, SKEP_ERR_PERMISSION,
				 "%s: refused although the capabilities are held "
				 "(a user namespace, lockdown or a security module?).",
				 what);
	for (i = 0; i < 64; i++)
		if (missing >> i & 1) {
			size_t len = strlen(names);

			snprintf(names + len, sizeof(names) - len, "%s%s", len ? ", " : "",
				 skep_capability_name(i, number));
		}
	return skep_fail(err, code, SKEP_ERR_PERMISSION, "%s: not permitted without %s.", what,
			 names);
}
