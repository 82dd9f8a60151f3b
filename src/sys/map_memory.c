/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "sys/map_memory.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "base/cleanup.h"

int sys_map_memory_bytes(int fd, uint64_t *ret_bytes)
{
	_cleanup_fclose_ FILE *f = NULL;
	char path[64], line[256];

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	f = fopen(path, "re");
	if (!f)
		return -errno;
	while (fgets(line, sizeof(line), f))
		if (sscanf(line, "memlock: %" SCNu64, ret_bytes) == 1)
			return 0;
	return -ENODATA;
}
