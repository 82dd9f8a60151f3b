/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include <skep/sys_object.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <skep/error.h>
#include <skep/kabi/command.h>
#include <skep/sys.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "sys/object_info.h"

/* Kinds, the commands on their ids, and what /proc calls their fds. */
static const struct {
	const char *name;
	uint32_t next_id;
	uint32_t fd_by_id;
	const char *inode;
} kinds[] = {
	[SKEP_OBJECT_MAP] = { "map", SKEP_COMMAND_MAP_GET_NEXT_ID, SKEP_COMMAND_MAP_GET_FD_BY_ID,
			      "anon_inode:bpf-map" },
	[SKEP_OBJECT_PROG] = { "prog", SKEP_COMMAND_PROG_GET_NEXT_ID,
			       SKEP_COMMAND_PROG_GET_FD_BY_ID, "anon_inode:bpf-prog" },
	[SKEP_OBJECT_LINK] = { "link", SKEP_COMMAND_LINK_GET_NEXT_ID,
			       SKEP_COMMAND_LINK_GET_FD_BY_ID, "anon_inode:bpf_link" },
	[SKEP_OBJECT_BTF] = { "btf", SKEP_COMMAND_BTF_GET_NEXT_ID, SKEP_COMMAND_BTF_GET_FD_BY_ID,
			      "anon_inode:btf" },
};

static int is_kind(uint32_t kind)
{
	return kind >= SKEP_OBJECT_MAP && kind < ARRAY_SIZE(kinds);
}

const char *skep_object_kind_name(uint32_t kind)
{
	return is_kind(kind) ? kinds[kind].name : "unknown";
}

int skep_sys_obj_kind(int fd)
{
	char path[64], target[64] = "";
	uint32_t kind;
	ssize_t len;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	len = readlink(path, target, sizeof(target) - 1);
	if (len < 0)
		return errno == ENOENT ? -EBADF : -errno;
	for (kind = SKEP_OBJECT_MAP; kind < ARRAY_SIZE(kinds); kind++)
		if (!strcmp(target, kinds[kind].inode))
			return (int)kind;
	/* a link that was opened, by a pin or its id, is spelt otherwise than one that was just created */
	return !strcmp(target, "anon_inode:bpf-link") ? SKEP_OBJECT_LINK : -EINVAL;
}

int skep_sys_next_id(uint32_t kind, uint32_t id, uint32_t *ret_id)
{
	struct skep_attr_id attr = { .id = id };
	int r;

	if (!is_kind(kind))
		return -EINVAL;
	r = skep_sys_bpf(kinds[kind].next_id, &attr, sizeof(attr));
	if (r < 0)
		return r;
	*ret_id = attr.next_id;
	return 0;
}

int skep_sys_fd_by_id(uint32_t kind, uint32_t id, uint32_t flags)
{
	struct skep_attr_id attr = { .id = id, .open_flags = flags };

	if (!is_kind(kind))
		return -EINVAL;
	return skep_sys_bpf(kinds[kind].fd_by_id, &attr, sizeof(attr));
}

/* The kernel takes a longer struct than its own if what is behind is zero, and tells how long its own is. */
int sys_info_by_fd(int fd, void *info, size_t info_bytes)
{
	struct skep_attr_info attr = {
		.bpf_fd = (uint32_t)fd,
		.info_len = (uint32_t)info_bytes,
		.info = SKEP_ATTR_POINTER(info),
	};
	int r = skep_sys_bpf(SKEP_COMMAND_OBJ_GET_INFO_BY_FD, &attr, sizeof(attr));

	if (r == -EBADFD)
		return -EBADF; /* what other commands say of an fd that is closed */
	return r < 0 ? r : (int)attr.info_len;
}

/* The kernel would fill a struct of one kind with what it knows of an object of another. */
static int checked_info(uint32_t kind, int fd, void *info, size_t info_bytes)
{
	int is = skep_sys_obj_kind(fd);

	if (is == -EINVAL || (is > 0 && (uint32_t)is != kind))
		return -EINVAL;
	return sys_info_by_fd(fd, info, info_bytes); /* without /proc nobody can tell */
}

int skep_sys_map_info(int fd, struct skep_map_info *info, size_t info_bytes)
{
	return checked_info(SKEP_OBJECT_MAP, fd, info, info_bytes);
}

int skep_sys_prog_info(int fd, struct skep_prog_info *info, size_t info_bytes)
{
	return checked_info(SKEP_OBJECT_PROG, fd, info, info_bytes);
}

int skep_sys_link_info(int fd, struct skep_link_info *info, size_t info_bytes)
{
	return checked_info(SKEP_OBJECT_LINK, fd, info, info_bytes);
}

int skep_sys_btf_info(int fd, struct skep_btf_info *info, size_t info_bytes)
{
	const uint64_t name = info_bytes >= sizeof(*info) ? info->name : 0;
	int r = checked_info(SKEP_OBJECT_BTF, fd, info, info_bytes);

	if (r != -E2BIG || !name)
		return r;
	info->name = 0; /* before 5.11 BTF had no names, and the kernel takes no buffer for one */
	info->name_len = 0;
	r = checked_info(SKEP_OBJECT_BTF, fd, info, info_bytes);
	info->name = name;
	return r;
}
