/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef MAP_FORMAT_BUILD_H
#define MAP_FORMAT_BUILD_H
/* A format in the making: what a description of any kind adds its fields to. */
#include "map/format.h"

struct map_build {
	struct skep_format *format; /* until it is finished */
	struct skep_error *err;
};

/* Return: 0; -ENOMEM. The caller owns a map_build_fini(). */
int map_build_begin(struct map_build *b, struct skep_error *err);

static inline void map_build_fini(struct map_build *b)
{
	b->format = skep_format_free(b->format);
}

/*
 * map_build_add() - add a field
 * @ret_index: its place; pointers to fields are good until the next one is added
 *
 * Return: 0; -EFBIG too many; -ENOMEM.
 */
int map_build_add(struct map_build *b, const struct map_field *field, uint32_t *ret_index);

static inline struct map_field *map_build_field(struct map_build *b, uint32_t index)
{
	return &b->format->fields[index];
}

/*
 * map_build_string() - keep a string
 * @text: of which @len bytes are taken
 *
 * Return: 0; -ENOMEM.
 */
int map_build_string(struct map_build *b, const char *text, size_t len, uint32_t *ret_offset);

/*
 * map_build_name() - keep a name, fit to stand in a text without quotes
 *
 * Return: 0; -ENOMEM.
 */
int map_build_name(struct map_build *b, const char *name, uint32_t *ret_offset);

/* Return: 0; -ENOMEM. */
int map_build_enumerator(struct map_build *b, const char *name, uint64_t value);

/*
 * map_build_close_enum() - all enumerators of a field are there, from field->first on
 *
 * Of those with the same value the first is kept, of those with the same name, too: the others' values are numbers.
 */
void map_build_close_enum(struct map_build *b, uint32_t index);

/*
 * map_build_close() - all that belongs to a field is there; two members of the same name get different ones
 *
 * Return: 0; -EINVAL no different ones are found; -ENOMEM.
 */
int map_build_close(struct map_build *b, uint32_t index);

/* The whole, of @size bytes, is there: the format is the caller's. */
void map_build_finish(struct map_build *b, size_t size, struct skep_format **ret_format);

#endif
