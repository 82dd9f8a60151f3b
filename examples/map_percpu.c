/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * A counter that each CPU has of its own, set on the first CPU and added up.
 *
 *	$ sudo ./map_percpu
 *	key 7: 42 packets, 4200 bytes on all CPUs
 */
#include <stdint.h>
#include <stdio.h>

#include <skep/error.h>
#include <skep/kabi.h>
#include <skep/map.h>
#include <skep/map_percpu.h>

struct counter {
	uint64_t packets;
	uint64_t bytes;
};

static int print(const void *key, const void *values, uint32_t count, void *userdata)
{
	struct skep_map *map = userdata;
	struct counter sum;
	int r = skep_map_percpu_sum(map, values, &sum);

	(void)count;
	if (r == 0)
		printf("key %u: %llu packets, %llu bytes on all CPUs\n", *(const uint32_t *)key,
		       (unsigned long long)sum.packets, (unsigned long long)sum.bytes);
	return r;
}

int main(void)
{
	const struct skep_map_spec spec = {
		.sz = sizeof(spec),
		.name = "counters",
		.type = SKEP_MAP_TYPE_PERCPU_HASH,
		.key_size = sizeof(uint32_t),
		.value_size = sizeof(struct counter),
		.max_entries = 100,
	};
	const struct counter counter = { 42, 4200 };
	const uint32_t key = 7;
	_cleanup_(skep_map_closep) struct skep_map *map = NULL;
	struct skep_error err = { 0 };
	int r = skep_map_create(&spec, &map, &err);

	if (r == 0) {
		r = skep_map_update_slots(map, &key, 0, &counter, 1, 0);
		if (r < 0)
			skep_map_fail(&err, map, "update", r);
	}
	if (r == 0)
		r = skep_map_dump_percpu(map, NULL, print, map, NULL, &err);
	if (r < 0)
		fprintf(stderr, "map_percpu: %s\n", err.msg);
	return r < 0;
}
