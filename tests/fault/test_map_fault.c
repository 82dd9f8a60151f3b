/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* Maps as objects: making, naming, comparing, counting and registering them, and telling metrics of them. */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <skep/bpffs.h>
#include <skep/kabi.h>
#include <skep/map.h>
#include <skep/map_counter.h>
#include <skep/map_metrics.h>
#include <skep/map_pin.h>
#include <skep/map_pressure.h>
#include <skep/map_registry.h>
#include <skep/map_totals.h>
#include <skep/metrics.h>

#include "base/cleanup.h"
#include "base/error.h"

#include "operation.h"

#define PATH "d/map"
#define ELEMENTS 3

struct subject {
	struct skep_bpffs *bpffs;
	struct skep_map *map;  /* of set_up() */
	struct skep_map *made; /* of run() */
	struct skep_metrics *metrics;
	struct skep_map_registry *registry;
	uint64_t flags, mismatch;
	uint64_t told;
};

static const struct skep_map_spec inner = { .sz = sizeof(inner),
					    .type = SKEP_MAP_TYPE_HASH,
					    .key_size = 4,
					    .value_size = 4,
					    .max_entries = 8 };
static const struct skep_map_spec bigger = { .sz = sizeof(bigger),
					     .name = "fault",
					     .type = SKEP_MAP_TYPE_HASH,
					     .key_size = 4,
					     .value_size = 4,
					     .max_entries = 16 };
static const struct skep_map_spec outer = { .sz = sizeof(outer),
					    .type = SKEP_MAP_TYPE_ARRAY_OF_MAPS,
					    .key_size = 4,
					    .max_entries = 2,
					    .inner = &inner };

static struct subject subject, staged = { .mismatch = SKEP_MAP_MISMATCH_STAGE },
			       replaced = { .mismatch = SKEP_MAP_MISMATCH_REPLACE };

static int create(void *context, struct skep_error *err)
{
	return skep_map_create(&outer, &((struct subject *)context)->made, err);
}

static int check_made(void *context, int result, char *why, size_t size)
{
	const struct subject *s = context;

	snprintf(why, size, "there is %s map", s->made ? "a" : "no");
	return !s->made != (result < 0);
}

static void close_made(void *context)
{
	struct subject *s = context;

	s->made = skep_map_close(s->made);
}

static const struct fault_operation create_nested = {
	.name = "create a map of maps",
	.context = &subject,
	.run = create,
	.check = check_made,
	.undo = close_made,
	.flags = FAULT_MAY_SURVIVE, /* what kind of object an fd is can be told otherwise */
};

/* Names. */

static int open_bpffs(void *context)
{
	struct subject *s = context;
	const struct skep_bpffs_opts opts = { .sz = sizeof(opts), .root = FAULT_BPFFS };

	return skep_bpffs_open(&opts, &s->bpffs, NULL);
}

static int ensure(void *context, struct skep_error *err)
{
	struct subject *s = context;
	const struct skep_map_pin_opts opts = { .sz = sizeof(opts), .mismatch = s->mismatch };

	return skep_map_open_or_create(s->bpffs, PATH, &bigger, &opts, &s->made, err);
}

static int check_pin(void *context, int result, char *why, size_t size)
{
	const int is_there = access(FAULT_BPFFS "/" PATH, F_OK) == 0;

	if (check_made(context, result, why, size))
		return 1;
	snprintf(why, size, "the pin is %s", is_there ? "there" : "not there");
	return is_there != (result >= 0);
}

static void remove_pin(void *context)
{
	close_made(context);
	unlink(FAULT_BPFFS "/" PATH);
	rmdir(FAULT_BPFFS "/d");
}

static const struct fault_operation ensure_new = {
	.name = "make a map with a name",
	.context = &subject,
	.set_up = open_bpffs,
	.run = ensure,
	.check = check_pin,
	.undo = remove_pin,
	.clean = remove_pin,
	.flags = FAULT_MAY_SURVIVE | FAULT_UNDO_ALWAYS, /* a directory may stay, as of mkdir -p */
};

/* A map has the name already, and another one shall have it. */
static int pin_small(void *context)
{
	struct subject *s = context;
	int r = open_bpffs(s);

	r = r < 0 ? r : skep_map_create(&inner, &s->map, NULL);
	return r < 0 ? r : skep_map_pin(s->map, s->bpffs, PATH, NULL);
}

static uint32_t pinned_id(const struct subject *s)
{
	struct skep_map *there = NULL;
	uint32_t id = 0;

	if (skep_map_open_pinned(s->bpffs, PATH, 0, &there, NULL) == 0)
		id = skep_map_id(there);
	skep_map_close(there);
	return id;
}

static int check_name(void *context, int result, char *why, size_t size)
{
	const struct subject *s = context;
	const int is_new = result >= 0 && s->mismatch == SKEP_MAP_MISMATCH_REPLACE;

	if (check_made(context, result, why, size))
		return 1;
	snprintf(why, size, "map %u has the name, the old one is %u", pinned_id(s),
		 skep_map_id(s->map));
	return pinned_id(s) != skep_map_id(is_new ? s->made : s->map);
}

static void give_back(void *context)
{
	struct subject *s = context;

	if (s->made)
		skep_map_restore(s->made, NULL);
	close_made(s);
}

static const struct fault_operation replace = {
	.name = "replace the map of a name",
	.context = &replaced,
	.set_up = pin_small,
	.run = ensure,
	.check = check_name,
	.undo = give_back,
	.clean = remove_pin,
	.flags = FAULT_MAY_SURVIVE,
};

static int stage_and_commit(void *context, struct skep_error *err)
{
	struct subject *s = context;
	int r = ensure(s, err);

	r = r < 0 ? r : skep_map_commit(s->made, err);
	if (r < 0)
		close_made(s);
	return r;
}

static int check_commit(void *context, int result, char *why, size_t size)
{
	const struct subject *s = context;

	if (check_made(context, result, why, size))
		return 1;
	snprintf(why, size, "map %u has the name", pinned_id(s));
	return pinned_id(s) != skep_map_id(result >= 0 ? s->made : s->map);
}

static const struct fault_operation commit = {
	.name = "stage a map and commit it",
	.context = &staged,
	.set_up = pin_small,
	.run = stage_and_commit,
	.check = check_commit,
	.undo = give_back,
	.clean = remove_pin,
	.flags = FAULT_MAY_SURVIVE,
};

static int reopen(void *context, struct skep_error *err)
{
	struct subject *s = context;

	return skep_map_reopen(s->map, &s->made, err);
}

static const struct fault_operation open_again = {
	.name = "open the map of a name again",
	.context = &subject,
	.set_up = pin_small,
	.run = reopen,
	.check = check_made,
	.undo = close_made,
	.clean = remove_pin,
	.flags = FAULT_MAY_SURVIVE,
};

/* What the kernel does not tell is not compared. */

static int make_outer(void *context)
{
	return skep_map_create(&outer, &((struct subject *)context)->map, NULL);
}

/* Where the kernel has what it does not tell is learned once, from BTF: the runs of a point begin with that known. */
static int learn(void *context)
{
	struct skep_map_spec spec = { 0 };
	struct skep_map *map = NULL;
	int r = skep_map_create(&outer, &map, NULL);

	(void)context;
	if (r == 0)
		skep_map_inner_spec(map, &spec, NULL); /* or it is not shown at all */
	skep_map_close(map);
	return r;
}

static int compare(void *context, struct skep_error *err)
{
	struct subject *s = context;
	struct skep_map_spec wanted_inner = inner, wanted = outer;
	int r;

	wanted_inner.value_size = 8;
	wanted.inner = &wanted_inner;
	wanted.max_entries = 4;
	r = skep_map_compare(s->map, &wanted, 0, NULL, err);
	s->told = r < 0 ? 0 : (uint64_t)r;
	return r;
}

static int check_compared(void *context, int result, char *why, size_t size)
{
	const struct subject *s = context;

	snprintf(why, size, "%u differences", (unsigned)s->told);
	return result >= 0 && s->told != 2 && s->told != 1;
}

static const struct fault_operation compare_inner = {
	.name = "compare a map of maps",
	.context = &subject,
	.prepare = learn,
	.set_up = make_outer,
	.run = compare,
	.check = check_compared,
	.flags = FAULT_MAY_SURVIVE | FAULT_NO_ALLOCATIONS,
};

static int read_inner(void *context, struct skep_error *err)
{
	struct subject *s = context;
	struct skep_map_spec spec = { 0 };
	int r = skep_map_inner_spec(s->map, &spec, err);

	s->told = r < 0 ? 0 : spec.max_entries;
	return r;
}

static int check_inner(void *context, int result, char *why, size_t size)
{
	const struct subject *s = context;

	snprintf(why, size, "%u entries", (unsigned)s->told);
	return result >= 0 && s->told != inner.max_entries;
}

static const struct fault_operation inner_spec = {
	.name = "read what inner maps are like",
	.context = &subject,
	.prepare = learn,
	.set_up = make_outer,
	.run = read_inner,
	.check = check_inner,
	.flags = FAULT_MAY_SURVIVE, /* a program is loaded again, for the words */
};

/* Counting. */

static int make_filled(void *context)
{
	struct subject *s = context;
	uint32_t key;
	int r = skep_map_create(&bigger, &s->map, NULL);

	for (key = 0; key < ELEMENTS && r == 0; key++)
		r = SKEP_MAP_UPDATE(s->map, &key, &key, 0);
	return r;
}

static int count(void *context, struct skep_error *err)
{
	struct subject *s = context;
	struct skep_map_counter *counter = NULL;
	int r = skep_map_counter_open(s->map, SKEP_MAP_COUNT_BEST, &counter, err);

	s->told = ELEMENTS;
	r = r < 0 ? r : skep_map_counter_read(counter, &s->told, err);
	skep_map_counter_close(counter);
	return r;
}

static int check_count(void *context, int result, char *why, size_t size)
{
	const struct subject *s = context;

	(void)result;
	snprintf(why, size, "%u elements", (unsigned)s->told);
	return s->told != ELEMENTS;
}

static const struct fault_operation count_best = {
	.name = "count elements",
	.context = &subject,
	.prepare = learn,
	.set_up = make_filled,
	.run = count,
	.check = check_count,
	.flags = FAULT_MAY_SURVIVE, /* by a walk */
};

static int new_metrics(void *context)
{
	struct subject *s = context;
	int r = make_filled(s);

	return r < 0 ? r : skep_metrics_new(NULL, &s->metrics, NULL);
}

/* The pressure is told, or that it could not be counted: one of both. */
static int look_for_pressure(const char *bytes, size_t len, void *userdata)
{
	struct subject *s = userdata;
	static const char pressure[] = "skep_bpf_map_pressure{map_name=\"fault\"} 0.1875\n";
	static const char no_failure[] = "collector_failures_total 0\n";
	const int is_told = memmem(bytes, len, pressure, sizeof(pressure) - 1) != NULL;
	const int has_failed = memmem(bytes, len, no_failure, sizeof(no_failure) - 1) == NULL;

	s->told += is_told != has_failed;
	return 0;
}

static int tell_pressure(void *context, struct skep_error *err)
{
	struct subject *s = context;
	const struct skep_map_pressure_opts opts = { .sz = sizeof(opts),
						     .metrics = s->metrics,
						     .group = "faults" };
	struct skep_map_pressure *pressure = NULL;
	int r = skep_map_pressure_open(s->map, &opts, &pressure, err);

	r = r < 0 ? r : skep_map_pressure_refresh(pressure, err);
	r = r < 0 ? r
		  : skep_metrics_print(s->metrics, SKEP_METRICS_PROMETHEUS, look_for_pressure, s,
				       err);
	skep_map_pressure_close(pressure);
	return r;
}

static int check_told(void *context, int result, char *why, size_t size)
{
	const struct subject *s = context;

	snprintf(why, size, "told %u times", (unsigned)s->told);
	return s->told != (result >= 0);
}

static const struct fault_operation told_pressure = {
	.name = "tell the pressure of a map",
	.context = &subject,
	.prepare = learn,
	.set_up = new_metrics,
	.run = tell_pressure,
	.check = check_told,
	.flags =
		FAULT_MAY_SURVIVE, /* counted by a walk; counted before; a collector that fails is counted */
};

static int make_map_metrics(void *context, struct skep_error *err)
{
	struct subject *s = context;
	const struct skep_map_metrics_opts opts = { .sz = sizeof(opts),
						    .flags = SKEP_MAP_METRICS_DURATION };
	struct skep_map_metrics *metrics = NULL;
	int r = skep_map_metrics_new(s->metrics, "fault", &opts, &metrics, err);

	skep_map_metrics_free(metrics);
	return r;
}

static int count_bytes(const char *bytes, size_t len, void *userdata)
{
	(void)bytes;
	*(size_t *)userdata += len;
	return 0;
}

/* Whatever went wrong, the registry has no half of a metric in it. */
static int check_empty(void *context, int result, char *why, size_t size)
{
	const struct subject *s = context;
	size_t len = 0;
	int r = skep_metrics_print(s->metrics, SKEP_METRICS_PROMETHEUS, count_bytes, &len, NULL);

	(void)result;
	snprintf(why, size, "%zu bytes are told, %d", len, r);
	return r < 0 || len;
}

static const struct fault_operation map_metrics = {
	.name = "count operations on a map",
	.context = &subject,
	.set_up = new_metrics,
	.run = make_map_metrics,
	.check = check_empty,
	.flags = FAULT_NO_CALLS,
};

static int read_totals(void *context, struct skep_error *err)
{
	static const char *const patterns[] = { "skep_no_such_*" };
	struct skep_map_totals_value value = { .progs = 4711 };
	struct subject *s = context;
	int r = skep_map_totals_read(patterns, 1, &value, err);

	s->told = value.progs;
	return r;
}

static int check_totals(void *context, int result, char *why, size_t size)
{
	const struct subject *s = context;

	snprintf(why, size, "%u programs", (unsigned)s->told);
	return s->told != (result < 0 ? 4711u : 0u);
}

static const struct fault_operation totals = {
	.name = "look at all programs",
	.context = &subject,
	.run = read_totals,
	.check = check_totals,
};

/* The registry. */

static int new_registry(void *context)
{
	struct subject *s = context;
	int r = make_filled(s);

	return r < 0 ? r : skep_map_registry_new(NULL, &s->registry, NULL);
}

static int visit(struct skep_map *map, const char *path, void *userdata)
{
	struct subject *s = userdata;

	s->told += map == s->map && !strcmp(path, "fault");
	return 0;
}

static int register_and_list(void *context, struct skep_error *err)
{
	struct subject *s = context;
	int r = skep_map_registry_add(s->registry, s->map, NULL, err);

	r = r < 0 ? r : skep_map_registry_list(s->registry, visit, s, err);
	skep_map_registry_remove(s->registry, s->map);
	return r;
}

static const struct fault_operation registry = {
	.name = "register a map",
	.context = &subject,
	.set_up = new_registry,
	.run = register_and_list,
	.check = check_told,
	.flags = FAULT_NO_CALLS,
};

int main(int argc, char **argv)
{
	const struct fault_operation *const operations[] = {
		&create_nested, &ensure_new,    &replace,    &commit,
		&open_again,    &compare_inner, &inner_spec, &count_best,
		&told_pressure, &map_metrics,   &totals,     &registry,
	};

	return fault_main(argc, argv, operations, ARRAY_SIZE(operations));
}
