/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef LAB_STORM_PACKET_H
#define LAB_STORM_PACKET_H
/* The packets of a storm (storm.h): from the number of a flow and a random number to bytes. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "frame.h"
#include "storm.h"

#define STORM_KINDS 4

struct storm_templates {
	struct lab_frame frames[STORM_KINDS];
};

struct storm_packet {
	uint8_t bytes[LAB_STORM_FRAME_MAX];
	size_t len;
	uint32_t flow;
	uint8_t tcp_flags;
};

bool storm_flow_is_ipv6(uint32_t flow);
void storm_templates_init(struct storm_templates *t);
void storm_packet_make(const struct storm_templates *t, uint32_t flow, uint64_t random,
		       struct storm_packet *ret_packet);

#endif
