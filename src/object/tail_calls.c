/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* Programs that belong into slots of arrays of programs: by the name of their section, by a tag, by .values. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <skep/error.h>
#include <skep/kabi.h>

#include "base/error.h"
#include "object/map_def.h"
#include "object/object.h"

#define VALUE_BYTES 8u /* of an element of .values, in the definition of a map */

static struct object_tail_call *record(struct skep_object *o, const char *map, const char *program,
				       uint32_t slot)
{
	struct object_tail_call *t = OBJECT_ADD(o->tail_calls, o->tail_call_count);

	if (!t)
		return NULL;
	t->map = strdup(map);
	t->program = strdup(program);
	t->spec = (struct skep_object_tail_call){ .map = t->map,
						  .program = t->program,
						  .slot = slot };
	return t->map && t->program ? t : NULL;
}

static int add_tail_call(struct skep_object *o, const char *map, const char *program, uint32_t slot,
			 const char *how, struct skep_error *err)
{
	const struct object_map *m = object_map_of(o, map);
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
			/* said twice, as in a modernised object: by a tag, and in .values */
			return !strcmp(o->tail_calls[i].program, program)
				       ? 0
				       : object_fail(err,
						     "programs '%.64s' and '%.64s' are both for "
						     "slot %u of map '%.64s'.",
						     o->tail_calls[i].program, program, slot, map);
	if (!record(o, map, program, slot))
		return object_no_memory(err);
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
	size_t i;

	if (!parse_section(p->section, &id, &slot))
		return 0;
	for (m = o->maps; m < o->maps + o->map_count; m++)
		if (m->spec.id == id && id)
			return add_tail_call(o, m->name, p->name, slot, "its section", err);
	for (i = 0; i < o->tail_call_count; i++) /* modernised: the slot is in .values */
		if (o->tail_calls[i].is_in_image && !strcmp(o->tail_calls[i].program, p->name))
			return 0;
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

/* The array of programs that a byte of section .maps belongs to. */
static const struct object_map *array_at(const struct skep_object *o, uint32_t section, uint64_t at)
{
	const Elf64_Sym *s = object_symbols(o->elf);
	const struct object_map *m;

	for (m = o->maps; m < o->maps + o->map_count; m++)
		if (m->symbol && m->section_index == section &&
		    m->spec.spec.type == SKEP_MAP_TYPE_PROG_ARRAY && at >= s[m->symbol].st_value &&
		    at - s[m->symbol].st_value < s[m->symbol].st_size)
			return m;
	return NULL;
}

/* What libbpf fills in itself: it is in the image, in the initial values of section .maps. */
static int tail_calls_of_values(struct skep_object *o, struct skep_error *err)
{
	const uint32_t section = object_section_find(o->elf, ".maps");
	const struct object_program *p;
	const struct object_map *m;
	struct object_map_def def;
	struct object_tail_call *t;
	size_t count = 0, k;
	const Elf64_Rel *rel = section ? object_relocations(o->elf, section, &count, NULL) : NULL;
	uint64_t at;
	int r;

	for (k = 0; k < count; k++) {
		p = object_program_of(
			o, object_symbol_name(o->elf, (uint32_t)ELF64_R_SYM(rel[k].r_info)));
		m = array_at(o, section, rel[k].r_offset);
		if (!p || !m)
			continue;
		r = object_map_def_parse(o->btf, btf__type_by_id(o->btf, m->var_id)->type, m->name,
					 &def, err);
		if (r < 0)
			return r;
		at = rel[k].r_offset - object_symbols(o->elf)[m->symbol].st_value;
		if (!object_map_def_has(&def, OBJECT_MAP_MEMBER_VALUES) || at < def.values_at)
			continue;
		t = record(o, m->name, p->name, (uint32_t)((at - def.values_at) / VALUE_BYTES));
		if (!t)
			return object_no_memory(err);
		t->is_in_image = 1;
		t->at = rel[k].r_offset;
	}
	return 0;
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
	int r = tail_calls_of_values(o, err);

	for (i = 0; i < o->program_count && r == 0; i++)
		r = tail_call_of_section(o, &o->programs[i], err);
	if (r == 0)
		r = tail_calls_of_tags(o, err);
	if (r == 0)
		type_tail_calls(o);
	return r;
}

int object_tail_call_is_void(const struct skep_object *o, const struct object_tail_call *t)
{
	return t->is_in_image &&
	       (t->spec.pruned || object_program_of(o, t->program)->spec.excluded ||
		object_map_of(o, t->map)->spec.excluded);
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
