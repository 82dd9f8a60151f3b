/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "map/json_text.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <skep/format.h>
#include <skep/json.h>

#include "base/cleanup.h"

#define SHORT 256

/* As skep_format_text(), for bytes of which nothing is known. */
static int hex_text(const uint8_t *bytes, size_t size, char *buf, size_t buf_size)
{
	static const char digits[] = "0123456789abcdef", prefix[] = "hex:";
	const size_t len = sizeof(prefix) - 1 + size * 2;
	size_t i;

	if (size > (INT32_MAX - sizeof(prefix)) / 2)
		return -EOVERFLOW;
	if (len >= buf_size)
		return (int)len;
	memcpy(buf, prefix, sizeof(prefix) - 1);
	buf += sizeof(prefix) - 1;
	for (i = 0; i < size; i++) {
		*buf++ = digits[bytes[i] >> 4];
		*buf++ = digits[bytes[i] & 15];
	}
	*buf = '\0';
	return (int)len;
}

static int write_text(const struct skep_format *format, const void *bytes, size_t size, char *buf,
		      size_t buf_size)
{
	return format ? skep_format_text(format, bytes, size, buf, buf_size)
		      : hex_text(bytes, size, buf, buf_size);
}

int map_json_text(const struct skep_format *format, const void *bytes, size_t size,
		  struct skep_json *j, const char *key)
{
	_cleanup_free_ char *larger = NULL;
	char text[SHORT];
	int len = write_text(format, bytes, size, text, sizeof(text));

	if (len < 0)
		return len;
	if ((size_t)len < sizeof(text)) {
		skep_json_chars(j, key, text, (size_t)len);
		return 0;
	}
	larger = malloc((size_t)len + 1);
	if (!larger)
		return -ENOMEM;
	len = write_text(format, bytes, size, larger, (size_t)len + 1);
	if (len < 0)
		return len;
	skep_json_chars(j, key, larger, (size_t)len);
	return 0;
}
