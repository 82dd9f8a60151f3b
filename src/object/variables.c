/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* Global variables, asm constants and tail calls of an object, as they are read. */
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

static int add_tail_call(struct skep_object *o, const char *map, const char *program, uint32_t slot,
			 const char *how, struct skep_error *err)
{
	const struct object_map *m = object_map_of(o, map);
	struct object_tail_call *t;
	size_t i;

	if (!m)
		return object_fail(err, "program '%.64s': %s names map '%.64s', and there is none.",
				   program, how, map);
	if (m->spec.spec.type != SKEP_MAP_TYPE_PROG_ARRAY)
		return object_fail(
			err, "program '%.64s': %s names map '%.64s', which holds no programs.",
			program, how, map);
	if (slot >= m->spec.spec.max_entries)
		return object_fail(
			err, "program '%.64s': %s names slot %u of map '%.64s', which has %u.",
			program, how, slot, map, (unsigned)m->spec.spec.max_entries);
	for (i = 0; i < o->tail_call_count; i++)
		if (o->tail_calls[i].spec.slot == slot && !strcmp(o->tail_calls[i].map, map))
			return object_fail(
				err,
				"programs '%.64s' and '%.64s' are both for slot %u of map "
				"'%.64s'.",
				o->tail_calls[i].program, program, slot, map);
	t = OBJECT_ADD(o->tail_calls, o->tail_call_count);
	if (!t)
		return object_no_memory(err);
	t->map = strdup(map);
	t->program = strdup(program);
	if (!t->map || !t->program)
		return object_no_memory(err);
	t->spec = (struct skep_object_tail_call){ .map = t->map,
						  .program = t->program,
						  .slot = slot };
	return object_changed(o, SKEP_OBJECT_CHANGE_TAIL_CALL, program,
			      "%s puts it into slot %u of map '%s'", how, slot, map) < 0
		       ? object_no_memory(err)
		       : 0;
}

/* iproute2: section "ID/KEY", ID decimal, KEY in any base of C. */
static int parse_section(const char *section, uint32_t *ret_id, uint32_t *ret_slot)
{
	unsigned long id, slot;
	char *end;

	if (*section < '0' || *section > '9')
		return 0;
	errno = 0;
	id = strtoul(section, &end, 10);
	if (errno || *end != '/' || id > UINT32_MAX || end[1] < '0' || end[1] > '9')
		return 0;
	slot = end[1] == '0' && (end[2] == 'b' || end[2] == 'B') ? strtoul(end + 3, &end, 2)
								 : strtoul(end + 1, &end, 0);
	if (errno || *end || slot > UINT32_MAX)
		return 0;
	*ret_id = (uint32_t)id;
	*ret_slot = (uint32_t)slot;
	return 1;
}

static int tail_call_of_section(struct skep_object *o, const struct object_program *p,
				struct skep_error *err)
{
	const struct object_map *m;
	uint32_t id, slot;

	if (!parse_section(p->section, &id, &slot))
		return 0;
	for (m = o->maps; m < o->maps + o->map_count; m++)
		if (m->spec.id == id && id)
			return add_tail_call(o, m->name, p->name, slot, "its section", err);
	return object_fail(err,
			   "program '%.64s': its section is '%.32s', and no map has the id %u.",
			   p->name, p->section, id);
}

/* A tag on the function: "tail:<map>/<slot>". */
static int parse_tag(const char *tag, char map[128], uint32_t *ret_slot)
{
	const char *slash = strrchr(tag, '/');
	size_t len;
	char *end;
	unsigned long slot;

	if (strncmp(tag, OBJECT_TAIL_TAG, strlen(OBJECT_TAIL_TAG)) != 0 || !slash)
		return 0;
	tag += strlen(OBJECT_TAIL_TAG);
	len = slash > tag ? (size_t)(slash - tag) : 0;
	errno = 0;
	slot = strtoul(slash + 1, &end, 0);
	if (!len || len >= 128 || errno || end == slash + 1 || *end || slot > UINT32_MAX)
		return 0;
	memcpy(map, tag, len);
	map[len] = '\0';
	*ret_slot = (uint32_t)slot;
	return 1;
}

static int tail_calls_of_tags(struct skep_object *o, struct skep_error *err)
{
	uint32_t id, slot, count = o->btf ? btf__type_cnt(o->btf) : 1;
	const struct btf_type *t, *function;
	char map[128];
	const char *name;
	int r = 0;

	for (id = 1; id < count && r == 0; id++) {
		t = btf__type_by_id(o->btf, id);
		if (btf_kind(t) != BTF_KIND_DECL_TAG ||
		    !parse_tag(btf__name_by_offset(o->btf, t->name_off), map, &slot))
			continue;
		function = btf__type_by_id(o->btf, t->type);
		name = btf__name_by_offset(o->btf, function->name_off);
		if (btf_is_func(function) && object_program_of(o, name))
			r = add_tail_call(o, map, name, slot, "its tag", err);
	}
	return r;
}

/* A program that is tail-called is of the type of those that call it: of all, if they are of one. */
static void type_tail_calls(struct skep_object *o)
{
	uint32_t type = 0, attach_type = 0;
	const struct object_program *p;
	struct object_program *untyped;
	size_t i;

	for (p = o->programs; p < o->programs + o->program_count; p++) {
		if (!p->spec.type)
			continue;
		if (type && type != p->spec.type)
			return;
		type = p->spec.type;
		attach_type = p->spec.attach_type;
	}
	for (i = 0; i < o->tail_call_count; i++) {
		untyped = object_program_of(o, o->tail_calls[i].program);
		if (untyped && !untyped->spec.type) {
			untyped->spec.type = type;
			untyped->spec.attach_type = attach_type;
		}
	}
}

int object_read_tail_calls(struct skep_object *o, struct skep_error *err)
{
	size_t i;
	int r = 0;

	for (i = 0; i < o->program_count && r == 0; i++)
		r = tail_call_of_section(o, &o->programs[i], err);
	if (r == 0)
		r = tail_calls_of_tags(o, err);
	if (r == 0)
		type_tail_calls(o);
	return r;
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

size_t skep_object_tail_call_count(const struct skep_object *o)
{
	return o->tail_call_count;
}

const struct skep_object_tail_call *skep_object_tail_call_at(const struct skep_object *o,
							     size_t index)
{
	return index < o->tail_call_count ? &o->tail_calls[index].spec : NULL;
}
