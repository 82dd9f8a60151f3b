/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef MAP_JSON_TEXT_H
#define MAP_JSON_TEXT_H
/* Keys and values as strings of a JSON document: what skep_format_text() writes. */
#include <stddef.h>

struct skep_format;
struct skep_json;

/*
 * map_json_text() - bytes as a string
 * @format: NULL: "hex:0a000001"
 *
 * Return: 0; -ENOMEM or what the format returned: nothing is written.
 */
int map_json_text(const struct skep_format *format, const void *bytes, size_t size,
		  struct skep_json *j, const char *key);

#endif
