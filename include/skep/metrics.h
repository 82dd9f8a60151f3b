/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef SKEP_METRICS_H
#define SKEP_METRICS_H
/*
 * Metrics: numbers with names and labels, and a registry that tells them as text for Prometheus.
 *
 * A metric belongs to who makes it, and is told until it is released. Metrics of one name are of one kind and have the
 * same labels; those whose labels have the same values, too, are told as one: counters and histograms as their sum, gauges
 * as their kind says. So two maps of one name do not make a text that nobody can read.
 *
 * A gauge has no value until it is set, and none after skep_metric_unset(): then it is not told. No value is ever NaN.
 *
 * Threads: everything here may be used by several threads at once. Counting takes no lock. A released metric is used by
 * nobody any more.
 */
#include <skep/base.h>

SKEP_BEGIN

struct skep_error;
struct skep_metric;
struct skep_metrics;
struct skep_metrics_collector;
struct skep_metrics_scrape;

enum skep_metric_kind {
	SKEP_METRIC_COUNTER = 0,   /* only grows; its name ends in _total */
	SKEP_METRIC_GAUGE = 1,     /* of the same labels: their sum is told */
	SKEP_METRIC_GAUGE_MAX = 2, /* of the same labels: the largest is told */
	SKEP_METRIC_HISTOGRAM = 3,
};

/* What a metric is called. */
struct skep_metric_desc {
	size_t sz;        /* sizeof(struct skep_metric_desc) */
	const char *name; /* behind the namespace: "bpf_map_ops_total"; letters, digits, _ */
	const char *help; /* one line for people */
	uint64_t kind;    /* enum skep_metric_kind */
	const char *const *labels; /* names, the same for all metrics of the name */
	uint64_t label_count;
	const double
		*bounds; /* histogram: upper bounds of its buckets, ascending; NULL: 5 ms to 10 s */
	uint64_t bound_count;
};

/**
 * skep_metrics_new() - a registry
 * @name_space:  what all names begin with; NULL: "skep"
 * @ret_metrics: owned by the caller, skep_metrics_free()
 *
 * Return: 0; -EINVAL @name_space has other characters than letters, digits and _; -ENOMEM.
 * Source: the exposition formats of Prometheus and OpenMetrics 1.0.
 */
int skep_metrics_new(const char *name_space, struct skep_metrics **ret_metrics,
		     struct skep_error *err);

/**
 * skep_metrics_free() - release a registry, or NULL
 *
 * What it is made of stays until the last of its metrics and collectors is released: their order does not matter.
 *
 * Return: NULL.
 * Source: the registry.
 */
struct skep_metrics *skep_metrics_free(struct skep_metrics *metrics);

/**
 * skep_metric_new() - a metric
 * @metrics:    where it is told
 * @desc:       what it is called; need not outlive the call
 * @values:     of its labels, in their order; any text; need not outlive the call
 * @ret_metric: owned by the caller, skep_metric_free()
 *
 * Return: 0; -EINVAL a name is none; -EEXIST there are metrics of this name that are of another kind, or have other labels
 *         or bounds; -ENOMEM; -E2BIG newer @desc.
 * Source: the registry.
 */
int skep_metric_new(struct skep_metrics *metrics, const struct skep_metric_desc *desc,
		    const char *const *values, struct skep_metric **ret_metric,
		    struct skep_error *err);

/** skep_metric_free() - release a metric, or NULL; what it counted goes to another of the same labels. Return: NULL. */
struct skep_metric *skep_metric_free(struct skep_metric *metric);

/**
 * skep_metric_add() - count
 * @metric: a counter or gauge; NULL: nothing happens
 * @amount: of a counter not negative; else nothing happens, nor if it is NaN
 *
 * Source: the registry.
 */
void skep_metric_add(struct skep_metric *metric, double amount);

/**
 * skep_metric_set() - set a gauge
 * @metric: a gauge; NULL: nothing happens
 * @value:  NaN: nothing happens
 *
 * Source: the registry.
 */
void skep_metric_set(struct skep_metric *metric, double value);

/**
 * skep_metric_unset() - let a gauge have no value: it is not told until it is set again
 * @metric: a gauge; NULL: nothing happens
 *
 * Source: the registry.
 */
void skep_metric_unset(struct skep_metric *metric);

/**
 * skep_metric_observe() - put a value into a histogram
 * @metric: a histogram; NULL: nothing happens
 * @value:  NaN: nothing happens
 *
 * Source: the registry.
 */
void skep_metric_observe(struct skep_metric *metric, double value);

/**
 * skep_metric_value() - what a metric alone has counted
 * @metric:    any
 * @ret_value: of a histogram the sum of what was observed
 *
 * Return: 1; 0 it has no value.
 * Source: the registry.
 */
int skep_metric_value(const struct skep_metric *metric, double *ret_value);

/**
 * typedef skep_metrics_collect_fn - called when the metrics are told
 * @scrape: takes what it has to tell, skep_metrics_scrape_add()
 *
 * It may make, set and release metrics, but neither make nor release a collector, nor have the metrics told.
 *
 * Return: 0; a negative errno: nothing of what it told is used, and the failure is counted in
 *         metrics_collector_failures_total.
 */
typedef int (*skep_metrics_collect_fn)(struct skep_metrics_scrape *scrape, void *userdata);

/**
 * skep_metrics_collector_new() - have a function called whenever the metrics are told
 * @metrics:       of which
 * @fn, @userdata: the function; one at a time
 * @ret_collector: owned by the caller, skep_metrics_collector_free()
 *
 * Return: 0; -ENOMEM.
 * Source: the registry.
 */
int skep_metrics_collector_new(struct skep_metrics *metrics, skep_metrics_collect_fn fn,
			       void *userdata, struct skep_metrics_collector **ret_collector,
			       struct skep_error *err);

/** skep_metrics_collector_free() - have it called no more, or NULL; waits until it has returned. Return: NULL. */
struct skep_metrics_collector *
skep_metrics_collector_free(struct skep_metrics_collector *collector);

/**
 * skep_metrics_scrape_add() - tell a value once
 * @scrape: that of the collector
 * @desc:   as for skep_metric_new(); no histogram
 * @values: of its labels
 * @value:  NaN: it is not told
 *
 * Return: as skep_metric_new().
 * Source: the registry.
 */
int skep_metrics_scrape_add(struct skep_metrics_scrape *scrape, const struct skep_metric_desc *desc,
			    const char *const *values, double value);

/** skep_metrics_scrape_asked_ns() - Return: when the one who waits for the metrics asked for them: CLOCK_MONOTONIC. */
uint64_t skep_metrics_scrape_asked_ns(const struct skep_metrics_scrape *scrape);

enum skep_metrics_format {
	SKEP_METRICS_PROMETHEUS = 0,  /* the text format 0.0.4 */
	SKEP_METRICS_OPENMETRICS = 1, /* OpenMetrics 1.0 */
};

/* Takes @len bytes of the text. Return: 0; else the text ends and that is returned. */
typedef int (*skep_metrics_write_fn)(const char *bytes, size_t len, void *userdata);

/**
 * skep_metrics_print() - tell all metrics as text
 * @metrics:  a registry
 * @format:   enum skep_metrics_format
 * @fn:       gets the text, in one piece or several; no lock is held
 * @userdata: for @fn
 *
 * Sorted by name and labels, so that two texts can be compared.
 *
 * Return: 0; -EINVAL no such format; what @fn returned; -ENOMEM.
 * Context: calls the collectors; a second caller waits meanwhile.
 * Source: the exposition formats of Prometheus and OpenMetrics 1.0.
 */
int skep_metrics_print(struct skep_metrics *metrics, uint64_t format, skep_metrics_write_fn fn,
		       void *userdata, struct skep_error *err);

/**
 * skep_metrics_content_type() - what HTTP calls a format
 * @format: enum skep_metrics_format
 *
 * Return: a static string.
 * Source: as skep_metrics_print().
 */
const char *skep_metrics_content_type(uint64_t format);

SKEP_DEFINE_CLEANUP(struct skep_metric, skep_metric_free)   /* skep_metric_freep() */
SKEP_DEFINE_CLEANUP(struct skep_metrics, skep_metrics_free) /* skep_metrics_freep() */
SKEP_END
#endif
