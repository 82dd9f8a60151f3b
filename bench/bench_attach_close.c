/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * How long it takes until 200 perf events with programs are all gone: skep_attachment_detach_many() with 12 threads, against 12
 * threads that close(2) the bare events. For each the kernel waits for a grace period.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/perf_event.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <skep/attach_event.h>
#include <skep/attach_tracepoint.h>
#include <skep/attach_uprobe.h>
#include <skep/binary.h>
#include <skep/error.h>
#include <skep/kabi.h>
#include <skep/sys.h>
#include <skep/tracefs.h>

#include "harness.h"

#define EVENTS 200
#define SMOKE_EVENTS 4
#define CLOSERS 12
#define MOST_ROUNDS 5 /* each takes half a minute, most of it waiting */
#define CATEGORY "syscalls"
#define EVENTS_DIR "/sys/kernel/tracing/events/" CATEGORY

struct subject {
	int prog;
	size_t count;
	struct perf_event_attr attr; /* of a bare event */
	int (*attach)(const struct subject *s, size_t i, struct skep_attachment **ret,
		      struct skep_error *err);
	struct skep_binary *library;
	uint64_t offset;
	/* tracepoints, each another one: an event has a program once */
	char names[EVENTS][256];
	uint64_t ids[EVENTS];
};

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static int failed(int r, const struct skep_error *err)
{
	fprintf(stderr, "bench_attach_close: %s\n", err->msg);
	return r;
}

struct closing {
	const int *fds;
	size_t count;
	atomic_size_t next;
};

static void *closer(void *userdata)
{
	struct closing *c = userdata;
	size_t i;

	while ((i = atomic_fetch_add(&c->next, 1)) < c->count)
		close(c->fds[i]);
	return NULL;
}

static int bare(void *userdata, double *ret_value)
{
	const struct subject *s = userdata;
	struct perf_event_attr attr = s->attr;
	int fds[EVENTS], r = 0;
	struct closing c = { .fds = fds };
	pthread_t threads[CLOSERS];
	uint64_t begin;
	size_t i;

	for (; r == 0 && c.count < s->count; c.count++) {
		if (*s->names[0])
			attr.config = s->ids[c.count];
		fds[c.count] =
			(int)syscall(SYS_perf_event_open, &attr, -1, 0, -1, PERF_FLAG_FD_CLOEXEC);
		if (fds[c.count] < 0)
			break;
		if (ioctl(fds[c.count], PERF_EVENT_IOC_SET_BPF, s->prog) ||
		    ioctl(fds[c.count], PERF_EVENT_IOC_ENABLE, 0))
			r = -errno;
	}
	if (c.count < s->count)
		r = -errno;
	begin = now_ns();
	for (i = 0; i < CLOSERS; i++)
		if (pthread_create(&threads[i], NULL, closer, &c))
			return -EAGAIN;
	for (i = 0; i < CLOSERS; i++)
		pthread_join(threads[i], NULL);
	*ret_value = (double)(now_ns() - begin) / 1e6;
	if (r < 0)
		fprintf(stderr, "bench_attach_close: %s\n", strerror(-r));
	return r;
}

static int skep(void *userdata, double *ret_value)
{
	const struct subject *s = userdata;
	/* the calling thread closes, too */
	const struct skep_detach_opts d = { .sz = sizeof(d), .threads = CLOSERS - 1 };
	struct skep_attachment *all[EVENTS] = { NULL };
	struct skep_error err = { .msg = "" };
	uint64_t begin;
	size_t i;
	int r = 0;

	for (i = 0; r >= 0 && i < s->count; i++)
		r = s->attach(s, i, &all[i], &err);
	begin = now_ns();
	if (r >= 0)
		r = skep_attachment_detach_many(all, s->count, &d, &err);
	*ret_value = (double)(now_ns() - begin) / 1e6;
	for (i = 0; i < s->count; i++)
		skep_attachment_close(all[i]);
	return r ? failed(r < 0 ? r : -EIO, &err) : 0;
}

static int attach_tracepoint(const struct subject *s, size_t i, struct skep_attachment **ret,
			     struct skep_error *err)
{
	const struct skep_tracepoint_opts o = { .sz = sizeof(o),
						.method = SKEP_ATTACH_METHOD_PERF,
						.category = CATEGORY,
						.name = s->names[i] };

	return skep_tracepoint_attach(s->prog, &o, ret, err);
}

static int attach_uprobe(const struct subject *s, size_t i, struct skep_attachment **ret,
			 struct skep_error *err)
{
	(void)i;
	const struct skep_uprobe_opts o = { .sz = sizeof(o),
					    .method = SKEP_ATTACH_METHOD_PERF,
					    .binary = s->library,
					    .file_offset = s->offset };

	return skep_uprobe_attach(s->prog, &o, ret, err);
}

static int load(uint32_t type, struct skep_error *err)
{
	static const uint64_t insns[] = { 0x00000000000000b7, 0x0000000000000095 };
	struct skep_attr_prog_load attr = { .prog_type = type,
					    .insn_cnt = 2,
					    .insns = SKEP_ATTR_POINTER(insns),
					    .license = SKEP_ATTR_POINTER("GPL") };

	return skep_sys_prog_load(&attr, sizeof(attr), err);
}

static int measure(struct bench *b, const char *group, struct subject *s)
{
	const struct bench_candidate candidates[] = {
		{ "12_closers", bare, s, NULL, 0, BENCH_AT_MOST, 0 },
		{ "detach_many", skep, s, "12_closers", 1.05, BENCH_AT_MOST, 0 },
	};

	return bench_group(b, group, "ms", candidates, 2);
}

/* As many tracepoints as are wanted. */
static int find_events(struct subject *s, struct skep_tracefs *t, struct skep_error *err)
{
	DIR *dir = opendir(EVENTS_DIR);
	const struct dirent *entry;
	size_t n = 0;
	int r = 0;

	while (r >= 0 && dir && n < s->count && (entry = readdir(dir))) {
		if (strncmp(entry->d_name, "sys_enter_", 10) != 0)
			continue;
		snprintf(s->names[n], sizeof(s->names[n]), "%s", entry->d_name);
		r = skep_tracefs_event_id(t, CATEGORY, s->names[n], &s->ids[n], err);
		n++;
	}
	if (dir)
		closedir(dir);
	s->count = n;
	return r;
}

static int measure_tracepoints(struct bench *b, struct skep_error *err)
{
	struct subject s = { .count = b->smoke ? SMOKE_EVENTS : EVENTS,
			     .attach = attach_tracepoint,
			     .attr = { .type = PERF_TYPE_TRACEPOINT,
				       .size = sizeof(s.attr),
				       .sample_period = 1,
				       .wakeup_events = 1 } };
	struct skep_tracefs *t = NULL;
	int r = skep_tracefs_open(SKEP_TRACEFS_MOUNT, &t, err);

	if (r >= 0)
		r = find_events(&s, t, err);
	skep_tracefs_close(t);
	s.prog = r < 0 ? r : load(SKEP_PROG_TYPE_TRACEPOINT, err);
	r = s.prog < 0 ? failed(s.prog, err) : measure(b, "200_tracepoints", &s);
	skep_sys_close(&s.prog);
	return r;
}

/* Return: of the unit in sysfs; 0 there is none. */
static uint32_t uprobe_unit(void)
{
	FILE *f = fopen("/sys/bus/event_source/devices/uprobe/type", "re");
	unsigned type = 0;

	if (f && fscanf(f, "%u", &type) != 1)
		type = 0;
	if (f)
		fclose(f);
	return type;
}

static int measure_uprobes(struct bench *b, struct skep_error *err)
{
	struct subject s = { .count = b->smoke ? SMOKE_EVENTS : EVENTS,
			     .attach = attach_uprobe,
			     .attr = { .type = uprobe_unit(), .size = sizeof(s.attr) } };
	int r = skep_binary_open("c", NULL, &s.library, err);

	if (r >= 0)
		r = skep_binary_find(s.library, "getpgid", &s.offset, err);
	s.prog = r < 0 ? r : load(SKEP_PROG_TYPE_KPROBE, err);
	if (s.prog >= 0) {
		s.attr.config1 = (uint64_t)(uintptr_t)skep_binary_path(s.library);
		s.attr.config2 = s.offset;
	}
	r = s.prog < 0 ? failed(s.prog, err) : measure(b, "200_uprobes", &s);
	skep_sys_close(&s.prog);
	skep_binary_close(s.library);
	return r;
}

int main(int argc, char **argv)
{
	struct skep_error err = { .msg = "" };
	struct bench b;
	cpu_set_t all;
	int r = bench_init(&b, "attach_close", argc, argv);

	if (b.rounds > MOST_ROUNDS)
		b.rounds = MOST_ROUNDS;
	/* tracefs may have to be mounted: for this process alone */
	if (r >= 0 && (unshare(CLONE_NEWNS) || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL)))
		r = -errno;
	/* the closers are to have all CPUs, of which the harness has left one */
	memset(&all, 0xff, sizeof(all));
	if (r >= 0 && sched_setaffinity(0, sizeof(all), &all))
		r = -errno;
	r = r < 0 ? r : measure_tracepoints(&b, &err);
	r = r < 0 ? r : measure_uprobes(&b, &err);
	return bench_finish(&b, r);
}
