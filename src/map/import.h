/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef MAP_IMPORT_H
#define MAP_IMPORT_H
/* An exported map that has been read: keys and values are as they are written there. */
#include <skep/map_export.h>

#define MAP_IMPORT_NAME 64

/* A part of the document. */
struct map_import_span {
	const char *at;
	size_t len;
};

struct map_import_entry {
	struct map_import_span key, value;
};

struct skep_map_import {
	struct skep_map_spec spec;
	char name[MAP_IMPORT_NAME];
	uint64_t btf_id; /* that the map had when it was exported; 0: none */
	struct map_import_entry *entries;
	uint64_t count, room;
	int has_map, has_entries;
};

#endif
