/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include <skep/attach_cgroup.h>

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <skep/cgroup.h>
#include <skep/error.h>
#include <skep/feature.h>
#include <skep/kabi.h>
#include <skep/sys.h>
#include <skep/sys_link.h>
#include <skep/sys_object.h>
#include <skep/sys_prog.h>

#include "attach/attachment.h"
#include "attach/order.h"
#include "attach/owner.h"
#include "attach/program.h"
#include "attach/query.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "base/opts.h"
#include "sys/capability.h"

#define FLAGS \
	(SKEP_ATTACH_DRY_RUN | SKEP_CGROUP_ALONE | SKEP_CGROUP_OVERRIDE | SKEP_CGROUP_PREORDER)
#define ATTACH_TYPES 64 /* more than there are */
#define SINGLE (SKEP_CGROUP_ALONE | SKEP_CGROUP_OVERRIDE)

struct request {
	int prog_fd;
	int cgroup_fd;
	uint32_t attach_type;
	uint32_t prog_id;
	uint64_t flags;
	struct attach_order order;
};

/* What the group itself has of an attach type. */
struct present {
	uint32_t count;   /* of programs */
	uint32_t prog_id; /* of the first */
	uint64_t revision;
};

static int look(int cgroup_fd, uint32_t attach_type, struct present *ret_present,
		struct skep_error *err)
{
	uint32_t ids[64] = { 0 };
	struct skep_attr_prog_query attr = {
		.target = (uint32_t)cgroup_fd,
		.attach_type = attach_type,
		.prog_ids = SKEP_ATTR_POINTER(ids),
		.count = ARRAY_SIZE(ids),
	};
	int r = skep_sys_prog_query(&attr, sizeof(attr), err);

	if (r < 0 && r != -ENOSPC)
		return r;
	*ret_present = (struct present){ attr.count, ids[0], attr.revision };
	return 0;
}

/*
 * The kernel does not say for which attach types a program was loaded, but it refuses others before it looks for the group.
 * Return: 1 it takes it, or did not tell; 0.
 */
static int takes(int prog_fd, uint32_t attach_type)
{
	struct skep_attr_prog_attach attr = { .target = (uint32_t)-1,
					      .attach_bpf_fd = (uint32_t)prog_fd,
					      .attach_type = attach_type };

	return skep_sys_bpf(SKEP_COMMAND_PROG_ATTACH, &attr, sizeof(attr)) != -EINVAL;
}

/* Return: 0 the program takes the attach type; a negative errno, recorded. */
static int check_attach_type(const struct request *r, struct skep_error *err)
{
	_cleanup_(skep_features_closep) struct skep_features *features = NULL;
	char number[SKEP_NAME_SIZE];
	const char *name = skep_attach_type_name(r->attach_type, number);

	if (takes(r->prog_fd, r->attach_type))
		return 0;
	if (skep_features_open(NULL, &features, NULL) == 0 &&
	    skep_feature_attach_type(features, 0, r->attach_type, NULL) == 0)
		return skep_fail(err, -EOPNOTSUPP, SKEP_ERR_UNSUPPORTED,
				 "this kernel has no attach type %s.", name);
	return skep_fail(err, -EINVAL, SKEP_ERR_INVALID,
			 "the program is of another type, or was loaded for another attach type "
			 "than %s.",
			 name);
}

/* What the kernel's answers mean at a control group. */
static int fail(const struct skep_attachment *a, const struct request *r, int code,
		struct skep_error *err)
{
	const int ordered = attach_order_is_special(&r->order);
	struct present present = { 0 };
	int wrong;

	if (code == -EPERM &&
	    !sys_capabilities_missing(skep_operation_capabilities(SKEP_OPERATION_ATTACH_CGROUP)))
		return skep_fail(err, -EBUSY, SKEP_ERR_CONFLICT,
				 "a program that tolerates no other is attached to the group or to "
				 "one above.");
	if (code == -EINVAL && ordered && look(r->cgroup_fd, r->attach_type, &present, NULL) == 0 &&
	    !present.revision)
		return skep_fail(err, -EOPNOTSUPP, SKEP_ERR_UNSUPPORTED,
				 "this kernel has no order among the programs of a control group "
				 "(Linux 6.17).");
	if (code == -ESTALE)
		return skep_fail(err, code, SKEP_ERR_CONFLICT,
				 "the list of programs has changed since that revision.");
	wrong = code == -EINVAL ? check_attach_type(r, err) : 0;
	return wrong < 0 ? wrong : attach_fail(a, code, err);
}

/* The inode number of a group is its id. */
static struct attach_place place_of(int cgroup_fd, uint32_t attach_type)
{
	struct attach_place place = { .family = SKEP_ATTACH_FAMILY_CGROUP,
				      .attach_type = attach_type };
	struct stat st;

	if (fstat(cgroup_fd, &st) == 0)
		place.where = st.st_ino;
	return place;
}

static int sweep(const struct request *r)
{
	const struct attach_place place = place_of(r->cgroup_fd, r->attach_type);

	return attach_owner_sweep(NULL, (uint32_t)r->cgroup_fd, &place);
}

static int by_link(struct skep_attachment *a, const void *request, struct skep_error *err)
{
	const struct request *r = request;
	struct skep_attr_link_create attr = {
		.fd = (uint32_t)r->prog_fd,
		.target = (uint32_t)r->cgroup_fd,
		.attach_type = r->attach_type,
		.flags = r->flags & SKEP_CGROUP_PREORDER ? SKEP_ATTACH_FLAG_PREORDER : 0,
	};

	attach_order_link(&r->order, &attr);
	a->link_fd = skep_sys_link_create(&attr, sizeof(attr), err);
	if (a->link_fd == -EPERM && sweep(r)) /* what tolerated no other was left over */
		a->link_fd = skep_sys_link_create(&attr, sizeof(attr), err);
	return a->link_fd < 0 ? fail(a, r, a->link_fd, err) : 0;
}

/* An attachment without a link. */
struct cgroup {
	int cgroup_fd, prog_fd; /* owned */
	uint32_t attach_type;
	uint32_t attach_flags; /* how it was attached: ALLOW_MULTI, ALLOW_OVERRIDE, PREORDER */
	uint32_t prog_id;
	int owner_fd; /* of attach_owner_mark() */
};

/* Where a program is the only one, the kernel takes away whichever is there: is it ours? 1; 0; a negative errno. */
static int is_ours(const struct cgroup *c, struct skep_error *err)
{
	struct present present = { 0 };
	int r;

	if (c->attach_flags & SKEP_ATTACH_FLAG_ALLOW_MULTI)
		return 1;
	r = look(c->cgroup_fd, c->attach_type, &present, err);
	return r < 0 ? r : present.count == 1 && present.prog_id == c->prog_id;
}

static int detach(struct skep_attachment *a, struct skep_error *err)
{
	struct cgroup *c = a->data;
	const struct skep_attr_prog_attach attr = {
		.target = (uint32_t)c->cgroup_fd,
		.attach_bpf_fd = (uint32_t)c->prog_fd,
		.attach_type = c->attach_type,
	};
	int r = is_ours(c, err);

	if (r <= 0)
		return r < 0 && r != -ENODEV ? r : 1;
	r = skep_sys_prog_detach(&attr, sizeof(attr), err);
	if (r == 0)
		attach_owner_clear(take_fd(&c->owner_fd));
	/* the group has gone, and its programs with it */
	return r == -ENOENT || r == -ENODEV ? 1 : r;
}

static uint32_t prog_id(int prog_fd)
{
	struct skep_prog_info info = { 0 };

	return skep_sys_prog_info(prog_fd, &info, sizeof(info)) < 0 ? 0 : info.id;
}

static int update(struct skep_attachment *a, int prog_fd, struct skep_error *err)
{
	struct cgroup *c = a->data;
	const struct attach_place place = place_of(c->cgroup_fd, c->attach_type);
	_cleanup_close_ int own = -1;
	struct skep_attr_prog_attach attr = {
		.target = (uint32_t)c->cgroup_fd,
		.attach_bpf_fd = (uint32_t)prog_fd,
		.attach_type = c->attach_type,
		.attach_flags = c->attach_flags,
	};
	int r, owner_fd = -EBADF;

	own = fcntl(prog_fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	if (own < 0)
		return skep_fail(err, -errno, SKEP_ERR_SYSCALL, "keep the program");
	if (c->attach_flags & SKEP_ATTACH_FLAG_ALLOW_MULTI) {
		attr.attach_flags |= SKEP_ATTACH_FLAG_REPLACE;
		attr.replace_bpf_fd = (uint32_t)c->prog_fd;
	}
	r = attach_owner_mark(own, &place, &owner_fd, err);
	if (r < 0)
		return r;
	r = is_ours(c, err);
	if (r >= 0)
		r = r ? skep_sys_prog_attach(&attr, sizeof(attr), err) : -ENOENT;
	if (r < 0)
		attach_owner_clear(owner_fd);
	if (r == -ENOENT || r == -ENODEV)
		return skep_fail(err, -ENOLINK, SKEP_ERR_NOT_FOUND, "it is not attached any more.");
	if (r < 0)
		return r;
	close(c->prog_fd);
	c->prog_fd = take_fd(&own);
	c->prog_id = prog_id(c->prog_fd);
	attach_owner_clear(c->owner_fd);
	c->owner_fd = owner_fd;
	return 0;
}

static int is_active(const struct skep_attachment *a, struct skep_error *err)
{
	const struct cgroup *c = a->data;

	return attach_query(NULL, (uint32_t)c->cgroup_fd, c->attach_type, c->prog_fd, err);
}

static void release(void *data)
{
	struct cgroup *c = data;

	close(c->cgroup_fd);
	close(c->prog_fd);
	cleanup_close(&c->owner_fd);
}

static const struct attachment_class class = {
	.detach = detach,
	.update = update,
	.is_active = is_active,
	.release = release,
};

static uint32_t attach_flags(const struct request *r)
{
	uint32_t flags = r->flags & SKEP_CGROUP_PREORDER ? SKEP_ATTACH_FLAG_PREORDER : 0;

	if (r->flags & SKEP_CGROUP_OVERRIDE)
		flags |= SKEP_ATTACH_FLAG_ALLOW_OVERRIDE;
	return r->flags & SINGLE ? flags : flags | SKEP_ATTACH_FLAG_ALLOW_MULTI;
}

static int by_prog_attach(struct skep_attachment *a, const void *request, struct skep_error *err)
{
	const struct request *want = request;
	_cleanup_free_ struct cgroup *c = calloc(1, sizeof(*c));
	_cleanup_close_ int cgroup = -1, prog = -1;
	struct skep_attr_prog_attach attr = {
		.target = (uint32_t)want->cgroup_fd,
		.attach_bpf_fd = (uint32_t)want->prog_fd,
		.attach_type = want->attach_type,
		.attach_flags = attach_flags(want),
	};
	const struct attach_place place = place_of(want->cgroup_fd, want->attach_type);
	struct present present = { 0 };
	int r, owner_fd = -EBADF;

	if (!c)
		return skep_fail(err, -ENOMEM, SKEP_ERR_NO_MEMORY, "attach");
	cgroup = fcntl(want->cgroup_fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	prog = cgroup < 0 ? -1 : fcntl(want->prog_fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	if (prog < 0)
		return skep_fail(err, -errno, SKEP_ERR_SYSCALL, "keep the program");
	sweep(want);
	if (want->flags & SINGLE) {
		r = look(cgroup, want->attach_type, &present, err);
		if (r < 0)
			return r;
		if (present.count)
			return skep_fail(err, -EEXIST, SKEP_ERR_CONFLICT,
					 "the group has a program that is not ours to replace.");
	}
	*c = (struct cgroup){ .attach_type = want->attach_type,
			      .attach_flags = attr.attach_flags,
			      .prog_id = want->prog_id };
	attach_order_prog(&want->order, &attr);
	r = attach_owner_mark(prog, &place, &owner_fd, err);
	if (r < 0)
		return r;
	r = skep_sys_prog_attach(&attr, sizeof(attr), err);
	if (r < 0) {
		attach_owner_clear(owner_fd);
		return fail(a, want, r, err);
	}
	c->owner_fd = owner_fd;
	c->cgroup_fd = take_fd(&cgroup);
	c->prog_fd = take_fd(&prog);
	a->class = &class;
	a->data = take_ptr(c);
	return 0;
}

static int rehearse(struct skep_attachment *a, const void *request, struct skep_error *err)
{
	(void)a;
	return check_attach_type(request, err);
}

static const struct attach_try tries[] = {
	{ SKEP_ATTACH_METHOD_LINK, by_link },
	{ SKEP_ATTACH_METHOD_PROG_ATTACH, by_prog_attach },
};

/* A directory by what was given. Return: its path, to be freed; NULL, recorded, @ret_code is a negative errno. */
static char *find_path(const struct skep_cgroup_opts *o, int *ret_code, struct skep_error *err)
{
	_cleanup_free_ char *root = NULL;
	char *path = NULL;
	int r;

	if (o->unit)
		r = skep_cgroup_find_unit(o->unit, &path, err);
	else if (o->container)
		r = skep_cgroup_find_container(o->container, &path, err);
	else if (*o->path == '/')
		r = (path = strdup(o->path)) ? 0 : -ENOMEM;
	else
		r = skep_cgroup_root(&root, err);
	if (r == 0 && root)
		r = asprintf(&path, "%s/%s", root, o->path) < 0 ? -ENOMEM : 0;
	*ret_code = r;
	return r < 0 ? NULL : path;
}

/* Return: an fd, owned by the caller, and its name in words, to be freed; a negative errno. */
static int open_group(const struct skep_cgroup_opts *o, char **ret_words, struct skep_error *err)
{
	_cleanup_free_ char *path = NULL;
	_cleanup_close_ int fd = -1;
	struct statfs fs;
	int r;

	if ((o->cgroup_fd != 0) + !!o->path + !!o->unit + !!o->container != 1)
		return skep_fail(err, -EINVAL, SKEP_ERR_INVALID,
				 "one of cgroup_fd, path, unit and container is needed.");
	if (o->cgroup_fd) {
		fd = fcntl((int)o->cgroup_fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
		if (fd < 0)
			return skep_fail(err, -errno, SKEP_ERR_SYSCALL, "keep the group");
		if (asprintf(&path, "cgroup fd %d", (int)o->cgroup_fd) < 0)
			return skep_fail(err, -ENOMEM, SKEP_ERR_NO_MEMORY, "name the group");
	} else {
		path = find_path(o, &r, err);
		if (!path)
			return r == -ENOMEM
				       ? skep_fail(err, r, SKEP_ERR_NO_MEMORY, "find the group")
				       : r;
		fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (fd < 0)
			return skep_fail(err, -errno,
					 errno == ENOENT ? SKEP_ERR_NOT_FOUND : SKEP_ERR_SYSCALL,
					 "open '%s'", path);
	}
	if (fstatfs(fd, &fs) < 0 || fs.f_type != CGROUP2_SUPER_MAGIC)
		return skep_fail(err, -EINVAL, SKEP_ERR_INVALID,
				 "'%s' is no control group of version 2.", path);
	*ret_words = take_ptr(path);
	return take_fd(&fd);
}

/* Of types with one attach type. Return: -EINVAL it has several. */
static int64_t default_attach_type(uint32_t prog_type)
{
	switch (prog_type) {
	case SKEP_PROG_TYPE_CGROUP_SOCK:
		return SKEP_ATTACH_TYPE_CGROUP_INET_SOCK_CREATE;
	case SKEP_PROG_TYPE_SOCK_OPS:
		return SKEP_ATTACH_TYPE_CGROUP_SOCK_OPS;
	case SKEP_PROG_TYPE_CGROUP_DEVICE:
		return SKEP_ATTACH_TYPE_CGROUP_DEVICE;
	case SKEP_PROG_TYPE_CGROUP_SYSCTL:
		return SKEP_ATTACH_TYPE_CGROUP_SYSCTL;
	default:
		return -EINVAL;
	}
}

/* Return: the one attach type that the program takes; @fallback it takes several, or that cannot be told. */
static int64_t ask_attach_type(int prog_fd, int64_t fallback)
{
	int64_t found = -EINVAL;
	uint32_t type;

	for (type = 0; type < ATTACH_TYPES; type++) {
		if (!takes(prog_fd, type))
			continue;
		if (found >= 0)
			return fallback;
		found = type;
	}
	return found >= 0 ? found : fallback;
}

/* Return: 0; a negative errno. */
static int check(int prog_fd, struct skep_cgroup_opts *o, struct request *r, struct skep_error *err)
{
	struct skep_prog_info info = { 0 };
	char name[SKEP_NAME_SIZE];
	int64_t type;
	int code;

	if (o->flags & ~(uint64_t)FLAGS || (o->flags & SINGLE) == SINGLE ||
	    o->attach_type > UINT32_MAX)
		return skep_fail(err, -EINVAL, SKEP_ERR_INVALID,
				 "an unknown flag or attach type, or both ALONE and OVERRIDE.");
	if (o->flags & SINGLE && o->method == SKEP_ATTACH_METHOD_LINK)
		return skep_fail(err, -EINVAL, SKEP_ERR_INVALID,
				 "by a link a program always runs beside others.");
	code = attach_order_check(&r->order, err);
	if (code < 0)
		return code;
	code = attach_program_check(SKEP_ATTACH_FAMILY_CGROUP, prog_fd, &info, err);
	if (code < 0)
		return code;
	type = (int64_t)o->attach_type;
	if (!type && info.type != SKEP_PROG_TYPE_CGROUP_SKB) /* there 0 is one of the two */
		type = ask_attach_type(prog_fd, default_attach_type(info.type));
	if (type < 0)
		return skep_fail(err, -EINVAL, SKEP_ERR_INVALID,
				 "programs of type %s have several attach types: name one.",
				 skep_prog_type_name(info.type, name));
	r->prog_id = info.id;
	r->attach_type = (uint32_t)type;
	if (!o->method && (o->flags & SINGLE || o->position == SKEP_ATTACH_POSITION_REPLACE))
		o->method = SKEP_ATTACH_METHOD_PROG_ATTACH;
	return 0;
}

int skep_cgroup_attach(int prog_fd, const struct skep_cgroup_opts *opts,
		       struct skep_attachment **ret_attachment, struct skep_error *err)
{
	_cleanup_free_ char *words = NULL;
	_cleanup_close_ int cgroup = -1;
	struct skep_cgroup_opts o;
	struct request request = { .prog_fd = prog_fd };
	struct attach_plan plan;
	char name[SKEP_NAME_SIZE];
	int r;

	r = opts_copy(&o, sizeof(o), opts);
	if (r < 0)
		return skep_fail(err, r, SKEP_ERR_INVALID, "attach cgroup: options");
	request.flags = o.flags;
	request.order = (struct attach_order){ o.position, o.anchor_kind, o.anchor, o.revision };
	r = check(prog_fd, &o, &request, err);
	if (r == 0)
		r = cgroup = open_group(&o, &words, err);
	if (r < 0)
		return skep_wrap(err, r, "attach cgroup: ");
	request.cgroup_fd = cgroup;
	plan = (struct attach_plan){
		.family = SKEP_ATTACH_FAMILY_CGROUP,
		.flags = o.flags,
		.method = o.method,
		.tries = tries,
		.try_count = ARRAY_SIZE(tries),
		.request = &request,
		.prog_fd = &prog_fd,
		.rehearse = rehearse,
	};
	return attach_run(&plan, ret_attachment, err, "%s %s", words,
			  skep_attach_type_name(request.attach_type, name));
}
