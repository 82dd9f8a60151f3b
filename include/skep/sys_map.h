/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef SKEP_SYS_MAP_H
#define SKEP_SYS_MAP_H
/*
 * bpf(2) on maps: create, elements, batches, freeze.
 *
 * Buffers are the caller's, of exactly the sizes of the map: key_size bytes for a key; value_size bytes for a value.
 * The value of a per-CPU map, seen from user space, is value_size rounded up to 8, times the number of possible
 * CPUs. Nothing here knows a map's sizes: a buffer that is too small is overrun by the kernel.
 */
#include <skep/base.h>
#include <skep/kabi_attr.h>

SKEP_BEGIN

struct skep_error;

/**
 * skep_sys_map_create() - make a map
 * @attr:       map_type, key_size, value_size, max_entries and whatever else the type needs
 * @attr_bytes: sizeof(*@attr)
 *
 * Return: an fd, owned by the caller; -EINVAL the type, a size or a flag is not valid, or this kernel does not know
 *         it; -E2BIG larger than the kernel makes maps, or a member is set that it does not know; -EPERM a capability is
 *         missing, or before 5.11 RLIMIT_MEMLOCK is too low; else a negative errno.
 * Source: bpf(2) BPF_MAP_CREATE.
 */
int skep_sys_map_create(const struct skep_attr_map_create *attr, size_t attr_bytes,
			struct skep_error *err);

/**
 * skep_sys_map_lookup() - copy the value of a key
 * @fd:        the map
 * @key:       key-size bytes
 * @ret_value: value-size bytes, see above
 * @flags:     SKEP_UPDATE_FLAG_LOCK, SKEP_UPDATE_FLAG_CPU with the CPU in the upper 32 bits; 0
 *
 * Return: 0; -ENOENT no such key; else a negative errno.
 * Source: bpf(2) BPF_MAP_LOOKUP_ELEM.
 */
int skep_sys_map_lookup(int fd, const void *key, void *ret_value, uint64_t flags);

/**
 * skep_sys_map_update() - set the value of a key
 * @fd:    the map
 * @key:   key-size bytes; NULL for types without keys
 * @value: value-size bytes, see above
 * @flags: SKEP_UPDATE_FLAG_*
 *
 * Return: 0; -EEXIST with NOEXIST, the key is there; -ENOENT with EXIST, it is not; -E2BIG, -ENOSPC or -ENOMEM: see
 *         skep_sys_map_is_full(); -EBUSY the bucket is in use by this CPU; else a negative errno.
 * Source: bpf(2) BPF_MAP_UPDATE_ELEM.
 */
int skep_sys_map_update(int fd, const void *key, const void *value, uint64_t flags);

/**
 * skep_sys_map_delete() - remove a key
 * @fd:  the map
 * @key: key-size bytes
 *
 * Return: 0; -ENOENT no such key; -EINVAL the elements of this type (array) cannot be deleted; else a negative errno.
 * Source: bpf(2) BPF_MAP_DELETE_ELEM.
 */
int skep_sys_map_delete(int fd, const void *key);

/**
 * skep_sys_map_next_key() - the key that follows another one
 * @fd:           the map
 * @key:          NULL: the first; a key that is not in the map is followed by the first, too
 * @ret_next_key: may be @key
 *
 * Return: 0; -ENOENT there is none: the end; else a negative errno.
 * Source: bpf(2) BPF_MAP_GET_NEXT_KEY.
 */
int skep_sys_map_next_key(int fd, const void *key, void *ret_next_key);

/**
 * skep_sys_map_first_key() - the first key, on any kernel
 * @fd:           the map
 * @key_size:     bytes of a key
 * @ret_next_key: key-size bytes
 *
 * Kernels before 4.12 take no NULL for "the first" (EFAULT): there, the key after one that is not in the map is asked
 * for: all bytes 0, 0xff, 0x55, then random.
 *
 * Return: 0; -ENOENT the map is empty; -EFAULT an old kernel, and all four keys are in the map; else a negative
 *         errno.
 * Context: one system call, up to nine on an old kernel.
 * Source: bpf(2) BPF_MAP_GET_NEXT_KEY; kernel commit 8fe45924387b.
 */
int skep_sys_map_first_key(int fd, size_t key_size, void *ret_next_key);

/**
 * skep_sys_map_lookup_and_delete() - take an element out
 * @fd:        the map
 * @key:       key-size bytes; NULL for queue and stack: the next one
 * @ret_value: value-size bytes, see above
 * @flags:     SKEP_UPDATE_FLAG_LOCK; 0
 *
 * Return: 0; -ENOENT no such key, or empty; -EOPNOTSUPP this type, on this kernel, does not offer it; else a negative
 *         errno.
 * Source: bpf(2) BPF_MAP_LOOKUP_AND_DELETE_ELEM; 4.20 for queue and stack, 5.14 for hashes.
 */
int skep_sys_map_lookup_and_delete(int fd, const void *key, void *ret_value, uint64_t flags);

/**
 * skep_sys_map_element_attr() - an element operation with a prepared attribute, for hot loops
 * @command: SKEP_COMMAND_MAP_LOOKUP_ELEM, _UPDATE_ELEM, _DELETE_ELEM, _GET_NEXT_KEY or _LOOKUP_AND_DELETE_ELEM
 * @attr:    built once by the caller; the kernel does not write to it
 *
 * Return: as the function of that command.
 * Source: bpf(2).
 */
int skep_sys_map_element_attr(uint32_t command, const struct skep_attr_map_element *attr);

/**
 * skep_sys_map_batch_attr() - a batch command with a prepared attribute
 * @command: SKEP_COMMAND_MAP_LOOKUP_BATCH, _LOOKUP_AND_DELETE_BATCH, _UPDATE_BATCH or _DELETE_BATCH
 * @attr:    in/out: count is what was done, also when an error is returned. Cursors take the larger of 4 bytes and
 *           key_size; in_batch and out_batch may be the same memory
 *
 * Return: 0; -ENOENT lookups: the end, and count elements have been delivered with it; delete: no such key; -ENOSPC a
 *         bucket has more elements than there is room: repeat with more room from the same cursor, nothing is lost;
 *         -EOPNOTSUPP this type has no batches, -EINVAL this kernel has none (5.6); else a negative errno.
 * Source: bpf(2) BPF_MAP_LOOKUP_BATCH; kernel/bpf/syscall.c, generic_map_lookup_batch(); kernel/bpf/hashtab.c.
 */
int skep_sys_map_batch_attr(uint32_t command, struct skep_attr_map_batch *attr);

/**
 * skep_sys_map_update_batch() - set many elements
 * @fd:         the map
 * @keys:       @count keys, one after the other
 * @values:     as many values
 * @count:      in/out: how many there are; how many have been set
 * @elem_flags: SKEP_UPDATE_FLAG_* for each
 *
 * Return: 0; an error of the first element that failed, the @count before it are done; as skep_sys_map_batch_attr().
 * Source: bpf(2) BPF_MAP_UPDATE_BATCH.
 */
int skep_sys_map_update_batch(int fd, const void *keys, const void *values, uint32_t *count,
			      uint64_t elem_flags);

/**
 * skep_sys_map_delete_batch() - remove many keys
 * @fd:         the map
 * @keys:       @count keys, one after the other
 * @count:      in/out: how many there are; how many have been removed
 * @elem_flags: 0, or SKEP_UPDATE_FLAG_LOCK
 *
 * Return: 0; -ENOENT the key after the first @count is not there; as skep_sys_map_batch_attr().
 * Source: bpf(2) BPF_MAP_DELETE_BATCH.
 */
int skep_sys_map_delete_batch(int fd, const void *keys, uint32_t *count, uint64_t elem_flags);

/**
 * skep_sys_map_freeze() - no more changes from user space, for ever
 * @fd: the map, open for writing
 *
 * Return: 0; -EBUSY or, from 6.6 on, -EPERM: somebody has it mapped for writing, it is frozen already, or @fd is for
 *         reading only, which of these is in @err; -EOPNOTSUPP not this type; else a negative errno.
 * Source: bpf(2) BPF_MAP_FREEZE, 5.2.
 */
int skep_sys_map_freeze(int fd, struct skep_error *err);

/**
 * skep_sys_map_is_full() - does an error of an update say that the map has no room?
 * @map_type: SKEP_MAP_TYPE_*
 * @code:     what the update returned
 *
 * -E2BIG of hashes and queues; -ENOSPC of LPM tries; -ENOMEM and -E2BIG of hashes that are not preallocated. -E2BIG
 * of an array is a key out of range, which is for this purpose the same.
 *
 * Return: 1 or 0.
 * Source: kernel/bpf/{hashtab,lpm_trie,arraymap,queue_stack_maps}.c.
 */
int skep_sys_map_is_full(uint32_t map_type, int code);

/**
 * skep_sys_map_fail() - say in words why an element operation failed
 * @fd:   the map
 * @what: what was attempted: "update", "delete"
 * @code: what it returned
 *
 * Asks the kernel for the name and the size of the map: "update map 'flows': the map is full (max_entries 1024)".
 *
 * Return: @code.
 * Context: one more system call; for the path of an error, not for a loop.
 * Source: bpf(2) BPF_OBJ_GET_INFO_BY_FD.
 */
int skep_sys_map_fail(struct skep_error *err, int fd, const char *what, int code);

struct skep_sys_batch; /* a walk over all elements of a map, by batches */

#define SKEP_SYS_BATCH_DELETE (1u << 0) /* take the elements out */

struct skep_sys_batch_opts {
	size_t sz;      /* sizeof(struct skep_sys_batch_opts) */
	uint64_t flags; /* SKEP_SYS_BATCH_* */
	uint64_t
		chunk_count; /* elements for each system call, to begin with; 0: 4,096, less for large elements */
	uint64_t elem_flags; /* SKEP_UPDATE_FLAG_LOCK; 0 */
};

/**
 * skep_sys_batch_open() - begin a walk over all elements of a map
 * @fd:        borrowed until skep_sys_batch_close()
 * @opts:      NULL for defaults
 * @ret_batch: owned by the caller, skep_sys_batch_close()
 *
 * An element of a hash that is there for the whole walk is delivered once: the kernel copies a bucket at a time under
 * its lock. With SKEP_SYS_BATCH_DELETE each element is delivered by the call that removed it.
 *
 * Return: 0; -EINVAL not a map; -EOPNOTSUPP a map without keys, or without values to read; -ENOMEM; -E2BIG newer
 *         @opts; else a negative errno.
 * Source: bpf(2) BPF_MAP_LOOKUP_BATCH, BPF_MAP_LOOKUP_AND_DELETE_BATCH.
 */
int skep_sys_batch_open(int fd, const struct skep_sys_batch_opts *opts,
			struct skep_sys_batch **ret_batch, struct skep_error *err);

/**
 * skep_sys_batch_next() - the next elements
 * @ret_keys:   keys one after the other, key_size apart; borrowed until the next call
 * @ret_values: values likewise, skep_sys_batch_value_stride() apart
 *
 * Where a bucket has more elements than there is room, room is made and the call repeated; nothing is skipped.
 *
 * Return: how many, > 0; 0 the end, and the next call begins again; -EOPNOTSUPP this type, or this kernel (before
 *         5.6), has no batches; -ENOMEM; else a negative errno. After an error the walk may be taken up again.
 * Context: one system call, more where room has to be made. One thread at a time.
 * Source: bpf(2) BPF_MAP_LOOKUP_BATCH.
 */
int skep_sys_batch_next(struct skep_sys_batch *batch, const void **ret_keys,
			const void **ret_values);

/** skep_sys_batch_value_stride() - Return: bytes from one value to the next. */
size_t skep_sys_batch_value_stride(const struct skep_sys_batch *batch);

/** skep_sys_batch_close() - end a walk, or NULL. Return: NULL. */
struct skep_sys_batch *skep_sys_batch_close(struct skep_sys_batch *batch);

SKEP_DEFINE_CLEANUP(struct skep_sys_batch, skep_sys_batch_close) /* skep_sys_batch_closep() */
SKEP_END
#endif
