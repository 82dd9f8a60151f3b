/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "flow/watch.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/log.h"
#include "flow/interfaces.h"
#include "text/pattern.h"

struct patterns {
	struct text_pattern **all;
	uint8_t *matched; /* has it ever matched an interface */
	size_t count;
};

struct flow_watch {
	struct flow_interfaces *interfaces;
	const struct skep_log *log;
	struct net_rtnl *rtnl; /* notifications only */
	struct patterns include, exclude;
	flow_watch_between_fn between;
	void *userdata; /* of @between */
	int cancelled;  /* @between has said: no more */

	/* Of the listing that is going on. */
	uint32_t *seen;
	size_t seen_count, seen_room;
	int initial;
	int result; /* of the initial listing: an exact name that cannot be attached */
	struct skep_error *err;
};

static void patterns_fini(struct patterns *p)
{
	while (p->count)
		text_pattern_free(p->all[--p->count]);
	free(p->all);
	free(p->matched);
}

static int patterns_init(struct patterns *p, const char *const *texts, uint64_t count,
			 struct skep_error *err)
{
	int r;

	if (!count)
		return 0;
	p->all = calloc(count, sizeof(struct text_pattern *));
	p->matched = calloc(count, 1);
	if (!p->all || !p->matched)
		return skep_fail(err, -ENOMEM, SKEP_ERR_NO_MEMORY, "interface patterns");
	for (; p->count < count; p->count++) {
		r = text_pattern_new(texts[p->count], &p->all[p->count], err);
		if (r < 0)
			return r;
	}
	return 0;
}

/* Return: 0 no match; 1 by a pattern; 2 by an exact name. */
static int patterns_match(struct patterns *p, const char *name)
{
	int best = 0;
	size_t i;

	for (i = 0; i < p->count; i++)
		if (text_pattern_match(p->all[i], name)) {
			int match = text_pattern_exact(p->all[i]) ? 2 : 1;

			p->matched[i] = 1;
			best = match > best ? match : best;
		}
	return best;
}

struct flow_watch *flow_watch_free(struct flow_watch *w)
{
	if (!w)
		return NULL;
	net_rtnl_close(w->rtnl);
	patterns_fini(&w->include);
	patterns_fini(&w->exclude);
	free(w->seen);
	free(w);
	return NULL;
}

/* Return: 0 leave it alone; 1 attach while it is up; 2 attach: it was named. */
static int wanted(struct flow_watch *w, const struct net_link *link)
{
	if (!w->include.count)
		return !(link->flags & IFF_LOOPBACK);
	return patterns_match(&w->include, link->name);
}

static void try_attach(struct flow_watch *w, const struct net_link *link, int named)
{
	struct skep_error err = { 0 };
	int r = flow_interfaces_attach(w->interfaces, link->ifindex, &err);

	if (r == 0) {
		log_event(w->log, SKEP_LOG_NOTICE, "watching %s (%u)", link->name, link->ifindex);
		w->cancelled = w->between(w->userdata) != 0;
		return;
	}
	if (r == -ENODEV) /* gone again since: its notification follows */
		return;
	if (w->initial && (named || r == -EPERM) && !w->result) {
		w->result = r;
		if (w->err)
			*w->err = err;
		return;
	}
	log_event(w->log, SKEP_LOG_WARNING, "cannot watch %s: %s", link->name, err.msg);
}

static void follow(const struct net_link *link, void *userdata)
{
	struct flow_watch *w = userdata;
	int attached = flow_interfaces_attached(w->interfaces, link->ifindex), want, excluded;
	struct skep_error err;

	if (link->gone) {
		if (attached)
			log_event(w->log, SKEP_LOG_NOTICE, "%s (%u) is gone", link->name,
				  link->ifindex);
		flow_interfaces_vanish(w->interfaces, link->ifindex);
		return;
	}
	want = wanted(w, link); /* asked in any case: a pattern remembers that it has matched */
	excluded = patterns_match(&w->exclude, link->name) > 0;
	if (attached) {
		flow_interfaces_rename(w->interfaces, link->ifindex, link->name);
		if (!excluded)
			return;
		log_event(w->log, SKEP_LOG_NOTICE, "%s (%u) is excluded by its new name",
			  link->name, link->ifindex);
		if (flow_interfaces_detach(w->interfaces, link->ifindex, &err) < 0)
			log_event(w->log, SKEP_LOG_WARNING, "%s", err.msg);
		return;
	}
	if (!excluded && !w->cancelled && (want == 2 || (want == 1 && link->flags & IFF_UP)))
		try_attach(w, link, want == 2);
}

static void see(const struct net_link *link, void *userdata)
{
	struct flow_watch *w = userdata;

	if (w->seen_count == w->seen_room) {
		size_t room = w->seen_room ? w->seen_room * 2 : 64;
		uint32_t *seen = reallocarray(w->seen, room, sizeof(*seen));

		if (!seen) {
			w->result = skep_fail(w->err, -ENOMEM, SKEP_ERR_NO_MEMORY,
					      "list the interfaces");
			return;
		}
		w->seen = seen;
		w->seen_room = room;
	}
	w->seen[w->seen_count++] = link->ifindex;
	follow(link, w);
}

static int compare_ifindex(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

static void vanish_unseen(uint32_t ifindex, void *userdata)
{
	struct flow_watch *w = userdata;

	if (!bsearch(&ifindex, w->seen, w->seen_count, sizeof(*w->seen), compare_ifindex))
		flow_interfaces_vanish(w->interfaces, ifindex);
}

/* Brings the interfaces up to date with what there is: at the beginning, and after notifications were lost. */
static int list(struct flow_watch *w, struct skep_error *err)
{
	/* a socket of its own: following makes requests on the other one */
	_cleanup_(net_rtnl_closep) struct net_rtnl *rtnl = NULL;
	int r;

	w->seen_count = 0;
	w->result = 0;
	w->err = err;
	r = net_rtnl_open(0, &rtnl);
	if (r == 0)
		r = net_link_list(rtnl, see, w);
	w->err = NULL;
	if (r < 0)
		return skep_fail(err, r, SKEP_ERR_SYSCALL, "list the interfaces");
	if (w->result < 0)
		return w->result;
	if (w->cancelled)
		return skep_fail(err, -ECANCELED, SKEP_ERR_SYSCALL, "watch interfaces");
	qsort(w->seen, w->seen_count, sizeof(*w->seen), compare_ifindex);
	flow_interfaces_each(w->interfaces, vanish_unseen, w);
	return 0;
}

/* What was asked for and is not there: an error for a name, a word for a pattern. */
static int check_unmatched(struct flow_watch *w, struct skep_error *err)
{
	size_t i;

	for (i = 0; i < w->include.count; i++) {
		const char *text = text_pattern_text(w->include.all[i]);

		if (w->include.matched[i])
			continue;
		if (text_pattern_exact(w->include.all[i]))
			return skep_fail(err, -ENODEV, SKEP_ERR_NOT_FOUND,
					 "there is no interface '%s'.", text);
		log_event(w->log, SKEP_LOG_NOTICE, "no interface matches '%s' yet: waiting", text);
	}
	if (!flow_interfaces_count(w->interfaces))
		log_event(w->log, SKEP_LOG_NOTICE, "no interface is watched yet: waiting");
	return 0;
}

static int patterns_both(struct flow_watch *w, const struct skep_flow_watch_opts *opts,
			 struct skep_error *err)
{
	int r = patterns_init(&w->include, opts->include, opts->include_count, err);

	return r < 0 ? r : patterns_init(&w->exclude, opts->exclude, opts->exclude_count, err);
}

int flow_watch_check(const struct skep_flow_watch_opts *opts, struct skep_error *err)
{
	_cleanup_(flow_watch_freep) struct flow_watch *w = calloc(1, sizeof(*w));

	if (!w)
		return skep_fail(err, -ENOMEM, SKEP_ERR_NO_MEMORY, "interface patterns");
	return patterns_both(w, opts, err);
}

int flow_watch_new(struct flow_interfaces *interfaces, const struct skep_flow_watch_opts *opts,
		   const struct skep_log *log, flow_watch_between_fn between, void *userdata,
		   struct flow_watch **ret_watch, struct skep_error *err)
{
	_cleanup_(flow_watch_freep) struct flow_watch *w = calloc(1, sizeof(*w));
	int r;

	if (!w)
		return skep_fail(err, -ENOMEM, SKEP_ERR_NO_MEMORY, "watch interfaces");
	w->interfaces = interfaces;
	w->log = log;
	w->between = between;
	w->userdata = userdata;
	r = patterns_both(w, opts, err);
	if (r < 0)
		return r;
	r = net_rtnl_open(RTMGRP_LINK,
			  &w->rtnl); /* before the listing: nothing falls between the two */
	if (r < 0)
		return skep_fail(err, r, SKEP_ERR_SYSCALL, "open an rtnetlink socket");
	w->initial = 1;
	r = list(w, err);
	w->initial = 0;
	if (r == 0)
		r = check_unmatched(w, err);
	if (r < 0)
		return r;
	*ret_watch = take_ptr(w);
	return 0;
}

int flow_watch_fd(const struct flow_watch *w)
{
	return net_rtnl_fd(w->rtnl);
}

int flow_watch_dispatch(struct flow_watch *w, unsigned max, struct skep_error *err)
{
	unsigned done = 0;
	int r;

	do {
		r = net_link_receive(w->rtnl, follow, w);
		if (r == -ENOBUFS)
			r = list(w, err);
		else if (r < 0)
			return skep_fail(err, r, SKEP_ERR_SYSCALL, "follow the interfaces");
		else if (r == 0)
			return 0;
		if (r < 0)
			return r;
	} while (!max || ++done < max);
	return 0;
}
