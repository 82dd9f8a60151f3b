/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "attach/tracing.h"

#include <errno.h>
#include <linux/bpf.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <skep/attach_tracepoint.h>
#include <skep/attach_tracing.h>
#include <skep/error.h>
#include <skep/kabi.h>
#include <skep/sys.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/opts.h"

#define LAST_ARGUMENT 11 /* of a tracepoint that has as many as a program can read */

/* Return: the link's fd; a negative errno, not recorded. */
static int open_link(const struct tracing_recipe *r, int prog_fd)
{
	struct skep_attr_raw_tracepoint raw = { .name = SKEP_ATTR_POINTER(r->name),
						.prog_fd = (uint32_t)prog_fd,
						.cookie = r->cookie };
	struct skep_attr_link_create link = { .fd = (uint32_t)prog_fd,
					      .target = r->target_fd,
					      .attach_type = r->attach_type };

	if (!r->by_link_create)
		return skep_sys_bpf(SKEP_COMMAND_RAW_TRACEPOINT_OPEN, &raw, sizeof(raw));
	link.tracing.target_btf_id = r->target_btf_id;
	link.tracing.cookie = r->cookie;
	return skep_sys_bpf(SKEP_COMMAND_LINK_CREATE, &link, sizeof(link));
}

static void release(void *data)
{
	free((char *)((struct tracing_recipe *)data)->name);
}

static int fail_link(const struct skep_attachment *a, const struct tracing_recipe *recipe, int code,
		     struct skep_error *err)
{
	if (code == -ENOENT && recipe->name)
		return skep_fail(err, code, SKEP_ERR_NO_HOOK, "the kernel has no tracepoint '%s'.",
				 recipe->name);
	/* of an attribute that a kernel does not know it says E2BIG or EINVAL; without it the same may be possible */
	if (recipe->cookie && (code == -EINVAL || code == -E2BIG))
		return skep_fail(
			err, -EOPNOTSUPP, SKEP_ERR_UNSUPPORTED,
			"this kernel has no cookies for them, or the program is of another "
			"type.");
	if (code == -EINVAL && !attach_way_lacking(attach_way_find(a->family, a->method)))
		return skep_fail(err, code, SKEP_ERR_INVALID,
				 "the program is of another type, or does not fit what it is "
				 "attached to.");
	return attach_fail(a, code, err);
}

/* A second link for a moment, as the first cannot be given another program. */
static int update(struct skep_attachment *a, int prog_fd, struct skep_error *err)
{
	const struct tracing_recipe *recipe = a->data;
	int fd;

	if (a->bpffs)
		return skep_fail(err, -EBUSY, SKEP_ERR_CONFLICT,
				 "it is pinned, and its link cannot be given another program.");
	fd = open_link(recipe, prog_fd);
	if (fd < 0)
		return fail_link(a, recipe, fd, err);
	close(a->link_fd);
	a->link_fd = fd;
	return 1;
}

static const struct attachment_class class = { .update = update, .release = release };

int tracing_attach(struct skep_attachment *a, const struct tracing_recipe *recipe, int prog_fd,
		   struct skep_error *err)
{
	struct tracing_recipe *kept = malloc(sizeof(*kept));
	int fd;

	a->data = kept;
	if (kept) {
		*kept = *recipe;
		kept->name = recipe->name ? strdup(recipe->name) : NULL;
		a->class = &class;
	}
	if (!kept || (recipe->name && !kept->name))
		return skep_fail(err, -ENOMEM, SKEP_ERR_NO_MEMORY, "keep a link");
	fd = open_link(recipe, prog_fd);
	if (fd < 0)
		return fail_link(a, recipe, fd, err);
	a->link_fd = fd;
	a->cookie = recipe->cookie;
	return 0;
}

struct request {
	int prog_fd;
	struct tracing_recipe recipe;
};

static int attach_link(struct skep_attachment *a, const void *request, struct skep_error *err)
{
	const struct request *r = request;

	return tracing_attach(a, &r->recipe, r->prog_fd, err);
}

static const struct attach_try by_raw[] = {
	{ SKEP_ATTACH_METHOD_RAW_TRACEPOINT, attach_link },
};
static const struct attach_try by_link[] = {
	{ SKEP_ATTACH_METHOD_LINK, attach_link },
};

/*
 * By a program that reads more arguments than tracepoints have, who therefore refuse it, if they are there; and that does
 * nothing, if one has as many. Return: -ENOENT there is none; anything else: there is one, or it could not be told.
 */
static int find_tracepoint(const char *name)
{
	static const struct bpf_insn insns[] = {
		{ .code = BPF_LDX | BPF_MEM | BPF_DW,
		  .src_reg = BPF_REG_1,
		  .off = LAST_ARGUMENT * 8 },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	struct skep_attr_prog_load load = {
		.prog_type = SKEP_PROG_TYPE_RAW_TRACEPOINT,
		.insn_cnt = ARRAY_SIZE(insns),
		.insns = SKEP_ATTR_POINTER(insns),
		.license = SKEP_ATTR_POINTER("GPL"),
	};
	struct skep_attr_raw_tracepoint attr = { .name = SKEP_ATTR_POINTER(name) };
	_cleanup_close_ int prog = -1, link = -1;

	prog = skep_sys_bpf(SKEP_COMMAND_PROG_LOAD, &load, sizeof(load));
	if (prog < 0)
		return prog;
	attr.prog_fd = (uint32_t)prog;
	link = skep_sys_bpf(SKEP_COMMAND_RAW_TRACEPOINT_OPEN, &attr, sizeof(attr));
	return link;
}

static int rehearse(struct skep_attachment *a, const void *request, struct skep_error *err)
{
	const struct request *r = request;

	return find_tracepoint(r->recipe.name) == -ENOENT ? fail_link(a, &r->recipe, -ENOENT, err)
							  : 0;
}

int skep_raw_tracepoint_attach(int prog_fd, const struct skep_raw_tracepoint_opts *opts,
			       struct skep_attachment **ret_attachment, struct skep_error *err)
{
	struct request request = { .prog_fd = prog_fd };
	struct skep_raw_tracepoint_opts o;
	int r = opts_copy(&o, sizeof(o), opts);

	if (r < 0 || o.flags & ~(uint64_t)SKEP_ATTACH_DRY_RUN || !o.name)
		return skep_fail(err, r < 0 ? r : -EINVAL, SKEP_ERR_INVALID,
				 "options of a raw tracepoint");
	request.recipe.name = o.name;
	request.recipe.cookie = o.cookie;
	const struct attach_plan plan = {
		.family = SKEP_ATTACH_FAMILY_RAW_TRACEPOINT,
		.flags = o.flags,
		.method = o.method,
		.tries = by_raw,
		.try_count = ARRAY_SIZE(by_raw),
		.request = &request,
		.prog_fd = &prog_fd,
		.rehearse = rehearse,
	};

	return attach_run(&plan, ret_attachment, err, "%s", o.name);
}

/* The attach type for which programs of a family are loaded. Return: 0 it is not one of these. */
static uint32_t attach_type_of(uint32_t family)
{
	switch (family) {
	case SKEP_ATTACH_FAMILY_TP_BTF:
		return SKEP_ATTACH_TYPE_TRACE_RAW_TP;
	case SKEP_ATTACH_FAMILY_FENTRY:
		return SKEP_ATTACH_TYPE_TRACE_FENTRY;
	case SKEP_ATTACH_FAMILY_FEXIT:
		return SKEP_ATTACH_TYPE_TRACE_FEXIT;
	case SKEP_ATTACH_FAMILY_FSESSION:
		return SKEP_ATTACH_TYPE_TRACE_FSESSION;
	case SKEP_ATTACH_FAMILY_FMOD_RET:
		return SKEP_ATTACH_TYPE_MODIFY_RETURN;
	case SKEP_ATTACH_FAMILY_LSM:
		return SKEP_ATTACH_TYPE_LSM_MAC;
	default:
		return 0;
	}
}

int skep_tracing_attach(int prog_fd, uint32_t family, const struct skep_tracing_opts *opts,
			struct skep_attachment **ret_attachment, struct skep_error *err)
{
	uint32_t attach_type = attach_type_of(family);
	struct request request = { .prog_fd = prog_fd };
	struct skep_tracing_opts o;
	int r = opts_copy(&o, sizeof(o), opts);

	if (r < 0 || o.flags & ~(uint64_t)SKEP_ATTACH_DRY_RUN || !attach_type)
		return skep_fail(err, r < 0 ? r : -EINVAL, SKEP_ERR_INVALID, "options of tracing");
	/* only the newer command takes a cookie, and only the older one is on every kernel */
	request.recipe.by_link_create = o.cookie != 0;
	request.recipe.attach_type = attach_type;
	request.recipe.cookie = o.cookie;
	const struct attach_plan plan = {
		.family = family,
		.flags = o.flags,
		.method = o.method,
		.tries = by_link,
		.try_count = ARRAY_SIZE(by_link),
		.request = &request,
		.prog_fd = &prog_fd,
		.checked_first = 1,
	};

	return attach_run(&plan, ret_attachment, err, "%s", "what it was loaded for");
}
