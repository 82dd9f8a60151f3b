/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include <bpf/btf.h>
#include <errno.h>

#include <skep/attach_tracing.h>
#include <skep/error.h>
#include <skep/kabi.h>
#include <skep/sys.h>
#include <skep/sys_object.h>

#include "attach/tracing.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "base/opts.h"
#include "sys/libbpf_print.h"

struct request {
	int prog_fd;
	struct tracing_recipe recipe;
};

static int by_link(struct skep_attachment *a, const void *request, struct skep_error *err)
{
	const struct request *r = request;

	return tracing_attach(a, &r->recipe, r->prog_fd, err);
}

static const struct attach_try tries[] = { { SKEP_ATTACH_METHOD_LINK, by_link } };

static struct btf *load_btf(uint32_t id)
{
	struct sys_libbpf_print print;
	struct btf *btf;

	sys_libbpf_print_begin(&print);
	btf = btf__load_from_kernel_by_id(id);
	sys_libbpf_print_end(&print);
	return btf;
}

/* The id of a function in the types of a program. */
static int find_function(int prog_fd, const char *function, uint32_t *ret_id,
			 struct skep_error *err)
{
	struct skep_prog_info info = { 0 };
	struct btf *btf;
	int r = skep_sys_prog_info(prog_fd, &info, sizeof(info));

	if (r < 0)
		return skep_fail(err, r, SKEP_ERR_SYSCALL, "ask about the target");
	if (!info.btf_id)
		return skep_fail(err, -ENOENT, SKEP_ERR_NO_HOOK,
				 "the target program was loaded without types (BTF).");
	btf = load_btf(info.btf_id);
	if (!btf)
		return skep_fail(err, -errno, SKEP_ERR_SYSCALL, "read the types of the target");
	r = btf__find_by_name_kind(btf, function, BTF_KIND_FUNC);
	btf__free(btf);
	if (r < 0)
		return skep_fail(err, -ENOENT, SKEP_ERR_NO_HOOK,
				 "the target program has no function '%s'.", function);
	*ret_id = (uint32_t)r;
	return 0;
}

int skep_freplace_attach(int prog_fd, const struct skep_freplace_opts *opts,
			 struct skep_attachment **ret_attachment, struct skep_error *err)
{
	struct request request = { .prog_fd = prog_fd };
	struct skep_freplace_opts o;
	int r = opts_copy(&o, sizeof(o), opts);

	if (r < 0 || o.flags & ~(uint64_t)SKEP_ATTACH_DRY_RUN || o.target_fd > INT32_MAX)
		return skep_fail(err, r < 0 ? r : -EINVAL, SKEP_ERR_INVALID,
				 "options of a function of a program");
	if (o.function) {
		request.recipe.target_fd = (uint32_t)o.target_fd;
		r = find_function((int)o.target_fd, o.function, &request.recipe.target_btf_id, err);
		if (r < 0)
			return r;
		request.recipe.by_link_create = 1;
	}
	const struct attach_plan plan = {
		.family = SKEP_ATTACH_FAMILY_FREPLACE,
		.flags = o.flags,
		.method = o.method,
		.tries = tries,
		.try_count = ARRAY_SIZE(tries),
		.request = &request,
		.prog_fd = &prog_fd,
		.checked_first = 1,
	};

	return attach_run(&plan, ret_attachment, err, "%s",
			  o.function ? o.function : "what it was loaded for");
}
