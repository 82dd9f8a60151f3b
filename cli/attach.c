/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* skep attach: a program that is loaded, or one of an object, at a hook. */
#include "attach.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <skep/attach_order.h>
#include <skep/bpffs.h>
#include <skep/link.h>
#include <skep/loaded.h>
#include <skep/netns.h>
#include <skep/object.h>

#include "out.h"
#include "verbs.h"

#define NSEC_PER_SEC 1000000000ull

static const struct opt table_of_options[] = {
#define OPT(name, short_name, type, field, argument, fallback, help)          \
	{ name,     short_name, type, offsetof(struct attach_options, field), \
	  argument, fallback,   help, NULL },
#include "attach.def"
#undef OPT
	{ 0 },
};

/* Options that are of some hooks alone. */
enum {
	TAKES_NETNS = 1 << 0,
	TAKES_FIRST = 1 << 1,
	TAKES_PRIORITY = 1 << 2,
	TAKES_ATTACH_TYPE = 1 << 3,
	TAKES_COOKIE = 1 << 4,
	TAKES_PID = 1 << 5,
	TAKES_SESSION = 1 << 6,
	TAKES_FUNCTION = 1 << 7, /* --syscall, --variants, --max-active */
	TAKES_SAMPLES = 1 << 8,  /* --period, --frequency, --cpus */
	TAKES_MAP = 1 << 9,
};

#define OF_NETWORK (TAKES_NETNS | TAKES_FIRST)
#define OF_KPROBE (TAKES_COOKIE | TAKES_SESSION | TAKES_FUNCTION)
#define OF_UPROBE (TAKES_COOKIE | TAKES_SESSION | TAKES_PID)

static const struct hook {
	const char *option;
	size_t offset;
	attach_fn attach;
	enum opt_type type;
	unsigned takes;
} hooks[] = {
#define HOOK(option, type, field, takes, fn)                                    \
	{                                                                       \
		option, offsetof(struct attach_options, field), fn, type, takes \
	}
	HOOK("tc", OPT_NAME, tc, OF_NETWORK | TAKES_PRIORITY, attach_tc),
	HOOK("netkit", OPT_NAME, netkit, OF_NETWORK, attach_netkit),
	HOOK("xdp", OPT_NAME, xdp, TAKES_NETNS, attach_xdp),
	HOOK("cgroup", OPT_NAME, cgroup, TAKES_FIRST | TAKES_ATTACH_TYPE, attach_cgroup),
	HOOK("unit", OPT_NAME, unit, TAKES_FIRST | TAKES_ATTACH_TYPE, attach_cgroup),
	HOOK("container", OPT_NAME, container, TAKES_FIRST | TAKES_ATTACH_TYPE, attach_cgroup),
	HOOK("sk-lookup", OPT_FLAG, sk_lookup, TAKES_NETNS, attach_sk_lookup),
	HOOK("flow-dissector", OPT_FLAG, flow_dissector, TAKES_NETNS, attach_flow_dissector),
	HOOK("netfilter", OPT_NAME, netfilter, TAKES_NETNS, attach_netfilter),
	HOOK("kprobe", OPT_LIST, kprobe, OF_KPROBE, attach_kprobe),
	HOOK("kretprobe", OPT_LIST, kretprobe, OF_KPROBE, attach_kprobe),
	HOOK("uprobe", OPT_NAME, uprobe, OF_UPROBE, attach_uprobe),
	HOOK("uretprobe", OPT_NAME, uretprobe, OF_UPROBE, attach_uprobe),
	HOOK("usdt", OPT_NAME, usdt, TAKES_COOKIE | TAKES_PID, attach_usdt),
	HOOK("tracepoint", OPT_NAME, tracepoint, TAKES_COOKIE, attach_tracepoint),
	HOOK("raw-tracepoint", OPT_NAME, raw_tracepoint, TAKES_COOKIE, attach_raw_tracepoint),
	HOOK("tracing", OPT_FLAG, tracing, TAKES_COOKIE | TAKES_ATTACH_TYPE, attach_tracing),
	HOOK("lsm-cgroup", OPT_NAME, lsm_cgroup, 0, attach_lsm_cgroup),
	HOOK("iter", OPT_FLAG, iter, TAKES_PID | TAKES_MAP, attach_iter),
	HOOK("perf-event", OPT_NAME, perf_event, TAKES_COOKIE | TAKES_PID | TAKES_SAMPLES,
	     attach_perf_event),
	HOOK("freplace", OPT_NAME, freplace, 0, attach_freplace),
	HOOK("struct-ops", OPT_NAME, struct_ops, 0, attach_struct_ops),
#undef HOOK
};

int attach_split(struct attach_job *job, const char *option, const char *text)
{
	size_t len = strcspn(text, ":");

	if (!len || len >= sizeof(job->name)) {
		out_error("attach: --%s: '%s' begins with no name", option, text);
		return -EINVAL;
	}
	memcpy(job->name, text, len);
	job->name[len] = '\0';
	job->rest = text[len] ? text + len + 1 : "";
	return 0;
}

int attach_bad(const char *option, const char *value, const char *right)
{
	out_error("attach: --%s: '%s' is not valid: it takes %s", option, value, right);
	return -EINVAL;
}

/* Numbers that the kernel takes fewer of than fit into 64 bits. */
static const struct range {
	const char *option, *of;
	size_t offset;
	uint64_t most;
} ranges[] = {
#define RANGE(option, field, of, most)                                   \
	{                                                                \
		option, of, offsetof(struct attach_options, field), most \
	}
	RANGE("priority", priority, "of a filter", 65535),
	RANGE("max-active", max_active, "of calls", INT32_MAX),
	RANGE("pid", pid, "of a process", 4194304),
	RANGE("period", period, "of counts", INT64_MAX),
	RANGE("frequency", frequency, "of samples a second", INT64_MAX),
#undef RANGE
};

/* Return: 0; -EINVAL with a message. */
static int check_ranges(const struct attach_options *o)
{
	char value[24], right[96];
	const struct range *r;
	uint64_t number;

	for (r = ranges; r < ranges + sizeof(ranges) / sizeof(ranges[0]); r++) {
		number = *(const uint64_t *)(const void *)((const char *)o + r->offset);
		if (number <= r->most)
			continue;
		snprintf(value, sizeof(value), "%" PRIu64, number);
		snprintf(right, sizeof(right), "a number %s, from 1 to %" PRIu64, r->of, r->most);
		return attach_bad(r->option, value, right);
	}
	return 0;
}

static int is_given(const struct attach_options *o, const struct hook *hook)
{
	const void *field = (const char *)o + hook->offset;

	switch (hook->type) {
	case OPT_FLAG:
		return *(const uint64_t *)field != 0;
	case OPT_LIST:
		return ((const struct opt_list *)field)->count != 0;
	default:
		return *(const char *const *)field != NULL;
	}
}

/* How many hooks are named, and one of them. */
static size_t find_hook(const struct attach_options *o, const struct hook **ret)
{
	size_t i, count = 0;

	for (i = 0; i < sizeof(hooks) / sizeof(hooks[0]); i++) {
		if (!is_given(o, &hooks[i]) || (o->iter && hooks[i].attach == attach_cgroup))
			continue; /* an iterator walks the groups below a --cgroup */
		*ret = &hooks[i];
		count++;
	}
	return count;
}

/* An option that another hook has would be without effect. Return: 0; -EINVAL with a message. */
static int check_options(const struct attach_options *o, const struct hook *hook)
{
	const struct {
		int given;
		unsigned takes;
		const char *name;
	} options[] = {
		{ o->netns != NULL, TAKES_NETNS, "netns" },
		{ o->first != 0, TAKES_FIRST, "first" },
		{ o->priority != 0, TAKES_PRIORITY, "priority" },
		{ o->attach_type != NULL, TAKES_ATTACH_TYPE, "attach-type" },
		{ o->cookie != 0, TAKES_COOKIE, "cookie" },
		{ o->pid != 0, TAKES_PID, "pid" },
		{ o->session != 0, TAKES_SESSION, "session" },
		{ o->syscall != 0, TAKES_FUNCTION, "syscall" },
		{ o->variants != 0, TAKES_FUNCTION, "variants" },
		{ o->max_active != 0, TAKES_FUNCTION, "max-active" },
		{ o->period != 0, TAKES_SAMPLES, "period" },
		{ o->frequency != 0, TAKES_SAMPLES, "frequency" },
		{ o->cpus != NULL, TAKES_SAMPLES, "cpus" },
		{ o->map != NULL, TAKES_MAP, "map" },
		{ o->program && o->struct_ops, 0, "program" }, /* a table has its own */
	};
	size_t i;

	for (i = 0; i < sizeof(options) / sizeof(options[0]); i++)
		if (options[i].given && !(hook->takes & options[i].takes)) {
			out_error("attach: --%s takes no --%s", hook->option, options[i].name);
			return -EINVAL;
		}
	return 0;
}

/* That of an option; without one, of the section. Return: NULL, with a message: none or several. */
static const struct hook *choose(struct attach_job *job)
{
	const struct hook *hook = NULL;
	size_t count = find_hook(&job->o, &hook);

	if (!count && job->spec) {
		if (attach_from_section(job) < 0)
			return NULL;
		count = find_hook(&job->o, &hook);
	}
	if (count != 1) {
		out_error("attach: name one hook: --tc, --xdp, --cgroup, --kprobe and so on (see "
			  "skep attach --help)");
		return NULL;
	}
	return check_options(&job->o, hook) < 0 || check_ranges(&job->o) < 0 ? NULL : hook;
}

static int open_netns(const char *word, struct skep_netns **ret, struct skep_error *err)
{
	if (*word && strspn(word, "0123456789") == strlen(word))
		return skep_netns_open_pid((uint32_t)strtoul(word, NULL, 10), ret, err);
	return skep_netns_open_path(word, ret, err);
}

/* Until it is interrupted, or for so long. The signals have been blocked before. */
static void wait_for_end(uint64_t ns, const sigset_t *ends)
{
	const struct timespec t = { (time_t)(ns / NSEC_PER_SEC), (long)(ns % NSEC_PER_SEC) };
	int r;

	do
		r = ns ? sigtimedwait(ends, NULL, &t) : sigwaitinfo(ends, NULL);
	while (r < 0 && errno == EINTR);
}

static void tell_gone(void)
{
	out_error("attach: somebody else has detached it, or what it was attached to has gone");
}

/* A link ends with its fd, unless somebody has pinned it meanwhile, who shall keep it. Return: 1; 0 it ends otherwise. */
static int is_ended_by_close(const struct skep_attachment *a)
{
	struct skep_link *link = NULL;

	if (skep_attachment_method(a) == SKEP_ATTACH_METHOD_TRACEFS ||
	    skep_link_open_fd(skep_attachment_link_fd(a), &link, NULL) < 0)
		return 0;
	if (skep_link_is_defunct(link))
		tell_gone();
	skep_link_close(link);
	return 1;
}

static int detach(struct skep_attachment *a, const char *pin, struct skep_error *err)
{
	int r;

	if (!pin && is_ended_by_close(a))
		return 0; /* with the handle */
	r = skep_attachment_detach(a, err);
	if (r > 0)
		tell_gone();
	return r < 0 ? out_fail("attach", err) : 0;
}

/* A negative errno without kind has had its message: usage. */
static int fail(const struct skep_error *err)
{
	return err->kind ? out_fail("attach", err) : EXIT_USAGE;
}

static int attach(struct attach_job *job, const struct hook *hook)
{
	_cleanup_(skep_attachment_closep) struct skep_attachment *a = NULL;
	const struct attach_options *o = &job->o;
	struct skep_error err = { 0 };
	struct sigaction hangup;
	sigset_t ends;
	int r, status;

	sigemptyset(&ends);
	sigaddset(&ends, SIGINT);
	sigaddset(&ends, SIGTERM);
	if (sigaction(SIGHUP, NULL, &hangup) == 0 && hangup.sa_handler != SIG_IGN) /* nohup(1) */
		sigaddset(&ends, SIGHUP);
	sigprocmask(SIG_BLOCK, &ends, NULL);
	r = hook->attach(job, &a, &err);
	if (r < 0)
		return fail(&err);
	if (o->pin) { /* after a dry run: whether it could be */
		r = attach_open_root(job, &err);
		if (r >= 0)
			r = skep_attachment_pin(a, job->bpffs, o->pin, &err);
		if (r < 0)
			return out_fail("attach", &err);
	}
	status = attach_tell(job, a);
	if (o->dry_run)
		return status;
	if (out_finish()) /* it could not be told, and is undone */
		status = EXIT_FAILURE;
	else if (o->pin && !o->duration)
		return status;
	else if (!o->iter)
		wait_for_end(o->duration, &ends);
	r = detach(a, o->pin, &err);
	return r ? r : status;
}

/* Those of all families. */
static void bad_method(const char *word)
{
	char right[256] = "one of";
	const char *name;
	uint32_t method;
	size_t len;

	for (method = SKEP_ATTACH_METHOD_AUTO + 1;; method++) {
		name = skep_attach_method_name(method);
		if (!strcmp(name, "unknown"))
			break;
		len = strlen(right);
		snprintf(right + len, sizeof(right) - len, "%s %s",
			 method > SKEP_ATTACH_METHOD_AUTO + 1 ? "," : "", name);
	}
	attach_bad("method", word, right);
}

static int run(struct attach_job *job)
{
	const struct hook *hook = NULL;
	struct skep_error err = { 0 };
	uint32_t method = 0;
	int r = 0;

	if (!job->o.program) /* sections name hooks, but only files have sections */
		hook = choose(job);
	if (!job->o.program && !hook)
		return EXIT_USAGE;
	if (job->o.method && skep_attach_method_from_name(job->o.method, &method) < 0) {
		bad_method(job->o.method);
		return EXIT_USAGE;
	}
	job->method = method;
	job->flags = job->o.dry_run ? SKEP_ATTACH_DRY_RUN : 0;
	job->position = job->o.first ? SKEP_ATTACH_POSITION_FIRST : SKEP_ATTACH_POSITION_LAST;
	r = attach_open_program(job, &err);
	if (r < 0)
		return fail(&err);
	hook = hook ? hook : choose(job);
	if (!hook)
		return EXIT_USAGE;
	r = job->o.netns ? open_netns(job->o.netns, &job->netns, &err) : 0;
	if (r >= 0)
		r = attach_load_program(job, &err);
	return r < 0 ? fail(&err) : attach(job, hook);
}

int cli_attach(int argc, char **argv)
{
	static struct attach_job job = { .prog_fd = -1 };
	int r = opt_parse("attach", table_of_options, argc, argv, &job.o);

	if (r > 0) {
		opt_help(
			"attach", table_of_options,
			"Attaches a program to a hook, until it is interrupted, for a "
			"time, or for as long as a pin stays.",
			"  skep attach agent/count --tc eth0:egress --pin agent/links/egress\n"
			"  skep attach 17 --xdp eth0:skb --for 10s\n"
			"  skep attach agent/policy --unit nginx.service --dry-run\n"
			"  skep attach agent.bpf.o --program on_open\n"
			"  skep attach agent.bpf.o --program on_read --kprobe 'vfs_read*'\n"
			"  skep attach agent.bpf.o --program each_task --iter\n"
			"  skep attach control.bpf.o --struct-ops my_control --pin agent/control\n");
		return 0;
	}
	if (r < 0)
		return EXIT_USAGE;
	r = run(&job);
	if (job.prog_fd >= 0)
		close(job.prog_fd);
	skep_loaded_close(job.loaded);
	skep_object_close(job.object);
	skep_netns_close(job.netns);
	skep_bpffs_close(job.bpffs);
	return r;
}
