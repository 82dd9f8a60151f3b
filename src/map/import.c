/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "map/import.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <skep/error.h>
#include <skep/kabi.h>
#include <skep/map_format.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "map/map.h"

/* Does the map take what the document has? */
static int check_map(const struct skep_map_import *import, const struct skep_map *map,
		     struct skep_error *err)
{
	const struct skep_map_spec *spec = &import->spec;
	const struct skep_map_info *info = &map->info;
	char type[SKEP_NAME_SIZE], wanted[SKEP_NAME_SIZE];

	if (spec->type != info->type || spec->key_size != info->key_size ||
	    spec->value_size != info->value_size)
		return skep_fail(err, -EMEDIUMTYPE, SKEP_ERR_CONFLICT,
				 "map '%s' is a %s with keys of %u and values of %u bytes, the "
				 "exported one a %s with %" PRIu64 " and %" PRIu64 ".",
				 info->name, skep_map_type_name(info->type, type), info->key_size,
				 info->value_size, skep_map_type_name((uint32_t)spec->type, wanted),
				 spec->key_size, spec->value_size);
	if (skep_map_type_facts(info->type) & SKEP_MAP_FACT_FDS)
		return skep_fail(
			err, -EOPNOTSUPP, SKEP_ERR_UNSUPPORTED,
			"values of a map of type %s cannot be imported: they are ids of what "
			"was there when it was exported.",
			skep_map_type_name(info->type, type));
	if (!info->key_size)
		return skep_fail(err, -EOPNOTSUPP, SKEP_ERR_UNSUPPORTED,
				 "a map of type %s has no keys to import.",
				 skep_map_type_name(info->type, type));
	if (import->count > info->max_entries)
		return skep_fail(err, -ENOSPC, SKEP_ERR_NO_SPACE,
				 "map '%s' has room for %u element%s, the exported one has %" PRIu64
				 ".",
				 info->name, info->max_entries, info->max_entries == 1 ? "" : "s",
				 import->count);
	return 0;
}

/* The literals of all entries, one after the other. */
struct filling {
	const struct skep_map_formats *formats;
	unsigned char *keys, *values;
	char *literal;
	size_t literal_size;
};

static const char *literal_of(struct filling *f, struct map_import_span s)
{
	char *literal = f->literal;

	if (s.len >= f->literal_size) {
		literal = realloc(f->literal, s.len + 1);
		if (!literal)
			return NULL;
		f->literal = literal;
		f->literal_size = s.len + 1;
	}
	memcpy(literal, s.at, s.len);
	literal[s.len] = '\0';
	return literal;
}

/* Where a literal is wrong, and why: it may take the BTF that the map had, which the new one has not. */
static int fail_literal(struct skep_error *err, int code, const struct skep_map_import *import,
			const struct skep_map *map, uint64_t entry, const char *what)
{
	if (import->btf_id && !map->info.btf_id && code != -ENOMEM)
		return skep_fail(err, code, SKEP_ERR_INVALID,
				 "entry %" PRIu64 ", %s: written by the BTF of the map, and this "
				 "map has none: write it with export, which is byte by byte, or "
				 "import it into a map made with create --like.",
				 entry, what);
	return skep_wrap(err, code, "entry %" PRIu64 ", %s: ", entry, what);
}

static int read_entry_of(struct filling *f, const struct skep_map *map,
			 const struct skep_map_import *import, uint64_t i, struct skep_error *err)
{
	const struct map_import_entry *e = &import->entries[i];
	const char *literal = literal_of(f, e->key);
	int r;

	if (!literal)
		return skep_fail(err, -ENOMEM, SKEP_ERR_NO_MEMORY, "import a map");
	r = skep_map_formats_parse_key(f->formats, literal, f->keys + i * map->info.key_size, err);
	if (r < 0)
		return fail_literal(err, r, import, map, i + 1, "key");
	literal = literal_of(f, e->value);
	if (!literal)
		return skep_fail(err, -ENOMEM, SKEP_ERR_NO_MEMORY, "import a map");
	r = skep_map_formats_parse_value(f->formats, literal, f->values + i * map->value_bytes,
					 err);
	return r < 0 ? fail_literal(err, r, import, map, i + 1, "value") : 0;
}

int skep_map_import_fill(const struct skep_map_import *import, struct skep_map *map,
			 const struct skep_map_formats *formats, uint64_t flags,
			 struct skep_map_bulk_result *ret_result, struct skep_error *err)
{
	_cleanup_free_ unsigned char *keys = NULL, *values = NULL;
	struct filling f = { .formats = formats };
	uint64_t i;
	int r = check_map(import, map, err);

	if (ret_result)
		*ret_result = (struct skep_map_bulk_result){ 0 };
	if (r < 0)
		return r;
	keys = calloc(import->count + 1, map->info.key_size);
	values = calloc(import->count + 1, map->value_bytes);
	if (!keys || !values)
		return skep_fail(err, -ENOMEM, SKEP_ERR_NO_MEMORY, "import into map '%s'",
				 map->info.name);
	f.keys = keys;
	f.values = values;
	for (i = 0; i < import->count && r == 0; i++)
		r = read_entry_of(&f, map, import, i, err);
	free(f.literal);
	if (r < 0)
		return r;
	return skep_map_update_many(map, keys, values, import->count, flags, ret_result, err);
}
