/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef OBJECT_EXT_H
#define OBJECT_EXT_H
/* Section .BTF.ext: what is said of single instructions. An object without it, or without BTF, says nothing. */
#include <stdint.h>

struct skep_error;
struct skep_object;

/* In the order of its header. */
enum object_ext_kind {
	OBJECT_EXT_FUNCTION, /* a function begins: its type */
	OBJECT_EXT_LINE,     /* of the source */
	OBJECT_EXT_CORE,     /* a CO-RE relocation */
	OBJECT_EXT_KINDS,
};

/* A record: it begins with the byte in the section that it is about, and may be written to. */
typedef void (*object_ext_fn)(enum object_ext_kind kind, unsigned char *record, void *userdata);

/* Visits the records of a section. Return: 0; -EINVAL it is broken, and nothing was visited. */
int object_ext_walk(const struct skep_object *o, uint32_t section, object_ext_fn fn, void *userdata,
		    struct skep_error *err);

/* What @fn is given for the records of a section. Return: NULL: they are not visited. */
typedef void *(*object_ext_section_fn)(const char *section, void *userdata);

/* The same for many sections in one walk. */
int object_ext_walk_sections(struct skep_object *o, object_ext_section_fn section_fn,
			     object_ext_fn fn, void *userdata, struct skep_error *err);

/* The type of the function that begins at a byte of a section. Return: 0; -EINVAL. @ret_type: 0: nothing says. */
int object_ext_function_type(const struct skep_object *o, uint32_t section, uint64_t at,
			     uint32_t *ret_type, struct skep_error *err);

/*
 * What is said of @size bytes from @at on is said of as many from @to on, too, which is behind all that there was in the
 * section; the function that begins there is of type @type.
 *
 * Return: 0; -EINVAL; -ENOMEM, and some may have been added.
 */
int object_ext_copy(struct skep_object *o, uint32_t section, uint64_t at, uint64_t size,
		    uint64_t to, uint32_t type, struct skep_error *err);

/* What is said of a section is said of one with another name, @to of the strings of the BTF. Return: 0; -EINVAL. */
int object_ext_rename(struct skep_object *o, const char *from, uint32_t to, struct skep_error *err);

#endif
