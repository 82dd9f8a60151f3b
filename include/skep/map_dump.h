/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef SKEP_MAP_DUMP_H
#define SKEP_MAP_DUMP_H
/*
 * All elements of a map, while others write to it.
 *
 * What holds of an element that is there for the whole walk:
 *
 *	hashes, LRU hashes, per-CPU hashes	visited exactly once: by batches (5.6), in which the kernel copies a
 *						bucket at a time under its lock
 *	arrays					visited exactly once: elements do not come and go
 *	hashes, key by key			visited, as a rule; twice if others remove elements near the cursor,
 *						unless SKEP_MAP_DUMP_ONCE is given. The kernel may pass it by where
 *						the memory of a removed element is used again at that moment
 *	LPM tries				as hashes key by key
 */
#include <skep/base.h>

SKEP_BEGIN

struct skep_error;
struct skep_map;

#define SKEP_MAP_DUMP_ONCE (1u << 0)       /* no element twice, whatever it takes: keeps the keys */
#define SKEP_MAP_DUMP_KEY_BY_KEY (1u << 1) /* without batches, though there are some */

struct skep_map_dump_opts {
	size_t sz;      /* sizeof(struct skep_map_dump_opts) */
	uint64_t flags; /* SKEP_MAP_DUMP_* */
	uint64_t
		chunk_count; /* elements for each system call, to begin with; 0: the library chooses */
	uint64_t max_lookups; /* key by key: give up after so many; 0: four times max_entries */
};

/* What a walk had to do. */
struct skep_map_dump_stats {
	uint64_t started_ns; /* CLOCK_MONOTONIC */
	uint64_t finished_ns;
	uint64_t max_entries;
	uint64_t visited;              /* calls of the callback */
	uint64_t lookups;              /* key by key: look-ups; else batches */
	uint64_t lookups_failed;       /* an element was gone before it could be read */
	uint64_t key_fallbacks;        /* gone back to a key visited before */
	uint64_t prev_key_unavailable; /* which was gone, too */
	uint64_t interrupted;          /* begun anew, perhaps at the first element */
	uint64_t suppressed;           /* visited before, not again */
	uint64_t completed;            /* 1: the end was reached */
	uint64_t calls;                /* of bpf(2); those that had to be repeated count once */
};

/**
 * typedef skep_map_entry_fn - called for an element
 * @key:   key-size bytes, borrowed for the call
 * @value: skep_map_value_bytes(), borrowed for the call
 *
 * It may do what it likes with the map, but not release the handle.
 *
 * Return: 0 to go on; anything else ends the walk and is returned by it.
 */
typedef int (*skep_map_entry_fn)(const void *key, const void *value, void *userdata);

/**
 * skep_map_dump() - visit all elements
 * @opts:          NULL for defaults
 * @fn, @userdata: for each element
 * @ret_stats:     also after a failure; NULL: not wanted
 *
 * Return: 0; what @fn returned; -ELOOP key by key, and others removed elements faster than the walk went: max_lookups;
 *         -EOPNOTSUPP elements of this type cannot be walked; -ENOMEM; -E2BIG newer @opts; else a negative errno.
 * Source: kernel/bpf/hashtab.c: __htab_map_lookup_and_delete_batch(), htab_map_get_next_key().
 */
int skep_map_dump(struct skep_map *map, const struct skep_map_dump_opts *opts, skep_map_entry_fn fn,
		  void *userdata, struct skep_map_dump_stats *ret_stats, struct skep_error *err);

/**
 * skep_map_count() - how many elements there are
 * @ret_count: of an array: max_entries
 *
 * Return: 0; as skep_map_dump().
 * Source: skep_map_dump().
 */
int skep_map_count(struct skep_map *map, uint64_t *ret_count, struct skep_error *err);

struct skep_map_walk; /* a walk that the caller drives */

/**
 * skep_map_walk_open() - begin a walk
 * @opts:     NULL for defaults
 * @ret_walk: owned by the caller, skep_map_walk_close(); holds a reference to @map
 *
 * Return: 0; as skep_map_dump().
 * Source: skep_map_dump().
 */
int skep_map_walk_open(struct skep_map *map, const struct skep_map_dump_opts *opts,
		       struct skep_map_walk **ret_walk, struct skep_error *err);

/**
 * skep_map_walk_next() - the next element
 * @ret_key:   borrowed until the next call
 * @ret_value: borrowed until the next call
 *
 * Return: 1; 0 the end; as skep_map_dump().
 * Source: skep_map_dump().
 */
int skep_map_walk_next(struct skep_map_walk *walk, const void **ret_key, const void **ret_value);

/** skep_map_walk_stats() - Return: what it had to do so far; borrowed until skep_map_walk_close(). */
const struct skep_map_dump_stats *skep_map_walk_stats(const struct skep_map_walk *walk);

/** skep_map_walk_close() - end a walk, or NULL. Return: NULL. */
struct skep_map_walk *skep_map_walk_close(struct skep_map_walk *walk);

SKEP_DEFINE_CLEANUP(struct skep_map_walk, skep_map_walk_close) /* skep_map_walk_closep() */
SKEP_END
#endif
