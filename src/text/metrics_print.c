/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* The exposition formats: a family at a time, and in it a line for each set of labels. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "text/metrics.h"
#include "text/number.h"

#define EXACT 9007199254740992.0 /* 2^53: integers below are what they are as double */
#define TOTAL "_total"
#define TOTAL_LEN 6

static const char *const kind_names[] = {
	[SKEP_METRIC_COUNTER] = "counter",
	[SKEP_METRIC_GAUGE] = "gauge",
	[SKEP_METRIC_GAUGE_MAX] = "gauge",
	[SKEP_METRIC_HISTOGRAM] = "histogram",
};

static void put(struct metrics_text *t, const char *bytes, size_t len)
{
	if (t->room - t->len < len) {
		size_t room = 2 * t->room + len + 4096;
		char *more = realloc(t->bytes, room);

		if (!more) {
			t->no_memory = 1;
			return;
		}
		t->bytes = more;
		t->room = room;
	}
	memcpy(t->bytes + t->len, bytes, len);
	t->len += len;
}

static void puts_to(struct metrics_text *t, const char *text)
{
	put(t, text, strlen(text));
}

/* @is_bound: OpenMetrics writes bounds that are integers as 1.0. */
static void put_number(struct metrics_text *t, double value, int is_bound)
{
	char text[TEXT_NUMBER_SIZE];

	if (isinf(value)) {
		puts_to(t, value > 0 ? "+Inf" : "-Inf");
	} else if (fabs(value) < EXACT && value == (double)(int64_t)value) {
		text_integer((struct text_integer){ .magnitude = (text_u128)fabs(value),
						    .is_negative = value < 0 },
			     text);
		puts_to(t, text);
		if (is_bound)
			puts_to(t, ".0");
	} else {
		text_double(value, text);
		puts_to(t, text);
	}
}

static void put_help(struct metrics_text *t, const struct metrics_family *f, uint64_t format)
{
	const int quotes = format == SKEP_METRICS_OPENMETRICS;
	_cleanup_free_ char *help = malloc(metrics_escape(f->help, quotes, NULL) + 1);

	if (!help) {
		t->no_memory = 1;
		return;
	}
	put(t, help, metrics_escape(f->help, quotes, help));
}

/* OpenMetrics calls a counter what is before _total. */
static void put_head(struct metrics_text *t, const struct metrics_family *f, uint64_t format)
{
	size_t len = strlen(f->name);

	if (f->kind == SKEP_METRIC_COUNTER && format == SKEP_METRICS_OPENMETRICS)
		len -= TOTAL_LEN;
	if (*f->help) {
		puts_to(t, "# HELP ");
		put(t, f->name, len);
		puts_to(t, " ");
		put_help(t, f, format);
		puts_to(t, "\n");
	}
	puts_to(t, "# TYPE ");
	put(t, f->name, len);
	puts_to(t, " ");
	puts_to(t, kind_names[f->kind]);
	puts_to(t, "\n");
}

/* A line: name, suffix, labels (and the bound of a bucket, or NULL), value. */
static void put_sample(struct metrics_text *t, const struct skep_metric *m, const char *suffix,
		       const double *bound, int bound_format, double value)
{
	puts_to(t, m->family->name);
	puts_to(t, suffix);
	if (*m->labels || bound) {
		puts_to(t, "{");
		puts_to(t, m->labels);
		if (bound) {
			puts_to(t, *m->labels ? ",le=\"" : "le=\"");
			put_number(t, *bound, bound_format == SKEP_METRICS_OPENMETRICS);
			puts_to(t, "\"");
		}
		puts_to(t, "}");
	}
	puts_to(t, " ");
	put_number(t, value, 0);
	puts_to(t, "\n");
}

static double value_of(const struct skep_metric *m)
{
	return metrics_double(atomic_load_explicit(&m->bits, memory_order_relaxed));
}

/* Metrics of the same labels as one. The number of observations is the sum of the buckets, whatever others count. */
static void put_histogram(struct metrics_text *t, struct skep_metric *const *same, size_t count,
			  uint64_t format)
{
	const struct metrics_family *f = same[0]->family;
	const double infinity = (double)INFINITY;
	uint64_t observed = 0;
	double sum = 0;
	size_t i, k;

	for (k = 0; k < count; k++)
		sum += value_of(same[k]);
	for (i = 0; i <= f->bound_count; i++) {
		for (k = 0; k < count; k++)
			observed +=
				atomic_load_explicit(&same[k]->buckets[i], memory_order_relaxed);
		put_sample(t, same[0], "_bucket", i < f->bound_count ? &f->bounds[i] : &infinity,
			   (int)format, (double)observed);
	}
	put_sample(t, same[0], "_sum", NULL, 0, sum);
	put_sample(t, same[0], "_count", NULL, 0, (double)observed);
}

/* Return: one value for metrics of the same labels; NaN: none of them has any. */
static double merge(struct skep_metric *const *same, size_t count)
{
	double all = (double)NAN;
	size_t k;

	for (k = 0; k < count; k++) {
		const double value = value_of(same[k]);

		if (isnan(all))
			all = value;
		else if (same[0]->family->kind == SKEP_METRIC_GAUGE_MAX)
			all = value > all ? value : all;
		else if (!isnan(value))
			all += value;
	}
	return all;
}

static void put_family(struct metrics_text *t, struct skep_metric **metrics, size_t count,
		       uint64_t format)
{
	int headed = 0;
	size_t i, same;

	for (i = 0; i < count; i += same) {
		const int is_histogram = metrics[i]->family->kind == SKEP_METRIC_HISTOGRAM;
		double value = 0;

		for (same = 1; i + same < count; same++)
			if (strcmp(metrics[i]->labels, metrics[i + same]->labels) != 0)
				break;
		if (!is_histogram)
			value = merge(metrics + i, same);
		if (isnan(value))
			continue;
		if (!headed++)
			put_head(t, metrics[i]->family, format);
		if (is_histogram)
			put_histogram(t, metrics + i, same, format);
		else
			put_sample(t, metrics[i], "", NULL, 0, value);
	}
}

static int by_labels(const void *a, const void *b)
{
	return strcmp((*(struct skep_metric *const *)a)->labels,
		      (*(struct skep_metric *const *)b)->labels);
}

/* The next name of all tables. Return: a family of that name; NULL: there is none. */
static const struct metrics_family *next_family(struct metrics_table *const *tables,
						const size_t *at, size_t count)
{
	const struct metrics_family *next = NULL;
	size_t i;

	for (i = 0; i < count; i++)
		if (at[i] < tables[i]->count &&
		    (!next || strcmp(tables[i]->families[at[i]]->name, next->name) < 0))
			next = tables[i]->families[at[i]];
	return next;
}

int metrics_render(struct metrics_table *const *tables, size_t count, uint64_t format,
		   struct metrics_text *ret_text)
{
	_cleanup_free_ size_t *at = calloc(count, sizeof(*at));
	_cleanup_free_ struct skep_metric **metrics = NULL;
	const struct metrics_family *next;
	size_t total = 1, i, k;

	for (i = 0; i < count; i++)
		for (k = 0; k < tables[i]->count; k++)
			total += tables[i]->families[k]->count;
	metrics = calloc(total, sizeof(struct skep_metric *));
	if (!at || !metrics)
		return -ENOMEM;
	while ((next = next_family(tables, at, count))) {
		size_t n = 0;

		for (i = 0; i < count; i++) {
			const struct metrics_family *f =
				at[i] < tables[i]->count ? tables[i]->families[at[i]] : NULL;

			if (!f || strcmp(f->name, next->name) != 0)
				continue;
			at[i]++;
			if (!metrics_family_same(f, next))
				continue;
			memcpy(metrics + n, f->metrics, f->count * sizeof(struct skep_metric *));
			n += f->count;
		}
		qsort(metrics, n, sizeof(struct skep_metric *), by_labels);
		put_family(ret_text, metrics, n, format);
	}
	if (format == SKEP_METRICS_OPENMETRICS)
		puts_to(ret_text, "# EOF\n");
	return ret_text->no_memory ? -ENOMEM : 0;
}
