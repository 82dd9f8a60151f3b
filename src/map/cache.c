/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "map/cache.h"

#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <skep/error.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/opts.h"
#include "base/time.h"
#include "map/events.h"

#define ALL_FLAGS \
	((uint64_t)(SKEP_MAP_CACHE_KEYS_ONLY | SKEP_MAP_CACHE_WORKER | SKEP_MAP_CACHE_NO_JITTER))
#define PAUSE_TURNS 1000 /* that a run stands back for those that wait for the lock */

static uint64_t or_default(uint64_t value, uint64_t otherwise)
{
	return value ? value : otherwise;
}

static void set_defaults(struct skep_map_cache_opts *o)
{
	o->delay_ns = or_default(o->delay_ns, 200 * NSEC_PER_MSEC);
	o->interval_ns = or_default(o->interval_ns, 5 * NSEC_PER_SEC);
	o->backoff_ns = or_default(o->backoff_ns, NSEC_PER_SEC);
	o->max_backoff_ns = or_default(o->max_backoff_ns, 60 * NSEC_PER_SEC);
	o->full_interval_ns = or_default(o->full_interval_ns, 30 * NSEC_PER_SEC);
	o->error_budget = or_default(o->error_budget, 512);
	o->invalid_tries = or_default(o->invalid_tries, 3);
}

static int make_timer(struct skep_map_cache *c, struct skep_error *err)
{
	c->fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (c->fd < 0)
		return skep_fail(err, -errno, SKEP_ERR_SYSCALL, "timer for the cache of map '%s'",
				 c->target.name);
	return 0;
}

/* What can fail of it. Return: 0; a negative errno. */
static int set_up(struct skep_map_cache *c, struct skep_error *err)
{
	struct skep_map_events *events = c->opts.events;

	if (c->opts.flags & ~ALL_FLAGS)
		return skep_fail(err, -EINVAL, SKEP_ERR_INVALID,
				 "cache of map '%s': unknown flags.", c->target.name);
	if (events && (events->key_size != c->target.key_size ||
		       events->value_bytes != c->target.value_bytes))
		return skep_fail(err, -EINVAL, SKEP_ERR_INVALID,
				 "cache of map '%s': the events are of other sizes.",
				 c->target.name);
	if (map_cache_table_init(c) < 0)
		return skep_fail(err, -ENOMEM, SKEP_ERR_NO_MEMORY, "cache of map '%s'",
				 c->target.name);
	if (events)
		c->events = skep_map_events_ref(events);
	if (c->opts.flags & SKEP_MAP_CACHE_WORKER)
		return map_cache_start_worker(c, err);
	return make_timer(c, err);
}

int map_cache_new(const struct map_cache_target *target, const struct skep_map_cache_opts *opts,
		  struct skep_map_cache **ret_cache, struct skep_error *err)
{
	_cleanup_(skep_map_cache_closep) struct skep_map_cache *c = calloc(1, sizeof(*c));
	int r;

	if (!c) {
		if (target->release)
			target->release(target->context);
		return skep_fail(err, -ENOMEM, SKEP_ERR_NO_MEMORY, "cache of map '%s'",
				 target->name);
	}
	c->target = *target;
	c->references = 1;
	c->fd = -1;
	list_init(&c->all);
	c->retry_ns = c->full_ns = c->armed_ns = UINT64_MAX;
	pthread_mutex_init(&c->lock, NULL);
	pthread_cond_init(&c->idle, NULL);
	r = opts_copy(&c->opts, sizeof(c->opts), opts);
	if (r < 0)
		return skep_fail(err, r, SKEP_ERR_INVALID, "options of the cache of map '%s'",
				 target->name);
	set_defaults(&c->opts);
	if (c->opts.log)
		c->log = *c->opts.log;
	c->keeps_values = !(c->opts.flags & SKEP_MAP_CACHE_KEYS_ONLY);
	r = set_up(c, err);
	if (r < 0)
		return r;
	*ret_cache = take_ptr(c);
	return 0;
}

struct skep_map_cache *skep_map_cache_ref(struct skep_map_cache *c)
{
	atomic_fetch_add_explicit(&c->references, 1, memory_order_relaxed);
	return c;
}

struct skep_map_cache *skep_map_cache_close(struct skep_map_cache *c)
{
	int saved = errno;

	if (!c || atomic_fetch_sub_explicit(&c->references, 1, memory_order_acq_rel) != 1)
		return NULL;
	if (c->has_worker)
		map_cache_stop_worker(c);
	if (c->fd >= 0)
		close(c->fd);
	map_cache_table_fini(c);
	skep_map_events_unref(c->events);
	if (c->target.release)
		c->target.release(c->target.context);
	pthread_cond_destroy(&c->idle);
	pthread_mutex_destroy(&c->lock);
	free(c);
	errno = saved;
	return NULL;
}

struct skep_map *skep_map_cache_map(const struct skep_map_cache *c)
{
	return c->map;
}

int skep_map_cache_keeps_values(const struct skep_map_cache *c)
{
	return c->keeps_values;
}

void map_cache_lock(struct skep_map_cache *c)
{
	if (pthread_mutex_trylock(&c->lock) == 0)
		return;
	atomic_fetch_add_explicit(&c->waiting, 1, memory_order_relaxed);
	pthread_mutex_lock(&c->lock);
	atomic_fetch_sub_explicit(&c->waiting, 1, memory_order_relaxed);
}

void map_cache_unlock(struct skep_map_cache *c)
{
	pthread_mutex_unlock(&c->lock);
}

/* A mutex is not fair: who unlocks and locks again is faster than those who have to wake up first. */
void map_cache_pause(struct skep_map_cache *c)
{
	unsigned turns;

	pthread_mutex_unlock(&c->lock);
	for (turns = 0; turns < PAUSE_TURNS; turns++) {
		if (!atomic_load_explicit(&c->waiting, memory_order_relaxed))
			break;
		sched_yield();
	}
	pthread_mutex_lock(&c->lock);
}

static bool is_retrying(const struct skep_map_cache *c)
{
	return c->queues[MAP_CACHE_DELETING].count || c->queues[MAP_CACHE_INSERTING].count;
}

uint64_t map_cache_due_ns(const struct skep_map_cache *c)
{
	return c->retry_ns < c->full_ns ? c->retry_ns : c->full_ns;
}

void map_cache_arm(struct skep_map_cache *c)
{
	struct itimerspec timer = { 0 };
	uint64_t due;

	if (c->running) /* its end does */
		return;
	if (!is_retrying(c)) {
		c->retry_ns = UINT64_MAX;
		c->retry_failures = 0;
	}
	if (!c->queues[MAP_CACHE_WAITING].count)
		c->full_ns = UINT64_MAX;
	due = map_cache_due_ns(c);
	if (due == UINT64_MAX) { /* whoever has set it right, it is */
		c->status.consecutive_failures = 0;
		c->status.last_error = 0;
	}
	if (due == c->armed_ns)
		return;
	if (c->has_worker) {
		c->armed_ns = due;
		pthread_cond_signal(&c->wake);
		return;
	}
	if (due != UINT64_MAX)
		timer.it_value = time_to_timespec(due);
	/* if that fails, the next change tries again */
	if (timerfd_settime(c->fd, TFD_TIMER_ABSTIME, &timer, NULL) == 0)
		c->armed_ns = due;
}
