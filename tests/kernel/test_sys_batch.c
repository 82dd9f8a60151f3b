/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* Walks over all elements of a map by batches, and changes of many at once. */
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <skep/kabi.h>
#include <skep/sys.h>

#include "bpf_fixture.h"

#define MANY 10000u

static void fill(int fd, uint32_t count)
{
	uint64_t value;
	uint32_t key;

	for (key = 0; key < count; key++) {
		value = key * 10ull;
		assert_int_equal(skep_sys_map_update(fd, &key, &value, 0), 0);
	}
}

static struct skep_sys_batch *open_walk(int fd, uint64_t chunk_count, uint64_t flags)
{
	const struct skep_sys_batch_opts opts = { .sz = sizeof(opts),
						  .chunk_count = chunk_count,
						  .flags = flags };
	struct skep_sys_batch *walk = NULL;
	struct skep_error err = { 0 };

	assert_done(skep_sys_batch_open(fd, &opts, &walk, &err), &err);
	return walk;
}

/* Counts how often each key below @count was delivered, and checks its value. Return: as skep_sys_batch_next(). */
static int count_all(struct skep_sys_batch *walk, uint32_t count, uint8_t *seen)
{
	const void *keys, *values;
	uint32_t key;
	uint64_t value;
	int i, r;

	memset(seen, 0, count);
	while ((r = skep_sys_batch_next(walk, &keys, &values)) > 0)
		for (i = 0; i < r; i++) {
			key = ((const uint32_t *)keys)[i];
			memcpy(&value,
			       (const char *)values + (size_t)i * skep_sys_batch_value_stride(walk),
			       sizeof(value));
			if (key >= count)
				continue;
			assert_int_equal(value, key * 10ull);
			seen[key]++;
		}
	return r;
}

static void assert_each_once(const uint8_t *seen, uint32_t count)
{
	uint32_t i;

	for (i = 0; i < count; i++)
		if (seen[i] != 1)
			fail_msg("key %u was delivered %u times", i, seen[i]);
}

static void walk__delivers_each_element_once(void **state)
{
	static const uint64_t chunks[] = { 0, 1, 3, 1000, MANY };
	static uint8_t seen[MANY];
	struct skep_sys_batch *walk;
	size_t i;
	int fd = fixture_map(SKEP_MAP_TYPE_HASH, 4, 8, MANY, 0);

	(void)state;
	fill(fd, MANY);
	for (i = 0; i < sizeof(chunks) / sizeof(chunks[0]); i++) {
		walk = open_walk(fd, chunks[i], 0); /* of 1: buckets with more make room grow */
		assert_int_equal(count_all(walk, MANY, seen), 0);
		assert_each_once(seen, MANY);
		assert_int_equal(count_all(walk, MANY, seen), 0); /* and begins again */
		assert_each_once(seen, MANY);
		skep_sys_batch_close(walk);
	}
	close(fd);
}

static void walk__goes_over_other_types_too(void **state)
{
	static const uint32_t types[] = { SKEP_MAP_TYPE_ARRAY, SKEP_MAP_TYPE_LRU_HASH,
					  SKEP_MAP_TYPE_HASH };
	static uint8_t seen[100];
	struct skep_sys_batch *walk;
	size_t i;
	int fd;

	(void)state;
	for (i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		fd = fixture_map(types[i], 4, 8, 100, 0);
		fill(fd, 100);
		walk = open_walk(fd, 7, 0);
		assert_int_equal(count_all(walk, 100, seen), 0);
		assert_each_once(seen, 100);
		skep_sys_batch_close(walk);
		close(fd);
	}
}

static void walk__of_an_empty_map_is_over_at_once(void **state)
{
	int fd = fixture_map(SKEP_MAP_TYPE_HASH, 4, 8, 16, 0);
	struct skep_sys_batch *walk = open_walk(fd, 0, 0);
	const void *keys, *values;

	(void)state;
	assert_int_equal(skep_sys_batch_next(walk, &keys, &values), 0);
	assert_int_equal(skep_sys_batch_next(walk, &keys, &values), 0);
	fill(fd, 3);
	assert_int_equal(skep_sys_batch_next(walk, &keys, &values), 3);
	assert_int_equal(skep_sys_batch_next(walk, &keys, &values), 0);
	skep_sys_batch_close(walk);
	close(fd);
}

static void walk__of_a_per_cpu_map_has_a_value_for_each_cpu(void **state)
{
	int fd = fixture_map(SKEP_MAP_TYPE_PERCPU_HASH, 4, 4, 10, 0), i, r;
	struct skep_sys_batch *walk = open_walk(fd, 0, 0);
	size_t stride = skep_sys_batch_value_stride(walk), cpu;
	uint64_t *value = calloc(1, stride);
	const void *keys, *values;
	uint32_t key;

	(void)state;
	assert_int_equal(stride % 8, 0);
	for (key = 0; key < 10; key++) {
		for (cpu = 0; cpu < stride / 8; cpu++)
			value[cpu] = key * 100 + cpu;
		assert_int_equal(skep_sys_map_update(fd, &key, value, 0), 0);
	}
	r = skep_sys_batch_next(walk, &keys, &values);
	assert_int_equal(r, 10);
	for (i = 0; i < r; i++)
		for (cpu = 0; cpu < stride / 8; cpu++) {
			memcpy(value, (const char *)values + (size_t)i * stride, stride);
			assert_int_equal((uint32_t)value[cpu],
					 ((const uint32_t *)keys)[i] * 100 + cpu);
		}
	free(value);
	skep_sys_batch_close(walk);
	close(fd);
}

static void walk__takes_the_elements_out(void **state)
{
	static uint8_t seen[MANY];
	int fd = fixture_map(SKEP_MAP_TYPE_HASH, 4, 8, MANY, 0);
	struct skep_sys_batch *walk = open_walk(fd, 100, SKEP_SYS_BATCH_DELETE);
	uint32_t key;

	(void)state;
	fill(fd, MANY);
	assert_int_equal(count_all(walk, MANY, seen), 0);
	assert_each_once(seen, MANY);
	assert_int_equal(skep_sys_map_next_key(fd, NULL, &key), -ENOENT);
	skep_sys_batch_close(walk);
	close(fd);
}

struct churn {
	int fd;
	atomic_int stop;
	atomic_uint turns;
};

/* Adds, changes and removes keys beyond those that stay. */
static void *churn(void *userdata)
{
	struct churn *c = userdata;
	uint64_t value = 1;
	uint32_t key;

	while (!c->stop) {
		for (key = MANY; key < MANY + 2000; key++)
			skep_sys_map_update(c->fd, &key, &value, 0);
		for (key = MANY; key < MANY + 2000; key++)
			skep_sys_map_delete(c->fd, &key);
		c->turns++;
	}
	return NULL;
}

static void walk__delivers_what_stays_once_while_others_write(void **state)
{
	static uint8_t seen[MANY];
	struct churn c = { .fd = fixture_map(SKEP_MAP_TYPE_HASH, 4, 8, 2 * MANY, 0) };
	struct skep_sys_batch *walk = open_walk(c.fd, 64, 0);
	pthread_t thread;
	int i;

	(void)state;
	fill(c.fd, MANY);
	assert_int_equal(pthread_create(&thread, NULL, churn, &c), 0);
	for (i = 0; i < 30 || c.turns < 2; i++) {
		assert_int_equal(count_all(walk, MANY, seen), 0);
		assert_each_once(seen, MANY);
	}
	c.stop = 1;
	pthread_join(thread, NULL);
	skep_sys_batch_close(walk);
	close(c.fd);
}

static void walk__says_where_there_are_no_batches(void **state)
{
	int fd = fixture_map(SKEP_MAP_TYPE_PROG_ARRAY, 4, 4, 4, 0);
	struct skep_sys_batch *walk = open_walk(fd, 0, 0);
	int not_a_map = dup(1);
	struct skep_error err = { 0 };
	const void *keys, *values;

	(void)state;
	assert_int_equal(skep_sys_batch_next(walk, &keys, &values), -EOPNOTSUPP);
	skep_sys_batch_close(walk);
	close(fd);
	assert_int_equal(skep_sys_batch_open(not_a_map, NULL, &walk, &err), -EINVAL);
	assert_true(err.msg[0] != '\0');
	close(not_a_map);
}

static void update_batch__tells_how_many_were_set(void **state)
{
	int fd = fixture_map(SKEP_MAP_TYPE_HASH, 4, 8, 10, 0);
	uint64_t values[20] = { 0 };
	uint32_t keys[20], i, count = 20;

	(void)state;
	for (i = 0; i < 20; i++)
		keys[i] = i;
	assert_int_equal(skep_sys_map_update_batch(fd, keys, values, &count, 0), -E2BIG);
	assert_int_equal(count, 10);
	count = 5;
	assert_int_equal(skep_sys_map_update_batch(fd, keys, values, &count, 0), 0);
	assert_int_equal(count, 5);
	count = 5;
	assert_int_equal(skep_sys_map_update_batch(-1, keys, values, &count, 0), -EBADF);
	assert_int_equal(count, 0);
	close(fd);
}

static void delete_batch__tells_how_many_were_removed(void **state)
{
	int fd = fixture_map(SKEP_MAP_TYPE_HASH, 4, 8, 10, 0);
	uint32_t keys[] = { 1, 2, 77, 3 }, count = 4;
	uint64_t value;

	(void)state;
	fill(fd, 10);
	assert_int_equal(skep_sys_map_delete_batch(fd, keys, &count, 0), -ENOENT);
	assert_int_equal(count, 2);
	assert_int_equal(skep_sys_map_lookup(fd, &keys[3], &value, 0), 0);
	assert_int_equal(skep_sys_map_lookup(fd, &keys[0], &value, 0), -ENOENT);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(walk__delivers_each_element_once),
		cmocka_unit_test(walk__goes_over_other_types_too),
		cmocka_unit_test(walk__of_an_empty_map_is_over_at_once),
		cmocka_unit_test(walk__of_a_per_cpu_map_has_a_value_for_each_cpu),
		cmocka_unit_test(walk__takes_the_elements_out),
		cmocka_unit_test(walk__delivers_what_stays_once_while_others_write),
		cmocka_unit_test(walk__says_where_there_are_no_batches),
		cmocka_unit_test(update_batch__tells_how_many_were_set),
		cmocka_unit_test(delete_batch__tells_how_many_were_removed),
	};

	return cmocka_run_group_tests_name("sys_batch", tests, NULL, NULL);
}
