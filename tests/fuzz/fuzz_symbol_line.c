/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* Any text as a line of available_filter_functions: what comes out is words of it. */
#include "must.h"

#include <string.h>

#include "attach/symbol_line.h"
#include "sys/symbol_stem.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = must_string(data, size);
	struct symbol_line line;
	size_t len;

	if (symbol_line_parse(text, size, &line) == 0) {
		len = strlen(line.name);
		must(len && len <= size && !strpbrk(line.name, " \t\n"));
		must(strlen(line.module) < size);
		must(sys_symbol_stem(line.name, len) <= len);
		must(sys_symbol_part_stem(line.name, len) <= sys_symbol_stem(line.name, len));
	}
	free(text);
	return 0;
}
