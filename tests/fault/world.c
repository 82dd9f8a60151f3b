/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "world.h"

#include <dirent.h>
#include <errno.h>
#include <net/if.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "base/cleanup.h"
#include "lab/poll.h"
#include "lab/tc.h"

#define LISTED_MAX 64

__attribute__((format(printf, 2, 3))) static void add(struct fault_world *w, const char *format,
						      ...)
{
	va_list args;
	char *line;

	if (w->count == w->room) {
		size_t room = w->room ? w->room * 2 : 64;
		char **lines = reallocarray(w->lines, room, sizeof(*lines));

		if (!lines) {
			w->error = -ENOMEM;
			return;
		}
		w->lines = lines;
		w->room = room;
	}
	va_start(args, format);
	if (vasprintf(&line, format, args) < 0)
		w->error = -ENOMEM;
	else
		w->lines[w->count++] = line;
	va_end(args);
}

static void failed(struct fault_world *w, int error)
{
	if (!w->error)
		w->error = error;
}

static void take_fds(struct fault_world *w)
{
	DIR *folder = opendir("/proc/self/fd");
	struct dirent *entry;

	if (!folder) {
		failed(w, -errno);
		return;
	}
	while ((entry = readdir(folder))) {
		char target[256];
		ssize_t n = readlinkat(dirfd(folder), entry->d_name, target, sizeof(target));

		if (n > 0 && atoi(entry->d_name) != dirfd(folder))
			add(w, "fd %s %.*s", entry->d_name, (int)n, target);
	}
	closedir(folder);
}

static void take_threads(struct fault_world *w)
{
	DIR *folder = opendir("/proc/self/task");
	struct dirent *entry;

	if (!folder) {
		failed(w, -errno);
		return;
	}
	while ((entry = readdir(folder)))
		if (entry->d_name[0] != '.')
			add(w, "thread %s", entry->d_name);
	closedir(folder);
}

static void take_limits(struct fault_world *w)
{
	struct rlimit limit;

	if (!getrlimit(RLIMIT_MEMLOCK, &limit))
		add(w, "RLIMIT_MEMLOCK %llu %llu", (unsigned long long)limit.rlim_cur,
		    (unsigned long long)limit.rlim_max);
}

/* A file may be absent: not every kernel has it, and tracefs need not be mounted. */
static void take_lines(struct fault_world *w, const char *path, const char *what)
{
	FILE *file = fopen(path, "re");
	char *line = NULL;
	size_t size = 0;
	ssize_t n;

	if (!file)
		return;
	while ((n = getline(&line, &size, file)) > 0)
		add(w, "%s %.*s", what, (int)strcspn(line, "\n"), line);
	free(line);
	fclose(file);
}

/* What is pinned there: type and id, with which the info of all kinds of objects begins. */
static void add_pin(struct fault_world *w, const char *path, mode_t mode)
{
	_cleanup_close_ int fd = bpf_obj_get(path);
	uint32_t info[64] = { 0 };
	__u32 size = sizeof(info);

	if (fd < 0 || bpf_obj_get_info_by_fd(fd, info, &size))
		add(w, "file %s mode %o", path, mode);
	else
		add(w, "pin %s mode %o type %u id %u", path, mode, info[0], info[1]);
}

static void take_folder(struct fault_world *w, const char *path)
{
	DIR *folder = opendir(path);
	struct dirent *entry;

	if (!folder) {
		if (errno != ENOENT)
			failed(w, -errno);
		return;
	}
	while ((entry = readdir(folder))) {
		char child[1024];
		struct stat st;

		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
			continue;
		snprintf(child, sizeof(child), "%s/%s", path, entry->d_name);
		if (lstat(child, &st))
			continue;
		if (!S_ISDIR(st.st_mode)) {
			add_pin(w, child, st.st_mode);
			continue;
		}
		add(w, "folder %s mode %o", child, st.st_mode);
		take_folder(w, child);
	}
	closedir(folder);
}

static void take_hook(struct fault_world *w, const char *interface, enum lab_direction direction)
{
	const char *name = direction == LAB_INGRESS ? "ingress" : "egress";
	struct lab_filter filters[LISTED_MAX];
	uint32_t ids[LISTED_MAX];
	int i, n;

	n = lab_filter_list(interface, direction, filters, LISTED_MAX);
	for (i = 0; i < n && i < LISTED_MAX; i++)
		add(w, "filter %s %s %s priority %u handle %x program %u", interface, name,
		    filters[i].name, filters[i].priority, filters[i].handle, filters[i].program_id);
	n = lab_tcx_list(interface, direction, ids, LISTED_MAX);
	for (i = 0; i < n && i < LISTED_MAX; i++)
		add(w, "tcx %s %s program %u", interface, name, ids[i]);
}

static void take_interfaces(struct fault_world *w)
{
	struct if_nameindex *all = if_nameindex(), *each;
	struct lab_qdisc qdiscs[LISTED_MAX];
	int i, n;

	if (!all) {
		failed(w, -errno);
		return;
	}
	for (each = all; each->if_index; each++) {
		add(w, "interface %s", each->if_name);
		n = lab_qdisc_list(each->if_name, qdiscs, LISTED_MAX);
		for (i = 0; i < n && i < LISTED_MAX; i++)
			add(w, "qdisc %s %s %x", each->if_name, qdiscs[i].kind, qdiscs[i].handle);
		take_hook(w, each->if_name, LAB_INGRESS);
		take_hook(w, each->if_name, LAB_EGRESS);
	}
	if_freenameindex(all);
}

static int compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

int fault_world_take(struct fault_world *ret_world, const char *const *folders)
{
	struct fault_world w = { 0 };

	take_fds(&w);
	take_threads(&w);
	take_limits(&w);
	take_lines(&w, "/proc/self/mountinfo", "mount");
	take_lines(&w, "/sys/kernel/tracing/dynamic_events", "event");
	take_interfaces(&w);
	for (; *folders; folders++)
		take_folder(&w, *folders);
	if (w.error < 0) {
		fault_world_free(&w);
		return w.error;
	}
	qsort(w.lines, w.count, sizeof(w.lines[0]), compare);
	*ret_world = w;
	return 0;
}

/* Appends the lines that only @more has. */
static size_t tell(const char *what, const struct fault_world *less, const struct fault_world *more,
		   char *buf, size_t size)
{
	size_t i, count = 0;

	for (i = 0; i < more->count; i++) {
		size_t len = strlen(buf);

		if (less->count && bsearch(&more->lines[i], less->lines, less->count,
					   sizeof(less->lines[0]), compare))
			continue;
		if (count++)
			snprintf(buf + len, size - len, ", %s", more->lines[i]);
		else
			snprintf(buf + len, size - len, "%s%s: %s", *buf ? "; " : "", what,
				 more->lines[i]);
	}
	return count;
}

size_t fault_world_diff(const struct fault_world *before, const struct fault_world *after,
			char *buf, size_t size)
{
	size_t count;

	*buf = '\0';
	count = tell("left behind", before, after, buf, size);
	return count + tell("gone", after, before, buf, size);
}

struct comparison {
	const struct fault_world *before;
	const char *const *folders;
	char *buf;
	size_t size;
};

static bool is_same(void *userdata)
{
	struct comparison *c = userdata;
	struct fault_world now;
	int r = fault_world_take(&now, c->folders);
	size_t count;

	if (r < 0) {
		snprintf(c->buf, c->size, "the world cannot be seen: errno %d", -r);
		return false;
	}
	count = fault_world_diff(c->before, &now, c->buf, c->size);
	fault_world_free(&now);
	return !count;
}

bool fault_world_same(const struct fault_world *before, const char *const *folders,
		      uint64_t deadline_ns, char *buf, size_t size)
{
	struct comparison c = { .before = before, .folders = folders, .buf = buf, .size = size };

	return lab_until(deadline_ns, is_same, &c);
}

void fault_world_free(struct fault_world *world)
{
	for (size_t i = 0; i < world->count; i++)
		free(world->lines[i]);
	free(world->lines);
	*world = (struct fault_world){ .error = world->error };
}
