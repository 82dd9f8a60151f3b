/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* Programs that are pinned: who finds one works on its maps, and has its gate if nobody else has. */
#include <errno.h>
#include <linux/bpf.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <skep/bpffs.h>
#include <skep/bpffs_pin.h>
#include <skep/kabi.h>
#include <skep/loaded.h>
#include <skep/log.h>
#include <skep/map.h>
#include <skep/object_edit.h>
#include <skep/object_load.h>

#include "base/cleanup.h"
#include "hook.h"
#include "managed.h"

static const struct skep_probe_spec probe = { .program = "on_getpgid", .pin = "kept/program" };

static struct skep_bpffs *bpffs;
static struct skep_object_load_opts load = { .sz = sizeof(load) };
static char told[256]; /* the last warning */

static void keep_warning(uint64_t level, const char *text, void *userdata)
{
	(void)userdata;
	if (level <= SKEP_LOG_WARNING)
		snprintf(told, sizeof(told), "%s", text);
}

static struct skep_manager *open_pinning(uint64_t flags)
{
	const struct skep_log log = { .fn = keep_warning };
	struct skep_manager_opts o = {
		.sz = sizeof(o), .load_opts = &load, .flags = flags, .log = &log
	};

	return managed_open_with(&probe, 1, &o);
}

static void enter(void)
{
	const struct skep_bpffs_opts at = { .sz = sizeof(at), .root = fixture_bpffs() };
	struct skep_error err = { 0 };

	hook_enter();
	fixture_mount_bpffs();
	assert_done(skep_bpffs_open(&at, &bpffs, &err), &err);
	load.bpffs = bpffs;
}

/* Closes a manager as if it had been killed: its pin stays. */
static void leave(struct skep_manager *m)
{
	char from[256], to[256];
	struct skep_error err = { 0 };

	assert_done(skep_bpffs_replace(bpffs, skep_probe_program(skep_manager_probe_at(m, 0))->fd,
				       "kept/other", 0, NULL, &err),
		    &err);
	skep_manager_close(m);
	assert_int_equal(skep_bpffs_exists(bpffs, "kept/program"), 0);
	snprintf(from, sizeof(from), "%s/kept/other", fixture_bpffs());
	snprintf(to, sizeof(to), "%s/kept/program", fixture_bpffs());
	assert_int_equal(rename(from, to), 0);
}

static uint64_t runs(const struct skep_manager *m)
{
	return managed_runs(m, PROBES_TRACEPOINT, managed_call);
}

static void check_pause(struct skep_manager *m)
{
	struct skep_error err = { 0 };

	assert_int_equal(runs(m), MANAGED_CALLS);
	assert_done(skep_manager_pause(m, &err), &err);
	assert_int_equal(runs(m), 0);
	assert_done(skep_manager_resume(m, &err), &err);
	assert_int_equal(runs(m), MANAGED_CALLS);
	assert_done(skep_probe_pause(skep_manager_probe_at(m, 0), &err), &err);
	assert_int_equal(runs(m), 0);
	assert_done(skep_probe_resume(skep_manager_probe_at(m, 0), &err), &err);
	assert_int_equal(runs(m), MANAGED_CALLS);
}

static void pin__needs_a_bpffs_inside(void)
{
	struct skep_manager *m = managed_open(&probe, 1);
	struct skep_error err = { 0 };

	assert_int_equal(skep_manager_load(m, &err), -EINVAL);
	assert_told(&err, SKEP_ERR_INVALID, "no bpffs");
	skep_manager_close(m);
	skep_bpffs_close(bpffs);
}
IN_PROCESS(pin__needs_a_bpffs, enter)

static void pin__outlives_who_made_it_and_is_used_again_inside(void)
{
	struct skep_manager *m = open_pinning(0);
	struct skep_error err = { 0 };
	uint64_t counted;
	uint32_t id;

	managed_run(m);
	assert_int_equal(skep_bpffs_exists(bpffs, "kept/program"), 1);
	id = skep_probe_program(skep_manager_probe_at(m, 0))->id;
	check_pause(m);
	counted = managed_count(m, PROBES_TRACEPOINT);
	assert_done(skep_manager_pause(m, &err), &err);
	leave(m);

	m = open_pinning(0);
	managed_run(m);
	assert_int_equal(skep_probe_program(skep_manager_probe_at(m, 0))->id, id);
	assert_int_equal(managed_count(m, PROBES_TRACEPOINT), counted); /* its own map */
	check_pause(m);
	assert_string_equal(told, "");
	/* the same manager again */
	assert_done(skep_manager_stop(m, SKEP_STOP_WAIT, &err), &err);
	managed_run(m);
	assert_int_equal(skep_probe_program(skep_manager_probe_at(m, 0))->id, id);
	check_pause(m);
	skep_manager_close(m);
	assert_int_equal(skep_bpffs_exists(bpffs, "kept/program"), 1); /* not ours */
	skep_bpffs_close(bpffs);
}
IN_PROCESS(pin__outlives_who_made_it_and_is_used_again, enter)

static void pin__of_a_manager_that_lives_is_refused_inside(void)
{
	struct skep_manager *a = open_pinning(0), *b = open_pinning(0);
	struct skep_error err = { 0 };
	char words[64];

	snprintf(words, sizeof(words), "'kept/program' is that of another manager, of process %d",
		 getpid());
	managed_run(a);
	assert_int_equal(skep_manager_load(b, &err), -EBUSY);
	assert_told(&err, SKEP_ERR_CONFLICT, words);
	assert_int_equal(skep_manager_state(b), SKEP_MANAGER_OPENED);
	check_pause(a); /* it has not noticed */
	assert_done(skep_manager_pause(a, &err), &err);
	assert_int_equal(skep_manager_load(b, &err), -EBUSY);
	assert_int_equal(runs(a), 0);
	assert_done(skep_manager_stop(a, SKEP_STOP_WAIT, &err), &err);
	managed_run(b);
	assert_int_equal(skep_manager_load(a, &err), -EBUSY);
	check_pause(b);
	skep_manager_close(a);
	assert_int_equal(skep_bpffs_exists(bpffs, "kept/program"), 1);
	check_pause(b);
	skep_manager_close(b);
	assert_int_equal(skep_bpffs_exists(bpffs, "kept/program"), 0);
	skep_bpffs_close(bpffs);
}
IN_PROCESS(pin__of_a_manager_that_lives_is_refused, enter)

/* Is paused until it is killed. */
static void be_killed(int ready)
{
	struct skep_manager *m = open_pinning(0);
	struct skep_error err = { 0 };

	managed_run(m);
	managed_call();
	assert_done(skep_manager_pause(m, &err), &err);
	assert_int_equal(write(ready, "x", 1), 1);
	for (;;)
		pause();
}

static void pin__of_a_killed_manager_is_taken_over_with_its_gate_and_maps_inside(void)
{
	struct skep_manager *m;
	struct skep_error err = { 0 };
	char byte, name[16];
	int ready[2];
	pid_t pid;

	assert_int_equal(pipe(ready), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		be_killed(ready[1]);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	m = open_pinning(0);
	assert_int_equal(skep_manager_load(m, &err), -EBUSY);
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	close(ready[0]);
	close(ready[1]);
	managed_run(m);
	/* the constants of the program are still those of the child: it counts for a task of that name */
	snprintf(name, sizeof(name), "managed-%d", pid % 1000000);
	assert_int_equal(prctl(PR_SET_NAME, name), 0);
	assert_int_equal(managed_count(m, PROBES_TRACEPOINT), MANAGED_CALLS);
	check_pause(m);
	skep_manager_close(m);
	skep_bpffs_close(bpffs);
}
IN_PROCESS(pin__of_a_killed_manager_is_taken_over_with_its_gate_and_maps, enter)

static void pin__without_a_gate_cannot_be_paused_and_may_be_shared_inside(void)
{
	struct skep_manager *a = open_pinning(SKEP_MANAGER_NO_GATE), *b = open_pinning(0);
	struct skep_error err = { 0 };

	assert_done(skep_manager_load(a, &err), &err);
	managed_run(b);
	assert_int_equal(runs(b), MANAGED_CALLS);
	assert_int_equal(skep_manager_pause(b, &err), -EOPNOTSUPP);
	assert_told(&err, SKEP_ERR_UNSUPPORTED, "pinned");
	assert_int_equal(managed_count(a, PROBES_TRACEPOINT), MANAGED_CALLS);
	skep_manager_close(a);
	assert_int_equal(runs(b), MANAGED_CALLS);
	skep_manager_close(b);
	skep_bpffs_close(bpffs);
}
IN_PROCESS(pin__without_a_gate_cannot_be_paused_and_may_be_shared, enter)

static void pin__that_is_not_what_the_object_has_is_told_inside(void)
{
	const struct bpf_insn nothing = { .code = BPF_JMP | BPF_JA };
	struct skep_manager *m = open_pinning(0);
	struct skep_object_replacement given = { .map = "counts" };
	struct skep_map_spec spec = { .sz = sizeof(spec) };
	struct skep_map *other = NULL;
	struct skep_error err = { 0 };

	managed_run(m);
	leave(m);
	m = open_pinning(0);
	assert_done(skep_object_map_set(skep_manager_object(m), "counts",
					SKEP_OBJECT_MAP_MAX_ENTRIES, 1000, &err),
		    &err);
	assert_int_equal(skep_manager_load(m, &err), -EMEDIUMTYPE);
	assert_told(&err, SKEP_ERR_CONFLICT, "'on_getpgid', which is pinned");
	assert_told(&err, SKEP_ERR_CONFLICT, "'counts'");
	assert_told(&err, SKEP_ERR_CONFLICT, "max_entries is");
	skep_manager_close(m);

	/* built anew: it is used, and the log says what is used */
	m = open_pinning(0);
	assert_done(
		skep_object_program_insert(skep_manager_object(m), "on_getpgid", &nothing, 1, &err),
		&err);
	assert_string_equal(told, "");
	managed_run(m);
	assert_non_null(strstr(told, "program 'on_getpgid': what is pinned at 'kept/program'"));
	check_pause(m);

	/* what the caller gives comes before that */
	spec = (struct skep_map_spec){ .sz = sizeof(spec),
				       .type = SKEP_MAP_TYPE_ARRAY,
				       .key_size = 4,
				       .value_size = 8,
				       .max_entries = PROBES_SLOTS };
	assert_done(skep_map_create(&spec, &other, &err), &err);
	given.fd = (uint64_t)skep_map_fd(other);
	load.replacements = &given;
	load.replacement_count = 1;
	skep_manager_close(m);
	m = open_pinning(0);
	managed_run(m);
	assert_int_equal(skep_map_id(skep_loaded_map_find(skep_manager_loaded(m), "counts")->map),
			 skep_map_id(other));
	assert_int_equal(runs(m), 0);
	skep_map_close(other);
	skep_manager_close(m);
	skep_bpffs_close(bpffs);
}
IN_PROCESS(pin__that_is_not_what_the_object_has_is_told, enter)

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pin__needs_a_bpffs),
		cmocka_unit_test(pin__outlives_who_made_it_and_is_used_again),
		cmocka_unit_test(pin__of_a_manager_that_lives_is_refused),
		cmocka_unit_test(pin__of_a_killed_manager_is_taken_over_with_its_gate_and_maps),
		cmocka_unit_test(pin__without_a_gate_cannot_be_paused_and_may_be_shared),
		cmocka_unit_test(pin__that_is_not_what_the_object_has_is_told),
	};

	assert_true(argc == 2);
	managed_path = argv[1];
	return cmocka_run_group_tests(tests, NULL, NULL);
}
