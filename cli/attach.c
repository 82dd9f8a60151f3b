/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* skep attach: a program that is loaded, or one of an object, at a hook. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <skep/attach.h>
#include <skep/attach_cgroup.h>
#include <skep/attach_netfilter.h>
#include <skep/attach_netkit.h>
#include <skep/attach_socket.h>
#include <skep/attach_tc.h>
#include <skep/attach_xdp.h>
#include <skep/bpffs.h>
#include <skep/bpffs_pin.h>
#include <skep/error.h>
#include <skep/json.h>
#include <skep/kabi.h>
#include <skep/loaded.h>
#include <skep/netns.h>
#include <skep/object.h>
#include <skep/object_edit.h>
#include <skep/object_load.h>
#include <skep/object_spec.h>
#include <skep/sys_object.h>

#include "opt.h"
#include "out.h"
#include "verbs.h"

#define EXIT_USAGE 2
#define NSEC_PER_SEC 1000000000ull
#define NAME_SIZE 64

struct attach_options {
	const char *what, *program, *root, *netns, *method, *pin;
	const char *tc, *netkit, *xdp, *cgroup, *unit, *container, *attach_type, *netfilter;
	uint64_t sk_lookup, flow_dissector, first, priority, duration, dry_run, json;
};

static const struct opt table_of_options[] = {
#define OPT(name, short_name, type, field, argument, fallback, help)          \
	{ name,     short_name, type, offsetof(struct attach_options, field), \
	  argument, fallback,   help, NULL },
#include "attach.def"
#undef OPT
	{ 0 },
};

/* What the options come to. */
struct job {
	const struct attach_options *o;
	struct skep_netns *netns; /* NULL: here */
	uint64_t flags, method, position;
	int prog_fd;
	char name[NAME_SIZE]; /* of an interface */
	const char *rest;     /* what stands behind its colon; "" nothing */
};

/* "eth0:egress" into its parts. Return: 0; -1 with a message. */
static int split(struct job *job, const char *option, const char *text)
{
	size_t len = strcspn(text, ":");

	if (!len || len >= sizeof(job->name)) {
		out_error("attach: --%s: '%s' begins with no name", option, text);
		return -1;
	}
	memcpy(job->name, text, len);
	job->name[len] = '\0';
	job->rest = text[len] ? text + len + 1 : "";
	return 0;
}

static int bad(const char *option, const char *value)
{
	out_error("attach: --%s: '%s' is not valid (see skep attach --help)", option, value);
	return -EINVAL;
}

/* Each of these attaches. Return: 0; -EINVAL, with a message and without kind: usage; a negative errno. */
typedef int (*attach_fn)(struct job *job, struct skep_attachment **ret, struct skep_error *err);

static int attach_tc(struct job *job, struct skep_attachment **ret, struct skep_error *err)
{
	struct skep_tc_opts t = { .sz = sizeof(t),
				  .flags = job->flags,
				  .method = job->method,
				  .netns = job->netns,
				  .interface = job->name,
				  .position = job->position,
				  .priority = job->o->priority };

	if (split(job, "tc", job->o->tc) < 0)
		return -EINVAL;
	if (!strcmp(job->rest, "ingress"))
		t.direction = SKEP_DIRECTION_INGRESS;
	else if (!strcmp(job->rest, "egress"))
		t.direction = SKEP_DIRECTION_EGRESS;
	else
		return bad("tc", job->o->tc);
	return skep_tc_attach(job->prog_fd, &t, ret, err);
}

static int attach_netkit(struct job *job, struct skep_attachment **ret, struct skep_error *err)
{
	struct skep_netkit_opts n = { .sz = sizeof(n),
				      .flags = job->flags,
				      .method = job->method,
				      .netns = job->netns,
				      .interface = job->name,
				      .position = job->position };

	if (split(job, "netkit", job->o->netkit) < 0)
		return -EINVAL;
	if (!strcmp(job->rest, "peer"))
		n.flags |= SKEP_NETKIT_PEER;
	else if (*job->rest)
		return bad("netkit", job->o->netkit);
	return skep_netkit_attach(job->prog_fd, &n, ret, err);
}

static int attach_xdp(struct job *job, struct skep_attachment **ret, struct skep_error *err)
{
	static const uint64_t modes[] = { SKEP_XDP_MODE_SKB, SKEP_XDP_MODE_DRIVER,
					  SKEP_XDP_MODE_HARDWARE };
	struct skep_xdp_opts x = { .sz = sizeof(x),
				   .flags = job->flags,
				   .method = job->method,
				   .netns = job->netns,
				   .interface = job->name };
	size_t i;

	if (split(job, "xdp", job->o->xdp) < 0)
		return -EINVAL;
	for (i = 0; i < sizeof(modes) / sizeof(modes[0]); i++)
		if (!strcmp(job->rest, skep_xdp_mode_name(modes[i])))
			x.mode = modes[i];
	if (*job->rest && !x.mode)
		return bad("xdp", job->o->xdp);
	return skep_xdp_attach(job->prog_fd, &x, ret, err);
}

static int attach_cgroup(struct job *job, struct skep_attachment **ret, struct skep_error *err)
{
	const struct attach_options *o = job->o;
	struct skep_cgroup_opts c = { .sz = sizeof(c),
				      .flags = job->flags,
				      .method = job->method,
				      .path = o->cgroup,
				      .unit = o->unit,
				      .container = o->container,
				      .position = job->position };
	uint32_t type;

	if (o->attach_type) {
		if (skep_attach_type_from_name(o->attach_type, &type) < 0)
			return bad("attach-type", o->attach_type);
		c.attach_type = type;
	}
	return skep_cgroup_attach(job->prog_fd, &c, ret, err);
}

static int attach_sk_lookup(struct job *job, struct skep_attachment **ret, struct skep_error *err)
{
	const struct skep_netns_attach_opts n = {
		.sz = sizeof(n), .flags = job->flags, .method = job->method, .netns = job->netns
	};

	return skep_sk_lookup_attach(job->prog_fd, &n, ret, err);
}

static int attach_flow_dissector(struct job *job, struct skep_attachment **ret,
				 struct skep_error *err)
{
	const struct skep_netns_attach_opts n = {
		.sz = sizeof(n), .flags = job->flags, .method = job->method, .netns = job->netns
	};

	return skep_flow_dissector_attach(job->prog_fd, &n, ret, err);
}

static int attach_netfilter(struct job *job, struct skep_attachment **ret, struct skep_error *err)
{
	static const char *const hooks[] = { "prerouting", "input", "forward", "output",
					     "postrouting" };
	struct skep_netfilter_opts n = {
		.sz = sizeof(n), .flags = job->flags, .method = job->method, .netns = job->netns
	};
	size_t i, len;
	char *end = NULL;

	if (split(job, "netfilter", job->o->netfilter) < 0)
		return -EINVAL;
	n.family = !strcmp(job->name, "ipv4") ? 2 : !strcmp(job->name, "ipv6") ? 10 : 0;
	len = strcspn(job->rest, ":");
	for (i = 0; i < sizeof(hooks) / sizeof(hooks[0]); i++)
		if (strlen(hooks[i]) == len && !strncmp(job->rest, hooks[i], len))
			break;
	n.hook = i;
	if (job->rest[len]) {
		errno = 0;
		n.priority = strtol(job->rest + len + 1, &end, 10);
	}
	if (!n.family || i == sizeof(hooks) / sizeof(hooks[0]) ||
	    (end && (*end || end == job->rest + len + 1 || errno)))
		return bad("netfilter", job->o->netfilter);
	return skep_netfilter_attach(job->prog_fd, &n, ret, err);
}

/* Which one it is. Return: NULL, with a message: none or several. */
static attach_fn choose(const struct attach_options *o)
{
	const struct {
		int given;
		attach_fn fn;
	} hooks[] = {
		{ o->tc != NULL, attach_tc },
		{ o->netkit != NULL, attach_netkit },
		{ o->xdp != NULL, attach_xdp },
		{ o->cgroup || o->unit || o->container, attach_cgroup },
		{ o->sk_lookup != 0, attach_sk_lookup },
		{ o->flow_dissector != 0, attach_flow_dissector },
		{ o->netfilter != NULL, attach_netfilter },
	};
	attach_fn fn = NULL;
	size_t i, count = 0;

	for (i = 0; i < sizeof(hooks) / sizeof(hooks[0]); i++)
		if (hooks[i].given) {
			fn = hooks[i].fn;
			count++;
		}
	if (count == 1)
		return fn;
	out_error(
		"attach: name one hook: --tc, --xdp, --cgroup and so on (see skep attach --help)");
	return NULL;
}

static int is_number(const char *word)
{
	return *word && strspn(word, "0123456789") == strlen(word);
}

static int open_netns(const char *word, struct skep_netns **ret, struct skep_error *err)
{
	if (is_number(word))
		return skep_netns_open_pid((uint32_t)strtoul(word, NULL, 10), ret, err);
	return skep_netns_open_path(word, ret, err);
}

static int open_root(const struct attach_options *o, struct skep_bpffs **ret,
		     struct skep_error *err)
{
	struct skep_bpffs_opts opts = { .sz = sizeof(opts), .flags = SKEP_BPFFS_DISCOVER };

	skep_bpffs_opts_from_env(environ, &opts);
	if (o->root)
		opts.root = o->root;
	return skep_bpffs_open(&opts, ret, err);
}

static int fail_program(const struct attach_options *o, struct skep_error *err)
{
	err->code = -ENOENT;
	err->kind = SKEP_ERR_NOT_FOUND;
	snprintf(err->msg, sizeof(err->msg), "'%.100s' has no program '%.60s'", o->what,
		 o->program);
	return -ENOENT;
}

/* Loads one program of an object, with the maps that it uses. Return: an fd; a negative errno. */
static int load_program(const struct attach_options *o, struct skep_error *err)
{
	_cleanup_(skep_object_closep) struct skep_object *object = NULL;
	_cleanup_(skep_loaded_closep) struct skep_loaded *loaded = NULL;
	const struct skep_object_load_opts opts = { .sz = sizeof(opts),
						    .flags = SKEP_OBJECT_IGNORE_PINNING };
	const struct skep_loaded_program *found;
	const struct skep_object_program *p;
	size_t i;
	int r = skep_object_open_file(o->what, NULL, &object, err);

	if (r >= 0 && !skep_object_program_find(object, o->program))
		return fail_program(o, err);
	for (i = 0; r >= 0 && i < skep_object_program_count(object); i++) {
		p = skep_object_program_at(object, i);
		r = skep_object_program_exclude(object, p->name, strcmp(p->name, o->program) != 0,
						err);
	}
	if (r >= 0)
		r = skep_object_prune(object, NULL, 0, err);
	if (r >= 0)
		r = skep_object_load(object, &opts, &loaded, err);
	if (r < 0)
		return r;
	found = skep_loaded_program_find(loaded, o->program);
	return found ? fcntl(found->fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1) : fail_program(o, err);
}

/* Return: an fd; a negative errno, with words in @err. */
static int open_program(const struct attach_options *o, struct skep_bpffs **bpffs,
			struct skep_error *err)
{
	char text[64];
	int fd;

	if (o->program)
		return load_program(o, err);
	if (is_number(o->what)) {
		fd = skep_sys_fd_by_id(SKEP_OBJECT_PROG, (uint32_t)strtoul(o->what, NULL, 10), 0);
		if (fd >= 0)
			return fd;
		snprintf(err->msg, sizeof(err->msg), "program %.20s: %s", o->what,
			 skep_errno_text(fd, text, sizeof(text)));
		err->code = fd;
		err->kind = fd == -EPERM ? SKEP_ERR_PERMISSION : SKEP_ERR_NOT_FOUND;
		return fd;
	}
	fd = *bpffs ? 0 : open_root(o, bpffs, err);
	return fd < 0 ? fd : skep_bpffs_get(*bpffs, o->what, 0, err);
}

static uint32_t link_id(const struct skep_attachment *a)
{
	struct skep_link_info info = { 0 };

	return skep_attachment_link_fd(a) >= 0 && skep_sys_link_info(skep_attachment_link_fd(a),
								     &info, sizeof(info)) > 0
		       ? info.id
		       : 0;
}

static void tell(const struct attach_options *o, const struct skep_attachment *a)
{
	struct skep_json json;
	uint32_t id = link_id(a);

	if (!o->json) {
		printf("%s%s ", o->dry_run ? "would be attached: " : "attached: ",
		       skep_attach_family_name(skep_attachment_family(a)));
		out_name(skep_attachment_target(a));
		printf(", by %s", skep_attach_method_name(skep_attachment_method(a)));
		if (id)
			printf(", link %u", id);
		if (o->pin)
			printf(o->dry_run ? ", to be pinned at %s" : ", pinned at %s", o->pin);
		printf("\n");
		fflush(stdout);
		return;
	}
	out_json_begin(&json, "skep.attach", 1);
	skep_json_bool(&json, "dry_run", o->dry_run != 0);
	skep_json_string(&json, "family", skep_attach_family_name(skep_attachment_family(a)));
	skep_json_string(&json, "method", skep_attach_method_name(skep_attachment_method(a)));
	skep_json_string(&json, "target", skep_attachment_target(a));
	skep_json_u64(&json, "time_ns", skep_attachment_time_ns(a));
	if (id)
		skep_json_u64(&json, "link_id", id);
	if (o->pin)
		skep_json_string(&json, "pin", o->pin);
	out_json_end(&json);
	fflush(stdout);
}

/* Until it is interrupted, or for so long. Both signals have been blocked before. */
static void wait_for_end(uint64_t ns, const sigset_t *ends)
{
	const struct timespec t = { (time_t)(ns / NSEC_PER_SEC), (long)(ns % NSEC_PER_SEC) };
	int r;

	do
		r = ns ? sigtimedwait(ends, NULL, &t) : sigwaitinfo(ends, NULL);
	while (r < 0 && errno == EINTR);
}

static int detach(struct skep_attachment *a, struct skep_error *err)
{
	int r = skep_attachment_detach(a, err);

	if (r > 0)
		out_error(
			"attach: somebody else has detached it, or what it was attached to has gone");
	return r < 0 ? out_fail("attach", err) : 0;
}

static int run(struct job *job, attach_fn fn, struct skep_bpffs **bpffs)
{
	_cleanup_(skep_attachment_closep) struct skep_attachment *a = NULL;
	const struct attach_options *o = job->o;
	struct skep_error err = { 0 };
	sigset_t ends;
	int r;

	sigemptyset(&ends);
	sigaddset(&ends, SIGINT);
	sigaddset(&ends, SIGTERM);
	sigprocmask(SIG_BLOCK, &ends, NULL);
	r = fn(job, &a, &err);
	if (r < 0)
		return err.kind ? out_fail("attach", &err) : EXIT_USAGE;
	if (o->pin && !o->dry_run) {
		r = *bpffs ? 0 : open_root(o, bpffs, &err);
		if (r >= 0)
			r = skep_attachment_pin(a, *bpffs, o->pin, &err);
		if (r < 0)
			return out_fail("attach", &err);
	}
	tell(o, a);
	if (o->dry_run || (o->pin && !o->duration))
		return 0;
	wait_for_end(o->duration, &ends);
	return detach(a, &err);
}

int cli_attach(int argc, char **argv)
{
	_cleanup_(skep_bpffs_closep) struct skep_bpffs *bpffs = NULL;
	_cleanup_(skep_netns_closep) struct skep_netns *netns = NULL;
	struct attach_options o = { 0 };
	struct skep_error err = { 0 };
	struct job job = { .o = &o };
	attach_fn fn;
	uint32_t method = 0;
	int r = opt_parse("attach", table_of_options, argc, argv, &o);

	if (r > 0) {
		opt_help("attach", table_of_options,
			 "Attaches a program to a hook, until it is interrupted, for a "
			 "time, or for as long as a pin stays.",
			 "  skep attach agent/count --tc eth0:egress --pin agent/links/egress\n"
			 "  skep attach 17 --xdp eth0:skb --for 10s\n"
			 "  skep attach agent/policy --unit nginx.service --dry-run\n");
		return 0;
	}
	if (r < 0)
		return EXIT_USAGE;
	fn = choose(&o);
	if (!fn)
		return EXIT_USAGE;
	if (o.method && skep_attach_method_from_name(o.method, &method) < 0) {
		bad("method", o.method);
		return EXIT_USAGE;
	}
	job.method = method;
	job.flags = o.dry_run ? SKEP_ATTACH_DRY_RUN : 0;
	job.position = o.first ? SKEP_ATTACH_POSITION_FIRST : SKEP_ATTACH_POSITION_LAST;
	r = o.netns ? open_netns(o.netns, &netns, &err) : 0;
	job.netns = netns;
	if (r >= 0)
		r = job.prog_fd = open_program(&o, &bpffs, &err);
	if (r < 0)
		return out_fail("attach", &err);
	r = run(&job, fn, &bpffs);
	close(job.prog_fd);
	return r;
}
