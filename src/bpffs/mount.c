/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include <skep/error.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/opts.h"
#include "bpffs/context.h"
#include "bpffs/mount_data.h"
#include "sys/capability.h"
#include "sys/mountinfo.h"

/* By the device, where statx(2) does not tell: a mount of the same file system elsewhere is not seen by that. */
static int is_other_device(int fd)
{
	struct stat own, parent;

	if (fstat(fd, &own) < 0 || fstatat(fd, "..", &parent, 0) < 0)
		return -errno;
	return own.st_dev != parent.st_dev || own.st_ino == parent.st_ino;
}

static int is_mount_root(int fd)
{
	struct statx sx;

	if (statx(fd, "", AT_EMPTY_PATH, STATX_TYPE, &sx) == 0 &&
	    (sx.stx_attributes_mask & STATX_ATTR_MOUNT_ROOT))
		return (sx.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0;
	return is_other_device(fd);
}

int bpffs_fd_state(int fd)
{
	struct statfs fs;
	int r = is_mount_root(fd);

	if (r <= 0)
		return r < 0 ? r : SKEP_BPFFS_NOT_MOUNTED;
	if (fstatfs(fd, &fs) < 0)
		return -errno;
	return (uint32_t)fs.f_type == BPF_FS_MAGIC ? SKEP_BPFFS_MOUNTED : SKEP_BPFFS_OTHER;
}

int skep_bpffs_state(const char *path)
{
	_cleanup_close_ int fd = -1;
	struct stat st;

	fd = open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? SKEP_BPFFS_NOT_MOUNTED : -errno;
	if (fstat(fd, &st) < 0)
		return -errno;
	return S_ISDIR(st.st_mode) ? bpffs_fd_state(fd) : SKEP_BPFFS_NOT_MOUNTED;
}

/* Each missing directory of a path, with mode 0755. Return: 1 the last one was made, 0 it was there; a negative errno. */
static int make_directories(const char *path)
{
	char copy[PATH_MAX], *slash;

	if (snprintf(copy, sizeof(copy), "%s", path) >= (int)sizeof(copy))
		return -ENAMETOOLONG;
	for (slash = strchr(copy + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdir(copy, 0755) < 0 && errno != EEXIST)
			return -errno;
		*slash = '/';
	}
	if (mkdir(copy, 0755) == 0)
		return 1;
	return errno == EEXIST ? 0 : -errno;
}

struct find_options {
	const char *point;
	char options[BPFFS_MOUNT_DATA_SIZE];
};

static int find_options(const struct sys_mount *m, void *userdata)
{
	struct find_options *find = userdata;

	if (!strcmp(m->point, find->point))
		snprintf(find->options, sizeof(find->options), "%s", m->super_options);
	return 0;
}

/* The kernel ignores options that it does not know. Return: the name of the first that had no effect; NULL. */
static const char *ignored_option(int fd, const struct skep_bpffs_mount_opts *o)
{
	const struct {
		const char *name, *value;
	} delegated[] = {
		{ "delegate_cmds", o->delegate_cmds },
		{ "delegate_maps", o->delegate_maps },
		{ "delegate_progs", o->delegate_progs },
		{ "delegate_attachs", o->delegate_attachs },
	};
	char proc[BPFFS_PROC_PATH_SIZE], point[PATH_MAX];
	struct find_options find = { .point = point };
	struct stat st;
	ssize_t len;
	size_t i;

	if (fstat(fd, &st) < 0)
		return "mode";
	if (o->mode && (st.st_mode & 0777) != (o->mode & 0777))
		return "mode";
	if (o->uid && st.st_uid != o->uid)
		return "uid";
	if (o->gid && st.st_gid != o->gid)
		return "gid";
	len = readlink(bpffs_proc_path(fd, NULL, proc, sizeof(proc)), point, sizeof(point) - 1);
	point[len > 0 ? len : 0] = '\0';
	sys_mountinfo_read(find_options, &find);
	for (i = 0; i < ARRAY_SIZE(delegated); i++)
		if (delegated[i].value &&
		    !sys_mount_option(find.options, delegated[i].name, point, 1))
			return delegated[i].name;
	return NULL;
}

/* What stands in the way of a mount. Return: 0: nothing does; 1: it is a bpffs already; a negative errno. */
static int check_point(const char *path, struct skep_error *err)
{
	_cleanup_close_ int fd = -1;
	struct statfs fs;
	int r;

	fd = open(path, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 && errno == ENOTDIR)
		return skep_fail(err, -ENOTDIR, SKEP_ERR_INVALID,
				 "mount a bpffs: '%s' is not a directory (nor may it be a symbolic "
				 "link).",
				 path);
	if (fd < 0)
		return skep_fail(err, -errno, SKEP_ERR_SYSCALL, "mount a bpffs: open '%s'", path);
	r = bpffs_fd_state(fd);
	if (r < 0)
		return skep_fail(err, r, SKEP_ERR_SYSCALL, "what is mounted on '%s'", path);
	if (r == SKEP_BPFFS_OTHER)
		return skep_fail(err, -EBUSY, SKEP_ERR_CONFLICT,
				 "mount a bpffs: another file system is mounted on '%s'.", path);
	if (r == SKEP_BPFFS_NOT_MOUNTED && fstatfs(fd, &fs) == 0 &&
	    (uint32_t)fs.f_type == BPF_FS_MAGIC)
		return skep_fail(
			err, -EINVAL, SKEP_ERR_INVALID,
			"mount a bpffs: '%s' is inside of one; what is pinned there would be "
			"hidden.",
			path);
	return r == SKEP_BPFFS_MOUNTED;
}

static int check_mounted(const char *path, const struct skep_bpffs_mount_opts *o,
			 struct skep_error *err)
{
	_cleanup_close_ int fd = -1;
	const char *ignored = NULL;
	int r;

	fd = open(path, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	r = fd < 0 ? -errno : bpffs_fd_state(fd);
	if (r == SKEP_BPFFS_MOUNTED)
		ignored = ignored_option(fd, o);
	if (r == SKEP_BPFFS_MOUNTED && !ignored)
		return 0;
	if (fd >= 0)
		close(take_fd(&fd)); /* or else it is busy */
	umount2(path, UMOUNT_NOFOLLOW);
	if (ignored)
		return skep_fail(err, -EOPNOTSUPP, SKEP_ERR_UNSUPPORTED,
				 "mount a bpffs on '%s': this kernel does not know the option %s "
				 "(Linux 6.9).",
				 path, ignored);
	return skep_fail(err, r < 0 ? r : -EBUSY, SKEP_ERR_SYSCALL,
			 "look at the bpffs mounted on '%s'", path);
}

static int fail_mount(struct skep_error *err, int code, const char *path,
		      const struct skep_bpffs_mount_opts *o, const char *data)
{
	char what[PATH_MAX + 32];

	snprintf(what, sizeof(what), "mount a bpffs on '%s'", path);
	if (code == -EPERM || code == -EACCES)
		return sys_fail_permission(err, code, SKEP_CAPABILITY_BIT(SYS_ADMIN), what);
	if (code == -ENODEV)
		return skep_fail(err, -EOPNOTSUPP, SKEP_ERR_UNSUPPORTED,
				 "%s: this kernel has no bpffs.", what);
	if (code == -EINVAL && bpffs_mount_data_unknown(o, err) < 0)
		return code;
	return skep_fail(err, code, SKEP_ERR_SYSCALL, "%s%s%s", what, *data ? " with options " : "",
			 data);
}

int skep_bpffs_mount(const char *path, const struct skep_bpffs_mount_opts *opts,
		     struct skep_error *err)
{
	struct skep_bpffs_mount_opts o;
	char data[BPFFS_MOUNT_DATA_SIZE], plain[PATH_MAX];
	int r, made;

	r = opts_copy(&o, sizeof(o), opts);
	if (r < 0)
		return skep_fail(err, r, SKEP_ERR_INVALID, "options of the mount");
	if (path[0] != '/')
		return skep_fail(err, -EINVAL, SKEP_ERR_INVALID,
				 "mount a bpffs: '%s' is not an absolute path.", path);
	r = bpffs_plain_path(path, plain);
	if (r < 0)
		return skep_fail(err, r, SKEP_ERR_INVALID, "mount a bpffs on '%s'", path);
	path = plain;
	r = bpffs_mount_data(&o, data, err);
	if (r < 0)
		return r;
	made = make_directories(path);
	if (made < 0)
		return skep_fail(err, made, SKEP_ERR_SYSCALL,
				 "mount a bpffs: make the directory '%s'", path);
	r = check_point(path, err);
	if (r == 0 && mount("bpf", path, "bpf", MS_NOSUID | MS_NODEV | MS_NOEXEC, data) < 0)
		r = fail_mount(err, -errno, path, &o, data);
	else if (r == 0)
		r = check_mounted(path, &o, err);
	if (r < 0 && made)
		rmdir(path);
	return r;
}

struct walk_mounts {
	skep_bpffs_mount_fn fn;
	void *userdata;
};

static int tell_mount(const struct sys_mount *m, void *userdata)
{
	const struct walk_mounts *walk = userdata;
	struct skep_bpffs_mount_info info = {
		.point = m->point,
		.root = m->root,
		.source = m->source,
		.options = m->options,
		.super_options = m->super_options,
	};

	return strcmp(m->type, "bpf") ? 0 : walk->fn(&info, walk->userdata);
}

int skep_bpffs_mounts(skep_bpffs_mount_fn fn, void *userdata)
{
	struct walk_mounts walk = { fn, userdata };

	return sys_mountinfo_read(tell_mount, &walk);
}
