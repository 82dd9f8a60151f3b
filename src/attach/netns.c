/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "attach/netns.h"

#include <errno.h>

#include <skep/error.h>
#include <skep/sys_link.h>
#include <skep/sys_prog.h>

#include "base/error.h"
#include "net/netns.h"

int attach_netns_init(struct skep_netns *netns, struct skep_netns **ret_netns,
		      struct skep_error *err)
{
	if (netns)
		*ret_netns = net_netns_ref(netns);
	else if (net_netns_here(ret_netns) < 0)
		return skep_fail(err, -ENOMEM, SKEP_ERR_NO_MEMORY, "attach");
	return 0;
}

struct errand {
	const void *attr;
	struct skep_error *err;
};

static int create_link(void *userdata)
{
	const struct errand *e = userdata;

	return skep_sys_link_create(e->attr, sizeof(struct skep_attr_link_create), e->err);
}

static int attach_prog(void *userdata)
{
	const struct errand *e = userdata;

	return skep_sys_prog_attach(e->attr, sizeof(struct skep_attr_prog_attach), e->err);
}

static int detach_prog(void *userdata)
{
	const struct errand *e = userdata;

	return skep_sys_prog_detach(e->attr, sizeof(struct skep_attr_prog_attach), e->err);
}

int attach_netns_link(struct skep_netns *netns, const struct skep_attr_link_create *attr,
		      struct skep_error *err)
{
	struct errand e = { attr, err };

	return skep_netns_call(netns, create_link, &e, err);
}

int attach_netns_prog(struct skep_netns *netns, const struct skep_attr_prog_attach *attr,
		      struct skep_error *err)
{
	struct errand e = { attr, err };

	return skep_netns_call(netns, attach_prog, &e, err);
}

int attach_netns_prog_detach(struct skep_netns *netns, const struct skep_attr_prog_attach *attr,
			     struct skep_error *err)
{
	struct errand e = { attr, err };

	return skep_netns_call(netns, detach_prog, &e, err);
}
