/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "privilege.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

uint64_t lab_capabilities(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = { 0 };

	syscall(SYS_capget, &header, data);
	return data[0].effective | (uint64_t)data[1].effective << 32;
}

static int set_capabilities(uint64_t set)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = {
		{ .effective = (uint32_t)set, .permitted = (uint32_t)set },
		{ .effective = (uint32_t)(set >> 32), .permitted = (uint32_t)(set >> 32) },
	};

	return syscall(SYS_capset, &header, data) < 0 ? -errno : 0;
}

int lab_with_capabilities(uint64_t set, lab_privileged_fn fn, void *userdata)
{
	int ends[2], r = -ECHILD, status;
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return -ECHILD;
	pid = fork();
	if (!pid) {
		r = set_capabilities(set);
		if (!r)
			r = fn(userdata);
		_exit(write(ends[1], &r, sizeof(r)) != sizeof(r));
	}
	close(ends[1]);
	if (pid < 0 || read(ends[0], &r, sizeof(r)) != sizeof(r))
		r = -ECHILD;
	close(ends[0]);
	if (pid > 0)
		waitpid(pid, &status, 0);
	return r;
}
