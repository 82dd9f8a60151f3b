/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "attach/query.h"

#include <errno.h>
#include <stdlib.h>

#include <skep/error.h>
#include <skep/kabi.h>
#include <skep/netns.h>
#include <skep/sys.h>
#include <skep/sys_object.h>

#include "base/cleanup.h"
#include "base/error.h"

#define ROOM 64       /* as many as a control group or an interface takes, today */
#define MOST_IDS 4096 /* of a list that grows while it is asked for */

struct question {
	struct skep_attr_prog_query attr;
	uint32_t wanted;
};

static int has_id(const uint32_t *ids, uint32_t count, uint32_t wanted)
{
	uint32_t i;

	for (i = 0; i < count; i++)
		if (ids[i] == wanted)
			return 1;
	return 0;
}

/* Return: 1; 0; a negative errno, not recorded. */
static int ask(void *userdata)
{
	struct question *q = userdata;
	uint32_t room;
	int r = -ENOSPC;

	for (room = ROOM; r == -ENOSPC && room <= MOST_IDS; room *= 4) {
		_cleanup_free_ uint32_t *ids = calloc(room, sizeof(*ids));

		if (!ids)
			return -ENOMEM;
		q->attr.prog_ids = SKEP_ATTR_POINTER(ids);
		q->attr.count = room;
		r = skep_sys_bpf(SKEP_COMMAND_PROG_QUERY, &q->attr, sizeof(q->attr));
		if (r >= 0)
			return has_id(ids, q->attr.count < room ? q->attr.count : room, q->wanted);
	}
	return r;
}

int attach_query(struct skep_netns *netns, uint32_t target, uint32_t attach_type, int prog_fd,
		 struct skep_error *err)
{
	struct question q = { .attr = { .target = target, .attach_type = attach_type } };
	struct skep_prog_info info = { 0 };
	int r = skep_sys_prog_info(prog_fd, &info, sizeof(info));

	q.wanted = info.id;
	if (r >= 0)
		r = netns ? skep_netns_call(netns, ask, &q, err) : ask(&q);
	switch (r) {
	case -EINVAL: /* no such question */
		return 1;
	case -ENODEV:
	case -ENOENT: /* an interface, or a group, that has gone */
		return 0;
	default:
		return r < 0 ? skep_fail(err, r, SKEP_ERR_SYSCALL,
					 "ask for the programs of the hook")
			     : r;
	}
}
