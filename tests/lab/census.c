/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "census.h"

#include <dirent.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <bpf/bpf.h>

#include "base/cleanup.h"

#include "holder.h"
#include "poll.h"

#define FD_FOLDER "/proc/self/fd"

static int add(struct lab_ids *ids, uint32_t id)
{
	if (ids->count++ >= LAB_CENSUS_IDS)
		return -E2BIG;
	ids->ids[ids->count - 1] = id;
	return 0;
}

static int compare(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static int take_fds(struct lab_ids *ret_fds)
{
	DIR *folder = opendir(FD_FOLDER);
	struct dirent *entry;
	int r = 0;

	if (!folder)
		return -errno;
	ret_fds->count = 0;
	while (!r && (entry = readdir(folder))) {
		int fd = atoi(entry->d_name);

		if (entry->d_name[0] != '.' && fd != dirfd(folder))
			r = add(ret_fds, (uint32_t)fd);
	}
	closedir(folder);
	if (!r)
		qsort(ret_fds->ids, ret_fds->count, sizeof(ret_fds->ids[0]), compare);
	return r;
}

/* Ids come in ascending order. */
static int take_ids(int (*next_fn)(__u32 id, __u32 *ret_id), struct lab_ids *ret_ids)
{
	__u32 id = 0;
	int r;

	ret_ids->count = 0;
	while (!(r = next_fn(id, &id))) {
		r = add(ret_ids, id);
		if (r < 0)
			return r;
	}
	return r == -ENOENT ? 0 : r;
}

int lab_census_take(struct lab_census *ret_census)
{
	int r = take_ids(bpf_map_get_next_id, &ret_census->maps);

	if (!r)
		r = take_ids(bpf_prog_get_next_id, &ret_census->progs);
	if (!r)
		r = take_ids(bpf_link_get_next_id, &ret_census->links);
	return r ? r : take_fds(&ret_census->fds);
}

static void name_fd(uint32_t id, char *buf, size_t size)
{
	char path[64];
	ssize_t n;

	snprintf(path, sizeof(path), FD_FOLDER "/%u", id);
	n = readlink(path, buf, size - 1);
	buf[n > 0 ? n : 0] = '\0';
}

static void name_map(uint32_t id, char *buf, size_t size)
{
	_cleanup_close_ int fd = bpf_map_get_fd_by_id(id);
	struct bpf_map_info info = { 0 };
	__u32 info_size = sizeof(info);

	if (fd >= 0 && !bpf_obj_get_info_by_fd(fd, &info, &info_size))
		snprintf(buf, size, "%s", info.name);
}

static void name_prog(uint32_t id, char *buf, size_t size)
{
	_cleanup_close_ int fd = bpf_prog_get_fd_by_id(id);
	struct bpf_prog_info info = { 0 };
	__u32 info_size = sizeof(info);

	if (fd >= 0 && !bpf_obj_get_info_by_fd(fd, &info, &info_size))
		snprintf(buf, size, "%s", info.name);
}

static void name_link(uint32_t id, char *buf, size_t size)
{
	_cleanup_close_ int fd = bpf_link_get_fd_by_id(id);
	struct bpf_link_info info = { 0 };
	__u32 info_size = sizeof(info);

	if (fd >= 0 && !bpf_obj_get_info_by_fd(fd, &info, &info_size))
		snprintf(buf, size, "type %u of program %u", info.type, info.prog_id);
}

/* Appends to a text as far as there is room. */
__attribute__((format(printf, 3, 4))) static void append(char *buf, size_t size, const char *format,
							 ...)
{
	size_t len = strlen(buf);
	va_list args;

	va_start(args, format);
	vsnprintf(buf + len, size - len, format, args);
	va_end(args);
}

static bool has(const struct lab_ids *ids, uint32_t id)
{
	return bsearch(&id, ids->ids, ids->count, sizeof(id), compare);
}

static size_t diff_ids(const char *what, const struct lab_ids *before, const struct lab_ids *after,
		       void (*name_fn)(uint32_t id, char *buf, size_t size), char *buf, size_t size)
{
	size_t count = 0;

	for (size_t i = 0; i < after->count; i++) {
		char name[128] = "";

		if (has(before, after->ids[i]))
			continue;
		count++;
		name_fn(after->ids[i], name, sizeof(name));
		append(buf, size, "%s%s %u %s", *buf ? ", " : "", what, after->ids[i], name);
	}
	return count;
}

size_t lab_census_diff(const struct lab_census *before, const struct lab_census *after, char *buf,
		       size_t size)
{
	size_t count = 0;

	*buf = '\0';
	count += diff_ids("fd", &before->fds, &after->fds, name_fd, buf, size);
	count += diff_ids("map", &before->maps, &after->maps, name_map, buf, size);
	count += diff_ids("program", &before->progs, &after->progs, name_prog, buf, size);
	count += diff_ids("link", &before->links, &after->links, name_link, buf, size);
	return count;
}

/* What is new has no name yet: Linux (6.18) keeps a prog array for good that is opened and closed as it goes. */
static bool has_more(const struct lab_ids *before, const struct lab_ids *after)
{
	for (size_t i = 0; i < after->count; i++)
		if (!has(before, after->ids[i]))
			return true;
	return false;
}

static bool is_within(const struct lab_census *before, const struct lab_census *after)
{
	return !has_more(&before->fds, &after->fds) && !has_more(&before->maps, &after->maps) &&
	       !has_more(&before->progs, &after->progs) && !has_more(&before->links, &after->links);
}

struct comparison {
	const struct lab_census *before, *suspects_of; /* NULL: everything is suspect */
	struct lab_census now;
	int result; /* of taking it */
};

/* What is in all but @before. */
static void keep_suspects(const struct lab_ids *before, const struct lab_ids *after,
			  struct lab_ids *now)
{
	size_t i, kept = 0;

	for (i = 0; i < now->count; i++)
		if (has(after, now->ids[i]) && !has(before, now->ids[i]))
			now->ids[kept++] = now->ids[i];
	now->count = kept;
}

static bool is_clean(void *userdata)
{
	struct comparison *c = userdata;
	const struct lab_census *before = c->before, *after = c->suspects_of;

	c->result = lab_census_take(&c->now);
	if (c->result < 0)
		return false;
	if (after) {
		c->now.fds.count = 0;
		keep_suspects(&before->maps, &after->maps, &c->now.maps);
		keep_suspects(&before->progs, &after->progs, &c->now.progs);
		keep_suspects(&before->links, &after->links, &c->now.links);
	}
	if (is_within(before, &c->now))
		return true;
	lab_holder_remove_others(&c->now);
	return is_within(before, &c->now);
}

static bool becomes_clean(struct comparison *c, uint64_t deadline_ns, char *buf, size_t size)
{
	*buf = '\0';
	if (lab_until(deadline_ns, is_clean, c))
		return true;
	if (c->result < 0)
		snprintf(buf, size, "the census failed: errno %d", -c->result);
	else
		lab_census_diff(c->before, &c->now, buf, size);
	return false;
}

bool lab_census_clean(const struct lab_census *before, uint64_t deadline_ns, char *buf, size_t size)
{
	struct comparison comparison = { .before = before };

	return becomes_clean(&comparison, deadline_ns, buf, size);
}

bool lab_census_vanished(const struct lab_census *before, const struct lab_census *after,
			 uint64_t deadline_ns, char *buf, size_t size)
{
	struct comparison comparison = { .before = before, .suspects_of = after };

	return becomes_clean(&comparison, deadline_ns, buf, size);
}
