/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include <skep/map_export.h>

#include <skep/format.h>
#include <skep/json.h>
#include <skep/kabi.h>
#include <skep/map_dump.h>
#include <skep/map_format.h>

#include "base/error.h"
#include "map/map.h"

static void flag_names(struct skep_json *j, uint64_t flags)
{
	char name[SKEP_NAME_SIZE];
	unsigned bit;

	skep_json_array(j, "flag_names");
	for (bit = 0; bit < 64; bit++)
		if (flags >> bit & 1)
			skep_json_string(j, NULL,
					 skep_kabi_name(SKEP_KABI_MAP_FLAG, 1ull << bit, name));
	skep_json_array_end(j);
}

void skep_map_json(const struct skep_map *map, struct skep_json *j, const char *key)
{
	const struct skep_map_info *info = &map->info;
	char type[SKEP_NAME_SIZE];

	skep_json_object(j, key);
	skep_json_u64(j, "id", info->id);
	skep_json_string(j, "name", info->name);
	skep_json_string(j, "type", skep_map_type_name(info->type, type));
	skep_json_u64(j, "key_size", info->key_size);
	skep_json_u64(j, "value_size", info->value_size);
	skep_json_u64(j, "max_entries", info->max_entries);
	skep_json_u64(j, "flags", info->map_flags);
	flag_names(j, info->map_flags);
	skep_json_u64(j, "map_extra", info->map_extra);
	skep_json_u64(j, "ifindex", info->ifindex);
	skep_json_u64(j, "btf_id", info->btf_id);
	skep_json_u64(j, "btf_key_type_id", info->btf_key_type_id);
	skep_json_u64(j, "btf_value_type_id", info->btf_value_type_id);
	skep_json_object_end(j);
}

struct writing {
	struct skep_json *json;
	const struct skep_format *key, *value;
	size_t key_size, value_bytes;
};

static int write_entry(const void *key, const void *value, void *userdata)
{
	const struct writing *w = userdata;
	int r;

	skep_json_object(w->json, NULL);
	r = skep_format_json(w->key, key, w->key_size, w->json, "key");
	if (r == 0)
		r = skep_format_json(w->value, value, w->value_bytes, w->json, "value");
	skep_json_object_end(w->json);
	return r < 0 ? r : w->json->result; /* of a document that takes no more, no more is read */
}

int skep_map_entries_json(struct skep_map *map, const struct skep_map_formats *formats,
			  struct skep_json *j, const char *key,
			  struct skep_map_dump_stats *ret_stats, struct skep_error *err)
{
	struct writing w = {
		.json = j,
		.key = skep_map_formats_key(formats),
		.value = skep_map_formats_value(formats),
		.key_size = map->info.key_size,
		.value_bytes = map->value_bytes,
	};
	int r;

	skep_json_array(j, key);
	r = skep_map_dump(map, NULL, write_entry, &w, ret_stats, err);
	skep_json_array_end(j);
	if (r < 0 && r == j->result)
		return skep_fail(err, r, SKEP_ERR_SYSCALL, "write the elements of map '%s'",
				 map->info.name);
	return r;
}
