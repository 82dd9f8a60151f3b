/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "map/late_close.h"

#include <errno.h>
#include <time.h>

#include <skep/kabi.h>
#include <skep/sys.h>

#include "base/time.h"

#define KEPT_NS (5 * NSEC_PER_MSEC)

void map_late_close(struct map_late_close *late, int fd, uint32_t type)
{
	if (type != SKEP_MAP_TYPE_PROG_ARRAY) {
		skep_sys_close(&fd);
		return;
	}
	if (late->count == MAP_LATE_CLOSE_MAX)
		map_late_close_all(late);
	late->fds[late->count++] = fd;
}

void map_late_close_all(struct map_late_close *late)
{
	struct timespec left = time_to_timespec(KEPT_NS);

	while (late->count && clock_nanosleep(CLOCK_MONOTONIC, 0, &left, &left) == EINTR)
		;
	while (late->count)
		skep_sys_close(&late->fds[--late->count]);
}
