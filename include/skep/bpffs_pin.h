/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef SKEP_BPFFS_PIN_H
#define SKEP_BPFFS_PIN_H
/*
 * Pins and directories in a bpffs: making, opening, replacing, removing and listing them.
 *
 * A path is relative to the root of the context; one that begins with the path of the root is taken as well. Every
 * call stays inside of the bpffs: it does not follow symbolic links (bpffs has them), ".." or what is mounted below.
 * Calls on one context may be made from several threads.
 */
#include <skep/base.h>

SKEP_BEGIN

struct skep_bpffs;
struct skep_error;

#define SKEP_BPFFS_RECURSE (1u << 0)   /* directories with all that is in them */
#define SKEP_BPFFS_NOREPLACE (1u << 1) /* a name that is taken stays as it is: -EEXIST */
#define SKEP_BPFFS_DRY_RUN (1u << 2)   /* all checks, but nothing is removed */

/* What is at a path; the kinds of objects are told apart by opening them. */
enum skep_bpffs_entry_kind {
	SKEP_BPFFS_ENTRY_DIRECTORY = 1,
	SKEP_BPFFS_ENTRY_MAP = 2,
	SKEP_BPFFS_ENTRY_PROG = 3,
	SKEP_BPFFS_ENTRY_LINK = 4,
	SKEP_BPFFS_ENTRY_SYMLINK = 5,
	SKEP_BPFFS_ENTRY_MOUNT = 6,   /* something is mounted here: it is not entered */
	SKEP_BPFFS_ENTRY_UNKNOWN = 7, /* see code */
};

/* What is at a path. Strings are borrowed for the call. */
struct skep_bpffs_entry {
	const char *path;   /* below the root of the bpffs */
	const char *name;   /* its last part */
	const char *object; /* the name that the kernel knows: of a map or program; else "" */
	const char *target; /* of a symbolic link; else "" */
	uint64_t kind;      /* enum skep_bpffs_entry_kind */
	uint64_t depth;     /* 0: directly in the directory that is walked */
	uint64_t id;        /* of a map, program or link */
	uint64_t type;      /* the kernel's number: of the map, program or link type */
	uint64_t mode;      /* as in stat(2) */
	uint64_t uid;
	uint64_t gid;
	int64_t code; /* UNKNOWN: why it could not be opened, a negative errno; -ENOENT: it is no pin */
};

/* Return: 0 to go on; anything else ends the walk and is returned. */
typedef int (*skep_bpffs_entry_fn)(const struct skep_bpffs_entry *entry, void *userdata);

/**
 * skep_bpffs_entry_kind_name() - "directory", "map", "prog", "link", "symlink", "mount" or "unknown"
 * @kind: enum skep_bpffs_entry_kind
 *
 * Return: a static string; "unknown" for a number that is no kind.
 * Source: bpf(2).
 */
const char *skep_bpffs_entry_kind_name(uint64_t kind);

/**
 * skep_bpffs_mkdir() - make a directory and its parents, with mode 0755
 * @path: where; directories that are there already are left as they are
 *
 * Return: 0; -EINVAL a name has a dot; -ENOTDIR or -ELOOP a pin or a symbolic link is in the way; else a negative errno.
 * Source: mkdir(2); kernel/bpf/inode.c.
 */
int skep_bpffs_mkdir(const struct skep_bpffs *ctx, const char *path, struct skep_error *err);

/**
 * skep_bpffs_check_mkdir() - would skep_bpffs_mkdir() work? Nothing is made
 * @path: where
 *
 * Return: 0; as skep_bpffs_mkdir(), in the same words; -EACCES, -EROFS nothing may be made there.
 * Source: openat2(2), faccessat(2).
 */
int skep_bpffs_check_mkdir(const struct skep_bpffs *ctx, const char *path, struct skep_error *err);

/**
 * skep_bpffs_check_pin() - would skep_bpffs_pin() work, once the directory is there? Nothing is made
 * @path: where
 *
 * Return: 0; -EEXIST the name is taken; -EINVAL a name has a dot; -EISDIR @path is the root; -ENOTDIR a pin is in the way; else a
 *         negative errno.
 * Source: openat2(2).
 */
int skep_bpffs_check_pin(const struct skep_bpffs *ctx, const char *path, struct skep_error *err);

/**
 * skep_bpffs_exists() - is there something at a path
 * @path: a symbolic link at its end is something
 *
 * Return: 1; 0; a negative errno: could not tell.
 * Source: openat2(2).
 */
int skep_bpffs_exists(const struct skep_bpffs *ctx, const char *path);

/**
 * skep_bpffs_pin() - give an object a name
 * @fd:   a map, program or link
 * @path: where; its directory exists
 *
 * Return: 0; -EEXIST the name is taken; -ENOENT no such directory; -EISDIR @path is the root; -EINVAL a name has a dot,
 *         or @fd is no map, program or link; else a negative errno.
 * Source: bpf(2) BPF_OBJ_PIN.
 */
int skep_bpffs_pin(const struct skep_bpffs *ctx, int fd, const char *path, struct skep_error *err);

/**
 * skep_bpffs_get() - open what is pinned
 * @path:  of a pin
 * @flags: SKEP_MAP_FLAG_RDONLY, SKEP_MAP_FLAG_WRONLY; 0
 *
 * Return: an fd, owned by the caller; -ENOENT no such pin; -EISDIR a directory; -ELOOP a symbolic link is in the path;
 *         else a negative errno.
 * Source: bpf(2) BPF_OBJ_GET.
 */
int skep_bpffs_get(const struct skep_bpffs *ctx, const char *path, uint32_t flags,
		   struct skep_error *err);

/**
 * skep_bpffs_replace() - pin an object in place of what is pinned there, in one step
 * @fd:         a map, program or link
 * @path:       where; its directory exists
 * @flags:      SKEP_BPFFS_NOREPLACE; 0
 * @ret_old_fd: what was pinned there, owned by the caller, or -1 if nothing was; NULL: not wanted
 *
 * Who opens @path meanwhile gets the old object or the new one: the name is never absent. The object is pinned under
 * a name of its own beside @path first, and moved over it then. After a failure all is as before; after the death of
 * the process that other name may be left, for skep_bpffs_sweep(). To undo it, replace it by the old object.
 *
 * Before Linux 5.16 the old object is opened before the step: of two processes that replace the same pin at the same
 * time, both may get the same old object.
 *
 * Return: 0; -EEXIST NOREPLACE and the name is taken; -EISDIR @path is a directory; -ENOENT no such directory; -EINVAL
 *         a name has a dot, or @fd is no map, program or link; -EBUSY others replace it too fast; else a negative
 *         errno.
 * Source: renameat2(2); fs/libfs.c, simple_rename().
 */
int skep_bpffs_replace(const struct skep_bpffs *ctx, int fd, const char *path, uint64_t flags,
		       int *ret_old_fd, struct skep_error *err);

/**
 * skep_bpffs_sweep() - remove what processes have left that died inside of skep_bpffs_replace()
 * @path: a directory, with all below; "" for the whole bpffs
 *
 * Only names that say whose they are, of processes that have certainly ended: see skep-bpffs(1), FILES.
 *
 * Return: how many were removed; a negative errno.
 * Source: proc(5); pid_namespaces(7).
 */
int skep_bpffs_sweep(const struct skep_bpffs *ctx, const char *path, struct skep_error *err);

/**
 * skep_bpffs_unpin() - remove a pin
 * @path: of a pin or a symbolic link, not a directory
 *
 * Return: 1; 0 there was none; -EISDIR; -EINVAL a name has a dot; else a negative errno.
 * Context: the object lives on as long as something else holds it.
 * Source: unlink(2).
 */
int skep_bpffs_unpin(const struct skep_bpffs *ctx, const char *path, struct skep_error *err);

/**
 * skep_bpffs_remove() - remove a pin, or a directory
 * @path:          not the root
 * @flags:         SKEP_BPFFS_RECURSE: a directory with all that is in it; without it: only if it is empty.
 *                 SKEP_BPFFS_DRY_RUN: what would be removed stays
 * @fn, @userdata: called for each name before it is removed, what is in a directory before the directory; NULL: not
 *                 wanted
 *
 * A directory in which something is mounted is left as it is. Symbolic links are removed, what they point to is not. A
 * dry run fails where the same call without it would, but for permissions, at which it does not look.
 *
 * Return: how many names were removed, 0 if there was none; what @fn returned, if that was not 0; -EPERM the root;
 *         -EXDEV not below the root, or something is mounted in there, and nothing was removed; -ENOTEMPTY; -EINVAL a
 *         name has a dot; else a negative errno, and some may have been removed.
 * Source: unlink(2), rmdir(2), openat2(2).
 */
int skep_bpffs_remove(const struct skep_bpffs *ctx, const char *path, uint64_t flags,
		      skep_bpffs_entry_fn fn, void *userdata, struct skep_error *err);

/**
 * skep_bpffs_walk() - what is in a directory
 * @path:          a directory; or anything else, of which only that is told
 * @flags:         SKEP_BPFFS_RECURSE; 0
 * @fn, @userdata: called for each entry, in the order of names, a directory before what is in it; it may remove the entry
 *
 * Each pin is opened to see what it is; without permission it is told as unknown. What comes and goes meanwhile is
 * told or not. What is so deep that its path has PATH_MAX bytes or more ends the walk: -ENAMETOOLONG. So it is with
 * skep_bpffs_remove() and skep_bpffs_sweep().
 *
 * Return: 0; what @fn returned; -ENOENT; else a negative errno.
 * Source: getdents(2); bpf(2) BPF_OBJ_GET, BPF_OBJ_GET_INFO_BY_FD.
 */
int skep_bpffs_walk(const struct skep_bpffs *ctx, const char *path, uint64_t flags,
		    skep_bpffs_entry_fn fn, void *userdata, struct skep_error *err);

SKEP_END
#endif
