/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* What skep_object_load() does beside libbpf, written into the image: initial values of maps in section .maps. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <skep/error.h>
#include <skep/kabi.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "object/map_def.h"
#include "object/object.h"

#define VALUE_BYTES 8u /* of an element of .values */
#define SLOTS_MAX 65536u
#define HAS(member) (1u << OBJECT_MAP_MEMBER_##member)

struct modernising {
	struct skep_object *o;
	struct object_map *m;
	struct object_map_def def;
	uint32_t section; /* .maps */
	uint64_t slots;   /* that .values has to have */
	struct skep_error *err;
};

static int belongs(const struct object_map *inner, const struct object_map *outer)
{
	return inner->spec.id && inner->inner_slot != UINT32_MAX && !inner->spec.excluded &&
	       outer->inner_id == inner->spec.id;
}

static int is_filled_by_us(const struct modernising *n, const struct object_tail_call *t)
{
	return !t->is_in_image && !t->spec.pruned && !strcmp(t->map, n->m->name) &&
	       !object_program_of(n->o, t->program)->spec.excluded;
}

static void count_slots(struct modernising *n)
{
	const struct object_tail_call *t;
	const struct object_map *inner;

	n->slots = 0;
	for (t = n->o->tail_calls; t < n->o->tail_calls + n->o->tail_call_count; t++)
		if (is_filled_by_us(n, t) && t->spec.slot >= n->slots)
			n->slots = t->spec.slot + 1ull;
	for (inner = n->o->maps; inner < n->o->maps + n->o->map_count; inner++)
		if (belongs(inner, n->m) && inner->inner_slot >= n->slots)
			n->slots = inner->inner_slot + 1ull;
}

/* Sizes take the place of types: values are fds, whatever the author says. */
static void only_sizes(struct object_map_def *def)
{
	if (def->has & HAS(KEY))
		def->has = (def->has & ~HAS(KEY)) | HAS(KEY_SIZE);
	if (def->has & HAS(VALUE))
		def->has = (def->has & ~HAS(VALUE)) | HAS(VALUE_SIZE);
}

/* int (void *) */
static int add_prototype(struct btf *btf)
{
	int integer = btf__find_by_name_kind(btf, "int", BTF_KIND_INT), pointer, proto;

	if (integer < 0)
		integer = btf__add_int(btf, "int", 4, BTF_INT_SIGNED);
	pointer = integer < 0 ? integer : btf__add_ptr(btf, 0);
	proto = pointer < 0 ? pointer : btf__add_func_proto(btf, integer);
	return proto < 0 || btf__add_func_param(btf, NULL, pointer) < 0 ? -ENOMEM : proto;
}

static int add_inner(struct btf *btf, const struct skep_map_spec *inner)
{
	struct object_map_def def = { .type = (uint32_t)inner->type,
				      .key_size = (uint32_t)inner->key_size,
				      .value_size = (uint32_t)inner->value_size,
				      .max_entries = (uint32_t)inner->max_entries,
				      .map_flags = (uint32_t)inner->flags };
	uint32_t size;

	def.has = HAS(TYPE) | HAS(KEY_SIZE) | HAS(VALUE_SIZE) | HAS(MAX_ENTRIES) | HAS(MAP_FLAGS);
	return object_map_def_add(btf, &def, &size);
}

/* A definition with .values, at its end. */
static int define(struct modernising *n)
{
	const int of_maps = skep_map_type_is_map_of_maps(n->def.type);
	const int type = of_maps ? add_inner(n->o->btf, &n->m->inner) : add_prototype(n->o->btf);
	uint32_t size;
	int id;

	if (type < 0)
		return -ENOMEM;
	only_sizes(&n->def);
	n->def.has |= HAS(VALUES);
	n->def.values_type = (uint32_t)type;
	id = object_map_def_add(n->o->btf, &n->def, &size);
	if (id < 0)
		return -ENOMEM;
	n->def.values_at = size - VALUE_BYTES;
	((struct btf_type *)btf__type_by_id(n->o->btf, n->m->var_id))->type = (uint32_t)id;
	return 0;
}

/* BTF tells where variables of a section are, unless it leaves that to the reader (size 0). */
static void move_variable(const struct modernising *n, uint64_t at, uint64_t size)
{
	int record = btf__find_by_name_kind(n->o->btf, ".maps", BTF_KIND_DATASEC);
	struct btf_type *t = (struct btf_type *)btf__type_by_id(n->o->btf, (uint32_t)record);
	struct btf_var_secinfo *v = btf_var_secinfos(t);
	uint32_t i;

	for (i = 0; i < btf_vlen(t); i++)
		if (v[i].type == n->m->var_id) {
			v[i].offset = (uint32_t)at;
			v[i].size = (uint32_t)size;
		}
	if (t->size)
		t->size = (uint32_t)(at + size);
}

/* A longer variable, at the end of the section. */
static int grow(struct modernising *n)
{
	struct object_elf *elf = n->o->elf;
	struct object_section *s = &elf->sections[n->section];
	Elf64_Sym *symbol = &object_symbols(elf)[n->m->symbol];
	const uint64_t old = symbol->st_value, old_size = symbol->st_size;
	const uint64_t at = (s->header.sh_size + VALUE_BYTES - 1) / VALUE_BYTES * VALUE_BYTES;
	const uint64_t size = n->def.values_at + VALUE_BYTES * (n->slots ? n->slots : 1);
	_cleanup_free_ unsigned char *data = calloc(1, at + size);
	struct object_tail_call *t;
	size_t count, k;
	Elf64_Rel *rel;

	if (!data)
		return -ENOMEM;
	memcpy(data, s->data, s->header.sh_size);
	if (object_section_set(elf, n->section, data, at + size) < 0)
		return -ENOMEM;
	symbol->st_value = at;
	symbol->st_size = size;
	rel = object_relocations(elf, n->section, &count, NULL);
	for (k = 0; k < count; k++)
		if (rel[k].r_offset >= old && rel[k].r_offset - old < old_size)
			rel[k].r_offset += at - old;
	for (t = n->o->tail_calls; t < n->o->tail_calls + n->o->tail_call_count; t++)
		if (t->is_in_image && !strcmp(t->map, n->m->name))
			t->at += at - old;
	move_variable(n, at, size);
	return 0;
}

static int fill(struct modernising *n)
{
	struct object_elf *elf = n->o->elf;
	const uint64_t values = object_symbols(elf)[n->m->symbol].st_value + n->def.values_at;
	struct object_tail_call *t;
	struct object_map *inner;
	uint32_t symbol;
	int r = 0;

	for (t = n->o->tail_calls; t < n->o->tail_calls + n->o->tail_call_count && r == 0; t++) {
		if (!is_filled_by_us(n, t))
			continue;
		symbol = n->o->functions[object_program_of(n->o, t->program)->function].symbol;
		t->at = values + VALUE_BYTES * (uint64_t)t->spec.slot;
		r = object_relocation_set(elf, n->section, t->at,
					  ELF64_R_INFO(symbol, R_BPF_64_64));
		t->is_in_image = r == 0;
	}
	for (inner = n->o->maps; inner < n->o->maps + n->o->map_count && r == 0; inner++) {
		if (!belongs(inner, n->m))
			continue;
		r = object_relocation_set(elf, n->section,
					  values + VALUE_BYTES * (uint64_t)inner->inner_slot,
					  ELF64_R_INFO(inner->symbol, R_BPF_64_64));
		inner->inner_slot = UINT32_MAX;
	}
	return r;
}

static int modernise(struct modernising *n)
{
	const int guessed = n->m->spec.guessed_inner != 0;
	int r;

	count_slots(n);
	if (!n->slots && !guessed)
		return 0;
	if (n->slots > SLOTS_MAX)
		return skep_fail(
			n->err, -EOPNOTSUPP, SKEP_ERR_UNSUPPORTED,
			"map '%.64s': slot %llu is filled, and initial values for %u at the "
			"most are written.",
			n->m->name, (unsigned long long)n->slots - 1, SLOTS_MAX);
	if (object_change_btf(n->o) < 0)
		return object_no_memory(n->err);
	r = object_map_def_parse(n->o->btf, btf__type_by_id(n->o->btf, n->m->var_id)->type,
				 n->m->name, &n->def, n->err);
	if (r < 0)
		return r;
	if (object_map_def_has(&n->def, OBJECT_MAP_MEMBER_VALUES) &&
	    !skep_map_type_is_map_of_maps(n->def.type))
		return skep_fail(
			n->err, -EOPNOTSUPP, SKEP_ERR_UNSUPPORTED,
			"map '%.64s': some of its slots are filled by .values, and others by sections "
			"or tags: libbpf has a form for one of both.",
			n->m->name);
	if (!object_map_def_has(&n->def, OBJECT_MAP_MEMBER_VALUES))
		r = define(n);
	if (r == 0)
		r = grow(n);
	if (r == 0)
		r = fill(n);
	if (r < 0)
		return object_no_memory(n->err);
	n->m->spec.guessed_inner = 0;
	return 1;
}

int skep_object_modernise(struct skep_object *o, struct skep_error *err)
{
	struct modernising n = { .o = o, .err = err };
	int r = 0, count = 0;

	if (o->undefined_count)
		return object_fail(
			err,
			"'%.64s' is called, and defined nowhere: no function of the "
			"object, no helper, and not declared as a function of the kernel "
			"(__ksym).",
			o->undefined[0].name);
	n.section = object_section_find(o->elf, ".maps");
	for (n.m = o->maps; n.m < o->maps + o->map_count && r >= 0; n.m++) {
		if (n.m->symbol && n.m->spec.kind == SKEP_OBJECT_MAP_DEFINED)
			r = modernise(&n);
		count += r > 0;
	}
	if (r < 0 || !count)
		return r < 0 ? r : 0;
	object_is_edited(o);
	return object_put_btf(o) < 0 ? object_no_memory(err) : count;
}
