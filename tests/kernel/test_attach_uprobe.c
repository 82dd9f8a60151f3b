/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* Functions and tracepoints of programs, position-independent and not: by every method, in containers, of one process. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <skep/attach_event.h>
#include <skep/attach_uprobe.h>
#include <skep/binary.h>
#include <skep/kabi.h>
#include <skep/sys.h>

#include "base/cleanup.h"
#include "hook.h"
#include "lab/netns.h"

#define COOKIE 0xc00c1eull

static const char *files[2]; /* position-independent, and not */

static const uint32_t methods[] = { SKEP_ATTACH_METHOD_LINK, SKEP_ATTACH_METHOD_PERF,
				    SKEP_ATTACH_METHOD_TRACEFS, SKEP_ATTACH_METHOD_MULTI };

static const struct hook_spec plain = { .type = SKEP_PROG_TYPE_KPROBE, .with_cookie = 1 };
static const struct hook_spec multi = { .type = SKEP_PROG_TYPE_KPROBE,
					.attach_type = SKEP_ATTACH_TYPE_TRACE_UPROBE_MULTI,
					.with_cookie = 1 };

/* The program to be probed, running, waiting for lines. */
struct probed {
	pid_t pid;
	FILE *in, *out;
};

static void probed_start(const char *path, struct probed *p)
{
	int to[2], from[2];

	assert_int_equal(pipe2(to, O_CLOEXEC), 0);
	assert_int_equal(pipe2(from, O_CLOEXEC), 0);
	p->pid = fork();
	assert_true(p->pid >= 0);
	if (p->pid == 0) {
		dup2(to[0], STDIN_FILENO);
		dup2(from[1], STDOUT_FILENO);
		execl(path, path, "lines", (char *)NULL);
		_exit(127);
	}
	close(to[0]);
	close(from[1]);
	p->in = fdopen(to[1], "w");
	p->out = fdopen(from[0], "r");
	assert_non_null(p->in);
	assert_non_null(p->out);
}

/* Lets it run once. Return: how often its tracepoint had a listener. */
static int probed_run(const struct probed *p)
{
	char line[32];

	assert_true(fputs("x\n", p->in) >= 0 && fflush(p->in) == 0);
	assert_non_null(fgets(line, sizeof(line), p->out));
	return atoi(line);
}

static void probed_stop(struct probed *p)
{
	fclose(p->in);
	fclose(p->out);
	assert_int_equal(waitpid(p->pid, NULL, 0), p->pid);
}

static struct probed running; /* for what is called without arguments */

static void run_it(void)
{
	probed_run(&running);
}

/* A program as the method wants it. Return: 0 this kernel has none. */
static int open_for(uint32_t method, struct hook *h)
{
	if (method != SKEP_ATTACH_METHOD_MULTI || hook_load(&multi, h) < 0)
		hook_open(&plain, h);
	return 1;
}

static uint64_t cookie_for(const struct hook *h, uint32_t method)
{
	return h->has_cookie && method != SKEP_ATTACH_METHOD_PERF ? COOKIE : 0;
}

static void uprobe__fires_by_every_method_inside(void)
{
	size_t file, i, phase;

	for (file = 0; file < 2; file++) {
		probed_start(files[file], &running);
		for (phase = 0; phase < 2; phase++)
			for (i = 0; i < ARRAY_SIZE(methods); i++) {
				uint32_t family = phase ? SKEP_ATTACH_FAMILY_URETPROBE
							: SKEP_ATTACH_FAMILY_UPROBE;
				struct skep_uprobe_opts o = { .sz = sizeof(o),
							      .flags = phase ? SKEP_UPROBE_RETURN
									     : 0,
							      .method = methods[i],
							      .file = files[file],
							      .symbol = "probed_one" };
				struct skep_attachment *a = NULL;
				struct skep_error err = { 0 };
				struct hook h;
				int r;

				open_for(methods[i], &h);
				o.cookie = cookie_for(&h, methods[i]);
				r = skep_uprobe_attach(h.prog_fd, &o, &a, &err);
				if (assert_attached(r, &err, a, family, methods[i]))
					assert_fires_until_detached_by(&h, a, run_it);
				skep_attachment_close(a);
				hook_close(&h);
			}
		probed_stop(&running);
	}
	assert_int_equal(hook_count_events("uprobe_events", ":skep_"), 0);
}
IN_PROCESS(uprobe__fires_by_every_method, hook_enter)

static void uprobe__finds_its_place_in_every_way_inside(void)
{
	size_t file, i;

	for (file = 0; file < 2; file++) {
		struct skep_binary *b = NULL;
		struct skep_error err = { 0 };
		char id[129];
		uint64_t offset = 0;
		struct hook h;

		hook_open(&plain, &h);
		probed_start(files[file], &running);
		assert_done(skep_binary_open(files[file], NULL, &b, &err), &err);
		assert_done(skep_binary_find(b, "probed_one", &offset, &err), &err);
		assert_true(skep_binary_build_id(b, id, sizeof(id), &err) > 0);
		for (i = 0; i < 7; i++) {
			struct skep_uprobe_opts o = { .sz = sizeof(o) };
			struct skep_attachment *a = NULL;

			switch (i) {
			case 0: /* an open file, and an offset in it */
				o.binary = b;
				o.file_offset = offset;
				break;
			case 1: /* the program of a process, and an expression */
				o.view_pid = (uint64_t)running.pid;
				o.symbol = "/^probed_one$/";
				break;
			case 2: /* a build id of a process, a glob */
				o.build_id = id;
				o.view_pid = (uint64_t)running.pid;
				o.symbol = "probed_o?e";
				break;
			case 3: /* a build id, of whoever runs it */
				o.build_id = id;
				o.symbol = "probed_one";
				break;
			case 4: /* one process alone */
				o.pid = (uint64_t)running.pid;
				o.symbol = "probed_one";
				break;
			case 5: /* from one function on */
				o.file = files[file];
				o.symbol = "probed_one+0";
				break;
			default: /* a file that must have the id */
				o.file = files[file];
				o.build_id = id;
				o.symbol = "probed_one";
			}
			assert_done(skep_uprobe_attach(h.prog_fd, &o, &a, &err), &err);
			assert_fires_until_detached_by(&h, a, run_it);
			skep_attachment_close(a);
		}
		skep_binary_close(b);
		probed_stop(&running);
		hook_close(&h);
	}
}
IN_PROCESS(uprobe__finds_its_place_in_every_way, hook_enter)

static void uprobe__of_a_process_is_not_of_others_inside(void)
{
	struct skep_uprobe_opts o = { .sz = sizeof(o), .symbol = "probed_one", .file = files[0] };
	struct probed other;
	size_t i;

	probed_start(files[0], &running);
	probed_start(files[0], &other);
	for (i = 0; i < ARRAY_SIZE(methods); i++) {
		struct skep_attachment *a = NULL;
		struct skep_error err = { 0 };
		struct hook h;
		uint64_t before;
		int r;

		open_for(methods[i], &h);
		o.method = methods[i];
		o.pid = (uint64_t)running.pid;
		r = skep_uprobe_attach(h.prog_fd, &o, &a, &err);
		if (assert_attached(r, &err, a, SKEP_ATTACH_FAMILY_UPROBE, methods[i])) {
			before = h.values[0];
			probed_run(&other);
			assert_int_equal(h.values[0] - before, 0);
			assert_fires_until_detached_by(&h, a, run_it);
		}
		skep_attachment_close(a);
		hook_close(&h);
	}
	probed_stop(&running);
	probed_stop(&other);
}
IN_PROCESS(uprobe__of_a_process_is_not_of_others, hook_enter)

static void uprobe__is_at_all_that_match_inside(void)
{
	struct skep_uprobe_opts o = { .sz = sizeof(o),
				      .flags = SKEP_UPROBE_ALL,
				      .file = files[0],
				      .symbol = "/^probed_(one|two)$/" };
	size_t i;

	probed_start(files[0], &running);
	for (i = 0; i < ARRAY_SIZE(methods); i++) {
		const struct skep_attach_result *rows;
		struct skep_attachment *a = NULL;
		struct skep_error err = { 0 };
		struct hook h;
		uint64_t before;
		size_t count;
		int r;

		open_for(methods[i], &h);
		o.method = methods[i];
		r = skep_uprobe_attach(h.prog_fd, &o, &a, &err);
		if (assert_attached(r, &err, a, SKEP_ATTACH_FAMILY_UPROBE, methods[i])) {
			rows = skep_attachment_results(a, &count);
			assert_int_equal(count, 2);
			assert_true(rows[0].address && rows[1].address && !rows[0].code);
			before = h.values[0];
			probed_run(&running);
			assert_int_equal(h.values[0] - before, 2 * HOOK_CALLS);
			assert_fires_until_detached_by(&h, a, run_it);
		}
		skep_attachment_close(a);
		hook_close(&h);
	}
	probed_stop(&running);
}
IN_PROCESS(uprobe__is_at_all_that_match, hook_enter)

static void session__of_uprobes_fires_at_entry_and_return_inside(void)
{
	const struct hook_spec session = { .type = SKEP_PROG_TYPE_KPROBE,
					   .attach_type = SKEP_ATTACH_TYPE_TRACE_UPROBE_SESSION };
	struct skep_uprobe_opts o = { .sz = sizeof(o),
				      .flags = SKEP_UPROBE_SESSION,
				      .file = files[0],
				      .symbol = "probed_one" };
	struct skep_attachment *a = NULL;
	struct skep_error err = { 0 };
	struct hook h;
	uint64_t before;
	int r;

	if (hook_load(&session, &h) < 0)
		hook_open(&plain, &h);
	probed_start(files[0], &running);
	r = skep_uprobe_attach(h.prog_fd, &o, &a, &err);
	if (assert_attached(r, &err, a, SKEP_ATTACH_FAMILY_UPROBE_SESSION,
			    SKEP_ATTACH_METHOD_MULTI)) {
		before = h.values[0];
		probed_run(&running);
		assert_int_equal(h.values[0] - before, 2 * HOOK_CALLS);
		assert_fires_until_detached_by(&h, a, run_it);
	}
	skep_attachment_close(a);
	probed_stop(&running);
	hook_close(&h);
}
IN_PROCESS(session__of_uprobes_fires_at_entry_and_return, hook_enter)

static void usdt__fires_and_counts_its_listeners_inside(void)
{
	static const uint32_t by[] = { SKEP_ATTACH_METHOD_LINK, SKEP_ATTACH_METHOD_PERF,
				       SKEP_ATTACH_METHOD_MULTI };
	size_t file, i;

	for (file = 0; file < 2; file++) {
		probed_start(files[file], &running);
		for (i = 0; i < ARRAY_SIZE(by); i++) {
			struct skep_usdt_opts o = { .sz = sizeof(o),
						    .method = by[i],
						    .file = files[file],
						    .provider = "probed",
						    .name = "counted" };
			struct skep_attachment *a = NULL;
			struct skep_error err = { 0 };
			struct hook h;
			int r;

			open_for(by[i], &h);
			o.cookie = cookie_for(&h, by[i]);
			assert_int_equal(probed_run(&running), 0);
			r = skep_usdt_attach(h.prog_fd, &o, &a, &err);
			if (assert_attached(r, &err, a, SKEP_ATTACH_FAMILY_USDT, by[i])) {
				assert_int_equal(probed_run(&running), HOOK_CALLS);
				assert_fires_until_detached_by(&h, a, run_it);
				assert_int_equal(probed_run(&running), 0);
			}
			skep_attachment_close(a);
			o.name = "plain";
			r = skep_usdt_attach(h.prog_fd, &o, &a, &err);
			if (assert_attached(r, &err, a, SKEP_ATTACH_FAMILY_USDT, by[i]))
				assert_fires_until_detached_by(&h, a, run_it);
			skep_attachment_close(a);
			o.name = "none";
			assert_int_equal(skep_usdt_attach(h.prog_fd, &o, &a, &err), -ENOENT);
			assert_told(&err, SKEP_ERR_NO_HOOK, "has no tracepoint 'probed:none'");
			hook_close(&h);
		}
		probed_stop(&running);
	}
}
IN_PROCESS(usdt__fires_and_counts_its_listeners, hook_enter)

/* The method that is chosen fits how the program was loaded, at one place and at several, and a dry run says the same. */
static void auto__fits_how_the_program_was_loaded_inside(void)
{
	const int has_multi = skep_attach_supported(NULL, SKEP_ATTACH_FAMILY_UPROBE,
						    SKEP_ATTACH_METHOD_MULTI, NULL) == 1;
	static const struct {
		const char *what;
		int all, usdt;
	} cases[] = { { "probed_one", 0, 0 }, { "probed_*", 1, 0 }, { "counted", 0, 1 } };
	size_t i;
	int many, dry;

	probed_start(files[0], &running);
	for (i = 0; i < 2 * ARRAY_SIZE(cases); i++) {
		const size_t c = i / 2;
		uint32_t seen[2] = { 0 };

		many = i % 2 && has_multi;
		for (dry = 1; dry >= 0; dry--) {
			const uint64_t flags = (dry ? SKEP_ATTACH_DRY_RUN : 0) |
					       (cases[c].all ? SKEP_UPROBE_ALL : 0);
			const struct skep_uprobe_opts u = { .sz = sizeof(u),
							    .flags = flags,
							    .file = files[0],
							    .symbol = cases[c].what };
			const struct skep_usdt_opts t = { .sz = sizeof(t),
							  .flags = flags,
							  .file = files[0],
							  .provider = "probed",
							  .name = cases[c].what };
			struct skep_attachment *a = NULL;
			struct skep_error err = { 0 };
			struct hook h;

			hook_open(many ? &multi : &plain, &h);
			assert_done(cases[c].usdt ? skep_usdt_attach(h.prog_fd, &t, &a, &err)
						  : skep_uprobe_attach(h.prog_fd, &u, &a, &err),
				    &err);
			seen[dry] = skep_attachment_method(a);
			if ((seen[dry] == SKEP_ATTACH_METHOD_MULTI) != many || !seen[dry])
				fail_msg("%s, loaded for %s, %s: by %s", cases[c].what,
					 many ? "many" : "one", dry ? "dry" : "done",
					 skep_attach_method_name(seen[dry]));
			if (!dry)
				assert_fires_until_detached_by(&h, a, run_it);
			skep_attachment_close(a);
			hook_close(&h);
		}
		assert_int_equal(seen[0], seen[1]);
	}
	probed_stop(&running);
}
IN_PROCESS(auto__fits_how_the_program_was_loaded, hook_enter)

/* A method that was asked for and does not fit is refused with the words for it, by a dry run, too. */
static void method__that_does_not_fit_is_refused_inside(void)
{
	struct skep_uprobe_opts o = { .sz = sizeof(o), .file = files[0], .symbol = "probed_one" };
	struct skep_attachment *a = NULL;
	struct hook for_one, for_many;
	int dry;

	if (skep_attach_supported(NULL, SKEP_ATTACH_FAMILY_UPROBE, SKEP_ATTACH_METHOD_MULTI,
				  NULL) != 1)
		lab_skip();
	hook_open(&plain, &for_one);
	hook_open(&multi, &for_many);
	for (dry = 0; dry < 2; dry++) {
		struct skep_error err = { 0 };

		o.flags = dry ? SKEP_ATTACH_DRY_RUN : 0;
		o.method = SKEP_ATTACH_METHOD_MULTI;
		assert_int_equal(skep_uprobe_attach(for_one.prog_fd, &o, &a, &err), -EOPNOTSUPP);
		assert_told(&err, SKEP_ERR_UNSUPPORTED, "was not loaded for many places at once");
		o.method = SKEP_ATTACH_METHOD_LINK;
		assert_int_equal(skep_uprobe_attach(for_many.prog_fd, &o, &a, &err), -EOPNOTSUPP);
		assert_told(&err, SKEP_ERR_UNSUPPORTED, "was loaded for many places at once");
	}
	assert_null(a);
	hook_close(&for_one);
	hook_close(&for_many);
}
IN_PROCESS(method__that_does_not_fit_is_refused, hook_enter)

/* Of a session, too, and of a program that was loaded for one: in words about the program, not about the place. */
static void session__of_a_program_that_was_loaded_otherwise_is_refused_inside(void)
{
	const struct hook_spec session = { .type = SKEP_PROG_TYPE_KPROBE,
					   .attach_type = SKEP_ATTACH_TYPE_TRACE_UPROBE_SESSION };
	struct skep_uprobe_opts o = { .sz = sizeof(o), .file = files[0], .symbol = "probed_one" };
	struct skep_attachment *a = NULL;
	struct hook for_one, for_many, for_both;
	uint64_t flags;

	if (skep_attach_supported(NULL, SKEP_ATTACH_FAMILY_UPROBE_SESSION, 0, NULL) != 1)
		lab_skip();
	hook_open(&plain, &for_one);
	hook_open(&multi, &for_many);
	hook_open(&session, &for_both);
	for (flags = 0; flags <= SKEP_ATTACH_DRY_RUN; flags += SKEP_ATTACH_DRY_RUN) {
		struct skep_error err = { 0 };

		o.flags = flags | SKEP_UPROBE_SESSION;
		assert_int_equal(skep_uprobe_attach(for_one.prog_fd, &o, &a, &err), -EOPNOTSUPP);
		assert_told(&err, SKEP_ERR_UNSUPPORTED, "type trace_uprobe_session)");
		assert_int_equal(skep_uprobe_attach(for_many.prog_fd, &o, &a, &err), -EOPNOTSUPP);
		assert_told(&err, SKEP_ERR_UNSUPPORTED,
			    "type trace_uprobe_multi, not trace_uprobe_session)");
		o.flags = flags;
		assert_int_equal(skep_uprobe_attach(for_both.prog_fd, &o, &a, &err), -EOPNOTSUPP);
		assert_told(&err, SKEP_ERR_UNSUPPORTED,
			    "type trace_uprobe_session, not trace_uprobe_multi)");
	}
	assert_null(a);
	hook_close(&for_one);
	hook_close(&for_many);
	hook_close(&for_both);
}
IN_PROCESS(session__of_a_program_that_was_loaded_otherwise_is_refused, hook_enter)

static void copy_file(const char *from, const char *to)
{
	int in = open(from, O_RDONLY | O_CLOEXEC);
	int out = open(to, O_WRONLY | O_CREAT | O_CLOEXEC, 0755);
	struct stat st;

	assert_true(in >= 0 && out >= 0 && fstat(in, &st) == 0);
	assert_int_equal(sendfile(out, in, NULL, (size_t)st.st_size), st.st_size);
	close(in);
	close(out);
}

/* A process whose files are other ones: the path is as it sees it, through a link that is absolute there. */
static void uprobe__is_in_a_container_inside(void)
{
	struct skep_uprobe_opts o = { .sz = sizeof(o),
				      .file = "/run/link",
				      .symbol = "probed_one" };
	struct skep_attachment *a = NULL;
	struct skep_error err = { 0 };
	struct hook h;
	int ours;

	hook_open(&plain, &h);
	ours = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC);
	assert_true(ours >= 0);
	assert_int_equal(unshare(CLONE_NEWNS), 0);
	assert_int_equal(mount("inside", "/run", "tmpfs", 0, NULL), 0);
	copy_file(files[0], "/run/program");
	assert_int_equal(symlink("/run/program", "/run/link"), 0);
	probed_start("/run/program", &running);
	assert_int_equal(setns(ours, CLONE_NEWNS), 0);
	close(ours);
	assert_int_equal(access("/run/link", F_OK), -1);
	o.view_pid = (uint64_t)running.pid;
	assert_done(skep_uprobe_attach(h.prog_fd, &o, &a, &err), &err);
	assert_fires_until_detached_by(&h, a, run_it);
	skep_attachment_close(a);
	probed_stop(&running);
	hook_close(&h);
}
IN_PROCESS(uprobe__is_in_a_container, hook_enter)

static void uprobe__says_what_is_wrong_inside(void)
{
	static const struct {
		const char *what;
		struct skep_uprobe_opts o;
		int code;
		uint32_t kind;
	} cases[] = {
		{ "no file", { .file = "/no/such", .symbol = "a" }, -ENOENT, SKEP_ERR_NOT_FOUND },
		{ "no function", { .symbol = "none" }, -ENOENT, SKEP_ERR_NO_SYMBOL },
		{ "no match", { .symbol = "none*" }, -ENOENT, SKEP_ERR_NO_SYMBOL },
		{ "nothing", { 0 }, -EINVAL, SKEP_ERR_INVALID },
		{ "two places", { .symbol = "a", .address = 1 }, -EINVAL, SKEP_ERR_INVALID },
		{ "no address", { .address = 1ull << 60 }, -ENOENT, SKEP_ERR_NO_SYMBOL },
		{ "flags", { .symbol = "a", .flags = 1u << 30 }, -EINVAL, SKEP_ERR_INVALID },
		{ "a return at an offset",
		  { .symbol = "probed_one+4", .flags = SKEP_UPROBE_RETURN },
		  -EINVAL,
		  SKEP_ERR_INVALID },
		{ "no process",
		  { .symbol = "probed_one", .view_pid = 0x7fffffff },
		  -ESRCH,
		  SKEP_ERR_NOT_FOUND },
	};
	struct skep_attachment *a = NULL;
	struct hook h;
	size_t i;

	hook_open(&plain, &h);
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct skep_uprobe_opts o = cases[i].o;
		struct skep_error err = { 0 };
		int r;

		o.sz = sizeof(o);
		o.file = o.file ? o.file : files[0];
		r = skep_uprobe_attach(h.prog_fd, &o, &a, &err);
		if (r != cases[i].code || err.kind != cases[i].kind)
			fail_msg("%s: %d, not %d: %s", cases[i].what, r, cases[i].code, err.msg);
	}
	assert_null(a);
	hook_close(&h);
}
IN_PROCESS(uprobe__says_what_is_wrong, hook_enter)

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(uprobe__fires_by_every_method),
		cmocka_unit_test(uprobe__finds_its_place_in_every_way),
		cmocka_unit_test(uprobe__of_a_process_is_not_of_others),
		cmocka_unit_test(uprobe__is_at_all_that_match),
		cmocka_unit_test(session__of_uprobes_fires_at_entry_and_return),
		cmocka_unit_test(usdt__fires_and_counts_its_listeners),
		cmocka_unit_test(auto__fits_how_the_program_was_loaded),
		cmocka_unit_test(method__that_does_not_fit_is_refused),
		cmocka_unit_test(session__of_a_program_that_was_loaded_otherwise_is_refused),
		cmocka_unit_test(uprobe__is_in_a_container),
		cmocka_unit_test(uprobe__says_what_is_wrong),
	};

	if (argc < 3) {
		fprintf(stderr, "usage: %s PROBED PROBED-NO-PIE\n", argv[0]);
		return 2;
	}
	files[0] = realpath(argv[1], NULL); /* one path for every process */
	files[1] = realpath(argv[2], NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
