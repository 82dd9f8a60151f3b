/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* Maps of an object: those that its author defined, and those that its variables live in. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <skep/error.h>
#include <skep/kabi.h>

#include "base/error.h"
#include "object/map_def.h"
#include "object/object.h"

#define INNER_NAME "inner"

static int begins(const char *name, const char *prefix)
{
	size_t len = strlen(prefix);

	return !strncmp(name, prefix, len) && (!name[len] || name[len] == '.');
}

/* Return: the map of a name, of those that normalisation has something to say of, or a new one; NULL: out of memory. */
static struct object_map *map_called(struct skep_object *o, const char *name, const char *section)
{
	struct object_map *m = object_map_of(o, name);

	if (m)
		return m;
	m = OBJECT_ADD(o->maps, o->map_count);
	if (!m)
		return NULL;
	m->name = strdup(name);
	m->section = strdup(section);
	m->inner_slot = UINT32_MAX;
	if (!m->name || !m->section)
		return NULL;
	return m;
}

static void spec_of(const struct object_map_def *def, const char *name, struct skep_map_spec *spec)
{
	*spec = (struct skep_map_spec){
		.sz = sizeof(*spec),
		.name = name,
		.type = def->type,
		.key_size = def->key_size,
		.value_size = def->value_size,
		.max_entries = def->max_entries,
		.flags = def->map_flags | (object_map_def_has(def, OBJECT_MAP_MEMBER_NUMA_NODE)
						   ? SKEP_MAP_FLAG_NUMA_NODE
						   : 0),
		.map_extra = def->map_extra,
		.numa_node = def->numa_node,
		.btf_key_type_id = def->key_type,
		.btf_value_type_id = def->value_type,
	};
}

static uint32_t symbol_called(const struct object_elf *elf, uint32_t section, const char *name)
{
	const Elf64_Sym *s = object_symbols(elf);
	uint32_t i;

	for (i = 1; i < elf->symbol_count; i++)
		if (s[i].st_shndx == section && ELF64_ST_TYPE(s[i].st_info) != STT_SECTION &&
		    !strcmp(object_symbol_name(elf, i), name))
			return i;
	return 0;
}

static int read_inner(struct skep_object *o, struct object_map *m, const struct object_map_def *def,
		      struct skep_error *err)
{
	struct object_map_def inner;
	const struct btf_type *t;
	int r;

	if (!skep_map_type_is_map_of_maps(def->type))
		return 0;
	if (object_map_def_has(def, OBJECT_MAP_MEMBER_VALUES)) {
		t = btf__type_by_id(o->btf, def->values_type);
		if (!btf_is_struct(t))
			return object_fail(err, "map '%.64s': its values are no maps.", m->name);
		r = object_map_def_parse(o->btf, def->values_type, m->name, &inner, err);
		if (r < 0)
			return r;
		spec_of(&inner, INNER_NAME, &m->inner);
	} else {
		m->inner = (struct skep_map_spec){ .sz = sizeof(m->inner),
						   .name = INNER_NAME,
						   .type = SKEP_MAP_TYPE_HASH,
						   .key_size = 4,
						   .value_size = 8,
						   .max_entries = 1 };
		m->spec.guessed_inner = 1;
		m->inner_is_edited = 1;
		if (object_changed(
			    o, SKEP_OBJECT_CHANGE_INNER_MAP, m->name,
			    "it does not say what its inner maps are like: hash, keys of 4 and "
			    "values of 8 bytes are a guess") < 0)
			return object_no_memory(err);
	}
	return 0;
}

static int read_map(struct skep_object *o, uint32_t section, uint32_t var_id,
		    struct skep_error *err)
{
	const struct btf_type *var = btf__type_by_id(o->btf, var_id);
	const char *name = btf__name_by_offset(o->btf, var->name_off);
	struct object_map_def def;
	struct object_map *m;
	int r;

	if (!*name)
		return object_fail(err, "section .maps: a map in it has no name.");
	r = object_map_def_parse(o->btf, var->type, name, &def, err);
	if (r < 0)
		return r;
	if (!object_map_def_has(&def, OBJECT_MAP_MEMBER_TYPE))
		return object_fail(err, "map '%.64s': it does not say its type.", name);
	m = map_called(o, name, ".maps");
	if (!m)
		return object_no_memory(err);
	if (m->section_index)
		return object_fail(err, "two maps are called '%.64s'.", name);
	spec_of(&def, m->name, &m->spec.spec);
	m->spec.section = m->section;
	if (!m->spec.pinning)
		m->spec.pinning = def.pinning;
	m->section_index = section;
	m->var_id = var_id;
	m->symbol = symbol_called(o->elf, section, m->name);
	if (!m->symbol)
		return object_fail(err, "map '%.64s': BTF has it, and no symbol does.", m->name);
	return read_inner(o, m, &def, err);
}

static int read_defined(struct skep_object *o, struct skep_error *err)
{
	uint32_t section = object_section_find(o->elf, ".maps"), i, count;
	int record = o->btf ? btf__find_by_name_kind(o->btf, ".maps", BTF_KIND_DATASEC) : -ENOENT;
	int r = 0;

	if (!section || !o->elf->sections[section].header.sh_size)
		return 0;
	if (record < 0)
		return object_fail(
			err, "section .maps: no BTF says what is in it (was it compiled without "
			     "-g?).");
	count = btf_vlen(btf__type_by_id(o->btf, (uint32_t)record));
	for (i = 0; i < count && r == 0; i++)
		r = read_map(o, section,
			     btf_var_secinfos(btf__type_by_id(o->btf, (uint32_t)record))[i].type,
			     err);
	return r;
}

static uint32_t kind_of_section(const char *name)
{
	if (begins(name, ".data"))
		return SKEP_OBJECT_MAP_DATA;
	if (begins(name, ".rodata"))
		return SKEP_OBJECT_MAP_RODATA;
	if (begins(name, ".bss"))
		return SKEP_OBJECT_MAP_BSS;
	return SKEP_OBJECT_MAP_DEFINED;
}

/* The map that variables of a section live in, as libbpf makes it. */
static int add_data_map(struct skep_object *o, const char *section, uint32_t index, uint32_t kind,
			uint64_t size)
{
	const int read_only = kind == SKEP_OBJECT_MAP_RODATA || kind == SKEP_OBJECT_MAP_KCONFIG;
	struct object_map *m = map_called(o, section, section);

	if (!m)
		return -ENOMEM;
	m->section_index = index;
	m->spec.kind = kind;
	m->spec.section = m->section;
	m->spec.frozen = read_only;
	m->spec.spec = (struct skep_map_spec){
		.sz = sizeof(m->spec.spec),
		.name = m->name,
		.type = SKEP_MAP_TYPE_ARRAY,
		.key_size = 4,
		.value_size = size,
		.max_entries = 1,
		.flags = SKEP_MAP_FLAG_MMAPABLE | (read_only ? SKEP_MAP_FLAG_RDONLY_PROG : 0),
	};
	return 0;
}

static int read_data(struct skep_object *o)
{
	const Elf64_Shdr *h;
	uint32_t i, kind;

	for (i = 1; i < o->elf->section_count; i++) {
		h = &o->elf->sections[i].header;
		kind = kind_of_section(object_section_name(o->elf, i));
		if (!h->sh_size || kind == SKEP_OBJECT_MAP_DEFINED ||
		    h->sh_type != (kind == SKEP_OBJECT_MAP_BSS ? SHT_NOBITS : SHT_PROGBITS))
			continue;
		if (add_data_map(o, object_section_name(o->elf, i), i, kind, h->sh_size) < 0)
			return -ENOMEM;
	}
	return 0;
}

static int read_kconfig(struct skep_object *o)
{
	int record =
		o->btf ? btf__find_by_name_kind(o->btf, ".kconfig", BTF_KIND_DATASEC) : -ENOENT;

	if (record < 0)
		return 0;
	return add_data_map(o, ".kconfig", 0, SKEP_OBJECT_MAP_KCONFIG,
			    btf__type_by_id(o->btf, (uint32_t)record)->size);
}

static const char *const struct_ops_sections[] = { ".struct_ops", ".struct_ops.link",
						   "?.struct_ops", "?.struct_ops.link" };

static int read_struct_ops_of(struct skep_object *o, const char *section)
{
	int record = o->btf ? btf__find_by_name_kind(o->btf, section, BTF_KIND_DATASEC) : -ENOENT;
	const struct btf_type *var;
	struct object_map *m;
	uint32_t i, count;

	if (record < 0)
		return 0;
	count = btf_vlen(btf__type_by_id(o->btf, (uint32_t)record));
	for (i = 0; i < count; i++) {
		var = btf__type_by_id(
			o->btf,
			btf_var_secinfos(btf__type_by_id(o->btf, (uint32_t)record))[i].type);
		m = map_called(o, btf__name_by_offset(o->btf, var->name_off), section);
		if (!m)
			return -ENOMEM;
		m->spec.kind = SKEP_OBJECT_MAP_STRUCT_OPS;
		m->spec.section = m->section;
		m->spec.excluded = *section == '?';
		m->spec.spec = (struct skep_map_spec){ .sz = sizeof(m->spec.spec),
						       .name = m->name,
						       .type = SKEP_MAP_TYPE_STRUCT_OPS,
						       .key_size = 4,
						       .max_entries = 1 };
	}
	return 0;
}

int object_read_maps(struct skep_object *o, struct skep_error *err)
{
	struct object_map *m;
	size_t i;
	int r = read_defined(o, err);

	if (r < 0)
		return r;
	r = read_data(o);
	if (r == 0)
		r = read_kconfig(o);
	for (i = 0; i < sizeof(struct_ops_sections) / sizeof(*struct_ops_sections) && r == 0; i++)
		r = read_struct_ops_of(o, struct_ops_sections[i]);
	if (r < 0)
		return object_no_memory(err);
	for (m = o->maps; m < o->maps + o->map_count; m++) {
		if (!m->spec.spec.sz)
			return object_fail(err, "map '%.64s': section .maps does not have it.",
					   m->name);
		if (m->inner.sz) /* the array does not move any more */
			m->spec.spec.inner = &m->inner;
	}
	return 0;
}

size_t skep_object_map_count(const struct skep_object *o)
{
	return o->map_count;
}

const struct skep_object_map *skep_object_map_at(const struct skep_object *o, size_t index)
{
	return index < o->map_count ? &o->maps[index].spec : NULL;
}

struct object_map *object_map_of(const struct skep_object *o, const char *name)
{
	size_t i;

	for (i = 0; i < o->map_count; i++)
		if (o->maps[i].name && !strcmp(o->maps[i].name, name))
			return &o->maps[i];
	return NULL;
}

const struct skep_object_map *skep_object_map_find(const struct skep_object *o, const char *name)
{
	const struct object_map *m = object_map_of(o, name);

	return m ? &m->spec : NULL;
}

struct object_map *object_map_at(const struct skep_object *o, uint32_t section, uint64_t at)
{
	const Elf64_Sym *s = object_symbols(o->elf);
	size_t i;

	for (i = 0; i < o->map_count; i++) {
		if (o->maps[i].section_index != section || !section)
			continue;
		if (!o->maps[i].symbol || s[o->maps[i].symbol].st_value == at)
			return &o->maps[i];
	}
	return NULL;
}

int object_need_map(const struct skep_object *o, const char *name, struct object_map **ret_map,
		    struct skep_error *err)
{
	struct object_map *m = object_map_of(o, name);

	if (!m)
		return skep_fail(err, -ENOENT, SKEP_ERR_NO_MAP, "%s: it has no map '%s'.", o->name,
				 name);
	*ret_map = m;
	return 0;
}
