/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include <skep/sys_link.h>

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include <skep/error.h>
#include <skep/kabi.h>
#include <skep/sys.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "sys/fail.h"

#define NEEDED skep_operation_capabilities(SKEP_OPERATION_PROG_LOAD_NETWORK_TRACING)

int skep_sys_link_create(const struct skep_attr_link_create *attr, size_t attr_bytes,
			 struct skep_error *err)
{
	char name[SKEP_NAME_SIZE];
	int r = skep_sys_bpf(SKEP_COMMAND_LINK_CREATE, (void *)attr, attr_bytes);

	return r < 0 ? sys_fail(err, r, NEEDED, "attach by a link (%s)",
				skep_attach_type_name(attr->attach_type, name))
		     : r;
}

int skep_sys_link_update(const struct skep_attr_link_update *attr, size_t attr_bytes,
			 struct skep_error *err)
{
	int r = skep_sys_bpf(SKEP_COMMAND_LINK_UPDATE, (void *)attr, attr_bytes);

	if (r == -EPERM && attr->flags & SKEP_ATTACH_FLAG_REPLACE)
		return skep_fail(err, r, SKEP_ERR_CONFLICT,
				 "update a link: another program is attached than the one to be "
				 "replaced.");
	return r < 0 ? sys_fail(err, r, NEEDED, "update a link") : 0;
}

int skep_sys_link_detach(int link_fd, struct skep_error *err)
{
	uint32_t attr = (uint32_t)link_fd;
	int r = skep_sys_bpf(SKEP_COMMAND_LINK_DETACH, &attr, sizeof(attr));

	return r < 0 ? sys_fail(err, r, NEEDED, "detach a link") : 0;
}

int skep_sys_iter_create(int link_fd, struct skep_error *err)
{
	struct skep_attr_iter_create attr = { .link_fd = (uint32_t)link_fd };
	int r = skep_sys_bpf(SKEP_COMMAND_ITER_CREATE, &attr, sizeof(attr));

	return r < 0 ? sys_fail(err, r, NEEDED, "make an iterator") : r;
}

#define READ_ROOM 4096

/* Return: bytes; 0 the end; a negative errno. */
static ssize_t read_on(int fd, void *buf, size_t size)
{
	ssize_t r;

	do
		r = read(fd, buf, size);
	while (r < 0 && (errno == EINTR || errno == EAGAIN));
	return r < 0 ? -errno : r;
}

int skep_sys_iter_read(int link_fd, char **ret_text, size_t *ret_bytes, struct skep_error *err)
{
	_cleanup_close_ int fd = -1;
	_cleanup_free_ char *text = NULL;
	size_t room = 0, len = 0;
	ssize_t got = 1;
	char *more;

	fd = skep_sys_iter_create(link_fd, err);
	if (fd < 0)
		return fd;
	while (got > 0) {
		if (room - len < READ_ROOM) {
			room = room ? room * 2 : 2 * (size_t)READ_ROOM;
			more = realloc(text, room);
			if (!more)
				return skep_fail(err, -ENOMEM, SKEP_ERR_NO_MEMORY,
						 "read an iterator");
			text = more;
		}
		got = read_on(fd, text + len, room - len - 1);
		len += got > 0 ? (size_t)got : 0;
	}
	if (got < 0)
		return skep_fail(err, (int)got, SKEP_ERR_SYSCALL, "read an iterator");
	text[len] = '\0';
	*ret_text = take_ptr(text);
	if (ret_bytes)
		*ret_bytes = len;
	return 0;
}
