/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include <skep/attach_netkit.h>

#include <errno.h>

#include <skep/error.h>
#include <skep/kabi.h>

#include "attach/mprog.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "base/opts.h"

static const struct attach_try tries[] = {
	{ SKEP_ATTACH_METHOD_LINK, attach_mprog_link },
	{ SKEP_ATTACH_METHOD_PROG_ATTACH, attach_mprog_prog },
};

int skep_netkit_attach(int prog_fd, const struct skep_netkit_opts *opts,
		       struct skep_attachment **ret_attachment, struct skep_error *err)
{
	struct skep_netkit_opts o;
	struct attach_device device;
	struct attach_mprog request;
	struct attach_order order;
	struct attach_plan plan;
	int r, peer;

	r = opts_copy(&o, sizeof(o), opts);
	if (r == 0 && o.flags & ~(uint64_t)(SKEP_ATTACH_DRY_RUN | SKEP_NETKIT_PEER))
		r = -EINVAL;
	if (r < 0)
		return skep_fail(err, r, SKEP_ERR_INVALID, "attach netkit: options");
	order = (struct attach_order){ o.position, o.anchor_kind, o.anchor, o.revision };
	r = attach_order_check(&order, err);
	if (r == 0)
		r = attach_device_init(o.netns, o.interface, o.ifindex, &device, err);
	if (r < 0)
		return skep_wrap(err, r, "attach netkit: ");
	if (o.position == SKEP_ATTACH_POSITION_REPLACE && !o.method)
		o.method = SKEP_ATTACH_METHOD_PROG_ATTACH;
	peer = (o.flags & SKEP_NETKIT_PEER) != 0;
	request = (struct attach_mprog){ prog_fd, &device,
					 peer ? SKEP_ATTACH_TYPE_NETKIT_PEER
					      : SKEP_ATTACH_TYPE_NETKIT_PRIMARY,
					 &order };
	plan = (struct attach_plan){ SKEP_ATTACH_FAMILY_NETKIT, o.flags,  o.method, tries,
				     ARRAY_SIZE(tries),         &request, &prog_fd };
	r = attach_run(&plan, ret_attachment, err, "%s %s", device.words,
		       peer ? "peer" : "primary");
	attach_device_fini(&device);
	return r;
}
