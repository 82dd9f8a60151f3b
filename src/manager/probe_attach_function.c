/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* Probes in functions: of the kernel, and of files that are executed. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <skep/attach_kprobe.h>
#include <skep/attach_tracing.h>
#include <skep/attach_uprobe.h>
#include <skep/error.h>
#include <skep/kabi.h>
#include <skep/symbol.h>
#include <skep/syscall_name.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "manager/probe_attach.h"

int probe_find_symbol(const char *pattern, uint64_t flags, char buf[PROBE_SYMBOL_SIZE],
		      struct skep_error *err)
{
	const struct skep_symbol_opts o = { .sz = sizeof(o), .flags = flags };
	int r = skep_symbol_find(pattern, &o, buf, PROBE_SYMBOL_SIZE, err);

	if (r == 0)
		return skep_fail(err, -ENOENT, SKEP_ERR_NO_SYMBOL,
				 "no function of the kernel matches '%.80s'.", pattern);
	return r < 0 ? r : 0;
}

int probe_find_syscall(const struct skep_probe_spec *s, const struct skep_probe_attach_opts *o,
		       char buf[PROBE_SYMBOL_SIZE], struct skep_error *err)
{
	_cleanup_(skep_kallsyms_freep) struct skep_kallsyms *read = NULL;
	struct skep_kallsyms_symbol symbol;
	int r = 0;

	if (!o->kallsyms)
		r = skep_kallsyms_read(o->symbol_file, &read, err);
	if (r == 0)
		r = skep_syscall_find(o->kallsyms ? o->kallsyms : read, s->syscall,
				      SKEP_SYSCALL_NATIVE, &symbol, err);
	if (r < 0)
		return r;
	if (symbol.type == 'W')
		return skep_fail(err, -ENOENT, SKEP_ERR_NO_SYMBOL,
				 "this kernel was built without the system call '%.64s'.",
				 s->syscall);
	return snprintf(buf, PROBE_SYMBOL_SIZE, "%s", symbol.name) < PROBE_SYMBOL_SIZE
		       ? 0
		       : skep_fail(err, -ENAMETOOLONG, SKEP_ERR_INVALID, "'%.80s'", symbol.name);
}

static int has_way(uint32_t family, uint64_t method)
{
	size_t count;
	const struct skep_attach_way *w = skep_attach_ways(&count);

	for (; count; count--, w++)
		if (w->family == family && w->method == method)
			return 1;
	return 0;
}

/* What a probe and the defaults leave: a method, and whether others may be tried where the kernel lacks it. */
struct choice {
	uint64_t method;
	int is_default;
};

static struct choice choose(const struct probe_attach *a, uint64_t preferred)
{
	struct choice c = { .method = a->hook->s.method };

	if (!c.method && preferred && !a->program->attach_type &&
	    has_way(a->hook->family, preferred))
		c = (struct choice){ preferred, 1 };
	return c;
}

/* Functions of the kernel */

static uint64_t kprobe_flags(const struct probe_attach *a)
{
	return a->flags |
	       (a->hook->family == SKEP_ATTACH_FAMILY_KRETPROBE ? SKEP_KPROBE_RETURN : 0) |
	       (a->hook->family == SKEP_ATTACH_FAMILY_KPROBE_SESSION ? SKEP_KPROBE_SESSION : 0);
}

static int attach_many(const struct probe_attach *a, const char *name, const char *pattern,
		       struct skep_attachment **ret, struct skep_error *err)
{
	const struct skep_probe_spec *s = &a->hook->s;
	const struct choice choice = choose(a, a->o->kprobe_method);
	struct skep_kprobe_multi_opts o = {
		.sz = sizeof(o),
		.flags = kprobe_flags(a),
		.method = choice.method,
		.symbols = pattern ? NULL : &name,
		.symbol_count = pattern ? 0 : 1,
		.cookies = pattern || !s->cookie ? NULL : &s->cookie,
		.patterns = pattern ? &pattern : NULL,
		.pattern_count = pattern ? 1 : 0,
		.cookie = pattern ? s->cookie : 0,
	};
	char variant[PROBE_SYMBOL_SIZE];
	int r = skep_kprobe_attach_multi(a->fd, &o, ret, err);

	if (r == -EOPNOTSUPP && choice.is_default) {
		o.method = 0;
		r = skep_kprobe_attach_multi(a->fd, &o, ret, err);
	}
	if (r == -ENOENT && !pattern &&
	    probe_find_symbol(name, SKEP_SYMBOL_VARIANTS, variant, NULL) == 0) {
		name = variant;
		r = skep_kprobe_attach_multi(a->fd, &o, ret, err);
	}
	return r;
}

static int attach_one(const struct probe_attach *a, const char *name, struct skep_attachment **ret,
		      struct skep_error *err)
{
	const struct skep_probe_spec *s = &a->hook->s;
	const struct choice choice = choose(a, s->max_active ? 0 : a->o->kprobe_method);
	/* returns made in tracefs alone can have it: as a default it is only for those that may be made there */
	const uint64_t max_active =
		s->max_active || a->hook->family != SKEP_ATTACH_FAMILY_KRETPROBE ||
				(s->method && s->method != SKEP_ATTACH_METHOD_TRACEFS)
			? s->max_active
			: a->o->max_active;
	struct skep_kprobe_opts o = {
		.sz = sizeof(o),
		.flags = kprobe_flags(a) | SKEP_KPROBE_VARIANTS,
		.method = max_active && choice.is_default ? 0 : choice.method,
		.symbol = name,
		.address = s->address,
		.offset = s->offset,
		.max_active = max_active,
		.cookie = s->cookie,
	};
	int r = skep_kprobe_attach(a->fd, &o, ret, err);

	if (r == -EOPNOTSUPP && max_active != s->max_active) {
		o.max_active = 0;
		o.method = choice.method;
		r = skep_kprobe_attach(a->fd, &o, ret, err);
	}
	if (r == -EOPNOTSUPP && choice.is_default) {
		o.method = 0;
		r = skep_kprobe_attach(a->fd, &o, ret, err);
	}
	return r;
}

/* Which functions of the kernel: one of @ret_name and @ret_pattern. @found: room; @ret_regex: owned by the caller. */
static int find_functions(const struct probe_attach *a, char found[PROBE_SYMBOL_SIZE],
			  char **ret_regex, const char **ret_name, const char **ret_pattern,
			  struct skep_error *err)
{
	const struct skep_probe_spec *s = &a->hook->s;
	const char *pattern = NULL;
	int r = 0;

	if (s->symbol_regex) {
		pattern = *ret_regex = probe_regex_pattern(s->symbol_regex);
		if (!pattern)
			return skep_fail(err, -ENOMEM, SKEP_ERR_NO_MEMORY, "its expression");
	} else if (s->symbol && probe_name_is_pattern(s->symbol)) {
		pattern = s->symbol;
	}
	if (s->syscall)
		r = probe_find_syscall(s, a->o, found, err);
	else if (pattern && !s->all)
		r = probe_find_symbol(pattern, 0, found, err);
	if (s->syscall || (pattern && !s->all))
		*ret_name = found;
	else if (pattern)
		*ret_pattern = pattern;
	else
		*ret_name = s->symbol; /* NULL: an address */
	return r;
}

int probe_attach_tracing_multi(const struct probe_attach *a, struct skep_attachment **ret,
			       struct skep_error *err)
{
	const struct skep_probe_spec *s = &a->hook->s;
	const char *name = NULL, *pattern = NULL;
	_cleanup_free_ char *regex = NULL;
	char found[PROBE_SYMBOL_SIZE];
	int r = find_functions(a, found, &regex, &name, &pattern, err);
	const struct skep_tracing_multi_opts o = {
		.sz = sizeof(o),
		.flags = a->flags,
		.method = s->method,
		.symbols = name ? &name : NULL,
		.symbol_count = name ? 1 : 0,
		.cookies = name && s->cookie ? &s->cookie : NULL,
		.patterns = pattern ? &pattern : NULL,
		.pattern_count = pattern ? 1 : 0,
		.cookie = pattern ? s->cookie : 0,
	};

	return r < 0 ? r : skep_tracing_attach_multi(a->fd, a->hook->family, &o, ret, err);
}

int probe_attach_kprobe(const struct probe_attach *a, struct skep_attachment **ret,
			struct skep_error *err)
{
	const char *name = NULL, *pattern = NULL;
	_cleanup_free_ char *regex = NULL;
	char found[PROBE_SYMBOL_SIZE];
	int r = find_functions(a, found, &regex, &name, &pattern, err);

	if (r < 0)
		return r;
	return a->hook->s.all || a->program->attach_type ? attach_many(a, name, pattern, ret, err)
							 : attach_one(a, name, ret, err);
}

/* Functions of files */

/* A program that was loaded for links to many places is attached by one, where the kernel has them. */
static struct choice choose_of_file(const struct probe_attach *a)
{
	struct choice c = choose(a, a->o->uprobe_method);

	if (!c.method && a->program->attach_type == SKEP_ATTACH_TYPE_TRACE_UPROBE_MULTI)
		c = (struct choice){ SKEP_ATTACH_METHOD_MULTI, 1 };
	return c;
}

/* The name with its offset, or the expression as a pattern. Return: 0; -ENOMEM, recorded. */
static int describe_place(const struct skep_probe_spec *s, char **ret, struct skep_error *err)
{
	size_t size;

	*ret = NULL;
	if (s->symbol_regex) {
		*ret = probe_regex_pattern(s->symbol_regex);
	} else if (s->symbol && s->offset) {
		size = strlen(s->symbol) + 24;
		*ret = malloc(size);
		if (*ret)
			snprintf(*ret, size, "%s+0x%" PRIx64, s->symbol, s->offset);
	} else {
		return 0;
	}
	return *ret ? 0 : skep_fail(err, -ENOMEM, SKEP_ERR_NO_MEMORY, "its function");
}

int probe_attach_uprobe(const struct probe_attach *a, struct skep_attachment **ret,
			struct skep_error *err)
{
	const struct skep_probe_spec *s = &a->hook->s;
	const struct choice choice = choose_of_file(a);
	_cleanup_free_ char *made = NULL;
	struct skep_uprobe_opts o = {
		.sz = sizeof(o),
		.flags = a->flags,
		.method = choice.method,
		.file = s->file,
		.build_id = s->build_id,
		.view_pid = s->view_pid,
		.address = s->address,
		.file_offset = s->file_offset,
		.semaphore = s->semaphore,
		.pid = s->pid,
		.cookie = s->cookie,
	};
	int r = describe_place(s, &made, err);

	if (r < 0)
		return r;
	o.symbol = made ? made : s->symbol;
	if (a->hook->family == SKEP_ATTACH_FAMILY_URETPROBE)
		o.flags |= SKEP_UPROBE_RETURN;
	if (a->hook->family == SKEP_ATTACH_FAMILY_UPROBE_SESSION)
		o.flags |= SKEP_UPROBE_SESSION;
	if (s->all)
		o.flags |= SKEP_UPROBE_ALL;
	r = skep_uprobe_attach(a->fd, &o, ret, err);
	if (r == -EOPNOTSUPP && choice.is_default) {
		o.method = 0;
		r = skep_uprobe_attach(a->fd, &o, ret, err);
	}
	return r;
}

int probe_attach_usdt(const struct probe_attach *a, struct skep_attachment **ret,
		      struct skep_error *err)
{
	const struct skep_probe_spec *s = &a->hook->s;
	const struct choice choice = choose_of_file(a);
	_cleanup_free_ char *provider = strdup(s->usdt);
	struct skep_usdt_opts o = {
		.sz = sizeof(o),
		.flags = a->flags,
		.method = choice.method,
		.file = s->file,
		.build_id = s->build_id,
		.view_pid = s->view_pid,
		.pid = s->pid,
		.cookie = s->cookie,
	};
	char *colon;
	int r;

	if (!provider)
		return skep_fail(err, -ENOMEM, SKEP_ERR_NO_MEMORY, "its tracepoint");
	colon = strchr(provider, ':'); /* checked: it is there */
	*colon = '\0';
	o.provider = *provider ? provider : NULL;
	o.name = colon + 1;
	r = skep_usdt_attach(a->fd, &o, ret, err);
	if (r == -EOPNOTSUPP && choice.is_default) {
		o.method = 0;
		r = skep_usdt_attach(a->fd, &o, ret, err);
	}
	return r;
}
