/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "attach/uprobe.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <skep/attach_uprobe.h>
#include <skep/binary.h>
#include <skep/error.h>
#include <skep/kabi.h>
#include <skep/sys.h>

#include "attach/binary.h"
#include "attach/perf.h"
#include "attach/trace_event.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "sys/capability.h"
#include "base/opts.h"

#define PLACE_SIZE 4096
#define SEMAPHORE_SHIFT 32 /* where in config the offset of a semaphore is: format/ref_ctr_offset */

int uprobe_request_open(struct uprobe_request *r, const struct skep_binary *binary,
			const char *file, const char *build_id, uint64_t view_pid,
			struct skep_error *err)
{
	const struct skep_binary_opts opts = { .sz = sizeof(opts),
					       .pid = view_pid ? view_pid : r->pid,
					       .build_id = build_id };
	int code;

	if (binary && (file || build_id))
		return skep_fail(err, -EINVAL, SKEP_ERR_INVALID, "a file twice.");
	r->binary = binary;
	if (binary)
		return 0;
	code = skep_binary_open(file, &opts, &r->own, err);
	r->binary = r->own;
	return code;
}

void uprobe_request_fini(struct uprobe_request *r)
{
	size_t i;

	for (i = 0; i < r->count; i++)
		free(r->places[i].name);
	free(r->places);
	skep_binary_close(r->own);
}

int uprobe_request_add(struct uprobe_request *r, const char *name, uint64_t offset,
		       uint64_t semaphore, uint64_t cookie, struct skep_error *err)
{
	struct uprobe_place *more = reallocarray(r->places, r->count + 1, sizeof(*more));
	char *copy = strdup(name);

	r->places = more ? more : r->places;
	if (!more || !copy) {
		free(copy);
		return skep_fail(err, -ENOMEM, SKEP_ERR_NO_MEMORY, "places of '%s'", name);
	}
	r->places[r->count++] = (struct uprobe_place){ copy, offset, semaphore, cookie };
	r->by_cookie |= cookie != 0;
	return 0;
}

static int fail_place(const struct skep_attachment *a, const struct uprobe_request *r,
		      const struct uprobe_place *p, int code, struct skep_error *err)
{
	if (code == -EINVAL && !attach_way_lacking(attach_way_find(a->family, a->method)))
		return skep_fail(err, code, SKEP_ERR_INVALID,
				 "'%s' cannot be probed at 0x%" PRIx64 ".",
				 skep_binary_path(r->binary), p->offset);
	/* for events of kprobes the kernel asks for CAP_PERFMON, for these it may ask for more, which is enough for all */
	if (code == -EACCES && a->method != SKEP_ATTACH_METHOD_MULTI &&
	    sys_capabilities_missing(SKEP_CAPABILITY_BIT(SYS_ADMIN)))
		return sys_fail_permission(err, code, SKEP_CAPABILITY_BIT(SYS_ADMIN),
					   skep_attach_method_name(a->method));
	if (code == -ESRCH)
		return skep_fail(err, code, SKEP_ERR_NOT_FOUND, "there is no process %" PRIu64 ".",
				 r->pid);
	return attach_fail(a, code, err);
}

static int add_by_unit(struct skep_attachment *a, const struct uprobe_request *r,
		       const struct uprobe_place *p, enum perf_how how, struct skep_error *err)
{
	struct perf_recipe recipe;
	int code = perf_unit_recipe(PERF_UNIT_UPROBE, r->is_return, r->pid, &recipe, err);

	if (code < 0)
		return code;
	if (p->semaphore > UINT32_MAX)
		return skep_fail(err, -EINVAL, SKEP_ERR_INVALID,
				 "a semaphore beyond 4 GiB of the file.");
	recipe.text = binary_kernel_path(r->binary);
	recipe.attr.config |= p->semaphore << SEMAPHORE_SHIFT;
	recipe.attr.config2 = p->offset;
	code = perf_open(&recipe);
	if (code < 0)
		return fail_place(a, r, p, code, err);
	return perf_attach(a, &recipe, code, r->prog_fd, p->cookie, how, err);
}

static int add_by_tracefs(struct skep_attachment *a, const struct uprobe_request *r,
			  const struct uprobe_place *p, struct skep_error *err)
{
	struct trace_event *event = NULL;
	struct perf_recipe recipe;
	char place[PLACE_SIZE], semaphore[24] = "";
	uint64_t id = 0;
	int refused, code;

	if (p->semaphore)
		snprintf(semaphore, sizeof(semaphore), "(0x%" PRIx64 ")", p->semaphore);
	snprintf(place, sizeof(place), "%s:0x%" PRIx64 "%s", binary_line_path(r->binary), p->offset,
		 semaphore);
	code = trace_event_make(TRACE_EVENT_UPROBE, r->is_return, 0, place, &event, &id, &refused,
				err);
	if (refused)
		return fail_place(a, r, p, refused, err);
	if (code == 0)
		code = perf_own_event(a, event, err);
	if (code < 0)
		return code;
	perf_tracepoint_recipe(id, r->pid, &recipe);
	code = perf_open(&recipe);
	if (code < 0)
		return fail_place(a, r, p, code, err);
	return perf_attach(a, &recipe, code, r->prog_fd, p->cookie, PERF_BY_BEST, err);
}

static int add_results(struct skep_attachment *a, const struct uprobe_request *r,
		       struct skep_error *err)
{
	size_t i;

	for (i = 0; r->with_results && i < r->count; i++)
		if (attachment_add_result(a, r->places[i].name, r->places[i].offset, 0) < 0)
			return skep_fail(err, -ENOMEM, SKEP_ERR_NO_MEMORY, "places");
	return 0;
}

static int attach_one_by_one(struct skep_attachment *a, const void *request, struct skep_error *err)
{
	const struct uprobe_request *r = request;
	size_t i;
	int code = 0;

	for (i = 0; code == 0 && i < r->count; i++)
		code = a->method == SKEP_ATTACH_METHOD_TRACEFS
			       ? add_by_tracefs(a, r, &r->places[i], err)
			       : add_by_unit(a, r, &r->places[i],
					     a->method == SKEP_ATTACH_METHOD_LINK ? PERF_BY_LINK
										  : PERF_BY_IOCTL,
					     err);
	if (code == 0)
		code = add_results(a, r, err);
	if (code < 0)
		perf_undo(a);
	return code;
}

/* The three arrays of a link to many places. Return: 0; -ENOMEM. */
static int make_arrays(const struct uprobe_request *r, uint64_t *arrays[3])
{
	size_t i;

	for (i = 0; i < 3; i++) {
		arrays[i] = calloc(r->count, sizeof(uint64_t));
		if (!arrays[i])
			return -ENOMEM;
	}
	for (i = 0; i < r->count; i++) {
		arrays[0][i] = r->places[i].offset;
		arrays[1][i] = r->places[i].semaphore;
		arrays[2][i] = r->places[i].cookie;
	}
	return 0;
}

static int has_semaphores(const struct uprobe_request *r)
{
	size_t i;

	for (i = 0; i < r->count; i++)
		if (r->places[i].semaphore)
			return 1;
	return 0;
}

/* Return: the link's fd; a negative errno, not recorded. */
static int create_link(const struct uprobe_request *r)
{
	struct skep_attr_link_create attr = {
		.fd = (uint32_t)r->prog_fd,
		.attach_type = r->family == SKEP_ATTACH_FAMILY_UPROBE_SESSION
				       ? SKEP_ATTACH_TYPE_TRACE_UPROBE_SESSION
				       : SKEP_ATTACH_TYPE_TRACE_UPROBE_MULTI,
	};
	uint64_t *arrays[3] = { NULL, NULL, NULL };
	int fd = make_arrays(r, arrays);
	size_t i;

	if (fd == 0) {
		attr.uprobe_multi.path = SKEP_ATTR_POINTER(binary_kernel_path(r->binary));
		attr.uprobe_multi.offsets = SKEP_ATTR_POINTER(arrays[0]);
		if (has_semaphores(r))
			attr.uprobe_multi.ref_ctr_offsets = SKEP_ATTR_POINTER(arrays[1]);
		if (r->by_cookie)
			attr.uprobe_multi.cookies = SKEP_ATTR_POINTER(arrays[2]);
		attr.uprobe_multi.cnt = (uint32_t)r->count;
		attr.uprobe_multi.flags = r->is_return ? SKEP_UPROBE_MULTI_FLAG_RETURN : 0;
		attr.uprobe_multi.pid = (uint32_t)r->pid;
		fd = skep_sys_bpf(SKEP_COMMAND_LINK_CREATE, &attr, sizeof(attr));
	}
	for (i = 0; i < 3; i++)
		free(arrays[i]);
	return fd;
}

static int attach_by_multi(struct skep_attachment *a, const void *request, struct skep_error *err)
{
	const struct uprobe_request *r = request;
	int fd = create_link(r);

	if (fd < 0)
		return fail_place(a, r, &r->places[0], fd, err);
	a->link_fd = fd;
	a->cookie = r->places[0].cookie;
	return add_results(a, r, err);
}

/* An event without a file is refused, but first of all to those who may have none at all. */
static int rehearse_unit(const struct skep_attachment *a, const struct uprobe_request *r,
			 struct skep_error *err)
{
	struct perf_recipe recipe;
	int code = perf_unit_recipe(PERF_UNIT_UPROBE, r->is_return, r->pid, &recipe, err);

	if (code < 0)
		return code;
	code = perf_open(&recipe);
	if (code >= 0)
		close(code);
	return code == -EACCES || code == -ESRCH ? fail_place(a, r, &r->places[0], code, err) : 0;
}

/* One by one, each has a link of its own. */
static int rehearse(struct skep_attachment *a, const void *request, struct skep_error *err)
{
	const struct uprobe_request *r = request;

	if (a->method == SKEP_ATTACH_METHOD_MULTI)
		return 0;
	a->more_links = r->count - 1;
	return a->method == SKEP_ATTACH_METHOD_TRACEFS ? 0 : rehearse_unit(a, r, err);
}

static const struct attach_try tries[] = {
	{ SKEP_ATTACH_METHOD_MULTI, attach_by_multi },
	{ SKEP_ATTACH_METHOD_LINK, attach_one_by_one },
	{ SKEP_ATTACH_METHOD_PERF, attach_one_by_one },
	{ SKEP_ATTACH_METHOD_TRACEFS, attach_one_by_one },
};

int uprobe_request_run(struct uprobe_request *r, uint64_t flags, uint64_t method,
		       struct skep_attachment **ret, struct skep_error *err)
{
	/* a session is of many at once, and of nothing else; tracepoints of programs are not by events in tracefs, the last */
	const size_t try_count = r->family == SKEP_ATTACH_FAMILY_UPROBE_SESSION ? 1
				 : r->family == SKEP_ATTACH_FAMILY_USDT ? ARRAY_SIZE(tries) - 1
									: ARRAY_SIZE(tries);
	const struct attach_plan plan = {
		.family = r->family,
		.flags = flags,
		.method = method,
		.tries = tries,
		.try_count = try_count,
		.request = r,
		.prog_fd = &r->prog_fd,
		.has_cookie = r->by_cookie,
		.rehearse = rehearse,
	};

	if (r->count == 1)
		return attach_run(&plan, ret, err, "%s:%s", skep_binary_path(r->binary),
				  r->places[0].name);
	return attach_run(&plan, ret, err, "%s:%zu places", skep_binary_path(r->binary), r->count);
}

struct adding {
	struct uprobe_request *request;
	uint64_t semaphore, cookie;
	struct skep_error *err;
};

/* Several names may have one place, which is one probe. */
static int add_symbol(const struct skep_binary_symbol *symbol, void *userdata)
{
	const struct adding *a = userdata;
	const struct uprobe_request *r = a->request;
	size_t i;

	for (i = 0; i < r->count; i++)
		if (r->places[i].offset == symbol->offset)
			return 0;
	return uprobe_request_add(a->request, symbol->name, symbol->offset, a->semaphore, a->cookie,
				  a->err);
}

static int is_pattern(const char *symbol)
{
	return *symbol == '/' || strpbrk(symbol, "*?[");
}

static int find_places(struct uprobe_request *r, const struct skep_uprobe_opts *o,
		       struct skep_error *err)
{
	struct adding adding = { r, o->semaphore, o->cookie, err };
	int all = (o->flags & SKEP_UPROBE_ALL) != 0, code = 0;
	uint64_t offset = o->file_offset;
	char name[32];

	if (o->symbol && (all || is_pattern(o->symbol))) {
		code = skep_binary_symbols(r->binary, o->symbol, all ? 0 : SKEP_BINARY_FIRST,
					   add_symbol, &adding, err);
		if (code == 0 && !r->count)
			code = skep_fail(err, -ENOENT, SKEP_ERR_NO_SYMBOL,
					 "'%s' has no function '%.80s'.",
					 skep_binary_path(r->binary), o->symbol);
		return code;
	}
	if (o->symbol)
		code = skep_binary_find(r->binary, o->symbol, &offset, err);
	else if (o->address)
		code = skep_binary_offset(r->binary, o->address, &offset, err);
	if (code < 0)
		return code;
	snprintf(name, sizeof(name), "0x%" PRIx64, offset);
	return uprobe_request_add(r, o->symbol ? o->symbol : name, offset, o->semaphore, o->cookie,
				  err);
}

/* "name+0x10", as skep_binary_find() takes it. */
static int has_offset(const char *symbol)
{
	const char *plus = symbol && *symbol != '/' ? strrchr(symbol, '+') : NULL;

	return plus && plus[1] >= '0' && plus[1] <= '9';
}

static int check_opts(const struct skep_uprobe_opts *o, struct skep_error *err)
{
	const uint64_t known =
		SKEP_ATTACH_DRY_RUN | SKEP_UPROBE_RETURN | SKEP_UPROBE_SESSION | SKEP_UPROBE_ALL;

	if (o->flags & ~known || (o->flags & SKEP_UPROBE_RETURN && o->flags & SKEP_UPROBE_SESSION))
		return skep_fail(err, -EINVAL, SKEP_ERR_INVALID, "flags of a uprobe");
	if ((o->symbol != NULL) + (o->address != 0) + (o->file_offset != 0) != 1)
		return skep_fail(err, -EINVAL, SKEP_ERR_INVALID,
				 "a uprobe takes a function, an address or an offset in the file.");
	if (o->pid > INT32_MAX)
		return skep_fail(err, -EINVAL, SKEP_ERR_INVALID, "process of a uprobe");
	if (o->flags & (SKEP_UPROBE_RETURN | SKEP_UPROBE_SESSION) && has_offset(o->symbol))
		return skep_fail(err, -EINVAL, SKEP_ERR_INVALID,
				 "the return of a function is at no offset ('%s').", o->symbol);
	return 0;
}

static uint32_t family_of(uint64_t flags)
{
	if (flags & SKEP_UPROBE_SESSION)
		return SKEP_ATTACH_FAMILY_UPROBE_SESSION;
	return flags & SKEP_UPROBE_RETURN ? SKEP_ATTACH_FAMILY_URETPROBE
					  : SKEP_ATTACH_FAMILY_UPROBE;
}

int skep_uprobe_attach(int prog_fd, const struct skep_uprobe_opts *opts,
		       struct skep_attachment **ret_attachment, struct skep_error *err)
{
	struct uprobe_request request = { .prog_fd = prog_fd };
	struct skep_uprobe_opts o;
	int r = opts_copy(&o, sizeof(o), opts);

	if (r < 0)
		return skep_fail(err, r, SKEP_ERR_INVALID, "options of a uprobe");
	r = check_opts(&o, err);
	if (r < 0)
		return r;
	request.family = family_of(o.flags);
	request.is_return = (o.flags & SKEP_UPROBE_RETURN) != 0;
	request.with_results = (o.flags & SKEP_UPROBE_ALL) != 0;
	request.pid = o.pid;
	r = uprobe_request_open(&request, o.binary, o.file, o.build_id, o.view_pid, err);
	if (r == 0)
		r = find_places(&request, &o, err);
	if (r == 0)
		r = uprobe_request_run(&request, o.flags, o.method, ret_attachment, err);
	uprobe_request_fini(&request);
	return r;
}
