/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef SKEP_MAP_PRESSURE_H
#define SKEP_MAP_PRESSURE_H
/*
 * How full a map is: elements by max_entries, as a number and as metrics. Names are behind the namespace of the registry:
 *
 *	bpf_map_pressure{map_name}	gauge, told only while it is above a threshold
 *	bpf_map_capacity{map_group}	gauge: max_entries of the maps of a group; the group "default" stands for all of 65536,
 *					which are not told one by one
 *	bpf_map_pending{map_name}	gauge: elements that are wanted in the map and are not there; if given, or of a cache
 *
 * Above 1 it is where the elements are those that are wanted (a cache counts what did not fit, too). Maps of one name share
 * a line: the fullest is told.
 *
 * Threads: everything here may be used by several threads at once; close may not.
 */
#include <skep/map_counter.h>

SKEP_BEGIN

struct skep_error;
struct skep_map;
struct skep_map_cache;
struct skep_map_pressure;
struct skep_metrics;

struct skep_map_pressure_opts {
	size_t sz;            /* sizeof(struct skep_map_pressure_opts) */
	uint64_t source;      /* enum skep_map_count_source */
	uint64_t interval_ns; /* a count that is younger is not repeated for the metrics */
	double threshold;     /* told while above: 0: not of an empty map; negative: always */
	struct skep_metrics *metrics; /* NULL: a number alone */
	const char *name;             /* map_name; NULL: the map's, without prefix */
	const char *prefix;           /* "cilium_"; NULL: none */
	const char *group;            /* map_group; NULL: the capacity is not told */
	struct skep_map_cache
		*cache; /* with SKEP_MAP_COUNT_CACHE: of the map; a reference is held */
};

struct skep_map_pressure_value {
	uint64_t count;       /* elements */
	uint64_t max_entries; /* of the map */
	uint64_t
		pending; /* of the elements, those that are not in the map; if given, or of a cache */
	uint64_t source;     /* enum skep_map_count_source */
	uint64_t counted_ns; /* when: CLOCK_MONOTONIC */
	double pressure;     /* count by max_entries; 0 where max_entries is 0 */
};

/**
 * skep_map_pressure_open() - watch how full a map is
 * @map:          a reference is held
 * @opts:         NULL for defaults
 * @ret_pressure: owned by the caller, skep_map_pressure_close()
 *
 * With metrics it counts when they are told, unless SKEP_MAP_COUNT_GIVEN leaves that to the caller.
 *
 * Return: 0; -EOPNOTSUPP elements of this type cannot be counted, or always number max_entries (an array); -EINVAL an
 *         option; -E2BIG newer @opts; as skep_map_counter_open(), skep_metric_new().
 * Source: skep_map_counter_open().
 */
int skep_map_pressure_open(struct skep_map *map, const struct skep_map_pressure_opts *opts,
			   struct skep_map_pressure **ret_pressure, struct skep_error *err);

/** skep_map_pressure_close() - watch no more, or NULL; its metrics go. Return: NULL. */
struct skep_map_pressure *skep_map_pressure_close(struct skep_map_pressure *pressure);

/**
 * skep_map_pressure_refresh() - count now
 *
 * Return: 0; -EOPNOTSUPP with SKEP_MAP_COUNT_GIVEN; as skep_map_counter_read(): then the value stays as it was.
 * Source: skep_map_counter_read().
 */
int skep_map_pressure_refresh(struct skep_map_pressure *pressure, struct skep_error *err);

/**
 * skep_map_pressure_give() - tell it how many elements there are
 * @count:   elements that are in the map, or shall be
 * @pending: those of them that are not in it
 *
 * Whatever the source is: who has just counted need not have it done again.
 *
 * Source: the caller.
 */
void skep_map_pressure_give(struct skep_map_pressure *pressure, uint64_t count, uint64_t pending);

/**
 * skep_map_pressure_get() - what was counted last
 * @ret_value: filled in
 *
 * Return: 1; 0 nothing was counted yet.
 * Source: skep_map_pressure_refresh(), skep_map_pressure_give().
 */
int skep_map_pressure_get(const struct skep_map_pressure *pressure,
			  struct skep_map_pressure_value *ret_value);

SKEP_DEFINE_CLEANUP(struct skep_map_pressure, skep_map_pressure_close)
SKEP_END
#endif
