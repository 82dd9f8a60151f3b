/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "attach/device.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>

#include <skep/error.h>

#include "attach/netns.h"
#include "base/error.h"

static void describe(struct attach_device *d, const char *interface)
{
	uint64_t inode = skep_netns_inode(d->netns);
	char where[32] = "";

	if (inode)
		snprintf(where, sizeof(where), " in netns %" PRIu64, inode);
	if (interface)
		snprintf(d->words, sizeof(d->words), "%.16s%s", interface, where);
	else
		snprintf(d->words, sizeof(d->words), "interface %u%s", d->ifindex, where);
}

int attach_device_init(struct skep_netns *netns, const char *interface, uint64_t ifindex,
		       struct attach_device *ret_device, struct skep_error *err)
{
	struct attach_device d = { 0 };
	int64_t r;

	if (!interface && !ifindex)
		return skep_fail(err, -EINVAL, SKEP_ERR_NO_INTERFACE,
				 "attach to an interface: none is named.");
	if (ifindex > INT_MAX)
		return skep_fail(err, -EINVAL, SKEP_ERR_INVALID,
				 "attach to an interface: none has the number %" PRIu64 ".",
				 ifindex);
	r = attach_netns_init(netns, &d.netns, err);
	if (r < 0)
		return (int)r;
	r = ifindex ? (int64_t)ifindex : skep_netns_ifindex(d.netns, interface, err);
	if (r < 0) {
		skep_netns_close(d.netns);
		return (int)r;
	}
	d.ifindex = (uint32_t)r;
	describe(&d, interface);
	*ret_device = d;
	return 0;
}

void attach_device_fini(struct attach_device *d)
{
	d->netns = skep_netns_close(d->netns);
}
