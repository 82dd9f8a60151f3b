/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* Replacing a pin in one step: who opens it meanwhile, who replaces it too, and who dies over it. */
#include "bpf_fixture.h"

#include <dirent.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <skep/bpffs.h>
#include <skep/bpffs_pin.h>
#include <skep/kabi/map_type.h>
#include <skep/sys.h>

#include "base/cleanup.h"
#include "lab/poll.h"

#define DONE(call) assert_int_equal((call) < 0 ? -errno : 0, 0)
#define REPLACEMENTS 300
#define DEADLINE_NS (30ull * 1000000000)

static struct skep_bpffs *open_here(void)
{
	struct skep_bpffs_opts o = { .sz = sizeof(o), .root = fixture_bpffs() };
	struct skep_bpffs *ctx = NULL;
	struct skep_error err = { 0 };

	assert_done(skep_bpffs_open(&o, &ctx, &err), &err);
	return ctx;
}

static int any_map(void)
{
	return fixture_map(SKEP_MAP_TYPE_ARRAY, 4, 4, 1, 0);
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

/* Names in the root of the bpffs, but for those with a dot, which the kernel may have put there. */
static int count_names(void)
{
	DIR *dir = opendir(fixture_bpffs());
	const struct dirent *e;
	int count = 0;

	assert_non_null(dir);
	while ((e = readdir(dir)))
		count += !strchr(e->d_name, '.');
	closedir(dir);
	return count;
}

static void replace__returns_what_was_there_inside(void)
{
	_cleanup_(skep_bpffs_closep) struct skep_bpffs *ctx = open_here();
	int first = any_map(), second = any_map(), old = 77;
	struct skep_error err = { 0 };
	char path[64];

	assert_done(skep_bpffs_replace(ctx, first, "m", 0, &old, &err), &err);
	assert_int_equal(old, -1);
	assert_int_equal(id_at(ctx, "m"), id_of(first));
	assert_done(skep_bpffs_replace(ctx, second, "m", 0, &old, &err), &err);
	assert_true(old > 2);
	assert_int_equal(id_of(old), id_of(first));
	assert_int_equal(id_at(ctx, "m"), id_of(second));
	/* the way back */
	assert_done(skep_bpffs_replace(ctx, old, "m", 0, NULL, &err), &err);
	assert_int_equal(id_at(ctx, "m"), id_of(first));
	close(old);

	old = 77;
	assert_int_equal(skep_bpffs_replace(ctx, second, "m", SKEP_BPFFS_NOREPLACE, &old, &err),
			 -EEXIST);
	assert_told(&err, SKEP_ERR_CONFLICT, "/run/m");
	assert_int_equal(old, 77);
	assert_done(skep_bpffs_replace(ctx, second, "n", SKEP_BPFFS_NOREPLACE, &old, &err), &err);
	assert_int_equal(old, -1);

	assert_done(skep_bpffs_mkdir(ctx, "d", &err), &err);
	assert_int_equal(skep_bpffs_replace(ctx, first, "d", 0, NULL, &err), -EISDIR);
	snprintf(path, sizeof(path), "%s/link", fixture_bpffs());
	DONE(symlink("m", path));
	assert_int_equal(skep_bpffs_replace(ctx, first, "link", 0, &old, &err), -ELOOP);
	assert_int_equal(skep_bpffs_replace(ctx, first, "absent/m", 0, &old, &err), -ENOENT);
	assert_int_equal(skep_bpffs_replace(ctx, STDIN_FILENO, "m", 0, &old, &err), -EINVAL);
	assert_int_equal(skep_bpffs_replace(ctx, first, "m", 1u << 20, &old, &err), -EINVAL);
	assert_int_equal(id_at(ctx, "m"), id_of(first));
	assert_int_equal(count_names(), 4); /* d, link, m, n: nothing is left of what failed */
	close(first);
	close(second);
}
IN_BPFFS(replace__returns_what_was_there)

struct openers {
	struct skep_bpffs *ctx;
	atomic_int stop, opened, failed;
};

static void *keep_opening(void *userdata)
{
	struct openers *o = userdata;

	while (!atomic_load(&o->stop)) {
		int fd = skep_bpffs_get(o->ctx, "m", 0, NULL);

		if (fd < 0)
			atomic_store(&o->failed, fd);
		else
			atomic_fetch_add(&o->opened, 1);
		skep_sys_close(&fd);
	}
	return NULL;
}

static void replace__never_shows_an_absent_name_inside(void)
{
	_cleanup_(skep_bpffs_closep) struct skep_bpffs *ctx = open_here();
	struct openers o = { .ctx = ctx };
	struct skep_error err = { 0 };
	uint64_t end = lab_now_ns() + DEADLINE_NS;
	int maps[2] = { any_map(), any_map() }, i, old;
	pthread_t thread;

	assert_done(skep_bpffs_pin(ctx, maps[0], "m", &err), &err);
	assert_int_equal(pthread_create(&thread, NULL, keep_opening, &o), 0);
	for (i = 0;
	     i < REPLACEMENTS || (atomic_load(&o.opened) < REPLACEMENTS && lab_now_ns() < end);
	     i++) {
		old = -1;
		assert_done(skep_bpffs_replace(ctx, maps[i % 2], "m", 0, i % 3 ? &old : NULL, &err),
			    &err);
		skep_sys_close(&old);
	}
	atomic_store(&o.stop, 1);
	pthread_join(thread, NULL);
	assert_true(atomic_load(&o.opened) >= REPLACEMENTS);
	assert_int_equal(atomic_load(&o.failed), 0);
	assert_int_equal(count_names(), 1);
	close(maps[0]);
	close(maps[1]);
}
IN_BPFFS(replace__never_shows_an_absent_name)

struct replacers {
	struct skep_bpffs *ctx;
	int fd, result;
};

static void *keep_replacing(void *userdata)
{
	struct replacers *r = userdata;
	int i, old;

	for (i = 0; i < REPLACEMENTS && r->result == 0; i++) {
		old = -1;
		r->result = skep_bpffs_replace(r->ctx, r->fd, "m", 0, i % 2 ? &old : NULL, NULL);
		skep_sys_close(&old);
		skep_bpffs_unpin(r->ctx, i % 5 ? "other" : "m", NULL);
	}
	return NULL;
}

static void replace__of_the_same_name_by_several_leaves_nothing_inside(void)
{
	_cleanup_(skep_bpffs_closep) struct skep_bpffs *ctx = open_here();
	struct replacers r[3] = { { 0 } };
	pthread_t threads[3];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(r); i++) {
		r[i].ctx = ctx;
		r[i].fd = any_map();
		assert_int_equal(pthread_create(&threads[i], NULL, keep_replacing, &r[i]), 0);
	}
	for (i = 0; i < ARRAY_SIZE(r); i++) {
		pthread_join(threads[i], NULL);
		assert_int_equal(r[i].result, 0);
		close(r[i].fd);
	}
	assert_true(count_names() <= 1);
}
IN_BPFFS(replace__of_the_same_name_by_several_leaves_nothing)

/* Replaces until it is killed. */
static void replace_for_ever(struct skep_bpffs *ctx)
{
	int maps[2] = { any_map(), any_map() }, i, old;

	for (i = 0;; i++) {
		old = -1;
		skep_bpffs_replace(ctx, maps[i % 2], "m", 0, &old, NULL);
		skep_sys_close(&old);
	}
}

static bool has_left_something(void *userdata)
{
	(void)userdata;
	return count_names() > 1;
}

static void sweep__removes_what_the_dead_have_left_inside(void)
{
	_cleanup_(skep_bpffs_closep) struct skep_bpffs *ctx = open_here();
	uint64_t end = lab_now_ns() + DEADLINE_NS;
	struct skep_error err = { 0 };
	int map = any_map(), left = 0;
	pid_t pid;

	assert_done(skep_bpffs_pin(ctx, map, "m", &err), &err);
	while (!left && lab_now_ns() < end) { /* killed in the middle, sooner or later */
		pid = fork();
		assert_true(pid >= 0);
		if (!pid)
			replace_for_ever(ctx);
		lab_until(lab_now_ns() + 100000000, has_left_something, NULL);
		kill(pid, SIGKILL);
		assert_int_equal(waitpid(pid, NULL, 0), pid);
		left = count_names() - 1;
	}
	assert_true(left > 0);
	assert_int_equal(skep_bpffs_exists(ctx, "m"), 1);
	assert_int_equal(assert_done(skep_bpffs_sweep(ctx, "", &err), &err), left);
	assert_int_equal(count_names(), 1);
	assert_true(id_at(ctx, "m") > 0);
	close(map);
}
IN_BPFFS(sweep__removes_what_the_dead_have_left)

static void sweep__leaves_what_is_not_certainly_of_the_dead_inside(void)
{
	static const char *const names[] = {
		"d/skep:new:pid=1:start=1:pidns=1:n=1", /* of another pid namespace */
		"d/skep:new:pid=0:start=0:pidns=0:n=0",  "d/skep:new:pid=1:start=1:pidns=1:n=1x",
		"d/skep:new:pid= 1:start=1:pidns=1:n=1", "d/skep:new",
		"d/xskep:new:pid=1:start=1:pidns=1:n=1",
	};
	_cleanup_(skep_bpffs_closep) struct skep_bpffs *ctx = open_here();
	struct skep_error err = { 0 };
	char mine[128], ours[128];
	int map = any_map();
	struct stat st;
	pid_t dead;
	size_t i;

	assert_done(skep_bpffs_mkdir(ctx, "d", &err), &err);
	for (i = 0; i < ARRAY_SIZE(names); i++)
		assert_done(skep_bpffs_pin(ctx, map, names[i], &err), &err);
	DONE(stat("/proc/self/ns/pid", &st));
	dead = fork();
	if (!dead)
		_exit(0);
	assert_int_equal(waitpid(dead, NULL, 0), dead);
	snprintf(ours, sizeof(ours), "d/skep:new:pid=%d:start=1:pidns=%llu:n=1", (int)dead,
		 (unsigned long long)st.st_ino);
	assert_done(skep_bpffs_pin(ctx, map, ours, &err), &err);
	snprintf(mine, sizeof(mine), "d/skep:new:pid=%d:start=%d:pidns=%llu:n=1", (int)dead, 2,
		 (unsigned long long)st.st_ino);
	assert_done(skep_bpffs_mkdir(ctx, mine, &err), &err); /* a directory is not what we make */
	assert_int_equal(assert_done(skep_bpffs_sweep(ctx, "", &err), &err), 1);
	assert_int_equal(skep_bpffs_exists(ctx, ours), 0);
	assert_int_equal(skep_bpffs_exists(ctx, mine), 1);
	for (i = 0; i < ARRAY_SIZE(names); i++)
		assert_int_equal(skep_bpffs_exists(ctx, names[i]), 1);
	close(map);
}
IN_BPFFS(sweep__leaves_what_is_not_certainly_of_the_dead)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(replace__returns_what_was_there),
		cmocka_unit_test(replace__never_shows_an_absent_name),
		cmocka_unit_test(replace__of_the_same_name_by_several_leaves_nothing),
		cmocka_unit_test(sweep__removes_what_the_dead_have_left),
		cmocka_unit_test(sweep__leaves_what_is_not_certainly_of_the_dead),
	};

	return cmocka_run_group_tests_name("bpffs_replace", tests, NULL, NULL);
}
