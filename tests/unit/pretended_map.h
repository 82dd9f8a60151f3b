/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef UNIT_PRETENDED_MAP_H
#define UNIT_PRETENDED_MAP_H
/*
 * A map that is none: a hash of numbers that a test can fill up, let refuse keys, and whose clock it turns. It has no lock
 * of its own: what uses it from several threads has to have one.
 */
#include <stdbool.h>

#include "map/cache.h"

#define PRETENDED_KEYS 4096u /* the keys are the numbers below */

struct pretended {
	uint64_t now_ns;
	uint64_t tick_ns; /* by which it goes on each time it is asked */
	uint64_t random;
	unsigned room; /* elements it has room for: beyond, -E2BIG */
	unsigned count;
	unsigned updates, removes; /* calls */
	bool has[PRETENDED_KEYS];
	uint64_t values[PRETENDED_KEYS];
	int refuse_update[PRETENDED_KEYS], refuse_remove[PRETENDED_KEYS]; /* negative errnos */
	void (*in_update)(struct pretended *p);                           /* NULL; called by each */
	void *userdata;
	unsigned released;
};

#define PRETENDED_START_NS 1000000000000ull

/* As it is made: empty, with room for all keys. */
void pretended_init(struct pretended *p);

/* A cache before it, with keys of 4 bytes and values of 8. @opts: NULL for defaults */
struct skep_map_cache *pretended_cache(struct pretended *p, const struct skep_map_cache_opts *opts);

#endif
