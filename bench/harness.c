// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#include "harness.h"

#include <assert.h>
#include <errno.h>
#include <fnmatch.h>
#include <getopt.h>
#include <math.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define DEFAULT_ROUNDS 21
#define MAX_ROUNDS 1001
#define EXIT_SKIPPED 77 /* what meson test takes for "skipped" */

struct bench_row {
	char name[96];
	char baseline[96];
	const char *unit;
	double median;
	double mad;
	double ratio;
	double budget;
	double peer;
	bool ok;
};

uint64_t bench_cpu_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return t.tv_sec * 1000000000ull + t.tv_nsec;
}

/* The last CPU we may use: interrupts prefer the first. */
static int pin(void)
{
	cpu_set_t allowed, one;
	int cpu;

	if (sched_getaffinity(0, sizeof(allowed), &allowed))
		return -errno;
	for (cpu = CPU_SETSIZE - 1; cpu > 0 && !CPU_ISSET(cpu, &allowed); cpu--)
		;
	CPU_ZERO(&one);
	CPU_SET(cpu, &one);
	return sched_setaffinity(0, sizeof(one), &one) ? -errno : 0;
}

static int usage(const struct bench *b)
{
	fprintf(stderr,
		"usage: bench_%s [--output FILE] [--smoke] [--rounds N] [--only GROUP] [ARGUMENT...]\n",
		b->name);
	return -EINVAL;
}

int bench_init(struct bench *b, const char *name, int argc, char **argv)
{
	static const struct option options[] = {
		{ "output", required_argument, NULL, 'o' },
		{ "smoke", no_argument, NULL, 's' },
		{ "rounds", required_argument, NULL, 'r' },
		{ "only", required_argument, NULL, 'g' },
		{ 0 },
	};
	char *end;
	int c, r;

	*b = (struct bench){ .name = name, .rounds = DEFAULT_ROUNDS };
	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (c) {
		case 'o':
			b->output = optarg;
			break;
		case 's':
			b->smoke = true;
			break;
		case 'r':
			b->rounds = strtoul(optarg, &end, 10);
			if (*end || !b->rounds || b->rounds > MAX_ROUNDS)
				return usage(b);
			break;
		case 'g':
			b->only = optarg;
			break;
		default:
			return usage(b);
		}
	}
	if (b->smoke)
		b->rounds = 1;
	r = pin();
	if (r < 0) {
		fprintf(stderr, "bench_%s: pin to one CPU: %s\n", name, strerror(-r));
		return r;
	}
	return optind;
}

bool bench_wants(const struct bench *b, const char *group)
{
	return !b->only || !fnmatch(b->only, group, 0);
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* Sorts @values. */
static double median(double *values, size_t count)
{
	qsort(values, count, sizeof(*values), compare);
	if (count % 2)
		return values[count / 2];
	return (values[count / 2 - 1] + values[count / 2]) / 2;
}

static double median_deviation(double *values, size_t count, double center)
{
	for (size_t i = 0; i < count; i++)
		values[i] = fabs(values[i] - center);
	return median(values, count);
}

/* @samples: all of the first candidate, all of the second ... */
static int measure_rounds(const struct bench *b, const char *group,
			  const struct bench_candidate *candidates, size_t count, double *samples)
{
	double discarded;

	for (size_t i = 0; i < count && !b->smoke; i++) {
		int r = candidates[i].measure(candidates[i].userdata, &discarded);

		if (r < 0)
			return r;
	}
	for (unsigned round = 0; round < b->rounds; round++) {
		for (size_t k = 0; k < count; k++) {
			size_t i = (k + round) % count;
			const struct bench_candidate *c = &candidates[i];
			double value = 0;
			int r = c->measure(c->userdata, &value);

			if (r < 0)
				return r;
			if (!(value > 0)) {
				fprintf(stderr, "bench_%s: %s, %s: measured %g\n", b->name, group,
					c->name, value);
				return -EIO;
			}
			samples[i * b->rounds + round] = value;
		}
	}
	return 0;
}

static void row_name(char *to, size_t size, const struct bench *b, const char *group,
		     const char *candidate)
{
	snprintf(to, size, "%s.%s.%s", b->name, group, candidate);
}

static void row_compare(struct bench_row *row, const struct bench_candidate *c,
			const struct bench_row *baseline)
{
	memcpy(row->baseline, baseline->name, sizeof(row->baseline));
	row->ratio = row->median / baseline->median;
	row->budget = c->budget;
	row->ok = c->limit == BENCH_AT_LEAST ? row->ratio >= c->budget : row->ratio <= c->budget;
}

static void add_rows(struct bench *b, const char *group, const char *unit,
		     const struct bench_candidate *candidates, size_t count, double *samples)
{
	struct bench_row *rows = &b->rows[b->row_count];

	for (size_t i = 0; i < count; i++) {
		double *own = &samples[i * b->rounds];

		rows[i] = (struct bench_row){ .unit = unit, .peer = candidates[i].peer };
		row_name(rows[i].name, sizeof(rows[i].name), b, group, candidates[i].name);
		rows[i].median = median(own, b->rounds);
		rows[i].mad = median_deviation(own, b->rounds, rows[i].median);
	}
	for (size_t i = 0; i < count; i++) {
		if (!candidates[i].baseline)
			continue;
		for (size_t k = 0; k < count; k++)
			if (!strcmp(candidates[i].baseline, candidates[k].name))
				row_compare(&rows[i], &candidates[i], &rows[k]);
		assert(rows[i].ratio); /* a baseline is a candidate of the same group */
	}
	b->row_count += count;
}

int bench_group(struct bench *b, const char *group, const char *unit,
		const struct bench_candidate *candidates, size_t count)
{
	struct bench_row *rows;
	double *samples;
	int r;

	if (!bench_wants(b, group))
		return 0;
	rows = reallocarray(b->rows, b->row_count + count, sizeof(*rows));
	if (!rows)
		return -ENOMEM;
	b->rows = rows;
	samples = calloc(count * b->rounds, sizeof(*samples));
	if (!samples)
		return -ENOMEM;
	r = measure_rounds(b, group, candidates, count, samples);
	if (!r)
		add_rows(b, group, unit, candidates, count, samples);
	free(samples);
	return r;
}

static void print_rows(const struct bench *b)
{
	for (size_t i = 0; i < b->row_count; i++) {
		const struct bench_row *row = &b->rows[i];

		printf("%-40s %12.1f %-10s +- %-8.1f", row->name, row->median, row->unit, row->mad);
		if (row->ratio)
			printf(" x %.3f", row->ratio);
		if (row->budget)
			printf(" (budget %.2f%s)", row->budget, row->ok ? "" : ", over");
		putchar('\n');
	}
}

static void write_number(FILE *f, const char *key, double value, const char *format)
{
	fprintf(f, ", \"%s\": ", key);
	if (value)
		fprintf(f, format, value);
	else
		fputs("null", f);
}

/* Names and units are our own words: nothing in them needs escaping. */
static int write_rows(const struct bench *b)
{
	FILE *f = fopen(b->output, "we");
	int r;

	if (!f)
		return -errno;
	fputs("[", f);
	for (size_t i = 0; i < b->row_count; i++) {
		const struct bench_row *row = &b->rows[i];

		fprintf(f,
			"%s\n{\"name\": \"%s\", \"unit\": \"%s\", \"median\": %.3f, \"mad\": %.3f",
			i ? "," : "", row->name, row->unit, row->median, row->mad);
		if (row->ratio)
			fprintf(f, ", \"baseline\": \"%s\"", row->baseline);
		else
			fputs(", \"baseline\": null", f);
		write_number(f, "ratio", row->ratio, "%.4f");
		write_number(f, "budget", row->budget, "%g");
		fprintf(f, ", \"ok\": %s", !row->budget ? "null" : row->ok ? "true" : "false");
		write_number(f, "peer", row->peer, "%g");
		fputs("}", f);
	}
	fputs("\n]\n", f);
	r = ferror(f) ? -EIO : 0;
	if (fclose(f) && !r)
		r = -errno;
	return r;
}

int bench_finish(struct bench *b, int result)
{
	int r = result;

	if (r >= 0 && b->only && !b->row_count) {
		fprintf(stderr, "bench_%s: no group is called '%s'\n", b->name, b->only);
		r = -ENOENT;
	}
	if (r >= 0 && !b->output)
		print_rows(b);
	if (r >= 0 && b->output) {
		r = write_rows(b);
		if (r < 0)
			fprintf(stderr, "bench_%s: write '%s': %s\n", b->name, b->output,
				strerror(-r));
	}
	free(b->rows);
	b->rows = NULL;
	if (r == -EPERM)
		return EXIT_SKIPPED;
	return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
