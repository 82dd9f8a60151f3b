/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include <skep/bpffs_pin.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <skep/error.h>
#include <skep/sys_object.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "bpffs/context.h"
#include "bpffs/pin.h"
#include "sys/capability.h"

static uint32_t kind_of(int code)
{
	switch (code) {
	case -ENOENT:
		return SKEP_ERR_NOT_FOUND;
	case -EEXIST:
	case -ENOTEMPTY:
	case -EBUSY:
		return SKEP_ERR_CONFLICT;
	case -EINVAL:
	case -EISDIR:
	case -ENOTDIR:
	case -ELOOP:
	case -ENAMETOOLONG:
		return SKEP_ERR_INVALID;
	default:
		return SKEP_ERR_SYSCALL;
	}
}

int bpffs_fail(const struct skep_bpffs *ctx, struct skep_error *err, int code, const char *what,
	       const char *path)
{
	const char *slash = path[0] == '/' ? "" : "/", *root = path[0] == '/' ? "" : ctx->root;
	char relative[PATH_MAX];

	if (code == -EXDEV && bpffs_relative(ctx, path, relative) == -EXDEV)
		return skep_fail(err, code, SKEP_ERR_INVALID, "%s '%s': it is not below '%s'.",
				 what, path, ctx->root);
	if (code == -EXDEV)
		return skep_fail(err, code, SKEP_ERR_CONFLICT,
				 "%s '%s%s%s': something is mounted in there.", what, root, slash,
				 path);
	if (code == -EISDIR && bpffs_relative(ctx, path, relative) == 0 && !*relative)
		return skep_fail(err, code, SKEP_ERR_INVALID,
				 "%s '%s': it is the root of the bpffs.", what, ctx->root);
	if (code == -EINVAL && (!*path || strchr(path, '.')))
		return skep_fail(err, code, SKEP_ERR_INVALID,
				 "%s '%s%s%s': names on a bpffs have no dots.", what, root, slash,
				 path);
	return skep_fail(err, code, kind_of(code), "%s '%s%s%s'", what, root, slash, path);
}

/* Of bpf(2), which takes a capability where unprivileged use is disabled. */
static int fail_object(const struct skep_bpffs *ctx, struct skep_error *err, int code,
		       const char *what, const char *path)
{
	char text[PATH_MAX];

	if (code != -EPERM)
		return bpffs_fail(ctx, err, code, what, path);
	snprintf(text, sizeof(text), "%s '%s'", what, path);
	return sys_fail_permission(err, code, SKEP_CAPABILITY_BIT(BPF), text);
}

int bpffs_fail_pin(const struct skep_bpffs *ctx, struct skep_error *err, int code, int fd,
		   const char *what, const char *path)
{
	int kind = skep_sys_obj_kind(fd);

	if (kind == -EBADF)
		return skep_fail(err, code, SKEP_ERR_INVALID, "%s '%s': fd %d is not open.", what,
				 path, fd);
	if (kind == -EINVAL || kind == SKEP_OBJECT_BTF)
		return skep_fail(err, code, SKEP_ERR_INVALID,
				 "%s '%s': fd %d is no map, program or link.", what, path, fd);
	return fail_object(ctx, err, code, what, path);
}

int skep_bpffs_exists(const struct skep_bpffs *ctx, const char *path)
{
	_cleanup_close_ int fd = -1;
	char relative[PATH_MAX];
	int r;

	r = bpffs_relative(ctx, path, relative);
	if (r < 0)
		return r;
	fd = bpffs_open_at(ctx->root_fd, relative, O_PATH | O_NOFOLLOW);
	if (fd < 0 && fd != -ENOENT)
		return fd;
	return fd >= 0;
}

/* What is missing could be made below @at, which is there. @rest: names behind the first. Return: 0; a negative errno. */
static int check_rest(int at, char *rest)
{
	char *name, *next;
	int r = faccessat(at, ".", W_OK | X_OK, AT_EACCESS) < 0 ? -errno : 0;

	for (name = rest; r == 0 && *name; name = next) {
		next = name + strcspn(name, "/");
		if (*next)
			*next++ = '\0';
		r = bpffs_name_check(name);
	}
	return r;
}

/* @makes: 0: only looks whether it could */
static int make_directories(const struct skep_bpffs *ctx, const char *path, int makes,
			    struct skep_error *err)
{
	_cleanup_close_ int at = -1;
	char relative[PATH_MAX], *name = relative, *next;
	int r;

	r = bpffs_relative(ctx, path, relative);
	if (r == 0 && strchr(relative, '.'))
		r = -EINVAL; /* before any is made */
	at = r == 0 ? bpffs_open_at(ctx->root_fd, "", O_PATH | O_DIRECTORY) : r;
	for (; at >= 0 && *name; name = next) {
		int below;

		next = name + strcspn(name, "/");
		if (*next)
			*next++ = '\0';
		r = bpffs_name_check(name);
		if (r == 0 && makes && mkdirat(at, name, 0755) < 0 && errno != EEXIST)
			r = -errno;
		below = r == 0 ? bpffs_open_at(at, name, O_PATH | O_DIRECTORY) : r;
		if (below == -ENOENT && !makes) {
			below = check_rest(at, next);
			if (below == 0)
				return 0;
		}
		close(take_fd(&at));
		at = below;
	}
	return at < 0 ? bpffs_fail(ctx, err, at, "make the directory", path) : 0;
}

int skep_bpffs_mkdir(const struct skep_bpffs *ctx, const char *path, struct skep_error *err)
{
	return make_directories(ctx, path, 1, err);
}

int skep_bpffs_check_mkdir(const struct skep_bpffs *ctx, const char *path, struct skep_error *err)
{
	return make_directories(ctx, path, 0, err);
}

int bpffs_pin_at(int dir_fd, int fd, const char *name)
{
	char proc[BPFFS_PROC_PATH_SIZE + NAME_MAX + 1];
	int r;

	r = skep_sys_obj_pin(fd, dir_fd, name, NULL);
	if (r == -EOPNOTSUPP) /* before 6.5 */
		r = skep_sys_obj_pin(fd, -1, bpffs_proc_path(dir_fd, name, proc, sizeof(proc)),
				     NULL);
	return r;
}

int bpffs_get_at(int dir_fd, const char *name, uint32_t flags)
{
	_cleanup_close_ int fd = -1;
	char proc[BPFFS_PROC_PATH_SIZE];
	struct stat st;

	/* open first, then look, then ask for the object of just that: a name may change hands in between */
	fd = bpffs_open_at(dir_fd, name, O_PATH | O_NOFOLLOW);
	if (fd < 0)
		return fd;
	if (fstat(fd, &st) < 0)
		return -errno;
	if (S_ISDIR(st.st_mode))
		return -EISDIR;
	if (S_ISLNK(st.st_mode))
		return -ELOOP;
	return skep_sys_obj_get(-1, bpffs_proc_path(fd, NULL, proc, sizeof(proc)), flags, NULL);
}

int skep_bpffs_pin(const struct skep_bpffs *ctx, int fd, const char *path, struct skep_error *err)
{
	_cleanup_close_ int parent = -1;
	char relative[PATH_MAX];
	const char *name;
	int r;

	parent = bpffs_open_parent(ctx, path, relative, &name);
	r = parent < 0 ? parent : bpffs_name_check(name);
	if (r < 0)
		return bpffs_fail(ctx, err, r, "pin", path);
	r = bpffs_pin_at(parent, fd, name);
	return r < 0 ? bpffs_fail_pin(ctx, err, r, fd, "pin", path) : 0;
}

int skep_bpffs_get(const struct skep_bpffs *ctx, const char *path, uint32_t flags,
		   struct skep_error *err)
{
	char relative[PATH_MAX];
	int r;

	r = bpffs_relative(ctx, path, relative);
	if (r == 0)
		r = bpffs_get_at(ctx->root_fd, relative, flags);
	if (r < 0)
		fail_object(ctx, err, r, "open the pin", path);
	if (r == -ENOENT && err)
		err->kind = SKEP_ERR_NO_PIN;
	return r;
}

int bpffs_unlink_at(int dir_fd, const char *name, int flags)
{
	_cleanup_close_ int fd = -1;
	int r;

	if (unlinkat(dir_fd, name, flags) == 0)
		return 1;
	r = -errno;
	if (r == -EPERM) /* because of a dot? */
		fd = bpffs_open_at(dir_fd, name, O_PATH | O_NOFOLLOW);
	return r == -ENOENT ? 0 : fd == -EINVAL ? -EINVAL : r;
}

int skep_bpffs_unpin(const struct skep_bpffs *ctx, const char *path, struct skep_error *err)
{
	_cleanup_close_ int parent = -1;
	char relative[PATH_MAX];
	const char *name;
	int r;

	parent = bpffs_open_parent(ctx, path, relative, &name);
	if (parent == -ENOENT)
		return 0;
	if (parent < 0)
		return bpffs_fail(ctx, err, parent, "remove the pin", path);
	r = bpffs_unlink_at(parent, name, 0);
	return r < 0 ? bpffs_fail(ctx, err, r, "remove the pin", path) : r;
}
