/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef SKEP_MAP_OBJECT_H
#define SKEP_MAP_OBJECT_H
/*
 * Maps whose values are objects of the kernel: maps in maps, programs, sockets, cgroups, perf events.
 *
 * They are written as fds; the map then holds the object, so the fd may be closed. What is read of maps and programs is
 * an id, which these functions open.
 */
#include <skep/base.h>

SKEP_BEGIN

struct skep_error;
struct skep_map;

/**
 * skep_map_update_fd() - let an element stand for the object of an fd
 * @key:   key-size bytes
 * @fd:    of a map, program, socket, cgroup, perf event: what the type of the map takes; borrowed for the call
 * @flags: SKEP_UPDATE_FLAG_*
 *
 * Return: 0; -EOPNOTSUPP values of this type are no fds; -EBADF, -EINVAL it is not the fd of such an object; -E2BIG no
 *         such place; else a negative errno.
 * Source: bpf(2) BPF_MAP_UPDATE_ELEM.
 */
int skep_map_update_fd(struct skep_map *map, const void *key, int fd, uint64_t flags,
		       struct skep_error *err);

/**
 * skep_map_update_map() - put a map into a map of maps
 * @key:   key-size bytes
 * @inner: has to be like the template that the outer map was made with
 * @flags: SKEP_UPDATE_FLAG_*
 *
 * It returns when no program uses the map any more that was in this place before.
 *
 * Return: 0; -EOPNOTSUPP @map is no map of maps; -EINVAL @inner is not like the template; else a negative errno.
 * Source: bpf(2) BPF_MAP_UPDATE_ELEM; kernel/bpf/map_in_map.c, bpf_map_meta_equal().
 */
int skep_map_update_map(struct skep_map *map, const void *key, const struct skep_map *inner,
			uint64_t flags, struct skep_error *err);

/**
 * skep_map_open_inner() - the map that is in a place of a map of maps
 * @key:     key-size bytes
 * @ret_map: owned by the caller, skep_map_close()
 *
 * Return: 0; -ENOENT there is none; -EOPNOTSUPP @map is no map of maps; -EPERM needs CAP_SYS_ADMIN; else a negative
 *         errno.
 * Source: bpf(2) BPF_MAP_LOOKUP_ELEM, BPF_MAP_GET_FD_BY_ID.
 */
int skep_map_open_inner(const struct skep_map *map, const void *key, struct skep_map **ret_map,
			struct skep_error *err);

/**
 * typedef skep_map_inner_fn - called for a map in a map
 * @key:   of the outer map, borrowed for the call
 * @inner: a handle, borrowed for the call; skep_map_ref() keeps it
 *
 * Return: 0 to go on; anything else ends the walk and is returned by it.
 */
typedef int (*skep_map_inner_fn)(const void *key, struct skep_map *inner, void *userdata);

/**
 * skep_map_dump_inner() - visit the maps in a map of maps
 * @fn, @userdata: for each
 *
 * One that is replaced during the walk is visited as what it was or as what it is.
 *
 * Return: 0; what @fn returned; -EOPNOTSUPP @map is no map of maps; -EPERM needs CAP_SYS_ADMIN; as skep_map_dump().
 * Source: skep_map_dump(); bpf(2) BPF_MAP_GET_FD_BY_ID.
 */
int skep_map_dump_inner(struct skep_map *map, skep_map_inner_fn fn, void *userdata,
			struct skep_error *err);

/**
 * skep_map_update_prog() - put a program into an array of programs
 * @index:   of the place
 * @prog_fd: borrowed for the call
 *
 * Return: 0; -EOPNOTSUPP @map is no array of programs; -EINVAL it is no program, or one that is not like those that are
 *         there; -E2BIG no such place; else a negative errno.
 * Source: bpf(2) BPF_MAP_UPDATE_ELEM; kernel/bpf/core.c, bpf_prog_map_compatible().
 */
int skep_map_update_prog(struct skep_map *map, uint32_t index, int prog_fd, struct skep_error *err);

/**
 * skep_map_open_prog() - the program in a place of an array of programs
 * @index: of the place
 *
 * Return: an fd, owned by the caller; -ENOENT there is none; -EOPNOTSUPP @map is no array of programs; -EPERM needs
 *         CAP_SYS_ADMIN; else a negative errno.
 * Source: bpf(2) BPF_MAP_LOOKUP_ELEM, BPF_PROG_GET_FD_BY_ID.
 */
int skep_map_open_prog(const struct skep_map *map, uint32_t index, struct skep_error *err);

SKEP_END
#endif
