/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "manager/probe_spec.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <skep/direction.h>
#include <skep/error.h>
#include <skep/kabi.h>
#include <skep/kabi_section.h>

#include "base/cleanup.h"
#include "base/error.h"

const char *probe_spec_name(const struct skep_probe_spec *s, char buf[PROBE_NAME_SIZE])
{
	const char *uid = s->uid ? s->uid : "";

	snprintf(buf, PROBE_NAME_SIZE, "%.80s%s%.64s", s->program ? s->program : "",
		 *uid ? "@" : "", uid);
	return buf;
}

int probe_name_is_pattern(const char *name)
{
	return name[0] == '/' || strpbrk(name, "*?[") != NULL;
}

char *probe_regex_pattern(const char *regex)
{
	size_t len = strlen(regex);
	char *pattern = malloc(len + 3);

	if (pattern)
		snprintf(pattern, len + 3, "/%s/", regex);
	return pattern;
}

/* Families */

static int starts(const char *text, const char *prefix)
{
	return !strncmp(text, prefix, strlen(prefix));
}

/* What programs of type kprobe are for stands in their section, whose name may go on as it likes. */
static const struct {
	const char *prefix;
	uint32_t family;
} kprobe_sections[] = {
	{ "kprobe.session", SKEP_ATTACH_FAMILY_KPROBE_SESSION },
	{ "uprobe.session", SKEP_ATTACH_FAMILY_UPROBE_SESSION },
	{ "kretsyscall", SKEP_ATTACH_FAMILY_KRETPROBE },
	{ "kretprobe", SKEP_ATTACH_FAMILY_KRETPROBE },
	{ "uretprobe", SKEP_ATTACH_FAMILY_URETPROBE },
	{ "ksyscall", SKEP_ATTACH_FAMILY_KPROBE },
	{ "kprobe", SKEP_ATTACH_FAMILY_KPROBE },
	{ "uprobe", SKEP_ATTACH_FAMILY_UPROBE },
	{ "usdt", SKEP_ATTACH_FAMILY_USDT },
};

static uint32_t kprobe_family(const struct skep_probe_spec *s, const struct skep_probe_program *p,
			      const char *section)
{
	uint32_t family = 0;

	if (p->attach_type == SKEP_ATTACH_TYPE_TRACE_KPROBE_SESSION)
		return SKEP_ATTACH_FAMILY_KPROBE_SESSION;
	if (p->attach_type == SKEP_ATTACH_TYPE_TRACE_UPROBE_SESSION)
		return SKEP_ATTACH_FAMILY_UPROBE_SESSION;
	for (size_t i = 0; i < ARRAY_SIZE(kprobe_sections) && !family; i++)
		if (starts(section, kprobe_sections[i].prefix))
			family = kprobe_sections[i].family;
	if (s->usdt && (!family || family == SKEP_ATTACH_FAMILY_UPROBE))
		return SKEP_ATTACH_FAMILY_USDT;
	if (!family && (s->file || s->build_id))
		return SKEP_ATTACH_FAMILY_UPROBE;
	if (!family && (s->symbol || s->symbol_regex || s->syscall || s->address))
		return SKEP_ATTACH_FAMILY_KPROBE;
	return family;
}

static uint32_t tracing_family(uint64_t attach_type)
{
	switch (attach_type) {
	case SKEP_ATTACH_TYPE_TRACE_RAW_TP:
		return SKEP_ATTACH_FAMILY_TP_BTF;
	case SKEP_ATTACH_TYPE_TRACE_FENTRY:
	case SKEP_ATTACH_TYPE_TRACE_FENTRY_MULTI:
		return SKEP_ATTACH_FAMILY_FENTRY;
	case SKEP_ATTACH_TYPE_TRACE_FEXIT:
	case SKEP_ATTACH_TYPE_TRACE_FEXIT_MULTI:
		return SKEP_ATTACH_FAMILY_FEXIT;
	case SKEP_ATTACH_TYPE_TRACE_FSESSION:
	case SKEP_ATTACH_TYPE_TRACE_FSESSION_MULTI:
		return SKEP_ATTACH_FAMILY_FSESSION;
	case SKEP_ATTACH_TYPE_MODIFY_RETURN:
		return SKEP_ATTACH_FAMILY_FMOD_RET;
	case SKEP_ATTACH_TYPE_TRACE_ITER:
		return SKEP_ATTACH_FAMILY_ITER;
	default:
		return 0;
	}
}

int probe_is_tracing_multi(const struct skep_probe_program *p)
{
	return p->type == SKEP_PROG_TYPE_TRACING &&
	       (p->attach_type == SKEP_ATTACH_TYPE_TRACE_FENTRY_MULTI ||
		p->attach_type == SKEP_ATTACH_TYPE_TRACE_FEXIT_MULTI ||
		p->attach_type == SKEP_ATTACH_TYPE_TRACE_FSESSION_MULTI);
}

static uint32_t lsm_family(uint64_t attach_type)
{
	return attach_type == SKEP_ATTACH_TYPE_LSM_CGROUP ? SKEP_ATTACH_FAMILY_LSM_CGROUP
							  : SKEP_ATTACH_FAMILY_LSM;
}

static int is_netkit(uint64_t attach_type)
{
	return attach_type == SKEP_ATTACH_TYPE_NETKIT_PRIMARY ||
	       attach_type == SKEP_ATTACH_TYPE_NETKIT_PEER;
}

/* Types that are of one family whatever the rest. 0: the type is of none. */
static uint32_t plain_family(uint64_t type)
{
	static const struct {
		uint32_t type, family;
	} rows[] = {
		{ SKEP_PROG_TYPE_TRACEPOINT, SKEP_ATTACH_FAMILY_TRACEPOINT },
		{ SKEP_PROG_TYPE_RAW_TRACEPOINT, SKEP_ATTACH_FAMILY_RAW_TRACEPOINT },
		{ SKEP_PROG_TYPE_RAW_TRACEPOINT_WRITABLE, SKEP_ATTACH_FAMILY_RAW_TRACEPOINT },
		{ SKEP_PROG_TYPE_PERF_EVENT, SKEP_ATTACH_FAMILY_PERF_EVENT },
		{ SKEP_PROG_TYPE_CGROUP_SKB, SKEP_ATTACH_FAMILY_CGROUP },
		{ SKEP_PROG_TYPE_CGROUP_SOCK, SKEP_ATTACH_FAMILY_CGROUP },
		{ SKEP_PROG_TYPE_CGROUP_SOCK_ADDR, SKEP_ATTACH_FAMILY_CGROUP },
		{ SKEP_PROG_TYPE_CGROUP_SOCKOPT, SKEP_ATTACH_FAMILY_CGROUP },
		{ SKEP_PROG_TYPE_CGROUP_SYSCTL, SKEP_ATTACH_FAMILY_CGROUP },
		{ SKEP_PROG_TYPE_CGROUP_DEVICE, SKEP_ATTACH_FAMILY_CGROUP },
		{ SKEP_PROG_TYPE_SOCK_OPS, SKEP_ATTACH_FAMILY_CGROUP },
		{ SKEP_PROG_TYPE_SOCKET_FILTER, SKEP_ATTACH_FAMILY_SOCKET_FILTER },
		{ SKEP_PROG_TYPE_SK_REUSEPORT, SKEP_ATTACH_FAMILY_SK_REUSEPORT },
		{ SKEP_PROG_TYPE_SK_LOOKUP, SKEP_ATTACH_FAMILY_SK_LOOKUP },
		{ SKEP_PROG_TYPE_FLOW_DISSECTOR, SKEP_ATTACH_FAMILY_FLOW_DISSECTOR },
		{ SKEP_PROG_TYPE_SK_MSG, SKEP_ATTACH_FAMILY_SK_MSG },
		{ SKEP_PROG_TYPE_NETFILTER, SKEP_ATTACH_FAMILY_NETFILTER },
		{ SKEP_PROG_TYPE_STRUCT_OPS, SKEP_ATTACH_FAMILY_STRUCT_OPS },
		{ SKEP_PROG_TYPE_EXT, SKEP_ATTACH_FAMILY_FREPLACE },
		{ SKEP_PROG_TYPE_LIRC_MODE2, SKEP_ATTACH_FAMILY_LIRC },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (rows[i].type == type)
			return rows[i].family;
	return 0;
}

static uint32_t find_family(const struct skep_probe_spec *s, const struct skep_probe_program *p,
			    const char *section)
{
	switch (p->type) {
	case SKEP_PROG_TYPE_KPROBE:
		return kprobe_family(s, p, section);
	case SKEP_PROG_TYPE_TRACING:
		return tracing_family(p->attach_type);
	case SKEP_PROG_TYPE_LSM:
		return lsm_family(p->attach_type);
	case SKEP_PROG_TYPE_SCHED_CLS:
		return is_netkit(s->attach_type ? s->attach_type : p->attach_type)
			       ? SKEP_ATTACH_FAMILY_NETKIT
			       : SKEP_ATTACH_FAMILY_TC;
	case SKEP_PROG_TYPE_XDP:
		return p->attach_type == SKEP_ATTACH_TYPE_XDP_DEVMAP ||
				       p->attach_type == SKEP_ATTACH_TYPE_XDP_CPUMAP
			       ? 0
			       : SKEP_ATTACH_FAMILY_XDP;
	case SKEP_PROG_TYPE_SK_SKB:
		return (s->attach_type ? s->attach_type : p->attach_type) ==
				       SKEP_ATTACH_TYPE_SK_SKB_STREAM_PARSER
			       ? SKEP_ATTACH_FAMILY_SK_SKB_PARSER
			       : SKEP_ATTACH_FAMILY_SK_SKB;
	default:
		return plain_family(p->type);
	}
}

static int family_of(const struct skep_probe_spec *s, const struct skep_probe_program *p,
		     uint32_t *ret, struct skep_error *err)
{
	const char *section = p->section ? p->section : "";
	char name[SKEP_NAME_SIZE];
	uint32_t family;

	section += *section == '?';
	family = find_family(s, p, section);
	if (family) {
		*ret = family;
		return 0;
	}
	if (!p->type || p->type == SKEP_PROG_TYPE_KPROBE || p->type == SKEP_PROG_TYPE_TRACING)
		return skep_fail(err, -EINVAL, SKEP_ERR_SECTION,
				 "its section '%.80s' does not say what it is attached to.",
				 section);
	return skep_fail(err, -EOPNOTSUPP, SKEP_ERR_UNSUPPORTED,
			 "programs of type %s%s are attached to nothing: they are called.",
			 skep_prog_type_name((uint32_t)p->type, name),
			 p->type == SKEP_PROG_TYPE_XDP ? " for the elements of a map" : "");
}

int skep_probe_spec_family(const struct skep_probe_spec *spec,
			   const struct skep_probe_program *program, uint32_t *ret_family,
			   struct skep_error *err)
{
	char name[PROBE_NAME_SIZE];
	int r = family_of(spec, program, ret_family, err);

	return r < 0 ? skep_wrap(err, r, "probe '%s': ", probe_spec_name(spec, name)) : 0;
}

/* What the section adds. @target is memory of the hook, which may be cut. */

static void cut_offset(struct skep_probe_spec *s, char *name)
{
	char *plus = strrchr(name, '+'), *end;
	unsigned long long offset;

	if (!plus || plus == name)
		return;
	offset = strtoull(plus + 1, &end, 0);
	if (end == plus + 1 || *end)
		return;
	*plus = '\0';
	if (!s->offset)
		s->offset = offset;
}

static void add_kernel_function(struct skep_probe_spec *s, char *target, const char *section)
{
	if (s->symbol || s->symbol_regex || s->syscall || s->address)
		return;
	if (starts(section, "ksyscall") || starts(section, "kretsyscall")) {
		s->syscall = target;
		return;
	}
	cut_offset(s, target);
	s->symbol = target;
	if (strstr(section, ".multi/") || strstr(section, ".session/"))
		s->all |= (uint64_t)probe_name_is_pattern(target);
}

/* "/bin/x:main", "libc.so.6:malloc+4"; where the probe has the file, or there is no colon: "main". */
static void add_file_function(struct skep_probe_spec *s, char *target, const char *section)
{
	char *colon = strrchr(target, ':'), *name = colon ? colon + 1 : target;

	if (colon && !s->file && !s->build_id) {
		*colon = '\0';
		s->file = target;
	}
	if (s->symbol || s->symbol_regex || s->address || s->file_offset || !*name)
		return;
	cut_offset(s, name);
	s->symbol = name;
	if (strstr(section, ".multi") || strstr(section, ".session"))
		s->all |= (uint64_t)probe_name_is_pattern(name);
}

/* "/bin/x:provider:name"; where the probe has the file also "provider:name". */
static void add_usdt(struct skep_probe_spec *s, char *target)
{
	char *last = strrchr(target, ':'), *first = NULL;

	if (last)
		first = memrchr(target, ':', (size_t)(last - target));
	if (first && !s->file && !s->build_id) {
		*first = '\0';
		s->file = target;
	}
	if (last && !s->usdt && (first || s->file || s->build_id || s->pid || s->view_pid))
		s->usdt = first ? first + 1 : target;
}

static void add_tracepoint(struct skep_probe_spec *s, char *target)
{
	char *slash = strchr(target, '/');

	if (!slash)
		return;
	*slash = '\0';
	if (!s->category && !s->tracepoint) {
		s->category = target;
		s->tracepoint = slash + 1;
	} else if (!s->category) {
		s->category = target;
	} else if (!s->tracepoint) {
		s->tracepoint = slash + 1;
	}
}

static void add_from_section(struct probe_hook *h, const struct skep_probe_program *p)
{
	const char *section = p->section ? p->section : "";
	struct skep_probe_spec *s = &h->s;

	section += *section == '?';
	if (h->family == SKEP_ATTACH_FAMILY_TC && !s->direction) {
		if (p->attach_type == SKEP_ATTACH_TYPE_TCX_INGRESS)
			s->direction = SKEP_DIRECTION_INGRESS;
		if (p->attach_type == SKEP_ATTACH_TYPE_TCX_EGRESS)
			s->direction = SKEP_DIRECTION_EGRESS;
	}
	if (!h->words || !*h->words)
		return;
	switch (h->family) {
	case SKEP_ATTACH_FAMILY_KPROBE:
	case SKEP_ATTACH_FAMILY_KRETPROBE:
	case SKEP_ATTACH_FAMILY_KPROBE_SESSION:
		add_kernel_function(s, h->words, section);
		break;
	case SKEP_ATTACH_FAMILY_FENTRY:
	case SKEP_ATTACH_FAMILY_FEXIT:
	case SKEP_ATTACH_FAMILY_FSESSION:
		if (probe_is_tracing_multi(p))
			add_kernel_function(s, h->words, section);
		break;
	case SKEP_ATTACH_FAMILY_UPROBE:
	case SKEP_ATTACH_FAMILY_URETPROBE:
	case SKEP_ATTACH_FAMILY_UPROBE_SESSION:
		add_file_function(s, h->words, section);
		break;
	case SKEP_ATTACH_FAMILY_USDT:
		add_usdt(s, h->words);
		break;
	case SKEP_ATTACH_FAMILY_TRACEPOINT:
		add_tracepoint(s, h->words);
		break;
	case SKEP_ATTACH_FAMILY_RAW_TRACEPOINT:
		if (!s->tracepoint)
			s->tracepoint = h->words;
		break;
	default: /* what these are for was chosen at load */
		break;
	}
}

int probe_hook_init(const struct skep_probe_spec *spec, const struct skep_probe_program *program,
		    struct probe_hook *ret, struct skep_error *err)
{
	struct probe_hook h = { .s = *spec };
	int r;

	if (!spec->program || !*spec->program)
		return skep_fail(err, -EINVAL, SKEP_ERR_INVALID, "it names no program.");
	r = family_of(spec, program, &h.family, err);
	if (r < 0)
		return r;
	if (program->attach_target) {
		h.words = strdup(program->attach_target);
		if (!h.words)
			return skep_fail(err, -ENOMEM, SKEP_ERR_NO_MEMORY, "its section");
	}
	add_from_section(&h, program);
	r = probe_hook_check(&h, program, err);
	if (r < 0) {
		free(h.words);
		return r;
	}
	*ret = h;
	return 0;
}

void probe_hook_fini(struct probe_hook *h)
{
	free(h->words);
	h->words = NULL;
}

int skep_probe_spec_check(const struct skep_probe_spec *spec,
			  const struct skep_probe_program *program, struct skep_error *err)
{
	char name[PROBE_NAME_SIZE];
	struct probe_hook h = { 0 };
	int r = probe_hook_init(spec, program, &h, err);

	if (r < 0)
		return skep_wrap(err, r, "probe '%s': ", probe_spec_name(spec, name));
	probe_hook_fini(&h);
	return 0;
}
