/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "attach/tcx.h"

#include <errno.h>

#include <bpf/bpf.h>

#include "base/error.h"
#include "kabi/bpf.h"
#include "sys/capability.h"

#define LOOPBACK_IFINDEX 1 /* in every network namespace */

static enum bpf_attach_type tcx_type(uint32_t direction)
{
	return (enum bpf_attach_type)(direction == SKEP_DIRECTION_INGRESS ? KABI_ATTACH_TCX_INGRESS
									  : KABI_ATTACH_TCX_EGRESS);
}

int attach_tcx_supported(void)
{
	LIBBPF_OPTS(bpf_prog_query_opts, opts);
	int r = bpf_prog_query_opts(LOOPBACK_IFINDEX, tcx_type(SKEP_DIRECTION_INGRESS), &opts);

	/* a kernel without it does not know the attach type; an empty list is told as ENOENT */
	if (r == 0 || r == -ENOENT)
		return 1;
	return r == -EINVAL || r == -EOPNOTSUPP ? 0 : r;
}

int attach_tcx(int prog_fd, uint32_t ifindex, uint32_t direction, int tail, struct skep_error *err)
{
	const char *side = direction == SKEP_DIRECTION_INGRESS ? "ingress" : "egress";
	LIBBPF_OPTS(bpf_link_create_opts, opts,
		    .flags = tail ? KABI_BPF_F_AFTER : KABI_BPF_F_BEFORE);
	int fd = bpf_link_create(prog_fd, (int)ifindex, tcx_type(direction), &opts);

	if (fd >= 0)
		return fd;
	if (fd == -EINVAL && attach_tcx_supported() == 0)
		return skep_fail(err, -EOPNOTSUPP, SKEP_ERR_UNSUPPORTED,
				 "this kernel has no TCX (Linux 6.6): attach by clsact instead.");
	if (fd == -EPERM)
		return sys_fail_permission(err, fd, KABI_CAPABILITY_BIT(CAP_NET_ADMIN),
					   "attach by TCX");
	if (fd == -EMFILE)
		return skep_fail(
			err, fd, SKEP_ERR_NO_SPACE,
			"attach tcx %s: this process may open no more files: raise RLIMIT_NOFILE (ulimit -n).",
			side);
	if (fd == -ERANGE)
		return skep_fail(err, fd, SKEP_ERR_NO_SPACE,
				 "attach tcx %s: the interface has no room for more programs.",
				 side);
	return skep_fail(err, fd, fd == -ENODEV ? SKEP_ERR_NOT_FOUND : SKEP_ERR_SYSCALL,
			 "attach tcx %s", side);
}
