/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef OBJECT_MAP_DEF_H
#define OBJECT_MAP_DEF_H
/*
 * The definition of a map as libbpf has it: a variable in section .maps whose type is a struct. Numbers are the lengths of
 * arrays that members point to (__uint), types are what members point to (__type).
 */
#include <stdint.h>

#include <bpf/btf.h>

struct skep_error;

enum object_map_member {
	OBJECT_MAP_MEMBER_TYPE,
	OBJECT_MAP_MEMBER_KEY,
	OBJECT_MAP_MEMBER_KEY_SIZE,
	OBJECT_MAP_MEMBER_VALUE,
	OBJECT_MAP_MEMBER_VALUE_SIZE,
	OBJECT_MAP_MEMBER_MAX_ENTRIES,
	OBJECT_MAP_MEMBER_MAP_FLAGS,
	OBJECT_MAP_MEMBER_NUMA_NODE,
	OBJECT_MAP_MEMBER_PINNING,
	OBJECT_MAP_MEMBER_MAP_EXTRA,
	OBJECT_MAP_MEMBER_VALUES,
	OBJECT_MAP_MEMBERS,
};

struct object_map_def {
	uint32_t has; /* 1 << enum object_map_member */
	uint32_t type, key_size, value_size, max_entries, map_flags, numa_node, pinning, map_extra;
	uint32_t key_type, value_type; /* ids; 0: sizes alone */
	uint32_t values_type;          /* of the elements of values: a struct, or a function */
	uint32_t values_at;            /* byte of values in the definition */
};

static inline int object_map_def_has(const struct object_map_def *def, enum object_map_member m)
{
	return !!(def->has & 1u << m);
}

/*
 * object_map_def_parse() - read a definition
 * @type_id: of the struct, or of what leads to it
 * @name:    of the map, for messages
 *
 * Return: 0; -EINVAL.
 */
int object_map_def_parse(const struct btf *btf, uint32_t type_id, const char *name,
			 struct object_map_def *ret_def, struct skep_error *err);

/*
 * object_map_def_add() - write a definition
 *
 * The members lie at 8 bytes each, values last.
 *
 * Return: the id of the struct; its bytes in @ret_size; a negative errno.
 */
int object_map_def_add(struct btf *btf, const struct object_map_def *def, uint32_t *ret_size);

/*
 * object_map_def_change() - an existing definition with other numbers
 * @type_id: of the struct; parsed before
 * @drop:    1 << enum object_map_member: members that go
 * @set:     1 << enum object_map_member: numbers that come from @def, in the place of what was there, the size of a key
 *           or value in the place of its type
 *
 * The size is as before, and other members stay where they are: relocations for values hold.
 *
 * Return: the id of the new struct; a negative errno.
 */
int object_map_def_change(struct btf *btf, uint32_t type_id, const struct object_map_def *def,
			  uint32_t drop, uint32_t set);

#endif
