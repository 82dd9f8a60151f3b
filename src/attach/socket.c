/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* Programs that are an option of a socket. */
#include <skep/attach_socket.h>

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <skep/error.h>

#include "attach/attachment.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "base/opts.h"

/* A socket by its fd, which is the caller's: held by us it would outlive his close. So it is known again by its inode. */
struct socket_hook {
	int fd;
	dev_t device;
	ino_t inode;
	int attach, detach; /* options of SOL_SOCKET */
};

struct request {
	int prog_fd;
	struct socket_hook hook;
};

static int is_same(const struct socket_hook *s)
{
	struct stat st;

	return fstat(s->fd, &st) == 0 && st.st_dev == s->device && st.st_ino == s->inode;
}

static int detach(struct skep_attachment *a, struct skep_error *err)
{
	const struct socket_hook *s = a->data;
	int nothing = 0;

	if (!is_same(s))
		return 1;
	if (setsockopt(s->fd, SOL_SOCKET, s->detach, &nothing, sizeof(nothing)) == 0)
		return 0;
	return errno == ENOENT ? 1 : skep_fail(err, -errno, SKEP_ERR_SYSCALL, "setsockopt");
}

static int update(struct skep_attachment *a, int prog_fd, struct skep_error *err)
{
	const struct socket_hook *s = a->data;

	if (!is_same(s))
		return skep_fail(err, -ENOLINK, SKEP_ERR_NOT_FOUND, "the socket was closed.");
	if (setsockopt(s->fd, SOL_SOCKET, s->attach, &prog_fd, sizeof(prog_fd)) < 0)
		return skep_fail(err, -errno, errno == EINVAL ? SKEP_ERR_INVALID : SKEP_ERR_SYSCALL,
				 "setsockopt");
	return 0;
}

/*
 * Of a filter the kernel tells its length, if it was one of the old kind, or that it has no such form. Whose program it is, and
 * which one chooses among sockets, it tells nobody.
 */
static int is_active(const struct skep_attachment *a, struct skep_error *err)
{
	const struct socket_hook *s = a->data;
	socklen_t length = 0;

	(void)err;
	if (!is_same(s))
		return 0;
	if (s->attach != SO_ATTACH_BPF)
		return 1;
	return getsockopt(s->fd, SOL_SOCKET, SO_GET_FILTER, NULL, &length) < 0 && errno == EACCES;
}

static const struct attachment_class class = {
	.detach = detach,
	.update = update,
	.is_active = is_active,
};

static int by_setsockopt(struct skep_attachment *a, const void *request, struct skep_error *err)
{
	const struct request *r = request;
	_cleanup_free_ struct socket_hook *s = malloc(sizeof(*s));

	if (!s)
		return skep_fail(err, -ENOMEM, SKEP_ERR_NO_MEMORY, "setsockopt");
	*s = r->hook;
	if (setsockopt(s->fd, SOL_SOCKET, s->attach, &r->prog_fd, sizeof(r->prog_fd)) < 0)
		return skep_fail(err, -errno, errno == EINVAL ? SKEP_ERR_INVALID : SKEP_ERR_SYSCALL,
				 "setsockopt");
	a->class = &class;
	a->data = take_ptr(s);
	return 0;
}

static const struct attach_try tries[] = {
	{ SKEP_ATTACH_METHOD_SETSOCKOPT, by_setsockopt },
};

static int attach(uint32_t family, int prog_fd, const struct skep_socket_opts *opts,
		  struct request *request, struct skep_attachment **ret, struct skep_error *err)
{
	struct skep_socket_opts o;
	struct attach_plan plan;
	struct stat st = { 0 };
	int r;

	r = opts_copy(&o, sizeof(o), opts);
	if (r == 0 && (o.flags & ~(uint64_t)SKEP_ATTACH_DRY_RUN || o.socket_fd > INT_MAX))
		r = -EINVAL;
	if (r < 0)
		return skep_fail(err, r, SKEP_ERR_INVALID, "attach %s: options",
				 skep_attach_family_name(family));
	if (fstat((int)o.socket_fd, &st) < 0)
		return skep_fail(err, -errno, SKEP_ERR_INVALID, "attach %s to fd %d",
				 skep_attach_family_name(family), (int)o.socket_fd);
	if (!S_ISSOCK(st.st_mode))
		return skep_fail(err, -ENOTSOCK, SKEP_ERR_INVALID, "attach %s to fd %d",
				 skep_attach_family_name(family), (int)o.socket_fd);
	request->prog_fd = prog_fd;
	request->hook.fd = (int)o.socket_fd;
	request->hook.device = st.st_dev;
	request->hook.inode = st.st_ino;
	plan = (struct attach_plan){ family,  o.flags, o.method, tries, ARRAY_SIZE(tries),
				     request, &prog_fd };
	return attach_run(&plan, ret, err, "socket fd %d", (int)o.socket_fd);
}

int skep_socket_filter_attach(int prog_fd, const struct skep_socket_opts *opts,
			      struct skep_attachment **ret_attachment, struct skep_error *err)
{
	struct request request = { .hook = { .attach = SO_ATTACH_BPF, .detach = SO_DETACH_BPF } };

	return attach(SKEP_ATTACH_FAMILY_SOCKET_FILTER, prog_fd, opts, &request, ret_attachment,
		      err);
}

int skep_sk_reuseport_attach(int prog_fd, const struct skep_socket_opts *opts,
			     struct skep_attachment **ret_attachment, struct skep_error *err)
{
	struct request request = { .hook = { .attach = SO_ATTACH_REUSEPORT_EBPF,
					     .detach = SO_DETACH_REUSEPORT_BPF } };

	return attach(SKEP_ATTACH_FAMILY_SK_REUSEPORT, prog_fd, opts, &request, ret_attachment,
		      err);
}
