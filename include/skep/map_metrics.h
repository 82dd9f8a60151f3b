/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef SKEP_MAP_METRICS_H
#define SKEP_MAP_METRICS_H
/*
 * What is done with a map, as metrics. Names are behind the namespace of the registry:
 *
 *	bpf_map_ops_total{map_name,operation,outcome}		updates, deletes and steps to a next key
 *	bpf_map_sync_errors_total{map_name}			elements that a resync could not bring into the kernel
 *	bpf_syscall_duration_seconds{operation,outcome}		histogram, of all maps; only if asked for
 *
 * map_name is the name that maps of a kind share, skep_map_name_common(); outcome is success or fail.
 *
 * Threads: counting may be done by several threads at once.
 */
#include <skep/metrics.h>

SKEP_BEGIN

struct skep_map_cache;
struct skep_map_metrics;

/* The operation is called in metrics what it is called here, in lower case; getNextKey and objGet as in Cilium. */
enum skep_map_operation {
	SKEP_MAP_OPERATION_UPDATE = 0,
	SKEP_MAP_OPERATION_DELETE = 1,
	SKEP_MAP_OPERATION_NEXT_KEY = 2, /* getNextKey */
	SKEP_MAP_OPERATION_LOOKUP = 3,   /* this and what follows: duration alone */
	SKEP_MAP_OPERATION_CREATE = 4,
	SKEP_MAP_OPERATION_OPEN = 5, /* objGet */
	SKEP_MAP_OPERATION_PIN = 6,  /* objPin */
};

#define SKEP_MAP_METRICS_DURATION (1u << 0) /* measure the time of each operation */

struct skep_map_metrics_opts {
	size_t sz;          /* sizeof(struct skep_map_metrics_opts) */
	uint64_t flags;     /* SKEP_MAP_METRICS_* */
	const char *prefix; /* of the names of maps: "cilium_"; NULL: none */
	struct skep_map_cache
		*cache; /* what it counts is told, too; a reference is held; NULL: none */
};

/**
 * skep_map_metrics_new() - count the operations on a map
 * @metrics:         where they are told
 * @map_name:        the map's, with its prefix
 * @opts:            NULL for defaults
 * @ret_map_metrics: owned by the caller, skep_map_metrics_free()
 *
 * Return: 0; -EINVAL a flag that is none; as skep_metric_new().
 * Source: skep_metric_new().
 */
int skep_map_metrics_new(struct skep_metrics *metrics, const char *map_name,
			 const struct skep_map_metrics_opts *opts,
			 struct skep_map_metrics **ret_map_metrics, struct skep_error *err);

/** skep_map_metrics_free() - release what counts, or NULL. Return: NULL. */
struct skep_map_metrics *skep_map_metrics_free(struct skep_map_metrics *map_metrics);

/**
 * skep_map_metrics_begin() - before an operation
 * @map_metrics: NULL: nothing is counted
 *
 * Return: the time, CLOCK_MONOTONIC, for skep_map_metrics_end(); 0, and no clock is read, unless durations are measured.
 * Source: clock_gettime(2).
 */
uint64_t skep_map_metrics_begin(const struct skep_map_metrics *map_metrics);

/**
 * skep_map_metrics_end() - after an operation
 * @map_metrics: NULL: nothing is counted
 * @operation:   SKEP_MAP_OPERATION_*
 * @began_ns:    of skep_map_metrics_begin()
 * @result:      what it returned: negative is a failure
 *
 * Source: skep_metric_add(), skep_metric_observe().
 */
void skep_map_metrics_end(struct skep_map_metrics *map_metrics, uint32_t operation,
			  uint64_t began_ns, int result);

/**
 * skep_map_metrics_sync_errors() - after a resync
 * @map_metrics: NULL: nothing is counted
 * @errors:      elements that it could not bring into the kernel
 *
 * Source: skep_metric_add().
 */
void skep_map_metrics_sync_errors(struct skep_map_metrics *map_metrics, uint64_t errors);

SKEP_DEFINE_CLEANUP(struct skep_map_metrics, skep_map_metrics_free) /* skep_map_metrics_freep() */
SKEP_END
#endif
