/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef MAP_RENAME_H
#define MAP_RENAME_H
/* Lists of renamed fields: "value.bytes=octets, key.addr=address, value.spare=" */
#include <stddef.h>
#include <stdint.h>

struct skep_error;

struct map_rename {
	const char *path; /* "value.bytes" */
	const char *name; /* the new one; "": the field is given up */
	int used;
};

struct map_renames {
	struct map_rename *renames;
	uint32_t count;
	char *text; /* what they point into */
};

#define MAP_RENAMES 1024u

/* @text: NULL: none. Return: 0; -EINVAL, and @err has the column; -ENOMEM. */
int map_renames_parse(const char *text, struct map_renames *ret, struct skep_error *err);
void map_renames_fini(struct map_renames *r);

/* Return: the rename of a path; NULL: none. */
struct map_rename *map_renames_find(const struct map_renames *r, const char *path);

/* The same, and it is used now. */
const struct map_rename *map_renames_use(struct map_renames *r, const char *path);

#endif
