/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include <skep/attach_iter.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <skep/error.h>
#include <skep/kabi.h>
#include <skep/sys.h>
#include <skep/sys_link.h>
#include <skep/sys_object.h>

#include "attach/attachment.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "base/opts.h"

/* union bpf_iter_link_info. */
union iter_info {
	struct {
		uint32_t map_fd;
	} map;
	struct {
		uint32_t order, cgroup_fd;
		uint64_t cgroup_id;
	} cgroup;
	struct {
		uint32_t tid, pid, pid_fd;
	} task;
};

struct request {
	int prog_fd;
	union iter_info info;
	uint32_t info_bytes; /* 0: all objects */
	int by_task;
};

/* A kernel before 6.1 takes no notice of a choice of tasks, and walks all of them. */
static int is_chosen(int link_fd, const struct request *r)
{
	struct skep_link_info info = { 0 };

	return !r->by_task ||
	       (skep_sys_link_info(link_fd, &info, sizeof(info)) >= 0 &&
		info.iter.task.tid == r->info.task.tid && info.iter.task.pid == r->info.task.pid);
}

static int fail_choice(struct skep_error *err)
{
	return skep_fail(err, -EOPNOTSUPP, SKEP_ERR_UNSUPPORTED,
			 "this kernel cannot choose such objects.");
}

static int by_link(struct skep_attachment *a, const void *request, struct skep_error *err)
{
	const struct request *r = request;
	struct skep_attr_link_create attr = {
		.fd = (uint32_t)r->prog_fd,
		.attach_type = SKEP_ATTACH_TYPE_TRACE_ITER,
		.iter = { .info = r->info_bytes ? SKEP_ATTR_POINTER(&r->info) : 0,
			  .info_len = r->info_bytes },
	};
	int fd = skep_sys_bpf(SKEP_COMMAND_LINK_CREATE, &attr, sizeof(attr));

	/* of members that a kernel does not know it says E2BIG */
	if (fd == -E2BIG)
		return fail_choice(err);
	if (fd == -EINVAL && !attach_way_lacking(attach_way_find(a->family, a->method)))
		return skep_fail(err, fd, SKEP_ERR_INVALID,
				 "the program is no iterator, or not one for such objects.");
	if (fd == -EBADF && !r->info_bytes) /* the fd is of a program: that was looked at */
		return skep_fail(err, -EINVAL, SKEP_ERR_INVALID,
				 "the program walks the elements of one map: say of which.");
	if (fd == -ESRCH)
		return skep_fail(err, fd, SKEP_ERR_NOT_FOUND, "there is no such thread.");
	if (fd < 0)
		return attach_fail(a, fd, err);
	a->link_fd = fd;
	return is_chosen(fd, r) ? 0 : fail_choice(err);
}

static const struct attach_try tries[] = { { SKEP_ATTACH_METHOD_LINK, by_link } };

/* At most one choice. */
static int choose(struct request *r, const struct skep_iter_opts *o, int cgroup_fd)
{
	if ((o->map_fd != NULL) + (o->cgroup != NULL) + (o->tid != 0) + (o->pid != 0) > 1 ||
	    o->tid > INT32_MAX || o->pid > INT32_MAX || o->order > UINT32_MAX)
		return -EINVAL;
	if (o->map_fd) {
		r->info.map.map_fd = (uint32_t)*o->map_fd;
		r->info_bytes = sizeof(r->info.map); /* as the first kernels that have it know it */
	} else if (o->cgroup) {
		r->info.cgroup.order = (uint32_t)o->order;
		r->info.cgroup.cgroup_fd = (uint32_t)cgroup_fd;
		r->info_bytes = sizeof(r->info);
	} else if (o->tid || o->pid) {
		r->by_task = 1;
		r->info.task.tid = (uint32_t)o->tid;
		r->info.task.pid = (uint32_t)o->pid;
		r->info_bytes = sizeof(r->info);
	}
	return 0;
}

int skep_iter_attach(int prog_fd, const struct skep_iter_opts *opts,
		     struct skep_attachment **ret_attachment, struct skep_error *err)
{
	struct request request = { .prog_fd = prog_fd };
	_cleanup_close_ int cgroup_fd = -1;
	struct skep_iter_opts o;
	int r = opts_copy(&o, sizeof(o), opts);

	if (r < 0 || o.flags & ~(uint64_t)SKEP_ATTACH_DRY_RUN)
		return skep_fail(err, r < 0 ? r : -EINVAL, SKEP_ERR_INVALID,
				 "options of an iterator");
	if (o.cgroup) {
		cgroup_fd = open(o.cgroup, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (cgroup_fd < 0)
			return skep_fail(err, -errno,
					 errno == ENOENT ? SKEP_ERR_NOT_FOUND : SKEP_ERR_SYSCALL,
					 "open '%s'", o.cgroup);
	}
	r = choose(&request, &o, cgroup_fd);
	if (r < 0)
		return skep_fail(err, r, SKEP_ERR_INVALID, "objects of an iterator");
	const struct attach_plan plan = {
		.family = SKEP_ATTACH_FAMILY_ITER,
		.flags = o.flags,
		.method = o.method,
		.tries = tries,
		.try_count = ARRAY_SIZE(tries),
		.request = &request,
		.prog_fd = &prog_fd,
	};

	return attach_run(&plan, ret_attachment, err, "%s",
			  o.cgroup         ? o.cgroup
			  : o.map_fd       ? "a map"
			  : o.tid || o.pid ? "a task"
					   : "all objects");
}

#define FIRST_ROOM 4096

struct skep_iter {
	int fd;
	char *text; /* of skep_iter_line(): what was read and not told */
	size_t at, len, room;
	int ended;
};

int skep_iter_open(const struct skep_attachment *attachment, struct skep_iter **ret_iter,
		   struct skep_error *err)
{
	int link_fd = skep_attachment_link_fd(attachment), fd;
	struct skep_iter *iter;

	if (skep_attachment_family(attachment) != SKEP_ATTACH_FAMILY_ITER || link_fd < 0)
		return skep_fail(err, -EINVAL, SKEP_ERR_INVALID, "it is no iterator, or detached.");
	fd = skep_sys_iter_create(link_fd, err);
	if (fd < 0)
		return fd;
	iter = calloc(1, sizeof(*iter));
	if (!iter) {
		close(fd);
		return skep_fail(err, -ENOMEM, SKEP_ERR_NO_MEMORY, "read an iterator");
	}
	iter->fd = fd;
	*ret_iter = iter;
	return 0;
}

struct skep_iter *skep_iter_close(struct skep_iter *iter)
{
	if (iter) {
		cleanup_close(&iter->fd);
		free(iter->text);
		free(iter);
	}
	return NULL;
}

int skep_iter_fd(const struct skep_iter *iter)
{
	return iter->fd;
}

int64_t skep_iter_read(struct skep_iter *iter, void *buf, size_t size)
{
	ssize_t n;

	do
		n = read(iter->fd, buf, size);
	while (n < 0 && (errno == EINTR || errno == EAGAIN));
	return n < 0 ? -errno : n;
}

/* Reads on behind what there is, which moves to the beginning. */
static int fill(struct skep_iter *iter)
{
	int64_t n;
	char *more;

	memmove(iter->text, iter->text + iter->at, iter->len - iter->at);
	iter->len -= iter->at;
	iter->at = 0;
	if (iter->room - iter->len < FIRST_ROOM / 2) {
		more = realloc(iter->text, iter->room ? iter->room * 2 : FIRST_ROOM);
		if (!more)
			return -ENOMEM;
		iter->text = more;
		iter->room = iter->room ? iter->room * 2 : FIRST_ROOM;
	}
	n = skep_iter_read(iter, iter->text + iter->len, iter->room - iter->len - 1);
	if (n < 0)
		return (int)n;
	iter->ended = n == 0;
	iter->len += (size_t)n;
	return 0;
}

int skep_iter_line(struct skep_iter *iter, const char **ret_line)
{
	char *line, *end;
	size_t left;
	int r;

	for (;;) {
		left = iter->len - iter->at;
		line = iter->text + iter->at;
		end = left ? memchr(line, '\n', left) : NULL;
		if (end)
			break;
		if (iter->ended && !left)
			return 0;
		if (iter->ended) { /* the last line has no end */
			end = line + left;
			break;
		}
		if (!iter->text) {
			iter->text = malloc(FIRST_ROOM);
			if (!iter->text)
				return -ENOMEM;
			iter->room = FIRST_ROOM;
		}
		r = fill(iter);
		if (r < 0)
			return r;
	}
	*end = '\0';
	iter->at += (size_t)(end - line);
	iter->at += iter->at < iter->len;
	*ret_line = line;
	return 1;
}
