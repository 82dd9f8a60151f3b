/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include <skep/map_name.h>

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"

static const char *last_part(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

const char *skep_map_name_plain(const char *name, const char *prefix)
{
	const size_t len = prefix ? strlen(prefix) : 0;
	const char *plain = last_part(name);

	return strncmp(plain, prefix ? prefix : "", len) == 0 && plain[len] ? plain + len : plain;
}

/* Cuts @before and the digits behind it off the end of a text. Return: what is left of @len; @len: it ends otherwise. */
static size_t cut_number(const char *text, size_t len, const char *before)
{
	const size_t before_len = strlen(before);
	size_t end = len;

	while (end && text[end - 1] >= '0' && text[end - 1] <= '9')
		end--;
	if (end == len || end <= before_len ||
	    strncmp(text + end - before_len, before, before_len) != 0)
		return len;
	return end - before_len;
}

/* Return: the length of what is in common. */
static size_t common_len(const char *text, size_t len)
{
	static const char *const endings[] = { "_reserved_", "_netdev_ns_", "_overlay_" };
	size_t i, left;

	for (i = 0; i < ARRAY_SIZE(endings); i++) {
		left = cut_number(text, len, endings[i]);
		if (left != len)
			return i ? left : cut_number(text, left, "_v");
	}
	left = cut_number(text, len, "_");
	return left == len ? len : cut_number(text, left, "_v");
}

int skep_map_name_common(const char *name, const char *prefix, char *buf, size_t size)
{
	const char *last = last_part(name), *plain = skep_map_name_plain(name, prefix);
	size_t len = strlen(plain);

	if (plain != last || !prefix || !*prefix)
		len = common_len(plain, len);
	if (len >= size)
		return -ENOSPC;
	memcpy(buf, plain, len);
	buf[len] = '\0';
	return (int)len;
}
