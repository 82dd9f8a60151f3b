/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef FAULT_WORLD_H
#define FAULT_WORLD_H
/*
 * What an operation may not leave behind, nor take away: of this process its fds, threads and limits, of its
 * namespaces the mounts, interfaces, qdiscs, filters and TCX programs, of a bpffs the pins and what they hold, of the kernel the dynamic
 * trace events. A line of text each, so that a difference tells itself.
 *
 * A network namespace that were left behind would be held by an fd, a thread or a mount, and be seen as that. Maps,
 * programs and links, which others on the machine make too, are told apart by lab/census.h.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fault_world {
	char **lines; /* sorted */
	size_t count, room;
	int error; /* the first that happened; sticks */
};

/* @folders: what is in these counts, too; NULL ends the list. fault_world_free(). Return: 0; a negative errno. */
int fault_world_take(struct fault_world *ret_world, const char *const *folders);

/* Tells what came and what went: "left behind: fd 5 /x; gone: pin /y 7". "" if nothing. Return: how many. */
size_t fault_world_diff(const struct fault_world *before, const struct fault_world *after,
			char *buf, size_t size);

/* Waits until the world is as @before. Return: is it so; if not, @buf tells the difference. */
bool fault_world_same(const struct fault_world *before, const char *const *folders,
		      uint64_t deadline_ns, char *buf, size_t size);

void fault_world_free(struct fault_world *world);

#endif
