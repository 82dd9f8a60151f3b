// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#include "flows_process.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <libgen.h>
#include <limits.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define START_MS 20000
#define SEEN_S 20
#define BUFFER_SIZE (1u << 20)

static int fail(const char *what, int r)
{
	fprintf(stderr, "bench: skep flows: %s: %s\n", what, strerror(-r));
	return r;
}

int flows_binary(const char *argument, const char *file, char *path, size_t size)
{
	char self[PATH_MAX] = "";
	int r;

	if (argument)
		snprintf(self, sizeof(self), "%s", argument);
	else if (readlink("/proc/self/exe", self, sizeof(self) - 1) < 0)
		return fail("find the build directory", -errno);
	r = snprintf(path, size, "%s/%s", dirname(argument ? self : dirname(self)), file);
	if (r < 0 || (size_t)r >= size)
		return fail("path", -ENAMETOOLONG);
	return access(path, R_OK) ? fail(path, -errno) : 0;
}

/* The bench is pinned to one CPU; this is not the bench. */
static void use_all_cpus(void)
{
	cpu_set_t all;

	memset(&all, 0xff, sizeof(all));
	sched_setaffinity(0, sizeof(all), &all);
}

static uint64_t number_after(const char *line, size_t len, const char *name)
{
	const char *at = memmem(line, len, name, strlen(name));

	return at ? strtoull(at + strlen(name), NULL, 10) : 0;
}

/* @line ends with a line feed. */
static void take_line(struct flows_process *p, struct flows_told *t, const char *line, size_t len)
{
	static const char flow[] = "{\"type\":\"flow\"", ledger[] = "{\"type\":\"ledger\"",
			  packets[] = "\"packets\":";

	if (len > sizeof(flow) && !memcmp(line, flow, sizeof(flow) - 1)) {
		const char *end = line + len;

		t->flow_lines++;
		while ((line = memmem(line, end - line, packets, sizeof(packets) - 1))) {
			line += sizeof(packets) - 1;
			t->packets += strtoull(line, NULL, 10);
		}
	} else if (len > sizeof(ledger) && !memcmp(line, ledger, sizeof(ledger) - 1)) {
		t->seen = number_after(line, len, "\"seen_packets\":");
		t->lost = number_after(line, len, "\"lost_packets\":");
		pthread_mutex_lock(&p->lock);
		p->told = *t;
		pthread_cond_broadcast(&p->news);
		pthread_mutex_unlock(&p->lock);
	}
}

static void *read_lines(void *userdata)
{
	struct flows_process *p = userdata;
	struct flows_told told = { 0 };
	char *buffer = malloc(BUFFER_SIZE), *line, *end;
	size_t held = 0;
	ssize_t got;

	use_all_cpus();
	while (buffer && held < BUFFER_SIZE &&
	       (got = read(p->out_fd, buffer + held, BUFFER_SIZE - held)) > 0) {
		held += got;
		for (line = buffer; (end = memchr(line, '\n', buffer + held - line));
		     line = end + 1)
			take_line(p, &told, line, end + 1 - line);
		held -= line - buffer;
		memmove(buffer, line, held);
	}
	free(buffer);
	pthread_mutex_lock(&p->lock);
	p->told.ended = 1;
	pthread_cond_broadcast(&p->news);
	pthread_mutex_unlock(&p->lock);
	return NULL;
}

static void run_child(const char *binary, const char *interval, const int *out, const int *err)
{
	const char *arguments[] = { "skep", "flows", interval ? "--interval" : NULL, interval,
				    NULL };

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	use_all_cpus();
	if (dup2(out[1], STDOUT_FILENO) < 0 || dup2(err[1], STDERR_FILENO) < 0)
		_exit(126);
	execv(binary, (char **)arguments);
	fprintf(stderr, "%s: %s\n", binary, strerror(errno));
	_exit(127);
}

/* Copies what it says on standard error to ours. */
static void pass_on(int fd)
{
	char text[4096];
	ssize_t got;

	while ((got = read(fd, text, sizeof(text))) > 0)
		fwrite(text, 1, got, stderr);
}

/* Reads standard error until it says that it watches an interface. */
static int wait_watching(struct flows_process *p)
{
	struct pollfd poll_fd = { .fd = p->err_fd, .events = POLLIN };
	char text[8192];
	size_t len = 0;
	ssize_t got;

	for (;;) {
		int r = poll(&poll_fd, 1, START_MS);

		got = r > 0 ? read(p->err_fd, text + len, sizeof(text) - 1 - len) : 0;
		if (got <= 0) {
			fwrite(text, 1, len, stderr);
			return fail("start", r == 0 ? -ETIMEDOUT : -EIO);
		}
		len += got;
		text[len] = '\0';
		if (strstr(text, "watching bench0"))
			return 0;
	}
}

int flows_process_start(struct flows_process *p, const char *binary, const char *interval)
{
	int out[2], err[2], r;

	*p = (struct flows_process){ .pid = -1, .out_fd = -1, .err_fd = -1, .clock = { .fd = -1 } };
	pthread_mutex_init(&p->lock, NULL);
	pthread_cond_init(&p->news, NULL);
	if (pipe2(out, O_CLOEXEC))
		return fail("pipe", -errno);
	p->out_fd = out[0];
	if (pipe2(err, O_CLOEXEC)) {
		close(out[1]);
		return fail("pipe", -errno);
	}
	p->err_fd = err[0];
	p->pid = fork();
	if (p->pid == 0)
		run_child(binary, interval, out, err);
	close(out[1]);
	close(err[1]);
	if (p->pid < 0)
		return fail("fork", -errno);
	task_clock_open(&p->clock, p->pid);
	r = -pthread_create(&p->reader, NULL, read_lines, p);
	if (r < 0)
		return fail("thread", r);
	p->reading = 1;
	return wait_watching(p);
}

int flows_process_wait_seen(struct flows_process *p, uint64_t packets, struct flows_told *ret)
{
	struct timespec until;
	int r = 0;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += SEEN_S;
	pthread_mutex_lock(&p->lock);
	while (p->told.seen < packets && !p->told.ended && !r)
		r = -pthread_cond_timedwait(&p->news, &p->lock, &until);
	*ret = p->told;
	pthread_mutex_unlock(&p->lock);
	if (ret->seen == packets)
		return 0;
	fprintf(stderr, "bench: skep flows: saw %" PRIu64 " packets of %" PRIu64 "\n", ret->seen,
		packets);
	return -EIO;
}

int flows_process_resident(const struct flows_process *p, struct flows_resident *ret)
{
	char path[64], line[PATH_MAX + 128];
	unsigned long long start, end, kb;
	int is_map = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/smaps", (int)p->pid);
	f = fopen(path, "re");
	if (!f)
		return fail(path, -errno);
	*ret = (struct flows_resident){ 0 };
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%llx-%llx ", &start, &end) == 2) {
			is_map = strstr(line, "bpf-map") != NULL;
		} else if (sscanf(line, "Rss: %llu kB", &kb) == 1) {
			ret->all += kb * 1024;
			ret->maps += is_map ? kb * 1024 : 0;
		}
	}
	fclose(f);
	return ret->all ? 0 : fail(path, -EIO);
}

int flows_process_stop(struct flows_process *p, struct flows_told *ret)
{
	int status;

	kill(p->pid, SIGINT);
	pthread_join(p->reader, NULL); /* it ends when it can read no more */
	p->reading = 0;
	*ret = p->told;
	if (waitpid(p->pid, &status, 0) < 0)
		return fail("wait", -errno);
	p->pid = -1;
	if (WIFEXITED(status) && !WEXITSTATUS(status))
		return 0;
	pass_on(p->err_fd);
	fprintf(stderr, "bench: skep flows: ended with %s %d\n",
		WIFEXITED(status) ? "status" : "signal",
		WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status));
	return -EIO;
}

void flows_process_close(struct flows_process *p)
{
	if (p->pid > 0) {
		kill(p->pid, SIGKILL);
		waitpid(p->pid, NULL, 0);
	}
	if (p->reading)
		pthread_join(p->reader, NULL);
	task_clock_close(&p->clock);
	if (p->out_fd >= 0)
		close(p->out_fd);
	if (p->err_fd >= 0)
		close(p->err_fd);
	pthread_mutex_destroy(&p->lock);
	pthread_cond_destroy(&p->news);
}
