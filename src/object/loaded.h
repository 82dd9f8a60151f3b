/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef OBJECT_LOADED_H
#define OBJECT_LOADED_H
/* What a table of loaded programs and maps is made of. */
#include <skep/loaded.h>

#include "base/name_index.h"

struct skep_map;

struct loaded_program {
	struct skep_loaded_program spec;
	char *name, *section, *target;
	uint64_t load_time_ns, verified_insns; /* as the kernel has them; 0: it does not say */
};

struct loaded_map {
	struct skep_loaded_map spec;
	char *name;
	struct skep_map *own; /* also after it was taken: it may wait for its name */
	void *value; /* of a table of functions, to be registered; NULL: none, or not known */
	size_t value_size;
};

struct skep_loaded {
	struct loaded_program *programs;
	size_t program_count;
	struct name_index program_index;
	struct loaded_map *maps;
	size_t map_count;
};

/* Adds to the table. @fd is duplicated; @map is taken, also on failure. Return: 0; a negative errno. */
int loaded_add_program(struct skep_loaded *loaded, const char *name, const char *section,
		       const char *target, int fd, struct skep_error *err);
int loaded_add_map(struct skep_loaded *loaded, const char *name, struct skep_map *map,
		   uint32_t kind, int created, struct skep_error *err);

#endif
