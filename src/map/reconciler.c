/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * What is wanted, an object for each key, in queues: to be written, done, and one for each number of failures. In a queue
 * all wait equally long, so its first is due first. What is not done yet stands in the order of revisions, too.
 */
#include <skep/map_reconciler.h>

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <skep/error.h>
#include <skep/kabi.h>
#include <skep/map_bulk.h>
#include <skep/map_reconcile.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/hash.h"
#include "base/opts.h"
#include "base/time.h"
#include "map/desired.h"
#include "map/key.h"

#define ROUND 1000
#define RETRIES 48 /* queues; the delay of the last one is beyond any maximum */
#define FIRST_BUCKETS 128

struct object {
	TAILQ_ENTRY(object) in_queue;
	TAILQ_ENTRY(object) in_undone;
	struct object *next; /* of its bucket */
	struct object_queue *queue;
	uint64_t revision, since_ns, retries;
	uint32_t state; /* enum skep_map_object_state */
	int error;
	int is_undone, is_unset; /* unset: to be removed */
	unsigned char *key;      /* behind the value */
	unsigned char value[];
};

TAILQ_HEAD(object_queue, object);

struct skep_map_reconciler {
	struct skep_map *map;
	struct skep_map_reconciler_opts opts;
	int timer;
	struct object **buckets;
	size_t bucket_count, count;
	uint64_t seed;
	struct object_queue pending, done, retry[RETRIES];
	struct object_queue undone; /* by revision */
	uint64_t next_prune_ns;     /* UINT64_MAX: not before it is initialised */
	unsigned char *scratch;     /* a key */
	struct skep_map_reconciler_stats stats;

	/* a round */
	struct object **batch;
	unsigned char *keys, *values;
	int *codes;
};

static uint64_t monotonic(void *userdata)
{
	(void)userdata;
	return time_now_ns(CLOCK_MONOTONIC);
}

static uint64_t now_of(const struct skep_map_reconciler *r)
{
	return r->opts.clock_fn(r->opts.clock_userdata);
}

static int is_always_full(const struct skep_map_reconciler *r)
{
	return !!(skep_map_type_facts(r->map->info.type) & SKEP_MAP_FACT_FULL);
}

/* Objects by their keys. */

static struct object **slot_of(const struct skep_map_reconciler *r, const void *key)
{
	const size_t size = r->map->info.key_size;
	struct object **slot =
		&r->buckets[(uint32_t)hash_bytes(r->seed, key, size) & (r->bucket_count - 1)];

	while (*slot && memcmp((*slot)->key, key, size) != 0)
		slot = &(*slot)->next;
	return slot;
}

static struct object *find(const struct skep_map_reconciler *r, const void *key)
{
	map_key_canonical(&r->map->info, key, r->scratch);
	return *slot_of(r, r->scratch);
}

static int grow(struct skep_map_reconciler *r)
{
	const size_t old_count = r->bucket_count;
	struct object **old = r->buckets, **slot, *o;
	size_t i;

	r->buckets = calloc(2 * old_count, sizeof(struct object *));
	if (!r->buckets) {
		r->buckets = old;
		return -ENOMEM;
	}
	r->bucket_count = 2 * old_count;
	for (i = 0; i < old_count; i++)
		while ((o = old[i])) {
			old[i] = o->next;
			o->next = NULL;
			slot = slot_of(r, o->key);
			*slot = o;
		}
	free(old);
	return 0;
}

/* Return: an object of the key in scratch, in no queue yet; NULL: out of memory. */
static struct object *add(struct skep_map_reconciler *r)
{
	const size_t key_size = r->map->info.key_size, bytes = r->map->value_bytes;
	struct object *o;

	if (r->count == r->bucket_count && grow(r) < 0)
		return NULL;
	o = calloc(1, sizeof(*o) + bytes + key_size);
	if (!o)
		return NULL;
	o->key = o->value + bytes;
	memcpy(o->key, r->scratch, key_size);
	*slot_of(r, o->key) = o;
	r->count++;
	return o;
}

static void enqueue(struct object *o, struct object_queue *queue)
{
	if (o->queue)
		TAILQ_REMOVE(o->queue, o, in_queue);
	o->queue = queue;
	if (queue)
		TAILQ_INSERT_TAIL(queue, o, in_queue);
}

static void set_done(struct skep_map_reconciler *r, struct object *o)
{
	if (o->is_undone)
		TAILQ_REMOVE(&r->undone, o, in_undone);
	o->is_undone = 0;
}

static void forget(struct skep_map_reconciler *r, struct object *o)
{
	struct object **slot = slot_of(r, o->key);

	set_done(r, o);
	enqueue(o, NULL);
	*slot = o->next;
	r->count--;
	free(o);
}

/* When there is something to do. */

static uint64_t retry_delay(const struct skep_map_reconciler *r, uint32_t level)
{
	const uint64_t first = r->opts.retry_min_ns, most = r->opts.retry_max_ns;

	return first > most >> level ? most : first << level;
}

static uint64_t due_of(const struct object_queue *queue, uint64_t delay)
{
	const struct object *o = TAILQ_FIRST(queue);

	return o ? time_add(o->since_ns, delay) : UINT64_MAX;
}

uint64_t skep_map_reconciler_deadline_ns(const struct skep_map_reconciler *r)
{
	uint64_t due, first = r->next_prune_ns;
	uint32_t i;

	if (!TAILQ_EMPTY(&r->pending))
		return 0;
	for (i = 0; i < RETRIES; i++) {
		due = due_of(&r->retry[i], retry_delay(r, i));
		first = due < first ? due : first;
	}
	due = due_of(&r->done, r->opts.refresh_interval_ns);
	return due < first ? due : first;
}

/* Makes the fd tell of the deadline; of a clock that we do not know, only that it has come. */
static void arm(struct skep_map_reconciler *r)
{
	const uint64_t deadline = skep_map_reconciler_deadline_ns(r);
	struct itimerspec when = { { 0 }, { 0 } };

	if (deadline <= now_of(r))
		when.it_value.tv_nsec = 1;
	else if (deadline != UINT64_MAX && r->opts.clock_fn == monotonic)
		when.it_value = time_to_timespec(deadline);
	timerfd_settime(r->timer, TFD_TIMER_ABSTIME, &when, NULL);
}

/* What is wanted. */

static void change(struct skep_map_reconciler *r, struct object *o, uint64_t *ret_revision)
{
	const int was_idle = TAILQ_EMPTY(&r->pending);

	set_done(r, o);
	o->is_undone = 1;
	TAILQ_INSERT_TAIL(&r->undone, o, in_undone);
	o->revision = ++r->stats.revision;
	o->state = SKEP_MAP_OBJECT_PENDING;
	o->error = 0;
	o->retries = 0;
	enqueue(o, &r->pending);
	if (ret_revision)
		*ret_revision = o->revision;
	if (was_idle)
		arm(r);
}

int skep_map_reconciler_set(struct skep_map_reconciler *r, const void *key, const void *value,
			    uint64_t *ret_revision)
{
	struct object *o = find(r, key);

	if (!o)
		o = add(r);
	if (!o)
		return -ENOMEM;
	memcpy(o->value, value, r->map->value_bytes);
	o->is_unset = 0;
	change(r, o, ret_revision);
	return 0;
}

int skep_map_reconciler_unset(struct skep_map_reconciler *r, const void *key,
			      uint64_t *ret_revision)
{
	struct object *o = find(r, key);

	if (is_always_full(r) && !(r->opts.flags & SKEP_MAP_RECONCILER_ZERO))
		return -EOPNOTSUPP;
	if (!o || o->is_unset)
		return 0;
	memset(o->value, 0, r->map->value_bytes);
	o->is_unset = 1;
	change(r, o, ret_revision);
	return 1;
}

void skep_map_reconciler_initialised(struct skep_map_reconciler *r)
{
	if (is_always_full(r) && !(r->opts.flags & SKEP_MAP_RECONCILER_ZERO))
		return; /* there is nothing to be pruned */
	r->next_prune_ns = 0;
	arm(r);
}

/* Prune. */

struct listing {
	const struct skep_map_reconciler *r;
	size_t bucket;
	struct object *o;
};

static int list_next(const void **ret_object, void *userdata)
{
	struct listing *l = userdata;

	for (;;) {
		while (l->o && l->o->is_unset)
			l->o = l->o->next;
		if (l->o) {
			*ret_object = l->o;
			l->o = l->o->next;
			return 1;
		}
		if (l->bucket == l->r->bucket_count)
			return 0;
		l->o = l->r->buckets[l->bucket++];
	}
}

static void prune(struct skep_map_reconciler *r, uint64_t now)
{
	struct listing listing = { .r = r };
	const struct skep_map_object_type type = {
		.sz = sizeof(type),
		.key_offset = offsetof(struct object, value) + r->map->value_bytes,
		.key_bytes = r->map->info.key_size,
	};
	const struct skep_map_wanted desired = {
		.sz = sizeof(desired), .type = &type, .next_fn = list_next, .userdata = &listing
	};
	const struct skep_map_reconcile_opts opts = {
		.sz = sizeof(opts),
		.flags = r->opts.flags & SKEP_MAP_RECONCILER_ZERO ? SKEP_MAP_RECONCILE_ZERO : 0,
	};
	struct skep_map_reconcile_report report = { 0 };

	r->next_prune_ns = time_add(now, r->opts.prune_interval_ns);
	r->stats.prune_error = skep_map_prune(r->map, &desired, &opts, &report, NULL);
	r->stats.prunes++;
	r->stats.pruned += report.removed;
	r->stats.calls += report.calls;
	if (r->stats.prune_error < 0)
		r->stats.errors++;
}

/* Rounds. */

static void commit(struct skep_map_reconciler *r, struct object *o, int code, uint64_t now)
{
	uint32_t level;

	if (o->is_unset && code == -ENOENT)
		code = 0;
	o->error = code;
	o->since_ns = now;
	if (code < 0) {
		level = o->retries < RETRIES ? (uint32_t)o->retries : RETRIES - 1;
		o->retries++;
		o->state = SKEP_MAP_OBJECT_ERROR;
		r->stats.errors++;
		enqueue(o, &r->retry[level]);
	} else if (o->is_unset) {
		forget(r, o);
	} else {
		o->retries = 0;
		o->state = SKEP_MAP_OBJECT_DONE;
		set_done(r, o);
		enqueue(o, &r->done);
	}
}

/* An element of an array is written in either case. */
static int is_removed(const struct skep_map_reconciler *r, const struct object *o)
{
	return o->is_unset && !is_always_full(r);
}

/* Removes, or else writes, those of the batch that are to be. */
static void run_batch(struct skep_map_reconciler *r, size_t count, int removes, uint64_t now)
{
	const size_t key_size = r->map->info.key_size, bytes = r->map->value_bytes;
	struct skep_map_bulk_result result = { 0 };
	size_t i, n = 0;
	struct object *o;

	for (i = 0; i < count; i++) {
		o = r->batch[i];
		if (!o || removes != is_removed(r, o))
			continue;
		memcpy(r->keys + n * key_size, o->key, key_size);
		memcpy(r->values + n * bytes, o->value, bytes);
		n++;
	}
	if (!n)
		return;
	if (removes)
		skep_map_delete_each(r->map, r->keys, n, r->codes, &result, NULL);
	else
		skep_map_update_each(r->map, r->keys, r->values, n, SKEP_UPDATE_FLAG_ANY, r->codes,
				     &result, NULL);
	r->stats.calls += result.calls;
	for (i = n = 0; i < count; i++) {
		o = r->batch[i];
		if (!o || removes != is_removed(r, o))
			continue;
		r->batch[i] = NULL;
		commit(r, o, r->codes[n++], now);
	}
}

static size_t take_due(struct object_queue *queue, uint64_t delay, uint64_t now,
		       struct object **batch, size_t room)
{
	struct object *o;
	size_t n = 0;

	while (n < room && (o = TAILQ_FIRST(queue)) && time_add(o->since_ns, delay) <= now) {
		enqueue(o, NULL);
		batch[n++] = o;
	}
	return n;
}

/* Return: how many have been tried; 0: nothing is due. */
static size_t run_round(struct skep_map_reconciler *r, size_t room, uint64_t now)
{
	size_t n = take_due(&r->pending, 0, UINT64_MAX, r->batch, room);
	uint32_t i;

	for (i = 0; i < RETRIES; i++)
		n += take_due(&r->retry[i], retry_delay(r, i), now, r->batch + n, room - n);
	if (!n)
		return 0;
	r->stats.rounds++;
	run_batch(r, n, 1, now); /* what goes makes room */
	run_batch(r, n, 0, now);
	return n;
}

/* What has been done long ago is to be done again. */
static void refresh(struct skep_map_reconciler *r, uint64_t now)
{
	struct object *o;

	while ((o = TAILQ_FIRST(&r->done)) &&
	       time_add(o->since_ns, r->opts.refresh_interval_ns) <= now) {
		o->state = SKEP_MAP_OBJECT_REFRESHING;
		enqueue(o, &r->pending);
	}
}

int skep_map_reconciler_dispatch(struct skep_map_reconciler *r, unsigned max)
{
	const uint64_t now = now_of(r);
	size_t handled = 0, n, room;

	if (now >= r->next_prune_ns)
		prune(r, now);
	refresh(r, now);
	do {
		room = max && max - handled < r->opts.round_count ? max - handled
								  : r->opts.round_count;
		n = room ? run_round(r, room, now) : 0;
		handled += n;
	} while (n && handled < INT32_MAX / 2);
	arm(r);
	return (int)handled;
}

/* Open, wait, tell. */

static int check_opts(struct skep_map_reconciler *r, const struct skep_map_reconciler_opts *opts,
		      struct skep_error *err)
{
	struct skep_map_reconciler_opts *o = &r->opts;
	int fd_at, ret = opts_copy(o, sizeof(*o), opts);

	if (ret == 0 && o->flags & ~(uint64_t)SKEP_MAP_RECONCILER_ZERO)
		ret = -EINVAL;
	if (ret < 0)
		return skep_fail(err, ret, SKEP_ERR_INVALID, "reconcile map '%s': options",
				 r->map->info.name);
	if (!map_is_comparable(r->map, &fd_at))
		return skep_fail(
			err, -EOPNOTSUPP, SKEP_ERR_UNSUPPORTED,
			"reconcile map '%s': what a map of type %s holds cannot be compared.",
			r->map->info.name, skep_map_type_name(r->map->info.type, NULL));
	o->round_count = o->round_count ? o->round_count : ROUND;
	o->retry_min_ns = o->retry_min_ns ? o->retry_min_ns : 100 * NSEC_PER_MSEC;
	o->retry_max_ns = o->retry_max_ns ? o->retry_max_ns : 60 * NSEC_PER_SEC;
	o->prune_interval_ns = o->prune_interval_ns ? o->prune_interval_ns : 3600 * NSEC_PER_SEC;
	o->refresh_interval_ns =
		o->refresh_interval_ns ? o->refresh_interval_ns : 1800 * NSEC_PER_SEC;
	o->clock_fn = o->clock_fn ? o->clock_fn : monotonic;
	return 0;
}

static int make_memory(struct skep_map_reconciler *r)
{
	const size_t room = r->opts.round_count;

	r->bucket_count = FIRST_BUCKETS;
	r->buckets = calloc(r->bucket_count, sizeof(struct object *));
	r->scratch = malloc(r->map->info.key_size);
	r->batch = reallocarray(NULL, room, sizeof(struct object *));
	r->keys = reallocarray(NULL, room, r->map->info.key_size);
	r->values = reallocarray(NULL, room, r->map->value_bytes);
	r->codes = reallocarray(NULL, room, sizeof(*r->codes));
	return r->buckets && r->scratch && r->batch && r->keys && r->values && r->codes ? 0
											: -ENOMEM;
}

int skep_map_reconciler_open(struct skep_map *map, const struct skep_map_reconciler_opts *opts,
			     struct skep_map_reconciler **ret_reconciler, struct skep_error *err)
{
	_cleanup_(skep_map_reconciler_closep) struct skep_map_reconciler *r = calloc(1, sizeof(*r));
	uint32_t i;
	int ret;

	if (!r)
		return skep_fail(err, -ENOMEM, SKEP_ERR_NO_MEMORY, "reconcile a map");
	r->timer = -EBADF;
	r->map = skep_map_ref(map);
	r->next_prune_ns = UINT64_MAX;
	TAILQ_INIT(&r->pending);
	TAILQ_INIT(&r->done);
	TAILQ_INIT(&r->undone);
	for (i = 0; i < RETRIES; i++)
		TAILQ_INIT(&r->retry[i]);
	ret = check_opts(r, opts, err);
	if (ret < 0)
		return ret;
	if (make_memory(r) < 0)
		return skep_fail(err, -ENOMEM, SKEP_ERR_NO_MEMORY, "reconcile a map");
	r->seed = hash_seed(r);
	r->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (r->timer < 0)
		return skep_fail(err, -errno, SKEP_ERR_SYSCALL, "reconcile a map: make a timer");
	*ret_reconciler = take_ptr(r);
	return 0;
}

struct skep_map_reconciler *skep_map_reconciler_close(struct skep_map_reconciler *r)
{
	int saved = errno;
	struct object *o;
	size_t i;

	if (r) {
		for (i = 0; r->buckets && i < r->bucket_count; i++)
			while ((o = r->buckets[i])) {
				r->buckets[i] = o->next;
				free(o);
			}
		free(r->buckets);
		free(r->scratch);
		free(r->batch);
		free(r->keys);
		free(r->values);
		free(r->codes);
		if (r->timer >= 0)
			close(r->timer);
		skep_map_close(r->map);
		free(r);
	}
	errno = saved;
	return NULL;
}

int skep_map_reconciler_fd(const struct skep_map_reconciler *r)
{
	return r->timer;
}

int skep_map_reconciler_wait(struct skep_map_reconciler *r, uint64_t timeout_ns)
{
	const struct timespec timeout = time_to_timespec(timeout_ns);
	struct pollfd fd = { .fd = r->timer, .events = POLLIN };
	int n = ppoll(&fd, 1, timeout_ns == UINT64_MAX ? NULL : &timeout, NULL);

	if (n < 0)
		return errno == EINTR ? 0 : -errno;
	return n ? skep_map_reconciler_dispatch(r, 0) : 0;
}

static int fail_timeout(struct skep_map_reconciler *r, struct skep_error *err)
{
	const struct skep_map_reconciler_stats *stats = skep_map_reconciler_stats(r);
	const uint64_t failed = stats->failed, waiting = stats->pending + failed;
	const struct object *o = TAILQ_FIRST(&r->undone);

	if (o && o->error < 0)
		skep_map_fail(err, r->map, o->is_unset ? "delete from" : "update", o->error);
	else
		skep_fail(err, -ETIMEDOUT, SKEP_ERR_SYSCALL, "reconcile map '%s'",
			  r->map->info.name);
	skep_wrap(err, -ETIMEDOUT,
		  "%llu elements wait, %llu of them have failed: ", (unsigned long long)waiting,
		  (unsigned long long)failed);
	if (err)
		err->code = -ETIMEDOUT;
	return -ETIMEDOUT;
}

static uint64_t reconciled_revision(const struct skep_map_reconciler *r)
{
	const struct object *o = TAILQ_FIRST(&r->undone);

	return o ? o->revision - 1 : r->stats.revision;
}

int skep_map_reconciler_wait_until(struct skep_map_reconciler *r, uint64_t revision,
				   uint64_t timeout_ns, struct skep_error *err)
{
	const uint64_t end = time_add(time_now_ns(CLOCK_MONOTONIC), timeout_ns);
	uint64_t now;
	int ret;

	ret = skep_map_reconciler_dispatch(r, 0);
	while (ret >= 0 && reconciled_revision(r) < revision) {
		now = time_now_ns(CLOCK_MONOTONIC);
		if (now >= end)
			return fail_timeout(r, err);
		ret = skep_map_reconciler_wait(r, end == UINT64_MAX ? end : end - now);
	}
	return ret < 0 ? skep_fail(err, ret, SKEP_ERR_SYSCALL, "reconcile map '%s'",
				   r->map->info.name)
		       : 0;
}

struct skep_map_object_status skep_map_reconciler_status(const struct skep_map_reconciler *r,
							 const void *key)
{
	const struct object *o = find(r, key);

	return (struct skep_map_object_status){
		.state = o ? o->state : SKEP_MAP_OBJECT_UNSET,
		.revision = o ? o->revision : 0,
		.error = o ? o->error : 0,
		.retries = o ? o->retries : 0,
	};
}

const struct skep_map_reconciler_stats *skep_map_reconciler_stats(struct skep_map_reconciler *r)
{
	const struct object *o;
	uint32_t i;

	r->stats.objects = r->count;
	r->stats.pending = r->stats.failed = 0;
	r->stats.reconciled_revision = reconciled_revision(r);
	TAILQ_FOREACH(o, &r->pending, in_queue)
	r->stats.pending++;
	for (i = 0; i < RETRIES; i++)
		TAILQ_FOREACH(o, &r->retry[i], in_queue)
	r->stats.failed++;
	return &r->stats;
}
