/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "sys/symbol_stem.h"

#include <string.h>

#include "base/cleanup.h"

static const struct suffix {
	const char *text;
	size_t len;
	int part;
	int bare; /* also without a number */
} suffixes[] = {
	{ ".isra", 5, 0, 0 }, { ".constprop", 10, 0, 0 }, { ".llvm", 5, 0, 0 },
	{ ".part", 5, 1, 0 }, { ".cold", 5, 1, 1 },
};

/* Return: the length without one suffix; @len if it has none. */
static size_t without_one(const char *name, size_t len, int parts)
{
	size_t i, end = len;
	int bare;

	while (end && name[end - 1] >= '0' && name[end - 1] <= '9')
		end--;
	bare = end == len;
	if (!bare && (!end || name[--end] != '.'))
		return len;
	for (i = 0; i < ARRAY_SIZE(suffixes); i++) {
		const struct suffix *s = &suffixes[i];

		if ((!s->part || parts) && (!bare || s->bare) && end > s->len &&
		    !memcmp(name + end - s->len, s->text, s->len))
			return end - s->len;
	}
	return len;
}

static size_t without_all(const char *name, size_t len, int parts)
{
	size_t shorter = without_one(name, len, parts);

	while (shorter < len) {
		len = shorter;
		shorter = without_one(name, len, parts);
	}
	return len;
}

size_t sys_symbol_stem(const char *name, size_t len)
{
	return without_all(name, len, 0);
}

size_t sys_symbol_part_stem(const char *name, size_t len)
{
	return without_all(name, len, 1);
}
