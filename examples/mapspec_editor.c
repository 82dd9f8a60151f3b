/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * Makes a map of an object another one before it is loaded. A manager without probes is of use, too.
 *
 *	$ sudo ./mapspec_editor
 *	in the object: cache is a hash of 10 entries
 *	in the kernel: cache is a lru_hash of 1000000 entries
 */
#include <stdio.h>

#include <skep/error.h>
#include <skep/kabi.h>
#include <skep/loaded.h>
#include <skep/manager.h>
#include <skep/map.h>
#include <skep/object_edit.h>
#include <skep/object_spec.h>

static void tell(const char *where, uint32_t type, uint32_t max_entries)
{
	printf("in the %s: cache is a %s of %u entries\n", where, skep_map_type_name(type, NULL),
	       max_entries);
}

static int edit(struct skep_object *object, struct skep_error *err)
{
	const struct skep_object_map *map = skep_object_map_find(object, "cache");
	int r;

	tell("object", map->spec.type, map->spec.max_entries);
	r = skep_object_map_set(object, "cache", SKEP_OBJECT_MAP_TYPE, SKEP_MAP_TYPE_LRU_HASH, err);
	return r < 0 ? r
		     : skep_object_map_set(object, "cache", SKEP_OBJECT_MAP_MAX_ENTRIES, 1000000,
					   err);
}

int main(void)
{
	_cleanup_(skep_manager_closep) struct skep_manager *m = NULL;
	struct skep_error err = { 0 };
	int r = skep_manager_open_file("mapspec_editor.bpf.o", NULL, &m, &err);

	if (r == 0)
		r = edit(skep_manager_object(m), &err);
	if (r == 0)
		r = skep_manager_load(m, &err);
	if (r == 0) {
		const struct skep_map *map =
			skep_loaded_map_find(skep_manager_loaded(m), "cache")->map;

		tell("kernel", skep_map_type(map), skep_map_max_entries(map));
		r = skep_manager_start(m, &err); /* nothing to attach */
	}
	if (r < 0)
		fprintf(stderr, "mapspec_editor: %s\n", err.msg);
	return r < 0;
}
