/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include <skep/attach_xdp.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>

#include <skep/error.h>
#include <skep/kabi.h>
#include <skep/sys_object.h>

#include "attach/attachment.h"
#include "attach/device.h"
#include "attach/netns.h"
#include "attach/owner.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "base/opts.h"
#include "net/netns.h"
#include "net/xdp.h"
#include "sys/fail.h"

const char *skep_xdp_mode_name(uint64_t mode)
{
	switch (mode) {
	case SKEP_XDP_MODE_AUTO:
		return "auto";
	case SKEP_XDP_MODE_SKB:
		return "skb";
	case SKEP_XDP_MODE_DRIVER:
		return "driver";
	case SKEP_XDP_MODE_HARDWARE:
		return "hardware";
	default:
		return "unknown";
	}
}

struct request {
	int prog_fd;
	uint32_t mode;
	const struct attach_device *device;
};

/* An attachment by netlink. */
struct xdp {
	struct attach_device device;
	uint32_t mode;
	int prog_fd;  /* a duplicate: what has to be there when it is exchanged or detached */
	int owner_fd; /* of attach_owner_mark() */
};

static struct attach_place place_of(const struct attach_device *device)
{
	return (struct attach_place){ .family = SKEP_ATTACH_FAMILY_XDP,
				      .attach_type = SKEP_ATTACH_TYPE_XDP,
				      .where = device->ifindex,
				      .netns = net_netns_inode(device->netns) };
}

/* Removes what a process has left that is gone. Return: 1 it has; 0 what is there, if anything, is not stale. */
static int sweep(const struct request *r)
{
	const struct attach_place place = place_of(r->device);
	struct net_rtnl *rtnl = NULL;
	_cleanup_close_ int fd = -1;
	uint32_t id = 0;

	if (net_netns_rtnl(r->device->netns, &rtnl, NULL) < 0 ||
	    net_xdp_get(rtnl, r->device->ifindex, 0, &id) < 0 || !id)
		return 0;
	fd = skep_sys_fd_by_id(SKEP_OBJECT_PROG, id, 0);
	return fd >= 0 && attach_owner_is_stale(fd, &place) &&
	       net_xdp_set(rtnl, r->device->ifindex, -1, fd, r->mode) == 0;
}

/* Whichever program there is, in whatever mode, is in the way. Return: its id; 0 none; a negative errno. */
static int64_t find_other(const struct request *r, struct skep_error *err)
{
	struct net_rtnl *rtnl = NULL;
	uint32_t id = 0;
	int code = net_netns_rtnl(r->device->netns, &rtnl, err);

	if (code == 0)
		code = net_xdp_get(rtnl, r->device->ifindex, 0, &id);
	return code < 0 ? code : (int64_t)id;
}

static int fail(const struct skep_attachment *a, const struct request *r, int code,
		struct skep_error *err)
{
	const int64_t id = code == -EBUSY || code == -EEXIST ? find_other(r, NULL) : 0;

	if (id <= 0)
		return attach_fail(a, code, err);
	return skep_fail(err, code, SKEP_ERR_CONFLICT,
			 "the interface has a program already: %" PRId64 ".", id);
}

static int by_link(struct skep_attachment *a, const void *request, struct skep_error *err)
{
	const struct request *r = request;
	const struct skep_attr_link_create attr = {
		.fd = (uint32_t)r->prog_fd,
		.target = r->device->ifindex,
		.attach_type = SKEP_ATTACH_TYPE_XDP,
		.flags = r->mode,
	};

	a->link_fd = attach_netns_link(r->device->netns, &attr, err);
	if ((a->link_fd == -EBUSY || a->link_fd == -EEXIST) && sweep(r))
		a->link_fd = attach_netns_link(r->device->netns, &attr, err);
	return a->link_fd < 0 ? fail(a, r, a->link_fd, err) : 0;
}

static void forget(struct xdp *x)
{
	attach_owner_clear(take_fd(&x->owner_fd));
}

static int detach(struct skep_attachment *a, struct skep_error *err)
{
	const struct xdp *x = a->data;
	struct net_rtnl *rtnl = NULL;
	int r = net_netns_rtnl(x->device.netns, &rtnl, err);

	if (r < 0)
		return r;
	r = net_xdp_set(rtnl, x->device.ifindex, -1, x->prog_fd, x->mode);
	if (r == 0)
		forget(a->data);
	if (r == -EEXIST || r == -EBUSY || r == -ENODEV)
		return 1; /* another program is there, or none, or the interface has gone */
	return r < 0 ? sys_fail(err, r, SKEP_CAPABILITY_BIT(NET_ADMIN), "netlink") : 0;
}

static int update(struct skep_attachment *a, int prog_fd, struct skep_error *err)
{
	_cleanup_close_ int own = -1;
	struct xdp *x = a->data;
	const struct attach_place place = place_of(&x->device);
	struct net_rtnl *rtnl = NULL;
	int r, owner_fd = -EBADF;

	own = fcntl(prog_fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	if (own < 0)
		return skep_fail(err, -errno, SKEP_ERR_SYSCALL, "keep the program");
	r = net_netns_rtnl(x->device.netns, &rtnl, err);
	if (r == 0)
		r = attach_owner_mark(own, &place, &owner_fd, err);
	if (r < 0)
		return r;
	r = net_xdp_set(rtnl, x->device.ifindex, own, x->prog_fd, x->mode);
	if (r < 0)
		attach_owner_clear(owner_fd);
	if (r == -EEXIST || r == -ENODEV)
		return skep_fail(err, -ENOLINK, SKEP_ERR_NOT_FOUND,
				 "somebody else has removed or replaced the program.");
	if (r < 0)
		return sys_fail(err, r, SKEP_CAPABILITY_BIT(NET_ADMIN), "netlink");
	close(x->prog_fd);
	x->prog_fd = take_fd(&own);
	forget(x);
	x->owner_fd = owner_fd;
	return 0;
}

static int is_active(const struct skep_attachment *a, struct skep_error *err)
{
	const struct xdp *x = a->data;
	struct skep_prog_info info = { 0 };
	struct net_rtnl *rtnl = NULL;
	uint32_t id = 0;
	int r = net_netns_rtnl(x->device.netns, &rtnl, err);

	if (r < 0)
		return r;
	r = net_xdp_get(rtnl, x->device.ifindex, x->mode, &id);
	if (r == -ENODEV)
		return 0;
	if (r == 0)
		r = skep_sys_prog_info(x->prog_fd, &info, sizeof(info));
	return r < 0 ? skep_fail(err, r, SKEP_ERR_SYSCALL, "look at the program of the interface")
		     : info.id == id;
}

static void release(void *data)
{
	struct xdp *x = data;

	attach_device_fini(&x->device);
	close(x->prog_fd);
	cleanup_close(&x->owner_fd);
}

static const struct attachment_class class = {
	.detach = detach,
	.update = update,
	.is_active = is_active,
	.release = release,
};

static int by_netlink(struct skep_attachment *a, const void *request, struct skep_error *err)
{
	const struct request *want = request;
	const struct attach_place place = place_of(want->device);
	_cleanup_free_ struct xdp *x = calloc(1, sizeof(*x));
	_cleanup_close_ int own = -1;
	struct net_rtnl *rtnl = NULL;
	int r, owner_fd = -EBADF;

	if (!x)
		return skep_fail(err, -ENOMEM, SKEP_ERR_NO_MEMORY, "netlink");
	own = fcntl(want->prog_fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	if (own < 0)
		return skep_fail(err, -errno, SKEP_ERR_SYSCALL, "keep the program");
	r = net_netns_rtnl(want->device->netns, &rtnl, err);
	if (r < 0)
		return r;
	r = attach_owner_mark(own, &place, &owner_fd, err);
	if (r < 0)
		return r;
	r = net_xdp_set(rtnl, want->device->ifindex, own, -1, want->mode);
	if ((r == -EBUSY || r == -EEXIST) && sweep(want))
		r = net_xdp_set(rtnl, want->device->ifindex, own, -1, want->mode);
	if (r < 0) {
		attach_owner_clear(owner_fd);
		return fail(a, want, r, err);
	}
	x->owner_fd = owner_fd;
	x->device = *want->device;
	net_netns_ref(x->device.netns);
	x->mode = want->mode;
	x->prog_fd = take_fd(&own);
	a->class = &class;
	a->data = take_ptr(x);
	return 0;
}

/* A program that is in the way would be swept if it is stale. */
static int rehearse(struct skep_attachment *a, const void *request, struct skep_error *err)
{
	const struct request *r = request;
	const struct attach_place place = place_of(r->device);
	const int64_t id = find_other(r, err);
	_cleanup_close_ int fd = -1;

	if (id <= 0)
		return id < 0 ? attach_fail(a, (int)id, err) : 0;
	fd = skep_sys_fd_by_id(SKEP_OBJECT_PROG, (uint32_t)id, 0);
	return fd >= 0 && attach_owner_is_stale(fd, &place) ? 0 : fail(a, r, -EBUSY, err);
}

static const struct attach_try tries[] = {
	{ SKEP_ATTACH_METHOD_LINK, by_link },
	{ SKEP_ATTACH_METHOD_NETLINK, by_netlink },
};

int skep_xdp_attach(int prog_fd, const struct skep_xdp_opts *opts,
		    struct skep_attachment **ret_attachment, struct skep_error *err)
{
	struct skep_xdp_opts o;
	struct attach_device device;
	struct request request;
	struct attach_plan plan;
	int r;

	r = opts_copy(&o, sizeof(o), opts);
	if (r < 0)
		return skep_fail(err, r, SKEP_ERR_INVALID, "attach xdp: options");
	if (o.flags & ~(uint64_t)SKEP_ATTACH_DRY_RUN || o.mode > SKEP_XDP_MODE_HARDWARE ||
	    o.mode & (o.mode - 1) || o.mode & 1)
		return skep_fail(err, -EINVAL, SKEP_ERR_INVALID,
				 "attach xdp: a flag or mode that is none.");
	r = attach_device_init(o.netns, o.interface, o.ifindex, &device, err);
	if (r < 0)
		return skep_wrap(err, r, "attach xdp: ");
	request = (struct request){ prog_fd, (uint32_t)o.mode, &device };
	plan = (struct attach_plan){
		SKEP_ATTACH_FAMILY_XDP, o.flags,  o.method, tries,
		ARRAY_SIZE(tries),      &request, &prog_fd, .rehearse = rehearse
	};
	r = attach_run(&plan, ret_attachment, err, "%s%s%s", device.words, o.mode ? " " : "",
		       o.mode ? skep_xdp_mode_name(o.mode) : "");
	attach_device_fini(&device);
	return r;
}
