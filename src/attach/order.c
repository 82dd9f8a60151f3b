/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "attach/order.h"

#include <errno.h>

#include <skep/error.h>
#include <skep/kabi.h>

#include "base/error.h"

int attach_order_check(const struct attach_order *o, struct skep_error *err)
{
	int anchored = o->position >= SKEP_ATTACH_POSITION_BEFORE;

	if (o->position > SKEP_ATTACH_POSITION_REPLACE ||
	    o->anchor_kind > SKEP_ATTACH_ANCHOR_LINK_ID || o->anchor > UINT32_MAX)
		return skep_fail(err, -EINVAL, SKEP_ERR_INVALID, "an unknown position or anchor.");
	if (anchored != (o->anchor_kind != SKEP_ATTACH_ANCHOR_NONE))
		return skep_fail(err, -EINVAL, SKEP_ERR_INVALID,
				 anchored ? "the position needs a program or link as anchor."
					  : "an anchor needs a position relative to it.");
	if (o->position == SKEP_ATTACH_POSITION_REPLACE &&
	    o->anchor_kind != SKEP_ATTACH_ANCHOR_PROG_FD)
		return skep_fail(err, -EINVAL, SKEP_ERR_INVALID,
				 "to replace a program, give its fd; a link is updated.");
	return 0;
}

int attach_order_is_special(const struct attach_order *o)
{
	return o->position != SKEP_ATTACH_POSITION_LAST || o->revision != 0;
}

static uint32_t flags(const struct attach_order *o)
{
	uint32_t flags = 0;

	if (o->position == SKEP_ATTACH_POSITION_FIRST || o->position == SKEP_ATTACH_POSITION_BEFORE)
		flags |= SKEP_ATTACH_FLAG_BEFORE;
	if (o->position == SKEP_ATTACH_POSITION_AFTER)
		flags |= SKEP_ATTACH_FLAG_AFTER;
	if (o->anchor_kind == SKEP_ATTACH_ANCHOR_PROG_ID ||
	    o->anchor_kind == SKEP_ATTACH_ANCHOR_LINK_ID)
		flags |= SKEP_ATTACH_FLAG_ID;
	if (o->anchor_kind == SKEP_ATTACH_ANCHOR_LINK_FD ||
	    o->anchor_kind == SKEP_ATTACH_ANCHOR_LINK_ID)
		flags |= SKEP_ATTACH_FLAG_LINK;
	return flags;
}

void attach_order_link(const struct attach_order *o, struct skep_attr_link_create *attr)
{
	attr->flags |= flags(o);
	attr->order.relative = (uint32_t)o->anchor;
	attr->order.expected_revision = o->revision;
}

void attach_order_prog(const struct attach_order *o, struct skep_attr_prog_attach *attr)
{
	attr->attach_flags |= flags(o);
	attr->expected_revision = o->revision;
	if (o->position == SKEP_ATTACH_POSITION_REPLACE) {
		attr->attach_flags |= SKEP_ATTACH_FLAG_REPLACE;
		attr->replace_bpf_fd = (uint32_t)o->anchor;
	} else {
		attr->relative = (uint32_t)o->anchor;
	}
}
