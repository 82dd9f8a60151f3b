/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "manager/interfaces.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <sys/epoll.h>

#include <skep/netns.h>

#include "base/log.h"
#include "manager/hook.h"
#include "net/link.h"
#include "net/rtnl.h"
#include "text/pattern.h"

#define EVENTS_AT_ONCE 16

struct interface_watch {
	struct skep_probe *probe;
	struct text_pattern *pattern;
	struct net_rtnl *rtnl; /* notifications only */
	int initial;
	struct skep_error
		first; /* of the listing that is going on: why the first one could not be attached to */
	uint32_t *seen; /* of that listing */
	size_t seen_count;
	int result;  /* of it */
	size_t done; /* interfaces attached to or let go of, for dispatch */
};

int interfaces_is_pattern(const struct skep_probe_spec *spec)
{
	return spec->interface && !spec->ifindex && probe_name_is_pattern(spec->interface);
}

static size_t place_of(const struct skep_probe *p, uint32_t ifindex)
{
	size_t i;

	for (i = 0; i < p->place_count && p->places[i].ifindex != ifindex;)
		i++;
	return i;
}

static void let_go(struct interface_watch *w, size_t place, const char *name, const char *why)
{
	struct skep_probe *p = w->probe;
	struct skep_manager *m = p->manager;
	char probe[PROBE_NAME_SIZE];
	struct skep_error err = { 0 };

	if (hook_detach_place(p, place, &err) < 0) {
		log_event(&m->log, SKEP_LOG_WARNING, "probe '%s': %s", probe_name(p, probe),
			  err.msg);
		return;
	}
	m->left_count++;
	w->done++;
	log_event(&m->log, SKEP_LOG_NOTICE, "probe '%s': %s %s", probe_name(p, probe), name, why);
}

static void attach(struct interface_watch *w, const struct net_link *link)
{
	struct skep_probe *p = w->probe;
	struct skep_manager *m = p->manager;
	char probe[PROBE_NAME_SIZE];
	struct skep_error err = { 0 };
	int r = hook_attach_place(p, link->name, link->ifindex, &err);

	if (r == 0) {
		m->came_count++;
		w->done++;
		if (!w->initial)
			log_event(&m->log, SKEP_LOG_NOTICE, "probe '%s': attached to %s",
				  probe_name(p, probe), link->name);
		return;
	}
	if (r == -ENODEV) /* gone again since: its notification follows */
		return;
	m->failed_count++;
	if (!w->first.code)
		w->first = err;
	p->error = err;
	log_event(&m->log, SKEP_LOG_WARNING, "%s", err.msg);
}

static void follow(const struct net_link *link, void *userdata)
{
	struct interface_watch *w = userdata;
	const size_t place = place_of(w->probe, link->ifindex);
	const int attached = place < w->probe->place_count;

	if (link->gone) {
		if (attached)
			let_go(w, place, link->name, "is gone");
	} else if (text_pattern_match(w->pattern, link->name)) {
		if (!attached)
			attach(w, link);
	} else if (attached) {
		let_go(w, place, link->name, "is the new name of an interface, and does not match");
	}
}

static void see(const struct net_link *link, void *userdata)
{
	struct interface_watch *w = userdata;
	uint32_t *seen = reallocarray(w->seen, w->seen_count + 1, sizeof(*seen));

	if (!seen) {
		w->result = -ENOMEM;
		return;
	}
	w->seen = seen;
	seen[w->seen_count++] = link->ifindex;
	follow(link, w);
}

static int is_seen(const struct interface_watch *w, uint32_t ifindex)
{
	size_t i;

	for (i = 0; i < w->seen_count; i++)
		if (w->seen[i] == ifindex)
			return 1;
	return 0;
}

/* A socket where the probe is. */
struct request {
	unsigned groups;
	struct net_rtnl *rtnl;
};

static int open_socket(void *userdata)
{
	struct request *request = userdata;

	return net_rtnl_open(request->groups, &request->rtnl);
}

static int open_in(struct skep_netns *netns, unsigned groups, struct net_rtnl **ret_rtnl,
		   struct skep_error *err)
{
	struct request request = { .groups = groups };
	int r = netns ? skep_netns_call(netns, open_socket, &request, err) : open_socket(&request);

	if (r < 0)
		return skep_fail(err, r, SKEP_ERR_SYSCALL, "open an rtnetlink socket");
	*ret_rtnl = request.rtnl;
	return 0;
}

/* Brings the probe up to date with what there is: at the beginning, and after notifications were lost. */
static int list(struct interface_watch *w, struct skep_error *err)
{
	_cleanup_(net_rtnl_closep) struct net_rtnl *rtnl =
		NULL; /* the other one is read meanwhile */
	int r = open_in(w->probe->netns, 0, &rtnl, err);
	size_t i;

	if (r < 0)
		return r;
	w->seen_count = 0;
	w->result = 0;
	w->first = (struct skep_error){ 0 };
	r = net_link_list(rtnl, see, w);
	if (r == 0)
		r = w->result;
	if (r < 0)
		return skep_fail(err, r, SKEP_ERR_SYSCALL, "list the interfaces");
	for (i = w->probe->place_count; i--;)
		if (!is_seen(w, w->probe->places[i].ifindex))
			let_go(w, i, "an interface", "is gone");
	return 0;
}

struct interface_watch *interfaces_forget(struct interface_watch *w)
{
	if (!w)
		return NULL;
	if (w->rtnl)
		epoll_ctl(w->probe->manager->epoll_fd, EPOLL_CTL_DEL, net_rtnl_fd(w->rtnl), NULL);
	net_rtnl_close(w->rtnl);
	text_pattern_free(w->pattern);
	free(w->seen);
	free(w);
	return NULL;
}

static int begin(struct interface_watch *w, struct skep_error *err)
{
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = w };
	struct skep_probe *p = w->probe;
	int r = text_pattern_new(p->spec.interface, &w->pattern, err);

	if (r == 0) /* before the listing: nothing falls between the two */
		r = open_in(p->netns, RTMGRP_LINK, &w->rtnl, err);
	if (r < 0)
		return r;
	if (epoll_ctl(p->manager->epoll_fd, EPOLL_CTL_ADD, net_rtnl_fd(w->rtnl), &event) < 0)
		return skep_fail(err, -errno, SKEP_ERR_SYSCALL, "epoll");
	w->initial = 1;
	r = list(w, err);
	w->initial = 0;
	return r;
}

int interfaces_follow(struct skep_probe *p, struct skep_error *err)
{
	struct interface_watch *w = calloc(1, sizeof(*w));
	char name[PROBE_NAME_SIZE];
	int r;

	if (!w)
		return manager_no_memory(err);
	w->probe = p;
	r = begin(w, err);
	if (r < 0) {
		skep_wrap(err, r, "probe '%s': ", probe_name(p, name));
	} else if (p->place_count || !w->first.code) {
		p->watch = w;
		return 0;
	} else {
		r = w->first.code;
		if (err)
			*err = w->first;
	}
	while (p->place_count && hook_detach_place(p, p->place_count - 1, NULL) >= 0)
		;
	interfaces_forget(w);
	return r;
}

static int handle(struct interface_watch *w, unsigned max, struct skep_error *err)
{
	unsigned batches = 0;
	int r;

	w->done = 0;
	do {
		r = net_link_receive(w->rtnl, follow, w);
		if (r == -ENOBUFS)
			r = list(w, err);
		else if (r < 0)
			return skep_fail(err, r, SKEP_ERR_SYSCALL, "follow the interfaces");
		else if (r == 0)
			break;
		if (r < 0)
			return r;
	} while (!max || ++batches < max);
	return (int)w->done;
}

int interfaces_dispatch(struct skep_manager *m, unsigned max, struct skep_error *err)
{
	struct epoll_event events[EVENTS_AT_ONCE];
	int i, r, done = 0, count = epoll_wait(m->epoll_fd, events, EVENTS_AT_ONCE, 0);

	if (count < 0)
		return errno == EINTR ? 0 : skep_fail(err, -errno, SKEP_ERR_SYSCALL, "epoll");
	for (i = 0; i < count; i++) {
		r = handle(events[i].data.ptr, max, err);
		if (r < 0)
			return r;
		done += r;
	}
	return done;
}
