/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef MAP_LATE_CLOSE_H
#define MAP_LATE_CLOSE_H
/*
 * Fds of maps of others, for those who open maps by id only to look at them.
 *
 * A prog array is emptied, a moment later, when the last fd or pin of it goes. Should somebody who found its id open and
 * close it in that moment, it is to be emptied a second time, for which Linux (6.18 still) takes a reference that it
 * never gives back: the map stays until reboot. So fds of prog arrays are closed only when the emptying must be over.
 *
 * Source: Linux kernel/bpf/arraymap.c prog_array_map_clear(); 400 of 2,000 maps that were closed beside a process that
 * looks at all of them, none if it keeps them for 2 ms.
 */
#include <stdint.h>

#define MAP_LATE_CLOSE_MAX 64

struct map_late_close {
	int fds[MAP_LATE_CLOSE_MAX];
	unsigned count;
};

/* Closes @fd, of a map of a SKEP_MAP_TYPE_*: now, or late. */
void map_late_close(struct map_late_close *late, int fd, uint32_t type);

/* Closes the others; takes some milliseconds if there are any. */
void map_late_close_all(struct map_late_close *late);

#endif
