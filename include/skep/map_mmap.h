/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef SKEP_MAP_MMAP_H
#define SKEP_MAP_MMAP_H
/*
 * Maps in memory: arrays made with SKEP_MAP_FLAG_MMAPABLE, the global variables of programs, which are such arrays with
 * one element, and arenas. What is read and written there is what programs see, without a system call.
 *
 * Who may write: a map that is frozen, or that is made read-only for programs (.rodata), can be mapped for reading alone. A
 * map that is mapped for writing by anybody cannot be frozen: fill it, close the mapping, freeze it.
 *
 * Threads: a mapping does not change between open and close. Words of 8 bytes and less are read and written whole where
 * the compiler does so: use atomic loads and stores for what others change.
 */
#include <skep/base.h>

SKEP_BEGIN

struct skep_error;
struct skep_map;
struct skep_map_mapping; /* a map in memory */

#define SKEP_MAP_MAPPING_WRITE (1u << 0) /* for writing, too */

/**
 * skep_map_mapping_open() - map all of a map
 * @flags:       SKEP_MAP_MAPPING_WRITE; 0
 * @ret_mapping: owned by the caller, skep_map_mapping_close(); holds a reference to @map
 *
 * An arena is in the same place in all processes: that which it was made for (map_extra), or where the first one mapped it.
 *
 * Return: 0; -EOPNOTSUPP not this type, or it was made without SKEP_MAP_FLAG_MMAPABLE; -EPERM, -EACCES for writing, and it
 *         is frozen, read-only, or the fd is; -EBUSY an arena that is mapped elsewhere; -EEXIST there is something else in its
 *         place; -EINVAL @flags; else a negative errno of mmap(2).
 * Source: kernel/bpf/syscall.c, bpf_map_mmap(); kernel/bpf/arena.c, arena_map_mmap().
 */
int skep_map_mapping_open(struct skep_map *map, uint64_t flags,
			  struct skep_map_mapping **ret_mapping, struct skep_error *err);

/** skep_map_mapping_close() - unmap, or NULL. Return: NULL. */
struct skep_map_mapping *skep_map_mapping_close(struct skep_map_mapping *mapping);

/** skep_map_mapping_address() - Return: its first byte, on a page of its own; borrowed until skep_map_mapping_close(). */
void *skep_map_mapping_address(const struct skep_map_mapping *mapping);

/** skep_map_mapping_bytes() - Return: of all elements, or of all pages of an arena. */
size_t skep_map_mapping_bytes(const struct skep_map_mapping *mapping);

/** skep_map_mapping_stride() - Return: bytes from an element to the next: the size of a value rounded up to 8; arena: 0. */
size_t skep_map_mapping_stride(const struct skep_map_mapping *mapping);

/**
 * skep_map_mapping_at() - an element
 * @index: below max_entries
 *
 * Return: the value, borrowed until skep_map_mapping_close(); NULL: there is none, or it is an arena.
 * Source: kernel/bpf/arraymap.c, array_map_alloc().
 */
void *skep_map_mapping_at(const struct skep_map_mapping *mapping, uint32_t index);

/**
 * skep_map_mapping_sized_at() - an element of a given size
 * @index: below max_entries
 * @bytes: of a value
 *
 * Return: as skep_map_mapping_at(); NULL: values have another size.
 * Source: skep_map_mapping_at().
 */
void *skep_map_mapping_sized_at(const struct skep_map_mapping *mapping, uint32_t index,
				size_t bytes);

/* The same with its type: SKEP_MAP_MAPPING_AT(mapping, struct counter, 3)->packets++ */
#define SKEP_MAP_MAPPING_AT(mapping, type, index) \
	((type *)skep_map_mapping_sized_at(mapping, index, sizeof(type)))

/* A global variable of programs. */
struct skep_map_variable {
	void *address;    /* borrowed until skep_map_mapping_close() */
	uint64_t bytes;   /* its size */
	uint64_t type_id; /* in the BTF of the map */
};

/**
 * skep_map_mapping_find() - a global variable by its name
 * @name:         in the source of the programs
 * @ret_variable: where it is
 *
 * Return: 1; 0 there is no such variable; -ENODATA the map has no BTF that tells its variables; -EPERM needs
 *         CAP_SYS_ADMIN; else a negative errno.
 * Source: BTF_KIND_DATASEC in Documentation/bpf/btf.rst of the kernel; skep_btf_open_map().
 */
int skep_map_mapping_find(const struct skep_map_mapping *mapping, const char *name,
			  struct skep_map_variable *ret_variable, struct skep_error *err);

/**
 * skep_map_freeze() - no more changes from user space, for ever
 *
 * Return: 0; -EBUSY, -EPERM it is mapped for writing, or frozen already; as skep_sys_map_freeze().
 * Source: bpf(2) BPF_MAP_FREEZE.
 */
int skep_map_freeze(struct skep_map *map, struct skep_error *err);

SKEP_DEFINE_CLEANUP(struct skep_map_mapping, skep_map_mapping_close)
SKEP_END
#endif
