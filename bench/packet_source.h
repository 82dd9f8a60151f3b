/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef BENCH_PACKET_SOURCE_H
#define BENCH_PACKET_SOURCE_H
/*
 * A host of its own with one interface, and packets that come in by it at a rate.
 *
 * The interface is a tap: each frame that is written to it has been through the stack when write() returns, so none is
 * dropped in a queue on the way, and the sender's count is exact.
 */
#include <stdint.h>

struct packet_source {
	int fd;
};

/*
 * Moves the process into a network namespace that ends with it, with nothing in it but the interface, up and silent.
 * Return: 0 or a negative errno, after a line on stderr.
 */
int packet_source_open(struct packet_source *s);
void packet_source_close(struct packet_source *s);

/* Sends @packets of 64 bytes, one flow after the other, @per_second of them. Return: as packet_source_open(). */
int packet_source_send(const struct packet_source *s, uint32_t flows, uint32_t packets,
		       uint32_t per_second);

#endif
