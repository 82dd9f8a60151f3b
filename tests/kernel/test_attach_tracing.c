/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* Tracepoints, entry and exit of functions, the security module, iterators, samples. */
#include <errno.h>
#include <fcntl.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <skep/attach_iter.h>
#include <skep/attach_perf_event.h>
#include <skep/attach_tracepoint.h>
#include <skep/attach_tracing.h>
#include <skep/kabi.h>
#include <skep/sys.h>

#include "base/cleanup.h"
#include "hook.h"
#include "lab/netns.h"
#include "lab/poll.h"

#define COOKIE 0xfeedull

static void tracepoint__fires_by_every_method_inside(void)
{
	static const uint32_t methods[] = { SKEP_ATTACH_METHOD_LINK, SKEP_ATTACH_METHOD_PERF };
	const struct hook_spec spec = { .type = SKEP_PROG_TYPE_TRACEPOINT, .with_cookie = 1 };
	struct skep_tracepoint_opts o = { .sz = sizeof(o),
					  .category = "syscalls",
					  .name = "sys_enter_getpgid" };
	struct skep_attachment *a = NULL;
	struct skep_error err = { 0 };
	struct hook h;
	size_t i;
	int r;

	hook_open(&spec, &h);
	for (i = 0; i < ARRAY_SIZE(methods); i++) {
		o.method = methods[i];
		o.cookie = h.has_cookie && !i ? COOKIE : 0;
		r = skep_tracepoint_attach(h.prog_fd, &o, &a, &err);
		if (assert_attached(r, &err, a, SKEP_ATTACH_FAMILY_TRACEPOINT, methods[i]))
			assert_fires_until_detached(&h, a);
		a = skep_attachment_close(a);
	}
	o.name = "none";
	assert_int_equal(skep_tracepoint_attach(h.prog_fd, &o, &a, &err), -ENOENT);
	assert_told(&err, SKEP_ERR_NO_EVENT, "there is no event 'syscalls/none'");
	o.method = SKEP_ATTACH_METHOD_PERF;
	o.name = "sys_enter_getpgid";
	o.cookie = COOKIE;
	assert_int_equal(skep_tracepoint_attach(h.prog_fd, &o, &a, &err), -EOPNOTSUPP);
	assert_told(&err, SKEP_ERR_UNSUPPORTED, "cookies");
	hook_close(&h);
}
IN_PROCESS(tracepoint__fires_by_every_method, hook_enter)

static void raw_tracepoint__fires_inside(void)
{
	static const uint32_t types[] = { SKEP_PROG_TYPE_RAW_TRACEPOINT,
					  SKEP_PROG_TYPE_RAW_TRACEPOINT_WRITABLE };
	struct skep_raw_tracepoint_opts o = { .sz = sizeof(o), .name = "sys_enter" };
	struct skep_attachment *a = NULL;
	struct skep_error err = { 0 };
	struct hook h;
	size_t i;
	int r;

	for (i = 0; i < ARRAY_SIZE(types); i++) {
		const struct hook_spec spec = { .type = types[i] };

		hook_open(&spec, &h);
		r = skep_raw_tracepoint_attach(h.prog_fd, &o, &a, &err);
		assert_true(assert_attached(r, &err, a, SKEP_ATTACH_FAMILY_RAW_TRACEPOINT,
					    SKEP_ATTACH_METHOD_RAW_TRACEPOINT));
		hook_call();
		assert_true(h.values[0] >= HOOK_CALLS);
		assert_done(skep_attachment_detach(a, &err), &err);
		a = skep_attachment_close(a);
		o.name = "none";
		assert_int_equal(skep_raw_tracepoint_attach(h.prog_fd, &o, &a, &err), -ENOENT);
		assert_told(&err, SKEP_ERR_NO_HOOK, "no tracepoint 'none'");
		o.name = "sys_enter";
		hook_close(&h);
	}
}
IN_PROCESS(raw_tracepoint__fires, hook_enter)

/* What a program can be loaded for, and what its family is then. */
static const struct {
	uint32_t family, type, attach_type;
	const char *target; /* NULL: the function of getpgid(2) */
	int32_t returned;
} tracing[] = {
	{ SKEP_ATTACH_FAMILY_TP_BTF, SKEP_PROG_TYPE_TRACING, SKEP_ATTACH_TYPE_TRACE_RAW_TP,
	  "btf_trace_sys_enter", 0 },
	{ SKEP_ATTACH_FAMILY_FENTRY, SKEP_PROG_TYPE_TRACING, SKEP_ATTACH_TYPE_TRACE_FENTRY, NULL,
	  0 },
	{ SKEP_ATTACH_FAMILY_FEXIT, SKEP_PROG_TYPE_TRACING, SKEP_ATTACH_TYPE_TRACE_FEXIT, NULL, 0 },
	{ SKEP_ATTACH_FAMILY_FSESSION, SKEP_PROG_TYPE_TRACING, SKEP_ATTACH_TYPE_TRACE_FSESSION,
	  NULL, 0 },
	{ SKEP_ATTACH_FAMILY_FMOD_RET, SKEP_PROG_TYPE_TRACING, SKEP_ATTACH_TYPE_MODIFY_RETURN,
	  "security_task_getpgid", 0 },
	{ SKEP_ATTACH_FAMILY_LSM, SKEP_PROG_TYPE_LSM, SKEP_ATTACH_TYPE_LSM_MAC,
	  "bpf_lsm_task_getpgid", 0 },
};

static int is_active_lsm(void)
{
	char text[256] = "";
	int fd = open("/sys/kernel/security/lsm", O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return 1; /* not mounted: taken to be */
	assert_true(read(fd, text, sizeof(text) - 1) >= 0);
	close(fd);
	return strstr(text, "bpf") != NULL;
}

/* Loads for a row, which a kernel may refuse. Return: 0; a negative errno. */
static int load_tracing(size_t i, struct hook *h)
{
	const struct hook_spec spec = { .type = tracing[i].type,
					.attach_type = tracing[i].attach_type,
					.with_cookie = 1,
					.target = tracing[i].target ? tracing[i].target
								    : hook_function(),
					.returned = tracing[i].returned };

	return hook_load(&spec, h);
}

static void tracing__fires_or_cannot_be_loaded_inside(void)
{
	size_t i, fired = 0;

	for (i = 0; i < ARRAY_SIZE(tracing); i++) {
		const char *name = skep_attach_family_name(tracing[i].family);
		struct skep_tracing_opts o = { .sz = sizeof(o) };
		struct skep_attachment *a = NULL;
		struct skep_error err = { 0 };
		struct hook h, second;
		int r = load_tracing(i, &h);

		if (r < 0) {
			/* the kernel knows no such program, or (lockdown) nobody may load it */
			assert_true(skep_attach_supported(NULL, tracing[i].family,
							  SKEP_ATTACH_METHOD_LINK, NULL) <= 0);
			fprintf(stderr, "# %s: not loaded: %s\n", name, strerror(-r));
			continue;
		}
		o.cookie = h.has_cookie ? COOKIE : 0;
		r = skep_tracing_attach(h.prog_fd, tracing[i].family, &o, &a, &err);
		if (r == -EOPNOTSUPP && o.cookie) { /* the helper is older than the cookies */
			assert_int_equal(err.kind, SKEP_ERR_UNSUPPORTED);
			o.cookie = 0;
			r = skep_tracing_attach(h.prog_fd, tracing[i].family, &o, &a, &err);
		}
		assert_done(r, &err);
		assert_int_equal(skep_attachment_family(a), tracing[i].family);
		assert_true(skep_attachment_link_fd(a) >= 0);
		if (tracing[i].family != SKEP_ATTACH_FAMILY_LSM || is_active_lsm()) {
			if (load_tracing(i, &second) == 0) {
				assert_int_equal(
					assert_done(skep_attachment_update(a, second.prog_fd, &err),
						    &err),
					1);
				assert_int_equal(hook_count(&h), 0);
				if (tracing[i].family == SKEP_ATTACH_FAMILY_TP_BTF)
					assert_true(hook_count(&second) >= HOOK_CALLS);
				else
					assert_fires_until_detached(&second, a);
				skep_attachment_detach(a, &err);
				hook_close(&second);
			}
			fired++;
		}
		skep_attachment_close(a);
		hook_close(&h);
	}
	assert_true(fired >= 1); /* tp_btf, at least, is everywhere */
}
IN_PROCESS(tracing__fires_or_cannot_be_loaded, hook_enter)

static const struct {
	uint32_t family, attach_type;
} many[] = {
	{ SKEP_ATTACH_FAMILY_FENTRY, SKEP_ATTACH_TYPE_TRACE_FENTRY_MULTI },
	{ SKEP_ATTACH_FAMILY_FEXIT, SKEP_ATTACH_TYPE_TRACE_FEXIT_MULTI },
	{ SKEP_ATTACH_FAMILY_FSESSION, SKEP_ATTACH_TYPE_TRACE_FSESSION_MULTI },
};

/* Of four names two are functions that can be traced; each row tells which. */
static void check_many(const struct skep_attachment *a, const char *const *names)
{
	size_t count = 0, i;
	const struct skep_attach_result *rows = skep_attachment_results(a, &count);

	assert_int_equal(count, 4);
	for (i = 0; i < count; i++) {
		int good = !strcmp(rows[i].name, names[0]) || !strcmp(rows[i].name, names[1]);

		if ((rows[i].code == 0) != good)
			fail_msg("%s: %d", rows[i].name, (int)rows[i].code);
	}
}

static void tracing__of_many_functions_is_one_link_or_unsupported_inside(void)
{
	/* one that is there, and is on no list of what can be traced: tracing itself runs it */
	const char *const names[] = { hook_function(), "ksys_read", "no_such_function",
				      "__rcu_read_lock" };
	const uint64_t cookies[] = { COOKIE, 1, 2, 3 };
	size_t i, loaded = 0;

	for (i = 0; i < ARRAY_SIZE(many); i++) {
		const struct hook_spec spec = { .type = SKEP_PROG_TYPE_TRACING,
						.attach_type = many[i].attach_type,
						.with_cookie = 1 };
		struct skep_tracing_multi_opts o = { .sz = sizeof(o),
						     .symbols = names,
						     .symbol_count = ARRAY_SIZE(names) };
		struct skep_attachment *a = NULL;
		struct skep_error err = { 0 };
		struct hook h;
		int r = hook_load(&spec, &h);

		if (r < 0) {
			assert_true(skep_attach_supported(NULL, many[i].family,
							  SKEP_ATTACH_METHOD_MULTI, NULL) <= 0);
			fprintf(stderr, "# %s of many: not loaded: %s\n",
				skep_attach_family_name(many[i].family), strerror(-r));
			continue;
		}
		loaded++;
		o.cookies = h.has_cookie ? cookies : NULL;
		assert_done(skep_tracing_attach_multi(h.prog_fd, many[i].family, &o, &a, &err),
			    &err);
		assert_int_equal(skep_attachment_method(a), SKEP_ATTACH_METHOD_MULTI);
		check_many(a, names);
		assert_true(hook_count(&h) >= HOOK_CALLS);
		if (h.has_cookie)
			assert_int_equal(h.values[1], COOKIE);
		assert_done(skep_attachment_detach(a, &err), &err);
		assert_int_equal(hook_count(&h), 0);
		a = skep_attachment_close(a);
		o.symbols = names + 2;
		o.symbol_count = 2;
		assert_true(skep_tracing_attach_multi(h.prog_fd, many[i].family, &o, &a, &err) < 0);
		assert_null(a);
		hook_close(&h);
	}
	if (!loaded)
		lab_skip(); /* before 7.3 */
}
IN_PROCESS(tracing__of_many_functions_is_one_link_or_unsupported, hook_enter)

static void tracing__says_what_is_wrong_inside(void)
{
	int prog = fixture_prog_pass(SKEP_PROG_TYPE_SOCKET_FILTER, 0);
	struct skep_attachment *a = NULL;
	struct skep_error err = { 0 };
	int r;

	r = skep_tracing_attach(prog, SKEP_ATTACH_FAMILY_FENTRY, NULL, &a, &err);
	if (r != -EINVAL && r != -EOPNOTSUPP)
		fail_msg("a socket filter: %d: %s", r, err.msg);
	r = skep_tracing_attach(prog, SKEP_ATTACH_FAMILY_XDP, NULL, &a, &err);
	assert_int_equal(r, -EINVAL);
	assert_null(a);
	close(prog);
}
IN_PROCESS(tracing__says_what_is_wrong, hook_enter)

static void lsm_cgroup__fires_inside(void)
{
	const struct hook_spec spec = { .type = SKEP_PROG_TYPE_LSM,
					.attach_type = SKEP_ATTACH_TYPE_LSM_CGROUP,
					.target = "bpf_lsm_socket_create",
					.returned = 1 };
	struct skep_lsm_cgroup_opts o = { .sz = sizeof(o) };
	struct skep_attachment *a = NULL;
	struct skep_error err = { 0 };
	char path[64], text[32];
	int cgroup, procs, s, r, fired;
	struct hook h;

	r = hook_load(&spec, &h);
	if (r < 0) {
		assert_true(skep_attach_supported(NULL, SKEP_ATTACH_FAMILY_LSM_CGROUP,
						  SKEP_ATTACH_METHOD_LINK, NULL) <= 0);
		lab_skip();
	}
	cgroup = fixture_cgroup();
	snprintf(path, sizeof(path), "/proc/self/fd/%d", cgroup);
	o.cgroup = path;
	r = skep_lsm_cgroup_attach(h.prog_fd, &o, &a, &err);
	fired = assert_attached(r, &err, a, SKEP_ATTACH_FAMILY_LSM_CGROUP,
				SKEP_ATTACH_METHOD_LINK) &&
		is_active_lsm();
	if (fired) {
		procs = openat(cgroup, "cgroup.procs", O_WRONLY | O_CLOEXEC);
		snprintf(text, sizeof(text), "%d", (int)getpid());
		assert_true(write(procs, text, strlen(text)) > 0);
		close(procs);
		s = socket(AF_INET, SOCK_DGRAM, 0);
		assert_true(s >= 0);
		close(s);
		assert_true(h.values[0] >= 1);
		procs = openat(cgroup, "../cgroup.procs", O_WRONLY | O_CLOEXEC);
		assert_true(write(procs, text, strlen(text)) > 0);
		close(procs);
	}
	skep_attachment_close(a);
	fixture_cgroup_remove(cgroup);
	hook_close(&h);
	if (!fired)
		lab_skip();
}
IN_PROCESS(lsm_cgroup__fires, hook_enter)

static void iterator__runs_while_it_is_read_inside(void)
{
	const struct hook_spec spec = { .type = SKEP_PROG_TYPE_TRACING,
					.attach_type = SKEP_ATTACH_TYPE_TRACE_ITER,
					.target = "bpf_iter_task" };
	struct skep_iter_opts o = { .sz = sizeof(o) };
	struct skep_attachment *a = NULL;
	struct skep_iter *iter = NULL;
	struct skep_error err = { 0 };
	const char *line;
	uint64_t all;
	struct hook h;
	int r;

	hook_open(&spec, &h);
	r = skep_iter_attach(h.prog_fd, &o, &a, &err);
	assert_true(assert_attached(r, &err, a, SKEP_ATTACH_FAMILY_ITER, SKEP_ATTACH_METHOD_LINK));
	assert_int_equal(h.values[0], 0);
	assert_done(skep_iter_open(a, &iter, &err), &err);
	assert_true(skep_iter_fd(iter) >= 0);
	assert_int_equal(skep_iter_line(iter, &line), 0); /* it counts, and writes nothing */
	all = h.values[0];
	assert_true(all >= 3); /* each task, and the end */
	iter = skep_iter_close(iter);
	skep_attachment_close(a);
	o.tid = (uint64_t)getpid();
	r = skep_iter_attach(h.prog_fd, &o, &a, &err);
	if (r < 0) {
		assert_int_equal(r, -EOPNOTSUPP); /* 6.1 */
		assert_told(&err, SKEP_ERR_UNSUPPORTED, "cannot choose");
	} else {
		assert_done(skep_iter_open(a, &iter, &err), &err);
		assert_int_equal(skep_iter_line(iter, &line), 0);
		assert_int_equal(h.values[0] - all, 2); /* this task, and the end */
		skep_iter_close(iter);
		skep_attachment_close(a);
	}
	o.cgroup = "/";
	assert_int_equal(skep_iter_attach(h.prog_fd, &o, &a, &err), -EINVAL);
	hook_close(&h);
}
IN_PROCESS(iterator__runs_while_it_is_read, hook_enter)

/* Writes "kep\n" for each map: seq = ctx->meta->seq; bpf_seq_write(seq, "kep\n", 4). */
static void iterator__gives_what_the_program_writes_inside(void)
{
	static const struct insn insns[] = {
		INSN_LOAD_U64(6, 1, 0),
		INSN_LOAD_U64(1, 6, 0),
		{ 0x7a, 10, -8, 0x0a70656b },
		INSN_MOV_REG(2, 10),
		INSN_ADD_IMM(2, -8),
		INSN_MOV_IMM(3, 4),
		INSN_CALL(SKEP_HELPER_SEQ_WRITE),
		INSN_MOV_IMM(0, 0),
		INSN_EXIT,
	};
	struct skep_attr_prog_load attr = {
		.prog_type = SKEP_PROG_TYPE_TRACING,
		.insn_cnt = ARRAY_SIZE(insns),
		.insns = SKEP_ATTR_POINTER(insns),
		.license = SKEP_ATTR_POINTER("GPL"),
		.expected_attach_type = SKEP_ATTACH_TYPE_TRACE_ITER,
		.attach_btf_id = hook_btf_id("bpf_iter_bpf_map"),
	};
	int map = fixture_map(SKEP_MAP_TYPE_ARRAY, 4, 4, 1, 0), prog;
	struct skep_attachment *a = NULL;
	struct skep_iter *iter = NULL;
	struct skep_error err = { 0 };
	const char *line = NULL;
	size_t lines = 0;
	char buf[3];
	int r;

	prog = assert_done(skep_sys_prog_load(&attr, sizeof(attr), &err), &err);
	assert_done(skep_iter_attach(prog, NULL, &a, &err), &err);
	assert_done(skep_iter_open(a, &iter, &err), &err);
	skep_attachment_close(a); /* the reader does without it */
	while ((r = skep_iter_line(iter, &line)) > 0) {
		assert_string_equal(line, "kep");
		lines++;
	}
	assert_int_equal(r, 0);
	assert_true(lines >= 2); /* our map, and the end */
	skep_iter_close(iter);
	assert_done(skep_iter_attach(prog, NULL, &a, &err), &err);
	assert_done(skep_iter_open(a, &iter, &err), &err);
	assert_int_equal(skep_iter_read(iter, buf, sizeof(buf)), 3);
	assert_memory_equal(buf, "kep", 3);
	skep_iter_close(iter);
	skep_attachment_close(a);
	close(prog);
	close(map);
}
IN_PROCESS(iterator__gives_what_the_program_writes, hook_enter)

static void burn(void)
{
	uint64_t deadline = lab_in_ms(100);
	volatile unsigned x = 0;

	while (lab_now_ns() < deadline)
		x++;
}

static void perf_event__fires_on_cpus_and_of_a_process_inside(void)
{
	static const uint32_t methods[] = { SKEP_ATTACH_METHOD_LINK, SKEP_ATTACH_METHOD_PERF };
	const struct hook_spec spec = { .type = SKEP_PROG_TYPE_PERF_EVENT, .with_cookie = 1 };
	struct hook h;
	size_t i, by, count;

	hook_open(&spec, &h);
	for (i = 0; i < 3; i++)
		for (by = 0; by < ARRAY_SIZE(methods); by++) {
			struct skep_perf_event_opts o = { .sz = sizeof(o),
							  .method = methods[by],
							  .type = PERF_TYPE_SOFTWARE,
							  .config = PERF_COUNT_SW_CPU_CLOCK,
							  .period = 1000000 };
			struct skep_attachment *a = NULL;
			struct skep_error err = { 0 };
			uint64_t before = h.values[0], deadline = lab_in_ms(10000);
			int r;

			if (i == 1)
				o.pid = (uint64_t)getpid();
			if (i == 2) {
				o.cpus = "0,4000-4001"; /* the others are not there */
				o.period = 0;
				o.frequency = 1000;
			}
			o.cookie = h.has_cookie && !by ? COOKIE : 0;
			r = skep_perf_event_attach(h.prog_fd, &o, &a, &err);
			if (!assert_attached(r, &err, a, SKEP_ATTACH_FAMILY_PERF_EVENT,
					     methods[by]))
				continue;
			skep_attachment_results(a, &count);
			if (i == 1)
				assert_int_equal(count, 0);
			if (i == 2) {
				assert_int_equal(count, 3);
				assert_int_equal(skep_attachment_results(a, &count)[0].code, 0);
				assert_string_equal(skep_attachment_results(a, &count)[1].name,
						    "cpu4000");
				assert_int_equal(skep_attachment_results(a, &count)[1].code,
						 -ENODEV);
			}
			while (h.values[0] == before && lab_now_ns() < deadline)
				burn();
			assert_true(h.values[0] > before);
			if (h.has_cookie)
				assert_int_equal(h.values[1], o.cookie);
			assert_done(skep_attachment_detach(a, &err), &err);
			before = h.values[0];
			burn();
			assert_int_equal(h.values[0], before);
			skep_attachment_close(a);
		}
	hook_close(&h);
}
IN_PROCESS(perf_event__fires_on_cpus_and_of_a_process, hook_enter)

static void perf_event__says_what_is_wrong_inside(void)
{
	static const struct {
		struct skep_perf_event_opts o;
		int code;
	} cases[] = {
		{ { .type = PERF_TYPE_SOFTWARE }, -EINVAL },
		{ { .type = PERF_TYPE_SOFTWARE, .period = 1, .frequency = 1 }, -EINVAL },
		{ { .type = PERF_TYPE_SOFTWARE, .period = 1000, .cpus = "3-1" }, -EINVAL },
		{ { .type = PERF_TYPE_SOFTWARE, .period = 1000, .pid = 0x7fffffff }, -ESRCH },
		{ { .type = PERF_TYPE_SOFTWARE, .period = 1000, .cpus = "4000" }, -ENODEV },
		{ { .type = PERF_TYPE_SOFTWARE, .period = 1000, .cpus = "4000-4001" }, -ENODEV },
		{ { .type = 12345, .period = 1000 }, -ENOENT },
	};
	const struct hook_spec spec = { .type = SKEP_PROG_TYPE_PERF_EVENT };
	struct skep_attachment *a = NULL;
	struct hook h;
	size_t i;

	hook_open(&spec, &h);
	for (i = 0; i < 2 * ARRAY_SIZE(cases); i++) {
		struct skep_perf_event_opts o = cases[i / 2].o;
		struct skep_error err = { 0 };
		int r;

		o.sz = sizeof(o);
		o.flags = i % 2 ? SKEP_ATTACH_DRY_RUN : 0;
		r = skep_perf_event_attach(h.prog_fd, &o, &a, &err);
		if (r != cases[i / 2].code)
			fail_msg("case %zu%s: %d, not %d: %s", i / 2, i % 2 ? ", dry" : "", r,
				 cases[i / 2].code, err.msg);
	}
	assert_null(a);
	hook_close(&h);
}
IN_PROCESS(perf_event__says_what_is_wrong, hook_enter)

/* It tells of the same CPUs as the attachment itself, and nothing runs. */
static void perf_event__that_is_rehearsed_is_of_the_cpus_that_are_there_inside(void)
{
	const struct hook_spec spec = { .type = SKEP_PROG_TYPE_PERF_EVENT };
	struct skep_perf_event_opts o = { .sz = sizeof(o),
					  .flags = SKEP_ATTACH_DRY_RUN,
					  .type = PERF_TYPE_SOFTWARE,
					  .config = PERF_COUNT_SW_CPU_CLOCK,
					  .period = 100000,
					  .cpus = "0,4000" };
	const struct skep_attach_result *rows;
	struct skep_attachment *a = NULL;
	struct skep_error err = { 0 };
	struct hook h;
	size_t count;

	hook_open(&spec, &h);
	assert_done(skep_perf_event_attach(h.prog_fd, &o, &a, &err), &err);
	rows = skep_attachment_results(a, &count);
	assert_int_equal(count, 2);
	assert_int_equal(rows[0].code, 0);
	assert_int_equal(rows[1].code, -ENODEV);
	skep_attachment_event_fds(a, &count);
	assert_int_equal(count, 0);
	assert_int_equal(skep_attachment_is_attached(a), 0);
	burn();
	assert_int_equal(h.values[0], 0);
	skep_attachment_close(a);
	hook_close(&h);
}
IN_PROCESS(perf_event__that_is_rehearsed_is_of_the_cpus_that_are_there, hook_enter)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tracepoint__fires_by_every_method),
		cmocka_unit_test(raw_tracepoint__fires),
		cmocka_unit_test(tracing__fires_or_cannot_be_loaded),
		cmocka_unit_test(tracing__of_many_functions_is_one_link_or_unsupported),
		cmocka_unit_test(tracing__says_what_is_wrong),
		cmocka_unit_test(lsm_cgroup__fires),
		cmocka_unit_test(iterator__runs_while_it_is_read),
		cmocka_unit_test(iterator__gives_what_the_program_writes),
		cmocka_unit_test(perf_event__fires_on_cpus_and_of_a_process),
		cmocka_unit_test(perf_event__says_what_is_wrong),
		cmocka_unit_test(perf_event__that_is_rehearsed_is_of_the_cpus_that_are_there),
	};

	return cmocka_run_group_tests(tests, hook_group_setup, NULL);
}
