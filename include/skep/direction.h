/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef SKEP_DIRECTION_H
#define SKEP_DIRECTION_H
/* The sides of a network interface. */
#include <skep/base.h>

SKEP_BEGIN

/* Packets that enter the host by an interface, and that leave by it. A set, too. */
enum skep_direction {
	SKEP_DIRECTION_INGRESS = 1 << 0,
	SKEP_DIRECTION_EGRESS = 1 << 1,
	SKEP_DIRECTION_BOTH = SKEP_DIRECTION_INGRESS | SKEP_DIRECTION_EGRESS,
};

/**
 * skep_direction_name() - "ingress", "egress" or "both"
 * @direction: enum skep_direction
 *
 * Return: a static string; "unknown" for a number that is none.
 * Context: any thread.
 * Source: tc-bpf(8).
 */
const char *skep_direction_name(uint64_t direction);

SKEP_END
#endif
