/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef MANAGER_PAIR_INDEX_H
#define MANAGER_PAIR_INDEX_H
/* Probes by their pairs, of which a manager may have thousands: chains of those whose pairs have the same hash. */
#include <stddef.h>
#include <stdint.h>

struct skep_probe;

struct pair_index {
	struct skep_probe **chains; /* owned; the probes are not */
	size_t chain_count;         /* a power of two, or 0 */
	size_t count;
	uint64_t seed;
};

/* Return: 0; -ENOMEM: @probe is not in it. */
int pair_index_add(struct pair_index *index, struct skep_probe *probe);

/* Takes out one that is in it, which its pair has to be known for: not after that has changed. */
void pair_index_remove(struct pair_index *index, struct skep_probe *probe);

/* Puts in again one that was taken out, which takes no memory. */
void pair_index_put_back(struct pair_index *index, struct skep_probe *probe);

/* @uid: NULL: "". Return: NULL: there is none. */
struct skep_probe *pair_index_find(const struct pair_index *index, const char *program,
				   const char *uid);

void pair_index_fini(struct pair_index *index);

#endif
