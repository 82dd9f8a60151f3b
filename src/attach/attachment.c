/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "attach/attachment.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <skep/bpffs_pin.h>
#include <skep/error.h>
#include <skep/kabi.h>
#include <skep/sys_link.h>
#include <skep/sys_object.h>

#include "attach/link.h"
#include "attach/program.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "base/time.h"
#include "bpffs/own.h"
#include "sys/capability.h"
#include "sys/fail.h"

static int attachment_new(uint32_t family, char *taken_target, struct skep_attachment **ret)
{
	struct skep_attachment *a = calloc(1, sizeof(*a));

	if (!a) {
		free(taken_target);
		return -ENOMEM;
	}
	a->family = family;
	a->link_fd = -EBADF;
	a->target = taken_target;
	*ret = a;
	return 0;
}

void attachment_close_fds(struct skep_attachment *a)
{
	size_t i;

	for (i = 0; i < a->event_count; i++)
		close(a->event_fds[i]);
	a->event_count = 0;
	if (a->link_fd >= 0)
		close(take_fd(&a->link_fd));
}

/* What a method has put into it. */
static void empty(struct skep_attachment *a)
{
	size_t i;

	attachment_close_fds(a);
	free(a->event_fds);
	a->event_fds = NULL;
	if (a->class && a->class->release && a->data)
		a->class->release(a->data);
	free(a->data);
	a->data = NULL;
	a->class = NULL;
	for (i = 0; i < a->result_count; i++)
		free((char *)a->results[i].name);
	free(a->results);
	a->results = NULL;
	a->result_count = 0;
	a->cookie = 0;
	a->more_links = 0;
}

struct skep_attachment *skep_attachment_close(struct skep_attachment *a)
{
	int saved = errno;

	if (a) {
		if (a->state == ATTACHMENT_ATTACHED && !a->bpffs && a->class && a->class->detach)
			a->class->detach(a, NULL);
		empty(a);
		free(a->path);
		free(a->target);
		free(a);
	}
	errno = saved;
	return NULL;
}

void attachment_leave(struct skep_attachment *a)
{
	a->state = ATTACHMENT_DETACHED;
	skep_attachment_close(a);
}

/* The attach type of programs of type kprobe for links to many places of a family. Return: 0 it has no such links. */
static uint32_t multi_type(const struct attach_plan *plan)
{
	const struct skep_attach_way *way = attach_way_find(plan->family, SKEP_ATTACH_METHOD_MULTI);

	return way && (way->link_type == SKEP_LINK_TYPE_KPROBE_MULTI ||
		       way->link_type == SKEP_LINK_TYPE_UPROBE_MULTI)
		       ? attach_way_multi_type(plan->family)
		       : 0;
}

/* @wanted, @loaded: attach types for links to many places; 0: for one */
static int fail_loaded(uint32_t wanted, uint32_t loaded, uint32_t of_family, struct skep_error *err)
{
	char name[SKEP_NAME_SIZE], other[SKEP_NAME_SIZE];

	if (!loaded)
		return skep_fail(err, -EOPNOTSUPP, SKEP_ERR_UNSUPPORTED,
				 "the program was not loaded for many places at once (expected "
				 "attach type %s).",
				 skep_attach_type_name(wanted, name));
	if (!wanted && loaded == of_family)
		return skep_fail(err, -EOPNOTSUPP, SKEP_ERR_UNSUPPORTED,
				 "the program was loaded for many places at once (expected attach "
				 "type %s): by method multi alone.",
				 skep_attach_type_name(loaded, name));
	return skep_fail(err, -EOPNOTSUPP, SKEP_ERR_UNSUPPORTED,
			 "the program was loaded for something else (expected attach type %s%s%s).",
			 skep_attach_type_name(loaded, other), wanted ? ", not " : "",
			 wanted ? skep_attach_type_name(wanted, name) : "");
}

/* Was the program loaded for the method? Return: 1, also if it does not matter; 0 no, recorded. */
static int fits(const struct attach_plan *plan, uint32_t method, struct skep_error *err)
{
	const uint32_t type = multi_type(plan);
	const uint32_t wanted = method == SKEP_ATTACH_METHOD_MULTI ? type : 0;
	uint32_t loaded;

	if (!type || !plan->prog_fd)
		return 1;
	loaded = attach_program_multi_type(*plan->prog_fd);
	if (loaded == wanted)
		return 1;
	fail_loaded(wanted, loaded, type, err);
	return 0;
}

int attach_fail_cookie(struct skep_error *err)
{
	return skep_fail(err, -EOPNOTSUPP, SKEP_ERR_UNSUPPORTED,
			 "there are no cookies without links to perf events (Linux 5.15).");
}

/* Would it work? Return: 0; -EOPNOTSUPP this kernel lacks the method; another negative errno; recorded. */
static int rehearse(const struct attach_plan *plan, struct skep_attachment *a,
		    struct skep_error *err)
{
	const struct skep_attach_way *way = attach_way_find(a->family, a->method);
	uint64_t needed = skep_operation_capabilities((uint32_t)way->operation);
	int r = skep_attach_supported(NULL, a->family, a->method, err);

	if (r <= 0)
		return r < 0 ? r : attach_fail_lacking(way, err);
	if (sys_capabilities_missing(needed))
		return sys_fail_permission(err, -EPERM, needed, skep_attach_method_name(a->method));
	if (!fits(plan, a->method, err))
		return -EOPNOTSUPP;
	if (plan->has_cookie && a->method == SKEP_ATTACH_METHOD_PERF)
		return attach_fail_cookie(err);
	return plan->rehearse ? plan->rehearse(a, plan->request, err) : 0;
}

/*
 * A program of another type, or one that was loaded for other methods, is what is wrong, whatever the kernel has said, unless
 * it lacks the method. @err: there is one.
 * Return: @code, or what is wrong, recorded in its place.
 */
static int explain(const struct attach_plan *plan, const struct skep_attachment *a, int code,
		   struct skep_error *err)
{
	const struct skep_attach_way *way = attach_way_find(a->family, a->method);
	struct skep_error why = { 0 };
	int is_unsupported, r;

	if (!plan->prog_fd)
		return code;
	r = attach_program_check(plan->family, *plan->prog_fd, NULL, &why);
	is_unsupported = code == -EOPNOTSUPP && err->kind == SKEP_ERR_UNSUPPORTED;
	/* no program is right for it, and a dry run has the same words */
	if (r != -EBADF && (r == -EINVAL || is_unsupported) && attach_way_lacking(way))
		return is_unsupported ? attach_fail_lacking(way, err) : code;
	if (r < 0) {
		*err = why;
		return r;
	}
	if ((code == -EINVAL || code == -EADDRNOTAVAIL) && !attach_way_lacking(way) &&
	    !fits(plan, a->method, err))
		return -EOPNOTSUPP;
	return code;
}

/* Return: 0; -EOPNOTSUPP this kernel lacks the method; another negative errno. */
static int try_method(const struct attach_plan *plan, const struct attach_try *try,
		      struct skep_attachment *a, struct skep_error *err)
{
	uint64_t begin;
	int r;

	a->method = try->method;
	if (plan->flags & SKEP_ATTACH_DRY_RUN) {
		r = rehearse(plan, a, err);
		if (r < 0)
			empty(a);
		return r < 0 ? r : 0;
	}
	begin = time_now_ns(CLOCK_MONOTONIC);
	r = try->attach(a, plan->request, err);
	if (r < 0) {
		empty(a);
		return explain(plan, a, r, err);
	}
	a->time_ns = time_now_ns(CLOCK_MONOTONIC) - begin;
	a->state = ATTACHMENT_ATTACHED;
	return 0;
}

static int try_methods(const struct attach_plan *plan, struct skep_attachment *a,
		       struct skep_error *err)
{
	/* of a family that has both; a session is of many at once, and of nothing else */
	const int chooses =
		!plan->method && plan->prog_fd && plan->try_count > 1 && multi_type(plan);
	const int by_many = chooses ? attach_program_multi_type(*plan->prog_fd) != 0 : -1;
	struct skep_error why = { 0 };
	int r = -EINVAL;
	size_t i;

	for (i = 0; i < plan->try_count; i++) {
		const int is_many = plan->tries[i].method == SKEP_ATTACH_METHOD_MULTI;

		if (plan->method ? plan->method != plan->tries[i].method
				 : by_many >= 0 && by_many != is_many)
			continue;
		why = (struct skep_error){ 0 };
		r = try_method(plan, &plan->tries[i], a, &why);
		if (r != -EOPNOTSUPP || why.kind != SKEP_ERR_UNSUPPORTED)
			break;
	}
	if (r == -EINVAL && !why.kind)
		return skep_fail(err, r, SKEP_ERR_INVALID, "not by method %s.",
				 skep_attach_method_name((uint32_t)plan->method));
	if (r < 0 && err)
		*err = why;
	return r;
}

int attach_run(const struct attach_plan *plan, struct skep_attachment **ret_attachment,
	       struct skep_error *err, const char *fmt, ...)
{
	_cleanup_(skep_attachment_closep) struct skep_attachment *a = NULL;
	char *target = NULL;
	va_list args;
	int r;

	va_start(args, fmt);
	r = vasprintf(&target, fmt, args);
	va_end(args);
	if (r < 0 || attachment_new(plan->family, target, &a) < 0)
		return skep_fail(err, -ENOMEM, SKEP_ERR_NO_MEMORY, "attach %s",
				 skep_attach_family_name(plan->family));
	r = plan->prog_fd && (plan->flags & SKEP_ATTACH_DRY_RUN || plan->checked_first)
		    ? attach_program_check(plan->family, *plan->prog_fd, NULL, err)
		    : 0;
	if (r == -EINVAL && !plan->checked_first &&
	    skep_attach_supported(NULL, plan->family, (uint32_t)plan->method, NULL) == 0)
		r = 0; /* no program is right for what the kernel lacks */
	r = r < 0 ? r : try_methods(plan, a, err);
	if (r < 0)
		return skep_wrap(err, r, "attach %s to %s: ", skep_attach_family_name(plan->family),
				 a->target);
	*ret_attachment = take_ptr(a);
	return 0;
}

int attach_fail(const struct skep_attachment *a, int code, struct skep_error *err)
{
	const struct skep_attach_way *way = attach_way_find(a->family, a->method);

	if ((code == -EINVAL || code == -EOPNOTSUPP) && attach_way_lacking(way))
		return attach_fail_lacking(way, err);
	if (code == -EACCES &&
	    sys_capabilities_missing(skep_operation_capabilities((uint32_t)way->operation)))
		return sys_fail_permission(err, code,
					   skep_operation_capabilities((uint32_t)way->operation),
					   skep_attach_method_name(a->method));
	if (err && err->code == code)
		return code;
	return sys_fail(err, code, skep_operation_capabilities((uint32_t)way->operation), "%s",
			skep_attach_method_name(a->method));
}

int attachment_add_event(struct skep_attachment *a, int fd)
{
	int *more = realloc(a->event_fds, (a->event_count + 1) * sizeof(*more));

	if (!more) {
		close(fd);
		return -ENOMEM;
	}
	a->event_fds = more;
	a->event_fds[a->event_count++] = fd;
	return 0;
}

int attachment_add_result(struct skep_attachment *a, const char *name, uint64_t address, int code)
{
	struct skep_attach_result *more =
		realloc(a->results, (a->result_count + 1) * sizeof(*more));

	if (!more)
		return -ENOMEM;
	a->results = more;
	more += a->result_count;
	more->name = strdup(name);
	if (!more->name)
		return -ENOMEM;
	more->address = address;
	more->code = code;
	a->result_count++;
	return 0;
}

/* A link: detached also for others who hold it, if its type can be. Return: 0; 1 its hook has gone; a negative errno. */
static int detach_link(const struct skep_attachment *a, struct skep_error *err)
{
	struct skep_link_info info = { 0 };
	int r, gone;

	if (a->link_fd < 0)
		return 0;
	r = skep_sys_link_info(a->link_fd, &info, sizeof(info));
	gone = r >= 0 && link_is_defunct(&info);
	r = skep_sys_link_detach(a->link_fd, err);
	if (r < 0 && r != -EOPNOTSUPP)
		return r;
	return gone;
}

int skep_attachment_detach(struct skep_attachment *a, struct skep_error *err)
{
	int r, gone;

	if (a->state != ATTACHMENT_ATTACHED)
		return 1;
	/* first: that it is ours is seen by the link, and some links end by being closed */
	r = a->bpffs ? skep_attachment_unpin(a, err) : 0;
	if (r < 0 && r != -ESTALE)
		return r;
	gone = a->class && a->class->detach ? a->class->detach(a, err) : detach_link(a, err);
	if (gone < 0)
		return skep_wrap(err, gone,
				 "detach %s from %s: ", skep_attach_family_name(a->family),
				 a->target);
	attachment_close_fds(a);
	a->state = ATTACHMENT_DETACHED;
	return gone;
}

int attachment_is_active(const struct skep_attachment *a, struct skep_error *err)
{
	struct skep_link_info info = { 0 };
	int r;

	if (a->state != ATTACHMENT_ATTACHED)
		return 0;
	if (a->class && a->class->is_active)
		return a->class->is_active(a, err);
	if (a->link_fd < 0)
		return 1;
	r = skep_sys_link_info(a->link_fd, &info, sizeof(info));
	if (r < 0)
		return r == -EINVAL
			       ? 1
			       : /* what a kernel without such links gives in the place of one */
			       skep_fail(err, r, SKEP_ERR_SYSCALL, "look at the link");
	return !link_is_defunct(&info);
}

int skep_attachment_update(struct skep_attachment *a, int prog_fd, struct skep_error *err)
{
	int r;

	if (a->state != ATTACHMENT_ATTACHED)
		r = skep_fail(err, -ENOLINK, SKEP_ERR_NOT_FOUND, "it is not attached.");
	else if (a->class && a->class->update)
		r = a->class->update(a, prog_fd, err);
	else
		r = a->link_fd >= 0 ? link_update(a->link_fd, prog_fd, -1, err)
				    : skep_fail(err, -EOPNOTSUPP, SKEP_ERR_UNSUPPORTED,
						"the program cannot be exchanged.");
	return r < 0 ? skep_wrap(err, r, "update %s at %s: ", skep_attach_family_name(a->family),
				 a->target)
		     : r;
}

/* Does the method give a link? An event of tracefs has one where the kernel has links to perf events. */
static int makes_link(const struct skep_attachment *a)
{
	if (a->state != ATTACHMENT_PLANNED)
		return a->link_fd >= 0;
	if (a->method == SKEP_ATTACH_METHOD_TRACEFS)
		return !attach_way_lacking(
			attach_way_find(SKEP_ATTACH_FAMILY_TRACEPOINT, SKEP_ATTACH_METHOD_LINK));
	return attach_way_find(a->family, a->method)->link_type != 0;
}

int skep_attachment_pin(struct skep_attachment *a, const struct skep_bpffs *bpffs, const char *path,
			struct skep_error *err)
{
	char *copy;
	int r;

	if (a->bpffs)
		return skep_fail(err, -EBUSY, SKEP_ERR_CONFLICT, "pin '%s': it is pinned at '%s'.",
				 path, a->path);
	if (!makes_link(a))
		return skep_fail(err, -EOPNOTSUPP, SKEP_ERR_UNSUPPORTED,
				 "pin '%s': %s by method %s has no link.", path,
				 skep_attach_family_name(a->family),
				 skep_attach_method_name(a->method));
	if (a->more_links)
		return skep_fail(err, -EOPNOTSUPP, SKEP_ERR_UNSUPPORTED,
				 "pin '%s': %s at %s has %zu links, and a pin is of one.", path,
				 skep_attach_family_name(a->family), a->target, a->more_links + 1);
	if (a->state == ATTACHMENT_PLANNED)
		return skep_bpffs_check_pin(bpffs, path, err);
	copy = strdup(path);
	if (!copy)
		return skep_fail(err, -ENOMEM, SKEP_ERR_NO_MEMORY, "pin '%s'", path);
	r = bpffs_make_parents(bpffs, path, err);
	r = r < 0 ? r : skep_bpffs_pin(bpffs, a->link_fd, path, err);
	if (r < 0) {
		free(copy);
		return r;
	}
	free(a->path);
	a->path = copy;
	a->bpffs = bpffs;
	return 0;
}

int skep_attachment_unpin(struct skep_attachment *a, struct skep_error *err)
{
	int r;

	if (!a->bpffs)
		return 0;
	r = bpffs_unpin_own(a->bpffs, a->path, a->link_fd, err);
	if (r >= 0)
		a->bpffs = NULL;
	return r;
}

uint32_t skep_attachment_family(const struct skep_attachment *a)
{
	return a->family;
}

uint32_t skep_attachment_method(const struct skep_attachment *a)
{
	return a->method;
}

const char *skep_attachment_target(const struct skep_attachment *a)
{
	return a->target;
}

int skep_attachment_is_attached(const struct skep_attachment *a)
{
	return a->state == ATTACHMENT_ATTACHED;
}

uint64_t skep_attachment_time_ns(const struct skep_attachment *a)
{
	return a->time_ns;
}

uint64_t skep_attachment_cookie(const struct skep_attachment *a)
{
	return a->cookie;
}

int skep_attachment_link_fd(const struct skep_attachment *a)
{
	return a->link_fd;
}

const int *skep_attachment_event_fds(const struct skep_attachment *a, size_t *ret_count)
{
	*ret_count = a->event_count;
	return a->event_fds;
}

const struct skep_attach_result *skep_attachment_results(const struct skep_attachment *a,
							 size_t *ret_count)
{
	*ret_count = a->result_count;
	return a->results;
}
