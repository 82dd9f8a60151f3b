/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include <skep/bpffs_pin.h>
#include <skep/error.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "bpffs/context.h"
#include "bpffs/pin.h"
#include "bpffs/tree.h"

#define ALL_FLAGS ((uint64_t)(SKEP_BPFFS_RECURSE | SKEP_BPFFS_DRY_RUN))

struct removal {
	const struct skep_bpffs *ctx;
	uint64_t flags;
	skep_bpffs_entry_fn fn; /* or NULL */
	void *userdata;
	int result; /* of fn */
	int count;
};

/* Return: 1; 0 it was not there any more; a negative errno. */
static int remove_name(const struct skep_bpffs *ctx, const char *path, int flags)
{
	_cleanup_close_ int parent = -1;
	char relative[PATH_MAX];
	const char *name;

	parent = bpffs_open_parent(ctx, path, relative, &name);
	if (parent < 0)
		return parent == -ENOENT ? 0 : parent;
	return bpffs_unlink_at(parent, name, flags);
}

static int refuse_mounts(const struct bpffs_node *node, enum bpffs_visit visit, void *userdata)
{
	(void)visit;
	(void)userdata;
	return node->mounted ? -EXDEV : 0;
}

static int refuse_any(const struct bpffs_node *node, enum bpffs_visit visit, void *userdata)
{
	(void)node;
	(void)visit;
	(void)userdata;
	return -ENOTEMPTY;
}

/* What stands in the way, before anything is removed: the same with and without a dry run. */
static int check(const struct removal *removal, const struct bpffs_node *top)
{
	if (top->mounted)
		return -EXDEV;
	if (!S_ISDIR(top->st.st_mode))
		return 0;
	if (removal->flags & SKEP_BPFFS_RECURSE)
		return bpffs_tree_walk(removal->ctx, top->path, 1, refuse_mounts, NULL);
	if (removal->flags & SKEP_BPFFS_DRY_RUN)
		return bpffs_tree_walk(removal->ctx, top->path, 0, refuse_any, NULL);
	return 0; /* rmdir(2) will say so */
}

static int remove_node(const struct bpffs_node *node, enum bpffs_visit visit, void *userdata)
{
	struct removal *removal = userdata;
	int r = 1;

	if (node->mounted)
		return -EXDEV;
	if (visit == BPFFS_VISIT && S_ISDIR(node->st.st_mode))
		return 0;
	if (removal->fn)
		removal->result = bpffs_node_tell(node, removal->fn, removal->userdata);
	if (removal->result)
		return removal->result;
	if (!(removal->flags & SKEP_BPFFS_DRY_RUN))
		r = remove_name(removal->ctx, node->path, visit == BPFFS_LEAVE ? AT_REMOVEDIR : 0);
	if (r > 0)
		removal->count++;
	return r < 0 ? r : 0;
}

static int remove_top(struct removal *removal, const struct bpffs_node *top)
{
	int is_dir = S_ISDIR(top->st.st_mode), r = check(removal, top);

	if (r == 0 && is_dir && (removal->flags & SKEP_BPFFS_RECURSE))
		r = bpffs_tree_walk(removal->ctx, top->path, 1, remove_node, removal);
	if (r == 0)
		r = remove_node(top, is_dir ? BPFFS_LEAVE : BPFFS_VISIT, removal);
	return r;
}

int skep_bpffs_remove(const struct skep_bpffs *ctx, const char *path, uint64_t flags,
		      skep_bpffs_entry_fn fn, void *userdata, struct skep_error *err)
{
	struct removal removal = { ctx, flags, fn, userdata, 0, 0 };
	struct bpffs_node top;
	char relative[PATH_MAX];
	int r;

	if (flags & ~ALL_FLAGS)
		return skep_fail(err, -EINVAL, SKEP_ERR_INVALID,
				 "remove from a bpffs: unknown flags");
	r = bpffs_relative(ctx, path, relative);
	if (r == 0 && !*relative)
		return skep_fail(err, -EPERM, SKEP_ERR_INVALID,
				 "remove '%s': it is the root of the bpffs; name what is in it.",
				 ctx->root);
	if (r == 0)
		r = bpffs_node_open(ctx, relative, &top);
	if (r == 0) {
		r = remove_top(&removal, &top);
		if (top.fd >= 0)
			close(top.fd);
	}
	if (removal.result)
		return removal.result;
	if (r < 0 && r != -ENOENT)
		return bpffs_fail(ctx, err, r, "remove", path);
	return removal.count;
}
