/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef MAP_EVENTS_H
#define MAP_EVENTS_H
/* The ring of events, and what subscribers get of it. */
#include <pthread.h>
#include <skep/map_events.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "base/list.h"

/* An event with its bytes; written once, before it is shared. */
struct map_event {
	atomic_uint references;
	uint64_t monotonic_ns; /* 0: nothing expires */
	struct skep_map_event event;
	/* room for a key and, behind it, rounded up to 8, for a value */
	unsigned char bytes[] __attribute__((aligned(8)));
};

struct skep_map_events {
	size_t key_size, value_bytes;
	uint64_t capacity, ttl_ns, max_subscribers;
	uint64_t (*clock_ns)(void); /* monotonic, for ages */
	atomic_uint feeders;        /* references of users */
	atomic_uint references;     /* those, as one, and those of subscriptions */

	pthread_mutex_t lock; /* for the rest */
	struct map_event **ring;
	uint64_t first; /* index of the oldest */
	uint64_t count;
	uint64_t serial; /* of the last one */
	uint64_t lost, too_slow;
	struct list subscriptions; /* those that get more */
	uint64_t subscriber_count;
};

enum map_subscription_state {
	MAP_SUBSCRIPTION_OPEN,
	MAP_SUBSCRIPTION_ENDED,
	MAP_SUBSCRIPTION_TOO_SLOW,
};

struct skep_map_subscription {
	struct skep_map_events *events;
	int fd; /* readable while there is an event or the end has come */
	bool drop_oldest;
	struct skep_map_event_filter filter;
	void *key_prefix; /* of the filter, a copy */
	struct map_event *current;

	struct list node; /* from here on under the lock of the events */
	enum map_subscription_state state;
	struct map_event **queue; /* a circle */
	uint64_t room, first, count, lost;
	bool readable; /* the fd is */
};

void map_event_unref(struct map_event *event);

/* Whether an event passes. */
bool map_event_passes(const struct skep_map_event *event,
		      const struct skep_map_event_filter *filter);

/* The memory of the events, when neither feeders nor subscriptions are left. */
void map_events_release(struct skep_map_events *events);

/*
 * map_events_snapshot() - references to what is in the ring, oldest first; under the lock
 * @ret_events: to be released, with free(), after each of them
 *
 * Return: 0; -ENOMEM.
 */
int map_events_snapshot(struct skep_map_events *events, struct map_event ***ret_events,
			uint64_t *ret_count);

/* Calls @fn for those that pass, and releases all of them. Return: 0; what @fn returned. */
int map_events_visit(struct map_event **events, uint64_t count,
		     const struct skep_map_event_filter *filter, skep_map_event_fn fn,
		     void *userdata);

/* Puts an event into the queue of a subscription; under the lock. */
void map_subscription_deliver(struct skep_map_subscription *s, struct map_event *event);

/* No more events for it, for a reason; under the lock. */
void map_subscription_end(struct skep_map_subscription *s, enum map_subscription_state why);

#endif
