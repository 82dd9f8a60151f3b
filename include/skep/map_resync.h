/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef SKEP_MAP_RESYNC_H
#define SKEP_MAP_RESYNC_H
/*
 * Resync: what a cache (skep/map_cache.h) does about what the kernel refused.
 *
 * It is tried again: a short while after the failure; then with pauses that double up to a limit. First what is to be
 * deleted, for that makes room. What found the map full waits until something was deleted, or for half a minute. What the
 * kernel calls invalid is given up after a few tries. To delete what is not there is a success.
 *
 * The caller's loop drives it: poll the fd, or sleep until the deadline, and dispatch. Or a thread of the cache does:
 * SKEP_MAP_CACHE_WORKER. A run costs what there is to do, not what the cache holds.
 */
#include <skep/base.h>

SKEP_BEGIN

struct skep_error;
struct skep_json;
struct skep_map_cache;

/** skep_map_cache_fd() - Return: an fd to poll for EPOLLIN, borrowed from the cache; -1 with a worker. */
int skep_map_cache_fd(const struct skep_map_cache *cache);

/** skep_map_cache_deadline_ns() - Return: when to dispatch; UINT64_MAX: nothing is to be done, or a worker does it. */
uint64_t skep_map_cache_deadline_ns(struct skep_map_cache *cache);

/**
 * skep_map_cache_dispatch() - do what is due
 * @max: tries at most; 0: as many as there are
 *
 * Return: elements that are as they should be now, and were not before; 0 also if nothing was due.
 * Context: never blocks; while another thread is at it, there is nothing to do.
 * Source: docs/decisions/0007-map-cache.md.
 */
int skep_map_cache_dispatch(struct skep_map_cache *cache, unsigned max);

/**
 * skep_map_cache_wait() - wait until something is due, and do it
 * @timeout_ns: UINT64_MAX: for ever
 *
 * Return: as skep_map_cache_dispatch(); -EINTR; -EOPNOTSUPP with a worker; else a negative errno of ppoll(2).
 * Source: ppoll(2).
 */
int skep_map_cache_wait(struct skep_map_cache *cache, uint64_t timeout_ns);

#define SKEP_MAP_CACHE_RETRY_GIVEN_UP (1u << 0) /* what was given up, too */

/**
 * skep_map_cache_resync() - try everything now, due or not
 * @flags: SKEP_MAP_CACHE_RETRY_GIVEN_UP; 0
 *
 * Return: 0 nothing is left to be done; -EINVAL unknown flags; else the errno of an element that is left, and how many
 *         there are in words.
 * Context: waits for a run of another thread.
 * Source: docs/decisions/0007-map-cache.md.
 */
int skep_map_cache_resync(struct skep_map_cache *cache, uint64_t flags, struct skep_error *err);

/* How a cache stands: counters never go back, the others tell the present. */
struct skep_map_cache_status {
	uint64_t entries;              /* in the cache, to be deleted ones included */
	uint64_t pending_insert;       /* refused, and to be tried again */
	uint64_t pending_delete;       /* likewise */
	uint64_t pending_full;         /* of pending_insert: those that wait for room */
	uint64_t given_up;             /* refused, and not to be tried again */
	uint64_t consecutive_failures; /* runs, one after the other, in which something failed */
	int64_t last_error;            /* the last one of a run; 0: its last run was without */
	uint64_t last_success_ns;      /* end of the last run without; 0: there was none */
	uint64_t next_run_ns;          /* UINT64_MAX: none is to come */
	uint64_t runs;
	uint64_t updates;        /* done, those of runs included; likewise the next three */
	uint64_t updates_failed; /* refused */
	uint64_t deletes;
	uint64_t deletes_failed;
	uint64_t resync_errors; /* of the failed ones, those of runs */
};

/**
 * skep_map_cache_status() - how a cache stands
 * @ret_status: filled in
 *
 * Source: none.
 */
void skep_map_cache_status(struct skep_map_cache *cache, struct skep_map_cache_status *ret_status);

/**
 * skep_map_cache_status_json() - the same as an object, members by the names of the struct, errors as texts
 * @status: what to write
 * @j:      a document
 * @key:    name of the member, or NULL
 *
 * Source: none.
 */
void skep_map_cache_status_json(const struct skep_map_cache_status *status, struct skep_json *j,
				const char *key);

SKEP_END
#endif
