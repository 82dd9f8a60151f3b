/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * A cache and its events under several threads, with every access watched. The map behind it has no lock of its own: it
 * is the cache's that keeps it whole.
 */
#include "check.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <string.h>

#include <skep/error.h>
#include <skep/map_cache.h>
#include <skep/map_events.h>
#include <skep/map_resync.h>

#include "pretended_map.h"

#define KEYS 64u
#define OPERATIONS 20000u
#define OPERATORS 3

static struct pretended map;

struct scene {
	struct skep_map_cache *cache;
	struct skep_map_events *events;
	atomic_int operators; /* that are still at it */
	atomic_uint seed;
};

static uint32_t next_number(uint32_t *state)
{
	*state = *state * 1664525u + 1013904223u;
	return *state >> 8;
}

static void *operate(void *userdata)
{
	struct scene *s = userdata;
	uint32_t numbers = atomic_fetch_add(&s->seed, 77), i;

	for (i = 0; i < OPERATIONS; i++) {
		uint32_t key = next_number(&numbers) % KEYS;
		uint64_t value = next_number(&numbers);

		switch (next_number(&numbers) % 8) {
		case 0:
			skep_map_cache_delete(s->cache, &key);
			break;
		case 1:
			skep_map_cache_delete_if_exists(s->cache, &key);
			break;
		case 2:
			skep_map_cache_find(s->cache, &key, &value, NULL);
			break;
		default:
			skep_map_cache_update(s->cache, &key, &value);
		}
	}
	atomic_fetch_sub(&s->operators, 1);
	return NULL;
}

static int visit(const struct skep_map_cache_entry *e, void *userdata)
{
	unsigned *counts = userdata;
	uint32_t key;

	memcpy(&key, e->key, sizeof(key));
	counts[key]++;
	return 0;
}

static void *watch(void *userdata)
{
	struct scene *s = userdata;

	while (atomic_load(&s->operators)) {
		struct skep_map_cache_status status;
		unsigned counts[KEYS] = { 0 }, i;

		skep_map_cache_walk(s->cache, visit, counts);
		for (i = 0; i < KEYS; i++)
			if (counts[i] > 1)
				fail_msg("key %u was visited %u times", i, counts[i]);
		skep_map_cache_status(s->cache, &status);
		skep_map_cache_deadline_ns(s->cache);
		skep_map_cache_resync(s->cache, 0, NULL);
		skep_map_cache_close(skep_map_cache_ref(s->cache));
	}
	return NULL;
}

/* What a follower of the events holds to be in the map. */
struct replica {
	bool has[KEYS];
	uint64_t values[KEYS];
	uint64_t serial;
};

static int replay(const struct skep_map_event *e, void *userdata)
{
	struct replica *r = userdata;
	uint32_t key;

	check_u64(e->serial, r->serial + 1, "serial");
	r->serial = e->serial;
	memcpy(&key, e->key, sizeof(key));
	if (e->action == SKEP_MAP_EVENT_UPDATE && !e->error) {
		r->has[key] = true;
		memcpy(&r->values[key], e->value, 8);
	} else if (e->action == SKEP_MAP_EVENT_DELETE && (!e->error || e->error == -ENOENT)) {
		r->has[key] = false;
	}
	return 0;
}

struct follower {
	struct skep_map_subscription *subscription;
	struct replica replica;
};

static void *follow(void *userdata)
{
	struct follower *f = userdata;
	const struct skep_map_event *event;
	int r;

	while ((r = skep_map_subscription_next(f->subscription, &event, NULL)) >= 0) {
		if (r > 0)
			replay(event, &f->replica);
		else
			skep_map_subscription_wait(f->subscription, UINT64_MAX);
	}
	check_int(r, -EPIPE, "the end");
	return NULL;
}

/* Comes and goes, and is too slow now and then. */
static void *come_and_go(void *userdata)
{
	struct scene *s = userdata;

	while (atomic_load(&s->operators)) {
		const struct skep_map_event *event;
		struct skep_map_subscription *subscription;
		struct replica replica = { .serial = 0 };
		struct skep_map_events_status status;
		int i;

		if (skep_map_events_subscribe(s->events, NULL, NULL, NULL, &subscription, NULL) < 0)
			break;
		for (i = 0; i < 100; i++) {
			if (skep_map_subscription_next(subscription, &event, NULL) <= 0)
				continue;
			if (replica.serial)
				check_u64(event->serial, replica.serial + 1, "serial");
			replica.serial = event->serial;
		}
		skep_map_subscription_close(subscription);
		skep_map_events_status(s->events, &status);
		skep_map_events_expire(s->events);
	}
	return NULL;
}

static struct scene make(uint64_t flags, unsigned room)
{
	const struct skep_map_events_opts ring = { .sz = sizeof(ring),
						   .capacity = 16,
						   .ttl_ns = 1000000000 };
	struct skep_map_cache_opts opts = { .sz = sizeof(opts),
					    .flags = flags,
					    .delay_ns = 1,
					    .interval_ns = 1,
					    .backoff_ns = 1,
					    .max_backoff_ns = 1,
					    .full_interval_ns = 1 };
	struct scene s = { .operators = OPERATORS };

	check_int(skep_map_events_new(4, 8, &ring, &s.events, NULL), 0, "events");
	opts.events = s.events;
	pretended_init(&map);
	map.tick_ns = 10; /* what is to be tried again is due at once */
	map.room = room;
	s.cache = pretended_cache(&map, &opts);
	return s;
}

static void run(struct scene *s, struct follower *f)
{
	const struct skep_map_subscribe_opts deep = { .sz = sizeof(deep),
						      .queue_count =
							      OPERATORS * OPERATIONS * 40ull };
	pthread_t operators[OPERATORS], follower, watcher, guest;
	int i;

	check_int(skep_map_events_subscribe(s->events, &deep, replay, &f->replica, &f->subscription,
					    NULL),
		  0, "subscribe");
	pthread_create(&follower, NULL, follow, f);
	pthread_create(&watcher, NULL, watch, s);
	pthread_create(&guest, NULL, come_and_go, s);
	for (i = 0; i < OPERATORS; i++)
		pthread_create(&operators[i], NULL, operate, s);
	for (i = 0; i < OPERATORS; i++)
		pthread_join(operators[i], NULL);
	pthread_join(watcher, NULL);
	pthread_join(guest, NULL);
	skep_map_subscription_stop(f->subscription);
	pthread_join(follower, NULL);
	skep_map_subscription_close(f->subscription);
}

/* The map, the cache and the one who followed the events hold the same. */
static void check_agreement(struct scene *s, const struct replica *replica)
{
	uint32_t key;

	for (key = 0; key < KEYS; key++) {
		struct skep_map_cache_entry e = { 0 };
		uint64_t value = 0;
		int found = skep_map_cache_find(s->cache, &key, &value, &e);

		check_int(replica->has[key], map.has[key], "follower, key %u", key);
		if (map.has[key])
			check_u64(replica->values[key], map.values[key], "follower, key %u", key);
		if (found && e.desired == SKEP_MAP_DESIRED_OK)
			check_u64(value, map.values[key], "cache, key %u", key);
		if (!found || e.desired == SKEP_MAP_DESIRED_OK)
			check_int(found, map.has[key], "cache, key %u", key);
	}
}

static void threads__see_one_order_of_operations(void **state)
{
	struct scene s = make(0, KEYS);
	static struct follower f;

	(void)state;
	memset(&f, 0, sizeof(f));
	run(&s, &f);
	check_agreement(&s, &f.replica);
	skep_map_cache_close(s.cache);
	skep_map_events_unref(s.events);
}

static void threads__and_a_worker_on_a_full_map(void **state)
{
	struct scene s = make(SKEP_MAP_CACHE_WORKER, KEYS / 2);
	struct skep_map_cache_status status;
	static struct follower f;

	(void)state;
	memset(&f, 0, sizeof(f));
	run(&s, &f);
	skep_map_cache_status(s.cache, &status);
	assert_true(status.runs > 0);
	skep_map_cache_close(s.cache); /* the worker has ended: nobody changes the map any more */
	assert_true(map.count <= KEYS / 2);
	skep_map_events_unref(s.events);
}

struct passing {
	struct skep_map_cache *cache;
	atomic_bool running, passed;
};

static void *pass(void *userdata)
{
	struct passing *p = userdata;
	uint32_t key = 0;
	uint64_t value = 1;

	while (!atomic_load(&p->running))
		sched_yield();
	skep_map_cache_update(p->cache, &key, &value);
	atomic_store(&p->passed, true);
	return NULL;
}

static void count_until_passed(struct pretended *p)
{
	struct passing *passing = p->userdata;

	if (atomic_load(&passing->passed))
		return;
	p->random++; /* tries before the other came through */
	atomic_store(&passing->running, true);
	sched_yield();
}

/* A run over thousands, and an operation of another thread that is not kept until its end. */
static void run__lets_others_pass(void **state)
{
	struct skep_map_cache *c;
	struct passing p = { 0 };
	pthread_t thread;
	uint32_t key;

	(void)state;
	pretended_init(&map);
	c = p.cache = pretended_cache(&map, NULL);
	for (key = 1; key < PRETENDED_KEYS; key++) {
		uint64_t value = 1;

		map.refuse_update[key] = -EPERM;
		skep_map_cache_update(c, &key, &value);
		map.refuse_update[key] = 0;
	}
	map.userdata = &p;
	map.in_update = count_until_passed;
	pthread_create(&thread, NULL, pass, &p);
	check_int(skep_map_cache_resync(c, 0, NULL), 0, "resync");
	pthread_join(thread, NULL);
	if (map.random > PRETENDED_KEYS / 2)
		fail_msg("it passed after %u of %u tries", (unsigned)map.random, PRETENDED_KEYS);
	skep_map_cache_close(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(threads__see_one_order_of_operations),
		cmocka_unit_test(threads__and_a_worker_on_a_full_map),
		cmocka_unit_test(run__lets_others_pass),
	};

	return cmocka_run_group_tests_name("map_cache_threads", tests, NULL, NULL);
}
