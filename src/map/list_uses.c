/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* What keeps the maps of a list: processes, pins, programs. */
#include "map/list.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <skep/bpffs.h>
#include <skep/bpffs_pin.h>
#include <skep/fdinfo.h>
#include <skep/kabi.h>
#include <skep/sys.h>

#include "base/cleanup.h"
#include "sys/capability.h"
#include "sys/file.h"
#include "sys/map_memory.h"

#define FDINFO_SIZE 1024 /* a map's is shorter */
#define MAP_IDS 64       /* of a program: more need a second call */
#define INODE "anon_inode:bpf-map"

static int add(struct skep_map_list *list, struct map_list_rows *rows, const void *item)
{
	size_t room = rows->room ? 2 * rows->room : 64;
	uint32_t map_id;
	char *items;

	memcpy(&map_id, item, sizeof(map_id));
	if (list->only && map_id != list->only)
		return 0;
	if (rows->count == rows->room) {
		items = realloc(rows->items, room * rows->item_size);
		if (!items)
			return -ENOMEM;
		rows->items = items;
		rows->room = room;
	}
	memcpy(rows->items + rows->count++ * rows->item_size, item, rows->item_size);
	return 0;
}

static void cleanup_closedir(DIR **dir)
{
	if (*dir)
		closedir(*dir);
}

#define _cleanup_closedir_ _cleanup_(cleanup_closedir)

/* The entries of a directory below /proc. Return: NULL, with errno. */
static DIR *open_dir(int dir_fd, const char *path)
{
	int fd = openat(dir_fd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC), saved;
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);

	if (!dir && fd >= 0) {
		saved = errno;
		close(fd);
		errno = saved;
	}
	return dir;
}

/* Return: a number from 1 on, or an fd; -1: something else. */
static int number_of(const char *name)
{
	char *end;
	long value = strtol(name, &end, 10);

	return *name < '0' || *name > '9' || *end || value > INT32_MAX ? -1 : (int)value;
}

/* Of a process that has just ended, or whose fd has just been closed, nothing is told. */
static int has_ended(int code)
{
	return code == -ENOENT || code == -ESRCH;
}

/* The map of an fd of another process. Return: 0, its id 0: none any more; a negative errno. */
static int map_of(int proc_fd, int pid, int fd, struct map_list_known *ret)
{
	struct skep_fdinfo info;
	char path[64], text[FDINFO_SIZE];
	size_t len;
	int r;

	*ret = (struct map_list_known){ 0 };
	snprintf(path, sizeof(path), "%d/fdinfo/%d", pid, fd);
	r = sys_file_read(proc_fd, path, text, sizeof(text), &len);
	if (r < 0)
		return has_ended(r) ? 0 : r;
	if (skep_fdinfo_parse(text, len, &info, NULL) == 0 && info.kind == SKEP_FDINFO_MAP)
		*ret = (struct map_list_known){ (uint32_t)info.map_id, (uint32_t)info.frozen,
						sys_map_memory_of(&info) };
	return 0;
}

static void read_name(int proc_fd, struct skep_map_holder *h)
{
	char path[64], text[32] = "";
	size_t len;

	snprintf(path, sizeof(path), "%u/comm", h->pid);
	if (sys_file_read(proc_fd, path, text, sizeof(text), &len) >= 0)
		snprintf(h->name, sizeof(h->name), "%.*s", (int)strcspn(text, "\n"), text);
}

static int add_fd(struct skep_map_list *list, int proc_fd, int fds, const char *name,
		  struct skep_map_holder *h)
{
	struct map_list_known known;
	char target[sizeof(INODE) + 1];
	ssize_t len = readlinkat(fds, name, target, sizeof(target));
	int fd = number_of(name), r;

	if (len < 0)
		return has_ended(-errno) ? 0 : -errno;
	if (len != sizeof(INODE) - 1 || memcmp(target, INODE, sizeof(INODE) - 1) != 0)
		return 0;
	r = map_of(proc_fd, (int)h->pid, fd, &known);
	if (r < 0 || !known.map_id)
		return r;
	h->map_id = known.map_id;
	if (!*h->name)
		read_name(proc_fd, h);
	h->fd = (uint32_t)fd;
	r = add(list, &list->known, &known);
	return r < 0 ? r : add(list, &list->holders, h);
}

/* Return: 0; a negative errno. */
static int look_at_fds(struct skep_map_list *list, int proc_fd, int pid)
{
	struct skep_map_holder h = { .pid = (uint32_t)pid, .fd_count = 1 };
	_cleanup_closedir_ DIR *dir = NULL;
	const struct dirent *e;
	char path[32];
	int r = 0;

	snprintf(path, sizeof(path), "%d/fd", pid);
	dir = open_dir(proc_fd, path);
	if (!dir)
		return -errno;
	while (r == 0 && (errno = 0, e = readdir(dir)))
		if (number_of(e->d_name) >= 0)
			r = add_fd(list, proc_fd, dirfd(dir), e->d_name, &h);
	return r < 0 ? r : -errno;
}

static int look_at_process(struct skep_map_list *list, int proc_fd, int pid)
{
	int r = look_at_fds(list, proc_fd, pid);

	if (r == -EACCES || r == -EPERM) {
		list->gaps.processes++;
		list->gaps.capabilities = sys_capabilities_missing(SKEP_CAPABILITY_BIT(SYS_PTRACE));
		return 0;
	}
	return has_ended(r) ? 0 : r;
}

static int compare_numbers(uint32_t a, uint32_t b)
{
	return (a > b) - (a < b);
}

static void sort(struct map_list_rows *rows, int (*compare)(const void *, const void *))
{
	if (rows->count)
		qsort(rows->items, rows->count, rows->item_size, compare);
}

static int compare_known(const void *a, const void *b)
{
	const struct map_list_known *x = a, *y = b;

	return compare_numbers(x->map_id, y->map_id);
}

int map_list_holders(struct skep_map_list *list, int proc_fd)
{
	_cleanup_closedir_ DIR *dir = open_dir(proc_fd, ".");
	const struct dirent *e;
	int r = 0, pid;

	if (!dir)
		return -errno;
	while (r == 0 && (errno = 0, e = readdir(dir))) {
		pid = number_of(e->d_name);
		if (pid > 0)
			r = look_at_process(list, proc_fd, pid);
	}
	r = r < 0 ? r : -errno;
	sort(&list->known, compare_known);
	return r;
}

struct pin_search {
	struct skep_map_list *list;
	const char *root;
};

static int add_pin(const struct skep_bpffs_entry *e, void *userdata)
{
	struct pin_search *s = userdata;
	struct skep_map_pinned pin = { .map_id = (uint32_t)e->id };
	char *path;
	int r;

	if (e->kind == SKEP_BPFFS_ENTRY_UNKNOWN && e->code != -ENOENT)
		s->list->gaps.pins++;
	if (e->kind != SKEP_BPFFS_ENTRY_MAP || (s->list->only && s->list->only != pin.map_id))
		return 0;
	if (asprintf(&path, "%s/%s", s->root, e->path) < 0)
		return -ENOMEM;
	pin.path = path;
	r = add(s->list, &s->list->pins, &pin);
	if (r < 0)
		free(path);
	return r;
}

static int look_at_mount(const struct skep_bpffs_mount_info *mount, void *userdata)
{
	struct pin_search s = { .list = userdata };
	const struct skep_bpffs_opts opts = {
		.sz = sizeof(opts),
		.flags = SKEP_BPFFS_UPPERMOST,
		.root = mount->point,
	};
	_cleanup_(skep_bpffs_closep) struct skep_bpffs *ctx = NULL;
	int r = skep_bpffs_open(&opts, &ctx, NULL);

	if (r == 0) {
		s.root = skep_bpffs_root(ctx);
		if (strcmp(s.root, mount->point) != 0)
			return 0; /* something else is mounted over it */
		r = skep_bpffs_walk(ctx, "", SKEP_BPFFS_RECURSE, add_pin, &s, NULL);
	}
	if (r < 0 && r != -ENOMEM) {
		s.list->gaps.mounts++;
		return 0;
	}
	return r;
}

int map_list_pins(struct skep_map_list *list)
{
	int r = skep_bpffs_mounts(look_at_mount, list);

	if (r < 0 && r != -ENOMEM) {
		list->gaps.mounts++;
		return 0;
	}
	return r;
}

/* The maps of a program. Return: their number, and @ret_more if they are not in @ids; a negative errno. */
static int maps_of(int fd, struct skep_prog_info *info, uint32_t ids[MAP_IDS], uint32_t **ret_more)
{
	uint32_t count;
	int r;

	*info = (struct skep_prog_info){ .nr_map_ids = MAP_IDS,
					 .map_ids = (uint64_t)(uintptr_t)ids };
	r = skep_sys_prog_info(fd, info, sizeof(*info));
	if (r < 0)
		return r;
	count = info->nr_map_ids;
	if (count <= MAP_IDS)
		return (int)count;
	*ret_more = calloc(count, sizeof(**ret_more));
	if (!*ret_more)
		return -ENOMEM;
	*info = (struct skep_prog_info){ .nr_map_ids = count,
					 .map_ids = (uint64_t)(uintptr_t)*ret_more };
	r = skep_sys_prog_info(fd, info, sizeof(*info));
	return r < 0 ? r : (int)(info->nr_map_ids < count ? info->nr_map_ids : count);
}

static int look_at_program(struct skep_map_list *list, int fd)
{
	uint32_t ids[MAP_IDS];
	_cleanup_free_ uint32_t *more = NULL;
	struct skep_prog_info info;
	struct skep_map_user user = { 0 };
	int count = maps_of(fd, &info, ids, &more), i, r = 0;

	if (count < 0)
		return count;
	user.prog_id = info.id;
	user.prog_type = info.type;
	memcpy(user.name, info.name, sizeof(user.name));
	for (i = 0; i < count && r == 0; i++) {
		user.map_id = more ? more[i] : ids[i];
		r = add(list, &list->users, &user);
	}
	return r;
}

int map_list_users(struct skep_map_list *list)
{
	uint32_t id = 0;
	int r, fd;

	while ((r = skep_sys_next_id(SKEP_OBJECT_PROG, id, &id)) == 0) {
		fd = skep_sys_fd_by_id(SKEP_OBJECT_PROG, id, 0);
		if (fd == -ENOENT)
			continue;
		if (fd < 0)
			return fd;
		r = look_at_program(list, fd);
		skep_sys_close(&fd);
		if (r < 0)
			return r;
	}
	return r == -ENOENT ? 0 : r;
}

static int compare_holders(const void *a, const void *b)
{
	const struct skep_map_holder *x = a, *y = b;
	int c = compare_numbers(x->map_id, y->map_id);

	c = c ? c : compare_numbers(x->pid, y->pid);
	return c ? c : compare_numbers(x->fd, y->fd);
}

static int compare_pins(const void *a, const void *b)
{
	const struct skep_map_pinned *x = a, *y = b;
	int c = compare_numbers(x->map_id, y->map_id);

	return c ? c : strcmp(x->path, y->path);
}

static int compare_users(const void *a, const void *b)
{
	const struct skep_map_user *x = a, *y = b;
	int c = compare_numbers(x->map_id, y->map_id);

	return c ? c : compare_numbers(x->prog_id, y->prog_id);
}

/* Several fds of a process on one map become one row. */
static void merge_holders(struct map_list_rows *rows)
{
	struct skep_map_holder *h = (void *)rows->items;
	size_t i, to = 0;

	for (i = 0; i < rows->count; i++)
		if (to && h[to - 1].map_id == h[i].map_id && h[to - 1].pid == h[i].pid)
			h[to - 1].fd_count++;
		else
			h[to++] = h[i];
	rows->count = to;
}

/* What is mounted twice on one path is listed twice. */
static void merge_pins(struct map_list_rows *rows)
{
	struct skep_map_pinned *p = (void *)rows->items;
	size_t i, to = 0;

	for (i = 0; i < rows->count; i++)
		if (to && !compare_pins(&p[to - 1], &p[i]))
			free((char *)p[i].path);
		else
			p[to++] = p[i];
	rows->count = to;
}

/* The rows of one map, from @at on. Return: how many. */
static uint64_t rows_of(const struct map_list_rows *rows, size_t at, uint32_t map_id)
{
	uint64_t count = 0;
	uint32_t id;

	for (; at < rows->count; at++, count++) {
		memcpy(&id, rows->items + at * rows->item_size, sizeof(id));
		if (id != map_id)
			break;
	}
	return count;
}

/* Passes over the rows of maps that are not in the list: they came or went meanwhile. Return: the first of the map. */
static size_t skip_to(const struct map_list_rows *rows, size_t at, uint32_t map_id)
{
	uint32_t id;

	for (; at < rows->count; at++) {
		memcpy(&id, rows->items + at * rows->item_size, sizeof(id));
		if (id >= map_id)
			break;
	}
	return at;
}

void map_list_assign(struct skep_map_list *list)
{
	size_t holder = 0, pin = 0, user = 0, i;

	sort(&list->holders, compare_holders);
	sort(&list->pins, compare_pins);
	sort(&list->users, compare_users);
	merge_holders(&list->holders);
	merge_pins(&list->pins);
	for (i = 0; i < list->count; i++) {
		struct skep_map_list_entry *e = &list->entries[i];

		holder = skip_to(&list->holders, holder, e->info.id);
		pin = skip_to(&list->pins, pin, e->info.id);
		user = skip_to(&list->users, user, e->info.id);
		e->holders = (const struct skep_map_holder *)(void *)list->holders.items + holder;
		e->holder_count = rows_of(&list->holders, holder, e->info.id);
		e->pins = (const struct skep_map_pinned *)(void *)list->pins.items + pin;
		e->pin_count = rows_of(&list->pins, pin, e->info.id);
		e->users = (const struct skep_map_user *)(void *)list->users.items + user;
		e->user_count = rows_of(&list->users, user, e->info.id);
	}
}
