/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* Maps of others: listing, finding, reading and importing them. */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <skep/kabi.h>
#include <skep/map.h>
#include <skep/map_export.h>
#include <skep/map_find.h>
#include <skep/map_format.h>
#include <skep/map_list.h>
#include <skep/map_snapshot.h>

#include "base/cleanup.h"
#include "base/error.h"

#include "operation.h"

#define ELEMENTS 3

struct subject {
	char name[16];        /* no other run's: they are done side by side */
	struct skep_map *map; /* of set_up() */
	struct skep_map *found;
	struct skep_map_list *list;
	struct skep_map_snapshot *snapshot;
};

static struct subject subject;

static int set_up(void *context)
{
	struct subject *s = context;
	const struct skep_map_spec spec = { .sz = sizeof(spec),
					    .name = s->name,
					    .type = SKEP_MAP_TYPE_HASH,
					    .key_size = 4,
					    .value_size = 4,
					    .max_entries = 8 };
	uint32_t i;
	int r;

	snprintf(s->name, sizeof(s->name), "fl_%d", getpid());
	r = skep_map_create(&spec, &s->map, NULL);
	for (i = 0; i < ELEMENTS && r == 0; i++)
		r = SKEP_MAP_UPDATE(s->map, &i, &i, 0);
	return r;
}

static int make_list(void *context, struct skep_error *err)
{
	const struct skep_map_list_opts opts = { .sz = sizeof(opts), .count_bytes = UINT64_MAX };

	return skep_map_list_new(&opts, &((struct subject *)context)->list, err);
}

/* What is missing in it has been told as missing. */
static int check_list(void *context, int result, char *why, size_t size)
{
	const struct subject *s = context;
	const struct skep_map_list_entry *e;
	const struct skep_map_list_gaps *g;

	snprintf(why, size, "there is %s list", s->list ? "a" : "no");
	if (result < 0)
		return s->list != NULL;
	e = skep_map_list_find(s->list, skep_map_id(s->map));
	snprintf(why, size, "the map is not in it");
	if (!e)
		return -1;
	g = skep_map_list_gaps(s->list);
	snprintf(why, size, "%u holders, %u unseen processes; %d elements",
		 (unsigned)e->holder_count, (unsigned)g->processes, (int)e->count);
	return (!e->holder_count && !g->processes) || (e->count >= 0 && e->count != ELEMENTS);
}

static void free_list(void *context)
{
	struct subject *s = context;

	s->list = skep_map_list_free(s->list);
}

/* A host may have hundreds of maps. */
#define ALIKE 16

/* Looking at every process makes a thousand calls of the other kinds, which are all alike. */
static const int list_calls[] = { SYS_bpf, SYS_openat, SYS_getdents64 };

static const struct fault_operation list = {
	.name = "list maps",
	.context = &subject,
	.set_up = set_up,
	.run = make_list,
	.check = check_list,
	.undo = free_list,
	.calls = list_calls,
	.call_count = ARRAY_SIZE(list_calls),
	.flags = FAULT_MAY_SURVIVE,
	.alike = ALIKE,
};

static int find(void *context, struct skep_error *err)
{
	struct subject *s = context;

	return skep_map_find(s->name, NULL, &s->found, err);
}

static int check_found(void *context, int result, char *why, size_t size)
{
	const struct subject *s = context;

	snprintf(why, size, "map %u is found", s->found ? skep_map_id(s->found) : 0);
	return result < 0 ? s->found != NULL : skep_map_id(s->found) != skep_map_id(s->map);
}

static void close_found(void *context)
{
	struct subject *s = context;

	s->found = skep_map_close(s->found);
}

static const struct fault_operation find_by_name = {
	.name = "find a map by its name",
	.context = &subject,
	.set_up = set_up,
	.run = find,
	.check = check_found,
	.undo = close_found,
	.flags = FAULT_MAY_SURVIVE, /* what an fd is can be told without /proc */
	.alike = ALIKE,
};

static int take(void *context, struct skep_error *err)
{
	struct subject *s = context;

	return skep_map_snapshot_new(s->map, &s->snapshot, err);
}

static int check_snapshot(void *context, int result, char *why, size_t size)
{
	const struct subject *s = context;
	uint64_t count = s->snapshot ? skep_map_snapshot_count(s->snapshot) : 0;

	snprintf(why, size, "%u elements", (unsigned)count);
	return count != (result < 0 ? 0 : ELEMENTS);
}

static void free_snapshot(void *context)
{
	struct subject *s = context;

	s->snapshot = skep_map_snapshot_free(s->snapshot);
}

static const struct fault_operation snapshot = {
	.name = "read a map",
	.context = &subject,
	.set_up = set_up,
	.run = take,
	.check = check_snapshot,
	.undo = free_snapshot,
	.flags = FAULT_MAY_SURVIVE,
};

static const char document[] =
	"{\"map\":{\"type\":\"hash\",\"key_size\":4,\"value_size\":4,\"max_entries\":8},"
	"\"entries\":[{\"key\":5,\"value\":5},{\"key\":6,\"value\":\"hex:06000000\"}]}";

static int import(void *context, struct skep_error *err)
{
	_cleanup_(skep_map_import_freep) struct skep_map_import *doc = NULL;
	_cleanup_(skep_map_formats_freep) struct skep_map_formats *formats = NULL;
	struct subject *s = context;
	int r = skep_map_import_new(document, sizeof(document) - 1, &doc, err);

	if (r == 0)
		r = skep_map_formats_new(s->map, NULL, &formats, err);
	return r < 0 ? r : skep_map_import_fill(doc, s->map, formats, 0, NULL, err);
}

static int check_import(void *context, int result, char *why, size_t size)
{
	const struct subject *s = context;
	uint32_t key = 6, value = 0;
	int r = SKEP_MAP_LOOKUP(s->map, &key, &value);

	snprintf(why, size, "the last element is %s", r == 0 ? "there" : "missing");
	return result == 0 && (r < 0 || value != 6);
}

static const struct fault_operation importing = {
	.name = "import into a map",
	.context = &subject,
	.set_up = set_up,
	.run = import,
	.check = check_import,
	.flags = FAULT_MAY_SURVIVE,
};

int main(int argc, char **argv)
{
	const struct fault_operation *const operations[] = { &list, &find_by_name, &snapshot,
							     &importing };

	return fault_main(argc, argv, operations, ARRAY_SIZE(operations));
}
