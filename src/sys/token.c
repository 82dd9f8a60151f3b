/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include <skep/error.h>
#include <skep/kabi.h>
#include <skep/sys.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "sys/fail.h"

int skep_sys_token_create(int bpffs_fd, struct skep_error *err)
{
	struct skep_attr_token_create attr = { .bpffs_fd = (uint32_t)bpffs_fd };
	int r = skep_sys_bpf(SKEP_COMMAND_TOKEN_CREATE, &attr, sizeof(attr));

	if (r == -ENOENT)
		return skep_fail(
			err, r, SKEP_ERR_NOT_FOUND,
			"make a BPF token: this bpffs delegates nothing (mount options "
			"delegate_cmds, delegate_maps, delegate_progs, delegate_attachs).");
	return r < 0 ? sys_fail(err, r, skep_operation_capabilities(SKEP_OPERATION_TOKEN_CREATE),
				"make a BPF token")
		     : r;
}

/* Return: an fd; -ENOENT nothing is delegated there to this process. */
static int token_at(const char *path)
{
	_cleanup_close_ int dir = -1;
	int r;

	dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return errno == EACCES || errno == ENOTDIR ? -ENOENT : -errno;
	r = skep_sys_token_create(dir, NULL);
	switch (r) {
	case -EINVAL:     /* not the root of a bpffs, or no tokens before 6.9 */
	case -EPERM:      /* of another user namespace */
	case -EOPNOTSUPP: /* in the initial user namespace nobody needs one */
		return -ENOENT;
	default:
		return r;
	}
}

int skep_sys_token_find(const char *const *paths, struct skep_error *err)
{
	static const char *const usual[] = { "/run/bpf_delegation", "/sys/fs/bpf", NULL };
	const char *const *path;
	int r = -ENOENT;

	for (path = paths ? paths : usual; *path && r == -ENOENT; path++) {
		r = token_at(*path);
		if (r < 0 && r != -ENOENT)
			return skep_fail(err, r, SKEP_ERR_SYSCALL, "make a BPF token of '%s'",
					 *path);
	}
	if (r == -ENOENT)
		return skep_fail(err, r, SKEP_ERR_NOT_FOUND,
				 "no bpffs delegates rights to this process.");
	return r;
}
