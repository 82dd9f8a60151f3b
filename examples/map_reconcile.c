/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * Makes a map equal to a table of the program: only what differs is written.
 *
 *	$ sudo ./map_reconcile
 *	added 3, changed 0, removed 0, unchanged 0
 *	added 1, changed 1, removed 1, unchanged 1
 */
#include <stdint.h>
#include <stdio.h>

#include <skep/error.h>
#include <skep/kabi.h>
#include <skep/map.h>
#include <skep/map_reconcile.h>

struct route {
	uint32_t from;
	uint32_t to;
};

static const struct skep_map_object_type route_type = { SKEP_MAP_MEMBERS(struct route, from, to) };

static int apply(struct skep_map *map, const struct route *routes, uint64_t count,
		 struct skep_error *err)
{
	const struct skep_map_wanted desired = {
		.sz = sizeof(desired),
		.type = &route_type,
		.objects = routes,
		.object_count = count,
		.object_bytes = sizeof(*routes),
	};
	struct skep_map_reconcile_report report;
	int r = skep_map_reconcile(map, &desired, NULL, &report, err);

	if (r == 0)
		printf("added %llu, changed %llu, removed %llu, unchanged %llu\n",
		       (unsigned long long)report.added, (unsigned long long)report.changed,
		       (unsigned long long)report.removed, (unsigned long long)report.unchanged);
	return r;
}

int main(void)
{
	static const struct route yesterday[] = { { 1, 10 }, { 2, 20 }, { 3, 30 } };
	static const struct route today[] = { { 1, 10 }, { 2, 21 }, { 4, 40 } };
	const struct skep_map_spec spec = {
		.sz = sizeof(spec),
		.name = "routes",
		.type = SKEP_MAP_TYPE_HASH,
		.key_size = sizeof(uint32_t),
		.value_size = sizeof(uint32_t),
		.max_entries = 100,
	};
	_cleanup_(skep_map_closep) struct skep_map *map = NULL;
	struct skep_error err = { 0 };
	int r = skep_map_create(&spec, &map, &err);

	r = r < 0 ? r : apply(map, yesterday, 3, &err);
	r = r < 0 ? r : apply(map, today, 3, &err);
	if (r < 0)
		fprintf(stderr, "map_reconcile: %s\n", err.msg);
	return r < 0;
}
