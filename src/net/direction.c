/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include <skep/direction.h>

const char *skep_direction_name(uint64_t direction)
{
	switch (direction) {
	case SKEP_DIRECTION_INGRESS:
		return "ingress";
	case SKEP_DIRECTION_EGRESS:
		return "egress";
	case SKEP_DIRECTION_BOTH:
		return "both";
	default:
		return "unknown";
	}
}
