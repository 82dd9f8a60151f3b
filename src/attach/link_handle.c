/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include <skep/link.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

#include <skep/bpffs_pin.h>
#include <skep/error.h>
#include <skep/kabi.h>
#include <skep/sys.h>

#include "attach/link.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "bpffs/own.h"
#include "sys/fail.h"

struct skep_link {
	int fd;
	struct skep_link_info info;
	char name
		[PATH_MAX]; /* what info points to: of a tracepoint, function, file, or kind of object */
	uint64_t *arrays; /* likewise: addresses, cookies; NULL: none */
};

/* Where a type has a name: its address and size, which are part of the question; NULL: nowhere. */
static uint64_t *name_place(struct skep_link_info *info, uint32_t **ret_size)
{
	switch (info->type) {
	case SKEP_LINK_TYPE_RAW_TRACEPOINT:
		*ret_size = &info->raw_tracepoint.tp_name_len;
		return &info->raw_tracepoint.tp_name;
	case SKEP_LINK_TYPE_ITER:
		*ret_size = &info->iter.target_name_len;
		return &info->iter.target_name;
	case SKEP_LINK_TYPE_UPROBE_MULTI:
		*ret_size = &info->uprobe_multi.path_size;
		return &info->uprobe_multi.path;
	case SKEP_LINK_TYPE_PERF_EVENT:
		break;
	default:
		return NULL;
	}
	switch (info->perf_event.type) {
	case SKEP_PERF_EVENT_TYPE_UPROBE:
	case SKEP_PERF_EVENT_TYPE_URETPROBE:
		*ret_size = &info->perf_event.uprobe.name_len;
		return &info->perf_event.uprobe.file_name;
	case SKEP_PERF_EVENT_TYPE_KPROBE:
	case SKEP_PERF_EVENT_TYPE_KRETPROBE:
		*ret_size = &info->perf_event.kprobe.name_len;
		return &info->perf_event.kprobe.func_name;
	case SKEP_PERF_EVENT_TYPE_TRACEPOINT:
		*ret_size = &info->perf_event.tracepoint.name_len;
		return &info->perf_event.tracepoint.tp_name;
	default:
		return NULL;
	}
}

/* Arrays of @count numbers of 8 bytes each, one after the other. Return: how many arrays the type has. */
static size_t array_places(struct skep_link_info *info, uint64_t *places[3], uint32_t *ret_count)
{
	switch (info->type) {
	case SKEP_LINK_TYPE_KPROBE_MULTI:
		places[0] = &info->kprobe_multi.addrs;
		places[1] = &info->kprobe_multi.cookies;
		*ret_count = info->kprobe_multi.count;
		return 2;
	case SKEP_LINK_TYPE_UPROBE_MULTI:
		places[0] = &info->uprobe_multi.offsets;
		places[1] = &info->uprobe_multi.ref_ctr_offsets;
		places[2] = &info->uprobe_multi.cookies;
		*ret_count = info->uprobe_multi.count;
		return 3;
	default:
		return 0;
	}
}

/* What is asked for with buffers: what a link of this type has beside numbers. */
static int ask_more(struct skep_link *link, struct skep_link_info *info, uint64_t **ret_arrays)
{
	_cleanup_free_ uint64_t *arrays = NULL;
	uint64_t *places[3], *name;
	uint32_t count = 0, *size = NULL;
	size_t i, n = array_places(info, places, &count);
	int r;

	if (n && count) {
		arrays = calloc(n * count, sizeof(*arrays));
		if (!arrays)
			return -ENOMEM;
		for (i = 0; i < n; i++)
			*places[i] = (uint64_t)(uintptr_t)(arrays + i * count);
	}
	name = name_place(info, &size);
	link->name[0] = '\0';
	if (name) {
		*name = (uint64_t)(uintptr_t)link->name;
		*size = sizeof(link->name);
	}
	if (!name && !arrays)
		return 0;
	r = skep_sys_link_info(link->fd, info, sizeof(*info));
	if (r >= 0)
		*ret_arrays = take_ptr(arrays);
	return r < 0 ? r : 0;
}

int skep_link_refresh(struct skep_link *link, struct skep_error *err)
{
	struct skep_link_info info = { 0 };
	uint64_t *arrays = NULL;
	int r = skep_sys_link_info(link->fd, &info, sizeof(info));

	if (r >= 0)
		r = ask_more(link, &info, &arrays);
	if (r == -EINVAL)
		return skep_fail(err, r, SKEP_ERR_INVALID, "look at a link: it is none.");
	if (r < 0)
		return skep_fail(err, r, SKEP_ERR_SYSCALL, "look at a link");
	free(link->arrays);
	link->arrays = arrays;
	link->info = info;
	return 0;
}

/* @taken: also on failure */
static int adopt(int taken, struct skep_link **ret_link, struct skep_error *err)
{
	_cleanup_(skep_link_closep) struct skep_link *link = calloc(1, sizeof(*link));
	int r;

	if (!link) {
		close(taken);
		skep_fail(err, -ENOMEM, SKEP_ERR_NO_MEMORY, "open a link");
		return -ENOMEM;
	}
	link->fd = taken;
	r = skep_link_refresh(link, err);
	if (r < 0)
		return r;
	*ret_link = take_ptr(link);
	return 0;
}

int skep_link_open_fd(int fd, struct skep_link **ret_link, struct skep_error *err)
{
	int own = fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);

	if (own < 0)
		return skep_fail(err, -errno, SKEP_ERR_SYSCALL, "open the link of fd %d", fd);
	return adopt(own, ret_link, err);
}

int skep_link_open_id(uint32_t id, struct skep_link **ret_link, struct skep_error *err)
{
	int fd = skep_sys_fd_by_id(SKEP_OBJECT_LINK, id, 0);

	if (fd < 0)
		return sys_fail(err, fd, skep_operation_capabilities(SKEP_OPERATION_OBJECT_BY_ID),
				"open link %u", id);
	return adopt(fd, ret_link, err);
}

int skep_link_open_pinned(const struct skep_bpffs *bpffs, const char *path,
			  struct skep_link **ret_link, struct skep_error *err)
{
	int r, fd = bpffs ? skep_bpffs_get(bpffs, path, 0, err)
			  : skep_sys_obj_get(-1, path, 0, err);

	if (fd < 0)
		return fd;
	r = adopt(fd, ret_link, err);
	if (r < 0)
		skep_wrap(err, r, "'%s': ", path);
	return r;
}

struct skep_link *skep_link_close(struct skep_link *link)
{
	int saved = errno;

	if (link) {
		close(link->fd);
		free(link->arrays);
		free(link);
	}
	errno = saved;
	return NULL;
}

int skep_link_fd(const struct skep_link *link)
{
	return link->fd;
}

const struct skep_link_info *skep_link_info(const struct skep_link *link)
{
	return &link->info;
}

int skep_link_is_defunct(const struct skep_link *link)
{
	return link_is_defunct(&link->info);
}

int skep_link_list(skep_link_fn fn, void *userdata, struct skep_error *err)
{
	uint32_t id = 0;
	int r;

	while ((r = skep_sys_next_id(SKEP_OBJECT_LINK, id, &id)) == 0) {
		_cleanup_(skep_link_closep) struct skep_link *link = NULL;
		int fd = skep_sys_fd_by_id(SKEP_OBJECT_LINK, id, 0);

		if (fd == -ENOENT || fd == -EAGAIN)
			continue; /* it went, or is not there yet */
		if (fd < 0)
			return sys_fail(err, fd,
					skep_operation_capabilities(SKEP_OPERATION_OBJECT_BY_ID),
					"open link %u", id);
		r = adopt(fd, &link, err);
		if (r == 0)
			r = fn(link, userdata);
		if (r)
			return r;
	}
	if (r == -ENOENT)
		return 0;
	return sys_fail(err, r, skep_operation_capabilities(SKEP_OPERATION_OBJECT_BY_ID),
			"list links");
}

int skep_link_update(struct skep_link *link, int prog_fd, int old_prog_fd, struct skep_error *err)
{
	return link_update(link->fd, prog_fd, old_prog_fd, err);
}

int skep_link_update_pinned(const struct skep_bpffs *bpffs, const char *path, int prog_fd,
			    struct skep_error *err)
{
	_cleanup_(skep_link_closep) struct skep_link *link = NULL;
	int r = skep_link_open_pinned(bpffs, path, &link, err);

	if (r < 0)
		return r;
	r = link_update(link->fd, prog_fd, -1, err);
	return r < 0 ? skep_wrap(err, r, "'%s': ", path) : 0;
}

int skep_link_update_or_replace(const struct skep_bpffs *bpffs, const char *path, int prog_fd,
				skep_link_attach_fn fn, void *userdata, struct skep_error *err)
{
	struct skep_error why = { 0 };
	_cleanup_close_ int fd = -1;
	int r = skep_link_update_pinned(bpffs, path, prog_fd, &why);

	if (r != -ENOENT && r != -ENOLINK && r != -EOPNOTSUPP) {
		if (r < 0 && err)
			*err = why;
		return r;
	}
	fd = fn(userdata, err);
	if (fd < 0)
		return fd;
	r = bpffs_make_parents(bpffs, path, err);
	r = r < 0 ? r : skep_bpffs_replace(bpffs, fd, path, 0, NULL, err);
	return r < 0 ? r : 1;
}

int skep_link_pin(const struct skep_link *link, const struct skep_bpffs *bpffs, const char *path,
		  struct skep_error *err)
{
	int r = bpffs_make_parents(bpffs, path, err);

	return r < 0 ? r : skep_bpffs_pin(bpffs, link->fd, path, err);
}

int skep_link_unpin(const struct skep_bpffs *bpffs, const char *path, struct skep_error *err)
{
	_cleanup_(skep_link_closep) struct skep_link *link = NULL;
	int r = skep_link_open_pinned(bpffs, path, &link, err);

	return r < 0 ? r : bpffs_unpin_own(bpffs, path, link->fd, err);
}

int skep_link_detach(struct skep_link *link, struct skep_error *err)
{
	int r = skep_link_refresh(link, err), gone;
	char name[SKEP_NAME_SIZE];

	if (r < 0)
		return r;
	gone = link_is_defunct(&link->info);
	r = skep_sys_link_detach(link->fd, err);
	if (r == -EOPNOTSUPP)
		return skep_fail(err, r, SKEP_ERR_UNSUPPORTED,
				 "detach a link: one of type %s ends with its last pin and fd.",
				 skep_link_type_name(link->info.type, name));
	return r < 0 ? r : gone;
}
