/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include <errno.h>
#include <stdio.h>

#include <skep/attach_uprobe.h>
#include <skep/binary.h>
#include <skep/error.h>

#include "attach/uprobe.h"
#include "base/error.h"
#include "base/opts.h"

struct adding {
	struct uprobe_request *request;
	const struct skep_usdt_opts *opts;
	struct skep_error *err;
};

static int add_place(const struct skep_binary_usdt *usdt, void *userdata)
{
	const struct adding *a = userdata;
	const struct skep_usdt_opts *o = a->opts;
	size_t index = a->request->count;
	char name[256];

	snprintf(name, sizeof(name), "%s:%s", usdt->provider, usdt->name);
	return uprobe_request_add(a->request, name, usdt->offset, usdt->semaphore,
				  index < o->cookie_count ? o->cookies[index] : o->cookie, a->err);
}

static int find_places(struct uprobe_request *r, const struct skep_usdt_opts *o,
		       struct skep_error *err)
{
	struct adding adding = { r, o, err };
	int code = skep_binary_usdts(r->binary, o->provider, o->name, add_place, &adding, err);

	if (code < 0)
		return code;
	if (!r->count)
		return skep_fail(err, -ENOENT, SKEP_ERR_NO_HOOK, "'%s' has no tracepoint '%s:%s'.",
				 skep_binary_path(r->binary), o->provider ? o->provider : "*",
				 o->name);
	if (o->cookies && o->cookie_count != r->count)
		return skep_fail(err, -EINVAL, SKEP_ERR_INVALID,
				 "'%s:%s' is in %zu places: it takes as many cookies.",
				 o->provider ? o->provider : "*", o->name, r->count);
	return 0;
}

int skep_usdt_attach(int prog_fd, const struct skep_usdt_opts *opts,
		     struct skep_attachment **ret_attachment, struct skep_error *err)
{
	struct uprobe_request request = { .prog_fd = prog_fd,
					  .family = SKEP_ATTACH_FAMILY_USDT,
					  .with_results = 1 };
	struct skep_usdt_opts o;
	int r = opts_copy(&o, sizeof(o), opts);

	if (r < 0 || o.flags & ~(uint64_t)SKEP_ATTACH_DRY_RUN || !o.name || o.pid > INT32_MAX ||
	    !o.cookies != !o.cookie_count)
		return skep_fail(err, r < 0 ? r : -EINVAL, SKEP_ERR_INVALID,
				 "options of a tracepoint of a program");
	request.pid = o.pid;
	r = uprobe_request_open(&request, o.binary, o.file, o.build_id, o.view_pid, err);
	if (r == 0)
		r = find_places(&request, &o, err);
	if (r == 0)
		r = uprobe_request_run(&request, o.flags, o.method, ret_attachment, err);
	uprobe_request_fini(&request);
	return r;
}
