/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "attach/mprog.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include <skep/error.h>
#include <skep/kabi.h>

#include "attach/netns.h"
#include "attach/owner.h"
#include "attach/query.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "net/netns.h"

/* What the kernel's answers mean at these hooks. */
static int fail(const struct skep_attachment *a, int code, struct skep_error *err)
{
	if (code == -ERANGE)
		return skep_fail(err, code, SKEP_ERR_NO_SPACE,
				 "the interface has no room for more programs.");
	if (code == -ESTALE)
		return skep_fail(err, code, SKEP_ERR_CONFLICT,
				 "the list of programs has changed since that revision.");
	if (code == -EMFILE)
		return skep_fail(err, code, SKEP_ERR_NO_SPACE,
				 "this process may open no more files: raise RLIMIT_NOFILE "
				 "(ulimit -n).");
	return attach_fail(a, code, err);
}

int attach_mprog_link(struct skep_attachment *a, const void *request, struct skep_error *err)
{
	const struct attach_mprog *m = request;
	struct skep_attr_link_create attr = {
		.fd = (uint32_t)m->prog_fd,
		.target = m->device->ifindex,
		.attach_type = m->attach_type,
	};

	if (m->order->position == SKEP_ATTACH_POSITION_REPLACE)
		return skep_fail(err, -EOPNOTSUPP, SKEP_ERR_UNSUPPORTED,
				 "a link takes nobody's place.");
	attach_order_link(m->order, &attr);
	a->link_fd = attach_netns_link(m->device->netns, &attr, err);
	return a->link_fd < 0 ? fail(a, a->link_fd, err) : 0;
}

/* An attachment without a link. */
struct mprog {
	struct attach_device device;
	struct skep_attr_prog_attach attr; /* as it was attached */
	int prog_fd;                       /* a duplicate: a list is searched by program */
	int owner_fd;                      /* of attach_owner_mark() */
};

static struct attach_place place_of(const struct skep_attachment *a,
				    const struct attach_device *device, uint32_t attach_type)
{
	return (struct attach_place){ .family = a->family,
				      .attach_type = attach_type,
				      .where = device->ifindex,
				      .netns = net_netns_inode(device->netns) };
}

static int detach(struct skep_attachment *a, struct skep_error *err)
{
	struct mprog *m = a->data;
	struct skep_attr_prog_attach attr = {
		.target = m->attr.target,
		.attach_bpf_fd = (uint32_t)m->prog_fd,
		.attach_type = m->attr.attach_type,
	};
	int r = attach_netns_prog_detach(m->device.netns, &attr, err);

	if (r == 0)
		attach_owner_clear(take_fd(&m->owner_fd));
	return r == -ENOENT || r == -ENODEV ? 1 : r;
}

static int update(struct skep_attachment *a, int prog_fd, struct skep_error *err)
{
	struct mprog *m = a->data;
	struct skep_attr_prog_attach attr = {
		.target = m->attr.target,
		.attach_bpf_fd = (uint32_t)prog_fd,
		.attach_type = m->attr.attach_type,
		.attach_flags = SKEP_ATTACH_FLAG_REPLACE,
		.replace_bpf_fd = (uint32_t)m->prog_fd,
	};
	const struct attach_place place = place_of(a, &m->device, m->attr.attach_type);
	_cleanup_close_ int own = -1;
	int r, owner_fd = -EBADF;

	own = fcntl(prog_fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	if (own < 0)
		return skep_fail(err, -errno, SKEP_ERR_SYSCALL, "keep the program");
	r = attach_owner_mark(own, &place, &owner_fd, err);
	if (r < 0)
		return r;
	r = attach_netns_prog(m->device.netns, &attr, err);
	if (r < 0)
		attach_owner_clear(owner_fd);
	if (r == -ENOENT || r == -ENODEV)
		return skep_fail(err, -ENOLINK, SKEP_ERR_NOT_FOUND, "it is not attached any more.");
	if (r < 0)
		return r;
	close(m->prog_fd);
	m->prog_fd = take_fd(&own);
	attach_owner_clear(m->owner_fd);
	m->owner_fd = owner_fd;
	return 0;
}

static int is_active(const struct skep_attachment *a, struct skep_error *err)
{
	const struct mprog *m = a->data;

	return attach_query(m->device.netns, m->attr.target, m->attr.attach_type, m->prog_fd, err);
}

static void release(void *data)
{
	struct mprog *m = data;

	attach_device_fini(&m->device);
	close(m->prog_fd);
	cleanup_close(&m->owner_fd);
}

static const struct attachment_class class = {
	.detach = detach,
	.update = update,
	.is_active = is_active,
	.release = release,
};

int attach_mprog_prog(struct skep_attachment *a, const void *request, struct skep_error *err)
{
	const struct attach_mprog *want = request;
	_cleanup_free_ struct mprog *m = calloc(1, sizeof(*m));
	const struct attach_place place = place_of(a, want->device, want->attach_type);
	_cleanup_close_ int own = -1;
	int r, owner_fd = -EBADF;

	if (!m)
		return skep_fail(err, -ENOMEM, SKEP_ERR_NO_MEMORY, "attach");
	own = fcntl(want->prog_fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	if (own < 0)
		return skep_fail(err, -errno, SKEP_ERR_SYSCALL, "keep the program");
	m->attr.target = want->device->ifindex;
	m->attr.attach_bpf_fd = (uint32_t)own;
	m->attr.attach_type = want->attach_type;
	attach_order_prog(want->order, &m->attr);
	attach_owner_sweep(want->device->netns, want->device->ifindex, &place);
	r = attach_owner_mark(own, &place, &owner_fd, err);
	if (r < 0)
		return r;
	r = attach_netns_prog(want->device->netns, &m->attr, err);
	if (r < 0) {
		attach_owner_clear(owner_fd);
		return fail(a, r, err);
	}
	m->owner_fd = owner_fd;
	m->device = *want->device;
	net_netns_ref(m->device.netns);
	m->prog_fd = take_fd(&own);
	a->class = &class;
	a->data = take_ptr(m);
	return 0;
}
