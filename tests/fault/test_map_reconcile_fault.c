/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* Maps made equal to what is wanted, maps in memory, objects in maps. */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <skep/kabi.h>
#include <skep/map.h>
#include <skep/map_mmap.h>
#include <skep/map_object.h>
#include <skep/map_percpu.h>
#include <skep/map_reconcile.h>
#include <skep/map_reconciler.h>

#include "base/cleanup.h"
#include "base/error.h"

#include "operation.h"

#define ELEMENTS 300u

struct item {
	uint64_t value;
	uint32_t key;
	uint32_t pad;
};

static const struct skep_map_object_type item_type = { SKEP_MAP_MEMBERS(struct item, key, value) };

struct subject {
	struct skep_map *map; /* of set_up() */
	struct skep_map_mapping *mapping;
	struct skep_map_reconcile_report report;
	struct item items[ELEMENTS];
	uint64_t type, flags;
	int64_t failed; /* of the reconciler: elements that wait for another try */
};

static struct subject hash = { .type = SKEP_MAP_TYPE_HASH },
		      percpu = { .type = SKEP_MAP_TYPE_PERCPU_HASH },
		      memory = { .type = SKEP_MAP_TYPE_ARRAY, .flags = SKEP_MAP_FLAG_MMAPABLE },
		      maps = { .type = SKEP_MAP_TYPE_ARRAY_OF_MAPS };

static const struct skep_map_spec inner = {
	.sz = sizeof(inner), .type = SKEP_MAP_TYPE_ARRAY, .value_size = 8, .max_entries = 1
};

/* A map with one element that is wanted, one that is not, and one with another value. */
static int make_map(void *context)
{
	struct subject *s = context;
	const struct skep_map_spec spec = {
		.sz = sizeof(spec),
		.type = s->type,
		.key_size = 4,
		.value_size = s->type == SKEP_MAP_TYPE_ARRAY_OF_MAPS ? 4 : 8,
		.max_entries = 2 * ELEMENTS,
		.flags = s->flags,
		.inner = &inner,
	};
	static uint64_t values[1024];
	uint32_t key, i;
	int r = skep_map_create(&spec, &s->map, NULL);

	for (i = 0; i < ELEMENTS; i++)
		s->items[i] = (struct item){ .key = i, .value = i };
	values[0] = 1;
	for (key = 1; r >= 0 && key < 2 * ELEMENTS && s->type != SKEP_MAP_TYPE_ARRAY_OF_MAPS;
	     key += ELEMENTS)
		r = skep_map_update(s->map, &key, values, 0);
	return r;
}

static int reconcile(void *context, struct skep_error *err)
{
	struct subject *s = context;
	const struct skep_map_wanted desired = {
		.sz = sizeof(desired),
		.type = &item_type,
		.objects = s->items,
		.object_count = ELEMENTS,
		.object_bytes = sizeof(s->items[0]),
	};

	return skep_map_reconcile(s->map, &desired, NULL, &s->report, err);
}

/* What it says that it did, it did. */
static int check_reconciled(void *context, int result, char *why, size_t size)
{
	const struct subject *s = context;
	const struct skep_map_reconcile_report *r = &s->report;

	snprintf(why, size, "added %llu, changed %llu, removed %llu, unchanged %llu, failed %llu",
		 (unsigned long long)r->added, (unsigned long long)r->changed,
		 (unsigned long long)r->removed, (unsigned long long)r->unchanged,
		 (unsigned long long)r->failed);
	if (result < 0)
		return 0;
	return r->added != ELEMENTS - 1 || r->removed != 1 || r->failed ||
	       r->changed + r->unchanged != 1;
}

static const struct fault_operation reconcile_hash = {
	.name = "reconcile a hash",
	.context = &hash,
	.set_up = make_map,
	.run = reconcile,
	.check = check_reconciled,
	.flags = FAULT_MAY_SURVIVE, /* the possible CPUs are counted otherwise */
};

static const struct fault_operation reconcile_percpu = {
	.name = "reconcile values of each CPU",
	.context = &percpu,
	.set_up = make_map,
	.run = reconcile,
	.check = check_reconciled,
	.flags = FAULT_MAY_SURVIVE,
};

static int keep(void *context, struct skep_error *err)
{
	struct subject *s = context;
	_cleanup_(skep_map_reconciler_closep) struct skep_map_reconciler *r = NULL;
	uint32_t i;
	int ret = skep_map_reconciler_open(s->map, NULL, &r, err);

	if (ret < 0)
		return ret;
	skep_map_reconciler_initialised(r);
	for (i = 0; i < ELEMENTS && ret >= 0; i++)
		ret = skep_map_reconciler_set(r, &s->items[i].key, &s->items[i].value, NULL);
	if (ret >= 0)
		ret = skep_map_reconciler_dispatch(r, 0);
	if (ret < 0)
		return skep_fail(err, ret, SKEP_ERR_NO_MEMORY, "keep a map");
	s->failed = (int64_t)skep_map_reconciler_stats(r)->failed;
	return 0;
}

static int check_kept(void *context, int result, char *why, size_t size)
{
	const struct subject *s = context;

	snprintf(why, size, "%lld elements have failed", (long long)s->failed);
	return result >= 0 && (s->failed < 0 || s->failed > (int64_t)ELEMENTS);
}

static const struct fault_operation reconciler = {
	.name = "keep a map",
	.context = &hash,
	.set_up = make_map,
	.run = keep,
	.check = check_kept,
	.flags = FAULT_MAY_SURVIVE, /* what fails waits for another try */
};

static int map_into_memory(void *context, struct skep_error *err)
{
	struct subject *s = context;

	return skep_map_mapping_open(s->map, SKEP_MAP_MAPPING_WRITE, &s->mapping, err);
}

static void unmap(void *context)
{
	struct subject *s = context;

	s->mapping = skep_map_mapping_close(s->mapping);
}

static const struct fault_operation mapping = {
	.name = "map into memory",
	.context = &memory,
	.set_up = make_map,
	.run = map_into_memory,
	.undo = unmap,
};

static int hold_map(void *context, struct skep_error *err)
{
	struct subject *s = context;
	_cleanup_(skep_map_closep) struct skep_map *made = NULL, *found = NULL;
	uint32_t key = 1;
	int r = skep_map_create(&inner, &made, err);

	r = r < 0 ? r : skep_map_update_map(s->map, &key, made, 0, err);
	return r < 0 ? r : skep_map_open_inner(s->map, &key, &found, err);
}

static const struct fault_operation hold = {
	.name = "put a map into a map",
	.context = &maps,
	.set_up = make_map,
	.run = hold_map,
	.flags = FAULT_MAY_SURVIVE,
};

static int read_cpu(void *context, struct skep_error *err)
{
	struct subject *s = context;
	uint32_t key = 1;
	uint64_t value;

	(void)err;
	return skep_map_lookup_cpu(s->map, &key, 0, &value);
}

static const struct fault_operation one_cpu = {
	.name = "read the value of one CPU",
	.context = &percpu,
	.set_up = make_map,
	.run = read_cpu,
	.flags = FAULT_MAY_SURVIVE | FAULT_WORDLESS,
};

int main(int argc, char **argv)
{
	const struct fault_operation *const operations[] = {
		&reconcile_hash, &reconcile_percpu, &reconciler, &mapping, &hold, &one_cpu,
	};

	return fault_main(argc, argv, operations, ARRAY_SIZE(operations));
}
