/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include <skep/attach_netfilter.h>

#include <errno.h>

#include <skep/error.h>
#include <skep/kabi.h>

#include "attach/attachment.h"
#include "attach/netns.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "base/opts.h"
#include "net/netns.h"

struct request {
	struct skep_netns *netns;
	struct skep_attr_link_create attr;
};

static int by_link(struct skep_attachment *a, const void *request, struct skep_error *err)
{
	const struct request *r = request;

	a->link_fd = attach_netns_link(r->netns, &r->attr, err);
	if (a->link_fd == -EBUSY)
		return skep_fail(err, a->link_fd, SKEP_ERR_CONFLICT,
				 "another program has this priority at the hook.");
	return a->link_fd < 0 ? attach_fail(a, a->link_fd, err) : 0;
}

static const struct attach_try tries[] = {
	{ SKEP_ATTACH_METHOD_LINK, by_link },
};

static const char *hook_name(uint64_t hook)
{
	static const char *const names[] = { "prerouting", "input", "forward", "output",
					     "postrouting" };

	return hook < ARRAY_SIZE(names) ? names[hook] : "unknown hook";
}

int skep_netfilter_attach(int prog_fd, const struct skep_netfilter_opts *opts,
			  struct skep_attachment **ret_attachment, struct skep_error *err)
{
	_cleanup_(skep_netns_closep) struct skep_netns *netns = NULL;
	struct skep_netfilter_opts o;
	struct request request;
	struct attach_plan plan;
	int r;

	r = opts_copy(&o, sizeof(o), opts);
	if (r == 0 && (o.flags & ~(uint64_t)(SKEP_ATTACH_DRY_RUN | SKEP_NETFILTER_DEFRAG) ||
		       o.family > UINT32_MAX || o.hook > UINT32_MAX || o.priority > INT32_MAX ||
		       o.priority < INT32_MIN))
		r = -EINVAL;
	if (r < 0)
		return skep_fail(err, r, SKEP_ERR_INVALID, "attach netfilter: options");
	r = attach_netns_init(o.netns, &netns, err);
	if (r < 0)
		return r;
	request = (struct request){
		.netns = netns,
		.attr = {
			.fd = (uint32_t)prog_fd,
			.attach_type = SKEP_ATTACH_TYPE_NETFILTER,
			.netfilter = {
				.pf = (uint32_t)o.family,
				.hooknum = (uint32_t)o.hook,
				.priority = (int32_t)o.priority,
				.flags = o.flags & SKEP_NETFILTER_DEFRAG ?
						 SKEP_NETFILTER_FLAG_IP_DEFRAG :
						 0,
			},
		},
	};
	plan = (struct attach_plan){ SKEP_ATTACH_FAMILY_NETFILTER,
				     o.flags,
				     o.method,
				     tries,
				     ARRAY_SIZE(tries),
				     &request,
				     &prog_fd };
	return attach_run(&plan, ret_attachment, err, "%s %s, priority %d",
			  o.family == 2    ? "ipv4"
			  : o.family == 10 ? "ipv6"
					   : "family",
			  hook_name(o.hook), (int)o.priority);
}
