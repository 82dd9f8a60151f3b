/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <skep/error.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/opts.h"
#include "bpffs/context.h"
#include "sys/mountinfo.h"

#define ALL_FLAGS (SKEP_BPFFS_MOUNT_IF_MISSING | SKEP_BPFFS_DISCOVER | SKEP_BPFFS_UPPERMOST)

struct skep_bpffs *skep_bpffs_close(struct skep_bpffs *ctx)
{
	int saved = errno;

	if (!ctx)
		return NULL;
	if (ctx->root_fd >= 0)
		close(ctx->root_fd);
	free(ctx->root);
	free(ctx->prefix);
	free(ctx->owner);
	free(ctx);
	errno = saved;
	return NULL;
}

const char *skep_bpffs_root(const struct skep_bpffs *ctx)
{
	return ctx->root;
}

int skep_bpffs_root_fd(const struct skep_bpffs *ctx)
{
	return ctx->root_fd;
}

const char *skep_bpffs_reason(const struct skep_bpffs *ctx)
{
	return ctx->reason;
}

/* The path that the kernel knows for an open directory: as mountinfo has it. */
static int canonical(int fd, char path[PATH_MAX])
{
	char proc[BPFFS_PROC_PATH_SIZE];
	ssize_t len;

	len = readlink(bpffs_proc_path(fd, NULL, proc, sizeof(proc)), path, PATH_MAX - 1);
	if (len < 0)
		return -errno;
	path[len] = '\0';
	return 0;
}

struct mounts_here {
	const char *point;
	unsigned count; /* bpffs mounted there, one upon the other */
	char type[32];  /* of the last one */
};

static int count_here(const struct sys_mount *m, void *userdata)
{
	struct mounts_here *here = userdata;

	if (!strcmp(m->point, here->point)) {
		here->count += !strcmp(m->type, "bpf");
		snprintf(here->type, sizeof(here->type), "%s", m->type);
	}
	return 0;
}

/* Opens a directory, and looks what is mounted on it. Return: enum skep_bpffs_state; a negative errno. */
static int look(const char *path, int *ret_fd, struct skep_error *err)
{
	_cleanup_close_ int fd = -1;
	char plain[PATH_MAX];
	struct stat st;
	int r;

	r = bpffs_plain_path(path, plain);
	if (r < 0)
		return skep_fail(err, r, SKEP_ERR_INVALID, "open the bpffs '%s'", path);
	path = plain;
	fd = open(path, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT)
		return SKEP_BPFFS_NOT_MOUNTED;
	if (fd < 0) {
		r = -errno;
		if (lstat(path, &st) == 0 && S_ISLNK(st.st_mode))
			return skep_fail(err, r, SKEP_ERR_INVALID,
					 "bpffs '%s' is a symbolic link: name what it points to.",
					 path);
		return skep_fail(err, r, r == -ENOTDIR ? SKEP_ERR_INVALID : SKEP_ERR_SYSCALL,
				 "open the bpffs '%s'", path);
	}
	r = bpffs_fd_state(fd);
	if (r < 0)
		return skep_fail(err, r, SKEP_ERR_SYSCALL, "what is mounted on '%s'", path);
	if (*ret_fd >= 0)
		close(*ret_fd);
	*ret_fd = take_fd(&fd);
	return r;
}

/* The name of the file system that is mounted on a directory, in mountinfo's words. */
static void type_of(int fd, char type[32])
{
	char path[PATH_MAX] = "";
	struct mounts_here here = { .point = path, .type = "other file system" };

	if (canonical(fd, path) == 0)
		sys_mountinfo_read(count_here, &here);
	snprintf(type, 32, "%s", here.type);
}

static int fail_missing(const char *path, int fd, struct skep_error *err)
{
	struct statfs fs;

	if (fd >= 0 && fstatfs(fd, &fs) == 0 && (uint32_t)fs.f_type == BPF_FS_MAGIC)
		return skep_fail(err, -ENOENT, SKEP_ERR_NOT_FOUND,
				 "'%s' is a directory inside of a bpffs, not its root.", path);
	return skep_fail(
		err, -ENOENT, SKEP_ERR_NOT_FOUND,
		"no bpffs is mounted on '%s' (mount one there: skep bpffs mount, or mount -t "
		"bpf).",
		path);
}

static int fail_other(const char *path, int fd, const char *more, struct skep_error *err)
{
	char type[32];

	type_of(fd, type);
	return skep_fail(err, -EBUSY, SKEP_ERR_CONFLICT,
			 "a %s is mounted on '%s', no bpffs: name another root, or unmount it%s%s.",
			 type, path, *more ? "; " : "", more);
}

/* Whoever owns the pins says where the bpffs is. @ret_mounted: where one has been mounted, also after a failure. */
static int open_owned(struct skep_bpffs *ctx, const struct skep_bpffs_opts *o,
		      const char **ret_mounted, struct skep_error *err)
{
	int given = o->root && strcmp(o->root, SKEP_BPFFS_DEFAULT_ROOT) != 0;
	const char *path = given ? o->root : SKEP_BPFFS_DEFAULT_ROOT;
	char type[32];
	int r;

	snprintf(ctx->reason, sizeof(ctx->reason), given ? "given" : "the default");
	r = look(path, &ctx->root_fd, err);
	if (r == SKEP_BPFFS_OTHER && !given) {
		type_of(ctx->root_fd, type);
		snprintf(ctx->reason, sizeof(ctx->reason), "the fallback: %s is a %s", path, type);
		path = o->fallback;
		close(take_fd(&ctx->root_fd));
		r = look(path, &ctx->root_fd, err);
	}
	if (r == SKEP_BPFFS_NOT_MOUNTED && (o->flags & SKEP_BPFFS_MOUNT_IF_MISSING)) {
		r = skep_bpffs_mount(path, o->mount, err);
		if (r == 0)
			*ret_mounted = path;
		if (r >= 0)
			r = look(path, &ctx->root_fd, err);
	}
	if (r < 0)
		return r;
	if (r == SKEP_BPFFS_NOT_MOUNTED)
		return fail_missing(path, ctx->root_fd, err);
	if (r == SKEP_BPFFS_OTHER)
		return fail_other(path, ctx->root_fd, given ? "" : ctx->reason, err);
	return 0;
}

struct search {
	struct skep_bpffs *ctx;
	const char *prefix;
	unsigned count; /* of bpffs mounts */
	char only[PATH_MAX];
};

/* Is it the root of a bpffs? Then it is the one. What cannot be looked at is not. */
static int try(struct skep_bpffs *ctx, const char *path, const char *reason)
{
	if (!path || look(path, &ctx->root_fd, NULL) != SKEP_BPFFS_MOUNTED)
		return 0;
	snprintf(ctx->reason, sizeof(ctx->reason), "%s", reason);
	return 1;
}

static int try_mount(const struct sys_mount *m, void *userdata)
{
	_cleanup_close_ int prefix_fd = -1;
	struct search *s = userdata;

	if (strcmp(m->type, "bpf") != 0)
		return 0;
	s->count++;
	snprintf(s->only, sizeof(s->only), "%s", m->point);
	if (!try(s->ctx, m->point, "found by its directory of maps"))
		return 0;
	prefix_fd = bpffs_open_at(s->ctx->root_fd, s->prefix, O_PATH | O_DIRECTORY);
	return prefix_fd >= 0;
}

static int open_found(struct skep_bpffs *ctx, const struct skep_bpffs_opts *o,
		      struct skep_error *err)
{
	struct search s = { .ctx = ctx, .prefix = o->prefix };
	char reason[64];
	int r, taken;
	size_t i;

	if (o->root) {
		r = look(o->root, &ctx->root_fd, err);
		if (r < 0)
			return r;
		snprintf(ctx->reason, sizeof(ctx->reason), "given");
		if (r == SKEP_BPFFS_OTHER)
			return fail_other(o->root, ctx->root_fd, "", err);
		return r == SKEP_BPFFS_MOUNTED ? 0 : fail_missing(o->root, ctx->root_fd, err);
	}
	for (i = 0; i < SKEP_BPFFS_HINTS; i++) {
		snprintf(reason, sizeof(reason), "hint %zu", i + 1);
		if (try(ctx, o->hints[i], reason))
			return 0;
	}
	if (try(ctx, SKEP_BPFFS_DEFAULT_ROOT, "the default") ||
	    try(ctx, o->fallback, "the fallback"))
		return 0;
	r = sys_mountinfo_read(try_mount, &s);
	if (r < 0)
		return skep_fail(err, r, SKEP_ERR_SYSCALL,
				 "which bpffs are mounted: read '" SYS_MOUNTINFO "'");
	taken = skep_bpffs_state(SKEP_BPFFS_DEFAULT_ROOT) == SKEP_BPFFS_OTHER;
	if (r > 0 || (s.count == 1 && try(ctx, s.only, "the only one")))
		return 0;
	if (!s.count)
		return skep_fail(err, -ENOENT, SKEP_ERR_NOT_FOUND,
				 "no bpffs is mounted (mount one: skep bpffs mount%s%s).",
				 taken ? " --root " : "", taken ? o->fallback : "");
	return skep_fail(
		err, -ENOENT, SKEP_ERR_NOT_FOUND,
		"%u bpffs are mounted, and none has a directory '%s': name one (skep bpffs show "
		"lists them).",
		s.count, o->prefix);
}

/* One mount upon another hides what is pinned below: nobody wants to find out later. */
static int check_single(const struct skep_bpffs *ctx, const struct skep_bpffs_opts *o,
			struct skep_error *err)
{
	struct mounts_here here = { .point = ctx->root };
	int r = sys_mountinfo_read(count_here, &here);

	if (r < 0)
		return skep_fail(err, r, SKEP_ERR_SYSCALL,
				 "what is mounted on '%s': read '" SYS_MOUNTINFO "'", ctx->root);
	if (here.count > 1 && !(o->flags & SKEP_BPFFS_UPPERMOST))
		return skep_fail(err, -ENOTUNIQ, SKEP_ERR_CONFLICT,
				 "%u bpffs are mounted on '%s', one upon the other: what is "
				 "pinned in the lower one is hidden (umount it once).",
				 here.count, ctx->root);
	return 0;
}

static int check_options(struct skep_bpffs_opts *o, struct skep_error *err)
{
	const char *const paths[] = { o->root, o->fallback };
	const char *const names[] = { o->prefix, o->owner };
	const struct skep_bpffs nowhere = { .root = (char *)"" };
	char relative[PATH_MAX];
	size_t i;

	if (o->flags & ~(uint64_t)ALL_FLAGS)
		return skep_fail(err, -EINVAL, SKEP_ERR_INVALID, "bpffs: unknown flags");
	for (i = 0; i < ARRAY_SIZE(paths); i++)
		if (paths[i] && paths[i][0] != '/')
			return skep_fail(err, -EINVAL, SKEP_ERR_INVALID,
					 "bpffs: '%s' is not an absolute path.", paths[i]);
	for (i = 0; i < ARRAY_SIZE(names); i++)
		if (names[i] && (names[i][0] == '/' || strchr(names[i], '.') ||
				 bpffs_relative(&nowhere, names[i], relative) < 0 || !*relative))
			return skep_fail(
				err, -EINVAL, SKEP_ERR_INVALID,
				"bpffs: '%s' is no directory that a bpffs can have below its root.",
				names[i]);
	o->fallback = o->fallback ? o->fallback : SKEP_BPFFS_DEFAULT_FALLBACK;
	o->prefix = o->prefix ? o->prefix : SKEP_BPFFS_DEFAULT_PREFIX;
	o->owner = o->owner ? o->owner : SKEP_BPFFS_DEFAULT_OWNER;
	return 0;
}

/* What there is to a context beside its root. */
static int complete(struct skep_bpffs *ctx, const struct skep_bpffs_opts *o, struct skep_error *err)
{
	char root[PATH_MAX];
	int r;

	r = canonical(ctx->root_fd, root);
	if (r < 0)
		return skep_fail(err, r, SKEP_ERR_SYSCALL,
				 "the path of a bpffs: read a link in '/proc/thread-self/fd' (is "
				 "/proc mounted?)");
	ctx->root = strdup(root);
	ctx->prefix = strdup(o->prefix);
	ctx->owner = strdup(o->owner);
	if (!ctx->root || !ctx->prefix || !ctx->owner)
		return skep_fail(err, -ENOMEM, SKEP_ERR_NO_MEMORY, "open a bpffs");
	return check_single(ctx, o, err);
}

int skep_bpffs_open(const struct skep_bpffs_opts *opts, struct skep_bpffs **ret_ctx,
		    struct skep_error *err)
{
	_cleanup_(skep_bpffs_closep) struct skep_bpffs *ctx = NULL;
	const char *mounted = NULL;
	struct skep_bpffs_opts o;
	int r;

	r = opts_copy(&o, sizeof(o), opts);
	if (r < 0)
		return skep_fail(err, r, SKEP_ERR_INVALID, "options of the bpffs");
	r = check_options(&o, err);
	if (r < 0)
		return r;
	ctx = calloc(1, sizeof(*ctx));
	if (!ctx)
		return skep_fail(err, -ENOMEM, SKEP_ERR_NO_MEMORY, "open a bpffs");
	ctx->root_fd = -1;
	r = o.flags & SKEP_BPFFS_DISCOVER ? open_found(ctx, &o, err)
					  : open_owned(ctx, &o, &mounted, err);
	if (r >= 0)
		r = complete(ctx, &o, err);
	if (r < 0) {
		skep_bpffs_close(take_ptr(ctx)); /* or else it is busy */
		if (mounted)
			umount2(mounted, UMOUNT_NOFOLLOW);
		return r;
	}
	*ret_ctx = take_ptr(ctx);
	return 0;
}
