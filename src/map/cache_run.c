/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <unistd.h>

#include <skep/error.h>

#include "base/error.h"
#include "base/log.h"
#include "base/time.h"
#include "map/cache.h"

#define PAUSE_TRIES 64  /* after so many, others that wait for the lock come first */
#define JITTER_PARTS 10 /* a tenth, either way */

/* What one run does. */
struct run {
	uint64_t max;
	uint64_t tries, errors;
	uint64_t to_retry; /* of the errors: those that are tried again after a pause */
	uint64_t done, removed;
	int last_error;
	uint64_t given_up; /* and of the first of them: */
	int given_up_error;
	bool given_up_delete;
};

static bool may_go_on(const struct skep_map_cache *c, const struct run *run)
{
	return run->tries < run->max && run->errors < c->opts.error_budget && !c->stop;
}

static void note_error(struct run *run, const struct map_cache_entry *e)
{
	run->errors++;
	run->last_error = e->error;
	if (e->place == MAP_CACHE_DELETING || e->place == MAP_CACHE_INSERTING)
		run->to_retry++;
	if (e->place == MAP_CACHE_GIVEN_UP && !run->given_up++) {
		run->given_up_error = e->error;
		run->given_up_delete = e->desired == SKEP_MAP_DESIRED_DELETE;
	}
}

/* Tries the first of a queue, which then is elsewhere, or its last. Return: it is as it should be. */
static bool try_first(struct skep_map_cache *c, struct run *run, enum map_cache_place place)
{
	struct map_cache_entry *e =
		list_element(c->queues[place].list.next, struct map_cache_entry, queue);
	const bool deletes = e->desired == SKEP_MAP_DESIRED_DELETE;
	const bool done = map_cache_retry(c, e) == 0;

	if (!done)
		note_error(run, e);
	run->done += done;
	run->removed += done && deletes;
	if (++run->tries % PAUSE_TRIES == 0)
		map_cache_pause(c);
	return done;
}

/* Each that is in the queue now, once: what fails goes to the end. */
static void drain(struct skep_map_cache *c, struct run *run, enum map_cache_place place)
{
	struct map_cache_queue *queue = &c->queues[place];
	uint64_t left = queue->count;

	for (; left && queue->count && may_go_on(c, run); left--)
		try_first(c, run, place);
}

/* What waits for room, until there is none: then there is none for the others either. */
static void fill_room(struct skep_map_cache *c, struct run *run)
{
	struct map_cache_queue *queue = &c->queues[MAP_CACHE_WAITING];
	uint64_t left = queue->count;

	for (; left && queue->count && may_go_on(c, run); left--)
		if (!try_first(c, run, MAP_CACHE_WAITING))
			break;
}

static uint64_t backoff_ns(struct skep_map_cache *c)
{
	uint64_t pause = c->opts.backoff_ns, i, part;

	for (i = 1; i < c->retry_failures && pause < c->opts.max_backoff_ns; i++)
		pause = time_add(pause, pause);
	if (pause > c->opts.max_backoff_ns)
		pause = c->opts.max_backoff_ns;
	part = pause / JITTER_PARTS;
	if (!part || c->opts.flags & SKEP_MAP_CACHE_NO_JITTER)
		return pause;
	return pause - part + c->target.random(c->target.context) % (2 * part + 1);
}

static void sooner(uint64_t *due, uint64_t now, uint64_t pause)
{
	const uint64_t at = time_add(now, pause);

	if (at < *due)
		*due = at;
}

/* When to run again; others may have asked for a run meanwhile. */
static void plan_next(struct skep_map_cache *c, const struct run *run, bool retry, bool room)
{
	const uint64_t now = c->target.now_ns(c->target.context);

	c->status.runs++;
	c->status.resync_errors += run->errors;
	c->status.last_error = run->last_error;
	if (run->errors) {
		c->status.consecutive_failures++;
	} else {
		c->status.consecutive_failures = 0;
		c->status.last_success_ns = now;
	}
	if (run->to_retry) {
		c->retry_failures++;
		sooner(&c->retry_ns, now, backoff_ns(c));
	} else if (retry) {
		c->retry_failures = 0;
		sooner(&c->retry_ns, now, run->tries < run->max ? c->opts.delay_ns : 0);
	}
	if (room)
		sooner(&c->full_ns, now, c->opts.full_interval_ns);
	else if (run->removed)
		sooner(&c->full_ns, now, c->opts.delay_ns);
}

/* One run; the lock is held before and after. */
static void run_locked(struct skep_map_cache *c, struct run *run, bool all)
{
	const uint64_t now = c->target.now_ns(c->target.context);
	const bool retry = all || now >= c->retry_ns;
	bool room;

	c->running = true;
	c->run_ns = now;
	if (retry) {
		c->retry_ns = UINT64_MAX;
		drain(c, run, MAP_CACHE_DELETING);
		drain(c, run, MAP_CACHE_INSERTING);
	}
	room = all || now >= c->full_ns || run->removed;
	if (room) {
		c->full_ns = UINT64_MAX;
		fill_room(c, run);
	}
	c->running = false;
	plan_next(c, run, retry, room);
	map_cache_arm(c);
	pthread_cond_broadcast(&c->idle);
}

static void tell_given_up(const struct skep_map_cache *c, const struct run *run)
{
	char number[32];

	if (run->given_up)
		log_event(&c->log, SKEP_LOG_WARNING,
			  "map '%s': %llu elements are given up; %s the first of them: %s",
			  c->target.name, (unsigned long long)run->given_up,
			  run->given_up_delete ? "delete" : "update",
			  skep_errno_text(run->given_up_error, number, sizeof(number)));
}

int map_cache_run(struct skep_map_cache *c, uint64_t max, unsigned flags)
{
	struct run run = { .max = max };
	const bool all = flags & MAP_CACHE_RUN_ALL;

	map_cache_lock(c);
	while (all && c->running)
		pthread_cond_wait(&c->idle, &c->lock);
	if (!c->running && (all || c->target.now_ns(c->target.context) >= map_cache_due_ns(c)))
		run_locked(c, &run, all);
	map_cache_unlock(c);
	tell_given_up(c, &run);
	return run.done > INT_MAX ? INT_MAX : (int)run.done;
}

int skep_map_cache_fd(const struct skep_map_cache *c)
{
	return c->fd;
}

uint64_t skep_map_cache_deadline_ns(struct skep_map_cache *c)
{
	uint64_t due = UINT64_MAX;

	if (c->has_worker)
		return due;
	map_cache_lock(c);
	if (!c->running)
		due = map_cache_due_ns(c);
	map_cache_unlock(c);
	return due;
}

/* The timer has told: whatever is due next, it has to be set. */
static void take_timer(struct skep_map_cache *c)
{
	uint64_t expirations;

	map_cache_lock(c);
	if (read(c->fd, &expirations, sizeof(expirations)) == (ssize_t)sizeof(expirations)) {
		c->armed_ns = 0;
		map_cache_arm(c);
	}
	map_cache_unlock(c);
}

int skep_map_cache_dispatch(struct skep_map_cache *c, unsigned max)
{
	int r;

	if (c->has_worker)
		return 0;
	r = map_cache_run(c, max ? max : UINT64_MAX, 0);
	take_timer(c);
	return r;
}

int skep_map_cache_wait(struct skep_map_cache *c, uint64_t timeout_ns)
{
	struct pollfd p = { .fd = c->fd, .events = POLLIN };
	struct timespec timeout = time_to_timespec(timeout_ns);

	if (c->has_worker)
		return -EOPNOTSUPP;
	if (ppoll(&p, 1, timeout_ns == UINT64_MAX ? NULL : &timeout, NULL) < 0)
		return -errno;
	return skep_map_cache_dispatch(c, 0);
}

static void take_back_given_up(struct skep_map_cache *c)
{
	struct map_cache_queue *queue = &c->queues[MAP_CACHE_GIVEN_UP];

	map_cache_lock(c);
	while (queue->count) {
		struct map_cache_entry *e =
			list_element(queue->list.next, struct map_cache_entry, queue);

		e->tries = 0;
		map_cache_entry_move(c, e,
				     e->desired == SKEP_MAP_DESIRED_DELETE ? MAP_CACHE_DELETING
									   : MAP_CACHE_INSERTING);
	}
	map_cache_unlock(c);
}

int skep_map_cache_resync(struct skep_map_cache *c, uint64_t flags, struct skep_error *err)
{
	uint64_t left = 0;
	int place, code = 0;

	if (flags & ~(uint64_t)SKEP_MAP_CACHE_RETRY_GIVEN_UP)
		return skep_fail(err, -EINVAL, SKEP_ERR_INVALID, "resync map '%s': unknown flags.",
				 c->target.name);
	if (flags & SKEP_MAP_CACHE_RETRY_GIVEN_UP)
		take_back_given_up(c);
	map_cache_run(c, UINT64_MAX, MAP_CACHE_RUN_ALL);
	map_cache_lock(c);
	for (place = MAP_CACHE_DELETING; place < MAP_CACHE_PLACES; place++) {
		const struct map_cache_queue *queue = &c->queues[place];

		if (queue->count)
			code = list_element(queue->list.next, struct map_cache_entry, queue)->error;
		left += queue->count;
	}
	map_cache_unlock(c);
	if (!left)
		return 0;
	return skep_fail(err, code, SKEP_ERR_PARTIAL,
			 "resync map '%s': %llu elements are not as they should be, one of them",
			 c->target.name, (unsigned long long)left);
}
