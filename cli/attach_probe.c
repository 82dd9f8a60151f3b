/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* skep attach: functions of the kernel, and places in files that are executed. */
#include "attach.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <skep/attach_kprobe.h>
#include <skep/attach_uprobe.h>
#include <skep/kabi.h>
#include <skep/kallsyms.h>
#include <skep/syscall_name.h>

#include "out.h"

/* "vfs_*", "/^vfs_/": all that match, in the place of a name. */
static int is_pattern(const char *text)
{
	return *text == '/' || strpbrk(text, "*?[");
}

static const struct opt_list *functions(const struct attach_options *o)
{
	return o->kretprobe.count ? &o->kretprobe : &o->kprobe;
}

static int has_pattern(const struct opt_list *list)
{
	uint64_t i;

	for (i = 0; i < list->count; i++)
		if (is_pattern(list->items[i]))
			return 1;
	return 0;
}

/* By one attachment at many functions? */
static int is_many(const struct attach_options *o, uint64_t method)
{
	const struct opt_list *list = functions(o);

	return list->count > 1 || has_pattern(list) || o->session ||
	       method == SKEP_ATTACH_METHOD_MULTI;
}

/* Where a file has it: the symbol behind the first colon. */
static const char *place(const struct attach_options *o)
{
	const char *text = o->uretprobe ? o->uretprobe : o->uprobe;
	const char *colon = text ? strchr(text, ':') : NULL;

	return colon ? colon + 1 : "";
}

static uint32_t family_of(const struct attach_options *o)
{
	if (o->kprobe.count || o->kretprobe.count)
		return o->session           ? SKEP_ATTACH_FAMILY_KPROBE_SESSION
		       : o->kretprobe.count ? SKEP_ATTACH_FAMILY_KRETPROBE
					    : SKEP_ATTACH_FAMILY_KPROBE;
	if (o->usdt)
		return SKEP_ATTACH_FAMILY_USDT;
	return o->session     ? SKEP_ATTACH_FAMILY_UPROBE_SESSION
	       : o->uretprobe ? SKEP_ATTACH_FAMILY_URETPROBE
			      : SKEP_ATTACH_FAMILY_UPROBE;
}

static int64_t type_of_many(uint32_t family)
{
	switch (family) {
	case SKEP_ATTACH_FAMILY_KPROBE_SESSION:
		return SKEP_ATTACH_TYPE_TRACE_KPROBE_SESSION;
	case SKEP_ATTACH_FAMILY_UPROBE_SESSION:
		return SKEP_ATTACH_TYPE_TRACE_UPROBE_SESSION;
	case SKEP_ATTACH_FAMILY_KPROBE:
	case SKEP_ATTACH_FAMILY_KRETPROBE:
		return SKEP_ATTACH_TYPE_TRACE_KPROBE_MULTI;
	default:
		return SKEP_ATTACH_TYPE_TRACE_UPROBE_MULTI;
	}
}

int64_t attach_probe_type(const struct attach_options *o, uint64_t method, struct skep_error *err)
{
	const uint32_t family = family_of(o);
	int many, r;

	if (o->kprobe.count || o->kretprobe.count)
		many = is_many(o, method);
	else
		many = o->usdt || o->session || is_pattern(place(o));
	if (o->session || method == SKEP_ATTACH_METHOD_MULTI)
		return type_of_many(family);
	if (!many || method)
		return 0;
	r = skep_attach_supported(NULL, family, SKEP_ATTACH_METHOD_MULTI, err);
	return r > 0 ? type_of_many(family) : r;
}

/* "vfs_read+0x10": the number. Return: 0; -EINVAL. */
static int split_offset(struct attach_job *job, const char *text, uint64_t *ret_offset)
{
	char *plus, *end;

	snprintf(job->name, sizeof(job->name), "%s", text);
	plus = strrchr(job->name, '+');
	if (!plus)
		return 0;
	*plus = '\0';
	errno = 0;
	*ret_offset = strtoull(plus + 1, &end, 0);
	return plus == job->name || plus[1] < '0' || plus[1] > '9' || *end || errno ? -EINVAL : 0;
}

/* The functions of system calls, in the place of their names. */
static int find_syscalls(struct opt_list *list, struct skep_kallsyms **ret_kallsyms,
			 struct skep_error *err)
{
	struct skep_kallsyms_symbol symbol;
	uint64_t i;
	int r = skep_kallsyms_read(NULL, ret_kallsyms, err);

	for (i = 0; r >= 0 && i < list->count; i++) {
		r = skep_syscall_find(*ret_kallsyms, list->items[i], SKEP_SYSCALL_NATIVE, &symbol,
				      err);
		if (r >= 0)
			list->items[i] = symbol.name;
	}
	return r;
}

static int attach_many(struct attach_job *job, const struct opt_list *list, uint64_t flags,
		       struct skep_attachment **ret, struct skep_error *err)
{
	struct skep_kprobe_multi_opts k = {
		.sz = sizeof(k), .flags = flags, .method = job->method, .cookie = job->o.cookie
	};

	if (job->o.max_active || job->o.variants) {
		out_error("attach: --max-active and --variants are for one function");
		return -EINVAL;
	}
	if (job->o.json)
		k.flags |= SKEP_KPROBE_ADDRESSES;
	if (has_pattern(list)) {
		k.patterns = list->items;
		k.pattern_count = list->count;
	} else {
		k.symbols = list->items;
		k.symbol_count = list->count;
	}
	return skep_kprobe_attach_multi(job->prog_fd, &k, ret, err);
}

static int attach_one(struct attach_job *job, const char *symbol, uint64_t flags,
		      struct skep_attachment **ret, struct skep_error *err)
{
	struct skep_kprobe_opts k = { .sz = sizeof(k),
				      .flags = flags,
				      .method = job->method,
				      .symbol = job->name,
				      .max_active = job->o.max_active,
				      .cookie = job->o.cookie };

	if (job->o.variants)
		k.flags |= SKEP_KPROBE_VARIANTS;
	if (split_offset(job, symbol, &k.offset) < 0)
		return attach_bad(flags & SKEP_KPROBE_RETURN ? "kretprobe" : "kprobe", symbol,
				  flags & SKEP_KPROBE_RETURN ? "a function"
							     : "a function, or FUNCTION+OFFSET");
	return skep_kprobe_attach(job->prog_fd, &k, ret, err);
}

int attach_kprobe(struct attach_job *job, struct skep_attachment **ret, struct skep_error *err)
{
	_cleanup_(skep_kallsyms_freep) struct skep_kallsyms *kallsyms = NULL;
	struct opt_list list = *functions(&job->o);
	uint64_t flags = job->flags, i;
	int r;

	if (job->o.session)
		flags |= SKEP_KPROBE_SESSION;
	else if (job->o.kretprobe.count)
		flags |= SKEP_KPROBE_RETURN;
	for (i = 0; i < list.count; i++)
		if (!*list.items[i])
			return attach_bad(job->o.kretprobe.count ? "kretprobe" : "kprobe", "",
					  "a function");
	r = job->o.syscall ? find_syscalls(&list, &kallsyms, err) : 0;
	if (r < 0)
		return r;
	return is_many(&job->o, job->method) ? attach_many(job, &list, flags, ret, err)
					     : attach_one(job, list.items[0], flags, ret, err);
}

int attach_uprobe(struct attach_job *job, struct skep_attachment **ret, struct skep_error *err)
{
	static const char right[] =
		"FILE:SYMBOL, FILE:SYMBOL+OFFSET, or FILE:0x1234, the offset in the file, not 0";
	const char *option = job->o.uretprobe ? "uretprobe" : "uprobe";
	const char *text = job->o.uretprobe ? job->o.uretprobe : job->o.uprobe;
	struct skep_uprobe_opts u = { .sz = sizeof(u),
				      .flags = job->flags,
				      .method = job->method,
				      .file = job->name,
				      .pid = job->o.pid,
				      .cookie = job->o.cookie };
	char *end;

	if (attach_split(job, option, text) < 0)
		return -EINVAL;
	if (!*job->rest)
		return attach_bad(option, text, right);
	if (job->o.session)
		u.flags |= SKEP_UPROBE_SESSION;
	else if (job->o.uretprobe)
		u.flags |= SKEP_UPROBE_RETURN;
	if (is_pattern(job->rest))
		u.flags |= SKEP_UPROBE_ALL;
	if (strncmp(job->rest, "0x", 2) != 0) {
		u.symbol = job->rest;
	} else {
		errno = 0;
		u.file_offset = strtoull(job->rest, &end, 16);
		if (!u.file_offset || *end || errno)
			return attach_bad(option, text, right);
	}
	return skep_uprobe_attach(job->prog_fd, &u, ret, err);
}

int attach_usdt(struct attach_job *job, struct skep_attachment **ret, struct skep_error *err)
{
	struct skep_usdt_opts u = { .sz = sizeof(u),
				    .flags = job->flags,
				    .method = job->method,
				    .file = job->name,
				    .pid = job->o.pid,
				    .cookie = job->o.cookie };
	char provider[128];
	size_t len;

	if (attach_split(job, "usdt", job->o.usdt) < 0)
		return -EINVAL;
	len = strcspn(job->rest, ":");
	if (len >= sizeof(provider) || !job->rest[len] || !job->rest[len + 1])
		return attach_bad("usdt", job->o.usdt, "FILE:PROVIDER:NAME, or FILE::NAME");
	memcpy(provider, job->rest, len);
	provider[len] = '\0';
	u.provider = len ? provider : NULL;
	u.name = job->rest + len + 1;
	return skep_usdt_attach(job->prog_fd, &u, ret, err);
}
