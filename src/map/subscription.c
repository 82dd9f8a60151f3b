/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <skep/error.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/opts.h"
#include "base/time.h"
#include "map/events.h"

#define DEFAULT_QUEUE 32

/* The fd is readable while there is something to tell. If that fails, the next event tries again. */
static void make_readable(struct skep_map_subscription *s)
{
	const uint64_t one = 1;

	if (!s->readable)
		s->readable = write(s->fd, &one, sizeof(one)) == (ssize_t)sizeof(one);
}

static void make_unreadable(struct skep_map_subscription *s)
{
	uint64_t counter;

	if (s->readable)
		s->readable = read(s->fd, &counter, sizeof(counter)) != (ssize_t)sizeof(counter);
}

static struct map_event *take_first(struct skep_map_subscription *s)
{
	struct map_event *event = s->queue[s->first];

	s->first = (s->first + 1) % s->room;
	s->count--;
	return event;
}

void map_subscription_end(struct skep_map_subscription *s, enum map_subscription_state why)
{
	if (s->state != MAP_SUBSCRIPTION_OPEN)
		return;
	s->state = why;
	s->events->too_slow += why == MAP_SUBSCRIPTION_TOO_SLOW;
	s->events->subscriber_count--;
	list_remove(&s->node);
	make_readable(s);
}

void map_subscription_deliver(struct skep_map_subscription *s, struct map_event *event)
{
	if (s->count == s->room) {
		if (!s->drop_oldest) {
			map_subscription_end(s, MAP_SUBSCRIPTION_TOO_SLOW);
			return;
		}
		map_event_unref(take_first(s));
		s->lost++;
	}
	make_readable(s);
	atomic_fetch_add_explicit(&event->references, 1, memory_order_relaxed);
	s->queue[(s->first + s->count++) % s->room] = event;
}

/* A subscription that no ring knows. Return: 0; a negative errno. */
static int new_subscription(const struct skep_map_subscribe_opts *opts,
			    struct skep_map_subscription **ret_subscription, struct skep_error *err)
{
	_cleanup_(skep_map_subscription_closep) struct skep_map_subscription *s =
		calloc(1, sizeof(*s));
	int r;

	if (!s)
		return skep_fail(err, -ENOMEM, SKEP_ERR_NO_MEMORY, "subscribe to events");
	s->fd = -1;
	list_init(&s->node);
	s->drop_oldest = opts->flags & SKEP_MAP_SUBSCRIBE_DROP_OLDEST;
	s->room = opts->queue_count ? opts->queue_count : DEFAULT_QUEUE;
	r = opts_copy(&s->filter, sizeof(s->filter), opts->filter);
	if (r < 0)
		return skep_fail(err, r, SKEP_ERR_INVALID, "filter of events");
	s->queue = calloc(s->room, sizeof(struct map_event *));
	s->key_prefix = malloc(s->filter.key_prefix_size + 1);
	if (!s->queue || !s->key_prefix)
		return skep_fail(err, -ENOMEM, SKEP_ERR_NO_MEMORY, "subscribe to events");
	if (s->filter.key_prefix_size)
		memcpy(s->key_prefix, s->filter.key_prefix, s->filter.key_prefix_size);
	s->filter.key_prefix = s->key_prefix;
	s->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (s->fd < 0)
		return skep_fail(err, -errno, SKEP_ERR_SYSCALL, "subscribe to events");
	*ret_subscription = take_ptr(s);
	return 0;
}

/* Makes it known, and takes what is in the ring at that moment. Return: 0; -EUSERS; -ENOMEM. */
static int join(struct skep_map_events *events, struct skep_map_subscription *s, int wants_snapshot,
		struct map_event ***ret_snapshot, uint64_t *ret_count)
{
	int r = 0;

	if (events->subscriber_count >= events->max_subscribers)
		return -EUSERS;
	if (wants_snapshot)
		r = map_events_snapshot(events, ret_snapshot, ret_count);
	if (r < 0)
		return r;
	s->events = events;
	atomic_fetch_add_explicit(&events->references, 1, memory_order_relaxed);
	list_append(&events->subscriptions, &s->node);
	events->subscriber_count++;
	return 0;
}

int skep_map_events_subscribe(struct skep_map_events *events,
			      const struct skep_map_subscribe_opts *opts, skep_map_event_fn fn,
			      void *userdata, struct skep_map_subscription **ret_subscription,
			      struct skep_error *err)
{
	_cleanup_(skep_map_subscription_closep) struct skep_map_subscription *s = NULL;
	_cleanup_free_ struct map_event **snapshot = NULL;
	struct skep_map_subscribe_opts o;
	uint64_t count = 0;
	int r = opts_copy(&o, sizeof(o), opts);

	if (r < 0)
		return skep_fail(err, r, SKEP_ERR_INVALID, "options of a subscription");
	if (o.flags & ~(uint64_t)SKEP_MAP_SUBSCRIBE_DROP_OLDEST)
		return skep_fail(err, -EINVAL, SKEP_ERR_INVALID, "subscription: unknown flags.");
	r = new_subscription(&o, &s, err);
	if (!s)
		return r;
	pthread_mutex_lock(&events->lock);
	r = join(events, s, !!fn, &snapshot, &count);
	pthread_mutex_unlock(&events->lock);
	if (r == -EUSERS)
		return skep_fail(err, r, SKEP_ERR_NO_SPACE,
				 "subscribe to events: there are %llu subscribers, as many as "
				 "there may be.",
				 (unsigned long long)events->max_subscribers);
	if (r < 0)
		return skep_fail(err, r, SKEP_ERR_NO_MEMORY, "subscribe to events");
	if (fn)
		r = map_events_visit(snapshot, count, &s->filter, fn, userdata);
	if (r == 0)
		*ret_subscription = take_ptr(s);
	return r;
}

int skep_map_subscription_fd(const struct skep_map_subscription *s)
{
	return s->fd;
}

static int fail_ended(const struct skep_map_subscription *s, struct skep_error *err)
{
	if (s->state == MAP_SUBSCRIPTION_TOO_SLOW)
		return skep_fail(err, -ENOBUFS, SKEP_ERR_NO_SPACE,
				 "events: this subscriber was too slow: %llu events waited for it "
				 "when the next one came.",
				 (unsigned long long)s->room);
	return skep_fail(err, -EPIPE, SKEP_ERR_NOT_FOUND, "events: the subscription has ended.");
}

int skep_map_subscription_next(struct skep_map_subscription *s,
			       const struct skep_map_event **ret_event, struct skep_error *err)
{
	struct map_event *event = NULL;
	int ended;

	pthread_mutex_lock(&s->events->lock);
	ended = s->state != MAP_SUBSCRIPTION_OPEN;
	if (s->count) {
		event = take_first(s);
		if (!s->count && !ended)
			make_unreadable(s);
	}
	pthread_mutex_unlock(&s->events->lock);
	if (s->current)
		map_event_unref(s->current);
	s->current = event;
	if (event) {
		*ret_event = &event->event;
		return 1;
	}
	return ended ? fail_ended(s, err) : 0;
}

int skep_map_subscription_wait(const struct skep_map_subscription *s, uint64_t timeout_ns)
{
	struct pollfd p = { .fd = s->fd, .events = POLLIN };
	struct timespec timeout = time_to_timespec(timeout_ns);
	int r = ppoll(&p, 1, timeout_ns == UINT64_MAX ? NULL : &timeout, NULL);

	return r < 0 ? -errno : r;
}

uint64_t skep_map_subscription_lost(struct skep_map_subscription *s)
{
	uint64_t lost;

	pthread_mutex_lock(&s->events->lock);
	lost = s->lost;
	pthread_mutex_unlock(&s->events->lock);
	return lost;
}

void skep_map_subscription_stop(struct skep_map_subscription *s)
{
	pthread_mutex_lock(&s->events->lock);
	map_subscription_end(s, MAP_SUBSCRIPTION_ENDED);
	pthread_mutex_unlock(&s->events->lock);
}

struct skep_map_subscription *skep_map_subscription_close(struct skep_map_subscription *s)
{
	int saved = errno;

	if (!s)
		return NULL;
	if (s->events) {
		skep_map_subscription_stop(s);
		map_events_release(s->events);
	}
	while (s->count)
		map_event_unref(take_first(s));
	if (s->current)
		map_event_unref(s->current);
	if (s->fd >= 0)
		close(s->fd);
	free(s->queue);
	free(s->key_prefix);
	free(s);
	errno = saved;
	return NULL;
}
