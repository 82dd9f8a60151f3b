/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef MAP_FORMAT_PARSE_H
#define MAP_FORMAT_PARSE_H
/* A literal being read: what the walk over the fields and the reading of scalars share. */
#include "map/format.h"
#include "text/json_pull.h"

/* A value being read. */
struct map_parser {
	const struct skep_format *format;
	struct text_json_reader *reader;
	struct text_json_token token; /* the one that is looked at */
	uint8_t *bytes;               /* the value: zero before */
	uint8_t *known;               /* its bits that were read */
	size_t size;
};

static inline const char *map_parse_string(const struct map_parser *p, uint32_t offset)
{
	return map_format_string(p->format, offset);
}

static inline const char *map_parse_type(const struct map_parser *p, const struct map_field *f)
{
	return map_parse_string(p, f->type);
}

/* Refuses the token. Return: -EINVAL. */
#define map_parse_fail(p, ...) text_json_fail((p)->reader, (p)->token.at, __VA_ARGS__)

#define MAP_NAME_LIST_BYTES 120

/* A message that ends with names: as many as there is room for. */
struct map_name_list {
	char text[MAP_NAME_LIST_BYTES];
	size_t len;
	int is_full;
};

void map_parse_list(struct map_name_list *list, const char *name);

/*
 * map_parse_hex() - bytes in memory: pairs of digits, with blanks or colons between them if @spaced
 *
 * Return: 0; -EINVAL not @size of them.
 */
int map_parse_hex(struct map_parser *p, const char *digits, int spaced, size_t offset, size_t size);

/* The token as an address of 4, 6 or 16 bytes. Return: 0; -EINVAL. */
int map_parse_address(struct map_parser *p, size_t offset, size_t size);

/* The token as the key of an LPM trie, of 8 or 20 bytes. Return: 0; -EINVAL. */
int map_parse_prefix(struct map_parser *p, size_t offset, size_t size);

/* The token as the value of a field that is neither struct nor array. Return: 0; -EINVAL. */
int map_parse_scalar(struct map_parser *p, const struct map_field *f, size_t offset);

#endif
