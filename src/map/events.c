/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "map/events.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <skep/error.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/opts.h"
#include "base/time.h"

#define DEFAULT_MAX_SUBSCRIBERS 32

/* Ages need not be finer than a tick of the kernel, and this clock costs a quarter of the other. */
static uint64_t coarse_ns(void)
{
	return time_now_ns(CLOCK_MONOTONIC_COARSE);
}

int skep_map_events_new(size_t key_size, size_t value_bytes,
			const struct skep_map_events_opts *opts,
			struct skep_map_events **ret_events, struct skep_error *err)
{
	struct skep_map_events_opts o;
	struct skep_map_events *events;
	int r = opts_copy(&o, sizeof(o), opts);

	if (r < 0)
		return skep_fail(err, r, SKEP_ERR_INVALID, "options of events");
	events = calloc(1, sizeof(*events));
	if (!events)
		return skep_fail(err, -ENOMEM, SKEP_ERR_NO_MEMORY, "events");
	if (o.capacity) { /* not touched yet: the kernel gives memory as the ring fills up */
		events->ring = calloc(o.capacity, sizeof(struct map_event *));
		if (!events->ring) {
			free(events);
			return skep_fail(err, -ENOMEM, SKEP_ERR_NO_MEMORY, "room for %llu events",
					 (unsigned long long)o.capacity);
		}
	}
	events->key_size = key_size;
	events->value_bytes = value_bytes;
	events->capacity = o.capacity;
	events->ttl_ns = o.ttl_ns;
	events->max_subscribers = o.max_subscribers ? o.max_subscribers : DEFAULT_MAX_SUBSCRIBERS;
	events->clock_ns = coarse_ns;
	events->feeders = events->references = 1;
	pthread_mutex_init(&events->lock, NULL);
	list_init(&events->subscriptions);
	*ret_events = events;
	return 0;
}

struct skep_map_events *skep_map_events_ref(struct skep_map_events *events)
{
	atomic_fetch_add_explicit(&events->feeders, 1, memory_order_relaxed);
	return events;
}

static void end_subscriptions(struct skep_map_events *events)
{
	pthread_mutex_lock(&events->lock);
	while (!list_is_empty(&events->subscriptions))
		map_subscription_end(list_element(events->subscriptions.next,
						  struct skep_map_subscription, node),
				     MAP_SUBSCRIPTION_ENDED);
	pthread_mutex_unlock(&events->lock);
}

struct skep_map_events *skep_map_events_unref(struct skep_map_events *events)
{
	int saved = errno;

	if (events && atomic_fetch_sub_explicit(&events->feeders, 1, memory_order_acq_rel) == 1) {
		end_subscriptions(events);
		map_events_release(events);
	}
	errno = saved;
	return NULL;
}

void map_event_unref(struct map_event *event)
{
	if (atomic_fetch_sub_explicit(&event->references, 1, memory_order_acq_rel) == 1)
		free(event);
}

/* The nth of the ring, the oldest being 0. */
static struct map_event **nth(const struct skep_map_events *events, uint64_t n)
{
	uint64_t i = events->first + n;

	return &events->ring[i < events->capacity ? i : i - events->capacity];
}

/* Takes the oldest out of the ring. */
static struct map_event *take_oldest(struct skep_map_events *events)
{
	struct map_event *oldest = *nth(events, 0);

	events->first = events->first + 1 == events->capacity ? 0 : events->first + 1;
	events->count--;
	return oldest;
}

static size_t value_offset(const struct skep_map_events *events)
{
	return (events->key_size + 7) & ~(size_t)7;
}

static uint64_t expire(struct skep_map_events *events)
{
	uint64_t now, dropped = 0;

	if (!events->ttl_ns || !events->count)
		return 0;
	now = events->clock_ns();
	while (events->count && now - (*nth(events, 0))->monotonic_ns > events->ttl_ns) {
		map_event_unref(take_oldest(events));
		dropped++;
	}
	return dropped;
}

void map_events_release(struct skep_map_events *events)
{
	if (atomic_fetch_sub_explicit(&events->references, 1, memory_order_acq_rel) != 1)
		return;
	while (events->count)
		map_event_unref(take_oldest(events));
	pthread_mutex_destroy(&events->lock);
	free(events->ring);
	free(events);
}

/* Memory for an event: that of the one which makes room for it, if nobody else has it. */
static struct map_event *new_event(struct skep_map_events *events)
{
	struct map_event *event = NULL;

	if (events->capacity && events->count == events->capacity) {
		event = take_oldest(events);
		if (atomic_load_explicit(&event->references, memory_order_acquire) == 1)
			return event;
		map_event_unref(event);
	}
	event = malloc(sizeof(*event) + value_offset(events) + events->value_bytes);
	if (event)
		atomic_init(&event->references, 1);
	return event;
}

static void fill(struct skep_map_events *events, struct map_event *event,
		 const struct skep_map_event *from)
{
	event->monotonic_ns = events->ttl_ns ? events->clock_ns() : 0;
	event->event = (struct skep_map_event){
		.serial = events->serial,
		.realtime_ns = time_now_ns(CLOCK_REALTIME),
		.action = from->action,
		.desired = from->desired,
		.error = from->error,
	};
	if (from->key) {
		event->event.key = memcpy(event->bytes, from->key, events->key_size);
		event->event.key_size = events->key_size;
	}
	if (from->value) {
		event->event.value = memcpy(event->bytes + value_offset(events), from->value,
					    events->value_bytes);
		event->event.value_bytes = events->value_bytes;
	}
}

static void deliver(struct skep_map_events *events, struct map_event *event)
{
	struct list *at = events->subscriptions.next, *next;

	for (; at != &events->subscriptions; at = next) {
		struct skep_map_subscription *s =
			list_element(at, struct skep_map_subscription, node);

		next = at->next;
		if (map_event_passes(&event->event, &s->filter))
			map_subscription_deliver(s, event);
	}
}

static int add(struct skep_map_events *events, const struct skep_map_event *from)
{
	struct map_event *event;

	events->serial++;
	expire(events);
	if (!events->capacity && list_is_empty(&events->subscriptions))
		return 0;
	event = new_event(events);
	if (!event) {
		events->lost++;
		return -ENOMEM;
	}
	fill(events, event, from);
	deliver(events, event);
	if (events->capacity)
		*nth(events, events->count++) = event;
	else
		map_event_unref(event);
	return 0;
}

int skep_map_events_add(struct skep_map_events *events, const struct skep_map_event *event)
{
	int r;

	pthread_mutex_lock(&events->lock);
	r = add(events, event);
	pthread_mutex_unlock(&events->lock);
	return r;
}

uint64_t skep_map_events_expire(struct skep_map_events *events)
{
	uint64_t dropped;

	pthread_mutex_lock(&events->lock);
	dropped = expire(events);
	pthread_mutex_unlock(&events->lock);
	return dropped;
}

void skep_map_events_status(struct skep_map_events *events,
			    struct skep_map_events_status *ret_status)
{
	pthread_mutex_lock(&events->lock);
	*ret_status = (struct skep_map_events_status){
		.kept = events->count,
		.added = events->serial,
		.lost = events->lost,
		.subscribers = events->subscriber_count,
		.too_slow = events->too_slow,
	};
	pthread_mutex_unlock(&events->lock);
}

bool map_event_passes(const struct skep_map_event *event,
		      const struct skep_map_event_filter *filter)
{
	if (filter->actions &&
	    (event->action >= 64 || !(filter->actions & (uint64_t)1 << event->action)))
		return false;
	if (!event->key || !filter->key_prefix_size)
		return true;
	return filter->key_prefix_size <= event->key_size &&
	       !memcmp(event->key, filter->key_prefix, filter->key_prefix_size);
}

int map_events_snapshot(struct skep_map_events *events, struct map_event ***ret_events,
			uint64_t *ret_count)
{
	struct map_event **snapshot;
	uint64_t i;

	expire(events);
	snapshot = calloc(events->count + 1, sizeof(struct map_event *));
	if (!snapshot)
		return -ENOMEM;
	for (i = 0; i < events->count; i++) {
		snapshot[i] = *nth(events, i);
		atomic_fetch_add_explicit(&snapshot[i]->references, 1, memory_order_relaxed);
	}
	*ret_events = snapshot;
	*ret_count = events->count;
	return 0;
}

int map_events_visit(struct map_event **events, uint64_t count,
		     const struct skep_map_event_filter *filter, skep_map_event_fn fn,
		     void *userdata)
{
	uint64_t i;
	int r = 0;

	for (i = 0; i < count; i++) {
		if (r == 0 && map_event_passes(&events[i]->event, filter))
			r = fn(&events[i]->event, userdata);
		map_event_unref(events[i]);
	}
	return r;
}

int skep_map_events_dump(struct skep_map_events *events, const struct skep_map_event_filter *filter,
			 skep_map_event_fn fn, void *userdata, struct skep_error *err)
{
	_cleanup_free_ struct map_event **snapshot = NULL;
	struct skep_map_event_filter mine;
	uint64_t count = 0;
	int r = opts_copy(&mine, sizeof(mine), filter);

	if (r < 0)
		return skep_fail(err, r, SKEP_ERR_INVALID, "filter of events");
	pthread_mutex_lock(&events->lock);
	r = map_events_snapshot(events, &snapshot, &count);
	pthread_mutex_unlock(&events->lock);
	if (r < 0)
		return skep_fail(err, r, SKEP_ERR_NO_MEMORY, "dump of events");
	return map_events_visit(snapshot, count, &mine, fn, userdata);
}
