/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef SKEP_MAP_BULK_H
#define SKEP_MAP_BULK_H
/*
 * Many elements at once, with as few system calls as the kernel allows.
 *
 * By batch commands where the type has them, else one by one; a failure of one element does not keep the others from
 * being tried.
 */
#include <skep/base.h>

SKEP_BEGIN

struct skep_error;
struct skep_map;

/* What became of the elements. */
struct skep_map_bulk_result {
	uint64_t done;       /* set, or removed */
	uint64_t failed;     /* neither */
	uint64_t absent;     /* not there to be removed, which is no failure */
	uint64_t calls;      /* of bpf(2) */
	int64_t first_error; /* a negative errno of the first that failed; 0: none did */
};

/**
 * skep_map_update_many() - set many elements
 * @keys:       key-size bytes each, one after the other
 * @values:     skep_map_value_bytes() each, one after the other
 * @count:      how many
 * @flags:      SKEP_UPDATE_FLAG_* for each
 * @ret_result: also after a failure; NULL: not wanted
 *
 * Return: 0 all of them; else what the first that failed returned, the others have been tried: -EEXIST, -E2BIG ...
 * Source: bpf(2) BPF_MAP_UPDATE_BATCH, BPF_MAP_UPDATE_ELEM.
 */
int skep_map_update_many(struct skep_map *map, const void *keys, const void *values, uint64_t count,
			 uint64_t flags, struct skep_map_bulk_result *ret_result,
			 struct skep_error *err);

/**
 * skep_map_delete_many() - remove many elements
 * @keys:       key-size bytes each, one after the other
 * @count:      how many
 * @ret_result: also after a failure; NULL: not wanted
 *
 * Return: 0 none of them is there any more; else what the first that failed returned, the others have been tried.
 * Source: bpf(2) BPF_MAP_DELETE_BATCH, BPF_MAP_DELETE_ELEM.
 */
int skep_map_delete_many(struct skep_map *map, const void *keys, uint64_t count,
			 struct skep_map_bulk_result *ret_result, struct skep_error *err);

/**
 * skep_map_update_each() - skep_map_update_many() that tells of each element
 * @keys:       see there
 * @values:     see there
 * @count:      see there
 * @flags:      see there
 * @ret_codes:  @count results, also after a failure: 0, or a negative errno; NULL: not wanted
 * @ret_result: see there
 *
 * Return: as skep_map_update_many().
 * Source: bpf(2) BPF_MAP_UPDATE_BATCH, BPF_MAP_UPDATE_ELEM.
 */
int skep_map_update_each(struct skep_map *map, const void *keys, const void *values, uint64_t count,
			 uint64_t flags, int *ret_codes, struct skep_map_bulk_result *ret_result,
			 struct skep_error *err);

/**
 * skep_map_delete_each() - skep_map_delete_many() that tells of each element
 * @keys:       see there
 * @count:      see there
 * @ret_codes:  @count results, also after a failure: 0; -ENOENT it was not there, which is no failure; another negative
 *              errno; NULL: not wanted
 * @ret_result: see there
 *
 * Return: as skep_map_delete_many().
 * Source: bpf(2) BPF_MAP_DELETE_BATCH, BPF_MAP_DELETE_ELEM.
 */
int skep_map_delete_each(struct skep_map *map, const void *keys, uint64_t count, int *ret_codes,
			 struct skep_map_bulk_result *ret_result, struct skep_error *err);

/**
 * skep_map_delete_all() - remove all elements
 * @ret_result: also after a failure; NULL: not wanted
 *
 * What others add meanwhile is removed or not. It ends when the map has been found empty, or after twice as many
 * removals as the map has room for.
 *
 * Arrays of objects (programs, maps, devices, sockets) get all their places emptied.
 *
 * Return: 0; -EOPNOTSUPP elements of this type (array, queue, storage) cannot be removed so: skep_map_clear_all(); -ELOOP
 *         others add faster; else a negative errno.
 * Source: bpf(2) BPF_MAP_LOOKUP_AND_DELETE_BATCH, BPF_MAP_DELETE_ELEM.
 */
int skep_map_delete_all(struct skep_map *map, struct skep_map_bulk_result *ret_result,
			struct skep_error *err);

/**
 * skep_map_clear_all() - set all values to zero, on all CPUs
 * @ret_result: also after a failure; NULL: not wanted
 *
 * Return: 0; -EOPNOTSUPP not for this type; else a negative errno.
 * Source: bpf(2) BPF_MAP_UPDATE_ELEM.
 */
int skep_map_clear_all(struct skep_map *map, struct skep_map_bulk_result *ret_result,
		       struct skep_error *err);

SKEP_END
#endif
