/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include <skep/attach_tc.h>

#include <errno.h>

#include <skep/error.h>
#include <skep/kabi.h>

#include "attach/clsact.h"
#include "attach/mprog.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "base/opts.h"
#include "net/netns.h"
#include "sys/process.h"

struct request {
	struct attach_mprog mprog; /* first: for the methods of mprog.h */
	const struct skep_tc_opts *opts;
};

static struct attach_clsact wanted_of(const struct request *r)
{
	const struct skep_tc_opts *o = r->opts;

	return (struct attach_clsact){
		.device = r->mprog.device,
		.direction = (uint32_t)o->direction,
		.priority = (uint16_t)o->priority,
		.handle = (uint32_t)o->handle,
		.protocol = (uint16_t)(o->protocol ? o->protocol : SKEP_TC_PROTOCOL_ALL),
		.name = o->name ? o->name : "",
	};
}

static int fail_order(struct skep_error *err)
{
	return skep_fail(err, -EOPNOTSUPP, SKEP_ERR_UNSUPPORTED,
			 "filters have no order but their priorities; TCX has (Linux 6.6).");
}

static int by_clsact(struct skep_attachment *a, const void *request, struct skep_error *err)
{
	const struct request *r = request;
	const struct attach_clsact wanted = wanted_of(r);

	if (attach_order_is_special(r->mprog.order))
		return fail_order(err);
	return attach_clsact(a, r->mprog.prog_fd, &wanted, err);
}

static int rehearse(struct skep_attachment *a, const void *request, struct skep_error *err)
{
	const struct request *r = request;
	const struct attach_clsact wanted = wanted_of(r);

	if (a->method == SKEP_ATTACH_METHOD_TCX &&
	    r->mprog.order->position == SKEP_ATTACH_POSITION_REPLACE)
		return attach_mprog_link(a, &r->mprog, err); /* which refuses it at once */
	if (a->method != SKEP_ATTACH_METHOD_CLSACT)
		return 0;
	return attach_order_is_special(r->mprog.order) ? fail_order(err)
						       : attach_clsact_rehearse(&wanted, err);
}

static const struct attach_try tries[] = {
	{ SKEP_ATTACH_METHOD_TCX, attach_mprog_link },
	{ SKEP_ATTACH_METHOD_CLSACT, by_clsact },
	{ SKEP_ATTACH_METHOD_PROG_ATTACH, attach_mprog_prog },
};

/* Return: the method that the options leave; a negative errno. */
static int64_t choose(const struct skep_tc_opts *o, struct skep_error *err)
{
	const int filter = o->priority || o->handle || o->protocol;

	if (o->direction != SKEP_DIRECTION_INGRESS && o->direction != SKEP_DIRECTION_EGRESS)
		return skep_fail(err, -EINVAL, SKEP_ERR_NO_DIRECTION,
				 "attach tc: a direction is needed, ingress or egress.");
	if (o->priority > UINT16_MAX || o->handle > UINT32_MAX || o->protocol > UINT16_MAX ||
	    o->flags & ~(uint64_t)SKEP_ATTACH_DRY_RUN)
		return skep_fail(err, -EINVAL, SKEP_ERR_INVALID,
				 "attach tc: a priority, handle, protocol or flag that is none.");
	if (filter && o->method && o->method != SKEP_ATTACH_METHOD_CLSACT)
		return skep_fail(err, -EINVAL, SKEP_ERR_INVALID,
				 "attach tc: priority, handle and protocol are those of a filter: "
				 "by clsact alone.");
	if (o->position == SKEP_ATTACH_POSITION_REPLACE && !o->method)
		return SKEP_ATTACH_METHOD_PROG_ATTACH;
	return filter ? SKEP_ATTACH_METHOD_CLSACT : (int64_t)o->method;
}

int skep_tc_attach(int prog_fd, const struct skep_tc_opts *opts,
		   struct skep_attachment **ret_attachment, struct skep_error *err)
{
	struct skep_tc_opts o;
	struct attach_device device;
	struct attach_order order;
	struct request request;
	struct attach_plan plan;
	int64_t method;
	int r;

	r = opts_copy(&o, sizeof(o), opts);
	if (r < 0)
		return skep_fail(err, r, SKEP_ERR_INVALID, "attach tc: options");
	order = (struct attach_order){ o.position, o.anchor_kind, o.anchor, o.revision };
	r = attach_order_check(&order, err);
	if (r < 0)
		return skep_wrap(err, r, "attach tc: ");
	method = choose(&o, err);
	if (method < 0)
		return (int)method;
	r = attach_device_init(o.netns, o.interface, o.ifindex, &device, err);
	if (r < 0)
		return skep_wrap(err, r, "attach tc: ");
	request = (struct request){
		{ prog_fd, &device,
		  o.direction == SKEP_DIRECTION_INGRESS ? SKEP_ATTACH_TYPE_TCX_INGRESS
							: SKEP_ATTACH_TYPE_TCX_EGRESS,
		  &order },
		&o,
	};
	plan = (struct attach_plan){
		SKEP_ATTACH_FAMILY_TC, o.flags,  (uint64_t)method, tries,
		ARRAY_SIZE(tries),     &request, &prog_fd,         .rehearse = rehearse
	};
	r = attach_run(&plan, ret_attachment, err, "%s %s", device.words,
		       skep_direction_name(o.direction));
	attach_device_fini(&device);
	return r;
}

int skep_tc_sweep(struct skep_netns *netns, uint32_t ifindex, struct skep_error *err)
{
	_cleanup_(skep_netns_closep) struct skep_netns *here = NULL;
	struct net_rtnl *rtnl = NULL;
	int r;

	if (!netns && net_netns_here(&here) < 0)
		return skep_fail(err, -ENOMEM, SKEP_ERR_NO_MEMORY, "sweep filters");
	r = net_netns_rtnl(netns ? netns : here, &rtnl, err);
	if (r < 0)
		return r;
	r = attach_clsact_sweep(rtnl, ifindex);
	return r < 0 ? skep_fail(err, r, r == -ENODEV ? SKEP_ERR_NOT_FOUND : SKEP_ERR_SYSCALL,
				 "sweep the filters of interface %u", ifindex)
		     : r;
}
