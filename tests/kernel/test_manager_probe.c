/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* Probes of a manager, one by one: those that share a program, sets that change, pairs, namespaces, interfaces. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <skep/attach.h>
#include <skep/bpffs.h>
#include <skep/direction.h>
#include <skep/error.h>
#include <skep/kabi.h>
#include <skep/loaded.h>
#include <skep/manager_run.h>
#include <skep/map.h>
#include <skep/object_edit.h>
#include <skep/object_load.h>
#include <skep/object_spec.h>
#include <skep/selector.h>
#include <skep/sys.h>

#include "base/cleanup.h"
#include "hook.h"
#include "lab/census.h"
#include "lab/link.h"
#include "lab/netns.h"
#include "lab/poll.h"
#include "lab/tc.h"
#include "managed.h"

#define WAIT_MS 10000

static struct skep_probe *find(const struct skep_manager *m, const char *program, const char *uid)
{
	struct skep_probe *p = skep_manager_probe_find(m, program, uid);

	assert_non_null(p);
	return p;
}

/* Sharing */

static const struct skep_probe_spec shared[] = {
	{ .program = "on_any",
	  .uid = "a",
	  .category = "syscalls",
	  .tracepoint = "sys_enter_getpgid" },
	{ .program = "on_any",
	  .uid = "b",
	  .category = "syscalls",
	  .tracepoint = "sys_enter_getsid" },
	{ .program = "on_any",
	  .uid = "bad",
	  .category = "syscalls",
	  .tracepoint = "sys_enter_none" },
};

static void probe__that_fails_leaves_those_that_share_its_program_inside(void)
{
	const struct skep_selector best =
		SKEP_BEST_EFFORT(SKEP_PROBE_UID("on_any", "bad"), SKEP_PROBE_UID("on_any", "a"),
				 SKEP_PROBE_UID("on_any", "b"));
	const struct skep_manager_opts o = { .sz = sizeof(o), .selector = &best, .retry_count = 3 };
	struct skep_manager *m = managed_open_with(shared, ARRAY_SIZE(shared), &o);
	struct skep_error err = { 0 };
	struct skep_probe *bad;

	managed_run(m);
	bad = find(m, "on_any", "bad");
	assert_int_equal(managed_runs(m, PROBES_ANY, managed_call), 2 * MANAGED_CALLS);
	assert_int_equal(skep_probe_state(bad), SKEP_MANAGER_LOADED);
	assert_int_equal(skep_probe_attempt_count(bad), 1); /* what is not there does not come */
	assert_int_equal(skep_probe_error(bad)->kind, SKEP_ERR_NO_EVENT);
	assert_int_equal(skep_probe_attach(bad, &err), -ENOENT);
	assert_int_equal(managed_runs(m, PROBES_ANY, managed_call), 2 * MANAGED_CALLS);
	/* the program is whole: others of it come and go */
	assert_done(skep_probe_detach(find(m, "on_any", "a"), &err), &err);
	assert_int_equal(managed_runs(m, PROBES_ANY, managed_call), MANAGED_CALLS);
	assert_done(skep_probe_attach(find(m, "on_any", "a"), &err), &err);
	assert_int_equal(managed_runs(m, PROBES_ANY, managed_call), 2 * MANAGED_CALLS);
	skep_manager_close(m);
}
IN_PROCESS(probe__that_fails_leaves_those_that_share_its_program, hook_enter)

static void probe__that_shares_its_program_is_not_paused_alone_inside(void)
{
	const struct skep_selector both =
		SKEP_ALL_OF(SKEP_PROBE_UID("on_any", "a"), SKEP_PROBE_UID("on_any", "b"));
	struct skep_manager *m = managed_open(shared, 2);
	struct skep_error err = { 0 };

	managed_run(m);
	assert_int_equal(skep_probe_pause(find(m, "on_any", "a"), &err), -EBUSY);
	assert_told(&err, SKEP_ERR_INVALID, "'on_any@b'");
	assert_told(&err, SKEP_ERR_INVALID, "copy");
	assert_done(skep_probe_detach(find(m, "on_any", "b"), &err), &err);
	assert_done(skep_probe_pause(find(m, "on_any", "a"), &err), &err);
	assert_int_equal(managed_runs(m, PROBES_ANY, managed_call), 0);
	/* the next one would be without effect behind the gate of this one */
	assert_int_equal(skep_probe_attach(find(m, "on_any", "b"), &err), -EBUSY);
	assert_told(&err, SKEP_ERR_INVALID, "'on_any@a', which is paused");
	assert_int_equal(skep_probe_state(find(m, "on_any", "b")), SKEP_MANAGER_LOADED);
	assert_int_equal(skep_manager_update_selector(m, &both, &err), -ENOENT);
	assert_told(&err, SKEP_ERR_SELECTOR, "'on_any@a', which is paused");
	assert_int_equal(skep_probe_state(find(m, "on_any", "a")), SKEP_MANAGER_PAUSED);
	assert_done(skep_probe_resume(find(m, "on_any", "a"), &err), &err);
	assert_done(skep_manager_update_selector(m, &both, &err), &err);
	assert_int_equal(managed_runs(m, PROBES_ANY, managed_call), 2 * MANAGED_CALLS);
	assert_done(skep_probe_detach(find(m, "on_any", "b"), &err), &err);
	assert_done(skep_probe_pause(find(m, "on_any", "a"), &err), &err);
	/* the gate opens with the probe that is paused */
	assert_done(skep_probe_detach(find(m, "on_any", "a"), &err), &err);
	assert_done(skep_probe_attach(find(m, "on_any", "b"), &err), &err);
	assert_int_equal(managed_runs(m, PROBES_ANY, managed_call), MANAGED_CALLS);
	skep_manager_close(m);
}
IN_PROCESS(probe__that_shares_its_program_is_not_paused_alone, hook_enter)

static const struct skep_probe_spec copied[] = {
	{ .program = "on_any",
	  .uid = "a",
	  .copy = 1,
	  .category = "syscalls",
	  .tracepoint = "sys_enter_getpgid" },
	{ .program = "on_any",
	  .uid = "b.2",
	  .copy = 1,
	  .category = "syscalls",
	  .tracepoint = "sys_enter_getsid" },
};

static void probe__with_a_copy_is_paused_alone_inside(void)
{
	struct skep_manager *m = managed_open(copied, ARRAY_SIZE(copied));
	const struct skep_object_program *specs[2];
	struct skep_error err = { 0 };
	int fds[2], i;

	for (i = 0; i < 2; i++) { /* loaded again, there are no more of them */
		managed_run(m);
		assert_string_equal(skep_probe_program(find(m, "on_any", "a"))->name, "on_any_a");
		assert_string_equal(skep_probe_program(find(m, "on_any", "b.2"))->name,
				    "on_any_b_2");
		assert_int_equal(skep_manager_programs(m, "on_any", "", fds, 2, &err), 2);
		assert_int_equal(skep_manager_program_specs(m, "on_any", "a", specs, 2), 1);
		assert_string_equal(specs[0]->name, "on_any_a");
		assert_int_equal(managed_runs(m, PROBES_ANY, managed_call), 2 * MANAGED_CALLS);
		assert_done(skep_probe_pause(find(m, "on_any", "a"), &err), &err);
		assert_int_equal(skep_probe_state(find(m, "on_any", "a")), SKEP_MANAGER_PAUSED);
		assert_int_equal(skep_probe_state(find(m, "on_any", "b.2")), SKEP_MANAGER_RUNNING);
		assert_int_equal(managed_runs(m, PROBES_ANY, managed_call), MANAGED_CALLS);
		assert_done(skep_probe_pause(find(m, "on_any", "b.2"), &err), &err);
		assert_int_equal(managed_runs(m, PROBES_ANY, managed_call), 0);
		assert_done(skep_manager_stop(m, 0, &err), &err);
	}
	skep_manager_close(m);
}
IN_PROCESS(probe__with_a_copy_is_paused_alone, hook_enter)

/* What a program is loaded for is chosen once, whoever names it and whoever leaves it to the section. */
static const struct skep_probe_spec targeted[][2] = {
	{ { .program = "on_tp_btf", .uid = "a", .tracepoint = "sys_exit" },
	  { .program = "on_tp_btf", .uid = "b" } },
	{ { .program = "on_tp_btf", .uid = "a" },
	  { .program = "on_tp_btf", .uid = "b", .tracepoint = "sys_exit" } },
	{ { .program = "on_tp_btf", .uid = "a", .tracepoint = "sys_exit" },
	  { .program = "on_tp_btf", .uid = "b", .tracepoint = "sched_switch" } },
	{ { .program = "on_fentry", .uid = "a", .symbol = "__x64_sys_getsid" },
	  { .program = "on_fentry", .uid = "b" } },
	{ { .program = "on_fexit", .uid = "a" },
	  { .program = "on_fexit", .uid = "b", .syscall = "getsid" } },
};

static void probe__for_something_else_than_its_program_is_refused_inside(void)
{
	size_t i;
	int again;

	for (i = 0; i < ARRAY_SIZE(targeted); i++) {
		struct skep_manager *m = managed_open(targeted[i], 2);

		for (again = 0; again < 2; again++) {
			struct skep_error err = { 0 };

			assert_int_equal(skep_manager_load(m, &err), -EINVAL);
			assert_told(&err, SKEP_ERR_INVALID, "@a'");
			assert_told(&err, SKEP_ERR_INVALID, "@b' is for '");
			assert_told(&err, SKEP_ERR_INVALID, "make one a copy");
		}
		skep_manager_close(m);
	}
}
IN_PROCESS(probe__for_something_else_than_its_program_is_refused, hook_enter)

static const char *target_of(const struct skep_manager *m, const char *uid)
{
	return skep_probe_program(find(m, "on_tp_btf", uid))->attach_target;
}

static void probe__that_agrees_shares_and_a_copy_is_for_something_else_inside(void)
{
	const struct skep_probe_spec probes[] = {
		{ .program = "on_tp_btf", .uid = "exit", .tracepoint = "sys_exit" },
		{ .program = "on_tp_btf", .uid = "too", .tracepoint = "sys_exit" },
		{ .program = "on_tp_btf", .uid = "section", .copy = 1 },
	};
	struct skep_manager *m = managed_open(probes, ARRAY_SIZE(probes));
	struct skep_object *object = skep_manager_object(m);
	struct skep_error err = { 0 };

	assert_done(skep_manager_load(m, &err), &err);
	assert_string_equal(target_of(m, "exit"), "sys_exit");
	assert_string_equal(target_of(m, "too"), "sys_exit");
	assert_string_equal(target_of(m, "section"), "sys_enter");
	assert_string_equal(skep_object_program_find(object, "on_tp_btf")->attach_target,
			    "sys_enter");
	/* an edit is what the section would be */
	assert_done(
		skep_object_program_set_target(object, "on_tp_btf_section", "sched_switch", &err),
		&err);
	assert_done(skep_manager_load(m, &err), &err);
	assert_string_equal(target_of(m, "too"), "sys_exit");
	assert_string_equal(target_of(m, "section"), "sched_switch");
	skep_manager_close(m);
}
IN_PROCESS(probe__that_agrees_shares_and_a_copy_is_for_something_else, hook_enter)

static void probe__without_a_target_is_told_and_is_in_nobodys_way_inside(void)
{
	const struct skep_probe_spec probes[][2] = {
		{ { .program = "on_fentry" }, { .program = "on_getpgid" } },
		{ { .program = "on_fentry", .disabled = 1 }, { .program = "on_getpgid" } },
	};
	struct skep_manager *m = managed_open(probes[0], 2);
	struct skep_error err = { 0 };

	/* as by SEC("fentry") */
	assert_done(skep_object_program_set_target(skep_manager_object(m), "on_fentry", "", &err),
		    &err);
	assert_int_equal(skep_manager_load(m, &err), -EINVAL);
	assert_told(&err, SKEP_ERR_SECTION, "probe 'on_fentry': neither it nor its section");
	assert_told(&err, SKEP_ERR_SECTION, "symbol_regex");
	skep_manager_close(m);

	m = managed_open(probes[1], 2);
	assert_done(skep_object_program_set_target(skep_manager_object(m), "on_fentry", "", &err),
		    &err);
	managed_run(m);
	assert_int_equal(managed_runs(m, PROBES_TRACEPOINT, managed_call), MANAGED_CALLS);
	assert_null(skep_probe_program(find(m, "on_fentry", NULL)));
	assert_int_equal(skep_probe_attach(find(m, "on_fentry", NULL), &err), -EINVAL);
	assert_told(&err, SKEP_ERR_SECTION, "probe 'on_fentry': neither it nor its section");
	skep_manager_close(m);

	m = managed_open(probes[0], 1);
	assert_done(skep_object_program_set_type(skep_manager_object(m), "on_fentry",
						 SKEP_PROG_TYPE_EXT, 0, &err),
		    &err);
	assert_int_equal(skep_manager_load(m, &err), -EINVAL);
	assert_told(&err, SKEP_ERR_SECTION, "set target_fd and function");
	skep_manager_close(m);
}
IN_PROCESS(probe__without_a_target_is_told_and_is_in_nobodys_way, hook_enter)

static void probe__without_a_gate_is_not_paused_inside(void)
{
	const struct skep_manager_opts o = { .sz = sizeof(o), .flags = SKEP_MANAGER_NO_GATE };
	struct skep_manager *m = managed_open_with(shared, 2, &o);
	struct skep_error err = { 0 };

	managed_run(m);
	assert_int_equal(skep_manager_pause(m, &err), -EOPNOTSUPP);
	assert_told(&err, SKEP_ERR_UNSUPPORTED, "the manager has none");
	assert_int_equal(skep_manager_state(m), SKEP_MANAGER_RUNNING);
	assert_int_equal(managed_runs(m, PROBES_ANY, managed_call), 2 * MANAGED_CALLS);
	assert_done(skep_manager_stop(m, 0, &err),
		    &err); /* which has nothing to leave to the reaper */
	assert_int_equal(skep_manager_join(m, 0, &err), 0);
	skep_manager_close(m);
}
IN_PROCESS(probe__without_a_gate_is_not_paused, hook_enter)

/* What may pass is tried again. */
static void probe__is_tried_again_as_often_as_it_says_inside(void)
{
	const struct skep_probe_spec probes[] = {
		{ .program = "on_xdp",
		  .interface = "not_there",
		  .retry_count = 2,
		  .retry_delay_ns = 1 },
		{ .program = "on_tc",
		  .interface = "not_there",
		  .direction = SKEP_DIRECTION_EGRESS },
	};
	const struct skep_manager_opts o = { .sz = sizeof(o), .retry_count = 4 };
	struct skep_manager *m = managed_open_with(probes, ARRAY_SIZE(probes), &o);
	struct skep_error err = { 0 };

	assert_done(skep_manager_load(m, &err), &err);
	assert_int_equal(skep_manager_start(m, &err), -ENODEV);
	assert_non_null(strstr(err.msg, "2 probes are not attached, the first: probe 'on_xdp': "));
	assert_int_equal(skep_probe_attempt_count(find(m, "on_xdp", NULL)), 3);
	assert_int_equal(skep_probe_attempt_count(find(m, "on_tc", NULL)), 5);
	skep_manager_close(m);
}
IN_PROCESS(probe__is_tried_again_as_often_as_it_says, hook_enter)

/* Functions of this program, to be found by a pattern. */
__attribute__((noinline)) int managed_many_1(int x);
__attribute__((noinline)) int managed_many_2(int x);
__attribute__((noinline)) int managed_many_1(int x)
{
	__asm__ volatile("" : "+r"(x));
	return x + 1;
}
__attribute__((noinline)) int managed_many_2(int x)
{
	__asm__ volatile("" : "+r"(x));
	return x + 2;
}

static void call_many(void)
{
	assert_int_equal(managed_many_1(1) + managed_many_2(1), 5);
}

/* By one link, where the kernel has it: for that the program has to be loaded in another way. */
static void check_many(const struct skep_probe_spec *probe, uint32_t family, enum probes_slot slot,
		       void (*call)(void), uint64_t calls)
{
	const int multi = skep_attach_supported(NULL, family, SKEP_ATTACH_METHOD_MULTI, NULL) == 1;
	struct skep_manager *m;
	struct skep_error err = { 0 };
	struct skep_probe *p;

	if (skep_attach_supported(NULL, family, SKEP_ATTACH_METHOD_AUTO, NULL) != 1)
		lab_skip();
	m = managed_open(probe, 1);
	managed_run(m);
	p = skep_manager_probe_at(m, 0);
	assert_int_equal(skep_probe_attachment_count(p), 1);
	assert_int_equal(skep_attachment_method(skep_probe_attachment_at(p, 0)) ==
				 SKEP_ATTACH_METHOD_MULTI,
			 multi);
	assert_int_equal(managed_runs(m, slot, call), calls);
	assert_done(skep_manager_pause(m, &err), &err);
	assert_int_equal(managed_runs(m, slot, call), 0);
	assert_done(skep_manager_resume(m, &err), &err);
	assert_int_equal(managed_runs(m, slot, call), calls);
	skep_manager_close(m);
}

static void probe__of_many_functions_of_a_file_has_one_link_inside(void)
{
	const struct skep_probe_spec files = { .program = "on_uprobe",
					       .file = "/proc/self/exe",
					       .symbol = "managed_many_*",
					       .all = 1 };

	check_many(&files, SKEP_ATTACH_FAMILY_UPROBE, PROBES_UPROBE, call_many, 2);
}
IN_PROCESS(probe__of_many_functions_of_a_file_has_one_link, hook_enter)

static void probe__of_many_functions_has_one_link_inside(void)
{
	const struct skep_probe_spec kernel = { .program = "on_kprobe",
						.symbol_regex = "^__x64_sys_get(pgid|sid)$",
						.all = 1 };

	check_many(&kernel, SKEP_ATTACH_FAMILY_KPROBE, PROBES_KPROBE, managed_call,
		   2 * MANAGED_CALLS);
}
IN_PROCESS(probe__of_many_functions_has_one_link, hook_enter)

/* Sets */

static const struct skep_probe_spec several[] = {
	{ .program = "on_getpgid" },
	{ .program = "on_getsid", .disabled = 1 },
	{ .program = "on_missing", .disabled = 1 },
	{ .program = "on_any",
	  .category = "syscalls",
	  .tracepoint = "sys_enter_getsid",
	  .disabled = 1 },
};

static void selector__that_fails_leaves_the_old_set_running_inside(void)
{
	const struct skep_selector bad = SKEP_ALL_OF(
		SKEP_PROBE("on_getsid"), SKEP_PROBE("on_missing"), SKEP_PROBE("nobody"));
	struct skep_manager *m = managed_open(several, ARRAY_SIZE(several));
	struct lab_census before;
	struct skep_error err = { 0 };
	char left[512];

	managed_run(m);
	assert_int_equal(managed_runs(m, PROBES_TRACEPOINT_2, managed_call), 0);
	assert_int_equal(skep_manager_update_selector(m, &bad, &err), -ENOENT);
	assert_int_equal(lab_census_take(&before), 0);
	assert_int_equal(skep_manager_update_selector(m, &bad, &err), -ENOENT);
	assert_told(&err, SKEP_ERR_SELECTOR, "'on_missing': ");
	assert_told(&err, SKEP_ERR_SELECTOR, "'nobody': there is no such probe");
	assert_null(strstr(err.msg, "'on_getsid'"));
	assert_null(skep_manager_selector(m));
	assert_int_equal(managed_runs(m, PROBES_TRACEPOINT, managed_call), MANAGED_CALLS);
	assert_int_equal(managed_runs(m, PROBES_TRACEPOINT_2, managed_call), 0);
	assert_int_equal(skep_probe_is_enabled(find(m, "on_getsid", NULL)), 0);
	assert_int_equal(skep_probe_state(find(m, "on_getsid", NULL)), SKEP_MANAGER_LOADED);
	if (!lab_census_clean(&before, lab_in_ms(WAIT_MS), left, sizeof(left)))
		fail_msg("left: %s", left);
	/* that it was wanted in vain is of no consequence */
	assert_done(skep_probe_attach(find(m, "on_getsid", NULL), &err), &err);
	assert_int_equal(managed_runs(m, PROBES_TRACEPOINT_2, managed_call), MANAGED_CALLS);
	skep_manager_close(m);
}
IN_PROCESS(selector__that_fails_leaves_the_old_set_running, hook_enter)

static void selector__is_exchanged_while_it_runs_inside(void)
{
	const struct skep_selector other =
		SKEP_ONE_OF(SKEP_PROBE("on_missing"), SKEP_PROBE("on_getsid"));
	struct skep_manager *m = managed_open(several, ARRAY_SIZE(several));
	struct skep_error err = { 0 };

	managed_run(m);
	assert_done(skep_manager_update_selector(m, &other, &err), &err);
	assert_int_equal(managed_runs(m, PROBES_TRACEPOINT, managed_call), 0);
	assert_int_equal(managed_runs(m, PROBES_TRACEPOINT_2, managed_call), MANAGED_CALLS);
	assert_int_equal(skep_probe_is_enabled(find(m, "on_getpgid", NULL)), 0);
	/* it stays in force, also for the next start */
	assert_done(skep_manager_stop(m, 0, &err), &err);
	managed_run(m);
	assert_int_equal(managed_runs(m, PROBES_TRACEPOINT, managed_call), 0);
	assert_int_equal(managed_runs(m, PROBES_TRACEPOINT_2, managed_call), MANAGED_CALLS);
	assert_done(skep_manager_pause(m, &err), &err);
	assert_done(skep_manager_update_selector(m, NULL, &err), &err);
	assert_int_equal(managed_runs(m, PROBES_TRACEPOINT, managed_call), 0); /* still paused */
	assert_done(skep_manager_resume(m, &err), &err);
	assert_int_equal(managed_runs(m, PROBES_TRACEPOINT, managed_call), MANAGED_CALLS);
	assert_int_equal(managed_runs(m, PROBES_TRACEPOINT_2, managed_call), 0);
	skep_manager_close(m);
}
IN_PROCESS(selector__is_exchanged_while_it_runs, hook_enter)

/* Pairs */

static void rename__changes_the_pair_wherever_it_stands_inside(void)
{
	const struct skep_selector all =
		SKEP_ALL_OF(SKEP_PROBE_UID("on_any", "a"), SKEP_PROBE_UID("on_any", "b"));
	const struct skep_manager_opts o = { .sz = sizeof(o), .selector = &all };
	struct skep_manager *m = managed_open_with(shared, 2, &o);
	struct skep_error err = { 0 };
	char text[128];

	assert_int_equal(skep_manager_rename(m, "on_any", "a", "on_any", "b", &err), -EEXIST);
	assert_told(&err, SKEP_ERR_PROBE_NAME, "'on_any@b'");
	assert_int_equal(skep_manager_rename(m, "on_any", "none", "on_any", "c", &err), -ENOENT);
	assert_done(skep_manager_rename(m, "on_any", "a", "on_any", "c", &err), &err);
	assert_null(skep_manager_probe_find(m, "on_any", "a"));
	assert_true(skep_selector_text(skep_manager_selector(m), text, sizeof(text)) > 0);
	assert_string_equal(text, "all_of(on_any@c, on_any@b)");
	managed_run(m);
	assert_int_equal(skep_manager_rename(m, "on_any", "c", "on_any", "d", &err), -EBUSY);
	assert_told(&err, SKEP_ERR_PROBE_ATTACHED, "'on_any@c'");
	assert_done(skep_probe_detach(find(m, "on_any", "c"), &err), &err);
	assert_int_equal(skep_manager_rename(m, "on_any", "c", "on_getsid", "c", &err), -EBUSY);
	assert_told(&err, SKEP_ERR_RUNNING, "'on_any@c'");
	assert_done(skep_manager_rename(m, "on_any", "c", "on_any", "d", &err), &err);
	assert_done(skep_probe_attach(find(m, "on_any", "d"), &err), &err);
	assert_int_equal(managed_runs(m, PROBES_ANY, managed_call), 2 * MANAGED_CALLS);
	skep_manager_close(m);
}
IN_PROCESS(rename__changes_the_pair_wherever_it_stands, hook_enter)

static void programs__are_found_by_pairs_inside(void)
{
	const struct skep_probe_spec probes[] = { shared[0],
						  shared[1],
						  { .program = "on_getpgid" } };
	struct skep_manager *m = managed_open(probes, ARRAY_SIZE(probes));
	const struct skep_object_program *specs[4];
	struct skep_error err = { 0 };
	int fds[4];

	assert_int_equal(skep_manager_programs(m, "on_any", NULL, fds, 4, &err), -EINVAL);
	assert_told(&err, SKEP_ERR_NOT_LOADED, "on_any");
	assert_int_equal(skep_manager_program_specs(m, "on_any", "", specs, 4), 1);
	assert_string_equal(specs[0]->name, "on_any");
	assert_int_equal(skep_manager_program_specs(m, "on_xdp", "", specs, 4), 1);
	assert_int_equal(skep_manager_program_specs(m, "on_xdp", "a", specs, 4), 0);
	assert_int_equal(skep_manager_program_specs(m, "nobody", "", specs, 4), 0);
	assert_done(skep_manager_load(m, &err), &err);
	assert_int_equal(skep_manager_programs(m, "on_any", NULL, fds, 4, &err), 1); /* shared */
	assert_int_equal(fds[0], skep_probe_program(find(m, "on_any", "a"))->fd);
	assert_int_equal(skep_manager_programs(m, "on_any", "b", fds, 4, &err), 1);
	assert_int_equal(skep_manager_programs(m, "on_any", "none", fds, 4, &err), 0);
	assert_int_equal(skep_manager_programs(m, "on_getpgid", "", fds, 0, &err), 1);
	skep_manager_close(m);
}
IN_PROCESS(programs__are_found_by_pairs, hook_enter)

static void open__refuses_the_same_pair_twice(void **state)
{
	const struct skep_probe_spec probes[] = { shared[0], shared[0] };
	const struct skep_manager_opts o = { .sz = sizeof(o), SKEP_TABLE(probes) };
	struct skep_manager *m = NULL;
	struct skep_error err = { 0 };

	(void)state;
	assert_int_equal(skep_manager_open_file(managed_path, &o, &m, &err), -EEXIST);
	assert_told(&err, SKEP_ERR_PROBE_NAME, "'on_any@a'");
	assert_told(&err, SKEP_ERR_PROBE_NAME, "another uid");
	assert_null(m);
}

static void open__takes_tables_of_older_and_newer_callers(void **state)
{
	struct {
		struct skep_probe_spec spec;
		uint64_t new;
	} newer[2] = { { .spec = shared[0] }, { .spec = shared[1] } };
	struct skep_manager_opts o = { .sz = sizeof(o),
				       .probes = &newer[0].spec,
				       .probe_count = 2,
				       .probe_sz = sizeof(newer[0]) };
	const char *older[2][2] = { { "on_getpgid", "a" }, { "on_getsid" } };
	struct skep_manager *m = NULL;
	struct skep_error err = { 0 };

	(void)state;
	assert_done(skep_manager_open_file(managed_path, &o, &m, &err), &err);
	assert_non_null(skep_manager_probe_find(m, "on_any", "b"));
	m = skep_manager_close(m);
	newer[1].new = 1;
	assert_int_equal(skep_manager_open_file(managed_path, &o, &m, &err), -E2BIG);
	o.probes = (const struct skep_probe_spec *)(const void *)older;
	o.probe_sz = sizeof(older[0]);
	assert_done(skep_manager_open_file(managed_path, &o, &m, &err), &err);
	assert_non_null(skep_manager_probe_find(m, "on_getsid", ""));
	skep_manager_close(m);
}

/* "_" stands for what no identifier has: a name may be made of several uids, and is one program's all the same. */
static void copies__of_uids_that_no_identifier_has_are_told_apart_inside(void)
{
	static const char *const uids[] = { "a-b", "a_b", "a.b" };
	static const char *const names[] = { "on_any_a_b", "on_any_a_b_2", "on_any_a_b_3" };
	struct skep_probe_spec probes[ARRAY_SIZE(uids)];
	struct skep_manager *m;
	struct skep_error err = { 0 };
	size_t i;
	int round;

	for (i = 0; i < ARRAY_SIZE(uids); i++) {
		probes[i] = copied[0];
		probes[i].uid = uids[i];
	}
	m = managed_open(probes, ARRAY_SIZE(probes));
	for (round = 0; round < 2; round++) {
		managed_run(m);
		for (i = 0; i < ARRAY_SIZE(uids); i++)
			assert_string_equal(skep_probe_program(find(m, "on_any", uids[i]))->name,
					    names[i]);
		assert_int_equal(managed_runs(m, PROBES_ANY, managed_call), 3 * MANAGED_CALLS);
		assert_done(skep_probe_pause(find(m, "on_any", "a_b"), &err), &err);
		assert_int_equal(managed_runs(m, PROBES_ANY, managed_call), 2 * MANAGED_CALLS);
		assert_done(skep_manager_stop(m, SKEP_STOP_WAIT, &err), &err);
	}
	skep_manager_close(m);
}
IN_PROCESS(copies__of_uids_that_no_identifier_has_are_told_apart, hook_enter)

static void uids__that_no_text_can_carry_are_refused(void **state)
{
	static const char *const bad[] = { "a b", "a,b", "a@b",  "(a",   "a)",
					   "a\n", "\ta", "\x7f", "a\vb", "\x01" };
	struct skep_probe_spec probe = shared[0];
	struct skep_manager_opts o = {
		.sz = sizeof(o), .probes = &probe, .probe_count = 1, .probe_sz = sizeof(probe)
	};
	struct skep_manager *m = NULL, *good = NULL;
	struct skep_error err = { 0 };
	size_t i;

	(void)state;
	assert_done(skep_manager_open_file(managed_path, &o, &good, &err), &err);
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		probe.uid = bad[i];
		err = (struct skep_error){ 0 };
		assert_int_equal(skep_manager_open_file(managed_path, &o, &m, &err), -EINVAL);
		assert_told(&err, SKEP_ERR_INVALID, "a uid has no white space");
		err = (struct skep_error){ 0 };
		assert_int_equal(skep_manager_rename(good, "on_any", "a", "on_any", bad[i], &err),
				 -EINVAL);
		assert_told(&err, SKEP_ERR_INVALID, "rename 'on_any@a': a uid has no");
	}
	assert_null(m);
	assert_done(skep_manager_rename(good, "on_any", "a", "on_any", "\xc3\xa4-1/2", &err), &err);
	skep_manager_close(good);
}

/* Hooks that this kernel lacks */

static void hook__that_the_kernel_lacks_is_left_out_and_the_selector_decides_inside(void)
{
	const struct skep_probe_spec probes[] = {
		{ .program = "on_tp_btf", .tracepoint = "not_in_this_kernel" },
		{ .program = "on_getpgid" },
	};
	const struct skep_selector one =
		SKEP_ONE_OF(SKEP_PROBE("on_tp_btf"), SKEP_PROBE("on_getpgid"));
	const struct skep_selector best = SKEP_BEST_EFFORT(SKEP_PROBE("on_tp_btf"));
	struct skep_manager_opts o = { .sz = sizeof(o), .selector = &one };
	struct skep_manager *m = managed_open_with(probes, ARRAY_SIZE(probes), &o);
	struct skep_probe *lacking = find(m, "on_tp_btf", "");
	struct skep_error err = { 0 };

	managed_run(m);
	assert_int_equal(skep_probe_error(lacking)->kind, SKEP_ERR_NO_HOOK);
	assert_non_null(strstr(skep_probe_error(lacking)->msg, "no tracepoint 'not_in_this"));
	assert_null(skep_probe_program(lacking));
	assert_int_equal(managed_runs(m, PROBES_TRACEPOINT, managed_call), MANAGED_CALLS);
	assert_int_equal(skep_probe_attach(lacking, &err), -ENOENT);
	assert_told(&err, SKEP_ERR_NO_HOOK, "not_in_this_kernel");
	assert_int_equal(skep_manager_update_selector(m, NULL, &err), -ENOENT);
	assert_told(&err, SKEP_ERR_NO_HOOK, "not_in_this_kernel");
	assert_int_equal(managed_runs(m, PROBES_TRACEPOINT, managed_call), MANAGED_CALLS);
	skep_manager_close(m);

	/* without a selector all are needed: load tells if nothing else is left, else start */
	m = managed_open(probes, ARRAY_SIZE(probes));
	assert_done(skep_manager_load(m, &err), &err);
	assert_int_equal(skep_manager_start(m, &err), -ENOENT);
	assert_told(&err, SKEP_ERR_NO_HOOK, "'on_tp_btf'");
	skep_manager_close(m);
	m = managed_open(probes, 1);
	assert_int_equal(skep_manager_load(m, &err), -ENOENT);
	assert_told(&err, SKEP_ERR_NO_HOOK, "'on_tp_btf'");
	skep_manager_close(m);
	o.selector = &best;
	m = managed_open_with(probes, 1, &o);
	managed_run(m);
	skep_manager_close(m);
}
IN_PROCESS(hook__that_the_kernel_lacks_is_left_out_and_the_selector_decides, hook_enter)

static void enter_pins(void)
{
	hook_enter();
	fixture_mount_bpffs();
}

static uint32_t pinned_counts(const struct skep_bpffs *bpffs)
{
	struct skep_map *map = NULL;
	struct skep_error err = { 0 };
	uint32_t id;

	assert_done(skep_map_open_pinned(bpffs, "counts", 0, &map, &err), &err);
	id = skep_map_id(map);
	skep_map_close(map);
	return id;
}

static uint32_t own_counts(const struct skep_manager *m)
{
	return skep_map_id(skep_loaded_map_find(skep_manager_loaded(m), "counts")->map);
}

static struct skep_manager *open_replacing(const struct skep_probe_spec *probes, size_t count,
					   const struct skep_bpffs *bpffs)
{
	const struct skep_object_load_opts load = { .sz = sizeof(load), .bpffs = bpffs };
	const struct skep_manager_opts o = { .sz = sizeof(o), .load_opts = &load };
	struct skep_manager *m = managed_open_with(probes, count, &o);
	struct skep_error err = { 0 };

	assert_done(skep_object_map_set(skep_manager_object(m), "counts", SKEP_OBJECT_MAP_PINNING,
					SKEP_OBJECT_PINNING_REPLACE, &err),
		    &err);
	return m;
}

static void replaced_map__gets_its_name_when_start_is_a_success_inside(void)
{
	static const struct skep_probe_spec probes[] = {
		{ .program = "on_getpgid" },
		{ .program = "on_any", .category = "syscalls", .tracepoint = "sys_enter_none" },
	};
	const struct skep_bpffs_opts at = { .sz = sizeof(at), .root = fixture_bpffs() };
	struct skep_bpffs *bpffs = NULL;
	struct skep_manager *old, *failing, *new;
	struct skep_error err = { 0 };

	assert_done(skep_bpffs_open(&at, &bpffs, &err), &err);
	old = open_replacing(probes, 1, bpffs);
	managed_run(old);
	assert_int_equal(pinned_counts(bpffs), own_counts(old));
	failing = open_replacing(probes, 2, bpffs);
	assert_done(skep_manager_load(failing, &err), &err);
	assert_true(skep_manager_start(failing, &err) < 0);
	assert_int_equal(pinned_counts(bpffs), own_counts(old));
	skep_manager_close(failing);
	new = open_replacing(probes, 1, bpffs);
	assert_done(skep_manager_load(new, &err), &err);
	assert_int_equal(pinned_counts(bpffs), own_counts(old));
	assert_done(skep_manager_start(new, &err), &err);
	assert_int_equal(pinned_counts(bpffs), own_counts(new));
	skep_manager_close(old);
	skep_manager_close(new);
	skep_bpffs_close(bpffs);
}
IN_PROCESS(replaced_map__gets_its_name_when_start_is_a_success, enter_pins)

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(probe__that_fails_leaves_those_that_share_its_program),
		cmocka_unit_test(probe__that_shares_its_program_is_not_paused_alone),
		cmocka_unit_test(probe__with_a_copy_is_paused_alone),
		cmocka_unit_test(probe__for_something_else_than_its_program_is_refused),
		cmocka_unit_test(probe__that_agrees_shares_and_a_copy_is_for_something_else),
		cmocka_unit_test(probe__without_a_target_is_told_and_is_in_nobodys_way),
		cmocka_unit_test(probe__without_a_gate_is_not_paused),
		cmocka_unit_test(probe__is_tried_again_as_often_as_it_says),
		cmocka_unit_test(probe__of_many_functions_of_a_file_has_one_link),
		cmocka_unit_test(probe__of_many_functions_has_one_link),
		cmocka_unit_test(selector__that_fails_leaves_the_old_set_running),
		cmocka_unit_test(selector__is_exchanged_while_it_runs),
		cmocka_unit_test(rename__changes_the_pair_wherever_it_stands),
		cmocka_unit_test(programs__are_found_by_pairs),
		cmocka_unit_test(open__refuses_the_same_pair_twice),
		cmocka_unit_test(open__takes_tables_of_older_and_newer_callers),
		cmocka_unit_test(copies__of_uids_that_no_identifier_has_are_told_apart),
		cmocka_unit_test(uids__that_no_text_can_carry_are_refused),
		cmocka_unit_test(hook__that_the_kernel_lacks_is_left_out_and_the_selector_decides),
		cmocka_unit_test(replaced_map__gets_its_name_when_start_is_a_success),
	};

	assert_true(argc == 2);
	managed_path = argv[1];
	return cmocka_run_group_tests(tests, NULL, NULL);
}
