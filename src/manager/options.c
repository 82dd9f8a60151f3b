/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "manager/options.h"

#include <errno.h>

#include <skep/attach.h>
#include <skep/error.h>
#include <skep/probe_spec.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/opts.h"

/* What every version of a probe has: who passes the size of a pointer has not passed that of a probe. */
#define PROBE_LEAST_BYTES (offsetof(struct skep_probe_spec, uid) + sizeof(const char *))

static int fail(struct skep_error *err, const char *what)
{
	return skep_fail(err, -EINVAL, SKEP_ERR_INVALID, "manager: %s.", what);
}

static int check_probes(const struct skep_manager_opts *o, struct skep_error *err)
{
	if (!o->probes)
		return o->probe_count ? fail(err, "opts.probe_count is set, and opts.probes is not")
				      : 0;
	if (!o->probe_count)
		return fail(err, "opts.probes is set, and opts.probe_count is not");
	if (!o->probe_sz)
		return fail(err, "opts.probe_sz is not set: it is sizeof(struct skep_probe_spec)");
	if (o->probe_sz < PROBE_LEAST_BYTES || o->probe_sz % sizeof(uint64_t))
		return skep_fail(err, -EINVAL, SKEP_ERR_INVALID,
				 "manager: opts.probe_sz is %llu, the size of no struct "
				 "skep_probe_spec.",
				 (unsigned long long)o->probe_sz);
	return 0;
}

static int check_excluded(const struct skep_manager_opts *o, struct skep_error *err)
{
	uint64_t i;

	if (!o->excluded_programs)
		return o->excluded_program_count
			       ? fail(err, "opts.excluded_program_count is set, and "
					   "opts.excluded_programs is not")
			       : 0;
	if (!o->excluded_program_count)
		return fail(err, "opts.excluded_programs is set, and opts.excluded_program_count "
				 "is not");
	for (i = 0; i < o->excluded_program_count; i++)
		if (!o->excluded_programs[i])
			return skep_fail(err, -EINVAL, SKEP_ERR_INVALID,
					 "manager: opts.excluded_programs[%llu] is NULL.",
					 (unsigned long long)i);
	return 0;
}

/* @first, @last: families, one of which has to have it. */
static int check_method(uint64_t method, uint64_t first, uint64_t last, const char *member,
			struct skep_error *err)
{
	size_t count;
	const struct skep_attach_way *w = skep_attach_ways(&count);

	for (; method && count; count--, w++)
		if (w->method == method && w->family >= first && w->family <= last)
			return 0;
	if (!method)
		return 0;
	return skep_fail(err, -EINVAL, SKEP_ERR_INVALID,
			 "manager: opts.%s is %llu, which is no method of theirs.", member,
			 (unsigned long long)method);
}

int options_copy(struct skep_manager_opts *to, const struct skep_manager_opts *from,
		 struct skep_error *err)
{
	int r = opts_copy(to, sizeof(*to), from);

	if (from && !from->sz)
		return fail(err, "opts.sz is not set: it is sizeof(struct skep_manager_opts)");
	if (r < 0)
		return skep_fail(err, r, SKEP_ERR_INVALID, "manager: %s.",
				 r == -E2BIG ? "opts has what this library does not know"
					     : "opts.sz is no size");
	if (to->flags & ~(uint64_t)(SKEP_MANAGER_NO_GATE | SKEP_MANAGER_KEEP_MEMLOCK))
		return fail(err, "an unknown flag");
	r = check_probes(to, err);
	if (r == 0)
		r = check_excluded(to, err);
	if (r == 0)
		r = check_method(to->kprobe_method, SKEP_ATTACH_FAMILY_KPROBE,
				 SKEP_ATTACH_FAMILY_KPROBE_SESSION, "kprobe_method", err);
	if (r == 0)
		r = check_method(to->uprobe_method, SKEP_ATTACH_FAMILY_UPROBE,
				 SKEP_ATTACH_FAMILY_USDT, "uprobe_method", err);
	return r;
}
