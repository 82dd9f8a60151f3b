/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "attach/owner.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <skep/error.h>
#include <skep/kabi.h>
#include <skep/netns.h>
#include <skep/sys.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "sys/process.h"

#define NAME "skep_owner"
#define MAPS_MAX 256 /* maps of a program that are looked at */
#define PROGS_MAX 64 /* the kernel lets no hook have more */

/* The one value of the map. The layout is for other versions of skep, too. */
struct record {
	uint64_t magic;
	uint64_t attached; /* 1; 0 it was detached */
	struct attach_place place;
	struct sys_process process;
};

#define MAGIC 0x72656e776f706b73ull /* "skpowner" */

/* Return: the fd of a map that has a record, which is read; -1. */
static int open_record(uint32_t map_id, struct record *record)
{
	struct skep_map_info info = { 0 };
	_cleanup_close_ int fd = -1;
	uint32_t key = 0;

	fd = skep_sys_fd_by_id(SKEP_OBJECT_MAP, map_id, 0);
	if (fd < 0 || skep_sys_map_info(fd, &info, sizeof(info)) < 0 ||
	    strcmp(info.name, NAME) != 0 || info.type != SKEP_MAP_TYPE_ARRAY ||
	    info.value_size != sizeof(*record) || skep_sys_map_lookup(fd, &key, record, 0) < 0 ||
	    record->magic != MAGIC)
		return -1;
	return take_fd(&fd);
}

/* The maps of a program. Return: how many; 0 also if that cannot be told. */
static uint32_t maps_of(int prog_fd, uint32_t ids[MAPS_MAX])
{
	struct skep_prog_info info = { .nr_map_ids = MAPS_MAX,
				       .map_ids = (uint64_t)(uintptr_t)ids };

	if (skep_sys_prog_info(prog_fd, &info, sizeof(info)) < 0 || info.nr_map_ids > MAPS_MAX)
		return 0;
	return info.nr_map_ids;
}

/* A record of this process that is not in use: else a program would get one more each time. Return: its fd; -1. */
static int find_free(int prog_fd, const struct sys_process *self)
{
	uint32_t ids[MAPS_MAX] = { 0 }, count = maps_of(prog_fd, ids), i;
	struct record record;

	for (i = 0; i < count; i++) {
		_cleanup_close_ int fd = -1;

		fd = open_record(ids[i], &record);
		if (fd >= 0 && !record.attached && !memcmp(&record.process, self, sizeof(*self)))
			return take_fd(&fd);
	}
	return -1;
}

/* Return: the fd of a new map that the program holds; a negative errno. */
static int make(int prog_fd, struct skep_error *err)
{
	const struct skep_attr_map_create attr = {
		.map_type = SKEP_MAP_TYPE_ARRAY,
		.key_size = sizeof(uint32_t),
		.value_size = sizeof(struct record),
		.max_entries = 1,
		.map_name = NAME,
	};
	_cleanup_close_ int fd = -1;
	int r;

	fd = skep_sys_map_create(&attr, sizeof(attr), err);
	r = fd < 0 ? fd : skep_sys_prog_bind_map(prog_fd, fd, err);
	return r < 0 ? r : take_fd(&fd);
}

int attach_owner_mark(int prog_fd, const struct attach_place *place, int *ret_map_fd,
		      struct skep_error *err)
{
	struct record record = { .magic = MAGIC, .attached = 1, .place = *place };
	_cleanup_close_ int fd = -1;
	uint32_t key = 0;
	int r = sys_process_self(&record.process);

	if (r < 0)
		return skep_fail(err, r, SKEP_ERR_SYSCALL, "read /proc/self");
	fd = find_free(prog_fd, &record.process);
	if (fd < 0)
		fd = make(prog_fd, err);
	if (fd < 0)
		return fd;
	r = skep_sys_map_update(fd, &key, &record, 0);
	if (r < 0)
		return skep_fail(err, r, SKEP_ERR_SYSCALL, "write down who attaches");
	*ret_map_fd = take_fd(&fd);
	return 0;
}

void attach_owner_clear(int map_fd)
{
	struct record record;
	uint32_t key = 0;

	if (map_fd < 0)
		return;
	if (skep_sys_map_lookup(map_fd, &key, &record, 0) == 0) {
		record.attached = 0;
		skep_sys_map_update(map_fd, &key, &record, 0);
	}
	close(map_fd);
}

int attach_owner_is_stale(int prog_fd, const struct attach_place *place)
{
	uint32_t ids[MAPS_MAX] = { 0 }, count = maps_of(prog_fd, ids), i;
	struct record record;
	int stale = 0;

	for (i = 0; i < count; i++) {
		_cleanup_close_ int fd = -1;

		fd = open_record(ids[i], &record);
		if (fd < 0 || !record.attached || memcmp(&record.place, place, sizeof(*place)) != 0)
			continue;
		if (sys_process_gone(&record.process) != 1)
			return 0;
		stale = 1;
	}
	return stale;
}

struct sweep {
	uint32_t target;
	const struct attach_place *place;
};

static int detach_if_stale(const struct sweep *s, uint32_t prog_id)
{
	struct skep_attr_prog_attach attr = { .target = s->target,
					      .attach_type = (uint32_t)s->place->attach_type };
	_cleanup_close_ int fd = -1;

	fd = skep_sys_fd_by_id(SKEP_OBJECT_PROG, prog_id, 0);
	if (fd < 0 || !attach_owner_is_stale(fd, s->place))
		return 0;
	attr.attach_bpf_fd = (uint32_t)fd;
	return skep_sys_prog_detach(&attr, sizeof(attr), NULL) == 0;
}

static int sweep(void *userdata)
{
	const struct sweep *s = userdata;
	uint32_t ids[PROGS_MAX] = { 0 }, i;
	struct skep_attr_prog_query query = { .target = s->target,
					      .attach_type = (uint32_t)s->place->attach_type,
					      .prog_ids = SKEP_ATTR_POINTER(ids),
					      .count = PROGS_MAX };
	int count = 0;

	if (skep_sys_prog_query(&query, sizeof(query), NULL) < 0)
		return 0;
	for (i = 0; i < query.count && i < PROGS_MAX; i++)
		count += detach_if_stale(s, ids[i]);
	return count;
}

int attach_owner_sweep(struct skep_netns *netns, uint32_t target, const struct attach_place *place)
{
	struct sweep s = { target, place };
	int r = netns ? skep_netns_call(netns, sweep, &s, NULL) : sweep(&s);

	return r < 0 ? 0 : r;
}
