/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "bpffs/tree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

struct tree {
	const struct skep_bpffs *ctx;
	bpffs_node_fn fn;
	void *userdata;
	int recurse;
	char path[PATH_MAX]; /* of the present node */
};

struct names {
	char **items;
	size_t count;
};

static void names_free(struct names *n)
{
	while (n->count)
		free(n->items[--n->count]);
	free(n->items);
}

static void cleanup_closedir(DIR **dir)
{
	if (*dir)
		closedir(*dir);
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static int add_name(struct names *names, const char *name)
{
	char **items = names->items;

	if (!(names->count & (names->count - 1))) /* room is the next power of two */
		items = reallocarray(items, names->count ? 2 * names->count : 1, sizeof(*items));
	if (!items)
		return -ENOMEM;
	names->items = items;
	items[names->count] = strdup(name);
	if (!items[names->count])
		return -ENOMEM;
	names->count++;
	return 0;
}

/* The names in a directory, in their order; also after a failure to be freed. */
static int read_names(const struct tree *t, struct names *names)
{
	_cleanup_(cleanup_closedir) DIR *dir = NULL;
	const struct dirent *entry;
	int fd, r = 0;

	fd = bpffs_open_at(t->ctx->root_fd, t->path, O_RDONLY | O_DIRECTORY);
	if (fd < 0)
		return fd;
	dir = fdopendir(fd);
	if (!dir) {
		r = -errno;
		close(fd);
		return r;
	}
	while (r == 0) {
		errno = 0;
		entry = readdir(dir);
		if (!entry) {
			r = -errno;
			break;
		}
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			r = add_name(names, entry->d_name);
	}
	if (names->count)
		qsort(names->items, names->count, sizeof(*names->items), compare_names);
	return r;
}

int bpffs_node_open(const struct skep_bpffs *ctx, const char *relative, struct bpffs_node *ret_node)
{
	const char *slash = strrchr(relative, '/');
	struct bpffs_node node = {
		.path = relative,
		.name = slash ? slash + 1 : relative,
		.fd = -1,
	};
	_cleanup_close_ int fd = -1;

	fd = bpffs_open_at(ctx->root_fd, relative, O_PATH | O_NOFOLLOW);
	if (fd < 0 && fd != -EXDEV)
		return fd == -ENOENT ? 1 : fd;
	if (fd == -EXDEV)
		node.mounted = 1;
	else if (fstat(fd, &node.st) < 0)
		return -errno;
	else
		node.fd = take_fd(&fd);
	*ret_node = node;
	return 0;
}

static int walk_directory(struct tree *t, unsigned depth);

static int visit(struct tree *t, unsigned depth)
{
	struct bpffs_node node;
	int r;

	r = bpffs_node_open(t->ctx, t->path, &node);
	if (r)
		return r < 0 ? r : 0;
	node.depth = depth;
	r = t->fn(&node, BPFFS_VISIT, t->userdata);
	if (node.fd >= 0)
		close(node.fd);
	node.fd = -1;
	if (r || !t->recurse || !S_ISDIR(node.st.st_mode))
		return r;
	r = walk_directory(t, depth + 1);
	if (r == 0)
		r = t->fn(&node, BPFFS_LEAVE, t->userdata);
	return r;
}

/* As deep as a path can be long: some 2,000 directories of one letter. */
static int walk_directory(struct tree *t, unsigned depth)
{
	_cleanup_(names_free) struct names names = { 0 };
	size_t len = strlen(t->path), i;
	int r;

	r = read_names(t, &names);
	if (r == -ENOENT && depth)
		return 0; /* it has gone meanwhile */
	for (i = 0; i < names.count && r == 0; i++) {
		size_t room = sizeof(t->path) - len;

		if (snprintf(t->path + len, room, "%s%s", len ? "/" : "", names.items[i]) >=
		    (int)room)
			r = -ENAMETOOLONG;
		else
			r = visit(t, depth);
		t->path[len] = '\0';
	}
	return r;
}

int bpffs_tree_walk(const struct skep_bpffs *ctx, const char *path, int recurse, bpffs_node_fn fn,
		    void *userdata)
{
	struct tree t = { .ctx = ctx, .fn = fn, .userdata = userdata, .recurse = recurse };
	struct bpffs_node node;
	int r;

	r = bpffs_relative(ctx, path, t.path);
	if (r < 0)
		return r;
	r = bpffs_node_open(ctx, t.path, &node);
	if (r)
		return r < 0 ? r : -ENOENT;
	if (node.fd >= 0)
		close(node.fd);
	node.fd = -1;
	return S_ISDIR(node.st.st_mode) ? walk_directory(&t, 0) : visit(&t, 0);
}
