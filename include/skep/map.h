/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef SKEP_MAP_H
#define SKEP_MAP_H
/*
 * Maps: one handle on one kernel map.
 *
 * A handle owns an fd and remembers the type and sizes that the kernel reported; keys and values are caller memory of
 * exactly those sizes. The value of a per-CPU map is skep_map_value_stride() for each possible CPU, one after the other:
 * skep_map_value_bytes() in all. Releasing the last reference does not delete the map while a pin, a program or another fd
 * holds it.
 *
 * Threads: element operations, getters and references may be used by several threads at once; the rules of the
 * kernel hold between operations. The fd of a handle keeps its number until the last reference goes.
 */
#include <skep/base.h>
#include <skep/kabi_info.h>
#include <skep/map_spec.h>

SKEP_BEGIN

struct skep_bpffs;
struct skep_error;
struct skep_map;

/**
 * skep_map_create() - make a map
 * @spec:    what it shall be
 * @ret_map: owned by the caller, skep_map_close()
 *
 * It has no pin: it lives as long as somebody holds it.
 *
 * Return: 0; -EINVAL, -E2BIG @spec; else as skep_sys_map_create().
 * Source: bpf(2) BPF_MAP_CREATE.
 */
int skep_map_create(const struct skep_map_spec *spec, struct skep_map **ret_map,
		    struct skep_error *err);

/**
 * skep_map_open_pinned() - open the map pinned at a path
 * @bpffs:   where, borrowed until the handle is released; NULL: @path is one of the file system
 * @path:    relative to the root of @bpffs
 * @flags:   SKEP_MAP_FLAG_RDONLY, SKEP_MAP_FLAG_WRONLY; 0
 * @ret_map: owned by the caller, skep_map_close()
 *
 * Return: 0; -ENOENT no such pin; -EINVAL it is no map; else a negative errno.
 * Source: bpf(2) BPF_OBJ_GET, BPF_OBJ_GET_INFO_BY_FD.
 */
int skep_map_open_pinned(const struct skep_bpffs *bpffs, const char *path, uint32_t flags,
			 struct skep_map **ret_map, struct skep_error *err);

/**
 * skep_map_open_id() - open a map by its id
 * @id:      of the map
 * @flags:   SKEP_MAP_FLAG_RDONLY, SKEP_MAP_FLAG_WRONLY; 0
 * @ret_map: owned by the caller, skep_map_close()
 *
 * Return: 0; -ENOENT no such map; -EPERM needs CAP_SYS_ADMIN; else a negative errno.
 * Source: bpf(2) BPF_MAP_GET_FD_BY_ID.
 */
int skep_map_open_id(uint32_t id, uint32_t flags, struct skep_map **ret_map,
		     struct skep_error *err);

/**
 * skep_map_open_fd() - a handle on the map of an fd
 * @fd:      borrowed: the handle has a duplicate
 * @ret_map: owned by the caller, skep_map_close()
 *
 * Return: 0; -EINVAL it is no map; -EBADF; else a negative errno.
 * Source: fcntl(2) F_DUPFD_CLOEXEC.
 */
int skep_map_open_fd(int fd, struct skep_map **ret_map, struct skep_error *err);

/**
 * skep_map_open_process() - a handle on a map that another process holds
 * @pid:     of the process, in the pid namespace of the caller
 * @fd:      the process's number
 * @ret_map: owned by the caller, skep_map_close()
 *
 * Return: 0; -ESRCH no such process; -EBADF it has no such fd; -EINVAL it is no map; -EPERM needs to be allowed to
 *         trace the process (CAP_SYS_PTRACE); else a negative errno.
 * Source: pidfd_open(2), pidfd_getfd(2), 5.6.
 */
int skep_map_open_process(int pid, int fd, struct skep_map **ret_map, struct skep_error *err);

/** skep_map_ref() - one more reference. Return: @map. */
struct skep_map *skep_map_ref(struct skep_map *map);

/** skep_map_close() - one reference less, or NULL; with the last one the fd is closed. Return: NULL. */
struct skep_map *skep_map_close(struct skep_map *map);

/** skep_map_fd() - Return: the fd, borrowed until the last skep_map_close(). */
int skep_map_fd(const struct skep_map *map);

/** skep_map_id() - Return: the kernel's number of the map; 0: before 4.13. */
uint32_t skep_map_id(const struct skep_map *map);

/** skep_map_name() - Return: the name in the kernel, "" if it has none; borrowed until the last skep_map_close(). */
const char *skep_map_name(const struct skep_map *map);

/** skep_map_type() - Return: SKEP_MAP_TYPE_*. */
uint32_t skep_map_type(const struct skep_map *map);

/** skep_map_flags() - Return: SKEP_MAP_FLAG_*, as the kernel keeps them. */
uint32_t skep_map_flags(const struct skep_map *map);

/** skep_map_key_size() - Return: bytes of a key; 0: there are no keys. */
size_t skep_map_key_size(const struct skep_map *map);

/** skep_map_value_size() - Return: bytes of a value, on one CPU. */
size_t skep_map_value_size(const struct skep_map *map);

/** skep_map_value_stride() - Return: bytes from the value of one CPU to that of the next: the size rounded up to 8. */
size_t skep_map_value_stride(const struct skep_map *map);

/** skep_map_value_bytes() - Return: bytes that a lookup writes and an update reads: of a per-CPU map those of all CPUs. */
size_t skep_map_value_bytes(const struct skep_map *map);

/** skep_map_max_entries() - Return: as the kernel has it. */
uint32_t skep_map_max_entries(const struct skep_map *map);

/**
 * skep_map_lookup() - copy one value
 * @key:       key-size bytes; NULL for types without keys: the next element of a queue or stack stays where it is
 * @ret_value: skep_map_value_bytes()
 * @flags:     SKEP_UPDATE_FLAG_LOCK; 0
 *
 * Return: 0; -ENOENT no such key; else a negative errno. Hot path: skep_map_fail() has the words.
 * Source: bpf(2) BPF_MAP_LOOKUP_ELEM.
 */
int skep_map_lookup(const struct skep_map *map, const void *key, void *ret_value, uint64_t flags);

/**
 * skep_map_update() - set one value
 * @key:   key-size bytes; NULL for types without keys: put into a queue, a stack, a bloom filter
 * @value: skep_map_value_bytes(); of a map of maps: the fd of the inner map
 * @flags: SKEP_UPDATE_FLAG_*
 *
 * Return: 0; -EEXIST with NOEXIST, it is there; -ENOENT with EXIST, it is not; -E2BIG, -ENOSPC, -ENOMEM: see
 *         skep_map_fail(); else a negative errno.
 * Source: bpf(2) BPF_MAP_UPDATE_ELEM.
 */
int skep_map_update(const struct skep_map *map, const void *key, const void *value, uint64_t flags);

/**
 * skep_map_delete() - remove one element
 * @key: key-size bytes
 *
 * Return: 0; -ENOENT no such key; -EINVAL elements of this type cannot be removed; else a negative errno.
 * Source: bpf(2) BPF_MAP_DELETE_ELEM.
 */
int skep_map_delete(const struct skep_map *map, const void *key);

/**
 * skep_map_delete_if_exists() - remove one element, if it is there
 * @key: key-size bytes
 *
 * Return: 1 removed; 0 it was not there; else a negative errno.
 * Source: bpf(2) BPF_MAP_DELETE_ELEM.
 */
int skep_map_delete_if_exists(const struct skep_map *map, const void *key);

/**
 * skep_map_take() - remove one element and copy its value
 * @key:       key-size bytes; NULL for queue and stack: the next element
 * @ret_value: skep_map_value_bytes()
 *
 * Return: 0; -ENOENT no such key, or empty; -EOPNOTSUPP not this type, on this kernel (hashes: 5.14); else a negative
 *         errno.
 * Source: bpf(2) BPF_MAP_LOOKUP_AND_DELETE_ELEM.
 */
int skep_map_take(const struct skep_map *map, const void *key, void *ret_value);

/**
 * skep_map_next_key() - the key that follows another one
 * @key:          NULL: the first; one that is not in the map is followed by the first, too
 * @ret_next_key: key-size bytes; may be @key
 *
 * Return: 0; -ENOENT there is none: the end; -EOPNOTSUPP or -EINVAL not this type; else a negative errno.
 * Source: bpf(2) BPF_MAP_GET_NEXT_KEY.
 */
int skep_map_next_key(const struct skep_map *map, const void *key, void *ret_next_key);

/**
 * skep_map_fail() - say in words why an element operation failed
 * @map:  on which
 * @what: what was attempted: "update"
 * @code: what it returned
 *
 * Return: @code.
 * Source: bpf(2); skep_sys_map_fail().
 */
int skep_map_fail(struct skep_error *err, const struct skep_map *map, const char *what, int code);

/*
 * The same for variables, with their sizes checked: -EINVAL where they are not those of the map.
 *
 *	struct flow_key key;
 *	struct flow value;
 *	r = SKEP_MAP_LOOKUP(map, &key, &value);
 */
#define SKEP_MAP_LOOKUP(map, key, ret_value) \
	skep_map_lookup_sized(map, key, sizeof(*(key)), ret_value, sizeof(*(ret_value)))
#define SKEP_MAP_UPDATE(map, key, value, flags) \
	skep_map_update_sized(map, key, sizeof(*(key)), value, sizeof(*(value)), flags)
#define SKEP_MAP_DELETE(map, key) skep_map_delete_sized(map, key, sizeof(*(key)))

/**
 * skep_map_lookup_sized() - skep_map_lookup() for buffers of given sizes
 * @key:         see there
 * @key_bytes:   of @key
 * @ret_value:   see there
 * @value_bytes: of @ret_value
 *
 * Return: -EINVAL a size is not the map's; else as skep_map_lookup().
 * Source: bpf(2) BPF_MAP_LOOKUP_ELEM.
 */
int skep_map_lookup_sized(const struct skep_map *map, const void *key, size_t key_bytes,
			  void *ret_value, size_t value_bytes);

/**
 * skep_map_update_sized() - skep_map_update() for buffers of given sizes
 * @key:         see there
 * @key_bytes:   of @key
 * @value:       see there
 * @value_bytes: of @value
 * @flags:       see there
 *
 * Return: -EINVAL a size is not the map's; else as skep_map_update().
 * Source: bpf(2) BPF_MAP_UPDATE_ELEM.
 */
int skep_map_update_sized(const struct skep_map *map, const void *key, size_t key_bytes,
			  const void *value, size_t value_bytes, uint64_t flags);

/**
 * skep_map_delete_sized() - skep_map_delete() for a buffer of a given size
 * @key:       see there
 * @key_bytes: of @key
 *
 * Return: -EINVAL the size is not the map's; else as skep_map_delete().
 * Source: bpf(2) BPF_MAP_DELETE_ELEM.
 */
int skep_map_delete_sized(const struct skep_map *map, const void *key, size_t key_bytes);

SKEP_DEFINE_CLEANUP(struct skep_map, skep_map_close) /* skep_map_closep() */
SKEP_END
#endif
