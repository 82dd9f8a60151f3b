/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include <skep/map_metrics.h>

#include <errno.h>
#include <stdlib.h>

#include <skep/error.h>
#include <skep/map_cache.h>
#include <skep/map_name.h>
#include <skep/map_resync.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/opts.h"
#include "base/time.h"

#define OPERATIONS 7
#define COUNTED 3 /* the first ones: the others have a duration alone */
#define OUTCOMES 2
#define NAME_BYTES 256

static const char *const operations[OPERATIONS] = {
	[SKEP_MAP_OPERATION_UPDATE] = "update",       [SKEP_MAP_OPERATION_DELETE] = "delete",
	[SKEP_MAP_OPERATION_NEXT_KEY] = "getNextKey", [SKEP_MAP_OPERATION_LOOKUP] = "lookup",
	[SKEP_MAP_OPERATION_CREATE] = "create",       [SKEP_MAP_OPERATION_OPEN] = "objGet",
	[SKEP_MAP_OPERATION_PIN] = "objPin",
};
static const char *const outcomes[OUTCOMES] = { "success", "fail" };

struct skep_map_metrics {
	struct skep_metric *counts[COUNTED][OUTCOMES];
	struct skep_metric *durations[OPERATIONS][OUTCOMES]; /* NULL: they are not measured */
	struct skep_metric *sync_errors;
	int measures;
	struct skep_map_cache *cache; /* NULL: there is none */
	struct skep_metrics_collector *collector;
	char name[NAME_BYTES]; /* map_name */
};

static const char *const count_labels[] = { "map_name", "operation", "outcome" };
static const struct skep_metric_desc count_desc = {
	.sz = sizeof(count_desc),
	.name = "bpf_map_ops_total",
	.help = "Operations on BPF maps.",
	.kind = SKEP_METRIC_COUNTER,
	.labels = count_labels,
	.label_count = ARRAY_SIZE(count_labels),
};
static const struct skep_metric_desc sync_desc = {
	.sz = sizeof(sync_desc),
	.name = "bpf_map_sync_errors_total",
	.help = "Elements that could not be brought into BPF maps.",
	.kind = SKEP_METRIC_COUNTER,
	.labels = count_labels,
	.label_count = 1,
};

static int make_counts(struct skep_map_metrics *m, struct skep_metrics *metrics,
		       struct skep_error *err)
{
	const char *const name = m->name;
	size_t i, k;
	int r = skep_metric_new(metrics, &sync_desc, &name, &m->sync_errors, err);

	for (i = 0; i < COUNTED; i++)
		for (k = 0; k < OUTCOMES && r == 0; k++) {
			const char *const values[] = { name, operations[i], outcomes[k] };

			r = skep_metric_new(metrics, &count_desc, values, &m->counts[i][k], err);
		}
	return r;
}

/* What the cache has counted so far. */
static int tell_cache(struct skep_metrics_scrape *scrape, void *userdata)
{
	const struct skep_map_metrics *m = userdata;
	struct skep_map_cache_status status = { 0 };
	const char *const name = m->name;
	uint64_t counts[2][OUTCOMES]; /* update and delete */
	size_t i, k;
	int r;

	skep_map_cache_status(m->cache, &status);
	counts[SKEP_MAP_OPERATION_UPDATE][0] = status.updates;
	counts[SKEP_MAP_OPERATION_UPDATE][1] = status.updates_failed;
	counts[SKEP_MAP_OPERATION_DELETE][0] = status.deletes;
	counts[SKEP_MAP_OPERATION_DELETE][1] = status.deletes_failed;
	r = skep_metrics_scrape_add(scrape, &sync_desc, &name, (double)status.resync_errors);
	for (i = 0; i < 2; i++)
		for (k = 0; k < OUTCOMES && r == 0; k++) {
			const char *const values[] = { name, operations[i], outcomes[k] };

			r = skep_metrics_scrape_add(scrape, &count_desc, values,
						    (double)counts[i][k]);
		}
	return r;
}

static int make_durations(struct skep_map_metrics *m, struct skep_metrics *metrics,
			  struct skep_error *err)
{
	static const char *const labels[] = { "operation", "outcome" };
	/* system calls take from some hundred nanoseconds on */
	static const double bounds[] = { 1e-6, 2.5e-6, 5e-6, 1e-5, 2.5e-5, 5e-5,
					 1e-4, 5e-4,   1e-3, 5e-3, 1e-2,   1e-1 };
	const struct skep_metric_desc duration = {
		.sz = sizeof(duration),
		.name = "bpf_syscall_duration_seconds",
		.help = "Duration of system calls on BPF maps.",
		.kind = SKEP_METRIC_HISTOGRAM,
		.labels = labels,
		.label_count = ARRAY_SIZE(labels),
		.bounds = bounds,
		.bound_count = ARRAY_SIZE(bounds),
	};
	size_t i, k;
	int r = 0;

	for (i = 0; i < OPERATIONS; i++)
		for (k = 0; k < OUTCOMES && r == 0; k++) {
			const char *const values[] = { operations[i], outcomes[k] };

			r = skep_metric_new(metrics, &duration, values, &m->durations[i][k], err);
		}
	m->measures = 1;
	return r;
}

int skep_map_metrics_new(struct skep_metrics *metrics, const char *map_name,
			 const struct skep_map_metrics_opts *opts,
			 struct skep_map_metrics **ret_map_metrics, struct skep_error *err)
{
	_cleanup_(skep_map_metrics_freep) struct skep_map_metrics *m = NULL;
	struct skep_map_metrics_opts o;
	int r = opts_copy(&o, sizeof(o), opts);

	if (r == 0 && o.flags & ~(uint64_t)SKEP_MAP_METRICS_DURATION)
		r = -EINVAL;
	if (r < 0)
		return skep_fail(err, r, SKEP_ERR_INVALID, "metrics of map '%.64s'", map_name);
	m = calloc(1, sizeof(*m));
	if (!m)
		return skep_fail(err, -ENOMEM, SKEP_ERR_NO_MEMORY, "metrics of map '%s'", map_name);
	r = skep_map_name_common(map_name, o.prefix, m->name, sizeof(m->name));
	if (r < 0)
		return skep_fail(err, r, SKEP_ERR_INVALID, "metrics of map '%.64s'", map_name);
	r = make_counts(m, metrics, err);
	if (r == 0 && o.flags & SKEP_MAP_METRICS_DURATION)
		r = make_durations(m, metrics, err);
	if (r == 0 && o.cache) {
		m->cache = skep_map_cache_ref(o.cache);
		r = skep_metrics_collector_new(metrics, tell_cache, m, &m->collector, err);
	}
	if (r < 0)
		return r;
	*ret_map_metrics = take_ptr(m);
	return 0;
}

struct skep_map_metrics *skep_map_metrics_free(struct skep_map_metrics *map_metrics)
{
	struct skep_map_metrics *m = map_metrics;
	size_t i, k;

	if (!m)
		return NULL;
	skep_metrics_collector_free(m->collector); /* it uses the cache */
	skep_map_cache_close(m->cache);
	for (k = 0; k < OUTCOMES; k++) {
		for (i = 0; i < COUNTED; i++)
			skep_metric_free(m->counts[i][k]);
		for (i = 0; i < OPERATIONS; i++)
			skep_metric_free(m->durations[i][k]);
	}
	skep_metric_free(m->sync_errors);
	free(m);
	return NULL;
}

uint64_t skep_map_metrics_begin(const struct skep_map_metrics *map_metrics)
{
	return map_metrics && map_metrics->measures ? time_now_ns(CLOCK_MONOTONIC) : 0;
}

void skep_map_metrics_end(struct skep_map_metrics *map_metrics, uint32_t operation,
			  uint64_t began_ns, int result)
{
	const size_t outcome = result < 0;

	if (!map_metrics || operation >= OPERATIONS)
		return;
	if (operation < COUNTED)
		skep_metric_add(map_metrics->counts[operation][outcome], 1);
	if (began_ns)
		skep_metric_observe(map_metrics->durations[operation][outcome],
				    (double)(time_now_ns(CLOCK_MONOTONIC) - began_ns) /
					    (double)NSEC_PER_SEC);
}

void skep_map_metrics_sync_errors(struct skep_map_metrics *map_metrics, uint64_t errors)
{
	if (map_metrics)
		skep_metric_add(map_metrics->sync_errors, (double)errors);
}
