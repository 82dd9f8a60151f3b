/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * What the layer over attaching costs: programs attached one by one to an interface by TCX, and to a network namespace,
 * against the bare system call. Detaching is not measured: mostly it waits for others.
 *
 * The bench works in a network namespace of its own.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <skep/attach_socket.h>
#include <skep/attach_tc.h>
#include <skep/error.h>
#include <skep/kabi.h>
#include <skep/sys.h>

#include "harness.h"

#define ATTACHED 16 /* at a time: detaching takes a grace period each */
#define LOOPBACK 1

struct subject {
	int progs[ATTACHED]; /* a hook takes each once */
	uint32_t attach_type;
	int (*attach)(int prog_fd, struct skep_attachment **ret, struct skep_error *err);
	uint64_t (*now)(void);
};

/*
 * To attach by TCX the kernel waits for a grace period, each time. Whatever else ran on the CPU meanwhile has taken the
 * caches, so that CPU time would tell how much code comes back into them: what counts is when the program is attached.
 */
static uint64_t elapsed_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000ull + (uint64_t)t.tv_nsec;
}

/* The first members of the kernel's attribute, which older headers lack a part of. */
struct attr {
	uint32_t prog_fd, target, attach_type, flags, relative, pad;
	uint64_t revision;
};

static int bare_attach(const struct subject *s, int prog_fd, int *ret_fd)
{
	struct attr attr;
	int netns = -1;

	memset(&attr, 0, sizeof(attr));
	attr.prog_fd = (uint32_t)prog_fd;
	attr.target = LOOPBACK;
	attr.attach_type = s->attach_type;
	if (s->attach_type == SKEP_ATTACH_TYPE_SK_LOOKUP) {
		netns = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
		attr.target = (uint32_t)netns;
	}
	*ret_fd = (int)syscall(SYS_bpf, BPF_LINK_CREATE, &attr, sizeof(attr));
	if (netns >= 0)
		close(netns);
	return *ret_fd < 0 ? -errno : 0;
}

static int bare(void *userdata, double *ret_value)
{
	const struct subject *s = userdata;
	uint64_t began = s->now();
	int fds[ATTACHED], r = 0;
	unsigned i, end;

	for (i = 0; i < ATTACHED && r == 0; i++)
		r = bare_attach(s, s->progs[i], &fds[i]);
	*ret_value = (double)(s->now() - began) / ATTACHED;
	for (end = i, i = 0; i < end; i++) /* in the same order as the other */
		if (fds[i] >= 0) {
			/* at once: what a close leaves to the kernel may be late for the next round */
			skep_sys_link_detach(fds[i], NULL);
			close(fds[i]);
		}
	if (r < 0)
		fprintf(stderr, "BPF_LINK_CREATE: %s\n", strerror(-r));
	return r;
}

static int skep(void *userdata, double *ret_value)
{
	const struct subject *s = userdata;
	struct skep_attachment *all[ATTACHED] = { NULL };
	struct skep_error err = { 0 };
	uint64_t began = s->now();
	unsigned i;
	int r = 0;

	for (i = 0; i < ATTACHED && r == 0; i++)
		r = s->attach(s->progs[i], &all[i], &err);
	*ret_value = (double)(s->now() - began) / ATTACHED;
	for (i = 0; i < ATTACHED; i++) {
		if (all[i])
			skep_attachment_detach(all[i], NULL);
		all[i] = skep_attachment_close(all[i]);
	}
	if (r < 0)
		fprintf(stderr, "%s\n", err.msg);
	return r;
}

static int by_tc(int prog_fd, struct skep_attachment **ret, struct skep_error *err)
{
	const struct skep_tc_opts o = { .sz = sizeof(o),
					.ifindex = LOOPBACK,
					.direction = SKEP_DIRECTION_INGRESS };

	return skep_tc_attach(prog_fd, &o, ret, err);
}

static int by_sk_lookup(int prog_fd, struct skep_attachment **ret, struct skep_error *err)
{
	return skep_sk_lookup_attach(prog_fd, NULL, ret, err);
}

static int load(struct subject *s, uint32_t type, uint32_t attach_type)
{
	const struct bpf_insn insns[] = { { .code = 0xb7, .imm = 1 }, { .code = 0x95 } };
	struct skep_attr_prog_load attr = {
		.prog_type = type,
		.insn_cnt = 2,
		.insns = SKEP_ATTR_POINTER(insns),
		.license = SKEP_ATTR_POINTER("GPL"),
		.expected_attach_type = attach_type,
	};
	struct skep_error err = { 0 };
	unsigned i;

	for (i = 0; i < ATTACHED; i++) {
		s->progs[i] = skep_sys_prog_load(&attr, sizeof(attr), &err);
		if (s->progs[i] < 0) {
			fprintf(stderr, "%s\n", err.msg);
			return s->progs[i];
		}
	}
	return 0;
}

static int measure(struct bench *b, const char *group, struct subject *s)
{
	const struct bench_candidate candidates[] = {
		{ "bare", bare, s, NULL, 0, BENCH_AT_MOST, 0 },
		{ "skep", skep, s, "bare", 1.05, BENCH_AT_MOST, 0 },
	};

	return bench_group(b, group, "ns/attach", candidates, 2);
}

int main(int argc, char **argv)
{
	struct subject tcx = { .attach_type = SKEP_ATTACH_TYPE_TCX_INGRESS,
			       .attach = by_tc,
			       .now = elapsed_ns };
	struct subject lookup = { .attach_type = SKEP_ATTACH_TYPE_SK_LOOKUP,
				  .attach = by_sk_lookup,
				  .now = bench_cpu_ns };
	struct bench b;
	int r = bench_init(&b, "attach_net", argc, argv);

	if (r >= 0)
		r = unshare(CLONE_NEWNET) < 0 ? -errno : 0;
	if (r >= 0)
		r = load(&tcx, SKEP_PROG_TYPE_SCHED_CLS, 0);
	if (r >= 0)
		r = load(&lookup, SKEP_PROG_TYPE_SK_LOOKUP, SKEP_ATTACH_TYPE_SK_LOOKUP);
	if (r >= 0)
		r = measure(&b, "tcx", &tcx);
	if (r >= 0)
		r = measure(&b, "sk_lookup", &lookup);
	return bench_finish(&b, r);
}
