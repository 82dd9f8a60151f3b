/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef SKEP_MAP_CONVERT_H
#define SKEP_MAP_CONVERT_H
/*
 * Elements of one layout made into elements of another, by the names of their fields: for maps that outlive the program
 * that made them.
 *
 * Fields may be renamed, reordered and added (with zeros); integers, enumerations and bit-fields may become wider, arrays
 * longer; structs in structs follow the same rules. Whatever would lose something is refused before anything is
 * converted, with the names of the field and of both types: a narrower field, a shorter array, another signedness or byte
 * order, a field that is not there any more (unless the caller gives it up), an enumerator with another number, a union
 * that is not the same. Locks and timers of the kernel begin anew.
 *
 * SKEP_MAP_MISMATCH_CONVERT of skep/map_pin.h does all this by itself when it is given struct skep_map_convert_opts.
 */
#include <skep/base.h>

SKEP_BEGIN

struct skep_btf;
struct skep_error;
struct skep_map;
struct skep_map_convert; /* what has to be done with each element */
struct skep_map_spec;

#define SKEP_MAP_CONVERT_DROP (1u << 0) /* fields of values that are no longer there are given up */

struct skep_map_convert_opts {
	size_t sz;      /* sizeof(struct skep_map_convert_opts) */
	uint64_t flags; /* SKEP_MAP_CONVERT_* */
	/*
	 * "value.bytes=octets, key.peer.addr=address, value.spare=": the path of an old field from the key or the value on,
	 * and its new name, in the same struct; without a name, it is given up. With commas or spaces between them. NULL: none
	 */
	const char *renames;
};

/* How elements of a map are laid out. */
struct skep_map_layout {
	size_t sz; /* sizeof(struct skep_map_layout) */
	const struct skep_btf *btf;
	uint64_t key_type; /* in @btf; 0: not known, the bytes are taken as they are */
	uint64_t value_type;
	uint64_t key_size; /* bytes */
	uint64_t value_size;
	uint64_t cpu_count; /* of a per-CPU map: the possible CPUs; else 0 */
};

/**
 * skep_map_convert_new() - what makes elements of one layout into elements of another
 * @from:        the old layout
 * @to:          the new one
 * @opts:        NULL for defaults
 * @ret_convert: owned by the caller, skep_map_convert_free(); needs neither layout any more
 *
 * Return: 0; -EMEDIUMTYPE it would lose something, @err names what; -EINVAL an argument, a rename of what is not there;
 *         -EFBIG, -ENOMEM; -E2BIG newer @opts.
 * Source: Documentation/bpf/btf.rst of the kernel.
 */
int skep_map_convert_new(const struct skep_map_layout *from, const struct skep_map_layout *to,
			 const struct skep_map_convert_opts *opts,
			 struct skep_map_convert **ret_convert, struct skep_error *err);

/**
 * skep_map_convert_new_map() - what makes elements of a map into those of a map to be made
 * @from:        a map, with the BTF that it was made with
 * @to:          the spec of another, with btf_fd, btf_key_type_id and btf_value_type_id
 * @opts:        NULL for defaults
 * @ret_convert: owned by the caller, skep_map_convert_free()
 *
 * Return: as skep_map_convert_new(); -EPERM needs CAP_SYS_ADMIN, for the BTF of @from.
 * Source: bpf(2) BPF_OBJ_GET_INFO_BY_FD.
 */
int skep_map_convert_new_map(const struct skep_map *from, const struct skep_map_spec *to,
			     const struct skep_map_convert_opts *opts,
			     struct skep_map_convert **ret_convert, struct skep_error *err);

/**
 * skep_map_convert_element() - convert an element; a skep_map_convert_fn
 * @old_key:   in the old layout
 * @old_value: in the old layout, for all CPUs
 * @key:       in the new layout, to be written; zero
 * @value:     in the new layout, for all CPUs, to be written; zero
 * @convert:   a struct skep_map_convert
 *
 * Return: 0.
 * Context: any thread, several at once.
 * Source: none; it is memory.
 */
int skep_map_convert_element(const void *old_key, const void *old_value, void *key, void *value,
			     void *convert);

/** skep_map_convert_is_plain() - Return: 1: both layouts are the same, bytes are copied; 0. */
int skep_map_convert_is_plain(const struct skep_map_convert *convert);

/** skep_map_convert_free() - release, or NULL. Return: NULL. */
struct skep_map_convert *skep_map_convert_free(struct skep_map_convert *convert);

SKEP_DEFINE_CLEANUP(struct skep_map_convert, skep_map_convert_free)
SKEP_END
#endif
