/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include <skep/attach_struct_ops.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include <skep/error.h>
#include <skep/kabi.h>
#include <skep/sys.h>
#include <skep/sys_map.h>
#include <skep/sys_object.h>

#include "attach/attachment.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "base/opts.h"

/* BPF_STRUCT_OPS_STATE_INUSE of include/linux/bpf.h: the second word of a table's value, behind its count. */
#define STATE_INUSE 1

struct request {
	int map_fd;
	const void *value;
	struct skep_map_info info;
};

/* The table is put into the map: with a link that is preparing it, without one it registers it. */
static int set_value(const struct skep_attachment *a, const struct request *r,
		     struct skep_error *err)
{
	const uint32_t zero = 0;
	struct skep_attr_map_element attr = { .map_fd = (uint32_t)r->map_fd,
					      .key = SKEP_ATTR_POINTER(&zero),
					      .value = SKEP_ATTR_POINTER(r->value) };
	int code = r->value ? skep_sys_bpf(SKEP_COMMAND_MAP_UPDATE_ELEM, &attr, sizeof(attr)) : 0;

	if (code == -EBUSY && a->method == SKEP_ATTACH_METHOD_LINK)
		return 0; /* it has its value */
	if (code == -EINVAL)
		return skep_fail(err, code, SKEP_ERR_INVALID,
				 "the table has what the kernel does not take.");
	return code < 0 ? attach_fail(a, code, err) : 0;
}

static int by_link(struct skep_attachment *a, const void *request, struct skep_error *err)
{
	const struct request *r = request;
	struct skep_attr_link_create attr = { .fd = (uint32_t)r->map_fd,
					      .attach_type = SKEP_ATTACH_TYPE_STRUCT_OPS };
	int fd;

	if (!(r->info.map_flags & SKEP_MAP_FLAG_LINK))
		return skep_fail(err, -EOPNOTSUPP, SKEP_ERR_UNSUPPORTED,
				 "the map was not made for links (SKEP_MAP_FLAG_LINK).");
	fd = set_value(a, r, err);
	if (fd < 0)
		return fd;
	fd = skep_sys_bpf(SKEP_COMMAND_LINK_CREATE, &attr, sizeof(attr));
	if (fd < 0)
		return attach_fail(a, fd, err);
	a->link_fd = fd;
	return 0;
}

static int detach(struct skep_attachment *a, struct skep_error *err)
{
	const int *map_fd = a->data;
	const uint32_t zero = 0;
	struct skep_attr_map_element attr = { .map_fd = (uint32_t)*map_fd,
					      .key = SKEP_ATTR_POINTER(&zero) };
	int r = skep_sys_bpf(SKEP_COMMAND_MAP_DELETE_ELEM, &attr, sizeof(attr));

	if (r == -ENOENT || r == -EINPROGRESS)
		return 1; /* somebody else has deleted it */
	return r < 0 ? attach_fail(a, r, err) : 0;
}

static void release(void *data)
{
	close(*(int *)data);
}

static int is_active(const struct skep_attachment *a, struct skep_error *err)
{
	const int *map_fd = a->data;
	const uint32_t zero = 0;
	struct skep_map_info info = { 0 };
	_cleanup_free_ uint32_t *value = NULL; /* begins with a count and its state */
	struct skep_attr_map_element attr = { .map_fd = (uint32_t)*map_fd,
					      .key = SKEP_ATTR_POINTER(&zero) };
	int r = skep_sys_map_info(*map_fd, &info, sizeof(info));

	value = calloc(1, info.value_size + 2 * sizeof(*value));
	if (!value)
		return skep_fail(err, -ENOMEM, SKEP_ERR_NO_MEMORY, "look at the table");
	attr.value = SKEP_ATTR_POINTER(value);
	if (r >= 0)
		r = skep_sys_bpf(SKEP_COMMAND_MAP_LOOKUP_ELEM, &attr, sizeof(attr));
	return r < 0 ? skep_fail(err, r, SKEP_ERR_SYSCALL, "look at the table")
		     : value[1] == STATE_INUSE;
}

static const struct attachment_class class = {
	.detach = detach,
	.is_active = is_active,
	.release = release,
};

static int by_map(struct skep_attachment *a, const void *request, struct skep_error *err)
{
	const struct request *r = request;
	_cleanup_close_ int own = -1;
	int code;

	if (r->info.map_flags & SKEP_MAP_FLAG_LINK)
		return skep_fail(err, -EOPNOTSUPP, SKEP_ERR_UNSUPPORTED,
				 "the map was made for links (SKEP_MAP_FLAG_LINK).");
	if (!r->value)
		return skep_fail(err, -EINVAL, SKEP_ERR_INVALID,
				 "to register a table without a link takes its value.");
	own = fcntl(r->map_fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	if (own < 0)
		return skep_fail(err, -errno, SKEP_ERR_SYSCALL, "keep the map");
	a->data = malloc(sizeof(int));
	if (!a->data)
		return skep_fail(err, -ENOMEM, SKEP_ERR_NO_MEMORY, "keep the map");
	*(int *)a->data = take_fd(&own);
	a->class = &class;
	code = set_value(a, r, err);
	return code;
}

static const struct attach_try tries[] = {
	{ SKEP_ATTACH_METHOD_LINK, by_link },
	{ SKEP_ATTACH_METHOD_MAP, by_map },
};

int skep_struct_ops_attach(int map_fd, const struct skep_struct_ops_opts *opts,
			   struct skep_attachment **ret_attachment, struct skep_error *err)
{
	struct request request = { .map_fd = map_fd };
	struct skep_struct_ops_opts o;
	int r = opts_copy(&o, sizeof(o), opts);

	if (r < 0 || o.flags & ~(uint64_t)SKEP_ATTACH_DRY_RUN)
		return skep_fail(err, r < 0 ? r : -EINVAL, SKEP_ERR_INVALID,
				 "options of a table of functions");
	r = skep_sys_map_info(map_fd, &request.info, sizeof(request.info));
	if (r < 0)
		return skep_fail(err, r, SKEP_ERR_SYSCALL, "ask about the map");
	if (request.info.type != SKEP_MAP_TYPE_STRUCT_OPS ||
	    (o.value && o.value_bytes != request.info.value_size))
		return skep_fail(err, -EINVAL, SKEP_ERR_INVALID,
				 "it takes a map of type struct_ops, and a value of its size (%u "
				 "bytes).",
				 request.info.value_size);
	request.value = o.value;
	if (!o.method)
		o.method = request.info.map_flags & SKEP_MAP_FLAG_LINK ? SKEP_ATTACH_METHOD_LINK
								       : SKEP_ATTACH_METHOD_MAP;
	const struct attach_plan plan = {
		.family = SKEP_ATTACH_FAMILY_STRUCT_OPS,
		.flags = o.flags,
		.method = o.method,
		.tries = tries,
		.try_count = ARRAY_SIZE(tries),
		.request = &request,
	};

	return attach_run(&plan, ret_attachment, err, "the table '%.*s'",
			  (int)sizeof(request.info.name), request.info.name);
}
