/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * Makes a map, tells who holds it, writes into it what a person would type, and tells what is in it.
 *
 *	$ sudo ./map_list
 *	'routes' lpm_trie, held by map_list
 *	{"key":"10.0.0.0/8","value":"hex:07000000"}
 */
#include <stdio.h>

#include <skep/error.h>
#include <skep/format.h>
#include <skep/json.h>
#include <skep/kabi.h>
#include <skep/map.h>
#include <skep/map_format.h>
#include <skep/map_list.h>
#include <skep/map_snapshot.h>

static int tell_holder(const struct skep_map *map, struct skep_error *err)
{
	const struct skep_map_list_opts opts = { .sz = sizeof(opts), .id = skep_map_id(map) };
	_cleanup_(skep_map_list_freep) struct skep_map_list *list = NULL;
	const struct skep_map_list_entry *e;
	int r = skep_map_list_new(&opts, &list, err);

	if (r < 0)
		return r;
	e = skep_map_list_find(list, skep_map_id(map));
	printf("'%s' %s, held by %s\n", e->info.name, skep_map_type_name(e->info.type, NULL),
	       e->holders[0].name);
	return 0;
}

static int tell_content(struct skep_map *map, const struct skep_map_formats *f,
			struct skep_error *err)
{
	_cleanup_(skep_map_snapshot_freep) struct skep_map_snapshot *s = NULL;
	const void *key, *value;
	struct skep_json j;
	char text[256];
	int r = skep_map_snapshot_new(map, &s, err);

	if (r < 0)
		return r;
	skep_map_snapshot_at(s, 0, &key, &value);
	skep_json_init(&j, text, sizeof(text));
	skep_json_object(&j, NULL);
	skep_format_json(skep_map_formats_key(f), key, skep_map_key_size(map), &j, "key");
	skep_format_json(skep_map_formats_value(f), value, skep_map_value_bytes(map), &j, "value");
	skep_json_object_end(&j);
	r = skep_json_finish(&j);
	return r < 0 ? r : puts(text);
}

int main(void)
{
	const struct skep_map_spec spec = { .sz = sizeof(spec),
					    .name = "routes",
					    .type = SKEP_MAP_TYPE_LPM_TRIE,
					    .key_size = 8,
					    .value_size = 4,
					    .max_entries = 100,
					    .flags = SKEP_MAP_FLAG_NO_PREALLOC };
	_cleanup_(skep_map_formats_freep) struct skep_map_formats *f = NULL;
	_cleanup_(skep_map_closep) struct skep_map *map = NULL;
	struct skep_error err = { 0 };
	uint32_t key[2], value;

	if (skep_map_create(&spec, &map, &err) < 0 || tell_holder(map, &err) < 0 ||
	    skep_map_formats_new(map, NULL, &f, &err) < 0 ||
	    skep_map_formats_parse_key(f, "10.0.0.0/8", key, &err) < 0 ||
	    skep_map_formats_parse_value(f, "7", &value, &err) < 0 ||
	    SKEP_MAP_UPDATE(map, &key, &value, 0) < 0 || tell_content(map, f, &err) < 0) {
		fprintf(stderr, "map_list: %s\n", err.msg);
		return 1;
	}
	return 0;
}
