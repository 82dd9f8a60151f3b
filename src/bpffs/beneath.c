/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* Opening what is below the root, and nothing else. */
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "bpffs/context.h"

#define ATTEMPTS 16

int bpffs_open_at(int root_fd, const char *relative, uint64_t flags)
{
	struct open_how how = {
		.flags = flags | O_CLOEXEC,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV,
	};
	int fd, i;

	/* EAGAIN: something was renamed meanwhile, and the kernel could not be sure */
	for (i = 0; i < ATTEMPTS; i++) {
		fd = (int)syscall(SYS_openat2, root_fd, *relative ? relative : ".", &how,
				  sizeof(how));
		if (fd >= 0 || (errno != EAGAIN && errno != EINTR))
			break;
	}
	if (fd < 0 && errno == EPERM && strchr(relative, '.')) /* bpf_lookup() refuses dots so */
		return -EINVAL;
	return fd < 0 ? -errno : fd;
}

int bpffs_open_parent(const struct skep_bpffs *ctx, const char *path, char relative[PATH_MAX],
		      const char **ret_name)
{
	char *slash;
	int r;

	r = bpffs_relative(ctx, path, relative);
	if (r < 0)
		return r;
	if (!*relative)
		return -EISDIR;
	slash = strrchr(relative, '/');
	*ret_name = slash ? slash + 1 : relative;
	if (!slash)
		return bpffs_open_at(ctx->root_fd, "", O_PATH | O_DIRECTORY);
	*slash = '\0';
	r = bpffs_open_at(ctx->root_fd, relative, O_PATH | O_DIRECTORY);
	*slash = '/';
	return r;
}

char *bpffs_proc_path(int fd, const char *name, char *buf, size_t size)
{
	/* a thread may have fds of its own */
	snprintf(buf, size, "/proc/thread-self/fd/%d%s%s", fd, name ? "/" : "", name ? name : "");
	return buf;
}
