/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include <skep/attach_event.h>

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>

#include <skep/error.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/opts.h"

#define MOST_THREADS 64

struct work {
	struct skep_attachment *const *attachments;
	size_t count;
	int *codes;
	atomic_size_t next;
	atomic_int failed;
	pthread_mutex_t lock; /* of the next */
	struct skep_error first;
};

static void *do_work(void *argument)
{
	struct work *w = argument;
	struct skep_error err;
	size_t i;
	int r;

	while ((i = atomic_fetch_add(&w->next, 1)) < w->count) {
		r = w->attachments[i] ? skep_attachment_detach(w->attachments[i], &err) : 0;
		if (w->codes)
			w->codes[i] = r;
		if (r >= 0)
			continue;
		pthread_mutex_lock(&w->lock);
		if (!atomic_fetch_add(&w->failed, 1))
			w->first = err;
		pthread_mutex_unlock(&w->lock);
	}
	return NULL;
}

int skep_attachment_detach_many(struct skep_attachment *const *attachments, size_t count,
				const struct skep_detach_opts *opts, struct skep_error *err)
{
	struct work w = { .attachments = attachments,
			  .count = count,
			  .lock = PTHREAD_MUTEX_INITIALIZER };
	pthread_t threads[MOST_THREADS];
	struct skep_detach_opts o;
	size_t i, started = 0;
	int r = opts_copy(&o, sizeof(o), opts);

	if (r < 0 || o.flags)
		return skep_fail(err, r < 0 ? r : -EINVAL, SKEP_ERR_INVALID,
				 "options of detaching");
	w.codes = o.codes;
	/* the calling thread works, too; a thread that cannot be started is done without */
	while (started < o.threads && started < MOST_THREADS && started + 1 < count &&
	       pthread_create(&threads[started], NULL, do_work, &w) == 0)
		started++;
	do_work(&w);
	for (i = 0; i < started; i++)
		pthread_join(threads[i], NULL);
	if (w.failed && err)
		*err = w.first;
	return w.failed;
}
