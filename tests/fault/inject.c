/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "inject.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <skep/kabi.h>

#include "base/cleanup.h"
#include "lab/poll.h"

#include "allocation.h"

/* For threads of the function's that outlive it. */
#define LINGER_MS 5000

static const struct {
	int number;
	int path;
	const char *name;
} interesting[] = {
#define FAULT_CALL(name, path) { SYS_##name, path, #name },
#include "calls.def"
#undef FAULT_CALL
};

#define INTERESTING ARRAY_SIZE(interesting)

static const char *const namespaces[] = { "net", "mnt", "user", "pid_for_children", "cgroup" };

struct injection {
	void (*fn)(void *userdata);
	void *userdata;
	const struct inject_fault *fault;
	struct inject_report *report;
	atomic_int listener; /* -1: not yet; < -1: a negative errno */
	atomic_int done;
};

#define LOAD(offset) (struct sock_filter) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offset)
#define JUMP_EQUAL(value, yes, no) \
	(struct sock_filter)       \
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)(value), (uint8_t)(yes), no)
#define ANSWER(action) (struct sock_filter) BPF_STMT(BPF_RET | BPF_K, action)

/* An anonymous mmap(2) is an allocator's business, and the sanitizer's does not bear that it fails. */
static int install_filter(void)
{
	struct sock_filter code[INTERESTING + 7];
	struct sock_fprog program = { .filter = code, .len = INTERESTING + 7 };
	unsigned i, at = 0;

	/* jumps count from the next instruction; the last two are where they lead */
	code[at++] = LOAD(offsetof(struct seccomp_data, nr));
	code[at++] = JUMP_EQUAL(SYS_mmap, 0, 2);
	code[at++] = LOAD(offsetof(struct seccomp_data, args[4]));
	code[at++] = JUMP_EQUAL(-1, INTERESTING + 1, INTERESTING + 2);
	for (i = 0; i < INTERESTING; i++)
		code[at++] = JUMP_EQUAL(interesting[i].number, INTERESTING - i + 1, 0);
	code[at++] = JUMP_EQUAL(SYS_close, 1, 0);
	code[at++] = ANSWER(SECCOMP_RET_ALLOW);
	code[at++] = ANSWER(SECCOMP_RET_USER_NOTIF);
	return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER,
			    &program);
}

static void where(ino_t *ret_inodes)
{
	for (size_t i = 0; i < ARRAY_SIZE(namespaces); i++) {
		char path[64];
		struct stat st;

		snprintf(path, sizeof(path), "/proc/thread-self/ns/%s", namespaces[i]);
		ret_inodes[i] = stat(path, &st) ? 0 : st.st_ino;
	}
}

static void *run_filtered(void *userdata)
{
	ino_t before[ARRAY_SIZE(namespaces)], after[ARRAY_SIZE(namespaces)];
	struct injection *in = userdata;
	int fd;

	where(before);
	fd = install_filter();
	in->listener = fd < 0 ? -errno - 1 : fd;
	if (fd >= 0) {
		allocation_begin(in->fault->kind == INJECT_ALLOCATION ? in->fault->number : 0,
				 in->report);
		in->fn(in->userdata);
		allocation_end();
	}
	in->done = 1;
	where(after);
	in->report->moved = memcmp(before, after, sizeof(before)) != 0;
	return NULL;
}

static bool counts(const struct inject_fault *fault, int number)
{
	if (!fault->calls)
		return true;
	for (size_t i = 0; i < fault->call_count; i++)
		if (fault->calls[i] == number)
			return true;
	return false;
}

/* Appends a string from the waiting thread's memory, which may be wrong: it is a system call's argument. */
static void append_string(char *buf, size_t size, uint64_t address)
{
	size_t len = strlen(buf);
	struct iovec to = { buf + len, size - len };
	struct iovec from = { (void *)(uintptr_t)address, size - len };

	while (from.iov_len > 1) {
		if (process_vm_readv(getpid(), &to, 1, &from, 1, 0) > 0)
			break;
		from.iov_len /= 2; /* it stands at the end of what can be read */
	}
	buf[size - 1] = '\0';
}

static void describe(const struct seccomp_data *call, struct inject_report *report)
{
	size_t size = sizeof(report->what), i;

	for (i = 0; i < INTERESTING - 1 && interesting[i].number != call->nr; i++)
		;
	snprintf(report->what, size, "call %u: %s ", report->calls, interesting[i].name);
	if (call->nr == SYS_bpf && skep_kabi_find(SKEP_KABI_COMMAND, call->args[0]))
		snprintf(report->what, size, "call %u: bpf(%s)", report->calls,
			 skep_kabi_find(SKEP_KABI_COMMAND, call->args[0])->macro);
	else if (call->nr == SYS_ioctl)
		snprintf(report->what, size, "call %u: ioctl(%#llx)", report->calls, call->args[1]);
	else if (interesting[i].path >= 0)
		append_string(report->what, size, call->args[interesting[i].path]);
}

/* The commands of bpf(2) are calls of their own. */
static uint32_t kind_of(const struct seccomp_data *call)
{
	return (uint32_t)call->nr << 16 | (call->nr == SYS_bpf ? (uint16_t)call->args[0] : 0);
}

/* What is closed twice may have been opened by another thread between. */
static void look_at_close(const struct injection *in, int fd)
{
	if (fcntl(fd, F_GETFD) < 0 && errno == EBADF)
		in->report->closed = fd;
}

static void answer_one(struct injection *in)
{
	struct seccomp_notif call = { 0 };
	struct seccomp_notif_resp answer = { .flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE };

	if (ioctl(in->listener, SECCOMP_IOCTL_NOTIF_RECV, &call) < 0)
		return; /* interrupted, or the thread has ended */
	answer.id = call.id;
	if (call.data.nr == SYS_close)
		look_at_close(in, (int)call.data.args[0]);
	/* what the thread does when it is through is its own business */
	else if (!in->done && counts(in->fault, call.data.nr)) {
		if (in->report->calls < INJECT_KEPT)
			in->report->call_kinds[in->report->calls] = kind_of(&call.data);
		in->report->calls++;
		if (in->fault->kind == INJECT_CALL && in->report->calls == in->fault->number) {
			answer.flags = 0;
			answer.error = -in->fault->error;
			in->report->call = call.data.nr;
			describe(&call.data, in->report);
			in->report->failed = true;
		}
	}
	ioctl(in->listener, SECCOMP_IOCTL_NOTIF_SEND, &answer);
}

/* Answers until all threads under the filter have ended, or those that the function has left behind take too long. */
static void stand_by(struct injection *in, pthread_t thread)
{
	struct pollfd p = { .fd = in->listener, .events = POLLIN };
	uint64_t deadline_ns = UINT64_MAX;
	bool joined = false;

	while (lab_now_ns() < deadline_ns) {
		if (poll(&p, 1, in->done ? 1 : 100) > 0 && p.revents & POLLIN)
			answer_one(in);
		if (!joined && in->done && pthread_tryjoin_np(thread, NULL) == 0) {
			joined = true;
			deadline_ns = lab_in_ms(LINGER_MS);
		}
		if (joined && p.revents & POLLHUP)
			return;
	}
}

int inject_run_fault(void (*fn)(void *userdata), void *userdata, const struct inject_fault *fault,
		     struct inject_report *ret_report)
{
	struct injection in = {
		.fn = fn, .userdata = userdata, .fault = fault, .report = ret_report, .listener = -1
	};
	pthread_t thread;
	int r;

	memset(ret_report, 0, sizeof(*ret_report));
	ret_report->call = -1;
	ret_report->closed = INT_MIN;
	r = pthread_create(&thread, NULL, run_filtered, &in);
	if (r)
		return -r;
	while (in.listener == -1)
		sched_yield();
	if (in.listener < -1) {
		pthread_join(thread, NULL);
		return in.listener + 1;
	}
	stand_by(&in, thread);
	close(in.listener);
	return 0;
}

int inject_run(void (*fn)(void *userdata), void *userdata, unsigned number, int error,
	       struct inject_report *ret_report)
{
	const struct inject_fault fault = { .kind = INJECT_CALL, .number = number, .error = error };

	return inject_run_fault(fn, userdata, &fault, ret_report);
}
