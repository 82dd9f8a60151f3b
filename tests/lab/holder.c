/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "holder.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <bpf/bpf.h>

#include "base/cleanup.h"

#define FDINFO_BYTES 4096
#define MAPS_OF_PROGRAM 64
#define GENERATIONS 64 /* of processes */

static pid_t parent_of(pid_t pid)
{
	char path[64], text[512] = "", *end;
	_cleanup_close_ int fd = -1;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || read(fd, text, sizeof(text) - 1) <= 0)
		return 0;
	end = strrchr(text, ')'); /* pid (comm) state ppid ... */
	return end && strlen(end) > 4 ? (pid_t)atoi(end + 4) : 0;
}

static bool is_other(pid_t pid)
{
	pid_t group = getpgrp();

	for (int i = 0; i < GENERATIONS && pid > 1; i++, pid = parent_of(pid))
		if (getpgid(pid) == group)
			return false;
	return true;
}

static void remove_id(struct lab_ids *ids, uint32_t id)
{
	for (size_t i = 0; i < ids->count; i++)
		if (ids->ids[i] == id) {
			memmove(&ids->ids[i], &ids->ids[i + 1],
				(ids->count - i - 1) * sizeof(ids->ids[0]));
			ids->count--;
			return;
		}
}

static void remove_program(struct lab_census *census, uint32_t id)
{
	__u32 maps[MAPS_OF_PROGRAM], size = sizeof(struct bpf_prog_info);
	struct bpf_prog_info info = { .map_ids = (uintptr_t)maps, .nr_map_ids = MAPS_OF_PROGRAM };
	_cleanup_close_ int fd = bpf_prog_get_fd_by_id(id);

	remove_id(&census->progs, id);
	if (fd < 0 || bpf_obj_get_info_by_fd(fd, &info, &size))
		return;
	for (__u32 i = 0; i < info.nr_map_ids && i < MAPS_OF_PROGRAM; i++)
		remove_id(&census->maps, maps[i]);
}

static void remove_held(struct lab_census *census, int folder_fd, const char *name)
{
	char text[FDINFO_BYTES] = "";
	_cleanup_close_ int fd = openat(folder_fd, name, O_RDONLY | O_CLOEXEC);
	const char *field;

	if (fd < 0 || read(fd, text, sizeof(text) - 1) <= 0)
		return;
	field = strstr(text, "\nmap_id:\t");
	if (field)
		remove_id(&census->maps, (uint32_t)strtoul(field + 9, NULL, 10));
	field = strstr(text, "\nlink_id:\t");
	if (field)
		remove_id(&census->links, (uint32_t)strtoul(field + 10, NULL, 10));
	field = strstr(text, "\nprog_id:\t");
	if (field)
		remove_program(census, (uint32_t)strtoul(field + 10, NULL, 10));
}

static void remove_of_process(struct lab_census *census, const char *pid)
{
	char path[64];
	struct dirent *entry;
	DIR *folder;

	snprintf(path, sizeof(path), "/proc/%.20s/fdinfo", pid);
	folder = opendir(path);
	if (!folder)
		return;
	while ((entry = readdir(folder)))
		if (entry->d_name[0] != '.')
			remove_held(census, dirfd(folder), entry->d_name);
	closedir(folder);
}

void lab_holder_remove_others(struct lab_census *census)
{
	DIR *folder = opendir("/proc");
	struct dirent *entry;

	if (!folder)
		return;
	while ((entry = readdir(folder)))
		if (entry->d_name[0] >= '1' && entry->d_name[0] <= '9' &&
		    is_other((pid_t)atoi(entry->d_name)))
			remove_of_process(census, entry->d_name);
	closedir(folder);
}
