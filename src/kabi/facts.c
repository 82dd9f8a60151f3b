/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include <skep/kabi_facts.h>

#include <skep/kabi/attach_type.h>
#include <skep/kabi_privilege.h>

#include "base/cleanup.h"

/* The words of the last columns of map_type.def. */
enum {
	PERCPU = SKEP_MAP_FACT_PERCPU,
	INDEXED = SKEP_MAP_FACT_INDEXED,
	KEYLESS = SKEP_MAP_FACT_KEYLESS,
	STORAGE = SKEP_MAP_FACT_STORAGE,
	FDS = SKEP_MAP_FACT_FDS,
	MAPS = SKEP_MAP_FACT_MAPS,
	MMAPABLE = SKEP_MAP_FACT_MMAPABLE,
	NETWORK = SKEP_MAP_FACT_NETWORK,
	FULL = SKEP_MAP_FACT_FULL,
	BATCH_LOOKUP = SKEP_MAP_BATCH_LOOKUP,
	BATCH_UPDATE = SKEP_MAP_BATCH_UPDATE,
	BATCH_DELETE = SKEP_MAP_BATCH_DELETE,
	BATCH_ALL = BATCH_LOOKUP | BATCH_UPDATE | BATCH_DELETE | SKEP_MAP_BATCH_TAKE,
};

/* An alias repeats what the row before it says. */
static const struct map_type {
	uint32_t type, memory, batch, facts;
} map_types[] = {
#define SKEP_KABI_ROW(id, number, macro, name, title, major, minor, memory, batch, facts) \
	{ number, SKEP_MAP_MEMORY_##memory, batch, facts },
#include "kabi/map_type.def"
#undef SKEP_KABI_ROW
};

static const struct prog_type {
	uint32_t type, operation, attach_type;
} prog_types[] = {
#define SKEP_KABI_ROW(id, number, macro, name, title, major, minor, needs, attach_type) \
	{ number, SKEP_OPERATION_PROG_LOAD_##needs, attach_type },
#include "kabi/prog_type.def"
#undef SKEP_KABI_ROW
};

static const struct map_type *map_type(uint32_t type)
{
	static const struct map_type unknown;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(map_types); i++)
		if (map_types[i].type == type)
			return &map_types[i];
	return &unknown;
}

static const struct prog_type *prog_type(uint32_t type)
{
	static const struct prog_type unknown = { .operation = SKEP_OPERATION_PROG_LOAD_PLAIN };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(prog_types); i++)
		if (prog_types[i].type == type)
			return &prog_types[i];
	return &unknown;
}

uint32_t skep_map_type_facts(uint32_t type)
{
	return map_type(type)->facts;
}

uint32_t skep_map_type_batch(uint32_t type)
{
	return map_type(type)->batch;
}

uint32_t skep_map_type_memory(uint32_t type)
{
	return map_type(type)->memory;
}

uint64_t skep_map_type_capabilities(uint32_t type)
{
	return skep_operation_capabilities(skep_map_type_facts(type) & NETWORK
						   ? SKEP_OPERATION_MAP_CREATE_NETWORK
						   : SKEP_OPERATION_MAP_CREATE);
}

uint32_t skep_prog_type_attach_type(uint32_t type)
{
	return prog_type(type)->attach_type;
}

uint64_t skep_prog_type_capabilities(uint32_t type)
{
	return skep_operation_capabilities(prog_type(type)->operation);
}
