/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef SKEP_MAP_COUNTER_H
#define SKEP_MAP_COUNTER_H
/*
 * How many elements a map has, again and again: for the least that it costs.
 *
 *	the kernel's own count	hashes of all kinds, Linux 6.6: a run of a program of three instructions, whatever the size
 *	a walk			what skep_map_dump() can walk: by batches, all elements are copied
 *	a sample		hashes of all kinds: the elements in a part of the buckets, times their number
 */
#include <skep/base.h>

SKEP_BEGIN

struct skep_error;
struct skep_map;
struct skep_map_counter;

/* Where a count comes from. */
enum skep_map_count_source {
	SKEP_MAP_COUNT_BEST =
		0, /* to ask for: the kernel's count where there is one, else a walk */
	SKEP_MAP_COUNT_KERNEL = 1, /* exact, while nobody writes */
	SKEP_MAP_COUNT_WALK = 2,   /* exact, while nobody writes */
	SKEP_MAP_COUNT_SAMPLE = 3, /* estimated; of a small map exact */
	SKEP_MAP_COUNT_GIVEN = 4,  /* told by the caller */
	SKEP_MAP_COUNT_CACHE = 5,  /* what a cache wants in the map */
};

/**
 * skep_map_counter_open() - prepare to count
 * @map:         a reference is held
 * @source:      SKEP_MAP_COUNT_BEST, _KERNEL, _WALK or _SAMPLE
 * @ret_counter: owned by the caller, skep_map_counter_close()
 *
 * Return: 0; -EOPNOTSUPP elements of this type cannot be counted so, on this kernel; -EPERM the kernel's count takes
 *         CAP_BPF; -EINVAL @source; -ENOMEM; else a negative errno.
 * Source: kernel/bpf/map_iter.c, bpf_map_sum_elem_count(); bpf(2) BPF_PROG_TEST_RUN.
 */
int skep_map_counter_open(struct skep_map *map, uint64_t source,
			  struct skep_map_counter **ret_counter, struct skep_error *err);

/**
 * skep_map_counter_read() - count
 * @ret_count: elements
 *
 * Return: enum skep_map_count_source, where it comes from; as skep_map_dump().
 * Context: may be called by several threads at once.
 * Source: as skep_map_counter_open().
 */
int skep_map_counter_read(struct skep_map_counter *counter, uint64_t *ret_count,
			  struct skep_error *err);

/** skep_map_counter_close() - release a counter, or NULL. Return: NULL. */
struct skep_map_counter *skep_map_counter_close(struct skep_map_counter *counter);

SKEP_DEFINE_CLEANUP(struct skep_map_counter, skep_map_counter_close) /* skep_map_counter_closep() */
SKEP_END
#endif
