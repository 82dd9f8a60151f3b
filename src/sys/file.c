/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "sys/file.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/error.h"

#define FIRST_ROOM (64ul * 1024)

/* Return: bytes, fewer than @size only at the end of the file; a negative errno. */
static ssize_t read_full(int fd, char *buf, size_t size)
{
	size_t len = 0;
	ssize_t n;

	while (len < size) {
		n = read(fd, buf + len, size - len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (!n)
			break;
		len += (size_t)n;
	}
	return (ssize_t)len;
}

int sys_file_read(int dir_fd, const char *path, char *buf, size_t size, size_t *ret_len)
{
	_cleanup_close_ int fd = -1;
	ssize_t len, more = 0;
	char next;

	fd = openat(dir_fd, path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	len = read_full(fd, buf, size - 1);
	if (len < 0)
		return (int)len;
	if ((size_t)len == size - 1)
		more = read_full(fd, &next, 1);
	if (more < 0)
		return (int)more;
	buf[len] = '\0';
	*ret_len = (size_t)len;
	return more > 0;
}

int sys_file_read_all(int dir_fd, const char *path, size_t most, char **ret_text, size_t *ret_len)
{
	_cleanup_close_ int fd = -1;
	_cleanup_free_ char *text = NULL;
	size_t room = FIRST_ROOM, len = 0;
	ssize_t n;

	fd = openat(dir_fd, path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	do {
		char *grown = realloc(text, room);

		if (!grown)
			return -ENOMEM;
		text = grown;
		n = read_full(fd, text + len, room - len - 1);
		if (n < 0)
			return (int)n;
		len += (size_t)n;
		if (len > most)
			return -EFBIG;
		room *= 2;
	} while (len == room / 2 - 1);
	text[len] = '\0';
	*ret_len = len;
	*ret_text = take_ptr(text);
	return 0;
}

int sys_proc_open(struct skep_error *err)
{
	_cleanup_close_ int fd = -1;
	struct statfs fs;

	fd = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || fstatfs(fd, &fs) < 0)
		return skep_fail(err, -errno, SKEP_ERR_SYSCALL, "open '/proc'");
	if (fs.f_type != PROC_SUPER_MAGIC)
		return skep_fail(err, -ENODEV, SKEP_ERR_NOT_FOUND,
				 "'/proc' is not procfs: mount it there.");
	return take_fd(&fd);
}

int sys_proc_is_ours(int proc_fd)
{
	char target[32], pid[32];
	ssize_t len = readlinkat(proc_fd, "self", target, sizeof(target) - 1);

	if (len < 0)
		return 0;
	target[len] = '\0';
	snprintf(pid, sizeof(pid), "%d", (int)getpid());
	return !strcmp(target, pid);
}
