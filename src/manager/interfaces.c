/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "manager/interfaces.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>

#include <skep/attach.h>
#include <skep/error.h>
#include <skep/netns.h>

#include "attach/attachment.h"
#include "base/list.h"
#include "base/log.h"
#include "base/time.h"
#include "manager/hook.h"
#include "manager/interface_failures.h"
#include "net/link.h"
#include "net/netns.h"
#include "net/rtnl.h"
#include "text/pattern.h"

#define EVENTS_AT_ONCE 16

/* What comes and goes in a namespace, for all probes that follow interfaces there. */
struct interface_news {
	struct interface_news *next; /* of the manager */
	struct net_rtnl *rtnl;       /* notifications only */
	uint64_t netns;              /* inode; 0: not known, so that it is nobody else's */
	struct list watches;         /* in the order of their beginning */
	size_t done;                 /* interfaces attached to or let go of, for dispatch */
};

struct interface_watch {
	struct list in_news; /* once there are */
	struct interface_news *news;
	struct skep_probe *probe;
	struct text_pattern *pattern; /* NULL: one interface, by its name */
	int initial;
	struct skep_error
		first; /* of the listing that is going on: why the first one could not be attached to */
	uint32_t *seen; /* of that listing */
	size_t seen_count;
	struct interface_failures failures;
	int again;  /* those that failed are tried, too */
	int ending; /* nothing is attached any more */
	int result; /* of the listing */
};

int interfaces_is_pattern(const struct skep_probe_spec *spec)
{
	return spec->interface && !spec->ifindex && probe_name_is_pattern(spec->interface);
}

int interfaces_are_followed(const struct skep_probe_spec *spec)
{
	return spec->interface && !spec->ifindex;
}

int interfaces_is_away(const struct skep_probe *p)
{
	return p->watch && !p->place_count && !interfaces_is_pattern(&p->spec);
}

static int is_wanted(const struct interface_watch *w, const char *name)
{
	return w->pattern ? text_pattern_match(w->pattern, name)
			  : !strcmp(w->probe->spec.interface, name);
}

static size_t place_of(const struct skep_probe *p, uint32_t ifindex)
{
	size_t i;

	for (i = 0; i < p->place_count && p->places[i].ifindex != ifindex;)
		i++;
	return i;
}

/* What is not a link stays with an interface that moves, and cannot be reached from here. */
static int stays_behind(const struct skep_attachment *a)
{
	const uint32_t method = skep_attachment_method(a);

	return method == SKEP_ATTACH_METHOD_NETLINK || method == SKEP_ATTACH_METHOD_PROG_ATTACH;
}

static void let_go(struct interface_watch *w, size_t place, const struct net_link *link,
		   const char *why)
{
	struct skep_probe *p = w->probe;
	struct skep_manager *m = p->manager;
	const int stays = link->moved && stays_behind(p->places[place].attachment);
	const char *method = skep_attach_method_name(
		(uint32_t)skep_attachment_method(p->places[place].attachment));
	char probe[PROBE_NAME_SIZE];
	struct skep_error err = { 0 };

	if (hook_detach_place(p, place, &err) < 0) {
		log_event(&m->log, SKEP_LOG_WARNING, "probe '%s': %s", probe_name(p, probe),
			  err.msg);
		return;
	}
	m->left_count++;
	w->news->done++;
	if (stays)
		log_event(
			&m->log, SKEP_LOG_WARNING,
			"probe '%s': %s has moved to another network namespace, where the program "
			"stays attached to it, by %s",
			probe_name(p, probe), link->name, method);
	else
		log_event(&m->log, SKEP_LOG_NOTICE, "probe '%s': %s %s", probe_name(p, probe),
			  link->name, why);
	if (!w->pattern)
		skep_fail(
			&p->error, -ENODEV, SKEP_ERR_NOT_FOUND,
			"probe '%s': its interface '%s' is gone: it is attached again when it comes "
			"back.",
			probe, p->spec.interface);
}

static uint64_t retry_delay_ns(const struct skep_probe *p)
{
	if (p->spec.retry_delay_ns)
		return p->spec.retry_delay_ns;
	return p->manager->opts.retry_delay_ns ? p->manager->opts.retry_delay_ns : NSEC_PER_SEC;
}

/* What the probe has met with: the first that it could not be attached to. */
static void settle(struct interface_watch *w)
{
	w->probe->error = w->failures.count ? w->failures.all[0].why : (struct skep_error){ 0 };
}

static void attach(struct interface_watch *w, const char *name, uint32_t ifindex)
{
	struct skep_probe *p = w->probe;
	struct skep_manager *m = p->manager;
	char probe[PROBE_NAME_SIZE];
	struct skep_error err = { 0 };
	int r = hook_attach_place(p, name, ifindex, &err);

	if (r == 0) {
		interface_failures_drop(&w->failures, ifindex);
		settle(w);
		m->came_count++;
		w->news->done++;
		if (!w->initial)
			log_event(&m->log, SKEP_LOG_NOTICE, "probe '%s': attached to %s",
				  probe_name(p, probe), name);
		return;
	}
	if (r == -ENODEV) { /* gone again since: its notification follows */
		interface_failures_drop(&w->failures, ifindex);
		return;
	}
	if (!w->first.code)
		w->first = err;
	if (w->initial && !w->pattern) /* which start tells of */
		return;
	if (interface_failures_put(&w->failures, ifindex, name, &err, retry_delay_ns(p)) != 0) {
		m->failed_count++;
		log_event(&m->log, SKEP_LOG_WARNING, "%s", err.msg);
	}
	settle(w);
}

static void follow(const struct net_link *link, void *userdata)
{
	struct interface_watch *w = userdata;
	const size_t place = place_of(w->probe, link->ifindex);
	const int attached = place < w->probe->place_count;

	if (!link->gone && is_wanted(w, link->name)) {
		if (!attached && !w->ending &&
		    (w->again || !interface_failures_find(&w->failures, link->ifindex)))
			attach(w, link->name, link->ifindex);
		return;
	}
	if (attached)
		let_go(w, place, link,
		       link->gone ? "is gone"
				  : "is the new name of an interface, and does not match");
	if (interface_failures_find(&w->failures, link->ifindex)) {
		interface_failures_drop(&w->failures, link->ifindex);
		settle(w);
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

static int look(struct interface_watch *w, struct net_rtnl *rtnl)
{
	struct net_link link;
	int r;

	if (w->pattern)
		return net_link_list(rtnl, see, w);
	r = net_link_find(rtnl, w->probe->spec.interface, &link);
	if (r == 0)
		see(&link, w);
	return r == -ENODEV ? 0 : r;
}

/* Brings the probe up to date with what there is: at the beginning, and after notifications were lost. */
static int list(struct interface_watch *w, struct skep_error *err)
{
	_cleanup_(net_rtnl_closep) struct net_rtnl *rtnl =
		NULL; /* the other one is read meanwhile */
	const struct net_link unknown = { .name = "an interface" };
	int r = open_in(w->probe->netns, 0, &rtnl, err);
	size_t i;

	if (r < 0)
		return r;
	w->seen_count = 0;
	w->result = 0;
	w->first = (struct skep_error){ 0 };
	r = look(w, rtnl);
	if (r == 0)
		r = w->result;
	if (r < 0)
		return skep_fail(err, r, SKEP_ERR_SYSCALL, "list the interfaces");
	for (i = w->probe->place_count; i--;) /* one by another of its names has no number here */
		if (w->probe->places[i].ifindex && !is_seen(w, w->probe->places[i].ifindex))
			let_go(w, i, &unknown, "is gone");
	for (i = w->failures.count; i--;)
		if (!is_seen(w, w->failures.all[i].ifindex))
			interface_failures_drop(&w->failures, w->failures.all[i].ifindex);
	return 0;
}

/* Tells all who follow interfaces there, in at most @max batches; 0: all. Return: 0; a negative errno. */
static int hear(struct interface_news *n, unsigned max, struct skep_error *err);

/* The inode of the namespace that the probe is in; 0: that cannot be told. */
static uint64_t netns_of(const struct skep_probe *p)
{
	_cleanup_(skep_netns_closep) struct skep_netns *here = NULL;

	if (p->netns)
		return skep_netns_inode(p->netns);
	return net_netns_here(&here) < 0 ? 0 : net_netns_inode(here);
}

static struct interface_news *news_free(struct skep_manager *m, struct interface_news *n)
{
	struct interface_news **at;

	for (at = &m->news; *at; at = &(*at)->next)
		if (*at == n) {
			*at = n->next;
			break;
		}
	if (n->rtnl)
		epoll_ctl(m->epoll_fd, EPOLL_CTL_DEL, net_rtnl_fd(n->rtnl), NULL);
	net_rtnl_close(n->rtnl);
	free(n);
	return NULL;
}

static int news_open(const struct skep_probe *p, uint64_t netns, struct interface_news **ret_news,
		     struct skep_error *err)
{
	struct skep_manager *m = p->manager;
	struct interface_news *n = calloc(1, sizeof(*n));
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = n };
	int r;

	if (!n)
		return manager_no_memory(err);
	n->netns = netns;
	list_init(&n->watches);
	r = open_in(p->netns, RTMGRP_LINK, &n->rtnl, err);
	if (r == 0 && epoll_ctl(m->epoll_fd, EPOLL_CTL_ADD, net_rtnl_fd(n->rtnl), &event) < 0)
		r = skep_fail(err, -errno, SKEP_ERR_SYSCALL, "epoll");
	if (r < 0) {
		news_free(m, n);
		return r;
	}
	n->next = m->news;
	m->news = n;
	*ret_news = n;
	return 0;
}

/* Old news are for those who were there: the new one lists what there is now. */
static int subscribe(struct interface_watch *w, struct skep_error *err)
{
	const uint64_t netns = netns_of(w->probe);
	struct interface_news *n = w->probe->manager->news;
	int r;

	while (n && (!netns || n->netns != netns))
		n = n->next;
	r = n ? hear(n, 0, err) : news_open(w->probe, netns, &n, err);
	if (r < 0 || !n)
		return r;
	w->news = n;
	list_append(&n->watches, &w->in_news);
	return 0;
}

struct interface_watch *interfaces_forget(struct interface_watch *w)
{
	if (!w)
		return NULL;
	if (w->news) {
		list_remove(&w->in_news);
		if (list_is_empty(&w->news->watches))
			news_free(w->probe->manager, w->news);
	}
	text_pattern_free(w->pattern);
	free(w->seen);
	free(w->failures.all);
	free(w);
	return NULL;
}

static int begin(struct interface_watch *w, struct skep_error *err)
{
	struct skep_probe *p = w->probe;
	int r = interfaces_is_pattern(&p->spec)
			? text_pattern_new(p->spec.interface, &w->pattern, err)
			: 0;

	if (r == 0) /* before the listing: nothing falls between the two */
		r = subscribe(w, err);
	if (r < 0)
		return r;
	w->initial = 1;
	r = list(w, err);
	w->initial = 0;
	return r;
}

/* An interface by another of its names; or none, with the usual words. */
static int attach_by_name(struct interface_watch *w, struct skep_error *err)
{
	int r = w->pattern || w->probe->place_count || w->first.code
			? 0
			: hook_attach_place(w->probe, NULL, 0, err);

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
	if (r < 0)
		skep_wrap(err, r, "probe '%s': ", probe_name(p, name));
	else
		r = attach_by_name(w, err);
	if (r < 0) {
		; /* told */
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

static void tell(const struct net_link *link, void *userdata)
{
	const struct interface_news *n = userdata;
	const struct list *node;

	for (node = n->watches.next; node != &n->watches; node = node->next)
		follow(link, list_element(node, struct interface_watch, in_news));
}

/* Notifications were lost. */
static int list_all(const struct interface_news *n, struct skep_error *err)
{
	const struct list *node;
	int r = 0;

	for (node = n->watches.next; r == 0 && node != &n->watches; node = node->next)
		r = list(list_element(node, struct interface_watch, in_news), err);
	return r;
}

static int hear(struct interface_news *n, unsigned max, struct skep_error *err)
{
	unsigned batches = 0;
	int r;

	do {
		r = net_link_receive(n->rtnl, tell, n);
		if (r == -ENOBUFS)
			r = list_all(n, err);
		else if (r < 0)
			return skep_fail(err, r, SKEP_ERR_SYSCALL, "follow the interfaces");
		else if (r == 0)
			break;
		if (r < 0)
			return r;
	} while (!max || ++batches < max);
	return 0;
}

/* Return: how many interfaces were attached to or let go of; a negative errno. */
static int handle(struct interface_news *n, unsigned max, struct skep_error *err)
{
	int r;

	n->done = 0;
	r = hear(n, max, err);
	return r < 0 ? r : (int)n->done;
}

int interfaces_again(struct skep_probe *p, struct skep_error *err)
{
	struct interface_watch *w = p->watch;
	int r = handle(w->news, 0, err);
	size_t i;

	for (i = p->place_count; r >= 0 && i--;)
		if (attachment_is_active(p->places[i].attachment, NULL) == 0)
			hook_detach_place(p, i, NULL);
	w->again = 1;
	if (r >= 0)
		r = list(w, err);
	w->again = 0;
	if (r >= 0)
		r = attach_by_name(w, err);
	if (r < 0 || p->place_count)
		return r < 0 ? r : 0;
	if (err && w->first.code)
		*err = w->first;
	return w->first.code;
}

void interfaces_end(struct skep_manager *m)
{
	struct interface_news *n;
	size_t i;

	for (i = 0; i < m->probe_count; i++)
		if (m->probes[i]->watch)
			m->probes[i]->watch->ending = 1;
	for (n = m->news; n; n = n->next)
		handle(n, 0, NULL);
}

const struct interface_failure *interfaces_failure(const struct skep_probe *p, size_t index)
{
	return p->watch && index < p->watch->failures.count ? &p->watch->failures.all[index] : NULL;
}

uint64_t interfaces_due_ns(const struct skep_manager *m)
{
	uint64_t due = UINT64_MAX, one;
	size_t i;

	for (i = 0; i < m->probe_count; i++) {
		if (!m->probes[i]->watch)
			continue;
		one = interface_failures_due_ns(&m->probes[i]->watch->failures);
		due = one < due ? one : due;
	}
	return due;
}

/* Tries again what failed, where it is time. */
static size_t retry(struct interface_watch *w, uint64_t now)
{
	struct interface_failure one;
	size_t i;

	w->news->done = 0;
	for (i = w->failures.count; i--;) {
		one = w->failures.all[i];
		if (one.due_ns <= now)
			attach(w, one.name, one.ifindex);
	}
	return w->news->done;
}

static int retry_all(struct skep_manager *m)
{
	const uint64_t now = time_now_ns(CLOCK_MONOTONIC);
	size_t i, done = 0;

	if (interfaces_due_ns(m) > now)
		return 0;
	for (i = 0; i < m->probe_count; i++)
		if (m->probes[i]->watch)
			done += retry(m->probes[i]->watch, now);
	return (int)done;
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
	return done + retry_all(m);
}
