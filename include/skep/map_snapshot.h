/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef SKEP_MAP_SNAPSHOT_H
#define SKEP_MAP_SNAPSHOT_H
/*
 * The content of a map at a moment, in memory: to look at in the order of keys, and to compare with another one.
 *
 * Of a key of an LPM trie the bits behind its prefix are 0 in a snapshot, as they do not count: 10.0.0.1/8 is 10.0.0.0/8.
 *
 * A snapshot takes as many bytes as its keys and values, and 16 for each element. It does not change, and needs the map
 * no more.
 */
#include <skep/base.h>

SKEP_BEGIN

struct skep_error;
struct skep_map;
struct skep_map_snapshot;

/**
 * skep_map_snapshot_new() - read all elements of a map
 * @ret_snapshot: owned by the caller, skep_map_snapshot_free()
 *
 * What others write meanwhile is in it or not; no key is in it twice.
 *
 * Return: 0; -EOPNOTSUPP elements of this type cannot be walked; -ENOMEM; else as skep_map_dump().
 * Source: skep_map_dump().
 */
int skep_map_snapshot_new(struct skep_map *map, struct skep_map_snapshot **ret_snapshot,
			  struct skep_error *err);

/** skep_map_snapshot_free() - release a snapshot, or NULL. Return: NULL. */
struct skep_map_snapshot *skep_map_snapshot_free(struct skep_map_snapshot *snapshot);

/** skep_map_snapshot_count() - Return: how many elements there are. */
uint64_t skep_map_snapshot_count(const struct skep_map_snapshot *snapshot);

/**
 * skep_map_snapshot_at() - an element
 * @index:     from 0, in the order of keys as memcmp(3) has it; of arrays in the order of indexes
 * @ret_key:   borrowed until skep_map_snapshot_free(); aligned to 8 bytes
 * @ret_value: likewise
 *
 * Return: 0; -ENOENT there are not so many.
 * Source: skep_map_snapshot_new().
 */
int skep_map_snapshot_at(const struct skep_map_snapshot *snapshot, uint64_t index,
			 const void **ret_key, const void **ret_value);

/**
 * skep_map_snapshot_find() - the value of a key
 * @key:       key-size bytes
 * @ret_value: borrowed until skep_map_snapshot_free()
 *
 * Return: 1; 0 it is not there.
 * Source: skep_map_snapshot_new().
 */
int skep_map_snapshot_find(const struct skep_map_snapshot *snapshot, const void *key,
			   const void **ret_value);

/* What became of an element from one snapshot to another. */
enum skep_map_change_kind {
	SKEP_MAP_CHANGE_ADDED = 1,
	SKEP_MAP_CHANGE_REMOVED = 2,
	SKEP_MAP_CHANGE_CHANGED = 3, /* another value */
};

struct skep_map_change {
	uint64_t kind;         /* enum skep_map_change_kind */
	const void *key;       /* all three borrowed from the snapshots */
	const void *old_value; /* NULL: added */
	const void *new_value; /* NULL: removed */
};

/* Return: 0 to go on; anything else ends the comparison and is returned. */
typedef int (*skep_map_change_fn)(const struct skep_map_change *change, void *userdata);

/**
 * skep_map_snapshot_compare() - tell in what two snapshots differ
 * @from:          the one before
 * @to:            the one after; of the same map, or of another one with the same sizes
 * @fn, @userdata: for each difference, in the order of keys
 *
 * Both are read once, side by side.
 *
 * Return: 0; what @fn returned; -EMEDIUMTYPE keys or values have different sizes.
 * Source: skep_map_snapshot_new().
 */
int skep_map_snapshot_compare(const struct skep_map_snapshot *from,
			      const struct skep_map_snapshot *to, skep_map_change_fn fn,
			      void *userdata, struct skep_error *err);

SKEP_DEFINE_CLEANUP(struct skep_map_snapshot,
		    skep_map_snapshot_free) /* skep_map_snapshot_freep() */
SKEP_END
#endif
