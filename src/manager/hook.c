/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "manager/hook.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#include <skep/attach.h>
#include <skep/attach_event.h>
#include <skep/netns.h>
#include <skep/probe.h>

#include "attach/attachment.h"
#include "base/time.h"
#include "manager/interface_failures.h"
#include "manager/interfaces.h"
#include "manager/netns.h"
#include "manager/programs.h"
#include "manager/symbols.h"

#define DETACH_THREADS 11 /* beside the calling one */

int hook_attach_place(struct skep_probe *p, const char *interface, uint32_t ifindex,
		      struct skep_error *err)
{
	struct skep_manager *m = p->manager;
	const struct skep_probe_program program = programs_loaded(&p->program->spec);
	const struct skep_probe_attach_opts opts = {
		.sz = sizeof(opts),
		.netns = p->netns,
		.interface = interface,
		.ifindex = ifindex,
		.loaded = m->loaded,
		.kallsyms = symbols_for(m, &p->spec),
		.symbol_file = m->symbol_file,
		.max_active = m->opts.max_active,
		.kprobe_method = m->opts.kprobe_method,
		.uprobe_method = m->opts.uprobe_method,
	};
	_cleanup_(skep_attachment_closep) struct skep_attachment *a = NULL;
	struct probe_place *more;
	int r = skep_probe_spec_attach(&p->spec, &program, &opts, &a, err);

	if (r < 0)
		return r;
	more = reallocarray(p->places, p->place_count + 1, sizeof(*more));
	if (!more)
		return manager_no_memory(err);
	p->places = more;
	p->family = skep_attachment_family(a);
	more[p->place_count++] = (struct probe_place){ take_ptr(a), ifindex };
	return 0;
}

int hook_detach_place(struct skep_probe *p, size_t index, struct skep_error *err)
{
	int r = skep_attachment_detach(p->places[index].attachment, err);

	if (r < 0)
		return r;
	skep_attachment_close(p->places[index].attachment);
	p->places[index] = p->places[--p->place_count];
	return r;
}

static int try_once(struct skep_probe *p, struct skep_error *err)
{
	char name[PROBE_NAME_SIZE];
	int r = netns_enter(p, err);

	if (r < 0)
		return skep_wrap(err, r, "probe '%s': ", probe_name(p, name));
	r = interfaces_are_followed(&p->spec) ? interfaces_follow(p, err)
					      : hook_attach_place(p, NULL, 0, err);
	if (r < 0)
		p->netns = skep_netns_close(p->netns);
	return r;
}

/*
 * Does it make sense to try again? Files, control groups and namespaces come, as interfaces do; what a file or the kernel does
 * not have in it, it will not have.
 */
static int may_pass(const struct skep_error *why)
{
	switch (why->code) {
	case -ENOENT:
		return why->kind == SKEP_ERR_NOT_FOUND;
	case -EINVAL:
	case -EOPNOTSUPP:
	case -EPERM:
	case -EACCES:
	case -E2BIG:
	case -EBADF:
		return 0;
	default:
		return 1;
	}
}

static void sleep_ns(uint64_t ns)
{
	struct timespec left = time_to_timespec(ns);

	while (clock_nanosleep(CLOCK_MONOTONIC, 0, &left, &left) == EINTR)
		;
}

static int try_all(struct skep_probe *p, struct skep_error *err)
{
	const struct skep_manager_opts *o = &p->manager->opts;
	const uint64_t more = p->spec.retry_count ? p->spec.retry_count : o->retry_count;
	const uint64_t delay = p->spec.retry_delay_ns ? p->spec.retry_delay_ns : o->retry_delay_ns;
	int r;

	for (p->attempt_count = 0;;) {
		r = try_once(p, err);
		p->attempt_count++;
		if (r == 0 || !may_pass(err) || p->attempt_count > more)
			return r;
		if (delay)
			sleep_ns(delay);
	}
}

/* A program that is paused for one probe would be without effect for the other. */
static int check_sharers(const struct skep_probe *p, struct skep_error *err)
{
	const struct skep_manager *m = p->manager;
	char name[PROBE_NAME_SIZE], other[PROBE_NAME_SIZE];
	size_t i;

	if (!p->program->attached) /* what is paused is attached */
		return 0;
	for (i = 0; i < m->probe_count; i++)
		if (m->probes[i]->program == p->program && m->probes[i]->paused)
			return skep_fail(
				err, -EBUSY, SKEP_ERR_INVALID,
				"probe '%s' has the same program as '%s', which is paused: "
				"resume that, or make it a copy.",
				probe_name(p, name), probe_name(m->probes[i], other));
	return 0;
}

int hook_attach(struct skep_probe *p, struct skep_error *err)
{
	const uint64_t begin = time_now_ns(CLOCK_MONOTONIC);
	const struct interface_failure *failed;
	struct skep_error why = { 0 };
	int r = check_sharers(p, &why);

	p->attempt_count = 0;
	if (r == 0)
		r = try_all(p, &why);
	p->attach_ns = time_now_ns(CLOCK_MONOTONIC) - begin;
	if (r < 0) {
		p->error = why;
		if (err)
			*err = why;
		return r;
	}
	failed = interfaces_failure(p, 0);
	p->error = failed ? failed->why : (struct skep_error){ 0 };
	p->attached = 1;
	p->program->attached++;
	return 0;
}

/* Nothing of it is attached any more. */
static void let_go(struct skep_probe *p)
{
	p->watch = interfaces_forget(p->watch);
	p->netns = skep_netns_close(p->netns);
	free(p->places);
	p->places = NULL;
	p->place_count = 0;
	p->attached = 0;
	if (p->paused)
		program_shut(p->manager, p->program, 0);
	p->paused = 0;
	p->program->attached--;
}

int hook_detach(struct skep_probe *p, struct skep_error *err)
{
	char name[PROBE_NAME_SIZE];
	struct skep_error why = { 0 };
	size_t i = p->place_count;
	int r, first = 0;

	while (i--) {
		r = hook_detach_place(p, i, first ? NULL : &why);
		if (r < 0 && !first)
			first = r;
	}
	if (!first) {
		let_go(p);
		return 0;
	}
	skep_wrap(&why, first, "probe '%s': ", probe_name(p, name));
	p->error = why;
	if (err)
		*err = why;
	return first;
}

void hook_leave(struct skep_probe *p)
{
	size_t i;

	for (i = 0; i < p->place_count; i++)
		attachment_leave(p->places[i].attachment);
	p->place_count = 0;
	p->watch = interfaces_forget(p->watch);
	p->netns = skep_netns_close(p->netns);
}

int hook_take(struct skep_probe *p, struct hook_list *list, struct skep_error *err)
{
	struct skep_attachment **more = reallocarray(list->all, list->count + p->place_count + 1,
						     sizeof(struct skep_attachment *));
	size_t i;
	int r = 0;

	if (more)
		list->all = more;
	for (i = 0; i < p->place_count; i++) {
		if (more) {
			more[list->count++] = p->places[i].attachment;
			continue;
		}
		if (r >= 0)
			r = skep_attachment_detach(p->places[i].attachment, err);
		skep_attachment_close(p->places[i].attachment);
	}
	let_go(p);
	return r < 0 ? r : 0;
}

/* Attachments in one network namespace share a socket, which is for one thread at a time. */
static int is_of_network(const struct skep_attachment *a)
{
	switch (skep_attachment_family(a)) {
	case SKEP_ATTACH_FAMILY_TC:
	case SKEP_ATTACH_FAMILY_NETKIT:
	case SKEP_ATTACH_FAMILY_XDP:
	case SKEP_ATTACH_FAMILY_NETFILTER:
	case SKEP_ATTACH_FAMILY_SK_LOOKUP:
	case SKEP_ATTACH_FAMILY_FLOW_DISSECTOR:
		return 1;
	default:
		return 0;
	}
}

int hook_list_detach(struct hook_list *list, struct skep_error *err)
{
	const struct skep_detach_opts many = { .sz = sizeof(many), .threads = DETACH_THREADS };
	struct skep_error first = { 0 };
	size_t i, network = 0;

	/* those of the network first: others may wait for their places */
	for (i = 0; i < list->count; i++)
		if (is_of_network(list->all[i])) {
			struct skep_attachment *a = list->all[i];

			list->all[i] = list->all[network];
			list->all[network++] = a;
		}
	skep_attachment_detach_many(list->all, network, NULL, &first);
	skep_attachment_detach_many(list->all + network, list->count - network, &many,
				    first.code ? NULL : &first);
	for (i = 0; i < list->count; i++)
		skep_attachment_close(list->all[i]);
	free(list->all);
	*list = (struct hook_list){ 0 };
	if (first.code && err)
		*err = first;
	return first.code;
}
