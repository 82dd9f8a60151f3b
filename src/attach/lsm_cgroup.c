/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include <errno.h>
#include <fcntl.h>

#include <skep/attach_tracing.h>
#include <skep/error.h>
#include <skep/kabi.h>
#include <skep/sys.h>

#include "attach/attachment.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "base/opts.h"

struct request {
	int prog_fd, cgroup_fd;
};

static int by_link(struct skep_attachment *a, const void *request, struct skep_error *err)
{
	const struct request *r = request;
	struct skep_attr_link_create attr = {
		.fd = (uint32_t)r->prog_fd,
		.target = (uint32_t)r->cgroup_fd,
		.attach_type = SKEP_ATTACH_TYPE_LSM_CGROUP,
	};
	int fd = skep_sys_bpf(SKEP_COMMAND_LINK_CREATE, &attr, sizeof(attr));

	if (fd < 0)
		return attach_fail(a, fd, err);
	a->link_fd = fd;
	return 0;
}

static const struct attach_try tries[] = { { SKEP_ATTACH_METHOD_LINK, by_link } };

int skep_lsm_cgroup_attach(int prog_fd, const struct skep_lsm_cgroup_opts *opts,
			   struct skep_attachment **ret_attachment, struct skep_error *err)
{
	_cleanup_close_ int cgroup_fd = -1;
	struct skep_lsm_cgroup_opts o;
	struct request request;
	int r = opts_copy(&o, sizeof(o), opts);

	if (r < 0 || o.flags & ~(uint64_t)SKEP_ATTACH_DRY_RUN || !o.cgroup)
		return skep_fail(err, r < 0 ? r : -EINVAL, SKEP_ERR_INVALID,
				 "options of a control group");
	cgroup_fd = open(o.cgroup, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (cgroup_fd < 0)
		return skep_fail(err, -errno,
				 errno == ENOENT ? SKEP_ERR_NOT_FOUND : SKEP_ERR_SYSCALL,
				 "open '%s'", o.cgroup);
	request = (struct request){ prog_fd, cgroup_fd };
	const struct attach_plan plan = {
		.family = SKEP_ATTACH_FAMILY_LSM_CGROUP,
		.flags = o.flags,
		.method = o.method,
		.tries = tries,
		.try_count = ARRAY_SIZE(tries),
		.request = &request,
		.prog_fd = &prog_fd,
	};

	return attach_run(&plan, ret_attachment, err, "%s", o.cgroup);
}
