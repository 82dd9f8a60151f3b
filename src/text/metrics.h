/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef TEXT_METRICS_H
#define TEXT_METRICS_H
/*
 * What a registry is made of: a table of families (a name, its kind, its labels), each with its metrics. Both are sorted.
 * What collectors tell at a scrape is a table of its own, so that a collector which fails leaves nothing behind.
 */
#include <pthread.h>
#include <stdatomic.h>

#include <skep/metrics.h>

struct metrics_family {
	char *name; /* with the namespace */
	char *help;
	char *labels; /* their names, with a comma behind each */
	uint64_t kind;
	size_t bound_count;
	double *bounds;
	struct skep_metric **metrics; /* by labels */
	size_t count, room;
};

struct metrics_table {
	struct metrics_family **families; /* by name */
	size_t count, room;
};

struct skep_metric {
	struct skep_metrics *owner; /* NULL: of a scrape */
	struct metrics_family *family;
	char *labels;          /* as they are printed: a="1",b="2" */
	_Atomic uint64_t bits; /* of the value, a double; NaN: there is none. Histogram: the sum */
	_Atomic uint64_t buckets[]; /* histogram: bound_count, and one for what is above */
};

struct skep_metrics_collector {
	struct skep_metrics *owner;
	skep_metrics_collect_fn fn;
	void *userdata;
	struct skep_metrics_collector *next;
};

struct skep_metrics {
	pthread_mutex_t lock; /* of table, references and failures */
	struct metrics_table table;
	size_t references; /* the owner's, and those of metrics and collectors */
	uint64_t failures; /* of collectors */
	char *name_space;

	pthread_mutex_t scraping; /* held while collectors run; taken before the lock */
	struct skep_metrics_collector *collectors;
};

/* What a collector tells. */
struct skep_metrics_scrape {
	struct skep_metrics *metrics;
	uint64_t asked_ns;
	struct metrics_table table;
};

/*
 * metrics_table_add() - make a metric in a table
 * @name_space: what its name begins with
 *
 * Return: as skep_metric_new().
 */
int metrics_table_add(struct metrics_table *table, const char *name_space,
		      const struct skep_metric_desc *desc, const char *const *values,
		      struct skep_metric **ret_metric, struct skep_error *err);

/* Return: the family of a name, which has the namespace; NULL: there is none. */
struct metrics_family *metrics_table_find(const struct metrics_table *table, const char *name);

/* Takes a metric out of its table and frees it; what it counted goes to another of the same labels. */
void metrics_table_remove(struct metrics_table *table, struct skep_metric *metric);

/* Frees a table with all that is in it. */
void metrics_table_fini(struct metrics_table *table);

/* Return: are metrics of these two told under one name? */
int metrics_family_same(const struct metrics_family *a, const struct metrics_family *b);

/* Return: is it a name: letters, digits and _, no digit first? */
int metrics_is_name(const char *name);

/*
 * metrics_escape() - text as it may stand between quotes: UTF-8, with \\, \" and \n; a byte that is no UTF-8 as \\xff
 * @quotes: escape them, too
 *
 * Return: bytes that it takes, without NUL; @ret_text has room for them, or is NULL.
 */
size_t metrics_escape(const char *text, int quotes, char *ret_text);

static inline double metrics_double(uint64_t bits)
{
	double value;

	__builtin_memcpy(&value, &bits, sizeof(value));
	return value;
}

static inline uint64_t metrics_bits(double value)
{
	uint64_t bits;

	__builtin_memcpy(&bits, &value, sizeof(bits));
	return bits;
}

/* Adds to a double; to one that is NaN, as if it were 0. */
static inline void metrics_add(_Atomic uint64_t *bits, double amount)
{
	uint64_t before = atomic_load_explicit(bits, memory_order_relaxed), after;

	do {
		double value = metrics_double(before);

		after = metrics_bits(value != value ? amount : value + amount);
	} while (!atomic_compare_exchange_weak_explicit(bits, &before, after, memory_order_relaxed,
							memory_order_relaxed));
}

struct metrics_text {
	char *bytes;
	size_t len, room;
	int no_memory;
};

/*
 * metrics_render() - tables as text
 * @tables: @count; families of one name in several are told as one, as far as they are the same
 *
 * Return: 0; -ENOMEM.
 */
int metrics_render(struct metrics_table *const *tables, size_t count, uint64_t format,
		   struct metrics_text *ret_text);

#endif
