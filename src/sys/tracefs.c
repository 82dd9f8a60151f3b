/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include <skep/tracefs.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "sys/capability.h"
#include "sys/file.h"

#define MOUNT_POINT "/sys/kernel/tracing"
#define PATH_SIZE 512

static const char *const places[] = { MOUNT_POINT, "/sys/kernel/debug/tracing" };

struct skep_tracefs {
	int dir_fd;
	const char *path; /* one of places */
};

/* Return: an fd; -ENOENT nothing, or something else, is there; another negative errno. */
static int open_place(const char *path)
{
	_cleanup_close_ int fd = -1;
	struct statfs fs;

	/* O_DIRECTORY: the one below debugfs is mounted when somebody goes there, by O_PATH alone it is not */
	fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || fstatfs(fd, &fs) < 0)
		return -errno;
	return fs.f_type == TRACEFS_MAGIC ? take_fd(&fd) : -ENOENT;
}

/* Return: an fd, and its place; -ENOENT it is nowhere; a negative errno: it may be where we may not look. */
static int find(const char **ret_path)
{
	int fd, why = -ENOENT;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(places); i++) {
		fd = open_place(places[i]);
		if (fd >= 0) {
			*ret_path = places[i];
			return fd;
		}
		why = why == -ENOENT ? fd : why;
	}
	return why;
}

/* If somebody was faster, it is there twice, which hurts nobody. */
static int mount_it(struct skep_error *err)
{
	if (mount("tracefs", MOUNT_POINT, "tracefs", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) == 0)
		return 0;
	if (errno == EPERM || errno == EACCES)
		return sys_fail_permission(err, -errno, SKEP_CAPABILITY_BIT(SYS_ADMIN),
					   "mount tracefs");
	if (errno == ENODEV || errno == ENOENT)
		return skep_fail(err, -EOPNOTSUPP, SKEP_ERR_UNSUPPORTED,
				 "mount tracefs: this kernel has none (CONFIG_TRACING), or "
				 "" MOUNT_POINT " is not there.");
	return skep_fail(err, -errno, SKEP_ERR_SYSCALL, "mount tracefs at " MOUNT_POINT);
}

static int fail_absent(struct skep_error *err)
{
	if (access(MOUNT_POINT, F_OK) < 0)
		return skep_fail(err, -EOPNOTSUPP, SKEP_ERR_UNSUPPORTED,
				 "tracefs: this kernel has none (CONFIG_TRACING), or sysfs is not "
				 "mounted.");
	return skep_fail(err, -ENOENT, SKEP_ERR_NOT_FOUND,
			 "tracefs is not mounted: mount -t tracefs tracefs " MOUNT_POINT ".");
}

/* Return: an fd; a negative errno, and nothing has been mounted. */
static int mount_and_open(const char **ret_path, struct skep_error *err)
{
	int r = mount_it(err), fd;

	if (r < 0)
		return r;
	fd = find(ret_path);
	if (fd >= 0)
		return fd;
	umount2(MOUNT_POINT, UMOUNT_NOFOLLOW);
	return skep_fail(err, fd, SKEP_ERR_SYSCALL, "open tracefs");
}

int skep_tracefs_open(uint64_t flags, struct skep_tracefs **ret_tracefs, struct skep_error *err)
{
	_cleanup_free_ struct skep_tracefs *t = NULL;
	const char *path = NULL;
	int fd;

	if (flags & ~(uint64_t)SKEP_TRACEFS_MOUNT)
		return skep_fail(err, -EINVAL, SKEP_ERR_INVALID, "flags of tracefs");
	t = malloc(sizeof(*t));
	if (!t)
		return skep_fail(err, -ENOMEM, SKEP_ERR_NO_MEMORY, "tracefs");
	fd = find(&path);
	if (fd == -ENOENT && flags & SKEP_TRACEFS_MOUNT) {
		fd = mount_and_open(&path, err);
		if (fd < 0)
			return fd;
	}
	if (fd == -ENOENT)
		return fail_absent(err);
	if (fd < 0)
		return skep_fail(err, fd, SKEP_ERR_SYSCALL, "open tracefs");
	t->dir_fd = fd;
	t->path = path;
	*ret_tracefs = take_ptr(t);
	return 0;
}

struct skep_tracefs *skep_tracefs_close(struct skep_tracefs *tracefs)
{
	if (tracefs) {
		cleanup_close(&tracefs->dir_fd);
		free(tracefs);
	}
	return NULL;
}

int skep_tracefs_fd(const struct skep_tracefs *tracefs)
{
	return tracefs->dir_fd;
}

const char *skep_tracefs_path(const struct skep_tracefs *tracefs)
{
	return tracefs->path;
}

/* Relative, and no component of it goes up. */
static int is_below(const char *path)
{
	size_t len;

	if (!*path || *path == '/')
		return 0;
	for (; *path; path += len + (path[len] == '/')) {
		len = strcspn(path, "/");
		if (len == 2 && !memcmp(path, "..", 2))
			return 0;
	}
	return 1;
}

static int is_name(const char *name)
{
	return is_below(name) && !strchr(name, '/') && strcmp(name, ".") != 0;
}

static int fail_path(const char *path, struct skep_error *err)
{
	return skep_fail(err, -EINVAL, SKEP_ERR_INVALID, "'%s' is not a path below tracefs.", path);
}

/* Opening failed: files belong to root, and with lockdown=confidentiality they are closed to root, too. */
static int fail_file(const struct skep_tracefs *t, const char *path, int code,
		     struct skep_error *err)
{
	if (code == -EACCES)
		return skep_fail(err, code, SKEP_ERR_PERMISSION,
				 "'%s/%s': not permitted: it belongs to root.", t->path, path);
	if (code == -EPERM)
		return skep_fail(err, code, SKEP_ERR_PERMISSION,
				 "'%s/%s': refused by kernel lockdown or a security module.",
				 t->path, path);
	return skep_fail(err, code, code == -ENOENT ? SKEP_ERR_NOT_FOUND : SKEP_ERR_SYSCALL,
			 "'%s/%s'", t->path, path);
}

int64_t skep_tracefs_read(const struct skep_tracefs *tracefs, const char *path, char *buf,
			  size_t size, struct skep_error *err)
{
	size_t len;
	int r;

	if (!is_below(path))
		return fail_path(path, err);
	r = sys_file_read(tracefs->dir_fd, path, buf, size, &len);
	if (r < 0)
		return fail_file(tracefs, path, r, err);
	if (r > 0)
		return skep_fail(err, -ENOSPC, SKEP_ERR_NO_SPACE,
				 "'%s/%s' is longer than %zu bytes.", tracefs->path, path,
				 size - 1);
	return (int64_t)len;
}

int skep_tracefs_write(const struct skep_tracefs *tracefs, const char *path, const char *text,
		       struct skep_error *err)
{
	_cleanup_close_ int fd = -1;
	size_t len = strlen(text);
	ssize_t written;

	if (!is_below(path))
		return fail_path(path, err);
	fd = openat(tracefs->dir_fd, path, O_WRONLY | O_APPEND | O_CLOEXEC);
	if (fd < 0)
		return fail_file(tracefs, path, -errno, err);
	written = write(fd, text, len);
	if (written < 0)
		return skep_fail(err, -errno, SKEP_ERR_SYSCALL, "write '%.80s' to '%s/%s'", text,
				 tracefs->path, path);
	if ((size_t)written != len)
		return skep_fail(err, -EIO, SKEP_ERR_SYSCALL, "write '%.80s' to '%s/%s'", text,
				 tracefs->path, path);
	return 0;
}

int skep_tracefs_has(const struct skep_tracefs *tracefs, const char *path)
{
	if (!is_below(path))
		return -EINVAL;
	if (faccessat(tracefs->dir_fd, path, F_OK, 0) == 0)
		return 1;
	return errno == ENOENT || errno == ENOTDIR ? 0 : -errno;
}

int skep_tracefs_event_id(const struct skep_tracefs *tracefs, const char *category,
			  const char *name, uint64_t *ret_id, struct skep_error *err)
{
	char path[PATH_SIZE], text[32], *end;
	unsigned long long id;
	size_t len;
	int r;

	if (!is_name(category) || !is_name(name) ||
	    snprintf(path, sizeof(path), "events/%s/%s/id", category, name) >= (int)sizeof(path))
		return skep_fail(err, -EINVAL, SKEP_ERR_INVALID, "'%s/%s' is not an event's name.",
				 category, name);
	r = sys_file_read(tracefs->dir_fd, path, text, sizeof(text), &len);
	if (r == -ENOENT || r == -ENOTDIR)
		return skep_fail(err, -ENOENT, SKEP_ERR_NO_EVENT, "there is no event '%s/%s'.",
				 category, name);
	if (r < 0)
		return fail_file(tracefs, path, r, err);
	errno = 0;
	id = strtoull(text, &end, 10);
	if (errno || end == text || (*end && *end != '\n'))
		return skep_fail(err, -EBADMSG, SKEP_ERR_SYSCALL, "'%s/%s' is no number",
				 tracefs->path, path);
	*ret_id = id;
	return 0;
}

static inline void cleanup_closedir(DIR **dir)
{
	if (*dir)
		closedir(*dir);
}

/* An event is a directory; beside them stand the category's own files, enable and filter. */
static int is_event(int dir_fd, const struct dirent *entry)
{
	struct stat st;

	if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
		return 0;
	if (entry->d_type != DT_UNKNOWN)
		return entry->d_type == DT_DIR;
	return fstatat(dir_fd, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(st.st_mode);
}

int skep_tracefs_events(const struct skep_tracefs *tracefs, const char *category,
			skep_tracefs_event_fn fn, void *userdata, struct skep_error *err)
{
	_cleanup_(cleanup_closedir) DIR *dir = NULL;
	_cleanup_close_ int fd = -1;
	const struct dirent *entry;
	char path[PATH_SIZE];
	int r;

	if (!is_name(category) ||
	    snprintf(path, sizeof(path), "events/%s", category) >= (int)sizeof(path))
		return skep_fail(err, -EINVAL, SKEP_ERR_INVALID, "'%s' is not a category's name.",
				 category);
	fd = openat(tracefs->dir_fd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? 0 : fail_file(tracefs, path, -errno, err);
	dir = fdopendir(fd);
	if (!dir)
		return fail_file(tracefs, path, -errno, err);
	take_fd(&fd); /* it is the directory's now */
	while (errno = 0, entry = readdir(dir)) {
		if (!is_event(dirfd(dir), entry))
			continue;
		r = fn(entry->d_name, userdata);
		if (r)
			return r;
	}
	return errno ? fail_file(tracefs, path, -errno, err) : 0;
}
