/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "bpffs/rename.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#include <skep/error.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "bpffs/context.h"
#include "bpffs/pin.h"

/* Return: 0 a pin; -ENOENT; -EISDIR, -ELOOP it is none; another negative errno. */
static int check_pin(int dir_fd, const char *name)
{
	_cleanup_close_ int fd = -1;
	struct stat st;

	fd = bpffs_open_at(dir_fd, name, O_PATH | O_NOFOLLOW);
	if (fd < 0)
		return fd;
	if (fstat(fd, &st) < 0)
		return -errno;
	return S_ISREG(st.st_mode) ? 0 : S_ISDIR(st.st_mode) ? -EISDIR : -ELOOP;
}

int bpffs_rename(const struct skep_bpffs *ctx, const char *dir, const char *from, const char *to,
		 int replace, struct skep_error *err)
{
	_cleanup_close_ int dir_fd = -1;
	char relative[PATH_MAX];
	int r;

	r = bpffs_name_check(from);
	r = r < 0 ? r : bpffs_name_check(to);
	r = r < 0 ? r : bpffs_relative(ctx, dir, relative);
	r = r < 0 ? r : bpffs_open_at(ctx->root_fd, relative, O_PATH | O_DIRECTORY);
	if (r >= 0) {
		dir_fd = r;
		r = check_pin(dir_fd, from);
	}
	if (r == 0 && replace) {
		r = check_pin(dir_fd, to);
		r = r == -ENOENT ? 0 : r;
	}
	if (r == 0 && renameat2(dir_fd, from, dir_fd, to, replace ? 0 : RENAME_NOREPLACE) < 0)
		r = -errno;
	return r < 0 ? skep_fail(err, r, SKEP_ERR_SYSCALL, "rename the pin '%s' in '%s' to '%s'",
				 from, dir, to)
		     : 0;
}
