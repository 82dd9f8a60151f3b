/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef SKEP_GAPS_H
#define SKEP_GAPS_H
#include <stddef.h>
#include <stdint.h>

struct skep_error;
struct skep_gaps;

typedef int (*skep_gaps_fn)(const void *entry, void *userdata);

/* Options, with a comment before them. */
struct skep_gaps_opts {
	size_t sz;
	uint64_t flags;
};

struct skep_gaps_described {
	uint64_t packets; /* that were seen */
	/* layer 2 */
	uint64_t bytes;
	uint64_t epochs;
};

struct skep_gaps_bare { /* lint-expect: documented */
	uint64_t packets;
	uint64_t bytes;
	uint64_t epochs; /* retired */
};

enum skep_gaps_kind {
	SKEP_GAPS_ONE = 1, /* the first */
	SKEP_GAPS_TWO = 2,
};

enum skep_gaps_mode { /* lint-expect: documented */
	SKEP_GAPS_FAST = 0,
	SKEP_GAPS_SLOW = 1,
	SKEP_GAPS_SLOWER = 2, /* than slow */
};

/**
 * skep_gaps_open() - complete
 * @opts:     NULL for defaults
 * @names:    borrowed
 * @ret_gaps: owned by the caller, skep_gaps_close()
 *
 * What else there is to know: @opts, and nothing else.
 *
 * Return: 0; -ENOMEM; and this goes on
 *         in another line.
 * Context: sleeps.
 * Source: open(2).
 */
int skep_gaps_open(const struct skep_gaps_opts *opts, const char *const names[2],
		   struct skep_gaps **ret_gaps, struct skep_error *err);

/**
 * skep_gaps_close() - release an object or NULL
 *
 * What was not read is gone.
 *
 * Return: NULL.
 */
struct skep_gaps *skep_gaps_close(struct skep_gaps *gaps);

/** skep_gaps_fd() - Return: the fd, borrowed. */
int skep_gaps_fd(const struct skep_gaps *gaps);

/**
 * skep_gaps_count() - Return: how many there are, of those that
 * were seen.
 */
uint64_t skep_gaps_count(const struct skep_gaps *gaps);

/**
 * skep_gaps_walk() - complete, with two parameters in a line, one of them a function
 * @fn, @userdata: called for each
 * @order:         how two entries compare
 *
 * Return: 0.
 * Source: none of ours.
 */
int skep_gaps_walk(struct skep_gaps *gaps, skep_gaps_fn fn, void *userdata,
		   int (*order)(const void *a, const void *b));

/**
 * skep_gaps_clear() - complete, and returns nothing
 *
 * Source: none of ours.
 */
void skep_gaps_clear(struct skep_gaps *gaps);

int skep_gaps_without(struct skep_gaps *gaps); /* lint-expect: documented */

/* skep_gaps_plain() - not the comment that tools read. Return: 0. */
int skep_gaps_plain(struct skep_gaps *gaps); /* lint-expect: documented */

/** skep_gaps_far() - too far away. Return: 0. */

int skep_gaps_far(struct skep_gaps *gaps); /* lint-expect: documented */

/** skep_gaps_other() - of another function. Return: 0. */
int skep_gaps_renamed(struct skep_gaps *gaps); /* lint-expect: documented */

/** skep_gaps_purposeless(). Return: 0. */
int skep_gaps_purposeless(struct skep_gaps *gaps); /* lint-expect: documented */

/**
 * skep_gaps_param() - @bytes is not described
 * @packets: how many
 *
 * Return: 0.
 * Source: none of ours.
 */
int skep_gaps_param(struct skep_gaps *g, int packets, int bytes); /* lint-expect: documented */

/** skep_gaps_hidden() - a parameter that a short form hides. Return: 0. */
int skep_gaps_hidden(struct skep_gaps *gaps, int packets); /* lint-expect: documented */

/**
 * skep_gaps_record() - a struct that is defined here is not the object
 *
 * Return: 0.
 * Source: none of ours.
 */
int skep_gaps_record(struct skep_gaps_described *record); /* lint-expect: documented */

/**
 * skep_gaps_stale() - describes what is gone
 * @packets: how many
 * @bytes:   was removed
 *
 * Return: 0.
 * Source: none of ours.
 */
int skep_gaps_stale(struct skep_gaps *gaps, int packets); /* lint-expect: documented */

/**
 * skep_gaps_result() - does not say what it returns
 * @packets: how many
 *
 * Source: none of ours.
 */
int skep_gaps_result(struct skep_gaps *gaps, int packets); /* lint-expect: documented */

/**
 * skep_gaps_source() - does not say where its facts come from
 *
 * Return: 0.
 */
int skep_gaps_source(struct skep_gaps *gaps); /* lint-expect: documented */

/**
 * skep_gaps_order() - the source before the result
 *
 * Source: none of ours.
 * Return: 0.
 */
int skep_gaps_order(struct skep_gaps *gaps); /* lint-expect: documented */

/**
 * skep_gaps_late() - parameters after the text
 *
 * What else there is to know.
 * @packets: how many
 *
 * Return: 0.
 * Source: none of ours.
 */
int skep_gaps_late(struct skep_gaps *gaps, int packets); /* lint-expect: documented */

/**
 * skep_gaps_afterwards() - text after the source
 *
 * Return: 0.
 * Source: none of ours.
 *
 * What else there is to know.
 */
int skep_gaps_afterwards(struct skep_gaps *gaps); /* lint-expect: documented */

/**
 * skep_gaps_swapped() - parameters in another order
 * @bytes:   how many
 * @packets: how many
 *
 * Return: 0.
 * Source: none of ours.
 */
int skep_gaps_swapped(struct skep_gaps *g, int packets, int bytes); /* lint-expect: documented */

/**
 * skep_gaps_twice() - says it twice
 *
 * Return: 0.
 * Return: 1.
 * Source: none of ours.
 */
int skep_gaps_twice(struct skep_gaps *gaps); /* lint-expect: documented */

/**
 * skep_gaps_nothing() - returns what it does not
 *
 * Return: 0.
 * Source: none of ours.
 */
void skep_gaps_nothing(struct skep_gaps *gaps); /* lint-expect: documented */

static inline int skep_gaps_inline(struct skep_gaps *gaps) /* lint-expect: documented */
{
	return gaps ? 1 : 0;
}

__attribute__((__format__(__printf__, 2, 3))) int /* lint-expect: documented */
skep_gaps_print(struct skep_gaps *gaps, const char *format, ...);

#endif
