/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "attach/link.h"

#include <errno.h>

#include <skep/error.h>
#include <skep/kabi.h>
#include <skep/sys_link.h>
#include <skep/sys_object.h>

#include "base/error.h"

int link_is_defunct(const struct skep_link_info *info)
{
	switch (info->type) {
	case SKEP_LINK_TYPE_XDP:
		return !info->xdp.ifindex;
	case SKEP_LINK_TYPE_TCX:
		return !info->tcx.ifindex;
	case SKEP_LINK_TYPE_NETKIT:
		return !info->netkit.ifindex;
	case SKEP_LINK_TYPE_CGROUP:
		return !info->cgroup.cgroup_id;
	case SKEP_LINK_TYPE_NETNS:
		return !info->netns.netns_ino;
	case SKEP_LINK_TYPE_SOCKMAP:
		return !info->sockmap.map_id;
	default:
		return 0;
	}
}

/* Types whose links can be given another program; of the others the kernel says EINVAL, as of a program that does not fit. */
static int is_updated(uint32_t type)
{
	switch (type) {
	case SKEP_LINK_TYPE_XDP:
	case SKEP_LINK_TYPE_TCX:
	case SKEP_LINK_TYPE_NETKIT:
	case SKEP_LINK_TYPE_CGROUP:
	case SKEP_LINK_TYPE_NETNS:
	case SKEP_LINK_TYPE_SOCKMAP:
	case SKEP_LINK_TYPE_ITER:
	case SKEP_LINK_TYPE_STRUCT_OPS:
		return 1;
	default:
		return 0;
	}
}

static int fail_update(int link_fd, int code, int with_old, struct skep_error *err)
{
	struct skep_link_info info = { 0 };
	char name[SKEP_NAME_SIZE];

	if (code == -ENOLINK)
		return skep_fail(err, code, SKEP_ERR_NOT_FOUND,
				 "update a link: what it was attached to is gone.");
	if (code == -EPERM && with_old)
		return skep_fail(err, -ESTALE, SKEP_ERR_CONFLICT,
				 "update a link: another program is attached than the one to be "
				 "replaced.");
	if ((code != -EINVAL && code != -EOPNOTSUPP) ||
	    skep_sys_link_info(link_fd, &info, sizeof(info)) < 0)
		return code; /* recorded */
	if (!is_updated(info.type))
		return skep_fail(err, -EOPNOTSUPP, SKEP_ERR_UNSUPPORTED,
				 "update a link: those of type %s cannot be.",
				 skep_link_type_name(info.type, name));
	if (code == -EINVAL)
		return skep_fail(err, code, SKEP_ERR_INVALID,
				 "update a link: the program is of another type.");
	return code;
}

int link_update(int link_fd, int prog_fd, int old_prog_fd, struct skep_error *err)
{
	struct skep_attr_link_update attr = {
		.link_fd = (uint32_t)link_fd,
		.new_fd = (uint32_t)prog_fd,
		.flags = old_prog_fd >= 0 ? SKEP_ATTACH_FLAG_REPLACE : 0,
		.old_fd = old_prog_fd >= 0 ? (uint32_t)old_prog_fd : 0,
	};
	int r = skep_sys_link_update(&attr, sizeof(attr), err);

	return r < 0 ? fail_update(link_fd, r, old_prog_fd >= 0, err) : 0;
}
