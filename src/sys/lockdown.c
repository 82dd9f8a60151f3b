/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "sys/lockdown.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/cleanup.h"
#include "sys/file.h"

#define SECURITYFS "/sys/kernel/security"

static const char *const names[] = {
	[SYS_LOCKDOWN_NONE] = "none",
	[SYS_LOCKDOWN_INTEGRITY] = "integrity",
	[SYS_LOCKDOWN_CONFIDENTIALITY] = "confidentiality",
};

const char *sys_lockdown_name(int mode)
{
	return mode >= 0 && mode < (int)ARRAY_SIZE(names) ? names[mode] : "unknown";
}

int sys_lockdown_parse(const char *text)
{
	const char *open = strchr(text, '[');
	int mode;

	for (mode = 0; open && mode < (int)ARRAY_SIZE(names); mode++) {
		size_t len = strlen(names[mode]);

		if (!strncmp(open + 1, names[mode], len) && open[1 + len] == ']')
			return mode;
	}
	return -EBADMSG;
}

int sys_lockdown_mode(void)
{
	char text[128];
	size_t len;
	int r = sys_file_read(AT_FDCWD, SECURITYFS "/lockdown", text, sizeof(text), &len);

	if (r >= 0)
		return sys_lockdown_parse(text);
	/* every kernel with security modules has this file where securityfs is mounted */
	if (r == -ENOENT &&
	    sys_file_read(AT_FDCWD, SECURITYFS "/lsm", text, sizeof(text), &len) >= 0)
		return SYS_LOCKDOWN_NONE;
	return r;
}
