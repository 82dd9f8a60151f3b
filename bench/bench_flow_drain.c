// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * Flows per second that a turn of the epoch drains, beside the bare batch system call and beside look-up and deletion
 * key by key, all on equal maps that the flow program itself has filled.
 *
 * skep_drain is the drain of the map: from the first batch call on it until it is empty and every entry has been
 * delivered. skep_turn is the whole turn: the flip, the map of the other family too, the ring, the ledger. Both in time
 * that the thread is on a CPU: a turn sleeps through the grace period. The others wait for a grace period too, before
 * their clock starts, so that no one finds a warmer cache. What a turn takes by the clock on the wall, with the grace
 * period, is a group of its own.
 *
 * A turn must balance, deliver each flow once, and allocate nothing.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include <skep/error.h>

#include "flow/epoch.h"
#include "flow/program.h"
#include "flow_subject.h"
#include "harness.h"
#include "task_clock.h"

#define RING_BYTES (1u << 18)
#define NSEC_PER_SEC 1e9
#define SMOKE_FLOWS 1000

struct size {
	uint32_t flows;
	unsigned rounds_times;   /* short ones are noisy: so many for each round the user wishes */
	unsigned rounds_at_most; /* long ones take seconds; 0: no limit */
	double peer;             /* NetObserv agent, HEAD of 2026-07, LookupAndDeleteMap */
	const char *group;       /* skep's turn and the batch system call */
	const char *group_by_key;
	const char *group_wall;
};

static const struct size sizes[] = {
	{ 10000, 5, 0, 1e9 / 4786, "10k", "10k_by_key", "10k_wall" },
	{ 100000, 1, 15, 1e9 / 4969, "100k", "100k_by_key", "100k_wall" },
	{ 1000000, 1, 5, 1e9 / 5213, "1m", "1m_by_key", "1m_wall" },
};

static const uint32_t batch_sizes[] = { 512, 1024, 2048, 4096, 8192, 16384, 65536 };

/* One instance of the flow program. Ours has an epoch; that of the bare system calls stays in its first epoch. */
struct drain {
	const struct flow_wrapper *wrapper;
	struct flow_program *program;
	struct flow_epoch *epoch;
	struct flow_subject subject;
	uint32_t flows;
	uint32_t batch_count;
	struct skep_flow_key4 *keys;
	struct skep_flow_value *values;
	uint64_t entries, packets; /* that the callback got in the present turn */
	uint64_t filled;           /* packets that the maps held, over all turns */
};

static struct task_clock on_cpu = { .fd = -1 };

/* Calls of the allocator out of our own objects, which are linked with --wrap. */
static uint64_t allocation_count;

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void *__real_reallocarray(void *old, size_t count, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);
void *__wrap_reallocarray(void *old, size_t count, size_t size);

void *__wrap_malloc(size_t size)
{
	allocation_count++;
	return __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
	allocation_count++;
	return __real_calloc(count, size);
}

void *__wrap_realloc(void *old, size_t size)
{
	allocation_count++;
	return __real_realloc(old, size);
}

void *__wrap_reallocarray(void *old, size_t count, size_t size)
{
	allocation_count++;
	return __real_reallocarray(old, count, size);
}

/* When a turn begins to drain its first map, and when its second: batch calls out of our own objects come by here. */
static struct {
	uint32_t maps; /* of this turn, so far */
	int fd;
	uint64_t start_ns, end_ns;
} drained;

int __real_bpf_map_lookup_and_delete_batch(int fd, void *in, void *out, void *keys, void *values,
					   uint32_t *count, const struct bpf_map_batch_opts *opts);
int __wrap_bpf_map_lookup_and_delete_batch(int fd, void *in, void *out, void *keys, void *values,
					   uint32_t *count, const struct bpf_map_batch_opts *opts);

int __wrap_bpf_map_lookup_and_delete_batch(int fd, void *in, void *out, void *keys, void *values,
					   uint32_t *count, const struct bpf_map_batch_opts *opts)
{
	if (!drained.maps || fd != drained.fd) {
		uint64_t now = task_clock_ns(&on_cpu);

		if (!drained.maps++)
			drained.start_ns = now;
		else
			drained.end_ns = now;
		drained.fd = fd;
	}
	return __real_bpf_map_lookup_and_delete_batch(fd, in, out, keys, values, count, opts);
}

static int fail(const char *what, int r)
{
	fprintf(stderr, "bench_flow_drain: %s: %s\n", what, strerror(-r));
	return r;
}

static int fail_kept(const char *what, const struct skep_error *err, int r)
{
	fprintf(stderr, "bench_flow_drain: %s: %s\n", what, err->msg);
	return r;
}

static double wall_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * NSEC_PER_SEC + t.tv_nsec;
}

/* One packet for each flow. */
static int fill(struct drain *d, uint32_t flows)
{
	d->wrapper->vary->state = 0;
	return flow_subject_run(&d->subject, d->wrapper, &flow_packets[FLOW_PACKET_TCP4],
				BENCH_VARY_SEQUENCE, flows, flows, NULL);
}

static int count_entry(const struct skep_flow_entry *entry, void *userdata)
{
	struct drain *d = userdata;

	d->entries++;
	d->packets += entry->packets;
	return 0;
}

static int check_count(const char *what, uint64_t is, uint64_t want)
{
	if (is == want)
		return 0;
	fprintf(stderr, "bench_flow_drain: %s: %llu, should be %llu\n", what,
		(unsigned long long)is, (unsigned long long)want);
	return -EIO;
}

/* What a turn took. */
struct turn_times {
	uint64_t on_cpu_ns;
	uint64_t drain_ns; /* of it, in the map with the flows */
	double wall_ns;
};

/* A turn over @flows entries that have just been made. */
static int turn(struct drain *d, uint32_t flows, struct turn_times *times)
{
	struct skep_error err = { 0 };
	struct skep_flow_ledger ledger;
	uint64_t allocations, cpu;
	double wall;
	int r;

	r = fill(d, flows);
	if (r < 0)
		return r;
	d->filled += flows;
	d->entries = d->packets = 0;
	drained.maps = 0;
	allocations = allocation_count;
	wall = wall_ns();
	cpu = task_clock_ns(&on_cpu);
	r = flow_epoch_turn(d->epoch, count_entry, d, &err);
	times->on_cpu_ns = task_clock_ns(&on_cpu) - cpu;
	times->wall_ns = wall_ns() - wall;
	times->drain_ns = drained.end_ns - drained.start_ns;
	if (r < 0)
		return fail_kept("turn", &err, r);
	flow_epoch_ledger(d->epoch, &ledger);
	r = check_count("maps drained", drained.maps, FLOW_FAMILY_COUNT);
	r = r ? r : check_count("flows delivered", d->entries, flows);
	r = r ? r : check_count("packets delivered", d->packets, flows);
	r = r ? r : check_count("packets out of the maps so far", ledger.map.packets, d->filled);
	return r ? r : check_count("allocations in a turn", allocation_count, allocations);
}

static double per_second(const struct drain *d, uint64_t ns)
{
	return d->flows / (double)ns * NSEC_PER_SEC;
}

static int measure_turn(void *userdata, double *ret_value)
{
	struct turn_times times;
	struct drain *d = userdata;
	int r = turn(d, d->flows, &times);

	*ret_value = per_second(d, times.on_cpu_ns);
	return r;
}

static int measure_drain(void *userdata, double *ret_value)
{
	struct turn_times times;
	struct drain *d = userdata;
	int r = turn(d, d->flows, &times);

	*ret_value = per_second(d, times.drain_ns);
	return r;
}

static int measure_turn_wall(void *userdata, double *ret_value)
{
	struct turn_times times;
	struct drain *d = userdata;
	int r = turn(d, d->flows, &times);

	*ret_value = times.wall_ns / 1e6;
	return r;
}

/* Of one flow: a test run cannot be of none. */
static int measure_empty_turn_wall(void *userdata, double *ret_value)
{
	struct turn_times times;
	int r = turn(userdata, 1, &times);

	*ret_value = times.wall_ns / 1e6;
	return r;
}

/* Return: entries taken out, or a negative errno. */
static int64_t drain_batch(struct drain *d, int fd)
{
	uint64_t cursor;
	void *position = NULL;
	int64_t taken = 0;
	int r;

	do {
		uint32_t count = d->batch_count;

		r = bpf_map_lookup_and_delete_batch(fd, position, &cursor, d->keys, d->values,
						    &count, NULL);
		if (r < 0 && r != -ENOENT)
			return r;
		taken += count;
		position = &cursor;
	} while (!r);
	return taken;
}

/* The next key is asked for before the present one goes: after a deletion the walk would start anew. */
static int64_t drain_by_key(struct drain *d, int fd)
{
	struct skep_flow_key4 keys[2];
	int64_t taken = 0;
	int r, next;

	for (r = bpf_map_get_next_key(fd, NULL, &keys[0]); !r; taken++) {
		r = bpf_map_get_next_key(fd, &keys[taken & 1], &keys[~taken & 1]);
		next = r;
		r = bpf_map_lookup_and_delete_elem(fd, &keys[taken & 1], d->values);
		if (r < 0)
			return r;
		r = next;
	}
	return r == -ENOENT ? taken : r;
}

static int measure_bare(struct drain *d, int64_t (*drain)(struct drain *d, int fd),
			double *ret_value)
{
	int fd = flow_program_map_fd(d->program, FLOW_FAMILY_4, 0);
	uint64_t start;
	int64_t taken;
	int r;

	r = fill(d, d->flows);
	if (r < 0)
		return r;
	r = flow_program_grace(d->program);
	if (r < 0)
		return fail("grace period", r);
	start = task_clock_ns(&on_cpu);
	taken = drain(d, fd);
	*ret_value = per_second(d, task_clock_ns(&on_cpu) - start);
	if (taken < 0)
		return fail("bare drain", (int)taken);
	return check_count("flows in the map", taken, d->flows);
}

static int measure_batch(void *userdata, double *ret_value)
{
	return measure_bare(userdata, drain_batch, ret_value);
}

static int measure_by_key(void *userdata, double *ret_value)
{
	return measure_bare(userdata, drain_by_key, ret_value);
}

/* The batch size that the bare system call likes best on this machine. */
static int choose_batch(const struct bench *b, struct drain *d, const char *group)
{
	double value, best = 0;
	uint32_t chosen = 0;

	for (unsigned i = 0; i < 3 * sizeof(batch_sizes) / sizeof(batch_sizes[0]); i++) {
		int r;

		d->batch_count = batch_sizes[i / 3];
		r = measure_batch(d, &value);
		if (r < 0)
			return r;
		if (value > best) {
			best = value;
			chosen = d->batch_count;
		}
		if (b->smoke)
			break;
	}
	d->batch_count = chosen;
	if (!b->output)
		printf("%s: the best of batches is %u entries\n", group, chosen);
	return 0;
}

static int drain_open(struct drain *d, const struct flow_wrapper *w, uint32_t flows, int with_epoch)
{
	/* As full as the map is when it calls for an early epoch. */
	struct flow_program_opts opts = { .max_flows = flows + flows / 3,
					  .ring_bytes = RING_BYTES,
					  .sampling = 1 };
	uint32_t room = batch_sizes[sizeof(batch_sizes) / sizeof(batch_sizes[0]) - 1];
	struct skep_error err = { 0 };
	int r;

	*d = (struct drain){ .wrapper = w, .flows = flows };
	r = flow_program_open(&opts, &d->program, &err);
	if (!r && with_epoch)
		r = flow_epoch_new(d->program, &d->epoch, &err);
	if (r < 0)
		return fail_kept("open", &err, r);
	if (with_epoch && !allocation_count) {
		fprintf(stderr, "bench_flow_drain: allocations are not counted\n");
		return -EIO;
	}
	d->subject = (struct flow_subject){
		.name = with_epoch ? "turn" : "bare",
		.kind = FLOW_SUBJECT_SKEP,
		.program_fd = flow_program_fd(d->program, SKEP_DIRECTION_INGRESS, 1),
		.map_fds = { -1, -1 },
		.cpus_fd = -1,
	};
	d->keys = calloc(room, sizeof(*d->keys));
	d->values = calloc(room, sizeof(*d->values));
	return d->keys && d->values ? 0 : -ENOMEM;
}

static void drain_close(struct drain *d)
{
	flow_epoch_free(d->epoch);
	flow_program_close(d->program);
	free(d->keys);
	free(d->values);
}

static int bench_groups(struct bench *b, const struct size *size, struct drain *ours,
			struct drain *bare)
{
	const struct bench_candidate against_batch[] = {
		{ .name = "batch_call", .measure = measure_batch, .userdata = bare },
		{ .name = "skep_turn",
		  .measure = measure_turn,
		  .userdata = ours,
		  .baseline = "batch_call",
		  .peer = size->peer },
		{ .name = "skep_drain",
		  .measure = measure_drain,
		  .userdata = ours,
		  .baseline = "batch_call",
		  .budget = 0.9,
		  .limit = BENCH_AT_LEAST,
		  .peer = size->peer },
	};
	const struct bench_candidate against_key[] = {
		{ .name = "key_by_key", .measure = measure_by_key, .userdata = bare },
		{ .name = "skep_drain",
		  .measure = measure_drain,
		  .userdata = ours,
		  .baseline = "key_by_key",
		  .budget = 4,
		  .limit = BENCH_AT_LEAST,
		  .peer = size->peer },
	};
	const struct bench_candidate by_wall_clock[] = {
		{ .name = "turn_of_1_flow", .measure = measure_empty_turn_wall, .userdata = ours },
		{ .name = "turn", .measure = measure_turn_wall, .userdata = ours },
	};
	int r;

	r = choose_batch(b, bare, size->group);
	r = r ? r : bench_group(b, size->group, "flows/s", against_batch, 3);
	r = r ? r : bench_group(b, size->group_by_key, "flows/s", against_key, 2);
	return r ? r : bench_group(b, size->group_wall, "ms", by_wall_clock, 2);
}

static int bench_size(struct bench *b, const struct flow_wrapper *w, const struct size *size)
{
	uint32_t flows = b->smoke ? SMOKE_FLOWS : size->flows;
	struct drain ours = { 0 }, bare = { 0 };
	unsigned rounds = b->rounds;
	int r;

	if (!bench_wants(b, size->group) && !bench_wants(b, size->group_by_key) &&
	    !bench_wants(b, size->group_wall))
		return 0;
	if (!b->smoke)
		b->rounds *= size->rounds_times;
	if (size->rounds_at_most && size->rounds_at_most < b->rounds)
		b->rounds = size->rounds_at_most;
	r = drain_open(&ours, w, flows, 1);
	r = r ? r : drain_open(&bare, w, flows, 0);
	r = r ? r : bench_groups(b, size, &ours, &bare);
	drain_close(&ours);
	drain_close(&bare);
	b->rounds = rounds;
	return r;
}

static int warnings_only(enum libbpf_print_level level, const char *format, va_list arguments)
{
	return level == LIBBPF_WARN ? vfprintf(stderr, format, arguments) : 0;
}

int main(int argc, char **argv)
{
	struct flow_wrapper wrapper = { 0 };
	struct bench b;
	int r;

	libbpf_set_print(warnings_only);
	task_clock_open(&on_cpu, 0);
	r = bench_init(&b, "flow_drain", argc, argv);
	if (r >= 0)
		r = flow_wrapper_open(&wrapper);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]) && r >= 0; i++)
		r = bench_size(&b, &wrapper, &sizes[i]);
	flow_wrapper_close(&wrapper);
	task_clock_close(&on_cpu);
	return bench_finish(&b, r);
}
