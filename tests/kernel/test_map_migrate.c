/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* Pins moved aside for a new version and back, and what is left when the process dies in between. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <skep/bpffs.h>
#include <skep/bpffs_pin.h>
#include <skep/kabi.h>
#include <skep/map.h>
#include <skep/map_migrate.h>
#include <skep/map_pin.h>

#include "base/cleanup.h"

#include "bpf_fixture.h"

#define DIR "tc/globals"

static struct skep_bpffs *open_bpffs(void)
{
	const struct skep_bpffs_opts opts = { .sz = sizeof(opts), .root = fixture_bpffs() };
	struct skep_bpffs *bpffs = NULL;
	struct skep_error err = { 0 };

	assert_done(skep_bpffs_open(&opts, &bpffs, &err), &err);
	assert_done(skep_bpffs_mkdir(bpffs, DIR, &err), &err);
	return bpffs;
}

static struct skep_map_spec spec_of(uint64_t type, uint64_t max_entries)
{
	return (struct skep_map_spec){
		.sz = sizeof(struct skep_map_spec),
		.type = type,
		.key_size = 4,
		.value_size = 4,
		.max_entries = max_entries,
	};
}

/* Pins a new map. Return: its id. */
static uint32_t pin(struct skep_bpffs *bpffs, const char *name, uint64_t type, uint64_t max_entries)
{
	const struct skep_map_spec spec = spec_of(type, max_entries);
	struct skep_map *map = NULL;
	struct skep_error err = { 0 };
	char path[512];
	uint32_t id;

	snprintf(path, sizeof(path), DIR "/%s", name);
	assert_done(skep_map_create(&spec, &map, &err), &err);
	assert_done(skep_map_pin(map, bpffs, path, &err), &err);
	id = skep_map_id(map);
	skep_map_close(map);
	return id;
}

/* Return: the id of what is pinned; 0: nothing is. */
static uint32_t id_at(struct skep_bpffs *bpffs, const char *name)
{
	struct skep_map *map = NULL;
	char path[512];
	uint32_t id = 0;

	snprintf(path, sizeof(path), DIR "/%s", name);
	if (skep_map_open_pinned(bpffs, path, 0, &map, NULL) == 0)
		id = skep_map_id(map);
	skep_map_close(map);
	return id;
}

/* "flows moved, calls kept, " */
static int tell(const struct skep_map_migrate_event *e, void *userdata)
{
	char *said = userdata;
	const size_t len = strlen(said);

	snprintf(said + len, 256 - len, "%s %s, ", e->name, skep_map_migrate_step_name(e->step));
	return 0;
}

static void start__moves_what_differs_and_prog_arrays_inside(void)
{
	struct skep_bpffs *bpffs = open_bpffs();
	const struct skep_map_spec hash = spec_of(SKEP_MAP_TYPE_HASH, 8),
				   array = spec_of(SKEP_MAP_TYPE_PROG_ARRAY, 4);
	const struct skep_map_migration maps[] = {
		{ sizeof(maps[0]), "same", &hash, 0 },
		{ sizeof(maps[0]), "grown", &hash, 0 },
		{ sizeof(maps[0]), "calls", &array, 0 },
		{ sizeof(maps[0]), "shared", &array, SKEP_MAP_MIGRATE_SHARED },
		{ sizeof(maps[0]), "absent", &hash, 0 },
	};
	char said[256] = "";
	struct skep_error err = { 0 };
	uint32_t same, grown, calls, shared;

	same = pin(bpffs, "same", SKEP_MAP_TYPE_HASH, 8);
	grown = pin(bpffs, "grown", SKEP_MAP_TYPE_HASH, 4);
	calls = pin(bpffs, "calls", SKEP_MAP_TYPE_PROG_ARRAY, 4);
	shared = pin(bpffs, "shared", SKEP_MAP_TYPE_PROG_ARRAY, 4);
	assert_int_equal(assert_done(skep_map_migrate_start(bpffs, DIR, maps, ARRAY_SIZE(maps),
							    tell, said, &err),
				     &err),
			 2);
	assert_string_equal(said,
			    "same kept, grown moved, calls moved, shared kept, absent absent, ");
	assert_int_equal(id_at(bpffs, "same"), same);
	assert_int_equal(id_at(bpffs, "grown"), 0);
	assert_int_equal(id_at(bpffs, "grown:pending"), grown);
	assert_int_equal(id_at(bpffs, "calls:pending"), calls);
	assert_int_equal(id_at(bpffs, "shared"), shared);
	skep_bpffs_close(bpffs);
}
IN_BPFFS(start__moves_what_differs_and_prog_arrays)

static void start__gives_up_what_an_earlier_run_left_inside(void)
{
	struct skep_bpffs *bpffs = open_bpffs();
	const struct skep_map_migration map = { sizeof(map), "flows", NULL, 0 };
	char said[256] = "";
	struct skep_error err = { 0 };
	uint32_t now;

	pin(bpffs, "flows:pending", SKEP_MAP_TYPE_HASH, 2);
	now = pin(bpffs, "flows", SKEP_MAP_TYPE_HASH, 4);
	assert_int_equal(
		assert_done(skep_map_migrate_start(bpffs, DIR, &map, 1, tell, said, &err), &err),
		1);
	assert_string_equal(said, "flows leftover, flows moved, ");
	assert_int_equal(id_at(bpffs, "flows:pending"), now);
	skep_bpffs_close(bpffs);
}
IN_BPFFS(start__gives_up_what_an_earlier_run_left)

static void start__undoes_itself_when_a_later_one_fails_inside(void)
{
	struct skep_bpffs *bpffs = open_bpffs();
	const struct skep_map_migration maps[] = {
		{ sizeof(maps[0]), "flows", NULL, 0 },
		{ sizeof(maps[0]), "prog", NULL, 0 },
	};
	struct skep_error err = { 0 };
	uint32_t id = pin(bpffs, "flows", SKEP_MAP_TYPE_HASH, 4);
	int prog = fixture_prog_pass(SKEP_PROG_TYPE_SOCKET_FILTER, 0);

	assert_done(skep_bpffs_pin(bpffs, prog, DIR "/prog", &err), &err);
	close(prog);
	assert_int_equal(skep_map_migrate_start(bpffs, DIR, maps, 2, NULL, NULL, &err), -EINVAL);
	assert_non_null(strstr(err.msg, "prog"));
	assert_int_equal(id_at(bpffs, "flows"), id);
	assert_int_equal(id_at(bpffs, "flows:pending"), 0);
	skep_bpffs_close(bpffs);
}
IN_BPFFS(start__undoes_itself_when_a_later_one_fails)

static void names__are_guarded_inside(void)
{
	struct skep_bpffs *bpffs = open_bpffs();
	static char longest[256], too_long[256];
	static const char *const bad[] = { "", "a/b", "../x", "a.b", "flows:pending" };
	struct skep_map_migration map = { .sz = sizeof(map), .name = NULL };
	const struct skep_map_migration twice[] = { { sizeof(map), "flows", NULL, 0 },
						    { sizeof(map), "flows", NULL, 0 } };
	struct skep_error err = { 0 };
	const char *name;
	uint32_t id;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		map.name = name = bad[i];
		assert_int_equal(skep_map_migrate_start(bpffs, DIR, &map, 1, NULL, NULL, &err),
				 -EINVAL);
		assert_int_equal(skep_map_migrate_finalize(bpffs, DIR, &name, 1, NULL, NULL, &err),
				 -EINVAL);
		assert_int_equal(skep_map_migrate_revert(bpffs, DIR, &name, 1, NULL, NULL, &err),
				 -EINVAL);
	}
	assert_int_equal(skep_map_migrate_start(bpffs, DIR, twice, 2, NULL, NULL, &err), -EINVAL);
	memset(longest, 'n', 247);
	memset(too_long, 'n', 248);
	map.name = too_long;
	assert_int_equal(skep_map_migrate_start(bpffs, DIR, &map, 1, NULL, NULL, &err),
			 -ENAMETOOLONG);
	id = pin(bpffs, longest, SKEP_MAP_TYPE_HASH, 4);
	map.name = longest;
	assert_int_equal(
		assert_done(skep_map_migrate_start(bpffs, DIR, &map, 1, NULL, NULL, &err), &err),
		1);
	assert_int_equal(
		assert_done(skep_map_migrate_revert(bpffs, DIR, NULL, 0, NULL, NULL, &err), &err),
		1);
	assert_int_equal(id_at(bpffs, longest), id);
	skep_bpffs_close(bpffs);
}
IN_BPFFS(names__are_guarded)

static void finalize__removes_the_old_pins_inside(void)
{
	struct skep_bpffs *bpffs = open_bpffs();
	static const char *const names[] = { "flows", "absent" };
	char said[256] = "";
	struct skep_error err = { 0 };
	uint32_t new_id;

	pin(bpffs, "flows:pending", SKEP_MAP_TYPE_HASH, 2);
	new_id = pin(bpffs, "flows", SKEP_MAP_TYPE_HASH, 4);
	assert_int_equal(
		assert_done(skep_map_migrate_finalize(bpffs, DIR, names, 2, tell, said, &err),
			    &err),
		1);
	assert_string_equal(said, "flows removed, ");
	assert_int_equal(id_at(bpffs, "flows"), new_id);
	assert_int_equal(id_at(bpffs, "flows:pending"), 0);
	skep_bpffs_close(bpffs);
}
IN_BPFFS(finalize__removes_the_old_pins)

static void finalize__keeps_the_only_pin_there_is_inside(void)
{
	struct skep_bpffs *bpffs = open_bpffs();
	struct skep_error err = { 0 };
	uint32_t id = pin(bpffs, "flows:pending", SKEP_MAP_TYPE_HASH, 2);

	assert_int_equal(skep_map_migrate_finalize(bpffs, DIR, NULL, 0, NULL, NULL, &err), -ENOENT);
	assert_told(&err, SKEP_ERR_NOT_FOUND, "there is no new map 'flows'");
	assert_int_equal(id_at(bpffs, "flows:pending"), id);
	skep_bpffs_close(bpffs);
}
IN_BPFFS(finalize__keeps_the_only_pin_there_is)

static void revert__gives_the_name_back_inside(void)
{
	struct skep_bpffs *bpffs = open_bpffs();
	char said[256] = "";
	struct skep_error err = { 0 };
	uint32_t flows = pin(bpffs, "flows:pending", SKEP_MAP_TYPE_HASH, 2),
		 rates = pin(bpffs, "rates:pending", SKEP_MAP_TYPE_HASH, 2);

	pin(bpffs, "flows", SKEP_MAP_TYPE_HASH, 4);
	assert_int_equal(
		assert_done(skep_map_migrate_revert(bpffs, DIR, NULL, 0, tell, said, &err), &err),
		2);
	assert_string_equal(said, "flows reverted, rates restored, ");
	assert_int_equal(id_at(bpffs, "flows"), flows);
	assert_int_equal(id_at(bpffs, "rates"), rates);
	assert_int_equal(id_at(bpffs, "flows:pending"), 0);
	skep_bpffs_close(bpffs);
}
IN_BPFFS(revert__gives_the_name_back)

#define MAPS 4

/* Dies by SIGKILL at the step of which there are none left. */
static int die(const struct skep_map_migrate_event *e, void *userdata)
{
	int *left = userdata;

	(void)e;
	if (!(*left)--)
		kill(getpid(), SIGKILL);
	return 0;
}

/* Start in a process that dies after some steps, then recover: the maps have their names, and are the same. */
static void kill_and_recover(struct skep_bpffs *bpffs, const struct skep_map_migration *maps,
			     const uint32_t *ids, int steps)
{
	struct skep_error err = { 0 };
	int status, i, left = steps;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (!pid) {
		skep_map_migrate_start(bpffs, DIR, maps, MAPS, die, &left, NULL);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(steps == MAPS ? WIFEXITED(status) : WIFSIGNALED(status));
	assert_int_equal(assert_done(skep_map_migrate_recover(bpffs, DIR, NULL, NULL, &err), &err),
			 steps == MAPS ? MAPS : steps + 1);
	for (i = 0; i < MAPS; i++)
		assert_int_equal(id_at(bpffs, maps[i].name), ids[i]);
}

static void recover__puts_right_what_a_killed_process_left_inside(void)
{
	struct skep_bpffs *bpffs = open_bpffs();
	struct skep_map_migration maps[MAPS];
	char names[MAPS][8], said[256] = "";
	struct skep_error err = { 0 };
	uint32_t ids[MAPS];
	int i;

	for (i = 0; i < MAPS; i++) {
		snprintf(names[i], sizeof(names[i]), "map%d", i);
		maps[i] = (struct skep_map_migration){ sizeof(maps[0]), names[i], NULL, 0 };
		ids[i] = pin(bpffs, names[i], SKEP_MAP_TYPE_HASH, 4);
	}
	for (i = 0; i <= MAPS; i++)
		kill_and_recover(bpffs, maps, ids, i);
	pin(bpffs, "map0:pending", SKEP_MAP_TYPE_HASH, 9);
	assert_int_equal(assert_done(skep_map_migrate_recover(bpffs, DIR, tell, said, &err), &err),
			 0);
	assert_string_equal(said, "map0 undecided, ");
	assert_int_equal(id_at(bpffs, "map0"), ids[0]);
	skep_bpffs_close(bpffs);
}
IN_BPFFS(recover__puts_right_what_a_killed_process_left)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(start__moves_what_differs_and_prog_arrays),
		cmocka_unit_test(start__gives_up_what_an_earlier_run_left),
		cmocka_unit_test(start__undoes_itself_when_a_later_one_fails),
		cmocka_unit_test(names__are_guarded),
		cmocka_unit_test(finalize__removes_the_old_pins),
		cmocka_unit_test(finalize__keeps_the_only_pin_there_is),
		cmocka_unit_test(revert__gives_the_name_back),
		cmocka_unit_test(recover__puts_right_what_a_killed_process_left),
	};

	return cmocka_run_group_tests_name("map_migrate", tests, NULL, NULL);
}
