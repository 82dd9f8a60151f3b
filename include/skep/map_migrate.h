/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef SKEP_MAP_MIGRATE_H
#define SKEP_MAP_MIGRATE_H
/*
 * Pins of maps that a new version of an object wants otherwise, moved aside and back.
 *
 * Start renames such a pin from NAME to NAME:pending, so that NAME is free for the new map while the old one stays
 * pinned. Once the new programs are attached, finalize removes the old pin; if anything went wrong, revert gives it its
 * name back. The suffix is that of Cilium's agents and of its tool.
 *
 * Each rename is one step of the kernel: a pin is under one of the two names at any time, whatever kills the process.
 * What is left after that is put right by recover. Nothing tells whose a pending pin is: who recovers a directory has
 * to be the one who uses it.
 *
 * skep_map_open_or_create() with SKEP_MAP_MISMATCH_REPLACE or a staged map does the same for one map of one process,
 * without a second name.
 */
#include <skep/base.h>
#include <skep/map_spec.h>

SKEP_BEGIN

struct skep_bpffs;
struct skep_error;

#define SKEP_MAP_PENDING_SUFFIX ":pending"

#define SKEP_MAP_MIGRATE_SHARED \
	(1u << 0) /* of a prog array: other objects use it too, so it stays if it is as wanted */

/* One pin, and the map that the new version will have under its name. */
struct skep_map_migration {
	size_t sz;                        /* sizeof(struct skep_map_migration) */
	const char *name;                 /* one part of a path, without dots; 247 bytes at most */
	const struct skep_map_spec *spec; /* NULL: whatever is pinned is moved */
	uint64_t flags;                   /* SKEP_MAP_MIGRATE_* */
};

/* What was done with a name. */
enum skep_map_migrate_step {
	SKEP_MAP_MIGRATE_ABSENT = 1,   /* nothing is pinned: nothing to do */
	SKEP_MAP_MIGRATE_KEPT = 2,     /* what is pinned is what is wanted */
	SKEP_MAP_MIGRATE_MOVED = 3,    /* NAME is now NAME:pending */
	SKEP_MAP_MIGRATE_LEFTOVER = 4, /* NAME:pending of an earlier run was given up for it */
	SKEP_MAP_MIGRATE_REMOVED = 5,  /* NAME:pending is gone */
	SKEP_MAP_MIGRATE_REVERTED = 6, /* NAME:pending is NAME again, and what was NAME is gone */
	SKEP_MAP_MIGRATE_RESTORED = 7, /* NAME:pending is NAME again, which nobody had */
	SKEP_MAP_MIGRATE_UNDECIDED =
		8 /* recover: both are there, and nobody said which shall stay */
};

/* One step. Strings are borrowed for the call. */
struct skep_map_migrate_event {
	const char *name;                              /* without the suffix */
	uint64_t step;                                 /* enum skep_map_migrate_step */
	const struct skep_map_difference *differences; /* MOVED: why; none of a prog array */
	uint64_t difference_count;
};

/* Return: 0 to go on; anything else ends it and is returned. */
typedef int (*skep_map_migrate_fn)(const struct skep_map_migrate_event *event, void *userdata);

/**
 * skep_map_migrate_start() - move pins aside that are not what is wanted
 * @bpffs: where
 * @dir:   relative to its root
 * @maps:  all of the same sz
 * @count: of them
 * @fn, @userdata: told of each step; NULL: nobody
 *
 * A pin whose map is as its spec wants it stays, but for prog arrays: those are moved even if they are equal, because
 * filling one that programs use mixes two versions, unless SKEP_MAP_MIGRATE_SHARED. A pending pin of an earlier run is
 * given up.
 *
 * Return: how many were moved; -EINVAL a name that cannot be one, or is told twice; -ENAMETOOLONG with the suffix;
 *         -ESTALE somebody else gave the name to another object meanwhile; what @fn returned; a negative errno. On
 *         failure what was moved has its name again; of kind SKEP_ERR_PARTIAL, one has not.
 * Source: renameat2(2), bpf(2) BPF_OBJ_GET.
 */
int skep_map_migrate_start(const struct skep_bpffs *bpffs, const char *dir,
			   const struct skep_map_migration *maps, size_t count,
			   skep_map_migrate_fn fn, void *userdata, struct skep_error *err);

/**
 * skep_map_migrate_finalize() - remove the old pins
 * @bpffs: where
 * @dir:   relative to its root
 * @names: NULL: all that are pending in @dir
 * @count: of @names
 * @fn, @userdata: told of each step; NULL: nobody
 *
 * Only when all programs of the new version are attached: the last reference to a prog array empties it. A name that
 * has no new map keeps its old one, and is an error.
 *
 * Return: how many were removed; -ENOENT there is no new map under a name, which is left as it is, as are those after
 *         it; -EINVAL as start; what @fn returned; a negative errno.
 * Source: unlink(2).
 */
int skep_map_migrate_finalize(const struct skep_bpffs *bpffs, const char *dir,
			      const char *const *names, size_t count, skep_map_migrate_fn fn,
			      void *userdata, struct skep_error *err);

/**
 * skep_map_migrate_revert() - give the old maps their names back
 * @bpffs: where
 * @dir:   relative to its root
 * @names: NULL: all that are pending in @dir
 * @count: of @names
 * @fn, @userdata: told of each step; NULL: nobody
 *
 * The new map loses its pin in the same step.
 *
 * Return: how many have their names again; -EINVAL as start; what @fn returned; a negative errno.
 * Source: renameat2(2).
 */
int skep_map_migrate_revert(const struct skep_bpffs *bpffs, const char *dir,
			    const char *const *names, size_t count, skep_map_migrate_fn fn,
			    void *userdata, struct skep_error *err);

/**
 * skep_map_migrate_recover() - put right what a process left that was killed
 * @bpffs: where
 * @dir:   relative to its root
 * @fn, @userdata: told of each step; NULL: nobody
 *
 * A pending pin whose name nobody has gets it back: the process died before the new map was there. Where both are, it
 * cannot be known whether the new programs are attached: those are told as UNDECIDED and stay, for finalize or revert.
 *
 * Return: how many have their names again; what @fn returned; a negative errno.
 * Source: renameat2(2), readdir(3).
 */
int skep_map_migrate_recover(const struct skep_bpffs *bpffs, const char *dir,
			     skep_map_migrate_fn fn, void *userdata, struct skep_error *err);

/**
 * skep_map_migrate_step_name() - the name of a step: "moved"
 * @step: enum skep_map_migrate_step
 *
 * Return: a static string; "unknown" for a number that is no step.
 * Context: any thread.
 * Source: enum skep_map_migrate_step.
 */
const char *skep_map_migrate_step_name(uint64_t step);

SKEP_END
#endif
