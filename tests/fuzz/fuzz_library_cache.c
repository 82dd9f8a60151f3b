/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* Any bytes as a cache of libraries: what is told ends inside of them. */
#include "must.h"

#include <string.h>

#include "attach/library_cache.h"

static int visit(const char *name, const char *path, void *userdata)
{
	size_t *size = userdata;

	must(strlen(name) < *size && strlen(path) < *size);
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = must_string(data, size);

	size++;
	must(library_cache_walk((const unsigned char *)text, size, visit, &size) <= 0);
	free(text);
	return 0;
}
