/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * A manager against plain libbpf: "start" opens, loads and attaches so many tracepoint programs; "stop" detaches and
 * releases them, against as many threads as help a stop, each of which closes its share; "returns" is how long
 * skep_manager_stop() takes when it does not wait for that; "resident" is what the process has grown by.
 */
#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <bpf/libbpf.h>

#include <skep/error.h>
#include <skep/manager.h>
#include <skep/probe_spec.h>
#include <skep/tracefs.h>

#include "harness.h"

#define MAX_PROGRAMS 1000
#define CLOSERS 12
#define STOP_MS 100
#define BUDGET 1.1
#define PAGE_KB 4
#define DYING_S 150 /* 1000 events, one after the other, take half of it to close */

struct subject {
	char path[4096]; /* of the object */
	size_t count;    /* of programs */
	struct skep_probe_spec probes[MAX_PROGRAMS];

	/* of libbpf */
	struct bpf_object *object;
	struct bpf_link *links[MAX_PROGRAMS];
	size_t link_count;

	struct skep_manager *manager;
};

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static double ms_since(uint64_t begin)
{
	return (double)(now_ns() - begin) / 1e6;
}

static int quiet(enum libbpf_print_level level, const char *fmt, va_list args)
{
	(void)level;
	(void)fmt;
	(void)args;
	return 0;
}

/* libbpf */

static int libbpf_start(struct subject *s)
{
	struct bpf_program *program;

	s->object = bpf_object__open_file(s->path, NULL);
	if (!s->object)
		return -errno;
	if (bpf_object__load(s->object))
		return -errno;
	bpf_object__for_each_program(program, s->object)
	{
		s->links[s->link_count] = bpf_program__attach(program);
		if (!s->links[s->link_count])
			return -errno;
		s->link_count++;
	}
	return s->link_count == s->count ? 0 : -EIO;
}

struct closer {
	pthread_t thread;
	struct subject *subject;
	size_t first;
};

static void *close_share(void *argument)
{
	const struct closer *c = argument;
	size_t i;

	for (i = c->first; i < c->subject->link_count; i += CLOSERS)
		bpf_link__destroy(c->subject->links[i]);
	return NULL;
}

static void libbpf_stop(struct subject *s)
{
	struct closer closers[CLOSERS];
	size_t i, started;

	for (i = 0; i < CLOSERS; i++)
		closers[i] = (struct closer){ .subject = s, .first = i };
	for (started = 0; started < CLOSERS; started++) {
		if (pthread_create(&closers[started].thread, NULL, close_share, &closers[started]))
			break;
	}
	for (i = 0; i < started; i++)
		pthread_join(closers[i].thread, NULL);
	for (i = started; i < CLOSERS; i++)
		close_share(&closers[i]);
	s->link_count = 0;
	bpf_object__close(s->object);
	s->object = NULL;
}

/* skep */

static int failed(int r, const struct skep_error *err)
{
	fprintf(stderr, "bench_manager: %s\n", err->msg);
	return r;
}

static int skep_start(struct subject *s)
{
	const struct skep_manager_opts o = { .sz = sizeof(o),
					     .probes = s->probes,
					     .probe_count = s->count,
					     .probe_sz = sizeof(s->probes[0]) };
	struct skep_error err = { 0 };
	int r = skep_manager_open_file(s->path, &o, &s->manager, &err);

	if (r == 0)
		r = skep_manager_load(s->manager, &err);
	if (r == 0)
		r = skep_manager_start(s->manager, &err);
	return r < 0 ? failed(r, &err) : 0;
}

static int skep_stop(struct subject *s, uint64_t flags)
{
	struct skep_error err = { 0 };
	int r = skep_manager_stop(s->manager, flags, &err);

	return r < 0 ? failed(r, &err) : 0;
}

static void skep_close(struct subject *s)
{
	s->manager = skep_manager_close(s->manager);
}

/* What is measured */

static int measure_libbpf_start(void *userdata, double *ret_value)
{
	const uint64_t begin = now_ns();
	int r = libbpf_start(userdata);

	*ret_value = ms_since(begin);
	libbpf_stop(userdata);
	return r;
}

static int measure_skep_start(void *userdata, double *ret_value)
{
	const uint64_t begin = now_ns();
	int r = skep_start(userdata);

	*ret_value = ms_since(begin);
	skep_close(userdata);
	return r;
}

static int measure_closers(void *userdata, double *ret_value)
{
	int r = libbpf_start(userdata);
	const uint64_t begin = now_ns();

	libbpf_stop(userdata);
	*ret_value = ms_since(begin);
	return r;
}

static int measure_skep_stop(void *userdata, double *ret_value)
{
	int r = skep_start(userdata);
	const uint64_t begin = now_ns();

	r = r < 0 ? r : skep_stop(userdata, SKEP_STOP_WAIT);
	*ret_value = ms_since(begin);
	skep_close(userdata);
	return r;
}

static int measure_skep_return(void *userdata, double *ret_value)
{
	int r = skep_start(userdata);
	const uint64_t begin = now_ns();

	r = r < 0 ? r : skep_stop(userdata, 0);
	*ret_value = ms_since(begin);
	skep_close(userdata);
	return r;
}

static int measure_allowed(void *userdata, double *ret_value)
{
	(void)userdata;
	*ret_value = STOP_MS;
	return 0;
}

/* Anonymous memory of this process. Return: kB; 0: not known. */
static double resident_kb(void)
{
	FILE *f = fopen("/proc/self/status", "re");
	char line[128];
	double kb = 0;

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "RssAnon: %lf", &kb) == 1)
			break;
	if (f)
		fclose(f);
	return kb;
}

/* In a process of its own, whose allocator has nothing left over from before. */
static int measure_growth(struct subject *s, int (*start)(struct subject *s), double *ret_value)
{
	int pipe_fds[2], status, r;
	double kb = 0;
	pid_t pid;

	if (pipe(pipe_fds))
		return -errno;
	pid = fork();
	if (!pid) {
		double before;

		malloc_trim(0);
		before = resident_kb();

		r = start(s);
		kb = resident_kb() - before;
		kb = kb < PAGE_KB ? PAGE_KB : kb;
		_exit(r < 0 || write(pipe_fds[1], &kb, sizeof(kb)) != sizeof(kb));
	}
	close(pipe_fds[1]);
	r = pid > 0 && read(pipe_fds[0], &kb, sizeof(kb)) == sizeof(kb) ? 0 : -EIO;
	close(pipe_fds[0]);
	if (pid > 0 && (waitpid(pid, &status, 0) != pid || status))
		r = -EIO;
	*ret_value = kb;
	return r;
}

static int measure_libbpf_growth(void *userdata, double *ret_value)
{
	return measure_growth(userdata, libbpf_start, ret_value);
}

static int measure_skep_growth(void *userdata, double *ret_value)
{
	return measure_growth(userdata, skep_start, ret_value);
}

/* The groups, of an object each */

static int bench_start(struct bench *b, struct subject *s, const char *group)
{
	const struct bench_candidate candidates[] = {
		{ "libbpf", measure_libbpf_start, s },
		{ "skep", measure_skep_start, s, "libbpf", BUDGET },
	};

	return bench_group(b, group, "ms", candidates, 2);
}

static int bench_stop(struct bench *b, struct subject *s)
{
	const struct bench_candidate complete[] = {
		{ "closers", measure_closers, s },
		{ "skep", measure_skep_stop, s, "closers", 1.0 },
	};
	const struct bench_candidate returns[] = {
		{ "allowed", measure_allowed, s },
		{ "skep", measure_skep_return, s, "allowed", 1.0 },
	};
	int r = bench_group(b, "stop_200", "ms", complete, 2);

	return r < 0 ? r : bench_group(b, "returns_200", "ms", returns, 2);
}

static int bench_resident(struct bench *b, struct subject *s, const char *group)
{
	const struct bench_candidate candidates[] = {
		{ "libbpf", measure_libbpf_growth, s },
		{ "skep", measure_skep_growth, s, "libbpf" },
	};

	return bench_group(b, group, "kB", candidates, 2);
}

/* A tracepoint takes 64 programs, and the events of a bench that was killed just now are closed one by one. */
static int wait_for_the_dying(struct subject *s)
{
	unsigned waited;
	int r;

	for (waited = 0;; waited++) {
		r = libbpf_start(s);
		libbpf_stop(s);
		if (r != -E2BIG || waited == DYING_S)
			return r;
		if (!waited)
			fprintf(stderr,
				"bench_manager: the tracepoints are full, as when a run was killed "
				"just now: waiting for up to %u s\n",
				DYING_S);
		sleep(1);
	}
}

/* The objects lie beside the program. */
static int subject_init(struct subject *s, const char *program, size_t count)
{
	const char *slash = strrchr(program, '/');
	struct bpf_program *p;
	size_t i = 0;

	snprintf(s->path, sizeof(s->path), "%.*sprograms_%zu.bpf.o",
		 slash ? (int)(slash + 1 - program) : 0, program, count);
	s->count = count;
	s->object = bpf_object__open_file(s->path, NULL);
	if (!s->object)
		return -errno;
	bpf_object__for_each_program(p, s->object)
	{
		if (i == count)
			break;
		s->probes[i].program = strdup(bpf_program__name(p));
		if (!s->probes[i++].program)
			break;
	}
	bpf_object__close(s->object);
	s->object = NULL;
	return i == count ? 0 : -EIO;
}

static void subject_fini(struct subject *s)
{
	size_t i;

	for (i = 0; i < s->count; i++)
		free((char *)(uintptr_t)s->probes[i].program);
}

struct size {
	size_t count;
	const char *start, *resident;
	int stops; /* too */
};

static int is_wanted(const struct bench *b, const struct size *size)
{
	return bench_wants(b, size->start) || bench_wants(b, size->resident) ||
	       (size->stops && (bench_wants(b, "stop_200") || bench_wants(b, "returns_200")));
}

static int measure_size(struct bench *b, const char *program, const struct size *size)
{
	static struct subject s;
	int r;

	memset(&s, 0, sizeof(s));
	r = subject_init(&s, program, size->count);
	if (r == 0)
		r = wait_for_the_dying(&s);
	if (r == 0)
		r = bench_resident(b, &s, size->resident);
	if (r == 0)
		r = bench_start(b, &s, size->start);
	if (r == 0 && (b->smoke || size->stops))
		r = bench_stop(b, &s);
	subject_fini(&s);
	return r;
}

static int measure(struct bench *b, const char *program)
{
	static const struct size sizes[] = {
		{ 1, "start_1", "resident_1", 0 },
		{ 50, "start_50", "resident_50", 0 },
		{ 200, "start_200", "resident_200", 1 },
		{ 1000, "start_1000", "resident_1000", 0 },
	};
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < (b->smoke ? 1 : sizeof(sizes) / sizeof(sizes[0])); i++)
		if (b->smoke || is_wanted(b, &sizes[i]))
			r = measure_size(b, program, &sizes[i]);
	return r;
}

int main(int argc, char **argv)
{
	const struct rlimit fds = { 16384, 16384 };
	struct skep_tracefs *t = NULL;
	struct skep_error err = { 0 };
	struct bench b;
	int r = bench_init(&b, "manager", argc, argv);

	libbpf_set_print(quiet);
	if (setrlimit(RLIMIT_NOFILE, &fds))
		r = r < 0 ? r : -errno;
	/* tracefs may have to be mounted: for this process alone */
	if (unshare(CLONE_NEWNS) || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL))
		r = r < 0 ? r : -errno;
	if (r >= 0 && skep_tracefs_open(SKEP_TRACEFS_MOUNT, &t, &err) < 0)
		r = failed(-ENOENT, &err);
	skep_tracefs_close(t);
	r = r < 0 ? r : measure(&b, argv[0]);
	return bench_finish(&b, r);
}
