/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "text/metrics.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <skep/error.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/opts.h"
#include "text/utf8.h"

#define NAME_BYTES 256 /* of a name with its namespace */

/* 5 ms to 10 s: what clients of Prometheus take for durations. */
static const double default_bounds[] = { .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10 };

int metrics_is_name(const char *name)
{
	static const char allowed[] =
		"0123456789_abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

	return *name && !(*name >= '0' && *name <= '9') && !name[strspn(name, allowed)];
}

size_t metrics_escape(const char *text, int quotes, char *ret_text)
{
	static const char hex[] = "0123456789abcdef";
	const char *end = text + strlen(text);
	size_t len = 0;

	while (text < end) {
		const size_t n = text_utf8_len(text, end);
		const unsigned char byte = (unsigned char)*text;
		char piece[] = { '\\', '\\', 'x', hex[byte >> 4], hex[byte & 15] };
		size_t piece_len = n ? 2 : sizeof(piece);

		if (*text == '\n')
			piece[1] = 'n';
		else if (*text == '"' && quotes)
			piece[1] = '"';
		else if (n && *text != '\\')
			piece_len = 0; /* it stands for itself */
		if (ret_text)
			memcpy(ret_text + len, piece_len ? piece : text, piece_len ? piece_len : n);
		len += piece_len ? piece_len : n;
		text += n ? n : 1;
	}
	return len;
}

/* a="1",b="2"; NULL: no memory. */
static char *render_labels(const struct skep_metric_desc *d, const char *const *values)
{
	size_t size = 1, i;
	char *text, *at;

	for (i = 0; i < d->label_count; i++)
		size += strlen(d->labels[i]) + metrics_escape(values[i], 1, NULL) +
			sizeof("=\"\",");
	text = malloc(size);
	if (!text)
		return NULL;
	at = text;
	for (i = 0; i < d->label_count; i++) {
		at += sprintf(at, "%s%s=\"", i ? "," : "", d->labels[i]);
		at += metrics_escape(values[i], 1, at);
		*at++ = '"';
	}
	*at = '\0';
	return text;
}

/* "a,b,"; NULL: no memory. */
static char *join_names(const struct skep_metric_desc *d)
{
	size_t size = 1, i;
	char *text, *at;

	for (i = 0; i < d->label_count; i++)
		size += strlen(d->labels[i]) + 1;
	text = malloc(size);
	if (!text)
		return NULL;
	at = text;
	for (i = 0; i < d->label_count; i++)
		at += sprintf(at, "%s,", d->labels[i]);
	*at = '\0';
	return text;
}

static int is_label(const char *name)
{
	return metrics_is_name(name) && strncmp(name, "__", 2) != 0 && strcmp(name, "le") != 0;
}

static int check_bounds(const struct skep_metric_desc *d)
{
	size_t i;

	for (i = 0; i < d->bound_count; i++)
		if (!isfinite(d->bounds[i]) || (i && d->bounds[i] <= d->bounds[i - 1]))
			return 0;
	return 1;
}

static int check_desc(const struct skep_metric_desc *d, struct skep_error *err)
{
	size_t i, k, len;

	if (!d->name || !metrics_is_name(d->name))
		return skep_fail(err, -EINVAL, SKEP_ERR_INVALID, "metric '%s': that is no name.",
				 d->name ? d->name : "");
	len = strlen(d->name);
	if (d->kind > SKEP_METRIC_HISTOGRAM || !check_bounds(d))
		return skep_fail(err, -EINVAL, SKEP_ERR_INVALID,
				 "metric '%s': no such kind, or bounds that do not ascend.",
				 d->name);
	if ((d->kind == SKEP_METRIC_COUNTER) != (len > 6 && !strcmp(d->name + len - 6, "_total")))
		return skep_fail(err, -EINVAL, SKEP_ERR_INVALID,
				 "metric '%s': names of counters, and no others, end in _total.",
				 d->name);
	for (i = 0; i < d->label_count; i++) {
		int good = is_label(d->labels[i]);

		for (k = 0; k < i; k++)
			good = good && strcmp(d->labels[i], d->labels[k]) != 0;
		if (!good)
			return skep_fail(err, -EINVAL, SKEP_ERR_INVALID,
					 "metric '%s': label '%s' is no name, or there twice.",
					 d->name, d->labels[i]);
	}
	return 0;
}

static struct metrics_family *free_family(struct metrics_family *f)
{
	if (f) {
		free(f->name);
		free(f->help);
		free(f->labels);
		free(f->bounds);
		free(f->metrics);
		free(f);
	}
	return NULL;
}

SKEP_DEFINE_CLEANUP(struct metrics_family, free_family)

static int make_family(const char *name, const struct skep_metric_desc *d,
		       struct metrics_family **ret_family)
{
	_cleanup_(free_familyp) struct metrics_family *f = calloc(1, sizeof(*f));
	const double *bounds = d->bound_count ? d->bounds : default_bounds;

	if (!f)
		return -ENOMEM;
	f->kind = d->kind;
	f->name = strdup(name);
	f->help = strdup(d->help ? d->help : "");
	f->labels = join_names(d);
	if (d->kind == SKEP_METRIC_HISTOGRAM) {
		f->bound_count = d->bound_count ? d->bound_count : ARRAY_SIZE(default_bounds);
		f->bounds = malloc(f->bound_count * sizeof(*f->bounds));
		if (!f->bounds)
			return -ENOMEM;
		memcpy(f->bounds, bounds, f->bound_count * sizeof(*f->bounds));
	}
	if (!f->name || !f->help || !f->labels)
		return -ENOMEM;
	*ret_family = take_ptr(f);
	return 0;
}

int metrics_family_same(const struct metrics_family *a, const struct metrics_family *b)
{
	return a->kind == b->kind && !strcmp(a->labels, b->labels) &&
	       a->bound_count == b->bound_count &&
	       (!a->bound_count ||
		!memcmp(a->bounds, b->bounds, a->bound_count * sizeof(*a->bounds)));
}

/* Room for one more pointer, and a gap at @at. Return: 0; -ENOMEM. */
static int open_gap(void *list, size_t count, size_t *room, size_t at)
{
	void **pointers = *(void ***)list;
	size_t more = *room ? 2 * *room : 4;

	if (count == *room) {
		pointers = realloc(pointers, more * sizeof(*pointers));
		if (!pointers)
			return -ENOMEM;
		*(void ***)list = pointers;
		*room = more;
	}
	memmove(pointers + at + 1, pointers + at, (count - at) * sizeof(*pointers));
	return 0;
}

static size_t find_family(const struct metrics_table *t, const char *name, int *ret_found)
{
	size_t low = 0, high = t->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (strcmp(t->families[middle]->name, name) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	*ret_found = low < t->count && !strcmp(t->families[low]->name, name);
	return low;
}

struct metrics_family *metrics_table_find(const struct metrics_table *table, const char *name)
{
	int found;
	size_t at = find_family(table, name, &found);

	return found ? table->families[at] : NULL;
}

/* Return: the place of the first metric with these labels, or where it would be. */
static size_t find_metric(const struct metrics_family *f, const char *labels)
{
	size_t low = 0, high = f->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (strcmp(f->metrics[middle]->labels, labels) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static int make_metric(struct metrics_family *f, char *labels, struct skep_metric **ret_metric)
{
	const size_t buckets = f->kind == SKEP_METRIC_HISTOGRAM ? f->bound_count + 1 : 0;
	const int is_gauge = f->kind == SKEP_METRIC_GAUGE || f->kind == SKEP_METRIC_GAUGE_MAX;
	size_t at = find_metric(f, labels);
	struct skep_metric *m = calloc(1, sizeof(*m) + buckets * sizeof(m->buckets[0]));

	if (!m || open_gap(&f->metrics, f->count, &f->room, at) < 0) {
		free(m);
		return -ENOMEM;
	}
	m->family = f;
	m->labels = labels;
	atomic_store(&m->bits, metrics_bits(is_gauge ? (double)NAN : 0));
	f->metrics[at] = m;
	f->count++;
	*ret_metric = m;
	return 0;
}

/* The family of a description, found or made. Return: 0; -EEXIST; -ENOMEM. */
static int take_family(struct metrics_table *t, const char *name, const struct skep_metric_desc *d,
		       struct metrics_family **ret_family)
{
	_cleanup_(free_familyp) struct metrics_family *f = NULL;
	int found, r = make_family(name, d, &f);
	size_t at = find_family(t, name, &found);

	if (r < 0)
		return r;
	if (found) {
		if (!metrics_family_same(t->families[at], f))
			return -EEXIST;
		*ret_family = t->families[at];
		return 0;
	}
	r = open_gap(&t->families, t->count, &t->room, at);
	if (r < 0)
		return r;
	t->count++;
	*ret_family = t->families[at] = take_ptr(f);
	return 0;
}

static void drop_empty(struct metrics_table *t, struct metrics_family *f)
{
	int found;
	size_t at = find_family(t, f->name, &found);

	if (f->count)
		return;
	free_family(f);
	t->count--;
	memmove(t->families + at, t->families + at + 1,
		(t->count - at) * sizeof(struct metrics_family *));
}

int metrics_table_add(struct metrics_table *table, const char *name_space,
		      const struct skep_metric_desc *desc, const char *const *values,
		      struct skep_metric **ret_metric, struct skep_error *err)
{
	_cleanup_free_ char *labels = NULL;
	struct metrics_family *f = NULL;
	struct skep_metric_desc d;
	char name[NAME_BYTES];
	int r = opts_copy(&d, sizeof(d), desc);

	if (r < 0)
		return skep_fail(err, r, SKEP_ERR_INVALID, "the description of a metric");
	r = check_desc(&d, err);
	if (r < 0)
		return r;
	if (snprintf(name, sizeof(name), "%s_%s", name_space, d.name) >= (int)sizeof(name))
		return skep_fail(err, -EINVAL, SKEP_ERR_INVALID, "metric '%.64s': a long name.",
				 d.name);
	labels = render_labels(&d, values);
	if (!labels)
		return skep_fail(err, -ENOMEM, SKEP_ERR_NO_MEMORY, "metric '%s'", name);
	r = take_family(table, name, &d, &f);
	if (r == -EEXIST)
		return skep_fail(err, r, SKEP_ERR_CONFLICT,
				 "metric '%s' is there with another kind, labels or bounds.", name);
	if (r < 0)
		return skep_fail(err, r, SKEP_ERR_NO_MEMORY, "metric '%s'", name);
	r = make_metric(f, labels, ret_metric);
	if (r < 0) {
		drop_empty(table, f);
		return skep_fail(err, r, SKEP_ERR_NO_MEMORY, "metric '%s'", name);
	}
	labels = NULL; /* the metric's */
	return 0;
}

static void add_up(struct skep_metric *to, const struct skep_metric *from)
{
	size_t i;

	metrics_add(&to->bits, metrics_double(atomic_load(&from->bits)));
	for (i = 0; to->family->kind == SKEP_METRIC_HISTOGRAM && i <= to->family->bound_count; i++)
		atomic_fetch_add(&to->buckets[i], atomic_load(&from->buckets[i]));
}

static void free_metric(struct skep_metric *m)
{
	free(m->labels);
	free(m);
}

void metrics_table_remove(struct metrics_table *table, struct skep_metric *metric)
{
	struct metrics_family *f = metric->family;
	const int counts = f->kind == SKEP_METRIC_COUNTER || f->kind == SKEP_METRIC_HISTOGRAM;
	size_t first = find_metric(f, metric->labels), at = first;

	while (f->metrics[at] != metric)
		at++;
	f->count--;
	memmove(f->metrics + at, f->metrics + at + 1,
		(f->count - at) * sizeof(struct skep_metric *));
	if (counts && first < f->count && !strcmp(f->metrics[first]->labels, metric->labels))
		add_up(f->metrics[first], metric);
	free_metric(metric);
	drop_empty(table, f);
}

void metrics_table_fini(struct metrics_table *table)
{
	size_t i, k;

	for (i = 0; i < table->count; i++) {
		for (k = 0; k < table->families[i]->count; k++)
			free_metric(table->families[i]->metrics[k]);
		free_family(table->families[i]);
	}
	free(table->families);
	*table = (struct metrics_table){ 0 };
}
