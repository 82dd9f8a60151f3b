/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include <skep/attach_lirc.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include <skep/error.h>
#include <skep/kabi.h>
#include <skep/sys_prog.h>

#include "attach/attachment.h"
#include "attach/query.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "base/opts.h"

struct lirc {
	int device_fd, prog_fd; /* owned */
};

static struct skep_attr_prog_attach attr_of(int device_fd, int prog_fd)
{
	return (struct skep_attr_prog_attach){ .target = (uint32_t)device_fd,
					       .attach_bpf_fd = (uint32_t)prog_fd,
					       .attach_type = SKEP_ATTACH_TYPE_LIRC_MODE2 };
}

static int detach(struct skep_attachment *a, struct skep_error *err)
{
	const struct lirc *l = a->data;
	const struct skep_attr_prog_attach attr = attr_of(l->device_fd, l->prog_fd);
	int r = skep_sys_prog_detach(&attr, sizeof(attr), err);

	return r == -ENOENT || r == -ENODEV ? 1 : r;
}

/* A receiver's programs are a list: the new one comes in before the old one goes. */
static int update(struct skep_attachment *a, int prog_fd, struct skep_error *err)
{
	struct lirc *l = a->data;
	_cleanup_close_ int own = -1;
	struct skep_attr_prog_attach attr = attr_of(l->device_fd, prog_fd);
	int r;

	own = fcntl(prog_fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	if (own < 0)
		return skep_fail(err, -errno, SKEP_ERR_SYSCALL, "keep the program");
	r = skep_sys_prog_attach(&attr, sizeof(attr), err);
	if (r == 0)
		r = detach(a, err);
	if (r < 0) {
		skep_sys_prog_detach(&attr, sizeof(attr), NULL);
		return r;
	}
	close(l->prog_fd);
	l->prog_fd = take_fd(&own);
	return 1;
}

static int is_active(const struct skep_attachment *a, struct skep_error *err)
{
	const struct lirc *l = a->data;

	return attach_query(NULL, (uint32_t)l->device_fd, SKEP_ATTACH_TYPE_LIRC_MODE2, l->prog_fd,
			    err);
}

static void release(void *data)
{
	struct lirc *l = data;

	close(l->device_fd);
	close(l->prog_fd);
}

static const struct attachment_class class = {
	.detach = detach,
	.update = update,
	.is_active = is_active,
	.release = release,
};

struct request {
	int device_fd, prog_fd;
};

static int by_prog_attach(struct skep_attachment *a, const void *request, struct skep_error *err)
{
	const struct request *want = request;
	_cleanup_free_ struct lirc *l = calloc(1, sizeof(*l));
	_cleanup_close_ int device = -1, prog = -1;
	const struct skep_attr_prog_attach attr = attr_of(want->device_fd, want->prog_fd);
	int r;

	if (!l)
		return skep_fail(err, -ENOMEM, SKEP_ERR_NO_MEMORY, "attach");
	device = fcntl(want->device_fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	prog = device < 0 ? -1 : fcntl(want->prog_fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	if (prog < 0)
		return skep_fail(err, -errno, SKEP_ERR_SYSCALL, "keep device and program");
	r = skep_sys_prog_attach(&attr, sizeof(attr), err);
	if (r < 0)
		return attach_fail(a, r, err);
	l->device_fd = take_fd(&device);
	l->prog_fd = take_fd(&prog);
	a->class = &class;
	a->data = take_ptr(l);
	return 0;
}

static const struct attach_try tries[] = {
	{ SKEP_ATTACH_METHOD_PROG_ATTACH, by_prog_attach },
};

int skep_lirc_attach(int prog_fd, const struct skep_lirc_opts *opts,
		     struct skep_attachment **ret_attachment, struct skep_error *err)
{
	_cleanup_close_ int device = -1;
	struct skep_lirc_opts o;
	struct request request;
	struct attach_plan plan;
	int r;

	r = opts_copy(&o, sizeof(o), opts);
	if (r == 0 && (o.flags & ~(uint64_t)SKEP_ATTACH_DRY_RUN || !o.device))
		r = -EINVAL;
	if (r < 0)
		return skep_fail(err, r, SKEP_ERR_INVALID, "attach lirc: options");
	device = open(o.device, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (device < 0)
		return skep_fail(err, -errno,
				 errno == ENOENT ? SKEP_ERR_NOT_FOUND : SKEP_ERR_SYSCALL,
				 "attach lirc: open '%s'", o.device);
	request = (struct request){ device, prog_fd };
	plan = (struct attach_plan){ SKEP_ATTACH_FAMILY_LIRC, o.flags,  o.method, tries,
				     ARRAY_SIZE(tries),       &request, &prog_fd };
	return attach_run(&plan, ret_attachment, err, "%s", o.device);
}
