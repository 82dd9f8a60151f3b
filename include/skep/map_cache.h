/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef SKEP_MAP_CACHE_H
#define SKEP_MAP_CACHE_H
/*
 * Cache: what a map shall hold, and what is still to be done for it.
 *
 * What is set and removed through a cache goes to the kernel at once, and is remembered. What the kernel refuses stays
 * wanted, and is tried again later (skep/map_resync.h) until it is so, or something else is wanted:
 *
 *	update	done				the value, OK
 *		refused				the value, INSERT, the error
 *	delete	done, or it was not there	nothing
 *		refused				DELETE, the error
 *
 * So a function that returns an error has been understood all the same. A cache knows what went through it, and what
 * skep_map_cache_prime() found: what others do, programs in the kernel above all, it does not see. An LRU map forgets by
 * itself; its cache does not.
 *
 * Keys of LPM tries are those of the kernel: bits behind the length of the prefix do not count, and are told as 0.
 *
 * Threads: any at once. An operation, its trace in the cache and its event are one step under the lock of the cache, so
 * all three have the same order; looking up with skep_map_lookup() takes no lock. No lock is held while functions of the
 * caller run, and a long run lets others pass.
 */
#include <skep/map_event.h>

SKEP_BEGIN

struct skep_map;
struct skep_map_bulk_result;
struct skep_map_cache;
struct skep_map_events;

#define SKEP_MAP_CACHE_KEYS_ONLY \
	(1u << 0) /* no values: knows which keys there are, and nothing is tried again */
#define SKEP_MAP_CACHE_WORKER (1u << 1)    /* with a thread that tries again */
#define SKEP_MAP_CACHE_NO_JITTER (1u << 2) /* pauses are not varied */

/* Of all but the first three, 0 is the default. */
struct skep_map_cache_opts {
	size_t sz;                      /* sizeof(struct skep_map_cache_opts) */
	uint64_t flags;                 /* SKEP_MAP_CACHE_* */
	struct skep_map_events *events; /* gets all events; the cache has a reference; NULL: none */
	uint64_t update_flags;          /* of each update: SKEP_UPDATE_FLAG_LOCK; 0 */
	uint64_t delay_ns;              /* from a failure to the next try: 200 ms */
	uint64_t interval_ns;           /* between tries that new failures cause: 5 s */
	uint64_t backoff_ns;            /* after a try that failed, doubled each time: 1 s */
	uint64_t max_backoff_ns;        /* up to this: 60 s; varied by a tenth either way */
	uint64_t full_interval_ns;  /* while the map is full and nothing has been deleted: 30 s */
	uint64_t error_budget;      /* errors that end a run: 512 */
	uint64_t invalid_tries;     /* of what the kernel calls invalid, the first included: 3 */
	const struct skep_log *log; /* copied: told of what is given up; NULL: silent */
};

/**
 * skep_map_cache_open() - a cache before a map
 * @map:       the cache has a reference
 * @opts:      NULL for defaults
 * @ret_cache: owned by the caller, skep_map_cache_close()
 *
 * It is empty: skep_map_cache_prime() takes in what the map holds.
 *
 * Return: 0; -EOPNOTSUPP the map has no keys, or they are fds, or its values are fds and were to be kept: their numbers
 *         may mean something else later; -EINVAL unknown flags, or events of other sizes; -ENOMEM; -E2BIG newer @opts;
 *         else a negative errno of timerfd_create(2) or pthread_create(3).
 * Source: docs/decisions/0007-map-cache.md.
 */
int skep_map_cache_open(struct skep_map *map, const struct skep_map_cache_opts *opts,
			struct skep_map_cache **ret_cache, struct skep_error *err);

/** skep_map_cache_ref() - one more reference. Return: @cache. */
struct skep_map_cache *skep_map_cache_ref(struct skep_map_cache *cache);

/**
 * skep_map_cache_close() - one reference less
 * @cache: or NULL
 *
 * With the last one the thread ends, and what was still to be done is forgotten.
 *
 * Return: NULL.
 * Context: the last one: not from a function that the cache calls.
 */
struct skep_map_cache *skep_map_cache_close(struct skep_map_cache *cache);

/** skep_map_cache_map() - Return: the map, borrowed from the cache. */
struct skep_map *skep_map_cache_map(const struct skep_map_cache *cache);

/** skep_map_cache_keeps_values() - Return: 1; 0 with SKEP_MAP_CACHE_KEYS_ONLY. */
int skep_map_cache_keeps_values(const struct skep_map_cache *cache);

/**
 * skep_map_cache_update() - an element shall have this value
 * @key:   key-size bytes
 * @value: skep_map_value_bytes()
 *
 * Return: 0; -ENOMEM from the cache, and nothing was done; else as skep_map_update(), and it will be tried again. With
 *         keys only nothing is.
 * Source: bpf(2) BPF_MAP_UPDATE_ELEM.
 */
int skep_map_cache_update(struct skep_map_cache *cache, const void *key, const void *value);

/**
 * skep_map_cache_delete() - an element shall not be there
 * @key: key-size bytes
 *
 * Return: 0; -ENOENT it was not there, and there is nothing to do; -ENOMEM from the cache, and nothing was done; else as
 *         skep_map_delete(), and it will be tried again.
 * Source: bpf(2) BPF_MAP_DELETE_ELEM.
 */
int skep_map_cache_delete(struct skep_map_cache *cache, const void *key);

/**
 * skep_map_cache_delete_if_exists() - the same, where absence is no failure: not told, not counted
 * @key: key-size bytes
 *
 * Return: 1 removed; 0 it was not there; else as skep_map_cache_delete().
 * Source: bpf(2) BPF_MAP_DELETE_ELEM.
 */
int skep_map_cache_delete_if_exists(struct skep_map_cache *cache, const void *key);

/*
 * The same for variables, with their sizes checked: -EINVAL where they are not those of the map.
 *
 *	r = SKEP_MAP_CACHE_UPDATE(cache, &key, &value);
 */
#define SKEP_MAP_CACHE_UPDATE(cache, key, value) \
	skep_map_cache_update_sized(cache, key, sizeof(*(key)), value, sizeof(*(value)))
#define SKEP_MAP_CACHE_DELETE(cache, key) skep_map_cache_delete_sized(cache, key, sizeof(*(key)))

/**
 * skep_map_cache_update_sized() - skep_map_cache_update() for buffers of given sizes
 * @key:         see there
 * @key_bytes:   of @key
 * @value:       see there
 * @value_bytes: of @value
 *
 * Return: -EINVAL a size is not the map's; else as skep_map_cache_update().
 * Source: bpf(2) BPF_MAP_UPDATE_ELEM.
 */
int skep_map_cache_update_sized(struct skep_map_cache *cache, const void *key, size_t key_bytes,
				const void *value, size_t value_bytes);

/**
 * skep_map_cache_delete_sized() - skep_map_cache_delete() for a buffer of a given size
 * @key:       see there
 * @key_bytes: of @key
 *
 * Return: -EINVAL the size is not the map's; else as skep_map_cache_delete().
 * Source: bpf(2) BPF_MAP_DELETE_ELEM.
 */
int skep_map_cache_delete_sized(struct skep_map_cache *cache, const void *key, size_t key_bytes);

/* What is wanted of an element. */
struct skep_map_cache_entry {
	const void *key;   /* key-size bytes */
	const void *value; /* skep_map_value_bytes(); NULL: not kept, or to be deleted */
	uint64_t desired;  /* enum skep_map_desired */
	int64_t error;     /* of the last try, a negative errno; 0 */
	uint64_t tries;    /* that failed, one after the other */
	uint64_t given_up; /* 1: it will not be tried again by itself */
};

/**
 * skep_map_cache_find() - what is wanted of one element
 * @key:       key-size bytes
 * @ret_value: skep_map_value_bytes(), untouched if there is none; NULL: not wanted
 * @ret_entry: its key and value are NULL; NULL: not wanted
 *
 * Return: 1; 0 nothing is known of it: it shall not be there, or has not gone through the cache.
 * Source: none.
 */
int skep_map_cache_find(struct skep_map_cache *cache, const void *key, void *ret_value,
			struct skep_map_cache_entry *ret_entry);

/**
 * typedef skep_map_cache_fn - called for an element
 * @entry: borrowed for the call
 *
 * It may use the cache and the map.
 *
 * Return: 0 to go on; anything else ends the walk and is returned by it.
 */
typedef int (*skep_map_cache_fn)(const struct skep_map_cache_entry *entry, void *userdata);

/**
 * skep_map_cache_walk() - visit what is wanted, in the order in which it came
 * @fn, @userdata: for each
 *
 * What is there for the whole walk is visited exactly once; what comes during the walk is not.
 *
 * Return: 0; what @fn returned; -ENOMEM.
 * Source: none.
 */
int skep_map_cache_walk(struct skep_map_cache *cache, skep_map_cache_fn fn, void *userdata);

/**
 * skep_map_cache_prime() - take in what the map holds
 * @ret_count: elements that were new to the cache; NULL: not wanted
 *
 * What is in the cache stays as it is.
 *
 * Return: 0; -ENOMEM; else as skep_map_dump().
 * Source: skep_map_dump().
 */
int skep_map_cache_prime(struct skep_map_cache *cache, uint64_t *ret_count, struct skep_error *err);

/**
 * skep_map_cache_delete_all() - no element shall be there
 * @ret_result: also after a failure; NULL: not wanted
 *
 * All that the map holds is removed, and all that was to be inserted is forgotten; what the kernel refuses to remove will
 * be tried again. What others set meanwhile may stay, in the map and in the cache alike. It is one event.
 *
 * Return: 0; -EOPNOTSUPP elements of this type (array) cannot be removed; -ELOOP others add faster; -ENOMEM; else what
 *         the first that failed returned, the others have been tried.
 * Source: bpf(2) BPF_MAP_DELETE_ELEM.
 */
int skep_map_cache_delete_all(struct skep_map_cache *cache, struct skep_map_bulk_result *ret_result,
			      struct skep_error *err);

/**
 * skep_map_cache_clear_all() - all values shall be zero, on all CPUs
 * @ret_result: also after a failure; NULL: not wanted
 *
 * Of what the map holds and of what was to be inserted; an event for each.
 *
 * Return: 0; -EOPNOTSUPP not for this type; -ENOMEM; else what the first that failed returned.
 * Source: bpf(2) BPF_MAP_UPDATE_ELEM.
 */
int skep_map_cache_clear_all(struct skep_map_cache *cache, struct skep_map_bulk_result *ret_result,
			     struct skep_error *err);

SKEP_DEFINE_CLEANUP(struct skep_map_cache, skep_map_cache_close) /* skep_map_cache_closep() */
SKEP_END
#endif
