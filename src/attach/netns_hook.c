/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* Hooks that a network namespace has: the lookup of sockets, the flow dissector. */
#include <skep/attach_socket.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>

#include <skep/error.h>
#include <skep/kabi.h>
#include <skep/netns.h>
#include <skep/sys.h>
#include <skep/sys_link.h>
#include <skep/sys_object.h>
#include <skep/sys_prog.h>

#include "attach/attachment.h"
#include "attach/netns.h"
#include "attach/owner.h"
#include "attach/query.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "base/opts.h"
#include "net/netns.h"

struct request {
	int prog_fd;
	uint32_t attach_type;
	struct skep_netns *netns;
};

static int fail(const struct skep_attachment *a, int code, struct skep_error *err)
{
	if (code == -E2BIG && a->family == SKEP_ATTACH_FAMILY_FLOW_DISSECTOR)
		code = -EEXIST; /* there is room for one */
	if (code == -EBUSY || code == -EEXIST)
		return skep_fail(err, code, SKEP_ERR_CONFLICT,
				 "the network namespace, or the first one, has such a program.");
	if (code == -E2BIG || code == -ENOSPC)
		return skep_fail(err, code, SKEP_ERR_NO_SPACE,
				 "the network namespace has no room for more programs.");
	return attach_fail(a, code, err);
}

static struct attach_place place_of(const struct skep_attachment *a, const struct request *r)
{
	return (struct attach_place){ .family = a->family,
				      .attach_type = r->attach_type,
				      .netns = net_netns_inode(r->netns) };
}

/* Return: the id of the program that the namespace has, or one of them; 0: none, or it could not be told. */
static uint32_t find_program(const struct request *r, int netns_fd)
{
	uint32_t id = 0;
	struct skep_attr_prog_query query = {
		.target = (uint32_t)netns_fd,
		.attach_type = r->attach_type,
		.prog_ids = SKEP_ATTR_POINTER(&id),
		.count = 1,
	};

	return skep_sys_prog_query(&query, sizeof(query), NULL) < 0 || !query.count ? 0 : id;
}

/* Removes what a process has left that is gone. The namespace is named by its fd to be asked, and by the thread to detach. */
static int sweep(const struct skep_attachment *a, const struct request *r, int netns_fd)
{
	const struct attach_place place = place_of(a, r);
	struct skep_attr_prog_attach attr = { .attach_type = r->attach_type };
	const uint32_t id = find_program(r, netns_fd);
	_cleanup_close_ int fd = -1;

	if (!id)
		return 0;
	fd = skep_sys_fd_by_id(SKEP_OBJECT_PROG, id, 0);
	if (fd < 0 || !attach_owner_is_stale(fd, &place))
		return 0;
	attr.attach_bpf_fd = (uint32_t)fd;
	return attach_netns_prog_detach(r->netns, &attr, NULL) == 0;
}

static int by_link(struct skep_attachment *a, const void *request, struct skep_error *err)
{
	const struct request *r = request;
	_cleanup_close_ int netns_fd = -1;
	struct skep_attr_link_create attr = {
		.fd = (uint32_t)r->prog_fd,
		.attach_type = r->attach_type,
	};

	netns_fd = net_netns_fd(r->netns, err);
	if (netns_fd < 0)
		return netns_fd;
	attr.target = (uint32_t)netns_fd;
	a->link_fd = skep_sys_link_create(&attr, sizeof(attr), err);
	if ((a->link_fd == -E2BIG || a->link_fd == -EEXIST) && sweep(a, r, netns_fd))
		a->link_fd = skep_sys_link_create(&attr, sizeof(attr), err);
	return a->link_fd < 0 ? fail(a, a->link_fd, err) : 0;
}

/* An attachment without a link: it stays as long as the namespace. */
struct netns_hook {
	struct skep_netns *netns;
	int prog_fd; /* owned */
	uint32_t attach_type;
	int owner_fd; /* of attach_owner_mark() */
};

static int detach(struct skep_attachment *a, struct skep_error *err)
{
	struct netns_hook *h = a->data;
	const struct skep_attr_prog_attach attr = {
		.attach_bpf_fd = (uint32_t)h->prog_fd,
		.attach_type = h->attach_type,
	};
	int r = attach_netns_prog_detach(h->netns, &attr, err);

	if (r == 0)
		attach_owner_clear(take_fd(&h->owner_fd));
	return r == -ENOENT || r == -EINVAL ? 1 : r; /* another one is there, or none */
}

static int is_active(const struct skep_attachment *a, struct skep_error *err)
{
	const struct netns_hook *h = a->data;
	_cleanup_close_ int netns_fd = -1;

	netns_fd = net_netns_fd(h->netns, err);
	return netns_fd < 0
		       ? netns_fd
		       : attach_query(NULL, (uint32_t)netns_fd, h->attach_type, h->prog_fd, err);
}

static void release(void *data)
{
	struct netns_hook *h = data;

	skep_netns_close(h->netns);
	close(h->prog_fd);
	cleanup_close(&h->owner_fd);
}

static const struct attachment_class class = {
	.detach = detach,
	.is_active = is_active,
	.release = release,
};

static int by_prog_attach(struct skep_attachment *a, const void *request, struct skep_error *err)
{
	const struct request *r = request;
	_cleanup_free_ struct netns_hook *h = calloc(1, sizeof(*h));
	_cleanup_close_ int own = -1, netns_fd = -1;
	const struct skep_attr_prog_attach attr = {
		.attach_bpf_fd = (uint32_t)r->prog_fd,
		.attach_type = r->attach_type,
	};
	const struct attach_place place = place_of(a, r);
	int code, owner_fd = -EBADF;

	if (!h)
		return skep_fail(err, -ENOMEM, SKEP_ERR_NO_MEMORY, "attach");
	own = fcntl(r->prog_fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	if (own < 0)
		return skep_fail(err, -errno, SKEP_ERR_SYSCALL, "keep the program");
	netns_fd = net_netns_fd(r->netns, err);
	if (netns_fd < 0)
		return netns_fd;
	sweep(a, r, netns_fd);
	code = attach_owner_mark(own, &place, &owner_fd, err);
	if (code < 0)
		return code;
	code = attach_netns_prog(r->netns, &attr, err);
	if (code < 0) {
		attach_owner_clear(owner_fd);
		return fail(a, code, err);
	}
	h->owner_fd = owner_fd;
	h->netns = net_netns_ref(r->netns);
	h->prog_fd = take_fd(&own);
	h->attach_type = r->attach_type;
	a->class = &class;
	a->data = take_ptr(h);
	return 0;
}

/* The flow dissector is one; of lookups there are several. */
static int rehearse(struct skep_attachment *a, const void *request, struct skep_error *err)
{
	const struct request *r = request;
	const struct attach_place place = place_of(a, r);
	_cleanup_close_ int netns_fd = -1, fd = -1;
	uint32_t id;

	if (a->family != SKEP_ATTACH_FAMILY_FLOW_DISSECTOR)
		return 0;
	netns_fd = net_netns_fd(r->netns, err);
	if (netns_fd < 0)
		return netns_fd;
	id = find_program(r, netns_fd);
	fd = id ? skep_sys_fd_by_id(SKEP_OBJECT_PROG, id, 0) : -1;
	return !id || (fd >= 0 && attach_owner_is_stale(fd, &place)) ? 0 : fail(a, -EEXIST, err);
}

static const struct attach_try tries[] = {
	{ SKEP_ATTACH_METHOD_LINK, by_link },
	{ SKEP_ATTACH_METHOD_PROG_ATTACH, by_prog_attach },
};

/* @try_count: 1: by a link alone */
static int attach(uint32_t family, int prog_fd, uint32_t attach_type, size_t try_count,
		  const struct skep_netns_attach_opts *opts, struct skep_attachment **ret,
		  struct skep_error *err)
{
	_cleanup_(skep_netns_closep) struct skep_netns *netns = NULL;
	struct skep_netns_attach_opts o;
	struct request request;
	struct attach_plan plan;
	uint64_t inode;
	int r;

	r = opts_copy(&o, sizeof(o), opts);
	if (r == 0 && o.flags & ~(uint64_t)SKEP_ATTACH_DRY_RUN)
		r = -EINVAL;
	if (r < 0)
		return skep_fail(err, r, SKEP_ERR_INVALID, "attach %s: options",
				 skep_attach_family_name(family));
	r = attach_netns_init(o.netns, &netns, err);
	if (r < 0)
		return r;
	request = (struct request){ prog_fd, attach_type, netns };
	plan = (struct attach_plan){ family,    o.flags,  o.method, tries,
				     try_count, &request, &prog_fd, .rehearse = rehearse };
	inode = skep_netns_inode(netns);
	if (inode)
		return attach_run(&plan, ret, err, "netns %" PRIu64, inode);
	return attach_run(&plan, ret, err, "this netns");
}

int skep_sk_lookup_attach(int prog_fd, const struct skep_netns_attach_opts *opts,
			  struct skep_attachment **ret_attachment, struct skep_error *err)
{
	return attach(SKEP_ATTACH_FAMILY_SK_LOOKUP, prog_fd, SKEP_ATTACH_TYPE_SK_LOOKUP, 1, opts,
		      ret_attachment, err);
}

int skep_flow_dissector_attach(int prog_fd, const struct skep_netns_attach_opts *opts,
			       struct skep_attachment **ret_attachment, struct skep_error *err)
{
	return attach(SKEP_ATTACH_FAMILY_FLOW_DISSECTOR, prog_fd, SKEP_ATTACH_TYPE_FLOW_DISSECTOR,
		      ARRAY_SIZE(tries), opts, ret_attachment, err);
}
