/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "out_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int out_file_is_stdout(const char *path)
{
	struct stat file, output;

	return !strcmp(path, "-") ||
	       (stat(path, &file) == 0 && fstat(STDOUT_FILENO, &output) == 0 &&
		file.st_dev == output.st_dev && file.st_ino == output.st_ino);
}

static int write_all(int fd, const char *bytes, size_t size)
{
	ssize_t n;

	while (size) {
		n = write(fd, bytes, size);
		if (n < 0 && errno != EINTR)
			return -errno;
		bytes += n > 0 ? n : 0;
		size -= n > 0 ? (size_t)n : 0;
	}
	return 0;
}

/* Writes, and closes the fd. */
static int write_and_close(int fd, const void *data, size_t size)
{
	int r = fd < 0 ? -errno : write_all(fd, data, size);

	if (fd >= 0 && close(fd) < 0 && r == 0)
		r = -errno;
	return r;
}

/* As a file of this mode and owner: it may be that only root can give it to another. */
static int like(int fd, const struct stat *old)
{
	if (fchown(fd, old->st_uid, old->st_gid) < 0 && errno != EPERM)
		return -errno;
	return fchmod(fd, old->st_mode & 07777) < 0 ? -errno : 0;
}

/* What is written, and how it is told. */
struct content {
	const void *data;
	size_t size;
	out_file_tell_fn tell;
	void *userdata;
};

static int tell(const struct content *c)
{
	return c->tell ? c->tell(c->userdata) : 0;
}

static int replace_file(const char *path, const struct stat *old, const struct content *c)
{
	char beside[PATH_MAX];
	int fd, r;

	if (snprintf(beside, sizeof(beside), "%s.tmp%d", path, (int)getpid()) >=
	    (int)sizeof(beside))
		return -ENAMETOOLONG;
	fd = open(beside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	if (fd < 0)
		return -errno;
	r = old ? like(fd, old) : 0;
	if (r < 0)
		close(fd);
	else
		r = write_and_close(fd, c->data, c->size);
	if (r == 0)
		r = tell(c);
	if (r == 0 && rename(beside, path) < 0)
		r = -errno;
	if (r)
		unlink(beside);
	return r;
}

int out_file_write(const char *path, const void *data, size_t size, out_file_tell_fn tell_fn,
		   void *userdata)
{
	const struct content c = { data, size, tell_fn, userdata };
	char target[PATH_MAX];
	struct stat there;
	int r;

	if (out_file_is_stdout(path))
		return write_all(STDOUT_FILENO, data, size);
	if (lstat(path, &there) < 0)
		return errno == ENOENT ? replace_file(path, NULL, &c) : -errno;
	if (S_ISREG(there.st_mode))
		return replace_file(path, &there, &c);
	if (S_ISLNK(there.st_mode) && realpath(path, target) && stat(target, &there) == 0 &&
	    S_ISREG(there.st_mode))
		return replace_file(target, &there, &c);
	r = write_and_close(open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOCTTY, 0666),
			    data, size);
	return r < 0 ? r : tell(&c);
}
