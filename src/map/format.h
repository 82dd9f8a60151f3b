/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef MAP_FORMAT_H
#define MAP_FORMAT_H
/*
 * What a format is made of: a flat table of fields. A struct, a list or an array is followed by its members; `next` is
 * the index behind all that belongs to a field. Offsets are from the element of the array that a field is in, or from
 * the beginning of the value.
 */
#include <skep/format.h>

#include "map/number.h"

enum map_field_kind {
	MAP_FIELD_RECORD, /* members with names */
	MAP_FIELD_LIST,   /* members without */
	MAP_FIELD_ARRAY,  /* of `count` times the field that follows it */
	MAP_FIELD_NUMBER,
	MAP_FIELD_BOOL,
	MAP_FIELD_CHAR,
	MAP_FIELD_ENUM,
	MAP_FIELD_POINTER,
	MAP_FIELD_FLOAT,   /* of 4 or 8 bytes */
	MAP_FIELD_CHARS,   /* text, up to `size` bytes */
	MAP_FIELD_BYTES,   /* of which nothing is known */
	MAP_FIELD_ADDRESS, /* of 4, 6 or 16 bytes */
	MAP_FIELD_PREFIX,  /* its length in 32 bits, then an address of 4 or 16 bytes */
	MAP_FIELD_OPAQUE,  /* the kernel's: always zero in user space */
};

struct map_field {
	uint8_t kind;             /* enum map_field_kind */
	uint8_t is_flexible;      /* array, chars: as long as the value leaves room for */
	uint8_t is_bytes;         /* array: of 8-bit numbers */
	uint8_t is_ipv4;          /* number: in text it is an address */
	uint32_t offset;          /* bytes */
	uint32_t size;            /* bytes */
	uint32_t count;           /* array: elements; enum: enumerators */
	uint32_t stride;          /* array: bytes from an element to the next */
	uint32_t first;           /* enum: index of its first enumerator */
	uint32_t next;            /* index behind it */
	uint32_t name;            /* offset in strings; 0: none */
	uint32_t type;            /* offset in strings: for messages */
	struct map_number number; /* number, bool, char, enum, pointer: its bits, from offset on */
};

/* Sorted by value. */
struct map_enumerator {
	uint64_t value;
	uint32_t name; /* offset in strings */
	uint32_t pad;
};

struct skep_format {
	size_t size;
	struct map_field *fields; /* the first is the whole */
	struct map_enumerator *enumerators;
	char *strings; /* the first is "" */
	uint32_t field_count;
	uint32_t enumerator_count;
	uint32_t string_bytes;
	uint32_t is_flexible;
	struct skep_format_callbacks
		callbacks;               /* .text: they write and read, there are no fields */
	const struct skep_format *value; /* of one CPU, of cpu_count; there are no fields */
	uint32_t cpu_count;
	uint32_t pad;
};

#define MAP_FORMAT_FIELDS 65536u
#define MAP_FORMAT_BYTES (1u << 30)

/* What every string of bytes begins with, and what no text may begin with that is written as such. */
#define MAP_HEX "hex:"
#define MAP_HEX_LEN 4

static inline const char *map_format_string(const struct skep_format *format, uint32_t offset)
{
	return format->strings + offset;
}

/* Return: may a value have this size? */
int map_format_fits(const struct skep_format *format, size_t size);

/* Return: the bytes from one CPU's value to the next. */
static inline size_t map_format_stride(const struct skep_format *format)
{
	return (format->value->size + 7) & ~(size_t)7;
}

/* Return: how many elements an array has, and chars have bytes, in a value of @size bytes. */
static inline uint32_t map_field_count(const struct map_field *field, size_t size)
{
	if (!field->is_flexible)
		return field->count;
	return (uint32_t)((size - field->offset) / field->stride);
}

static inline uint32_t map_field_chars(const struct map_field *field, size_t size)
{
	return field->is_flexible ? (uint32_t)(size - field->offset) : field->size;
}

/* Return: the name of an enumerator; NULL: the value has none. */
const char *map_field_enumerator(const struct skep_format *format, const struct map_field *field,
				 uint64_t value);

/* Return: bytes of @chars without the NULs at their end; -1: as text they would not be read as the same. */
int64_t map_field_text_len(const char *chars, size_t count);

#endif
