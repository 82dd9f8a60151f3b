/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <skep/error.h>
#include <skep/kabi/command.h>
#include <skep/kabi/map_flag.h>
#include <skep/sys.h>

#include "base/cleanup.h"
#include "base/error.h"

static struct skep_attr_object attribute(int fd, int dir_fd, const char *path, uint32_t flags)
{
	struct skep_attr_object attr = {
		.pathname = SKEP_ATTR_POINTER(path),
		.bpf_fd = fd < 0 ? 0 : (uint32_t)fd,
		.file_flags = flags,
	};

	if (dir_fd >= 0) {
		attr.file_flags |= SKEP_MAP_FLAG_PATH_FD;
		attr.path_fd = dir_fd;
	}
	return attr;
}

/* Before 6.5 a directory's fd is an unknown flag. */
static int without_path_fd(int r, int dir_fd)
{
	return r == -EINVAL && dir_fd >= 0 ? -EOPNOTSUPP : r;
}

/* Opens the directory that a path's last part is in; sets where that part begins. */
static int open_parent(int dir_fd, const char *path, const char **ret_name)
{
	const char *slash = strrchr(path, '/');
	char parent[4096];
	size_t len = slash ? (size_t)(slash - path) : 0;
	int fd;

	*ret_name = slash ? slash + 1 : path;
	if (len >= sizeof(parent))
		return -ENAMETOOLONG;
	memcpy(parent, path, len);
	parent[len] = '\0';
	fd = openat(dir_fd >= 0 ? dir_fd : AT_FDCWD,
		    len     ? parent
		    : slash ? "/"
			    : ".",
		    O_PATH | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

/* EPERM of a pin has four reasons: which one? */
static int fail_pin(struct skep_error *err, int code, int fd, int dir_fd, const char *path)
{
	_cleanup_close_ int parent = -1;
	const char *name;
	struct statfs fs;

	if (fd < 0 || skep_sys_obj_kind(fd) == -EINVAL)
		return skep_fail(err, code, SKEP_ERR_INVALID,
				 "pin '%s': fd %d is no map, program or link.", path, fd);
	parent = open_parent(dir_fd, path, &name);
	if (parent >= 0 && fstatfs(parent, &fs) == 0 && (uint32_t)fs.f_type != BPF_FS_MAGIC)
		return skep_fail(err, code, SKEP_ERR_INVALID,
				 "pin '%s': its directory is not on a bpffs (mount one: skep "
				 "bpffs mount).",
				 path);
	if (code == -EPERM && strchr(name, '.'))
		return skep_fail(err, code, SKEP_ERR_INVALID,
				 "pin '%s': names on a bpffs have no dots.", path);
	if (code == -EEXIST)
		return skep_fail(err, code, SKEP_ERR_CONFLICT, "pin '%s'", path);
	if (code == -ENOENT)
		return skep_fail(err, code, SKEP_ERR_NOT_FOUND, "pin '%s'", path);
	return skep_fail(err, code, SKEP_ERR_SYSCALL, "pin '%s'", path);
}

int skep_sys_obj_pin(int fd, int dir_fd, const char *path, struct skep_error *err)
{
	struct skep_attr_object attr = attribute(fd, dir_fd, path, 0);
	int r;

	if (!*path)
		return skep_fail(err, -EINVAL, SKEP_ERR_INVALID, "pin: the path is empty.");
	r = without_path_fd(skep_sys_bpf(SKEP_COMMAND_OBJ_PIN, &attr, sizeof(attr)), dir_fd);
	return r < 0 ? fail_pin(err, r, fd, dir_fd, path) : 0;
}

/* The file system that a path is on. Return: 0; -1 it is not told. */
static int statfs_at(int dir_fd, const char *path, struct statfs *ret_fs)
{
	_cleanup_close_ int fd = -1;

	fd = openat(dir_fd >= 0 ? dir_fd : AT_FDCWD, path, O_PATH | O_CLOEXEC);
	return fd < 0 ? -1 : fstatfs(fd, ret_fs);
}

static int fail_get(struct skep_error *err, int code, int dir_fd, const char *path)
{
	const char *slash = strrchr(path, '/');
	struct statfs fs;
	struct stat st;

	if (code == -ENOENT)
		return skep_fail(err, code, SKEP_ERR_NO_PIN, "open pin '%s'", path);
	/* kernel/bpf/inode.c, bpf_lookup(); elsewhere a file that may not be read is EACCES */
	if (code == -EPERM && strchr(slash ? slash : path, '.'))
		return skep_fail(err, code, SKEP_ERR_INVALID,
				 "open pin '%s': names on a bpffs have no dots.", path);
	if (code == -EACCES && fstatat(dir_fd >= 0 ? dir_fd : AT_FDCWD, path, &st, 0) == 0 &&
	    S_ISDIR(st.st_mode))
		return skep_fail(err, code, SKEP_ERR_INVALID, "open pin '%s': it is a directory.",
				 path);
	if (code == -EACCES && statfs_at(dir_fd, path, &fs) == 0 &&
	    (uint32_t)fs.f_type != BPF_FS_MAGIC)
		return skep_fail(err, code, SKEP_ERR_INVALID,
				 "open pin '%s': it is no pin, which would be on a bpffs.", path);
	return skep_fail(err, code, SKEP_ERR_SYSCALL, "open pin '%s'", path);
}

int skep_sys_obj_get(int dir_fd, const char *path, uint32_t flags, struct skep_error *err)
{
	struct skep_attr_object attr = attribute(-1, dir_fd, path, flags);
	int r;

	if (!*path)
		return skep_fail(err, -EINVAL, SKEP_ERR_INVALID, "open pin: the path is empty.");
	r = without_path_fd(skep_sys_bpf(SKEP_COMMAND_OBJ_GET, &attr, sizeof(attr)), dir_fd);
	return r < 0 ? fail_get(err, r, dir_fd, path) : r;
}
