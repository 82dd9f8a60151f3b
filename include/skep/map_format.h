/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef SKEP_MAP_FORMAT_H
#define SKEP_MAP_FORMAT_H
/*
 * How the keys and values of a map are written and read, found out from the map: by the words of the caller, by its BTF,
 * by its type, and as bytes where nothing is known.
 *
 * Threads: as formats, they do not change.
 */
#include <skep/base.h>

SKEP_BEGIN

struct skep_error;
struct skep_format;
struct skep_map;
struct skep_map_formats;

#define SKEP_MAP_FORMATS_BYTES (1u << 0) /* neither by BTF nor by type: hex:0a000001, exactly */

struct skep_map_formats_opts {
	size_t sz;         /* sizeof(struct skep_map_formats_opts) */
	uint64_t flags;    /* SKEP_MAP_FORMATS_* */
	const char *key;   /* words as of skep_format_new_words(); NULL: none */
	const char *value; /* likewise, for the value of one CPU */
};

/* Where a format comes from. */
enum skep_map_format_source {
	SKEP_MAP_FORMAT_NONE = 0,  /* there is nothing to write: no key */
	SKEP_MAP_FORMAT_WORDS = 1, /* the caller */
	SKEP_MAP_FORMAT_BTF = 2,   /* the BTF of the map */
	SKEP_MAP_FORMAT_TYPE =
		3, /* its type: indexes of arrays, prefixes of LPM tries, ids of maps and programs */
	SKEP_MAP_FORMAT_BYTES = 4, /* nothing is known */
};

/**
 * skep_map_formats_new() - the formats of a map
 * @map:         not needed afterwards
 * @opts:        NULL for defaults
 * @ret_formats: owned by the caller, skep_map_formats_free()
 *
 * Return: 0; -EINVAL the words are no format, or not of the size of the map; -ENOMEM; -E2BIG newer @opts; else a negative
 *         errno. A BTF that cannot be read is no failure: skep_map_formats_btf().
 * Source: bpf(2) BPF_BTF_GET_FD_BY_ID; <skep/format.h>.
 */
int skep_map_formats_new(const struct skep_map *map, const struct skep_map_formats_opts *opts,
			 struct skep_map_formats **ret_formats, struct skep_error *err);

/** skep_map_formats_free() - release formats, or NULL. Return: NULL. */
struct skep_map_formats *skep_map_formats_free(struct skep_map_formats *formats);

/** skep_map_formats_key() - Return: borrowed until skep_map_formats_free(); NULL: the map has no keys. */
const struct skep_format *skep_map_formats_key(const struct skep_map_formats *formats);

/**
 * skep_map_formats_value() - the format of what a look-up returns
 *
 * Return: of skep_map_value_bytes(), that is, of a per-CPU map for all CPUs; borrowed until skep_map_formats_free();
 *         NULL: the map has no values to read.
 * Source: skep_map_formats_new().
 */
const struct skep_format *skep_map_formats_value(const struct skep_map_formats *formats);

/** skep_map_formats_key_source() - Return: enum skep_map_format_source. */
uint32_t skep_map_formats_key_source(const struct skep_map_formats *formats);

/** skep_map_formats_value_source() - Return: enum skep_map_format_source. */
uint32_t skep_map_formats_value_source(const struct skep_map_formats *formats);

/**
 * skep_map_formats_btf() - could the BTF of the map be read
 *
 * Return: 1 it is used; 0 there is none, or none was wanted; a negative errno: there is one, and it could not be read:
 *         -EPERM needs CAP_SYS_ADMIN.
 * Source: skep_map_formats_new().
 */
int skep_map_formats_btf(const struct skep_map_formats *formats);

/**
 * skep_map_formats_parse_key() - read the literal of a key
 * @text:    as of skep_format_parse(). Where nothing is known of the key, what it looks like decides: 7 for 1, 2, 4 and 8
 *           bytes, in the order of this machine; 10.0.0.1, fd00::1, aa:bb:cc:dd:ee:ff and 10.0.0.0/8 for as many bytes as
 *           they have; "text", ended by zeros; else hexadecimal digits
 * @ret_key: skep_map_key_size() bytes; untouched on failure
 *
 * Return: as skep_format_parse(): the words begin with "column N: "; -EOPNOTSUPP the map has no keys.
 * Source: skep_format_parse().
 */
int skep_map_formats_parse_key(const struct skep_map_formats *formats, const char *text,
			       void *ret_key, struct skep_error *err);

/**
 * skep_map_formats_parse_value() - read the literal of a value
 * @text:      as for skep_map_formats_parse_key(); of a per-CPU map one value is that of all CPUs
 * @ret_value: skep_map_value_bytes() bytes; untouched on failure
 *
 * Return: as skep_map_formats_parse_key().
 * Source: skep_format_parse().
 */
int skep_map_formats_parse_value(const struct skep_map_formats *formats, const char *text,
				 void *ret_value, struct skep_error *err);

SKEP_DEFINE_CLEANUP(struct skep_map_formats, skep_map_formats_free) /* skep_map_formats_freep() */
SKEP_END
#endif
