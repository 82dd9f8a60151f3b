/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "map/map.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <skep/bpffs_pin.h>
#include <skep/error.h>
#include <skep/kabi.h>
#include <skep/sys.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "map/registry.h"
#include "map/spec.h"
#include "sys/fail.h"
#include "sys/map_value.h"
#include "sys/object_info.h"

static int adopt(int taken, int is_map, struct skep_map **ret_map, struct skep_error *err)
{
	_cleanup_(skep_map_closep) struct skep_map *map = calloc(1, sizeof(*map));
	int r;

	if (!map) {
		close(taken);
		return skep_fail(err, -ENOMEM, SKEP_ERR_NO_MEMORY, "open a map");
	}
	map->fd = taken;
	map->references = 1;
	r = is_map ? sys_info_by_fd(map->fd, &map->info, sizeof(map->info))
		   : skep_sys_map_info(map->fd, &map->info, sizeof(map->info));
	if (r == -EINVAL)
		return skep_fail(err, r, SKEP_ERR_INVALID,
				 "open a map: it is none, but a file or object of another kind.");
	if (r < 0)
		return skep_fail(err, r, SKEP_ERR_SYSCALL, "open a map");
	map->info_bytes = (size_t)r;
	r = sys_map_value(&map->info, &map->value_stride, &map->value_bytes);
	if (r < 0)
		return skep_fail(err, r, SKEP_ERR_SYSCALL, "count the possible CPUs");
	*ret_map = take_ptr(map);
	return 0;
}

int map_adopt(int taken, struct skep_map **ret_map, struct skep_error *err)
{
	return adopt(taken, 0, ret_map, err);
}

int map_adopt_known(int taken, struct skep_map **ret_map, struct skep_error *err)
{
	return adopt(taken, 1, ret_map, err);
}

int skep_map_create(const struct skep_map_spec *spec, struct skep_map **ret_map,
		    struct skep_error *err)
{
	int fd = map_spec_create(spec, err);

	return fd < 0 ? fd : map_adopt_known(fd, ret_map, err);
}

int skep_map_open_pinned(const struct skep_bpffs *bpffs, const char *path, uint32_t flags,
			 struct skep_map **ret_map, struct skep_error *err)
{
	int r, fd = bpffs ? skep_bpffs_get(bpffs, path, flags, err)
			  : skep_sys_obj_get(-1, path, flags, err);

	if (fd < 0)
		return fd;
	r = map_adopt(fd, ret_map, err);
	return r < 0 ? skep_wrap(err, r, "'%s': ", path) : 0;
}

int skep_map_open_id(uint32_t id, uint32_t flags, struct skep_map **ret_map, struct skep_error *err)
{
	int fd = skep_sys_fd_by_id(SKEP_OBJECT_MAP, id, flags);

	if (fd < 0)
		return sys_fail(err, fd, skep_operation_capabilities(SKEP_OPERATION_OBJECT_BY_ID),
				"open map %u", id);
	return map_adopt_known(fd, ret_map, err);
}

int skep_map_open_fd(int fd, struct skep_map **ret_map, struct skep_error *err)
{
	int own = fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);

	if (own < 0)
		return skep_fail(err, -errno, SKEP_ERR_SYSCALL, "open the map of fd %d", fd);
	return map_adopt(own, ret_map, err);
}

static int fail_process(struct skep_error *err, int pid, int fd)
{
	const int code = -errno;

	if (code == -EPERM)
		return sys_fail(err, code, SKEP_CAPABILITY_BIT(SYS_PTRACE),
				"open fd %d of process %d", fd, pid);
	return skep_fail(err, code,
			 code == -ESRCH || code == -EBADF ? SKEP_ERR_NOT_FOUND : SKEP_ERR_SYSCALL,
			 "open fd %d of process %d", fd, pid);
}

int skep_map_open_process(int pid, int fd, struct skep_map **ret_map, struct skep_error *err)
{
	_cleanup_close_ int process = -1;
	int own;

	process = (int)syscall(SYS_pidfd_open, pid, 0);
	if (process < 0)
		return fail_process(err, pid, fd);
	own = (int)syscall(SYS_pidfd_getfd, process, fd, 0);
	if (own < 0)
		return fail_process(err, pid, fd);
	return map_adopt(own, ret_map, err);
}

struct skep_map *skep_map_ref(struct skep_map *map)
{
	atomic_fetch_add_explicit(&map->references, 1, memory_order_relaxed);
	return map;
}

int map_ref_if_alive(struct skep_map *map)
{
	unsigned references = atomic_load_explicit(&map->references, memory_order_relaxed);

	while (references)
		if (atomic_compare_exchange_weak_explicit(&map->references, &references,
							  references + 1, memory_order_acquire,
							  memory_order_relaxed))
			return 1;
	return 0;
}

struct skep_map *skep_map_close(struct skep_map *map)
{
	int saved = errno;

	if (map && atomic_fetch_sub_explicit(&map->references, 1, memory_order_acq_rel) == 1) {
		map_registry_leave(map);
		skep_map_close(map->old);
		close(map->fd);
		free(map->path);
		free(map);
	}
	errno = saved;
	return NULL;
}

int skep_map_fd(const struct skep_map *map)
{
	return map->fd;
}

uint32_t skep_map_id(const struct skep_map *map)
{
	return map->info.id;
}

const char *skep_map_name(const struct skep_map *map)
{
	return map->info.name;
}

uint32_t skep_map_type(const struct skep_map *map)
{
	return map->info.type;
}

uint32_t skep_map_flags(const struct skep_map *map)
{
	return map->info.map_flags;
}

size_t skep_map_key_size(const struct skep_map *map)
{
	return map->info.key_size;
}

size_t skep_map_value_size(const struct skep_map *map)
{
	return map->info.value_size;
}

size_t skep_map_value_stride(const struct skep_map *map)
{
	return map->value_stride;
}

size_t skep_map_value_bytes(const struct skep_map *map)
{
	return map->value_bytes;
}

uint32_t skep_map_max_entries(const struct skep_map *map)
{
	return map->info.max_entries;
}
