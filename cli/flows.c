/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* skep flows: the flow agent on a screen or as JSON lines. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include <skep/error.h>
#include <skep/flow.h>
#include <skep/flow_table.h>
#include <skep/log.h>

#include "opt.h"
#include "out.h"
#include "screen.h"
#include "verbs.h"
#include "writer.h"

#define EXIT_USAGE 2
#define TABLE_FACTOR 4 /* the table holds this many times --max-flows */

enum {
	OUTPUT_TABLE = 1,
	OUTPUT_JSON_LINES
};
enum {
	ANCHOR_HEAD = 1,
	ANCHOR_TAIL
};

struct flows_options {
	struct opt_list interfaces, excludes;
	uint64_t direction, attach, anchor; /* choices: from 1, in the order of the table */
	uint64_t interval_ns, epoch_ns, duration_ns;
	uint64_t max_flows, sampling;
	uint64_t output, top, sort;
	uint64_t quiet;
};

static const struct opt table_of_options[] = {
#define OPT(name, short_name, type, field, argument, fallback, help) \
	{ name, short_name, type, offsetof(struct flows_options, field), argument, fallback, help },
#include "flows.def"
#undef OPT
	{ 0 },
};

struct flows {
	struct flows_options o;
	struct skep_flow_agent *agent;
	struct skep_flow_table *table;
	struct screen screen;
	uint64_t start_ns, report_ns;
	uint64_t interface_count;         /* as of the last look while watching */
	struct skep_flow_ledger reported; /* the ledger of the previous report */
	uint64_t flow_count;              /* flows of tables that were full, for the summary */
	char *line;
	size_t line_size;
	int signal_fd;   /* readable when it is time to end */
	int write_error; /* a positive errno: nobody reads us any more, or the disk is full */
};

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static void print_log(uint64_t level, const char *text, void *userdata)
{
	(void)userdata;
	if (level <= SKEP_LOG_WARNING)
		out_error("flows: %s: %s", skep_log_level_name(level), text);
	else
		out_error("flows: %s", text);
}

static void note_write_error(struct flows *f)
{
	if (ferror(stdout) && !f->write_error)
		f->write_error = errno ? errno : EIO;
}

static void print_line(struct flows *f, int len)
{
	f->line[len] = '\n';
	if (fwrite(f->line, 1, (size_t)len + 1, stdout) != (size_t)len + 1)
		note_write_error(f);
}

struct json_report {
	struct flows *flows;
	struct skep_flow_clock clock;
};

static int print_record(const struct skep_flow_record *record, void *userdata)
{
	struct json_report *report = userdata;
	struct flows *f = report->flows;
	size_t need = SKEP_FLOW_JSON_SIZE + record->other_count * SKEP_FLOW_JSON_POINT_SIZE;
	int len;

	if (need > f->line_size) {
		char *line = realloc(f->line, need);

		if (!line)
			return -ENOMEM;
		f->line = line;
		f->line_size = need;
	}
	len = skep_flow_record_json(record, &report->clock, f->line, f->line_size - 1);
	if (len < 0)
		return len;
	print_line(f, len);
	return 0;
}

static int report_flows_json(struct flows *f)
{
	struct json_report report = { .flows = f };

	skep_flow_clock_now(&report.clock);
	return skep_flow_table_report(f->table, print_record, &report);
}

static void status_now(struct flows *f, struct screen_status *status)
{
	uint64_t now = now_ns();

	status->interfaces = f->interface_count;
	status->since_start_ns = now - f->start_ns;
	status->since_report_ns = now - f->report_ns;
	status->before = f->reported;
	skep_flow_agent_ledger(f->agent, &status->ledger);
}

/* The flows that gained something since the last report. */
static int report_flows(struct flows *f)
{
	struct screen_status status;
	int r;

	if (f->o.output == OUTPUT_JSON_LINES)
		return report_flows_json(f);
	status_now(f, &status);
	r = screen_draw(&f->screen, f->table, &status);
	note_write_error(f);
	if (r == 0)
		r = skep_flow_table_report(f->table, NULL, NULL);
	return r;
}

/* Flows, and the ledger that covers exactly what has been told so far. */
static int report(struct flows *f)
{
	int r = report_flows(f), len;

	if (r < 0)
		return r;
	skep_flow_agent_ledger(f->agent, &f->reported);
	if (f->o.output == OUTPUT_JSON_LINES) {
		len = skep_flow_ledger_json(&f->reported, f->line, f->line_size - 1);
		if (len < 0)
			return len;
		print_line(f, len);
	}
	fflush(stdout);
	note_write_error(f);
	f->report_ns = now_ns();
	return 0;
}

/* A table that is full is told at once and starts anew. */
static int on_entry(const struct skep_flow_entry *entry, void *userdata)
{
	struct flows *f = userdata;
	int r = skep_flow_table_add(f->table, entry);

	if (r != -ENOSPC)
		return r;
	r = report_flows(f);
	if (r < 0)
		return r;
	f->flow_count += skep_flow_table_flow_count(f->table);
	skep_flow_table_clear(f->table);
	return skep_flow_table_add(f->table, entry);
}

static const char *interface_name(uint32_t ifindex, void *userdata)
{
	const struct flows *f = userdata;

	return skep_flow_agent_interface_name(f->agent, ifindex);
}

/* Each watched interface takes two fds. */
static void raise_fd_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
}

static int has_been_stopped(void *userdata)
{
	const struct flows *f = userdata;
	struct pollfd p = { .fd = f->signal_fd, .events = POLLIN };
	uint64_t running = now_ns() - f->start_ns;

	return poll(&p, 1, 0) > 0 || (f->o.duration_ns && running >= f->o.duration_ns);
}

static int open_all(struct flows *f, struct skep_error *err)
{
	static const uint64_t directions[] = { 0, SKEP_DIRECTION_INGRESS, SKEP_DIRECTION_EGRESS,
					       SKEP_DIRECTION_BOTH };
	struct skep_log log = { .fn = print_log,
				.level = f->o.quiet ? SKEP_LOG_WARNING : SKEP_LOG_NOTICE };
	struct skep_flow_agent_opts agent_opts = {
		.sz = sizeof(agent_opts),
		.flags = f->o.anchor == ANCHOR_TAIL ? SKEP_FLOW_AGENT_TCX_TAIL : 0,
		.max_flows = f->o.max_flows,
		.sampling = f->o.sampling,
		.epoch_ns = f->o.epoch_ns,
		.directions = directions[f->o.direction],
		.attach =
			f->o.attach - 1, /* the words stand in the order of enum skep_flow_attach */
		.entry_fn = on_entry,
		.userdata = f,
		.log = &log,
	};
	struct skep_flow_table_opts table_opts = {
		.sz = sizeof(table_opts),
		.max_points = TABLE_FACTOR * f->o.max_flows,
		.interface_fn = interface_name,
		.userdata = f,
	};
	struct skep_flow_watch_opts watch_opts = {
		.sz = sizeof(watch_opts),
		.include = f->o.interfaces.items,
		.include_count = f->o.interfaces.count,
		.exclude = f->o.excludes.items,
		.exclude_count = f->o.excludes.count,
		.proceed_fn = has_been_stopped,
		.userdata = f,
	};
	char maps[OUT_NUMBER_SIZE], table[OUT_NUMBER_SIZE];
	int r;

	r = skep_flow_watch_check(&watch_opts, err);
	if (r == 0)
		r = skep_flow_agent_open(&agent_opts, &f->agent, err);
	if (r == 0)
		r = skep_flow_table_new(&table_opts, &f->table, err);
	if (r < 0)
		return r;
	if (!f->o.quiet)
		out_error(
			"flows: kernel maps for 4 x %llu flows: %s; table for %llu flows: up to %s",
			(unsigned long long)f->o.max_flows,
			out_bytes(skep_flow_agent_memory_bytes(f->agent), maps),
			(unsigned long long)table_opts.max_points,
			out_bytes(skep_flow_table_memory_bytes(f->table), table));
	f->start_ns = f->report_ns = now_ns();
	return skep_flow_agent_watch(f->agent, &watch_opts, err);
}

static uint64_t earliest(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* Watches until a signal, the end of the duration, or an error. Return: 0; a negative errno. */
static int watch(struct flows *f, struct skep_error *err)
{
	uint64_t end = f->o.duration_ns && f->o.duration_ns < UINT64_MAX - f->start_ns
			       ? f->start_ns + f->o.duration_ns
			       : UINT64_MAX;
	struct pollfd fds[2] = { { .fd = skep_flow_agent_fd(f->agent), .events = POLLIN },
				 { .fd = f->signal_fd, .events = POLLIN } };
	int r, unbalanced = 0;

	for (;;) {
		uint64_t now = now_ns(), due = f->report_ns + f->o.interval_ns, next;
		struct timespec timeout;

		if (due < f->report_ns)
			due = UINT64_MAX;
		if (now >= end || fds[1].revents || f->write_error)
			return unbalanced;
		next = earliest(earliest(skep_flow_agent_deadline_ns(f->agent), due), end);
		next = next > now ? next - now : 0;
		f->interface_count = skep_flow_agent_interface_count(f->agent);
		timeout =
			(struct timespec){ (time_t)(next / 1000000000), (long)(next % 1000000000) };
		if (ppoll(fds, 2, &timeout, NULL) < 0 && errno != EINTR)
			return -errno;
		r = skep_flow_agent_dispatch(f->agent, 0, err);
		if (r == -EPROTO) { /* it goes on: the figures are told, and the end says so */
			out_error("flows: %s", err->msg);
			unbalanced = r;
		} else if (r < 0) {
			return r;
		}
		if (now_ns() >= due) {
			r = report(f);
			if (r < 0)
				return r;
		}
	}
}

static int finish(struct flows *f, int result, struct skep_error *err)
{
	struct screen_status status;
	struct skep_error stop_err;
	int r = skep_flow_agent_stop(f->agent, &stop_err);

	if (r < 0 && result == 0) {
		result = r;
		*err = stop_err;
	}
	status_now(f, &status);
	r = report(f);
	if (f->o.output == OUTPUT_TABLE)
		screen_summary(&status, f->flow_count + skep_flow_table_flow_count(f->table),
			       f->flow_count > 0);
	note_write_error(f);
	if (result == 0 && !skep_flow_ledger_balanced(&status.ledger)) {
		result = -EPROTO;
		*err = (struct skep_error){
			.code = -EPROTO,
			.kind = SKEP_ERR_UNBALANCED,
			.msg = "the ledger does not balance: packets are unaccounted for"
		};
	}
	return result < 0 ? result : r;
}

static int run(struct flows *f)
{
	struct skep_error err = { .msg = "out of memory" };
	int r;

	r = open_all(f, &err);
	if (r < 0 && r != -ECANCELED)
		return out_fail("flows", &err);
	if (r == 0)
		r = watch(f, &err);
	r = finish(f, r == -ECANCELED ? 0 : r, &err);
	if (f->write_error && f->write_error != EPIPE) {
		out_error("flows: write: %s", strerror(f->write_error));
		return 1;
	}
	/* EPIPE: who read us has had enough, and that is no error of ours */
	return r < 0 ? out_fail("flows", &err) : 0;
}

/* The signals that end it, but for those that whoever started us has told us to ignore. */
static int open_signals(void)
{
	static const int ending[] = { SIGINT, SIGTERM, SIGHUP };
	struct sigaction before;
	sigset_t signals;
	size_t i;

	sigemptyset(&signals);
	for (i = 0; i < sizeof(ending) / sizeof(ending[0]); i++)
		if (sigaction(ending[i], NULL, &before) == 0 && before.sa_handler != SIG_IGN)
			sigaddset(&signals, ending[i]);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	return signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
}

int cli_flows(int argc, char **argv)
{
	struct flows f = { 0 };
	int r;

	r = opt_parse("flows", table_of_options, argc, argv, &f.o);
	if (r < 0)
		return EXIT_USAGE;
	if (r > 0) {
		opt_help(
			"flows", table_of_options,
			"Shows every network flow of this host, and proves that none was lost: see skep-flows(1).",
			"  skep flows --duration 10s\n"
			"  skep flows -i 'veth*' --interval 12s --output json-lines > flows.jsonl\n");
		return 0;
	}
	if (!f.o.output)
		f.o.output = isatty(STDOUT_FILENO) ? OUTPUT_TABLE : OUTPUT_JSON_LINES;
	screen_init(&f.screen, f.o.top,
		    (uint32_t)f.o.sort - 1); /* in the order of enum skep_flow_sort */
	raise_fd_limit();
	f.signal_fd = open_signals();
	f.line_size = SKEP_FLOW_JSON_SIZE;
	f.line = malloc(f.line_size);
	if (f.signal_fd < 0 || !f.line || writer_init(f.signal_fd) < 0) {
		out_error("flows: %s", strerror(errno));
		r = 1;
	} else {
		r = run(&f);
	}
	skep_flow_agent_close(f.agent);
	skep_flow_table_free(f.table);
	free(f.line);
	if (f.signal_fd >= 0)
		close(f.signal_fd);
	return r;
}
