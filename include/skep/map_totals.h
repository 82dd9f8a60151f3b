/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef SKEP_MAP_TOTALS_H
#define SKEP_MAP_TOTALS_H
/*
 * How many programs there are on this host, how many maps they use, and what all that takes of memory; as numbers and as
 * metrics. Names are behind the namespace of the registry, all are gauges:
 *
 *	bpf_progs, bpf_progs_virtual_memory_max_bytes, bpf_maps, bpf_maps_virtual_memory_max_bytes
 */
#include <skep/base.h>

SKEP_BEGIN

struct skep_error;
struct skep_map_totals;
struct skep_metrics;

/* What there is on this host. */
struct skep_map_totals_value {
	uint64_t progs;
	uint64_t prog_bytes;
	uint64_t maps; /* used by these programs, each once */
	uint64_t map_bytes;
};

/**
 * skep_map_totals_read() - look at all programs
 * @patterns:  of names, which are cut to 15 characters: exact, a glob, or /an extended regular expression/: one has to match
 * @count:     0: all programs
 * @ret_value: filled in
 *
 * What goes while it looks is not counted.
 *
 * Return: 0; -EPERM needs CAP_SYS_ADMIN; -EINVAL a pattern; -ENOMEM; else a negative errno.
 * Source: bpf(2) BPF_PROG_GET_NEXT_ID; memlock in fdinfo, proc(5).
 */
int skep_map_totals_read(const char *const *patterns, size_t count,
			 struct skep_map_totals_value *ret_value, struct skep_error *err);

/**
 * skep_map_totals_new() - tell them as metrics
 * @metrics:    where
 * @patterns:   as for skep_map_totals_read(); copied
 * @count:      likewise
 * @ret_totals: owned by the caller, skep_map_totals_free()
 *
 * It looks when the metrics are told; who asks while another looks gets what that one found.
 *
 * Return: 0; -EINVAL a pattern; -ENOMEM.
 * Source: skep_metrics_collector_new().
 */
int skep_map_totals_new(struct skep_metrics *metrics, const char *const *patterns, size_t count,
			struct skep_map_totals **ret_totals, struct skep_error *err);

/** skep_map_totals_free() - tell them no more, or NULL. Return: NULL. */
struct skep_map_totals *skep_map_totals_free(struct skep_map_totals *totals);

SKEP_DEFINE_CLEANUP(struct skep_map_totals, skep_map_totals_free) /* skep_map_totals_freep() */
SKEP_END
#endif
