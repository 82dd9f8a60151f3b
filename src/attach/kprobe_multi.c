/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include <skep/attach_kprobe.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <skep/error.h>
#include <skep/kabi.h>
#include <skep/symbol.h>
#include <skep/sys.h>

#include "attach/kprobe.h"
#include "attach/perf.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "base/opts.h"

/* A function that is wanted. */
struct wanted {
	char *name; /* owned */
	uint64_t cookie;
	int code;  /* why it is not attached; 0: it may be */
	int known; /* it is in the kernel's list */
};

/* What is asked for, by name, each name once. */
struct request {
	int prog_fd;
	uint32_t family;
	int by_cookie; /* there are some */
	struct wanted *wanted;
	size_t count, room;
};

static void request_fini(struct request *r)
{
	size_t i;

	for (i = 0; i < r->count; i++)
		free(r->wanted[i].name);
	free(r->wanted);
}

static int out_of_memory(struct skep_error *err)
{
	return skep_fail(err, -ENOMEM, SKEP_ERR_NO_MEMORY, "functions of the kernel");
}

static int add_wanted(struct request *r, const char *name, uint64_t cookie)
{
	struct wanted *more;

	if (r->count == r->room) {
		more = reallocarray(r->wanted, r->room ? r->room * 2 : 64, sizeof(*more));
		if (!more)
			return -ENOMEM;
		r->wanted = more;
		r->room = r->room ? r->room * 2 : 64;
	}
	r->wanted[r->count] = (struct wanted){ .name = strdup(name), .cookie = cookie };
	if (!r->wanted[r->count].name)
		return -ENOMEM;
	r->by_cookie |= cookie != 0;
	r->count++;
	return 0;
}

struct adding {
	struct request *request;
	uint64_t cookie;
};

static int add_symbol(const struct skep_symbol *symbol, void *userdata)
{
	const struct adding *a = userdata;

	return add_wanted(a->request, symbol->name, a->cookie);
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(((const struct wanted *)a)->name, ((const struct wanted *)b)->name);
}

/* Names that came by a pattern may be those of several functions; a link takes each once, and means all of them. */
static void drop_doubles(struct request *r)
{
	size_t i, kept = 0;

	for (i = 0; i < r->count; i++) {
		if (kept && !strcmp(r->wanted[kept - 1].name, r->wanted[i].name))
			free(r->wanted[i].name);
		else
			r->wanted[kept++] = r->wanted[i];
	}
	r->count = kept;
}

static int collect(struct request *r, const struct skep_kprobe_multi_opts *o,
		   struct skep_error *err)
{
	struct adding adding = { r, o->cookie };
	size_t i;
	int code = 0;

	for (i = 0; code == 0 && i < o->symbol_count; i++)
		code = add_wanted(r, o->symbols[i], o->cookies ? o->cookies[i] : o->cookie);
	if (code == 0 && o->pattern_count)
		code = skep_symbol_walk(o->patterns, o->pattern_count, NULL, add_symbol, &adding,
					err);
	if (code == -ENOMEM)
		return out_of_memory(err);
	if (code < 0)
		return code;
	if (!r->count)
		return skep_fail(err, -ENOENT, SKEP_ERR_NO_HOOK,
				 "no function of the kernel matches.");
	qsort(r->wanted, r->count, sizeof(*r->wanted), compare_names);
	drop_doubles(r);
	return 0;
}

/* The arguments of a link: names and cookies of what may be attached. */
struct arguments {
	const char **names;
	uint64_t *cookies;
	uint32_t count;
};

static void arguments_fini(struct arguments *a)
{
	free(a->names);
	free(a->cookies);
}

static int arguments_init(struct arguments *a, const struct request *r)
{
	size_t i;

	a->names = calloc(r->count, sizeof(*a->names));
	a->cookies = calloc(r->count, sizeof(*a->cookies));
	if (!a->names || !a->cookies)
		return -ENOMEM;
	for (i = 0; i < r->count; i++) {
		if (r->wanted[i].code)
			continue;
		a->names[a->count] = r->wanted[i].name;
		a->cookies[a->count++] = r->wanted[i].cookie;
	}
	return 0;
}

static uint32_t attach_type_of(uint32_t family)
{
	return family == SKEP_ATTACH_FAMILY_KPROBE_SESSION ? SKEP_ATTACH_TYPE_TRACE_KPROBE_SESSION
							   : SKEP_ATTACH_TYPE_TRACE_KPROBE_MULTI;
}

/* Return: the link's fd; a negative errno, not recorded. */
static int create_link(const struct request *r)
{
	struct skep_attr_link_create attr = {
		.fd = (uint32_t)r->prog_fd,
		.attach_type = attach_type_of(r->family),
	};
	struct arguments a = { 0 };
	int fd = arguments_init(&a, r);

	if (fd == 0 && !a.count)
		fd = -ENOENT;
	if (fd == 0) {
		if (r->family == SKEP_ATTACH_FAMILY_KRETPROBE)
			attr.kprobe_multi.flags = SKEP_KPROBE_MULTI_FLAG_RETURN;
		attr.kprobe_multi.cnt = a.count;
		attr.kprobe_multi.syms = SKEP_ATTR_POINTER(a.names);
		if (r->by_cookie)
			attr.kprobe_multi.cookies = SKEP_ATTR_POINTER(a.cookies);
		fd = skep_sys_bpf(SKEP_COMMAND_LINK_CREATE, &attr, sizeof(attr));
	}
	arguments_fini(&a);
	return fd;
}

static int mark_known(const struct skep_symbol *symbol, void *userdata)
{
	const struct request *r = userdata;
	const struct wanted key = { .name = (char *)symbol->name };
	struct wanted *found =
		bsearch(&key, r->wanted, r->count, sizeof(*r->wanted), compare_names);

	if (found)
		found->known = 1;
	return 0;
}

/* One name that there is not makes the kernel refuse all of them. Return: how many were sorted out; a negative errno. */
static int sort_out(struct request *r, struct skep_error *err)
{
	int code = skep_symbol_walk(NULL, 0, NULL, mark_known, r, err), out = 0;
	size_t i;

	for (i = 0; code == 0 && i < r->count; i++) {
		if (r->wanted[i].known || r->wanted[i].code)
			continue;
		r->wanted[i].code = -ENOENT;
		out++;
	}
	return code < 0 ? code : out;
}

static int tell_results(struct skep_attachment *a, const struct request *r, struct skep_error *err)
{
	size_t i;

	for (i = 0; i < r->count; i++)
		if (attachment_add_result(a, r->wanted[i].name, 0, r->wanted[i].code) < 0)
			return out_of_memory(err);
	return 0;
}

static int fail_multi(const struct skep_attachment *a, int code, struct skep_error *err)
{
	const struct skep_attach_way *way = attach_way_find(a->family, a->method);

	if (code == -ENOENT || code == -ESRCH)
		return skep_fail(err, -ENOENT, SKEP_ERR_NO_HOOK,
				 "none of the functions can be probed.");
	if (code == -EINVAL && !attach_way_lacking(way))
		return skep_fail(err, -EOPNOTSUPP, SKEP_ERR_UNSUPPORTED,
				 "the program was not loaded for many functions at once (expected "
				 "attach type).");
	return attach_fail(a, code, err);
}

static int attach_by_multi(struct skep_attachment *a, const void *request, struct skep_error *err)
{
	struct request *r = (struct request *)request;
	int fd = create_link(r), out = 0;

	if (fd == -ESRCH || fd == -ENOENT) {
		out = sort_out(r, err);
		if (out < 0)
			return out;
		fd = out ? create_link(r) : fd;
	}
	if (fd == -ENOMEM)
		return out_of_memory(err);
	if (fd < 0)
		return fail_multi(a, fd, err);
	a->link_fd = fd;
	a->cookie = r->wanted[0].cookie;
	return tell_results(a, r, err);
}

/* Of these each has a code of its own, unless the kernel lacks the method or we lack the right. */
static int attach_one_by_one(struct skep_attachment *a, const void *request, struct skep_error *err)
{
	struct request *r = (struct request *)request;
	size_t i, attached = 0;
	int code = 0;

	for (i = 0; i < r->count; i++) {
		const struct kprobe_place place = { .symbol = r->wanted[i].name,
						    .cookie = r->wanted[i].cookie,
						    .is_return = r->family ==
								 SKEP_ATTACH_FAMILY_KRETPROBE,
						    .prog_fd = r->prog_fd };
		struct skep_error why = { 0 };

		code = kprobe_add(a, &place, &why);
		r->wanted[i].code = code;
		attached += code == 0;
		if (code == 0 || code == -ENOENT || code == -ENOTUNIQ || code == -EADDRNOTAVAIL)
			continue;
		if (err)
			*err = why;
		perf_undo(a);
		return code;
	}
	code = attached ? tell_results(a, r, err) : fail_multi(a, -ENOENT, err);
	if (code < 0)
		perf_undo(a);
	return code;
}

static const struct attach_try tries[] = {
	{ SKEP_ATTACH_METHOD_MULTI, attach_by_multi },
	{ SKEP_ATTACH_METHOD_LINK, attach_one_by_one },
	{ SKEP_ATTACH_METHOD_PERF, attach_one_by_one },
	{ SKEP_ATTACH_METHOD_TRACEFS, attach_one_by_one },
};

static int check_opts(const struct skep_kprobe_multi_opts *o, struct skep_error *err)
{
	const uint64_t known = SKEP_ATTACH_DRY_RUN | SKEP_KPROBE_RETURN | SKEP_KPROBE_SESSION;

	if (o->flags & ~known || (o->flags & SKEP_KPROBE_RETURN && o->flags & SKEP_KPROBE_SESSION))
		return skep_fail(err, -EINVAL, SKEP_ERR_INVALID, "flags of kprobes");
	if (!o->symbol_count == !o->pattern_count || o->symbol_count > UINT32_MAX)
		return skep_fail(err, -EINVAL, SKEP_ERR_INVALID,
				 "kprobes take names of functions, or patterns.");
	return 0;
}

static uint32_t family_of(uint64_t flags)
{
	if (flags & SKEP_KPROBE_SESSION)
		return SKEP_ATTACH_FAMILY_KPROBE_SESSION;
	return flags & SKEP_KPROBE_RETURN ? SKEP_ATTACH_FAMILY_KRETPROBE
					  : SKEP_ATTACH_FAMILY_KPROBE;
}

int skep_kprobe_attach_multi(int prog_fd, const struct skep_kprobe_multi_opts *opts,
			     struct skep_attachment **ret_attachment, struct skep_error *err)
{
	struct skep_kprobe_multi_opts o;
	struct request request = { .prog_fd = prog_fd };
	int r = opts_copy(&o, sizeof(o), opts);

	if (r < 0)
		return skep_fail(err, r, SKEP_ERR_INVALID, "options of kprobes");
	r = check_opts(&o, err);
	if (r < 0)
		return r;
	request.family = family_of(o.flags);
	r = collect(&request, &o, err);
	if (r == 0) {
		const struct attach_plan plan = {
			.family = request.family,
			.flags = o.flags,
			.method = o.method,
			.tries = tries,
			/* a session is of many at once, and of nothing else */
			.try_count = o.flags & SKEP_KPROBE_SESSION ? 1 : ARRAY_SIZE(tries),
			.request = &request,
		};

		r = attach_run(&plan, ret_attachment, err, "%zu functions of the kernel",
			       request.count);
	}
	request_fini(&request);
	return r;
}
