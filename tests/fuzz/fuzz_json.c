/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * Any bytes as a JSON string: what comes out is UTF-8 that a JSON parser takes, it can be read back into the same
 * bytes, and nothing is written beyond a buffer that is too small.
 */
#include "must.h"

#include <errno.h>
#include <string.h>

#include <skep/json.h>

#define GUARD 0xa5

/* A character of at least two bytes at *s, which moves behind it. Source: RFC 3629, the table of section 3. */
static void check_multibyte(const unsigned char **s)
{
	static const uint32_t least[] = { 0x80, 0x800, 0x10000 };
	int more = **s >= 0xf0 ? 3 : **s >= 0xe0 ? 2 : 1, i;
	uint32_t c = **s & (0x3fu >> more);

	must(**s >= 0xc0 && **s < 0xf8);
	for (i = 0; i < more; i++) {
		must((*++*s & 0xc0) == 0x80);
		c = c << 6 | (**s & 0x3f);
	}
	++*s;
	must(c >= least[more - 1] && c <= 0x10ffff && (c < 0xd800 || c > 0xdfff));
}

static unsigned hex_digit(unsigned char c)
{
	must((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'));
	return c <= '9' ? c - '0' : c - 'a' + 10u;
}

/* Reads a JSON string back: an escape is one of the bytes that were not fit to stand there. */
static void check_string(const char *json, const char *text)
{
	const unsigned char *s = (const unsigned char *)json, *begin;
	const unsigned char *want = (const unsigned char *)text;

	must(*s++ == '"');
	while (*s != '"') {
		must(*s >= 0x20);
		begin = s;
		if (*s == '\\' && s[1] == 'u') {
			must(s[2] == '0' && s[3] == '0');
			must(*want++ == (hex_digit(s[4]) << 4 | hex_digit(s[5])));
			s += 6;
		} else if (*s == '\\') {
			must(s[1] == '"' || s[1] == '\\');
			must(*want++ == s[1]);
			s += 2;
		} else {
			if (*s < 0x80)
				s++;
			else
				check_multibyte(&s);
			must(!memcmp(want, begin, (size_t)(s - begin)));
			want += s - begin;
		}
	}
	must(!*want && !s[1]);
}

static int write_string(char *buf, size_t size, const char *text)
{
	struct skep_json j;

	skep_json_init(&j, buf, size);
	skep_json_string(&j, NULL, text);
	return skep_json_finish(&j);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = must_string(data, size);
	size_t room = 6 * size + 3, small = size ? data[0] % room : 0, i;
	char *buf = malloc(room);
	int len;

	must(buf != NULL);
	len = write_string(buf, room, text);
	must(len >= 2 && strlen(buf) == (size_t)len);
	check_string(buf, text);

	memset(buf, GUARD, room);
	must(write_string(buf, small, text) == (small > (size_t)len ? len : -ENOSPC));
	for (i = small; i < room; i++)
		must((unsigned char)buf[i] == GUARD);
	free(buf);
	free(text);
	return 0;
}
