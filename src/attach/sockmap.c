/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* Programs of the sockets in a map. */
#include <skep/attach_socket.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

#include <skep/error.h>
#include <skep/feature.h>
#include <skep/kabi.h>
#include <skep/sys_link.h>
#include <skep/sys_object.h>
#include <skep/sys_prog.h>

#include "attach/attachment.h"
#include "attach/owner.h"
#include "attach/query.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "base/opts.h"

struct request {
	int prog_fd, map_fd;
	uint32_t attach_type;
	struct attach_place place;
};

/* Is it certain that this kernel has no verdicts without a parser? */
static int lacks_verdicts(void)
{
	_cleanup_(skep_features_closep) struct skep_features *features = NULL;

	return skep_features_open(NULL, &features, NULL) == 0 &&
	       skep_feature_attach_type(features, 0, SKEP_ATTACH_TYPE_SK_SKB_VERDICT, NULL) == 0;
}

static int fail(const struct skep_attachment *a, uint32_t attach_type, int code,
		struct skep_error *err)
{
	if (code == -EINVAL && attach_type == SKEP_ATTACH_TYPE_SK_SKB_VERDICT && lacks_verdicts())
		return skep_fail(err, -EOPNOTSUPP, SKEP_ERR_UNSUPPORTED,
				 "this kernel has no verdicts without a parser (Linux 5.13).");
	if (code == -EBUSY || code == -EEXIST)
		return skep_fail(err, code, SKEP_ERR_CONFLICT,
				 "the map has such a program, or one that excludes it.");
	return attach_fail(a, code, err);
}

static int by_link(struct skep_attachment *a, const void *request, struct skep_error *err)
{
	const struct request *r = request;
	const struct skep_attr_link_create attr = {
		.fd = (uint32_t)r->prog_fd,
		.target = (uint32_t)r->map_fd,
		.attach_type = r->attach_type,
	};

	a->link_fd = skep_sys_link_create(&attr, sizeof(attr), err);
	if ((a->link_fd == -EBUSY || a->link_fd == -EEXIST) &&
	    attach_owner_sweep(NULL, attr.target, &r->place))
		a->link_fd = skep_sys_link_create(&attr, sizeof(attr), err);
	return a->link_fd < 0 ? fail(a, r->attach_type, a->link_fd, err) : 0;
}

/* An attachment without a link: it stays as long as the map. */
struct sockmap {
	int map_fd, prog_fd; /* owned */
	uint32_t attach_type;
	struct attach_place place;
	int owner_fd; /* of attach_owner_mark() */
};

static int detach(struct skep_attachment *a, struct skep_error *err)
{
	struct sockmap *s = a->data;
	const struct skep_attr_prog_attach attr = {
		.target = (uint32_t)s->map_fd,
		.attach_bpf_fd = (uint32_t)s->prog_fd,
		.attach_type = s->attach_type,
	};
	int r = skep_sys_prog_detach(&attr, sizeof(attr), err);

	if (r == 0)
		attach_owner_clear(take_fd(&s->owner_fd));
	return r == -ENOENT ? 1 : r; /* another one is there, or none */
}

static int update(struct skep_attachment *a, int prog_fd, struct skep_error *err)
{
	struct sockmap *s = a->data;
	_cleanup_close_ int own = -1;
	const struct skep_attr_prog_attach attr = {
		.target = (uint32_t)s->map_fd,
		.attach_bpf_fd = (uint32_t)prog_fd,
		.attach_type = s->attach_type,
	};
	int r, owner_fd = -EBADF;

	own = fcntl(prog_fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	if (own < 0)
		return skep_fail(err, -errno, SKEP_ERR_SYSCALL, "keep the program");
	r = attach_owner_mark(own, &s->place, &owner_fd, err);
	if (r < 0)
		return r;
	r = skep_sys_prog_attach(&attr, sizeof(attr), err);
	if (r < 0) {
		attach_owner_clear(owner_fd);
		return r;
	}
	close(s->prog_fd);
	s->prog_fd = take_fd(&own);
	attach_owner_clear(s->owner_fd);
	s->owner_fd = owner_fd;
	return 0;
}

static int is_active(const struct skep_attachment *a, struct skep_error *err)
{
	const struct sockmap *s = a->data;

	return attach_query(NULL, (uint32_t)s->map_fd, s->attach_type, s->prog_fd, err);
}

static void release(void *data)
{
	struct sockmap *s = data;

	close(s->map_fd);
	close(s->prog_fd);
	cleanup_close(&s->owner_fd);
}

static const struct attachment_class class = {
	.detach = detach,
	.update = update,
	.is_active = is_active,
	.release = release,
};

/* The command replaces what is there; whether something is, is known from 5.18 on. Return: 1; 0; a negative errno. */
static int is_taken(int map_fd, uint32_t attach_type, struct skep_error *err)
{
	uint32_t id = 0;
	struct skep_attr_prog_query attr = {
		.target = (uint32_t)map_fd,
		.attach_type = attach_type,
		.prog_ids = SKEP_ATTR_POINTER(&id),
		.count = 1,
	};
	struct skep_error why = { 0 };
	int r = skep_sys_prog_query(&attr, sizeof(attr), &why);

	if (r == -EINVAL)
		return 0;
	if (r < 0 && err)
		*err = why;
	return r < 0 ? r : attr.count != 0;
}

static int by_prog_attach(struct skep_attachment *a, const void *request, struct skep_error *err)
{
	const struct request *want = request;
	_cleanup_free_ struct sockmap *s = calloc(1, sizeof(*s));
	_cleanup_close_ int map = -1, prog = -1;
	const struct skep_attr_prog_attach attr = {
		.target = (uint32_t)want->map_fd,
		.attach_bpf_fd = (uint32_t)want->prog_fd,
		.attach_type = want->attach_type,
	};
	int r, owner_fd = -EBADF;

	if (!s)
		return skep_fail(err, -ENOMEM, SKEP_ERR_NO_MEMORY, "attach");
	map = fcntl(want->map_fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	prog = map < 0 ? -1 : fcntl(want->prog_fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	if (prog < 0)
		return skep_fail(err, -errno, SKEP_ERR_SYSCALL, "keep map and program");
	attach_owner_sweep(NULL, (uint32_t)map, &want->place);
	r = is_taken(map, want->attach_type, err);
	if (r != 0)
		return r < 0 ? r : fail(a, want->attach_type, -EEXIST, err);
	r = attach_owner_mark(prog, &want->place, &owner_fd, err);
	if (r < 0)
		return r;
	r = skep_sys_prog_attach(&attr, sizeof(attr), err);
	if (r < 0) {
		attach_owner_clear(owner_fd);
		return fail(a, want->attach_type, r, err);
	}
	s->owner_fd = owner_fd;
	s->place = want->place;
	s->map_fd = take_fd(&map);
	s->prog_fd = take_fd(&prog);
	s->attach_type = want->attach_type;
	a->class = &class;
	a->data = take_ptr(s);
	return 0;
}

static const struct attach_try tries[] = {
	{ SKEP_ATTACH_METHOD_LINK, by_link },
	{ SKEP_ATTACH_METHOD_PROG_ATTACH, by_prog_attach },
};

static int attach(uint32_t family, int prog_fd, uint32_t attach_type,
		  const struct skep_sockmap_opts *opts, struct skep_attachment **ret,
		  struct skep_error *err)
{
	struct skep_map_info info = { 0 };
	struct skep_sockmap_opts o;
	struct request request;
	struct attach_plan plan;
	const int verdict = family == SKEP_ATTACH_FAMILY_SK_SKB;
	int r;

	r = opts_copy(&o, sizeof(o), opts);
	if (r == 0 &&
	    (o.flags & ~(uint64_t)SKEP_ATTACH_DRY_RUN || o.map_fd > INT_MAX ||
	     (o.attach_type && !(verdict && o.attach_type == SKEP_ATTACH_TYPE_SK_SKB_VERDICT))))
		r = -EINVAL;
	if (r < 0)
		return skep_fail(err, r, SKEP_ERR_INVALID, "attach %s: options",
				 skep_attach_family_name(family));
	r = skep_sys_map_info((int)o.map_fd, &info, sizeof(info));
	if (r >= 0 && info.type != SKEP_MAP_TYPE_SOCKMAP && info.type != SKEP_MAP_TYPE_SOCKHASH)
		r = -EINVAL;
	if (r < 0)
		return skep_fail(err, r, SKEP_ERR_INVALID, "attach %s: fd %d is no map of sockets.",
				 skep_attach_family_name(family), (int)o.map_fd);
	attach_type = o.attach_type ? (uint32_t)o.attach_type : attach_type;
	request = (struct request){
		.prog_fd = prog_fd,
		.map_fd = (int)o.map_fd,
		.attach_type = attach_type,
		.place = { .family = family, .attach_type = attach_type, .where = info.id },
	};
	plan = (struct attach_plan){ family,   o.flags, o.method, tries, ARRAY_SIZE(tries),
				     &request, &prog_fd };
	return attach_run(&plan, ret, err, "map %u '%s'", info.id, info.name);
}

int skep_sk_skb_attach(int prog_fd, const struct skep_sockmap_opts *opts,
		       struct skep_attachment **ret_attachment, struct skep_error *err)
{
	return attach(SKEP_ATTACH_FAMILY_SK_SKB, prog_fd, SKEP_ATTACH_TYPE_SK_SKB_STREAM_VERDICT,
		      opts, ret_attachment, err);
}

int skep_sk_skb_parser_attach(int prog_fd, const struct skep_sockmap_opts *opts,
			      struct skep_attachment **ret_attachment, struct skep_error *err)
{
	return attach(SKEP_ATTACH_FAMILY_SK_SKB_PARSER, prog_fd,
		      SKEP_ATTACH_TYPE_SK_SKB_STREAM_PARSER, opts, ret_attachment, err);
}

int skep_sk_msg_attach(int prog_fd, const struct skep_sockmap_opts *opts,
		       struct skep_attachment **ret_attachment, struct skep_error *err)
{
	return attach(SKEP_ATTACH_FAMILY_SK_MSG, prog_fd, SKEP_ATTACH_TYPE_SK_MSG_VERDICT, opts,
		      ret_attachment, err);
}
