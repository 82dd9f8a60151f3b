/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* Any text is a list of renamed fields or refused; in a list each field stands once, and is found by its path. */
#include "must.h"

#include <errno.h>
#include <string.h>

#include <skep/error.h>

#include "map/rename.h"

static void look_at(struct map_renames *list)
{
	uint32_t i;

	must(list->count <= MAP_RENAMES);
	for (i = 0; i < list->count; i++) {
		const struct map_rename *rename = &list->renames[i];

		must(!strncmp(rename->path, "key.", 4) || !strncmp(rename->path, "value.", 6));
		must(rename->path[strlen(rename->path) - 1] != '.');
		must(!strpbrk(rename->name, ".=, \t\n"));
		must(map_renames_find(list, rename->path) == rename);
		must(!rename->used && map_renames_use(list, rename->path)->used);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = must_string(data, size);
	struct map_renames list = { .count = UINT32_MAX };
	struct skep_error err = { 0 };
	int r = map_renames_parse(text, &list, &err);

	if (r < 0) {
		must(r == -EINVAL);
		must(err.code == r && strstr(err.msg, "column"));
		must(list.count == UINT32_MAX);
	} else {
		must(r == 0 && !err.code);
		look_at(&list);
		map_renames_fini(&list);
	}
	free(text);
	return 0;
}
