/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "text/json.h"

#include <errno.h>
#include <string.h>

void text_json_init(struct text_json *j, char *buf, size_t size)
{
	*j = (struct text_json){ .begin = buf, .at = buf, .end = buf + size };
}

static void put(struct text_json *j, const char *bytes, size_t len)
{
	if ((size_t)(j->end - j->at) < len) {
		j->overflow = 1;
		return;
	}
	memcpy(j->at, bytes, len);
	j->at += len;
}

/* Length of the UTF-8 sequence at @s, 0 if it is none. Source: RFC 3629, section 4. */
static size_t utf8_len(const unsigned char *s)
{
	size_t n, i;

	if (s[0] < 0x80)
		return 1;
	if (s[0] >= 0xc2 && s[0] <= 0xdf)
		n = 2;
	else if (s[0] >= 0xe0 && s[0] <= 0xef)
		n = 3;
	else if (s[0] >= 0xf0 && s[0] <= 0xf4)
		n = 4;
	else
		return 0;
	for (i = 1; i < n; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f) ||
	    (s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] > 0x8f))
		return 0;
	return n;
}

/* Bytes at @s that stand for themselves: nearly all that is ever written. */
static size_t plain_len(const unsigned char *s)
{
	size_t n = 0;

	while (s[n] >= 0x20 && s[n] < 0x80 && s[n] != '"' && s[n] != '\\')
		n++;
	return n;
}

static void put_string(struct text_json *j, const char *value)
{
	static const char hex[] = "0123456789abcdef";
	const unsigned char *s = (const unsigned char *)value;

	put(j, "\"", 1);
	while (*s) {
		size_t n = plain_len(s);

		if (n) {
			put(j, (const char *)s, n);
			s += n;
			continue;
		}
		n = utf8_len(s);
		if (*s == '"' || *s == '\\') {
			put(j, (char[]){ '\\', (char)*s }, 2);
		} else if (*s < 0x20 || !n) {
			put(j, (char[]){ '\\', 'u', '0', '0', hex[*s >> 4], hex[*s & 15] }, 6);
			n = 1;
		} else {
			put(j, (const char *)s, n);
		}
		s += n;
	}
	put(j, "\"", 1);
}

static void key_put(struct text_json *j, const char *key)
{
	if (j->comma)
		put(j, ",", 1);
	j->comma = 1;
	if (key) {
		/* keys are our own: letters and underscores */
		put(j, "\"", 1);
		put(j, key, strlen(key));
		put(j, "\":", 2);
	}
}

void text_json_object(struct text_json *j, const char *key)
{
	key_put(j, key);
	put(j, "{", 1);
	j->comma = 0;
}

void text_json_object_end(struct text_json *j)
{
	put(j, "}", 1);
	j->comma = 1;
}

void text_json_array(struct text_json *j, const char *key)
{
	key_put(j, key);
	put(j, "[", 1);
	j->comma = 0;
}

void text_json_array_end(struct text_json *j)
{
	put(j, "]", 1);
	j->comma = 1;
}

void text_json_u64(struct text_json *j, const char *key, uint64_t value)
{
	char digits[20];
	size_t n = sizeof(digits);

	key_put(j, key);
	do {
		digits[--n] = (char)('0' + value % 10);
		value /= 10;
	} while (value);
	put(j, digits + n, sizeof(digits) - n);
}

void text_json_bool(struct text_json *j, const char *key, int value)
{
	key_put(j, key);
	put(j, value ? "true" : "false", value ? 4 : 5);
}

void text_json_string(struct text_json *j, const char *key, const char *value)
{
	key_put(j, key);
	put_string(j, value);
}

int text_json_finish(struct text_json *j)
{
	put(j, "", 1);
	return j->overflow ? -ENOSPC : (int)(j->at - j->begin) - 1;
}
