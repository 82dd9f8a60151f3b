/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef BENCH_HARNESS_H
#define BENCH_HARNESS_H
/*
 * What all benches have in common: the command line, one CPU, warm-up, interleaved rounds, median and median absolute
 * deviation, and the rows that bench/run collects.
 *
 * A bench measures groups of candidates that do the same work. In each round every candidate of the group is measured
 * once, each round beginning with the next one, so that what disturbs the machine disturbs all of them; ratios are
 * between candidates of one group only. A candidate that cannot prove that it did its work returns an error, which
 * ends the bench with exit status 1.
 *
 *	struct bench b;
 *	int r = bench_init(&b, "drain", argc, argv);
 *
 *	if (r >= 0)
 *		r = bench_group(&b, "10k_flows", "flows/s", candidates, 3);
 *	return bench_finish(&b, r);
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bench_row;

struct bench {
	const char *name;
	const char *output; /* NULL: a table on stdout */
	const char *
		only; /* NULL: all groups; else those of this name, which may be a pattern: start_* */
	bool smoke;   /* once, no warm-up, and as little work as proves that it works */
	unsigned rounds;
	struct bench_row *rows;
	size_t row_count;
};

enum bench_limit {
	BENCH_AT_MOST = 0,  /* ratio <= budget: times, sizes */
	BENCH_AT_LEAST = 1, /* ratio >= budget: rates */
};

struct bench_candidate {
	const char *name;
	/* One round: 0 with the figure in *ret_value, or a negative errno after a line on stderr. */
	int (*measure)(void *userdata, double *ret_value);
	void *userdata;
	const char *baseline; /* the candidate of the group it is compared with; NULL: none */
	double budget;        /* of the ratio to @baseline; 0: none */
	enum bench_limit limit;
	double peer; /* what somebody else's program takes, in the same unit; 0: unknown */
};

/*
 * Reads the command line ([--output FILE] [--smoke] [--rounds N] [--only GROUP] [ARGUMENT...]) and pins the thread to
 * one CPU. Return: the index of the first ARGUMENT; < 0: a negative errno, bench_finish() all the same.
 */
int bench_init(struct bench *b, const char *name, int argc, char **argv);

/* Whether the user wants this group: ask before setting up what is costly. */
bool bench_wants(const struct bench *b, const char *group);

/* Measures a group, unless it is not wanted. Names are kept: they must outlive @b. Return: 0 or a negative errno. */
int bench_group(struct bench *b, const char *group, const char *unit,
		const struct bench_candidate *candidates, size_t count);

/* Writes the rows unless @result < 0, and releases @b. Return: the exit status. */
int bench_finish(struct bench *b, int result);

/* CPU time of this thread: what others took from it in between is not in. */
uint64_t bench_cpu_ns(void);

#endif
