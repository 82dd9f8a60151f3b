/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * Puts maps into a map, and visits them.
 *
 *	$ sudo ./map_in_map
 *	tenant 1: map 'quota' with 16 elements at most
 *	tenant 2: map 'quota' with 16 elements at most
 */
#include <stdint.h>
#include <stdio.h>

#include <skep/error.h>
#include <skep/kabi.h>
#include <skep/map.h>
#include <skep/map_object.h>

static int print(const void *key, struct skep_map *inner, void *userdata)
{
	(void)userdata;
	printf("tenant %u: map '%s' with %u elements at most\n", *(const uint32_t *)key,
	       skep_map_name(inner), skep_map_max_entries(inner));
	return 0;
}

int main(void)
{
	const struct skep_map_spec quota = {
		.sz = sizeof(quota),
		.name = "quota",
		.type = SKEP_MAP_TYPE_HASH,
		.key_size = sizeof(uint32_t),
		.value_size = sizeof(uint64_t),
		.max_entries = 16,
	};
	const struct skep_map_spec tenants = {
		.sz = sizeof(tenants),
		.name = "tenants",
		.type = SKEP_MAP_TYPE_ARRAY_OF_MAPS,
		.max_entries = 3,
		.inner = &quota,
	};
	_cleanup_(skep_map_closep) struct skep_map *outer = NULL;
	struct skep_error err = { 0 };
	int r = skep_map_create(&tenants, &outer, &err);
	uint32_t tenant;

	for (tenant = 1; r == 0 && tenant <= 2; tenant++) {
		_cleanup_(skep_map_closep) struct skep_map *inner = NULL;

		r = skep_map_create(&quota, &inner, &err);
		if (r == 0)
			r = skep_map_update_map(outer, &tenant, inner, 0, &err);
	}
	if (r == 0)
		r = skep_map_dump_inner(outer, print, NULL, &err);
	if (r < 0)
		fprintf(stderr, "map_in_map: %s\n", err.msg);
	return r < 0;
}
