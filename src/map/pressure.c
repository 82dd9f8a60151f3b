/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include <skep/map_pressure.h>

#include <errno.h>
#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <skep/error.h>
#include <skep/kabi.h>
#include <skep/map_cache.h>
#include <skep/map_name.h>
#include <skep/map_resync.h>
#include <skep/metrics.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/opts.h"
#include "base/time.h"
#include "map/map.h"

#define DEFAULT_CAPACITY 65536
#define DEFAULT_GROUP "default"

struct skep_map_pressure {
	struct skep_map *map;
	struct skep_map_counter *counter; /* NULL: the count is given, or that of the cache */
	struct skep_map_cache *cache;     /* NULL: there is none */
	uint64_t interval_ns;
	double threshold;
	struct skep_metrics_collector *collector;
	struct skep_metric *gauge, *pending;             /* NULL: no metrics */
	struct skep_metric *capacity, *default_capacity; /* NULL: likewise, or no group */

	pthread_mutex_t lock; /* of what follows */
	int is_counted;
	struct skep_map_pressure_value value;
};

/* Takes a count. The gauge has a value only while it is told. */
static void take_count(struct skep_map_pressure *p, uint64_t source, uint64_t count,
		       uint64_t pending)
{
	const uint64_t max_entries = p->map->info.max_entries;
	const double pressure = max_entries ? (double)count / (double)max_entries : 0;

	pthread_mutex_lock(&p->lock);
	p->is_counted = 1;
	p->value = (struct skep_map_pressure_value){
		.count = count,
		.max_entries = max_entries,
		.pending = pending,
		.source = source,
		.counted_ns = time_now_ns(CLOCK_MONOTONIC),
		.pressure = pressure,
	};
	if (max_entries && pressure > p->threshold)
		skep_metric_set(p->gauge, pressure);
	else
		skep_metric_unset(p->gauge);
	if (source == SKEP_MAP_COUNT_GIVEN || source == SKEP_MAP_COUNT_CACHE)
		skep_metric_set(p->pending, (double)pending);
	else
		skep_metric_unset(p->pending);
	pthread_mutex_unlock(&p->lock);
}

/* What is wanted, whether it fits or not. */
static void count_cache(struct skep_map_pressure *p)
{
	struct skep_map_cache_status status = { 0 };

	skep_map_cache_status(p->cache, &status);
	take_count(p, SKEP_MAP_COUNT_CACHE, status.entries, status.pending_insert);
}

int skep_map_pressure_refresh(struct skep_map_pressure *pressure, struct skep_error *err)
{
	struct skep_map_pressure *p = pressure;
	uint64_t count = 0;
	int r;

	if (p->cache) {
		count_cache(p);
		return 0;
	}
	if (!p->counter)
		return skep_fail(err, -EOPNOTSUPP, SKEP_ERR_UNSUPPORTED,
				 "count the elements of map '%s': its count is given.",
				 p->map->info.name);
	r = skep_map_counter_read(p->counter, &count, err);
	if (r < 0)
		return r;
	take_count(p, (uint64_t)r, count, 0);
	return 0;
}

void skep_map_pressure_give(struct skep_map_pressure *pressure, uint64_t count, uint64_t pending)
{
	take_count(pressure, SKEP_MAP_COUNT_GIVEN, count, pending);
}

int skep_map_pressure_get(const struct skep_map_pressure *pressure,
			  struct skep_map_pressure_value *ret_value)
{
	struct skep_map_pressure *p = (struct skep_map_pressure *)pressure;
	int is_counted;

	pthread_mutex_lock(&p->lock);
	is_counted = p->is_counted;
	if (is_counted)
		*ret_value = p->value;
	pthread_mutex_unlock(&p->lock);
	return is_counted;
}

/* Before the metrics are told: are they young enough? */
static int collect(struct skep_metrics_scrape *scrape, void *userdata)
{
	struct skep_map_pressure *p = userdata;
	struct skep_map_pressure_value value;
	const uint64_t asked_ns = skep_metrics_scrape_asked_ns(scrape);
	int r;

	if (skep_map_pressure_get(p, &value) &&
	    time_add(value.counted_ns, p->interval_ns) > asked_ns)
		return 0;
	r = skep_map_pressure_refresh(p, NULL);
	if (r < 0)
		skep_metric_unset(p->gauge); /* what it was is not what it is */
	return r;
}

static int make_gauge(struct skep_metrics *metrics, const char *name, const char *help,
		      uint64_t kind, const char *value, struct skep_metric **ret_metric,
		      struct skep_error *err)
{
	static const char *const by_map[] = { "map_name" }, *const by_group[] = { "map_group" };
	const struct skep_metric_desc desc = {
		.sz = sizeof(desc),
		.name = name,
		.help = help,
		.kind = kind,
		.labels = strcmp(name, "bpf_map_capacity") != 0 ? by_map : by_group,
		.label_count = 1,
	};
	const char *const values[] = { value };

	return skep_metric_new(metrics, &desc, values, ret_metric, err);
}

static int make_capacity(struct skep_map_pressure *p, const struct skep_map_pressure_opts *o,
			 struct skep_error *err)
{
	static const char help[] = "Most elements of the BPF maps of a group.";
	const uint64_t max_entries = p->map->info.max_entries;
	int r = make_gauge(o->metrics, "bpf_map_capacity", help, SKEP_METRIC_GAUGE_MAX,
			   DEFAULT_GROUP, &p->default_capacity, err);

	skep_metric_set(p->default_capacity, DEFAULT_CAPACITY);
	if (r < 0 || !max_entries || max_entries == DEFAULT_CAPACITY)
		return r;
	r = make_gauge(o->metrics, "bpf_map_capacity", help, SKEP_METRIC_GAUGE_MAX, o->group,
		       &p->capacity, err);
	skep_metric_set(p->capacity, (double)max_entries);
	return r;
}

static int make_metrics(struct skep_map_pressure *p, const struct skep_map_pressure_opts *o,
			struct skep_error *err)
{
	const char *name = o->name ? o->name : skep_map_name_plain(p->map->info.name, o->prefix);
	int r = make_gauge(o->metrics, "bpf_map_pressure",
			   "Elements of a BPF map by the most it has room for.",
			   SKEP_METRIC_GAUGE_MAX, name, &p->gauge, err);

	if (r == 0)
		r = make_gauge(o->metrics, "bpf_map_pending",
			       "Elements that are wanted in a BPF map and are not there.",
			       SKEP_METRIC_GAUGE, name, &p->pending, err);
	if (r == 0 && o->group)
		r = make_capacity(p, o, err);
	if (r == 0 && (p->counter || p->cache))
		r = skep_metrics_collector_new(o->metrics, collect, p, &p->collector, err);
	return r;
}

int skep_map_pressure_open(struct skep_map *map, const struct skep_map_pressure_opts *opts,
			   struct skep_map_pressure **ret_pressure, struct skep_error *err)
{
	_cleanup_(skep_map_pressure_closep) struct skep_map_pressure *p = NULL;
	struct skep_map_pressure_opts o;
	int r = opts_copy(&o, sizeof(o), opts);

	if (r == 0 && (isnan(o.threshold) || (o.source == SKEP_MAP_COUNT_CACHE) != !!o.cache ||
		       (o.cache && skep_map_cache_map(o.cache) != map)))
		r = -EINVAL;
	if (r < 0)
		return skep_fail(err, r, SKEP_ERR_INVALID, "pressure of map '%s': options",
				 map->info.name);
	if (skep_map_type_is_indexed(map->info.type))
		return skep_fail(err, -EOPNOTSUPP, SKEP_ERR_UNSUPPORTED,
				 "pressure of map '%s': a map of type %s is always full.",
				 map->info.name, skep_map_type_name(map->info.type, NULL));
	p = calloc(1, sizeof(*p));
	if (!p)
		return skep_fail(err, -ENOMEM, SKEP_ERR_NO_MEMORY, "pressure of map '%s'",
				 map->info.name);
	pthread_mutex_init(&p->lock, NULL);
	p->map = skep_map_ref(map);
	p->interval_ns = o.interval_ns;
	p->threshold = o.threshold;
	if (o.cache)
		p->cache = skep_map_cache_ref(o.cache);
	else if (o.source != SKEP_MAP_COUNT_GIVEN)
		r = skep_map_counter_open(map, o.source, &p->counter, err);
	if (r == 0 && o.metrics)
		r = make_metrics(p, &o, err);
	if (r < 0)
		return r;
	*ret_pressure = take_ptr(p);
	return 0;
}

struct skep_map_pressure *skep_map_pressure_close(struct skep_map_pressure *pressure)
{
	struct skep_map_pressure *p = pressure;

	if (!p)
		return NULL;
	skep_metrics_collector_free(p->collector); /* it uses what follows */
	skep_metric_free(p->gauge);
	skep_metric_free(p->pending);
	skep_metric_free(p->capacity);
	skep_metric_free(p->default_capacity);
	skep_map_counter_close(p->counter);
	skep_map_cache_close(p->cache);
	skep_map_close(p->map);
	pthread_mutex_destroy(&p->lock);
	free(p);
	return NULL;
}
