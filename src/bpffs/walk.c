/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <skep/bpffs_pin.h>
#include <skep/error.h>
#include <skep/kabi/map_flag.h>
#include <skep/sys_object.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "bpffs/context.h"
#include "bpffs/pin.h"
#include "bpffs/tree.h"

const char *skep_bpffs_entry_kind_name(uint64_t kind)
{
	static const char *const names[] = {
		[SKEP_BPFFS_ENTRY_DIRECTORY] = "directory", [SKEP_BPFFS_ENTRY_MAP] = "map",
		[SKEP_BPFFS_ENTRY_PROG] = "prog",           [SKEP_BPFFS_ENTRY_LINK] = "link",
		[SKEP_BPFFS_ENTRY_SYMLINK] = "symlink",     [SKEP_BPFFS_ENTRY_MOUNT] = "mount",
	};

	return kind < ARRAY_SIZE(names) && names[kind] ? names[kind] : "unknown";
}

int bpffs_identify(int fd, struct skep_bpffs_entry *e, char object[SKEP_OBJ_NAME_LEN])
{
	union {
		struct skep_map_info map;
		struct skep_prog_info prog;
		struct skep_link_info link;
	} info = { 0 };
	int r, kind = skep_sys_obj_kind(fd);

	switch (kind) {
	case SKEP_OBJECT_MAP:
		r = skep_sys_map_info(fd, &info.map, sizeof(info.map));
		e->kind = SKEP_BPFFS_ENTRY_MAP;
		e->type = info.map.type;
		e->id = info.map.id;
		snprintf(object, SKEP_OBJ_NAME_LEN, "%s", info.map.name);
		break;
	case SKEP_OBJECT_PROG:
		r = skep_sys_prog_info(fd, &info.prog, sizeof(info.prog));
		e->kind = SKEP_BPFFS_ENTRY_PROG;
		e->type = info.prog.type;
		e->id = info.prog.id;
		snprintf(object, SKEP_OBJ_NAME_LEN, "%s", info.prog.name);
		break;
	case SKEP_OBJECT_LINK:
		r = skep_sys_link_info(fd, &info.link, sizeof(info.link));
		e->kind = SKEP_BPFFS_ENTRY_LINK;
		e->type = info.link.type;
		e->id = info.link.id;
		break;
	default:
		return kind < 0 ? kind : -EINVAL;
	}
	return r < 0 ? r : 0;
}

/* A map that may only be read, or only be written, is opened as far as that goes. */
static int open_object(const char *proc)
{
	int fd = skep_sys_obj_get(-1, proc, 0, NULL), part = -1;

	if (fd != -EACCES && fd != -EPERM)
		return fd;
	part = skep_sys_obj_get(-1, proc, SKEP_MAP_FLAG_RDONLY, NULL);
	if (part < 0)
		part = skep_sys_obj_get(-1, proc, SKEP_MAP_FLAG_WRONLY, NULL);
	return part < 0 ? fd : part;
}

static void look_at_pin(const struct bpffs_node *node, struct skep_bpffs_entry *e,
			char object[SKEP_OBJ_NAME_LEN])
{
	_cleanup_close_ int fd = -1;
	char proc[BPFFS_PROC_PATH_SIZE];
	int r;

	fd = open_object(bpffs_proc_path(node->fd, NULL, proc, sizeof(proc)));
	r = fd < 0 ? fd : bpffs_identify(fd, e, object);
	if (r < 0) {
		e->kind = SKEP_BPFFS_ENTRY_UNKNOWN;
		e->code = r;
	}
}

int bpffs_node_tell(const struct bpffs_node *node, skep_bpffs_entry_fn fn, void *userdata)
{
	char object[SKEP_OBJ_NAME_LEN] = "", target[PATH_MAX] = "";
	struct skep_bpffs_entry e = {
		.path = node->path,
		.name = node->name,
		.object = object,
		.target = target,
		.depth = node->depth,
		.mode = node->st.st_mode,
		.uid = node->st.st_uid,
		.gid = node->st.st_gid,
	};

	if (node->mounted) {
		e.kind = SKEP_BPFFS_ENTRY_MOUNT;
	} else if (S_ISDIR(node->st.st_mode)) {
		e.kind = SKEP_BPFFS_ENTRY_DIRECTORY;
	} else if (S_ISLNK(node->st.st_mode)) {
		e.kind = SKEP_BPFFS_ENTRY_SYMLINK;
		if (readlinkat(node->fd, "", target, sizeof(target) - 1) < 0)
			target[0] = '\0';
	} else {
		look_at_pin(node, &e, object);
	}
	return fn(&e, userdata);
}

struct walk {
	skep_bpffs_entry_fn fn;
	void *userdata;
	int result; /* of the last call */
};

static int tell_node(const struct bpffs_node *node, enum bpffs_visit visit, void *userdata)
{
	struct walk *walk = userdata;

	if (visit == BPFFS_LEAVE)
		return 0;
	walk->result = bpffs_node_tell(node, walk->fn, walk->userdata);
	return walk->result;
}

int skep_bpffs_walk(const struct skep_bpffs *ctx, const char *path, uint64_t flags,
		    skep_bpffs_entry_fn fn, void *userdata, struct skep_error *err)
{
	struct walk walk = { fn, userdata, 0 };
	int r;

	if (flags & ~(uint64_t)SKEP_BPFFS_RECURSE)
		return skep_fail(err, -EINVAL, SKEP_ERR_INVALID, "list a bpffs: unknown flags");
	r = bpffs_tree_walk(ctx, path, (flags & SKEP_BPFFS_RECURSE) != 0, tell_node, &walk);
	return r < 0 && !walk.result ? bpffs_fail(ctx, err, r, "list", path) : r;
}
