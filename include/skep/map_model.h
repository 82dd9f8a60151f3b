/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef SKEP_MAP_MODEL_H
#define SKEP_MAP_MODEL_H
/*
 * Models: a map and its elements as JSON, for an API or a bug report.
 *
 *	{"path":"tc/globals/cilium_lxc","cache":[{"key":"1","value":"10","desired-action":"sync"}]}
 *
 * With a cache that keeps values it lists what is wanted; else what the map holds, without the last two members of an
 * element. Elements stand in the order of the bytes of their keys.
 */
#include <skep/base.h>

SKEP_BEGIN

struct skep_error;
struct skep_format;
struct skep_json;
struct skep_map;
struct skep_map_cache;

#define SKEP_MAP_MODEL_FACTS (1u << 0) /* name, type, entries, max-entries, too */

struct skep_map_model_opts {
	size_t sz;                              /* sizeof(struct skep_map_model_opts) */
	uint64_t flags;                         /* SKEP_MAP_MODEL_* */
	const char *path;                       /* NULL: skep_map_path(); "": left out */
	const struct skep_format *key_format;   /* NULL: bytes, in hexadecimal */
	const struct skep_format *value_format; /* of skep_map_value_bytes(); NULL: likewise */
	uint64_t max_listed;                    /* elements listed at most; 0: all */
};

/**
 * skep_map_model_write() - write the model of a map into a document
 * @cache: of that map; NULL: it has none
 * @opts:  NULL for defaults
 * @j:     a document
 * @key:   name of the member, or NULL
 *
 * A list that does not have all elements says so: "truncated" is true, and "error" has the reason if it was one.
 *
 * Return: 0 also then; -EINVAL, -E2BIG @opts, and nothing is written. What fails in @j is told by skep_json_finish().
 * Source: none; the members are those of Cilium's API.
 */
int skep_map_model_write(struct skep_map *map, struct skep_map_cache *cache,
			 const struct skep_map_model_opts *opts, struct skep_json *j,
			 const char *key, struct skep_error *err);

SKEP_END
#endif
