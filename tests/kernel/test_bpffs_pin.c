/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* Pins and directories: each test in a process and mount namespace of its own, in an empty bpffs. */
#include "bpf_fixture.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <skep/bpffs.h>
#include <skep/bpffs_pin.h>
#include <skep/kabi/attach_type.h>
#include <skep/kabi/map_flag.h>
#include <skep/kabi/map_type.h>
#include <skep/kabi/prog_type.h>
#include <skep/sys.h>

#include "base/cleanup.h"
#include "lab/load.h"
#include "lab/poll.h"

#define DONE(call) assert_int_equal((call) < 0 ? -errno : 0, 0)

static struct skep_bpffs *open_here(void)
{
	struct skep_bpffs_opts o = { .sz = sizeof(o), .root = fixture_bpffs() };
	struct skep_bpffs *ctx = NULL;
	struct skep_error err = { 0 };

	assert_done(skep_bpffs_open(&o, &ctx, &err), &err);
	return ctx;
}

/* A path in the bpffs, for system calls of the test's own; good until the next but three. */
static const char *at(const char *relative)
{
	static char paths[4][512];
	static unsigned next;
	char *path = paths[next++ % 4];

	snprintf(path, sizeof(paths[0]), "%s/%s", fixture_bpffs(), relative);
	return path;
}

static int any_map(void)
{
	return fixture_map(SKEP_MAP_TYPE_ARRAY, 4, 4, 1, 0);
}

static void pin_new_map(const struct skep_bpffs *ctx, const char *path)
{
	struct skep_error err = { 0 };
	int map = any_map();

	assert_done(skep_bpffs_pin(ctx, map, path, &err), &err);
	close(map);
}

static uint32_t id_of(int fd)
{
	struct skep_map_info info = { 0 };

	assert_true(skep_sys_map_info(fd, &info, sizeof(info)) > 0);
	return info.id;
}

static uint32_t id_at(const struct skep_bpffs *ctx, const char *path)
{
	_cleanup_close_ int fd = -1;
	struct skep_error err = { 0 };

	fd = assert_done(skep_bpffs_get(ctx, path, 0, &err), &err);
	return id_of(fd);
}

static void pins__are_made_opened_and_removed_inside(void)
{
	_cleanup_(skep_bpffs_closep) struct skep_bpffs *ctx = open_here();
	struct skep_error err = { 0 };
	int map = any_map(), fd;

	assert_int_equal(skep_bpffs_pin(ctx, map, "tc/globals/m", &err), -ENOENT);
	assert_told(&err, SKEP_ERR_NOT_FOUND, "/run/tc/globals/m");
	assert_done(skep_bpffs_mkdir(ctx, "tc/globals", &err), &err);
	assert_done(skep_bpffs_mkdir(ctx, "tc/globals", &err), &err);
	assert_done(skep_bpffs_pin(ctx, map, "tc/globals/m", &err), &err);
	assert_int_equal(skep_bpffs_pin(ctx, map, at("tc/globals/m"), &err), -EEXIST);
	assert_told(&err, SKEP_ERR_CONFLICT, "pin '/run/tc/globals/m'");
	assert_int_equal(id_at(ctx, at("tc/globals/m")), id_of(map));
	assert_int_equal(skep_bpffs_exists(ctx, "tc/globals/m"), 1);
	assert_int_equal(skep_bpffs_exists(ctx, "tc/globals/n"), 0);
	assert_int_equal(skep_bpffs_exists(ctx, "absent/n"), 0);

	fd = skep_bpffs_get(ctx, "tc/globals/m", SKEP_MAP_FLAG_RDONLY, &err);
	assert_true(fd > 2 && (fcntl(fd, F_GETFD) & FD_CLOEXEC));
	close(fd);
	assert_int_equal(skep_bpffs_get(ctx, "tc/globals", 0, &err), -EISDIR);
	assert_told(&err, SKEP_ERR_INVALID, "/run/tc/globals");
	assert_int_equal(skep_bpffs_get(ctx, "tc/globals/n", 0, &err), -ENOENT);

	assert_int_equal(skep_bpffs_unpin(ctx, "tc/globals", &err), -EISDIR);
	assert_int_equal(skep_bpffs_unpin(ctx, "tc/globals/m", &err), 1);
	assert_int_equal(skep_bpffs_unpin(ctx, "tc/globals/m", &err), 0);
	assert_int_equal(skep_bpffs_unpin(ctx, "absent/m", &err), 0);
	close(map);
}
IN_BPFFS(pins__are_made_opened_and_removed)

static void names__with_a_dot_are_explained_inside(void)
{
	_cleanup_(skep_bpffs_closep) struct skep_bpffs *ctx = open_here();
	struct skep_error err = { 0 };
	int map = any_map();

	assert_int_equal(skep_bpffs_pin(ctx, map, "a.b", &err), -EINVAL);
	assert_told(&err, SKEP_ERR_INVALID, "no dots");
	assert_int_equal(skep_bpffs_mkdir(ctx, "x/a.b/c", &err), -EINVAL);
	assert_told(&err, SKEP_ERR_INVALID, "no dots");
	assert_int_equal(skep_bpffs_replace(ctx, map, "a.b", 0, NULL, &err), -EINVAL);
	assert_int_equal(skep_bpffs_pin(ctx, STDIN_FILENO, "stdin", &err), -EINVAL);
	assert_null(strstr(err.msg, "dots"));
	assert_true(skep_bpffs_pin(ctx, 999, "none", &err) < 0);
	assert_int_equal(skep_bpffs_unpin(ctx, "a.b", &err), -EINVAL);
	assert_told(&err, SKEP_ERR_INVALID, "no dots");
	assert_int_equal(skep_bpffs_remove(ctx, "a.b", 0, NULL, NULL, &err), -EINVAL);
	assert_told(&err, SKEP_ERR_INVALID, "no dots");
	close(map);
}
IN_BPFFS(names__with_a_dot_are_explained)

static void root__is_no_name_inside(void)
{
	_cleanup_(skep_bpffs_closep) struct skep_bpffs *ctx = open_here();
	const char *const roots[] = { "", fixture_bpffs() };
	struct skep_error err;
	int map = any_map();
	size_t i;

	for (i = 0; i < ARRAY_SIZE(roots); i++) {
		assert_int_equal(skep_bpffs_pin(ctx, map, roots[i], &err), -EISDIR);
		assert_told(&err, SKEP_ERR_INVALID, "is the root");
		assert_int_equal(skep_bpffs_replace(ctx, map, roots[i], 0, NULL, &err), -EISDIR);
		assert_told(&err, SKEP_ERR_INVALID, "is the root");
		assert_int_equal(skep_bpffs_unpin(ctx, roots[i], &err), -EISDIR);
		assert_told(&err, SKEP_ERR_INVALID, "is the root");
	}
	close(map);
}
IN_BPFFS(root__is_no_name)

static void fd__that_is_no_object_is_named_inside(void)
{
	_cleanup_(skep_bpffs_closep) struct skep_bpffs *ctx = open_here();
	struct skep_error err;

	assert_true(skep_bpffs_pin(ctx, STDIN_FILENO, "x", &err) < 0);
	assert_told(&err, SKEP_ERR_INVALID, "fd 0 is no map, program or link");
	assert_true(skep_bpffs_replace(ctx, STDIN_FILENO, "x", 0, NULL, &err) < 0);
	assert_told(&err, SKEP_ERR_INVALID, "fd 0 is no map, program or link");
	assert_true(skep_bpffs_pin(ctx, -1, "x", &err) < 0);
	assert_told(&err, SKEP_ERR_INVALID, "fd -1 is not open");
	assert_true(skep_bpffs_replace(ctx, 999, "x", SKEP_BPFFS_NOREPLACE, NULL, &err) < 0);
	assert_told(&err, SKEP_ERR_INVALID, "fd 999 is not open");
}
IN_BPFFS(fd__that_is_no_object_is_named)

static void paths__never_lead_out_inside(void)
{
	static const char *const bad[] = { "../x",   "d/../../x", "/tmp/x",
					   "link/x", "loop/x",    "mounted/x" };
	_cleanup_(skep_bpffs_closep) struct skep_bpffs *ctx = open_here();
	struct skep_error err = { 0 };
	int map = any_map(), old;
	size_t i;

	DONE(mkdir("/tmp/skep-outside", 0700) < 0 && errno != EEXIST ? -1 : 0);
	assert_done(skep_bpffs_mkdir(ctx, "d/e", &err), &err);
	DONE(mkdir(at("mounted"), 0755));
	DONE(mount("other", at("mounted"), "bpf", 0, NULL));
	DONE(symlink("/tmp/skep-outside", at("link")));
	DONE(symlink("d", at("loop"))); /* leads nowhere else, and is not followed all the same */
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		assert_true(skep_bpffs_pin(ctx, map, bad[i], &err) < 0);
		assert_true(skep_bpffs_replace(ctx, map, bad[i], 0, &old, &err) < 0);
		assert_true(skep_bpffs_mkdir(ctx, bad[i], &err) < 0);
		assert_true(skep_bpffs_get(ctx, bad[i], 0, &err) < 0);
		assert_true(skep_bpffs_unpin(ctx, bad[i], &err) < 0);
		assert_true(skep_bpffs_remove(ctx, bad[i], SKEP_BPFFS_RECURSE, NULL, NULL, &err) <
			    0);
		assert_true(skep_bpffs_exists(ctx, bad[i]) < 0);
	}
	assert_int_equal(skep_bpffs_get(ctx, "link", 0, &err), -ELOOP);
	assert_int_equal(skep_bpffs_pin(ctx, map, "mounted/x", &err), -EXDEV);
	assert_told(&err, SKEP_ERR_CONFLICT, "mounted");
	DONE(umount(at("mounted")));
	assert_int_equal(rmdir("/tmp/skep-outside"), 0);
	assert_int_equal(skep_bpffs_get(ctx, "/tmp/x", 0, &err), -EXDEV);
	assert_told(&err, SKEP_ERR_INVALID, "not below");
	close(map);
}
IN_BPFFS(paths__never_lead_out)

static void paths__may_have_several_slashes_inside(void)
{
	_cleanup_(skep_bpffs_closep) struct skep_bpffs *ctx = open_here();
	struct skep_error err = { 0 };
	char path[512];

	assert_done(skep_bpffs_mkdir(ctx, "d", &err), &err);
	snprintf(path, sizeof(path), "//%s//d/", fixture_bpffs());
	assert_int_equal(skep_bpffs_exists(ctx, path), 1);
	snprintf(path, sizeof(path), "%sx/d", fixture_bpffs());
	assert_int_equal(skep_bpffs_exists(ctx, path), -EXDEV);
}
IN_BPFFS(paths__may_have_several_slashes)

static void remove__takes_a_tree_and_nothing_else_inside(void)
{
	_cleanup_(skep_bpffs_closep) struct skep_bpffs *ctx = open_here();
	struct skep_error err = { 0 };

	assert_done(skep_bpffs_mkdir(ctx, "keep", &err), &err);
	assert_done(skep_bpffs_mkdir(ctx, "t/a/b", &err), &err);
	pin_new_map(ctx, "keep/m");
	pin_new_map(ctx, "t/m");
	pin_new_map(ctx, "t/a/m");
	pin_new_map(ctx, "t/a/b/m");
	DONE(symlink("../keep", at("t/link")));
	DONE(symlink("/tmp", at("t/a/link")));
	assert_int_equal(skep_bpffs_remove(ctx, "t", 0, NULL, NULL, &err), -ENOTEMPTY);
	assert_told(&err, SKEP_ERR_CONFLICT, "/run/t");
	assert_int_equal(skep_bpffs_remove(ctx, "", SKEP_BPFFS_RECURSE, NULL, NULL, &err), -EPERM);
	assert_told(&err, SKEP_ERR_INVALID, "root");
	assert_int_equal(
		skep_bpffs_remove(ctx, fixture_bpffs(), SKEP_BPFFS_RECURSE, NULL, NULL, &err),
		-EPERM);
	assert_int_equal(skep_bpffs_remove(ctx, "/tmp", SKEP_BPFFS_RECURSE, NULL, NULL, &err),
			 -EXDEV);
	assert_int_equal(skep_bpffs_remove(ctx, "absent", SKEP_BPFFS_RECURSE, NULL, NULL, &err), 0);
	assert_int_equal(skep_bpffs_remove(ctx, "absent/x", 0, NULL, NULL, &err), 0);
	assert_int_equal(skep_bpffs_remove(ctx, "t", SKEP_BPFFS_RECURSE, NULL, NULL, &err), 8);
	assert_int_equal(skep_bpffs_exists(ctx, "t"), 0);
	assert_int_equal(skep_bpffs_exists(ctx, "keep/m"), 1);
	assert_int_equal(skep_bpffs_remove(ctx, "keep/m", SKEP_BPFFS_RECURSE, NULL, NULL, &err), 1);
	assert_int_equal(skep_bpffs_remove(ctx, "keep", 0, NULL, NULL, &err), 1);
	DONE(access("/tmp", F_OK));
}
IN_BPFFS(remove__takes_a_tree_and_nothing_else)

static void remove__stops_before_what_is_mounted_inside(void)
{
	_cleanup_(skep_bpffs_closep) struct skep_bpffs *ctx = open_here();
	struct skep_error err = { 0 };

	assert_done(skep_bpffs_mkdir(ctx, "t/z", &err), &err);
	pin_new_map(ctx, "t/a");
	DONE(mount("other", at("t/z"), "bpf", 0, NULL));
	DONE(mkdir(at("t/z/inner"), 0755));
	assert_int_equal(skep_bpffs_remove(ctx, "t", SKEP_BPFFS_RECURSE, NULL, NULL, &err), -EXDEV);
	assert_told(&err, SKEP_ERR_CONFLICT, "mounted");
	assert_int_equal(skep_bpffs_exists(ctx, "t/a"), 1); /* nothing was removed */
	DONE(access(at("t/z/inner"), F_OK));
	DONE(umount(at("t/z")));
	assert_int_equal(skep_bpffs_remove(ctx, "t", SKEP_BPFFS_RECURSE, NULL, NULL, &err), 3);
}
IN_BPFFS(remove__stops_before_what_is_mounted)

static int add_name(const struct skep_bpffs_entry *e, void *userdata)
{
	char *names = userdata;

	strcat(strcat(names, e->path), " ");
	return strstr(e->path, "stop") ? 77 : 0;
}

/* The same call with and without a dry run: both have to tell the same, and the same names. */
static void dry_run__does_what_removing_does_inside(void)
{
	static const struct {
		const char *path, *names;
		uint64_t flags;
		int result;
	} cases[] = {
		{ "", "", SKEP_BPFFS_RECURSE, -EPERM },
		{ "full", "", 0, -ENOTEMPTY },
		{ "outer", "", SKEP_BPFFS_RECURSE, -EXDEV },
		{ "outer/mounted", "", 0, -EXDEV },
		{ "absent", "", 0, 0 },
		{ "../x", "", 0, -EINVAL },
		{ "s", "s/stop ", SKEP_BPFFS_RECURSE, 77 },
		{ "full/a", "full/a ", 0, 1 },
		{ "full", "full/b/c full/b full ", SKEP_BPFFS_RECURSE, 3 },
	};
	_cleanup_(skep_bpffs_closep) struct skep_bpffs *ctx = open_here();
	struct skep_error err = { 0 }, dry_err = { 0 };
	char names[256], dry_names[256];
	size_t i;

	assert_done(skep_bpffs_mkdir(ctx, "full/b", &err), &err);
	assert_done(skep_bpffs_mkdir(ctx, "outer/mounted", &err), &err);
	assert_done(skep_bpffs_mkdir(ctx, "s/stop", &err), &err);
	pin_new_map(ctx, "full/a");
	pin_new_map(ctx, "full/b/c");
	DONE(mount("other", at("outer/mounted"), "bpf", 0, NULL));
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		names[0] = dry_names[0] = '\0';
		assert_int_equal(skep_bpffs_remove(ctx, cases[i].path,
						   cases[i].flags | SKEP_BPFFS_DRY_RUN, add_name,
						   dry_names, &dry_err),
				 cases[i].result);
		assert_int_equal(skep_bpffs_remove(ctx, cases[i].path, cases[i].flags, add_name,
						   names, &err),
				 cases[i].result);
		assert_string_equal(dry_names, cases[i].result < 0 ? "" : cases[i].names);
		if (cases[i].result >= 0)
			assert_string_equal(names, cases[i].names);
		else
			assert_string_equal(dry_err.msg, err.msg);
	}
	DONE(umount(at("outer/mounted")));
}
IN_BPFFS(dry_run__does_what_removing_does)

static void remove__goes_as_deep_as_a_path_inside(void)
{
	_cleanup_(skep_bpffs_closep) struct skep_bpffs *ctx = open_here();
	struct skep_error err = { 0 };
	const int folders = (int)lab_load(2000);
	char path[4001];
	int i;

	for (i = 0; i < 2 * folders; i++)
		path[i] = i % 2 ? '/' : 'd';
	path[2 * folders - 1] = '\0';
	assert_done(skep_bpffs_mkdir(ctx, path, &err), &err);
	assert_int_equal(skep_bpffs_remove(ctx, "d", SKEP_BPFFS_RECURSE, NULL, NULL, &err),
			 folders);
}
IN_BPFFS(remove__goes_as_deep_as_a_path)

/* A listing in one line: "kind:path:type ", ids left out. */
static int print_entry(const struct skep_bpffs_entry *e, void *userdata)
{
	char *text = userdata;
	size_t len = strlen(text);

	snprintf(text + len, 1024 - len, "%s:%s:%s:%u%s%s ", skep_bpffs_entry_kind_name(e->kind),
		 e->path, e->object, (unsigned)e->depth, *e->target ? "->" : "", e->target);
	if (e->kind >= SKEP_BPFFS_ENTRY_MAP && e->kind <= SKEP_BPFFS_ENTRY_LINK)
		assert_true(e->id > 0 && e->type > 0);
	return 0;
}

static void walk__tells_what_each_pin_is_inside(void)
{
	_cleanup_(skep_bpffs_closep) struct skep_bpffs *ctx = open_here();
	int prog =
		fixture_prog_pass(SKEP_PROG_TYPE_CGROUP_SKB, SKEP_ATTACH_TYPE_CGROUP_INET_INGRESS);
	int cgroup = fixture_cgroup(), link;
	struct skep_attr_link_create attr = { .fd = (uint32_t)prog,
					      .target = (uint32_t)cgroup,
					      .attach_type = SKEP_ATTACH_TYPE_CGROUP_INET_INGRESS };
	struct skep_error err = { 0 };
	char text[1024] = "";

	link = assert_done(skep_sys_link_create(&attr, sizeof(attr), &err), &err);
	assert_done(skep_bpffs_mkdir(ctx, "x/b", &err), &err);
	pin_new_map(ctx, "x/b/map");
	assert_done(skep_bpffs_pin(ctx, prog, "x/prog", &err), &err);
	assert_done(skep_bpffs_pin(ctx, link, "x/a", &err), &err);
	DONE(symlink("b", at("x/c")));
	DONE(mkdir(at("x/d"), 0755));
	DONE(mount("other", at("x/d"), "tmpfs", 0, NULL));
	assert_done(skep_bpffs_walk(ctx, "x", SKEP_BPFFS_RECURSE, print_entry, text, &err), &err);
	assert_string_equal(text, "link:x/a::0 directory:x/b::0 map:x/b/map:fixture:1 "
				  "symlink:x/c::0->b mount:x/d::0 prog:x/prog:fixture:0 ");
	text[0] = '\0';
	assert_done(skep_bpffs_walk(ctx, "x", 0, print_entry, text, &err), &err);
	assert_string_equal(text, "link:x/a::0 directory:x/b::0 symlink:x/c::0->b mount:x/d::0 "
				  "prog:x/prog:fixture:0 ");
	text[0] = '\0';
	assert_done(skep_bpffs_walk(ctx, "x/b/map", 0, print_entry, text, &err), &err);
	assert_string_equal(text, "map:x/b/map:fixture:0 ");
	/* the kernel itself may have put maps.debug and progs.debug into the root */
	assert_done(skep_bpffs_walk(ctx, "", 0, print_entry, text, &err), &err);
	assert_int_equal(skep_bpffs_walk(ctx, "absent", 0, print_entry, text, &err), -ENOENT);
	assert_told(&err, SKEP_ERR_NOT_FOUND, "/run/absent");
	DONE(umount(at("x/d")));
	close(link);
	close(prog);
	fixture_cgroup_remove(cgroup);
}
IN_BPFFS(walk__tells_what_each_pin_is)

static int stop_with(const struct skep_bpffs_entry *e, void *userdata)
{
	(void)e;
	return *(int *)userdata;
}

static void walk__ends_with_what_the_function_said_inside(void)
{
	_cleanup_(skep_bpffs_closep) struct skep_bpffs *ctx = open_here();
	int results[] = { 7, -ENOENT, -ECANCELED };
	struct skep_error err = { 0 };
	size_t i;

	assert_done(skep_bpffs_mkdir(ctx, "a/b", &err), &err);
	for (i = 0; i < ARRAY_SIZE(results); i++)
		assert_int_equal(
			skep_bpffs_walk(ctx, "", SKEP_BPFFS_RECURSE, stop_with, &results[i], &err),
			results[i]);
	assert_string_equal(err.msg, "");
}
IN_BPFFS(walk__ends_with_what_the_function_said)

static int take_entry(const struct skep_bpffs_entry *e, void *userdata)
{
	int64_t *ret = userdata;

	ret[0] = (int64_t)e->kind;
	ret[1] = e->code;
	return 0;
}

static void walk__without_permission_says_why_inside(void)
{
	_cleanup_(skep_bpffs_closep) struct skep_bpffs *ctx = open_here();
	struct skep_error err = { 0 };
	int64_t told[2] = { 0 };

	pin_new_map(ctx, "m");
	DONE(chmod(fixture_bpffs(), 0755));
	DONE(setresuid(65534, 65534, 65534));
	assert_done(skep_bpffs_walk(ctx, "m", 0, take_entry, told, &err), &err);
	assert_int_equal(told[0], SKEP_BPFFS_ENTRY_UNKNOWN);
	assert_true(told[1] == -EPERM || told[1] == -EACCES);
}
IN_BPFFS(walk__without_permission_says_why)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pins__are_made_opened_and_removed),
		cmocka_unit_test(names__with_a_dot_are_explained),
		cmocka_unit_test(root__is_no_name),
		cmocka_unit_test(fd__that_is_no_object_is_named),
		cmocka_unit_test(paths__may_have_several_slashes),
		cmocka_unit_test(dry_run__does_what_removing_does),
		cmocka_unit_test(paths__never_lead_out),
		cmocka_unit_test(remove__takes_a_tree_and_nothing_else),
		cmocka_unit_test(remove__stops_before_what_is_mounted),
		cmocka_unit_test(remove__goes_as_deep_as_a_path),
		cmocka_unit_test(walk__tells_what_each_pin_is),
		cmocka_unit_test(walk__ends_with_what_the_function_said),
		cmocka_unit_test(walk__without_permission_says_why),
	};

	return cmocka_run_group_tests_name("bpffs_pin", tests, NULL, NULL);
}
