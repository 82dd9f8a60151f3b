/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "base/opts.h"

#include <errno.h>
#include <string.h>

int opts_copy(void *to, size_t to_size, const void *from)
{
	const unsigned char *bytes = from;
	size_t from_size, i;

	memset(to, 0, to_size);
	if (!from)
		return 0;
	memcpy(&from_size, from, sizeof(from_size));
	if (from_size < sizeof(from_size))
		return -EINVAL;
	for (i = to_size; i < from_size; i++)
		if (bytes[i])
			return -E2BIG;
	memcpy(to, from, from_size < to_size ? from_size : to_size);
	return 0;
}
