/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include <skep/attach_tracepoint.h>

#include <errno.h>

#include <skep/error.h>
#include <skep/tracefs.h>

#include "attach/attachment.h"
#include "attach/perf.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "base/opts.h"

struct request {
	int prog_fd;
	uint64_t id, cookie;
};

static int attach_event(struct skep_attachment *a, const void *request, struct skep_error *err)
{
	const struct request *r = request;
	struct perf_recipe recipe;
	int fd;

	perf_tracepoint_recipe(r->id, 0, &recipe);
	fd = perf_open(&recipe);
	if (fd < 0)
		return attach_fail(a, fd, err);
	return perf_attach(a, &recipe, fd, r->prog_fd, r->cookie,
			   a->method == SKEP_ATTACH_METHOD_LINK ? PERF_BY_LINK : PERF_BY_IOCTL,
			   err);
}

static const struct attach_try tries[] = {
	{ SKEP_ATTACH_METHOD_LINK, attach_event },
	{ SKEP_ATTACH_METHOD_PERF, attach_event },
};

int skep_tracepoint_attach(int prog_fd, const struct skep_tracepoint_opts *opts,
			   struct skep_attachment **ret_attachment, struct skep_error *err)
{
	_cleanup_(skep_tracefs_closep) struct skep_tracefs *tracefs = NULL;
	struct request request = { .prog_fd = prog_fd };
	struct skep_tracepoint_opts o;
	int r = opts_copy(&o, sizeof(o), opts);

	if (r < 0 || o.flags & ~(uint64_t)SKEP_ATTACH_DRY_RUN || !o.category || !o.name)
		return skep_fail(err, r < 0 ? r : -EINVAL, SKEP_ERR_INVALID,
				 "options of a tracepoint");
	r = skep_tracefs_open(0, &tracefs, err);
	if (r == 0)
		r = skep_tracefs_event_id(tracefs, o.category, o.name, &request.id, err);
	if (r < 0)
		return skep_wrap(err, r, "attach tracepoint to %s/%s: ", o.category, o.name);
	request.cookie = o.cookie;
	const struct attach_plan plan = {
		.family = SKEP_ATTACH_FAMILY_TRACEPOINT,
		.flags = o.flags,
		.method = o.method,
		.tries = tries,
		.try_count = ARRAY_SIZE(tries),
		.request = &request,
		.prog_fd = &prog_fd,
		.has_cookie = o.cookie != 0,
	};

	return attach_run(&plan, ret_attachment, err, "%s/%s", o.category, o.name);
}
