/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "check.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <skep/bpffs.h>
#include <skep/error.h>
#include <skep/kabi/map_flag.h>
#include <skep/kabi/map_type.h>
#include <skep/map_policy.h>

#include "bpffs/context.h"

static const struct skep_bpffs here = {
	.root_fd = -1, .root = (char *)"/b", .prefix = (char *)"tc/globals", .owner = (char *)"skep"
};
static const struct skep_bpffs on_root = {
	.root_fd = -1, .root = (char *)"/", .prefix = (char *)"p", .owner = (char *)"o"
};

typedef int (*path_fn)(const struct skep_bpffs *ctx, char *buf, size_t size);

static int map_path(const struct skep_bpffs *ctx, char *buf, size_t size)
{
	return skep_bpffs_map_path(ctx, "flows", buf, size);
}

static int local_map_path(const struct skep_bpffs *ctx, char *buf, size_t size)
{
	return skep_bpffs_local_map_path(ctx, "cilium_policy_", 1157, buf, size);
}

static void paths__are_below_the_root(void **state)
{
	static const struct {
		path_fn fn;
		const char *here, *on_root;
	} cases[] = {
		{ skep_bpffs_prefix_path, "/b/tc/globals", "/p" },
		{ skep_bpffs_owner_path, "/b/skep", "/o" },
		{ map_path, "/b/tc/globals/flows", "/p/flows" },
		{ local_map_path, "/b/tc/globals/cilium_policy_01157", "/p/cilium_policy_01157" },
	};
	char buf[64];
	size_t i, size;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		check_int(cases[i].fn(&on_root, buf, sizeof(buf)), (int)strlen(cases[i].on_root),
			  "case %zu", i);
		check_text(buf, cases[i].on_root, "case %zu", i);
		for (size = 0; size < sizeof(buf); size++) {
			size_t len = strlen(cases[i].here);

			check_int(cases[i].fn(&here, buf, size), size > len ? (int)len : -ENOSPC,
				  "case %zu, size %zu", i, size);
		}
		check_text(buf, cases[i].here, "case %zu", i);
	}
}

static void local_map__has_five_digits(void **state)
{
	static const struct {
		uint16_t id;
		const char *name;
	} cases[] = {
		{ 0, "x_00000" },
		{ 7, "x_00007" },
		{ 1157, "x_01157" },
		{ 65535, "x_65535" },
	};
	char buf[16];
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		check_int(skep_bpffs_local_map_name("x_", cases[i].id, buf, sizeof(buf)), 7,
			  "id %u", cases[i].id);
		check_text(buf, cases[i].name, "id %u", cases[i].id);
	}
	check_int(skep_bpffs_local_map_name("x_", 1, buf, 7), -ENOSPC, "a byte too few");
}

static void map_path__takes_only_names_that_a_bpffs_takes(void **state)
{
	static const struct {
		const char *name;
		int result;
	} cases[] = {
		{ "", -EINVAL },    { ".", -EINVAL }, { "a.b", -EINVAL },
		{ "a/b", -EINVAL }, { "/", -EINVAL }, { "a:pending", 0 },
	};
	char name[NAME_MAX + 2], buf[PATH_MAX];
	size_t i;
	int r;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		r = skep_bpffs_map_path(&here, cases[i].name, buf, sizeof(buf));
		check_int(r < 0 ? r : 0, cases[i].result, "'%s'", cases[i].name);
	}
	memset(name, 'n', sizeof(name));
	name[NAME_MAX + 1] = '\0';
	check_int(skep_bpffs_map_path(&here, name, buf, sizeof(buf)), -ENAMETOOLONG, "256 bytes");
	name[NAME_MAX] = '\0';
	check_int(skep_bpffs_map_path(&here, name, buf, sizeof(buf)), 14 + NAME_MAX, "255 bytes");
	name[NAME_MAX - 4] = '\0';
	check_int(skep_bpffs_local_map_path(&here, name, 1, buf, sizeof(buf)), -ENAMETOOLONG,
		  "251 bytes and five digits");
}

static void relative__is_what_is_below_the_root(void **state)
{
	static const struct {
		const char *path, *relative; /* NULL: refused */
		int result;
	} cases[] = {
		{ "", "", 0 },
		{ "a", "a", 0 },
		{ "a/b", "a/b", 0 },
		{ "a//b///c/", "a/b/c", 0 },
		{ "/b", "", 0 },
		{ "/b/", "", 0 },
		{ "/b/a", "a", 0 },
		{ "/b//a/", "a", 0 },
		{ "/", NULL, -EXDEV },
		{ "/bb/a", NULL, -EXDEV },
		{ "/a", NULL, -EXDEV },
		{ "..", NULL, -EINVAL },
		{ "a/../b", NULL, -EINVAL },
		{ "a/.", NULL, -EINVAL },
		{ "/b/../etc", NULL, -EINVAL },
		{ "maps.debug", "maps.debug", 0 },
		{ "a/...", "a/...", 0 },
	};
	char buf[PATH_MAX], long_path[PATH_MAX + 2];
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		check_int(bpffs_relative(&here, cases[i].path, buf), cases[i].result, "'%s'",
			  cases[i].path);
		if (cases[i].relative)
			check_text(buf, cases[i].relative, "'%s'", cases[i].path);
	}
	check_int(bpffs_relative(&on_root, "/a/b", buf), 0, "below /");
	check_text(buf, "a/b", "below /");
	memset(long_path, 'x', sizeof(long_path));
	long_path[PATH_MAX] = '\0';
	check_int(bpffs_relative(&here, long_path, buf), -ENAMETOOLONG, "a path too long");
	long_path[PATH_MAX - 2] = '\0';
	check_int(bpffs_relative(&here, long_path, buf), 0, "the longest path");
	check_u64(strlen(buf), PATH_MAX - 2, "the longest path");
}

static void environment__names_the_root_once(void **state)
{
	char *before[] = { (char *)"A=1",
			   (char *)"TC_BPF_MNT=/old",
			   (char *)"CILIUM_BPF_MNT=",
			   (char *)"TC_BPF_MNTX=2",
			   (char *)"B",
			   NULL };
	static const char *const want[] = { "A=1", "TC_BPF_MNTX=2", "B", "CILIUM_BPF_MNT=/b",
					    "TC_BPF_MNT=/b" };
	_cleanup_free_ char **env = NULL;
	size_t i;

	(void)state;
	check_int(skep_bpffs_environment(&here, before, &env), 0, "environment");
	for (i = 0; i < ARRAY_SIZE(want); i++)
		check_text(env[i], want[i], "variable %zu", i);
	assert_null(env[i]);
	check_text(before[1], "TC_BPF_MNT=/old", "what it was made of");
}

static void options__come_from_the_environment_when_asked(void **state)
{
	char *all[] = { (char *)"TC_BPF_MNT=/t", (char *)"SKEP_BPFFS=/s",
			(char *)"CILIUM_BPF_MNT=/c", NULL };
	char *empty[] = { (char *)"TC_BPF_MNT=", (char *)"SKEP_BPFFS=", (char *)"XSKEP_BPFFS=/x",
			  NULL };
	struct skep_bpffs_opts o = { .sz = sizeof(o), .hints = { NULL, "/mine" } };

	(void)state;
	skep_bpffs_opts_from_env(empty, &o);
	assert_null(o.root);
	assert_null(o.hints[0]);
	skep_bpffs_opts_from_env(all, &o);
	check_text(o.root, "/s", "SKEP_BPFFS");
	check_text(o.hints[0], "/c", "CILIUM_BPF_MNT is before the other");
	check_text(o.hints[1], "/mine", "a hint that was there");
	check_text(o.hints[2], "/t", "TC_BPF_MNT");
	assert_null(o.hints[3]);
}

static void options__that_are_wrong_are_named(void **state)
{
	static const struct {
		struct skep_bpffs_opts o;
		const char *words;
	} cases[] = {
		{ { .flags = 1u << 20 }, "flags" },
		{ { .root = "relative" }, "relative" },
		{ { .fallback = "also/relative" }, "also/relative" },
		{ { .prefix = "/absolute" }, "/absolute" },
		{ { .prefix = "a.b" }, "a.b" },
		{ { .owner = "" }, "''" },
		{ { .owner = ".." }, ".." },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct skep_bpffs_opts o = cases[i].o;
		struct skep_bpffs *ctx = NULL;
		struct skep_error err = { 0 };

		o.sz = sizeof(o);
		check_int(skep_bpffs_open(&o, &ctx, &err), -EINVAL, "case %zu", i);
		assert_non_null(strstr(err.msg, cases[i].words));
		assert_null(ctx);
	}
}

static void memory_flags__follow_from_type_and_policy(void **state)
{
	static const struct {
		uint32_t type, none, preallocate, distributed;
	} cases[] = {
		{ SKEP_MAP_TYPE_HASH, SKEP_MAP_FLAG_NO_PREALLOC, 0, SKEP_MAP_FLAG_NO_PREALLOC },
		{ SKEP_MAP_TYPE_PERCPU_HASH, SKEP_MAP_FLAG_NO_PREALLOC, 0,
		  SKEP_MAP_FLAG_NO_PREALLOC },
		{ SKEP_MAP_TYPE_HASH_OF_MAPS, SKEP_MAP_FLAG_NO_PREALLOC, 0,
		  SKEP_MAP_FLAG_NO_PREALLOC },
		{ SKEP_MAP_TYPE_LPM_TRIE, SKEP_MAP_FLAG_NO_PREALLOC, SKEP_MAP_FLAG_NO_PREALLOC,
		  SKEP_MAP_FLAG_NO_PREALLOC },
		{ SKEP_MAP_TYPE_LRU_HASH, 0, 0, SKEP_MAP_FLAG_NO_COMMON_LRU },
		{ SKEP_MAP_TYPE_LRU_PERCPU_HASH, 0, 0, SKEP_MAP_FLAG_NO_COMMON_LRU },
		{ SKEP_MAP_TYPE_ARRAY, 0, 0, 0 },
		{ SKEP_MAP_TYPE_ARRAY_OF_MAPS, 0, 0, 0 },
		{ SKEP_MAP_TYPE_RINGBUF, 0, 0, 0 },
		{ 9999, 0, 0, 0 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		check_u64(skep_map_memory_flags(cases[i].type, 0), cases[i].none, "type %u",
			  cases[i].type);
		check_u64(skep_map_memory_flags(cases[i].type, SKEP_MAP_POLICY_PREALLOCATE),
			  cases[i].preallocate, "type %u, preallocated", cases[i].type);
		check_u64(skep_map_memory_flags(cases[i].type, SKEP_MAP_POLICY_DISTRIBUTED_LRU),
			  cases[i].distributed, "type %u, distributed", cases[i].type);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(paths__are_below_the_root),
		cmocka_unit_test(local_map__has_five_digits),
		cmocka_unit_test(map_path__takes_only_names_that_a_bpffs_takes),
		cmocka_unit_test(relative__is_what_is_below_the_root),
		cmocka_unit_test(environment__names_the_root_once),
		cmocka_unit_test(options__come_from_the_environment_when_asked),
		cmocka_unit_test(options__that_are_wrong_are_named),
		cmocka_unit_test(memory_flags__follow_from_type_and_policy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
