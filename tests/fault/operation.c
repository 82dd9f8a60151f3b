/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "operation.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "lab/census.h"
#include "lab/leak.h"
#include "lab/netns.h"
#include "lab/poll.h"

#include "world.h"

#define RUN_TIMEOUT_MS 30000u
#define POINT_TIMEOUT_NS (400ull * 1000000000)
#define SETTLE_MS 10000
#define JOBS_MAX 256
#define AT_A_TIME 8u
#define TOLD_MAX 12 /* runs that were wrong */
#define TRIES 3     /* of a run that has left objects, which may be somebody else's */
#define UNTOUCHED 0xa5

void __sanitizer_symbolize_pc(void *pc, const char *format, char *buf, size_t size)
	__attribute__((weak));

static const char *const folders[] = { FAULT_BPFFS, FAULT_SCRATCH, NULL };

static const int default_errnos[] = { ENOMEM, EPERM };

/* Written by a run's process, read by the point's. */
struct run {
	struct inject_report report;
	int result;
	bool ended;        /* by itself, whatever said */
	bool left_objects; /* the only thing that is wrong */
	struct lab_census before, after;
	char said[2048]; /* what is wrong; "": nothing */
};

/* Also shared; only what is in here comes back from a point's process. */
struct point {
	const struct fault_operation *op;
	struct inject_fault fault;
	unsigned only;
	struct run run;
	bool spared[INJECT_KEPT]; /* [number - 1]: does not fail, as others that do the same do */
	struct fault_outcome outcome;
};

/* In the thread in which it is injected. */
struct call {
	const struct fault_operation *op;
	struct skep_error err;
	int result;
};

__attribute__((format(printf, 2, 3))) static void say(struct run *run, const char *format, ...)
{
	size_t len = strlen(run->said);
	va_list args;

	if (len)
		len += (size_t)snprintf(run->said + len, sizeof(run->said) - len, "; ");
	if (len >= sizeof(run->said))
		return;
	va_start(args, format);
	vsnprintf(run->said + len, sizeof(run->said) - len, format, args);
	va_end(args);
}

static void call_operation(void *userdata)
{
	struct call *call = userdata;

	call->result = call->op->run(call->op->context,
				     call->op->flags & FAULT_WORDLESS ? NULL : &call->err);
}

static void judge_words(const struct call *call, struct run *run)
{
	const struct skep_error *err = &call->err;
	size_t i;

	if (call->result < -4095)
		say(run, "%d is no errno", call->result);
	if (call->op->flags & FAULT_WORDLESS)
		return;
	if (call->result >= 0) {
		for (i = 0; i < sizeof(*err); i++)
			if (((const unsigned char *)err)[i] != UNTOUCHED)
				break;
		if (i < sizeof(*err))
			say(run, "success, and the error record is written: %.*s",
			    (int)sizeof(err->msg), err->msg);
		return;
	}
	if (err->code != call->result)
		say(run, "it returned %d, and the record says %d", call->result, err->code);
	if (!memchr(err->msg, '\0', sizeof(err->msg)))
		say(run, "the error has no words");
	else if (!err->msg[0])
		say(run, "the error's words are empty");
}

static void judge_result(const struct call *call, struct run *run)
{
	const struct fault_operation *op = call->op;
	char why[1024] = "";

	judge_words(call, run);
	if (run->report.moved)
		say(run, "the thread came back in another namespace");
	if (run->report.closed != INT_MIN)
		say(run, "it closes %d, which is not open", run->report.closed);
	if (!run->report.failed && call->result < 0)
		say(run, "it fails without a fault: %d: %.*s", call->result,
		    (int)sizeof(call->err.msg), call->err.msg);
	if (run->report.failed && call->result >= 0 && !(op->flags & FAULT_MAY_SURVIVE))
		say(run, "it succeeds in spite of the fault");
	if (op->flags & FAULT_NO_ALLOCATIONS && run->report.allocations)
		say(run, "it makes %u allocations", run->report.allocations);
	if (op->check && op->check(op->context, call->result, why, sizeof(why)))
		say(run, "%s", why[0] ? why : "the check fails");
}

static bool may_leave(const struct call *call)
{
	return call->op->flags & FAULT_SAYS_WHAT_STAYS && call->result < 0 &&
	       call->err.kind == SKEP_ERR_PARTIAL;
}

/* Everything between the two looks at the world happens here. */
static void run_between(const struct point *point, struct run *run, const struct fault_world *world)
{
	const struct fault_operation *op = point->op;
	unsigned settle_ms = op->settle_ms ? op->settle_ms : SETTLE_MS;
	struct call call = { .op = op };
	char left[1024] = "";
	int r;

	memset(&call.err, UNTOUCHED, sizeof(call.err));
	r = inject_run_fault(call_operation, &call, &point->fault, &run->report);
	if (r < 0) {
		say(run, "no injection: %d", r);
		return;
	}
	run->result = call.result;
	judge_result(&call, run);
	if ((call.result >= 0 || op->flags & FAULT_UNDO_ALWAYS) && op->undo)
		op->undo(op->context);
	if (may_leave(&call)) {
		run->after.fds.count = 0;
		return;
	}
	if (!fault_world_same(world, folders, lab_in_ms(settle_ms), left, sizeof(left)))
		say(run, "%s", left);
	if (lab_census_take(&run->after) < 0)
		say(run, "the census failed");
}

/* The body of a run's process. */
static void run_here(const struct point *point, struct run *run)
{
	const struct fault_operation *op = point->op;
	struct fault_world world;
	int r = op->set_up ? op->set_up(op->context) : 0;

	if (r < 0) {
		say(run, "the set-up fails: %d", r);
		return;
	}
	r = fault_world_take(&world, folders);
	if (r >= 0)
		r = lab_census_take(&run->before);
	if (r < 0) {
		say(run, "the world cannot be seen: %d", r);
		return;
	}
	run_between(point, run, &world);
	fault_world_free(&world);
	if (lab_leaks())
		say(run, "memory has leaked");
	if (run->said[0] && run->report.caller && __sanitizer_symbolize_pc) {
		char where[256] = "";

		__sanitizer_symbolize_pc(run->report.caller, "%f %S", where, sizeof(where));
		say(run, "allocated in %s", where);
	}
}

/* Return: its status as of waitpid(2), or -1: it had to be killed. */
static int await(pid_t pid, unsigned timeout_ms)
{
	struct pollfd p = { .fd = (int)syscall(SYS_pidfd_open, pid, 0), .events = POLLIN };
	int status, n = 0;

	if (p.fd >= 0)
		n = poll(&p, 1, (int)(timeout_ms ? timeout_ms : RUN_TIMEOUT_MS));
	if (n <= 0)
		kill(pid, SIGKILL);
	if (p.fd >= 0)
		close(p.fd);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return n <= 0 ? -1 : status;
}

/*
 * Maps, programs and links that came during the run, ours or not, go with the processes that hold them; what stays is
 * pinned or attached. Looked at from here: a run that waited for those of others would make them wait for its own.
 */
static void judge_objects(struct run *run)
{
	char left[1024] = "";

	if (lab_census_vanished(&run->before, &run->after, lab_in_ms(SETTLE_MS), left,
				sizeof(left)))
		return;
	run->left_objects = !run->said[0];
	say(run, "left behind: %s", left);
}

/* One run in a process of its own; what it has to say is in point->run. */
static void run_apart(struct point *point)
{
	struct run *run = &point->run;
	int status;
	pid_t pid;

	memset(run, 0, sizeof(*run));
	fflush(NULL);
	pid = fork();
	if (pid < 0) {
		say(run, "no process: errno %d", errno);
		return;
	}
	if (!pid) {
		run_here(point, run);
		run->ended = true;
		fflush(NULL);
		_exit(0);
	}
	status = await(pid, point->op->timeout_ms);
	if (status < 0)
		say(run, "it hangs");
	else if (WIFSIGNALED(status))
		say(run, "it ends with signal %d", WTERMSIG(status));
	else if (!run->ended)
		say(run, "it exits with %d", WEXITSTATUS(status));
	if (run->ended && run->after.fds.count)
		judge_objects(run);
	if (point->op->clean)
		point->op->clean(point->op->context);
}

/* What others made at the same time is not there twice. */
static void run_surely(struct point *point)
{
	for (int i = 0; i < TRIES; i++) {
		run_apart(point);
		if (!point->run.left_objects)
			return;
	}
}

/* "call 17: bpf(5)" is one more of "bpf(5)". */
static void note_survivor(struct fault_outcome *out, const char *what)
{
	const char *name = strstr(what, ": ");
	size_t len, i;

	name = name ? name + 2 : what;
	len = strcspn(name, " ");
	out->survived++;
	for (i = 0; i < FAULT_SURVIVORS; i++) {
		char *known = out->survivors[i].what;

		if (!out->survivors[i].count)
			snprintf(known, sizeof(out->survivors[i].what), "%.*s", (int)len, name);
		if (!out->survivors[i].count || (!strncmp(known, name, len) && !known[len])) {
			out->survivors[i].count++;
			return;
		}
	}
}

static void note(struct point *point)
{
	struct fault_outcome *out = &point->outcome;
	const struct run *run = &point->run;
	size_t len;

	out->runs++;
	if (run->report.failed)
		out->faults++;
	if (run->report.failed && run->result >= 0 && run->ended)
		note_survivor(out, run->report.what);
	if (!run->said[0])
		return;
	len = strlen(out->said);
	if (out->wrong++ < TOLD_MAX)
		snprintf(out->said + len, sizeof(out->said) - len, "%s: %s\n",
			 run->report.failed ? run->report.what : "no fault", run->said);
}

/* The mounts that an operation makes are its own, and so are its pins. */
static int enter_mounts(void)
{
	if (unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	    mount("bpf", FAULT_BPFFS, "bpf", 0, "mode=0700") ||
	    mount("tmpfs", FAULT_SCRATCH, "tmpfs", 0, NULL))
		return -errno;
	return 0;
}

/* From a run without a fault: the middle ones of those that do the same. */
static void choose_spared(struct point *point)
{
	const struct inject_report *report = &point->run.report;
	bool calls = point->fault.kind == INJECT_CALL;
	const uint32_t *kinds = calls ? report->call_kinds : report->allocation_kinds;
	unsigned count = calls ? report->calls : report->allocations, each = point->op->alike / 2;
	unsigned i, j;

	if (count > INJECT_KEPT)
		count = INJECT_KEPT;
	for (i = 0; each && i < count; i++) {
		unsigned before = 0, after = 0;

		for (j = 0; j < i; j++)
			before += kinds[j] == kinds[i];
		for (j = i + 1; j < count; j++)
			after += kinds[j] == kinds[i];
		point->spared[i] = before >= each && after >= each;
	}
}

/* Every fault, one run each. */
static void run_all(struct point *point)
{
	/* without a fault first; if that does not go well, nothing does */
	for (point->fault.number = 0; point->fault.number <= INJECT_KEPT; point->fault.number++) {
		if (point->only && point->fault.number)
			point->fault.number = point->only;
		else if (point->fault.number && point->spared[point->fault.number - 1])
			continue;
		run_surely(point);
		note(point);
		if (!point->fault.number)
			choose_spared(point);
		if (!point->fault.number && point->outcome.wrong)
			return;
		if (point->fault.number && (point->only || !point->run.report.failed))
			break; /* beyond the last */
	}
	if (point->outcome.wrong)
		return;
	if (!point->outcome.faults || point->fault.number > INJECT_KEPT) {
		snprintf(point->outcome.said, sizeof(point->outcome.said), "%s\n",
			 point->outcome.faults ? "it does not end" : "nothing failed");
		point->outcome.wrong++;
	}
}

/* The body of a point's process. */
static int run_point(void *userdata)
{
	struct point *point = userdata;
	const struct fault_operation *op = point->op;
	int r = enter_mounts();

	if (r >= 0 && op->prepare)
		r = op->prepare(op->context);
	if (r < 0) {
		snprintf(point->outcome.said, sizeof(point->outcome.said),
			 "the preparation fails: %d\n", r);
		point->outcome.wrong++;
		return 0;
	}
	run_all(point);
	return 0;
}

int fault_try(const struct fault_operation *operation, enum inject_kind kind, int error,
	      unsigned number, struct fault_outcome *ret_outcome)
{
	struct point *point = mmap(NULL, sizeof(*point), PROT_READ | PROT_WRITE,
				   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int r;

	if (point == MAP_FAILED)
		return -errno;
	*point = (struct point){ .op = operation,
				 .only = number,
				 .fault = { .kind = kind,
					    .error = error,
					    .calls = operation->calls,
					    .call_count = operation->call_count } };
	r = lab_in_netns_for(POINT_TIMEOUT_NS, run_point, point);
	if (r > 0) {
		size_t len = strlen(point->outcome.said);

		snprintf(point->outcome.said + len, sizeof(point->outcome.said) - len,
			 "the process ended with %d at number %u\n", r, point->fault.number);
		point->outcome.wrong++;
	}
	*ret_outcome = point->outcome;
	munmap(point, sizeof(*point));
	return r < 0 ? r : 0;
}

static void comment(const char *text)
{
	while (*text) {
		size_t len = strcspn(text, "\n");

		printf("# %.*s\n", (int)len, text);
		text += len + (text[len] == '\n');
	}
}

struct errnos {
	const int *list;
	size_t count;
};

static struct errnos errnos_of(const struct fault_operation *op)
{
	if (op->flags & FAULT_NO_CALLS)
		return (struct errnos){ NULL, 0 };
	if (op->errnos)
		return (struct errnos){ op->errnos, op->errno_count };
	return (struct errnos){ default_errnos, ARRAY_SIZE(default_errnos) };
}

/* A point of the test, in shared memory: a process of its own works on it. */
struct job {
	const struct fault_operation *op;
	enum inject_kind kind;
	int error;
	pid_t pid; /* written by the parent */
	bool ended;
	bool done; /* the outcome is there */
	int result;
	double seconds;
	struct fault_outcome outcome;
};

struct jobs {
	size_t count;
	unsigned number;
	struct job all[JOBS_MAX];
};

static void add_job(struct jobs *jobs, const struct fault_operation *op, enum inject_kind kind,
		    int error)
{
	if (jobs->count == JOBS_MAX) {
		fprintf(stderr, "more than %d points\n", JOBS_MAX);
		abort();
	}
	jobs->all[jobs->count++] = (struct job){ .op = op, .kind = kind, .error = error };
}

static void start(const struct jobs *jobs, struct job *job)
{
	pid_t pid;

	fflush(NULL);
	pid = fork();
	if (!pid) {
		uint64_t start_ns = lab_now_ns();

		job->result =
			fault_try(job->op, job->kind, job->error, jobs->number, &job->outcome);
		job->seconds = (double)(lab_now_ns() - start_ns) / 1e9;
		job->done = true;
		fflush(NULL);
		_exit(0);
	}
	job->pid = pid;
	job->ended = pid < 0;
}

static void print_survivors(const struct fault_outcome *out)
{
	for (size_t i = 0; i < FAULT_SURVIVORS && out->survivors[i].count; i++)
		printf("%s%u %s", i ? ", " : "# survived: ", out->survivors[i].count,
		       out->survivors[i].what);
	if (out->survived)
		printf("\n");
}

/* Return: is it as it should be. */
static bool job_print(const struct job *job, size_t index)
{
	const struct fault_outcome *out = &job->outcome;
	bool call = job->kind == INJECT_CALL, ok = job->done && job->result >= 0 && !out->wrong;

	if (!job->done || job->result < 0)
		printf("# no process: %d\n", job->result);
	else
		printf("# %u faults, %u survived, %u wrong, %.1f s\n", out->faults, out->survived,
		       out->wrong, job->seconds);
	comment(out->said);
	print_survivors(out);
	printf("%sok %zu - %s: each %s%s\n", ok ? "" : "not ", index, job->op->name,
	       call ? "system call fails with " : "allocation fails",
	       call ? strerrorname_np(job->error) : "");
	fflush(stdout);
	return ok;
}

static size_t running(const struct jobs *jobs)
{
	size_t i, count = 0;

	for (i = 0; i < jobs->count; i++)
		count += jobs->all[i].pid > 0 && !jobs->all[i].ended;
	return count;
}

static bool may_start(const struct jobs *jobs, const struct job *job)
{
	size_t i, now = running(jobs);

	if (!now)
		return true;
	for (i = 0; i < jobs->count; i++)
		if (jobs->all[i].pid > 0 && !jobs->all[i].ended &&
		    jobs->all[i].op->flags & FAULT_ALONE)
			return false;
	return now < AT_A_TIME && !(job->op->flags & FAULT_ALONE);
}

static void await_any(struct jobs *jobs)
{
	pid_t pid = waitpid(-1, NULL, 0);

	for (size_t i = 0; i < jobs->count; i++)
		if (pid > 0 && jobs->all[i].pid == pid)
			jobs->all[i].ended = true;
}

/* They mostly wait for the kernel's grace periods: several at a time. Printed in order. */
static bool run_jobs(struct jobs *jobs)
{
	size_t next = 0, printed = 0;
	bool ok = true;

	while (printed < jobs->count) {
		while (next < jobs->count && may_start(jobs, &jobs->all[next]))
			start(jobs, &jobs->all[next++]);
		while (printed < next && jobs->all[printed].ended) {
			ok &= job_print(&jobs->all[printed], printed + 1);
			printed++;
		}
		if (running(jobs))
			await_any(jobs);
	}
	return ok;
}

int fault_main(int argc, char **argv, const struct fault_operation *const *operations, size_t count)
{
	struct jobs *jobs = mmap(NULL, sizeof(*jobs), PROT_READ | PROT_WRITE,
				 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	const char *word = argc > 1 ? argv[1] : "";
	size_t i, e;
	bool ok;

	if (jobs == MAP_FAILED)
		return 1;
	jobs->number = argc > 2 ? (unsigned)strtoul(argv[2], NULL, 10) : 0;
	for (i = 0; i < count; i++) {
		const struct fault_operation *op = operations[i];
		struct errnos errnos = errnos_of(op);

		if (!strstr(op->name, word))
			continue;
		for (e = 0; e < errnos.count; e++)
			add_job(jobs, op, INJECT_CALL, errnos.list[e]);
		if (!(op->flags & FAULT_NO_ALLOCATIONS))
			add_job(jobs, op, INJECT_ALLOCATION, ENOMEM);
	}
	printf("1..%zu\n", jobs->count);
	ok = run_jobs(jobs);
	munmap(jobs, sizeof(*jobs));
	return !ok;
}
