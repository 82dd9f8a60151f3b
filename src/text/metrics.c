/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "text/metrics.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <skep/error.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/time.h"

#define MORE_TABLES 2 /* beside those of collectors: the registry's, and that of failures */

int skep_metrics_new(const char *name_space, struct skep_metrics **ret_metrics,
		     struct skep_error *err)
{
	_cleanup_free_ struct skep_metrics *m = calloc(1, sizeof(*m));
	const char *name = name_space ? name_space : "skep";

	if (!metrics_is_name(name))
		return skep_fail(err, -EINVAL, SKEP_ERR_INVALID, "metrics: '%s' is no namespace.",
				 name);
	if (!m)
		return skep_fail(err, -ENOMEM, SKEP_ERR_NO_MEMORY, "metrics");
	m->name_space = strdup(name);
	if (!m->name_space)
		return skep_fail(err, -ENOMEM, SKEP_ERR_NO_MEMORY, "metrics");
	m->references = 1;
	pthread_mutex_init(&m->lock, NULL);
	pthread_mutex_init(&m->scraping, NULL);
	*ret_metrics = take_ptr(m);
	return 0;
}

/* Gives a reference up, and the lock. */
static void leave(struct skep_metrics *m)
{
	const int last = --m->references == 0;

	pthread_mutex_unlock(&m->lock);
	if (!last)
		return;
	metrics_table_fini(&m->table);
	pthread_mutex_destroy(&m->lock);
	pthread_mutex_destroy(&m->scraping);
	free(m->name_space);
	free(m);
}

struct skep_metrics *skep_metrics_free(struct skep_metrics *metrics)
{
	int saved = errno;

	if (metrics) {
		pthread_mutex_lock(&metrics->lock);
		leave(metrics);
	}
	errno = saved;
	return NULL;
}

int skep_metric_new(struct skep_metrics *metrics, const struct skep_metric_desc *desc,
		    const char *const *values, struct skep_metric **ret_metric,
		    struct skep_error *err)
{
	int r;

	pthread_mutex_lock(&metrics->lock);
	r = metrics_table_add(&metrics->table, metrics->name_space, desc, values, ret_metric, err);
	if (r == 0) {
		(*ret_metric)->owner = metrics;
		metrics->references++;
	}
	pthread_mutex_unlock(&metrics->lock);
	return r;
}

struct skep_metric *skep_metric_free(struct skep_metric *metric)
{
	int saved = errno;

	if (metric) {
		struct skep_metrics *owner = metric->owner;

		pthread_mutex_lock(&owner->lock);
		metrics_table_remove(&owner->table, metric);
		leave(owner);
	}
	errno = saved;
	return NULL;
}

void skep_metric_add(struct skep_metric *metric, double amount)
{
	if (!metric || isnan(amount) || metric->family->kind == SKEP_METRIC_HISTOGRAM ||
	    (metric->family->kind == SKEP_METRIC_COUNTER && amount < 0))
		return;
	metrics_add(&metric->bits, amount);
}

static int is_gauge(const struct skep_metric *metric)
{
	return metric && (metric->family->kind == SKEP_METRIC_GAUGE ||
			  metric->family->kind == SKEP_METRIC_GAUGE_MAX);
}

void skep_metric_set(struct skep_metric *metric, double value)
{
	if (is_gauge(metric) && !isnan(value))
		atomic_store_explicit(&metric->bits, metrics_bits(value), memory_order_relaxed);
}

void skep_metric_unset(struct skep_metric *metric)
{
	if (is_gauge(metric))
		atomic_store_explicit(&metric->bits, metrics_bits((double)NAN),
				      memory_order_relaxed);
}

void skep_metric_observe(struct skep_metric *metric, double value)
{
	size_t i = 0;

	if (!metric || isnan(value) || metric->family->kind != SKEP_METRIC_HISTOGRAM)
		return;
	while (i < metric->family->bound_count && value > metric->family->bounds[i])
		i++;
	metrics_add(&metric->bits, value);
	atomic_fetch_add_explicit(&metric->buckets[i], 1, memory_order_relaxed);
}

int skep_metric_value(const struct skep_metric *metric, double *ret_value)
{
	double value = metrics_double(atomic_load_explicit(&metric->bits, memory_order_relaxed));

	if (isnan(value))
		return 0;
	*ret_value = value;
	return 1;
}

int skep_metrics_collector_new(struct skep_metrics *metrics, skep_metrics_collect_fn fn,
			       void *userdata, struct skep_metrics_collector **ret_collector,
			       struct skep_error *err)
{
	struct skep_metrics_collector *c = calloc(1, sizeof(*c));

	if (!c)
		return skep_fail(err, -ENOMEM, SKEP_ERR_NO_MEMORY, "metrics");
	*c = (struct skep_metrics_collector){ .owner = metrics, .fn = fn, .userdata = userdata };
	pthread_mutex_lock(&metrics->scraping);
	c->next = metrics->collectors;
	metrics->collectors = c;
	pthread_mutex_unlock(&metrics->scraping);
	pthread_mutex_lock(&metrics->lock);
	metrics->references++;
	pthread_mutex_unlock(&metrics->lock);
	*ret_collector = c;
	return 0;
}

struct skep_metrics_collector *skep_metrics_collector_free(struct skep_metrics_collector *collector)
{
	struct skep_metrics_collector **at;
	struct skep_metrics *owner;
	int saved = errno;

	if (!collector)
		return NULL;
	owner = collector->owner;
	pthread_mutex_lock(&owner->scraping);
	for (at = &owner->collectors; *at != collector;)
		at = &(*at)->next;
	*at = collector->next;
	pthread_mutex_unlock(&owner->scraping);
	free(collector);
	pthread_mutex_lock(&owner->lock);
	leave(owner);
	errno = saved;
	return NULL;
}

uint64_t skep_metrics_scrape_asked_ns(const struct skep_metrics_scrape *scrape)
{
	return scrape->asked_ns;
}

/* What is told once must fit what is there by this name. */
static int check_fit(struct skep_metrics *m, const struct metrics_family *told)
{
	const struct metrics_family *there;
	int r = 0;

	pthread_mutex_lock(&m->lock);
	there = metrics_table_find(&m->table, told->name);
	if (there && !metrics_family_same(there, told))
		r = -EEXIST;
	pthread_mutex_unlock(&m->lock);
	return r;
}

int skep_metrics_scrape_add(struct skep_metrics_scrape *scrape, const struct skep_metric_desc *desc,
			    const char *const *values, double value)
{
	struct skep_metric *metric = NULL;
	int r = metrics_table_add(&scrape->table, scrape->metrics->name_space, desc, values,
				  &metric, NULL);

	if (r < 0)
		return r;
	r = metric->family->kind == SKEP_METRIC_HISTOGRAM
		    ? -EINVAL
		    : check_fit(scrape->metrics, metric->family);
	if (r < 0)
		metrics_table_remove(&scrape->table, metric);
	else
		atomic_store(&metric->bits, metrics_bits(value));
	return r;
}

/* Asks the collectors. Return: how many have told something, in @tables. */
static size_t collect(struct skep_metrics *m, uint64_t asked_ns, struct metrics_table *tables)
{
	struct skep_metrics_collector *c;
	size_t count = 0;

	for (c = m->collectors; c; c = c->next) {
		struct skep_metrics_scrape scrape = { .metrics = m, .asked_ns = asked_ns };

		if (c->fn(&scrape, c->userdata) >= 0) {
			tables[count++] = scrape.table;
		} else {
			metrics_table_fini(&scrape.table);
			m->failures++;
		}
	}
	return count;
}

/* How often collectors have failed, if there are any. Return: 0; -ENOMEM. */
static int tell_failures(struct skep_metrics *m, struct metrics_table *table)
{
	const struct skep_metric_desc desc = {
		.sz = sizeof(desc),
		.name = "metrics_collector_failures_total",
		.help = "Times that a collector of metrics has failed.",
		.kind = SKEP_METRIC_COUNTER,
	};
	struct skep_metric *metric = NULL;
	int r;

	if (!m->collectors)
		return 0;
	r = metrics_table_add(table, m->name_space, &desc, NULL, &metric, NULL);
	if (r == 0)
		atomic_store(&metric->bits, metrics_bits((double)m->failures));
	return r;
}

static size_t count_collectors(const struct skep_metrics *m)
{
	const struct skep_metrics_collector *c;
	size_t count = 0;

	for (c = m->collectors; c; c = c->next)
		count++;
	return count;
}

/* All of it as text, in memory: whoever reads slowly holds nobody up. Return: 0; -ENOMEM. */
static int gather(struct skep_metrics *m, uint64_t format, uint64_t asked_ns,
		  struct metrics_text *ret_text)
{
	const size_t room = count_collectors(m) + MORE_TABLES;
	_cleanup_free_ struct metrics_table *tables = calloc(room, sizeof(*tables));
	_cleanup_free_ struct metrics_table **all = calloc(room, sizeof(struct metrics_table *));
	size_t i, count = 0;
	int r;

	if (!tables || !all)
		return -ENOMEM;
	count = collect(m, asked_ns, tables);
	r = tell_failures(m, &tables[count++]);
	for (i = 0; i < count; i++)
		all[i + 1] = &tables[i];
	all[0] = &m->table;
	if (r == 0) {
		pthread_mutex_lock(&m->lock);
		r = metrics_render(all, count + 1, format, ret_text);
		pthread_mutex_unlock(&m->lock);
	}
	for (i = 0; i < count; i++)
		metrics_table_fini(&tables[i]);
	return r;
}

int skep_metrics_print(struct skep_metrics *metrics, uint64_t format, skep_metrics_write_fn fn,
		       void *userdata, struct skep_error *err)
{
	const uint64_t asked_ns = time_now_ns(CLOCK_MONOTONIC);
	struct metrics_text text = { 0 };
	int r;

	if (format > SKEP_METRICS_OPENMETRICS)
		return skep_fail(err, -EINVAL, SKEP_ERR_INVALID, "metrics: no such format.");
	pthread_mutex_lock(&metrics->scraping);
	r = gather(metrics, format, asked_ns, &text);
	pthread_mutex_unlock(&metrics->scraping);
	if (r < 0)
		r = skep_fail(err, r, SKEP_ERR_NO_MEMORY, "metrics");
	else if (text.len)
		r = fn(text.bytes, text.len, userdata);
	free(text.bytes);
	return r;
}

const char *skep_metrics_content_type(uint64_t format)
{
	return format == SKEP_METRICS_OPENMETRICS
		       ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
		       : "text/plain; version=0.0.4; charset=utf-8";
}
