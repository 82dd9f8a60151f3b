/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* A map made equal to what is wanted. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <skep/kabi.h>
#include <skep/map.h>
#include <skep/map_bulk.h>
#include <skep/map_dump.h>
#include <skep/map_reconcile.h>
#include <skep/sys.h>

#include "bpf_fixture.h"
#include "lab/load.h"

#define SOME 3000u
#define MILLION 1000000u

struct item {
	uint64_t value;
	uint32_t key;
	uint32_t fd; /* as a value */
};

static const struct skep_map_object_type item_type = { SKEP_MAP_MEMBERS(struct item, key, value) };

struct prefix {
	uint32_t bits;
	uint8_t address[4];
	uint64_t value;
};

struct prefix_key {
	uint32_t bits;
	uint8_t address[4];
};

static const void *prefix_key(const void *object, size_t *ret_bytes)
{
	*ret_bytes = sizeof(struct prefix_key);
	return object;
}

static const void *prefix_value(const void *object, size_t *ret_bytes)
{
	*ret_bytes = sizeof(uint64_t);
	return &((const struct prefix *)object)->value;
}

static const struct skep_map_object_type prefix_type = {
	.sz = sizeof(struct skep_map_object_type),
	.key_fn = prefix_key,
	.value_fn = prefix_value,
};

static struct skep_map *make(uint64_t type, uint64_t max_entries)
{
	const struct skep_map_spec spec = {
		.sz = sizeof(spec),
		.name = "wanted",
		.type = type,
		.key_size = type == SKEP_MAP_TYPE_LPM_TRIE ? sizeof(struct prefix_key) : 4,
		.value_size = 8,
		.max_entries = max_entries,
	};
	struct skep_map *map = NULL;
	struct skep_error err = { 0 };

	assert_done(skep_map_create(&spec, &map, &err), &err);
	return map;
}

static struct skep_map_wanted desired_items(const struct item *items, uint64_t count)
{
	return (struct skep_map_wanted){
		.sz = sizeof(struct skep_map_wanted),
		.type = &item_type,
		.objects = items,
		.object_count = count,
		.object_bytes = sizeof(*items),
	};
}

/* Keys from @first on, with values that are their tenfold. */
static struct item *make_items(uint32_t first, uint32_t count)
{
	struct item *items = calloc(count, sizeof(*items));
	uint32_t i;

	assert_non_null(items);
	for (i = 0; i < count; i++)
		items[i] = (struct item){ .key = first + i, .value = 10ull * (first + i) };
	return items;
}

static struct skep_map_reconcile_report reconcile(struct skep_map *map, const struct item *items,
						  uint64_t count, uint64_t flags)
{
	const struct skep_map_reconcile_opts opts = { .sz = sizeof(opts), .flags = flags };
	const struct skep_map_wanted desired = desired_items(items, count);
	struct skep_map_reconcile_report report;
	struct skep_error err = { 0 };

	assert_done(skep_map_reconcile(map, &desired, &opts, &report, &err), &err);
	return report;
}

static void assert_report(const struct skep_map_reconcile_report *report, uint64_t added,
			  uint64_t changed, uint64_t removed, uint64_t unchanged)
{
	assert_int_equal(report->added, added);
	assert_int_equal(report->changed, changed);
	assert_int_equal(report->removed, removed);
	assert_int_equal(report->unchanged, unchanged);
	assert_int_equal(report->failed, 0);
}

static uint64_t count_of(struct skep_map *map)
{
	struct skep_error err = { 0 };
	uint64_t count = 0;

	assert_done(skep_map_count(map, &count, &err), &err);
	return count;
}

static uint64_t value_of(struct skep_map *map, uint32_t key)
{
	uint64_t value = 0;

	assert_int_equal(SKEP_MAP_LOOKUP(map, &key, &value), 0);
	return value;
}

static void reconcile__makes_a_map_equal_and_tells_what_it_did(void **state)
{
	static const uint64_t types[] = { SKEP_MAP_TYPE_HASH, SKEP_MAP_TYPE_LRU_HASH };
	struct item *items = make_items(0, SOME);
	struct skep_map_reconcile_report report;
	size_t i;

	(void)state;
	for (i = 0; i < 2; i++) {
		struct skep_map *map = make(types[i], 4 * SOME);

		report = reconcile(map, items, SOME, 0);
		assert_report(&report, SOME, 0, 0, 0);
		report = reconcile(map, items + 100, SOME - 100, 0);
		assert_report(&report, 0, 0, 100, SOME - 100);
		items[0].value = 1;
		items[2000].value = 2;
		report = reconcile(map, items, SOME, 0);
		assert_report(&report, 100, 1, 0, SOME - 101);
		assert_int_equal(value_of(map, 0), 1);
		assert_int_equal(value_of(map, 2000), 2);
		assert_int_equal(value_of(map, 2999), 29990);
		report = reconcile(map, items, 0, 0);
		assert_report(&report, 0, 0, SOME, 0);
		assert_int_equal(count_of(map), 0);
		items[0].value = 0;
		items[2000].value = 20000;
		skep_map_close(map);
	}
	free(items);
}

static void reconcile__takes_as_few_calls_as_there_are_batches(void **state)
{
	struct skep_map *map = make(SKEP_MAP_TYPE_HASH, 2 * SOME);
	struct item *items = make_items(0, SOME);
	struct skep_map_reconcile_report report;

	(void)state;
	report = reconcile(map, items, SOME, 0);
	assert_in_range(report.calls, 4, 5); /* a walk of one or two, and three times 1,024 */
	report = reconcile(map, items, SOME, 0);
	assert_report(&report, 0, 0, 0, SOME);
	assert_in_range(report.calls, 1, 2);
	items[7].value++;
	report = reconcile(map, items, SOME - 1, 0);
	assert_report(&report, 0, 1, 1, SOME - 2);
	assert_in_range(report.calls, 3, 4);
	skep_map_close(map);
	free(items);
}

static void note_action(const struct skep_map_reconcile_change *change, void *userdata)
{
	char *text = userdata;
	size_t len = strlen(text);

	if (len < 60)
		text[len] = "?+~-"[change->action];
}

static void reconcile__dry_run_tells_and_changes_nothing(void **state)
{
	struct skep_map *map = make(SKEP_MAP_TYPE_HASH, 10);
	struct item *items = make_items(0, 5);
	const struct skep_map_wanted desired = desired_items(items + 1, 4);
	char actions[64] = "";
	const struct skep_map_reconcile_opts opts = {
		.sz = sizeof(opts),
		.flags = SKEP_MAP_RECONCILE_DRY_RUN,
		.change_fn = note_action,
		.userdata = actions,
	};
	struct skep_map_reconcile_report report;
	struct skep_error err = { 0 };

	(void)state;
	reconcile(map, items, 4, 0);
	items[2].value = 5;
	assert_done(skep_map_reconcile(map, &desired, &opts, &report, &err), &err);
	assert_report(&report, 1, 1, 1, 2);
	assert_string_equal(actions, "~+-");
	assert_int_equal(count_of(map), 4);
	assert_int_equal(value_of(map, 2), 20);
	skep_map_close(map);
	free(items);
}

static void reconcile__keeps_others_if_told(void **state)
{
	struct skep_map *map = make(SKEP_MAP_TYPE_HASH, 10);
	struct item *items = make_items(0, 5);
	struct skep_map_reconcile_report report;

	(void)state;
	reconcile(map, items, 3, 0);
	report = reconcile(map, items + 2, 3, SKEP_MAP_RECONCILE_KEEP);
	assert_report(&report, 2, 0, 0, 1);
	assert_int_equal(count_of(map), 5);
	skep_map_close(map);
	free(items);
}

/* A full map gets another set: it has no room for both at once. */
static void reconcile__removes_first_where_there_is_no_room(void **state)
{
	struct skep_map *map = make(SKEP_MAP_TYPE_HASH, 100);
	struct item *items = make_items(0, 200);
	struct skep_map_reconcile_report report;

	(void)state;
	reconcile(map, items, 100, 0);
	report = reconcile(map, items + 100, 100, 0);
	assert_report(&report, 100, 0, 100, 0);
	assert_int_equal(count_of(map), 100);
	skep_map_close(map);
	free(items);
}

static void reconcile__goes_on_behind_what_fails_and_tells_all(void **state)
{
	struct skep_map *map = make(SKEP_MAP_TYPE_HASH, 100);
	struct item *items = make_items(0, 110);
	const struct skep_map_wanted desired = desired_items(items, 110);
	struct skep_map_reconcile_report report;
	struct skep_error err = { 0 };

	(void)state;
	assert_int_equal(skep_map_reconcile(map, &desired, NULL, &report, &err), -E2BIG);
	assert_told(&err, SKEP_ERR_NO_SPACE, "10 of 110 changes failed");
	assert_told(&err, SKEP_ERR_NO_SPACE, "the map is full (max_entries 100)");
	assert_int_equal(report.added, 100);
	assert_int_equal(report.failed, 10);
	assert_int_equal(report.first_error, -E2BIG);
	skep_map_close(map);
	free(items);
}

/* Prefixes that share their bits: a walk that removes as it goes skips some of them. */
static void reconcile__of_a_trie_skips_no_prefix(void **state)
{
	static const struct prefix prefixes[] = {
		{ 8, { 10, 0, 0, 0 }, 1 },    { 16, { 10, 1, 0, 0 }, 2 },
		{ 24, { 10, 1, 1, 0 }, 3 },   { 32, { 10, 1, 1, 1 }, 4 },
		{ 0, { 0, 0, 0, 0 }, 5 },     { 32, { 10, 1, 1, 2 }, 6 },
		{ 25, { 10, 1, 1, 128 }, 7 }, { 32, { 11, 0, 0, 1 }, 8 },
	};
	struct skep_map_wanted desired = {
		.sz = sizeof(desired),
		.type = &prefix_type,
		.objects = prefixes,
		.object_count = 8,
		.object_bytes = sizeof(prefixes[0]),
	};
	struct skep_map *map = make(SKEP_MAP_TYPE_LPM_TRIE, 100);
	struct skep_map_reconcile_report report;
	struct skep_error err = { 0 };

	(void)state;
	assert_done(skep_map_reconcile(map, &desired, NULL, &report, &err), &err);
	assert_report(&report, 8, 0, 0, 0);
	desired.object_count = 4;
	assert_done(skep_map_prune(map, &desired, NULL, &report, &err), &err);
	assert_report(&report, 0, 0, 4, 0);
	assert_int_equal(count_of(map), 4);
	desired.object_count = 0;
	assert_done(skep_map_prune(map, &desired, NULL, &report, &err), &err);
	assert_report(&report, 0, 0, 4, 0);
	assert_int_equal(count_of(map), 0);
	skep_map_close(map);
}

/* 10.1.2.3/8 is 10.0.0.0/8: to add the one and then remove the other would leave neither. */
static void reconcile__compares_prefixes_by_the_bits_that_count(void **state)
{
	struct prefix prefix = { 9, { 10, 1, 2, 3 }, 1 };
	const struct skep_map_wanted desired = {
		.sz = sizeof(desired),
		.type = &prefix_type,
		.objects = &prefix,
		.object_count = 1,
		.object_bytes = sizeof(prefix),
	};
	const struct prefix_key other = { 9, { 10, 127, 255, 255 } };
	struct skep_map *map = make(SKEP_MAP_TYPE_LPM_TRIE, 10);
	struct skep_map_reconcile_report report;
	struct skep_error err = { 0 };
	uint64_t value = 1;

	(void)state;
	assert_int_equal(SKEP_MAP_UPDATE(map, &other, &value, 0), 0);
	assert_done(skep_map_reconcile(map, &desired, NULL, &report, &err), &err);
	assert_report(&report, 0, 0, 0, 1);
	prefix.value = 2;
	assert_done(skep_map_reconcile(map, &desired, NULL, &report, &err), &err);
	assert_report(&report, 0, 1, 0, 0);
	assert_int_equal(count_of(map), 1);
	assert_int_equal(SKEP_MAP_LOOKUP(map, &other, &value), 0);
	assert_int_equal(value, 2);
	skep_map_close(map);
}

static void reconcile__sets_elements_of_an_array_to_zero_only_if_told(void **state)
{
	struct skep_map *map = make(SKEP_MAP_TYPE_ARRAY, 10);
	struct item *items = make_items(1, 5);
	const struct skep_map_wanted fewer = desired_items(items + 1, 3);
	struct skep_map_reconcile_report report;
	struct skep_error err = { 0 };

	(void)state;
	report = reconcile(map, items, 5, 0);
	assert_report(&report, 0, 5, 0, 0);
	assert_int_equal(skep_map_reconcile(map, &fewer, NULL, &report, &err), -EOPNOTSUPP);
	assert_told(&err, SKEP_ERR_UNSUPPORTED, "cannot be removed");
	report = reconcile(map, items + 1, 3, SKEP_MAP_RECONCILE_KEEP);
	assert_report(&report, 0, 0, 0, 3);
	report = reconcile(map, items + 1, 3, SKEP_MAP_RECONCILE_ZERO);
	assert_report(&report, 0, 0, 2, 3);
	assert_int_equal(value_of(map, 1), 0);
	assert_int_equal(value_of(map, 2), 20);
	report = reconcile(map, items + 1, 3, 0);
	assert_report(&report, 0, 0, 0, 3);
	skep_map_close(map);
	free(items);
}

static void reconcile__gives_a_single_value_to_the_first_cpu(void **state)
{
	static const uint64_t types[] = { SKEP_MAP_TYPE_PERCPU_HASH, SKEP_MAP_TYPE_PERCPU_ARRAY,
					  SKEP_MAP_TYPE_LRU_PERCPU_HASH };
	struct item *items = make_items(1, 5);
	struct skep_map_reconcile_report report;
	uint64_t *values;
	uint32_t key = 3;
	size_t i;

	(void)state;
	for (i = 0; i < 3; i++) {
		struct skep_map *map = make(types[i], 64);
		const int is_array = types[i] == SKEP_MAP_TYPE_PERCPU_ARRAY;
		const size_t cpus = skep_map_value_bytes(map) / 8;

		values = malloc(skep_map_value_bytes(map));
		assert_non_null(values);
		report = reconcile(map, items, 5, 0);
		assert_report(&report, is_array ? 0 : 5, is_array ? 5 : 0, 0, 0);
		assert_int_equal(skep_map_lookup(map, &key, values, 0), 0);
		assert_int_equal(values[0], 30);
		if (cpus > 1)
			assert_int_equal(values[cpus - 1], 0);
		report = reconcile(map, items, 5, 0);
		assert_report(&report, 0, 0, 0, 5);
		values[cpus - 1] = 77;
		assert_int_equal(skep_map_update(map, &key, values, 0), 0);
		report = reconcile(map, items, 5, 0);
		assert_report(&report, 0, 1, 0, 4);
		free(values);
		skep_map_close(map);
	}
	free(items);
}

static struct skep_map *make_holder(uint64_t type, uint64_t max_entries)
{
	const struct skep_map_spec inner = {
		.sz = sizeof(inner),
		.type = SKEP_MAP_TYPE_ARRAY,
		.value_size = 8,
		.max_entries = 1,
	};
	const struct skep_map_spec spec = {
		.sz = sizeof(spec),
		.type = type,
		.key_size = 4,
		.max_entries = max_entries,
		.inner = &inner,
	};
	struct skep_map *map = NULL;
	struct skep_error err = { 0 };

	assert_done(skep_map_create(&spec, &map, &err), &err);
	return map;
}

static void reconcile__compares_maps_and_programs_by_what_they_are(void **state)
{
	static const uint64_t types[] = { SKEP_MAP_TYPE_HASH_OF_MAPS, SKEP_MAP_TYPE_ARRAY_OF_MAPS,
					  SKEP_MAP_TYPE_PROG_ARRAY };
	static const struct skep_map_object_type fd_type = { SKEP_MAP_MEMBERS(struct item, key,
									      fd) };
	struct skep_map_reconcile_report report;
	struct skep_error err = { 0 };
	struct item *items;
	size_t i, k;

	(void)state;
	for (i = 0; i < 3; i++) {
		struct skep_map *map =
			types[i] == SKEP_MAP_TYPE_PROG_ARRAY ? NULL : make_holder(types[i], 8);
		struct skep_map_wanted desired;

		if (!map) {
			int fd = fixture_map(SKEP_MAP_TYPE_PROG_ARRAY, 4, 4, 8, 0);

			assert_done(skep_map_open_fd(fd, &map, &err), &err);
			close(fd);
		}
		items = make_items(0, 3);
		for (k = 0; k < 3; k++)
			items[k].fd =
				(uint32_t)(types[i] == SKEP_MAP_TYPE_PROG_ARRAY
						   ? fixture_prog_pass(SKEP_PROG_TYPE_SOCKET_FILTER,
								       0)
						   : fixture_map(SKEP_MAP_TYPE_ARRAY, 4, 8, 1, 0));
		desired = desired_items(items, 3);
		desired.type = &fd_type;
		assert_done(skep_map_reconcile(map, &desired, NULL, &report, &err), &err);
		assert_report(&report, 3, 0, 0, 0);
		desired.object_count = 2;
		assert_done(skep_map_reconcile(map, &desired, NULL, &report, &err), &err);
		assert_report(&report, 0, 0, 1, 2);
		items[0].key = 1;
		items[1].key = 0;
		assert_done(skep_map_reconcile(map, &desired, NULL, &report, &err), &err);
		assert_report(&report, 0, 2, 0, 0);
		for (k = 0; k < 3; k++)
			close((int)items[k].fd);
		assert_int_equal(skep_map_reconcile(map, &desired, NULL, &report, &err), -EBADF);
		assert_told(&err, SKEP_ERR_INVALID, "is not what such a map holds");
		skep_map_close(map);
		free(items);
	}
}

static void reconcile__refuses_what_cannot_be_compared(void **state)
{
	const int fd = fixture_map(SKEP_MAP_TYPE_QUEUE, 0, 8, 4, 0);
	const struct skep_map_wanted none = desired_items(NULL, 0);
	struct skep_map *map = NULL;
	struct skep_error err = { 0 };

	(void)state;
	assert_done(skep_map_open_fd(fd, &map, &err), &err);
	assert_int_equal(skep_map_reconcile(map, &none, NULL, NULL, &err), -EOPNOTSUPP);
	assert_told(&err, SKEP_ERR_UNSUPPORTED,
		    "what a map of type queue holds cannot be compared");
	skep_map_close(map);
	close(fd);
}

static void reconcile__refuses_objects_that_do_not_fit_before_it_changes_anything(void **state)
{
	static const struct skep_map_object_type swapped = { SKEP_MAP_MEMBERS(struct item, value,
									      key) };
	struct item items[2] = { { .key = 1, .value = 1 }, { .key = 1, .value = 2 } };
	struct skep_map_wanted desired = desired_items(items, 2);
	struct skep_map *map = make(SKEP_MAP_TYPE_HASH, 10);
	struct skep_error err = { 0 };

	(void)state;
	assert_int_equal(skep_map_reconcile(map, &desired, NULL, NULL, &err), -EEXIST);
	assert_told(&err, SKEP_ERR_INVALID, "two objects have the same key");
	desired.type = &swapped;
	assert_int_equal(skep_map_reconcile(map, &desired, NULL, NULL, &err), -EINVAL);
	assert_told(&err, SKEP_ERR_INVALID, "the key of an object has 8 bytes, not 4");
	desired.type = NULL;
	assert_int_equal(skep_map_reconcile(map, &desired, NULL, NULL, &err), -EINVAL);
	assert_int_equal(skep_map_reconcile(map, NULL, NULL, NULL, &err), -EINVAL);
	assert_int_equal(count_of(map), 0);
	skep_map_close(map);
}

struct stream {
	struct item item; /* one memory for all objects: keys have to be copied */
	uint32_t next, end;
	int fails;
};

static int next_of_stream(const void **ret_object, void *userdata)
{
	struct stream *s = userdata;

	if (s->next == s->end)
		return s->fails ? -EIO : 0;
	s->item = (struct item){ .key = s->next, .value = s->next };
	s->next++;
	*ret_object = &s->item;
	return 1;
}

static void reconcile__copies_objects_that_come_one_by_one(void **state)
{
	struct skep_map *map = make(SKEP_MAP_TYPE_HASH, 200);
	struct stream stream = { .end = 200 };
	const struct skep_map_wanted desired = { .sz = sizeof(desired),
						 .type = &item_type,
						 .next_fn = next_of_stream,
						 .userdata = &stream };
	struct skep_map_reconcile_report report;
	struct skep_error err = { 0 };

	(void)state;
	assert_done(skep_map_reconcile(map, &desired, NULL, &report, &err), &err);
	assert_report(&report, 200, 0, 0, 0);
	assert_int_equal(value_of(map, 123), 123);
	stream = (struct stream){ .end = 100, .fails = 1 };
	assert_int_equal(skep_map_prune(map, &desired, NULL, NULL, &err), -EIO);
	assert_told(&err, SKEP_ERR_SYSCALL, "list what is wanted");
	assert_int_equal(count_of(map), 200);
	stream = (struct stream){ .end = 100 };
	assert_done(skep_map_prune(map, &desired, NULL, &report, &err), &err);
	assert_report(&report, 0, 0, 100, 0);
	skep_map_close(map);
}

static void object__is_put_and_removed_twice_without_harm(void **state)
{
	struct skep_map *map = make(SKEP_MAP_TYPE_HASH, 1);
	const struct item item = { .key = 5, .value = 6 }, other = { .key = 7 };
	struct skep_error err = { 0 };

	(void)state;
	assert_done(skep_map_update_object(map, &item_type, &item, &err), &err);
	assert_done(skep_map_update_object(map, &item_type, &item, &err), &err);
	assert_int_equal(value_of(map, 5), 6);
	assert_int_equal(skep_map_update_object(map, &item_type, &other, &err), -E2BIG);
	assert_told(&err, SKEP_ERR_NO_SPACE, "full");
	assert_int_equal(skep_map_delete_object(map, &item_type, &item, &err), 1);
	assert_int_equal(skep_map_delete_object(map, &item_type, &item, &err), 0);
	skep_map_close(map);
}

/* A process that sets, changes and removes elements, wanted ones and others, until it is killed. */
static pid_t hammer(struct skep_map *map)
{
	pid_t pid = fork();
	uint32_t i, key;
	uint64_t value;

	assert_true(pid >= 0);
	for (i = 1; pid == 0; i = i * 1664525 + 1013904223) {
		key = (i >> 8) % (2 * SOME);
		value = i;
		if (i >> 30)
			skep_map_update(map, &key, &value, 0);
		else
			skep_map_delete(map, &key);
	}
	return pid;
}

static void reconcile__holds_against_a_process_that_writes_meanwhile(void **state)
{
	static const uint64_t types[] = { SKEP_MAP_TYPE_HASH, SKEP_MAP_TYPE_LRU_HASH };
	struct item *items = make_items(0, SOME);
	const struct skep_map_wanted desired = desired_items(items, SOME);
	struct skep_map_reconcile_report report;
	struct skep_error err = { 0 };
	size_t i, round;

	(void)state;
	for (i = 0; i < 2; i++) {
		struct skep_map *map = make(types[i], 8 * SOME);
		uint64_t changes = 0;
		pid_t pid = hammer(map);

		for (round = 0; round < 50 || (!changes && round < 5000); round++) {
			assert_done(skep_map_reconcile(map, &desired, NULL, &report, &err), &err);
			changes += round ? report.added + report.changed + report.removed : 0;
		}
		kill(pid, SIGKILL);
		assert_int_equal(waitpid(pid, NULL, 0), pid);
		assert_true(changes > 0);
		assert_done(skep_map_reconcile(map, &desired, NULL, &report, &err), &err);
		report = reconcile(map, items, SOME, 0);
		assert_report(&report, 0, 0, 0, SOME);
		assert_int_equal(count_of(map), SOME);
		skep_map_close(map);
	}
	free(items);
}

static void reconcile__of_a_million_takes_calls_by_the_thousand(void **state)
{
	const uint32_t all = (uint32_t)lab_load(MILLION);
	struct skep_map *map = make(SKEP_MAP_TYPE_HASH, all + all / 100);
	struct item *items = make_items(0, all);
	struct skep_map_reconcile_report report;
	uint32_t i;

	(void)state;
	report = reconcile(map, items, all, 0);
	assert_report(&report, all, 0, 0, 0);
	for (i = 0; i < all; i += 200)
		items[i].value++;
	report = reconcile(map, items, all - 5000, 0);
	assert_report(&report, 0, all / 200 - 25, 5000, all - 5000 - all / 200 + 25);
	/* a chunk is 4,096 elements or fewer, where they fill buckets badly */
	assert_in_range(report.calls, 10, 2 * all / 4096 + 20);
	skep_map_close(map);
	free(items);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reconcile__makes_a_map_equal_and_tells_what_it_did),
		cmocka_unit_test(reconcile__takes_as_few_calls_as_there_are_batches),
		cmocka_unit_test(reconcile__dry_run_tells_and_changes_nothing),
		cmocka_unit_test(reconcile__keeps_others_if_told),
		cmocka_unit_test(reconcile__removes_first_where_there_is_no_room),
		cmocka_unit_test(reconcile__goes_on_behind_what_fails_and_tells_all),
		cmocka_unit_test(reconcile__of_a_trie_skips_no_prefix),
		cmocka_unit_test(reconcile__compares_prefixes_by_the_bits_that_count),
		cmocka_unit_test(reconcile__sets_elements_of_an_array_to_zero_only_if_told),
		cmocka_unit_test(reconcile__gives_a_single_value_to_the_first_cpu),
		cmocka_unit_test(reconcile__compares_maps_and_programs_by_what_they_are),
		cmocka_unit_test(reconcile__refuses_what_cannot_be_compared),
		cmocka_unit_test(
			reconcile__refuses_objects_that_do_not_fit_before_it_changes_anything),
		cmocka_unit_test(reconcile__copies_objects_that_come_one_by_one),
		cmocka_unit_test(object__is_put_and_removed_twice_without_harm),
		cmocka_unit_test(reconcile__holds_against_a_process_that_writes_meanwhile),
		cmocka_unit_test(reconcile__of_a_million_takes_calls_by_the_thousand),
	};

	return cmocka_run_group_tests_name("map_reconcile", tests, NULL, NULL);
}
