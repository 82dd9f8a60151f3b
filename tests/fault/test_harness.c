/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* Operations that are wrong in one way each: the harness finds it, and says which. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <cmocka.h>
#include <bpf/bpf.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "lab/tc.h"

#include "operation.h"

#define PIN FAULT_BPFFS "/theirs"
#define SETTLE_MS 500 /* for operations that leave behind what will never go */

int __lsan_do_recoverable_leak_check(void) __attribute__((weak));

/* Three system calls and two allocations, and nothing wrong with it. */
static int good(void *context, struct skep_error *err)
{
	_cleanup_close_ int fd = -1;
	_cleanup_free_ char *name = NULL, *more = NULL;
	char byte;

	(void)context;
	name = strdup("/dev/zero");
	if (!name)
		return skep_fail(err, -ENOMEM, SKEP_ERR_SYSCALL, "a name");
	fd = open(name, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return skep_fail(err, -errno, SKEP_ERR_SYSCALL, "open '%s'", name);
	more = malloc(strlen(name));
	if (!more)
		return skep_fail(err, -ENOMEM, SKEP_ERR_SYSCALL, "more");
	if (read(fd, &byte, 1) != 1 || fcntl(fd, F_GETFD) < 0)
		return skep_fail(err, -errno, SKEP_ERR_SYSCALL, "read '%s'", name);
	return 0;
}

static void try(int (*run)(void *, struct skep_error *), unsigned flags, struct fault_outcome *out)
{
	const struct fault_operation op = {
		.name = "op", .run = run, .flags = flags, .settle_ms = SETTLE_MS
	};

	assert_int_equal(fault_try(&op, INJECT_CALL, EPERM, 0, out), 0);
}

static void expect(const struct fault_outcome *out, const char *words)
{
	if (!out->wrong || !strstr(out->said, words))
		fail_msg("%u wrong, '%s' is not in: %s", out->wrong, words, out->said);
}

static void every_call_of_a_good_operation__fails_once(void **state)
{
	struct fault_outcome out;

	(void)state;
	try(good, 0, &out);
	assert_string_equal(out.said, "");
	assert_int_equal(out.faults, 3);
	assert_int_equal(out.survived, 0);
	assert_int_equal(out.runs, 5); /* the first and the last are without a fault */
}

static void every_allocation_of_a_good_operation__fails_once(void **state)
{
	const struct fault_operation op = { .name = "good", .run = good };
	struct fault_outcome out;

	(void)state;
	assert_int_equal(fault_try(&op, INJECT_ALLOCATION, ENOMEM, 0, &out), 0);
	assert_string_equal(out.said, "");
	assert_int_equal(out.faults, 2);
	assert_int_equal(out.survived, 0);
}

static void chosen_calls__fail_alone(void **state)
{
	const int calls[] = { SYS_fcntl };
	const struct fault_operation op = {
		.name = "good", .run = good, .calls = calls, .call_count = ARRAY_SIZE(calls)
	};
	struct fault_outcome out;

	(void)state;
	assert_int_equal(fault_try(&op, INJECT_CALL, EPERM, 0, &out), 0);
	assert_string_equal(out.said, "");
	assert_int_equal(out.faults, 1);
}

/* A call of another kind amidst many that do the same. */
static int repeat(void *context, struct skep_error *err)
{
	int r = 0, i;

	for (i = 0; i < 20 && r == 0; i++) {
		if (fcntl(STDOUT_FILENO, F_GETFD) < 0)
			return skep_fail(err, -errno, SKEP_ERR_SYSCALL, "call %d", i);
		if (i == 10)
			r = good(context, err);
	}
	return r;
}

static void of_those_that_do_the_same__the_first_and_the_last_fail(void **state)
{
	struct fault_operation op = { .name = "repeat", .run = repeat, .alike = 6 };
	struct fault_outcome out;

	(void)state;
	assert_int_equal(fault_try(&op, INJECT_CALL, EPERM, 0, &out), 0);
	assert_string_equal(out.said, "");
	assert_int_equal(out.faults, 6 + 2); /* fcntl, openat, read */
	assert_int_equal(out.runs, out.faults + 2);
	op.alike = 0;
	assert_int_equal(fault_try(&op, INJECT_CALL, EPERM, 0, &out), 0);
	assert_int_equal(out.faults, 21 + 2);
}

static int insist(void *context, struct skep_error *err)
{
	int r = good(context, err);

	/* a second try: success despite what the first has written */
	return r < 0 ? good(context, NULL) : r;
}

static int insist_silently(void *context, struct skep_error *err)
{
	(void)err;
	return insist(context, NULL);
}

static void success_in_spite_of_a_fault__is_for_those_that_may(void **state)
{
	struct fault_outcome out;

	(void)state;
	try(insist_silently, 0, &out);
	expect(&out, "succeeds in spite of the fault");
	try(insist_silently, FAULT_MAY_SURVIVE, &out);
	assert_string_equal(out.said, "");
	assert_int_equal(out.survived, out.faults);
	assert_string_equal(out.survivors[0].what, "openat");
	assert_int_equal(out.survivors[0].count, 1);
}

static void record_written_on_success__is_found(void **state)
{
	struct fault_outcome out;

	(void)state;
	try(insist, FAULT_MAY_SURVIVE, &out);
	expect(&out, "success, and the error record is written: open '/dev/zero'");
}

static int without_words(void *context, struct skep_error *err)
{
	(void)err;
	return good(context, NULL);
}

static int with_another_code(void *context, struct skep_error *err)
{
	return good(context, err) < 0 ? -EIO : 0;
}

static void error_without_words__is_found(void **state)
{
	struct fault_outcome out;

	(void)state;
	try(without_words, 0, &out);
	expect(&out, "the error has no words");
	try(without_words, FAULT_WORDLESS, &out);
	assert_string_equal(out.said, "");
	try(with_another_code, 0, &out);
	expect(&out, "it returned -5, and the record says -1");
}

static int leak_fd(void *context, struct skep_error *err)
{
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	int r = fd < 0 ? skep_fail(err, -errno, SKEP_ERR_SYSCALL, "open") : good(context, err);

	if (r >= 0)
		close(fd);
	return r;
}

static int leak_memory(void *context, struct skep_error *err)
{
	char *text = strdup("lost"); /* through volatile: else the compiler leaves it out */
	char *volatile kept = text;
	int r = good(context, err);

	if (r >= 0)
		free(kept);
	kept = NULL;
	text = NULL;
	return r;
}

static void leak__is_found(void **state)
{
	struct fault_outcome out;

	(void)state;
	try(leak_fd, 0, &out);
	expect(&out, "call 2: openat /dev/zero: left behind: fd ");
	if (__lsan_do_recoverable_leak_check) {
		try(leak_memory, 0, &out);
		expect(&out, "memory has leaked");
	}
}

/* When the call fails, what was opened is closed once too often. */
static int close_twice(void *context, struct skep_error *err)
{
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	int r = fd < 0 ? skep_fail(err, -errno, SKEP_ERR_SYSCALL, "open") : good(context, err);

	if (fd >= 0)
		close(fd);
	if (fd >= 0 && r < 0)
		close(fd);
	return r;
}

static void fd_closed_twice__is_found(void **state)
{
	struct fault_outcome out;

	(void)state;
	try(close_twice, 0, &out);
	expect(&out, ", which is not open");
}

static int make_map(void)
{
	return bpf_map_create(BPF_MAP_TYPE_ARRAY, "theirs", 4, 4, 1, NULL);
}

static int pin_theirs(void *context)
{
	_cleanup_close_ int fd = make_map();

	(void)context;
	return fd < 0 ? fd : bpf_obj_pin(fd, PIN);
}

static int take_their_pin(void *context, struct skep_error *err)
{
	int r = good(context, err);

	if (r < 0)
		unlink(PIN);
	return r;
}

static int leave_pin(void *context, struct skep_error *err)
{
	int r = good(context, err);

	if (r < 0 && mkdir(FAULT_BPFFS "/ours", 0700))
		return -errno;
	return r;
}

static void clean_pins(void *context)
{
	(void)context;
	rmdir(FAULT_BPFFS "/ours");
}

static void pins__are_as_before(void **state)
{
	struct fault_operation op = {
		.name = "pins", .run = take_their_pin, .set_up = pin_theirs, .settle_ms = SETTLE_MS
	};
	struct fault_outcome out;

	(void)state;
	/* not taken away again, so that the second run cannot set up */
	assert_int_equal(fault_try(&op, INJECT_CALL, EPERM, 1, &out), 0);
	expect(&out, "the set-up fails: -17");
	op.prepare = pin_theirs;
	op.set_up = NULL;
	assert_int_equal(fault_try(&op, INJECT_CALL, EPERM, 1, &out), 0);
	expect(&out, "gone: pin " PIN);
	op.run = leave_pin;
	op.clean = clean_pins;
	assert_int_equal(fault_try(&op, INJECT_CALL, EPERM, 0, &out), 0);
	expect(&out, "left behind: folder " FAULT_BPFFS "/ours");
	assert_int_equal(out.wrong, 3);
}

static int leave_qdisc(void *context, struct skep_error *err)
{
	int r = good(context, err);

	if (r < 0)
		lab_qdisc_add("lo", "clsact");
	return r;
}

static int leave_mount(void *context, struct skep_error *err)
{
	int r = good(context, err);

	if (r < 0)
		mount("none", FAULT_BPFFS, "tmpfs", 0, NULL);
	return r;
}

static int leave_limit(void *context, struct skep_error *err)
{
	struct rlimit limit = { 4096, 4096 };
	int r = good(context, err);

	if (r < 0)
		setrlimit(RLIMIT_MEMLOCK, &limit);
	return r;
}

static void *linger(void *userdata)
{
	(void)userdata;
	pause();
	return NULL;
}

static int leave_thread(void *context, struct skep_error *err)
{
	int r = good(context, err);
	pthread_t thread;

	if (r < 0)
		pthread_create(&thread, NULL, linger, NULL);
	return r;
}

static void what_stays__is_found(void **state)
{
	static const struct {
		int (*run)(void *, struct skep_error *);
		const char *words;
	} cases[] = {
		{ leave_qdisc, "left behind: qdisc lo clsact ffff0000" },
		{ leave_mount, "left behind: mount " },
		{ leave_limit, "left behind: RLIMIT_MEMLOCK 4096 4096; gone: RLIMIT_MEMLOCK" },
		{ leave_thread, "left behind: thread " },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct fault_operation op = { .name = "stay",
						    .run = cases[i].run,
						    .settle_ms = SETTLE_MS };
		struct fault_outcome out;

		assert_int_equal(fault_try(&op, INJECT_CALL, EPERM, 1, &out), 0);
		expect(&out, cases[i].words);
	}
}

static int change_namespace(void *context, struct skep_error *err)
{
	int r = good(context, err);

	return r < 0 ? r : unshare(CLONE_NEWNET);
}

static int die(void *context, struct skep_error *err)
{
	int r = good(context, err);

	return r < 0 ? raise(SIGKILL) : r;
}

static int hang(void *context, struct skep_error *err)
{
	int r = good(context, err);

	return r < 0 ? pause() : r;
}

static void crash_hang_and_move__are_found(void **state)
{
	const struct fault_operation op = { .name = "hang", .run = hang, .timeout_ms = 500 };
	struct fault_outcome out;

	(void)state;
	try(change_namespace, 0, &out);
	expect(&out, "no fault: the thread came back in another namespace");
	try(die, 0, &out);
	expect(&out, "call 2: read : it ends with signal 9");
	assert_int_equal(out.wrong, 3);
	assert_int_equal(fault_try(&op, INJECT_CALL, EPERM, 1, &out), 0);
	expect(&out, "it hangs");
}

static int allocate(void *context, struct skep_error *err)
{
	(void)context;
	(void)err;
	free(strdup("some"));
	return 0;
}

static void nothing_that_fails_and_allocations__are_found(void **state)
{
	const struct fault_operation op = { .name = "no call", .run = allocate };
	struct fault_outcome out;

	(void)state;
	assert_int_equal(fault_try(&op, INJECT_CALL, EPERM, 0, &out), 0);
	expect(&out, "nothing failed");
	try(allocate, FAULT_NO_ALLOCATIONS, &out);
	expect(&out, "no fault: it makes 1 allocations");
}

static int refuse(void *context, int result, char *why, size_t size)
{
	(void)context;
	snprintf(why, size, "asked about %d", result);
	return result < 0;
}

static void own_check__is_asked(void **state)
{
	const struct fault_operation op = { .name = "checked", .run = good, .check = refuse };
	struct fault_outcome out;

	(void)state;
	assert_int_equal(fault_try(&op, INJECT_CALL, EPERM, 0, &out), 0);
	expect(&out, "call 3: fcntl : asked about -1");
	assert_int_equal(out.wrong, 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_call_of_a_good_operation__fails_once),
		cmocka_unit_test(every_allocation_of_a_good_operation__fails_once),
		cmocka_unit_test(chosen_calls__fail_alone),
		cmocka_unit_test(of_those_that_do_the_same__the_first_and_the_last_fail),
		cmocka_unit_test(success_in_spite_of_a_fault__is_for_those_that_may),
		cmocka_unit_test(record_written_on_success__is_found),
		cmocka_unit_test(error_without_words__is_found),
		cmocka_unit_test(leak__is_found),
		cmocka_unit_test(fd_closed_twice__is_found),
		cmocka_unit_test(pins__are_as_before),
		cmocka_unit_test(what_stays__is_found),
		cmocka_unit_test(crash_hang_and_move__are_found),
		cmocka_unit_test(nothing_that_fails_and_allocations__are_found),
		cmocka_unit_test(own_check__is_asked),
	};

	return cmocka_run_group_tests_name("fault_harness", tests, NULL, NULL);
}
