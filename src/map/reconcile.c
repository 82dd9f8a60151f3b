/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* One walk compares, then what differs is written. */
#include <skep/map_reconcile.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <skep/error.h>
#include <skep/kabi.h>
#include <skep/map_bulk.h>
#include <skep/map_dump.h>
#include <skep/sys.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/opts.h"
#include "map/desired.h"
#include "map/key.h"

#define CHUNK 1024             /* elements that are written at once */
#define CHUNK_BYTES (4u << 20) /* of values, unless one is larger */

#define FLAGS (SKEP_MAP_RECONCILE_DRY_RUN | SKEP_MAP_RECONCILE_KEEP | SKEP_MAP_RECONCILE_ZERO)

/* What the walk has seen of an element that is wanted. */
enum seen {
	SEEN_NOT = 0,
	SEEN_SAME,
	SEEN_OTHER, /* with another value */
};

struct run {
	struct skep_map *map;
	struct skep_map_reconcile_opts opts;
	struct skep_map_reconcile_report report;
	struct map_desired wanted;
	unsigned char *seen; /* enum seen, of each that is wanted */
	unsigned char *
		as_read; /* values as the kernel tells them; those of `wanted` unless they have fds */
	struct map_key_set gone; /* keys to be removed */
	unsigned char *key;      /* room for one */
	unsigned char *zeros;    /* a value */
	uint64_t present;        /* elements that the walk has seen */
	struct skep_error *err;

	/* what is to be written next */
	unsigned char *keys, *values;
	size_t *numbers; /* in `wanted` */
	int *codes;
	size_t count, room;
};

static int is_always_full(const struct skep_map *map)
{
	return !!(skep_map_type_facts(map->info.type) & SKEP_MAP_FACT_FULL);
}

static int fail_memory(const struct run *run)
{
	return skep_fail(run->err, -ENOMEM, SKEP_ERR_NO_MEMORY, "reconcile map '%s'",
			 run->map->info.name);
}

/* Of the map or program of an fd. Return: 0; a negative errno. */
static int id_of(const struct skep_map *map, int32_t fd, uint32_t *ret_id)
{
	const int of_maps = skep_map_type_is_map_of_maps(map->info.type);
	struct skep_map_info inner = { 0 };
	struct skep_prog_info prog = { 0 };
	int r = of_maps ? skep_sys_map_info(fd, &inner, sizeof(inner))
			: skep_sys_prog_info(fd, &prog, sizeof(prog));

	if (r < 0)
		return r;
	*ret_id = of_maps ? inner.id : prog.id;
	return 0;
}

/* What is wanted is written with fds: what would be read of it has ids. */
static int make_as_read(struct run *run, int fd_at)
{
	const size_t bytes = run->map->value_bytes, count = run->wanted.keys.count;
	unsigned char *value;
	uint32_t id;
	int32_t fd;
	size_t i;
	int r;

	run->as_read = malloc(count * bytes + 1);
	if (!run->as_read)
		return fail_memory(run);
	memcpy(run->as_read, run->wanted.values, count * bytes);
	for (i = 0; i < count; i++) {
		value = run->as_read + i * bytes + fd_at;
		memcpy(&fd, value, sizeof(fd));
		id = 0;
		r = fd_at && fd <= 0 ? 0 : id_of(run->map, fd, &id);
		if (r < 0)
			return skep_fail(run->err, r, SKEP_ERR_INVALID,
					 "reconcile map '%s': fd %d is not what such a map holds",
					 run->map->info.name, fd);
		memcpy(value, &id, sizeof(id));
	}
	return 0;
}

/* The bytes between the values of two CPUs mean nothing. */
static int is_same(const struct skep_map *map, const unsigned char *a, const unsigned char *b)
{
	size_t at;

	if (map->value_stride == map->info.value_size)
		return !memcmp(a, b, map->value_bytes);
	for (at = 0; at < map->value_bytes; at += map->value_stride)
		if (memcmp(a + at, b + at, map->info.value_size) != 0)
			return 0;
	return 1;
}

/* An element that nobody wants. */
static int look_at_other(struct run *run, const void *value)
{
	if (run->opts.flags & SKEP_MAP_RECONCILE_KEEP)
		return 0;
	if (is_always_full(run->map)) {
		if (is_same(run->map, value, run->zeros))
			return 0;
		if (!(run->opts.flags & SKEP_MAP_RECONCILE_ZERO))
			return skep_fail(
				run->err, -EOPNOTSUPP, SKEP_ERR_UNSUPPORTED,
				"reconcile map '%s': elements of a map of type %s cannot be "
				"removed.",
				run->map->info.name, skep_map_type_name(run->map->info.type, NULL));
	}
	return map_key_set_add(&run->gone, run->key) < 0 ? fail_memory(run) : 0;
}

static int look(const void *key, const void *value, void *userdata)
{
	struct run *run = userdata;
	const size_t bytes = run->map->value_bytes;
	size_t i;

	run->present++;
	map_key_canonical(&run->map->info, key, run->key);
	if (!map_key_set_find(&run->wanted.keys, run->key, &i))
		return look_at_other(run, value);
	if (run->as_read && is_same(run->map, run->as_read + i * bytes, value))
		run->seen[i] = SEEN_SAME;
	else
		run->seen[i] = SEEN_OTHER;
	return 0;
}

static void tell(struct run *run, uint32_t action, const void *key, const void *value, int code)
{
	struct skep_map_reconcile_report *report = &run->report;
	const struct skep_map_reconcile_change change = {
		.key = key,
		.value = value,
		.code = code == -ENOENT && action == SKEP_MAP_ACTION_REMOVE ? 0 : code,
		.action = action,
	};

	if (change.code < 0) {
		report->failed++;
		if (!report->first_error)
			report->first_error = code;
	} else if (code < 0) {
		report->vanished++;
	} else if (action == SKEP_MAP_ACTION_ADD) {
		report->added++;
	} else if (action == SKEP_MAP_ACTION_CHANGE) {
		report->changed++;
	} else {
		report->removed++;
	}
	if (run->opts.change_fn)
		run->opts.change_fn(&change, run->opts.userdata);
}

static int is_dry(const struct run *run)
{
	return !!(run->opts.flags & SKEP_MAP_RECONCILE_DRY_RUN);
}

/* Writes what has been gathered. */
static void flush(struct run *run)
{
	struct skep_map_bulk_result result = { 0 };
	uint32_t action;
	size_t i;

	if (is_dry(run))
		memset(run->codes, 0, run->count * sizeof(*run->codes));
	else
		skep_map_update_each(run->map, run->keys, run->values, run->count,
				     SKEP_UPDATE_FLAG_ANY, run->codes, &result, NULL);
	run->report.calls += result.calls;
	for (i = 0; i < run->count; i++) {
		action = run->seen[run->numbers[i]] == SEEN_NOT ? SKEP_MAP_ACTION_ADD
								: SKEP_MAP_ACTION_CHANGE;
		tell(run, action, run->keys + i * run->map->info.key_size,
		     run->values + i * run->map->value_bytes, run->codes[i]);
	}
	run->count = 0;
}

static void gather(struct run *run, size_t number)
{
	const size_t key_size = run->map->info.key_size, bytes = run->map->value_bytes;

	memcpy(run->keys + run->count * key_size, map_key_set_at(&run->wanted.keys, number),
	       key_size);
	memcpy(run->values + run->count * bytes, map_desired_value(&run->wanted, number), bytes);
	run->numbers[run->count++] = number;
	if (run->count == run->room)
		flush(run);
}

static void write_wanted(struct run *run)
{
	size_t i;

	for (i = 0; i < run->wanted.keys.count; i++)
		if (run->seen[i] != SEEN_SAME)
			gather(run, i);
	flush(run);
}

/* Of an array there is nothing to be removed: it is set to zero. */
static void zero_gone(struct run *run)
{
	size_t i;
	int r;

	for (i = 0; i < run->gone.count; i++) {
		r = 0;
		if (!is_dry(run)) {
			r = skep_map_update(run->map, map_key_set_at(&run->gone, i), run->zeros,
					    SKEP_UPDATE_FLAG_EXIST);
			run->report.calls++;
		}
		tell(run, SKEP_MAP_ACTION_REMOVE, map_key_set_at(&run->gone, i), NULL, r);
	}
}

static void remove_gone(struct run *run)
{
	struct skep_map_bulk_result result = { 0 };
	size_t at, i, count;

	if (is_always_full(run->map)) {
		zero_gone(run);
		return;
	}
	for (at = 0; at < run->gone.count; at += count) {
		count = run->gone.count - at < run->room ? run->gone.count - at : run->room;
		if (is_dry(run))
			memset(run->codes, 0, count * sizeof(*run->codes));
		else
			skep_map_delete_each(run->map, map_key_set_at(&run->gone, at), count,
					     run->codes, &result, NULL);
		run->report.calls += result.calls;
		for (i = 0; i < count; i++)
			tell(run, SKEP_MAP_ACTION_REMOVE, map_key_set_at(&run->gone, at + i), NULL,
			     run->codes[i]);
	}
}

/* Whether what is new fits beside what is to go. An LRU map makes room by itself, and not as we would. */
static int has_room(const struct run *run)
{
	uint64_t added = 0;
	size_t i;

	for (i = 0; i < run->wanted.keys.count; i++)
		added += run->seen[i] == SEEN_NOT;
	return skep_map_type_memory(run->map->info.type) != SKEP_MAP_MEMORY_LRU &&
	       run->present + added <= run->map->info.max_entries;
}

static int prepare(struct run *run, const struct skep_map_wanted *desired,
		   const struct skep_map_reconcile_opts *opts, int with_values)
{
	const struct skep_map *map = run->map;
	int fd_at, r = opts_copy(&run->opts, sizeof(run->opts), opts);

	if (r < 0 || run->opts.flags & ~(uint64_t)FLAGS)
		return skep_fail(run->err, r < 0 ? r : -EINVAL, SKEP_ERR_INVALID,
				 "reconcile map '%s': options", map->info.name);
	if (!map_is_comparable(map, &fd_at))
		return skep_fail(
			run->err, -EOPNOTSUPP, SKEP_ERR_UNSUPPORTED,
			"reconcile map '%s': what a map of type %s holds cannot be compared.",
			map->info.name, skep_map_type_name(map->info.type, NULL));
	r = map_desired_collect(&run->wanted, map, desired, with_values, run->err);
	if (r < 0)
		return r;
	run->room = CHUNK_BYTES / map->value_bytes;
	run->room = run->room > CHUNK ? CHUNK : run->room ? run->room : 1;
	map_key_set_init(&run->gone, map->info.key_size);
	run->seen = calloc(run->wanted.keys.count + 1, 1);
	run->key = malloc(map->info.key_size);
	run->zeros = calloc(1, map->value_bytes);
	run->keys = reallocarray(NULL, run->room, map->info.key_size);
	run->values = reallocarray(NULL, run->room, map->value_bytes);
	run->numbers = reallocarray(NULL, run->room, sizeof(*run->numbers));
	run->codes = reallocarray(NULL, run->room, sizeof(*run->codes));
	if (!run->seen || !run->key || !run->zeros || !run->keys || !run->values || !run->numbers ||
	    !run->codes)
		return fail_memory(run);
	if (with_values && fd_at >= 0)
		return make_as_read(run, fd_at);
	run->as_read = run->wanted.values;
	return 0;
}

static void finish(struct run *run)
{
	if (run->as_read != run->wanted.values)
		free(run->as_read);
	map_desired_fini(&run->wanted);
	map_key_set_fini(&run->gone);
	free(run->seen);
	free(run->key);
	free(run->zeros);
	free(run->keys);
	free(run->values);
	free(run->numbers);
	free(run->codes);
}

/* The words of all that failed: how much, and the first. */
static int fail_changes(const struct run *run)
{
	const struct skep_map_reconcile_report *report = &run->report;
	const uint64_t all = report->added + report->changed + report->removed + report->failed;

	skep_map_fail(run->err, run->map, "change", (int)report->first_error);
	return skep_wrap(run->err, (int)report->first_error,
			 "%llu of %llu changes failed, the first: ",
			 (unsigned long long)report->failed, (unsigned long long)all);
}

static int run_all(struct run *run, int writes)
{
	struct skep_map_dump_stats stats = { 0 };
	size_t i;
	int r = skep_map_dump(run->map, NULL, look, run, &stats, run->err);

	run->report.calls += stats.calls;
	if (r < 0)
		return r;
	if (!writes) {
		remove_gone(run);
		return 0;
	}
	for (i = 0; i < run->wanted.keys.count; i++)
		run->report.unchanged += run->seen[i] == SEEN_SAME;
	if (has_room(run)) {
		write_wanted(run);
		remove_gone(run);
	} else {
		remove_gone(run);
		write_wanted(run);
	}
	return 0;
}

static int reconcile(struct skep_map *map, const struct skep_map_wanted *desired,
		     const struct skep_map_reconcile_opts *opts, int writes,
		     struct skep_map_reconcile_report *ret_report, struct skep_error *err)
{
	struct run run = { .map = map, .err = err };
	int r = prepare(&run, desired, opts, writes);

	r = r < 0 ? r : run_all(&run, writes);
	if (r == 0 && run.report.first_error)
		r = fail_changes(&run);
	if (ret_report)
		*ret_report = run.report;
	finish(&run);
	return r;
}

int skep_map_reconcile(struct skep_map *map, const struct skep_map_wanted *desired,
		       const struct skep_map_reconcile_opts *opts,
		       struct skep_map_reconcile_report *ret_report, struct skep_error *err)
{
	return reconcile(map, desired, opts, 1, ret_report, err);
}

int skep_map_prune(struct skep_map *map, const struct skep_map_wanted *desired,
		   const struct skep_map_reconcile_opts *opts,
		   struct skep_map_reconcile_report *ret_report, struct skep_error *err)
{
	return reconcile(map, desired, opts, 0, ret_report, err);
}
