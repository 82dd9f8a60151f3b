/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef SKEP_MAP_RECONCILE_H
#define SKEP_MAP_RECONCILE_H
/*
 * A map made equal to what a program wants in it.
 *
 * What is wanted are objects of the program, of which a struct skep_map_object_type tells where key and value are. The map
 * is walked once, by batches where it has them, and only what differs is written, by batches too; keys are collected
 * before the first is removed, so that no walk loses its way. An error of one element does not keep the others from being
 * tried. What others change during the call may be found or not: the next call sets it right.
 *
 *	hashes, LRU, LPM tries	added, changed, removed. Prefixes are compared as the kernel does, by the bits that count
 *	per-CPU			a value of one CPU is for the first one, with zeros for the others
 *	arrays			all elements are always there: they are changed; with SKEP_MAP_RECONCILE_ZERO, what is not
 *				wanted becomes zero
 *	maps, programs		values are fds, compared with the ids that the kernel tells
 */
#include <skep/base.h>

SKEP_BEGIN

struct skep_error;
struct skep_map;

/**
 * typedef skep_map_bytes_fn - the key, or the value, of an object
 * @object:    of the caller
 * @ret_bytes: how many there are; compared with the size in the map
 *
 * Return: the bytes, borrowed until the next call for an object; NULL: there are none, which fails.
 */
typedef const void *(*skep_map_bytes_fn)(const void *object, size_t *ret_bytes);

/* Where key and value are in an object: told by functions, or else members of it. */
struct skep_map_object_type {
	size_t sz; /* sizeof(struct skep_map_object_type) */
	skep_map_bytes_fn key_fn;
	skep_map_bytes_fn value_fn;
	uint64_t key_offset; /* bytes, all four */
	uint64_t key_bytes;
	uint64_t value_offset;
	uint64_t value_bytes;
};

/* Fills a struct skep_map_object_type by members of a struct: { SKEP_MAP_MEMBERS(struct route, prefix, next_hop) } */
#define SKEP_MAP_MEMBERS(type, key, value)                                            \
	.sz = sizeof(struct skep_map_object_type), .key_offset = offsetof(type, key), \
	.key_bytes = sizeof(((type *)0)->key), .value_offset = offsetof(type, value), \
	.value_bytes = sizeof(((type *)0)->value)

/**
 * typedef skep_map_object_fn - the next object that is wanted
 * @ret_object: borrowed until the next call
 *
 * Return: 1 an object; 0 there are no more; a negative errno, which ends it all.
 */
typedef int (*skep_map_object_fn)(const void **ret_object, void *userdata);

/* What is wanted: an array of objects, or one after the other. No two may have the same key. */
struct skep_map_wanted {
	size_t sz; /* sizeof(struct skep_map_wanted) */
	const struct skep_map_object_type *type;
	const void *objects;
	uint64_t object_count;
	uint64_t object_bytes; /* from one to the next */
	skep_map_object_fn next_fn;
	void *userdata; /* of next_fn */
};

/* What a change does. */
enum skep_map_action {
	SKEP_MAP_ACTION_ADD = 1,
	SKEP_MAP_ACTION_CHANGE = 2,
	SKEP_MAP_ACTION_REMOVE = 3,
};

struct skep_map_reconcile_change {
	const void *key;   /* key-size bytes */
	const void *value; /* skep_map_value_bytes(); NULL: it is removed */
	int64_t code;      /* 0; a negative errno: it failed; a dry run: 0 */
	uint64_t action;   /* enum skep_map_action */
};

/**
 * typedef skep_map_reconcile_change_fn - told of each change, when it has been tried
 * @change: borrowed for the call
 */
typedef void (*skep_map_reconcile_change_fn)(const struct skep_map_reconcile_change *change,
					     void *userdata);

#define SKEP_MAP_RECONCILE_DRY_RUN (1u << 0) /* change nothing, tell what would be changed */
#define SKEP_MAP_RECONCILE_KEEP (1u << 1)    /* what is not wanted stays */
#define SKEP_MAP_RECONCILE_ZERO (1u << 2)    /* arrays: what is not wanted becomes zero */

struct skep_map_reconcile_opts {
	size_t sz;      /* sizeof(struct skep_map_reconcile_opts) */
	uint64_t flags; /* SKEP_MAP_RECONCILE_* */
	skep_map_reconcile_change_fn change_fn;
	void *userdata; /* of change_fn */
};

/* What was done; of a dry run, what would be. */
struct skep_map_reconcile_report {
	uint64_t added;
	uint64_t changed;
	uint64_t removed; /* of an array: set to zero */
	uint64_t unchanged;
	uint64_t failed;
	uint64_t vanished;   /* was to be removed, and somebody else has done it */
	uint64_t calls;      /* of bpf(2), on elements */
	int64_t first_error; /* a negative errno of the first change that failed; 0: none did */
};

/**
 * skep_map_reconcile() - make a map equal to what is wanted
 * @desired:    what is wanted
 * @opts:       NULL for defaults
 * @ret_report: also after a failure; NULL: not wanted
 *
 * Where there is room for both, what is new is added before what is old is removed: what stays is never missing.
 *
 * Return: 0 they are equal; -EINVAL @desired, or an object has a key or value of another size than the map's; -EEXIST two
 *         objects have one key; -EOPNOTSUPP what the kernel tells of such a map cannot be compared, or elements of an
 *         array are not wanted: SKEP_MAP_RECONCILE_ZERO. So far nothing has been changed. Else what the first change
 *         that failed came to, and the others have been tried.
 * Source: bpf(2) BPF_MAP_LOOKUP_BATCH, BPF_MAP_UPDATE_BATCH, BPF_MAP_DELETE_BATCH.
 */
int skep_map_reconcile(struct skep_map *map, const struct skep_map_wanted *desired,
		       const struct skep_map_reconcile_opts *opts,
		       struct skep_map_reconcile_report *ret_report, struct skep_error *err);

/**
 * skep_map_prune() - remove what is not wanted
 * @desired:    what is wanted; only keys are looked at
 * @opts:       NULL for defaults
 * @ret_report: also after a failure; NULL: not wanted
 *
 * Return: as skep_map_reconcile().
 * Source: bpf(2) BPF_MAP_LOOKUP_BATCH, BPF_MAP_DELETE_BATCH.
 */
int skep_map_prune(struct skep_map *map, const struct skep_map_wanted *desired,
		   const struct skep_map_reconcile_opts *opts,
		   struct skep_map_reconcile_report *ret_report, struct skep_error *err);

/**
 * skep_map_update_object() - put the key and value of an object into a map
 * @type:   of @object
 * @object: the caller's
 *
 * Return: 0; -EINVAL its key or value is not of the map's size; else as skep_map_update().
 * Source: bpf(2) BPF_MAP_UPDATE_ELEM.
 */
int skep_map_update_object(struct skep_map *map, const struct skep_map_object_type *type,
			   const void *object, struct skep_error *err);

/**
 * skep_map_delete_object() - remove the key of an object from a map
 * @type:   of @object
 * @object: the caller's
 *
 * Return: 1; 0 it was not there, which is as good; -EINVAL its key is not of the map's size; else as skep_map_delete().
 * Source: bpf(2) BPF_MAP_DELETE_ELEM.
 */
int skep_map_delete_object(struct skep_map *map, const struct skep_map_object_type *type,
			   const void *object, struct skep_error *err);

SKEP_END
#endif
