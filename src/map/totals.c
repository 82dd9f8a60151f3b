/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include <skep/map_totals.h>

#include <errno.h>
#include <stdlib.h>

#include <skep/error.h>
#include <skep/fdinfo.h>
#include <skep/kabi.h>
#include <skep/metrics.h>
#include <skep/sys.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/time.h"
#include "map/key_set.h"
#include "sys/fail.h"
#include "text/pattern.h"

#define MAP_TRIES 4 /* a program may be bound to more maps while we ask */

struct totals {
	struct text_pattern **patterns;
	size_t count; /* of them */
};

struct skep_map_totals {
	struct totals totals;
	struct skep_metrics_collector *collector;
	uint64_t found_ns; /* when value was complete; 0: never */
	struct skep_map_totals_value value;
};

static void totals_fini(struct totals *t)
{
	while (t->count)
		text_pattern_free(t->patterns[--t->count]);
	free(t->patterns);
	t->patterns = NULL;
}

static int totals_init(struct totals *t, const char *const *patterns, size_t count,
		       struct skep_error *err)
{
	size_t i;
	int r = 0;

	*t = (struct totals){ .patterns = calloc(count + 1, sizeof(struct text_pattern *)) };
	if (!t->patterns)
		return skep_fail(err, -ENOMEM, SKEP_ERR_NO_MEMORY, "totals");
	for (i = 0; i < count && r == 0; i++) {
		r = text_pattern_new(patterns[i], &t->patterns[i], err);
		t->count += r == 0;
	}
	if (r < 0)
		totals_fini(t);
	return r;
}

static int matches(const struct totals *t, const char *name)
{
	size_t i;

	for (i = 0; i < t->count; i++)
		if (text_pattern_match(t->patterns[i], name))
			return 1;
	return !t->count;
}

/* Adds what the kernel says that an object takes. Return: 0; a negative errno. */
static int add_memory(int fd, uint64_t *bytes)
{
	struct skep_fdinfo info = { 0 };
	int r = skep_fdinfo_read(0, fd, &info, NULL);

	if (r == 0)
		*bytes += info.memlock_bytes;
	return r;
}

/* Counts a map that was not seen before. Return: 0; a negative errno. */
static int add_map(uint32_t id, struct map_key_set *seen, struct skep_map_totals_value *value)
{
	_cleanup_close_ int fd = -1;
	int r = map_key_set_add(seen, &id);

	if (r <= 0)
		return r;
	fd = skep_sys_fd_by_id(SKEP_OBJECT_MAP, id, 0);
	if (fd == -ENOENT)
		return 0;
	if (fd < 0)
		return fd;
	value->maps++;
	return add_memory(fd, &value->map_bytes);
}

static int add_maps(int prog_fd, uint32_t count, struct map_key_set *seen,
		    struct skep_map_totals_value *value)
{
	struct skep_prog_info info = { 0 };
	_cleanup_free_ uint32_t *ids = NULL;
	uint32_t room = 0, i;
	int tries, r = 0;

	for (tries = 0; count > room && tries < MAP_TRIES; tries++) {
		room = count;
		free(ids);
		ids = calloc(room, sizeof(*ids));
		if (!ids)
			return -ENOMEM;
		info = (struct skep_prog_info){ .nr_map_ids = room,
						.map_ids = SKEP_ATTR_POINTER(ids) };
		r = skep_sys_prog_info(prog_fd, &info, sizeof(info));
		if (r < 0)
			return r;
		count = info.nr_map_ids;
	}
	for (i = 0, r = 0; i < count && i < room && r == 0; i++)
		r = add_map(ids[i], seen, value);
	return r;
}

static int add_prog(const struct totals *t, uint32_t id, struct map_key_set *seen,
		    struct skep_map_totals_value *value)
{
	struct skep_prog_info info = { 0 };
	_cleanup_close_ int fd = -1;
	int r;

	fd = skep_sys_fd_by_id(SKEP_OBJECT_PROG, id, 0);
	if (fd == -ENOENT)
		return 0;
	if (fd < 0)
		return fd;
	r = skep_sys_prog_info(fd, &info, sizeof(info));
	if (r < 0 || !matches(t, info.name))
		return r < 0 ? r : 0;
	value->progs++;
	r = add_memory(fd, &value->prog_bytes);
	return r < 0 ? r : add_maps(fd, info.nr_map_ids, seen, value);
}

static int read_totals(const struct totals *t, struct skep_map_totals_value *ret_value,
		       struct skep_error *err)
{
	struct skep_map_totals_value value = { 0 };
	struct map_key_set seen;
	uint32_t id = 0;
	int r;

	map_key_set_init(&seen, sizeof(id));
	do {
		r = skep_sys_next_id(SKEP_OBJECT_PROG, id, &id);
		if (r == 0)
			r = add_prog(t, id, &seen, &value);
	} while (r == 0);
	map_key_set_fini(&seen);
	if (r != -ENOENT)
		return sys_fail(err, r, skep_operation_capabilities(SKEP_OPERATION_OBJECT_BY_ID),
				"look at all programs");
	*ret_value = value;
	return 0;
}

int skep_map_totals_read(const char *const *patterns, size_t count,
			 struct skep_map_totals_value *ret_value, struct skep_error *err)
{
	struct totals t;
	int r = totals_init(&t, patterns, count, err);

	if (r < 0)
		return r;
	r = read_totals(&t, ret_value, err);
	totals_fini(&t);
	return r;
}

static int tell(struct skep_metrics_scrape *scrape, const char *name, const char *help,
		uint64_t value)
{
	const struct skep_metric_desc desc = {
		.sz = sizeof(desc), .name = name, .help = help, .kind = SKEP_METRIC_GAUGE_MAX
	};

	return skep_metrics_scrape_add(scrape, &desc, NULL, (double)value);
}

static int collect(struct skep_metrics_scrape *scrape, void *userdata)
{
	struct skep_map_totals *t = userdata;
	const struct skep_map_totals_value *v = &t->value;
	int r = 0;

	if (t->found_ns <= skep_metrics_scrape_asked_ns(scrape)) {
		r = read_totals(&t->totals, &t->value, NULL);
		if (r < 0)
			return r;
		t->found_ns = time_now_ns(CLOCK_MONOTONIC);
	}
	r = tell(scrape, "bpf_progs", "BPF programs.", v->progs);
	if (r == 0)
		r = tell(scrape, "bpf_progs_virtual_memory_max_bytes",
			 "Memory that BPF programs take.", v->prog_bytes);
	if (r == 0)
		r = tell(scrape, "bpf_maps", "BPF maps that these programs use.", v->maps);
	if (r == 0)
		r = tell(scrape, "bpf_maps_virtual_memory_max_bytes",
			 "Memory that these BPF maps take.", v->map_bytes);
	return r;
}

int skep_map_totals_new(struct skep_metrics *metrics, const char *const *patterns, size_t count,
			struct skep_map_totals **ret_totals, struct skep_error *err)
{
	_cleanup_(skep_map_totals_freep) struct skep_map_totals *t = calloc(1, sizeof(*t));
	int r;

	if (!t)
		return skep_fail(err, -ENOMEM, SKEP_ERR_NO_MEMORY, "totals");
	r = totals_init(&t->totals, patterns, count, err);
	if (r == 0)
		r = skep_metrics_collector_new(metrics, collect, t, &t->collector, err);
	if (r < 0)
		return r;
	*ret_totals = take_ptr(t);
	return 0;
}

struct skep_map_totals *skep_map_totals_free(struct skep_map_totals *totals)
{
	if (totals) {
		skep_metrics_collector_free(totals->collector); /* it uses the rest */
		totals_fini(&totals->totals);
		free(totals);
	}
	return NULL;
}
