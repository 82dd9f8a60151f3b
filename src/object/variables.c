/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* Global variables and asm constants of an object, as they are read. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <skep/error.h>
#include <skep/kabi.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "object/object.h"

/* What BTF says of a variable. Return: the id of its type; 0: it says nothing. */
static uint32_t type_of(const struct skep_object *o, const char *map, const char *name)
{
	int record = o->btf ? btf__find_by_name_kind(o->btf, map, BTF_KIND_DATASEC) : -ENOENT;
	const struct btf_type *t = record > 0 ? btf__type_by_id(o->btf, (uint32_t)record) : NULL;
	const struct btf_type *var;
	uint32_t i;

	for (i = 0; t && i < btf_vlen(t); i++) {
		var = btf__type_by_id(o->btf, btf_var_secinfos(t)[i].type);
		if (btf_is_var(var) && !strcmp(btf__name_by_offset(o->btf, var->name_off), name))
			return var->type;
	}
	return 0;
}

static int add_variable(struct skep_object *o, const struct object_map *m, const char *name)
{
	struct object_variable *v = OBJECT_ADD(o->variables, o->variable_count);

	if (!v)
		return -ENOMEM;
	v->name = strdup(name);
	v->section = m->section_index;
	v->spec.name = v->name;
	v->spec.map = m->name;
	return v->name ? 0 : -ENOMEM;
}

/* A zero for each byte, so that variables of .bss have values that can be edited, too. */
static int give_bytes(struct skep_object *o, const struct object_map *m)
{
	struct object_section *s = &o->elf->sections[m->section_index];

	return s->data ? 0 : object_section_set(o->elf, m->section_index, NULL, s->header.sh_size);
}

static int read_symbol(struct skep_object *o, const struct object_map *m, uint32_t symbol)
{
	const Elf64_Sym *s = &object_symbols(o->elf)[symbol];
	const unsigned type = ELF64_ST_TYPE(s->st_info);
	struct object_variable *v;
	uint64_t size = s->st_size;
	uint32_t type_id;
	int64_t resolved;

	if (s->st_shndx != m->section_index || (type != STT_OBJECT && type != STT_NOTYPE) ||
	    !*object_symbol_name(o->elf, symbol))
		return 0;
	type_id = type_of(o, m->name, object_symbol_name(o->elf, symbol));
	if (!size && type_id) {
		resolved = btf__resolve_size(o->btf, type_id);
		size = resolved > 0 && (uint64_t)resolved <=
					       o->elf->sections[m->section_index].header.sh_size -
						       s->st_value
			       ? (uint64_t)resolved
			       : 0;
	}
	if (!size)
		return 0;
	if (add_variable(o, m, object_symbol_name(o->elf, symbol)) < 0)
		return -ENOMEM;
	v = &o->variables[o->variable_count - 1];
	v->spec.size = size;
	v->spec.offset = (uint32_t)s->st_value;
	v->spec.type_id = type_id;
	v->spec.is_static = ELF64_ST_BIND(s->st_info) == STB_LOCAL;
	v->spec.data = o->elf->sections[m->section_index].data + s->st_value;
	return 0;
}

static int read_kconfig(struct skep_object *o, const struct object_map *m)
{
	int record = btf__find_by_name_kind(o->btf, m->name, BTF_KIND_DATASEC);
	const struct btf_type *t = btf__type_by_id(o->btf, (uint32_t)record), *var;
	struct object_variable *v;
	int64_t size;
	uint32_t i;

	for (i = 0; i < btf_vlen(t); i++) {
		var = btf__type_by_id(o->btf, btf_var_secinfos(t)[i].type);
		if (!btf_is_var(var))
			continue;
		size = btf__resolve_size(o->btf, var->type);
		if (add_variable(o, m, btf__name_by_offset(o->btf, var->name_off)) < 0)
			return -ENOMEM;
		v = &o->variables[o->variable_count - 1];
		v->spec.type_id = var->type;
		v->spec.size = size > 0 ? (uint64_t)size : 0;
		v->spec.offset = btf_var_secinfos(t)[i].offset;
	}
	return 0;
}

static int read_section(struct skep_object *o, const struct object_map *m)
{
	uint32_t i;
	int r = 0;

	if (m->spec.kind == SKEP_OBJECT_MAP_KCONFIG)
		return read_kconfig(o, m);
	if (m->spec.kind != SKEP_OBJECT_MAP_DATA && m->spec.kind != SKEP_OBJECT_MAP_RODATA &&
	    m->spec.kind != SKEP_OBJECT_MAP_BSS)
		return 0;
	if (give_bytes(o, m) < 0)
		return -ENOMEM;
	for (i = 1; i < o->elf->symbol_count && r == 0; i++)
		r = read_symbol(o, m, i);
	return r;
}

int object_read_variables(struct skep_object *o, struct skep_error *err)
{
	size_t i;

	for (i = 0; i < o->map_count; i++)
		if (read_section(o, &o->maps[i]) < 0)
			return object_no_memory(err);
	return 0;
}

size_t skep_object_variable_count(const struct skep_object *o)
{
	return o->variable_count;
}

const struct skep_object_variable *skep_object_variable_at(const struct skep_object *o,
							   size_t index)
{
	return index < o->variable_count ? &o->variables[index].spec : NULL;
}

struct object_variable *object_variable_of(const struct skep_object *o, const char *name)
{
	size_t i;

	for (i = 0; i < o->variable_count; i++)
		if (!strcmp(o->variables[i].name, name))
			return &o->variables[i];
	return NULL;
}

const struct skep_object_variable *skep_object_variable_find(const struct skep_object *o,
							     const char *name)
{
	const struct object_variable *v = object_variable_of(o, name);

	return v ? &v->spec : NULL;
}

size_t skep_object_constant_count(const struct skep_object *o)
{
	return o->constant_count;
}

const struct skep_object_constant *skep_object_constant_at(const struct skep_object *o,
							   size_t index)
{
	return index < o->constant_count ? &o->constants[index].spec : NULL;
}
