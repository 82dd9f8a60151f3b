/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include <skep/manager_run.h>

#include <errno.h>
#include <limits.h>

#include <skep/sys_prog.h>

#include "base/opts.h"
#include "manager/manager.h"

static int too_large(const struct skep_probe_run_opts *o)
{
	return o->data_bytes > UINT32_MAX || o->data_out_bytes > UINT32_MAX ||
	       o->context_bytes > UINT32_MAX || o->context_out_bytes > UINT32_MAX ||
	       o->repeat > UINT32_MAX;
}

static struct skep_attr_prog_test_run attr_of(const struct skep_probe *p,
					      const struct skep_probe_run_opts *o)
{
	return (struct skep_attr_prog_test_run){
		.prog_fd = (uint32_t)p->program->spec.fd,
		.data_in = SKEP_ATTR_POINTER(o->data),
		.data_size_in = (uint32_t)o->data_bytes,
		/* the kernel takes no room for room without an end */
		.data_out = SKEP_ATTR_POINTER(o->data_out_bytes ? o->data_out : NULL),
		.data_size_out = (uint32_t)o->data_out_bytes,
		.ctx_in = SKEP_ATTR_POINTER(o->context),
		.ctx_size_in = (uint32_t)o->context_bytes,
		.ctx_out = SKEP_ATTR_POINTER(o->context_out),
		.ctx_size_out = (uint32_t)o->context_out_bytes,
		.repeat = (uint32_t)o->repeat,
	};
}

/* Return: 0; a negative errno, also of the caller's function. */
static int run(const struct skep_probe *p, const struct skep_probe_run_opts *o,
	       struct skep_attr_prog_test_run *ret_attr, uint64_t *ret_restarts,
	       struct skep_error *err)
{
	const uint64_t limit = o->restart_limit ? o->restart_limit : SKEP_PROBE_RUN_RESTARTS;
	uint64_t restarts;
	int r;

	for (restarts = 0;; restarts++) {
		*ret_attr = attr_of(p, o);
		*ret_restarts = restarts;
		r = skep_sys_prog_test_run(ret_attr, sizeof(*ret_attr), err);
		if (r != -EINTR)
			return r < 0 ? r : 0;
		if (restarts == limit)
			return skep_fail(err, -EINTR, SKEP_ERR_SYSCALL,
					 "a signal came before the end, each of %llu times.",
					 (unsigned long long)restarts + 1);
		r = o->reset_fn ? o->reset_fn(o->userdata) : 0;
		if (r < 0)
			return skep_fail(err, r, SKEP_ERR_SYSCALL,
					 "a signal came, and it was not begun again.");
	}
}

int skep_probe_run(struct skep_probe *p, const struct skep_probe_run_opts *opts,
		   struct skep_probe_run_result *ret_result, struct skep_error *err)
{
	struct skep_attr_prog_test_run attr;
	struct skep_probe_run_opts o;
	char name[PROBE_NAME_SIZE];
	uint64_t restarts = 0;
	int r = opts_copy(&o, sizeof(o), opts);

	if (r < 0 || too_large(&o))
		return skep_fail(err, r < 0 ? r : -EINVAL, SKEP_ERR_INVALID,
				 "run probe '%s': options", probe_name(p, name));
	if (!p->program)
		return skep_fail(err, -EINVAL, SKEP_ERR_NOT_LOADED,
				 "run probe '%s': its program is not loaded.", probe_name(p, name));
	r = run(p, &o, &attr, &restarts, err);
	if (r < 0 && r != -ENOSPC)
		return skep_wrap(err, r, "run probe '%s': ", probe_name(p, name));
	*ret_result = (struct skep_probe_run_result){
		.returned = attr.retval,
		.duration_ns = attr.duration,
		.data_out_bytes = attr.data_size_out,
		.context_out_bytes = attr.ctx_size_out,
		.restarts = restarts,
	};
	return r;
}
