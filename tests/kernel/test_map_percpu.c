/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* Values for each CPU. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <skep/kabi.h>
#include <skep/map.h>
#include <skep/map_bulk.h>
#include <skep/map_percpu.h>

#include "bpf_fixture.h"

struct counter {
	uint64_t packets, bytes;
};

static const uint64_t types[] = { SKEP_MAP_TYPE_PERCPU_HASH, SKEP_MAP_TYPE_PERCPU_ARRAY,
				  SKEP_MAP_TYPE_LRU_PERCPU_HASH };

#define TYPES (sizeof(types) / sizeof(types[0]))

static struct skep_map *make(uint64_t type, uint64_t value_size)
{
	const struct skep_map_spec spec = {
		.sz = sizeof(spec),
		.name = "percpu",
		.type = type,
		.key_size = 4,
		.value_size = value_size,
		.max_entries = 64,
	};
	struct skep_map *map = NULL;
	struct skep_error err = { 0 };

	assert_done(skep_map_create(&spec, &map, &err), &err);
	return map;
}

/* Packets: 1 on the first CPU, 2 on the second ... Bytes: ten times as many. */
static struct counter *fill(struct skep_map *map, uint32_t key)
{
	const uint32_t count = skep_map_percpu_count(map);
	struct counter *counters = calloc(count, sizeof(*counters));
	uint32_t i;

	assert_non_null(counters);
	for (i = 0; i < count; i++)
		counters[i] = (struct counter){ i + 1, 10 * (i + 1) };
	assert_int_equal(skep_map_update(map, &key, counters, 0), 0);
	return counters;
}

static void percpu__has_a_slot_for_each_possible_cpu(void **state)
{
	struct skep_map *map = make(SKEP_MAP_TYPE_PERCPU_HASH, 12), *plain;
	const uint32_t count = skep_map_percpu_count(map);
	char values[16] = "";
	uint32_t slot;

	(void)state;
	assert_int_equal(count, sysconf(_SC_NPROCESSORS_CONF));
	assert_int_equal(skep_map_value_stride(map), 16);
	for (slot = 0; slot < count; slot++)
		assert_int_equal(skep_map_percpu_slot((uint32_t)skep_map_percpu_cpu(slot)), slot);
	assert_int_equal(skep_map_percpu_cpu(count), -ENODEV);
	assert_int_equal(skep_map_percpu_slot(1u << 20), -ENODEV);
	assert_int_equal(skep_map_percpu_slot(UINT32_MAX), -ENODEV);
	assert_ptr_equal(skep_map_percpu_at(map, values, 0), values);
	assert_null(skep_map_percpu_at(map, values, count));
	plain = make(SKEP_MAP_TYPE_HASH, 16);
	assert_int_equal(skep_map_percpu_count(plain), 0);
	assert_null(skep_map_percpu_at(plain, values, 0));
	skep_map_close(plain);
	skep_map_close(map);
}

static int add_cpu(uint32_t cpu, const void *value, void *userdata)
{
	const struct counter *counter = value;
	uint64_t *sum = userdata;

	assert_int_equal(counter->packets, cpu + 1);
	*sum += counter->bytes;
	return cpu == 1000 ? 1 : 0;
}

static int stop(uint32_t cpu, const void *value, void *userdata)
{
	(void)cpu;
	(void)value;
	(void)userdata;
	return 5;
}

static void percpu__folds_into_one_value(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < TYPES; i++) {
		struct skep_map *map = make(types[i], sizeof(struct counter));
		const uint64_t count = skep_map_percpu_count(map), all = count * (count + 1) / 2;
		struct counter *counters = fill(map, 3), sum = { 0 }, max = { 0 };
		uint64_t bytes = 0;

		assert_int_equal(skep_map_percpu_sum(map, counters, &sum), 0);
		assert_int_equal(sum.packets, all);
		assert_int_equal(sum.bytes, 10 * all);
		assert_int_equal(skep_map_percpu_max(map, counters, &max), 0);
		assert_int_equal(max.packets, count);
		assert_int_equal(max.bytes, 10 * count);
		assert_int_equal(skep_map_percpu_fold(map, counters, add_cpu, &bytes), 0);
		assert_int_equal(bytes, 10 * all);
		assert_int_equal(skep_map_percpu_fold(map, counters, stop, NULL), 5);
		free(counters);
		skep_map_close(map);
	}
}

static void percpu__refuses_to_add_up_what_are_no_numbers(void **state)
{
	struct skep_map *map = make(SKEP_MAP_TYPE_PERCPU_HASH, 12);
	struct skep_map *plain = make(SKEP_MAP_TYPE_HASH, 8);
	uint64_t value[2] = { 0 };
	uint32_t key = 1;

	(void)state;
	assert_int_equal(skep_map_percpu_sum(map, value, value), -EINVAL);
	assert_int_equal(skep_map_percpu_sum(plain, value, value), -EINVAL);
	assert_int_equal(skep_map_percpu_max(plain, value, value), -EINVAL);
	assert_int_equal(skep_map_percpu_fold(plain, value, stop, NULL), -EINVAL);
	assert_int_equal(skep_map_lookup_cpu(plain, &key, 0, value), -EINVAL);
	assert_int_equal(skep_map_update_cpu(plain, &key, 0, value, 0), -EINVAL);
	assert_int_equal(skep_map_update_slots(plain, &key, 0, value, 1, 0), -EINVAL);
	assert_int_equal(skep_map_update_all_cpus(plain, &key, value, 0), -EINVAL);
	skep_map_close(plain);
	skep_map_close(map);
}

static void percpu__reads_one_cpu(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < TYPES; i++) {
		struct skep_map *map = make(types[i], sizeof(struct counter));
		const uint32_t count = skep_map_percpu_count(map), absent = 99;
		struct counter *counters = fill(map, 3), one = { 0 };
		uint32_t key = 3, slot;

		for (slot = 0; slot < count; slot++) {
			const uint32_t cpu = (uint32_t)skep_map_percpu_cpu(slot);

			assert_int_equal(skep_map_lookup_cpu(map, &key, cpu, &one), 0);
			assert_int_equal(one.packets, slot + 1);
		}
		assert_int_equal(skep_map_lookup_cpu(map, &absent, 0, &one), -ENOENT);
		assert_int_equal(skep_map_lookup_cpu(map, &key, 1u << 20, &one), -ENODEV);
		free(counters);
		skep_map_close(map);
	}
}

/* Of a value that is no multiple of 8 bytes, what is beyond it stays as it is. */
static void percpu__reads_no_more_than_a_value(void **state)
{
	struct skep_map *map = make(SKEP_MAP_TYPE_PERCPU_HASH, 4);
	uint32_t key = 1, out[2] = { 0, 0xabcdabcd }, in = 7;

	(void)state;
	assert_int_equal(skep_map_update_slots(map, &key, 0, &in, 1, 0), 0);
	assert_int_equal(skep_map_lookup_cpu(map, &key, 0, out), 0);
	assert_int_equal(out[0], 7);
	assert_int_equal(out[1], 0xabcdabcd);
	skep_map_close(map);
}

static void percpu__sets_one_cpu_and_leaves_the_others_where_it_can(void **state)
{
	size_t i;
	int refused = 0;

	(void)state;
	for (i = 0; i < TYPES; i++) {
		struct skep_map *map = make(types[i], sizeof(struct counter));
		const uint32_t last = skep_map_percpu_count(map) - 1;
		struct counter *counters = fill(map, 3), one = { 77, 78 };
		uint32_t key = 3, cpu = (uint32_t)skep_map_percpu_cpu(last);
		int r = skep_map_update_cpu(map, &key, cpu, &one, 0);

		if (r == -EOPNOTSUPP) {
			/* before 7.0: nothing may have changed */
			refused++;
			assert_int_equal(skep_map_lookup_cpu(map, &key, cpu, &one), 0);
			assert_int_equal(one.packets, last + 1);
		} else {
			assert_int_equal(r, 0);
			assert_int_equal(skep_map_lookup(map, &key, counters, 0), 0);
			assert_int_equal(counters[last].packets, 77);
			if (last)
				assert_int_equal(counters[0].packets, 1);
		}
		assert_int_equal(skep_map_update_cpu(map, &key, 1u << 20, &one, 0), -ENODEV);
		assert_int_equal(skep_map_update_cpu(map, &key, cpu, &one, 1u << 7), -EINVAL);
		free(counters);
		skep_map_close(map);
	}
	assert_true(refused == 0 || refused == TYPES);
	assert_int_equal(refused == 0, fixture_kernel_has("BPF_F_ALL_CPUS"));
}

static void percpu__sets_some_cpus_and_the_others_to_zero(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < TYPES; i++) {
		struct skep_map *map = make(types[i], sizeof(struct counter));
		const uint32_t count = skep_map_percpu_count(map);
		struct counter *counters = fill(map, 3), one = { 77, 78 };
		uint32_t key = 3, slot;

		assert_int_equal(skep_map_update_slots(map, &key, count - 1, &one, 1, 0), 0);
		assert_int_equal(skep_map_lookup(map, &key, counters, 0), 0);
		for (slot = 0; slot < count; slot++)
			assert_int_equal(counters[slot].packets, slot == count - 1 ? 77 : 0);
		assert_int_equal(skep_map_update_slots(map, &key, 0, &one, count + 1, 0), -ENODEV);
		assert_int_equal(skep_map_update_slots(map, &key, count, &one, 1, 0), -ENODEV);
		free(counters);
		skep_map_close(map);
	}
}

static void percpu__sets_all_cpus_to_one_value(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < TYPES; i++) {
		struct skep_map *map = make(types[i], sizeof(struct counter));
		const uint32_t count = skep_map_percpu_count(map);
		struct counter *counters = fill(map, 3), one = { 77, 78 };
		uint32_t key = 3, slot;

		assert_int_equal(skep_map_update_all_cpus(map, &key, &one, 0), 0);
		assert_int_equal(skep_map_lookup(map, &key, counters, 0), 0);
		for (slot = 0; slot < count; slot++)
			assert_int_equal(counters[slot].packets, 77);
		assert_int_equal(
			skep_map_update_all_cpus(map, &key, &one, SKEP_UPDATE_FLAG_NOEXIST),
			-EEXIST);
		free(counters);
		skep_map_close(map);
	}
}

struct dumped {
	struct skep_map *map;
	uint32_t elements;
	uint64_t packets;
};

static int dump_one(const void *key, const void *values, uint32_t count, void *userdata)
{
	struct dumped *d = userdata;
	struct counter sum;

	(void)key;
	assert_int_equal(count, skep_map_percpu_count(d->map));
	assert_int_equal(skep_map_percpu_sum(d->map, values, &sum), 0);
	d->elements++;
	d->packets += sum.packets;
	return 0;
}

static void percpu__dumps_the_values_of_all_cpus(void **state)
{
	struct skep_map *plain = make(SKEP_MAP_TYPE_HASH, 8);
	struct skep_error err = { 0 };
	size_t i;

	(void)state;
	for (i = 0; i < TYPES; i++) {
		struct skep_map *map = make(types[i], sizeof(struct counter));
		const uint64_t count = skep_map_percpu_count(map);
		struct dumped d = { .map = map };

		free(fill(map, 0)); /* zero keys count, too */
		free(fill(map, 5));
		assert_done(skep_map_dump_percpu(map, NULL, dump_one, &d, NULL, &err), &err);
		assert_int_equal(d.packets, count * (count + 1));
		assert_int_equal(d.elements, types[i] == SKEP_MAP_TYPE_PERCPU_ARRAY ? 64 : 2);
		assert_done(skep_map_clear_all(map, NULL, &err), &err);
		d = (struct dumped){ .map = map };
		assert_done(skep_map_dump_percpu(map, NULL, dump_one, &d, NULL, &err), &err);
		assert_int_equal(d.packets, 0);
		skep_map_close(map);
	}
	assert_int_equal(skep_map_dump_percpu(plain, NULL, dump_one, NULL, NULL, &err),
			 -EOPNOTSUPP);
	assert_told(&err, SKEP_ERR_UNSUPPORTED, "one value for all CPUs");
	skep_map_close(plain);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(percpu__has_a_slot_for_each_possible_cpu),
		cmocka_unit_test(percpu__folds_into_one_value),
		cmocka_unit_test(percpu__refuses_to_add_up_what_are_no_numbers),
		cmocka_unit_test(percpu__reads_one_cpu),
		cmocka_unit_test(percpu__reads_no_more_than_a_value),
		cmocka_unit_test(percpu__sets_one_cpu_and_leaves_the_others_where_it_can),
		cmocka_unit_test(percpu__sets_some_cpus_and_the_others_to_zero),
		cmocka_unit_test(percpu__sets_all_cpus_to_one_value),
		cmocka_unit_test(percpu__dumps_the_values_of_all_cpus),
	};

	return cmocka_run_group_tests_name("map_percpu", tests, NULL, NULL);
}
