/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * Fills a map until it is full, is told so in words, and walks it by batches.
 *
 *	$ sudo ./map_walk
 *	update map 'counters': the map is full (max_entries 1000)
 *	1000 elements, sum of the values 499500
 */
#include <stdint.h>
#include <stdio.h>

#include <skep/error.h>
#include <skep/kabi.h>
#include <skep/sys.h>

static int fill(int fd)
{
	uint32_t key = 0;
	uint64_t value;
	int r;

	do {
		value = key;
		r = skep_sys_map_update(fd, &key, &value, SKEP_UPDATE_FLAG_NOEXIST);
		key++;
	} while (!r);
	return r;
}

int main(void)
{
	const struct skep_attr_map_create attr = {
		.map_type = SKEP_MAP_TYPE_HASH,
		.key_size = sizeof(uint32_t),
		.value_size = sizeof(uint64_t),
		.max_entries = 1000,
		.map_name = "counters",
	};
	_cleanup_(skep_sys_batch_closep) struct skep_sys_batch *walk = NULL;
	struct skep_error err = { 0 };
	const void *keys, *values;
	uint64_t sum = 0;
	int fd, r, i, count = 0;

	fd = skep_sys_map_create(&attr, sizeof(attr), &err);
	if (fd < 0)
		goto failed;
	skep_sys_map_fail(&err, fd, "update", fill(fd));
	printf("%s\n", err.msg);

	r = skep_sys_batch_open(fd, NULL, &walk, &err);
	if (r < 0)
		goto failed;
	while ((r = skep_sys_batch_next(walk, &keys, &values)) > 0)
		for (i = 0; i < r; i++, count++)
			sum += ((const uint64_t *)values)[i];
	if (r < 0) {
		skep_sys_map_fail(&err, fd, "walk", r);
		goto failed;
	}
	printf("%d elements, sum of the values %llu\n", count, (unsigned long long)sum);
	return 0;
failed:
	fprintf(stderr, "map_walk: %s\n", err.msg);
	return 1;
}
