/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* A map by what a person calls it. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <skep/bpffs.h>
#include <skep/bpffs_pin.h>
#include <skep/kabi.h>
#include <skep/map.h>
#include <skep/map_find.h>
#include <skep/map_pin.h>

#include "bpf_fixture.h"

static struct skep_map *make(const char *name)
{
	const struct skep_map_spec spec = {
		.sz = sizeof(spec),
		.name = name,
		.type = SKEP_MAP_TYPE_HASH,
		.key_size = 4,
		.value_size = 4,
		.max_entries = 4,
	};
	struct skep_map *map = NULL;
	struct skep_error err = { 0 };

	assert_done(skep_map_create(&spec, &map, &err), &err);
	return map;
}

/* The id of what a text names; a negative errno. */
static int64_t find(const struct skep_bpffs *bpffs, const char *text, struct skep_error *err)
{
	const struct skep_map_find_opts opts = { .sz = sizeof(opts), .bpffs = bpffs };
	struct skep_map *map = NULL;
	int r = skep_map_find(text, &opts, &map, err);
	int64_t id = r < 0 ? r : (int64_t)skep_map_id(map);

	skep_map_close(map);
	return id;
}

static void find__takes_an_id_and_a_name_and_an_fd(void **state)
{
	struct skep_map *map = make("found_me");
	struct skep_error err = { 0 };
	char text[64];

	(void)state;
	snprintf(text, sizeof(text), "%u", skep_map_id(map));
	assert_int_equal(find(NULL, text, &err), skep_map_id(map));
	snprintf(text, sizeof(text), "id:%u", skep_map_id(map));
	assert_int_equal(find(NULL, text, &err), skep_map_id(map));
	assert_int_equal(find(NULL, "found_me", &err), skep_map_id(map));
	assert_int_equal(find(NULL, "name:found_me", &err), skep_map_id(map));
	snprintf(text, sizeof(text), "%d:%d", getpid(), skep_map_fd(map));
	assert_int_equal(find(NULL, text, &err), skep_map_id(map));
	snprintf(text, sizeof(text), "fd:%d:%d", getpid(), skep_map_fd(map));
	assert_int_equal(find(NULL, text, &err), skep_map_id(map));
	skep_map_close(map);
}

static void find__says_what_is_wrong_with_a_text(void **state)
{
	static const char *const invalid[] = { "", "id:", "id:x", "fd:1", "fd:1:2:3", "name:" };
	struct skep_error err = { 0 };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(invalid) / sizeof(invalid[0]); i++)
		assert_int_equal(find(NULL, invalid[i], &err), -EINVAL);
	assert_int_equal(find(NULL, "no_such_map", &err), -ENOENT);
	assert_told(&err, SKEP_ERR_NOT_FOUND, "there is no map 'no_such_map'");
	assert_int_equal(find(NULL, "4294967295", &err), -ENOENT);
	assert_int_equal(find(NULL, "99999999999999", &err),
			 -ENOENT); /* a name: no id is so large */
	assert_int_equal(find(NULL, "/sys/fs/bpf/no/such/pin", &err), -ENOENT);
	assert_int_equal(find(NULL, "2147483647:0", &err), -ESRCH);
}

struct told {
	uint32_t ids[8];
	size_t count;
	int stop;
};

static int note(const struct skep_map_info *info, const char *path, void *userdata)
{
	struct told *t = userdata;

	(void)path;
	if (t->count < 8)
		t->ids[t->count++] = info->id;
	return t->stop;
}

static void find__tells_all_maps_of_an_ambiguous_name(void **state)
{
	struct skep_map *a = make("twins"), *b = make("twins"), *found = NULL;
	struct told told = { .count = 0 };
	const struct skep_map_find_opts opts = { .sz = sizeof(opts),
						 .candidate_fn = note,
						 .userdata = &told };
	struct skep_error err = { 0 };
	char text[64];

	(void)state;
	assert_int_equal(skep_map_find("twins", &opts, &found, &err), -ENOTUNIQ);
	assert_null(found);
	assert_int_equal(told.count, 2);
	assert_int_equal(told.ids[0], skep_map_id(a));
	assert_int_equal(told.ids[1], skep_map_id(b));
	snprintf(text, sizeof(text), "2 maps are called 'twins': %u, %u", skep_map_id(a),
		 skep_map_id(b));
	assert_told(&err, SKEP_ERR_INVALID, text);
	told = (struct told){ .stop = 42 };
	assert_int_equal(skep_map_find("twins", &opts, &found, &err), 42);
	assert_int_equal(told.count, 1);
	skep_map_close(a);
	skep_map_close(b);
}

static void find__lets_pins_decide_where_names_are_cut_inside(void)
{
	const struct skep_bpffs_opts opts = { .sz = sizeof(opts), .root = fixture_bpffs() };
	_cleanup_(skep_bpffs_closep) struct skep_bpffs *ctx = NULL;
	struct skep_map *a = make("a_name_longer_than_1"), *b = make("a_name_longer_than_2");
	struct skep_error err = { 0 };
	char path[128];

	assert_done(skep_bpffs_open(&opts, &ctx, &err), &err);
	assert_int_equal(find(ctx, "a_name_longer_than_1", &err), -ENOTUNIQ);
	assert_done(skep_map_pin(a, ctx, "x/a_name_longer_than_1", &err), &err);
	assert_done(skep_map_pin(b, ctx, "x/a_name_longer_than_2", &err), &err);
	assert_int_equal(find(ctx, "a_name_longer_than_1", &err), skep_map_id(a));
	assert_int_equal(find(ctx, "a_name_longer_than_2", &err), skep_map_id(b));
	/* relative, absolute, by the last part of the path */
	assert_int_equal(find(ctx, "x/a_name_longer_than_2", &err), skep_map_id(b));
	snprintf(path, sizeof(path), "%s/x/a_name_longer_than_1", fixture_bpffs());
	assert_int_equal(find(NULL, path, &err), skep_map_id(a));
	assert_done(skep_bpffs_pin(ctx, skep_map_fd(b), "short", &err), &err);
	assert_done(skep_bpffs_pin(ctx, skep_map_fd(b), "x/short", &err), &err);
	assert_int_equal(find(ctx, "short", &err), skep_map_id(b));
	assert_int_equal(find(ctx, "pin:short", &err), skep_map_id(b));
	/* the kernel's name goes before */
	assert_int_equal(find(ctx, "a_name_longer_t", &err), -ENOTUNIQ);
	assert_done(skep_bpffs_remove(ctx, "x", SKEP_BPFFS_RECURSE, NULL, NULL, &err), &err);
	assert_done(skep_bpffs_unpin(ctx, "short", &err), &err);
	skep_map_close(a);
	skep_map_close(b);
}

IN_BPFFS(find__lets_pins_decide_where_names_are_cut)

static void find__gives_a_handle_that_only_reads(void **state)
{
	struct skep_map *map = make("read_only"), *found = NULL;
	const struct skep_map_find_opts opts = { .sz = sizeof(opts),
						 .flags = SKEP_MAP_FLAG_RDONLY };
	struct skep_error err = { 0 };
	uint32_t key = 1, value = 1;

	(void)state;
	assert_done(skep_map_find("read_only", &opts, &found, &err), &err);
	assert_int_equal(SKEP_MAP_UPDATE(found, &key, &value, 0), -EPERM);
	skep_map_close(found);
	skep_map_close(map);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(find__takes_an_id_and_a_name_and_an_fd),
		cmocka_unit_test(find__says_what_is_wrong_with_a_text),
		cmocka_unit_test(find__tells_all_maps_of_an_ambiguous_name),
		cmocka_unit_test(find__lets_pins_decide_where_names_are_cut),
		cmocka_unit_test(find__gives_a_handle_that_only_reads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
