/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include <skep/attach_kprobe.h>

#include <errno.h>
#include <stdlib.h>

#include <skep/error.h>
#include <skep/kabi.h>
#include <skep/sys.h>

#include "attach/function_list.h"
#include "attach/kprobe.h"
#include "attach/perf.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "base/opts.h"

struct request {
	int prog_fd;
	uint32_t family;
	int with_addresses;
	struct function_list list;
};

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

	a->names = calloc(r->list.count, sizeof(*a->names));
	a->cookies = calloc(r->list.count, sizeof(*a->cookies));
	if (!a->names || !a->cookies)
		return -ENOMEM;
	for (i = 0; i < r->list.count; i++) {
		if (r->list.items[i].code)
			continue;
		a->names[a->count] = r->list.items[i].name;
		a->cookies[a->count++] = r->list.items[i].cookie;
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
		if (r->list.by_cookie)
			attr.kprobe_multi.cookies = SKEP_ATTR_POINTER(a.cookies);
		fd = skep_sys_bpf(SKEP_COMMAND_LINK_CREATE, &attr, sizeof(attr));
	}
	arguments_fini(&a);
	return fd;
}

static int fail_multi(const struct skep_attachment *a, int code, struct skep_error *err)
{
	const struct skep_attach_way *way = attach_way_find(a->family, a->method);

	if (code == -ENOENT || code == -ESRCH)
		return skep_fail(err, -ENOENT, SKEP_ERR_NO_HOOK,
				 "none of the functions can be probed.");
	/* unless the program was loaded otherwise, which is told in the place of this */
	if (code == -EINVAL && !attach_way_lacking(way))
		return skep_fail(err, code, SKEP_ERR_INVALID,
				 "the functions cannot be probed at once.");
	return attach_fail(a, code, err);
}

static int attach_by_multi(struct skep_attachment *a, const void *request, struct skep_error *err)
{
	struct request *r = (struct request *)request;
	int fd = create_link(r), out = 0;

	if (fd == -ESRCH || fd == -ENOENT) {
		out = function_list_sort_out(&r->list, err);
		if (out < 0)
			return out;
		fd = out ? create_link(r) : fd;
	}
	if (fd == -ENOMEM)
		return skep_fail(err, fd, SKEP_ERR_NO_MEMORY, "functions of the kernel");
	if (fd < 0)
		return fail_multi(a, fd, err);
	a->link_fd = fd;
	a->cookie = r->list.items[0].cookie;
	return function_list_tell(&r->list, r->with_addresses, a, err);
}

/* Of these each has a code of its own, unless the kernel lacks the method or we lack the right. */
static int attach_one_by_one(struct skep_attachment *a, const void *request, struct skep_error *err)
{
	struct request *r = (struct request *)request;
	size_t i, attached = 0;
	int code = 0;

	for (i = 0; i < r->list.count; i++) {
		const struct kprobe_place place = { .symbol = r->list.items[i].name,
						    .cookie = r->list.items[i].cookie,
						    .is_return = r->family ==
								 SKEP_ATTACH_FAMILY_KRETPROBE,
						    .prog_fd = r->prog_fd };
		struct skep_error why = { 0 };

		code = kprobe_add(a, &place, &why);
		r->list.items[i].code = code;
		attached += code == 0;
		if (code == 0 || (code == -ENOENT && why.kind == SKEP_ERR_NO_HOOK) ||
		    code == -ENOTUNIQ || code == -EADDRNOTAVAIL)
			continue;
		if (err)
			*err = why;
		perf_undo(a);
		return code;
	}
	code = attached ? function_list_tell(&r->list, r->with_addresses, a, err)
			: fail_multi(a, -ENOENT, err);
	if (code < 0)
		perf_undo(a);
	return code;
}

/* One by one, each has a link of its own. */
static int rehearse(struct skep_attachment *a, const void *request, struct skep_error *err)
{
	const struct request *r = request;

	(void)err;
	if (a->method != SKEP_ATTACH_METHOD_MULTI)
		a->more_links = r->list.count - 1;
	return 0;
}

static const struct attach_try tries[] = {
	{ SKEP_ATTACH_METHOD_MULTI, attach_by_multi },
	{ SKEP_ATTACH_METHOD_LINK, attach_one_by_one },
	{ SKEP_ATTACH_METHOD_PERF, attach_one_by_one },
	{ SKEP_ATTACH_METHOD_TRACEFS, attach_one_by_one },
};

static int check_opts(const struct skep_kprobe_multi_opts *o, struct skep_error *err)
{
	const uint64_t known = SKEP_ATTACH_DRY_RUN | SKEP_KPROBE_RETURN | SKEP_KPROBE_SESSION |
			       SKEP_KPROBE_ADDRESSES;

	if (o->flags & ~known || (o->flags & SKEP_KPROBE_RETURN && o->flags & SKEP_KPROBE_SESSION))
		return skep_fail(err, -EINVAL, SKEP_ERR_INVALID, "flags of kprobes");
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
	const struct function_wish wish = {
		.symbols = o.symbols,
		.symbol_count = o.symbol_count,
		.cookies = o.cookies,
		.patterns = o.patterns,
		.pattern_count = o.pattern_count,
		.cookie = o.cookie,
	};

	request.family = family_of(o.flags);
	request.with_addresses = (o.flags & SKEP_KPROBE_ADDRESSES) != 0;
	r = function_list_init(&request.list, &wish, err);
	if (r == 0) {
		const struct attach_plan plan = {
			.family = request.family,
			.flags = o.flags,
			.method = o.method,
			.tries = tries,
			/* a session is of many at once, and of nothing else */
			.try_count = o.flags & SKEP_KPROBE_SESSION ? 1 : ARRAY_SIZE(tries),
			.request = &request,
			.prog_fd = &prog_fd,
			.rehearse = rehearse,
		};

		r = attach_run(&plan, ret_attachment, err, "%zu function%s of the kernel",
			       request.list.count, request.list.count == 1 ? "" : "s");
	}
	function_list_fini(&request.list);
	return r;
}
