/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef LAB_FOREIGN_H
#define LAB_FOREIGN_H
/*
 * Somebody else's BPF program on an interface: it counts what it sees, remembers the last packet, and returns what it
 * was told to. As a filter or a TCX link it is also the witness of what passes a hook.
 *
 * Functions return 0 or a negative errno.
 */
#include <stdint.h>

#include "tc.h"

/* Actions: TC_ACT_UNSPEC (-1; TCX: NEXT), TC_ACT_OK, TC_ACT_SHOT ... */
struct lab_foreign {
	int prog_fd;
	int map_fd;
	int link_fd; /* TCX; else -EBADF */
	uint32_t prog_id;
};

struct lab_foreign_opts {
	const char *name; /* of the program, at most 15 characters */
	int32_t action;
	uint16_t
		push_vlan; /* pushes this VLAN tag (TCI) first, beside the packet as devices do; 0: none */
};

/* All packets, and the last one as the program found it. Laid out as in the map. */
struct lab_foreign_seen {
	uint64_t packets;
	uint64_t bytes;
	uint64_t len;
	uint64_t linear_len; /* less than len: the skb has fragments */
	uint64_t gso_segs;
	uint64_t gso_size;
	uint64_t protocol; /* skb->protocol, network byte order */
	uint64_t vlan_present;
	uint64_t vlan_tci;
};

int lab_foreign_load(const struct lab_foreign_opts *opts, struct lab_foreign *ret_foreign);

/* lab_filter_add() with the program, making the clsact qdisc if there is none. It outlives lab_foreign_close(). */
int lab_foreign_attach_clsact(const struct lab_foreign *foreign, const char *interface,
			      enum lab_direction direction, uint16_t priority, uint32_t handle,
			      const char *name);

/* @flags: 0, or LAB_TCX_BEFORE or LAB_TCX_AFTER all that is there. Detached by lab_foreign_close(). */
#define LAB_TCX_BEFORE (1u << 3)
#define LAB_TCX_AFTER (1u << 4)
int lab_foreign_attach_tcx(struct lab_foreign *foreign, const char *interface,
			   enum lab_direction direction, uint32_t flags);

int lab_foreign_read(const struct lab_foreign *foreign, struct lab_foreign_seen *ret_seen);
uint64_t lab_foreign_packets(const struct lab_foreign *foreign); /* UINT64_MAX: unreadable */
int lab_foreign_reset(const struct lab_foreign *foreign);        /* only while nothing passes */
void lab_foreign_close(struct lab_foreign *foreign);

#endif
