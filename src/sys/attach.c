/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include <skep/sys_prog.h>

#include <errno.h>
#include <string.h>

#include <skep/error.h>
#include <skep/kabi.h>
#include <skep/sys.h>

#include "base/error.h"
#include "sys/capability.h"
#include "sys/fail.h"

static int attachment(uint32_t command, const struct skep_attr_prog_attach *attr, size_t attr_bytes,
		      const char *what, struct skep_error *err)
{
	const uint64_t needed = skep_operation_capabilities(SKEP_OPERATION_ATTACH_CGROUP);
	char name[SKEP_NAME_SIZE];
	int r = skep_sys_bpf(command, (void *)attr, attr_bytes);

	if (r >= 0)
		return 0;
	/* to who lacks the capability the kernel denies that there is such a program */
	if (r == -EINVAL && sys_capabilities_missing(needed))
		r = -EPERM;
	return sys_fail(err, r, needed, "%s a program (%s)", what,
			skep_attach_type_name(attr->attach_type, name));
}

int skep_sys_prog_attach(const struct skep_attr_prog_attach *attr, size_t attr_bytes,
			 struct skep_error *err)
{
	return attachment(SKEP_COMMAND_PROG_ATTACH, attr, attr_bytes, "attach", err);
}

/* Flags that say how to attach; the others say which one it is. */
#define ATTACH_ONLY                                                                  \
	((uint32_t)(SKEP_ATTACH_FLAG_ALLOW_OVERRIDE | SKEP_ATTACH_FLAG_ALLOW_MULTI | \
		    SKEP_ATTACH_FLAG_REPLACE | SKEP_ATTACH_FLAG_PREORDER))

int skep_sys_prog_detach(const struct skep_attr_prog_attach *attr, size_t attr_bytes,
			 struct skep_error *err)
{
	struct skep_attr_prog_attach detached = { 0 };

	if (attr_bytes > sizeof(detached))
		return skep_fail(err, -E2BIG, SKEP_ERR_INVALID,
				 "detach a program: the attribute is newer than this library.");
	memcpy(&detached, attr, attr_bytes);
	detached.attach_flags &= ~ATTACH_ONLY;
	detached.replace_bpf_fd = 0;
	return attachment(SKEP_COMMAND_PROG_DETACH, &detached, sizeof(detached), "detach", err);
}

int skep_sys_prog_query(struct skep_attr_prog_query *attr, size_t attr_bytes,
			struct skep_error *err)
{
	char name[SKEP_NAME_SIZE];
	int r = skep_sys_bpf(SKEP_COMMAND_PROG_QUERY, attr, attr_bytes);

	return r < 0 ? sys_fail(err, r, skep_operation_capabilities(SKEP_OPERATION_ATTACH_QUERY),
				"query programs (%s)",
				skep_attach_type_name(attr->attach_type, name))
		     : 0;
}

int skep_sys_raw_tracepoint_open(int prog_fd, const char *name, uint64_t cookie,
				 struct skep_error *err)
{
	struct skep_attr_raw_tracepoint attr = {
		.name = SKEP_ATTR_POINTER(name),
		.prog_fd = (uint32_t)prog_fd,
		.cookie = cookie,
	};
	int r = skep_sys_bpf(SKEP_COMMAND_RAW_TRACEPOINT_OPEN, &attr, sizeof(attr));

	return r < 0 ? sys_fail(err, r,
				skep_operation_capabilities(SKEP_OPERATION_PROG_LOAD_TRACING),
				"attach to raw tracepoint '%s'", name ? name : "(by BTF)")
		     : r;
}

int skep_sys_enable_stats(uint32_t type, struct skep_error *err)
{
	uint32_t attr = type;
	int r = skep_sys_bpf(SKEP_COMMAND_ENABLE_STATS, &attr, sizeof(attr));

	return r < 0 ? sys_fail(err, r, skep_operation_capabilities(SKEP_OPERATION_ENABLE_STATS),
				"measure the run time of programs")
		     : r;
}

int skep_sys_task_fd_query(struct skep_attr_task_fd_query *attr, size_t attr_bytes,
			   struct skep_error *err)
{
	int r = skep_sys_bpf(SKEP_COMMAND_TASK_FD_QUERY, attr, attr_bytes);

	return r < 0 ? sys_fail(err, r, skep_operation_capabilities(SKEP_OPERATION_TASK_FD_QUERY),
				"query fd %u of process %u", attr->fd, attr->pid)
		     : 0;
}
