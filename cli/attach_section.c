/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* skep attach: the hook that the section of a program names, SEC("kprobe/vfs_read"), as the option that it stands for. */
#include "attach.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <skep/kabi_section.h>

#include "out.h"

/* Sections by what stands before the first dot of their prefix: .s, .w, .multi and .session do not change the option. */
static const struct {
	const char *section;
	size_t offset;
	enum opt_type type; /* OPT_FLAG: the section says it all; else the target is the value */
	int is_syscall;
} sections[] = {
#define SECTION(section, type, option, is_syscall)                                 \
	{                                                                          \
		section, offsetof(struct attach_options, option), type, is_syscall \
	}
	SECTION("kprobe", OPT_LIST, kprobe, 0),
	SECTION("kretprobe", OPT_LIST, kretprobe, 0),
	SECTION("ksyscall", OPT_LIST, kprobe, 1),
	SECTION("kretsyscall", OPT_LIST, kretprobe, 1),
	SECTION("uprobe", OPT_TEXT, uprobe, 0),
	SECTION("uretprobe", OPT_TEXT, uretprobe, 0),
	SECTION("usdt", OPT_TEXT, usdt, 0),
	SECTION("tracepoint", OPT_TEXT, tracepoint, 0),
	SECTION("tp", OPT_TEXT, tracepoint, 0),
	SECTION("raw_tracepoint", OPT_TEXT, raw_tracepoint, 0),
	SECTION("raw_tp", OPT_TEXT, raw_tracepoint, 0),
	SECTION("tp_btf", OPT_FLAG, tracing, 0),
	SECTION("fentry", OPT_FLAG, tracing, 0),
	SECTION("fexit", OPT_FLAG, tracing, 0),
	SECTION("fsession", OPT_FLAG, tracing, 0),
	SECTION("fmod_ret", OPT_FLAG, tracing, 0),
	SECTION("lsm", OPT_FLAG, tracing, 0),
	SECTION("iter", OPT_FLAG, iter, 0),
	SECTION("sk_lookup", OPT_FLAG, sk_lookup, 0),
	SECTION("flow_dissector", OPT_FLAG, flow_dissector, 0),
#undef SECTION
};

static void set(struct attach_options *o, size_t i, const char *target)
{
	void *field = (char *)o + sections[i].offset;
	struct opt_list *list = field;

	if (sections[i].type == OPT_FLAG)
		*(uint64_t *)field = 1;
	else if (sections[i].type == OPT_TEXT)
		*(const char **)field = target;
	else
		list->items[list->count++] = target;
	o->syscall |= (uint64_t)sections[i].is_syscall;
}

int attach_from_section(struct attach_job *job)
{
	const struct skep_section_rule *rule = skep_section_find(job->spec->section, NULL);
	const char *target = job->target;
	const char *prefix = rule ? rule->prefix : "";
	const size_t len = strcspn(prefix, ".");
	size_t i;

	snprintf(job->target, sizeof(job->target), "%s", job->spec->attach_target);
	for (i = 0; i < sizeof(sections) / sizeof(sections[0]); i++)
		if (strlen(sections[i].section) == len &&
		    !strncmp(sections[i].section, prefix, len) &&
		    (*target || sections[i].type == OPT_FLAG)) {
			job->o.session |= (uint64_t)!strncmp(prefix + len, ".session", 8);
			set(&job->o, i, target);
			return 0;
		}
	out_error(
		"attach: SEC(\"%s\") does not say what '%s' is attached to: name a hook, --tc, --kprobe "
		"and so on (see skep attach --help)",
		job->spec->section, job->o.program);
	return -EINVAL;
}
