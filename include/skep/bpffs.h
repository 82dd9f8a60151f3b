/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef SKEP_BPFFS_H
#define SKEP_BPFFS_H
/*
 * The file system in which maps, programs and links have names: finding it, mounting it, paths in it.
 *
 * A context stands for one bpffs, the same one for its whole life: it holds the root directory open, and what is mounted
 * on that path later does not redirect it. What a context was opened with does not change; a program may have several.
 * Calls on one context may be made from several threads, but for skep_bpffs_close().
 *
 * Who owns pins says where they are: by the root in the options, or /sys/fs/bpf. Who only looks for the pins of others
 * lets the library search: SKEP_BPFFS_DISCOVER. Nothing is mounted unless the options say so: a mount made inside of a
 * container ties the pins to that container, or hides those that are there.
 *
 * Pins themselves are in <skep/bpffs_pin.h>.
 */
#include <skep/base.h>

SKEP_BEGIN

struct skep_error;
struct skep_bpffs;

#define SKEP_BPFFS_DEFAULT_ROOT "/sys/fs/bpf"
#define SKEP_BPFFS_DEFAULT_FALLBACK "/run/skep/bpffs"
#define SKEP_BPFFS_DEFAULT_PREFIX "tc/globals"
#define SKEP_BPFFS_DEFAULT_OWNER "skep"

#define SKEP_BPFFS_MOUNT_IF_MISSING (1u << 0) /* needs CAP_SYS_ADMIN */
#define SKEP_BPFFS_DISCOVER (1u << 1)         /* search for it */
#define SKEP_BPFFS_UPPERMOST (1u << 2)        /* of several on the root; else -ENOTUNIQ */

#define SKEP_BPFFS_HINTS 4

/* How a bpffs is mounted: always nosuid, nodev and noexec. */
struct skep_bpffs_mount_opts {
	size_t sz;
	uint64_t mode; /* of the root directory, and always sticky; 0: the default, 0777 */
	uint64_t uid;  /* owner of the root directory; other than 0: Linux 6.9 */
	uint64_t gid;  /* its group; other than 0: Linux 6.9 */
	/* What tokens of it may allow, as skep_kabi_from_name() takes it, between ':'; or "any". Linux 6.9. */
	const char *delegate_cmds;    /* NULL: nothing */
	const char *delegate_maps;    /* NULL: nothing */
	const char *delegate_progs;   /* NULL: nothing */
	const char *delegate_attachs; /* NULL: nothing */
};

struct skep_bpffs_opts {
	size_t sz;
	uint64_t flags;   /* SKEP_BPFFS_* */
	const char *root; /* NULL: /sys/fs/bpf, or search */
	const char *
		fallback; /* in place of /sys/fs/bpf, if something else is mounted there; NULL: /run/skep/bpffs */
	const char *prefix; /* directory of maps, below the root; NULL: tc/globals */
	const char *owner;  /* directory of the program, below the root; NULL: skep */
	const char *hints
		[SKEP_BPFFS_HINTS]; /* where to search first; those that are NULL are passed over */
	const struct skep_bpffs_mount_opts *mount; /* NULL: defaults */
};

enum skep_bpffs_state {
	SKEP_BPFFS_NOT_MOUNTED = 0, /* absent, or a directory on which nothing is mounted */
	SKEP_BPFFS_MOUNTED = 1,     /* the root of a bpffs */
	SKEP_BPFFS_OTHER = 2,       /* the root of another file system */
};

/* A bpffs that is mounted. Strings are borrowed for the call. */
struct skep_bpffs_mount_info {
	const char *point;  /* where */
	const char *root;   /* which directory of it: "/", or else it is a bind mount of that one */
	const char *source; /* a word, whatever who mounted it has chosen */
	const char *options;       /* of the mount: rw,nosuid,... */
	const char *super_options; /* of the file system: rw,mode=700,delegate_cmds=... */
};

/* Return: 0 to go on; anything else ends the walk and is returned. */
typedef int (*skep_bpffs_mount_fn)(const struct skep_bpffs_mount_info *mount, void *userdata);

/**
 * skep_bpffs_open() - find a bpffs, or mount one
 * @opts:    NULL: /sys/fs/bpf, which has to be mounted
 * @ret_ctx: owned by the caller, skep_bpffs_close()
 *
 * The root is @opts->root, if that is given and not /sys/fs/bpf. Else it is /sys/fs/bpf; if another file system is
 * mounted there, it is the fallback. With SKEP_BPFFS_DISCOVER it is the first of these that is a bpffs: @opts->root, which
 * then has to be one, the hints, /sys/fs/bpf, the fallback, a bpffs mounted anywhere in which the directory of maps is,
 * the only bpffs that is mounted.
 *
 * Return: 0; -ENOENT none is mounted, or /proc is not (SKEP_ERR_SYSCALL); -EBUSY another file system is in its place;
 *         -ENOTUNIQ several are, on the root, and one hides the other; -EPERM mounting it needs CAP_SYS_ADMIN; -EINVAL;
 *         -E2BIG newer @opts; else a negative errno. It may be called again after any failure.
 * Context: reads /proc.
 * Source: mount(2); proc_pid_mountinfo(5).
 */
int skep_bpffs_open(const struct skep_bpffs_opts *opts, struct skep_bpffs **ret_ctx,
		    struct skep_error *err);

/** skep_bpffs_close() - release a context or NULL; what is mounted stays. Return: NULL. */
struct skep_bpffs *skep_bpffs_close(struct skep_bpffs *ctx);

/**
 * skep_bpffs_opts_from_env() - options as the environment has them
 * @envp: of main(), or environ
 * @opts: in/out: SKEP_BPFFS becomes the root, CILIUM_BPF_MNT and TC_BPF_MNT become hints; what is absent or empty
 *        changes nothing. The strings are borrowed from @envp
 *
 * Context: the library itself reads no environment.
 * Source: tc-bpf(8) for TC_BPF_MNT.
 */
void skep_bpffs_opts_from_env(char *const *envp, struct skep_bpffs_opts *opts);

/**
 * skep_bpffs_root() - the path of the root, without symbolic links
 *
 * Return: a string, borrowed until skep_bpffs_close().
 * Source: what skep_bpffs_open() decided.
 */
const char *skep_bpffs_root(const struct skep_bpffs *ctx);

/**
 * skep_bpffs_root_fd() - the root directory
 *
 * Return: an fd (O_PATH), borrowed until skep_bpffs_close().
 * Source: open(2).
 */
int skep_bpffs_root_fd(const struct skep_bpffs *ctx);

/**
 * skep_bpffs_reason() - why it is this root: "the default", "/sys/fs/bpf is a tmpfs: the fallback"
 *
 * Return: a string, borrowed until skep_bpffs_close().
 * Source: what skep_bpffs_open() decided.
 */
const char *skep_bpffs_reason(const struct skep_bpffs *ctx);

/**
 * skep_bpffs_state() - what is mounted on a path
 * @path: a symbolic link at its end is not followed
 *
 * Return: enum skep_bpffs_state; a negative errno: could not tell.
 * Source: statx(2) STATX_ATTR_MOUNT_ROOT; statfs(2).
 */
int skep_bpffs_state(const char *path);

/**
 * skep_bpffs_mount() - mount a bpffs
 * @path: absolute, no symbolic link; made with its parents, with mode 0755, if it is not there
 * @opts: NULL for defaults
 *
 * Return: 0; 1 there is one already, which is left as it is; -EBUSY another file system is mounted there; -EINVAL it is
 *         inside of a bpffs, or an option is wrong; -EPERM needs CAP_SYS_ADMIN; -EOPNOTSUPP this kernel does not know
 *         an option; -ENOTDIR; -E2BIG newer @opts; else a negative errno.
 * Source: mount(2); kernel/bpf/inode.c, which ignores options it does not know: here they are read back.
 */
int skep_bpffs_mount(const char *path, const struct skep_bpffs_mount_opts *opts,
		     struct skep_error *err);

/**
 * skep_bpffs_mounts() - every bpffs in the mount namespace of the calling thread
 * @fn, @userdata: called for each, in the order in which they were mounted
 *
 * Return: 0; what @fn returned; a negative errno: /proc cannot be read.
 * Source: proc_pid_mountinfo(5).
 */
int skep_bpffs_mounts(skep_bpffs_mount_fn fn, void *userdata);

/**
 * skep_bpffs_prefix_path() - the directory of maps: ROOT/tc/globals
 * @buf, @size: caller memory; PATH_MAX bytes hold any path
 *
 * Return: the length; -ENOSPC.
 * Source: tc-bpf(8): iproute2 pins there what is PIN_GLOBAL_NS.
 */
int skep_bpffs_prefix_path(const struct skep_bpffs *ctx, char *buf, size_t size);

/**
 * skep_bpffs_owner_path() - the directory of the program: ROOT/skep
 * @buf, @size: caller memory; PATH_MAX bytes hold any path
 *
 * Return: the length; -ENOSPC.
 * Source: the owner in the options.
 */
int skep_bpffs_owner_path(const struct skep_bpffs *ctx, char *buf, size_t size);

/**
 * skep_bpffs_map_path() - where a map is pinned: ROOT/tc/globals/NAME
 * @name:       one part of a path, without a dot: bpffs reserves those
 * @buf, @size: caller memory; PATH_MAX bytes hold any path
 *
 * Return: the length; -EINVAL bpffs takes no such name; -ENAMETOOLONG more than 255 bytes; -ENOSPC.
 * Source: kernel/bpf/inode.c, bpf_lookup().
 */
int skep_bpffs_map_path(const struct skep_bpffs *ctx, const char *name, char *buf, size_t size);

/**
 * skep_bpffs_local_map_name() - the name of one of many maps: NAME and five digits
 * @name:       "cilium_policy_"
 * @id:         1157: cilium_policy_01157
 * @buf, @size: caller memory
 *
 * Return: the length; -ENOSPC.
 * Source: the names that Cilium gives to the maps of endpoints.
 */
int skep_bpffs_local_map_name(const char *name, uint16_t id, char *buf, size_t size);

/**
 * skep_bpffs_local_map_path() - where one of many maps is pinned
 * @name, @id:  as for skep_bpffs_local_map_name()
 * @buf, @size: caller memory; PATH_MAX bytes hold any path
 *
 * Return: as skep_bpffs_map_path().
 * Source: as skep_bpffs_map_path().
 */
int skep_bpffs_local_map_path(const struct skep_bpffs *ctx, const char *name, uint16_t id,
			      char *buf, size_t size);

/**
 * skep_bpffs_environment() - an environment for child processes that shall use this bpffs
 * @envp:    the environment to begin with; borrowed
 * @ret_env: one block of memory, owned by the caller, free()
 *
 * A copy of @envp in which CILIUM_BPF_MNT and TC_BPF_MNT are the root.
 *
 * Return: 0; -ENOMEM.
 * Source: tc-bpf(8); execve(2).
 */
int skep_bpffs_environment(const struct skep_bpffs *ctx, char *const *envp, char ***ret_env);

SKEP_DEFINE_CLEANUP(struct skep_bpffs, skep_bpffs_close) /* skep_bpffs_closep() */

SKEP_END
#endif
