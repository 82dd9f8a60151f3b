/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* Definitions in section .maps that the kernel, or libbpf, would refuse. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <skep/kabi.h>
#include <skep/map_spec.h>

#include "object/map_def.h"
#include "object/normalise.h"
#include "object/object.h"

#define BIT(member) (1u << OBJECT_MAP_MEMBER_##member)
#define SIZES (BIT(KEY) | BIT(KEY_SIZE) | BIT(VALUE) | BIT(VALUE_SIZE))
#define FD_SIZE 4u

struct repair {
	uint32_t drop, set; /* members */
};

static int repair_ring(struct skep_object *o, const char *name, struct object_map_def *def,
		       struct repair *repair)
{
	const struct skep_map_spec spec = { .sz = sizeof(spec),
					    .type = def->type,
					    .max_entries = def->max_entries };
	struct skep_map_spec made;

	if (def->has & SIZES) {
		repair->drop |= SIZES;
		if (object_changed(o, SKEP_OBJECT_CHANGE_RING_TYPES, name,
				   "its types and sizes of keys and values were dropped") < 0)
			return -ENOMEM;
	}
	if (!def->max_entries || skep_map_spec_normalise(&spec, &made, NULL) < 0 ||
	    made.max_entries == def->max_entries)
		return 0;
	if (object_changed(o, SKEP_OBJECT_CHANGE_RING_SIZE, name, "%u bytes became %llu",
			   def->max_entries, (unsigned long long)made.max_entries) < 0)
		return -ENOMEM;
	def->max_entries = (uint32_t)made.max_entries;
	repair->set |= BIT(MAX_ENTRIES);
	return 0;
}

/* Arrays whose values are fds: whatever the author says that they stand for. */
static int repair_fd_array(struct skep_object *o, const char *name, struct object_map_def *def,
			   struct repair *repair)
{
	if ((!(def->has & (BIT(KEY) | BIT(KEY_SIZE))) || def->key_size == FD_SIZE) &&
	    (!(def->has & (BIT(VALUE) | BIT(VALUE_SIZE))) || def->value_size == FD_SIZE))
		return 0;
	if (object_changed(o, SKEP_OBJECT_CHANGE_PERF_TYPES, name,
			   "keys of %u and values of %u bytes became 4 and 4", def->key_size,
			   def->value_size) < 0)
		return -ENOMEM;
	def->key_size = def->value_size = FD_SIZE;
	if (def->has & (BIT(KEY) | BIT(KEY_SIZE)))
		repair->set |= BIT(KEY_SIZE);
	if (def->has & (BIT(VALUE) | BIT(VALUE_SIZE)))
		repair->set |= BIT(VALUE_SIZE);
	return 0;
}

static int repair_pinning(struct skep_object *o, const char *name, struct object_map_def *def,
			  struct repair *repair)
{
	struct object_map *map;

	if (def->pinning <= SKEP_OBJECT_PINNING_BY_NAME)
		return 0;
	map = object_map_of(o, name);
	if (!map) {
		map = OBJECT_ADD(o->maps, o->map_count);
		if (!map)
			return -ENOMEM;
		map->name = strdup(name);
		map->section = strdup(".maps");
		map->inner_slot = UINT32_MAX;
		if (!map->name || !map->section)
			return -ENOMEM;
	}
	map->spec.pinning = def->pinning;
	if (object_changed(o, SKEP_OBJECT_CHANGE_PIN_MODE, name,
			   "mode %u of pinning became 1, by name", def->pinning) < 0)
		return -ENOMEM;
	def->pinning = SKEP_OBJECT_PINNING_BY_NAME;
	repair->set |= BIT(PINNING);
	return 0;
}

/* libbpf looks for maps among global symbols. */
static int make_global(struct skep_object *o, uint32_t var_id)
{
	const uint32_t section = object_section_find(o->elf, ".maps");
	Elf64_Sym *s = object_symbols(o->elf);
	struct btf_type *var;
	const char *name;
	uint32_t i;

	if (object_change_btf(o) < 0)
		return -ENOMEM;
	var = (struct btf_type *)btf__type_by_id(o->btf, var_id);
	name = btf__name_by_offset(o->btf, var->name_off);
	for (i = 1; i < o->elf->symbol_count; i++)
		if (s[i].st_shndx == section && ELF64_ST_TYPE(s[i].st_info) != STT_SECTION &&
		    !strcmp(object_symbol_name(o->elf, i), name))
			s[i].st_info = ELF64_ST_INFO(STB_GLOBAL, STT_OBJECT);
	btf_var(var)->linkage = BTF_VAR_GLOBAL_ALLOCATED;
	return object_changed(o, SKEP_OBJECT_CHANGE_STATIC_REFERENCE, name,
			      "the static map became global");
}

static int repair_map(struct skep_object *o, uint32_t var_id, struct skep_error *err)
{
	const struct btf_type *var = btf__type_by_id(o->btf, var_id);
	const char *name = btf__name_by_offset(o->btf, var->name_off);
	struct object_map_def def;
	struct repair repair = { 0 };
	int id, r, is_static;

	if (!btf_is_var(var))
		return object_fail(err, "section .maps has something that is no variable.");
	r = object_map_def_parse(o->btf, var->type, name, &def, err);
	if (r < 0)
		return r;
	if (def.type == SKEP_MAP_TYPE_RINGBUF || def.type == SKEP_MAP_TYPE_USER_RINGBUF)
		r = repair_ring(o, name, &def, &repair);
	else if (def.type == SKEP_MAP_TYPE_PERF_EVENT_ARRAY ||
		 def.type == SKEP_MAP_TYPE_CGROUP_ARRAY)
		r = repair_fd_array(o, name, &def, &repair);
	if (r == 0)
		r = repair_pinning(o, name, &def, &repair);
	is_static = btf_var(var)->linkage == BTF_VAR_STATIC;
	if (r == 0 && is_static)
		r = make_global(o, var_id);
	if (r < 0)
		return object_no_memory(err);
	if (!repair.drop && !repair.set)
		return 0;
	o->btf_is_ahead = 1;
	id = object_map_def_change(o->btf, btf__type_by_id(o->btf, var_id)->type, &def, repair.drop,
				   repair.set);
	if (id < 0)
		return object_no_memory(err);
	((struct btf_type *)btf__type_by_id(o->btf, var_id))->type = (uint32_t)id;
	return 0;
}

int object_normalise_maps(struct skep_object *o, struct skep_error *err)
{
	int record = o->btf ? btf__find_by_name_kind(o->btf, ".maps", BTF_KIND_DATASEC) : -ENOENT;
	uint32_t i, count;
	int r = 0;

	if (record < 0)
		return 0;
	count = btf_vlen(btf__type_by_id(o->btf, (uint32_t)record));
	for (i = 0; i < count && r == 0; i++)
		r = repair_map(o,
			       btf_var_secinfos(btf__type_by_id(o->btf, (uint32_t)record))[i].type,
			       err);
	return r;
}
