/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef SKEP_MAP_EVENTS_H
#define SKEP_MAP_EVENTS_H
/*
 * Events: what has been done to a map, kept for a while and handed to whoever subscribes.
 *
 * A ring keeps the last events, oldest first. A cache (skep/map_cache.h) feeds it, or anybody with skep_map_events_add().
 * An event does not change once it is there: the ring and all subscribers share one copy of its key and value.
 *
 *	r = skep_map_events_subscribe(events, NULL, print, NULL, &subscription, &err);	what was, and then
 *	while (skep_map_subscription_wait(subscription, UINT64_MAX) >= 0)		what comes
 *		while ((r = skep_map_subscription_next(subscription, &event, &err)) > 0)
 *			print(event, NULL);
 *
 * Feeding never waits for subscribers: each has a queue, and who does not empty it in time is told so.
 *
 * Threads: any of them at once; no lock is held while functions of the caller run. A subscription is read by one thread
 * at a time, and may be stopped by any.
 */
#include <skep/map_event.h>

SKEP_BEGIN

struct skep_error;
struct skep_map_events;
struct skep_map_subscription;

struct skep_map_events_opts {
	size_t sz;                /* sizeof(struct skep_map_events_opts) */
	uint64_t capacity;        /* events kept; 0: none, but subscribers get theirs */
	uint64_t ttl_ns;          /* an older one is dropped; 0: never */
	uint64_t max_subscribers; /* 0: 32 */
};

/**
 * skep_map_events_new() - an empty ring
 * @key_size:    bytes of a key
 * @value_bytes: bytes of a value: skep_map_value_bytes()
 * @opts:        NULL for defaults, which keep nothing
 * @ret_events:  owned by the caller, skep_map_events_unref()
 *
 * Return: 0; -ENOMEM; -E2BIG newer @opts.
 * Source: docs/decisions/0007-map-cache.md.
 */
int skep_map_events_new(size_t key_size, size_t value_bytes,
			const struct skep_map_events_opts *opts,
			struct skep_map_events **ret_events, struct skep_error *err);

/** skep_map_events_ref() - one more reference. Return: @events. */
struct skep_map_events *skep_map_events_ref(struct skep_map_events *events);

/** skep_map_events_unref() - one less, or NULL; with the last one all subscriptions end. Return: NULL. */
struct skep_map_events *skep_map_events_unref(struct skep_map_events *events);

/**
 * skep_map_events_add() - something has been done
 * @event: action, desired, error, key and value, copied; the other members are not looked at
 *
 * Events are in the order of these calls: hold a lock around an operation and its event if several threads operate, as a
 * cache does.
 *
 * Return: 0; -ENOMEM it is lost, which is counted.
 * Source: none.
 */
int skep_map_events_add(struct skep_map_events *events, const struct skep_map_event *event);

/**
 * skep_map_events_expire() - drop what is older than the limit
 *
 * What has expired is never shown. Adding drops it, too; this call gives its memory back when nothing is added.
 *
 * Return: how many were dropped.
 * Source: none.
 */
uint64_t skep_map_events_expire(struct skep_map_events *events);

struct skep_map_events_status {
	uint64_t kept;        /* in the ring, expired ones included */
	uint64_t added;       /* ever */
	uint64_t lost;        /* for want of memory */
	uint64_t subscribers; /* now */
	uint64_t too_slow;    /* subscriptions that ended because nobody emptied their queue */
};

/**
 * skep_map_events_status() - how a ring stands
 * @ret_status: filled in
 *
 * Source: none.
 */
void skep_map_events_status(struct skep_map_events *events,
			    struct skep_map_events_status *ret_status);

/* Which events: all that pass each of the members that is set. */
struct skep_map_event_filter {
	size_t sz;              /* sizeof(struct skep_map_event_filter) */
	uint64_t actions;       /* 1u << enum skep_map_event_action, several together; 0: all */
	const void *key_prefix; /* the key begins with these bytes; events without a key pass */
	uint64_t key_prefix_size;
};

/**
 * typedef skep_map_event_fn - called for an event
 * @event: borrowed for the call
 *
 * Return: 0 to go on; anything else ends the dump and is returned by it.
 */
typedef int (*skep_map_event_fn)(const struct skep_map_event *event, void *userdata);

/**
 * skep_map_events_dump() - visit what is in the ring, oldest first
 * @filter:        NULL: all
 * @fn, @userdata: for each; may do what it likes
 *
 * Return: 0; what @fn returned; -ENOMEM; -E2BIG newer @filter.
 * Source: none.
 */
int skep_map_events_dump(struct skep_map_events *events, const struct skep_map_event_filter *filter,
			 skep_map_event_fn fn, void *userdata, struct skep_error *err);

#define SKEP_MAP_SUBSCRIBE_DROP_OLDEST \
	(1u << 0) /* a full queue drops its oldest event, and counts it, in place of ending */

struct skep_map_subscribe_opts {
	size_t sz;                                  /* sizeof(struct skep_map_subscribe_opts) */
	uint64_t flags;                             /* SKEP_MAP_SUBSCRIBE_* */
	uint64_t queue_count;                       /* events that may wait; 0: 32 */
	const struct skep_map_event_filter *filter; /* copied; NULL: all */
};

/**
 * skep_map_events_subscribe() - visit what is in the ring, and get what comes after it
 * @opts:             NULL for defaults
 * @fn, @userdata:    as for skep_map_events_dump(); NULL: nothing is visited
 * @ret_subscription: owned by the caller, skep_map_subscription_close()
 *
 * Nothing is missing between the two and nothing comes twice: what is added while @fn runs waits in the queue.
 *
 * Return: 0; what @fn returned, and there is no subscription; -EUSERS there are as many as there may be; -ENOMEM;
 *         -EINVAL unknown flags; -E2BIG newer @opts or filter; else a negative errno of eventfd(2).
 * Source: eventfd(2).
 */
int skep_map_events_subscribe(struct skep_map_events *events,
			      const struct skep_map_subscribe_opts *opts, skep_map_event_fn fn,
			      void *userdata, struct skep_map_subscription **ret_subscription,
			      struct skep_error *err);

/** skep_map_subscription_fd() - Return: an fd to poll for EPOLLIN: there is something to read, or the end. */
int skep_map_subscription_fd(const struct skep_map_subscription *subscription);

/**
 * skep_map_subscription_next() - the next event
 * @ret_event: borrowed until the next call
 *
 * Return: 1; 0 there is none yet; -EPIPE the end: it was stopped, or nobody feeds the ring any more; -ENOBUFS the end:
 *         the queue was full. Before either end comes what had been queued.
 * Context: never blocks.
 * Source: none.
 */
int skep_map_subscription_next(struct skep_map_subscription *subscription,
			       const struct skep_map_event **ret_event, struct skep_error *err);

/**
 * skep_map_subscription_wait() - wait until there is an event, or the end
 * @timeout_ns: UINT64_MAX: for ever
 *
 * Return: 1; 0 the time is over; -EINTR; else a negative errno of ppoll(2).
 * Source: ppoll(2).
 */
int skep_map_subscription_wait(const struct skep_map_subscription *subscription,
			       uint64_t timeout_ns);

/** skep_map_subscription_lost() - Return: events that were dropped, with SKEP_MAP_SUBSCRIBE_DROP_OLDEST. */
uint64_t skep_map_subscription_lost(struct skep_map_subscription *subscription);

/**
 * skep_map_subscription_stop() - let it end behind what is queued
 *
 * Context: any thread, while another one reads or waits, too; twice does no harm.
 * Source: none.
 */
void skep_map_subscription_stop(struct skep_map_subscription *subscription);

/** skep_map_subscription_close() - release a subscription or NULL. Return: NULL. */
struct skep_map_subscription *
skep_map_subscription_close(struct skep_map_subscription *subscription);

SKEP_DEFINE_CLEANUP(struct skep_map_events, skep_map_events_unref) /* skep_map_events_unrefp() */
SKEP_DEFINE_CLEANUP(struct skep_map_subscription,
		    skep_map_subscription_close) /* skep_map_subscription_closep() */
SKEP_END
#endif
