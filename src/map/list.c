/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "map/list.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <skep/error.h>
#include <skep/fdinfo.h>
#include <skep/kabi.h>
#include <skep/map_counter.h>
#include <skep/sys.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/opts.h"
#include "map/late_close.h"
#include "map/map.h"
#include "sys/fail.h"
#include "sys/file.h"
#include "sys/map_memory.h"

#define ALL_FLAGS                                                                     \
	(SKEP_MAP_LIST_NO_MEMORY | SKEP_MAP_LIST_NO_HOLDERS | SKEP_MAP_LIST_NO_PINS | \
	 SKEP_MAP_LIST_NO_PROGS)
#define FDINFO_SIZE 1024
#define SMALL_BYTES (1ull << 20)

static int fail(struct skep_error *err, int code)
{
	return sys_fail(err, code, skep_operation_capabilities(SKEP_OPERATION_OBJECT_BY_ID),
			"list maps");
}

/* Has a holder's fdinfo told it already? */
static int recall(const struct skep_map_list *list, struct skep_map_list_entry *e)
{
	const struct map_list_known *known = (const void *)list->known.items;
	size_t low = 0, high = list->known.count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (known[middle].map_id < e->info.id)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == list->known.count || known[low].map_id != e->info.id)
		return 0;
	e->memory_bytes = known[low].memory_bytes;
	e->frozen = known[low].frozen;
	return 1;
}

/* @fdinfo: the directory of this thread, which is opened once for all maps. */
static int read_memory(int fdinfo, int fd, struct skep_map_list_entry *e)
{
	char name[16], text[FDINFO_SIZE];
	struct skep_fdinfo info;
	size_t len;
	int r;

	snprintf(name, sizeof(name), "%d", fd);
	r = sys_file_read(fdinfo, name, text, sizeof(text), &len);
	if (r < 0)
		return r;
	if (skep_fdinfo_parse(text, len, &info, NULL) < 0 || info.kind != SKEP_FDINFO_MAP)
		return 0; /* a kernel that does not tell */
	e->memory_bytes = sys_map_memory_of(&info);
	e->frozen = info.frozen;
	return 0;
}

/* Room for elements, in bytes. */
static uint64_t capacity(const struct skep_map *map)
{
	uint64_t element = map->info.key_size + map->value_bytes, all;

	if (__builtin_mul_overflow(element, (uint64_t)map->info.max_entries, &all))
		return UINT64_MAX;
	return all;
}

/* A counter is worth its program where much would be copied. Return: where the count comes from; a negative errno. */
static int count_of(struct skep_map *map, uint64_t *ret_count)
{
	_cleanup_(skep_map_counter_closep) struct skep_map_counter *counter = NULL;
	const uint64_t source =
		capacity(map) > SMALL_BYTES ? SKEP_MAP_COUNT_BEST : SKEP_MAP_COUNT_WALK;
	int r = skep_map_counter_open(map, source, &counter, NULL);

	return r < 0 ? r : skep_map_counter_read(counter, ret_count, NULL);
}

/* @taken: an fd, closed in any case. Return: 0, and why it was not counted is in the entry; -ENOMEM. */
static int count_elements(int taken, uint64_t limit_bytes, struct skep_map_list_entry *e)
{
	_cleanup_(skep_map_closep) struct skep_map *map = NULL;
	uint64_t count = 0;
	int r = map_adopt(taken, &map, NULL);

	if (r == 0 && capacity(map) <= limit_bytes) {
		r = count_of(map, &count);
		e->count = r < 0 ? r : (int64_t)count;
		e->count_source = r < 0 ? 0 : (uint64_t)r;
	}
	return r == -ENOMEM ? r : 0;
}

/* Return: 0; a negative errno; @e has what was read until then. */
static int read_map(const struct skep_map_list *list, const struct skep_map_list_opts *o,
		    int fdinfo, int fd, struct skep_map_list_entry *e)
{
	int r = skep_sys_map_info(fd, &e->info, sizeof(e->info)), own;

	if (r >= 0 && fdinfo >= 0 && !recall(list, e))
		r = read_memory(fdinfo, fd, e);
	if (r < 0 || !o->count_bytes)
		return r < 0 ? r : 0;
	own = fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	return own < 0 ? -errno : count_elements(own, o->count_bytes, e);
}

static int add_entry(struct skep_map_list *list, const struct skep_map_list_entry *e)
{
	const size_t room = list->room ? 2 * list->room : 256;
	struct skep_map_list_entry *entries;

	if (list->count == list->room) {
		entries = realloc(list->entries, room * sizeof(*entries));
		if (!entries)
			return -ENOMEM;
		list->entries = entries;
		list->room = room;
	}
	list->entries[list->count++] = *e;
	return 0;
}

/* The next map that is still there; of a single one, that one, and then the end. */
static int next_map(const struct skep_map_list *list, uint32_t *id)
{
	int r = 0;

	if (list->only) {
		if (*id)
			return -ENOENT;
		*id = list->only;
		return skep_sys_fd_by_id(SKEP_OBJECT_MAP, *id, 0);
	}
	do {
		r = skep_sys_next_id(SKEP_OBJECT_MAP, *id, id);
		if (r < 0)
			return r;
		r = skep_sys_fd_by_id(SKEP_OBJECT_MAP, *id, 0);
	} while (r == -ENOENT);
	return r;
}

static int add_maps(struct skep_map_list *list, const struct skep_map_list_opts *o, int proc_fd)
{
	struct map_late_close late = { .count = 0 };
	_cleanup_close_ int fdinfo = -1;
	uint32_t id = 0;
	int fd, r = 0;

	if (!(o->flags & SKEP_MAP_LIST_NO_MEMORY)) {
		fdinfo = openat(proc_fd, "thread-self/fdinfo", O_PATH | O_DIRECTORY | O_CLOEXEC);
		if (fdinfo < 0)
			return -errno;
	}
	while (r == 0 && (fd = next_map(list, &id)) >= 0) {
		struct skep_map_list_entry e = { .count = -ENODATA };

		r = read_map(list, o, fdinfo, fd, &e);
		map_late_close(&late, fd, e.info.type);
		if (r == 0)
			r = add_entry(list, &e);
	}
	map_late_close_all(&late);
	if (r < 0)
		return r;
	return fd == -ENOENT ? 0 : fd;
}

static int fill(struct skep_map_list *list, const struct skep_map_list_opts *o,
		struct skep_error *err)
{
	_cleanup_close_ int proc_fd = -1;
	int r;

	proc_fd = sys_proc_open(err);
	if (proc_fd < 0)
		return proc_fd;
	r = o->flags & SKEP_MAP_LIST_NO_HOLDERS ? 0 : map_list_holders(list, proc_fd);
	if (r == 0)
		r = add_maps(list, o, proc_fd);
	if (r == 0 && list->only && !list->count)
		return skep_fail(err, -ENOENT, SKEP_ERR_NOT_FOUND, "there is no map %u.",
				 list->only);
	if (r == 0 && !(o->flags & SKEP_MAP_LIST_NO_PROGS))
		r = map_list_users(list);
	if (r == 0 && !(o->flags & SKEP_MAP_LIST_NO_PINS))
		r = map_list_pins(list);
	if (r < 0)
		return fail(err, r);
	map_list_assign(list);
	return 0;
}

int skep_map_list_new(const struct skep_map_list_opts *opts, struct skep_map_list **ret_list,
		      struct skep_error *err)
{
	_cleanup_(skep_map_list_freep) struct skep_map_list *list = NULL;
	struct skep_map_list_opts o;
	int r = opts_copy(&o, sizeof(o), opts);

	if (r == 0 && (o.flags & ~(uint64_t)ALL_FLAGS || o.id > UINT32_MAX))
		r = -EINVAL;
	if (r < 0)
		return skep_fail(err, r, SKEP_ERR_INVALID, "list maps: options");
	list = calloc(1, sizeof(*list));
	if (!list)
		return skep_fail(err, -ENOMEM, SKEP_ERR_NO_MEMORY, "list maps");
	list->only = (uint32_t)o.id;
	list->known.item_size = sizeof(struct map_list_known);
	list->holders.item_size = sizeof(struct skep_map_holder);
	list->pins.item_size = sizeof(struct skep_map_pinned);
	list->users.item_size = sizeof(struct skep_map_user);
	r = fill(list, &o, err);
	if (r < 0)
		return r;
	*ret_list = take_ptr(list);
	return 0;
}

struct skep_map_list *skep_map_list_free(struct skep_map_list *list)
{
	const struct skep_map_pinned *pins;
	int saved = errno;
	size_t i;

	if (list) {
		pins = (void *)list->pins.items;
		for (i = 0; i < list->pins.count; i++)
			free((char *)pins[i].path);
		free(list->pins.items);
		free(list->known.items);
		free(list->holders.items);
		free(list->users.items);
		free(list->entries);
		free(list);
	}
	errno = saved;
	return NULL;
}

const struct skep_map_list_entry *skep_map_list_entries(const struct skep_map_list *list,
							size_t *ret_count)
{
	*ret_count = list->count;
	return list->entries;
}

const struct skep_map_list_entry *skep_map_list_find(const struct skep_map_list *list, uint32_t id)
{
	size_t low = 0, high = list->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (list->entries[middle].info.id < id)
			low = middle + 1;
		else
			high = middle;
	}
	return low < list->count && list->entries[low].info.id == id ? &list->entries[low] : NULL;
}

const struct skep_map_list_gaps *skep_map_list_gaps(const struct skep_map_list *list)
{
	return &list->gaps;
}
