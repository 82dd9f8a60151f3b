/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef SKEP_MAP_RECONCILER_H
#define SKEP_MAP_RECONCILER_H
/*
 * A map kept equal to what a program wants, while that changes.
 *
 * The program says of one key after the other what it wants. The reconciler writes that in rounds, by batches; what fails
 * is tried again, later each time, and keeps nothing else waiting. Now and then all is written again, and what nobody wants
 * is removed, for others may write to the map, too. It does nothing by itself: skep_map_reconciler_dispatch() does, which
 * an event loop calls when the fd is readable, or the deadline has come.
 *
 * A reconciler is single-threaded. Values that are fds (maps in maps, programs) have to stay open while they are wanted.
 */
#include <skep/base.h>

SKEP_BEGIN

struct skep_error;
struct skep_map;
struct skep_map_reconciler;

/** typedef skep_map_clock_fn - a clock of nanoseconds that never goes back */
typedef uint64_t (*skep_map_clock_fn)(void *userdata);

#define SKEP_MAP_RECONCILER_ZERO (1u << 0) /* arrays: what is not wanted becomes zero */

struct skep_map_reconciler_opts {
	size_t sz;                    /* sizeof(struct skep_map_reconciler_opts) */
	uint64_t flags;               /* SKEP_MAP_RECONCILER_* */
	uint64_t round_count;         /* elements in a round at most; 0: 1,000 */
	uint64_t retry_min_ns;        /* until the first retry, doubled each time; 0: 100 ms */
	uint64_t retry_max_ns;        /* 0: 1 min */
	uint64_t prune_interval_ns;   /* 0: 1 h; UINT64_MAX: only the first time */
	uint64_t refresh_interval_ns; /* 0: 30 min; UINT64_MAX: never */
	skep_map_clock_fn
		clock_fn; /* NULL: CLOCK_MONOTONIC; with another one, the fd does not tell of the deadline */
	void *clock_userdata;
};

enum skep_map_object_state {
	SKEP_MAP_OBJECT_UNSET = 0,      /* nobody wants it */
	SKEP_MAP_OBJECT_PENDING = 1,    /* to be written, or removed */
	SKEP_MAP_OBJECT_REFRESHING = 2, /* in the map, to be written again */
	SKEP_MAP_OBJECT_DONE = 3,       /* in the map */
	SKEP_MAP_OBJECT_ERROR = 4,      /* failed, to be tried again */
};

struct skep_map_object_status {
	uint64_t state;    /* enum skep_map_object_state */
	uint64_t revision; /* of what is wanted */
	int64_t error;     /* 0; a negative errno of the last try */
	uint64_t retries;  /* that failed, one after the other */
};

struct skep_map_reconciler_stats {
	uint64_t objects;  /* that are wanted, or to be removed */
	uint64_t pending;  /* of these: to be written or removed, for the first time or again */
	uint64_t failed;   /* of these: to be tried again */
	uint64_t revision; /* of the last change of what is wanted */
	uint64_t reconciled_revision; /* what was wanted up to this one is in the map */
	uint64_t rounds;
	uint64_t calls; /* of bpf(2), on elements */
	uint64_t errors;
	uint64_t prunes;
	uint64_t pruned;     /* elements that nobody wanted */
	int64_t prune_error; /* 0; a negative errno of the last prune */
};

/**
 * skep_map_reconciler_open() - begin to keep a map equal to what is wanted; so far nothing is
 * @map:            is referenced
 * @opts:           NULL for defaults
 * @ret_reconciler: owned by the caller, skep_map_reconciler_close()
 *
 * Return: 0; -EOPNOTSUPP what the kernel tells of such a map cannot be compared; -EINVAL, -E2BIG @opts; -ENOMEM; else a
 *         negative errno.
 * Source: timerfd_create(2).
 */
int skep_map_reconciler_open(struct skep_map *map, const struct skep_map_reconciler_opts *opts,
			     struct skep_map_reconciler **ret_reconciler, struct skep_error *err);

/** skep_map_reconciler_close() - leave the map as it is, or NULL. Return: NULL. */
struct skep_map_reconciler *skep_map_reconciler_close(struct skep_map_reconciler *reconciler);

/**
 * skep_map_reconciler_set() - want an element
 * @key:          key-size bytes; copied
 * @value:        skep_map_value_bytes(); copied
 * @ret_revision: for skep_map_reconciler_wait_until(); NULL: not wanted
 *
 * Return: 0; -ENOMEM.
 * Source: none; it is memory.
 */
int skep_map_reconciler_set(struct skep_map_reconciler *reconciler, const void *key,
			    const void *value, uint64_t *ret_revision);

/**
 * skep_map_reconciler_unset() - want an element no longer
 * @key:          key-size bytes
 * @ret_revision: for skep_map_reconciler_wait_until(); NULL: not wanted
 *
 * Return: 1; 0 nobody wanted it; -EOPNOTSUPP elements of an array cannot be removed: SKEP_MAP_RECONCILER_ZERO.
 * Source: none; it is memory.
 */
int skep_map_reconciler_unset(struct skep_map_reconciler *reconciler, const void *key,
			      uint64_t *ret_revision);

/**
 * skep_map_reconciler_initialised() - all that is wanted has been said: what is not wanted may be removed
 *
 * The first prune comes before the next element is written. Before this call there is none.
 *
 * Source: none; it is memory.
 */
void skep_map_reconciler_initialised(struct skep_map_reconciler *reconciler);

/** skep_map_reconciler_fd() - Return: to be polled for EPOLLIN; borrowed until skep_map_reconciler_close(). */
int skep_map_reconciler_fd(const struct skep_map_reconciler *reconciler);

/** skep_map_reconciler_deadline_ns() - Return: when there is something to do next; 0: now; UINT64_MAX: never. */
uint64_t skep_map_reconciler_deadline_ns(const struct skep_map_reconciler *reconciler);

/**
 * skep_map_reconciler_dispatch() - do what is due
 * @max: elements at most; 0: all
 *
 * Return: elements that have been tried; -ENOMEM. What fails is told by the status of the element, and by the stats.
 * Source: bpf(2) BPF_MAP_UPDATE_BATCH, BPF_MAP_DELETE_BATCH; skep_map_prune().
 */
int skep_map_reconciler_dispatch(struct skep_map_reconciler *reconciler, unsigned max);

/**
 * skep_map_reconciler_wait() - sleep until something is due, and do it
 * @timeout_ns: UINT64_MAX: for ever
 *
 * Return: as skep_map_reconciler_dispatch(); 0 also when the time is over, or a signal came.
 * Source: poll(2).
 */
int skep_map_reconciler_wait(struct skep_map_reconciler *reconciler, uint64_t timeout_ns);

/**
 * skep_map_reconciler_wait_until() - do what is due until what was wanted is in the map
 * @revision:   of skep_map_reconciler_set() or _unset()
 * @timeout_ns: UINT64_MAX: for ever
 *
 * Return: 0; -ETIMEDOUT, @err says what keeps it; -ENOMEM; else a negative errno.
 * Source: poll(2).
 */
int skep_map_reconciler_wait_until(struct skep_map_reconciler *reconciler, uint64_t revision,
				   uint64_t timeout_ns, struct skep_error *err);

/**
 * skep_map_reconciler_status() - where an element stands
 * @key: key-size bytes
 *
 * Return: its status; of what nobody has wanted: SKEP_MAP_OBJECT_UNSET.
 * Source: none; it is memory.
 */
struct skep_map_object_status
skep_map_reconciler_status(const struct skep_map_reconciler *reconciler, const void *key);

/** skep_map_reconciler_stats() - Return: what it has done; borrowed until the next call for the reconciler. */
const struct skep_map_reconciler_stats *
skep_map_reconciler_stats(struct skep_map_reconciler *reconciler);

SKEP_DEFINE_CLEANUP(struct skep_map_reconciler, skep_map_reconciler_close)
SKEP_END
#endif
