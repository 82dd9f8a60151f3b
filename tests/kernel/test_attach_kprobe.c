/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* Functions of the kernel: one and many, at entry and return, by every method; and what is left over. */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include <skep/attach_event.h>
#include <skep/attach_kprobe.h>
#include <skep/kabi.h>
#include <skep/symbol.h>
#include <skep/sys.h>
#include <skep/tracefs.h>

#include "base/cleanup.h"
#include "hook.h"
#include "lab/load.h"
#include "lab/netns.h"
#include "lab/poll.h"

#define COOKIE 0x1234567890ull

static const uint32_t methods[] = { SKEP_ATTACH_METHOD_LINK, SKEP_ATTACH_METHOD_PERF,
				    SKEP_ATTACH_METHOD_TRACEFS };

static const struct hook_spec plain = { .type = SKEP_PROG_TYPE_KPROBE, .with_cookie = 1 };
static const struct hook_spec multi = { .type = SKEP_PROG_TYPE_KPROBE,
					.attach_type = SKEP_ATTACH_TYPE_TRACE_KPROBE_MULTI,
					.with_cookie = 1 };

static int has_kprobes(void)
{
	return hook_has_events("kprobe_events");
}

/* Attaches by one method and lets it fire; or the kernel lacks it, and says so. */
static void fire(struct hook *h, struct skep_kprobe_opts o, uint32_t method)
{
	uint32_t family = o.flags & SKEP_KPROBE_RETURN ? SKEP_ATTACH_FAMILY_KRETPROBE
						       : SKEP_ATTACH_FAMILY_KPROBE;
	struct skep_attachment *a = NULL;
	struct skep_error err = { 0 };
	size_t count = 0;
	int r;

	o.method = method;
	r = skep_kprobe_attach(h->prog_fd, &o, &a, &err);
	if (!assert_attached(r, &err, a, family, method))
		return;
	skep_attachment_event_fds(a, &count);
	assert_int_equal(count, 1);
	assert_int_equal(skep_attachment_link_fd(a) >= 0,
			 method == SKEP_ATTACH_METHOD_LINK ||
				 (method == SKEP_ATTACH_METHOD_TRACEFS &&
				  skep_attach_supported(NULL, SKEP_ATTACH_FAMILY_TRACEPOINT,
							SKEP_ATTACH_METHOD_LINK, NULL) == 1));
	assert_fires_until_detached(h, a);
	assert_int_equal(skep_attachment_detach(a, &err), 1);
	skep_attachment_close(a);
}

static void kprobe__fires_by_every_method_inside(void)
{
	struct skep_kprobe_opts o = { .sz = sizeof(o), .symbol = hook_function() };
	struct hook h;
	size_t i, phase;

	hook_open(&plain, &h);
	for (phase = 0; phase < 2; phase++)
		for (i = 0; i < ARRAY_SIZE(methods); i++) {
			o.flags = phase ? SKEP_KPROBE_RETURN : 0;
			o.cookie =
				h.has_cookie && methods[i] != SKEP_ATTACH_METHOD_PERF ? COOKIE : 0;
			fire(&h, o, methods[i]);
		}
	hook_close(&h);
}
IN_PROCESS(kprobe__fires_by_every_method, hook_enter)

static void kprobe__takes_what_the_kernel_has_inside(void)
{
	struct skep_kprobe_opts o = { .sz = sizeof(o), .symbol = hook_function() };
	struct skep_attachment *a = NULL;
	struct skep_error err = { 0 };
	struct hook h;
	int r;

	hook_open(&plain, &h);
	r = skep_kprobe_attach(h.prog_fd, &o, &a, &err);
	if (!has_kprobes()) {
		assert_int_equal(r, -EOPNOTSUPP);
		assert_told(&err, SKEP_ERR_UNSUPPORTED, "this kernel has no");
	} else {
		assert_done(r, &err);
		assert_int_equal(hook_count(&h) >= HOOK_CALLS, 1);
		skep_attachment_close(a); /* closing detaches, too */
		assert_int_equal(hook_count(&h), 0);
	}
	o.flags = SKEP_KPROBE_RETURN;
	o.max_active = 64;
	r = skep_kprobe_attach(h.prog_fd, &o, &a, &err);
	if (assert_attached(r, &err, a, SKEP_ATTACH_FAMILY_KRETPROBE, SKEP_ATTACH_METHOD_TRACEFS)) {
		assert_int_equal(hook_count_events("kprobe_events", "r64:skep_"), 1);
		assert_fires_until_detached(&h, a);
		assert_int_equal(hook_count_events("kprobe_events", ":skep_"), 0);
		skep_attachment_close(a);
	}
	hook_close(&h);
}
IN_PROCESS(kprobe__takes_what_the_kernel_has, hook_enter)

static void kprobe__finds_its_place_by_address_and_offset_inside(void)
{
	struct skep_kprobe_opts o = { .sz = sizeof(o), .address = hook_address() };
	struct hook h;
	size_t i;

	hook_open(&plain, &h);
	for (i = 0; i < ARRAY_SIZE(methods); i++)
		fire(&h, o, methods[i]);
	hook_close(&h);
}
IN_PROCESS(kprobe__finds_its_place_by_address_and_offset, hook_enter)

static void kprobe__says_what_is_wrong_inside(void)
{
	static const struct {
		const char *what;
		struct skep_kprobe_opts o;
		int code;
		uint32_t kind;
	} cases[] = {
		{ "no function", { .symbol = "skep_no_function" }, -ENOENT, SKEP_ERR_NO_HOOK },
		{ "nothing", { 0 }, -EINVAL, SKEP_ERR_INVALID },
		{ "both", { .symbol = "vfs_read", .address = 1 }, -EINVAL, SKEP_ERR_INVALID },
		{ "a line of tracefs", { .symbol = "a\n-:b" }, -EINVAL, SKEP_ERR_INVALID },
		{ "flags", { .symbol = "vfs_read", .flags = 1u << 30 }, -EINVAL, SKEP_ERR_INVALID },
		{ "max_active of an entry",
		  { .symbol = "vfs_read", .max_active = 1 },
		  -EINVAL,
		  SKEP_ERR_INVALID },
		{ "a method of others",
		  { .symbol = "vfs_read", .method = SKEP_ATTACH_METHOD_CLSACT },
		  -EINVAL,
		  SKEP_ERR_INVALID },
		{ "the inside of an instruction",
		  { .symbol = "vfs_read", .offset = 1 },
		  -EILSEQ,
		  SKEP_ERR_INVALID },
		{ "no code to be probed",
		  { .symbol = "do_int3" },
		  -EADDRNOTAVAIL,
		  SKEP_ERR_INVALID },
	};
	int wrong_type = fixture_prog_pass(SKEP_PROG_TYPE_SOCKET_FILTER, 0);
	struct skep_attachment *a = NULL;
	struct hook h;
	size_t i, m;

	hook_open(&plain, &h);
	for (i = 0; i < ARRAY_SIZE(cases); i++)
		for (m = 0; m < ARRAY_SIZE(methods); m++) {
			struct skep_kprobe_opts o = cases[i].o;
			struct skep_error err = { 0 };
			int r;

			o.sz = sizeof(o);
			o.method = o.method ? o.method : methods[m];
			r = skep_kprobe_attach(h.prog_fd, &o, &a, &err);
			if (r == -EOPNOTSUPP && err.kind == SKEP_ERR_UNSUPPORTED &&
			    skep_attach_supported(NULL, SKEP_ATTACH_FAMILY_KPROBE, methods[m],
						  NULL) == 0)
				continue;
			if (r != cases[i].code || err.kind != cases[i].kind)
				fail_msg("%s by %s: %d, not %d: %s", cases[i].what,
					 skep_attach_method_name(methods[m]), r, cases[i].code,
					 err.msg);
		}
	for (m = 0; m < ARRAY_SIZE(methods) && has_kprobes(); m++) {
		struct skep_kprobe_opts o = { .sz = sizeof(o),
					      .symbol = "vfs_read",
					      .method = methods[m] };
		struct skep_error err = { 0 };
		int r = skep_kprobe_attach(wrong_type, &o, &a, &err);

		if (r != -EINVAL && r != -EOPNOTSUPP)
			fail_msg("a socket filter: %d: %s", r, err.msg);
		assert_int_equal(hook_count_events("kprobe_events", ":skep_"), 0);
	}
	assert_null(a);
	close(wrong_type);
	hook_close(&h);
}
IN_PROCESS(kprobe__says_what_is_wrong, hook_enter)

static void kprobe__gets_another_program_inside(void)
{
	struct skep_kprobe_opts o = { .sz = sizeof(o), .symbol = hook_function() };
	struct skep_error err = { 0 };
	struct hook first, second;
	size_t i;

	hook_open(&plain, &first);
	hook_open(&plain, &second);
	for (i = 0; i < ARRAY_SIZE(methods); i++) {
		struct skep_attachment *a = NULL;
		int r;

		o.method = methods[i];
		r = skep_kprobe_attach(first.prog_fd, &o, &a, &err);
		if (!assert_attached(r, &err, a, SKEP_ATTACH_FAMILY_KPROBE, methods[i]))
			continue;
		assert_int_equal(assert_done(skep_attachment_update(a, second.prog_fd, &err), &err),
				 1);
		assert_int_equal(hook_count(&first), 0);
		assert_fires_until_detached(&second, a);
		assert_int_equal(hook_count_events("kprobe_events", ":skep_"), 0);
		skep_attachment_close(a);
	}
	hook_close(&first);
	hook_close(&second);
}
IN_PROCESS(kprobe__gets_another_program, hook_enter)

static void kprobe__that_is_rehearsed_is_not_attached_inside(void)
{
	struct skep_kprobe_opts o = { .sz = sizeof(o),
				      .symbol = hook_function(),
				      .flags = SKEP_ATTACH_DRY_RUN };
	struct skep_attachment *a = NULL;
	struct skep_error err = { 0 };
	struct hook h;
	int r;

	hook_open(&plain, &h);
	r = skep_kprobe_attach(h.prog_fd, &o, &a, &err);
	if (!has_kprobes()) {
		assert_int_equal(r, -EOPNOTSUPP);
	} else {
		assert_done(r, &err);
		assert_int_equal(skep_attachment_is_attached(a), 0);
		assert_int_equal(hook_count(&h), 0);
		skep_attachment_close(a);
	}
	hook_close(&h);
}
IN_PROCESS(kprobe__that_is_rehearsed_is_not_attached, hook_enter)

static int has_multi(uint32_t family)
{
	return skep_attach_supported(NULL, family, SKEP_ATTACH_METHOD_MULTI, NULL) == 1;
}

static const struct skep_attach_result *result_of(const struct skep_attachment *a, const char *name)
{
	const struct skep_attach_result *rows;
	size_t i, count;

	rows = skep_attachment_results(a, &count);
	for (i = 0; i < count; i++)
		if (!strcmp(rows[i].name, name))
			return &rows[i];
	fail_msg("no row of '%s' among %zu", name, count);
	return NULL;
}

static void multi__tells_of_each_function_inside(void)
{
	const char *symbols[] = { "skep_no_function", hook_function(), "vfs_read", "vfs_read" };
	const uint64_t cookies[] = { 1, COOKIE, 3, 4 };
	struct skep_kprobe_multi_opts o = { .sz = sizeof(o),
					    .symbols = symbols,
					    .symbol_count = 4 };
	size_t i, phase, count;

	for (i = 0; i < 4; i++)
		for (phase = 0; phase < 2; phase++) {
			const uint32_t by[] = { SKEP_ATTACH_METHOD_MULTI, SKEP_ATTACH_METHOD_LINK,
						SKEP_ATTACH_METHOD_PERF,
						SKEP_ATTACH_METHOD_TRACEFS };
			uint32_t family =
				phase ? SKEP_ATTACH_FAMILY_KRETPROBE : SKEP_ATTACH_FAMILY_KPROBE;
			struct skep_attachment *a = NULL;
			struct skep_error err = { 0 };
			struct hook h;
			int r;

			if (hook_load(i ? &plain : &multi, &h) < 0) {
				assert_false(has_multi(family));
				hook_open(&plain, &h);
			}
			o.method = by[i];
			o.flags = phase ? SKEP_KPROBE_RETURN : SKEP_KPROBE_ADDRESSES;
			o.cookies =
				h.has_cookie && by[i] != SKEP_ATTACH_METHOD_PERF ? cookies : NULL;
			r = skep_kprobe_attach_multi(h.prog_fd, &o, &a, &err);
			if (assert_attached(r, &err, a, family, by[i])) {
				skep_attachment_results(a, &count);
				assert_int_equal(count, 3);
				assert_int_equal(result_of(a, symbols[0])->code, -ENOENT);
				assert_int_equal(result_of(a, symbols[1])->code, 0);
				assert_int_equal(result_of(a, symbols[2])->code, 0);
				/* in guests the kernel tells addresses to root */
				assert_int_equal(result_of(a, symbols[0])->address, 0);
				assert_int_equal(result_of(a, symbols[1])->address != 0, !phase);
				hook_call();
				assert_true(h.values[0] >= HOOK_CALLS);
				assert_int_equal(skep_attachment_detach(a, &err), 0);
				assert_int_equal(hook_count(&h), 0);
			}
			skep_attachment_close(a);
			hook_close(&h);
		}
	assert_int_equal(hook_count_events("kprobe_events", ":skep_"), 0);
}
IN_PROCESS(multi__tells_of_each_function, hook_enter)

/* A program that was not loaded for it is attached one by one. */
static void multi__falls_back_to_one_by_one_inside(void)
{
	const char *symbols[] = { hook_function() };
	struct skep_kprobe_multi_opts o = { .sz = sizeof(o),
					    .symbols = symbols,
					    .symbol_count = 1 };
	struct skep_attachment *a = NULL;
	struct skep_error err = { 0 };
	struct hook h;
	int r;

	hook_open(&plain, &h);
	r = skep_kprobe_attach_multi(h.prog_fd, &o, &a, &err);
	if (!has_kprobes()) {
		assert_int_equal(r, -EOPNOTSUPP);
		assert_int_equal(err.kind, SKEP_ERR_UNSUPPORTED);
	} else {
		assert_done(r, &err);
		assert_true(skep_attachment_method(a) != SKEP_ATTACH_METHOD_MULTI);
		assert_fires_until_detached(&h, a);
		skep_attachment_close(a);
	}
	hook_close(&h);
	if (hook_load(&multi, &h) < 0)
		lab_skip(); /* before 5.18 */
	r = skep_kprobe_attach_multi(h.prog_fd, &o, &a, &err);
	if (has_multi(SKEP_ATTACH_FAMILY_KPROBE)) {
		assert_done(r, &err);
		assert_int_equal(skep_attachment_method(a), SKEP_ATTACH_METHOD_MULTI);
		assert_fires_until_detached(&h, a);
		skep_attachment_close(a);
	} else if (r >= 0) {
		skep_attachment_close(a);
	}
	hook_close(&h);
}
IN_PROCESS(multi__falls_back_to_one_by_one, hook_enter)

/* A program that was loaded for many functions is attached to one of them, too: by name, by address, at the return. */
static void multi__is_at_one_function_inside(void)
{
	const struct skep_kprobe_opts places[] = {
		{ .sz = sizeof(places[0]), .symbol = hook_function(), .cookie = COOKIE },
		{ .sz = sizeof(places[0]), .symbol = hook_function(), .flags = SKEP_KPROBE_RETURN },
		{ .sz = sizeof(places[0]), .address = hook_address() },
	};
	struct skep_attachment *a = NULL;
	struct skep_error err = { 0 };
	struct hook h;
	size_t i;
	int r;

	if (!has_multi(SKEP_ATTACH_FAMILY_KPROBE))
		lab_skip();
	hook_open(&multi, &h);
	for (i = 0; i < ARRAY_SIZE(places); i++) {
		if (!places[i].symbol && !places[i].address)
			continue; /* lockdown may hide it */
		struct skep_kprobe_opts dry = places[i];

		dry.flags |= SKEP_ATTACH_DRY_RUN;
		assert_done(skep_kprobe_attach(h.prog_fd, &dry, &a, &err), &err);
		assert_int_equal(skep_attachment_method(a), SKEP_ATTACH_METHOD_MULTI);
		skep_attachment_close(a);
		r = skep_kprobe_attach(h.prog_fd, &places[i], &a, &err);
		assert_done(r, &err);
		assert_int_equal(skep_attachment_method(a), SKEP_ATTACH_METHOD_MULTI);
		assert_fires_until_detached(&h, a);
		skep_attachment_close(a);
	}
	const struct skep_kprobe_opts none = { .sz = sizeof(none), .symbol = "skep_no_such" };

	assert_int_equal(skep_kprobe_attach(h.prog_fd, &none, &a, &err), -ENOENT);
	assert_told(&err, SKEP_ERR_NO_HOOK, "has no function 'skep_no_such'");
	hook_close(&h);
}
IN_PROCESS(multi__is_at_one_function, hook_enter)

static void multi__takes_all_that_match_inside(void)
{
	char pattern[128];
	const char *const patterns[] = { pattern, "skep_no_such_*" };
	struct skep_kprobe_multi_opts o = { .sz = sizeof(o),
					    .patterns = patterns,
					    .pattern_count = 2 };
	struct skep_attachment *a = NULL;
	struct skep_error err = { 0 };
	struct hook h;
	size_t count;
	int r;

	snprintf(pattern, sizeof(pattern), "/^%s$/", hook_function());
	if (hook_load(has_multi(SKEP_ATTACH_FAMILY_KPROBE) ? &multi : &plain, &h) < 0)
		fail_msg("load");
	r = skep_kprobe_attach_multi(h.prog_fd, &o, &a, &err);
	if (!has_kprobes()) {
		/* such a kernel may trace functions, and lockdown may keep their list from us */
		if ((r != -EOPNOTSUPP || err.kind != SKEP_ERR_UNSUPPORTED) &&
		    (r != -EPERM || err.kind != SKEP_ERR_PERMISSION))
			fail_msg("%d of kind %s: %s", r, skep_error_kind_name(err.kind), err.msg);
	} else {
		assert_done(r, &err);
		skep_attachment_results(a, &count);
		assert_int_equal(count, 1);
		assert_fires_until_detached(&h, a);
		skep_attachment_close(a);
		o.patterns = patterns + 1;
		o.pattern_count = 1;
		assert_int_equal(skep_kprobe_attach_multi(h.prog_fd, &o, &a, &err), -ENOENT);
	}
	hook_close(&h);
}
IN_PROCESS(multi__takes_all_that_match, hook_enter)

/* A kernel that is older than a method says so; one that is not was built without. */
static void assert_lacking(const struct skep_error *err, unsigned major, unsigned minor)
{
	unsigned has_major = 0, has_minor = 0;
	struct utsname host;

	assert_int_equal(uname(&host), 0);
	assert_int_equal(sscanf(host.release, "%u.%u", &has_major, &has_minor), 2);
	if (has_major < major || (has_major == major && has_minor < minor))
		assert_told(err, SKEP_ERR_UNSUPPORTED, "this kernel has no such method: ");
	else
		assert_told(err, SKEP_ERR_UNSUPPORTED, "this kernel was built without this method");
}

static void session__fires_at_entry_and_return_inside(void)
{
	const struct hook_spec session = { .type = SKEP_PROG_TYPE_KPROBE,
					   .attach_type = SKEP_ATTACH_TYPE_TRACE_KPROBE_SESSION,
					   .with_cookie = 1 };
	const char *symbols[] = { hook_function() };
	struct skep_kprobe_multi_opts o = { .sz = sizeof(o),
					    .symbols = symbols,
					    .symbol_count = 1,
					    .cookie = COOKIE,
					    .flags = SKEP_KPROBE_SESSION };
	struct skep_attachment *a = NULL;
	struct skep_error err = { 0 };
	struct hook h;
	int r;

	if (hook_load(&session, &h) < 0)
		hook_open(&plain, &h);
	r = skep_kprobe_attach_multi(h.prog_fd, &o, &a, &err);
	if (assert_attached(r, &err, a, SKEP_ATTACH_FAMILY_KPROBE_SESSION,
			    SKEP_ATTACH_METHOD_MULTI)) {
		assert_true(hook_count(&h) >= 2ull * HOOK_CALLS);
		assert_fires_until_detached(&h, a);
		skep_attachment_close(a);
	} else {
		assert_lacking(&err, 6, 10);
	}
	hook_close(&h);
}
IN_PROCESS(session__fires_at_entry_and_return, hook_enter)

/* In words about the program, not about the functions, by a dry run, too. */
static void session__of_a_program_that_was_loaded_otherwise_is_refused_inside(void)
{
	const char *symbols[] = { hook_function() };
	struct skep_kprobe_multi_opts o = { .sz = sizeof(o),
					    .symbols = symbols,
					    .symbol_count = 1 };
	struct skep_kprobe_opts one = { .sz = sizeof(one),
					.symbol = symbols[0],
					.method = SKEP_ATTACH_METHOD_MULTI };
	struct skep_attachment *a = NULL;
	struct hook for_one, for_many;
	uint64_t flags;

	if (skep_attach_supported(NULL, SKEP_ATTACH_FAMILY_KPROBE_SESSION, 0, NULL) != 1)
		lab_skip();
	hook_open(&plain, &for_one);
	hook_open(&multi, &for_many);
	for (flags = 0; flags <= SKEP_ATTACH_DRY_RUN; flags += SKEP_ATTACH_DRY_RUN) {
		struct skep_error err = { 0 };

		o.flags = flags | SKEP_KPROBE_SESSION;
		assert_int_equal(skep_kprobe_attach_multi(for_one.prog_fd, &o, &a, &err),
				 -EOPNOTSUPP);
		assert_told(&err, SKEP_ERR_UNSUPPORTED, "type trace_kprobe_session)");
		assert_int_equal(skep_kprobe_attach_multi(for_many.prog_fd, &o, &a, &err),
				 -EOPNOTSUPP);
		assert_told(&err, SKEP_ERR_UNSUPPORTED,
			    "type trace_kprobe_multi, not trace_kprobe_session)");
		one.flags = flags;
		assert_int_equal(skep_kprobe_attach(for_one.prog_fd, &one, &a, &err), -EOPNOTSUPP);
		assert_told(&err, SKEP_ERR_UNSUPPORTED, "type trace_kprobe_multi)");
	}
	assert_null(a);
	hook_close(&for_one);
	hook_close(&for_many);
}
IN_PROCESS(session__of_a_program_that_was_loaded_otherwise_is_refused, hook_enter)

/* A process that makes events and is killed at any moment. */
static void make_events_for_ever(void)
{
	struct skep_kprobe_opts o = { .sz = sizeof(o),
				      .symbol = hook_function(),
				      .method = SKEP_ATTACH_METHOD_TRACEFS };
	struct hook h;

	hook_open(&plain, &h);
	for (;;) {
		struct skep_attachment *many[2] = { NULL };
		size_t i;

		for (i = 0; i < ARRAY_SIZE(many); i++)
			if (skep_kprobe_attach(h.prog_fd, &o, &many[i], NULL) < 0)
				_exit(1);
		if (skep_attachment_detach_many(many, ARRAY_SIZE(many), NULL, NULL) != 0)
			_exit(1);
		for (i = 0; i < ARRAY_SIZE(many); i++)
			skep_attachment_close(many[i]);
	}
}

static void make_foreign_event(const char *line)
{
	_cleanup_(skep_tracefs_closep) struct skep_tracefs *t = NULL;
	struct skep_error err = { 0 };

	assert_done(skep_tracefs_open(0, &t, &err), &err);
	assert_done(skep_tracefs_write(t, "kprobe_events", line, &err), &err);
}

static void events__of_the_dead_are_removed_and_no_others_inside(void)
{
	char foreign[256];
	uint64_t rounds = lab_load(40), i;
	unsigned seed = 1;

	if (!has_kprobes()) {
		assert_true(skep_attach_sweep(NULL) <= 0);
		lab_skip();
	}
	/* another's, one that looks like ours, and one of another pid namespace */
	snprintf(foreign, sizeof(foreign),
		 "p:theirs/event_1 %s\np:skep_12_x/e %s\np:skep_1_1_1/e %s\n", hook_function(),
		 hook_function(), hook_function());
	make_foreign_event(foreign);
	for (i = 0; i < (rounds < 8 ? 8 : rounds); i++) {
		pid_t pid = fork();
		struct skep_error err = { 0 };

		if (pid == 0)
			make_events_for_ever();
		assert_true(pid > 0);
		usleep((useconds_t)(rand_r(&seed) %
				    60000)); /* at any moment: not to wait for something */
		assert_int_equal(kill(pid, SIGKILL), 0);
		assert_int_equal(waitpid(pid, NULL, 0), pid);
		assert_done(skep_attach_sweep(&err), &err);
		assert_int_equal(hook_count_events("kprobe_events", ":skep_"), 2);
	}
	assert_int_equal(hook_count_events("kprobe_events", "theirs/event_1"), 1);
	make_foreign_event("-:theirs/event_1\n-:skep_12_x/e\n-:skep_1_1_1/e\n");
}
IN_PROCESS(events__of_the_dead_are_removed_and_no_others, hook_enter)

/* The next process that attaches removes them without being asked to; those of a living one stay. */
static void events__of_the_dead_go_with_the_next_attach_inside(void)
{
	struct skep_kprobe_opts o = { .sz = sizeof(o),
				      .symbol = hook_function(),
				      .method = SKEP_ATTACH_METHOD_TRACEFS };
	struct skep_attachment *a = NULL;
	struct skep_error err = { 0 };
	struct hook h;
	pid_t pid;
	int ready[2];
	char byte;

	if (!has_kprobes())
		lab_skip();
	hook_open(&plain, &h);
	assert_int_equal(pipe(ready), 0);
	pid = fork();
	if (pid == 0) {
		if (skep_kprobe_attach(h.prog_fd, &o, &a, NULL) < 0 || write(ready[1], "x", 1) != 1)
			_exit(1);
		pause();
	}
	assert_int_equal(read(ready[0], &byte, 1), 1);
	assert_int_equal(skep_attach_sweep(&err), 0); /* it lives */
	assert_int_equal(hook_count_events("kprobe_events", ":skep_"), 1);
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	assert_int_equal(hook_count_events("kprobe_events", ":skep_"), 1);
	assert_done(skep_kprobe_attach(h.prog_fd, &o, &a, &err), &err);
	assert_int_equal(hook_count_events("kprobe_events", ":skep_"), 1);
	skep_attachment_close(a);
	assert_int_equal(hook_count_events("kprobe_events", ":skep_"), 0);
	close(ready[0]);
	close(ready[1]);
	hook_close(&h);
}
IN_PROCESS(events__of_the_dead_go_with_the_next_attach, hook_enter)

static void many__are_detached_by_threads_that_were_asked_for_inside(void)
{
	enum {
		MANY = 12
	};
	struct skep_kprobe_opts o = { .sz = sizeof(o), .symbol = hook_function() };
	struct skep_attachment *many[MANY + 1] = { NULL };
	int codes[MANY + 1];
	struct skep_detach_opts d = { .sz = sizeof(d), .threads = 4, .codes = codes };
	struct skep_error err = { 0 };
	struct hook h;
	size_t i;

	if (!has_kprobes())
		lab_skip();
	hook_open(&plain, &h);
	for (i = 0; i < MANY; i++)
		assert_done(skep_kprobe_attach(h.prog_fd, &o, &many[i], &err), &err);
	assert_true(hook_count(&h) >= (uint64_t)HOOK_CALLS * MANY);
	assert_int_equal(skep_attachment_detach_many(many, MANY + 1, &d, &err), 0);
	assert_int_equal(hook_count(&h), 0);
	for (i = 0; i < MANY; i++) {
		assert_int_equal(codes[i], 0);
		assert_int_equal(skep_attachment_is_attached(many[i]), 0);
		skep_attachment_close(many[i]);
	}
	d.flags = 1;
	assert_int_equal(skep_attachment_detach_many(many, 0, &d, &err), -EINVAL);
	hook_close(&h);
}
IN_PROCESS(many__are_detached_by_threads_that_were_asked_for, hook_enter)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(kprobe__fires_by_every_method),
		cmocka_unit_test(kprobe__takes_what_the_kernel_has),
		cmocka_unit_test(kprobe__finds_its_place_by_address_and_offset),
		cmocka_unit_test(kprobe__says_what_is_wrong),
		cmocka_unit_test(kprobe__gets_another_program),
		cmocka_unit_test(kprobe__that_is_rehearsed_is_not_attached),
		cmocka_unit_test(multi__tells_of_each_function),
		cmocka_unit_test(multi__falls_back_to_one_by_one),
		cmocka_unit_test(multi__is_at_one_function),
		cmocka_unit_test(multi__takes_all_that_match),
		cmocka_unit_test(session__fires_at_entry_and_return),
		cmocka_unit_test(session__of_a_program_that_was_loaded_otherwise_is_refused),
		cmocka_unit_test(events__of_the_dead_are_removed_and_no_others),
		cmocka_unit_test(events__of_the_dead_go_with_the_next_attach),
		cmocka_unit_test(many__are_detached_by_threads_that_were_asked_for),
	};

	return cmocka_run_group_tests(tests, hook_group_setup, NULL);
}
