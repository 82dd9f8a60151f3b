/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* Names of one's own objects: made with the directories that they need, and taken away only while they are one's own. */
#include "bpffs/own.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include <skep/bpffs_pin.h>
#include <skep/error.h>
#include <skep/kabi_info.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "bpffs/context.h"
#include "bpffs/pin.h"

int skep_bpffs_check_pin(const struct skep_bpffs *bpffs, const char *path, struct skep_error *err)
{
	char relative[PATH_MAX];
	int r = bpffs_relative(bpffs, path, relative);

	if (r == 0 && !*relative)
		r = -EISDIR;
	if (r == 0 && strchr(relative, '.'))
		r = -EINVAL;
	if (r == 0)
		r = skep_bpffs_exists(bpffs, path);
	if (r > 0)
		r = -EEXIST;
	return r < 0 ? bpffs_fail(bpffs, err, r, "pin", path) : 0;
}

int bpffs_make_parents(const struct skep_bpffs *bpffs, const char *path, struct skep_error *err)
{
	_cleanup_free_ char *parent = strdup(path);
	char *slash;

	if (!parent)
		return skep_fail(err, -ENOMEM, SKEP_ERR_NO_MEMORY, "pin '%s'", path);
	slash = strrchr(parent, '/');
	if (!slash || slash == parent)
		return 0;
	*slash = '\0';
	return skep_bpffs_mkdir(bpffs, parent, err);
}

int bpffs_is_own(const struct skep_bpffs *bpffs, const char *path, int fd, struct skep_error *err)
{
	struct skep_bpffs_entry own = { 0 }, found = { 0 };
	_cleanup_close_ int there = -1;
	char object[SKEP_OBJ_NAME_LEN];
	int r;

	there = skep_bpffs_get(bpffs, path, 0, err);
	if (there < 0)
		return there == -ENOENT ? 0 : there;
	r = bpffs_identify(there, &found, object);
	r = r < 0 ? r : bpffs_identify(fd, &own, object);
	if (r < 0)
		return skep_fail(err, r, SKEP_ERR_SYSCALL, "ask what is pinned at '%s'", path);
	if (own.kind == found.kind && own.id == found.id)
		return 1;
	return skep_fail(err, -ESTALE, SKEP_ERR_CONFLICT, "'%s': another object has the name.",
			 path);
}

int bpffs_unpin_own(const struct skep_bpffs *bpffs, const char *path, int fd,
		    struct skep_error *err)
{
	int r = bpffs_is_own(bpffs, path, fd, err);

	return r > 0 ? skep_bpffs_unpin(bpffs, path, err) : r;
}
