/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "manager/reaper.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>

#include "base/time.h"

struct manager_reaper {
	pthread_t thread;
	pthread_mutex_t lock; /* of @done */
	pthread_cond_t ended;
	int done;
	struct hook_list list;
	struct skep_loaded *loaded;
	int result;
	struct skep_error err;
};

static void *reap(void *argument)
{
	struct manager_reaper *r = argument;

	r->result = hook_list_detach(&r->list, &r->err);
	r->loaded = skep_loaded_close(r->loaded);
	pthread_mutex_lock(&r->lock);
	r->done = 1;
	pthread_cond_signal(&r->ended);
	pthread_mutex_unlock(&r->lock);
	return NULL;
}

static int init(struct manager_reaper *r)
{
	pthread_condattr_t attr;
	int failed;

	if (pthread_condattr_init(&attr) != 0)
		return -1;
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	failed = pthread_cond_init(&r->ended, &attr);
	pthread_condattr_destroy(&attr);
	return failed;
}

/* Signals are for the caller's threads. */
static int start_thread(struct manager_reaper *r)
{
	sigset_t all, before;
	int failed;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	failed = pthread_create(&r->thread, NULL, reap, r);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return failed;
}

int reaper_start(struct hook_list *list, struct skep_loaded *loaded,
		 struct manager_reaper **ret_reaper, struct skep_error *err)
{
	_cleanup_free_ struct manager_reaper *r = calloc(1, sizeof(*r));
	int result;

	*ret_reaper = NULL;
	if (r && init(r) == 0) {
		pthread_mutex_init(&r->lock, NULL);
		r->list = *list;
		r->loaded = loaded;
		if (start_thread(r) == 0) {
			*list = (struct hook_list){ 0 };
			*ret_reaper = take_ptr(r);
			return 0;
		}
		pthread_cond_destroy(&r->ended);
	}
	result = hook_list_detach(list, err);
	skep_loaded_close(loaded);
	return result;
}

/* Return: has it ended. */
static int wait_for(struct manager_reaper *r, uint64_t timeout_ns)
{
	const uint64_t until = time_add(time_now_ns(CLOCK_MONOTONIC), timeout_ns);
	const struct timespec t = time_to_timespec(until);
	int failed = 0, done;

	pthread_mutex_lock(&r->lock);
	while (!r->done && !failed)
		failed = pthread_cond_timedwait(&r->ended, &r->lock, &t);
	done = r->done;
	pthread_mutex_unlock(&r->lock);
	return done;
}

int reaper_join(struct manager_reaper **reaper, uint64_t timeout_ns, struct skep_error *err)
{
	struct manager_reaper *r = *reaper;
	int result;

	if (!r)
		return 0;
	if (timeout_ns != UINT64_MAX && !wait_for(r, timeout_ns))
		return skep_fail(err, -ETIMEDOUT, SKEP_ERR_SYSCALL,
				 "wait for what was stopped to be closed");
	pthread_join(r->thread, NULL);
	result = r->result;
	if (result < 0 && err)
		*err = r->err;
	pthread_cond_destroy(&r->ended);
	pthread_mutex_destroy(&r->lock);
	free(r);
	*reaper = NULL;
	return result;
}
