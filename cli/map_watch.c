/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* skep map watch: what changes in a map, as it changes. */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include <skep/error.h>
#include <skep/format.h>
#include <skep/json.h>
#include <skep/kabi.h>
#include <skep/map_export.h>
#include <skep/map_snapshot.h>

#include "map.h"
#include "out.h"
#include "writer.h"

#define JSON_BUFFER_SIZE 4096

struct watch {
	struct map_job *job;
	const struct skep_format *key, *value;
	size_t key_size, value_bytes;
	int signal_fd;
	char time[40]; /* of the reading whose changes are told */
};

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

/* 2026-11-20T19:59:23.394Z, of the wall clock. */
static void stamp(struct watch *w)
{
	struct timespec t;
	struct tm tm;
	size_t len;

	clock_gettime(CLOCK_REALTIME, &t);
	gmtime_r(&t.tv_sec, &tm);
	len = strftime(w->time, sizeof(w->time), "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(w->time + len, sizeof(w->time) - len, ".%03ldZ", t.tv_nsec / 1000000);
}

static int write_stdout(const char *bytes, size_t len, void *userdata)
{
	(void)userdata;
	return fwrite(bytes, 1, len, stdout) == len ? 0 : -EIO;
}

/* A line is a document; the first one says what they are. */
static void begin_line(struct skep_json *j, char buf[JSON_BUFFER_SIZE], const char *type,
		       const char *time)
{
	skep_json_init(j, buf, JSON_BUFFER_SIZE);
	skep_json_stream(j, write_stdout, NULL);
	skep_json_object(j, NULL);
	skep_json_string(j, "type", type);
	skep_json_string(j, "time", time);
}

static void end_line(struct skep_json *j)
{
	skep_json_object_end(j);
	if (skep_json_finish(j) == 0)
		putchar('\n');
}

static void tell_begin(struct watch *w, uint64_t count)
{
	char buf[JSON_BUFFER_SIZE], number[OUT_NUMBER_SIZE];
	struct skep_json j;

	if (w->job->o.json) {
		begin_line(&j, buf, "watch", w->time);
		skep_json_string(&j, "schema", "skep.map.watch");
		skep_json_u64(&j, "version", 1);
		skep_map_json(w->job->map, &j, "map");
		skep_json_u64(&j, "count", count);
		end_line(&j);
	} else {
		fprintf(stderr, "watching map %" PRIu32 ": %s element%s; Ctrl-C ends it\n",
			skep_map_id(w->job->map), out_count(count, number), count == 1 ? "" : "s");
	}
}

static void json_change(struct watch *w, const struct skep_map_change *c)
{
	static const char *const types[] = { "", "added", "removed", "changed" };
	char buf[JSON_BUFFER_SIZE];
	struct skep_json j;

	begin_line(&j, buf, types[c->kind], w->time);
	skep_format_json(w->key, c->key, w->key_size, &j, "key");
	if (c->old_value)
		skep_format_json(w->value, c->old_value, w->value_bytes, &j, "old_value");
	if (c->new_value)
		skep_format_json(w->value, c->new_value, w->value_bytes, &j, "value");
	end_line(&j);
}

static int tell_change(const struct skep_map_change *c, void *userdata)
{
	static const char signs[] = " +-~";
	struct watch *w = userdata;

	if (w->job->o.json) {
		json_change(w, c);
	} else {
		printf("%.12s %c ", w->time + 11, signs[c->kind]);
		map_print(w->key, c->key, w->key_size);
		fputs(" => ", stdout);
		if (c->old_value)
			map_print(w->value, c->old_value, w->value_bytes);
		if (c->old_value && c->new_value)
			fputs(" -> ", stdout);
		if (c->new_value)
			map_print(w->value, c->new_value, w->value_bytes);
		putchar('\n');
	}
	return ferror(stdout) ? 1 : 0;
}

/* Return: 1 it is time to end; 0. */
static int wait_until(const struct watch *w, uint64_t until_ns)
{
	struct pollfd p[2] = { { .fd = w->signal_fd, .events = POLLIN },
			       { .fd = STDOUT_FILENO, .events = 0 } };
	uint64_t now = now_ns();
	int ms = now < until_ns ? (int)((until_ns - now + 999999) / 1000000) : 0;

	if (poll(p, 2, ms) < 0)
		return errno != EINTR;
	return p[0].revents || p[1].revents & (POLLERR | POLLHUP); /* who reads us has gone */
}

static int run(struct watch *w)
{
	_cleanup_(skep_map_snapshot_freep) struct skep_map_snapshot *last = NULL;
	const uint64_t interval = w->job->o.interval_ns, start = now_ns();
	const uint64_t end = w->job->o.duration_ns ? start + w->job->o.duration_ns : UINT64_MAX;
	uint64_t due = start;
	int r = skep_map_snapshot_new(w->job->map, &last, w->job->err);

	if (r < 0)
		return r;
	stamp(w);
	tell_begin(w, skep_map_snapshot_count(last));
	fflush(stdout);
	while (due < end && !ferror(stdout)) {
		struct skep_map_snapshot *next = NULL;

		due = due + interval < end ? due + interval : end;
		if (due < now_ns())
			due = now_ns(); /* reading takes longer than the interval */
		if (wait_until(w, due))
			break;
		r = skep_map_snapshot_new(w->job->map, &next, w->job->err);
		if (r < 0)
			return r;
		stamp(w);
		skep_map_snapshot_compare(last, next, tell_change, w, NULL);
		skep_map_snapshot_free(last);
		last = next;
		fflush(stdout);
	}
	return 0;
}

static int watch(struct map_job *job)
{
	struct watch w = { .job = job };
	sigset_t signals;
	int r = map_open(job, SKEP_MAP_FLAG_RDONLY);

	if (r < 0)
		return map_fail(job);
	sigemptyset(&signals);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGTERM);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	w.signal_fd = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
	if (w.signal_fd < 0 || writer_init(w.signal_fd) < 0) {
		map_set_error(job->err, -errno, SKEP_ERR_SYSCALL, "signalfd: %s", strerror(errno));
		return map_fail(job);
	}
	w.key = skep_map_formats_key(job->shown);
	w.value = skep_map_formats_value(job->shown);
	w.key_size = skep_map_key_size(job->map);
	w.value_bytes = skep_map_value_bytes(job->map);
	r = run(&w);
	close(w.signal_fd);
	return r < 0 ? map_fail(job) : 0;
}

int map_verb_watch(int argc, char **argv)
{
	struct skep_error err = { 0 };
	struct map_job job = { .verb = "map watch", .err = &err };
	int r = map_parse(
		&job, argc, argv,
		"Reads a map again and again, and shows what has changed: + added, - removed, ~ "
		"another value. What changes and changes back between two readings is not seen.",
		"  skep map watch flows\n"
		"  skep map watch 12 --interval 200ms --duration 10s --json-lines\n");

	return r >= 0 ? r : map_close(&job, watch(&job));
}
