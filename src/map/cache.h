/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef MAP_CACHE_H
#define MAP_CACHE_H
/* What a map shall hold: a table of elements, and queues of those for which something is still to be done. */
#include <pthread.h>
#include <skep/log.h>
#include <skep/map_cache.h>
#include <skep/map_events.h>
#include <skep/map_resync.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "base/list.h"
#include "map/key.h"

/* What an errno of the map means for the one who tries again. */
enum map_cache_verdict {
	MAP_CACHE_LATER,   /* it may go away by itself */
	MAP_CACHE_FULL,    /* there is no room */
	MAP_CACHE_INVALID, /* it will be the same the next time */
};

/* What stands behind a cache: a map of the kernel, or what a test puts there. */
struct map_cache_target {
	int (*update)(void *context, const void *key, const void *value, uint64_t flags);
	int (*remove)(void *context, const void *key);
	enum map_cache_verdict (*verdict)(void *context, int code);
	uint64_t (*now_ns)(void *context);
	uint64_t (*random)(void *context);
	void (*release)(void *context); /* when the cache goes; NULL: nothing to do */
	void *context;
	const char *name;
	size_t key_size, value_bytes;
};

/* Where an element stands. */
enum map_cache_place {
	MAP_CACHE_IN_ORDER, /* nothing is to be done */
	MAP_CACHE_DELETING,
	MAP_CACHE_INSERTING,
	MAP_CACHE_WAITING, /* to be inserted when there is room */
	MAP_CACHE_GIVEN_UP,
	MAP_CACHE_PLACES,
	MAP_CACHE_MARK = MAP_CACHE_PLACES, /* no element: the place of a walk */
};

/* With a small key and a small value it is one line of the CPU's cache: what most updates have to fetch. */
struct map_cache_entry {
	struct list all;   /* in the order in which they came */
	struct list queue; /* of its place */
	uint32_t
		changed; /* number of the operation that was the last on it, which may wrap; free: the next free one */
	uint32_t number; /* of itself in the pool, from 1 */
	int16_t error;
	uint16_t tries; /* that failed */
	uint8_t place;  /* enum map_cache_place */
	uint8_t desired : 7;
	bool has_value : 1;
	/* the key, and behind it, rounded up to 8, the value */
	unsigned char bytes[] __attribute__((aligned(8)));
};

/* Memory of entries, which never move: chunks of equal size, given back with the cache. */
struct map_cache_pool {
	unsigned char **chunks;
	uint32_t chunk_count;
	uint32_t used; /* numbers given out so far */
	uint32_t free; /* the number of the first that was given back; 0: none */
	size_t stride;
};

/* Of the hash table: open addressing, so that others than the one that is sought are rarely fetched. */
struct map_cache_slot {
	uint32_t hash;
	uint32_t number; /* of the entry; 0: free */
};

struct map_cache_queue {
	struct list list;
	uint64_t count;
};

struct skep_map_cache {
	struct map_cache_target target;
	struct skep_map *map; /* the target's; NULL: it is none of the kernel */
	struct skep_map_events *events;
	struct skep_map_cache_opts opts; /* with the defaults in their places */
	struct skep_log log;
	bool keeps_values;
	atomic_uint references;
	int fd; /* of the timer; -1: a worker */

	pthread_mutex_t lock; /* for the rest */
	atomic_uint waiting;  /* threads that wait for it */
	uint64_t seed;
	struct map_cache_pool pool;
	struct map_cache_slot *slots;
	size_t slot_count, count; /* slots: a power of two */
	struct list all;
	struct map_cache_queue queues[MAP_CACHE_PLACES];
	uint32_t operation; /* number of the last one, which may wrap */

	bool running;
	pthread_cond_t idle; /* running has ended */
	uint64_t retry_ns;   /* when DELETING and INSERTING are due; UINT64_MAX: never */
	uint64_t full_ns;    /* when WAITING is */
	uint64_t armed_ns;   /* for what the timer is set */
	uint64_t run_ns;     /* begin of the last run */
	uint64_t
		retry_failures; /* runs that left some of DELETING and INSERTING, one after the other */
	struct skep_map_cache_status status; /* its counters, and what is known of the last runs */

	bool has_worker, stop;
	pthread_t worker;
	pthread_cond_t wake; /* the worker: due sooner than it was */
};

/* A cache before a target, which is released with it, and also on failure. Return: as skep_map_cache_open(). */
int map_cache_new(const struct map_cache_target *target, const struct skep_map_cache_opts *opts,
		  struct skep_map_cache **ret_cache, struct skep_error *err);

void map_cache_lock(struct skep_map_cache *c);
void map_cache_unlock(struct skep_map_cache *c);

/* Lets those pass that wait for the lock, which is held before and after. */
void map_cache_pause(struct skep_map_cache *c);

/* A key as the map compares it: @key, or in @room without the bits of a prefix that do not count. */
const void *map_cache_key(const struct skep_map_cache *c, const void *key,
			  unsigned char room[MAP_TRIE_KEY_MAX]);

/* The table. All under the lock. */

/* Return: 0; -ENOMEM. */
int map_cache_table_init(struct skep_map_cache *c);
void map_cache_table_fini(struct skep_map_cache *c);
struct map_cache_entry *map_cache_table_find(const struct skep_map_cache *c, const void *key);

/* An entry that is in no table yet, for which there is room. Return: NULL: no memory. */
struct map_cache_entry *map_cache_entry_new(struct skep_map_cache *c, const void *key);

/* Gives back one that is in no table; or NULL. */
void map_cache_entry_free(struct skep_map_cache *c, struct map_cache_entry *e);
void map_cache_table_add(struct skep_map_cache *c, struct map_cache_entry *e);

/* Takes an entry out, and frees it. */
void map_cache_table_remove(struct skep_map_cache *c, struct map_cache_entry *e);
void map_cache_entry_move(struct skep_map_cache *c, struct map_cache_entry *e,
			  enum map_cache_place place);
void *map_cache_entry_value(const struct skep_map_cache *c, const struct map_cache_entry *e);

/* Operations. All under the lock. */

int map_cache_do_update(struct skep_map_cache *c, const void *key, const void *value,
			uint64_t flags);

#define MAP_CACHE_SILENT (1u << 0) /* absence is no failure */
#define MAP_CACHE_NO_EVENT (1u << 1)
int map_cache_do_delete(struct skep_map_cache *c, const void *key, unsigned flags);

/* Tries once what is wanted of an element that is in a queue. Return: what the kernel said; afterwards it may be gone. */
int map_cache_retry(struct skep_map_cache *c, struct map_cache_entry *e);

/* Nothing is wanted of an element any more: takes it out. */
void map_cache_forget(struct skep_map_cache *c, struct map_cache_entry *e);

void map_cache_emit_delete_all(struct skep_map_cache *c, int error);

/* When something is due; UINT64_MAX: never. Under the lock. */
uint64_t map_cache_due_ns(const struct skep_map_cache *c);

/* After a change of queues or times: sets the timer, or wakes the worker. Under the lock. */
void map_cache_arm(struct skep_map_cache *c);

#define MAP_CACHE_RUN_ALL (1u << 0) /* due or not; waits for others that run */

/* Tries again. Not under the lock. Return: how many are as they should be now. */
int map_cache_run(struct skep_map_cache *c, uint64_t max, unsigned flags);

int map_cache_start_worker(struct skep_map_cache *c, struct skep_error *err);
void map_cache_stop_worker(struct skep_map_cache *c);

#endif
