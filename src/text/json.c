/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include <skep/json.h>

#include <errno.h>
#include <math.h>
#include <string.h>

#include "text/json.h"
#include "text/number.h"
#include "text/utf8.h"

void skep_json_init(struct skep_json *j, char *buf, size_t size)
{
	*j = (struct skep_json){ .begin = buf, .at = buf, .end = buf + size };
}

void skep_json_stream(struct skep_json *j, skep_json_write_fn fn, void *userdata)
{
	j->write_fn = fn;
	j->userdata = userdata;
}

/* What is in the buffer to the function. */
static void flush(struct skep_json *j)
{
	if (j->at > j->begin && !j->result)
		j->result = j->write_fn(j->begin, (size_t)(j->at - j->begin), j->userdata);
	j->at = j->begin;
}

/* No room: make some, or say so. Return: is there room now. */
static int make_room(struct skep_json *j, const char *bytes, size_t len)
{
	if (!j->write_fn) {
		j->result = -ENOSPC;
		return 0;
	}
	flush(j);
	if ((size_t)(j->end - j->at) >= len)
		return 1;
	if (!j->result)
		j->result = j->write_fn(bytes, len, j->userdata);
	return 0;
}

static void put(struct skep_json *j, const char *bytes, size_t len)
{
	if (j->result || ((size_t)(j->end - j->at) < len && !make_room(j, bytes, len)))
		return;
	memcpy(j->at, bytes, len);
	j->at += len;
}

/* Bytes at @s that stand for themselves: nearly all that is ever written. */
static size_t plain_len(const char *s, const char *end)
{
	const char *at = s;

	while (at < end && (unsigned char)*at >= 0x20 && (unsigned char)*at < 0x80 && *at != '"' &&
	       *at != '\\')
		at++;
	return (size_t)(at - s);
}

static void put_string(struct skep_json *j, const char *s, size_t len)
{
	static const char hex[] = "0123456789abcdef";
	const char *end = s + len;

	put(j, "\"", 1);
	while (s < end) {
		size_t n = plain_len(s, end);
		unsigned char c;

		if (n) {
			put(j, s, n);
			s += n;
			continue;
		}
		n = text_utf8_len(s, end);
		c = (unsigned char)*s;
		if (c == '"' || c == '\\') {
			put(j, (char[]){ '\\', (char)c }, 2);
		} else if (c < 0x20 || !n) {
			put(j, (char[]){ '\\', 'u', '0', '0', hex[c >> 4], hex[c & 15] }, 6);
			n = 1;
		} else {
			put(j, s, n);
		}
		s += n;
	}
	put(j, "\"", 1);
}

/* Keys are the caller's own: letters, digits, underscores. */
static void key_put(struct skep_json *j, const char *key)
{
	size_t room = (size_t)(j->end - j->at), n = 0;

	if (key && !j->result && room > 4) { /* in one go, if it fits */
		char *at = j->at;

		*at = ',';
		at += j->comma;
		*at++ = '"';
		while (key[n] && n < room - 4)
			*at++ = key[n++];
		if (!key[n]) {
			at[0] = '"';
			at[1] = ':';
			j->at = at + 2;
			j->comma = 1;
			return;
		}
	}
	if (j->comma)
		put(j, ",", 1);
	j->comma = 1;
	if (key) {
		put(j, "\"", 1);
		put(j, key, strlen(key));
		put(j, "\":", 2);
	}
}

void skep_json_object(struct skep_json *j, const char *key)
{
	key_put(j, key);
	put(j, "{", 1);
	j->comma = 0;
}

void skep_json_object_end(struct skep_json *j)
{
	put(j, "}", 1);
	j->comma = 1;
}

void skep_json_array(struct skep_json *j, const char *key)
{
	key_put(j, key);
	put(j, "[", 1);
	j->comma = 0;
}

void skep_json_array_end(struct skep_json *j)
{
	put(j, "]", 1);
	j->comma = 1;
}

static void put_digits(struct skep_json *j, uint64_t value)
{
	char digits[TEXT_NUMBER_SIZE], *end = digits + sizeof(digits);
	char *begin = text_digits(value, end);

	put(j, begin, (size_t)(end - begin));
}

void skep_json_u64(struct skep_json *j, const char *key, uint64_t value)
{
	key_put(j, key);
	put_digits(j, value);
}

void skep_json_i64(struct skep_json *j, const char *key, int64_t value)
{
	if (value >= 0) {
		skep_json_u64(j, key, (uint64_t)value);
		return;
	}
	key_put(j, key);
	put(j, "-", 1);
	put_digits(j, 0 - (uint64_t)value);
}

void skep_json_bool(struct skep_json *j, const char *key, int value)
{
	key_put(j, key);
	put(j, value ? "true" : "false", value ? 4 : 5);
}

void skep_json_null(struct skep_json *j, const char *key)
{
	key_put(j, key);
	put(j, "null", 4);
}

void skep_json_string(struct skep_json *j, const char *key, const char *value)
{
	if (value)
		skep_json_chars(j, key, value, strlen(value));
	else
		skep_json_null(j, key);
}

void skep_json_chars(struct skep_json *j, const char *key, const char *chars, size_t count)
{
	key_put(j, key);
	put_string(j, chars, count);
}

void skep_json_double(struct skep_json *j, const char *key, double value)
{
	char text[TEXT_NUMBER_SIZE];
	size_t len = text_double(value, text);

	key_put(j, key);
	if (isfinite(value))
		put(j, text, len);
	else
		put_string(j, text, len);
}

void text_json_hex(struct skep_json *j, const char *key, const char *prefix, const void *bytes,
		   size_t count)
{
	static const char hex[] = "0123456789abcdef";
	const uint8_t *b = bytes, *end = b + count;

	key_put(j, key);
	put(j, "\"", 1);
	put(j, prefix, strlen(prefix));
	for (; b < end; b++)
		put(j, (char[]){ hex[*b >> 4], hex[*b & 15] }, 2);
	put(j, "\"", 1);
}

int skep_json_finish(struct skep_json *j)
{
	if (j->write_fn)
		flush(j);
	else
		put(j, "", 1);
	if (j->result)
		return j->result;
	return j->write_fn ? 0 : (int)(j->at - j->begin) - 1;
}
