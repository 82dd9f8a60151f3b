/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "manager/probe_attach.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <skep/error.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/opts.h"

static int (*const families[])(const struct probe_attach *a, struct skep_attachment **ret,
			       struct skep_error *err) = {
	[SKEP_ATTACH_FAMILY_KPROBE] = probe_attach_kprobe,
	[SKEP_ATTACH_FAMILY_KRETPROBE] = probe_attach_kprobe,
	[SKEP_ATTACH_FAMILY_KPROBE_SESSION] = probe_attach_kprobe,
	[SKEP_ATTACH_FAMILY_UPROBE] = probe_attach_uprobe,
	[SKEP_ATTACH_FAMILY_URETPROBE] = probe_attach_uprobe,
	[SKEP_ATTACH_FAMILY_UPROBE_SESSION] = probe_attach_uprobe,
	[SKEP_ATTACH_FAMILY_USDT] = probe_attach_usdt,
	[SKEP_ATTACH_FAMILY_TRACEPOINT] = probe_attach_tracepoint,
	[SKEP_ATTACH_FAMILY_RAW_TRACEPOINT] = probe_attach_raw_tracepoint,
	[SKEP_ATTACH_FAMILY_TP_BTF] = probe_attach_tracing,
	[SKEP_ATTACH_FAMILY_FENTRY] = probe_attach_tracing,
	[SKEP_ATTACH_FAMILY_FEXIT] = probe_attach_tracing,
	[SKEP_ATTACH_FAMILY_FSESSION] = probe_attach_tracing,
	[SKEP_ATTACH_FAMILY_FMOD_RET] = probe_attach_tracing,
	[SKEP_ATTACH_FAMILY_LSM] = probe_attach_tracing,
	[SKEP_ATTACH_FAMILY_LSM_CGROUP] = probe_attach_lsm_cgroup,
	[SKEP_ATTACH_FAMILY_ITER] = probe_attach_iter,
	[SKEP_ATTACH_FAMILY_PERF_EVENT] = probe_attach_perf_event,
	[SKEP_ATTACH_FAMILY_TC] = probe_attach_tc,
	[SKEP_ATTACH_FAMILY_NETKIT] = probe_attach_netkit,
	[SKEP_ATTACH_FAMILY_XDP] = probe_attach_xdp,
	[SKEP_ATTACH_FAMILY_CGROUP] = probe_attach_cgroup,
	[SKEP_ATTACH_FAMILY_SOCKET_FILTER] = probe_attach_socket,
	[SKEP_ATTACH_FAMILY_SK_REUSEPORT] = probe_attach_socket,
	[SKEP_ATTACH_FAMILY_SK_LOOKUP] = probe_attach_netns,
	[SKEP_ATTACH_FAMILY_FLOW_DISSECTOR] = probe_attach_netns,
	[SKEP_ATTACH_FAMILY_SK_SKB] = probe_attach_sockmap,
	[SKEP_ATTACH_FAMILY_SK_SKB_PARSER] = probe_attach_sockmap,
	[SKEP_ATTACH_FAMILY_SK_MSG] = probe_attach_sockmap,
	[SKEP_ATTACH_FAMILY_NETFILTER] = probe_attach_netfilter,
	[SKEP_ATTACH_FAMILY_STRUCT_OPS] = probe_attach_struct_ops,
	[SKEP_ATTACH_FAMILY_FREPLACE] = probe_attach_freplace,
	[SKEP_ATTACH_FAMILY_LIRC] = probe_attach_lirc,
};

/* Of programs that are attached to what they were loaded for; a pattern was looked up then. */
static int check_target(const struct skep_probe_spec *s, const struct skep_probe_program *p,
			struct skep_error *err)
{
	const char *wanted = s->symbol ? s->symbol : s->tracepoint;

	if (!wanted || probe_name_is_pattern(wanted) || !p->attach_target || !*p->attach_target ||
	    !strcmp(wanted, p->attach_target))
		return 0;
	return skep_fail(err, -EINVAL, SKEP_ERR_INVALID,
			 "it names '%.80s', and the program was loaded for '%.80s'.", wanted,
			 p->attach_target);
}

static int is_loaded_for_target(uint32_t family, const struct skep_probe_program *p)
{
	if (probe_is_tracing_multi(p))
		return 0;
	switch (family) {
	case SKEP_ATTACH_FAMILY_TP_BTF:
	case SKEP_ATTACH_FAMILY_FENTRY:
	case SKEP_ATTACH_FAMILY_FEXIT:
	case SKEP_ATTACH_FAMILY_FSESSION:
	case SKEP_ATTACH_FAMILY_FMOD_RET:
	case SKEP_ATTACH_FAMILY_LSM:
	case SKEP_ATTACH_FAMILY_LSM_CGROUP:
	case SKEP_ATTACH_FAMILY_ITER:
		return 1;
	default:
		return 0;
	}
}

static int attach_hook(const struct probe_attach *a, struct skep_attachment **ret,
		       struct skep_error *err)
{
	int r = 0;

	if (is_loaded_for_target(a->hook->family, a->program))
		r = check_target(&a->hook->s, a->program, err);
	if (r == 0 && (a->program->fd < 0 || a->program->fd > INT32_MAX))
		r = skep_fail(err, -EBADF, SKEP_ERR_PROBE_NOT_LOADED, "its program is not loaded.");
	return r < 0 ? r : families[a->hook->family](a, ret, err);
}

int skep_probe_spec_attach(const struct skep_probe_spec *spec,
			   const struct skep_probe_program *program,
			   const struct skep_probe_attach_opts *opts,
			   struct skep_attachment **ret_attachment, struct skep_error *err)
{
	struct skep_probe_attach_opts o;
	char name[PROBE_NAME_SIZE];
	struct probe_hook hook = { 0 };
	int r = opts_copy(&o, sizeof(o), opts);

	if (r < 0 || o.flags & ~(uint64_t)SKEP_ATTACH_DRY_RUN)
		return skep_fail(err, r < 0 ? r : -EINVAL, SKEP_ERR_INVALID,
				 "options of a probe's attaching");
	r = probe_hook_init(spec, program, &hook, err);
	if (r == 0) {
		const struct probe_attach a = { &hook, program, &o, (int)program->fd, o.flags };

		r = attach_hook(&a, ret_attachment, err);
		probe_hook_fini(&hook);
	}
	return r < 0 ? skep_wrap(err, r, "probe '%s': ", probe_spec_name(spec, name)) : 0;
}

/* Return: the length; 0 nothing is to be changed; a negative errno, recorded. */
static int find_target(const struct probe_hook *h, const struct skep_probe_program *p,
		       const struct skep_probe_attach_opts *o, char found[PROBE_SYMBOL_SIZE],
		       struct skep_error *err)
{
	_cleanup_free_ char *pattern = NULL;
	const struct skep_probe_spec *s = &h->s;
	const char *name = s->symbol ? s->symbol : s->tracepoint;
	int r = 0;

	found[0] = '\0';
	if (s->syscall)
		r = probe_find_syscall(s, o, found, err);
	if (s->symbol_regex) {
		pattern = probe_regex_pattern(s->symbol_regex);
		r = pattern ? probe_find_symbol(pattern, 0, found, err)
			    : skep_fail(err, -ENOMEM, SKEP_ERR_NO_MEMORY, "its expression");
	}
	if (name && probe_name_is_pattern(name))
		r = probe_find_symbol(name, 0, found, err);
	else if (name && snprintf(found, PROBE_SYMBOL_SIZE, "%s", name) >= PROBE_SYMBOL_SIZE)
		r = skep_fail(err, -ENAMETOOLONG, SKEP_ERR_INVALID, "'%.80s'", name);
	if (r < 0)
		return r;
	return p->attach_target && !strcmp(found, p->attach_target) ? 0 : (int)strlen(found);
}

int skep_probe_spec_target(const struct skep_probe_spec *spec,
			   const struct skep_probe_program *program,
			   const struct skep_probe_attach_opts *opts, char *buf, size_t size,
			   struct skep_error *err)
{
	struct skep_probe_attach_opts o;
	char name[PROBE_NAME_SIZE], found[PROBE_SYMBOL_SIZE];
	struct probe_hook hook = { 0 };
	int r = opts_copy(&o, sizeof(o), opts);

	if (r < 0)
		return skep_fail(err, r, SKEP_ERR_INVALID, "options of a probe's attaching");
	r = probe_hook_init(spec, program, &hook, err);
	if (r == 0) {
		if (is_loaded_for_target(hook.family, program))
			r = find_target(&hook, program, &o, found, err);
		probe_hook_fini(&hook);
	}
	if (r > 0 && (size_t)r >= size)
		r = skep_fail(err, -ENOSPC, SKEP_ERR_INVALID, "room for '%.80s'", found);
	if (r > 0)
		memcpy(buf, found, (size_t)r + 1);
	return r < 0 ? skep_wrap(err, r, "probe '%s': ", probe_spec_name(spec, name)) : r;
}
