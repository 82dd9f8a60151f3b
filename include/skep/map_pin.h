/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef SKEP_MAP_PIN_H
#define SKEP_MAP_PIN_H
/*
 * Maps with a name on a bpffs: use the one that is there, or make it; and what to do if it is not what is wanted.
 *
 * A name is never absent while it changes hands: the new map is made and filled first, and takes the name in one step.
 * What had the name before stays as it is for whoever holds it. The handle holds it, too, until skep_map_forget(): so it
 * can be read, it can be given its name back, and an array of programs is not emptied by the kernel while programs that
 * are still running use it.
 */
#include <skep/base.h>
#include <skep/map_spec.h>

SKEP_BEGIN

struct skep_bpffs;
struct skep_error;
struct skep_map;
struct skep_map_convert_opts;

/* What to do with a pinned map that is not what the spec says. */
enum skep_map_mismatch {
	SKEP_MAP_MISMATCH_FAIL =
		0, /* leave it, and fail with -EMEDIUMTYPE: @err tells each difference */
	SKEP_MAP_MISMATCH_REPLACE = 1, /* a new, empty map takes the name at once */
	SKEP_MAP_MISMATCH_STAGE = 2,   /* a new, empty map takes the name with skep_map_commit() */
	SKEP_MAP_MISMATCH_CONVERT =
		3, /* a new map takes the name with what convert_fn or convert_opts make of the elements */
	SKEP_MAP_MISMATCH_KEEP =
		4, /* use it as it is; other sizes of key or value fail all the same */
};

/**
 * typedef skep_map_convert_fn - what becomes of an element
 * @old_key:   of the old map, borrowed for the call
 * @old_value: skep_map_value_bytes() of the old map
 * @key:       of the new map, to be written; zero
 * @value:     skep_map_value_bytes() of the new map, to be written; zero
 *
 * Return: 0 the new map gets it; 1 it does not; a negative errno: the old map stays, and that is returned.
 */
typedef int (*skep_map_convert_fn)(const void *old_key, const void *old_value, void *key,
				   void *value, void *userdata);

#define SKEP_MAP_ALWAYS_NEW (1u << 0) /* as if what is pinned were not what is wanted */

struct skep_map_pin_opts {
	size_t sz;              /* sizeof(struct skep_map_pin_opts) */
	uint64_t flags;         /* SKEP_MAP_ALWAYS_NEW */
	uint64_t mismatch;      /* SKEP_MAP_MISMATCH_* */
	uint64_t ignored_flags; /* SKEP_MAP_FLAG_* that may differ */
	skep_map_convert_fn convert_fn;
	void *convert_userdata;
	/*
	 * Without convert_fn: by the names of fields, skep/map_convert.h. A map of the right sizes whose fields are in other
	 * places is converted, too.
	 */
	const struct skep_map_convert_opts *convert_opts;
};

/**
 * skep_map_open_or_create() - the map of a name
 * @bpffs:   where, borrowed until the handle is released
 * @path:    relative to its root; missing directories are made
 * @spec:    what the map shall be
 * @opts:    NULL for defaults
 * @ret_map: owned by the caller, skep_map_close()
 *
 * Return: 0 it was there; 1 it is new; -EMEDIUMTYPE it is there and not what is wanted; -EINVAL, -E2BIG an argument;
 *         -EBUSY others replace it too fast; else a negative errno: then all is as before.
 * Source: bpf(2) BPF_OBJ_GET, BPF_MAP_CREATE, BPF_OBJ_PIN; renameat2(2).
 */
int skep_map_open_or_create(const struct skep_bpffs *bpffs, const char *path,
			    const struct skep_map_spec *spec, const struct skep_map_pin_opts *opts,
			    struct skep_map **ret_map, struct skep_error *err);

/**
 * skep_map_inner_spec() - what the inner maps of a map of maps have to be like
 * @map:      a map of maps
 * @ret_spec: without a name
 *
 * Return: 0; -EINVAL it is no map of maps; -EOPNOTSUPP the kernel (before 5.9, or without BTF) does not show it; -EPERM
 *         takes CAP_BPF and CAP_PERFMON; else a negative errno.
 * Source: kernel/bpf/map_in_map.c, bpf_map_meta_alloc(), read by a program that holds the map.
 */
int skep_map_inner_spec(const struct skep_map *map, struct skep_map_spec *ret_spec,
			struct skep_error *err);

/**
 * skep_map_compare() - in what a map differs from a spec
 * @map:             what there is
 * @spec:            what is wanted
 * @ignored_flags:   SKEP_MAP_FLAG_* that do not count
 * @ret_differences: room for SKEP_MAP_DIFFERENCES; NULL: not wanted
 *
 * As skep_map_spec_compare(); if @spec has inner maps, and the kernel shows what they have to be like, these, too.
 *
 * Return: how many differences there are; 0 none; as skep_map_spec_compare(); -ENOMEM.
 * Source: skep_map_spec_compare(), skep_map_inner_spec().
 */
int skep_map_compare(const struct skep_map *map, const struct skep_map_spec *spec,
		     uint64_t ignored_flags, struct skep_map_difference *ret_differences,
		     struct skep_error *err);

/**
 * skep_map_commit() - let a staged map take its name
 *
 * Return: 1; 0 it has it already; else a negative errno, and the old one keeps it.
 * Source: renameat2(2).
 */
int skep_map_commit(struct skep_map *map, struct skep_error *err);

/**
 * skep_map_restore() - give the name back to the map that had it before
 *
 * Return: 1; 0 there was none; -ESTALE somebody else has taken the name meanwhile; else a negative errno.
 * Source: renameat2(2).
 */
int skep_map_restore(struct skep_map *map, struct skep_error *err);

/**
 * skep_map_old() - the map that had the name before
 *
 * Return: a handle, borrowed until skep_map_forget(); NULL: there was none.
 * Source: the handle.
 */
struct skep_map *skep_map_old(struct skep_map *map);

/**
 * skep_map_forget() - release the map that had the name before
 *
 * Source: close(2).
 */
void skep_map_forget(struct skep_map *map);

/**
 * skep_map_mirror_update() - set an element, in the map that had the name before, too
 * @key:   of both
 * @value: of both
 * @flags: SKEP_UPDATE_FLAG_*, for @map; the old one takes what @map has taken
 *
 * So programs that still run with the old map see it, until skep_map_forget(). Without an old map it is skep_map_update().
 *
 * Return: 0; 1 @map has it, the old one has not taken it; -EINVAL the old one has other sizes, nothing was done; as
 *         skep_map_update().
 * Source: bpf(2) BPF_MAP_UPDATE_ELEM.
 */
int skep_map_mirror_update(struct skep_map *map, const void *key, const void *value,
			   uint64_t flags);

/**
 * skep_map_mirror_delete() - remove an element, from the map that had the name before, too
 * @key: of both
 *
 * Return: 0; 1 the old one still has it; -ENOENT @map had no such key, the old one no longer; as
 *         skep_map_mirror_update().
 * Source: bpf(2) BPF_MAP_DELETE_ELEM.
 */
int skep_map_mirror_delete(struct skep_map *map, const void *key);

/**
 * skep_map_reopen() - the map that has its name now
 * @map:     a map with a name
 * @ret_map: owned by the caller, skep_map_close()
 *
 * Return: 0 it still is this one, one more reference; 1 another one; -ENOENT the name is free, or @map has none; as
 *         skep_map_open_pinned().
 * Source: bpf(2) BPF_OBJ_GET.
 */
int skep_map_reopen(struct skep_map *map, struct skep_map **ret_map, struct skep_error *err);

/**
 * skep_map_pin() - give a map a name
 * @bpffs: where, borrowed until the handle is released
 * @path:  relative to its root; missing directories are made
 *
 * Return: 0; -EEXIST the name is taken; else a negative errno.
 * Source: bpf(2) BPF_OBJ_PIN.
 */
int skep_map_pin(struct skep_map *map, const struct skep_bpffs *bpffs, const char *path,
		 struct skep_error *err);

/**
 * skep_map_unpin() - take its name from a map
 *
 * Only if what is pinned there is this map.
 *
 * Return: 1; 0 it has no name, or no longer; -ESTALE another map has it; else a negative errno.
 * Source: unlink(2).
 */
int skep_map_unpin(struct skep_map *map, struct skep_error *err);

/** skep_map_path() - Return: where it is pinned, relative to its bpffs; "" nowhere; borrowed like the handle. */
const char *skep_map_path(const struct skep_map *map);

SKEP_END
#endif
