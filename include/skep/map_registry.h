/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef SKEP_MAP_REGISTRY_H
#define SKEP_MAP_REGISTRY_H
/*
 * The maps that a program has open, by name and path.
 *
 * A registry holds no references: a map is in it until it is removed or its last reference goes. Several handles may be
 * there under one path (of a map that was replaced, say): found is the one that came last, and each leaves by itself.
 *
 * Threads: everything here may be used by several threads at once, and maps may go meanwhile. No lock is held while
 * functions of the caller run.
 */
#include <skep/map_model.h>

SKEP_BEGIN

struct skep_bpffs;
struct skep_error;
struct skep_map;
struct skep_map_registry;

/**
 * skep_map_registry_new() - a registry
 * @bpffs:        where its maps are pinned, borrowed until skep_map_registry_free(); NULL: nowhere
 * @ret_registry: owned by the caller, skep_map_registry_free()
 *
 * Return: 0; -ENOMEM.
 * Source: the registry.
 */
int skep_map_registry_new(const struct skep_bpffs *bpffs, struct skep_map_registry **ret_registry,
			  struct skep_error *err);

/** skep_map_registry_free() - release a registry, or NULL; its maps stay. Return: NULL. */
struct skep_map_registry *skep_map_registry_free(struct skep_map_registry *registry);

/**
 * skep_map_registry_add() - put a map in
 * @map:  not in any registry
 * @path: relative to the root of the bpffs, or absolute; a name alone: ROOT/tc/globals/NAME, whether it is pinned there or
 *        not; NULL: where it is pinned, else its name in the kernel
 *
 * Return: 0; -EBUSY it is in a registry; -EINVAL it has no name; -ENOMEM; as skep_bpffs_map_path().
 * Source: the registry.
 */
int skep_map_registry_add(struct skep_map_registry *registry, struct skep_map *map,
			  const char *path, struct skep_error *err);

/**
 * skep_map_registry_remove() - take a map out
 * @map: this one, whatever else has its path
 *
 * Return: 1; 0 it is not in this registry.
 * Source: the registry.
 */
int skep_map_registry_remove(struct skep_map_registry *registry, struct skep_map *map);

/**
 * skep_map_registry_find() - a map by name or path
 * @path: as for skep_map_registry_add()
 *
 * Return: a new reference, owned by the caller, skep_map_close(); NULL: there is none.
 * Source: the registry.
 */
struct skep_map *skep_map_registry_find(struct skep_map_registry *registry, const char *path);

/**
 * typedef skep_map_registry_fn - called for a map
 * @map:  borrowed for the call; skep_map_ref() keeps it
 * @path: absolute if there is a bpffs; borrowed for the call
 *
 * Return: 0 to go on; anything else ends the list and is returned by it.
 */
typedef int (*skep_map_registry_fn)(struct skep_map *map, const char *path, void *userdata);

/**
 * skep_map_registry_list() - visit the maps that are there now
 * @fn, @userdata: for each, sorted by path; it may add, remove and release maps
 *
 * Return: 0; what @fn returned; -ENOMEM.
 * Source: the registry.
 */
int skep_map_registry_list(struct skep_map_registry *registry, skep_map_registry_fn fn,
			   void *userdata, struct skep_error *err);

/**
 * typedef skep_map_registry_model_fn - called for a map, before its model is written
 * @map:       borrowed for the call
 * @opts:      how: formats may be set, which are used until this model is written
 * @ret_cache: of the map, a reference: it is released; untouched: it has none
 *
 * Return: 0; 1 leave this map out; a negative errno ends the list and is returned by it.
 */
typedef int (*skep_map_registry_model_fn)(struct skep_map *map, struct skep_map_model_opts *opts,
					  struct skep_map_cache **ret_cache, void *userdata);

/**
 * skep_map_registry_models() - write the models of the maps that are there now into a document
 * @flags:         SKEP_MAP_MODEL_*
 * @fn, @userdata: for each; NULL: none has a cache or formats
 * @j:             a document
 * @key:           name of the array, or NULL
 *
 * Sorted by path. An array that ends before all were written is closed all the same.
 *
 * Return: 0; what @fn returned; as skep_map_model_write(), skep_map_registry_list().
 * Source: skep_map_model_write().
 */
int skep_map_registry_models(struct skep_map_registry *registry, uint64_t flags,
			     skep_map_registry_model_fn fn, void *userdata, struct skep_json *j,
			     const char *key, struct skep_error *err);

SKEP_DEFINE_CLEANUP(struct skep_map_registry, skep_map_registry_free)
SKEP_END
#endif
