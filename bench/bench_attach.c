/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * Attaching and detaching. "tracepoint": by skep against the bare system calls. "kprobes": a thousand functions by one link
 * against one by one, on kernels that have such links; on this host or in a guest:
 *
 *	tests/vm/run -k 6.12 --root virtiofs --timeout 900 -- build/bench/bench_attach --only kprobes --rounds 1
 */
#include <errno.h>
#include <linux/perf_event.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <skep/attach_event.h>
#include <skep/attach_kprobe.h>
#include <skep/attach_tracepoint.h>
#include <skep/error.h>
#include <skep/kabi.h>
#include <skep/symbol.h>
#include <skep/sys.h>
#include <skep/tracefs.h>

#include "harness.h"

#define FUNCTIONS 1000
#define SMOKE_FUNCTIONS 8
#define ATTACHES 20 /* of a tracepoint, in a round */
#define CATEGORY "syscalls"
#define EVENT "sys_enter_getpgid"

struct subject {
	int tracepoint, kprobe, multi; /* programs */
	char *names[FUNCTIONS];
	size_t wanted, count;
	uint64_t attaches;
};

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static int failed(int r, const struct skep_error *err)
{
	fprintf(stderr, "bench_attach: %s\n", err->msg);
	return r;
}

static int load(uint32_t type, uint32_t attach_type)
{
	static const uint64_t insns[] = { 0xb7, 0x95 }; /* r0 = 0; exit */
	struct skep_attr_prog_load attr = {
		.prog_type = type,
		.insn_cnt = 2,
		.insns = SKEP_ATTR_POINTER(insns),
		.license = SKEP_ATTR_POINTER("GPL"),
		.expected_attach_type = attach_type,
	};

	return skep_sys_prog_load(&attr, sizeof(attr), NULL);
}

/* What it takes without a library: the id of the event is read each time, as skep does. */
static int bare_once(const struct subject *s, struct skep_error *err)
{
	struct perf_event_attr attr = { .type = PERF_TYPE_TRACEPOINT,
					.size = PERF_ATTR_SIZE_VER1,
					.sample_period = 1,
					.sample_type = PERF_SAMPLE_RAW,
					.wakeup_events = 1 };
	struct skep_attr_link_create link = { .fd = (uint32_t)s->tracepoint,
					      .attach_type = SKEP_ATTACH_TYPE_PERF_EVENT };
	struct skep_tracefs *t = NULL;
	uint64_t id = 0;
	int fd, r = skep_tracefs_open(0, &t, err);

	r = r < 0 ? r : skep_tracefs_event_id(t, CATEGORY, EVENT, &id, err);
	skep_tracefs_close(t);
	if (r < 0)
		return r;
	attr.config = id;
	fd = (int)syscall(SYS_perf_event_open, &attr, -1, 0, -1, PERF_FLAG_FD_CLOEXEC);
	if (fd < 0)
		return -errno;
	link.target = (uint32_t)fd;
	r = skep_sys_link_create(&link, sizeof(link), err);
	if (r >= 0) {
		ioctl(fd, PERF_EVENT_IOC_ENABLE, 0);
		close(fd);
		close(r);
		return 0;
	}
	close(fd);
	return r;
}

static int skep_once(const struct subject *s, struct skep_error *err)
{
	const struct skep_tracepoint_opts o = { .sz = sizeof(o),
						.category = CATEGORY,
						.name = EVENT };
	struct skep_attachment *a = NULL;
	int r = skep_tracepoint_attach(s->tracepoint, &o, &a, err);

	skep_attachment_close(a);
	return r;
}

static int measure_each(const struct subject *s,
			int (*once)(const struct subject *s, struct skep_error *err),
			double *ret_value)
{
	struct skep_error err = { .msg = "" };
	uint64_t begin = now_ns(), i;
	int r = 0;

	for (i = 0; r == 0 && i < s->attaches; i++)
		r = once(s, &err);
	*ret_value = (double)(now_ns() - begin) / 1e6 / (double)s->attaches;
	return r < 0 ? failed(r, &err) : 0;
}

static int bare_tracepoint(void *userdata, double *ret_value)
{
	return measure_each(userdata, bare_once, ret_value);
}

static int skep_tracepoint(void *userdata, double *ret_value)
{
	return measure_each(userdata, skep_once, ret_value);
}

static int add_name(const struct skep_symbol *symbol, void *userdata)
{
	struct subject *s = userdata;

	if (s->count && !strcmp(s->names[s->count - 1], symbol->name))
		return 0;
	s->names[s->count] = strdup(symbol->name);
	return !s->names[s->count] ? -ENOMEM : ++s->count == s->wanted;
}

/* Attaches to all of the functions and detaches. */
static int measure_functions(const struct subject *s, int prog, uint64_t method, double *ret_value)
{
	const struct skep_kprobe_multi_opts o = { .sz = sizeof(o),
						  .method = method,
						  .symbols = (const char *const *)s->names,
						  .symbol_count = s->count };
	struct skep_attachment *a = NULL;
	struct skep_error err = { .msg = "" };
	uint64_t begin = now_ns();
	int r = skep_kprobe_attach_multi(prog, &o, &a, &err);

	if (r >= 0)
		r = skep_attachment_detach(a, &err);
	*ret_value = (double)(now_ns() - begin) / 1e6;
	skep_attachment_close(a);
	return r < 0 ? failed(r, &err) : 0;
}

static int one_by_one(void *userdata, double *ret_value)
{
	const struct subject *s = userdata;

	return measure_functions(s, s->kprobe, SKEP_ATTACH_METHOD_LINK, ret_value);
}

static int at_once(void *userdata, double *ret_value)
{
	const struct subject *s = userdata;

	return measure_functions(s, s->multi, SKEP_ATTACH_METHOD_MULTI, ret_value);
}

static int has_kprobes(void)
{
	return skep_attach_supported(NULL, SKEP_ATTACH_FAMILY_KPROBE, SKEP_ATTACH_METHOD_MULTI,
				     NULL) == 1 &&
	       skep_attach_supported(NULL, SKEP_ATTACH_FAMILY_KPROBE, SKEP_ATTACH_METHOD_LINK,
				     NULL) == 1;
}

static int measure(struct bench *b, struct subject *s)
{
	/* these are not on the way of what the machine is doing meanwhile */
	static const char *const patterns[] = {
		"tcp_*", "udp*", "ip6_*", "ext4_*", "xfrm_*", "nf_*"
	};
	const struct bench_candidate tracepoint[] = {
		{ "bare", bare_tracepoint, s },
		{ "skep", skep_tracepoint, s, "bare", 1.05 },
	};
	const struct bench_candidate kprobes[] = {
		{ "one_by_one", one_by_one, s },
		{ "at_once", at_once, s, "one_by_one", 0.05 },
	};
	struct skep_error err = { .msg = "" };
	int r = bench_group(b, "tracepoint", "ms", tracepoint, 2);

	if (r < 0 || !has_kprobes() || !bench_wants(b, "kprobes"))
		return r;
	r = skep_symbol_walk(patterns, sizeof(patterns) / sizeof(patterns[0]), NULL, add_name, s,
			     &err);
	return r < 0 ? failed(r, &err) : bench_group(b, "kprobes", "ms", kprobes, 2);
}

int main(int argc, char **argv)
{
	struct subject s = { .tracepoint = -1 };
	const struct rlimit fds = { 4096, 4096 };
	struct skep_tracefs *t = NULL;
	struct skep_error err = { .msg = "" };
	struct bench b;
	int r = bench_init(&b, "attach", argc, argv);

	s.wanted = b.smoke ? SMOKE_FUNCTIONS : FUNCTIONS;
	s.attaches = b.smoke ? 1 : ATTACHES;
	s.tracepoint = load(SKEP_PROG_TYPE_TRACEPOINT, 0);
	s.kprobe = load(SKEP_PROG_TYPE_KPROBE, 0);
	s.multi = load(SKEP_PROG_TYPE_KPROBE, SKEP_ATTACH_TYPE_TRACE_KPROBE_MULTI);
	/* one by one takes two fds for each function: the event and its link */
	if (setrlimit(RLIMIT_NOFILE, &fds))
		r = r < 0 ? r : -errno;
	/* tracefs may have to be mounted: for this process alone */
	if (unshare(CLONE_NEWNS) || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL))
		r = r < 0 ? r : -errno;
	if (r >= 0 && skep_tracefs_open(SKEP_TRACEFS_MOUNT, &t, &err) < 0)
		r = failed(-ENOENT, &err);
	skep_tracefs_close(t);
	r = r < 0 ? r : measure(&b, &s);
	while (s.count)
		free(s.names[--s.count]);
	skep_sys_close(&s.tracepoint);
	skep_sys_close(&s.kprobe);
	skep_sys_close(&s.multi);
	return bench_finish(&b, r);
}
