// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * What the flow program costs per packet, beside a program that does nothing and the least that counts a flow.
 *
 * Further builds of the flow program can be measured beside the one that is built in:
 *
 *	bench_flow_program --only 'hot_*' new_idea=/tmp/flow.bpf.o
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/libbpf.h>

#include "flow_subject.h"
#include "harness.h"

#define MAX_SUBJECTS 16
#define ZIPF_EXPONENT 1.1

/* What the packets of a group are like. */
struct mix {
	const char *group;
	const struct flow_packet *packet;
	enum bench_vary_mode mode;
	uint32_t flows;
	uint32_t packets; /* a round */
	double budget;    /* of the flow program, against the bare one; 0: none */
	double peer;      /* NetObserv agent, HEAD of 2026-07 */
	bool renew;       /* every packet is a new flow: the maps are emptied after each round */
	bool zipf;
};

static const struct mix mixes[] = {
	{ .group = "hot_tcp4",
	  .packet = &flow_packets[FLOW_PACKET_TCP4],
	  .packets = 500000,
	  .flows = 1,
	  .budget = 1.1,
	  .peer = 190 },
	{ .group = "hot_tcp6",
	  .packet = &flow_packets[FLOW_PACKET_TCP6],
	  .packets = 500000,
	  .flows = 1,
	  .budget = 1.1 },
	{ .group = "hot_udp4",
	  .packet = &flow_packets[FLOW_PACKET_UDP4],
	  .packets = 500000,
	  .flows = 1,
	  .budget = 1.1 },
	{ .group = "hot_udp6",
	  .packet = &flow_packets[FLOW_PACKET_UDP6],
	  .packets = 500000,
	  .flows = 1,
	  .budget = 1.1 },
	{ .group = "random_100k",
	  .packet = &flow_packets[FLOW_PACKET_TCP4],
	  .packets = 500000,
	  .flows = 100000,
	  .mode = BENCH_VARY_RANDOM,
	  .peer = 351 },
	{ .group = "zipf_100k",
	  .packet = &flow_packets[FLOW_PACKET_TCP4],
	  .packets = 500000,
	  .flows = 100000,
	  .mode = BENCH_VARY_TABLE,
	  .zipf = true },
	{ .group = "new_flows",
	  .packet = &flow_packets[FLOW_PACKET_TCP4],
	  .packets = 100000,
	  .flows = 100000,
	  .mode = BENCH_VARY_SEQUENCE,
	  .peer = 817,
	  .renew = true },
};

/* A build of the flow program from a file. */
struct extra {
	const char *name;
	const char *path;
};

struct trial {
	const struct mix *mix;
	const struct flow_wrapper *wrapper;
	struct flow_subject subject;
	uint32_t flows;
	uint32_t packets;
};

static int measure(void *userdata, double *ret_value)
{
	struct trial *t = userdata;
	int r;

	r = flow_subject_run(&t->subject, t->wrapper, t->mix->packet, t->mix->mode, t->flows,
			     t->packets, ret_value);
	if (r < 0)
		return r;
	return flow_subject_check(&t->subject, t->flows, t->mix->renew);
}

/* Fills the wrapper's table with flows of which the n-th is 1 / n^exponent as frequent as the first. */
static int fill_zipf(uint32_t *table, uint32_t flows)
{
	double *cumulative = calloc(flows, sizeof(*cumulative)), sum = 0;
	unsigned short seed[3] = { 1, 2, 3 };

	if (!cumulative)
		return -ENOMEM;
	for (uint32_t i = 0; i < flows; i++)
		cumulative[i] = sum += pow(i + 1, -ZIPF_EXPONENT);
	for (uint32_t i = 0; i < BENCH_VARY_TABLE_SIZE; i++) {
		double draw = erand48(seed) * sum;
		uint32_t low = 0, high = flows - 1;

		while (low < high) {
			uint32_t middle = (low + high) / 2;

			if (cumulative[middle] < draw)
				low = middle + 1;
			else
				high = middle;
		}
		table[i] = low;
	}
	free(cumulative);
	return 0;
}

/* Every flow has its entry before the clock starts, but for mixes that are about inserting. */
static int prepare(struct trial *t, const char *name, enum flow_subject_kind kind, const char *path)
{
	/* Twice the room: an insert takes the CPU's own half of the free entries and never that of others. */
	uint32_t max_entries = t->flows * 2 < 1024 ? 1024 : t->flows * 2;
	int r;

	r = flow_subject_open(&t->subject, name, kind, path, max_entries);
	if (r < 0 || t->mix->renew || t->mix->mode == BENCH_VARY_FIXED)
		return r;
	t->wrapper->vary->state = 0;
	return flow_subject_run(&t->subject, t->wrapper, t->mix->packet, BENCH_VARY_SEQUENCE,
				t->flows, t->flows, NULL);
}

static int bench_mix(struct bench *b, const struct flow_wrapper *w, const struct mix *mix,
		     const struct extra *extras, size_t extra_count)
{
	struct bench_candidate candidates[MAX_SUBJECTS];
	struct trial trials[MAX_SUBJECTS] = {};
	size_t count = 3 + extra_count;
	uint32_t flows = b->smoke && mix->flows > 1000 ? 1000 : mix->flows;
	int r = 0;

	if (mix->zipf)
		r = fill_zipf(w->table, flows);
	for (size_t i = 0; i < count && !r; i++) {
		static const char *const names[] = { "empty", "bare", "skep" };
		enum flow_subject_kind kind = i < 3 ? i : FLOW_SUBJECT_SKEP;
		const char *name = i < 3 ? names[i] : extras[i - 3].name;

		trials[i].mix = mix;
		trials[i].wrapper = w;
		trials[i].flows = flows;
		trials[i].packets = b->smoke ? 1000 : mix->packets;
		r = prepare(&trials[i], name, kind, i < 3 ? NULL : extras[i - 3].path);
		candidates[i] = (struct bench_candidate){
			.name = name,
			.measure = measure,
			.userdata = &trials[i],
			.baseline = kind == FLOW_SUBJECT_SKEP ? "bare" : NULL,
			.budget = kind == FLOW_SUBJECT_SKEP ? mix->budget : 0,
			.peer = kind == FLOW_SUBJECT_SKEP ? mix->peer : 0,
		};
	}
	if (!r)
		r = bench_group(b, mix->group, "ns/packet", candidates, count);
	for (size_t i = 0; i < count; i++)
		flow_subject_close(&trials[i].subject);
	return r;
}

static int silent(enum libbpf_print_level level, const char *format, va_list arguments)
{
	return level == LIBBPF_WARN ? vfprintf(stderr, format, arguments) : 0;
}

/* NAME=OBJECT arguments, split in place. Return: their number. */
static int read_extras(struct extra *extras, char **arguments, int count)
{
	if (count > MAX_SUBJECTS - 3) {
		fprintf(stderr, "bench_flow_program: too many objects\n");
		return -E2BIG;
	}
	for (int i = 0; i < count; i++) {
		char *separator = strchr(arguments[i], '=');

		if (!separator) {
			fprintf(stderr, "bench_flow_program: '%s' is not NAME=OBJECT\n",
				arguments[i]);
			return -EINVAL;
		}
		*separator = '\0';
		extras[i] = (struct extra){ arguments[i], separator + 1 };
	}
	return count;
}

int main(int argc, char **argv)
{
	struct extra extras[MAX_SUBJECTS - 3];
	struct flow_wrapper wrapper = { 0 };
	int extra_count = 0;
	struct bench b;
	int r;

	libbpf_set_print(silent);
	r = bench_init(&b, "flow_program", argc, argv);
	if (r >= 0)
		r = extra_count = read_extras(extras, argv + r, argc - r);
	if (r >= 0)
		r = flow_wrapper_open(&wrapper);
	for (size_t i = 0; i < sizeof(mixes) / sizeof(mixes[0]) && r >= 0; i++)
		if (bench_wants(&b, mixes[i].group))
			r = bench_mix(&b, &wrapper, &mixes[i], extras, extra_count);
	flow_wrapper_close(&wrapper);
	return bench_finish(&b, r);
}
