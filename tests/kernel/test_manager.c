/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* A manager's life: which call does what in which state, and that nothing is left behind. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/wait.h>
#include <unistd.h>

#include <bpf/libbpf.h>

#include <skep/loaded.h>
#include <skep/map.h>
#include <skep/selector.h>

#include "base/cleanup.h"
#include "hook.h"
#include "lab/census.h"
#include "lab/poll.h"
#include "managed.h"

#define SETTLE_MS 10000

static const struct skep_probe_spec two[] = {
	{ .program = "on_getpgid" },
	{ .program = "on_getsid" },
};

/* Fails the test unless all that came since is gone, but for what others on the machine have. */
static void assert_clean(const struct lab_census *before)
{
	char left[1024] = "";

	if (!lab_census_clean(before, lab_in_ms(SETTLE_MS), left, sizeof(left)))
		fail_msg("left: %s", left);
}

enum call {
	LOAD,
	START,
	PAUSE,
	RESUME,
	STOP,
	CALLS
};

static int call(struct skep_manager *m, enum call what, struct skep_error *err)
{
	switch (what) {
	case LOAD:
		return skep_manager_load(m, err);
	case START:
		return skep_manager_start(m, err);
	case PAUSE:
		return skep_manager_pause(m, err);
	case RESUME:
		return skep_manager_resume(m, err);
	default:
		return skep_manager_stop(m, SKEP_STOP_WAIT, err);
	}
}

/* Brings a manager into a state, from that which it is in. */
static void bring(struct skep_manager *m, uint32_t state)
{
	struct skep_error err = { 0 };

	assert_done(skep_manager_stop(m, SKEP_STOP_WAIT, &err), &err);
	if (state >= SKEP_MANAGER_LOADED)
		assert_done(skep_manager_load(m, &err), &err);
	if (state >= SKEP_MANAGER_PAUSED)
		assert_done(skep_manager_start(m, &err), &err);
	if (state == SKEP_MANAGER_PAUSED)
		assert_done(skep_manager_pause(m, &err), &err);
	assert_int_equal(skep_manager_state(m), state);
}

/* The table of skep/manager.h. */
static const struct {
	uint32_t from;
	enum call call;
	int code;
	uint32_t kind, to;
} rows[] = {
	{ SKEP_MANAGER_OPENED, LOAD, 0, 0, SKEP_MANAGER_LOADED },
	{ SKEP_MANAGER_OPENED, START, -EINVAL, SKEP_ERR_NOT_LOADED, SKEP_MANAGER_OPENED },
	{ SKEP_MANAGER_OPENED, PAUSE, -EINVAL, SKEP_ERR_NOT_LOADED, SKEP_MANAGER_OPENED },
	{ SKEP_MANAGER_OPENED, RESUME, -EINVAL, SKEP_ERR_NOT_LOADED, SKEP_MANAGER_OPENED },
	{ SKEP_MANAGER_OPENED, STOP, 0, 0, SKEP_MANAGER_OPENED },
	{ SKEP_MANAGER_LOADED, LOAD, 0, 0, SKEP_MANAGER_LOADED },
	{ SKEP_MANAGER_LOADED, START, 0, 0, SKEP_MANAGER_RUNNING },
	{ SKEP_MANAGER_LOADED, PAUSE, -EINVAL, SKEP_ERR_NOT_STARTED, SKEP_MANAGER_LOADED },
	{ SKEP_MANAGER_LOADED, RESUME, -EINVAL, SKEP_ERR_NOT_STARTED, SKEP_MANAGER_LOADED },
	{ SKEP_MANAGER_LOADED, STOP, 0, 0, SKEP_MANAGER_OPENED },
	{ SKEP_MANAGER_PAUSED, LOAD, -EBUSY, SKEP_ERR_RUNNING, SKEP_MANAGER_PAUSED },
	{ SKEP_MANAGER_PAUSED, START, -EBUSY, SKEP_ERR_RUNNING, SKEP_MANAGER_PAUSED },
	{ SKEP_MANAGER_PAUSED, PAUSE, 0, 0, SKEP_MANAGER_PAUSED },
	{ SKEP_MANAGER_PAUSED, RESUME, 0, 0, SKEP_MANAGER_RUNNING },
	{ SKEP_MANAGER_PAUSED, STOP, 0, 0, SKEP_MANAGER_OPENED },
	{ SKEP_MANAGER_RUNNING, LOAD, -EBUSY, SKEP_ERR_RUNNING, SKEP_MANAGER_RUNNING },
	{ SKEP_MANAGER_RUNNING, START, 0, 0, SKEP_MANAGER_RUNNING },
	{ SKEP_MANAGER_RUNNING, PAUSE, 0, 0, SKEP_MANAGER_PAUSED },
	{ SKEP_MANAGER_RUNNING, RESUME, 0, 0, SKEP_MANAGER_RUNNING },
	{ SKEP_MANAGER_RUNNING, STOP, 0, 0, SKEP_MANAGER_OPENED },
};

static void manager__does_in_each_state_what_its_table_says_inside(void)
{
	struct skep_manager *m = managed_open(two, ARRAY_SIZE(two));
	struct lab_census before;
	size_t i;

	bring(m, SKEP_MANAGER_RUNNING); /* what is remembered for ever is remembered */
	bring(m, SKEP_MANAGER_OPENED);
	assert_int_equal(lab_census_take(&before), 0);
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		struct skep_error err = { 0 };
		int r;

		bring(m, rows[i].from);
		r = call(m, rows[i].call, &err);
		if (r != rows[i].code || err.kind != rows[i].kind ||
		    skep_manager_state(m) != rows[i].to)
			fail_msg("row %zu: %d (kind %u, '%s'), state %u", i, r, err.kind, err.msg,
				 skep_manager_state(m));
		/* runs exactly when it says so */
		if (rows[i].to >= SKEP_MANAGER_LOADED)
			assert_int_equal(managed_runs(m, PROBES_TRACEPOINT, managed_call),
					 rows[i].to == SKEP_MANAGER_RUNNING ? MANAGED_CALLS : 0);
	}
	bring(m, SKEP_MANAGER_OPENED);
	assert_clean(&before);
	skep_manager_close(m);
}
IN_PROCESS(manager__does_in_each_state_what_its_table_says, hook_enter)

static void manager__close_leaves_nothing_from_any_state_inside(void)
{
	uint32_t state;

	for (state = SKEP_MANAGER_OPENED; state <= SKEP_MANAGER_RUNNING; state++) {
		struct lab_census before;
		struct skep_manager *m;

		assert_int_equal(lab_census_take(&before), 0);
		m = managed_open(two, ARRAY_SIZE(two));
		bring(m, state);
		skep_manager_close(m);
		assert_clean(&before);
	}
}
IN_PROCESS(manager__close_leaves_nothing_from_any_state, hook_enter)

/* One of them is not there. */
static const struct skep_probe_spec broken[] = {
	{ .program = "on_getpgid" },
	{ .program = "on_missing" },
	{ .program = "on_getsid" },
};

static void start__that_fails_leaves_nothing_and_may_be_called_again_inside(void)
{
	struct skep_manager *m = managed_open(broken, ARRAY_SIZE(broken));
	const struct skep_selector good =
		SKEP_ALL_OF(SKEP_PROBE("on_getpgid"), SKEP_PROBE("on_getsid"));
	struct lab_census before;
	struct skep_error err = { 0 };
	int i;

	assert_done(skep_manager_load(m, &err), &err);
	assert_int_equal(skep_manager_start(m, &err), -ENOENT);
	assert_int_equal(lab_census_take(&before), 0);
	for (i = 0; i < 3; i++) {
		assert_int_equal(skep_manager_start(m, &err), -ENOENT);
		assert_told(&err, SKEP_ERR_NO_EVENT, "probe 'on_missing': ");
		assert_told(&err, SKEP_ERR_NO_EVENT, "sys_enter_none");
		assert_int_equal(skep_manager_state(m), SKEP_MANAGER_LOADED);
		assert_int_equal(managed_runs(m, PROBES_TRACEPOINT, managed_call), 0);
		assert_clean(&before);
	}
	assert_done(skep_manager_update_selector(m, &good, &err), &err);
	assert_done(skep_manager_start(m, &err), &err);
	assert_int_equal(managed_runs(m, PROBES_TRACEPOINT, managed_call), MANAGED_CALLS);
	assert_int_equal(skep_probe_error(skep_manager_probe_at(m, 1))->code, -ENOENT);
	skep_manager_close(m);
}
IN_PROCESS(start__that_fails_leaves_nothing_and_may_be_called_again, hook_enter)

static void load__that_fails_leaves_nothing_and_the_next_one_works_inside(void)
{
	static const struct skep_probe_spec refused[] = {
		{ .program = "on_getpgid" },
		{ .program = "on_refused" },
	};
	const char *bad = "on_refused";
	struct skep_manager_opts o = { .sz = sizeof(o) };
	struct skep_manager *m = managed_open(refused, ARRAY_SIZE(refused));
	struct lab_census before;
	struct skep_error err = { 0 };

	assert_int_equal(lab_census_take(&before), 0);
	assert_true(skep_manager_load(m, &err) < 0);
	assert_told(&err, SKEP_ERR_VERIFIER, "on_refused");
	assert_int_equal(skep_manager_state(m), SKEP_MANAGER_OPENED);
	assert_null(skep_manager_loaded(m));
	assert_null(skep_probe_program(skep_manager_probe_at(m, 0)));
	assert_clean(&before);
	skep_manager_close(m);

	o.excluded_programs = &bad;
	o.excluded_program_count = 1;
	m = managed_open_with(refused, ARRAY_SIZE(refused), &o);
	managed_run(m); /* without a selector, an excluded program takes its probe along */
	assert_int_equal(skep_probe_state(skep_manager_probe_at(m, 1)), SKEP_MANAGER_OPENED);
	assert_int_equal(skep_probe_is_enabled(skep_manager_probe_at(m, 1)), 0);
	assert_int_equal(skep_probe_attach(skep_manager_probe_at(m, 1), &err), -EINVAL);
	assert_told(&err, SKEP_ERR_PROBE_NOT_LOADED, "on_refused");
	assert_int_equal(managed_runs(m, PROBES_TRACEPOINT, managed_call), MANAGED_CALLS);
	skep_manager_close(m);
	assert_clean(&before);
}
IN_PROCESS(load__that_fails_leaves_nothing_and_the_next_one_works, hook_enter)

static void load__of_a_probe_without_a_program_names_it_inside(void)
{
	const struct skep_probe_spec none = { .program = "nobody", .uid = "a" };
	struct skep_manager *m = managed_open(&none, 1);
	struct skep_error err = { 0 };

	assert_int_equal(skep_manager_load(m, &err), -ENOENT);
	assert_told(&err, SKEP_ERR_NO_PROGRAM, "probe 'nobody@a': the object has no program");
	skep_manager_close(m);
}
IN_PROCESS(load__of_a_probe_without_a_program_names_it, hook_enter)

/* As many probes as it takes for closing them to last. */
#define MANY 24

static void many(struct skep_probe_spec probes[MANY], char uids[MANY][8])
{
	size_t i;

	for (i = 0; i < MANY; i++) {
		snprintf(uids[i], sizeof(uids[i]), "%zu", i);
		probes[i] = (struct skep_probe_spec){ .program = "on_getpgid",
						      .uid = uids[i],
						      .copy = 1 };
	}
}

static void stop__ends_events_at_once_and_the_reaper_closes_behind_inside(void)
{
	struct skep_probe_spec probes[MANY];
	char uids[MANY][8];
	struct skep_loaded *held;
	struct skep_map *counts;
	struct skep_manager *m;
	struct lab_census before;
	struct skep_error err = { 0 };
	uint64_t value, after;
	const uint32_t key = PROBES_TRACEPOINT;

	many(probes, uids);
	m = managed_open(probes, MANY);
	managed_run(m);
	assert_int_equal(managed_runs(m, PROBES_TRACEPOINT, managed_call), MANY * MANAGED_CALLS);
	assert_done(skep_manager_stop(m, SKEP_STOP_WAIT, &err), &err);
	assert_int_equal(lab_census_take(&before), 0);
	managed_run(m);
	held = (struct skep_loaded *)skep_manager_loaded(m);
	counts = skep_map_ref(skep_loaded_map_find(held, "counts")->map);
	assert_done(skep_manager_stop(m, 0, &err), &err);
	assert_int_equal(skep_manager_state(m), SKEP_MANAGER_OPENED);
	assert_int_equal(skep_map_lookup(counts, &key, &value, 0), 0);
	managed_call();
	assert_int_equal(skep_map_lookup(counts, &key, &after, 0), 0);
	assert_int_equal(value, after);
	skep_map_close(counts);
	assert_done(skep_manager_join(m, UINT64_MAX, &err), &err);
	assert_clean(&before);
	/* load and close wait for it, too */
	managed_run(m);
	assert_done(skep_manager_stop(m, 0, &err), &err);
	managed_run(m);
	assert_int_equal(managed_runs(m, PROBES_TRACEPOINT, managed_call), MANY * MANAGED_CALLS);
	assert_done(skep_manager_stop(m, 0, &err), &err);
	skep_manager_close(m);
	assert_clean(&before);
}
IN_PROCESS(stop__ends_events_at_once_and_the_reaper_closes_behind, hook_enter)

static void managers__do_not_know_of_each_other_inside(void)
{
	struct skep_manager *a = managed_open(two, ARRAY_SIZE(two)),
			    *b = managed_open(two, ARRAY_SIZE(two));
	struct skep_error err = { 0 };

	managed_run(a);
	managed_run(b);
	assert_done(skep_manager_pause(a, &err), &err);
	assert_int_equal(managed_runs(a, PROBES_TRACEPOINT, managed_call), 0);
	assert_int_equal(managed_runs(b, PROBES_TRACEPOINT, managed_call), MANAGED_CALLS);
	assert_done(skep_manager_stop(b, SKEP_STOP_WAIT, &err), &err);
	assert_done(skep_manager_resume(a, &err), &err);
	assert_int_equal(managed_runs(a, PROBES_TRACEPOINT, managed_call), MANAGED_CALLS);
	skep_manager_close(a);
	skep_manager_close(b);
}
IN_PROCESS(managers__do_not_know_of_each_other, hook_enter)

static void adopted__is_attached_and_cannot_be_paused_inside(void)
{
	const struct skep_probe_spec probe = { .program = "on_getpgid" };
	const struct skep_probe_spec not_loaded = { .program = "on_getsid" };
	struct skep_manager_opts o = {
		.sz = sizeof(o), .probes = &probe, .probe_count = 1, .probe_sz = sizeof(probe)
	};
	struct bpf_object *object = bpf_object__open_file(managed_path, NULL);
	struct bpf_program *p;
	struct skep_manager *m = NULL;
	struct skep_error err = { 0 };
	int i;

	assert_non_null(object);
	bpf_object__for_each_program(p, object)
		bpf_program__set_autoload(p, !strcmp(bpf_program__name(p), "on_getpgid"));
	assert_done(skep_manager_adopt(object, &o, &m, &err), &err);
	assert_null(skep_manager_object(m));
	for (i = 0; i < 2; i++) { /* again, after it was stopped */
		managed_run(m);
		assert_true(managed_runs(m, PROBES_TRACEPOINT, managed_call) >= MANAGED_CALLS);
		assert_int_equal(skep_manager_pause(m, &err), -EOPNOTSUPP);
		assert_told(&err, SKEP_ERR_UNSUPPORTED, "'on_getpgid'");
		assert_told(&err, SKEP_ERR_UNSUPPORTED, "loaded by libbpf");
		assert_true(managed_runs(m, PROBES_TRACEPOINT, managed_call) >= MANAGED_CALLS);
		assert_done(skep_manager_stop(m, 0, &err), &err);
	}
	m = skep_manager_close(m);
	o.probes = &not_loaded;
	assert_done(skep_manager_adopt(object, &o, &m, &err), &err);
	assert_int_equal(skep_manager_load(m, &err), -ENOENT);
	assert_told(&err, SKEP_ERR_NO_PROGRAM, "'on_getsid'");
	assert_told(&err, SKEP_ERR_NO_PROGRAM, "autoload");
	skep_manager_close(m);
	bpf_object__close(object);
}
IN_PROCESS(adopted__is_attached_and_cannot_be_paused, hook_enter)

/* Runs until it is killed. */
static void be_killed(int ready)
{
	const struct skep_probe_spec probe = { .program = "on_getpgid" };
	struct skep_manager *m = managed_open(&probe, 1);

	managed_run(m);
	assert_int_equal(write(ready, "x", 1), 1);
	for (;;)
		pause();
}

static void manager__starts_again_after_it_was_killed_inside(void)
{
	struct lab_census before;
	struct skep_manager *m;
	int ready[2];
	char byte;
	pid_t pid;

	assert_int_equal(lab_census_take(&before), 0);
	assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		be_killed(ready[1]);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	close(ready[0]);
	close(ready[1]);
	m = managed_open(two, ARRAY_SIZE(two));
	managed_run(m);
	assert_int_equal(managed_runs(m, PROBES_TRACEPOINT, managed_call), MANAGED_CALLS);
	skep_manager_close(m);
	assert_clean(&before);
}
IN_PROCESS(manager__starts_again_after_it_was_killed, hook_enter)

/* How often a file was opened since the watch began. */
static int count_opened(int watch)
{
	char events[8192] __attribute__((aligned(8)));
	const struct inotify_event *event;
	ssize_t at, size;
	int count = 0;

	while ((size = read(watch, events, sizeof(events))) > 0)
		for (at = 0; at < size; at += (ssize_t)(sizeof(*event) + event->len)) {
			event = (const struct inotify_event *)(const void *)(events + at);
			count += (event->mask & IN_OPEN) != 0;
		}
	return count;
}

/* Return: a watch of a file of symbols, to be closed. */
static int make_symbols(char *path)
{
	static const char symbols[] = "ffffffff81000000 T __x64_sys_getpgid\n"
				      "ffffffff81000100 T __x64_sys_getsid\n";
	int fd = mkstemp(path), watch = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);

	assert_int_equal(write(fd, symbols, sizeof(symbols) - 1), sizeof(symbols) - 1);
	close(fd);
	/* both: what is the same twice is told once */
	assert_true(inotify_add_watch(watch, path, IN_OPEN | IN_CLOSE) >= 0);
	return watch;
}

static void symbols__are_read_once_for_a_load_and_once_for_a_start_inside(void)
{
	static const struct skep_probe_spec loaded[] = {
		{ .program = "on_fentry", .uid = "1", .syscall = "getpgid" },
		{ .program = "on_fentry", .uid = "2", .syscall = "getsid" },
	};
	static const struct skep_probe_spec started[] = {
		{ .program = "on_kprobe", .uid = "1", .syscall = "getpgid" },
		{ .program = "on_kprobe", .uid = "2", .syscall = "getsid" },
		{ .program = "on_kretprobe", .syscall = "getsid" },
	};
	/* whether this kernel has kprobes or not */
	const struct skep_selector best =
		SKEP_BEST_EFFORT(SKEP_PROBE_UID("on_kprobe", "1"), SKEP_PROBE_UID("on_kprobe", "2"),
				 SKEP_PROBE("on_kretprobe"));
	char path[] = "/tmp/symbols.XXXXXX";
	const struct skep_manager_opts at_load = { .sz = sizeof(at_load), .symbol_file = path };
	const struct skep_manager_opts at_start = { .sz = sizeof(at_start),
						    .selector = &best,
						    .symbol_file = path };
	int watch = make_symbols(path);
	struct skep_error err = { 0 };
	struct skep_manager *m = managed_open_with(loaded, ARRAY_SIZE(loaded), &at_load);

	/* refused when both have been looked up: they share a program */
	assert_int_equal(skep_manager_load(m, &err), -EINVAL);
	assert_told(&err, SKEP_ERR_INVALID, "make one a copy");
	assert_int_equal(count_opened(watch), 1);
	skep_manager_close(m);
	m = managed_open_with(started, ARRAY_SIZE(started), &at_start);
	assert_done(skep_manager_load(m, &err), &err);
	assert_int_equal(count_opened(watch), 0);
	assert_done(skep_manager_start(m, &err), &err);
	assert_int_equal(count_opened(watch), 1);
	if (skep_probe_state(skep_manager_probe_at(m, 0)) == SKEP_MANAGER_RUNNING) {
		assert_done(skep_probe_detach(skep_manager_probe_at(m, 0), &err), &err);
		assert_done(skep_probe_attach(skep_manager_probe_at(m, 0), &err), &err);
		assert_int_equal(count_opened(watch), 1); /* modules may have come */
	}
	skep_manager_close(m);
	unlink(path);
	close(watch);
}
IN_PROCESS(symbols__are_read_once_for_a_load_and_once_for_a_start, hook_enter)

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(manager__does_in_each_state_what_its_table_says),
		cmocka_unit_test(manager__close_leaves_nothing_from_any_state),
		cmocka_unit_test(start__that_fails_leaves_nothing_and_may_be_called_again),
		cmocka_unit_test(load__that_fails_leaves_nothing_and_the_next_one_works),
		cmocka_unit_test(load__of_a_probe_without_a_program_names_it),
		cmocka_unit_test(symbols__are_read_once_for_a_load_and_once_for_a_start),
		cmocka_unit_test(stop__ends_events_at_once_and_the_reaper_closes_behind),
		cmocka_unit_test(managers__do_not_know_of_each_other),
		cmocka_unit_test(adopted__is_attached_and_cannot_be_paused),
		cmocka_unit_test(manager__starts_again_after_it_was_killed),
	};

	assert_true(argc == 2);
	managed_path = argv[1];
	return cmocka_run_group_tests(tests, NULL, NULL);
}
