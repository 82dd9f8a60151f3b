/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef SKEP_MAP_EXPORT_H
#define SKEP_MAP_EXPORT_H
/*
 * A map as JSON, and a map from that JSON.
 *
 *	{
 *	  "schema": "skep.map.export", "version": 1,
 *	  "map": {
 *	    "id": 12, "name": "flows", "type": "hash", "key_size": 4, "value_size": 8, "max_entries": 1000,
 *	    "flags": 1, "flag_names": ["no_prealloc"], "map_extra": 0, "ifindex": 0,
 *	    "btf_id": 7, "btf_key_type_id": 1, "btf_value_type_id": 2
 *	  },
 *	  "entries": [ { "key": "hex:0a000001", "value": "hex:0100000000000000" } ],
 *	  "complete": true
 *	}
 *
 * The members of "map" that describe it (from "type" to "map_extra") are what it takes to make such a map again; ids are
 * there to know it by. Keys and values are as their format writes them: as bytes they are exact, by BTF they are without
 * what stands in padding. An import takes either, and passes over members that it does not know.
 */
#include <skep/base.h>
#include <skep/map_bulk.h>
#include <skep/map_spec.h>

SKEP_BEGIN

struct skep_error;
struct skep_json;
struct skep_map;
struct skep_map_dump_stats;
struct skep_map_formats;
struct skep_map_import;

/**
 * skep_map_json() - what a map is, as the object "map" of the document above
 * @j:   a document
 * @key: name of the member, or NULL
 *
 * Source: bpf(2) BPF_OBJ_GET_INFO_BY_FD.
 */
void skep_map_json(const struct skep_map *map, struct skep_json *j, const char *key);

/**
 * skep_map_entries_json() - all elements, as the array "entries" of the document above
 * @formats:   of this map
 * @j:         a document; it is written while the map is walked, and nothing is kept in memory
 * @key:       name of the member, or NULL
 * @ret_stats: also after a failure; NULL: not wanted
 *
 * The array is closed in any case: after a failure it is not complete. Where reading fails at once, it is empty.
 *
 * Return: 0; as skep_map_dump(); what failed in @j.
 * Source: skep_map_dump().
 */
int skep_map_entries_json(struct skep_map *map, const struct skep_map_formats *formats,
			  struct skep_json *j, const char *key,
			  struct skep_map_dump_stats *ret_stats, struct skep_error *err);

/**
 * skep_map_import_new() - read a document
 * @text:       one document as above; borrowed until skep_map_import_free()
 * @bytes:      of @text
 * @ret_import: owned by the caller, skep_map_import_free()
 *
 * Keys and values are read when they are needed: that takes the formats of a map.
 *
 * Return: 0; -EINVAL not JSON, or no such document, or "complete" is false: @err has the place; -ENOMEM.
 * Source: RFC 8259; the document above.
 */
int skep_map_import_new(const char *text, size_t bytes, struct skep_map_import **ret_import,
			struct skep_error *err);

/** skep_map_import_free() - release what was read, or NULL. Return: NULL. */
struct skep_map_import *skep_map_import_free(struct skep_map_import *import);

/** skep_map_import_spec() - Return: what makes such a map, without BTF; borrowed until skep_map_import_free(). */
const struct skep_map_spec *skep_map_import_spec(const struct skep_map_import *import);

/** skep_map_import_count() - Return: elements in the document. */
uint64_t skep_map_import_count(const struct skep_map_import *import);

/**
 * skep_map_import_fill() - put the elements into a map
 * @import:     a document
 * @map:        as the exported one was: of the same type and sizes
 * @formats:    of @map; by them keys and values are read
 * @flags:      SKEP_UPDATE_FLAG_* for each
 * @ret_result: also after a failure; NULL: not wanted
 *
 * All of the document is read before the map is changed.
 *
 * Return: 0; before anything was changed: -EMEDIUMTYPE @map has another type or other sizes, -ENOSPC fewer elements than the
 *         document, -EOPNOTSUPP its values are maps or programs, whose ids mean nothing elsewhere, -EINVAL a key or a
 *         value is none: @err has its number and column, -ENOMEM; else as skep_map_update_many(), and the other elements
 *         have been tried.
 * Source: bpf(2) BPF_MAP_UPDATE_BATCH.
 */
int skep_map_import_fill(const struct skep_map_import *import, struct skep_map *map,
			 const struct skep_map_formats *formats, uint64_t flags,
			 struct skep_map_bulk_result *ret_result, struct skep_error *err);

SKEP_DEFINE_CLEANUP(struct skep_map_import, skep_map_import_free) /* skep_map_import_freep() */
SKEP_END
#endif
