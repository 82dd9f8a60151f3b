/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include <skep/sys.h>

#include <errno.h>
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <skep/kabi/command.h>

#include "base/cleanup.h"

#define ENOTSUPP 524 /* of the kernel: include/linux/errno.h */

#define LOAD_ATTEMPTS 5

#define MAKES_FD(command) (1ull << SKEP_COMMAND_##command)

static const uint64_t makes_fd = MAKES_FD(MAP_CREATE) | MAKES_FD(PROG_LOAD) | MAKES_FD(OBJ_GET) |
				 MAKES_FD(PROG_GET_FD_BY_ID) | MAKES_FD(MAP_GET_FD_BY_ID) |
				 MAKES_FD(RAW_TRACEPOINT_OPEN) | MAKES_FD(BTF_LOAD) |
				 MAKES_FD(BTF_GET_FD_BY_ID) | MAKES_FD(LINK_CREATE) |
				 MAKES_FD(LINK_GET_FD_BY_ID) | MAKES_FD(ENABLE_STATS) |
				 MAKES_FD(ITER_CREATE) | MAKES_FD(TOKEN_CREATE);

/* Above the standard ones, and close-on-exec, which the kernel sees to for all but tokens. */
static int proper_fd(int fd, uint32_t command)
{
	int r = fd;

	if (fd <= STDERR_FILENO)
		r = fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	else if (command == SKEP_COMMAND_TOKEN_CREATE && fcntl(fd, F_SETFD, FD_CLOEXEC) < 0)
		r = -1;
	if (r < 0)
		r = -errno;
	if (r != fd)
		close(fd);
	return r;
}

int skep_sys_bpf(uint32_t command, void *attr, size_t attr_bytes)
{
	long r = syscall(SYS_bpf, command, attr, attr_bytes);
	int attempt;

	/* a signal while the verifier works makes it give up and ask for another attempt */
	for (attempt = 1; r < 0 && errno == EAGAIN && command == SKEP_COMMAND_PROG_LOAD &&
			  attempt < LOAD_ATTEMPTS;
	     attempt++)
		r = syscall(SYS_bpf, command, attr, attr_bytes);
	if (r < 0)
		return errno == ENOTSUPP ? -EOPNOTSUPP : -errno;
	if (command < 64 && makes_fd >> command & 1)
		return proper_fd((int)r, command);
	return (int)r;
}

int skep_sys_close(int *fd)
{
	int closing = take_fd(fd);

	*fd = -1;
	if (closing < 0)
		return 0;
	return close(closing) < 0 ? -errno : 0;
}
