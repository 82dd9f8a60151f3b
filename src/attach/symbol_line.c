/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "attach/symbol_line.h"

#include <errno.h>
#include <string.h>

/* What stands for a function whose code is gone: since 6.0. */
#define INVALID "__ftrace_invalid_address__"

int symbol_line_parse(char *text, size_t len, struct symbol_line *ret_line)
{
	size_t name = strcspn(text, " \t\n");
	char *at = text + name, *module = at + strspn(at, " \t\n"), *end;

	if (!name || strlen(text) != len || !strncmp(text, INVALID, strlen(INVALID)))
		return -EINVAL;
	if (*module && *module != '[')
		return -EINVAL;
	if (*module) {
		end = strchr(++module, ']');
		if (!end || end == module || end[1 + strspn(end + 1, " \t\n")])
			return -EINVAL;
		*end = '\0';
	}
	*at = '\0';
	ret_line->name = text;
	ret_line->module = module;
	return 0;
}
