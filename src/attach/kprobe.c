/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "attach/kprobe.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <skep/attach_kprobe.h>
#include <skep/error.h>
#include <skep/kabi.h>
#include <skep/symbol.h>
#include <skep/sys.h>

#include "attach/perf.h"
#include "attach/trace_event.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "base/opts.h"

#define PLACE_SIZE 768 /* a function's name has up to 511 bytes, a module's 55 */

static void describe(const struct kprobe_place *p, char *buf, size_t size)
{
	size_t len;

	if (p->symbol)
		snprintf(buf, size, "%s", p->symbol);
	else
		snprintf(buf, size, "0x%" PRIx64, p->address);
	len = strlen(buf);
	if (p->offset)
		snprintf(buf + len, size - len, "+%" PRIu64, p->offset);
}

/* A line of /proc/kallsyms: "address type name", perhaps a tab and a module. */
static int is_line_of(const char *line, const char *name)
{
	const size_t len = strlen(name);

	line = strchr(line, ' ');
	line = line ? strchr(line + 1, ' ') : NULL;
	return line && !strncmp(line + 1, name, len) && strchr("\t\n", line[1 + len]) != NULL;
}

/*
 * Return: how many functions have that name: 0, 1, or 2 for several; a negative errno: could not tell. The file is not kept, as
 * skep_kallsyms_read() does: of all its lines only one is asked for.
 */
static int count_functions(const char *symbol)
{
	_cleanup_fclose_ FILE *f = fopen("/proc/kallsyms", "re");
	_cleanup_free_ char *line = NULL;
	const char *colon = strchr(symbol, ':');
	size_t room = 0;
	int count = 0, any = 0;

	while (f && count < 2 && getline(&line, &room, f) >= 0) {
		any = 1;
		count += is_line_of(line, colon ? colon + 1 : symbol);
	}
	return any && !ferror(f) ? count : -EIO;
}

/*
 * The kernel's answer depends on its release: no such function is ENOENT, or EINVAL; a name that several have is the first of
 * them, or EADDRNOTAVAIL.
 */
static int fail_place(const struct skep_attachment *a, const struct kprobe_place *p, int code,
		      struct skep_error *err)
{
	int count = 1;

	if (p->symbol && (code == -ENOENT || code == -EINVAL || code == -EADDRNOTAVAIL))
		count = count_functions(p->symbol);
	if (count == 0)
		return skep_fail(err, -ENOENT, SKEP_ERR_NO_HOOK, "the kernel has no function '%s'.",
				 p->symbol);
	if (code == -EADDRNOTAVAIL && count > 1)
		return skep_fail(err, -ENOTUNIQ, SKEP_ERR_INVALID,
				 "several functions of the kernel are called '%s': it takes the "
				 "address.",
				 p->symbol);
	if (code == -EINVAL || code == -ENOENT || code == -EADDRNOTAVAIL)
		return skep_fail(err, -EADDRNOTAVAIL, SKEP_ERR_INVALID,
				 "it cannot be probed there.");
	if (code == -EILSEQ)
		return skep_fail(err, code, SKEP_ERR_INVALID, "no instruction begins there.");
	return attach_fail(a, code, err);
}

static int fail_max_active(struct skep_error *err)
{
	return skep_fail(
		err, -EOPNOTSUPP, SKEP_ERR_UNSUPPORTED,
		"only a probe made in tracefs can be told how many calls may be under way.");
}

static int add_by_unit(struct skep_attachment *a, const struct kprobe_place *p, enum perf_how how,
		       struct skep_error *err)
{
	struct perf_recipe recipe;
	int r = perf_unit_recipe(PERF_UNIT_KPROBE, p->is_return, 0, &recipe, err);

	if (r < 0)
		return r;
	if (p->max_active)
		return fail_max_active(err);
	recipe.text = p->symbol;
	recipe.attr.config2 = p->symbol ? p->offset : p->address + p->offset;
	r = perf_open(&recipe);
	if (r < 0)
		return fail_place(a, p, r, err);
	return perf_attach(a, &recipe, r, p->prog_fd, p->cookie, how, err);
}

static int add_by_tracefs(struct skep_attachment *a, const struct kprobe_place *p,
			  struct skep_error *err)
{
	struct trace_event *event = NULL;
	struct perf_recipe recipe;
	char place[PLACE_SIZE];
	uint64_t id = 0;
	int refused, r;

	describe(p, place, sizeof(place));
	r = trace_event_make(TRACE_EVENT_KPROBE, p->is_return, p->max_active, place, &event, &id,
			     &refused, err);
	if (r < 0)
		return refused ? fail_place(a, p, refused, err) : r;
	r = perf_own_event(a, event, err);
	if (r < 0)
		return r;
	perf_tracepoint_recipe(id, 0, &recipe);
	r = perf_open(&recipe);
	if (r < 0)
		return attach_fail(a, r, err);
	return perf_attach(a, &recipe, r, p->prog_fd, p->cookie, PERF_BY_BEST, err);
}

int kprobe_add(struct skep_attachment *a, const struct kprobe_place *place, struct skep_error *err)
{
	switch (a->method) {
	case SKEP_ATTACH_METHOD_LINK:
		return add_by_unit(a, place, PERF_BY_LINK, err);
	case SKEP_ATTACH_METHOD_PERF:
		return add_by_unit(a, place, PERF_BY_IOCTL, err);
	default:
		return add_by_tracefs(a, place, err);
	}
}

static int attach_place(struct skep_attachment *a, const void *request, struct skep_error *err)
{
	int r = kprobe_add(a, request, err);

	if (r < 0)
		perf_undo(a);
	return r;
}

/* For a program that was loaded for many functions: a link to one of them. It knows no modules and no offsets. */
static int attach_by_multi(struct skep_attachment *a, const void *request, struct skep_error *err)
{
	const struct kprobe_place *p = request;
	const char *colon = p->symbol ? strchr(p->symbol, ':') : NULL;
	const char *name = colon ? colon + 1 : p->symbol;
	const uint64_t address = p->address + p->offset;
	struct skep_attr_link_create attr = {
		.fd = (uint32_t)p->prog_fd,
		.attach_type = SKEP_ATTACH_TYPE_TRACE_KPROBE_MULTI,
		.kprobe_multi = { .flags = p->is_return ? SKEP_KPROBE_MULTI_FLAG_RETURN : 0,
				  .cnt = 1 },
	};
	int fd;

	if (p->max_active)
		return fail_max_active(err);
	if (p->symbol && p->offset)
		return skep_fail(err, -EOPNOTSUPP, SKEP_ERR_UNSUPPORTED,
				 "a program that was loaded for many functions at once is attached "
				 "to their beginnings.");
	if (p->symbol)
		attr.kprobe_multi.syms = SKEP_ATTR_POINTER(&name);
	else
		attr.kprobe_multi.addrs = SKEP_ATTR_POINTER(&address);
	if (p->cookie)
		attr.kprobe_multi.cookies = SKEP_ATTR_POINTER(&p->cookie);
	fd = skep_sys_bpf(SKEP_COMMAND_LINK_CREATE, &attr, sizeof(attr));
	if (fd == -EINVAL && attach_way_lacking(attach_way_find(a->family, a->method)))
		return attach_fail(a, fd, err);
	if (fd < 0)
		return fail_place(a, p, fd == -ESRCH ? -ENOENT : fd, err);
	a->link_fd = fd;
	a->cookie = p->cookie;
	return 0;
}

static int rehearse(struct skep_attachment *a, const void *request, struct skep_error *err)
{
	const struct kprobe_place *p = request;

	return p->symbol && count_functions(p->symbol) == 0 ? fail_place(a, p, -ENOENT, err) : 0;
}

static const struct attach_try tries[] = {
	{ SKEP_ATTACH_METHOD_LINK, attach_place },
	{ SKEP_ATTACH_METHOD_PERF, attach_place },
	{ SKEP_ATTACH_METHOD_TRACEFS, attach_place },
	{ SKEP_ATTACH_METHOD_MULTI, attach_by_multi },
};

static int check_opts(const struct skep_kprobe_opts *o, struct skep_error *err)
{
	const uint64_t known = SKEP_ATTACH_DRY_RUN | SKEP_KPROBE_RETURN | SKEP_KPROBE_VARIANTS;

	if (o->flags & ~known)
		return skep_fail(err, -EINVAL, SKEP_ERR_INVALID, "flags of a kprobe");
	if (!o->symbol == !o->address ||
	    (o->symbol && (!*o->symbol || strpbrk(o->symbol, " \t\n"))))
		return skep_fail(err, -EINVAL, SKEP_ERR_INVALID,
				 "a kprobe takes the name of a function, or an address.");
	if (o->max_active > INT32_MAX || (o->max_active && !(o->flags & SKEP_KPROBE_RETURN)))
		return skep_fail(err, -EINVAL, SKEP_ERR_INVALID,
				 "how many calls may be under way is of returns only.");
	if (o->offset && o->flags & SKEP_KPROBE_RETURN)
		return skep_fail(err, -EINVAL, SKEP_ERR_INVALID,
				 "the return of a function is at no offset.");
	return 0;
}

static int attach_once(const struct skep_kprobe_opts *o, const struct kprobe_place *place,
		       struct skep_attachment **ret, struct skep_error *err)
{
	const struct attach_plan plan = {
		.family =
			place->is_return ? SKEP_ATTACH_FAMILY_KRETPROBE : SKEP_ATTACH_FAMILY_KPROBE,
		.flags = o->flags,
		.method = o->method || !place->max_active ? o->method : SKEP_ATTACH_METHOD_TRACEFS,
		.tries = tries,
		.try_count = ARRAY_SIZE(tries),
		.request = place,
		.prog_fd = &place->prog_fd,
		.has_cookie = place->cookie != 0,
		.rehearse = rehearse,
	};
	char target[PLACE_SIZE];

	describe(place, target, sizeof(target));
	return attach_run(&plan, ret, err, "%s", target);
}

int skep_kprobe_attach(int prog_fd, const struct skep_kprobe_opts *opts,
		       struct skep_attachment **ret_attachment, struct skep_error *err)
{
	const struct skep_symbol_opts variants = { .sz = sizeof(variants),
						   .flags = SKEP_SYMBOL_VARIANTS };
	struct skep_error why = { 0 };
	struct kprobe_place place;
	struct skep_kprobe_opts o;
	char variant[512];
	int r = opts_copy(&o, sizeof(o), opts);

	if (r < 0)
		return skep_fail(err, r, SKEP_ERR_INVALID, "options of a kprobe");
	r = check_opts(&o, err);
	if (r < 0)
		return r;
	place = (struct kprobe_place){ .symbol = o.symbol,
				       .address = o.address,
				       .offset = o.offset,
				       .max_active = o.max_active,
				       .cookie = o.cookie,
				       .is_return = (o.flags & SKEP_KPROBE_RETURN) != 0,
				       .prog_fd = prog_fd };
	r = attach_once(&o, &place, ret_attachment, &why);
	if (r == -ENOENT && o.symbol && o.flags & SKEP_KPROBE_VARIANTS &&
	    skep_symbol_find(o.symbol, &variants, variant, sizeof(variant), NULL) > 0) {
		place.symbol = variant;
		r = attach_once(&o, &place, ret_attachment, &why);
	}
	if (r < 0 && err)
		*err = why;
	return r;
}
