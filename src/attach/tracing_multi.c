/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* Entry and exit of many functions of the kernel, by one link. */
#include <skep/attach_tracing.h>

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include <skep/btf.h>
#include <skep/error.h>
#include <skep/kabi.h>
#include <skep/sys.h>

#include "attach/attachment.h"
#include "attach/function_list.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "base/opts.h"

struct request {
	int prog_fd;
	uint32_t attach_type;
	struct function_list list;
};

/* The arguments of a link to those of [first, end) that may be attached. Return: the link's fd; a negative errno. */
static int create_link(const struct request *r, size_t first, size_t end)
{
	_cleanup_free_ uint32_t *ids = calloc(end - first, sizeof(*ids));
	_cleanup_free_ uint64_t *cookies = calloc(end - first, sizeof(*cookies));
	struct skep_attr_link_create attr = { .fd = (uint32_t)r->prog_fd,
					      .attach_type = r->attach_type };
	const struct function *f;
	uint32_t count = 0;

	if (!ids || !cookies)
		return -ENOMEM;
	for (f = r->list.items + first; f < r->list.items + end; f++) {
		if (f->code)
			continue;
		ids[count] = f->btf_id;
		cookies[count++] = f->cookie;
	}
	attr.tracing_multi.ids = SKEP_ATTR_POINTER(ids);
	attr.tracing_multi.cnt = count;
	if (r->list.by_cookie)
		attr.tracing_multi.cookies = SKEP_ATTR_POINTER(cookies);
	return count ? skep_sys_bpf(SKEP_COMMAND_LINK_CREATE, &attr, sizeof(attr)) : -ENOENT;
}

/*
 * One function that cannot be traced so makes the kernel refuse all of them, and it does not say which: it is looked for in
 * halves. Return: 0; a negative errno that is of none of them.
 */
static int sort_out(struct request *r, size_t first, size_t end)
{
	int fd = create_link(r, first, end), code;

	if (fd >= 0) {
		close(fd);
		return 0;
	}
	if (fd == -ENOMEM || fd == -EPERM || fd == -EACCES)
		return fd;
	if (end - first == 1) {
		if (!r->list.items[first].code)
			r->list.items[first].code = fd;
		return 0;
	}
	code = sort_out(r, first, first + (end - first) / 2);
	return code < 0 ? code : sort_out(r, first + (end - first) / 2, end);
}

/* The ids of the functions' types; where a name has several, none. */
static void find_types(struct request *r, const struct skep_btf *types)
{
	struct skep_btf_type type;
	struct function *f;
	uint32_t id;

	for (id = skep_btf_first_id(types); skep_btf_type_at(types, id, &type) == 0; id++) {
		f = type.kind == SKEP_BTF_KIND_FUNC ? function_list_find(&r->list, type.name)
						    : NULL;
		if (!f)
			continue;
		f->code = f->btf_id ? -ENOTUNIQ : 0;
		f->btf_id = id;
	}
	for (f = r->list.items; f < r->list.items + r->list.count; f++)
		if (!f->btf_id)
			f->code = -ENOENT;
}

static int fail_multi(const struct skep_attachment *a, int code, struct skep_error *err)
{
	if (code == -ENOENT)
		return skep_fail(err, code, SKEP_ERR_NO_HOOK,
				 "none of the functions can be traced.");
	if (code == -EINVAL && !attach_way_lacking(attach_way_find(a->family, a->method)))
		return skep_fail(err, code, SKEP_ERR_INVALID,
				 "none of the functions can be traced so, or the program was not "
				 "loaded for many at once (expected attach type).");
	return attach_fail(a, code, err);
}

static int attach_by_multi(struct skep_attachment *a, const void *request, struct skep_error *err)
{
	struct request *r = (struct request *)request;
	const size_t count = r->list.count, good = function_list_good(&r->list);
	int fd = create_link(r, 0, count), code = 0;

	if (fd < 0 && fd != -ENOENT && !attach_way_lacking(attach_way_find(a->family, a->method)))
		code = sort_out(r, 0, count);
	/* if none of several is taken, it is not the functions */
	if (code == 0 && fd < 0 && function_list_good(&r->list) &&
	    function_list_good(&r->list) < good)
		fd = create_link(r, 0, count);
	if (code < 0 || fd < 0)
		return fail_multi(a, code < 0 ? code : fd, err);
	a->link_fd = fd;
	a->cookie = r->list.items[0].cookie;
	return function_list_tell(&r->list, 0, a, err);
}

static const struct attach_try tries[] = {
	{ SKEP_ATTACH_METHOD_MULTI, attach_by_multi },
};

static uint32_t attach_type_of(uint32_t family)
{
	const struct skep_attach_way *way = attach_way_find(family, SKEP_ATTACH_METHOD_MULTI);

	return way && way->link_type == SKEP_LINK_TYPE_TRACING_MULTI ? attach_way_multi_type(family)
								     : 0;
}

int skep_tracing_attach_multi(int prog_fd, uint32_t family,
			      const struct skep_tracing_multi_opts *opts,
			      struct skep_attachment **ret_attachment, struct skep_error *err)
{
	struct request request = { .prog_fd = prog_fd, .attach_type = attach_type_of(family) };
	_cleanup_(skep_btf_closep) struct skep_btf *read = NULL;
	struct skep_tracing_multi_opts o;
	int r = opts_copy(&o, sizeof(o), opts);

	if (r < 0 || o.flags & ~(uint64_t)SKEP_ATTACH_DRY_RUN || !request.attach_type)
		return skep_fail(err, r < 0 ? r : -EINVAL, SKEP_ERR_INVALID,
				 "options of tracing many functions");
	const struct function_wish wish = {
		.symbols = o.symbols,
		.symbol_count = o.symbol_count,
		.cookies = o.cookies,
		.patterns = o.patterns,
		.pattern_count = o.pattern_count,
		.cookie = o.cookie,
	};

	r = function_list_init(&request.list, &wish, err);
	if (r == 0 && !o.types)
		r = skep_btf_open_kernel(&read, err);
	if (r == 0)
		find_types(&request, o.types ? o.types : read);
	if (r == 0) {
		const struct attach_plan plan = {
			.family = family,
			.flags = o.flags,
			.method = o.method ? o.method : SKEP_ATTACH_METHOD_MULTI,
			.tries = tries,
			.try_count = ARRAY_SIZE(tries),
			.request = &request,
			.prog_fd = &prog_fd,
		};

		r = attach_run(&plan, ret_attachment, err, "%zu function%s of the kernel",
			       request.list.count, request.list.count == 1 ? "" : "s");
	}
	function_list_fini(&request.list);
	return r;
}
