/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef TEXT_JSON_H
#define TEXT_JSON_H
/*
 * JSON out, into caller memory: for lines that are written by the hundred thousand. No allocation, no locale, no
 * format strings. The writer puts the commas; what does not fit is noted, and the end says so.
 *
 * Source: RFC 8259.
 */
#include <stddef.h>
#include <stdint.h>

struct text_json {
	char *at;
	char *end; /* one byte behind the last that may be written */
	char *begin;
	int comma; /* a member or element stands before the next one */
	int overflow;
};

void text_json_init(struct text_json *j, char *buf, size_t size);

/* @key NULL: an element of an array, or the document itself. */
void text_json_object(struct text_json *j, const char *key);
void text_json_object_end(struct text_json *j);
void text_json_array(struct text_json *j, const char *key);
void text_json_array_end(struct text_json *j);
void text_json_u64(struct text_json *j, const char *key, uint64_t value);
void text_json_bool(struct text_json *j, const char *key, int value);

/* A string of bytes that are taken as UTF-8; what is not, and control characters, become escapes. */
void text_json_string(struct text_json *j, const char *key, const char *value);

/* Return: the length without the NUL that is put behind; -ENOSPC. */
int text_json_finish(struct text_json *j);

#endif
