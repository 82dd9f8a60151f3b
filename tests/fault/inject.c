/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "inject.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* What opens, makes, asks or tells something. Not what gives back: close(2) and munmap(2) do not fail in earnest. */
static const int interesting[] = {
	SYS_bpf,        SYS_openat,   SYS_socket,     SYS_bind,  SYS_sendto,        SYS_sendmsg,
	SYS_recvmsg,    SYS_recvfrom, SYS_epoll_ctl,  SYS_read,  SYS_epoll_create1, SYS_getsockname,
	SYS_setsockopt, SYS_capget,   SYS_newfstatat, SYS_ppoll, SYS_epoll_wait,    SYS_prlimit64,
};

#define INTERESTING (sizeof(interesting) / sizeof(interesting[0]))

struct injection {
	void (*fn)(void *userdata);
	void *userdata;
	atomic_int listener; /* -1: not yet; < -1: a negative errno */
	atomic_int done;
	unsigned number;
	int error;
	struct inject_report report;
};

#define LOAD(offset) (struct sock_filter) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offset)
#define JUMP_EQUAL(value, yes, no) \
	(struct sock_filter)       \
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)(value), (uint8_t)(yes), no)
#define ANSWER(action) (struct sock_filter) BPF_STMT(BPF_RET | BPF_K, action)

/* An anonymous mmap(2) is an allocator's business, and the sanitizer's does not bear that it fails. */
static int install_filter(void)
{
	struct sock_filter code[INTERESTING + 6];
	struct sock_fprog program = { .filter = code, .len = INTERESTING + 6 };
	unsigned i, at = 0;

	/* jumps count from the next instruction; the last two are where they lead */
	code[at++] = LOAD(offsetof(struct seccomp_data, nr));
	code[at++] = JUMP_EQUAL(SYS_mmap, 0, 2);
	code[at++] = LOAD(offsetof(struct seccomp_data, args[4]));
	code[at++] = JUMP_EQUAL(-1, INTERESTING, INTERESTING + 1);
	for (i = 0; i < INTERESTING; i++)
		code[at++] = JUMP_EQUAL(interesting[i], INTERESTING - i, 0);
	code[at++] = ANSWER(SECCOMP_RET_ALLOW);
	code[at++] = ANSWER(SECCOMP_RET_USER_NOTIF);
	return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER,
			    &program);
}

static void *run_filtered(void *userdata)
{
	struct injection *in = userdata;
	int fd = install_filter();

	in->listener = fd < 0 ? -errno - 1 : fd;
	if (fd >= 0)
		in->fn(in->userdata);
	in->done = 1;
	return NULL;
}

static void answer_one(struct injection *in)
{
	struct seccomp_notif call = { 0 };
	struct seccomp_notif_resp answer = { .flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE };

	if (ioctl(in->listener, SECCOMP_IOCTL_NOTIF_RECV, &call) < 0)
		return; /* interrupted, or the thread has ended */
	answer.id = call.id;
	/* what the thread does when it is through is its own business */
	if (!in->done && ++in->report.calls == in->number) {
		answer.flags = 0;
		answer.error = -in->error;
		in->report.failed_call = call.data.nr;
	}
	ioctl(in->listener, SECCOMP_IOCTL_NOTIF_SEND, &answer);
}

int inject_run(void (*fn)(void *userdata), void *userdata, unsigned number, int error,
	       struct inject_report *ret_report)
{
	struct injection in = { .fn = fn,
				.userdata = userdata,
				.listener = -1,
				.number = number,
				.error = error,
				.report = { .failed_call = -1 } };
	struct pollfd p = { .events = POLLIN };
	pthread_t thread;
	int r;

	r = pthread_create(&thread, NULL, run_filtered, &in);
	if (r)
		return -r;
	while (in.listener == -1)
		sched_yield();
	p.fd = in.listener;
	while (p.fd >= 0 && !in.done)
		if (poll(&p, 1, 10) > 0 && p.revents & POLLIN)
			answer_one(&in);
	/* the end of a thread makes system calls, too */
	while (p.fd >= 0 && pthread_tryjoin_np(thread, NULL) == EBUSY)
		if (poll(&p, 1, 1) > 0 && p.revents & POLLIN)
			answer_one(&in);
	if (p.fd < 0) {
		pthread_join(thread, NULL);
		return p.fd + 1;
	}
	close(p.fd);
	*ret_report = in.report;
	return 0;
}
