/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * Any bytes as an exported map: refused with a place, or read, and then each element has a key and a value inside of the
 * text.
 */
#include "must.h"

#include <errno.h>
#include <string.h>

#include <skep/error.h>

#include "map/import.h"

static void check_span(struct map_import_span s, const uint8_t *data, size_t size)
{
	const char *begin = (const char *)data;

	must(s.at >= begin && s.len > 0 && s.len <= size);
	must(s.at + s.len <= begin + size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct skep_map_import *import = NULL;
	struct skep_error err = { 0 };
	int r = skep_map_import_new((const char *)data, size, &import, &err);
	uint64_t i;

	must(r == 0 || r == -EINVAL);
	must((r == 0) == (import != NULL) && (r == 0) == !*err.msg);
	if (!import)
		return 0;
	must(skep_map_import_spec(import)->type);
	for (i = 0; i < skep_map_import_count(import); i++) {
		check_span(import->entries[i].key, data, size);
		check_span(import->entries[i].value, data, size);
	}
	skep_map_import_free(import);
	return 0;
}
