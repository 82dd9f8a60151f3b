/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef MAP_BTF_FIELD_H
#define MAP_BTF_FIELD_H
/* What the types of fields are, behind their typedefs. */
#include <skep/btf.h>

#define MAP_BTF_SIGNED 1u /* encoding of an int */
#define MAP_BTF_CHAR 2u
#define MAP_BTF_BOOL 4u

#define MAP_BTF_DEPTH 32 /* of structs and arrays in each other, as the kernel has it */

/* A type behind its typedefs and qualifiers. */
struct map_btf_type {
	struct skep_btf_type type; /* .kind 0: void */
	const char *alias;         /* the outermost typedef; NULL: none */
	int order;                 /* of bytes: 'b', 'l', or 0: that of the machine */
};

/* Return: 0; -ENOENT there is no such type; -ELOOP types that refer to each other in a circle. */
int map_btf_resolve(const struct skep_btf *btf, uint32_t id, struct map_btf_type *ret);

static inline const char *map_btf_name(const struct map_btf_type *t)
{
	return t->alias ? t->alias : t->type.name;
}

/* What the kernel keeps to itself, and shows as zeros. Source: btf_field_type in include/linux/bpf.h of the kernel. */
int map_btf_is_opaque_record(const char *name);

/* A pointer that a program stored in a map: a reference to an object of the kernel, or memory of user space. */
int map_btf_is_opaque_pointer(const struct skep_btf *btf, uint32_t target);

/* Bytes of a type; more than @most is told as more than that. Return: as map_btf_resolve(). */
int map_btf_size(const struct skep_btf *btf, uint32_t id, uint64_t most, uint64_t *ret_size);

#endif
