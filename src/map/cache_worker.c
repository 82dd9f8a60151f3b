/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* A thread of the cache that tries again what is due, for those who have no loop. */
#include <errno.h>
#include <signal.h>

#include <skep/error.h>

#include "base/error.h"
#include "base/time.h"
#include "map/cache.h"

/* Until something is due, or was told to be sooner; the lock is held. */
static void sleep_until_due(struct skep_map_cache *c)
{
	const uint64_t due = map_cache_due_ns(c);
	const struct timespec at = time_to_timespec(due);

	if (c->running) /* another thread resyncs */
		pthread_cond_wait(&c->idle, &c->lock);
	else if (due == UINT64_MAX)
		pthread_cond_wait(&c->wake, &c->lock);
	else
		pthread_cond_timedwait(&c->wake, &c->lock, &at);
}

static void *work(void *context)
{
	struct skep_map_cache *c = context;

	map_cache_lock(c);
	while (!c->stop) {
		if (c->running || c->target.now_ns(c->target.context) < map_cache_due_ns(c)) {
			sleep_until_due(c);
			continue;
		}
		map_cache_unlock(c);
		map_cache_run(c, UINT64_MAX, 0);
		map_cache_lock(c);
	}
	map_cache_unlock(c);
	return NULL;
}

int map_cache_start_worker(struct skep_map_cache *c, struct skep_error *err)
{
	pthread_condattr_t attributes;
	sigset_t all, before;
	int r;

	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&c->wake, &attributes);
	pthread_condattr_destroy(&attributes);
	c->has_worker = true;
	/* signals are the program's: none is to arrive in a thread that it does not know */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	r = pthread_create(&c->worker, NULL, work, c);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (r == 0)
		return 0;
	c->has_worker = false;
	pthread_cond_destroy(&c->wake);
	return skep_fail(err, -r, SKEP_ERR_SYSCALL, "thread for the cache of map '%s'",
			 c->target.name);
}

void map_cache_stop_worker(struct skep_map_cache *c)
{
	map_cache_lock(c);
	c->stop = true;
	pthread_cond_signal(&c->wake);
	pthread_cond_broadcast(&c->idle);
	map_cache_unlock(c);
	pthread_join(c->worker, NULL);
	pthread_cond_destroy(&c->wake);
}
